"""Guided importance sampling: programs of discrete choices run with odds that were learnt from what was said.

For rare evidence about choices that come and go (who is whose parent in a random family tree). Utterance by utterance,
guided runs are weighted, and the next guide is learnt from those that fit what was said so far. Particles are
independent, so that an answer costs what its precision needs.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot.errors import PlotError
from plot.heavy import torch
from plot.inference.chains import Chain
from plot.inference.contract import Goal, Posterior, Problem, State
from plot.inference.drawing import DrawnState, Draws, Kept, answered
from plot.inference.evaluation import Reached
from plot.inference.fitting import UnfitError, kish
from plot.inference.guide import Guide, Guided, Met
from plot.inference.importance import seed_of
from plot.inference.learning import Lesson, joined, learnt
from plot.inference.pieces import Pieces
from plot.inference.population import Population
from plot.inference.progress import report
from plot.inference.tally import Faults
from plot.runtime import Run, run
from plot.runtime.machine import Site
from plot.runtime.program import values_of

if TYPE_CHECKING:
    from torch import Tensor

ISLANDS = 16
PER_ISLAND = 1_024
ENOUGH = 100.0  # effective particles to learn from
MOST_TAUGHT = 2_000  # particles of a lesson
MOST_LESSONS = 6
MOST_RUNS = 8  # before it is given up to come further
MOST_STAGES = 32
MOST_STUCK = 4
FADED = 0.3  # what lessons of less that was said count
BETTER = 1.1
PATIENCE = 3  # lessons that don't make the guide better
LEAST_SHARE = 0.004  # with less, particles that are moved give more in the same time
WORST_K = 0.75
LEARNING_TIME = 0.5  # of the seconds allowed
HALF = 0.6  # of that time, until all that was said is to have been fitted
PAYS = 3  # times the runs of a lesson: what is left to draw must be more, for a further lesson to pay
REASON = "particles run with odds that were learnt from what was said, and are weighted"


@dataclass(frozen=True, slots=True, eq=False)
class GuidedState(DrawnState):
    """The guide, and what was drawn with it, to go on from."""

    guide: Guide


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A guided run: its discrete choices, the log of its prior weight (N,), and the log weights after each utterance.

    `levels` (utterances + 1, N) add up what was said, from nothing to all.
    """

    met: tuple[Met, ...]
    levels: Tensor
    run: Run

    @classmethod
    def of(cls, pieces: Pieces, guide: Guide, size: int) -> Weighed:
        """Run what was said, guided."""
        source = Guided(guide, size)
        needed = frozenset[int]().union(*[piece.statements for piece in pieces.parts])
        found = run(
            pieces.program,
            size,
            seed=None,
            budget=pieces.goal.budget,
            labels=pieces.labels,
            only=needed,
            source=source,
        )
        levels = [source.log_ratio]
        for piece in pieces.parts:
            added = [factor.log_factor for factor in found.factors if factor.statement in piece.own]
            levels.append(sum(added, levels[-1]) if added else levels[-1])
        levels[-1] = torch.where(found.log_weight > -torch.inf, levels[-1], -torch.inf)
        table = torch.stack(levels)
        return cls(tuple(source.met), torch.where(table.isnan(), -torch.inf, table), found)

    def lesson(self, level: int, taught: int) -> Lesson:
        """Return some particles, drawn in proportion to their weights at a level, that count as often as these say."""
        weights = torch.softmax(self.levels[level], 0)
        index, times = torch.multinomial(weights, taught, replacement=True).unique(return_counts=True)  # type: ignore[no-untyped-call]
        return Lesson.of(self.met, index, times.double())


