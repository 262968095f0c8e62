"""A guide is learnt from weighted particles: each step of each choice becomes a logistic regression on those before.

The prior's log odds are the offset of each regression (`regression.py`), so that without evidence nothing is tilted.
Together the regressions are a sigmoid belief network (Neal 1992) around the prior. To minimise the cross entropy of
weighted particles is how proposals for rare events are found (Rubinstein 1999).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.methods.guided.guide import Guide, Met, Tilt
from plot.inference.methods.guided.regression import tilt_of
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 5.0  # examples of a step


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What a site did in some particles: codes (M,), chances of the steps (steps, M), and which reached it."""

    codes: Tensor
    chances: Tensor
    on: Tensor

    @property
    def steps(self) -> int:
        """The steps of the longest chain."""
        return self.chances.shape[0]

    def wider(self, steps: int) -> Example:
        """Return the same with more steps; what had none there has a chance of 0."""
        more = torch.zeros(steps - self.steps, len(self.codes), dtype=torch.float64)
        return Example(self.codes, torch.cat([self.chances, more]), self.on)

    def meeting(self, other: Example) -> Example:
        """Return what happened here or, in other particles, there."""
        steps = max(self.steps, other.steps)
        one, two = self.wider(steps), other.wider(steps)
        codes, chances = torch.where(two.on, two.codes, one.codes), torch.where(two.on, two.chances, one.chances)
        return Example(codes, chances, one.on | two.on)


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Particles to learn from: what each site did in them, in the order of drawing, and how much each counts (M,)."""

    examples: Mapping[str, Example]
    counts: Tensor

    @classmethod
    def of(cls, met: Iterable[Met], index: Tensor, counts: Tensor) -> Lesson:
        """Return the lesson of some of the particles of a run."""
        examples: dict[str, Example] = {}
        for one in met:
            chances = one.chain.chances.expand(-1, len(one.codes))[:, index]
            now = Example(one.codes[index], chances, _at(one.mask, len(one.codes), index))
            before = examples.get(one.address)
            examples[one.address] = now if before is None else before.meeting(now)
        return cls(examples, counts)


def _at(mask: Mask, size: int, index: Tensor) -> Tensor:
    return as_tensor(mask).expand(size)[index]


def joined(lessons: Sequence[Lesson]) -> Lesson:
    """Return all lessons as one."""
    examples: dict[str, Example] = {}
    for address in _in_order([list(lesson.examples) for lesson in lessons]):
        known = [lesson.examples.get(address) for lesson in lessons]
        steps = max(example.steps for example in known if example is not None)
        parts = [
            _none(lesson, steps) if e is None else e.wider(steps) for e, lesson in zip(known, lessons, strict=True)
        ]
        examples[address] = Example(
            torch.cat([part.codes for part in parts]),
            torch.cat([part.chances for part in parts], 1),
            torch.cat([part.on for part in parts]),
        )
    return Lesson(examples, torch.cat([lesson.counts for lesson in lessons]))


def _none(lesson: Lesson, steps: int) -> Example:
    """Return the example of a site that no particle reached."""
    size = len(lesson.counts)
    nowhere = torch.zeros(size, dtype=torch.bool)
    return Example(torch.zeros(size, dtype=torch.int64), torch.zeros(steps, size, dtype=torch.float64), nowhere)


def _in_order(orders: Iterable[Sequence[str]]) -> list[str]:
    """Return all addresses once; one that is new comes after the one that it followed.

    >>> _in_order([["a", "b", "c"], ["a", "x", "b", "y"]])
    ['a', 'x', 'b', 'y', 'c']
    """
    found: list[str] = []
    for order in orders:
        place = 0
        for address in order:
            if address not in found:
                found.insert(place, address)
            place = found.index(address) + 1
    return found


def learnt(lesson: Lesson) -> Guide:
    """Return the guide that a lesson teaches."""
    steps = {address: example.steps for address, example in lesson.examples.items()}
    rows = dict(zip(steps, accumulate([0, *steps.values()]), strict=False))
    features = torch.zeros(sum(steps.values()), len(lesson.counts), dtype=torch.float64)
    tilts: dict[tuple[str, int], Tilt] = {}
    for address, example in lesson.examples.items():
        for k in range(example.steps):
            tilt = _tilt(example, k, features[: rows[address]], lesson.counts)
            if tilt is not None:
                tilts[address, k] = tilt
            features[rows[address] + k] = ((example.codes == k) & example.on).double()
    return Guide(steps, rows, tilts)


def _tilt(example: Example, k: int, features: Tensor, counts: Tensor) -> Tilt | None:
    """Return the tilt of one step; None where it never was a question, or the prior's odds do."""
    chance = example.chances[k]
    open_ = example.on & (example.codes >= k) & (chance > 0) & (chance < 1)
    if float(counts[open_].sum()) < LEAST:
        return None
    index = open_.nonzero().squeeze(1)
    yes, odds = (example.codes[index] == k).double(), torch.logit(chance[index])
    return tilt_of(yes, odds, counts[index], features[:, index])


__all__ = ["Lesson", "joined", "learnt"]
