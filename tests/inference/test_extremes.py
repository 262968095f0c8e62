"""Sharp and surprising measurements of real numbers: a unit slip, a precise instrument, an edge of a support."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from plot.errors import ImpossibleError, UnreachedError
from plot.inference import Goal, infer
from tests.inference.models import boolean, number, problem
from tests.support.tolerances import agrees

Moments = tuple[float, float]
LARGEST_ERROR = 0.05  # of the posterior's standard deviation


def conjugate(mean: float, sd: float, *seen: tuple[float, float]) -> Moments:
    """Return the posterior mean and sd of a normal number that was seen as values with standard deviations."""
    precision = sd**-2 + sum(s**-2 for _, s in seen)
    return (mean * sd**-2 + sum(value * s**-2 for value, s in seen)) / precision, precision**-0.5


def quadrature(log_density: Callable[[NDArray[np.float64]], NDArray[np.float64]], low: float, high: float) -> Moments:
    """Return the mean and sd of an unnormalised log density on an interval."""
    points = np.linspace(low, high, 400_001)
    logs = log_density(points)
    weights = np.exp(logs - logs.max())
    mean = float((weights * points).sum() / weights.sum())
    return mean, float(((weights * (points - mean) ** 2).sum() / weights.sum()) ** 0.5)


def pressure(asked: str) -> Moments:
    """Return the moments of the mean or of the sd of three readings: the mean is integrated out."""
    readings = np.array([101325.0, 101200.0, 101400.0])
    sd = np.linspace(1200, 1450, 200_001)
    precision = 1 / 100 + 3 / sd**2
    mean = readings.sum() / sd**2 / precision
    log_density = -0.5 * sd**2 / 100 - 3 * np.log(sd) - 0.5 * (readings**2).sum() / sd**2
    log_density += 0.5 * mean**2 * precision - 0.5 * np.log(precision)
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    values, within = (mean, 1 / precision) if asked == "m" else (sd, 0 * sd)
    centre = float((weights * values).sum())
    return centre, float((weights * (within + (values - centre) ** 2)).sum() ** 0.5)


def line() -> tuple[list[str], Moments]:
    """Return measurements of a line to a hundredth, and the moments of its slope."""
    x = np.arange(1.0, 9.0)
    y = np.array([1003.1, 2003.0, 3003.2, 4002.9, 5003.05, 6002.95, 7003.1, 8002.9])
    design = np.stack([np.ones(8), x], 1)
    covariance = np.linalg.inv(design.T @ design / 0.01**2 + np.eye(2) / 100)
    mean = covariance @ (design.T @ y / 0.01**2)
    told = [f"observe(normal(a + b * {at}, 0.01), {seen})" for at, seen in zip(x, y, strict=True)]
    return told, (float(mean[1]), float(covariance[1, 1] ** 0.5))


READINGS = [f"observe(normal(m, s), {reading})" for reading in (101325, 101200, 101400)]
LINE, SLOPE = line()


def scale_of_scale(sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log density of a half-normal sd, after two readings, whose own scale is half-normal."""
    scale = np.linspace(0.01, 60, 4_001)
    of_scale = -0.5 * scale**2 - np.log(scale)
    prior = np.array([np.logaddexp.reduce(of_scale - 0.5 * (s / scale) ** 2) for s in sd[::1000]])
    return np.interp(sd, sd[::1000], prior) - 2 * np.log(sd) - 1e6 / sd**2


