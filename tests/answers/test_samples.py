"""Draws from posteriors: of one answer, of several questions in the same worlds, and as ArviZ's trees."""

from __future__ import annotations

import importlib
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plot import PlotError, World, run_program
from plot.conversation import Conversation
from plot.inference import Goal, Problem
from plot.inference.posterior.samples import JointDraws, joint_draws
from plot.language import parse
from plot.language.syntax.nodes import ProgramNode
from tests.support.tolerances import agrees

GOAL = Goal(precision=0.02)
SUM_IS_SEEN = "x = normal(0, 1)\nz = normal(0, 1)\nobserve(normal(x + z, {sd}), {seen})\nquery(x)\nquery(z)"


def drawn(text: str, count: int, chains: int = 1) -> JointDraws:
    problem = Problem(ProgramNode(body=()), (), parse(text))
    return joint_draws(problem, [0, 1], Goal(precision=0.02, seed=3), count, chains)


@pytest.mark.parametrize(("sd", "seen", "method"), [(1.0, 2.0, "prior"), (0.2, 7.0, None)])
def test_draws_are_those_of_the_joint_posterior(sd: float, seen: float, method: str | None) -> None:
    found = drawn(SUM_IS_SEEN.format(sd=sd, seen=seen), 1_000, chains=4)
    assert method is None or found.method == method
    assert method is not None or found.method != "prior"
    x, z = (query.values.numpy() for query in found.queries)
    assert x.shape == z.shape == (4, 1_000)
    spread = 2 + sd**2
    size = min(*(query.ess for query in found.queries), 4_000)
    for values in (x, z):
        assert agrees(float(values.mean()), seen / spread, math.sqrt((1 - 1 / spread) / size))
    r = -1 / (spread - 1)
    assert agrees(math.atanh(float(np.corrcoef(x.ravel(), z.ravel())[0, 1])), math.atanh(r), 1 / math.sqrt(size - 3))


def talk_of(*told: str) -> Conversation:
    talk = World.load("tugofwar").conversation(facts=False, goal=GOAL)
    for text in told:
        talk.tell(text)
    return talk


TALK = talk_of("Tom beat John.", "Mary beat Sue.")
STRONG = ["How strong is Tom?", "How strong is John?"]


def test_an_answer_has_samples_and_a_table() -> None:
    number, yes, choice = TALK.ask([STRONG[0], "Is Tom stronger than John?", "Who is stronger, Tom or John?"])
    assert number.mean is not None and number.sd is not None and yes.probability is not None
    samples = number.samples(2_000)
    assert agrees(float(samples.mean()), number.mean, number.sd / math.sqrt(2_000), number.mcse)
    assert np.array_equal(number.samples(50), number.samples(50))
    share = float(yes.samples(2_000).mean())
    assert agrees(share, yes.probability, math.sqrt(share * (1 - share) / 2_000), yes.mcse)
    assert set(choice.samples(100)) == {"Tom", "John"}
    table = number.to_dataframe()
    assert table["low"].iloc[0] == -math.inf and table["high"].iloc[-1] == math.inf
    assert table["probability"].sum() == pytest.approx(1)
    inner = table.iloc[1:-1]
    assert inner["density"].to_numpy() == pytest.approx(
        (inner["probability"] / (inner["high"] - inner["low"])).to_numpy()
    )
    assert yes.to_dataframe()["probability"].sum() == pytest.approx(1)
    assert list(choice.to_dataframe()["value"]) == ["Tom", "John"]
    [answer] = run_program("x = flip(0.25)\nquery(x)")
    assert agrees(float(answer.samples(4_000).mean()), 0.25, math.sqrt(0.25 * 0.75 / 4_000))


def test_json_has_densities_with_open_tails() -> None:
    rows = TALK.ask(STRONG[0]).to_json()["density"]
    assert isinstance(rows, list)
    (low, _, _, first), *inner, (_, high, _, last) = rows
    assert low is first is high is last is None
    assert all(share == pytest.approx(density * (high - low)) for low, high, share, density in inner)
    [coin] = run_program("x = choice([1, 2])\nquery(x + 0.5)")
    assert coin.to_json()["density"] == [[1.5, 1.5, 0.5, None], [2.5, 2.5, 0.5, None]]


