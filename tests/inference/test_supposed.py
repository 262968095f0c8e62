"""What a question supposes: kept particles are weighed by it, and stay as they were for the next question."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from plot.inference import Goal, State, infer
from tests.inference.models import PULLING, boolean, number, problem
from tests.support.tolerances import agrees

METHODS = ("importance", "adaptive", "guided", "smc")
X = "x = normal(0, 1)\ny = normal(0, 1)\nz = flip(0.3)"
SEEN = ("observe(normal(x, 1), 1)", "observe(normal(y, 1), 1)")  # so that each is normal(0.5, sqrt(0.5))
DICE = "a = randint(1, 6)\nb = randint(1, 6)\nc = flip(0.5)"
TOLD = ("condition(a + b >= 8)",)


def mean_beyond(least: float) -> float:
    tail = NormalDist(0.5, math.sqrt(0.5))
    return 0.5 + 0.5 * tail.pdf(least) / (1 - tail.cdf(least))


def chance(holds: str, given: str) -> float:
    """Return the probability of an expression over the two dice given another one, by counting."""
    worlds = [{"a": a, "b": b} for a in range(1, 7) for b in range(1, 7) if a + b >= 8]
    left = [world for world in worlds if eval(given, {}, world)]
    return sum(bool(eval(holds, {}, world)) for world in left) / len(left)


@pytest.mark.parametrize("method", ["importance", "adaptive", "smc"])
@pytest.mark.parametrize("least", [-1.0, 0.0, 1.0, 2.5])
def test_a_supposition_about_a_number_counts_for_one_question_only(method: str, least: float) -> None:
    _, state = infer(problem(X, *SEEN, ask="query(x)"), Goal(), method)
    found, state = infer(problem(X, *SEEN, ask=f"condition(x > {least})\nquery(x)"), Goal(), method, state)
    assert agrees(number(found).mean, mean_beyond(least), number(found).mcse)
    plain, state = infer(problem(X, *SEEN, ask="query(x)"), Goal(), method, state)
    assert agrees(number(plain).mean, 0.5, number(plain).mcse)
    assert number(plain).mcse < 0.02


@pytest.mark.parametrize("method", ["importance", "guided", "smc"])
@pytest.mark.parametrize("given", ["a > 2", "a == 6", "a == b", "a + b == 12"])
def test_a_supposition_about_choices_counts_for_one_question_only(method: str, given: str) -> None:
    _, state = infer(problem(DICE, *TOLD, ask="query(a > b)"), Goal(), method)
    found, state = infer(problem(DICE, *TOLD, ask=f"condition({given})\nquery(b > 4)"), Goal(), method, state)
    assert agrees(boolean(found).probability, chance("b > 4", given), boolean(found).mcse)
    plain, _ = infer(problem(DICE, *TOLD, ask="query(b > 4)"), Goal(), method, state)
    assert agrees(boolean(plain).probability, chance("b > 4", "True"), boolean(plain).mcse)


@pytest.mark.parametrize("method", METHODS)
def test_it_may_be_about_what_was_summed_out(method: str) -> None:
    told = ['condition(pull("a", 1) > pull("b", 1))', 'condition(pull("b", 2) > pull("c", 2))']
    ask = 'condition(lazy("b", 1))\nquery(lazy("a", 1))'
    _, state = infer(problem(PULLING, *told, ask='query(strength("a") > 50)'), Goal(), method)
    further, state = infer(problem(PULLING, *told, ask=ask), Goal(), method, state)
    fresh, _ = infer(problem(PULLING, *told, ask=ask), Goal(seed=1), "importance")
    assert agrees(boolean(further).probability, boolean(fresh).probability, boolean(further).mcse, boolean(fresh).mcse)


@pytest.mark.parametrize("method", ["adaptive", "guided", "smc"])
def test_particles_that_are_left_are_not_moved_or_drawn_again(method: str) -> None:
    setting, told = (DICE, TOLD) if method == "guided" else (X, SEEN)
    goal = Goal(precision=0.02)
    ask = "query(a > b)" if method == "guided" else "query(x > 0)"
    given = "a > 2" if method == "guided" else "y > -0.5"
    before, state = infer(problem(setting, *told, ask=ask), goal, method)
    found, after = infer(problem(setting, *told, ask=f"condition({given})\n{ask}"), goal, method, state)
    assert found.particles <= before.particles and found.ess < before.ess
    assert kept(after) is kept(state) if method != "smc" else True
    again, _ = infer(problem(setting, *told, ask=ask), goal, method, after)
    assert again.particles <= before.particles


def kept(state: State | None) -> object:
    return getattr(state, "kept", None)