@dataclass(slots=True)
class GuidedSampling:
    """Importance sampling with a guide that is learnt in stages."""

    name: str = "guided"
    islands: int = ISLANDS
    per_island: int = PER_ISLAND

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by weighting guided runs. Raises UnfitError where no guide leads to what was said."""
        started = time.monotonic()
        old = state if isinstance(state, GuidedState) and state.seed == goal.seed else None
        pieces = Pieces(problem, goal, old.pieces if old is not None else None)
        with torch.random.fork_rng(devices=[]):
            draws = self._prepared(pieces, goal, old, started)
            warnings = tuple(draws.faults.warnings())
            posterior = answered(draws, problem, goal, started, self.name, REASON, warnings)
            return posterior, GuidedState(pieces, Kept.of(draws), goal.seed, self.name, draws.guide)

    def _prepared(self, pieces: Pieces, goal: Goal, old: GuidedState | None, started: float) -> FromGuide:
        """Return what to draw from: as it was, where nothing was told since, else learnt anew."""
        size = self.islands * self.per_island
        if old is not None and pieces.same == len(old.pieces.parts) == len(pieces.parts):
            draws = FromGuide(pieces, self.islands, size, guide=old.guide, faults=Faults())
            old.kept.resume(draws)
            return draws
        torch.manual_seed(seed_of(goal.seed, len(pieces.parts)))
        pupil = Pupil(pieces, size, started + LEARNING_TIME * goal.seconds, old.guide if old is not None else Guide())
        try:
            draws = FromGuide(pieces, self.islands, size, guide=pupil.learn(), faults=Faults())
            next(draws.several(1))
        except PlotError as error:
            raise error if isinstance(error, UnfitError) else UnfitError(error.message, pieces) from None
        if draws.share < LEAST_SHARE:
            raise UnfitError(f"weights would leave {draws.share:.1%} of the particles", pieces)
        if draws.pareto_k > WORST_K:
            raise UnfitError(f"a few weights outweigh all others (Pareto's k is {draws.pareto_k:.2f})", pieces)
        return draws


class Pupil:
    """Learns a guide, from lessons of runs that fit more and more of what was said."""

    def __init__(self, pieces: Pieces, size: int, until: float, guide: Guide) -> None:
        self.pieces = pieces
        self.size = size
        self.until = until
        self.half = time.monotonic() + HALF * (until - time.monotonic())
        self.guide = self.before = guide
        self.level = -1
        self.lessons: list[Lesson] = []
        self.best = 0.0
        self.patience = PATIENCE

    def learn(self) -> Guide:
        """Return the guide. Raises UnfitError where it leads to nothing, or the time for it ends."""
        stuck = 0
        for stage in range(MOST_STAGES):
            runs, level = self._runs()
            report(level / max(len(self.pieces.parts), 1), f"learning, stage {stage + 1}")
            if level == 0 and self.level <= 0 and self.pieces.parts:
                raise UnfitError("no run comes near what was said", self.pieces)
            stuck = stuck + 1 if level <= self.level < len(self.pieces.parts) else 0
            if stuck > MOST_STUCK:
                raise UnfitError("no run comes nearer to what was said", self.pieces)
            if level < self.level:
                self.guide = self.before  # the last lesson led astray
            else:
                self._take(runs, level)
                self.before, self.guide = self.guide, learnt(joined(self.lessons))
            if level == len(self.pieces.parts) and self._is_good(runs):
                return self.guide
            if time.monotonic() > (self.until if self.level == len(self.pieces.parts) else self.half):
                break
        raise UnfitError("the time for learning is over", self.pieces)

    def _runs(self) -> tuple[list[Weighed], int]:
        """Run until there is enough to learn from; return the runs, and how much that was said they fit."""
        runs: list[Weighed] = []
        while True:
            runs.append(Weighed.of(self.pieces, self.guide, self.size))
            sizes = [kish(level) for level in torch.cat([one.levels for one in runs], 1)]
            level = max([i for i, size in enumerate(sizes) if size >= ENOUGH], default=0)
            if level == len(sizes) - 1 or len(runs) == MOST_RUNS or time.monotonic() > self.until:
                return runs, level
            if level >= max(self.level, 1) and sizes[level + 1] * MOST_RUNS < ENOUGH * len(runs):
                return runs, level

    def _take(self, runs: list[Weighed], level: int) -> None:
        """Add a lesson of the runs, which counts by its effective size; those of less that was said count less."""
        if level > self.level:
            self.lessons = [replace(one, counts=FADED * one.counts) for one in self.lessons]
            self.level, self.best, self.patience = level, 0.0, PATIENCE
        tops = [float(torch.logsumexp(one.levels[level], 0)) for one in runs]
        shares = torch.softmax(torch.tensor(tops, dtype=torch.float64), 0)
        size = min(kish(torch.cat([one.levels[level] for one in runs])), float(MOST_TAUGHT))
        parts = [
            one.lesson(level, taught)
            for one, share in zip(runs, shares.tolist(), strict=True)
            if (taught := round(share * MOST_TAUGHT)) > 0
        ]
        whole = joined(parts)
        self.lessons.append(replace(whole, counts=whole.counts * (size / float(whole.counts.sum()))))
        self.lessons = self.lessons[-MOST_LESSONS:]

    def _is_good(self, runs: list[Weighed]) -> bool:
        """Tell whether a better guide would not pay: what is left to draw takes little, or lessons don't help."""
        share = kish(torch.cat([one.levels[-1] for one in runs])) / (self.size * len(runs))
        self.patience = PATIENCE if share > BETTER * self.best else self.patience - 1
        self.best = max(self.best, share)
        wanted = 0.25 / self.pieces.goal.precision**2 / share / self.size  # runs for a probability of one half
        late = time.monotonic() > self.until
        return share >= LEAST_SHARE and (late or self.patience <= 0 or wanted < PAYS * len(runs))


@dataclass(slots=True, eq=False, kw_only=True)
class FromGuide(Draws):
    """Draws of guided runs."""

    guide: Guide
    faults: Faults

    def weighted(self, count: int) -> Generator[Population, None, None]:
        """Draw batches one by one."""
        zero = torch.zeros((), dtype=torch.float64)
        for _ in range(count):
            found = Weighed.of(self.pieces, self.guide, self.size)
            self.faults.note(found.run.warnings)
            start = Population.start(self.islands, self.size // self.islands)
            sites = {
                name: Reached(value.raw.expand(self.size), value.mask, None)
                for name, value in values_of(found.run).items()
            }
            terms = {factor.address: zero for factor in found.run.factors}
            yield replace(start, sites=sites, terms=terms, log_weight=found.levels[-1])


def may_be_guided(site: Site) -> bool:
    """Tell whether the odds of a site can be learnt."""
    return Chain.of(site.distribution) is not None


__all__ = ["GuidedSampling", "GuidedState", "may_be_guided"]
