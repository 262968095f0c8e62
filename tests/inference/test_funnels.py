"""Posteriors with a narrow part beside a wide one, and thin ridges: against quadrature over the one coordinate left.

Given a spread, a normal mean is integrated in closed form; what is left is summed on a fine grid of its logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from plot.errors import UnreachedError
from plot.inference import Goal
from plot.program import run_program
from tests.support.tolerances import Z

Numbers = NDArray[np.float64]
GRID = np.linspace(-30, 8, 400_001)  # of the log of a spread
SPREADS = np.exp(GRID)
PRIORS: dict[str, Numbers] = {
    "half_normal(1)": -(SPREADS**2) / 2,
    "uniform(0, 1)": np.where(SPREADS < 1, 0.0, -np.inf),
    "exp(normal(0, 3))": -(GRID**2) / 18 - GRID,
    "exponential(1)": -SPREADS,
    "1 / sqrt(gamma(0.5, 0.5))": -0.5 / SPREADS**2 - 2 * GRID,
}
NEAR = {
    "two near": [3.0001, 2.9999],
    "three near": [3.0, 3.0001, 3.0002],
    "two a millionth apart": [3.000001, 3.0],
    "ten near": [3 + 1e-5 * d for d in (-1.5, -1.0, -0.6, -0.3, -0.1, 0.1, 0.3, 0.6, 1.0, 1.5)],
}


def shares_of(log: Numbers) -> Numbers:
    """Return the shares of cells with these log densities."""
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def of_spread(values: Sequence[float], prior: Numbers, sd: float = 10.0) -> Numbers:
    """Return the posterior of the spread of normal values on the grid, where their mean is normal(0, sd) before."""
    count, mean = len(values), math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    variance = sd**2 + SPREADS**2 / count
    within = -(count - 1) * GRID - squares / (2 * SPREADS**2)
    return shares_of(within - 0.5 * np.log(variance) - mean**2 / (2 * variance) + prior + GRID)


def check(text: str, rights: Sequence[float], goal: Goal | None = None) -> None:
    """Demand the right probabilities and means within their errors."""
    answers = run_program(text, goal=goal or Goal(seconds=60))
    for answer, right in zip(answers, rights, strict=True):
        value = answer.mean if answer.probability is None else answer.probability
        assert value is not None
        assert abs(value - right) <= Z * answer.mcse + 1e-9
        assert answer.mcse < 0.1


@pytest.mark.parametrize("near", NEAR)
@pytest.mark.parametrize("prior", PRIORS)
def test_nearly_equal_readings_of_unknown_spread(prior: str, near: str) -> None:
    values = NEAR[near]
    cut = 10 * (max(values) - min(values))
    seen = "\n".join(f"observe(normal(m, s), {value!r})" for value in values)
    shares = of_spread(values, PRIORS[prior])
    text = f"m = normal(0, 10)\ns = {prior}\n{seen}\nquery(s < {cut!r})\nquery(log(s))"
    check(text, [float(shares[np.less(SPREADS, cut)].sum()), float((shares * GRID).sum())])


def test_two_spreads_at_once() -> None:
    one, other = [3.0001, 2.9999], [-1.0, -1.0002]
    seen = [f"observe(normal(m, s), {y})" for y in one] + [f"observe(normal(n, t), {y})" for y in other]
    priors = ["m = normal(0, 10)", "n = normal(0, 10)", "s = half_normal(1)", "t = half_normal(1)"]
    queries = ["query(s < 0.001)", "query(t < 0.001)", "query(s < 0.001 and t < 0.001)"]
    text = "\n".join([*priors, *seen, *queries])
    prior = PRIORS["half_normal(1)"]
    p, q = (float(of_spread(values, prior)[SPREADS < 0.001].sum()) for values in (one, other))
    check(text, [p, q, p * q])


@pytest.mark.parametrize("values", [[3, 3], [3, 3, 3], [0.1, 0.1, 0.1, 0.1]])
def test_equal_readings_of_unknown_spread_are_refused(values: list[float]) -> None:
    seen = "\n".join(f"observe(normal(m, s), {value!r})" for value in values)
    with pytest.raises(UnreachedError, match="narrower than floating-point numbers"):
        run_program(f"m = normal(0, 10)\ns = half_normal(1)\n{seen}\nquery(s)", goal=Goal(seconds=60))


def ridge(log: Callable[[Numbers], Numbers], value: Callable[[Numbers], Numbers]) -> float:
    """Return the mean of a value of the coordinate along a ridge, whose log density is given."""
    grid = np.linspace(-8, 8, 1_000_000)  # without 0
    return float((shares_of(log(grid)) * value(grid)).sum())


@pytest.mark.parametrize("error", ["0.001", "1e-05", "1e-07"])
def test_a_product_measured_sharply(error: str) -> None:
    text = f"a = normal(0, 1)\nb = normal(0, 1)\nobserve(normal(a * b, {error}), 1)\n"

    def log(a: Numbers) -> Numbers:
        return np.asarray(-(a**2) / 2 - 1 / (2 * a**2) - np.log(np.abs(a)))

    rights = [ridge(log, np.abs), ridge(log, lambda a: np.asarray(np.abs(a) > 1.5, dtype=np.float64)), 0.5]
    check(text + "query(abs(a))\nquery(abs(a) > 1.5)\nquery(b > 0)", rights)


@pytest.mark.parametrize("error", ["0.001", "1e-06"])
def test_a_parabola_measured_sharply(error: str) -> None:
    text = f"a = normal(0, 1)\nb = normal(0, 1)\nobserve(normal(a + b * b, {error}), 1)\n"

    def log(b: Numbers) -> Numbers:
        return np.asarray(-((1 - b**2) ** 2) / 2 - b**2 / 2)

    rights = [ridge(log, lambda b: 1 - b**2), ridge(log, lambda b: np.asarray(np.abs(b) > 1, dtype=np.float64))]
    check(text + "query(a)\nquery(abs(b) > 1)", rights)


def test_nearly_equal_readings_by_moves_alone() -> None:
    """What moved particles make of a funnel is refused, or right."""
    values = [3.0, 3.0001, 3.0002]
    text = f"m = normal(0, 10)\ns = half_normal(1)\nfor y in {values}:\n    observe(normal(m, s), y)\nquery(s < 0.001)"
    right = float(of_spread(values, PRIORS["half_normal(1)"])[SPREADS < 0.001].sum())
    try:
        answer = run_program(text, goal=Goal(seconds=60, particles=2_000_000), method="smc")[0]
    except UnreachedError:
        return
    assert answer.probability is not None
    assert abs(answer.probability - right) <= Z * answer.mcse


NEARNESS = 0.0002
BETWEEN = np.log(np.clip(2 * SPREADS - NEARNESS, 1e-300, None))  # where the middle may be: the overlap of intervals
AFTER = np.log(np.clip(SPREADS - NEARNESS, 1e-300, None))
SHARP: dict[str, tuple[str, str, Numbers]] = {
    # observed, of m and s; the prior of s; the log of the likelihood with m, which is flat there, integrated out
    "between bounds": ("uniform(m - s, m + s)", "half_normal(1)", BETWEEN - 2 * GRID),
    "above a bound": ("uniform(m, m + s)", "half_normal(1)", AFTER - 2 * GRID),
    "a width that is exponential": ("uniform(m, m + s)", "exponential(1)", AFTER - 2 * GRID),
    "double exponential": (
        "laplace(m, s)",
        "half_normal(1)",
        np.log(NEARNESS + SPREADS) - NEARNESS / SPREADS - 2 * GRID,
    ),
    "a spread below one": (
        "laplace(m, s)",
        "uniform(0, 1)",
        np.log(NEARNESS + SPREADS) - NEARNESS / SPREADS - 2 * GRID,
    ),
    "heavy tails": ("cauchy(m, s)", "half_normal(1)", GRID - np.log(NEARNESS**2 + 4 * SPREADS**2)),
}


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.full), pytest.param(2, marks=pytest.mark.full)])
@pytest.mark.parametrize(
    "name", ["heavy tails", *[pytest.param(name, marks=pytest.mark.full) for name in SHARP if name != "heavy tails"]]
)
def test_a_spread_without_gradients(name: str, seed: int) -> None:
    law, prior, likelihood = SHARP[name]
    shares = shares_of(likelihood + PRIORS[prior] + GRID)
    text = f"m = normal(0, 10)\ns = {prior}\nfor y in [3.0001, 2.9999]:\n    observe({law}, y)\n"
    right = [float(shares[SPREADS < 0.001].sum()), float((shares * GRID).sum())]
    check(text + "query(s < 0.001)\nquery(log(s))", right, Goal(seconds=60, seed=seed, precision=0.02))


@pytest.mark.parametrize("seed", range(6))
def test_heavy_tails_of_prior_weights_are_no_answer(seed: int) -> None:
    """Weights of the prior have no variance here: another method takes over, and by itself it is refused."""
    seen = "for y in [3.0001, 2.9999]:\n    observe(normal(m, s), y)"
    text = f"m = normal(0, 10)\ns = half_normal(1)\n{seen}\nquery(s < 0.001)"
    right = float(of_spread([3.0001, 2.9999], PRIORS["half_normal(1)"])[np.less(SPREADS, 0.001)].sum())
    check(text, [right], Goal(seconds=60, seed=seed))
    with pytest.raises(UnreachedError):
        run_program(text, goal=Goal(seconds=60, seed=seed, particles=1_000_000), method="importance")
