"""Sites as functions of real coordinates: a site takes its value from its coordinate when the program meets it.

A value is location + scale * T(u): T maps the real line to the family's standard support (Pyro's transforms), location
and scale are the distribution's own, even where they depend on other unknowns. This is the non-centred form of
hierarchical models (Papaspiliopoulos, Roberts and Skold 2007), and gives uniform(0, x) a support that moves with x.
Where a branch does not reach a site, its coordinate has a standard normal density (Carlin and Chib 1995): all else
keeps its marginal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from plot.heavy import dist, pyro, torch
from plot.runtime.machine import PIECE
from plot.runtime.masks import Mask, and_, any_, not_, or_
from plot.runtime.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One unknown: the map from the real line to the standard support of its family."""

    transform: Any


def axis_of(distribution: Any) -> Axis:
    """Return the axis of a site with this distribution."""
    if isinstance(distribution, dist.Uniform):
        return Axis(torch.distributions.biject_to(torch.distributions.constraints.unit_interval))
    return Axis(torch.distributions.biject_to(distribution.support))


def _located(distribution: Any) -> tuple[Any, Any]:
    """Return the location and the scale of a distribution: 0 and 1 where its family has none."""
    if isinstance(distribution, (dist.Normal, dist.Laplace, dist.Cauchy, dist.StudentT)):
        return distribution.loc, distribution.scale
    if isinstance(distribution, dist.Uniform):
        return distribution.low, distribution.high - distribution.low
    if isinstance(distribution, dist.HalfNormal):
        return 0.0, distribution.scale
    if isinstance(distribution, (dist.Exponential, dist.Gamma)):
        return 0.0, 1 / distribution.rate
    return 0.0, torch.ones((), dtype=torch.float64)


class Coordinate:
    """The coordinate of one unknown in N particles; where it is not given, it is drawn when the site is met."""

    def __init__(self, axis: Axis, particles: int, u: Tensor | None) -> None:
        self.axis = axis
        self.u = torch.randn(particles, dtype=torch.float64) if u is None else u
        self._known: Mask = u is not None
        self._volume: Tensor | None = None
        self._mask: Mask = False

    def value(self, distribution: Any) -> Tensor:
        """Return the site's value where it is met with this distribution (masked by where it is)."""
        mask: Mask = True
        if isinstance(distribution, dist.MaskedDistribution):
            distribution, mask = distribution.base_dist, distribution._mask
        location, scale = _located(distribution)
        transform = self.axis.transform
        need = and_(mask, not_(self._known))
        if any_(need):
            drawn = transform.inv((distribution.sample() - location) / scale)
            self.u = torch.where(as_tensor(need), drawn, self.u)
            self._known = or_(self._known, need)
        standard = transform(self.u)
        volume = transform.log_abs_det_jacobian(self.u, standard) + scale.log()
        self._volume = volume if self._volume is None else torch.where(as_tensor(mask), volume, self._volume)
        self._mask = or_(self._mask, mask)
        return location + scale * standard  # type: ignore[no-any-return]

    @property
    def everywhere(self) -> bool:
        """Tell whether the site was met in all particles."""
        return self._mask is True or not any_(not_(self._mask))

    def log_prob(self, density: Tensor) -> Tensor:
        """Return the log density of the coordinate, (N,), where `density` is that of the site's value."""
        idle = -0.5 * self.u * self.u - HALF_LOG_TAU
        if self._volume is None:
            return idle
        here = density + self._volume
        return here if self._mask is True else torch.where(as_tensor(self._mask), here, idle)


@cache
def _messenger() -> Any:
    """Return the class of the handler: its base is Pyro's, which is loaded late."""

    class Place(pyro.poutine.messenger.Messenger):  # type: ignore[misc]
        """Gives sites the values of their coordinates, by the part of a site's name before its piece."""

        def __init__(self, coordinates: Mapping[str, Coordinate]) -> None:
            super().__init__()
            self.coordinates = coordinates

        def _pyro_sample(self, msg: dict[str, Any]) -> None:
            if msg["is_observed"] or msg["done"]:
                return
            coordinate = self.coordinates.get(msg["name"].split(PIECE, 1)[0])
            if coordinate is not None:
                msg["value"], msg["done"] = coordinate.value(msg["fn"]), True

    return Place


@contextmanager
def placed(coordinates: Mapping[str, Coordinate]) -> Iterator[None]:
    """Let `pyro.sample` give sites the values of their coordinates; the others are drawn."""
    with _messenger()(coordinates):
        yield


__all__ = ["Axis", "Coordinate", "axis_of", "placed"]
