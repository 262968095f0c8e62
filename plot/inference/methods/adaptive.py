"""Adaptive importance sampling: importance sampling from a proposal fitted to the posterior.

For real latent variables that are always there, discrete ones marginalised of each utterance. Particles are
independent, so that an answer costs what its precision needs; the effective share and Pareto k of the weights show
whether the proposal fits.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

from plot.inference.contract import Goal, Posterior, Problem, State
from plot.inference.device import helpers, in_order
from plot.inference.estimates.reportable import LEAST_DRIFT
from plot.inference.evidence.evaluation import EntangledError
from plot.inference.evidence.factors import Factors, SharedError
from plot.inference.methods.draws import DrawnState, Draws, KeptDraws, answered
from plot.inference.methods.importance import seed_of
from plot.inference.particles.contraction import contractions
from plot.inference.particles.fitting import Fit, MissedError, UnfitError, fitted, fitted_given_others
from plot.inference.particles.mixtures import MixtureProposal
from plot.inference.particles.moves import contracted_repeatedly
from plot.inference.particles.nested import Nested
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import CurvedError, StudentTProposal
from plot.runtime.sites.randomness import Stream

ISLANDS = 16  # groups of particles: their disagreement is the standard error, known to a sixth of itself (not measured)
PER_ISLAND = 1_024  # particles (not measured)
LEAST_PER_ISLAND = 64  # particles (not measured)
ROWS_OF_A_PARTICLE = 500  # of a table, up to which a particle costs little more than the overhead (not measured)
MIN_ESS_SHARE = 0.02  # effective share of the particles below which SMC is more efficient
LEAST_PER_SITE = 0.0015  # many sites, as long as they are loosely tied, are moved as quickly as few
WORST_K = 0.7  # Pareto k of the weights: beyond, their sum has no stable error (Vehtari et al. 2024)
HEAVIER = 2.0  # times the heaviest weight drawn, with which a particle is where the fit hardly draws from
MOST_HEAVY = 0.003  # of the posterior there: less is below the errors that are stated
PER_ISLAND_CONTRACTED = 256  # particles, that show whether scales are to be smaller or larger than they are drawn
FITTING_TIME = 0.4  # of the time that is left
REASON = "importance sampling from a proposal fitted to the posterior"


@dataclass(frozen=True, slots=True, eq=False)
class AdaptiveState(DrawnState):
    """The fit and the draws from it, to continue from."""

    fit: Fit


@dataclass(slots=True)
class Adaptive:
    """Importance sampling from a proposal that is fitted in stages."""

    name: str = "adaptive"
    islands: int = ISLANDS
    per_island: int = PER_ISLAND

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by weighting particles of a fitted proposal. Raises UnfitError where none fits."""
        goal = goal.started()
        old = state if isinstance(state, AdaptiveState) and state.seed == goal.seed else None
        factors = Factors(problem, goal, Stream(goal.seed), old.factors if old is not None else None)
        try:
            seen = None
            if old is not None and old.lacks_supposition(factors):
                draws = FromFit(old.factors.fork(factors.stream).resumed(goal), self.islands, old.fit.size, fit=old.fit)
                seen = old.weighed(draws, factors, goal)
            if seen is None:
                draws = self._prepared(factors, goal, old)
            posterior = answered(draws, seen, problem, goal, self.name, REASON, draws.fit.warnings)
            if old is not None and old.lacks_supposition(factors):
                return posterior, old
            return posterior, AdaptiveState(factors, KeptDraws.of(draws), goal.seed, self.name, draws.fit)
        except CurvedError as error:
            raise UnfitError(f"'{error.name}' does not map to a fixed set of real coordinates", factors) from None
        except (SharedError, EntangledError):
            raise UnfitError("several utterances share a discrete latent variable", factors) from None

    def _prepared(self, factors: Factors, goal: Goal, old: AdaptiveState | None) -> FromFit:
        """Return the proposal: the previous one if there is no new evidence, else a new fit."""
        if old is not None and old.tells_all(factors):
            again = FromFit(factors, self.islands, old.fit.size, fit=old.fit)
            old.kept.resume(again)
            return again
        factors.stream = Stream(seed_of(goal.seed, len(factors.parts)))
        watch = goal.watch.within(FITTING_TIME * goal.watch.left)
        most = max(LEAST_PER_ISLAND, self.per_island // max(1, factors.rows // ROWS_OF_A_PARTICLE))
        per_island = goal.per_island(self.islands, most)
        draws: FromFit | None = None
        unfit: UnfitError | None = None
        try:
            draws = self._begun(factors, fitted(factors, self.islands, per_island, watch, old.fit if old else None))
        except UnfitError as error:
            unfit = error
        if draws is not None and (unfit := draws.unfit) is None and isinstance(draws.fit.proposal, Nested):
            return draws
        given = self._given_others(factors, goal, draws if unfit is None else None)
        if given is not None:
            return given
        if unfit is not None:
            raise unfit
        assert draws is not None
        return draws

    def _given_others(self, factors: Factors, goal: Goal, before: FromFit | None) -> FromFit | None:
        """Return draws from a proposal of some coordinates given the others, where those `before` miss something.

        Where there are none before, from any such proposal that fits. Raises MissedError where none does.
        """
        apart = factors.fork(Stream(seed_of(goal.seed, -1 - len(factors.parts))))
        watch = goal.watch.within(FITTING_TIME * goal.watch.left)
        known = None if before is None else (before.fit, before.log_evidence)
        fit = fitted_given_others(apart, self.islands, watch, known)
        if fit is None:
            return None
        found = self._begun(apart, fit)
        if found.unfit is None:
            return found
        if before is not None:
            raise MissedError("the posterior has a narrow region that no proposal fits")
        return None

    def _begun(self, factors: Factors, fit: Fit) -> FromFit:
        draws = FromFit(factors, self.islands, fit.size, fit=fit)
        next(draws.several(1))
        if any(True for _ in contractions(draws.batches[0])):
            draws.missed = self._missed(factors, fit)
        return draws

    def _missed(self, factors: Factors, fit: Fit) -> str | None:
        """Return how contractions of scales show that a fit misses something, None where they don't."""
        few = min(fit.size // self.islands, PER_ISLAND_CONTRACTED)
        drawn = fit.condition_on(factors, self.islands, fit.proposal.draw(self.islands, few, factors.stream))
        weighted = drawn.weighted
        moved, drift = contracted_repeatedly(factors, weighted)
        if drift > LEAST_DRIFT:
            return f"particles move away from it, by {drift:.2f} standard deviations"
        if not isinstance(fit.proposal, StudentTProposal | MixtureProposal):
            return None
        heaviest = weighted.log_weight.max() + math.log(HEAVIER)
        heavy = float((fit.log_weight(moved) > heaviest).double().mean())
        return f"{heavy:.1%} of the posterior is where it hardly draws from" if heavy > MOST_HEAVY else None


@dataclass(slots=True, eq=False, kw_only=True)
class FromFit(Draws):
    """Draws from a fitted proposal; `missed` is how moves of them show that there is something else."""

    fit: Fit
    missed: str | None = None

    @property
    def unfit(self) -> UnfitError | None:
        """The error for a fit of which the first batch's weights say that it is none."""
        least = max(MIN_ESS_SHARE, LEAST_PER_SITE * len(self.fit.space.transforms))
        why = self.distrust(least, WORST_K)
        why = why or self.missed
        return None if why is None else UnfitError(why, self.factors, self.fit)

    @property
    def log_evidence(self) -> float:
        """The log of the mean weight of the first batch."""
        return float(self.batches[0].island_evidence.logsumexp(0)) - math.log(self.islands)

    def weighted(self, count: int) -> Generator[Population, None, None]:
        """Yield batches; while one is read, the next ones are weighted on other cores."""
        fit, islands = self.fit, self.islands
        with helpers() as others:
            drawn = (fit.proposal.draw(islands, self.size // islands, self.factors.stream) for _ in range(count))
            begun = (
                (one, others.begin(partial(fit.try_condition_on_tape, self.factors, islands, one))) for one in drawn
            )
            for one, told in in_order(begun):
                yield (told.result() or fit.condition_on(self.factors, islands, one)).weighted


__all__ = ["Adaptive", "AdaptiveState"]
