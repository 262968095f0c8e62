"""Counts that were measured far out in the tail of their prior: right, or refused, and never a collapsed population."""

from __future__ import annotations

import numpy
import pytest
from scipy import stats

from plot.errors import PlotError
from plot.inference import Goal, Number, infer
from tests.inference.models import problem
from tests.support.tolerances import agrees

COUNTS = numpy.arange(20_000)
GOAL = Goal(precision=0.02, seconds=600)
# a count, its log prior, a measurement with its error
EXACT = {
    "binomial(1000, 0.01)": (stats.binom.logpmf(COUNTS, 1000, 0.01), 900, 5.0),
    "binomial(200, 0.001)": (stats.binom.logpmf(COUNTS, 200, 0.001), 190, 1.0),
    "binomial(7, 0.0000001)": (stats.binom.logpmf(COUNTS, 7, 1e-7), 7, 0.5),
}
SAMPLED = {
    "geometric(0.5)": (stats.geom.logpmf(COUNTS + 1, 0.5), 60, 1.0),
    "poisson(4)": (stats.poisson.logpmf(COUNTS, 4), 60, 2.0),
    "poisson(2000)": (stats.poisson.logpmf(COUNTS, 2000), 2600, 10.0),
}


def truth(log_prior: numpy.ndarray, value: float, error: float) -> tuple[float, float]:
    """Return the mean and the standard deviation of a count after a normal measurement, by summing over its values."""
    log_weight = log_prior + stats.norm.logpdf(value, COUNTS, error)
    weights = numpy.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    mean = float((weights * COUNTS).sum())
    return mean, float((weights * (COUNTS - mean) ** 2).sum() ** 0.5)


def measured(text: str, value: float, error: float, method: str = "auto") -> Number:
    asked = problem(f"k = {text}", f"observe(normal(k, {error}), {value})", ask="query(k)")
    found = infer(asked, GOAL, method)[0].marginals[0]
    assert isinstance(found, Number)
    return found


@pytest.mark.parametrize("text", EXACT)
def test_probabilities_that_are_too_small_for_numbers_are_summed_in_logs(text: str) -> None:
    log_prior, value, error = EXACT[text]
    found = measured(text, value, error, "exact")
    mean, sd = truth(log_prior, value, error)
    assert found.mean == pytest.approx(mean, rel=1e-9) and found.sd == pytest.approx(sd, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("text", SAMPLED)
def test_counts_walk_into_the_tail(text: str) -> None:
    log_prior, value, error = SAMPLED[text]
    mean, sd = truth(log_prior, value, error)
    found = measured(text, value, error, "smc")
    assert agrees(found.mean, mean, found.mcse) and found.mcse < 4 * GOAL.precision * sd


@pytest.mark.parametrize("text", ["beta(0.5, 1), 0", "beta(2, 0.5), 1", "gamma(0.5, 1), 0"])
@pytest.mark.parametrize("method", ["auto", "importance", "smc"])
def test_an_infinite_density_is_an_error(text: str, method: str) -> None:
    asked = problem("x = normal(0, 1)", f"observe({text})", "observe(normal(x, 1), 1)", ask="query(x)")
    with pytest.raises(PlotError, match="infinite"):
        infer(asked, Goal(), method)
