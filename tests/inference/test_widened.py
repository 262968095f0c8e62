"""Choices that are drawn widely: what no prior sample reaches is found, and the weights stand for the prior."""

from __future__ import annotations

import math

import numpy
import pytest
from scipy import stats

from plot._lazy import torch
from plot.errors import UnreachedError
from plot.inference import Boolean, Goal, Number, infer
from plot.inference.methods.widened import missed, share_to_widen, widened
from plot.runtime import RunPlan, run
from tests.inference.models import problem
from tests.support.tolerances import agrees

K = numpy.arange(2_000)


def share(one: float, other: float) -> float:
    return one / (one + other)


def mean(log_weight: numpy.ndarray) -> float:
    weights = numpy.exp(log_weight - log_weight.max())
    return float((weights * K[: len(weights)]).sum() / weights.sum())


# a program whose evidence is where prior samples do not come, and the right answer
RARE = {
    "a count": (
        ["x = normal(0, 1)", "n = poisson(0.001)", "observe(normal(n + x, 0.1), 6)"],
        "query(n)",
        mean(stats.poisson.logpmf(K, 0.001) + stats.norm.logpdf(6, K, math.sqrt(1.01))),
    ),
    "whether there is any": (
        ["n = poisson(0.0001)", "x = normal(0, 1)", "observe(flip(0.9 if n > 0 else 0.000000001), True)"],
        "query(n > 0)",
        share(-math.expm1(-1e-4) * 0.9, math.exp(-1e-4) * 1e-9),
    ),
    "a cause": (
        ["z = flip(0.0000001)", "y = normal(0, 1)", "observe(flip(0.9 if z else 0.0000000001), True)"],
        "query(z and y > 0)",
        share(1e-7 * 0.9, (1 - 1e-7) * 1e-10) / 2,
    ),
    "a region of a real number": (
        ["x = normal(0, 1)", "observe(flip(0.999 if x > 5 else 0.00000000001), True)"],
        "query(x > 5)",
        share(stats.norm.sf(5) * 0.999, stats.norm.cdf(5) * 1e-11),
    ),
    "the count of a rate": (
        ["r = gamma(2, 1)", "n = poisson(r)", "observe(normal(n, 1), 20)"],
        "query(n)",
        mean(stats.nbinom.logpmf(K, 2, 0.5) + stats.norm.logpdf(20, K, 1)),
    ),
}


@pytest.mark.parametrize("method", ["importance", "auto"])
@pytest.mark.parametrize("name", RARE)
def test_what_no_prior_sample_reaches_is_found(name: str, method: str) -> None:
    lines, ask, right = RARE[name]
    found = infer(problem(*lines, ask=ask), Goal(precision=0.02, seconds=600), method)[0].marginals[0]
    value = found.probability if isinstance(found, Boolean) else found.mean  # type: ignore[union-attr]
    assert isinstance(found, Boolean | Number)
    assert agrees(value, right, found.mcse)


def test_particles_that_miss_most_of_the_evidence_are_not_reported() -> None:
    lines, ask, _ = RARE["a region of a real number"]
    with pytest.raises(UnreachedError, match="worlds are missing"):
        infer(problem(*lines, ask=ask), Goal(precision=0.02, seconds=600), "smc")


KINDS = {
    "normal(3, 2)": (3.0, 2.0),
    "uniform(1, 3)": (2.0, 2 / math.sqrt(12)),
    "beta(2, 5)": (2 / 7, math.sqrt(10 / (49 * 8))),
    "gamma(2, 4)": (0.5, math.sqrt(2) / 4),
    "exponential(0.1)": (10.0, 10.0),
    "log_normal(0, 0.5)": (math.exp(0.125), math.sqrt(math.expm1(0.25) * math.exp(0.25))),
    "laplace(1, 2)": (1.0, 2 * math.sqrt(2)),
    "student_t(9, 1, 2)": (1.0, 2 * math.sqrt(9 / 7)),
    "half_normal(2)": (2 * math.sqrt(2 / math.pi), 2 * math.sqrt(1 - 2 / math.pi)),
    "weibull(2, 10)": (10 * math.gamma(1.5), 10 * math.sqrt(math.gamma(2) - math.gamma(1.5) ** 2)),
    "poisson(0.3)": (0.3, math.sqrt(0.3)),
    "poisson(400)": (400.0, 20.0),
    "geometric(0.2)": (4.0, math.sqrt(20)),
    "negative_binomial(3, 0.5)": (3.0, math.sqrt(6)),
    "binomial(20, 0.4)": (8.0, math.sqrt(4.8)),
    "flip(0.01)": (0.01, math.sqrt(0.0099)),
    "categorical([0.005, 0.99, 0.005])": (1.0, 0.1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_weighted_draws_stand_for_the_prior(kind: str) -> None:
    centre, spread = KINDS[kind]
    asked = problem(f"x = {kind}", ask="query(x)")
    wide = share_to_widen(run(asked.program, 64, RunPlan(seed=1)))
    assert wide > 0
    found, log_weight = widened(asked, Goal(), wide, 40_000, 7)
    weights, values = log_weight.exp(), torch.as_tensor(found.queries[0]).double()
    assert float(weights.max()) <= 1 / (1 - wide) + 1e-9
    error = float(weights.std()) / math.sqrt(len(weights))
    assert agrees(float(weights.mean()), 1.0, error)
    scaled = weights * torch.where(weights > 0, (values - centre) / spread, 0.0)
    assert agrees(float(scaled.mean()), 0.0, float(scaled.std()) / math.sqrt(len(weights)))
    squared = weights * torch.where(weights > 0, (values - centre) / spread, 0.0) ** 2
    assert agrees(float(squared.mean()), 1.0, float(squared.std()) / math.sqrt(len(weights)))


def test_ordinary_evidence_is_not_missed() -> None:
    asked = problem("x = normal(0, 1)", "n = poisson(3)", "observe(normal(x + n, 1), 4)", ask="query(n)")
    found, log_weight = widened(asked, Goal(), 0.5, 4_096, 7)
    assert missed(found.log_weight + log_weight, log_weight, 100_000) < 1e-4
