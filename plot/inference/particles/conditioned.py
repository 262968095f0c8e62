"""A proposal for funnels and thin ridges: some coordinates from a t, the others from normals given them.

Where the width or the direction of some coordinates (effects: a mean, a slope) varies with others (a scale, a factor),
no t distribution fits, and the weights of its draws don't show the narrow part that it misses. Given the others,
effects whose log density is quadratic are exactly normal, so that the weights depend on the others alone
(Rao-Blackwellised importance sampling). Which they are is read off the third derivatives of the log density, which
vanish among them; where there are none, coordinates on the whole real line are taken, with a t around their mode
(Laplace's approximation).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.evidence.evaluation import Reached
from plot.inference.evidence.factors import Factors
from plot.inference.numerics import HALF_LOG_TAU
from plot.inference.particles.mixtures import MixtureProposal
from plot.inference.particles.modes import SLOTS, Surface
from plot.inference.particles.proposals import Space, StudentTProposal, standard_t
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

MOST_EFFECTS = 12  # each takes two further gradients of every particle
MOST_AT_ONCE = 4_096  # particles whose gradients are computed on one tape
MOST_SITES = 40  # the third derivatives take the square of it in gradients
DIFFERENCE = 1e-4  # of a coordinate, between gradients whose difference gives the curvature
SMALLEST = 1e-2  # size of a coordinate of which this is a part
APART = 0.5  # between the points at which curvatures are compared
NEGLIGIBLE = 1e-5  # of a curvature
STEPS = 8  # of Newton's method, where effects are not normal
LONGEST = 3.0  # step of it, in units of an effect's scale
DEGREES = 6.0  # of freedom of effects that are not normal
FLATTEST = 1e-8  # curvature of an effect, in units of the prior's
FINEST = 1e-12  # width of an effect, of its own size: with less, differences of numbers are rounding errors
AWAY = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0, 26.0, 32.0, 40.0, 50.0, 64.0)  # in a fit's widths
FARTHEST = 40.0  # coordinate: e^-40 of a scale is narrower than numbers are
ASIDE = 1.5  # widths of an effect beside its mode, where a density is compared too
MISSED_SHARE = 1e-3  # of the posterior, that a fit may miss
MISSED_RATIO = 20.0  # of the posterior's density to the fit's, from which it misses what is there


@dataclass(frozen=True, slots=True, eq=False)
class Conditioned:
    """A t over the rows of `others`, and normals (or ts, where Newton's method takes several `steps`) over `effects`.

    Newton's method begins at `start` (e,).
    """

    surface: Surface
    hyper: StudentTProposal
    others: Tensor
    effects: Tensor
    start: Tensor
    steps: int

    @classmethod
    def of(cls, factors: Factors, space: Space, sites: Mapping[str, Reached], points: Tensor) -> Self | None:
        """Return starting points from the prior (d, N), the likeliest first; None if there are no effects."""
        if space.cells or not 1 < len(points) <= MOST_SITES:
            return None
        few = min(points.shape[1], MOST_AT_ONCE)
        try:
            surface = Surface(factors, space, points[:, :few])
            effects = _normal_given_others(Surface(factors, space, points[:, :SLOTS]), points)
            steps = 1
            if effects is None:
                effects, steps = _unbounded(sites, space), STEPS
        except PlotError:
            return None
        chosen = torch.zeros(len(points), dtype=torch.bool)
        chosen[effects] = True
        if not 0 < len(effects) <= MOST_EFFECTS or bool(chosen.all()):
            return None
        others = (~chosen).nonzero().squeeze(1)
        even = torch.full(points.shape[1:], 1 / points.shape[1], dtype=torch.float64)
        hyper = StudentTProposal.fitted(points[others], even)
        return cls(surface, hyper, others, chosen.nonzero().squeeze(1), points[chosen].mean(1), steps)

    def refitted(self, points: Tensor, weights: Tensor) -> Self:
        """Return the proposal fitted to weighted points (d, N)."""
        start = (points[self.effects] * weights).sum(1)
        return replace(self, hyper=self.hyper.refitted(points[self.others], weights), start=start)

    def draw(self, islands: int, per_island: int, stream: Stream) -> tuple[Tensor, Tensor]:
        """Draw points; return them, (d, N), and their log densities, (N,)."""
        drawn, density = self.hyper.draw(islands, per_island, stream)
        points = self._placed(drawn)
        modes, roots, log_volume = self._given(points)
        steps = stream.normals(modes.shape)
        if self.steps > 1:
            half = DEGREES / 2
            steps = steps * (half / stream.gammas(half, (modes.shape[1],))).sqrt()
        points[self.effects] = modes + (roots @ steps.T[:, :, None]).squeeze(2).T
        return points, density + self._log_density((steps * steps).sum(0)) - log_volume

    def fineness(self, points: Tensor) -> Tensor:
        """Return the least width of an effect, of its own size, where the others are those of points (d, N), (N,)."""
        modes, roots, _ = self._given(points)
        return _fineness(modes, roots)

    def _placed(self, hyper: Tensor) -> Tensor:
        points = torch.empty(len(self.others) + len(self.start), hyper.shape[1], dtype=torch.float64)
        points[self.others], points[self.effects] = hyper, self.start[:, None]
        return points

    def _log_density(self, distance: Tensor) -> Tensor:
        """Return the log density of a step at a squared distance (N,) from the middle."""
        dims = len(self.effects)
        if self.steps == 1:
            return -0.5 * distance - dims * HALF_LOG_TAU
        return standard_t(distance, dims, DEGREES)

    def _given(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return modes (e, N), roots of covariances (N, e, e) and logs of the roots' volumes (N,) of the effects."""
        places = points.clone()
        places[self.effects] = self.start[:, None]
        values, vectors, slopes = self._curved(places)
        for _ in range(self.steps):
            along = (vectors.mT @ slopes.T[:, :, None]) * values.rsqrt()[:, :, None]
            if self.steps > 1:
                along = along * (LONGEST / along.norm(dim=1, keepdim=True).clamp(min=LONGEST))
            moved = places[self.effects] + (vectors @ (along * values.rsqrt()[:, :, None])).squeeze(2).T
            places[self.effects] = torch.where(moved.isfinite(), moved, places[self.effects])
            if self.steps > 1:
                values, vectors, slopes = self._curved(places)
        return places[self.effects], vectors * values.rsqrt()[:, None, :], -0.5 * values.log().sum(1)

    def _curved(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the eigenvalues (N, e), made positive, and vectors (N, e, e) of curvatures, and gradients (e, N)."""
        slopes = self._at(points)[1][self.effects]
        curvature = torch.stack([self._slope(points, row) for row in self.effects.tolist()], 2)
        curvature = torch.nan_to_num((curvature + curvature.mT) / 2, nan=1.0, posinf=1.0, neginf=1.0)
        values, vectors = torch.linalg.eigh(curvature)
        return values.abs().clamp(min=FLATTEST), vectors, slopes

    def _slope(self, points: Tensor, row: int) -> Tensor:
        """Return how the effects' gradients fall along a row of points (d, N), (N, e)."""
        step = DIFFERENCE * points[row].abs().clamp(min=SMALLEST)
        low, high = points.clone(), points.clone()
        low[row] -= step
        high[row] += step
        change = self._at(low)[1][self.effects] - self._at(high)[1][self.effects]
        return (change / (high[row] - low[row])).T

    def _at(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return log densities and gradients of points (d, n), however many."""
        found = [self.surface.at(some) for some in torch.split(points, self.surface.size, 1)]
        return torch.cat([log for log, _ in found]), torch.cat([gradient for _, gradient in found], 1)

    def missed_by(self, proposal: Any, log_evidence: float) -> bool:
        """Return whether there is mass along the others' axes that a proposal for all sites barely draws from."""
        if not isinstance(proposal, StudentTProposal | MixtureProposal):
            return False
        parts = proposal.parts if isinstance(proposal, MixtureProposal) else (proposal,)
        shares = proposal.shares if isinstance(proposal, MixtureProposal) else torch.ones(1, dtype=torch.float64)
        fit = MixtureProposal(parts, shares)
        return any([self._misses(part.marginal(self.others), fit, log_evidence) for part in parts])

    def _misses(self, part: StudentTProposal, fit: MixtureProposal, log_evidence: float) -> bool:
        """Return what `missed_by` does along the axes through one part of the fit, of the others alone."""
        covariance = part.root @ part.root.T
        across = part.root.diagonal().log().sum() + (len(part.mean) - 1) * HALF_LOG_TAU
        for k, width in enumerate(covariance.diagonal().sqrt().tolist()):
            away = torch.tensor([-x for x in reversed(AWAY)] + [0.0, *AWAY], dtype=torch.float64)
            away = away[(part.mean[k] + width * away).abs() < FARTHEST]
            if len(away) < 3:
                continue
            gaps = torch.cat([away[1:2] - away[:1], (away[2:] - away[:-2]) / 2, away[-1:] - away[-2:-1]])
            points = self._placed(part.mean[:, None] + covariance[:, k, None] / width * away)
            ratio, mass, width_of_effects = self._compared(points, fit)
            mass = mass - log_evidence + gaps.log() + across
            found = (mass > math.log(MISSED_SHARE)) & (ratio - log_evidence > math.log(MISSED_RATIO))
            if bool((found & (width_of_effects > FINEST)).any()):
                return True
        return False

    def _compared(self, points: Tensor, fit: MixtureProposal) -> tuple[Tensor, Tensor, Tensor]:
        """Return, at the others of points (d, n), the largest log ratio of the density to that of a fit around the mode
        of the effects, the log density without them, and their least width, of its own size, (n,) each.
        """
        modes, roots, log_volume = self._given(points)
        dims = len(self.effects)
        aside = ASIDE * torch.eye(dims, dtype=torch.float64)
        steps = torch.cat([torch.zeros_like(aside[:, :1]), aside, -aside], 1)
        places = points.repeat_interleave(steps.shape[1], 1)
        places[self.effects] = (modes.T[:, :, None] + roots @ steps).permute(1, 0, 2).reshape(dims, -1)
        log = self._at(places)[0]
        ratio = (log - fit.log_density_at(places)).reshape(points.shape[1], -1).amax(1)
        at_mode = log.reshape(points.shape[1], -1)[:, 0]
        return ratio, at_mode + log_volume + dims * HALF_LOG_TAU, _fineness(modes, roots)


def _fineness(modes: Tensor, roots: Tensor) -> Tensor:
    """Return the least width, of its own size, of effects with modes (e, N) and covariance roots (N, e, e), (N,)."""
    return (roots.square().sum(2).sqrt().T / modes.abs().clamp(min=1.0)).amin(0)


def _normal_given_others(surface: Surface, points: Tensor) -> Tensor | None:
    """Return the rows of coordinates that are normal given the others, which change their curvature; None without.

    Third derivatives are differences of curvatures between points that are `APART` along one coordinate.
    """
    dims = len(points)
    depends = torch.zeros(dims, dims, dims, dtype=torch.bool)
    for base in (points[:, 0], points[:, min(7, points.shape[1] - 1)]):
        moved = torch.cat([base[:, None], base[:, None] + APART * torch.eye(dims, dtype=torch.float64)], 1)
        curvatures = _curvatures(surface, moved)
        scale = curvatures.abs().amax(0)
        size = (scale.diagonal()[:, None] * scale.diagonal()).sqrt().clamp(min=1.0)
        change = (curvatures[1:] - curvatures[:1]).abs()
        depends |= ((change > NEGLIGIBLE * size) | ~change.isfinite()).permute(1, 2, 0)
    depends = depends | depends.permute(1, 0, 2) | depends.permute(2, 1, 0) | depends.permute(0, 2, 1)
    kept = torch.ones(dims, dtype=torch.bool)
    while True:
        inside = depends & kept[:, None, None] & kept[:, None] & kept
        counts = inside.sum((1, 2)) + dims * dims * inside[range(dims), range(dims), range(dims)]
        if not bool(counts.any()):
            break
        kept[counts.argmax()] = False
    varies = kept & depends[:, :, ~kept].any(2).any(1)
    rows = kept if int(kept.sum()) <= MOST_EFFECTS else varies
    return rows.nonzero().squeeze(1) if bool(varies.any()) else None


def _curvatures(surface: Surface, points: Tensor) -> Tensor:
    """Return the curvatures of the log density at points (d, n), (n, d, d)."""
    dims = len(points)
    found = []
    for point in points.T:
        step = DIFFERENCE * point.abs().clamp(min=SMALLEST).diag()
        both = torch.cat([point[:, None] - step, point[:, None] + step], 1)
        gradient = torch.cat([surface.at(some)[1] for some in torch.split(both, surface.size, 1)], 1)
        slopes = (gradient[:, :dims] - gradient[:, dims:]) / (2 * step.diagonal())
        found.append((slopes + slopes.T) / 2)
    return torch.stack(found)


def _unbounded(sites: Mapping[str, Reached], space: Space) -> Tensor:
    """Return the rows of coordinates whose values are any real number."""
    real = torch.distributions.constraints.real
    return torch.tensor([sites[name].distribution.support is real for name in space.transforms]).nonzero().squeeze(1)


__all__ = ["FINEST", "Conditioned"]
