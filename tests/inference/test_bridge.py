"""From a fit to the posterior: a poor fit is left behind, the evidence stays unbiased, and a wrong density is found."""

from __future__ import annotations

import math

import pytest
import torch

from plot.inference import Goal
from plot.inference.evidence.factors import Factors
from plot.inference.methods import smc as smc_module
from plot.inference.methods.smc import Smc
from plot.inference.particles import bridge as bridge_module
from plot.inference.particles.bridge import BridgeStep, crossed
from plot.inference.particles.fitting import Fit, condition_prior
from plot.inference.particles.moves import Tuning
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import Space, StudentTProposal
from plot.runtime.sites.randomness import Stream
from tests.inference.models import problem
from tests.support.tolerances import Z

# x and y are normal and known by their sum and by x alone: mean, variance and evidence by hand.
SETTING = "x = normal(0, 1)\ny = normal(0, 2)"
TOLD = "observe(normal(x + y, 1), 3)", "observe(normal(x, 0.5), -1)"
PRECISION = torch.tensor([[1 + 1 + 4, 1.0], [1.0, 0.25 + 1]], dtype=torch.float64)
MEAN = torch.linalg.solve(PRECISION, torch.tensor([3.0 - 4.0, 3.0], dtype=torch.float64))
DATA = torch.tensor([[1 + 4 + 1, 1.0], [1.0, 1 + 0.25]], dtype=torch.float64)
SAID = torch.tensor([3.0, -1.0], dtype=torch.float64)
EVIDENCE = -0.5 * float(SAID @ torch.linalg.solve(DATA, SAID) + torch.logdet(DATA)) - math.log(2 * math.pi)
ISLANDS, PER_ISLAND = 64, 64


def poor_fit(factors: Factors) -> Fit:
    """Return a proposal that is off, and too wide in one direction."""
    sites = condition_prior(factors, Population.start(1, 8))[0].sites
    root = torch.tensor([[0.4, 0.0], [0.3, 2.0]], dtype=torch.float64)
    return Fit(Space.of(sites), StudentTProposal(torch.tensor([0.0, 1.0], dtype=torch.float64), root))


def arrived(seed: int) -> tuple[Population, float]:
    """Return what comes of a poor fit, and how many of its draws would be left without the steps."""
    factors = Factors(problem(SETTING, *TOLD, ask="query(x)"), Goal(), Stream(seed))
    fit, tuning = poor_fit(factors), Tuning()
    left = float(
        fit.condition_on(factors, ISLANDS, fit.proposal.draw(ISLANDS, PER_ISLAND, factors.stream)).weighted.ess.mean()
    )
    found = Smc(islands=ISLANDS, per_island=PER_ISLAND)._crossed(factors, fit, tuning)
    assert found is not None
    assert tuning.step is None
    return found, left


def scores(seed: int) -> tuple[float, float]:
    """Return by how many standard errors the evidence is off, and the moments at most, over the islands."""
    found, left = arrived(seed)
    assert left < 0.1 * PER_ISLAND
    weights = (found.island_evidence - EVIDENCE).exp()
    worst = 0.0
    x, y = [found.sites[name].raw for name in ("x", "y")]
    covariance = torch.linalg.inv(PRECISION)
    right = {
        0: float(MEAN[0]),
        1: float(MEAN[1]),
        2: float(covariance[0, 0] + MEAN[0] ** 2),
        3: float(covariance[1, 1] + MEAN[1] ** 2),
        4: float(covariance[0, 1] + MEAN[0] * MEAN[1]),
    }
    for i, values in enumerate([x, y, x * x, y * y, x * y]):
        # The weighted sum of an island, less what it should be, has expectation zero.
        off = weights * (values.reshape(ISLANDS, -1).mean(1) - right[i])
        worst = max(worst, abs(float(off.mean() / off.std())) * math.sqrt(ISLANDS))
    return abs(float((weights.mean() - 1) / weights.std())) * math.sqrt(ISLANDS), worst


@pytest.mark.parametrize("seed", range(4))
def test_evidence_and_moments_are_right(seed: int) -> None:
    evidence, moments = scores(seed)
    assert evidence < Z
    assert moments < Z


def test_moves_towards_another_density_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a step, moves that leave the posterior as it is are wrong: then the weights are those of other particles."""

    def posterior(self: BridgeStep, change: torch.Tensor, *where: object) -> torch.Tensor:
        self.proposed = self.distance
        return change

    monkeypatch.setattr(BridgeStep, "log_ratio", posterior)
    assert scores(0)[0] > Z


def test_distances_are_followed() -> None:
    """The change of a squared distance is worked out from the step alone; after a sweep it is what it should be."""
    factors = Factors(problem(SETTING, *TOLD, ask="query(x)"), Goal(), Stream(1))
    fit, tuning, seen = poor_fit(factors), Tuning(), []
    smc = Smc(islands=4, per_island=64)

    def moved(population: Population, step: BridgeStep) -> Population:
        tuning.step = step
        after = smc._moved(factors, population, list(population.sites), tuning, 3.0)
        points = fit.space.points(after.sites, after.size)
        seen.append(torch.allclose(step.distance, fit.proposal.distance(points)))
        return after

    assert crossed(factors, fit, 4, 64, moved) is not None
    assert len(seen) > 1
    assert all(seen)


def test_a_fit_where_nothing_is_possible_is_left_alone() -> None:
    factors = Factors(problem(SETTING, "condition(x > 40)", ask="query(x)"), Goal(), Stream(1))
    assert Smc(islands=4, per_island=64)._crossed(factors, poor_fit(factors), Tuning()) is None


@pytest.mark.parametrize(("fewest", "per_island"), [(8, 1_024), (1_025, 256)])
def test_only_from_the_prior_fewer_are_moved_through_much(
    fewest: int, per_island: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where so many must be possible that they don't arrive, what begins at the prior is as small as without a fit."""
    monkeypatch.setattr(smc_module, "MUCH", 0)
    monkeypatch.setattr(bridge_module, "FEWEST", fewest)
    factors = Factors(problem(SETTING, *TOLD, ask="query(x)"), Goal(), Stream(1))
    found = Smc()._round(factors, Goal(), 0, poor_fit(factors))
    assert found.population.per_island == per_island
