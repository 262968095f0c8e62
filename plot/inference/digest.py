"""The shape of a weighted sample of numbers in bounded memory: quantiles and histogram."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from plot.heavy import torch

if TYPE_CHECKING:
    from torch import Tensor

MOST_POINTS = 1 << 18
POINTS_AFTER_SQUEEZE = 1 << 14
MOST_BARS = 20
TAIL = 0.005


class Digest:
    """Distinct numbers with their weights; when there are too many, neighbours are pooled to equal weights.

    The pooling is deterministic and moves a quantile by less than one part in 10,000 of the weight.
    """

    def __init__(self) -> None:
        self._values = torch.empty(0, dtype=torch.float64)
        self._weights = torch.empty(0, dtype=torch.float64)
        self._pending: list[tuple[Tensor, Tensor]] = []
        self._waiting = 0

    def add(self, values: Tensor, weights: Tensor, rescale: float = 1.0) -> None:
        """Add a weighted sample; the weights of all earlier ones are multiplied by `rescale`."""
        if rescale != 1.0:
            self._weights = self._weights * rescale
            self._pending = [(held, weight * rescale) for held, weight in self._pending]
        self._pending.append((values, weights))
        self._waiting += len(values)
        if self._waiting > MOST_POINTS:
            self._settle()

    def _settle(self) -> None:
        """Sort what waits into the distinct values, and pool neighbours when these are too many."""
        if not self._pending:
            return
        values = torch.cat([self._values, *[held for held, _ in self._pending]])
        weights = torch.cat([self._weights, *[weight for _, weight in self._pending]])
        self._pending, self._waiting = [], 0
        self._values, inverse = torch.unique(values, return_inverse=True)
        self._weights = torch.zeros_like(self._values).index_add_(0, inverse, weights)
        if len(self._values) > MOST_POINTS:
            self._squeeze()

    def _squeeze(self) -> None:
        middle = self._weights.cumsum(0) - self._weights / 2
        cell = (middle / self._weights.sum() * POINTS_AFTER_SQUEEZE).long().clamp(0, POINTS_AFTER_SQUEEZE - 1)
        _, cell = torch.unique(cell, return_inverse=True)
        count = int(cell.max()) + 1
        mass = torch.zeros(count, dtype=torch.float64).index_add_(0, cell, self._weights)
        total = torch.zeros(count, dtype=torch.float64).index_add_(0, cell, self._weights * self._values)
        self._values, self._weights = total / mass, mass

    def quantiles(self, levels: list[float]) -> list[float]:
        """Return the smallest number whose share of the weight below or at it reaches each level; NaN when empty."""
        self._settle()
        if not len(self._values):
            return [math.nan] * len(levels)
        shares = self._weights.cumsum(0)
        wanted = torch.tensor(levels, dtype=torch.float64) * shares[-1]
        index = torch.searchsorted(shares, wanted).clamp(max=len(self._values) - 1)
        return [float(value) for value in self._values[index]]

    def histogram(self, integer: bool) -> tuple[tuple[float, float, float], ...]:
        """Return bars (low, high, probability): one for each value where they are few, else bins of equal width.

        Bins reach over the central 99%; the outermost two also take what lies beyond.
        """
        self._settle()
        if not len(self._values):
            return ()
        weights = self._weights / self._weights.sum()
        if len(self._values) <= MOST_BARS:
            pairs = zip(self._values.tolist(), weights.tolist(), strict=True)
            return tuple((value, value, weight) for value, weight in pairs)
        low, high = self.quantiles([TAIL, 1 - TAIL])
        lower, upper = self.quantiles([0.25, 0.75])
        width = _round_width(max((upper - lower) / 3, (high - low) / 14))
        if integer:
            width = max(1.0, round(width))
        first = math.floor(low / width)
        count = max(1, math.floor(high / width) - first + 1)
        bins = (torch.floor(self._values / width) - first).clamp(0, count - 1).long()
        mass = torch.zeros(count, dtype=torch.float64).index_add_(0, bins, weights).tolist()
        edges = [float(f"{(first + i) * width:.12g}") for i in range(count + 1)]
        return tuple(zip(edges[:-1], edges[1:], mass, strict=True))


def _round_width(width: float) -> float:
    """Return 1, 2 or 5 times a power of ten, near `width`."""
    if not (width > 0 and math.isfinite(width)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    return min((1, 2, 5, 10), key=lambda step: abs(math.log(width / (step * power)))) * power
