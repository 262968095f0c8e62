"""The shape of a weighted sample of numbers in bounded memory: quantiles and histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

MOST_POINTS = 1 << 18  # numbers held before they are merged: 4 MiB with their weights (not measured)
POINTS_AFTER_SQUEEZE = 1 << 14  # that are left of them: quantiles are off by less than 1e-4 of the mass (not measured)
MOST_BARS = 20  # distinct numbers that are shown one by one (not measured)
TAIL = 0.005  # mass on either side that a histogram leaves out (not measured)
CELLS = 4_096  # into which numbers are dealt before those of a few cells are sorted
PROBE = 1_000  # numbers among which more than MOST_BARS distinct ones are looked for first (not measured)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Weighted numbers, (n,), in no order; which of `CELLS` cells of equal width each is in; the weights up to each."""

    values: Tensor
    weights: Tensor
    cells: Tensor
    ends: Tensor

    @classmethod
    def of(cls, values: Tensor, weights: Tensor) -> Points:
        """Deal numbers into cells, in the order of the numbers."""
        low, high = (float(end) for end in torch.aminmax(values))
        width = high / CELLS - low / CELLS
        if width > 0 and math.isfinite(2 / width):
            cells = (0.5 * values - 0.5 * low).mul_(2 / width).clamp_(max=CELLS - 1).long()
        else:
            cells = torch.zeros_like(values, dtype=torch.int64)
        return cls(values, weights, cells, torch.bincount(cells, weights, CELLS).cumsum(0))

    def quantile(self, level: float) -> float:
        """Return the smallest number whose share of the weight below or at it reaches a level."""
        wanted = level * float(self.ends[-1])
        cell = int(torch.searchsorted(self.ends, wanted))
        inside = (self.cells == cell).nonzero().squeeze(1)
        values, order = self.values[inside].sort()
        below = float(self.ends[cell - 1]) if cell else 0.0
        place = int(torch.searchsorted(self.weights[inside[order]].cumsum(0), wanted - below))
        return float(values[min(place, len(values) - 1)])

    def bars(self) -> tuple[tuple[float, float, float], ...] | None:
        """Return the share of each distinct number; None where these are many."""
        if len(torch.unique(self.values[:PROBE])) > MOST_BARS:
            return None
        distinct, inverse = torch.unique(self.values, return_inverse=True)
        if len(distinct) > MOST_BARS:
            return None
        shares = torch.bincount(inverse, self.weights) / self.ends[-1]
        return tuple((value, value, share) for value, share in zip(distinct.tolist(), shares.tolist(), strict=True))


class Digest:
    """Numbers with their weights; when there are too many, neighbours are pooled to equal weights.

    The pooling is deterministic and moves a quantile by less than one part in 10,000 of the weight.
    """

    def __init__(self) -> None:
        self._held: list[tuple[Tensor, Tensor]] = []
        self._points: Points | None = None

    def add(self, values: Tensor, weights: Tensor, rescale: float = 1.0) -> None:
        """Add a weighted sample; the weights of all earlier ones are multiplied by `rescale`."""
        if not len(values):
            return
        if rescale != 1.0:
            self._held = [(held, weight * rescale) for held, weight in self._held]
        self._held.append((values, weights))
        self._points = None
        if sum(len(held) for held, _ in self._held) > MOST_POINTS:
            self._held = [_squeezed(*self._joined())]

    def _joined(self) -> tuple[Tensor, Tensor]:
        return torch.cat([values for values, _ in self._held]), torch.cat([weights for _, weights in self._held])

    @property
    def points(self) -> Points | None:
        """All numbers that are held, None where there are none."""
        if self._points is None and self._held:
            self._points = Points.of(*self._joined())
        return self._points

    def quantiles(self, levels: list[float]) -> list[float]:
        """Return the smallest number whose share of the weight below or at it reaches each level; NaN when empty."""
        return [math.nan if self.points is None else self.points.quantile(level) for level in levels]

    def histogram(self, integer: bool) -> tuple[tuple[float, float, float], ...]:
        """Return bars (low, high, probability): one for each value where they are few, else bins of equal width.

        Bins reach over the central 99%; the outermost two also take what lies beyond.
        """
        if self.points is None:
            return ()
        bars = self.points.bars()
        if bars is not None:
            return bars
        low, lower, upper, high = self.quantiles([TAIL, 0.25, 0.75, 1 - TAIL])
        width = _round_width(max(upper / 3 - lower / 3, high / 14 - low / 14))
        if integer:
            width = max(1.0, round(width))
        first = math.floor(low / width)
        count = max(1, math.floor(high / width) - first + 1)
        bins = (self.points.values / width).floor_().sub_(first).clamp_(0, count - 1).long()
        shares = (torch.bincount(bins, self.points.weights, count) / self.points.ends[-1]).tolist()
        edges = [_edge(first + i, width) for i in range(count + 1)]
        return tuple(zip(edges[:-1], edges[1:], shares, strict=True))


def _edge(number: int, width: float) -> float:
    """Return a multiple of a bar's width without what rounding adds to it.

    >>> _edge(3, 0.1), _edge(10**9 + 1, 1e-5)
    (0.3, 10000.00001)
    """
    digits = min(17, max(12, len(str(abs(number))) + 2))
    return float(f"{number * width:.{digits}g}")


def _squeezed(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return numbers with neighbours pooled, so that each has about the same weight, or the distinct ones if few."""
    values, inverse = torch.unique(values, return_inverse=True)
    weights = torch.bincount(inverse, weights)
    if len(values) <= MOST_POINTS // 2:
        return values, weights
    values, weights = values[weights > 0], weights[weights > 0]  # else the mean of a cell may be 0 / 0
    middle = weights.cumsum(0) - weights / 2
    cell = (middle / weights.sum() * POINTS_AFTER_SQUEEZE).long().clamp(0, POINTS_AFTER_SQUEEZE - 1)
    _, cell = torch.unique(cell, return_inverse=True)
    mass = torch.bincount(cell, weights)
    return torch.bincount(cell, weights * values) / mass, mass


def _round_width(width: float) -> float:
    """Return 1, 2 or 5 times a power of ten, near `width`."""
    if not (width > 0 and math.isfinite(width)):
        return 1.0
    power = 10.0 ** max(-300, math.floor(math.log10(width)))
    return min((1, 2, 5, 10), key=lambda step: abs(math.log(width / (step * power)))) * power
