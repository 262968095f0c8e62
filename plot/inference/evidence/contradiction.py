"""Contradictory evidence.

A smallest set of utterances that no particle satisfies, and whether it is impossible or rare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import BudgetError, ImpossibleError, PlotError, Span, UnlikelyError
from plot.inference.contract import Goal, Part, Problem
from plot.language.syntax.nodes import Condition, Node, Observe, ProgramNode, walk
from plot.runtime import Run, RunPlan, run

if TYPE_CHECKING:
    from torch import Tensor

BITS = 62  # of a word of 64, that stay clear of the sign
MOST_WORK = 200_000_000  # rows looked at in search of the smallest contradiction (not measured)
WORK_OF_A_SET = 20_000  # rows that take as long as what a set costs by itself
MOST_ROWS = 1 << 19  # patterns of failures that are kept: 4 MiB for a word each (not measured)
# Particles expected, if parts were independent, where none was met: e^-30 by chance (not measured).
CLEAR_EXPECTATION = 30
CHECK_BATCH = 65_536  # particles of a run (not measured)
CHECK_PARTICLES = 1_048_576  # particles in all, to see whether the facts can hold together (not measured)
SEARCH_BATCHES = 16  # runs in search of facts that contradict each other (not measured)
LEAST_BATCH = 1_024  # particles: with fewer, memory is not what stops a run (not measured)
EXPLAINING = 0.1  # of the seconds allowed, beyond them


class Verdicts:
    """The particles in which each utterance, or condition outside of utterances, was true.

    Particles with the same verdicts are counted together, so the memory grows with the kinds of particles only.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.particles = 0
        self.labels: list[str] = []
        self.faults: dict[str, PlotError] = {}
        self._parts = {
            id(node.span.source): i for i, part in enumerate(problem.evidence) for node in _factors(part.program)
        }
        self._columns: dict[object, int] = {}
        self._rows = torch.empty((0, 0), dtype=torch.int64)
        self._counts = torch.empty(0, dtype=torch.int64)

    def add(self, batch: Run) -> None:
        """Add the verdicts of a batch."""
        failed: dict[int, Tensor] = {}
        for factor in batch.factors:
            fails = (factor.log_factor == -torch.inf).expand(batch.particles)
            number = self._number(factor.span)
            failed[number] = failed[number] | fails if number in failed else fails
        for warning in batch.warnings:
            self.faults.setdefault(warning.message, PlotError(warning.message, span=warning.span))
        self.particles += batch.particles
        if self.labels and len(self._rows) < MOST_ROWS:
            self._merge(self._pack(failed, batch.particles))

    def _pack(self, failed: dict[int, Tensor], particles: int) -> Tensor:
        """Return one bit for each label, set where it failed, in as many words as that takes: (particles, words)."""
        words = [torch.zeros(particles, dtype=torch.int64) for _ in range(0, len(self.labels), BITS)]
        for number, fails in failed.items():
            words[number // BITS] |= fails.to(torch.int64) << (number % BITS)
        return torch.stack(words, 1)

    def _number(self, span: Span) -> int:
        part = self._parts.get(id(span.source))
        key: object = part if part is not None else (id(span.source), span.line, span.column)
        if key not in self._columns:
            self._columns[key] = len(self.labels)
            self.labels.append(self.problem.evidence[part].label if part is not None else _source_text(span))
        return self._columns[key]

    def _merge(self, rows: Tensor) -> None:
        missing = rows.shape[1] - self._rows.shape[1]
        before = torch.cat([self._rows, torch.zeros((len(self._rows), missing), dtype=torch.int64)], 1)
        counts = torch.cat([self._counts, torch.ones(len(rows), dtype=torch.int64)])
        both = torch.cat([before, rows])
        if both.shape[1] == 1:
            found, inverse = torch.unique(both[:, 0], return_inverse=True)
            found = found[:, None]
        else:
            found, inverse = torch.unique(both, dim=0, return_inverse=True)
        self._counts = torch.zeros(len(found), dtype=torch.int64).index_add_(0, inverse, counts)
        self._rows = found

    # -- subsets ---------------------------------------------------------------------------------------

    def share(self, subset: Sequence[int]) -> float:
        """Return the share of the particles that satisfy all of `subset`."""
        if not len(self._rows):
            return 0.0
        words = [0] * self._rows.shape[1]
        for item in subset:
            words[item // BITS] |= 1 << (item % BITS)
        holds = ((self._rows & torch.tensor(words)) == 0).all(1)
        return float(self._counts[holds].sum()) / float(self._counts.sum())

    def contradiction(self) -> tuple[int, ...]:
        """Return a smallest set that no particle satisfies (the first in order of telling); empty if there is none.

        Where there are too many sets to try, a set is returned from which none can be left out.
        """
        everything = tuple(range(len(self.labels)))
        if not everything or self.share(everything) > 0:
            return ()
        tried = 0
        for size in range(1, len(everything) + 1):
            for subset in combinations(everything, size):
                tried += len(self._rows) + WORK_OF_A_SET
                if self.share(subset) == 0:
                    return subset
                if tried > MOST_WORK:
                    return self._shrink(everything)
        return everything

    def _shrink(self, subset: tuple[int, ...]) -> tuple[int, ...]:
        for item in subset:
            rest = tuple(other for other in subset if other != item)
            if self.share(rest) == 0:
                subset = rest
        return subset

    def expected(self, subset: Sequence[int], particles: int) -> float:
        """Return how many of `particles` would satisfy `subset` if its members had nothing to do with one another."""
        share = 1.0
        for item in subset:
            share *= self.share([item])
        return share * particles

    @property
    def clear(self) -> bool:
        """Return whether there is a contradiction that chance does not explain: survivors were to be expected."""
        subset = self.contradiction()
        return len(subset) == 1 or (bool(subset) and self.expected(subset, self.particles) >= CLEAR_EXPECTATION)


def _factors(program: ProgramNode) -> Iterator[Node]:
    return (node for node in walk(program) if isinstance(node, (Condition, Observe)))


def _source_text(span: Span) -> str:
    lines = span.source.text.splitlines() if span.source is not None else []
    return lines[span.line - 1].strip() if 0 < span.line <= len(lines) else "a condition"


def localised(problem: Problem, goal: Goal, *, proved: bool = False) -> PlotError:
    """Return the error for evidence that no prior sample satisfies, with a smallest contradictory set.

    Where it is `proved` that no world satisfies all of it, that is said. No more particles run than the goal allows.
    """
    verdicts, goal = Verdicts(problem), explaining(goal)
    most = SEARCH_BATCHES * CHECK_BATCH if goal.particles is None else goal.particles
    size, number = min(CHECK_BATCH, most), 0
    while number < SEARCH_BATCHES and verdicts.particles + size <= most:
        try:
            verdicts.add(run(problem.program, size, RunPlan(seed=goal.seed + number, budget=goal.budget)))
        except BudgetError as error:
            if error.budget != "memory" or size <= LEAST_BATCH:
                if not verdicts.particles:
                    return error
                break
            size //= 8
        except PlotError as error:
            return error
        number += 1
        if verdicts.clear:
            break
    return no_survivors(verdicts, goal, goal.seed + SEARCH_BATCHES, proved)


def explaining(goal: Goal) -> Goal:
    """Return the goal of what looks for the reason why there is no answer: it gets a little more than all the time."""
    goal = goal.started()
    return goal.watched(replace(goal.watch, ends=goal.watch.begun + (1 + EXPLAINING) * goal.seconds))


def no_survivors(verdicts: Verdicts, goal: Goal, seed: int, proved: bool = False) -> PlotError:
    """Return the error for evidence that no particle satisfied: impossible, or too unlikely for weighting particles."""
    subset = verdicts.contradiction()
    if not subset:
        return _killed_by_faults(verdicts)
    if len(subset) > 1 and verdicts.expected(subset, verdicts.particles) < CLEAR_EXPECTATION:
        return _unlikely(verdicts)
    checked = _confirm(verdicts, subset, goal, seed)
    if checked is None:
        return _unlikely(verdicts)
    whole = proved and len(subset) == len(verdicts.labels)
    return _impossible([verdicts.labels[item] for item in subset], verdicts.particles + checked, proved, whole)


def narrowed(problem: Problem, goal: Goal, supports: Callable[[Problem, Goal], bool]) -> PlotError:
    """Return the error for evidence that no particle reached even in steps.

    `supports` tells whether a problem with less evidence has a world.

    What the prior shows is told first. Where it shows nothing, utterances are left out one by one as long as what
    remains has no world: then all that is left is needed for the clash. It ends when the time is over.
    """
    goal = explaining(goal)
    error = localised(problem, goal)
    if isinstance(error, ImpossibleError) or not problem.evidence:
        return error
    kept = list(problem.evidence)
    for part in reversed(problem.evidence):
        rest = [other for other in kept if other is not part]
        try:
            if not supports(replace(problem, evidence=tuple(rest)), goal):
                kept = rest
        except BudgetError:
            return error
    kept = [part for part in kept if _any_factor(part)]
    if not kept:
        return error
    named = " and ".join(f"“{part.label}”" for part in kept)
    return ImpossibleError(
        f"these contradict each other: no world satisfies {named}, even when approached in steps (without any one of "
        "them it is possible)",
        hint="remove one of them",
    )


def _confirm(verdicts: Verdicts, subset: tuple[int, ...], goal: Goal, seed: int) -> int | None:
    """Try to satisfy the subset alone with fresh particles; return how many failed, None when one did not."""
    labels = {verdicts.labels[item] for item in subset}
    kept = [part for part in verdicts.problem.evidence if part.label in labels or not _any_factor(part)]
    if len(kept) == len(verdicts.problem.evidence):
        return 0
    problem = Problem(verdicts.problem.setting, tuple(kept), ProgramNode(body=()))
    most = CHECK_PARTICLES if goal.particles is None else goal.particles
    tried, size = 0, min(CHECK_BATCH, most)
    while tried + size <= most:
        try:
            batch = run(problem.program, size, RunPlan(seed=seed + 1 + tried // size, budget=goal.budget))
        except PlotError:
            return tried
        if bool((batch.log_weight > -torch.inf).any()):
            return None
        tried += batch.particles
    return tried


def _any_factor(part: Part) -> bool:
    return next(_factors(part.program), None) is not None


def _impossible(labels: list[str], particles: int, proved: bool, whole: bool) -> PlotError:
    """Return the error for labels of which no sampled world satisfies all.

    It is `proved` that no world satisfies all of the evidence; these labels are the `whole` of it.
    """
    quoted = [f"“{label}”" for label in labels]
    none = "no world" if whole else f"none of {particles:,} sampled worlds"
    if len(quoted) == 1:
        rare = "impossible" if proved else f"impossible, or rarer than 1 in {max(1, particles // 3):,}"
        return ImpossibleError(f"{rare}: {none} satisfies {quoted[0]}", hint="remove it, or state it less strongly")
    if len(quoted) == 2:
        named = f"both {quoted[0]} and {quoted[1]}"
    else:
        named = f"all of {', '.join(quoted[:-1])} and {quoted[-1]}"
    return ImpossibleError(
        f"these contradict each other: {none} satisfies {named} (any fewer of them are possible together)",
        hint="remove one of them",
    )


def _unlikely(verdicts: Verdicts) -> PlotError:
    shares = [verdicts.share([item]) for item in range(len(verdicts.labels))]
    rarest = min(range(len(shares)), key=lambda item: shares[item])
    return UnlikelyError(
        f"too unlikely for this method: none of {verdicts.particles:,} worlds satisfies all {len(shares)} conditions "
        f"together, but no contradiction was found",
        hint=f"allow more time (--budget-seconds …); the rarest of them, “{verdicts.labels[rarest]}”, "
        f"holds in {shares[rarest]:.2g} of the worlds",
    )


def _killed_by_faults(verdicts: Verdicts) -> PlotError:
    first = next(iter(verdicts.faults.values()), None)
    if first is None:
        return UnlikelyError(f"none of {verdicts.particles:,} worlds has a weight above zero")
    return PlotError(
        f"an error occurs in every world that is consistent with the evidence: {first.message}",
        hint=first.hint,
        span=first.span,
    )