log = np.log
KNOWN: dict[str, tuple[str, list[str], str, Moments]] = {
    "a height in the wrong unit": (
        "m = normal(170, 10)",
        ["observe(normal(m, 5), 17000)"],
        "query(m)",
        conjugate(170, 10, (17_000, 5)),
    ),
    "two to a thousandth": (
        "a = normal(0, 100)\nb = normal(0, 100)",
        ["observe(normal(a + b, 0.001), 10)", "observe(normal(a - b, 0.001), 4)"],
        "query(a)",
        (7.0, 0.001 / 2**0.5),
    ),
    "readings of a pressure": ("m = normal(0, 10)\ns = half_normal(10)", READINGS, "query(m)", pressure("m")),
    "their spread": ("m = normal(0, 10)\ns = half_normal(10)", READINGS, "query(s)", pressure("s")),
    "gamma": (
        "r = gamma(2, 1)",
        ["observe(normal(r, 0.5), 3000)"],
        "query(r)",
        quadrature(lambda r: log(r) - r - 0.5 * ((3000 - r) / 0.5) ** 2, 2_990, 3_010),
    ),
    "log-normal": (
        "x = log_normal(0, 1)",
        ["observe(normal(x, 1), 5000)"],
        "query(x)",
        quadrature(lambda x: -log(x) - 0.5 * log(x) ** 2 - 0.5 * (x - 5000) ** 2, 4_980, 5_020),
    ),
    "exponential": ("x = exponential(1)", ["observe(normal(x, 0.001), 250)"], "query(x)", (250 - 1e-6, 0.001)),
    "half-normal": (
        "s = half_normal(1)",
        ["observe(normal(0, s), 5000)", "observe(normal(0, s), -3000)"],
        "query(s)",
        quadrature(lambda s: -0.5 * s * s - 2 * log(s) - 17e6 / s**2, 60, 100),
    ),
    "student t": (
        "x = student_t(3, 0, 1)",
        ["observe(normal(x, 1), 1000)"],
        "query(x)",
        quadrature(lambda x: -0.5 * (1000 - x) ** 2 - 2 * np.log1p(x * x / 3), 980, 1_020),
    ),
    "beta": (
        "p = beta(1, 1)",
        ["observe(binomial(1000000, p), 3)"],
        "query(p)",
        (4 / 1_000_002, (4 * 999_998 / 1_000_002**2 / 1_000_003) ** 0.5),
    ),
    "poisson": ("r = gamma(2, 1)", ["observe(poisson(r), 5000)"], "query(r)", (2_501.0, 5_002**0.5 / 2)),
    "log link": (
        "b = normal(0, 1)",
        ["observe(poisson(exp(b)), 1000000)"],
        "query(b)",
        quadrature(lambda b: -0.5 * b * b + 1e6 * b - np.exp(b), 13.8, 13.83),
    ),
    "uniform": ("x = uniform(0, 1000)", ["observe(normal(x, 0.001), 500.123)"], "query(x)", (500.123, 0.001)),
    "beyond a bound": (
        "x = uniform(0, 10)",
        ["observe(normal(x, 0.01), 25)"],
        "query(x)",
        quadrature(lambda x: -0.5 * ((25 - x) / 0.01) ** 2, 9.9998, 10),
    ),
    "the scale of a scale": (
        "r = half_normal(1)\ns = half_normal(r)",
        ["observe(normal(0, s), 1000)", "observe(normal(0, s), -1000)"],
        "query(s)",
        quadrature(scale_of_scale, 20, 400),
    ),
    "a product of log-normals": (
        "a = log_normal(0, 1)\nb = log_normal(0, 1)",
        ["observe(normal(log(a) + log(b), 0.001), 14)"],
        "query(log(a))",
        (7.0, 0.5**0.5),
    ),
    "laplace": ("x = laplace(0, 1)", ["observe(normal(x, 0.5), 400)"], "query(x)", (399.75, 0.5)),
    "a kink": (
        "x = normal(0, 1)",
        ["observe(laplace(x, 0.001), 30)"],
        "query(x)",
        quadrature(lambda x: -0.5 * x * x - abs(x - 30) / 0.001, 29.95, 30.05),
    ),
    "below zero": (
        "t = normal(20, 5)",
        ["observe(normal(t, 0.1), -273150)"],
        "query(t)",
        conjugate(20, 5, (-273150, 0.1)),
    ),
    "a sum of three": (
        "a = normal(0, 1)\nb = normal(0, 1)\nc = normal(0, 1)",
        ["observe(normal(a + b + c, 0.01), 3000)"],
        "query(b)",
        (3000 / 3.0001, (1 - 1 / 3.0001) ** 0.5),
    ),
    "a cube": (
        "x = normal(0, 2)",
        ["observe(normal(x * x * x, 1), 1000)"],
        "query(x)",
        quadrature(lambda x: -0.125 * x * x - 0.5 * (x**3 - 1000) ** 2, 9.95, 10.05),
    ),
    "two levels": (
        "m = normal(0, 1)\nx = normal(m, 1)",
        ["observe(normal(x, 0.1), 500)"],
        "query(m)",
        conjugate(0, 1, (500, 1.01**0.5)),
    ),
    "a line": ("a = normal(0, 10)\nb = normal(0, 10)", LINE, "query(b)", SLOPE),
    "far from a mixture": (
        "k = flip(0.5)\nx = normal(10 if k else -10, 1)",
        ["observe(normal(x, 1), 30)"],
        "query(x)",
        conjugate(10, 1, (30, 1)),
    ),
}
FAR = {"x = normal(0, 1)": [(1, 100), (1, 200), (1, 1000), (1, 1e6), (0.1, 30), (0.001, 30), (1e-6, 3)]}
for setting, measured in FAR.items():
    for sd, seen in measured:
        observed = f"observe(normal(x, {sd:.6f}), {seen})"
        KNOWN[observed] = (setting, [observed], "query(x)", conjugate(0, 1, (seen, sd)))


