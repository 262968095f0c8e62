"""A guide is learnt in stages: from runs that fit more and more of what was said.

What no run fits is approached by how far runs are from it (multilevel splitting and the cross-entropy method go like
this; Rubinstein and Kroese 2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.estimates.reportable import Evidence
from plot.inference.evidence.pieces import Pieces
from plot.inference.methods.guided.features import Lesson, joined, learnt
from plot.inference.methods.guided.guide import Guide, Guided, Met
from plot.inference.particles.fitting import UnfitError, kish
from plot.inference.progress import report
from plot.runtime import Run, run
from plot.runtime.sites.randomness import Stream
from plot.watch import IDLE, Watch

if TYPE_CHECKING:
    from torch import Tensor

ENOUGH = 50.0  # effective particles to learn from: fewer leave out some of the ways in which evidence comes about
TAUGHT = 2_000  # particles of a lesson
MOST_TAUGHT = 8_000  # where more than that are effective
MOST_LESSONS = 6
MOST_RUNS = 8  # before it is given up to come further
MOST_STAGES = 32
MOST_STUCK = 8
STEEPEST = 64.0
REMAINS = 0.5
NEAR = 0.5
APPROACHING = 100.0  # effective particles that come nearer
HALVINGS = 20
MISSED = 0.5  # of the effective particles with capped weights: with less, the guide misses some of what is likely
FADED = 0.3  # what lessons of less that was said count
BETTER = 1.1
PATIENCE = 3  # lessons that don't make the guide better
MUCH = 0.8  # of the runs and the time for learning, until all that was said is to have been fitted
PAYS = 6  # times the runs of a lesson, as both guides learn: what is left to draw must be more, for another one to pay
MOST_MISSED = 0.05  # of the posterior, by a guide alone: two miss the same 0.25% then, if by chance
LEAST_SHARE = 0.004  # with less, particles that are moved give more in the same time


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A guided run: its discrete choices, the log of its prior weight (N,), and the log weights after each utterance.

    `levels` (utterances + 1, N) add up what was said, from nothing to all; `alone` (guides, N) are the log weights
    after all of it that particles would have if one of the guides had led all.
    """

    met: tuple[Met, ...]
    levels: Tensor
    alone: Tensor
    run: Run

    @classmethod
    def of(cls, pieces: Pieces, guides: Sequence[Guide], size: int, eased: frozenset[int] = frozenset()) -> Weighed:
        """Run what was said, guided; of `eased` statements it only counts how far they are from true."""
        source = Guided(guides, size, pieces.stream)
        needed = frozenset[int]().union(*[piece.statements for piece in pieces.parts])
        found = run(
            pieces.program,
            size,
            budget=pieces.goal.budget,
            labels=pieces.labels,
            only=needed,
            relaxed=dict.fromkeys(eased, torch.ones((), dtype=torch.float64)),
            source=source,
        )
        levels = [source.log_ratio]
        for piece in pieces.parts:
            added = [factor.log_factor for factor in found.factors if factor.statement in piece.own]
            levels.append(sum(added, levels[-1]) if added else levels[-1])
        levels[-1] = torch.where(found.log_weight > -torch.inf, levels[-1], -torch.inf)
        table = torch.stack(levels)
        table = torch.where(table.isnan(), -torch.inf, table)
        return cls(tuple(source.met), table, table[-1] + (source.log_ratios - source.log_ratio), found)

    @property
    def evidence(self) -> Evidence:
        """What the weights say of the evidence."""
        return _evidence(self.levels[-1])

    @property
    def missed(self) -> float:
        """The share of the posterior that the worse of the guides would miss alone.

        It hardly ever leads to a particle that would have more than 1 / ENOUGH of the weight of as many as there are.
        """
        log_weight = self.levels[-1]
        limit = torch.logsumexp(log_weight, 0) - math.log(ENOUGH)
        shares = torch.softmax(log_weight, 0)
        return float(torch.where(self.alone > limit, shares, 0.0).sum(1).max())

    def lesson(self, log_weight: Tensor, taught: int, stream: Stream) -> Lesson:
        """Return some particles, drawn in proportion to their weights, that count as often as these say."""
        weights = torch.softmax(log_weight, 0)
        index, times = stream.picks(weights, taught).unique(return_counts=True)  # type: ignore[no-untyped-call]
        return Lesson.of(self.met, index, times.double())


def _evidence(log_weight: Tensor) -> Evidence:
    size = kish(log_weight)
    error = math.sqrt(max(1 / size - 1 / len(log_weight), 0.0)) if size else math.inf
    return Evidence(float(log_weight.logsumexp(0)) - math.log(len(log_weight)), error)


def capped(log_weight: Tensor) -> Tensor:
    """Return log weights with the largest cut to a common cap, so that none has more than 1 / ENOUGH of the sum.

    A rare particle of a mode that the guide misses outweighs all others: so it is learnt from, and they are too
    (truncated importance weights; Ionides 2008).
    """
    top = log_weight.topk(min(int(ENOUGH), len(log_weight))).values
    rest = torch.logaddexp(
        top.flip(0).logcumsumexp(0).flip(0), log_weight.sort().values[: len(log_weight) - len(top)].logsumexp(0)
    )
    caps = rest - torch.log(ENOUGH - torch.arange(len(top), dtype=torch.float64))
    low = (top <= caps).nonzero()
    return log_weight.clamp(max=float(caps[low[0, 0]])) if len(low) else log_weight


