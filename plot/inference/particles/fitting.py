"""Fitting of a proposal to the posterior in tempered stages.

At each stage particles are drawn from the proposal, and the next one is fitted to them with their importance weights,
to a power that leaves enough of them: a step on the way from the proposal to the posterior (tempering; Cappe et al.
2008 and Cornuet et al. 2012 adapt proposals like this).
On the way what is impossible is only unlikely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plot._lazy import late, torch
from plot.errors import PlotError, UnreachedError
from plot.inference.estimates.reportable import Evidence
from plot.inference.estimates.tally import FaultRecord
from plot.inference.evidence.factors import Factors
from plot.inference.numerics import bisected, kish
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import Space, StudentTProposal
from plot.inference.progress import report
from plot.watch import Watch

if TYPE_CHECKING:
    from torch import Tensor

    from plot.inference.particles import conditioned, modes, nested
    from plot.inference.particles.conditioned import Conditioned
    from plot.inference.particles.mixtures import MixtureProposal
    from plot.inference.particles.nested import Nested
else:
    conditioned = late("plot.inference.particles.conditioned")
    modes = late("plot.inference.particles.modes")
    nested = late("plot.inference.particles.nested")

SHARE = 0.1  # of the particles that are to be left, effectively, at the first stage
EAGERNESS = 0.8  # what this share is multiplied by from stage to stage
LEAST_SHARE = 0.005  # of the particles, effectively, at the last stages (not measured)
UNLIKELY = -7.0  # nats below the best, at which what is impossible counts while a proposal is fitted (not measured)
MOST_STAGES = 16  # of fitting (not measured)
PATIENCE = 3  # stages without progress
LAST_STAGES = 2  # with all the evidence
HALVINGS = 10  # of a power: to a thousandth of the largest
FEWEST_EFFECTS = 2  # sites that depend on others: one alone is fitted well enough together with all else
PER_ISLAND_NESTED = 256  # particles: each costs several times as much, and counts for more
LOST = 1e-3  # of the posterior, where effects are narrower than numbers are
FAR = 1e-3  # power of the first stage below which stages from the prior are likely to be more than there are


class UnfitError(PlotError):
    """No proposal fits the posterior well enough.

    `factors` is what was found out of the problem; `fit` is the proposal that came nearest, to start from; `evidence`
    is what its weights say of the evidence, where there are any.
    """

    def __init__(self, why: str, factors: Factors, fit: Fit | None = None, evidence: Sequence[Evidence] = ()) -> None:
        super().__init__(f"no proposal could be fitted: {why}", hint="try another method: --method smc")
        self.factors = factors
        self.fit = fit
        self.evidence = evidence


class MissedError(UnreachedError):
    """A part of the posterior was found that no method here samples rightly: none is to take over."""

    def __init__(self, why: str) -> None:
        super().__init__(
            why, hint="give the measurements a known error, or the scale a prior that excludes values near 0"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A proposal for the sites of a problem; `warnings` tell of errors that ruled out prior samples.

    `size` is how many particles are drawn at once.
    """

    space: Space
    proposal: StudentTProposal | MixtureProposal | Nested | Conditioned
    warnings: tuple[str, ...] = ()
    size: int = 0

    def condition_on(self, factors: Factors, islands: int, drawn: tuple[Tensor, Tensor]) -> ConditionedPoints:
        """Condition particles, drawn at points (d, N) with a log density (N,), on the evidence."""
        size = drawn[0].shape[1]
        with _errors_of(factors):
            found = factors.evaluated(size, self.space.given(drawn[0]))
        return self._told(Population.after(islands, size, found), drawn)

    def try_condition_on_tape(
        self, factors: Factors, islands: int, drawn: tuple[Tensor, Tensor]
    ) -> ConditionedPoints | None:
        """Do the same with a single tape, None if there is none; nothing is drawn and nothing else changes."""
        size = drawn[0].shape[1]
        found = factors.at_once(size, self.space.given(drawn[0]))
        return None if found is None else self._told(Population.after(islands, size, found), drawn)

    def log_weight(self, population: Population) -> Tensor:
        """Return the log weights that particles would have had if they had been drawn from the fit, (N,)."""
        points = self.space.points(population.sites, population.size)
        target = self.space.log_prior(population.sites, points) + population.log_target(set(population.by_factor))
        proposal: Any = self.proposal
        found: Tensor = target - proposal.log_density_at(points)
        return torch.nan_to_num(found, nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)

    def _told(self, population: Population, drawn: tuple[Tensor, Tensor]) -> ConditionedPoints:
        points, density = drawn
        return ConditionedPoints(population, points, self.space.log_prior(population.sites, points) - density)


