"""Seconds and memory bind in every stage, by a clock and a gauge of the tests' own: the same on any machine."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from plot.errors import BudgetError, PlotError
from plot.inference import Goal, Posterior, Problem, infer
from plot.language import parse
from plot.language.syntax.nodes import ProgramNode
from plot.watch import IDLE, Watch

SECONDS = 10.0
LATER = 1.2  # times the seconds
TICK = 0.02  # seconds at each look at the clock
NEVER = 1e-12  # a precision that none reaches


class Ticking:
    """A clock that goes on whenever it is read."""

    def __init__(self, tick: float = TICK) -> None:
        self.tick, self.seconds = tick, 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        self.seconds += self.tick
        return self.seconds


FOREVER = {
    "a loop": "t = 0\nfor i in range(9999):\n    for j in range(9999):\n        t += 1\nquery(t)",
    "two calls of each": "def f(n):\n    return 1 if n == 0 else f(n - 1) + f(n - 1)\nquery(f(100))",
    "a comprehension": "query(len([1 for i in range(9999) for j in range(9999) if i < 0]))",
    "remembered numbers": "@mem\ndef f(x):\n    return flip()\nquery(count([f(normal(0, 1)) for i in range(9000)]))",
    "equal lists": "xs = [normal(0, 1) for i in range(1000)]\nfor i in range(9999):\n    x = xs == xs + []\nquery(x)",
    "a straight line": "\n".join([f"x{i} = normal(0, 1)" for i in range(3000)]) + "\nquery(x0)",
    "a shuffle": "query(first(shuffle(range(4000))))",
}
SAMPLED = {
    "importance": "x = normal(0, 1)\nobserve(normal(x, 1), 1)\nquery(x)",
    "adaptive": "x = normal(0, 1)\ny = normal(x, 1)\nobserve(normal(y, 1), 1)\nquery(x)",
    "smc": "x = normal(0, 1)\nobserve(normal(x, 1), 1)\ncondition(x > 0.5)\nquery(x)",
    "guided": "n = 1 if flip(0.3) else 2\nxs = [flip(0.3) for i in range(n)]\ncondition(any(xs))\nquery(len(xs))",
    "svi": "x = normal(0, 1)\nobserve(normal(x, 1), 1)\nquery(x)",
    "nuts": "x = normal(0, 1)\nobserve(normal(x, 1), 1)\nquery(x)",
}


def asked(text: str, goal: Goal, method: str = "auto") -> Posterior:
    return infer(Problem(ProgramNode(body=()), (), parse(text)), goal, method)[0]


@pytest.mark.parametrize("text", FOREVER.values(), ids=FOREVER)
def test_programs_that_do_not_end(text: str) -> None:
    clock = Ticking()
    with pytest.raises(BudgetError, match="budget of seconds") as caught:
        asked(text, Goal(seconds=SECONDS, clock=clock))
    assert caught.value.budget == "seconds"
    assert caught.value.hint is not None
    assert "--budget-seconds" in caught.value.hint
    assert clock.seconds <= LATER * SECONDS


@pytest.mark.parametrize("method", SAMPLED)
def test_an_answer_that_time_cuts_says_so(method: str) -> None:
    clock = Ticking(0.05)
    found = asked(SAMPLED[method], Goal(precision=NEVER, seconds=SECONDS, clock=clock), method)
    assert found.stopped_by == "seconds"
    assert not found.converged
    assert found.shortfall is not None
    assert "10 s allowed" in found.shortfall
    assert clock.seconds <= LATER * SECONDS


@pytest.mark.parametrize(
    ("text", "by"),
    [("query(flip(0.3))", "exact"), ("query(normal(0, 1))", "precision"), ("query(poisson(3))", "exact")],
)
def test_what_ends_by_itself_says_so(text: str, by: str) -> None:
    found = asked(text, Goal())
    assert found.stopped_by == by
    assert found.converged


def test_particles_end_it() -> None:
    found = asked("query(normal(0, 1))", Goal(precision=NEVER, particles=10_000), "importance")
    assert found.stopped_by == "particles"


@pytest.mark.parametrize("method", ["exact", "importance", "smc"])
def test_impossible_evidence_is_explained_in_time(method: str) -> None:
    evidence = "\n".join(f"x{i} = flip(0.5)\ncondition(x{i})" for i in range(20))
    clock = Ticking(0.01)
    with pytest.raises(PlotError):
        asked(f"{evidence}\ncondition(not x3)\nquery(x0)", Goal(seconds=SECONDS, clock=clock), method)
    assert clock.seconds <= LATER * SECONDS


def growing(step: float) -> Callable[[], float]:
    """Return a gauge that shows more whenever it is read."""
    shown = itertools.count(0.0, step)
    return lambda: next(shown)


def test_what_the_process_holds_binds() -> None:
    goal = Goal(gauge=growing(2.0**26), clock=Ticking(0.01))
    with pytest.raises(BudgetError, match="over the budget of memory") as caught:
        asked(FOREVER["a loop"], goal)
    assert caught.value.budget == "memory"


def test_sizes_are_checked_before_they_are_taken() -> None:
    held = [0.0]
    goal = Goal(gauge=lambda: held[0], particles=4_000_000)
    text = "xs = [normal(0, 1) for i in range(9000)]\nquery(sorted(xs)[3])"
    found = asked(text, Goal(particles=300, gauge=lambda: 0.0), "importance")
    assert found.particles == 300
    held[0] = 0.0
    assert goal.started().watch.has_room(goal.budget.memory - 1)
    held[0] = 1.0
    assert not Watch.of(1.0, 100.0, gauge=lambda: held[0]).has_room(100.0)


def test_parts_of_a_watch() -> None:
    clock = Ticking(0.0)
    watch = Watch.of(10.0, 100.0, clock, lambda: 0.0)
    part = watch.within(3.0)
    assert (watch.left, part.left, part.within(50.0).left) == (10.0, 3.0, 3.0)
    clock.seconds = 4.0
    assert (part.over, watch.over, watch.elapsed, watch.left) == (True, False, 4.0, 6.0)
    assert not IDLE.over
    assert IDLE.has_room(1e30)


def test_a_goal_that_has_begun_goes_on() -> None:
    clock = Ticking(1.0)
    goal = Goal(clock=clock).started()
    assert goal.started() is goal
    assert goal.afresh().watch is IDLE
    assert goal.within(0.5).watch.ends < goal.watch.ends
