"""Likelihood weighting: prior samples weighted by the likelihood of the evidence, until the answer is precise enough.

If it pays, local discrete latent variables of an utterance are marginalised instead of sampled.

Batch k is drawn with a seed that follows from (seed, k), and how large it is depends on the batches before it
alone; so the same seed gives the same answer, except that where the time budget ends the run, a faster machine
gets further.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot.errors import BudgetError, PlotError
from plot.inference.contract import INTERRUPTED, Goal, Posterior, Problem, State, Stop, stopped
from plot.inference.estimates.islands import Sample
from plot.inference.estimates.report import in_words
from plot.inference.estimates.reportable import TRUSTED_ESS
from plot.inference.estimates.tally import Tally
from plot.inference.evidence.contradiction import Verdicts, no_survivors
from plot.inference.evidence.evaluation import EntangledError
from plot.inference.methods.collapsed_prior import CollapsedPrior
from plot.inference.methods.weighted import MOST_NUMBERS, WeightedBatch, WeightedState, told_of
from plot.inference.methods.widened import BETTER, MISSED, SURVEYED, missed, share_to_widen, widened
from plot.inference.numerics import Largest, kish
from plot.inference.progress import report
from plot.runtime import Run, RunPlan, run

if TYPE_CHECKING:
    from torch import Tensor

FIRST_BATCH = 8_192  # particles: an answer of most worlds comes from one batch (not measured)
SMALLEST_BATCH = 256  # particles, below which a batch that does not fit is given up (not measured)
LARGEST_BATCH = 131_072  # particles: beyond, memory grows (not measured)
MUCH_MORE = 3  # times as many as so far, if that is all that is missing, are two batches: it takes half the memory
MOST_GROWTH = 16  # times as many as so far are a batch after a pilot: of more, nothing says that they fit the time
ROOM = 1.1  # times what seems to be needed, as the need is only estimated (not measured)
SLIM = 0.25  # the share of particles left by plain runs above which summing has too little to gain to look for it
COLLAPSED_COST = 2.0  # the cost of a collapsed particle relative to a plain one
TRIAL = 2_048  # particles that show what summing out gains (not measured)
HURRY = 0.3  # of the time that is left, for a batch that a smaller one may have to replace
GIVE_UP_AFTER = 1_000_000  # particles of which none is possible, where it is clear why (not measured)
HAND_OVER_AFTER = 500_000  # particles: with too few effective ones by then, a method that takes over is faster
DOMINANT_SHARE = 0.1  # of all weight, on one particle, that is warned of (not measured)
SURVEY = 1 << 22  # the random numbers of the batch that is drawn widely are those of no other one
MOST_PLAIN = 100_000  # prior samples: what so many don't reach is missed
ENOUGH_FOR_A_TAIL = 100  # survivors: fewer say little of the shape of the tail of their weights


def seed_of(seed: int, batch: int) -> int:
    """Return the seed of one batch, within 31 bits.

    >>> seed_of(0, 1) == seed_of(0, 1), seed_of(0, 1) == seed_of(1, 0)
    (True, False)
    """
    digest = hashlib.blake2b(f"{seed}/{batch}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


class Batches:
    """Batches of weighted particles, each with a seed and a size of its own.

    The first is a run of the whole program. Where more of some size are needed, a small one is drawn utterance by
    utterance, what one alone reads marginalised; if so much more of it is left that it is worth its time, all others
    are drawn so. All weights have the same mean, the evidence: they are tallied together. Where errors occur the whole
    program tells best how often.
    """

    def __init__(self, problem: Problem, goal: Goal, old: WeightedState | None = None) -> None:
        self._problem = problem
        self._goal = goal
        self._largest = LARGEST_BATCH
        self._count = old.drawn if old is not None else 0
        self._share = old.share if old is not None else 0.0
        self._undecided = old.undecided if old is not None else True
        self._wide: float | None = old.wide if old is not None else None
        self._ruled_out = old.ruled_out if old is not None else 0
        self._kept = list(old.batches) if old is not None else []
        before = old.summed if old is not None else None
        self._summed = CollapsedPrior(problem, goal, before) if before is not None else None

    def state(self) -> WeightedState | None:
        """Return the state for further questions, None if there is none."""
        if not self._kept:
            return None
        return WeightedState(
            told_of(self._problem),
            tuple(self._kept),
            self._goal.seed,
            self._count,
            self._ruled_out,
            self._share,
            self._undecided,
            self._summed.factors if self._summed is not None else None,
            self._wide,
        )

    def _keep(self, batch: WeightedBatch | None) -> None:
        """Keep a batch for further questions, if there is room for it."""
        if batch is None:
            return
        if batch.population.size == 0:
            self._ruled_out += batch.particles
        elif sum([one.numbers for one in self._kept]) + batch.numbers <= MOST_NUMBERS:
            self._kept.append(batch)

    def next(self, size: int, exclusively: bool = False) -> Run | Sample:
        """Draw the next batch, of `size` particles or fewer. Raises BudgetError where even a small one is too much.

        One that is all there is so far is to leave time for a smaller one.
        """
        while True:
            size = max(1, min(size, self._largest))
            try:
                batch = self._drawn(size, seed_of(self._goal.seed, self._count), exclusively and size > SMALLEST_BATCH)
            except BudgetError as error:
                if size <= SMALLEST_BATCH or (error.budget == "seconds" and not exclusively):
                    raise
                size = self._largest = max(SMALLEST_BATCH, size // (4 if error.budget == "memory" else 16))
                continue
            self._count += 1
            return batch

    def surveyed(self, first: Run | Sample) -> Sample | None:
        """Return a batch with choices drawn widely, where that shows that prior samples miss something.

        All batches are then drawn so. It is looked for once, when the first batch was drawn.
        """
        if self._wide is not None or not isinstance(first, Run) or not first.factors:
            return None
        share, self._wide = share_to_widen(first), 0.0
        if not share:
            return None
        seed = seed_of(self._goal.seed, SURVEY)
        try:
            found, draws = widened(self._problem, self._goal.within(HURRY), share, SURVEYED, seed)
        except PlotError:
            return None
        log_weight = found.log_weight + draws
        better = kish(log_weight) / found.particles > BETTER * kish(first.log_weight) / first.particles
        if not better and missed(log_weight, draws, MOST_PLAIN) < MISSED:
            return None
        self._wide, self._kept, self._ruled_out, self._summed = share, [], 0, None
        return self._told_widely(found, draws)

    def _told_widely(self, found: Run, draws: Tensor) -> Sample:
        self._keep(WeightedBatch.of_run(found, self._problem, draws))
        return Sample(1, found.log_weight + draws, found.queries, found.warnings, found.sites)

    def _drawn(self, size: int, seed: int, hurried: bool) -> Run | Sample:
        if self._wide:
            return self._told_widely(*widened(self._problem, self._goal, self._wide, size, seed))
        drawn = self._tried(seed) if self._count > 0 and self._undecided and size >= FIRST_BATCH else None
        if drawn is None and self._summed is not None:
            drawn = self._summed.draw(size, seed)
            self._keep(self._summed.drawn)
        if drawn is not None:
            return drawn
        self._summed = None
        goal = self._goal.within(HURRY) if hurried else self._goal
        found = run(self._problem.program, size, RunPlan(seed=seed, budget=goal.budget))
        self._largest = min(self._largest, max(SMALLEST_BATCH, int(size * self._goal.budget.memory / (found.peak + 1))))
        self._keep(WeightedBatch.of_run(found, self._problem))
        self._share = kish(found.log_weight) / found.particles
        self._undecided = self._undecided and not found.warnings and self._share < SLIM
        return found

    def _tried(self, seed: int) -> Sample | None:
        """Draw a small batch with flips marginalised, and decide whether they are so from now on."""
        self._undecided = False
        summed = CollapsedPrior(self._problem, self._goal)
        try:
            trial = summed.draw(TRIAL, seed)
        except BudgetError:
            return None
        self._keep(summed.drawn)
        if trial is not None and kish(trial.log_weight) / trial.particles > COLLAPSED_COST * self._share:
            self._summed = summed
        return trial


@dataclass(frozen=True, slots=True, eq=False)
class PilotBatch:
    """Prior samples that were drawn to choose a method, reused if there is no time for many more."""

    problem: Problem
    run: Run
    method: str = "importance"


class Importance:
    """Likelihood weighting (self-normalised importance sampling with the prior as proposal)."""

    name = "importance"

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by weighting prior samples: those that a question before drew, and as many as are missing."""
        goal = goal.started()
        begun = goal.watch.elapsed
        tally, old = _begun(problem, goal, state)
        verdicts, batches = Verdicts(problem), Batches(problem, goal, old)
        last = 0
        shortfall: Stop | None = None
        while (factor := _missing(tally, problem, goal)) > 1:
            if tally.particles:
                report(1 / factor, f"{tally.particles:,} particles")
                shortfall = _over(tally, goal, begun, last)
                if shortfall is not None:
                    break
            try:
                batch = batches.next(_next_size(tally, factor, goal), exclusively=not tally.particles)
            except (KeyboardInterrupt, BudgetError) as error:
                shortfall = INTERRUPTED if isinstance(error, KeyboardInterrupt) else stopped(error, goal)
                if not tally.survivors or shortfall is None:
                    raise
                break
            wide = batches.surveyed(batch)
            if wide is not None:
                tally, batch = Tally(tail=Largest()), wide
            tally.add(batch)
            last = batch.particles
            if tally.survivors == 0 and isinstance(batch, Run):
                verdicts.add(batch)
            if not tally.survivors and tally.particles >= GIVE_UP_AFTER and verdicts.clear:
                break
        if not tally.survivors:
            raise no_survivors(verdicts, goal, seed_of(goal.seed, -1))
        return _posterior(tally, problem, goal, shortfall), batches.state()


