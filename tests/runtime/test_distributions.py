"""Every distribution: moments of its samples, its support, its density by hand, and values that it can't have."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import math

import pytest
import torch

from plot import run_program
from plot.errors import PlotError
from plot.inference import Goal
from plot.language import LIBRARY
from plot.runtime.values.values import as_tensor
from tests.runtime.running import ran, shares, values
from tests.support.tolerances import agrees

N = 20_000
EULER = 0.5772156649015329

# text: mean, variance, least and greatest value
MOMENTS = {
    "flip(0.3)": (0.3, 0.21, 0, 1),
    "flip()": (0.5, 0.25, 0, 1),
    "bernoulli(0.9)": (0.9, 0.09, 0, 1),
    "normal(-2, 3)": (-2, 9, -math.inf, math.inf),
    "uniform(2, 5)": (3.5, 0.75, 2, 5),
    "randint(-2, 3)": (0.5, 35 / 12, -2, 3),
    "randint(4, 4)": (4, 0, 4, 4),
    "randint(0, 999)": (499.5, (1000**2 - 1) / 12, 0, 999),
    "choice([1, 2, 6])": (3, 14 / 3, 1, 6),
    "choice(range(500))": (249.5, (500**2 - 1) / 12, 0, 499),
    "categorical([1, 1, 2])": (1.25, 0.6875, 0, 2),
    "categorical([0.5, 0, 0.5], [10, 11, 20])": (15, 25, 10, 20),
    "poisson(2.5)": (2.5, 2.5, 0, math.inf),
    "poisson(0)": (0, 0, 0, 0),
    "exponential(4)": (0.25, 1 / 16, 0, math.inf),
    "beta(2, 3)": (0.4, 0.04, 0, 1),
    "gamma(3, 2)": (1.5, 0.75, 0, math.inf),
    "binomial(5, 0.2)": (1, 0.8, 0, 5),
    "binomial(3, 1)": (3, 0, 3, 3),
    "geometric(0.25)": (3, 12, 0, math.inf),
    "geometric(1)": (0, 0, 0, 0),
    "negative_binomial(3, 0.25)": (9, 36, 0, math.inf),
    "negative_binomial(2, 1)": (0, 0, 0, 0),
    "weibull(2, 3)": (3 * math.gamma(1.5), 9 * (1 - math.gamma(1.5) ** 2), 0, math.inf),
    "half_normal(2)": (2 * math.sqrt(2 / math.pi), 4 * (1 - 2 / math.pi), 0, math.inf),
    "log_normal(0.5, 0.4)": (math.exp(0.58), (math.exp(0.16) - 1) * math.exp(1.16), 0, math.inf),
    "student_t(30, 1, 2)": (1, 4 * 30 / 28, -math.inf, math.inf),
    "laplace(1, 0.5)": (1, 0.5, -math.inf, math.inf),
}


@pytest.mark.parametrize("text", MOMENTS)
@pytest.mark.parametrize(
    "under", ["x = {}", "x = 0\nif flip():\n    x = {}\nelse:\n    x = {}"], ids=["everywhere", "under masks"]
)
def test_moments(text: str, under: str) -> None:
    mean, variance, low, high = MOMENTS[text]
    x = as_tensor(ran(f"{under.replace('{}', text)}\nquery(x)", N, checked=False).queries[0]).double()  # type: ignore[arg-type]
    assert float(x.min()) >= low
    assert float(x.max()) <= high
    assert agrees(float(x.mean()), mean, math.sqrt(variance / N))
    squares = (x - mean) ** 2
    assert agrees(float(squares.mean()), variance, float(squares.std()) / math.sqrt(N))


def test_a_wrong_moment_is_noticed() -> None:
    x = as_tensor(ran("query(normal(0.1, 1))", N).queries[0])  # type: ignore[arg-type]
    assert not agrees(float(x.mean()), 0, 1 / math.sqrt(N))


def test_cauchy() -> None:
    x = as_tensor(ran("query(cauchy(1, 2))", N).queries[0])  # type: ignore[arg-type]
    for threshold, share in {1: 0.5, 3: 0.75, -1: 0.25}.items():
        assert agrees(float((x < threshold).double().mean()), share, math.sqrt(share * (1 - share) / N))


def test_random_parameters_go_particle_by_particle() -> None:
    found = ran(
        "m = 0 if flip() else 100\nlow = randint(0, 5)\nxs = [i for i in range(4) if flip()]\nquery([m, normal(m, 1), low, randint(low, low + 2), uniform(low, low + 1), xs, choice(xs + [9])])",
        200,
    )
    for mean, x, low, whole, real, items, one in values(found):
        assert abs(x - mean) < 50
        assert low <= whole <= low + 2
        assert low <= real <= low + 1
        assert one in [*items, 9]


def test_many_values_need_no_table() -> None:
    found = ran(
        "n = poisson(3) + 1000\nx = randint(0, n * 10 ** 9 // 10 ** 4)\ny = choice(range(n))\nquery([n, x, y])", 1000
    )
    for n, x, y in values(found):
        assert 0 <= x <= n * 10**5
        assert 0 <= y < n


def test_shuffle() -> None:
    found = ran("query(shuffle([1, 2, 3]))", N)
    rows = [tuple(row) for row in values(found)]
    for order in {(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)}:
        assert agrees(rows.count(order) / N, 1 / 6, math.sqrt(5 / 36 / N))


def test_shuffles_of_ragged_lists_hold_their_items() -> None:
    for before, after in values(ran("xs = [i for i in range(5) if flip()]\nquery([xs, shuffle(xs)])", 100)):
        assert sorted(after) == before


def log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


DENSITIES = {
    ("flip(0.3)", "True"): log(0.3),
    ("flip(0.3)", "0"): log(0.7),
    ("flip(0)", "True"): -math.inf,
    ("flip(1)", "False"): -math.inf,
    ("flip(1)", "True"): 0.0,
    ("flip(0.5)", "2"): -math.inf,
    ("normal(1, 2)", "4"): -0.5 * 1.5**2 - log(2 * math.sqrt(2 * math.pi)),
    ("uniform(0, 4)", "1"): -log(4),
    ("uniform(0, 4)", "0"): -log(4),
    ("uniform(0, 4)", "4"): -log(4),
    ("uniform(0, 4)", "5"): -math.inf,
    ("randint(1, 4)", "4"): -log(4),
    ("randint(1, 4)", "5"): -math.inf,
    ("randint(1, 4)", "1.5"): -math.inf,
    ("randint(0, 999)", "7"): -log(1000),
    ("randint(0, 999)", "1000"): -math.inf,
    ('choice(["a", "b", "a"])', '"a"'): log(2 / 3),
    ('choice(["a", "b"])', '"c"'): -math.inf,
    ('choice(["a", "b"])', "1"): -math.inf,
    ("choice([[1], [2]])", "[1]"): -log(2),
    ("choice(range(500))", "3"): -log(500),
    ("categorical([1, 3])", "1"): log(0.75),
    ("categorical([1, 0])", "1"): -math.inf,
    ('categorical([0.2, 0.8], ["x", "y"])', '"y"'): log(0.8),
    ("poisson(2)", "3"): 3 * log(2) - 2 - log(6),
    ("poisson(2)", "-1"): -math.inf,
    ("poisson(2)", "0.5"): -math.inf,
    ("poisson(0)", "0"): 0.0,
    ("poisson(0)", "1"): -math.inf,
    ("exponential(3)", "0.5"): log(3) - 1.5,
    ("exponential(3)", "-1"): -math.inf,
    ("beta(2, 3)", "0.25"): log(12) + log(0.25) + 2 * log(0.75),
    ("beta(2, 3)", "1.5"): -math.inf,
    ("gamma(2, 3)", "0.5"): 2 * log(3) + log(0.5) - 1.5,
    ("gamma(2, 3)", "-2"): -math.inf,
    ("binomial(4, 0.3)", "1"): log(4 * 0.3 * 0.7**3),
    ("binomial(4, 0.3)", "5"): -math.inf,
    ("binomial(4, 0)", "1"): -math.inf,
    ("binomial(4, 1)", "4"): 0.0,
    ("geometric(0.3)", "2"): log(0.3 * 0.49),
    ("geometric(1)", "1"): -math.inf,
    ("negative_binomial(3, 0.5)", "2"): log(6 / 32),
    ("negative_binomial(2.5, 1)", "0"): 0.0,
    ("negative_binomial(2.5, 1)", "1"): -math.inf,
    ("negative_binomial(3, 0.5)", "0.5"): -math.inf,
    ("weibull(2, 3)", "3"): log(2 / 3) - 1,
    ("weibull(1, 2)", "0"): -log(2),
    ("weibull(2, 3)", "0"): -math.inf,
    ("weibull(2, 3)", "-1"): -math.inf,
    ("half_normal(2)", "1"): log(2) - 0.125 - log(2 * math.sqrt(2 * math.pi)),
    ("half_normal(2)", "-1"): -math.inf,
    ("log_normal(0, 1)", "2"): -0.5 * log(2) ** 2 - log(2 * math.sqrt(2 * math.pi)),
    ("log_normal(0, 1)", "-1"): -math.inf,
    ("student_t(1, 0, 1)", "1"): -log(2 * math.pi),
    ("cauchy(0, 1)", "1"): -log(2 * math.pi),
    ("laplace(0, 2)", "-1"): -0.5 - log(4),
}


@pytest.mark.parametrize(("distribution", "value"), DENSITIES)
def test_densities(distribution: str, value: str) -> None:
    truth = DENSITIES[distribution, value]
    for text in (
        f"observe({distribution}, {value})",
        f"x = flip()\nif x:\n    observe({distribution}, {value})\nquery(x)",
    ):
        found = ran(text, 8, checked=False)
        on = values(found) if found.queries else [True] * 8
        for weight, here in zip(found.log_weight.tolist(), on, strict=True):
            assert weight == pytest.approx(truth if here else 0.0, abs=1e-9)


def test_a_random_value_is_weighed_particle_by_particle() -> None:
    found = ran(
        'n = randint(0, 4)\nobserve(poisson(2), n)\nx = choice(["a", "b", None])\nobserve(choice(["a", "a", None]), x)\nquery([n, x])',
        60,
    )
    masses = {"a": 2 / 3, "b": 0.0, None: 1 / 3}
    for (n, x), weight in zip(values(found), found.log_weight.tolist(), strict=True):
        assert weight == pytest.approx(n * log(2) - 2 - math.lgamma(n + 1) + log(masses[x]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flip(p)", "the probability of flip must be a probability between 0 and 1"),
        ("normal(0, p)", "sd of normal must be a number above 0"),
        ("uniform(0, p)", "uniform needs low < high"),
        ("randint(0, p)", "randint needs whole numbers with low <= high"),
        ("poisson(p)", "rate of poisson must be a number between 0 and 1e15"),
        ("exponential(p)", "rate of exponential must be a number above 0"),
        ("beta(1, p)", "b of beta must be a number above 0"),
        ("gamma(p, 1)", "shape of gamma must be a number above 0"),
        ("binomial(2, p)", "p of binomial must be a probability between 0 and 1"),
        ("binomial(p, 0.5)", "n of binomial must be a whole number from 0 to 1e9"),
        ("geometric(p)", "p of geometric must be a probability above 0, up to 1"),
        ("negative_binomial(p, 0.5)", "n of negative_binomial must be a number above 0"),
        ("weibull(1, p)", "scale of weibull must be a number above 0"),
        ("half_normal(p)", "sd of half_normal must be a number above 0"),
        ("log_normal(0, p)", "sd of log_normal must be a number above 0"),
        ("student_t(p, 0, 1)", "df of student_t must be a number above 0"),
        ("cauchy(0, p)", "scale of cauchy must be a number above 0"),
        ("laplace(0, p)", "scale of laplace must be a number above 0"),
        ("categorical([1, p])", "a probability of categorical must be a number of at least 0"),
    ],
)
def test_parameters_out_of_support(text: str, message: str) -> None:
    for line in (f"x = {text}", f"observe({text}, 1)"):
        found = ran(f"p = 1 if flip() else -1\n{line}\nquery(p)")
        assert list(shares(found)) == [message]
        for p, weight in zip(values(found), found.log_weight.tolist(), strict=True):
            assert (weight == -math.inf) == (p == -1) or line.startswith("observe")
        with pytest.raises(PlotError):
            ran(f"p = -1\n{line}\nquery(p)", checked=False)
        for wrong in ('"a"', "None", "[1]"):
            with pytest.raises(PlotError, match="needs numbers"):
                ran(f"p = {wrong}\n{line}\nquery(1)", checked=False)


def test_lists_of_probabilities() -> None:
    found = ran("p = flip()\nx = categorical([0, 0 if p else 1])\nquery(x)")
    assert list(shares(found)) == ["the probabilities of categorical sum to 0"]
    found = ran('ps = [1, 1] if flip() else [1]\nx = categorical(ps, ["a", "b"])\nquery(x)')
    assert list(shares(found)) == ["categorical needs as many values as probabilities"]
    assert set(values(ran("ps = [1, 1, 2] if flip() else [0, 1]\nquery(categorical(ps))"))) == {0, 1, 2}


def test_an_order_can_not_be_observed() -> None:
    with pytest.raises(PlotError, match="an order can't be observed"):
        ran("observe(shuffle([1, 2]), [1, 2])", checked=False)


def test_every_distribution_is_tested_here() -> None:
    for entry in LIBRARY.values():
        if entry.category == "distribution" and entry.name not in ("shuffle", "cauchy"):
            assert any(text.startswith(f"{entry.name}(") for text in MOMENTS)
            assert any(text.startswith(f"{entry.name}(") for text, _ in DENSITIES) or entry.name == "bernoulli"


def test_draws_are_64_bit() -> None:
    found = ran("x = normal(0, 1)\ny = uniform(0, 1)\nn = poisson(3)\nquery(1)")
    assert [site.value.dtype for site in found.choices.values()] == [torch.float64, torch.float64, torch.int64]  # type: ignore[union-attr]


def test_certain_flips() -> None:
    assert set(values(ran("p = randint(0, 1)\nquery(flip(p) == (p == 1))", 2000))) == {True}


def test_normal_draws_reach_into_both_tails_and_are_finite() -> None:
    x = as_tensor(ran("query(normal(0, 1))", 1_000_000).queries[0])  # type: ignore[arg-type]
    for threshold in (1.0, 2.0, 3.0, 4.0):
        share = math.erfc(threshold / math.sqrt(2)) / 2
        for tail in (x > threshold, x < -threshold):
            assert agrees(float(tail.double().mean()), share, math.sqrt(share / 1_000_000))
    assert bool(torch.isfinite(x).all())


@pytest.mark.parametrize(
    ("text", "log_density"),
    [
        ("flip(0.0), True", -math.inf),
        ("flip(1.0), False", -math.inf),
        ("flip(0.0), False", 0.0),
        ("flip(1e-20), True", math.log(1e-20)),
        ("flip(1e-300), True", math.log(1e-300)),
        ("binomial(3, 0.0), 1", -math.inf),
        ("binomial(3, 0.0), 0", 0.0),
        ("binomial(3, 1.0), 2", -math.inf),
        ("binomial(3, 1.0), 3", 0.0),
        ("binomial(3, 1e-20), 2", math.log(3) + 2 * math.log(1e-20)),
        ("binomial(1_000_000, 1e-6), 0", 10**6 * math.log1p(-1e-6)),
        ("geometric(1.0), 1", -math.inf),
        ("geometric(1e-20), 2", math.log(1e-20)),
        ("poisson(0), 1", -math.inf),
        ("categorical([1.0, 0.0]), 1", -math.inf),
        ("categorical([1.0, 1e-20]), 1", math.log(1e-20)),
    ],
)
def test_densities_of_the_impossible_and_of_the_very_rare(text: str, log_density: float) -> None:
    found = float(ran(f"observe({text})\nquery(1)", 1, checked=False).log_weight[0])
    assert found == pytest.approx(log_density, rel=1e-9)


@pytest.mark.parametrize("method", ["smc", "adaptive", "guided", "importance", "exact"])
@pytest.mark.parametrize("text", ["flip(0.0)", "flip(flip(0.5) * 0.0)", "binomial(3, 0.0) > 0"])
def test_no_method_believes_what_has_no_density(text: str, method: str) -> None:
    with pytest.raises(PlotError):
        run_program(f"x = flip(0.3)\ny = {text}\ncondition(y)\nquery(x)\n", goal=Goal(seconds=60), method=method)
