"""Training of a guide in stages, on runs that are consistent with more and more of the evidence.

What no run fits is approached by how far runs are from it (multilevel splitting and the cross-entropy method go like
this; Rubinstein and Kroese 2017).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.estimates.reportable import Evidence
from plot.inference.evidence.factors import Factors
from plot.inference.methods.guided.features import TrainingSet, joined, trained
from plot.inference.methods.guided.guide import Guide, Guided, ReachedChoice
from plot.inference.numerics import bisected, kish
from plot.inference.particles.fitting import UnfitError
from plot.inference.progress import report
from plot.runtime import Given, Run, RunPlan, run
from plot.runtime.sites.randomness import Stream
from plot.watch import IDLE, Watch

if TYPE_CHECKING:
    from torch import Tensor

ENOUGH = 50.0  # effective particles to learn from: fewer leave out some of the ways in which evidence comes about
TAUGHT = 2_000  # particles of a lesson
MOST_TAUGHT = 8_000  # where more than that are effective
MOST_LESSONS = 6  # training sets that are learned from together (not measured)
MOST_RUNS = 8  # before it is given up to come further
MOST_STAGES = 32  # of learning, whatever else ends it (not measured)
MOST_STUCK = 8  # stages that come no further, until it is given up (not measured)
STEEPEST = 64.0  # power of what is near an utterance, by which particles are weighted (not measured)
REMAINS = 0.5  # of the effective particles, after such a weighting (not measured)
NEAR = 0.5  # of ENOUGH: so many particles that reach a fact are nearly there (not measured)
APPROACHING = 100.0  # effective particles that come nearer
HALVINGS = 20  # of the power: to a millionth of the largest (not measured)
MISSED = 0.5  # of the effective particles with capped weights: with less, the guide misses some of what is likely
OLD_BATCH_DISCOUNT = 0.3  # the weight of a training set from an earlier stage
BETTER = 1.1  # times the best effective share so far, which counts as progress (not measured)
PATIENCE = 3  # lessons that don't make the guide better
FULL_EVIDENCE_BY = 0.8  # of the runs and the time for learning, until all that was said is to have been fitted
MIN_PAYBACK = (
    6  # times the runs of a lesson, as both guides learn: what is left to draw must be more, for another one to pay
)
MOST_MISSED = 0.05  # of the posterior, by a guide alone: two miss the same 0.25% then, if by chance
LEAST_SHARE = 0.004  # with less, particles that are moved give more in the same time


@dataclass(frozen=True, slots=True, eq=False)
class GuidedRun:
    """A guided run: its discrete choices, the log of its prior weight (N,), and the log weights after each utterance.

    `levels` (utterances + 1, N) add up what was said, from nothing to all; `alone` (guides, N) are the log weights
    after all of it that particles would have if one of the guides had led all.
    """

    met: tuple[ReachedChoice, ...]
    levels: Tensor
    alone: Tensor
    run: Run

    @classmethod
    def of(
        cls,
        factors: Factors,
        guides: Sequence[Guide],
        size: int,
        eased: frozenset[int] = frozenset(),
        known: Mapping[str, Given] | None = None,
    ) -> GuidedRun:
        """Run the evidence with guided draws; `eased` statements only contribute their distance from true.

        Sites that are `known` are not drawn, but weighed as if they had been.
        """
        source = Guided(guides, size, factors.stream, known)
        needed = frozenset[int]().union(*[factor.statements for factor in factors.parts])
        found = run(
            factors.program,
            size,
            RunPlan(
                budget=factors.goal.budget,
                labels=factors.labels,
                only=needed,
                relaxed=dict.fromkeys(eased, torch.ones((), dtype=torch.float64)),
                source=source,
            ),
        )
        levels = [source.log_ratio]
        for factor in factors.parts:
            added = [term.log_factor for term in found.factors if term.statement in factor.own]
            levels.append(sum(added, levels[-1]) if added else levels[-1])
        levels[-1] = torch.where(found.log_weight > -torch.inf, levels[-1], -torch.inf)
        table = torch.stack(levels)
        table = torch.where(table.isnan(), -torch.inf, table)
        return cls(tuple(source.met), table, table[-1] + (source.log_ratios - source.log_ratio), found)

    @property
    def evidence(self) -> Evidence:
        """The estimate of the evidence from the weights."""
        return _evidence(self.levels[-1])

    @property
    def missed(self) -> float:
        """The share of the posterior that the worse of the guides would miss alone.

        It rarely leads to a particle that would have more than 1 / ENOUGH of the weight of as many as there are.
        """
        log_weight = self.levels[-1]
        limit = torch.logsumexp(log_weight, 0) - math.log(ENOUGH)
        shares = torch.softmax(log_weight, 0)
        return float(torch.where(self.alone > limit, shares, 0.0).sum(1).max())

    def training_set(self, log_weight: Tensor, taught: int, stream: Stream) -> TrainingSet:
        """Return some particles, drawn in proportion to their weights, that count as often as these say."""
        weights = torch.softmax(log_weight, 0)
        index, times = stream.picks(weights, taught).unique(return_counts=True)  # type: ignore[no-untyped-call]
        return TrainingSet.of(self.met, index, times.double())


def _evidence(log_weight: Tensor) -> Evidence:
    size = kish(log_weight)
    error = math.sqrt(max(1 / size - 1 / len(log_weight), 0.0)) if size else math.inf
    return Evidence(float(log_weight.logsumexp(0)) - math.log(len(log_weight)), error)


def capped(log_weight: Tensor) -> Tensor:
    """Return log weights with the largest cut to a common cap, so that none has more than 1 / ENOUGH of the sum.

    A rare particle of a mode that the guide misses outweighs all others: so it is learned from, and they are too
    (truncated importance weights; Ionides 2008).
    """
    top = log_weight.topk(min(int(ENOUGH), len(log_weight))).values
    rest = torch.logaddexp(
        top.flip(0).logcumsumexp(0).flip(0), log_weight.sort().values[: len(log_weight) - len(top)].logsumexp(0)
    )
    caps = rest - torch.log(ENOUGH - torch.arange(len(top), dtype=torch.float64))
    low = (top <= caps).nonzero()
    return log_weight.clamp(max=float(caps[low[0, 0]])) if len(low) else log_weight


class GuideTrainer:
    """Trains a guide on runs that are consistent with more and more of the evidence."""

    def __init__(self, factors: Factors, size: int, guide: Guide) -> None:
        self.factors = factors
        self.size = size
        self.watch = IDLE
        self.guide = self.before = guide
        self.level = 0
        self.training_sets: list[TrainingSet] = []
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
        soon, much = watch.within(FULL_EVIDENCE_BY * watch.left), self.spent + FULL_EVIDENCE_BY * runs
        stuck = 0
        for stage in range(MOST_STAGES):
            told, level, near = self._runs()
            report(level / max(len(self.factors.parts), 1), f"training, stage {stage + 1}")
            stuck = stuck + 1 if level <= self.level < len(self.factors.parts) else 0
            if stuck > MOST_STUCK:
                raise UnfitError("no sample comes near the evidence", self.factors)
            if level < self.level:
                self.guide = self.before  # the last lesson led astray
            elif stuck and not near:
                self._approach(level)
            else:
                self.take(told, level)
            if level == len(self.factors.parts) and self._is_good(told):
                return self.guide
            if self.late or (self.level < len(self.factors.parts) and (soon.over or self.spent >= much)):
                break
        return None

    @property
    def late(self) -> bool:
        """Whether the runs to learn from, or the seconds for it, are used up."""
        return self.spent >= self.most or self.watch.over

    def _runs(self) -> tuple[list[GuidedRun], int, bool]:
        """Run until there are enough samples; return the runs, their number of utterances, and whether more is near."""
        runs: list[GuidedRun] = []
        while True:
            runs.append(GuidedRun.of(self.factors, (self.guide,), self.size))
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

    def take(self, runs: list[GuidedRun], level: int = -1) -> None:
        """Add a training set from runs, weighted by its effective size; sets from earlier stages count less."""
        level %= len(self.factors.parts) + 1
        if level > self.level:
            self._fade()
            self.level, self.best, self.patience = level, 0.0, PATIENCE
        weights = capped(torch.cat([one.levels[level] for one in runs]))
        size = kish(weights)
        most = min(max(TAUGHT, round(size)), MOST_TAUGHT)
        shares = torch.softmax(torch.logsumexp(weights.reshape(len(runs), -1), 1), 0)
        parts = [
            one.training_set(weight, taught, self.factors.stream)
            for one, weight, share in zip(runs, weights.reshape(len(runs), -1), shares.tolist(), strict=True)
            if (taught := round(share * most)) > 0
        ]
        self._learn(joined(parts), size)

    def take_survivors(self, found: GuidedRun, size: float) -> None:
        """Add a training set of particles that no guide led to what was said, all alike; they count as so many."""
        every = torch.arange(found.levels.shape[1])
        self._learn(TrainingSet.of(found.met, every, torch.ones(len(every), dtype=torch.float64)), size)

    def _approach(self, level: int) -> None:
        """Add a training set from the runs closest to evidence that none satisfies, weighted by distance."""
        self._fade()
        found = GuidedRun.of(self.factors, (self.guide,), self.size, self.factors.parts[level].own)
        self.spent += 1
        fitted, further = found.levels[level], found.levels[level + 1] - found.levels[level]
        known = torch.isfinite(further)
        fitted, further = torch.where(known, fitted, -torch.inf), torch.where(known, further, 0.0)
        enough = min(APPROACHING, REMAINS * kish(fitted))
        if not enough:
            raise UnfitError("no sample comes near the evidence", self.factors)
        power, _ = bisected(lambda power: kish(fitted + power * further) >= enough, 0.0, STEEPEST, HALVINGS)
        weight = fitted + power * further
        self._learn(found.training_set(weight, TAUGHT, self.factors.stream), kish(weight))

    def _fade(self) -> None:
        """Discount the training sets so far."""
        self.training_sets = [replace(one, counts=OLD_BATCH_DISCOUNT * one.counts) for one in self.training_sets]

    def _learn(self, training_set: TrainingSet, size: float) -> None:
        """Train on one more set, weighted by its effective size."""
        counts = training_set.counts * (min(size, float(MOST_TAUGHT)) / float(training_set.counts.sum()))
        self.training_sets = [*self.training_sets, replace(training_set, counts=counts)][-MOST_LESSONS:]
        self.before, self.guide = self.guide, trained(joined(self.training_sets))

    def _is_good(self, runs: list[GuidedRun]) -> bool:
        """Return whether further training would not pay back, or has stopped helping."""
        weights = torch.cat([one.levels[-1] for one in runs])
        share, self.evidence = kish(weights) / len(weights), _evidence(weights)
        self.patience = PATIENCE if share > BETTER * self.best else self.patience - 1
        self.best = max(self.best, share)
        wanted = 0.25 / self.factors.goal.precision**2 / share / self.size  # runs for a probability of one half
        late = self.late
        return share >= LEAST_SHARE and (late or self.patience <= 0 or wanted < MIN_PAYBACK * len(runs))


__all__ = ["LEAST_SHARE", "MOST_MISSED", "GuideTrainer", "GuidedRun"]