def test_several_questions_are_answered_in_the_same_worlds() -> None:
    found = TALK.samples([*STRONG, "Is Tom stronger than John?", "Who is stronger, Tom or John?"])
    tom, john, yes, who = found.columns.values()
    assert np.array_equal(tom > john, yes) and np.array_equal(who == "Tom", yes)
    r, error = found.correlation(*STRONG)
    assert r > 0 and error < 0.1  # both may have been lazy or strong
    assert "<svg" in found._repr_html_() and list(found.to_dataframe()) == list(found.columns)
    with pytest.raises(PlotError, match="no numbers"):
        found.correlation(STRONG[0], "Who is stronger, Tom or John?")


def test_a_posterior_is_a_tree_that_arviz_reads() -> None:
    tree = TALK.posterior(questions=["Would Tom beat Mary?"], draws=250)
    assert set(tree.children) == {"posterior", "prior", "posterior_predictive", "sample_stats"}
    strength = tree["posterior"]["strength"]
    assert strength.dims == ("chain", "draw", "individual")
    assert list(strength.coords["individual"].to_numpy()) == ["Tom", "John", "Mary", "Sue"]
    answer = TALK.ask(STRONG[0])
    assert answer.mean is not None and answer.sd is not None
    tom = strength.sel(individual="Tom").to_numpy()
    assert tom.shape == (4, 250)
    assert agrees(
        float(tom.mean()), answer.mean, answer.sd / math.sqrt(min(1_000, strength.attrs["ess"][0])), answer.mcse
    )
    before = tree["prior"]["strength"].to_numpy()
    assert agrees(float(before.mean()), 50, 20 / math.sqrt(before.size))
    assert tree.attrs["effective_sample_size"] > 1_000
    one = TALK.posterior(["strength(tom)", "strength('tom') - strength('john')"], draws=10)["posterior"]
    assert set(one.data_vars) == {"strength", "strength('tom') - strength('john')"}


@pytest.mark.parametrize(
    ("module", "extra", "act"),
    [
        ("pandas", "notebook", lambda: TALK.ask(STRONG[0]).to_dataframe()),
        ("arviz_base", "arviz", lambda: TALK.posterior(draws=10)),
    ],
)
def test_a_missing_library_names_its_extra(
    module: str, extra: str, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PlotError, match=re.escape(f"plot-ppl[{extra}]")):
        act()


@pytest.mark.full
@pytest.mark.filterwarnings("default")  # of libraries, among each other
def test_arviz_summarises_and_plots_a_posterior(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    stats, plots = importlib.import_module("arviz_stats"), importlib.import_module("arviz_plots")
    tree = TALK.posterior(["strength"], draws=250)
    summary = stats.summary(tree, round_to="none")
    assert list(summary.index) == [f"strength[{name}]" for name in ("Tom", "John", "Mary", "Sue")]
    assert (summary["r_hat"] < 1.05).all()
    for plot in (plots.plot_dist, plots.plot_forest, plots.plot_prior_posterior):
        plot(tree).savefig(tmp_path / "plot.png")
        assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
        (tmp_path / "plot.png").unlink()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: TALK.posterior("strength"), "several texts are needed, not str"),
        (lambda: TALK.posterior(["1 +"]), "cannot be read"),
        (lambda: TALK.posterior(["height(tom)"]), "height"),
        (lambda: TALK.posterior(["x = 1"]), "is no variable"),
        (lambda: TALK.posterior(draws=0), "number of draws can't be"),
        (lambda: TALK.samples([]), "no questions"),
        (lambda: TALK.samples(["Tom beat Sue."]), "is not a question"),
        (lambda: TALK.samples(["If Tom is lazy in the next match, would he beat John?"]), "supposes something"),
        (lambda: TALK.samples(["Who is lazy?"]), "list of names"),
        (lambda: TALK.ask(3), "a text is needed, not int"),  # type: ignore[call-overload]
        (lambda: TALK.ask([3]), "a text is needed, not int"),  # type: ignore[list-item]
        (lambda: TALK.tell(None), "a text is needed, not NoneType"),  # type: ignore[arg-type]
        (lambda: TALK.ask(STRONG[0]).samples(0), "number of draws can't be"),
        (lambda: World.load(3), "a world is the path of a file or a name"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_question_or_variable_is_an_error(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(PlotError, match=message):
        wrong()
