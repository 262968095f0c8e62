"""A proposal for hierarchical models: hyperparameters from a t, then effects from normals around their modes.

A single t does not fit where effects are the closer together the smaller a hyperparameter is (a funnel), and its
weights don't show what it misses. Given the hyperparameters, effects that no observation ties together are independent,
and each has a mode and a curvature that Newton's method finds in every particle at once; where all is normal the
weights then depend on the hyperparameters alone (Laplace's approximation nested in importance sampling; Rue, Martino
and Chopin 2009 integrate over it).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.evidence.evaluation import Reached
from plot.inference.evidence.factors import Factors
from plot.inference.numerics import HALF_LOG_TAU
from plot.inference.particles.modes import Surface
from plot.inference.particles.proposals import Space, StudentTProposal
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

NEGLIGIBLE = 1e-4  # of a curvature
STEPS = 6  # of Newton's method, where effects are not normal: from the mean of a fit nearby
LONGEST = 3.0  # step of it, in units of an effect's scale
DIFFERENCE = 1e-4  # of an effect, between two gradients whose difference gives the curvature
SMALLEST = 1e-2  # size of an effect of which this is a part


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A t over the rows of `others`, and normals over those of `effects` given them.

    Newton's method takes `steps` from `start` (e,) to the modes.
    """

    surface: Surface
    hyper: StudentTProposal
    others: Tensor
    effects: Tensor
    start: Tensor
    steps: int

    @classmethod
    def of(cls, factors: Factors, space: Space, sites: Mapping[str, Reached], points: Tensor) -> Self | None:
        """Return the proposal that starts from points of the prior (d, N); None where there are no such effects."""
        depends = torch.tensor([sites[name].density is not None for name in space.transforms])
        effects, others = depends.nonzero().squeeze(1), (~depends).nonzero().squeeze(1)
        if not len(effects) or not len(others):
            return None
        even = torch.full(points.shape[1:], 1 / points.shape[1], dtype=torch.float64)
        try:
            hyper = StudentTProposal.fitted(points[others], even)
            found = cls(Surface(factors, space, points), hyper, others, effects, points[effects].mean(1), 1)
            mixing = 1 + factors.stream.uniforms((len(effects), 1))
            ones = torch.ones_like(mixing)
            bends, mixed = (found._bends(points, points[effects], by) for by in (ones, mixing))
            moved = found._bends(points, points[effects] + 1, ones)
        except PlotError:
            return None
        if not _same(bends, mixed):
            return None
        return found if _same(bends, moved) else replace(found, steps=STEPS)

    def refitted(self, points: Tensor, weights: Tensor) -> Self:
        """Return the proposal fitted to weighted points (d, N)."""
        start = (points[self.effects] * weights).sum(1)
        return replace(self, hyper=self.hyper.refitted(points[self.others], weights), start=start)

    def draw(self, islands: int, per_island: int, stream: Stream) -> tuple[Tensor, Tensor]:
        """Draw points; return them, (d, N), and their log densities, (N,)."""
        drawn, density = self.hyper.draw(islands, per_island, stream)
        points = torch.empty(len(self.others) + len(self.start), islands * per_island, dtype=torch.float64)
        points[self.others] = drawn
        modes, scales = self._given(points)
        steps = stream.normals(modes.shape)
        points[self.effects] = modes + scales * steps
        within = -0.5 * (steps * steps).sum(0) - scales.log().sum(0) - len(modes) * HALF_LOG_TAU
        return points, density + within

    def _given(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the modes and scales (e, N) of the effects given the other rows of points (d, N)."""
        modes = self.start[:, None].expand(-1, points.shape[1])
        longest = math.inf if self.steps == 1 else LONGEST
        for _ in range(self.steps):
            slopes, bends = self._slopes(points, modes)
            scales = _scales(bends)
            modes = modes + (slopes * scales).clamp(-longest, longest) * scales
        return modes, scales if self.steps == 1 else _scales(self._slopes(points, modes)[1])

    def _slopes(self, points: Tensor, effects: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of effects (e, N), where the other rows are those of points, and their curvatures."""
        here, there = effects, effects + DIFFERENCE * effects.abs().clamp(min=SMALLEST)
        before, after = self._gradient(points, here), self._gradient(points, there)
        return before, (before - after) / (there - here)

    def _bends(self, points: Tensor, effects: Tensor, factors: Tensor) -> Tensor:
        """Return the curvatures of effects, moved by factors: these make no difference only if they are independent."""
        step = factors * DIFFERENCE * effects.abs().clamp(min=SMALLEST)
        low, high = effects - step, effects + step
        return (self._gradient(points, low) - self._gradient(points, high)) / (high - low)

    def _gradient(self, points: Tensor, effects: Tensor) -> Tensor:
        places = points.clone()
        places[self.effects] = effects
        return self.surface.at(places)[1][self.effects]


def _scales(bends: Tensor) -> Tensor:
    """Return how far effects with these curvatures spread; 1 where that is not known."""
    return torch.where(bends.isfinite() & (bends > 0), bends, 1.0).rsqrt()


def _same(one: Tensor, other: Tensor) -> bool:
    """Return whether curvatures are the same, but for rounding, wherever they are numbers."""
    known = one.isfinite() & other.isfinite()
    return bool(((one - other).abs() <= NEGLIGIBLE * one.abs())[known].all())


__all__ = ["Nested"]
