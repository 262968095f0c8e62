"""The handbook runs: each program gives the answers behind its queries, and all of the language is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plot import Program, read_table
from plot.answers import Answer
from plot.errors import PlotError
from plot.inference import Boolean, Goal, Number
from plot.language import parse
from plot.language.library.library import LIBRARY
from plot.language.syntax import nodes
from plot.language.syntax.nodes import walk
from tests.support.tolerances import agrees

ROOT = Path(__file__).resolve().parents[1]
READINGS = ROOT / "docs" / "handbook" / "readings.csv"
PAGES = sorted((ROOT / "docs" / "handbook").glob("*.md"))
BLOCK = re.compile(r"^```(plot|plot-refused)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
STATED = re.compile(r"^query\(.*\)\s+# (?:\"(?P<option>.*)\": )?(?P<value>[\d.]+)$", flags=re.MULTILINE)
BLOCKS = [
    (f"{path.stem}:{number}", kind, text)
    for path in PAGES
    for number, (kind, text) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")), 1)
]
PROGRAMS = [(name, text) for name, kind, text in BLOCKS if kind == "plot"]
REFUSED = [(name, text) for name, kind, text in BLOCKS if kind == "plot-refused"]
GOAL = Goal(precision=0.01, seconds=120)


def estimate(answer: Answer, option: str | None) -> tuple[float, float]:
    """Return the figure that a comment states, with its standard error: a probability, or a mean."""
    marginal = answer.marginal
    if option is not None:
        shares = getattr(marginal, "probabilities", {})
        return shares.get(option, 0.0), marginal.mcse
    if isinstance(marginal, Boolean):
        return marginal.probability, marginal.mcse
    assert isinstance(marginal, Number)
    return marginal.mean, marginal.mcse


@pytest.mark.parametrize("text", [text for _, text in PROGRAMS], ids=[name for name, _ in PROGRAMS])
def test_programs_give_the_answers_that_they_state(text: str) -> None:
    stated = list(STATED.finditer(text))
    answers = Program.parse(text, data={"readings": read_table(READINGS, "readings")}).answers(GOAL)
    assert len(answers) == len(stated), "each query states its answer"
    for answer, found in zip(answers, stated, strict=True):
        value, error = estimate(answer, found["option"])
        rounding = 10.0 ** -len(found["value"].partition(".")[2]) if "." in found["value"] else 1e-9
        assert agrees(value, float(found["value"]), error) or abs(value - float(found["value"])) <= rounding, answer


@pytest.mark.parametrize("text", [text for _, text in REFUSED], ids=[name for name, _ in REFUSED])
def test_what_the_handbook_calls_refused_is_refused(text: str) -> None:
    with pytest.raises(PlotError):
        Program.parse(text).answers(GOAL)


def test_a_wrong_statement_is_found() -> None:
    """The comparison tells an answer from another one that is a hundredth away."""
    answer = Program.parse("query(flip(0.3))").answers(GOAL)[0]
    value, error = estimate(answer, None)
    assert agrees(value, 0.3, error) and not agrees(value, 0.31, error)


def test_the_handbook_shows_all_of_the_language() -> None:
    trees = [parse(text, name) for name, text in PROGRAMS]
    shown = {type(node) for tree in trees for node in walk(tree)}
    kinds = {kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, nodes.Node)}
    assert kinds - shown <= {nodes.Node, nodes.ExprStatement}
    used = {node.id for tree in trees for node in walk(tree) if isinstance(node, nodes.Name)}
    acts = {name for name, entry in LIBRARY.items() if entry.category == "act"}
    assert LIBRARY.keys() - acts <= used
