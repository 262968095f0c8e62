"""Sampling against exact answers, on finite programs that Hypothesis makes."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings

from plot.errors import ImpossibleError, UnlikelyError
from plot.inference import Boolean, Choice, Goal, Marginal, Number, Posterior
from plot.inference.contract import Method
from plot.inference.exact import Exact
from plot.inference.fitting import UnfitError
from plot.inference.guided import GuidedSampling
from plot.inference.importance import Importance
from plot.inference.smc import Smc
from tests.inference.generated import finite_problems
from tests.inference.models import problem
from tests.sizes import examples
from tests.tolerances import Z, agrees

# Many islands, so that the standard error that they give is known well; their number is what a test's z relies on.
SAMPLERS: dict[str, Method] = {
    "smc": Smc(islands=64, per_island=128),
    "importance": Importance(),
    "guided": GuidedSampling(islands=64, per_island=256),
}
GOAL = Goal(precision=0.02, seconds=60)


def figures(marginal: Marginal) -> dict[str, tuple[float, float]]:
    """Return each figure of a marginal with its standard error."""
    if isinstance(marginal, Boolean):
        return {"true": (marginal.probability, marginal.mcse)}
    if isinstance(marginal, Number):
        return {"mean": (marginal.mean, marginal.mcse)}
    assert isinstance(marginal, Choice)
    return {name: (p, marginal.errors[name]) for name, p in marginal.probabilities.items()}


def check(found: Posterior, truth: Posterior) -> None:
    """Compare the answers and the evidence; an event too rare to be met has no error of its own."""
    rare = Z**2 / found.particles
    mine, right = figures(found.marginals[0]), figures(truth.marginals[0])
    for name, (value, _) in right.items():
        estimate, error = mine.get(name, (0.0, 0.0))
        assert agrees(estimate, value, error) or abs(estimate - value) < rare, (name, estimate, value, error)
    error = math.hypot(found.log_evidence_error, rare)
    assert agrees(found.log_evidence, truth.log_evidence, error)


@pytest.mark.slow
@pytest.mark.parametrize("method", SAMPLERS)
@given(texts=finite_problems())
@settings(max_examples=examples(50), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_sampling_agrees_with_exact_sums(method: str, texts: tuple[str, list[str], str]) -> None:
    setting, evidence, ask = texts
    asked = problem(setting, *evidence, ask=ask)
    sampler = SAMPLERS[method]
    try:
        truth, _ = Exact().infer(asked, GOAL)
    except ImpossibleError:
        with pytest.raises((ImpossibleError, UnlikelyError, UnfitError)):
            sampler.infer(asked, GOAL)
        return
    check(sampler.infer(asked, GOAL)[0], truth)


def test_a_wrong_model_fails_the_same_check() -> None:
    setting = "a = flip(0.3)\nb = flip(0.8 if a else {})"
    right = problem(setting.format(0.2), "condition(b)", ask="query(a)")
    wrong = problem(setting.format(0.3), "condition(b)", ask="query(a)")
    truth, _ = Exact().infer(right, GOAL)
    for sampler in SAMPLERS.values():
        with pytest.raises(AssertionError):
            check(sampler.infer(wrong, GOAL)[0], truth)
