"""A choice in another world, given what was chosen at its place before: the noise is one for all worlds.

Numbers and truth values are quantiles of one uniform number. Other values are kept, or replaced, by two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.oracle.chance import Law, Outcomes
from tests.oracle.functions import plain

SLIVER = 1e-12
Interval = tuple[float, float]


@dataclass(frozen=True)
class Past:
    """A choice that was made: its own distribution, and what came of it."""

    law: Law
    arguments: tuple[Any, ...]
    value: Any


def plain_arguments(law: Law) -> tuple[Any, ...]:
    """Return the arguments of a distribution as values that can be compared."""
    return tuple([plain(each) for each in law.arguments])


def shared(law: Law, before: Sequence[Past]) -> Law:
    """Return the distribution of a choice given those at its place in the worlds before."""
    listed = [_united(each) for each in (law, *[past.law for past in before])]
    kinds = {
        type(value) is bool if isinstance(value, bool | int | float) else None for each in listed for value, _ in each
    }
    if kinds in ({True}, {False}):
        outcomes = _quantiles(listed[0], listed[1:], before)
    else:
        outcomes = _replaced(listed[0], listed[1:], before)
    total = sum([p for _, p in outcomes])
    return Law("coupled", (), lambda: [(value, p / total) for value, p in outcomes if p > 0])


def _kind(value: Any) -> bool | None:
    return isinstance(value, bool) if isinstance(value, bool | int | float) else None


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)


def _united(law: Law) -> Outcomes:
    """Return the outcomes of a finite distribution, each value once."""
    if law.outcomes is None:
        raise NotImplementedError(law.name)
    found: list[tuple[Any, float]] = []
    for value, p in law.outcomes():
        at = next((i for i, (known, _) in enumerate(found) if _same(known, value)), None)
        if at is None:
            found.append((value, p))
        else:
            found[at] = (value, found[at][1] + p)
    return found


def _mass(outcomes: Outcomes, value: Any) -> float:
    return sum([p for each, p in outcomes if _same(each, value)])


def _part(of: Interval, within: Interval) -> float:
    """Return the share of an interval that is in another one."""
    length = min(of[1], within[1]) - max(of[0], within[0])
    return length / (of[1] - of[0]) if length > SLIVER * (of[1] - of[0]) else 0.0


def _cut(one: Interval, other: Interval) -> Interval:
    return max(one[0], other[0]), min(one[1], other[1])


def _quantiles(mine: Outcomes, theirs: Sequence[Outcomes], before: Sequence[Past]) -> Outcomes:
    noise = (0.0, 1.0)
    for outcomes, past in zip(theirs, before, strict=True):
        noise = _cut(noise, _interval(outcomes, past.value))
    return [(value, _part(noise, _interval(mine, value))) for value, _ in mine]


def _interval(outcomes: Outcomes, value: Any) -> Interval:
    below = sum([p for each, p in outcomes if each < value])
    return below, below + _mass(outcomes, value)


def _replaced(mine: Outcomes, theirs: Sequence[Outcomes], before: Sequence[Past]) -> Outcomes:
    first, value = theirs[0], before[0].value
    keeping, replacing = (0.0, 1.0), (0.0, 1.0)
    for outcomes, past in zip(theirs[1:], before[1:], strict=True):
        keep, others = _plan(outcomes, first, value)
        if _same(past.value, value):
            keeping = _cut(keeping, (0.0, keep))
        else:
            keeping = _cut(keeping, (keep, 1.0))
            replacing = _cut(replacing, next(part for each, part in others if _same(each, past.value)))
    keep, others = _plan(mine, first, value)
    kept = _part(keeping, (0.0, keep))
    found = [(value, kept)]
    return found + [(each, (1 - kept) * _part(replacing, part)) for each, part in others]


def _plan(outcomes: Outcomes, first: Outcomes, value: Any) -> tuple[float, list[tuple[Any, Interval]]]:
    """Return the probability of keeping a value, and the quantiles of those that replace it."""
    keep = min(1.0, _mass(outcomes, value) / _mass(first, value))
    more = [(each, max(0.0, p - _mass(first, each))) for each, p in outcomes]
    total = sum([p for _, p in more if p > SLIVER])
    found, start = [], 0.0
    for each, p in more:
        if p > SLIVER:
            found.append((each, (start, start + p / total)))
            start += p / total
    return keep, found
