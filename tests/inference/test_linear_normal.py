"""Many normals with linear means are solved exactly, as by a Kalman filter; what is not linear is told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from plot.inference import Goal, Number, Posterior, Problem, infer
from plot.inference.methods.exact.linear_normal import solved
from plot.language import ProgramNode, parse
from plot.runtime import RunPlan, run

PACE, NOISE = 0.5, 1.0


def readings(length: int) -> list[float]:
    rng = np.random.default_rng(length)
    return [round(float(y), 3) for y in rng.normal(0, PACE, length).cumsum() + rng.normal(0, NOISE, length)]


def filtered(ys: list[float]) -> tuple[float, float, float]:
    """Return the mean and standard deviation of the last state by a Kalman filter, and the log evidence."""
    mean, variance, log_evidence = 0.0, 1.0, 0.0
    for y in ys:
        variance += PACE**2
        total = variance + NOISE**2
        log_evidence -= 0.5 * (math.log(2 * math.pi * total) + (y - mean) ** 2 / total)
        mean += variance / total * (y - mean)
        variance *= NOISE**2 / total
    return mean, math.sqrt(variance), log_evidence


def answer(text: str) -> Posterior:
    return infer(Problem(ProgramNode(body=()), (), parse(text)), Goal(seconds=600.0))[0]


LOOP = "x = normal(0, 1)\nfor y in {ys}:\n    x = {step}\n    observe(normal(x, 1), y)\nquery(x)\nquery(70 - 2 * x)"
WALKS = {
    "centred at the last": LOOP.replace("{step}", "normal(x, 0.5)"),
    "steps added": LOOP.replace("{step}", "x + normal(0, 0.5)"),
    "steps scaled": LOOP.replace("{step}", "x - normal(0, 1) / 2"),
    "memory": (
        "ys = {ys}\n@mem\ndef x(t):\n    return normal(0, 1) if t == 0 else normal(x(t - 1), 0.5)\n"
        "for t in range({length}):\n    observe(normal(x(t + 1), 1), ys[t])\n"
        "query(x({length}))\nquery(70 - 2 * x({length}))"
    ),
}


@pytest.mark.parametrize(("name", "length"), [*[(name, 60) for name in WALKS], ("centred at the last", 300)])
def test_a_walk_is_filtered_however_it_is_written(name: str, length: int) -> None:
    ys = readings(length)
    found = answer(WALKS[name].replace("{ys}", str(ys)).replace("{length}", str(length)))
    mean, sd, log_evidence = filtered(ys)
    assert found.method == "exact"
    assert found.log_evidence == pytest.approx(log_evidence, abs=1e-7)
    last, other = found.marginals
    assert isinstance(last, Number)
    assert isinstance(other, Number)
    assert (last.mean, last.sd) == pytest.approx((mean, sd), abs=1e-8)
    assert (other.mean, other.sd) == pytest.approx((70 - 2 * mean, 2 * sd), abs=1e-8)
    assert last.interval == pytest.approx((mean - 1.644853627 * sd, mean + 1.644853627 * sd), abs=1e-6)


NOT_LINEAR = {
    "a comparison": "x = normal(x, 0.5 if x > 30 else 0.4)",
    "a clamp": "x = normal(max(x, -30), 0.5)",
    "a product": "x = normal(x * normal(1, 0.1), 0.5)",
    "a spread": "x = normal(x, 0.1 + abs(x) / 9)",
}


@pytest.mark.parametrize("name", NOT_LINEAR)
def test_what_is_not_linear_is_left_to_others(name: str) -> None:
    text = (
        LOOP.replace("{step}", "x")
        .replace("    x = x\n", f"    {NOT_LINEAR[name]}\n")
        .replace("{ys}", str(readings(40)))
    )
    problem, goal = Problem(ProgramNode(body=()), (), parse(text)), Goal(seconds=600.0).started()
    pilot = run(problem.program, 64, RunPlan(seed=0))
    assert solved(problem, goal, pilot) is None


@pytest.mark.parametrize("end", ["condition(x > -90)\nquery(x)", "query(x > 0)", "query(x * x)", "query(round(x))"])
def test_what_is_asked_or_told_beyond_sums_is_left_to_others(end: str) -> None:
    text = WALKS["centred at the last"].replace("{ys}", str(readings(40))).partition("query")[0] + end
    problem, goal = Problem(ProgramNode(body=()), (), parse(text)), Goal(seconds=600.0).started()
    pilot = run(problem.program, 64, RunPlan(seed=0))
    assert solved(problem, goal, pilot) is None
