"""A proposal of several t distributions, for a posterior with separate modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from plot._lazy import torch
from plot.inference.particles.proposals import StudentTProposal
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

LEAST_SHARE = 0.05  # of the draws, of each component: how much mass is at a mode, the weights tell


@dataclass(frozen=True, slots=True, eq=False)
class MixtureProposal:
    """Components, each with a share of the draws of an island (they sum to one)."""

    MOST: ClassVar[int] = 16

    parts: tuple[StudentTProposal, ...]
    shares: Tensor

    @classmethod
    def of(cls, parts: Sequence[StudentTProposal], log_weight: Tensor) -> MixtureProposal:
        """Return a mixture with shares in proportion to weights (K,), none of which becomes too small."""
        return cls(tuple(parts), _floored(torch.softmax(log_weight, 0)))

    def refitted(self, points: Tensor, weights: Tensor) -> MixtureProposal:
        """Return the mixture after a step of expectation maximisation on weighted points (d, N) (Cappe et al. 2008)."""
        of_part = torch.softmax(self._log_densities(points, self.shares), 0) * weights
        shares = of_part.sum(1)
        parts = [
            part.refitted(points, row / share) if float(share) > 0 else part
            for part, row, share in zip(self.parts, of_part, shares, strict=True)
        ]
        return MixtureProposal(tuple(parts), _floored(shares / shares.sum()))

    def draw(self, islands: int, per_island: int, stream: Stream) -> tuple[Tensor, Tensor]:
        """Draw points, each island with its share of each component; return them, (d, N), and log densities, (N,)."""
        ends = (self.shares.cumsum(0) * per_island).round().long().clamp(max=per_island)
        ends[-1] = per_island
        counts = ends.diff(prepend=ends.new_zeros(1)).tolist()
        drawn = [part.draw(islands, n, stream)[0] for part, n in zip(self.parts, counts, strict=True) if n]
        rows = [points.reshape(len(points), islands, -1) for points in drawn]
        points = torch.cat(rows, 2).reshape(len(rows[0]), -1)
        return points, self.log_density_at(points, torch.tensor(counts, dtype=torch.float64) / per_island)

    def log_density_at(self, points: Tensor, shares: Tensor | None = None) -> Tensor:
        """Return the log density of points (d, N), (N,)."""
        return torch.logsumexp(self._log_densities(points, self.shares if shares is None else shares), 0)

    def _log_densities(self, points: Tensor, shares: Tensor) -> Tensor:
        densities = torch.stack([part.log_density(part.distance(points)) for part in self.parts])
        return densities + shares.log()[:, None]


def _floored(shares: Tensor) -> Tensor:
    raised = shares.clamp(min=LEAST_SHARE)
    return raised / raised.sum()


__all__ = ["MixtureProposal"]