class Pupil:
    """Learns a guide, from lessons of runs that fit more and more of what was said."""

    def __init__(self, pieces: Pieces, size: int, guide: Guide) -> None:
        self.pieces = pieces
        self.size = size
        self.watch = IDLE
        self.guide = self.before = guide
        self.level = 0
        self.lessons: list[Lesson] = []
        self.longer = 1  # runs of a lesson of all that was said
        self.best = 0.0
        self.patience = PATIENCE
        self.spent = self.most = 0  # runs
        self.evidence: Evidence | None = None  # what the last runs of all that was said say of it

    def learn(self, runs: int, watch: Watch) -> Guide | None:
        """Return the guide, None where it leads to nothing in so many further runs, or until the watch ends.

        Raises UnfitError where nothing comes near what was said.
        """
        self.watch, self.most = watch, self.spent + runs
        soon, much = watch.within(MUCH * watch.left), self.spent + MUCH * runs
        stuck = 0
        for stage in range(MOST_STAGES):
            told, level, near = self._runs()
            report(level / max(len(self.pieces.parts), 1), f"training, stage {stage + 1}")
            stuck = stuck + 1 if level <= self.level < len(self.pieces.parts) else 0
            if stuck > MOST_STUCK:
                raise UnfitError("no sample comes near the evidence", self.pieces)
            if level < self.level:
                self.guide = self.before  # the last lesson led astray
            elif stuck and not near:
                self._approach(level)
            else:
                self.take(told, level)
            if level == len(self.pieces.parts) and self._is_good(told):
                return self.guide
            if self.late or (self.level < len(self.pieces.parts) and (soon.over or self.spent >= much)):
                break
        return None

    @property
    def late(self) -> bool:
        """Whether the runs to learn from, or the seconds for it, are used up."""
        return self.spent >= self.most or self.watch.over

    def _runs(self) -> tuple[list[Weighed], int, bool]:
        """Run until there is enough to learn from; return the runs, how much they fit, and whether more is near."""
        runs: list[Weighed] = []
        while True:
            runs.append(Weighed.of(self.pieces, (self.guide,), self.size))
            self.spent += 1
            levels = torch.cat([one.levels for one in runs], 1)
            sizes = [kish(capped(level)) for level in levels]
            level = max([i for i, size in enumerate(sizes) if size >= ENOUGH], default=0)
            whole = level == len(sizes) - 1
            near = whole or sizes[level + 1] * MOST_RUNS >= ENOUGH * len(runs)
            missed = whole and kish(levels[-1]) < MISSED * sizes[-1]
            done = whole and (missed or len(runs) >= self.longer)
            if done or len(runs) == MOST_RUNS or self.late or (level >= self.level and not near):
                self.longer = (2 * self.longer if not missed else self.longer) if whole else 1
                return runs, level, whole or sizes[level + 1] >= NEAR * ENOUGH

    def take(self, runs: list[Weighed], level: int = -1) -> None:
        """Add a lesson of the runs, which counts by its effective size; those of less that was said count less."""
        level %= len(self.pieces.parts) + 1
        if level > self.level:
            self._fade()
            self.level, self.best, self.patience = level, 0.0, PATIENCE
        weights = capped(torch.cat([one.levels[level] for one in runs]))
        size = kish(weights)
        most = min(max(TAUGHT, round(size)), MOST_TAUGHT)
        shares = torch.softmax(torch.logsumexp(weights.reshape(len(runs), -1), 1), 0)
        parts = [
            one.lesson(weight, taught, self.pieces.stream)
            for one, weight, share in zip(runs, weights.reshape(len(runs), -1), shares.tolist(), strict=True)
            if (taught := round(share * most)) > 0
        ]
        self._learn(joined(parts), size)

    def _approach(self, level: int) -> None:
        """Add a lesson of runs that come nearer than others to what none fits, by how far they are from it."""
        self._fade()
        found = Weighed.of(self.pieces, (self.guide,), self.size, self.pieces.parts[level].own)
        self.spent += 1
        fitted, further = found.levels[level], found.levels[level + 1] - found.levels[level]
        known = torch.isfinite(further)
        fitted, further = torch.where(known, fitted, -torch.inf), torch.where(known, further, 0.0)
        enough = min(APPROACHING, REMAINS * kish(fitted))
        if not enough:
            raise UnfitError("no sample comes near the evidence", self.pieces)
        low, high = 0.0, STEEPEST
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if kish(fitted + middle * further) >= enough else (low, middle)
        weight = fitted + low * further
        self._learn(found.lesson(weight, TAUGHT, self.pieces.stream), kish(weight))

    def _fade(self) -> None:
        """Let the lessons so far count less."""
        self.lessons = [replace(one, counts=FADED * one.counts) for one in self.lessons]

    def _learn(self, lesson: Lesson, size: float) -> None:
        """Learn from one more lesson, which counts by its effective size."""
        counts = lesson.counts * (min(size, float(MOST_TAUGHT)) / float(lesson.counts.sum()))
        self.lessons = [*self.lessons, replace(lesson, counts=counts)][-MOST_LESSONS:]
        self.before, self.guide = self.guide, learnt(joined(self.lessons))

    def _is_good(self, runs: list[Weighed]) -> bool:
        """Tell whether a better guide would not pay: what is left to draw takes little, or lessons don't help."""
        weights = torch.cat([one.levels[-1] for one in runs])
        share, self.evidence = kish(weights) / len(weights), _evidence(weights)
        self.patience = PATIENCE if share > BETTER * self.best else self.patience - 1
        self.best = max(self.best, share)
        wanted = 0.25 / self.pieces.goal.precision**2 / share / self.size  # runs for a probability of one half
        late = self.late
        return share >= LEAST_SHARE and (late or self.patience <= 0 or wanted < PAYS * len(runs))


__all__ = ["LEAST_SHARE", "MOST_MISSED", "Pupil", "Weighed"]
