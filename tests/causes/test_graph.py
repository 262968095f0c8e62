"""The graph of a program: what follows from what, independence against the joint law, adjustment, and its picture."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import itertools
import json
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from plot import Program, World
from plot.causes.drawing import as_dot, as_text, draw
from plot.causes.graph import CausalGraph, causal_graph
from plot.causes.of_world import with_variables
from plot.cli.app import main
from plot.errors import PlotError
from plot.language import parse
from plot.translate.assemble import assemble
from tests.causes.models import CHAIN, COLLIDER, FRONT_DOOR, MEDIATION, SIMPSON
from tests.oracle.structural import model
from tests.runtime.test_counterfactuals import answers
from tests.support.sizes import examples

EDGES = {
    SIMPSON: {("large", "open"), ("large", "success"), ("open", "success")},
    FRONT_DOOR: {("gene", "smokes"), ("smokes", "tar"), ("tar", "cancer"), ("gene", "cancer")},
    MEDIATION: {("x", "m"), ("m", "y"), ("x", "y")},
    "x = flip()\nif x:\n    y = flip(0.2)\nelse:\n    y = 1\n": {("x", "y")},
    "x = flip()\nk = 3\ny = x and k > 2\n": {("x", "y")},
    "def f(a):\n    return flip(0.9 if x else 0.1)\nx = flip()\ny = f(1)\n": {("x", "y")},
    "@mem\ndef f(a):\n    return flip()\nwho = choice([1, 2])\ny = f(who)\n": {
        ("f(1)", "y"),
        ("f(2)", "y"),
        ("who", "y"),
    },
    "x = normal(0, 1)\ny = normal(x, 1)\nz = x > 1 and y > 1\n": {("x", "y"), ("x", "z"), ("y", "z")},
    "x = flip()\nxs = [flip() for i in range(3) if x]\nn = len(xs)\n": {("x", "xs"), ("xs", "n")},
    "x = flip()\nx = not x\ny = x\n": {("x", "x@2"), ("x@2", "y")},
    "x = flip()\nfor i in range(2):\n    y = flip(0.9 if x else 0.1)\n": {("x", "y")},
    "x = flip()\nf = lambda a: a and x\ny = f(True)\n": {("x", "y")},
}


def graph_of(text: str) -> CausalGraph:
    return causal_graph(parse(text))


@pytest.mark.parametrize("text", EDGES)
def test_what_follows_from_what(text: str) -> None:
    assert set(graph_of(text).graph.edges) == EDGES[text]


def test_what_is_known_and_set() -> None:
    found = graph_of(CHAIN + "condition(b == True and not a)\ncondition(a or c)\ndo(c, True)\n")
    assert found.observed == ("b", "a", "a or c")
    assert found.intervened == ("c",)
    assert ("b", "c") in found.graph.edges
    assert found.causes("c") == ()
    assert found.causes("b") == ("a",)


@pytest.mark.parametrize(
    ("text", "one", "other", "given", "independent"),
    [
        (CHAIN, "a", "c", (), False),
        (CHAIN, "a", "c", ("b",), True),
        (COLLIDER, "talent", "beauty", (), True),
        (COLLIDER, "talent", "beauty", ("famous",), False),
        (COLLIDER + "fan = flip(0.9 if famous else 0.2)\n", "talent", "beauty", ("fan",), False),
        (COLLIDER + "condition(famous)\n", "talent", "beauty", (), False),
        (COLLIDER + "condition(talent or beauty)\n", "talent", "beauty", (), False),
        (SIMPSON + "do(open, True)\n", "large", "open", (), True),
        (SIMPSON, "large", "open", (), False),
        (FRONT_DOOR, "smokes", "cancer", ("tar", "gene"), True),
    ],
)
def test_independence(text: str, one: str, other: str, given: tuple[str, ...], independent: bool) -> None:
    assert graph_of(text).independent(one, other, given) is independent


@pytest.mark.parametrize("seed", range(examples(25)))
def test_what_is_called_independent_is(seed: int) -> None:
    """Against the exact joint law of models at random, in which functions and branches are written in all ways."""
    found = model(Random(seed), 0, ("truth",))
    names = [
        f"{v.name}(1)" if form == "function" else v.name for v, form in zip(found.variables, found.forms, strict=True)
    ]
    text = found.program([], told=False)
    graph = causal_graph(parse(text + "".join([f"query({name})\n" for name in names])))
    for one, other in itertools.combinations(names, 2):
        for given in [(), *[(name,) for name in names if name not in (one, other)]]:
            if graph.independent(one, other, given):
                assert _dependence(text, one, other, given) == pytest.approx(0, abs=1e-9)


def _dependence(text: str, one: str, other: str, given: tuple[str, ...]) -> float:
    """Return how much two truth values depend on one another, at most over the values of what is given."""
    worst = 0.0
    for value in ("True", "False")[: 1 + len(given)]:
        told = "".join([f"condition({name} == {value})\n" for name in given])
        try:
            first, second, both = answers(f"{text}{told}query({one})\nquery({other})\nquery({one} and {other})\n")
        except PlotError:
            continue
        worst = max(worst, abs(both - first * second))
    return worst


def test_adjustment() -> None:
    simpson, front = graph_of(SIMPSON), graph_of(FRONT_DOOR)
    assert simpson.adjustment("open", "success") == ("large",)
    assert simpson.adjustment("open", "success", ["open", "success"]) is None
    assert simpson.adjustment("large", "success") == ()
    assert front.adjustment("smokes", "cancer") == ("gene",)
    assert front.adjustment("smokes", "cancer", ["smokes", "tar", "cancer"]) is None
    assert front.front_door("smokes", "cancer", ["smokes", "tar", "cancer"]) == ("tar",)
    assert simpson.front_door("open", "success") is None
    with pytest.raises(PlotError, match="there is no variable height"):
        simpson.adjustment("height", "success")


def test_where_the_graph_can_not_tell_it_says_nothing() -> None:
    within = "@mem\ndef f(a):\n    x = flip()\n    condition(x or y)\n    return x\ny = flip()\nz = f(1)\n"
    found = graph_of(within)
    assert found.open is not None
    assert not found.independent("y", "f(1)")
    shared = "def make():\n    hidden = flip()\n    @mem\n    def g(a):\n        return flip(0.9 if hidden else 0.1)\n    return g\n"
    found = graph_of(shared + "g = make()\na = g(1)\nb = g(2)\n")
    assert not found.independent("a", "b")


def clinic(*told: str) -> CausalGraph:
    talk = World.load("clinic").conversation(facts=False)
    for text in told:
        talk.tell(text)
    problem = assemble(talk.discourse).problem()
    said = [statement for part in problem.evidence for statement in part.program.body]
    return causal_graph(with_variables(problem.setting, said, talk.names))


def test_the_clinic() -> None:
    found = clinic("Ann has a fever.")
    ann = {
        ("winter", "infection(ann)"),
        ("vaccinated(ann)", "infection(ann)"),
        ("infection(ann)", "fever(ann)"),
        ("infection(ann)", "cough(ann)"),
        ("fever(ann)", "medicated(ann)"),
        ("cough(ann)", "medicated(ann)"),
        ("infection(ann)", "recovered(ann)"),
        ("medicated(ann)", "recovered(ann)"),
    }
    assert set(found.graph.edges) == ann
    assert found.observed == ("fever(ann)",)
    observable = World.load("clinic").observable
    assert found.adjustment('medicated("ann")', 'recovered("ann")') == ("infection(ann)",)
    assert found.adjustment('medicated("ann")', 'recovered("ann")', observable) == ("cough(ann)", "fever(ann)")
    assert "recovered(somebody)" in clinic().graph


def test_pictures(tmp_path: Path) -> None:
    found = graph_of(SIMPSON + "condition(success)\ndo(open, True)\n")
    assert as_text(found).splitlines() == ["large", "open ← large  (set)", "success ← large, open  (observed)"]
    dot = as_dot(found)
    assert '"large" -> "open" [style=dashed];' in dot
    assert '"success" [fillcolor="#c9d9ee"];' in dot
    for name, start in (("g.png", b"\x89PNG"), ("g.svg", b"<?xml"), ("g.dot", b"digraph")):
        draw(found, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(PlotError, match="can't be written"):
        draw(found, tmp_path / "g.gif")


def test_the_command(tmp_path: Path) -> None:
    def run(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["graph", *args])
        return result.exit_code, result.output

    code, shown = run("clinic", "--no-facts", "--given", "Bob coughs.")
    assert code == 0
    assert "cough(bob) ← infection(bob)  (observed)" in shown
    file = tmp_path / "p.plot"
    file.write_text(SIMPSON + "do(open, True)\nquery(success)\n")
    code, shown = run(str(file), "--json")
    assert json.loads(shown)["intervened"] == ["open"]
    code, shown = run(str(file), "-o", str(tmp_path / "p.svg"))
    assert (code, shown) == (0, "")
    assert run(str(file), "-o", str(tmp_path / "p.gif"))[0] == 1
    assert run("no-such-world")[0] != 0


def test_what_can_be_observed_is_of_the_model() -> None:
    text = "name: coin\nmodel: heads = flip(0.5)\nobservable: [head]\n"
    with pytest.raises(PlotError, match="no 'head'"):
        World.parse(text)
    assert World.parse(text.replace("[head]", "[heads]")).observable == ("heads",)


def test_a_graph_of_what_can_not_be_summed() -> None:
    found = graph_of("x = normal(0, 1)\ny = poisson(exp(x))\nz = y > 3\ncondition(z)\n")
    assert set(found.graph.edges) == {("x", "y"), ("y", "z")}
    assert Program.parse("x = normal(0, 1)\nquery(x)").answers()
