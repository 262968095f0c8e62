"""Exact inference against the enumeration of every world, on generated programs; and planted faults are found."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import beta

from plot.inference import Goal, Method, Posterior, Problem, State
from plot.inference.methods.exact.exact import Exact
from plot.language import show
from tests.oracle import chance, world
from tests.oracle.comparing import DisagreementError, compare
from tests.oracle.posterior import TooManyError, Truth, enumerated
from tests.oracle.problems import GOAL, MOST_WORLDS, complaint, divided, finite_problems
from tests.oracle.programs import accepted
from tests.oracle.shrinking import shrunk
from tests.support.sizes import PROGRAMS as IN_FULL
from tests.support.sizes import sized
from tests.support.tolerances import FAILURE_RATE

PROGRAMS = sized(150, 300)
PLANTED = 60  # of these programs are enough to find what is wrong in most of them
CHUNKS = 20


@functools.cache
def problems() -> list[tuple[str, Truth]]:
    """Return the programs that are always compared."""
    return list(finite_problems(0, PROGRAMS))


@functools.cache
def exactly(text: str) -> Posterior:
    """Infer exactly, once for all tests."""
    return Exact().infer(divided(text), GOAL)[0]


class Remembered(Exact):
    """Exact inference that remembers what it found."""

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer exactly."""
        return exactly(show(problem.program)), None


def wrong(text: str) -> str | None:
    """Return what exact inference gets wrong of a program, None where nothing or where it can't be said."""
    try:
        return complaint(text, enumerated(text, MOST_WORLDS), Exact()) if accepted(text) else None
    except TooManyError:
        return None


def check(problems: list[tuple[str, Truth]], method: Method) -> None:
    """Compare programs; the first that disagrees is made small and shown."""
    impossible = 0
    for text, truth in problems:
        impossible += truth.evidence == 0
        found = complaint(text, truth, method)
        if found is not None:
            small = shrunk(text, lambda smaller: wrong(smaller) is not None)
            pytest.fail(f"{found}\n\n{small}\n{wrong(small)}\n\nfirst found in\n{text}")
    assert impossible >= len(problems) / 20  # of 22%; in 150 programs as few by chance in less than 1 of 1e7 sets


def test_exact_agrees_with_enumeration() -> None:
    check(problems(), Remembered())


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_exact_agrees_with_enumeration_on_many(chunk: int) -> None:
    check(list(finite_problems(1_000_000 * (chunk + 1), IN_FULL // CHUNKS, 3 * MOST_WORLDS)), Exact())


# -- faults that are planted in the oracle: it and the engine must then disagree --------------------------------------


def _biased(p: Any = 0.5) -> Any:
    return chance.flip(0.99 * chance.number(p))


PLANTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "a comparison includes its bound": ("_Gt", lambda a, b: a >= b),
    "whatever is asked for is in a list": ("_In", lambda a, b: bool(b)),
    "a sum leaves out its last item": ("sum", lambda items: sum(items[:-1])),
    "the first field is returned for any": ("_field", lambda record, name: next(iter(record.fields.values()))),
}


@pytest.fixture(scope="module")
def answered() -> list[tuple[str, Posterior]]:
    """The exact posteriors of the programs of the test above whose evidence is possible."""
    possible = [text for text, truth in problems() if truth.evidence > 0]
    return [(text, exactly(show(divided(text).program))) for text in possible]


def missed(answered: list[tuple[str, Any]], programs: int) -> float:
    """Return the probability that no program of so many shows that the oracle, as it is now, is another one.

    How many of `answered` show it bounds their share from below, but for a probability of FAILURE_RATE (Clopper and
    Pearson 1934).
    """
    differ = sum([_differs(text, posterior) for text, posterior in answered])
    least = float(beta.ppf(FAILURE_RATE, differ, len(answered) - differ + 1)) if differ else 0.0
    return (1 - least) ** programs


def _differs(text: str, posterior: Any) -> bool:
    try:
        compare(posterior, enumerated(text, MOST_WORLDS))
    except (DisagreementError, TooManyError, ValueError):
        return True
    return False


def test_nothing_is_found_where_nothing_is_planted(answered: list[tuple[str, Any]]) -> None:
    assert missed(answered, PROGRAMS) == 1


@pytest.mark.full
@pytest.mark.parametrize("plant", PLANTS)
def test_a_wrong_operation_is_found_among_many(
    plant: str, answered: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, wrong = PLANTS[plant]
    assert name in world.LIBRARY
    monkeypatch.setitem(world.LIBRARY, name, wrong)
    assert missed(answered, IN_FULL) < FAILURE_RATE


def test_a_wrong_chance_is_found(answered: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(world.LAWS, "flip", _biased)
    assert missed(answered[:PLANTED], PROGRAMS) < FAILURE_RATE


def test_a_wrong_weight_is_found(answered: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    right = chance.Law.log_density
    monkeypatch.setattr(chance.Law, "log_density", lambda law, value: 1.01 * right(law, value))
    assert missed(answered, IN_FULL) < FAILURE_RATE
