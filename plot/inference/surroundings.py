"""A normal distribution fitted to the real sites of a population: where some are likely to be, given the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot.heavy import torch
from plot.inference.population import Population
from plot.inference.proposals import is_real, moments, real_line

if TYPE_CHECKING:
    from torch import Tensor

SHRUNK = 0.02


@dataclass(slots=True, eq=False)
class Surroundings:
    """The real sites of a population as points (d, N) on real lines, with the mean (d,) and covariance (d, d).

    The moments stay as they were when it was made; the points follow the population.
    """

    rows: dict[str, int]
    points: Tensor
    mean: Tensor
    covariance: Tensor
    held: list[Tensor]

    @classmethod
    def of(cls, population: Population) -> Surroundings:
        """Return the surroundings that a population gives itself."""
        names = [name for name, site in population.sites.items() if is_real(site)]
        points = torch.zeros(len(names), population.size, dtype=torch.float64)
        held = [torch.zeros(0)] * len(names)
        mean, covariance = torch.zeros(len(names)), torch.zeros(len(names), len(names))
        found = cls({name: i for i, name in enumerate(names)}, points, mean, covariance, held)
        found.follow(population)
        found.mean, found.covariance = _moments(found.points, population.log_weight)
        return found

    def follow(self, population: Population) -> None:
        """Take over the values that the sites have now."""
        for name, row in self.rows.items():
            site = population.sites.get(name)
            if site is not None and self.held[row] is not site.raw:
                point = real_line(site.distribution).inv(site.raw)
                self.points[row] = torch.where(torch.isfinite(point), point, 0.0)
                self.held[row] = site.raw

    def given_others(self, names: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return where these sites are expected to be given all others, (b, N), and a root of their covariance."""
        mine = [self.rows[name] for name in names]
        rest = [row for row in range(len(self.mean)) if row not in mine]
        slope = torch.linalg.solve(self.covariance[rest][:, rest], self.covariance[rest][:, mine]).T
        centre = self.mean[mine, None] + slope @ (self.points[rest] - self.mean[rest, None])
        left = self.covariance[mine][:, mine] - slope @ self.covariance[rest][:, mine]
        root, failed = torch.linalg.cholesky_ex(left)
        return centre, left.diagonal().clamp(min=1e-12).sqrt().diag() if bool(failed) else root


def _moments(points: Tensor, log_weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weighted mean and covariance of points (d, N), the latter shrunk so that it is never singular."""
    mean, covariance = moments(points, torch.softmax(log_weight, 0))
    own = covariance.diagonal().clamp(min=1e-12).diag()
    return mean, (1 - SHRUNK) * covariance + SHRUNK * own


__all__ = ["Surroundings"]
