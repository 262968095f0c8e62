"""A bridge of densities from a fitted proposal to the posterior, along which particles are weighted, resampled and
moved.

The steps are q^(1 - t) p^t, of the density q of the proposal and p of the posterior, for powers t from 0 to 1 (annealed
importance sampling, Neal 2001, with the resampling of Del Moral, Doucet and Jasra 2006). A fit that leaves one particle
in a thousand is a few such steps away, and the estimate of the evidence stays unbiased.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.evidence.factors import Factors
from plot.inference.particles.fitting import Fit, largest_power
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import Space, StudentTProposal
from plot.inference.progress import report

if TYPE_CHECKING:
    from torch import Tensor

    from plot.inference.particles.conditional_normal import ConditionalNormal

LEFT = 0.7  # of the possible particles, effectively, after a step
FEWEST = 8  # possible ones of an island
MOST_STEPS = 64  # from the fit to the posterior (not measured)


@dataclass(slots=True, eq=False)
class BridgeStep:
    """A density on the way: q^(1 - power) p^power; `distance` (N,) are the particles' squared distances under q.

    `proposed` are those of the moves that were not decided yet; `precision` (d, d) is the inverse of q's scale matrix.
    """

    space: Space
    proposal: StudentTProposal
    power: float
    distance: Tensor
    proposed: Tensor
    precision: Tensor

    @classmethod
    def of(cls, space: Space, proposal: StudentTProposal, power: float, population: Population) -> BridgeStep:
        """Return the density at a power, where a population is under it."""
        distance = proposal.distance(space.points(population.sites, population.size))
        return cls(space, proposal, power, distance, distance, torch.cholesky_inverse(proposal.root))

    def log_ratio(self, change: Tensor, around: ConditionalNormal, block: tuple[str, ...], step: Tensor) -> Tensor:
        """Return by how much the log density changes where p's changes by `change` (N,) and a block makes a `step`
        (b, N) on its real lines.
        """
        proposal = self.proposal
        places = {name: i for i, name in enumerate(self.space.transforms)}
        mine, order = [places[name] for name in block], [places[name] for name in around.rows]
        rows = self.precision[mine]
        slope = rows[:, order] @ around.points - (rows @ proposal.mean)[:, None]
        self.proposed = self.distance + (step * (2 * slope + rows[:, mine] @ step)).sum(0)
        of_proposal = proposal.log_density(self.proposed) - proposal.log_density(self.distance)
        return self.power * change + (1 - self.power) * of_proposal

    def decided(self, accept: Tensor) -> None:
        """Take over the distances of the moves that were accepted."""
        self.distance = torch.where(accept, self.proposed, self.distance)


def crossed(
    factors: Factors, fit: Fit, islands: int, per_island: int, moved: Callable[[Population, BridgeStep], Population]
) -> Population | None:
    """Return islands brought from a fit to the posterior, `moved` at each step; None where they don't arrive.

    From a proposal with several modes they are not brought: particles would not move from one to another.
    """
    size, space, proposal = islands * per_island, fit.space, fit.proposal
    if not isinstance(proposal, StudentTProposal):
        return None
    told = fit.condition_on(factors, islands, proposal.draw(islands, per_island, factors.stream))
    population = replace(told.population, log_weight=torch.zeros(size, dtype=torch.float64))
    log_ratio, power = told.base + told.likelihood, 0.0
    everywhere = torch.ones(islands, dtype=torch.bool)
    for _ in range(MOST_STEPS):
        possible = (log_ratio > -torch.inf).reshape(islands, -1).sum(1)
        if int(possible.min()) < FEWEST or factors.late:
            return None
        stride = largest_power(log_ratio[log_ratio > -torch.inf], LEFT * int(possible.sum()), 1 - power)
        power = min(power + stride, 1.0)
        report(power, "bridging from the fit to the posterior")
        weight = torch.where(log_ratio == -torch.inf, -torch.inf, stride * log_ratio)
        population = replace(population, log_weight=weight).resampled(everywhere, factors.stream)
        if power == 1:
            return population
        population = moved(population, BridgeStep.of(space, proposal, power, population))
        log_ratio = fit.log_weight(population)
    return None


__all__ = ["BridgeStep", "crossed"]
