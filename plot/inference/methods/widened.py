"""Prior samples of which some random choices are drawn more widely, weighted so that they stand for the posterior.

What the evidence leaves of the prior may be where no prior sample comes: a count of 3 where one in 1e10 is so large, a
rare cause of something odd. All samples that come elsewhere may agree, so that nothing in their weights tells. Draws of
one choice, or of a few, from distributions with heavy tails come there, wherever it is. Each choice is drawn from a
mixture of its prior and a wider distribution, and samples are weighted by its density, so that no weight is much larger
than that of a prior sample (defensive importance sampling: Hesterberg 1995).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from plot._lazy import dist, torch
from plot.errors import BudgetError
from plot.inference.contract import Goal, Problem
from plot.inference.evidence.evaluation import is_continuous
from plot.inference.particles.proposals import real_line
from plot.runtime import Run, RunPlan, run
from plot.runtime.sites.discrete_uniform import kind as discrete_uniform_kind
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.samplers import drawn, sampled
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

TAIL = 0.5  # exponent of the tail of a widened count, in units of its spread
REAL_TAIL = 1.0  # the same of a real coordinate
RARE = 0.02  # probability of a value below which a choice is drawn widely
MOST_WIDE = 0.5  # share of a choice that is drawn widely
WIDE = 2.0  # choices of a sample that are, on average
FARTHEST = (2.0**40, 64.0)  # units from the mean to the largest count; fewer where a program can't bear so many
SURVEYED = 4_096  # particles: half of a first batch (not measured)
BARELY = 0.5  # prior samples that come near: with fewer, none may
MISSED = 0.002  # of the posterior, where prior samples don't come: less is below the errors that are stated
BETTER = 4.0  # times the effective share of prior samples


@dataclass(slots=True, eq=False)
class WidenedDraws:
    """The source of a run's values: a `share` of each choice that may be rare is drawn widely, all others as usual.

    `log_weight` is the log of the prior's density over that of the draws, (N,).
    """

    share: float
    particles: int
    stream: Stream
    farthest: float
    log_weight: Tensor

    def raw(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Return the raw value of a site that the particles of a mask reach."""
        found = drawn(distribution, self.particles, self.stream)
        if not may_be_rare(distribution):
            return found
        wide = wider(distribution, self.particles, self.farthest)
        if isinstance(wide, _WideReal) and not wide.bears(drawn(distribution, self.particles, self.stream)):
            return found
        widely = self.stream.uniforms((self.particles,)) < self.share
        found = torch.where(widely, wide.draw(self.stream).to(found.dtype), found)
        ratio = wide.log_density(found) - distribution.log_prob(found)
        ratio = torch.where(ratio.isnan(), math.inf, ratio)
        either = torch.logaddexp(ratio + math.log(self.share), torch.full_like(ratio, math.log1p(-self.share)))
        self.log_weight = self.log_weight - torch.where(as_tensor(mask), either, 0.0)
        return found

    def row_dimension(self) -> int | None:
        """Return the dimension to the left of the particles': no site has any other one."""
        return -2

    def stand_in(self, distribution: Any) -> Tensor:
        """Draw what stands for a value that can't be."""
        return sampled(distribution, distribution.batch_shape, self.stream)


class Widened(Protocol):
    """A distribution with heavy tails around another one, for each particle."""

    def draw(self, stream: Stream) -> Tensor:
        """Draw a value for each particle."""
        ...

    def log_density(self, values: Tensor) -> Tensor:
        """Return the log density of values, (N,)."""
        ...


def wider(distribution: Any, particles: int, farthest: float) -> Widened:
    """Return a distribution around another one; its whole numbers are at most `farthest` units from the mean."""
    if isinstance(distribution, dist.Bernoulli | dist.Categorical):
        count = 2 if isinstance(distribution, dist.Bernoulli) else distribution.probs.shape[-1]
        return _Even(count, particles)
    if is_continuous(distribution):
        return _WideReal(distribution, particles)
    return _WideCount(distribution, particles, farthest)


@dataclass(frozen=True, slots=True)
class _Even:
    """A choice between values that are all alike."""

    count: int
    particles: int

    def draw(self, stream: Stream) -> Tensor:
        return (stream.uniforms((self.particles,)) * self.count).floor()

    def log_density(self, values: Tensor) -> Tensor:
        return torch.full((self.particles,), -math.log(self.count), dtype=torch.float64)


