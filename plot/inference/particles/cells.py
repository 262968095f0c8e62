"""A finite choice as a real coordinate: the cell of the real line in which the coordinate is, is the value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import dist, torch
from plot.inference.evidence.evaluation import Reached
from plot.inference.numerics import HALF_LOG_TAU

if TYPE_CHECKING:
    from torch import Tensor

MOST_VALUES = 8  # of a site: each is a mode of its own
MOST_COMBINATIONS = 16  # of values of all such sites


@dataclass(frozen=True, slots=True)
class Cells:
    """A map like torch's transforms: `count` cells that are equally likely for a standard normal coordinate.

    Within its cell a coordinate has the normal density, which stands where a transform has its Jacobian: a value keeps
    its probability.
    """

    count: int
    whole: bool

    def __call__(self, points: Tensor) -> Tensor:
        cells = (torch.special.ndtr(points.detach()) * self.count).floor().clamp(0, self.count - 1)
        found: Tensor = cells.long() if self.whole else cells
        return found

    def inv(self, values: Tensor) -> Tensor:
        """Return the middle of the cell of each value."""
        found: Tensor = torch.special.ndtri((values.double() + 0.5) / self.count)
        return found

    @property
    def middles(self) -> Tensor:
        """The middle of each cell, (count,)."""
        return self.inv(torch.arange(self.count))

    def log_abs_det_jacobian(self, points: Tensor, values: Tensor) -> Tensor:
        """Return the log density of coordinates within their cells."""
        del values
        return math.log(self.count) - 0.5 * points * points - HALF_LOG_TAU


def cells_of(site: Reached) -> Cells | None:
    """Return the cells of a site; None where it is not a choice between a few values that is made everywhere."""
    distribution = site.distribution
    if site.mask is not True:
        return None
    if isinstance(distribution, dist.Bernoulli):
        return Cells(2, whole=False)
    if isinstance(distribution, dist.Categorical) and 2 <= distribution.probs.shape[-1] <= MOST_VALUES:
        return Cells(distribution.probs.shape[-1], whole=True)
    return None


__all__ = ["MOST_COMBINATIONS", "Cells", "cells_of"]