@dataclass(frozen=True, slots=True, eq=False)
class ConditionedPoints:
    """Particles at points (d, N) with the log of their prior over their proposal's density, `base` (N,)."""

    population: Population
    points: Tensor
    base: Tensor

    @property
    def weighted(self) -> Population:
        """The particles, weighted so that they stand for the posterior."""
        return replace(self.population, log_weight=self.base + self.likelihood)

    @property
    def likelihood(self) -> Tensor:
        """The log of the likelihood, (N,)."""
        return self.population.log_weight

    @property
    def guide(self) -> Tensor:
        """The log of the likelihood where what is impossible is only very unlikely, (N,)."""
        total = torch.zeros(self.population.size, dtype=torch.float64)
        for term in self.population.terms.values():
            total = total + _guide(term)
        return total

    def weights(self, share: float) -> tuple[float, Tensor, bool]:
        """Return the largest power of the weights that leaves a share of the particles, and the weights with it.

        At last they count as they are, of which the third result tells.
        """
        wanted = share * len(self.base)
        exact = self.base + self.likelihood
        if kish(exact) >= wanted:
            return 1.0, torch.softmax(exact, 0), True
        guided = self.base + self.guide
        power = largest_power(guided, wanted)
        return power, torch.softmax(power * guided, 0), False


def fitted(factors: Factors, islands: int, per_island: int, watch: Watch, old: Fit | None = None) -> Fit:
    """Fit a proposal in stages, from the prior or from an earlier fit, until the watch ends.

    Where real sites depend on others, they come second; where the posterior is too far away for stages from the prior,
    or too narrow, they begin around its modes. Raises UnfitError; CurvedError, SharedError or EntangledError where
    sites are no real numbers.
    """
    if len(factors.depending) >= FEWEST_EFFECTS:
        fit, prior = _from_prior(factors, islands, min(per_island, PER_ISLAND_NESTED))
        two_steps = nested.Nested.of(factors, fit.space, prior.population.sites, prior.points)
        if two_steps is not None:
            start = replace(fit, proposal=two_steps)
            best, done = _approached(factors, *_drawn(factors, prior, start), factors.watch)
            if not done:
                raise UnfitError("none is close enough to the posterior", factors)
            return best
    fit, prior = _from_prior(factors, islands, per_island)
    now = prior
    if old is not None and old.space.transforms.keys() == fit.space.transforms.keys() and old.size == fit.size:
        warnings = tuple(dict.fromkeys((*old.warnings, *fit.warnings)))
        fit, now = _drawn(factors, prior, replace(fit, proposal=old.proposal, warnings=warnings))
    best, done = fit, False
    if not fit.space.cells and now.weights(SHARE)[0] >= FAR:  # of a rare value the prior may have no particle
        best, done = _approached(factors, fit, now, watch)
    if not done:
        likeliest = prior.likelihood.argsort(descending=True)
        found = modes.located(factors, fit.space, prior.points[:, likeliest], watch)
        if found is not None:
            near, done = _approached(factors, *_drawn(factors, prior, replace(fit, proposal=found)), watch)
            best = near if done else best  # else particles are brought to the posterior from the prior's side
    if not done:
        raise UnfitError("none is close enough to the posterior", factors, best)
    return best


