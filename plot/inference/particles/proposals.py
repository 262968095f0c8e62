"""A proposal fitted to weighted particles: a multivariate t over the real coordinates of the sites."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.inference.evidence.evaluation import Reached
from plot.inference.numerics import HALF_LOG_TAU, effective_size, moments
from plot.inference.particles.cells import MOST_COMBINATIONS, Cells, cells_of
from plot.runtime import Given
from plot.runtime.sites.randomness import Stream, to_normals

if TYPE_CHECKING:
    from torch import Tensor

DEGREES = 4.0  # few, so that tails are heavier than a posterior's; more where there are more dimensions
JITTER = 1e-9  # of a variance, so that rounding leaves a covariance positive definite (not measured)


class CurvedError(Exception):
    """A site has no fixed real coordinate: it is discrete, not everywhere, or its support depends on other sites."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def real_line(distribution: Any) -> Any:
    """Return the map (a torch transform) from the real line to the values of a continuous distribution.

    What lies between bounds goes through the normal distribution function, so that a uniform site has a normal
    coordinate; a normal site's is standard, as is the logarithm of a log-normal's; what else lies above a bound goes
    through softplus, whose tails are no heavier than a posterior's; all else as torch maps it.
    """
    transforms, constraints = torch.distributions.transforms, torch.distributions.constraints
    support = distribution.support
    if isinstance(support, constraints.interval):
        normal = torch.distributions.Normal(torch.zeros((), dtype=torch.float64), 1.0, validate_args=False)
        low, high = support.lower_bound, support.upper_bound
        line = transforms.CumulativeDistributionTransform(normal)
        return line if _are(low, high, 0.0, 1.0) else _moved(line, low, high - low)
    if isinstance(distribution, dist.LogNormal):
        return transforms.ComposeTransform([_standardised(distribution), transforms.ExpTransform()])
    if isinstance(support, (constraints.greater_than, constraints.greater_than_eq)):
        unit = _unit(distribution, support.lower_bound)
        return _moved(transforms.SoftplusTransform(), support.lower_bound, unit)
    if isinstance(distribution, dist.Normal) and distribution.loc.numel() == distribution.scale.numel() == 1:
        return _standardised(distribution)
    return torch.distributions.biject_to(support)


def _standardised(distribution: Any) -> Any:
    """Return the map from standard normal coordinates; of a distribution that depends on other sites, a typical one."""
    loc, scale = distribution.loc.median(), distribution.scale.median()
    return torch.distributions.transforms.AffineTransform(loc, scale)


def _moved(line: Any, low: Any, scale: Any) -> Any:
    transforms = torch.distributions.transforms
    return transforms.ComposeTransform([line, transforms.AffineTransform(low, scale)])


def _are(low: Any, high: Any, least: float, most: float) -> bool:
    """Return whether two bounds, one for all particles, are these."""
    ends = torch.as_tensor(low, dtype=torch.float64), torch.as_tensor(high, dtype=torch.float64)
    return all([end.numel() == 1 and float(end) == value for end, value in zip(ends, (least, most), strict=True)])


def _unit(distribution: Any, low: Any) -> Any:
    """Return the scale of what lies above a bound: how far the mean is above it, 1 where that says nothing.

    It is one number for all particles, so that the same map serves others.
    """
    try:
        unit = torch.as_tensor(distribution.mean - low, dtype=torch.float64)
    except (NotImplementedError, AttributeError):
        return 1.0
    unit = torch.where(torch.isfinite(unit) & (unit > 0), unit, torch.ones_like(unit))
    return unit if unit.numel() == 1 else unit.median()


