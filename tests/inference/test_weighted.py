"""Weighted particles that are kept: further questions are answered from them as rightly as by others."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from plot.errors import UnlikelyError
from plot.inference import Boolean, Goal, Number, Posterior, State, infer
from plot.inference.methods.weighted import WeightedState
from tests.inference.models import PULLING, problem
from tests.support.tolerances import agrees

X = "x = normal(0, 1)\nz = flip(0.3)"
SEEN = "observe(normal(x, 1), 1)"  # so that x is normal(0.5, sqrt(0.5))
MEAN, VARIANCE = 0.5, 0.5


def asked(ask: str, state: State | None, *told: str, setting: str = X) -> tuple[Posterior, State | None]:
    return infer(problem(setting, *told, ask=ask), Goal(), "importance", state)


def first(ask: str = "query(x)") -> State | None:
    return asked(ask, None, SEEN)[1]


def number(found: Posterior) -> Number:
    marginal = found.marginals[0]
    assert isinstance(marginal, Number)
    return marginal


def beyond(least: float) -> float:
    """Return the mean of x where it is above `least`."""
    sd = math.sqrt(VARIANCE)
    tail = NormalDist(MEAN, sd)
    return MEAN + VARIANCE * tail.pdf(least) / (1 - tail.cdf(least))


@pytest.mark.parametrize(
    ("ask", "mean", "variance"),
    [
        ("query(x)", MEAN, VARIANCE),
        ("query(2 * x)", 2 * MEAN, 4 * VARIANCE),
        ("y = normal(x, 1)\nquery(y)", MEAN, VARIANCE + 1),
        ("w = normal(5, 2)\nquery(w)", 5.0, 4.0),
        ("query(x + normal(3, 1))", MEAN + 3, VARIANCE + 1),
    ],
)
def test_a_further_question_is_answered_from_the_particles_that_are_there(
    ask: str, mean: float, variance: float
) -> None:
    before, state = asked("query(x)", None, SEEN)
    found, after = asked(ask, state, SEEN)
    assert agrees(number(found).mean, mean, number(found).mcse)
    assert abs(number(found).sd / math.sqrt(variance) - 1) < 0.1
    assert before.particles <= found.particles < 2 * before.particles
    assert agrees(found.log_evidence, before.log_evidence, found.log_evidence_error)
    assert isinstance(state, WeightedState) and isinstance(after, WeightedState)
    assert after.batches[: len(state.batches)] == state.batches


def test_what_a_question_supposes_counts_for_that_question_only() -> None:
    supposing, state = asked("condition(x > 1)\nquery(x)", None, SEEN)
    assert agrees(number(supposing).mean, beyond(1.0), number(supposing).mcse)
    plain, state = asked("query(x)", state, SEEN)
    assert agrees(number(plain).mean, MEAN, number(plain).mcse)
    further, _ = asked("condition(x > 0.2)\nquery(x)", state, SEEN)
    assert agrees(number(further).mean, beyond(0.2), number(further).mcse)


def test_what_only_a_question_draws_is_drawn_anew() -> None:
    _, state = asked("w = normal(0, 1)\ncondition(w > 1)\nquery(w)", None, SEEN)
    found, _ = asked("w = normal(5, 2)\nquery(w)", state, SEEN)
    assert agrees(number(found).mean, 5.0, number(found).mcse)


def test_where_more_are_needed_others_are_drawn() -> None:
    before, state = asked("query(x > -9)", None, SEEN)
    found, after = asked("query(x)", state, SEEN)
    assert found.particles > before.particles and number(found).mcse < 0.0101 * math.sqrt(VARIANCE)
    assert agrees(number(found).mean, MEAN, number(found).mcse)
    assert isinstance(state, WeightedState) and isinstance(after, WeightedState)
    assert after.drawn > state.drawn and after.batches[: len(state.batches)] == state.batches


def test_what_was_told_since_or_another_setting_begins_again() -> None:
    state = first()
    told, _ = asked("query(x)", state, SEEN, "observe(normal(x, 1), 1)")
    assert agrees(number(told).mean, 2 / 3, number(told).mcse)
    other, _ = asked("query(x)", state, SEEN, setting="x = normal(2, 1)\nz = flip(0.3)")
    assert agrees(number(other).mean, 1.5, number(other).mcse)
    assert isinstance(state, WeightedState)
    assert not state.goes_on(problem(X, SEEN, ask="query(x)"), Goal(seed=1))
    assert state.goes_on(problem(X, SEEN, ask="query(z)"), Goal())


BEATEN = ['condition(pull("a", 1) > pull("b", 1))', 'condition(pull("b", 2) > pull("c", 2))']


def test_flips_that_were_summed_out_are_drawn_where_a_further_question_reads_them() -> None:
    told = [*BEATEN, 'condition(pull("c", 3) + pull("d", 3) > pull("a", 3) + pull("b", 3))']
    _, state = asked('query(strength("a"))', None, *told, setting=PULLING)
    assert isinstance(state, WeightedState) and any(batch.factors is not None for batch in state.batches)
    for ask in ('query(lazy("b", 1))', 'query(lazy("a", 3) and lazy("b", 3))', 'query(strength("d") > strength("a"))'):
        further, _ = asked(ask, state, *told, setting=PULLING)
        fresh, _ = asked(ask, None, *told, setting=PULLING)
        mine, other = further.marginals[0], fresh.marginals[0]
        assert isinstance(mine, Boolean) and isinstance(other, Boolean)
        assert agrees(mine.probability, other.probability, mine.mcse, other.mcse)


def test_a_question_that_supposes_what_was_summed_out() -> None:
    told = [*BEATEN, 'condition(pull("c", 3) + pull("d", 3) > pull("a", 3) + pull("b", 3))']
    _, state = asked('query(strength("a"))', None, *told, setting=PULLING)
    ask = 'condition(lazy("b", 1))\nquery(lazy("a", 1))'
    further, _ = asked(ask, state, *told, setting=PULLING)
    fresh, _ = asked(ask, None, *told, setting=PULLING)
    mine, other = further.marginals[0], fresh.marginals[0]
    assert isinstance(mine, Boolean) and isinstance(other, Boolean)
    assert agrees(mine.probability, other.probability, mine.mcse, other.mcse)


def test_what_no_particle_has_is_refused_with_kept_particles_too() -> None:
    for state in (None, first()):
        with pytest.raises(UnlikelyError, match=r"x > 1000000000000"):
            asked("condition(x > 1000000000000)\nquery(x)", state, SEEN)


def test_an_error_of_one_question_does_not_rule_particles_out_of_another() -> None:
    _, state = asked("query(1 / (0 if x > 0.5 else 1))", None, SEEN)
    found, _ = asked("query(x)", state, SEEN)
    assert agrees(number(found).mean, MEAN, number(found).mcse)
    assert not found.warnings


def test_an_error_is_told_with_its_share_of_all_particles() -> None:
    found, _ = asked("query(1 / (0 if x > 0.5 else 1))", first(), SEEN)
    fresh, _ = asked("query(1 / (0 if x > 0.5 else 1))", None, SEEN)
    assert any("division by zero" in warning for warning in found.warnings)
    assert any("division by zero" in warning for warning in fresh.warnings)


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plot.inference.methods.importance.MOST_NUMBERS", 3)
    assert first() is None
