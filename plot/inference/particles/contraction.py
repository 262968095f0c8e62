"""Moves that shrink or widen a scale together with what it spreads, towards another particle.

Where observations lie close together, a scale and what is measured with it have a posterior like a funnel, over many
powers of ten: no step of one length, and no distribution that is fitted to all particles, gets from the wide end to the
narrow one. Here the values x of a particle become a + r (x - a), and its scale s becomes r^p s, where a are the values
of a particle of the other half of the population (of log-normal numbers, the logarithms) and r is a random ratio. What
is spread keeps its place in units of the scale, so that the density hardly changes, and r may be a thousandth. The
ratio's logarithm is symmetric, so that the move is reversible; it stretches volumes by r to the power of the number of
values, and r^p (the affine-invariant stretch of Goodman and Weare 2010, with a scale that goes along).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import dist, torch
from plot.inference.evidence.evaluation import Reached
from plot.inference.particles.conditional_normal import halves
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import is_real, real_line
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

POWERS = (1.0, 2.0, -1.0, -2.0)  # of the ratio: a scale, a variance, a rate, a precision
AT_ONCE = 4  # moves
FEWEST = 0.02  # what is added to the share of moves that were accepted
MOST_SITES = 24  # that are spread
SHORTEST, LONGEST = 0.1, 8.0  # standard deviations of the log of a ratio, of which one is drawn in between


@dataclass(frozen=True, slots=True, eq=False)
class Contraction:
    """A site that may be a scale, with the sites that it may spread."""

    scale: str
    spread: tuple[str, ...]

    @property
    def block(self) -> tuple[str, ...]:
        """All sites that are moved."""
        return (self.scale, *self.spread)

    def powers(self, rates: Mapping[tuple[tuple[str, ...], float], float], stream: Stream) -> list[float]:
        """Return the powers for the next moves, more often those that were accepted more often before."""
        known = torch.tensor([rates.get((self.block, power), 1.0) for power in POWERS], dtype=torch.float64)
        bounds = (known + FEWEST).cumsum(0)
        drawn = torch.searchsorted(bounds, stream.uniforms((AT_ONCE,)) * bounds[-1], right=True)
        return [POWERS[min(i, len(POWERS) - 1)] for i in drawn.tolist()]

    def moved(self, population: Population, power: float, stream: Stream) -> tuple[dict[str, Tensor], Tensor]:
        """Return the new raw values, (N,) each, and the log of what the move stretches volumes by, (N,)."""
        size = population.size
        log_ratio = stream.normals((size,)) * lengths(stream.uniforms((size,)))
        site = population.sites[self.scale]
        low = _low(site)
        assert low is not None
        ratio, anchors = log_ratio.exp(), _anchors(site.raw.expand(size) * (1 if power > 0 else -1), stream)
        raws = {self.scale: low + (power * log_ratio).exp() * (site.raw.expand(size) - low)}
        stretched = (len(self.spread) + power) * log_ratio
        for name in self.spread:
            raw = population.sites[name].raw.expand(size)
            logs = isinstance(population.sites[name].distribution, dist.LogNormal)
            place = raw.log() if logs else raw
            place = place[anchors] + ratio * (place - place[anchors])
            raws[name] = place.exp() if logs else place
            stretched = stretched + (place - raw.log() if logs else 0.0)
        return raws, stretched


def lengths(uniforms: Tensor) -> Tensor:
    """Return lengths of steps for uniform numbers: of each order of magnitude as many."""
    return SHORTEST * (LONGEST / SHORTEST) ** uniforms


def contractions(population: Population) -> Iterator[Contraction]:
    """Yield the scales of a population, each with the numbers on the whole line that the same utterances read."""
    real = [name for name, site in population.sites.items() if is_real(site)]
    free = [name for name, site in population.sites.items() if _is_free(site)]
    for name in real:
        if not is_scale(population.sites[name]):
            continue
        readers = [reach.masks for reach in population.by_factor.values() if name in reach.masks]
        spread = tuple(other for other in free if other != name and any([other in masks for masks in readers]))
        if 0 < len(spread) <= MOST_SITES:
            yield Contraction(name, spread)


def is_scale(site: Reached) -> bool:
    """Return whether the values of a site have a lower bound, and no probability's upper one."""
    return _low(site) is not None and not isinstance(site.distribution, dist.Beta)


def _is_free(site: Reached) -> bool:
    """Return whether a site is a number on the whole line, its exponential, or between bounds that depend on others."""
    support = site.distribution.support
    if is_real(site):
        return support is torch.distributions.constraints.real or isinstance(site.distribution, dist.LogNormal)
    return site.mask is True and isinstance(support, torch.distributions.constraints.interval)


def _low(site: Reached) -> Tensor | None:
    low = getattr(site.distribution.support, "lower_bound", None)
    return None if low is None else torch.as_tensor(low, dtype=torch.float64)


def _anchors(widths: Tensor, stream: Stream) -> Tensor:
    """Return for each particle one of the other half of the population, more often one of small width, (N,)."""
    one, other = halves(widths)
    drawn = zip(halves(stream.uniforms(widths.shape)), (other, one), strict=True)
    first, second = [_narrow(width, uniforms) for uniforms, width in drawn]
    return torch.cat([first + len(one), second])


def _narrow(widths: Tensor, uniforms: Tensor) -> Tensor:
    """Return particles whose ranks by width have logarithms that are uniform."""
    ranks = (len(widths) ** uniforms).long() - 1
    return widths.argsort(stable=True)[ranks.clamp(0, len(widths) - 1)]


def real_steps(population: Population, raws: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the steps that values make on their real lines, (b, N), and the log of what these are stretched by, (N,).

    A site whose bounds depend on others has no such line, and stays as it is.
    """
    steps, volume = [], torch.zeros(population.size, dtype=torch.float64)
    for name, raw in raws.items():
        site = population.sites[name]
        if not is_real(site):
            steps.append(raw - site.raw)
            continue
        line, before = real_line(site.distribution), site.raw.expand(population.size)
        here, there = line.inv(before), line.inv(raw)
        steps.append(there - here)
        volume = volume + line.log_abs_det_jacobian(there, raw) - line.log_abs_det_jacobian(here, before)
    return torch.stack(steps), volume


__all__ = ["Contraction", "contractions", "is_scale", "real_steps"]
