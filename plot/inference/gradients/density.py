"""The log density of a program's real-valued latent variables, with its gradient, at many points at once.

The latent variables are the sites that the evidence reads, each a function of a coordinate (see `coordinates.py`).
Finite sites that one utterance alone reads are marginalised inside it. Hard conditions are relaxed: they cost so much
for each unit of their squared distance from truth (`plot/runtime/evaluator/distance.py`). With h the product of what
the evidence says and r the same with its conditions relaxed, r >= h everywhere, since a relaxed condition is
exp(-cost * distance^2), 1 where it holds; so draws from prior * r with the weights h / r, at most 1, are draws from
prior * h: the relaxation leaves no bias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from plot._lazy import once, torch
from plot.errors import PlotError
from plot.inference.estimates.islands import Sample
from plot.inference.evidence.evaluation import EntangledError, Evaluation, Reached, is_continuous
from plot.inference.evidence.factors import Factors, SharedError
from plot.inference.gradients.coordinates import Axis, Coordinate, Placed, axis_of
from plot.inference.numerics import effective_size, moments, root_of
from plot.inference.particles.population import Population, gathered
from plot.inference.particles.query import asked_for
from plot.inference.tape.recorder import record
from plot.language.syntax.nodes import Compare, Condition, Node, walk
from plot.runtime import Dims, Given
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

INSTEAD = "use a method that needs no gradient: --method smc, importance or auto"
NARROWEST = 1e-6  # scale of a coordinate, in units of the prior's (not measured)
PILOT_PARTICLES = 1_024  # prior samples in which all real variables are to be met (not measured)
ENOUGH = 64.0  # effective samples that a frame is fitted to (not measured)
RETRIES = 6  # after variables that no prior sample had reached (not measured)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedPoints:
    """Evaluated points: log densities (N,) of the prior and of the evidence, and the evaluation of each factor."""

    log_prior: Tensor
    log_weight: Tensor
    found: dict[int, Evaluation]

    @property
    def log_density(self) -> Tensor:
        """The log of the unnormalised posterior density in the space of the coordinates; never NaN."""
        total = self.log_prior + self.log_weight
        return torch.where(torch.isnan(total), -torch.inf, total)


class Density:
    """The density of a problem's real-valued latent variables.

    Raises PlotError where the problem does not fit `method`.
    """

    def __init__(self, factors: Factors, method: str) -> None:
        self.factors = factors
        self.method = method
        self.axes: dict[str, Axis] = {}
        self.jumps: str | None = None
        absorbed = {number for factor in factors.parts for number in factor.absorbs}
        self.parts = [factor for factor in factors.parts if factor.number not in absorbed]
        self.hard = any(isinstance(node, Condition) for node in walk(factors.program))

    @property
    def stream(self) -> Stream:
        """The random numbers of all that is drawn on the way."""
        return self.factors.stream

    @property
    def size(self) -> int:
        """The number of coordinates."""
        return len(self.axes)

    # -- relaxation ------------------------------------------------------------------------------------

    @contextmanager
    def relaxed(self, cost: float) -> Iterator[None]:
        """Let conditions be soft: they cost so much for each unit of their squared distance from truth."""
        price = torch.tensor([0.0, cost], dtype=torch.float64)
        before = dict(self.factors.costs)
        if self.hard:
            self.factors.costs.update({factor.number: price for factor in self.factors.parts})
        try:
            yield
        finally:
            self.factors.costs.clear()
            self.factors.costs.update(before)

    # -- the prior -------------------------------------------------------------------------------------

    def prior(self, particles: int) -> Tensor:
        """Return points (N, d) drawn from the prior. Raises Unforeseen where sites are met that have no coordinate."""
        coordinates, _ = self._met(particles, None)
        self._note_jumps(coordinates)
        points = [item.u for item in coordinates.values()]
        return torch.stack(points, 1) if points else torch.zeros((particles, 0), dtype=torch.float64)

    def _met(self, particles: int, points: Tensor | None) -> tuple[dict[str, Coordinate], dict[int, Evaluation]]:
        """Run all factors at points, or at prior samples; return the coordinates and the evaluation of each factor."""
        coordinates = {
            name: Coordinate(axis, particles, None if points is None else points[:, i], self.stream)
            for i, (name, axis) in enumerate(self.axes.items())
        }

        def placed(dims: Dims | None) -> Placed:
            return Placed({}, dims, particles, self.stream, coordinates)

        found: dict[int, Evaluation] = {}
        new: dict[str, Axis] = {}
        for factor in self.parts:
            with self._refusing():
                found[factor.number] = self.factors.interpreted(factor, particles, {}, placed)
            for name, site in found[factor.number].reached.items():
                if name not in coordinates:
                    new[name] = self._axis(name, site)
        if new:
            self.axes.update(new)
            raise Unforeseen
        return coordinates, found

    def _note_jumps(self, coordinates: Mapping[str, Coordinate]) -> None:
        """Record a latent variable that exists only in some worlds: the density is discontinuous there."""
        self.jumps = next((name for name, coordinate in coordinates.items() if not coordinate.everywhere), None)

    def _axis(self, name: str, site: Reached) -> Axis:
        if not is_continuous(site.distribution):
            raise PlotError(
                f"{self.method} needs real-valued latent variables, and {name} is not: it is discrete, and "
                "can't be marginalised within one utterance",
                hint=INSTEAD,
            )
        return axis_of(site.distribution)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Translate structural errors into messages for the user."""
        try:
            yield
        except SharedError as error:
            raise PlotError(
                f"{self.method} needs real-valued latent variables: {error.name} is discrete, and more "
                "than one utterance reads it in some worlds",
                hint=INSTEAD,
            ) from error
        except EntangledError as error:
            raise PlotError(
                f"{self.method} can't marginalise a discrete choice on which the distribution of a real number depends",
                hint=INSTEAD,
            ) from error

    # -- evaluation ------------------------------------------------------------------------------------

    def at(self, points: Tensor) -> EvaluatedPoints:
        """Evaluate points (N, d). Raises Unforeseen where sites are met that have no coordinate."""
        coordinates, found = self._met(len(points), points)
        reached, terms = gathered(found.values())
        log_weight = torch.zeros(len(points), dtype=torch.float64)
        for term in terms.values():
            log_weight = log_weight + term
        log_prior = torch.zeros(len(points), dtype=torch.float64)
        for name, coordinate in coordinates.items():
            density = reached[name].log_prob if name in reached else torch.zeros((), dtype=torch.float64)
            log_prior = log_prior + coordinate.log_prob(density)
        return EvaluatedPoints(log_prior, log_weight, found)

    def log_density(self, points: Tensor) -> Tensor:
        """Return the log of the unnormalised density of points (N, d), (N,)."""
        return self.at(points).log_density

    # -- the question ----------------------------------------------------------------------------------

    def answered(self, point: EvaluatedPoints, log_weight: Tensor, islands: int) -> Sample:
        """Return the values of the queries at points whose weights are given; what was marginalised is drawn."""
        population = Population.start(islands, len(log_weight) // islands)
        for factor in self.parts:
            population = population.condition_on(factor.number, point.found[factor.number], factor.absorbs)
        known = population.known
        while True:
            try:
                found = self.factors.interpreted(self.factors.question, population.size, known)
                break
            except SharedError as error:
                factor = self.factors.parts[self.factors.owner[error.name]]
                summed = self.factors.interpreted(factor, population.size, known)
                known[error.name] = Given(self.factors.drawn(factor, [error.name], summed, population.size)[0])
        assert found.run is not None
        log_weight = log_weight + asked_for(self.factors, population.size, known, found)
        return Sample(islands, log_weight, found.run.queries, found.run.warnings, dict(found.run.sites))


class Unforeseen(Exception):
    """The program reached a site that no particle of the prior had reached; by now it has a coordinate."""


def retried(attempt: Callable[[], T], method: str) -> T:
    """Call a function, again if it reached new latent variables."""
    for _ in range(RETRIES):
        try:
            return attempt()
        except Unforeseen:
            continue
    raise PlotError(
        f"{method} needs a fixed set of latent variables, but each sample of this program has different ones",
        hint=INSTEAD,
    )


# -- where to begin ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class AffineFrame:
    """An affine map of the coordinates in which the posterior is roughly round: z = centre + root u."""

    centre: Tensor
    root: Tensor

    def z(self, u: Tensor) -> Tensor:
        """Return the points (N, d) of frame coordinates (N, d)."""
        return self.centre + u @ self.root.T

    def u(self, z: Tensor) -> Tensor:
        """Return the frame coordinates of points."""
        u: Tensor = torch.linalg.solve_triangular(self.root, (z - self.centre).T, upper=False).T
        return u


def frame_of(points: Tensor, weights: Tensor) -> AffineFrame:
    """Return the frame of weighted points: their mean, and a root of their covariance shrunk towards its diagonal."""
    count = effective_size(weights)
    centre, covariance = moments(points.T, weights / weights.sum())
    diagonal = torch.diag(covariance.diagonal().clamp(min=NARROWEST**2))
    keep = count / (count + 2 * points.shape[1])
    shrunk = keep * covariance + (1 - keep) * diagonal + 1e-9 * diagonal
    return AffineFrame(centre, root_of(shrunk, diagonal.diagonal()))


class Compiled:
    """The log density of `count` points in a frame, conditions relaxed, with its gradient: both on one tape."""

    def __init__(self, density: Density, frame: AffineFrame, cost: float, count: int) -> None:
        self.density, self.frame, self.cost = density, frame, cost
        points = frame.z(density.stream.normals((count, density.size)))  # here and there, so that all branches run
        with torch.no_grad(), density.relaxed(cost):
            density.log_density(points)
            _, self.tape = record(self._with_gradient, {"points": points})

    def _with_gradient(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        with torch.enable_grad():
            points = given["points"].detach().requires_grad_()
            log_density = self.density.log_density(points)
            (gradient,) = torch.autograd.grad(log_density.sum(), points)
        return {"log": log_density.detach(), "gradient": gradient}

    def evaluated(self, points: Tensor) -> Mapping[str, Tensor]:
        """Return the log densities and their gradients; where the tape does not fit, from the program itself."""
        with torch.no_grad():
            found = self.tape.play({"points": points}) if self.tape is not None else None
            if found is not None:
                return found
            with self.density.relaxed(self.cost):
                return self._with_gradient({"points": points})

    def __call__(self, u: Tensor) -> Tensor:
        """Return the log densities of frame coordinates (count, d), (count,), through which gradients flow."""
        found: Tensor = _differentiable()(self.frame.z(u), self)
        return found


@once
def _differentiable() -> Any:
    """Return the function through which autograd takes the gradient that was computed with the value."""

    class Differentiable(torch.autograd.Function):
        """The log density of points, whose gradient is known already."""

        @staticmethod
        def forward(ctx: Any, points: Tensor, compiled: Compiled) -> Tensor:
            found = compiled.evaluated(points)
            ctx.save_for_backward(found["gradient"])
            return found["log"]

        @staticmethod
        def backward(ctx: Any, *grad: Tensor) -> Any:
            (gradient,) = ctx.saved_tensors
            return grad[0][:, None] * gradient, None

    return Differentiable.apply


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Draws of the prior (N, d) with what the relaxed evidence says of each, tempered so that many of them count."""

    points: Tensor
    weights: Tensor

    @property
    def frame(self) -> AffineFrame:
        """The frame of the weighted draws."""
        return frame_of(self.points, self.weights)

    def drawn(self, count: int, stream: Stream) -> Tensor:
        """Return points drawn from the weighted draws."""
        return self.points[stream.picks(self.weights, count)]


def begin(density: Density, cost: float, particles: int) -> Start | None:
    """Find the latent variables, and points to begin at; None where no draw of the prior fits even the relaxed
    evidence.

    Raises PlotError where a condition asks that real numbers are equal, which has probability 0.
    """
    with torch.no_grad():
        if not density.axes:
            density.prior(PILOT_PARTICLES)
        points = density.prior(particles)
        hard = density.at(points)
        with density.relaxed(cost):
            soft = density.at(points)
        _refuse_equality(density, hard)
    log_weight = torch.where(torch.isfinite(soft.log_density), soft.log_weight, -torch.inf)
    if not bool((log_weight > -torch.inf).any()):
        return None
    return Start(points, _tempered(log_weight))


def _tempered(log_weight: Tensor) -> Tensor:
    """Return weights raised to the largest power up to 1 that leaves an effective sample of ENOUGH."""
    log_weight = log_weight - log_weight.max()
    power = 1.0
    while True:
        weights = (power * log_weight).exp()
        if effective_size(weights) >= min(ENOUGH, float((weights > 0).sum())) or power < 1e-6:
            return weights
        power /= 1.5


def _refuse_equality(density: Density, hard: EvaluatedPoints) -> None:
    """Refuse a condition that no draw of the prior satisfies where it compares numbers for equality."""
    scales = density.factors._scales
    for factor in density.parts:
        if bool((hard.found[factor.number].log_weight > -torch.inf).any()):
            continue
        nodes: list[Node] = [node for node in density.factors.program.body if id(node) in factor.statements]
        compared = [node for outer in nodes for node in walk(outer) if isinstance(node, Compare)]
        for node in compared:
            numeric = any(id(comparator) in scales for comparator in node.comparators)
            if numeric and not {"==", "!="}.isdisjoint(node.ops):
                raise PlotError(
                    f"{density.method} can't condition on real numbers being equal: that has probability 0",
                    hint="state how precisely it is known: observe(normal(x, 0.1), 3), or condition(abs(x - 3) < 0.1)",
                    span=node.span,
                )


__all__ = [
    "AffineFrame",
    "Axis",
    "Compiled",
    "Density",
    "EvaluatedPoints",
    "Start",
    "Unforeseen",
    "begin",
    "frame_of",
    "retried",
]
