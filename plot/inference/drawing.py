"""Independent batches of weighted particles, drawn until the goal is reached or a budget ends."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace

from plot.errors import BudgetError
from plot.heavy import torch
from plot.inference.contract import INTERRUPTED, Goal, Posterior, Problem, Stop, stopped
from plot.inference.fitting import kish
from plot.inference.islands import Estimator
from plot.inference.looking import look, missing
from plot.inference.pieces import Pieces
from plot.inference.population import Population
from plot.inference.progress import report
from plot.inference.proposals import pareto_k
from plot.inference.report import Found
from plot.inference.report import report as summary
from plot.runtime.randomness import Stream

MOST_BATCHES = 128
MOST_KEPT = 16
ROOM = 1.1
SPARED = 3  # particles that are kept for each effective one
FEWEST = 16  # of an island


@dataclass(slots=True, eq=False)
class Draws(ABC):
    """Batches of particles in islands, weighted so that they stand for the posterior; the first ones are kept.

    `share` is the effective share (Kish) of the first batch, `pareto_k` the shape of the tail of its weights.
    """

    pieces: Pieces
    islands: int
    size: int
    batches: list[Population] = field(default_factory=list)
    share: float = 1.0
    pareto_k: float = -math.inf

    @abstractmethod
    def weighted(self, count: int) -> Generator[Population, None, None]:
        """Draw batches and weigh them."""

    def several(self, count: int) -> Generator[Population, None, None]:
        """Draw batches, and keep of each what is worth to be looked at."""
        with closing(self.weighted(count)) as batches:
            for population in batches:
                yield self._kept(population)

    def distrust(self, least_share: float, worst_k: float) -> str | None:
        """Say what speaks against the first batch's weights, None where nothing does."""
        if self.share < least_share:
            return f"weights would leave {self.share:.1%} of the particles"
        if self.pareto_k > worst_k:
            return f"a few weights outweigh all others (Pareto's k is {self.pareto_k:.2f})"
        return None

    def _kept(self, population: Population) -> Population:
        if not self.batches:
            self.share, self.pareto_k = kish(population.log_weight) / population.size, pareto_k(population.log_weight)
        population = replace(population, terms=dict.fromkeys(population.terms, torch.zeros((), dtype=torch.float64)))
        spared = max(FEWEST, math.ceil(SPARED * self.share * population.per_island))
        if spared < population.per_island:
            population = population.pruned(spared, self.pieces.stream)
        if len(self.batches) < MOST_KEPT:
            self.batches.append(population)
        return population


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What of the draws is kept to go on from: the first batches, what they were like, and the stream after them."""

    batches: tuple[Population, ...]
    share: float
    pareto_k: float
    stream: Stream

    @classmethod
    def of(cls, draws: Draws) -> Kept:
        """Return what is kept of draws by now."""
        return cls(tuple(draws.batches), draws.share, draws.pareto_k, draws.pieces.stream.copy())

    def resume(self, draws: Draws) -> None:
        """Let draws go on from here."""
        draws.batches, draws.share, draws.pareto_k = list(self.batches), self.share, self.pareto_k
        draws.pieces.stream = self.stream.copy()


@dataclass(frozen=True, slots=True, eq=False)
class DrawnState:
    """What was drawn, to go on from."""

    pieces: Pieces
    kept: Kept
    seed: int
    method: str

    def tells_all(self, pieces: Pieces) -> bool:
        """Tell whether nothing was told since, and nothing taken back."""
        return pieces.same == len(self.pieces.parts) == len(pieces.parts)


def answered(
    draws: Draws, problem: Problem, goal: Goal, method: str, reason: str, warnings: tuple[str, ...]
) -> Posterior:
    """Look at the question in batch after batch, until the goal is reached."""
    seen = Estimator([look(draws.pieces, batch) for batch in draws.batches])
    shortfall: Stop | None = None
    while shortfall is None and (factor := missing(seen.estimate(shapes=False), problem, goal)) > 1:
        report(1 / factor, f"{draws.size * len(seen):,} particles")
        try:
            shortfall = _extended(draws, seen, factor, goal)
        except KeyboardInterrupt:
            shortfall = INTERRUPTED
        except BudgetError as error:
            shortfall = stopped(error, goal)
            if shortfall is None:
                raise
    found = seen.estimate()
    told = Found(
        found,
        ess=found.tally.ess,
        particles=draws.size * len(seen),
        log_evidence=found.log_evidence,
        log_evidence_error=found.log_evidence_error,
        method=method,
        reason=reason,
        diagnostics={"pareto_k": draws.pareto_k, "kept": draws.share, "r_hat": found.r_hat},
        warnings=warnings,
        shortfall=shortfall,
    )
    return summary(told, problem, goal)


def _extended(draws: Draws, seen: Estimator, factor: float, goal: Goal) -> Stop | None:
    """Draw what is missing, at most three times as much; return which budget leaves no room for it."""
    before, pace, watch = len(seen), 0.0, goal.watch
    count = min(3 * before, math.ceil(before * (factor * ROOM - 1)))
    with closing(draws.several(count)) as batches:
        for _ in range(count):
            begun = watch.elapsed
            if goal.particles is not None and (len(seen) + 1) * draws.size > goal.particles:
                return Stop("particles", f"the {goal.particles:,} particles allowed were used")
            if pace > watch.left:
                return goal.time_is_up
            if len(seen) >= MOST_BATCHES:
                return Stop("evaluations", f"{len(seen) * draws.size:,} particles were drawn")
            seen.add(look(draws.pieces, next(batches)))
            pace = max(pace, watch.elapsed - begun)
    return None


__all__ = ["DrawnState", "Draws", "Kept", "answered"]
