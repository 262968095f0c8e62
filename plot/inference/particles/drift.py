"""Whether moves still carry a population away from where it was: then it has not arrived, however much islands agree.

Islands that all miss the same part of a posterior (the narrow end of a funnel) don't disagree, but while they are moved
on, all of them drift to it. Between looks at the same islands the differences are paired, so that a drift far below the
spread between islands is seen. Particles that barely move at all don't drift: then only those count that were drawn
apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plot._lazy import dist, torch
from plot.inference.evidence.evaluation import Reached
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import is_real, real_line

if TYPE_CHECKING:
    from torch import Tensor

MOST_SITES = 256  # whose places are kept
SURE = 4.5  # standard errors of the paired difference: with 15 degrees of freedom 1 in 2,300, for each of the sites
FAR = 0.1  # spreads: a drift so large is barely seen where moves mix, so that less certainty will do
FAIRLY_SURE = 2.5  # standard errors of a drift that is so large
POSSIBLE, NOTABLE = 1.2, 0.008  # standard errors and spreads of a drift that further looks are to confirm
STUCK = 0.99  # correlation of places before and after moves


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The real coordinates of a population's sites, (d, islands, M), with weights (islands, M)."""

    names: tuple[str, ...]
    points: Tensor
    weights: Tensor

    @classmethod
    def of(cls, population: Population) -> Places:
        """Return the places of the sites that every particle has."""
        names = [name for name, site in population.sites.items() if is_real(site)][:MOST_SITES]
        rows = []
        for name in names:
            site = population.sites[name]
            point = real_line(site.distribution).inv(site.raw.expand(population.size))
            rows.append(torch.where(point.isfinite(), point, 0.0))
        points = torch.stack(rows) if rows else torch.zeros(0, population.size, dtype=torch.float64)
        weights = torch.nan_to_num(torch.softmax(population.by_island, 1))
        return cls(tuple(names), points.reshape(len(names), *weights.shape), weights)

    @property
    def means(self) -> Tensor:
        """The mean of each site in each island, (d, islands)."""
        return (self.points * self.weights).sum(2)

    @property
    def spreads(self) -> Tensor:
        """The standard deviation of each site within islands, (d,)."""
        return ((self.points - self.means[:, :, None]).square() * self.weights).sum(2).mean(1).sqrt()

    def correlations(self, later: Places) -> Tensor:
        """Return how far each site's places go with those of the same particles later, within islands, (d,)."""
        one, other = (places.points - places.points.mean(2, keepdim=True) for places in (self, later))
        both = (one.square().sum((1, 2)) * other.square().sum((1, 2))).sqrt()
        return torch.nan_to_num((one * other).sum((1, 2)) / both)


@dataclass(slots=True, eq=False)
class Drift:
    """The looks at one chain of moved islands: the first and the last places, and the means at each, (d, islands).

    `bounded` are the sites that have values on one side of a bound only, as scales do.
    """

    first: Places | None = None
    last: Places | None = None
    means: list[Tensor] = field(default_factory=list)
    bounded: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.bool))

    def copy(self) -> Drift:
        """Return the same looks, to which others are added."""
        return replace(self, means=list(self.means))

    def add(self, population: Population) -> None:
        """Note where the population is now; where other sites are there than before, from now on."""
        now = Places.of(population)
        if self.first is None or self.first.names != now.names:
            self.first, self.means = now, []
            self.bounded = torch.tensor([_is_bounded(population.sites[name]) for name in now.names], dtype=torch.bool)
        self.last = now
        self.means.append(now.means)

    @property
    def change(self) -> Tensor | None:
        """By how much the means of the second half of the looks differ from those of the first, (d, islands)."""
        if len(self.means) < 2 or self.first is None or not self.first.names:
            return None
        half = len(self.means) // 2
        return torch.stack(self.means[-half:]).mean(0) - torch.stack(self.means[:half]).mean(0)

    @property
    def possible(self) -> bool:
        """Whether the scale of something may go on drifting, so that further looks are worth their time."""
        change = self.change
        if change is None or self.last is None or change.shape[1] < 2:
            return False
        sizes, errors = _sizes([change], self.last)
        return bool((self.bounded & (sizes > NOTABLE) & (sizes > POSSIBLE * errors)).any())

    @property
    def stuck(self) -> bool:
        """Whether some site of almost no particle moved between the first look and the last."""
        if self.first is None or self.last is None or self.first is self.last or not self.first.names:
            return False
        return bool((self.first.correlations(self.last) > STUCK).any())


def largest_drift(chains: Sequence[Drift]) -> float:
    """Return the largest drift of a site that is surely none by chance, in units of its spread; 0 without any."""
    known = [(chain, change) for chain in chains if (change := chain.change) is not None]
    last = known[0][0].last if known else None
    if last is None:
        return 0.0
    changes = [change for chain, change in known if chain.last is not None and chain.last.names == last.names]
    sizes, errors = _sizes(changes, last)
    sure = (sizes > SURE * errors) | ((sizes > FAR) & (sizes > FAIRLY_SURE * errors))
    return float(torch.where(sure, sizes, 0.0).max())


def _sizes(changes: Sequence[Tensor], last: Places) -> tuple[Tensor, Tensor]:
    """Return the sizes (d,) of changes (d, islands), in units of the sites' spreads, and their standard errors."""
    rows = torch.cat(list(changes), 1)
    spreads, count = last.spreads, rows.shape[1]
    errors = rows.std(1) / math.sqrt(count) if count > 1 else torch.full_like(spreads, math.inf)
    sizes = torch.where(spreads > 0, rows.mean(1).abs() / spreads, 0.0)
    return sizes, torch.where(spreads > 0, errors / spreads, math.inf)


def _is_bounded(site: Reached) -> bool:
    support = site.distribution.support
    return getattr(support, "lower_bound", None) is not None or isinstance(site.distribution, dist.LogNormal)


__all__ = ["Drift", "Places", "largest_drift"]
