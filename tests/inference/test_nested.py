"""Hierarchical models: hyperparameters are right where a single t misses the neck of a funnel."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from plot.inference import Goal, infer
from plot.inference.evidence.factors import Factors
from plot.inference.particles.fitting import condition_prior
from plot.inference.particles.nested import Nested
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import Space
from plot.runtime.sites.randomness import Stream
from tests.inference.models import number, problem
from tests.support.tolerances import agrees

GROUPS = "mu = normal(0, 10)\ntau = half_normal(10)\n@mem\ndef effect(group):\n    return normal(mu, tau)"
COUNTS = "tau = half_normal(1)\n@mem\ndef effect(group):\n    return normal(2, tau)"
SCHOOLS = [(28, 15), (8, 10), (-3, 16), (7, 11), (-1, 9), (1, 11), (18, 10), (12, 18)]  # Rubin 1981
GOAL = Goal(seconds=60, precision=0.01)


def measured(seed: int, tau: float, sd: float, groups: int = 16, each: int = 4) -> dict[int, list[float]]:
    """Return measurements of groups whose effects spread by tau about 3."""
    draws = random.Random(seed)
    effects = [draws.gauss(3, tau) for _ in range(groups)]
    return {group: [round(draws.gauss(effect, sd), 2) for _ in range(each)] for group, effect in enumerate(effects)}


def moments(grid: NDArray[np.float64], log_density: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean and sd of an unnormalised density on a grid."""
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    mean = float((weights * grid).sum())
    return mean, float((weights * (grid - mean) ** 2).sum() ** 0.5)


def of_tau(means: NDArray[np.float64], variances: NDArray[np.float64]) -> tuple[float, float]:
    """Return the moments of tau given the means of groups: effects and mu, which is normal(0, 10), integrated out."""
    tau = np.linspace(1e-4, 60, 40_001)
    precision = 1 / (tau[:, None] ** 2 + variances)
    of_mu = precision.sum(1) + 1 / 100
    pull = (precision * means).sum(1)
    log_density = 0.5 * np.log(precision).sum(1) - 0.5 * (precision * means**2).sum(1)
    log_density += 0.5 * pull**2 / of_mu - 0.5 * np.log(of_mu) - 0.5 * tau**2 / 100
    return moments(tau, log_density)


@pytest.mark.parametrize(
    ("seed", "tau", "sd"),
    [(0, 6.0, 5.0), *[pytest.param(*one, marks=pytest.mark.full) for one in [(1, 1.0, 4.0), (2, 9.0, 1.0)]]],
)
def test_the_spread_of_groups(seed: int, tau: float, sd: float) -> None:
    seen = measured(seed, tau, sd)
    told = [f"observe(normal(effect({group}), {sd}), {value})" for group, values in seen.items() for value in values]
    truth, spread = of_tau(np.array([np.mean(values) for values in seen.values()]), np.full(len(seen), sd**2 / 4))
    found, _ = infer(problem(GROUPS, *told, ask="query(tau)"), GOAL)
    assert found.method == "adaptive"
    assert agrees(number(found).mean, truth, number(found).mcse)
    assert number(found).mcse < 0.05 * spread
    assert not agrees(truth + spread, truth, number(found).mcse)


def test_eight_schools() -> None:
    told = [f"observe(normal(effect({school}), {sd}), {mean})" for school, (mean, sd) in enumerate(SCHOOLS)]
    means, sds = np.array(SCHOOLS, dtype=np.float64).T
    truth, spread = of_tau(means, sds**2)
    found, _ = infer(problem(GROUPS, *told, ask="query(tau)"), GOAL, "adaptive")
    assert agrees(number(found).mean, truth, number(found).mcse)
    assert number(found).mcse < 0.05 * spread


def test_effects_that_are_not_normal() -> None:
    counts = [3, 11, 4, 30, 7, 9, 2, 14]
    told = [f"observe(poisson(exp(effect({group}))), {count})" for group, count in enumerate(counts)]
    tau, step = np.linspace(1e-3, 5, 1_000)[:, None], np.linspace(-8, 8, 2_001)
    effects = 2 + tau * step
    log_density = -0.5 * tau[:, 0] ** 2
    for count in counts:
        log_density += np.log(np.exp(count * effects - np.exp(effects) - 0.5 * step**2).sum(1))
    truth, spread = moments(tau[:, 0], log_density)
    found, _ = infer(problem(COUNTS, *told, ask="query(tau)"), GOAL, "adaptive")
    assert agrees(number(found).mean, truth, number(found).mcse)
    assert number(found).mcse < 0.05 * spread


@pytest.mark.parametrize(
    ("observed", "steps"),
    [("normal(effect(1), 1)", 1), ("poisson(exp(effect(1)))", 6), ("normal(effect(1) + effect(2), 1)", None)],
)
def test_effects_that_an_observation_ties_together_are_not_taken_apart(observed: str, steps: int | None) -> None:
    told_of_both = [f"observe({observed}, 3)", "observe(normal(effect(2), 1), 2)"]
    factors = Factors(problem(GROUPS, *told_of_both, ask="query(tau)"), Goal(), Stream(0))
    population, _ = condition_prior(factors, Population.start(4, 64))
    space = Space.of(population.sites)
    found = Nested.of(factors, space, population.sites, space.points(population.sites, 256))
    assert (None if found is None else found.steps) == steps