class _WideCount:
    """Whole numbers from 0 whose distance from the mean has a Pareto distribution, rounded down."""

    def __init__(self, distribution: Any, particles: int, farthest: float) -> None:
        self.particles, self.farthest = particles, farthest
        self.middle = distribution.mean.floor()
        self.unit = distribution.variance.sqrt().clamp(min=1.0)

    def draw(self, stream: Stream) -> Tensor:
        nearest = (1 + self.farthest) ** -TAIL
        away = (nearest + (1 - nearest) * stream.uniforms((self.particles,))) ** (-1 / TAIL) - 1
        away = (away * self.unit).floor()
        down = (stream.uniforms((self.particles,)) < 0.5) & (away <= self.middle)
        found: Tensor = torch.where(down, self.middle - away, self.middle + away)
        return found

    def log_density(self, values: Tensor) -> Tensor:
        away = (values - self.middle).abs()
        nearest = (1 + self.farthest) ** -TAIL
        least = ((1 + (away + 1) / self.unit) ** -TAIL).clamp(min=nearest)
        share = (((1 + away / self.unit) ** -TAIL - least) / (1 - nearest)).clamp(min=0)
        halved = (away > 0) & (away <= self.middle)
        return torch.where(halved, share / 2, share).log()


class _WideReal:
    """Real numbers whose coordinate on the real line has a Pareto distribution to both sides."""

    def __init__(self, distribution: Any, particles: int) -> None:
        self.particles = particles
        if isinstance(distribution, dist.Normal | dist.StudentT | dist.Cauchy | dist.Laplace):
            self.line: Any = torch.distributions.transforms.AffineTransform(distribution.loc, distribution.scale)
        else:
            self.line = real_line(distribution)

    def draw(self, stream: Stream) -> Tensor:
        away = stream.uniforms((self.particles,)) ** (-1 / REAL_TAIL) - 1
        found: Tensor = self.line(torch.where(stream.uniforms((self.particles,)) < 0.5, -away, away))
        return found

    def log_density(self, values: Tensor) -> Tensor:
        points = self.line.inv(values)
        log = math.log(REAL_TAIL / 2) - (REAL_TAIL + 1) * torch.log1p(points.abs())
        found: Tensor = log - self.line.log_abs_det_jacobian(points, values)
        return found

    def bears(self, values: Tensor) -> bool:
        """Return whether values of the prior have densities here: none has been rounded to an end of the support."""
        return bool(self.line.inv(values).isfinite().all())


def may_be_rare(distribution: Any) -> bool:
    """Return whether a choice has values that few prior samples have."""
    if isinstance(distribution, dist.Bernoulli | dist.Categorical):
        probs = distribution.probs
        least = torch.minimum(probs, 1 - probs) if isinstance(distribution, dist.Bernoulli) else probs
        return bool(((least > 0) & (least < RARE)).any())
    return not isinstance(distribution, discrete_uniform_kind())


def share_to_widen(found: Run) -> float:
    """Return the share of each choice that is drawn widely, so that it is a few of a sample, 0 where none may be rare.

    Args:
        found: A run of the prior.
    """
    rare = {site.of for site in found.choices.values() if not site.observed and may_be_rare(site.distribution)}
    return min(MOST_WIDE, WIDE / len(rare)) if rare else 0.0


def widened(problem: Problem, goal: Goal, share: float, size: int, seed: int) -> tuple[Run, Tensor]:
    """Run a problem's program with choices drawn widely; return the run, and the log weight of its draws, (N,).

    Raises PlotError where all particles fail, BudgetError.
    """
    for farthest in FARTHEST:
        zero = torch.zeros(size, dtype=torch.float64)
        source = WidenedDraws(share, size, Stream(seed), farthest, zero)
        try:
            found = run(problem.program, size, RunPlan(source=source, budget=goal.budget))
            return found, source.log_weight
        except BudgetError as error:
            if error.budget == "seconds" or farthest == FARTHEST[-1]:
                raise
    raise AssertionError


def missed(log_weight: Tensor, log_prior: Tensor, prior_samples: int) -> float:
    """Return the share of the posterior where so many prior samples are not expected to come.

    Args:
        log_weight: The log weights of particles (N,), evidence and draws.
        log_prior: The log weights of their draws.
        prior_samples: How many prior samples there are.
    """
    weights = torch.nan_to_num(torch.softmax(log_weight, 0))
    near = prior_samples / len(log_prior) * log_prior.exp()
    return float(weights[near < BARELY].sum())


__all__ = ["BETTER", "MISSED", "SURVEYED", "missed", "share_to_widen", "widened"]
