"""Gaussian conditionals of the real sites, from a normal distribution fitted to the other half of the population.

Each half of the particles moves by what the other half is like. By what all are like each would be drawn to where it is
already, for it is one of them, and the moves would not leave the posterior as it is: of d sites' variance about d / N
would get lost. (Foreman-Mackey, Hogg, Lang and Goodman 2013 split an ensemble for the same reason.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.numerics import moments, shares
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import is_real, real_line

if TYPE_CHECKING:
    from torch import Tensor

SHRUNK = 0.02  # of a covariance, towards that of the whole population (not measured)


@dataclass(slots=True, eq=False)
class ConditionalNormal:
    """The real sites of a population as points (d, N) on real lines; the mean (d,) and covariance (d, d) of each half.

    The moments stay as they were when it was made; the points follow the population.
    """

    rows: dict[str, int]
    points: Tensor
    moments: list[tuple[Tensor, Tensor]]
    held: list[Tensor]

    @classmethod
    def of(cls, population: Population) -> ConditionalNormal:
        """Return the conditionals of a population."""
        names = [name for name, site in population.sites.items() if is_real(site)]
        points = torch.zeros(len(names), population.size, dtype=torch.float64)
        found = cls(
            {name: i for i, name in enumerate(names)}, points, [], [torch.zeros(0, dtype=torch.float64)] * len(names)
        )
        found.follow(population)
        weights = halves(population.log_weight)
        found.moments = [_moments(*half) for half in zip(halves(points), weights, strict=True)]
        return found

    def follow(self, population: Population) -> None:
        """Take over the values that the sites have now."""
        for name, row in self.rows.items():
            site = population.sites.get(name)
            if site is not None and self.held[row] is not site.raw:
                point = real_line(site.distribution).inv(site.raw)
                self.points[row] = torch.where(torch.isfinite(point), point, 0.0)
                self.held[row] = site.raw

    def given_others(self, names: Sequence[str]) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield, for each half, where these sites are expected to be given all others, (b, N / 2), and the covariance's
        root, as the other half has it.
        """
        mine = [self.rows[name] for name in names]
        rest = [row for row in range(len(self.points)) if row not in mine]
        for points, (mean, covariance) in zip(halves(self.points), reversed(self.moments), strict=True):
            slope = torch.linalg.solve(covariance[rest][:, rest], covariance[rest][:, mine]).T
            centre = mean[mine, None] + slope @ (points[rest] - mean[rest, None])
            left = covariance[mine][:, mine] - slope @ covariance[rest][:, mine]
            root, failed = torch.linalg.cholesky_ex(left)
            yield centre, left.diagonal().clamp(min=1e-12).sqrt().diag() if bool(failed) else root


def halves(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first and the second half of the particles, (..., N)."""
    first, second = tensor.tensor_split(2, -1)
    return first, second


def _moments(points: Tensor, log_weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weighted mean and covariance of points (d, N), the latter shrunk so that it is never singular."""
    mean, covariance = moments(points, shares(log_weight))
    own = covariance.diagonal().clamp(min=1e-12).diag()
    return mean, (1 - SHRUNK) * covariance + SHRUNK * own


__all__ = ["ConditionalNormal", "halves"]
