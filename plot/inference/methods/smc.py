"""Sequential Monte Carlo (Del Moral et al. 2006): particles are weighted and moved one utterance at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import BudgetError
from plot.inference.contract import INTERRUPTED, Goal, Posterior, Problem, State, Stop, stopped
from plot.inference.estimates.islands import Estimate, Estimator, Sample
from plot.inference.estimates.report import SampledEstimate
from plot.inference.estimates.report import report as summary
from plot.inference.estimates.reportable import TRUSTED_ESS, is_drifting
from plot.inference.evidence.contradiction import narrowed
from plot.inference.evidence.factors import Factor, Factors, SharedError
from plot.inference.methods.importance import seed_of
from plot.inference.particles.annealing import annealed
from plot.inference.particles.bridge import BridgeStep, crossed
from plot.inference.particles.contraction import contractions
from plot.inference.particles.drift import Drift, largest_drift
from plot.inference.particles.fitting import Fit
from plot.inference.particles.moves import Tuning, blocks, contracted, move
from plot.inference.particles.population import Population
from plot.inference.particles.query import caught_up, evaluate_query, missing, shared
from plot.inference.progress import report
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

ISLANDS = 16  # groups of particles: their disagreement is the standard error, known to a sixth of itself (not measured)
PER_ISLAND = 1_024  # particles (not measured)
MUCH = 2_000  # utterances times sites
FEWER = 4  # times fewer particles, where there is MUCH (not measured)
MOST_ROUNDS = 64  # populations from the prior (not measured)
MOST_EVALUATIONS = 32  # of a question, between moves of one population (not measured)
FEWEST_LOOKS = 2  # at a chain: what the moves between them change tells whether it has arrived
SOME_LOOKS = 4  # where there are scales, which may become small where nothing else is near
BAD_R_HAT = 1.2  # of the islands: beyond, they have not come to the same distribution (not measured)
# Of an island's particles, effectively, which an utterance leaves: it is then approached in steps (not measured).
TOO_FEW = 0.02
WIDER = 8  # times as many prior samples for the first utterance (not measured)
MOST_SWEEPS = 20  # of moves after an utterance (not measured)
PILOT_ISLANDS = 4  # of a first, small population (not measured)
PILOT_PARTICLES = 256  # of each of its islands (not measured)
REASON = "sequential Monte Carlo: particles are weighted, resampled and moved one utterance at a time"


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """An independent population with its copy of the factors, its random stream, and its tuned moves.

    `distinct` is the share of its particles that moves have told apart, `told` the number of utterances that it knows,
    `drift` where it was while questions were asked.
    """

    factors: Factors
    population: Population
    tuning: Tuning
    distinct: float
    told: int
    drift: Drift = field(default_factory=Drift)


@dataclass(slots=True, eq=False)
class MovedRound:
    """A round that is moved on, with the evaluations of the query on the way.

    `before` is the round without what the question supposes, None where that is nothing. An evaluation takes `pace`
    seconds; to begin took `took`. `forgotten` counts the particles of evaluations that no longer count.
    """

    round: Round
    before: Round | None = None
    evaluations: list[Sample] = field(default_factory=list)
    drift: Drift = field(default_factory=Drift)
    pace: float = 0.0
    took: float = 0.0
    forgotten: int = 0

    @property
    def kept(self) -> Round:
        """The round to continue from."""
        return self.before or replace(self.round, drift=self.drift)

    @property
    def sample(self) -> Sample:
        """All looks as one sample."""
        return replace(self.evaluations[0], later=tuple(self.evaluations[1:]))

    @property
    def particles(self) -> int:
        """The number of particles evaluated."""
        return self.forgotten + sum(sample.particles for sample in self.evaluations)

    def forget(self) -> None:
        """Forget all evaluations but the last: the particles were on their way."""
        self.forgotten = self.particles - self.evaluations[-1].particles
        del self.evaluations[:-1]
        self.drift = Drift()
        self.drift.add(self.round.population)


@dataclass(frozen=True, slots=True, eq=False)
class SmcState:
    """The rounds after the evidence, to continue from; `fit` is where to begin if there are none."""

    base: Factors
    rounds: tuple[Round, ...]
    seed: int
    fit: Fit | None = None
    method: str = "smc"


class NoSupportError(Exception):
    """No particle satisfies the evidence, even when it is approached in steps."""


@dataclass(slots=True)
class Smc:
    """Sequential Monte Carlo over the utterances, in islands."""

    name: str = "smc"
    islands: int = ISLANDS
    per_island: int = PER_ISLAND
    moves: float = 0.7
    final_moves: float = 2.0
    looks: int = FEWEST_LOOKS

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by moving particles through the evidence; evidence in the earlier state is not processed again."""
        goal = goal.started()
        sized = replace(self, per_island=goal.per_island(self.islands, self.per_island))
        try:
            return sized._infer(problem, goal, state)
        except NoSupportError:
            raise narrowed(problem, goal, self._supports) from None

    def _supports(self, problem: Problem, goal: Goal) -> bool:
        """Return whether a small population finds a world in which all the evidence is true."""
        small = replace(self, islands=PILOT_ISLANDS, per_island=PILOT_PARTICLES)
        try:
            small._round(Factors(problem, goal, Stream(goal.seed)), goal, 0)
        except NoSupportError:
            return False
        return True

    def _infer(self, problem: Problem, goal: Goal, state: State | None) -> tuple[Posterior, State | None]:
        old = state if isinstance(state, SmcState) and state.seed == goal.seed else None
        factors = Factors(problem, goal, Stream(goal.seed), old.base if old is not None else None)
        rounds: list[Round] = []
        if old is not None and all([kept.told <= min(factors.same, factors.told) for kept in old.rounds]):
            rounds = [self.continued(factors, kept) for kept in old.rounds]
        fit = old.fit if old is not None else None
        begun = goal.watch.elapsed
        if not rounds:
            rounds = [self._round(factors, goal, 0, fit)]
        chains = [self._begun(item, goal) for item in rounds]
        chains[0].took = goal.watch.elapsed - begun
        shortfall = self._until_settled(factors, chains, problem, goal, fit)
        posterior = self._posterior(_found(chains), chains, problem, goal, shortfall)
        return posterior, SmcState(factors, tuple(chain.kept for chain in chains), goal.seed)

    def _until_settled(
        self, factors: Factors, chains: list[MovedRound], problem: Problem, goal: Goal, fit: Fit | None
    ) -> Stop | None:
        """Go on until the goal is reached by chains that don't drift; return what stopped it before, if anything.

        Where they drift, what was seen on the way is forgotten, and twice as many looks are to show that they arrived.
        """
        fewest = self.looks
        while True:
            shortfall = self._until_sharp(factors, chains, problem, goal, fit)
            if shortfall is not None:
                return shortfall
            self._looked_again(chains, goal, fewest)
            size = _size(_found(chains, shapes=False), chains)
            if not is_drifting(largest_drift([chain.drift for chain in chains]), size) or goal.late:
                return None
            fewest = min(MOST_EVALUATIONS, 2 * max(len(chain.drift.means) for chain in chains))
            if (
                goal.particles is not None
                and fewest * sum(chain.round.population.size for chain in chains) > goal.particles
            ):
                return None
            if fewest * sum(chain.pace for chain in chains) > goal.watch.left:
                return None
            for chain in chains:
                chain.forget()

    def _until_sharp(
        self, factors: Factors, chains: list[MovedRound], problem: Problem, goal: Goal, fit: Fit | None
    ) -> Stop | None:
        """Evaluate the query repeatedly until the goal is reached; return what stopped it before, if anything."""
        shortfall: Stop | None = None
        while shortfall is None:
            found = _found(chains, shapes=False)
            if missing(found, problem, goal) <= 1:
                return goal.time_is_up if any(chain.round.tuning.cut for chain in chains) else None
            size = min([*found.sizes[: problem.targets], found.tally.ess])
            if goal.late and (found.r_hat > BAD_R_HAT or size < TRUSTED_ESS):
                return goal.time_is_up
            try:
                shortfall = self._extended(factors, chains, goal, fit)
            except (KeyboardInterrupt, BudgetError) as error:
                shortfall = INTERRUPTED if isinstance(error, KeyboardInterrupt) else stopped(error, goal)
                if shortfall is None:
                    raise
        return shortfall

    def _looked_again(self, chains: list[MovedRound], goal: Goal, least: int) -> None:
        """Look again at chains, as far as budgets go, until it is clear whether their particles have arrived."""
        for chain in chains:
            fewest = max(least, SOME_LOOKS if bool(chain.drift.bounded.any()) else FEWEST_LOOKS)
            while len(chain.drift.means) < fewest:
                used = sum(chain.particles for chain in chains) + chain.evaluations[0].particles
                if (goal.particles is not None and used > goal.particles) or chain.pace > goal.watch.left:
                    break
                try:
                    self._evaluated(chain)
                except BudgetError:
                    return
                if len(chain.drift.means) == fewest < MOST_EVALUATIONS and chain.drift.possible:
                    fewest *= 2

    def _extended(self, factors: Factors, chains: list[MovedRound], goal: Goal, fit: Fit | None) -> Stop | None:
        """Continue the last chain for as long again, or start another; return the budget that prevents both."""
        chain = chains[-1]
        size = chain.evaluations[0].particles
        if goal.particles is not None and sum(chain.particles for chain in chains) + size > goal.particles:
            return Stop("particles", f"the {goal.particles:,} particles allowed were used")
        left = goal.watch.left
        evaluations = len(chain.evaluations)
        if evaluations < MOST_EVALUATIONS:
            within = int(left / chain.pace) if chain.pace > 0 else evaluations
            for _ in range(min(evaluations, within)):
                self._evaluated(chain)
            return None if within >= evaluations else goal.time_is_up
        if len(chains) >= MOST_ROUNDS:
            return Stop("evaluations", f"{MOST_ROUNDS} rounds were made")
        if max(chain.took for chain in chains) > left:
            return goal.time_is_up
        begun = goal.watch.elapsed
        chains.append(self._begun(self._round(factors, goal, len(chains), fit), goal))
        chains[-1].took = goal.watch.elapsed - begun
        return None

    def _begun(self, told: Round, goal: Goal) -> MovedRound:
        """Start a chain with its first evaluation of the query."""
        told.factors.watch = goal.watch
        now = self.supposing(told)
        return self._evaluated(MovedRound(now, None if now is told else told, drift=now.drift.copy()))

    def _evaluated(self, chain: MovedRound) -> MovedRound:
        """Move all sites of a chain, then evaluate the query again."""
        now = chain.round
        watch = now.factors.watch
        begun = watch.elapsed
        population = now.population
        if chain.evaluations:
            population = self._moved(now.factors, population, list(population.sites), now.tuning, 0.0)
        sample = evaluate_query(now.factors, population)
        chain.round = replace(now, population=population)
        if chain.evaluations:
            chain.pace = max(chain.pace, watch.elapsed - begun)
        if chain.evaluations or not chain.drift.means:  # else it stands where the question before left it
            chain.drift.add(population)
        chain.evaluations.append(sample)
        return chain

    # -- the evidence ----------------------------------------------------------------------------------

    def _round(self, base: Factors, goal: Goal, number: int, fit: Fit | None = None) -> Round:
        """Condition a new population on all the evidence; with a fit it starts near the posterior."""
        factors = base.fork(Stream(seed_of(goal.seed, number)))
        tuning = Tuning()
        arrived = self._crossed(factors, fit, tuning) if fit is not None else None
        if arrived is not None:
            return self._rested(factors, arrived, tuning, len(factors.parts))
        few = factors.breadth > MUCH  # more would not be moved through it in time
        per_island = min(self.per_island, PER_ISLAND // FEWER) if few else self.per_island
        population = Population.start(self.islands, per_island)
        for factor in factors.parts[: factors.told]:
            report(factor.number / len(factors.parts), f"{factor.number} of {len(factors.parts)} utterances")
            population = self._told(factors, population, factor, tuning)
        return self._rested(factors, population, tuning, factors.told)

    def continued(self, base: Factors, kept: Round) -> Round:
        """Condition a population on the new evidence."""
        factors, population = base.fork(kept.factors.stream.copy()), kept.population
        old = kept.factors.fork(factors.stream).resumed(base.goal)
        kept.tuning.cut = False
        population = caught_up(factors, old, population)
        if kept.told == factors.told:
            return replace(kept, factors=factors, population=population)
        for factor in factors.parts[kept.told : factors.told]:
            population = self._told(factors, population, factor, kept.tuning)
        return self._rested(factors, population, kept.tuning, factors.told)

    def supposing(self, told: Round) -> Round:
        """Return a round that also knows what the question supposes: weighed where enough particles are left, or moved.

        The round without stays as it is.
        """
        if told.told == len(told.factors.parts):
            return told
        factors, population = told.factors.fork(told.factors.stream.copy()), told.population
        tuning = replace(told.tuning, faults=copy(told.tuning.faults))
        for factor in factors.parts[told.told :]:
            population = self._told(factors, population, factor, tuning)
        if torch.equal(population.log_evidence, told.population.log_evidence):  # no island was resampled
            return Round(factors, population, tuning, told.distinct, len(factors.parts))
        return self._rested(factors, population, tuning, len(factors.parts))

    def _crossed(self, factors: Factors, fit: Fit, tuning: Tuning) -> Population | None:
        """Bring a population from a fit to the posterior; None where it does not arrive."""

        def moved(population: Population, step: BridgeStep) -> Population:
            tuning.step = step
            return self._moved(factors, population, list(population.sites), tuning, self.moves)

        try:
            return crossed(factors, fit, self.islands, self.per_island, moved)
        finally:
            tuning.step = None

    def _told(self, factors: Factors, population: Population, factor: Factor, tuning: Tuning) -> Population:
        """Condition a population on an utterance; resample and move the islands with few effective particles."""
        while True:
            try:
                found = factors.evaluate(factor, population.size, population.known)
                break
            except SharedError as error:
                population = shared(factors, population, error.name)
                factor = factors.parts[factor.number]
        if found.run is not None:
            tuning.faults.note(found.run.warnings)

        def moved(now: Population) -> Population:
            return self._moved(factors, now, list(now.sites), tuning, self.moves)

        grown = population.condition_on(factor.number, found, factor.absorbs)
        if self._few(grown):
            if factor.soft and any([bool((term == -torch.inf).all()) for term in found.terms.values()]):
                raise NoSupportError  # no price for being far from it would draw particles anywhere
            wide = None if population.by_factor else self._widely_told(factors, factor, population.per_island)
            reached = annealed(factors, population, factor, moved) if wide is None else moved(wide)
            if reached is None and factors.late:
                raise _no_time(factors.goal)
            if reached is None:
                raise NoSupportError
            return reached
        poor = grown.ess < 0.5 * grown.per_island
        return moved(grown.resampled(poor, factors.stream)) if bool(poor.any()) else grown

    def _few(self, population: Population) -> bool:
        return float(population.ess.mean()) < TOO_FEW * population.per_island

    def _widely_told(self, factors: Factors, factor: Factor, per_island: int) -> Population | None:
        """Condition more prior samples on the first utterance and resample to the usual size, if that helps."""
        wide = Population.start(self.islands, WIDER * per_island)
        try:
            wide = wide.condition_on(factor.number, factors.interpreted(factor, wide.size, {}))
        except BudgetError:
            return None
        return None if self._few(wide) else wide.thinned(per_island, factors.stream)

    def _rested(self, factors: Factors, population: Population, tuning: Tuning, told: int) -> Round:
        """Move all sites once more after the last utterance."""
        if told:
            population = population.resampled(population.ess < 0.9 * population.per_island, factors.stream)
            population = self._moved(factors, population, list(population.sites), tuning, self.final_moves)
        return Round(factors, population, tuning, population.distinct, told)

    def _moved(
        self, factors: Factors, population: Population, names: Sequence[str], tuning: Tuning, enough: float
    ) -> Population:
        """Move sites in sweeps, until a particle has accepted `enough` moves of each block on average."""
        forgotten = 0.0
        for _ in range(MOST_SWEEPS):
            before = tuning.progress, tuning.proposed
            tuning.conditionals = None
            for block in blocks(population, names):
                if factors.late:
                    tuning.cut = True
                    return population
                while True:
                    try:
                        population = move(factors, population, block, tuning)
                        break
                    except SharedError as error:
                        population = shared(factors, population, error.name)
            for contraction in list(contractions(population)):
                population = contracted(factors, population, contraction, tuning)
            proposed = tuning.proposed - before[1]
            if proposed == 0:
                break
            forgotten += (tuning.progress - before[0]) / proposed
            if forgotten >= enough:
                break
        return population

    # -- the question ----------------------------------------------------------------------------------

    def _posterior(
        self,
        found: Estimate,
        chains: list[MovedRound],
        problem: Problem,
        goal: Goal,
        shortfall: Stop | None,
    ) -> Posterior:
        rounds = [chain.round for chain in chains]
        warnings = [warning for item in rounds for warning in item.tuning.faults.warnings()]
        if found.r_hat > BAD_R_HAT:
            apart = f"independent islands of particles disagree (R-hat {found.r_hat:.2f})"
            warnings.append(f"{apart}: don't trust the figures")
        told = SampledEstimate(
            found,
            ess=_size(found, chains),
            particles=sum(chain.particles for chain in chains),
            log_evidence=found.log_evidence,
            log_evidence_error=found.log_evidence_error,
            method=self.name,
            reason=REASON,
            diagnostics={
                "acceptance": _mean([item.tuning.acceptance for item in rounds]),
                "unique_ancestors": _mean([item.population.unique_ancestors for item in rounds]),
                "r_hat": found.r_hat,
                "evidence_gap": _gap(torch.cat([item.population.island_evidence for item in rounds])),
                "islands": float(self.islands * len(rounds)),
                "drift": largest_drift([chain.drift for chain in chains]),
                "drawn_apart": _drawn_apart(chains),
            },
            warnings=tuple(warnings),
            shortfall=shortfall,
        )
        return summary(told, problem, goal)


def _found(chains: Sequence[MovedRound], shapes: bool = True) -> Estimate:
    return Estimator([chain.sample for chain in chains]).estimate(shapes)


def _size(found: Estimate, chains: Sequence[MovedRound]) -> float:
    """Return the effective sample size of all looks: of particles that agree one counts, and so do weights."""
    distinct = sum([chain.round.distinct * chain.particles for chain in chains])
    if any([chain.before is not None for chain in chains]):
        return found.tally.ess * distinct / sum([chain.particles for chain in chains])
    return min(found.tally.ess, distinct)


def _drawn_apart(chains: Sequence[MovedRound]) -> float:
    """Return how many particles of an island, at least, were drawn apart or have moved apart since."""
    stuck = [chain.round.population for chain in chains if chain.drift.stuck]
    return min([one.unique_ancestors * one.per_island for one in stuck], default=math.inf)


def _no_time(goal: Goal) -> BudgetError:
    return BudgetError(
        f"over the budget of seconds: no world that satisfies all of this was found within {goal.seconds:g} s",
        budget="seconds",
        hint="it may be very unlikely; allow more time: --budget-seconds …",
    )


def _gap(log_evidence: Tensor) -> float:
    """Return how far the median of the islands' log evidence is below the highest, in nats."""
    return float(log_evidence.max() - log_evidence.median())


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


__all__ = ["Smc", "SmcState"]
