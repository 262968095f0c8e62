"""Sites as functions of unconstrained real coordinates.

A value is location + scale * T(u): T maps the real line to the family's standard support (Pyro's transforms), location
and scale are the distribution's own, even where they depend on other latent variables. This is the non-centred form of
hierarchical models (Papaspiliopoulos, Roberts and Skold 2007), and gives uniform(0, x) a support that moves with x.
Where a branch does not reach a site, its coordinate has a standard normal density (Carlin and Chib 1995): all else
keeps its marginal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.inference.numerics import HALF_LOG_TAU
from plot.records import record
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.replay import SiteDraws
from plot.runtime.sites.samplers import drawn
from plot.runtime.values.masks import Mask, and_, any_, not_, or_
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One latent variable: the map from the real line to the standard support of its family."""

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
    if isinstance(distribution, (dist.HalfNormal, dist.Weibull)):
        return 0.0, distribution.scale
    if isinstance(distribution, (dist.Exponential, dist.Gamma)):
        return 0.0, 1 / distribution.rate
    return 0.0, torch.ones((), dtype=torch.float64)


class Coordinate:
    """The coordinate of a latent variable in N particles; if not given, it is drawn when the site is reached."""

    def __init__(self, axis: Axis, particles: int, u: Tensor | None, stream: Stream) -> None:
        self.axis = axis
        self.stream = stream
        self.u = stream.normals((particles,)) if u is None else u
        self._known: Mask = u is not None
        self._volume: Tensor | None = None
        self._mask: Mask = False

    def value(self, distribution: Any, mask: Mask) -> Tensor:
        """Return the site's value where it is met with this distribution, in the particles of a mask."""
        location, scale = _located(distribution)
        transform = self.axis.transform
        need = and_(mask, not_(self._known))
        if any_(need):
            new = transform.inv((drawn(distribution, len(self.u), self.stream) - location) / scale)
            self.u = torch.where(as_tensor(need), new, self.u)
            self._known = or_(self._known, need)
        standard = transform(self.u)
        volume = transform.log_abs_det_jacobian(self.u, standard) + scale.log()
        self._volume = volume if self._volume is None else torch.where(as_tensor(mask), volume, self._volume)
        self._mask = or_(self._mask, mask)
        return location + scale * standard  # type: ignore[no-any-return]

    @property
    def everywhere(self) -> bool:
        """Return whether the site was reached in all particles."""
        return self._mask is True or not any_(not_(self._mask))

    def log_prob(self, density: Tensor) -> Tensor:
        """Return the log density of the coordinate, (N,), where `density` is that of the site's value."""
        idle = -0.5 * self.u * self.u - HALF_LOG_TAU
        if self._volume is None:
            return idle
        here = density + self._volume
        return here if self._mask is True else torch.where(as_tensor(self._mask), here, idle)


@record(frozen=True, eq=False)
class Placed(SiteDraws):
    """Gives sites the values of their coordinates; the others are drawn."""

    coordinates: Mapping[str, Coordinate] = field(default_factory=dict)

    def fresh(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Return the value of a site at its coordinate, or draw one."""
        coordinate = self.coordinates.get(address)
        if coordinate is None:
            return drawn(distribution, self.particles, self.stream)
        return coordinate.value(distribution, mask)


__all__ = ["Axis", "Coordinate", "Placed", "axis_of"]