def is_real(site: Reached) -> bool:
    """Return whether a site is a real number in every particle, between bounds that do not depend on other sites."""
    support: Any = getattr(site.distribution, "support", None)
    if site.mask is not True or support is None or support.is_discrete or support.event_dim:
        return False
    ends = [getattr(support, end, None) for end in ("lower_bound", "upper_bound")]
    return site.density is None or not any(isinstance(end, torch.Tensor) and end.numel() > 1 for end in ends)


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The real coordinates of some sites, in order; those of the `standard` ones are standard normal in the prior."""

    transforms: Mapping[str, Any]
    standard: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sites: Mapping[str, Reached]) -> Space:
        """Return the space of these sites. Raises CurvedError where one has no fixed coordinate."""
        cells = {name: cells_of(site) for name, site in sites.items() if not is_real(site)}
        combinations = 1
        for name, found in cells.items():
            combinations *= MOST_COMBINATIONS + 1 if found is None else found.count
            if combinations > MOST_COMBINATIONS:
                raise CurvedError(name)
        standard = [name for name, site in sites.items() if _is_standard(site)]
        lines = {name: cells.get(name) or real_line(sites[name].distribution) for name in sorted(sites)}
        return cls(lines, frozenset(standard))

    @property
    def cells(self) -> dict[int, Cells]:
        """The rows of choices between a few values, with their cells."""
        return {i: line for i, line in enumerate(self.transforms.values()) if isinstance(line, Cells)}

    def points(self, sites: Mapping[str, Reached], size: int) -> Tensor:
        """Return where the particles are, (d, N)."""
        rows = [transform.inv(sites[name].raw.expand(size)) for name, transform in self.transforms.items()]
        return torch.stack(rows) if rows else torch.zeros(0, size, dtype=torch.float64)

    def given(self, points: Tensor) -> dict[str, Given]:
        """Return the values of the sites at points, for a run to continue from."""
        return {name: Given(transform(points[i])) for i, (name, transform) in enumerate(self.transforms.items())}

    def log_prior(self, sites: Mapping[str, Reached], points: Tensor) -> Tensor:
        """Return the log prior density of points (d, N) in these coordinates, (N,). Raises CurvedError."""
        if sites.keys() != self.transforms.keys():
            raise CurvedError(next(iter(sites.keys() ^ self.transforms.keys())))
        rows = [i for i, name in enumerate(self.transforms) if name in self.standard and sites[name].density is None]
        total = (points[rows] ** 2).sum(0).mul_(-0.5).sub_(len(rows) * HALF_LOG_TAU)
        for i, (name, transform) in enumerate(self.transforms.items()):
            if i not in rows:
                total = total + sites[name].log_prob + transform.log_abs_det_jacobian(points[i], sites[name].raw)
        return torch.where(total < torch.inf, total, -torch.inf)  # at a bound, where values are rounded to it, too


def _is_standard(site: Reached) -> bool:
    """Return whether the coordinate of a site is standard normal: its values are, moved, or are uniform."""
    return site.density is None and isinstance(site.distribution, (dist.Normal, dist.Uniform))


def standard_t(distance: Tensor, dims: int, degrees: float) -> Tensor:
    """Return the log density of a multivariate standard t at squared distances (N,) from its middle."""
    constant = math.lgamma((degrees + dims) / 2) - math.lgamma(degrees / 2) - dims / 2 * math.log(degrees * math.pi)
    return constant - (degrees + dims) / 2 * torch.log1p(distance / degrees)


@dataclass(frozen=True, slots=True, eq=False)
class StudentTProposal:
    """A multivariate t distribution with mean (d,) and scale matrix root @ root.T."""

    mean: Tensor
    root: Tensor

    @property
    def degrees(self) -> float:
        """The degrees of freedom: with more dimensions, fewer of them would leave almost no point in the middle."""
        return DEGREES + len(self.mean) / 2

    @classmethod
    def fitted(cls, points: Tensor, weights: Tensor, before: StudentTProposal | None = None) -> StudentTProposal:
        """Return the proposal with the mean and covariance of weighted points (d, N); the weights sum to one.

        The covariance is drawn towards that of the proposal before, as if d further points had been seen there.
        """
        on = (weights > 0) & points.isfinite().all(0)
        points, weights = points[:, on], weights[on] / weights[on].sum()
        mean, covariance = moments(points, weights)
        if before is not None:
            new = effective_size(weights)
            covariance = (new * covariance + len(mean) * before.root @ before.root.T) / (new + len(mean))
        jitter = JITTER * covariance.diagonal().clamp(min=1e-12)
        return cls(mean, torch.linalg.cholesky(covariance + jitter.diag()))

    def refitted(self, points: Tensor, weights: Tensor) -> StudentTProposal:
        """Return the proposal fitted to weighted points (d, N) that were drawn from this one, or near it."""
        return StudentTProposal.fitted(points, weights, self)

    def marginal(self, rows: Tensor) -> StudentTProposal:
        """Return the proposal of some rows alone."""
        root = torch.linalg.qr(self.root[rows].T).R.T
        return StudentTProposal(self.mean[rows], root * root.diagonal().sign())

    def draw(self, islands: int, per_island: int, stream: Stream) -> tuple[Tensor, Tensor]:
        """Draw points, those of an island evenly; return them, (d, N), and their log densities, (N,)."""
        half = self.degrees / 2
        drawn = (half / stream.gammas(half, (islands * per_island,))).sqrt()
        steps = even_normals(len(self.mean), islands, per_island, stream) * drawn
        return self.mean[:, None] + self.root @ steps, self.log_density((steps * steps).sum(0))

    def log_density(self, distance: Tensor) -> Tensor:
        """Return the log density where the squared distance from the middle, in units of the root, is this, (N,)."""
        return standard_t(distance, len(self.mean), self.degrees) - self.root.diagonal().log().sum()

    def log_density_at(self, points: Tensor) -> Tensor:
        """Return the log density of points (d, N), (N,)."""
        return self.log_density(self.distance(points))

    def distance(self, points: Tensor) -> Tensor:
        """Return the squared distances of points (d, N) from the middle, in units of the root, (N,)."""
        steps: Tensor = torch.linalg.solve_triangular(self.root, points - self.mean[:, None], upper=False)
        return (steps * steps).sum(0)


# Normal numbers that fill their space evenly: the points of a lattice, moved at random, island by island.
#
# A rank-1 lattice, shifted (Cranley and Patterson 1976): every point is a draw of the distribution, those of an island
# keep their distance, and islands are independent. So estimates stay as they are, and their errors, which the islands
# tell, get smaller where what is estimated is smooth (Dick, Kuo and Sloan 2013, High-dimensional integration).

# Built component by component for 1,024 points: each has the least worst-case error in the Korobov space of smoothness
# 2 with product weights of 0.1.
GENERATOR = (
    *(1, 275, 421, 231, 71, 453, 83, 483, 105, 325, 27, 411, 19, 371, 345, 509, 223, 107, 291, 505, 235, 309),
    *(349, 413, 437, 265, 245, 481, 361, 75, 185, 197, 435, 29, 441, 261, 165, 455, 381, 283, 93, 193, 187, 311),
    *(317, 183, 249, 3, 397, 51, 41, 315, 191, 155, 501, 177, 37, 387, 273, 53, 409, 427, 485, 297),
)


def even_normals(dims: int, islands: int, per_island: int, stream: Stream) -> Tensor:
    """Draw standard normal points, (dims, islands * per_island), an island's side by side.

    In dimensions beyond those of the lattice they are independent.

    >>> even_normals(2, 16, 1_024, Stream(0)).shape
    torch.Size([2, 16384])
    """
    generator = torch.tensor(GENERATOR[:dims], dtype=torch.int64)
    steps = (generator[:, None] * torch.arange(per_island) % per_island).double() / per_island
    shifts = stream.uniforms((len(generator), islands, 1))
    even = to_normals((steps[:, None] + shifts).frac_().reshape(len(generator), islands * per_island))
    if dims <= len(generator):
        return even
    return torch.cat([even, stream.normals((dims - len(generator), even.shape[1]))])


__all__ = ["CurvedError", "Space", "StudentTProposal", "even_normals", "is_real", "moments", "real_line", "standard_t"]
