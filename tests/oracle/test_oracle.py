"""The oracle itself: its densities are those of scipy, its draws fit them, and small programs have values by hand."""

from __future__ import annotations

import math
from random import Random

import pytest
from scipy import stats

from plot.language import LIBRARY
from tests.oracle.chance import LAWS
from tests.oracle.functions import FUNCTIONS
from tests.oracle.posterior import TooManyError, enumerated, sampled
from tests.support.tolerances import FAILURE_RATE, agrees

SCIPY = {
    "flip": ((0.3,), stats.bernoulli(0.3)),
    "bernoulli": ((0.8,), stats.bernoulli(0.8)),
    "randint": ((-1, 3), stats.randint(-1, 4)),
    "binomial": ((4, 0.3), stats.binom(4, 0.3)),
    "poisson": ((2.5,), stats.poisson(2.5)),
    "geometric": ((0.3,), stats.geom(0.3, loc=-1)),
    "normal": ((1, 2), stats.norm(1, 2)),
    "uniform": ((-1, 3), stats.uniform(-1, 4)),
    "exponential": ((2,), stats.expon(scale=0.5)),
    "beta": ((2, 3), stats.beta(2, 3)),
    "gamma": ((2, 3), stats.gamma(2, scale=1 / 3)),
    "negative_binomial": ((3, 0.4), stats.nbinom(3, 0.4)),
    "weibull": ((2, 3), stats.weibull_min(2, scale=3)),
    "half_normal": ((2,), stats.halfnorm(scale=2)),
    "log_normal": ((0.5, 0.7), stats.lognorm(0.7, scale=math.exp(0.5))),
    "student_t": ((4, 1, 2), stats.t(4, 1, 2)),
    "cauchy": ((1, 2), stats.cauchy(1, 2)),
    "laplace": ((1, 2), stats.laplace(1, 2)),
}
DISCRETE = ("flip", "bernoulli", "randint", "binomial", "poisson", "geometric", "negative_binomial")
DRAWS = 2_000


@pytest.mark.parametrize("name", SCIPY)
def test_densities(name: str) -> None:
    arguments, right = SCIPY[name]
    law = LAWS[name](*arguments)
    for x in (-2, -1, 0, 1, 2, 3, 4, 5, *((0.25, 1.5) if name not in DISCRETE else ())):
        expected = right.logpmf(x) if name in DISCRETE else right.logpdf(x)
        assert law.log_density(x) == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize("name", SCIPY)
def test_draws(name: str) -> None:
    arguments, right = SCIPY[name]
    random = Random(1)
    drawn = [float(LAWS[name](*arguments).draw(random)) for _ in range(DRAWS)]
    if name in DISCRETE:
        for x in range(-1, 4):
            share = float(right.pmf(x))
            error = math.sqrt(max(share * (1 - share), 1e-12) / DRAWS)
            assert agrees(sum(each == x for each in drawn) / DRAWS, share, error)
    else:
        assert stats.kstest(drawn, right.cdf).pvalue > FAILURE_RATE


def test_all_of_the_library_is_there() -> None:
    for entry in LIBRARY.values():
        if entry.category != "act" and entry.name != "actual":  # which is no function of a value
            assert entry.name in (LAWS if entry.category == "distribution" else FUNCTIONS)


# the weights of True and False, and the evidence; in the last but one y keeps its
# noise: .27 * .2 / .9 + .14
BY_HAND = {
    "x = flip(0.25)\ny = flip(0.8) if x else flip(0.4)\ncondition(y)\nquery(x)": ((0.2, 0.3), 0.5),
    "query(sum([randint(1, 2) for _ in range(2)]) == 3)": ((0.5, 0.5), 1.0),
    "def g(n):\n    return 0 if n == 0 or flip(0.5) else 1 + g(n - 1)\nquery(g(2) == 2)": ((0.25, 0.75), 1.0),
    "@mem\ndef f(x):\n    return flip(0.5)\nquery(f(1) == f(True) and f('1') == f('1'))": ((1.0, 0.0), 1.0),
    "x = randint(0, 1)\ny = 1 / x\nquery(y == 1)": ((0.5, 0.0), 0.5),
    "x = flip(0.3)\ny = flip(0.9 if x else 0.2)\ncondition(y)\ndo(x, False)\nquery(y)": ((0.2, 0.21), 0.41),
    "x = flip(0.3)\ny = flip(0.9 if x else 0.2)\ndo(x, True)\ncondition(y)\nquery(x)": ((0.9, 0.0), 0.9),
}


@pytest.mark.parametrize("text", BY_HAND)
def test_values_by_hand(text: str) -> None:
    (yes, no), evidence = BY_HAND[text]
    found = enumerated(text)
    weights = found.answers[0].weights
    assert found.evidence == pytest.approx(evidence)
    assert weights.get(("truth", True), 0.0) == pytest.approx(yes)
    assert weights.get(("truth", False), 0.0) == pytest.approx(no)
    drawn = sampled(text, DRAWS, 3)
    assert abs(drawn.evidence - found.evidence) <= 5 * drawn.error


def test_what_is_not_finite_is_not_listed() -> None:
    for text in ("query(normal(0, 1))", "query(poisson(2))", "query(sum([flip() for i in range(30)]))"):
        with pytest.raises(TooManyError):
            enumerated(text)
