"""Modes of a posterior over real coordinates, by Newton's method from many starts at once, with a t around each.

What a sharp or surprising measurement leaves of the prior is too far away, or too narrow, to be found by weighting
prior samples; along the gradient it is a few steps away. The result is only a proposal (Laplace's
approximation, with heavy tails): importance weights put it right, and tell whether it fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.evidence.factors import Factors
from plot.inference.particles.mixtures import MixtureProposal
from plot.inference.particles.population import gathered
from plot.inference.particles.proposals import Space, StudentTProposal
from plot.inference.tape.recorder import record
from plot.watch import Watch

if TYPE_CHECKING:
    from torch import Tensor

SLOTS = 1_024  # points whose gradients are computed at once: more of them cost more than the overhead of operations
STARTS = 32  # a mode with a hundredth of the prior's basins is then missed three times in four, one with a tenth barely
MOST_STEPS = 60  # of Newton's method, from a start (not measured)
DIFFERENCE = 1e-3  # of the scale of a coordinate, between two gradients whose difference gives the curvature
FLATTEST = 1e-8  # curvature, in units of the prior's, below which a step would be longer than any prior allows
STEEPEST = 1e150  # curvature, so that its square is a number
CLOSE = 0.01  # Newton decrement: log density that a further step would gain
FAR_BELOW = 20.0  # log evidence below that of the highest mode, at which a mode has no mass worth a component
SAME = 1.0  # distance between modes in units of a mode's scale


def log_density(factors: Factors, space: Space, points: Tensor) -> Tensor:
    """Return the log of the unnormalised posterior density of points (d, N) in the coordinates of a space, (N,)."""
    given = space.given(points)
    size = points.shape[1]
    played = factors.at_once(size, given)
    found = (
        list(played.values()) if played else [factors.interpreted(factor, size, given) for factor in factors.standing]
    )
    sites, terms = gathered(found)
    total = space.log_prior(sites, points)
    for term in terms.values():
        total = total + term
    return total


class Surface:
    """The log density of `SLOTS` points (d, N) in the coordinates of a space, with its gradient, on one tape."""

    def __init__(self, factors: Factors, space: Space, points: Tensor) -> None:
        self.factors, self.space = factors, space
        self.widths = torch.zeros(len(points), dtype=torch.float64)
        for row, cells in space.cells.items():
            self.widths[row] = 1 / cells.count
        self.size = points.shape[1]
        _, self._tape = record(self._with_gradient, {"points": points})

    def _with_gradient(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        with torch.enable_grad():
            points = given["points"].detach().requires_grad_()
            log = log_density(self.factors, self.space, points)
            (gradient,) = torch.autograd.grad(log.sum(), points)
        return {"log": log.detach(), "gradient": gradient}

    def at(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log densities (n,) of points (d, n), at most as many as there are slots, and their gradients.

        Across the rows of choices, which have `widths`, there are none.
        """
        count = points.shape[1]
        padded = torch.cat([points, points[:, -1:].expand(-1, self.size - count)], 1)
        played = self._tape.play({"points": padded}) if self._tape is not None else None
        found = self._with_gradient({"points": padded}) if played is None else played
        log, gradient = found["log"][:count], found["gradient"][:, :count]
        gradient = torch.where(self.widths[:, None] > 0, 0.0, gradient)
        known = log.isfinite() & gradient.isfinite().all(0)
        return torch.where(known, log, -torch.inf), torch.where(known, gradient, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class NewtonIterates:
    """Points (d, S) during Newton's method, with log densities (S,), gradients (d, S) and curvatures (S, d, d)."""

    points: Tensor
    log: Tensor
    gradient: Tensor
    curvature: Tensor

    @classmethod
    def at(cls, surface: Surface, points: Tensor, scales: Tensor) -> NewtonIterates:
        """Evaluate points; curvatures are differences of gradients, over a small part of each coordinate's scale."""
        dims, count = points.shape
        steps = DIFFERENCE * scales
        aside = torch.eye(dims + 1, dtype=torch.float64)[1:]  # a point itself, and one beside it in each coordinate
        moved = points[:, :, None] + aside[:, None] * steps[:, :, None]
        log, gradient = surface.at(moved.reshape(dims, -1))
        log, gradient = log.reshape(count, -1), gradient.reshape(dims, count, -1)
        changes = gradient[:, :, 1:] - gradient[:, :, :1]
        made = torch.stack([(moved[i, :, 1 + i] - points[i]) for i in range(dims)])  # after rounding
        slopes = (changes / made.T).permute(1, 0, 2)
        curvature = torch.nan_to_num(-(slopes + slopes.mT) / 2, nan=1.0, posinf=STEEPEST, neginf=-STEEPEST)
        fixed = surface.widths > 0
        curvature[:, fixed], curvature[:, :, fixed] = 0.0, 0.0
        curvature[:, fixed, fixed] = surface.widths[fixed] ** -2
        return cls(points, log[:, 0], gradient[:, :, 0], curvature)

    @property
    def scales(self) -> Tensor:
        """How far each coordinate may move before the density changes much, at most as far as in the prior, (d, S)."""
        return self.curvature.diagonal(dim1=1, dim2=2).abs().clamp(min=1.0).rsqrt().T

    def steps(self) -> tuple[Tensor, Tensor]:
        """Return Newton steps (d, S), up even where the density is not concave, and what each would gain, (S,)."""
        values, vectors = torch.linalg.eigh(self.curvature)
        along = (vectors.mT @ self.gradient.T[:, :, None]).squeeze(2)
        ways = along / values.abs().clamp(min=FLATTEST)
        return (vectors @ ways[:, :, None]).squeeze(2).T, (along * ways).sum(1) / 2


def climbed(surface: Surface, points: Tensor, watch: Watch) -> NewtonIterates:
    """Return where Newton's method leads from points (d, S), with the best of many lengths of each step."""
    found = NewtonIterates.at(surface, points, torch.ones_like(points))
    lengths = surface.size // points.shape[1]
    powers = 2.0 ** torch.arange(2, 2 - lengths, -1, dtype=torch.float64)
    for _ in range(MOST_STEPS):
        steps, gains = found.steps()
        if bool((gains < CLOSE).all()) or watch.over:
            break
        tried = found.points[:, :, None] + steps[:, :, None] * powers
        log = surface.at(tried.reshape(len(points), -1))[0].reshape(-1, lengths)
        best = log.max(1)
        risen = best.values > found.log
        if not bool(risen.any()):
            break
        chosen = tried.gather(2, best.indices[None, :, None].expand(len(points), -1, 1)).squeeze(2)
        found = NewtonIterates.at(surface, torch.where(risen, chosen, found.points), found.scales)
    return found


def located(factors: Factors, space: Space, starts: Tensor, watch: Watch) -> StudentTProposal | MixtureProposal | None:
    """Return a proposal around the modes that are reached from starts (d, n); None where none is found.

    Starts are best prior samples, in their order of preference; the search ends with the watch.
    """
    dims = len(starts)
    if not 0 < dims < SLOTS:
        return None
    slots = starts[:, torch.arange(SLOTS) % starts.shape[1]]
    most = max(1, min(STARTS, SLOTS // (dims + 1)))
    combinations = list(product(*[cells.middles for cells in space.cells.values()]))
    if len(combinations) > most:
        return None
    try:
        surface = Surface(factors, space, slots)
        possible = []
        for combination in combinations:
            for row, middle in zip(space.cells, combination, strict=True):
                slots[row] = middle
            log, _ = surface.at(slots)
            best = log.argsort(descending=True, stable=True) if space.cells else torch.arange(SLOTS)
            possible.append(slots[:, best[log[best] > -torch.inf]][:, : most // len(combinations)])
        begun = torch.cat(possible, 1)
        if not begun.shape[1]:
            return None
        found = climbed(surface, begun, watch)
    except PlotError:
        return None
    return around(found)


def around(found: NewtonIterates) -> StudentTProposal | MixtureProposal | None:
    """Return t distributions around the modes that climbers have reached, weighed by Laplace's evidence."""
    gains = found.steps()[1]
    values, vectors = torch.linalg.eigh(found.curvature)
    values = values.abs().clamp(min=FLATTEST)
    evidence = torch.where(gains.isfinite(), found.log - 0.5 * values.log().sum(1), -torch.inf)
    kept: list[int] = []
    for i in evidence.argsort(descending=True).tolist():
        if not evidence[i] > evidence.max() - FAR_BELOW or len(kept) == MixtureProposal.MOST:
            break
        ways = found.points[:, kept] - found.points[:, i : i + 1]
        apart = torch.stack([w @ found.curvature[k] @ w for w, k in zip(ways.T, kept, strict=True)]) if kept else None
        if apart is None or bool((apart.abs() > SAME).all()):
            kept.append(i)
    if not kept:
        return None
    parts = []
    for i in kept:
        root = torch.linalg.qr((vectors[i] * values[i].rsqrt()).T).R.T
        parts.append(StudentTProposal(found.points[:, i], root * root.diagonal().sign()))
    return parts[0] if len(parts) == 1 else MixtureProposal.of(parts, evidence[kept])


__all__ = ["NewtonIterates", "Surface", "climbed", "located", "log_density"]