def _begun(problem: Problem, goal: Goal, state: State | None) -> tuple[Tally, WeightedState | None]:
    """Return the tallies of the previous question's particles, if they are valid for this question, and of these."""
    tally = Tally(tail=Largest())
    if isinstance(state, PilotBatch) and state.problem is problem:
        tally.add(state.run)
    elif isinstance(state, WeightedState) and state.goes_on(problem, goal):
        try:
            for batch, sample in state.asked(problem, goal, lambda number: seed_of(goal.seed, number)):
                tally.add(sample)
                tally.ruled_out(batch.particles - sample.particles, batch.faults, batch.particles)
            tally.ruled_out(state.ruled_out)
            return tally, state
        except (PlotError, EntangledError):
            return Tally(tail=Largest()), None  # an error in all of them: the whole program tells best
    return tally, None


def _targets(tally: Tally, problem: Problem) -> list[float]:
    """Return the errors of the queries that must be sharp, on the scale of a probability's."""
    return [summary.marginal(shape=False).relative_error for summary in tally.summaries[: problem.targets]]


def _missing(tally: Tally, problem: Problem, goal: Goal) -> float:
    """Return how many times as many particles the goal needs; at most 1 when it is reached."""
    if not tally.survivors:
        return math.inf
    errors = _targets(tally, problem)
    if all(error == 0 for error in errors) and all(summary.constant for summary in tally.summaries[: problem.targets]):
        return 0.0
    worst = max(errors, default=0.0)
    if math.isnan(worst):
        return math.inf
    return max((worst / goal.precision) ** 2, TRUSTED_ESS / max(tally.ess, 1e-9))


