"""Independent batches of weighted particles, drawn until the goal is reached or a budget ends."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from plot._lazy import torch
from plot.errors import BudgetError, PlotError
from plot.inference.contract import INTERRUPTED, Goal, Posterior, Problem, Stop, stopped
from plot.inference.estimates.islands import Estimate, Estimator, Sample
from plot.inference.estimates.report import SampledEstimate
from plot.inference.estimates.report import report as summary
from plot.inference.evidence.evaluation import EntangledError
from plot.inference.evidence.factors import Factors
from plot.inference.numerics import kish, pareto_k
from plot.inference.particles.population import Population, joined, may_join
from plot.inference.particles.query import caught_up, evaluate_query, missing, supposed
from plot.inference.progress import report
from plot.runtime.sites.randomness import Stream

MOST_BATCHES = 128  # that a question is asked of (not measured)
MOST_KEPT = 16  # batches that are kept for further questions (not measured)
MOST_AT_ONCE = 1 << 15  # particles that a question is asked of at once: it takes memory for each, and time for each run
LEAST_LEFT = 0.1  # of the effective particles, by what a question supposes: with fewer, others are drawn for it
ROOM = 1.1  # times what seems to be needed, as the need is only estimated (not measured)
SPARED = 3  # particles that are kept for each effective one
FEWEST = 16  # of an island


@dataclass(slots=True, eq=False)
class Draws(ABC):
    """Batches of weighted particles in islands, drawn from a proposal for the posterior; the first ones are kept.

    `share` is the effective share (Kish) of the first batch, `pareto_k` the shape of the tail of its weights;
    `evaluated` is how many batches the question was asked of. Where it supposes something that was not told when they
    were drawn, particles are weighed by that, in the factors that are `supposing` it.
    """

    factors: Factors
    islands: int
    size: int
    batches: list[Population] = field(default_factory=list)
    share: float = 1.0
    pareto_k: float = -math.inf
    evaluated: int = 0
    supposing: Factors | None = None

    @abstractmethod
    def weighted(self, count: int) -> Generator[Population, None, None]:
        """Draw batches and weigh them."""

    def several(self, count: int) -> Generator[Population, None, None]:
        """Draw batches, each pruned to the particles that are worth evaluating."""
        with closing(self.weighted(count)) as batches:
            for population in batches:
                yield self._kept(population)

    def evaluate_query(self, population: Population) -> Sample:
        """Ask the question of a population. Raises EntangledError where what it supposes can't be weighed apart."""
        if self.supposing is None:
            return evaluate_query(self.factors, population)
        factors = self.supposing.fork(self.supposing.stream)
        found = supposed(factors, caught_up(factors, self.factors.fork(factors.stream), population))
        if found is None:
            raise EntangledError
        return evaluate_query(factors, found)

    def seen(self, problem: Problem, goal: Goal) -> Estimator | None:
        """Ask the question of what was drawn, as much as the goal needs.

        None where what it supposes leaves too few particles, or can't be weighed.
        """
        found, evaluated = Estimator(), []
        try:
            for some in together(self.batches):
                found.add(self.evaluate_query(joined(some)))
                evaluated += some
                if missing(found.estimate(shapes=False), problem, goal) <= 1:
                    break
        except BudgetError:
            raise
        except (EntangledError, PlotError):
            if self.supposing is None:
                raise
            return None
        self.evaluated = len(evaluated)
        drawn = sum([kish(batch.log_weight) for batch in evaluated])
        if self.supposing is not None and not found.tally.ess >= LEAST_LEFT * drawn:
            return None
        return found

    def distrust(self, least_share: float, worst_k: float) -> str | None:
        """Return why the first batch's weights are unreliable, None if they are not."""
        if self.share < least_share:
            return f"the effective sample size would be {self.share:.1%} of the particles"
        if self.pareto_k > worst_k:
            return f"a few weights dominate all others (Pareto k is {self.pareto_k:.2f})"
        return None

    def diagnostics(self, found: Estimate) -> dict[str, float]:
        """Return what the weights say of the draws, and how many times as many effective ones were promised.

        The first batch promises them; what a question supposes leaves fewer in any case.
        """
        promised, size = self.share * self.size * self.evaluated, found.tally.ess
        collapsed = promised / size if self.supposing is None and size > 0 else 1.0
        return {"pareto_k": self.pareto_k, "kept": self.share, "r_hat": found.r_hat, "collapsed": collapsed}

    def _kept(self, population: Population) -> Population:
        if not self.batches:
            self.share, self.pareto_k = kish(population.log_weight) / population.size, pareto_k(population.log_weight)
        population = replace(population, terms=dict.fromkeys(population.terms, torch.zeros((), dtype=torch.float64)))
        spared = max(FEWEST, math.ceil(SPARED * self.share * population.per_island))
        population = population.alive()
        if spared < population.per_island:
            population = population.pruned(spared, self.factors.stream)
        if len(self.batches) < MOST_KEPT:
            self.batches.append(population)
        return population