@pytest.mark.parametrize("name", KNOWN)
def test_known_moments(name: str) -> None:
    setting, told, asked, (mean, sd) = KNOWN[name]
    found, _ = infer(problem(setting, *told, ask=asked), Goal())
    seen = number(found)
    assert agrees(seen.mean, mean, seen.mcse)
    assert 0 < seen.mcse < LARGEST_ERROR * sd
    assert seen.sd == pytest.approx(sd, rel=0.1)
    assert not agrees(mean + 5 * sd, mean, seen.mcse)


@pytest.mark.parametrize("seen", [30, 0.5])
def test_both_of_two_modes_are_found(seen: float) -> None:
    told = f"observe(normal(abs(x), 0.01), {seen})"
    found, _ = infer(problem("x = normal(0, 1)", told, ask="query(x > 0)"), Goal())
    truth = boolean(found)
    assert agrees(truth.probability, 0.5, truth.mcse) and truth.mcse < LARGEST_ERROR


def test_modes_of_unequal_weight() -> None:
    told = "observe(normal(x * x, 0.1), 400)"
    found, _ = infer(problem("x = normal(0.1, 1)", told, ask="query(x > 0)"), Goal())
    truth = boolean(found)
    assert agrees(truth.probability, 1 / (1 + math.exp(-4.0)), truth.mcse)  # exp(-(x - 0.1)^2 / 2) at 20 and -20


WHICH = "x = normal(0, 1)\ny = normal(0, 1)\nk = flip(0.9)"
RARE = "k = flip(0.00001)\nx = normal(9 if k else 0, 1)"
CHOICE = "g = choice([1, 10, 100])\nx = normal(g, 1)"


@pytest.mark.parametrize(
    ("setting", "told", "asked", "truth"),
    [
        ("k = flip(0.5)\nx = normal(10 if k else -10, 1)", "observe(normal(x, 1), 1000)", "query(k)", 1.0),
        ("k = flip(0.5)\nx = normal(1 if k else -1, 1)", "observe(normal(x, 0.01), 0.3)", "query(k)", 0.645643),
        (WHICH, "observe(normal(x if k else y, 0.1), 30)", "query(k)", 0.9),
        (WHICH, "observe(normal(x if k else y, 0.1), 30)", "query(x > 20)", 0.9),
        (RARE, "observe(normal(x, 1), 6.1)", "query(k)", 0.0132174),
        (CHOICE, "observe(normal(x, 0.1), 5000)", "query(g == 100)", 1.0),
    ],
)
def test_choices_among_real_numbers(setting: str, told: str, asked: str, truth: float) -> None:
    found, _ = infer(problem(setting, told, ask=asked), Goal(seconds=60))
    seen = boolean(found)
    assert found.method == "adaptive"
    assert agrees(seen.probability, truth, seen.mcse) and seen.mcse < 0.01
    assert not agrees(abs(truth - 0.5), truth, seen.mcse)


@pytest.mark.parametrize("method", ["importance", "smc", "svi", "nuts"])
@pytest.mark.parametrize("seen", [17_000, pytest.param(1e9, marks=pytest.mark.full)])
def test_a_method_by_name_is_right_or_refuses(method: str, seen: float) -> None:
    asked = problem("m = normal(170, 10)", f"observe(normal(m, 5), {seen})", ask="query(m)")
    try:
        found, _ = infer(asked, Goal(seconds=1.0, particles=20_000), method)
    except UnreachedError:
        return
    mean, sd = conjugate(170, 10, (seen, 5))
    assert agrees(number(found).mean, mean, number(found).mcse)
    assert number(found).mcse < sd


@pytest.mark.parametrize(
    "told",
    [
        "observe(beta(x + 2, 2), 0)",
        "observe(beta(2, x + 2), 1)",
        "observe(log_normal(x, 1), 0)",
        "observe(gamma(x + 1, 1), 0)",
    ],
)
def test_what_is_impossible_at_an_edge_is_told_at_once(told: str) -> None:
    with pytest.raises(ImpossibleError, match="impossible"):
        infer(problem("x = gamma(2, 1)", told, ask="query(x)"), Goal())


def test_samples_that_all_agree_are_not_exact() -> None:
    asked = problem("n = poisson(3)", "observe(normal(n, 0.01), 3)", ask="query(n)")
    found, _ = infer(asked, Goal(), "importance")
    seen = number(found)
    assert seen.sd == 0 and seen.mean == 3
    assert seen.mcse == pytest.approx(3 / (found.ess + 2))


def test_what_is_not_random_has_no_error() -> None:
    found, _ = infer(problem("x = normal(0, 1)", ask="query(3)"), Goal(), "importance")
    assert number(found).mcse == 0