def _over(tally: Tally, goal: Goal, begun: float, last: int) -> Stop | None:
    """Return which budget leaves no room for a further batch as large as the last one."""
    if goal.particles is not None and tally.particles >= goal.particles:
        return Stop("particles", f"the {goal.particles:,} particles allowed were used")
    if goal.patience < 1 and tally.particles >= HAND_OVER_AFTER and tally.ess < TRUSTED_ESS:
        return Stop("evaluations", f"{tally.particles:,} particles were drawn")
    predicted = (goal.watch.elapsed - begun) / tally.particles * last
    if predicted / 2 > goal.watch.left or (goal.late and tally.ess < TRUSTED_ESS):
        return goal.time_is_up
    return None


def _next_size(tally: Tally, factor: float, goal: Goal) -> int:
    """Return the size of the next batch: what is missing with some room, at most as much again as twice the last."""
    if not tally.particles:
        size = FIRST_BATCH
    elif math.isinf(factor):
        size = min(LARGEST_BATCH, 4 * tally.particles)
    else:
        wanted = tally.particles * (factor * ROOM - 1)
        if MUCH_MORE * tally.particles < wanted <= LARGEST_BATCH:
            wanted /= 2
        size = int(min(LARGEST_BATCH, MOST_GROWTH * tally.particles, max(SMALLEST_BATCH, wanted)))
    return size if goal.particles is None else min(size, goal.particles - tally.particles)


def _posterior(tally: Tally, problem: Problem, goal: Goal, shortfall: Stop | None) -> Posterior:
    warnings = tally.warnings()
    if tally.ess < TRUSTED_ESS:
        warnings.append(f"the effective sample size is only {tally.ess:.0f}: the figures and their errors are rough")
    elif tally.largest_share > DOMINANT_SHARE:
        warnings.append(f"one particle has {tally.largest_share:.0%} of the total weight: the errors may be too small")
    return Posterior(
        marginals=tally.marginals,
        ess=tally.ess,
        particles=tally.particles,
        log_evidence=tally.log_evidence,
        log_evidence_error=tally.log_evidence_error,
        method=Importance.name,
        reason=REASON,
        seconds=goal.watch.elapsed,
        converged=shortfall is None,
        shortfall=in_words(shortfall, goal, max(_targets(tally, problem), default=0.0)),
        stopped_by="precision" if shortfall is None else shortfall.by,
        warnings=tuple(warnings),
        diagnostics={"pareto_k": tally.pareto_k} if tally.survivors >= ENOUGH_FOR_A_TAIL else {},
        sites=dict(tally.sites),
    )


REASON = "likelihood weighting of prior samples: works for any program, fast unless the evidence is rare"