@dataclass(frozen=True, slots=True, eq=False)
class KeptDraws:
    """What is kept of draws to continue from: the first batches, their diagnostics, and the stream after them."""

    batches: tuple[Population, ...]
    share: float
    pareto_k: float
    stream: Stream

    @classmethod
    def of(cls, draws: Draws) -> KeptDraws:
        """Return what is kept of draws by now."""
        return cls(tuple(draws.batches), draws.share, draws.pareto_k, draws.factors.stream.copy())

    def resume(self, draws: Draws) -> None:
        """Let draws go on from here."""
        draws.batches, draws.share, draws.pareto_k = list(self.batches), self.share, self.pareto_k
        draws.factors.stream = self.stream.copy()


@dataclass(frozen=True, slots=True, eq=False)
class DrawnState:
    """The state after drawing, to continue from."""

    factors: Factors
    kept: KeptDraws
    seed: int
    method: str

    def tells_all(self, factors: Factors) -> bool:
        """Return whether evidence and suppositions are unchanged."""
        return factors.same == len(self.factors.parts) == len(factors.parts)

    def lacks_supposition(self, factors: Factors) -> bool:
        """Return whether nothing is missing but what the question supposes."""
        return factors.same >= len(self.factors.parts) == factors.told < len(factors.parts)

    def weighed(self, draws: Draws, factors: Factors, goal: Goal) -> Estimator | None:
        """Ask a question of what was drawn, weighed by what it supposes; None where others are to be drawn for that."""
        self.kept.resume(draws)
        factors.stream, draws.supposing = draws.factors.stream, factors
        return draws.seen(factors.problem, goal)


def together(batches: Sequence[Population]) -> list[list[Population]]:
    """Return batches in groups: a question is asked of one at once."""
    groups: list[list[Population]] = []
    for batch in batches:
        last = groups[-1] if groups else []
        if last and sum([one.size for one in last]) + batch.size <= MOST_AT_ONCE and may_join(last[-1], batch):
            last.append(batch)
        else:
            groups.append([batch])
    return groups


def answered(
    draws: Draws,
    seen: Estimator | None,
    problem: Problem,
    goal: Goal,
    method: str,
    reason: str,
    warnings: tuple[str, ...],
) -> Posterior:
    """Evaluate the query on batch after batch, after those `seen`, until the goal is reached."""
    seen = seen or draws.seen(problem, goal)
    assert seen is not None
    shortfall: Stop | None = None
    while shortfall is None and (factor := missing(seen.estimate(shapes=False), problem, goal)) > 1:
        report(1 / factor, f"{draws.size * draws.evaluated:,} particles")
        try:
            shortfall = _extended(draws, seen, factor, goal)
        except KeyboardInterrupt:
            shortfall = INTERRUPTED
        except BudgetError as error:
            shortfall = stopped(error, goal)
            if shortfall is None:
                raise
    found = seen.estimate()
    told = SampledEstimate(
        found,
        ess=found.tally.ess,
        particles=draws.size * draws.evaluated,
        log_evidence=found.log_evidence,
        log_evidence_error=found.log_evidence_error,
        method=method,
        reason=reason,
        diagnostics=draws.diagnostics(found),
        warnings=warnings,
        shortfall=shortfall,
    )
    return summary(told, problem, goal)


def _extended(draws: Draws, seen: Estimator, factor: float, goal: Goal) -> Stop | None:
    """Draw what is missing, at most three times as much; return which budget leaves no room for it."""
    before, pace, watch = draws.evaluated, 0.0, goal.watch
    count = min(3 * before, math.ceil(before * (factor * ROOM - 1)))
    with closing(draws.several(count)) as batches:
        for _ in range(count):
            begun = watch.elapsed
            if goal.particles is not None and (draws.evaluated + 1) * draws.size > goal.particles:
                return Stop("particles", f"the {goal.particles:,} particles allowed were used")
            if pace > watch.left:
                return goal.time_is_up
            if draws.evaluated >= MOST_BATCHES:
                return Stop("evaluations", f"{draws.evaluated * draws.size:,} particles were drawn")
            seen.add(draws.evaluate_query(next(batches)))
            draws.evaluated += 1
            pace = max(pace, watch.elapsed - begun)
    return None


__all__ = ["DrawnState", "Draws", "KeptDraws", "answered"]
