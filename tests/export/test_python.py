"""Exported scripts against the oracle on generated programs, and against the engine on the shipped worlds."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.export import python_script
from plot.inference import Boolean, Choice, Goal, Marginal, Number
from plot.language import parse
from plot.language.syntax.nodes import Do, walk
from plot.translate.assemble import alone, assemble
from plot.worldfile.places import builtin_worlds
from tests.oracle.posterior import Truth, typed
from tests.oracle.problems import finite_problems
from tests.support.tolerances import FAILURE_RATE, Z, agrees

WANTED, MOST = 1_000, 20_000
FEW = 100  # worlds that are left from which something is told
SHARE_LEFT = 0.02  # of all worlds: with less, rejection is not tried


def run(script: str) -> dict[str, Any]:
    """Run a script as a module, and return its names."""
    names: dict[str, Any] = {"__name__": "exported"}
    with warnings.catch_warnings(category=SyntaxWarning, action="ignore"):
        exec(compile(script, "exported", "exec"), names)
    return names


def is_runnable(text: str, truth: Truth) -> bool:
    """Return whether rejection can do a program: it does not intervene, nor fail, and is not too improbable."""
    acts = ("do(", "actual(")
    return not any(act in text for act in acts) and truth.faults == 0 and truth.evidence > SHARE_LEFT


def shares(values: list[Any], log_weights: list[float]) -> tuple[dict[Any, float], float]:
    """Return the share of each value, and the effective size."""
    weights = [math.exp(one - max(log_weights)) for one in log_weights]
    total, found = sum(weights), {}
    for value, one in zip(values, weights, strict=True):
        found[typed(value)] = found.get(typed(value), 0.0) + one / total
    return found, total**2 / sum(one * one for one in weights)


def compared(text: str, truth: Truth) -> int:
    """Compare a script with the truth; return how many figures were compared."""
    names = run(python_script(parse(text), [f"query {i}" for i, _ in enumerate(truth.answers)]))
    names["rng"].seed(1)
    weights, answers, _ = names["sample"](names["world"], WANTED, MOST)
    if len(weights) < FEW:
        return 0
    for number, answer in enumerate(truth.answers):
        found, size = shares([one[number] for one in answers], weights)
        total = sum(answer.weights.values())
        expected = {key: weight / total for key, weight in answer.weights.items()}
        for value in expected.keys() | found.keys():
            p = expected.get(value, 0.0)
            slack = Z * math.sqrt(p * (1 - p) / size) + Z**2 / size
            assert abs(found.get(value, 0.0) - p) <= slack, f"{value}: {found.get(value, 0.0)}, not {p}\n{text}"
    return len(truth.answers)


@pytest.mark.parametrize(
    ("first", "count"), [(0, 40), *(pytest.param(10_000 * i, 100, marks=pytest.mark.full) for i in range(1, 9))]
)
def test_scripts_agree_with_enumeration(first: int, count: int) -> None:
    done = [compared(text, truth) for text, truth in finite_problems(first, count) if is_runnable(text, truth)]
    assert sum(one > 0 for one in done) >= count / 3


WORLDS = sorted(set(builtin_worlds()) - {"collisions", "lunch", "tabletop"})


@pytest.mark.parametrize(
    ("name", "most"), [("clinic", 1), *(pytest.param(name, 8, marks=pytest.mark.full) for name in WORLDS)]
)
def test_scripts_agree_with_the_engine(name: str, most: int) -> None:
    world = World.load(name)
    tried = 0
    for test in world.tests[:most]:
        talk = world.conversation(facts=test.tells_facts, goal=Goal(precision=0.01))
        for said in test.given:
            talk.tell(said)
        program = assemble(talk.discourse, alone(talk.translate(test.ask)[-1])).problem().program
        if any(isinstance(node, Do) for node in walk(program)):
            continue
        names = run(python_script(program, [test.ask], name))
        weights, answers, _ = names["sample"](names["world"], 2_000, 200_000)
        if len(weights) < FEW:
            continue
        tried += 1
        agree(names["summary"](weights, [one[0] for one in answers]), talk.ask(test.ask).marginal, test.ask)
    assert tried


def agree(found: dict[str, Any], marginal: Marginal, question: str) -> None:
    """Demand that a script and the engine say the same."""
    shares = found.get("shares", {})
    if isinstance(marginal, Number) and "mean" in found:
        assert agrees(found["mean"], marginal.mean, found["error"], marginal.mcse), question
    elif isinstance(marginal, Boolean):
        assert agrees(shares.get("True", 0.0), marginal.probability, found["error"], marginal.mcse), question
    elif isinstance(marginal, Choice):
        for value, p in marginal.probabilities.items():
            assert agrees(shares.get(str(value), 0.0), p, found["error"], marginal.mcse), question


def test_a_script_is_run_by_python_alone(tmp_path: Path) -> None:
    text = 'match = flip(0.3)\nworld = {"list": normal(0, 1)}\nobserve(normal(world.list, 1), 1)\n'
    text += "query(world.list)\nquery(match)"
    file = tmp_path / "out.py"
    file.write_text(python_script(parse(text), ["How much?", "Is it so?"]), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", file, "2000", "3"], capture_output=True, text=True, check=True)
    assert "2000 of 2000 worlds" in done.stdout
    mean = float(done.stdout.split("mean ")[1].split(",")[0])
    error = float(done.stdout.split("error ")[1].split()[0])
    assert agrees(mean, 0.5, error)


def test_what_rejection_can_t_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlotError, match="interventions"):
        python_script(parse("@mem\ndef f(x):\n    return flip()\ndo(f(1), True)\nquery(f(1))"), ["?"])
    file = tmp_path / "out.py"
    script = python_script(parse("x = normal(0, 1)\ncondition(x > 20)\nquery(x)"), ["?"])
    file.write_text(script.replace("2000000", "200"), encoding="utf-8")
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "too improbable for rejection" in done.stderr


def test_a_planted_fault_is_found() -> None:
    text = "x = flip(0.3)\ny = flip(0.5)\ncondition(x or y)\nquery(x)"
    script = python_script(parse(text), ["?"]).replace("rng.random() < p", "rng.random() < p - 0.2")
    names = run(script)
    weights, answers, _ = names["sample"](names["world"], 4_000, 20_000)
    found, size = shares([one[0] for one in answers], weights)
    assert abs(found["truth", True] - 0.3 / 0.65) > Z * math.sqrt(0.25 / size) > FAILURE_RATE