def fitted_given_others(
    factors: Factors, islands: int, watch: Watch, before: tuple[Fit, float] | None = None
) -> Fit | None:
    """Fit a proposal of some coordinates given the others; None where there is none, or none is needed.

    Where there is a fit `before` that can be trusted otherwise, with its log evidence, it is needed only if that misses
    something. Raises MissedError where it does and no other fits, or where the posterior is narrower than numbers are.
    """
    fit, prior = _from_prior(factors, islands, PER_ISLAND_NESTED)
    likeliest = prior.likelihood.argsort(descending=True)
    given = conditioned.Conditioned.of(factors, fit.space, prior.population.sites, prior.points[:, likeliest])
    if given is None:
        return None
    if before is not None and not given.missed_by(before[0].proposal, before[1]):
        return None
    best, done = _approached(factors, *_drawn(factors, prior, replace(fit, proposal=given)), watch)
    assert isinstance(best.proposal, conditioned.Conditioned)
    _, drawn = _drawn(factors, prior, best)
    shares = torch.nan_to_num(torch.softmax(drawn.weighted.log_weight, 0))
    if float(shares[best.proposal.fineness(drawn.points) < conditioned.FINEST].sum()) > LOST:
        raise MissedError(
            "the posterior is narrower than floating-point numbers resolve: nothing keeps a scale away from 0"
        )
    if before is not None and not done:
        raise MissedError("the posterior has a narrow region that no proposal fits")
    return best if done else None


def _from_prior(factors: Factors, islands: int, per_island: int) -> tuple[Fit, ConditionedPoints]:
    """Return the t distribution with the moments of the prior, and prior samples."""
    size = islands * per_island
    population, warnings = condition_prior(factors, Population.start(islands, per_island))
    space = Space.of(population.sites)
    points = space.points(population.sites, size)
    even = torch.full((size,), 1 / size, dtype=torch.float64)
    prior = ConditionedPoints(population, points, torch.zeros(size, dtype=torch.float64))
    return Fit(space, StudentTProposal.fitted(points, even), warnings, size), prior


def _drawn(factors: Factors, prior: ConditionedPoints, fit: Fit) -> tuple[Fit, ConditionedPoints]:
    """Return a fit and particles that were drawn from it, as many as there are of the prior."""
    islands, per_island = prior.population.islands, prior.population.per_island
    return fit, fit.condition_on(factors, islands, fit.proposal.draw(islands, per_island, factors.stream))


def _approached(factors: Factors, fit: Fit, now: ConditionedPoints, watch: Watch) -> tuple[Fit, bool]:
    """Refit repeatedly to particles of the previous fit; return the best, and whether it has all the evidence."""
    islands, size = now.population.islands, now.population.size
    best, farthest, left, patience = fit, 0.0, LAST_STAGES, PATIENCE
    for stage in range(MOST_STAGES):
        power, weights, whole = now.weights(max(SHARE * EAGERNESS**stage, LEAST_SHARE))
        report(power, f"fitting, stage {stage + 1}")
        fit = replace(fit, proposal=fit.proposal.refitted(now.points, weights))
        left -= whole
        if left == 0:
            return fit, True
        patience = PATIENCE if whole or power > farthest else patience - 1
        best, farthest = (fit, power) if power >= farthest else (best, farthest)
        if patience == 0 or watch.over:
            break
        now = fit.condition_on(factors, islands, fit.proposal.draw(islands, size // islands, factors.stream))
    return best, False


def condition_prior(factors: Factors, population: Population) -> tuple[Population, tuple[str, ...]]:
    """Condition prior samples on all evidence; return the runtime errors, too."""
    faults = FaultRecord()
    with _errors_of(factors):
        for factor in factors.parts:
            found = factors.evaluate(factor, population.size, population.known)
            population = population.condition_on(factor.number, found, factor.absorbs)
            faults.note(found.run.warnings if found.run is not None else ())
    return population, tuple(faults.warnings())


@contextmanager
def _errors_of(factors: Factors) -> Iterator[None]:
    """Turn an error that all particles meet into UnfitError: particles elsewhere may not meet it."""
    try:
        yield
    except PlotError as error:
        raise UnfitError(error.message, factors) from None


def _guide(log_weight: Tensor) -> Tensor:
    """Return an utterance's log likelihood, bounded below where it is impossible."""
    hard = bool((log_weight == -torch.inf).any())
    return log_weight.clamp(min=max(float(log_weight.max()), UNLIKELY) + UNLIKELY) if hard else log_weight


def largest_power(log_weight: Tensor, wanted: float, most: float = 1.0) -> float:
    """Return the largest power of weights, at most `most`, that leaves as many particles as wanted, by bisection."""
    if kish(most * log_weight) >= wanted:
        return most
    return bisected(lambda power: kish(power * log_weight) >= wanted, 0.0, most, HALVINGS)[0]


__all__ = ["Fit", "MissedError", "UnfitError", "fitted", "fitted_given_others", "largest_power"]
