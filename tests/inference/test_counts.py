"""Counts without an end, or with very many values, in exact sums: the values that matter are found, however far out."""

from __future__ import annotations

import numpy
import pytest
from scipy import stats

from plot.inference import Goal, Number, infer
from tests.inference.models import problem

K = numpy.arange(120_000)
A, B = numpy.meshgrid(numpy.arange(120), numpy.arange(120))
normal, poisson = stats.norm.logpdf, stats.poisson.logpmf


def only(possible: numpy.ndarray) -> numpy.ndarray:
    """Return the log weights of a condition."""
    return numpy.where(possible, 0.0, -numpy.inf)


def seen(what: str, error: float, value: float) -> str:
    return f"observe(normal({what}, {error}), {value})"


# a program, and the log weight of each value of what it asks for, with the value
FAR = {
    "one of which prior samples have 0": (
        ["n = poisson(0.001)", seen("n", 0.1, 3)],
        poisson(K, 0.001) + normal(3, K, 0.1),
        K,
    ),
    "far from the prior": (["n = poisson(5)", seen("n", 2, 1000)], poisson(K, 5) + normal(1000, K, 2), K),
    "failures": (["n = geometric(0.9)", seen("n", 0.3, 12)], stats.geom.logpmf(K + 1, 0.9) + normal(12, K, 0.3), K),
    "failures before several successes": (
        ["n = negative_binomial(3, 0.95)", seen("n", 0.5, 20)],
        stats.nbinom.logpmf(K, 3, 0.95) + normal(20, K, 0.5),
        K,
    ),
    "of many trials": (
        ["n = binomial(100000, 0.5)", seen("n", 10, 52000)],
        stats.binom.logpmf(K, 100_000, 0.5) + normal(52_000, K, 10),
        K,
    ),
    "one of very many numbers": (["n = randint(0, 100000000)", seen("n", 5, 31415)], normal(31_415, K, 5), K),
    "the largest of many numbers": (
        ["n = randint(0, 100000)", "condition(n * n > 9999000000)"],
        only((K * K > 9_999_000_000) & (K <= 100_000)),
        K,
    ),
    "beyond a bound": (
        ["n = geometric(0.01)", "condition(n > 3000)"],
        stats.geom.logpmf(K + 1, 0.01) + only(K > 3000),
        K,
    ),
    "below a bound": (["n = poisson(100)", "condition(n < 20)"], poisson(K, 100) + only(K < 20), K),
    "with two modes": (
        ["n = poisson(20)", seen("(n - 100) * (n - 100)", 10, 3600)],
        poisson(K, 20) + normal(3600, (K - 100.0) ** 2, 10),
        K,
    ),
    "a sum": (
        ["n = poisson(0.5)", "b = poisson(0.1)", seen("n + b", 0.3, 12)],
        (poisson(A, 0.5) + poisson(B, 0.1) + normal(12, A + B, 0.3)).ravel(),
        A.ravel(),
    ),
    "a difference": (
        ["n = poisson(3)", "b = poisson(3)", "condition(n - b == 15)"],
        (poisson(A, 3) + poisson(B, 3) + only(A - B == 15)).ravel(),
        A.ravel(),
    ),
    "the bound of a loop": (
        ["n = poisson(1)", "total = 0", "for i in range(n):\n    total += 2", seen("total", 0.5, 30)],
        poisson(K, 1) + normal(30, 2 * K, 0.5),
        K,
    ),
    "of five that are remembered by name": (
        ["@mem\ndef c(i):\n    return poisson(0.2)", seen("sum([c(i) for i in range(5)])", 0.3, 15), "n = 5 * c(0)"],
        poisson(K, 1) + normal(15, K, 0.3),
        K,
    ),
    "that is there in one of two cases": (
        ["leak = flip(0.001)", "n = poisson(50) if leak else 0", seen("n", 3, 45)],
        numpy.concatenate(
            [[numpy.log(0.999) + normal(45, 0, 3)], numpy.log(0.001) + poisson(K, 50) + normal(45, K, 3)]
        ),
        numpy.concatenate([[0], K]),
    ),
    "that another one depends on": (
        ["n = poisson(10)", "observe(binomial(n, 0.5), 40)"],
        poisson(K, 10) + stats.binom.logpmf(40, K, 0.5),
        K,
    ),
}


@pytest.mark.parametrize("name", FAR)
def test_counts_beyond_what_prior_samples_reach(name: str) -> None:
    lines, log_weight, values = FAR[name]
    weights = numpy.exp(log_weight - log_weight.max())
    mean = float((weights * values).sum() / weights.sum())
    found, _ = infer(problem(*lines, ask="query(n)"), Goal(seconds=600))
    assert found.method == "exact"
    assert isinstance(found.marginals[0], Number)
    assert found.marginals[0].mean == pytest.approx(mean, rel=1e-9)
