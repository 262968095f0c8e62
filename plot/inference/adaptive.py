"""Adaptive importance sampling: particles are drawn from a proposal that was fitted to the posterior, and weighted.

For real unknowns that are always there, discrete ones summed out of each utterance. Particles are independent, so that
an answer costs what its precision needs; how much of them the weights leave, and Pareto's k of the weights, tell
whether the proposal fits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from plot.heavy import torch
from plot.inference.ahead import helpers, in_order
from plot.inference.contract import Goal, Posterior, Problem, State
from plot.inference.evaluation import EntangledError
from plot.inference.fitting import Fit, UnfitError, fitted, kish
from plot.inference.importance import seed_of
from plot.inference.islands import Estimator
from plot.inference.looking import look, missing
from plot.inference.pieces import Pieces, SharedError
from plot.inference.population import Population
from plot.inference.progress import report
from plot.inference.proposals import CurvedError, pareto_k
from plot.inference.report import Found
from plot.inference.report import report as summary

if TYPE_CHECKING:
    from torch import Tensor

ISLANDS = 16
PER_ISLAND = 1_024
MOST_BATCHES = 128
MOST_KEPT = 16
LEAST_SHARE = 0.1  # with less, particles that are moved give more in the same time
WORST_K = 0.7
ROOM = 1.1
SPARED = 3  # particles that are kept for each effective one
FITTING_TIME = 0.4  # of the seconds allowed
REASON = "particles are drawn from a proposal that was fitted to the posterior, and weighted"


@dataclass(frozen=True, slots=True, eq=False)
class AdaptiveState:
    """The fit, the first particles that were drawn from it, and the random state, to go on from."""

    pieces: Pieces
    fit: Fit
    batches: tuple[Population, ...]
    share: float
    pareto_k: float
    random: Tensor
    seed: int
    method: str = "adaptive"


@dataclass(slots=True)
class Adaptive:
    """Importance sampling from a proposal that is fitted in stages."""

    name: str = "adaptive"
    islands: int = ISLANDS
    per_island: int = PER_ISLAND

    @property
    def size(self) -> int:
        """The particles of one batch."""
        return self.islands * self.per_island

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by weighting particles of a fitted proposal. Raises UnfitError where none fits."""
        started = time.monotonic()
        old = state if isinstance(state, AdaptiveState) and state.seed == goal.seed else None
        pieces = Pieces(problem, goal, old.pieces if old is not None else None)
        with torch.random.fork_rng(devices=[]):
            try:
                draws = self._prepared(pieces, goal, old, started)
                return self._answered(draws, problem, goal, started)
            except CurvedError as error:
                raise UnfitError(f"'{error.name}' has no fixed place among the real numbers", pieces) from None
            except (SharedError, EntangledError):
                raise UnfitError("a discrete unknown is shared by several utterances", pieces) from None

    def _prepared(self, pieces: Pieces, goal: Goal, old: AdaptiveState | None, started: float) -> Draws:
        """Return what to draw from: as it was, where nothing was told since, else fitted anew."""
        if old is not None and pieces.same == len(old.pieces.parts) == len(pieces.parts):
            torch.set_rng_state(old.random)
            return Draws(self, pieces, old.fit, list(old.batches), old.share, old.pareto_k)
        torch.manual_seed(seed_of(goal.seed, len(pieces.parts)))
        until = started + FITTING_TIME * goal.seconds
        fit = fitted(pieces, self.islands, self.size, until, old.fit if old is not None else None)
        draws = Draws(self, pieces, fit)
        next(draws.several(1))
        if draws.share < LEAST_SHARE:
            raise UnfitError(f"weights would leave {draws.share:.1%} of the particles", pieces, fit)
        if draws.pareto_k > WORST_K:
            raise UnfitError(f"a few weights outweigh all others (Pareto's k is {draws.pareto_k:.2f})", pieces, fit)
        return draws

    def _answered(
        self, draws: Draws, problem: Problem, goal: Goal, started: float
    ) -> tuple[Posterior, AdaptiveState | None]:
        seen = Estimator([look(draws.pieces, batch) for batch in draws.batches])
        shortfall: str | None = None
        while shortfall is None and (factor := missing(seen.estimate(shapes=False), problem, goal)) > 1:
            report(1 / factor, f"{self.size * len(seen):,} particles")
            try:
                shortfall = self._extended(draws, seen, factor, goal, started)
            except KeyboardInterrupt:
                shortfall = "it was interrupted"
        found = seen.estimate()
        told = Found(
            found,
            ess=found.tally.ess,
            particles=self.size * len(seen),
            log_evidence=found.log_evidence,
            log_evidence_error=found.log_evidence_error,
            method=self.name,
            reason=REASON,
            diagnostics={"pareto_k": draws.pareto_k, "kept": draws.share, "r_hat": found.r_hat},
            warnings=draws.fit.warnings,
            shortfall=shortfall,
        )
        posterior = summary(told, problem, goal, time.monotonic() - started)
        kept = tuple(draws.batches[:MOST_KEPT])
        random = torch.get_rng_state()
        return posterior, AdaptiveState(draws.pieces, draws.fit, kept, draws.share, draws.pareto_k, random, goal.seed)

    def _extended(self, draws: Draws, seen: Estimator, factor: float, goal: Goal, started: float) -> str | None:
        """Draw what is missing, at most three times as much; say which budget leaves no room for it."""
        before, pace = len(seen), 0.0
        count = min(3 * before, math.ceil(before * (factor * ROOM - 1)))
        with closing(draws.several(count)) as batches:
            for _ in range(count):
                now = time.monotonic()
                if goal.particles is not None and (len(seen) + 1) * self.size > goal.particles:
                    return f"the {goal.particles:,} particles allowed were used"
                if now - started + pace > goal.seconds:
                    return f"the {goal.seconds:g} s allowed were used"
                if len(seen) >= MOST_BATCHES:
                    return f"{len(seen) * self.size:,} particles were drawn"
                seen.add(look(draws.pieces, next(batches)))
                pace = max(pace, time.monotonic() - now)
        return None


@dataclass(slots=True, eq=False)
class Draws:
    """Batches of weighted particles from a fit; the first ones are kept.

    `share` is the effective share (Kish) of the first batch, `pareto_k` the shape of the tail of its weights.
    """

    method: Adaptive
    pieces: Pieces
    fit: Fit
    batches: list[Population] = field(default_factory=list)
    share: float = 1.0
    pareto_k: float = -math.inf

    def several(self, count: int) -> Generator[Population, None, None]:
        """Draw batches: while one is looked at, the next ones are weighed on other cores."""
        fit, islands = self.fit, self.method.islands
        with helpers() as others:
            drawn = (fit.proposal.draw(self.method.size) for _ in range(count))
            begun = (
                (points, others.begin(partial(fit.told_at_once, self.pieces, islands, points))) for points in drawn
            )
            for points, told in in_order(begun):
                yield self._kept((told.result() or fit.told(self.pieces, islands, points)).weighted)

    def _kept(self, population: Population) -> Population:
        """Return what of a batch is worth to be looked at."""
        if not self.batches:
            self.share, self.pareto_k = kish(population.log_weight) / population.size, pareto_k(population.log_weight)
        population = replace(population, terms=dict.fromkeys(population.terms, torch.zeros((), dtype=torch.float64)))
        spared = math.ceil(SPARED * self.share * population.per_island)
        if spared < population.per_island:
            population = population.pruned(spared)
        if len(self.batches) < MOST_KEPT:
            self.batches.append(population)
        return population


__all__ = ["Adaptive", "AdaptiveState", "UnfitError"]
