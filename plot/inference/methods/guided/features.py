"""Training of a guide on weighted particles: each step of each choice is a logistic regression on the earlier ones.

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
from plot.inference.methods.guided.guide import Guide, ReachedChoice, Tilt
from plot.inference.methods.guided.regression import tilt_of
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 5.0  # examples of a step


@dataclass(frozen=True, slots=True, eq=False)
class SiteExamples:
    """The draws of a site in some particles: codes (M,), step probabilities (steps, M), and which reached it."""

    codes: Tensor
    chances: Tensor
    on: Tensor

    @property
    def steps(self) -> int:
        """The steps of the longest chain."""
        return self.chances.shape[0]

    def wider(self, steps: int) -> SiteExamples:
        """Return the same with more steps; what had none there has a chance of 0."""
        more = torch.zeros(steps - self.steps, len(self.codes), dtype=torch.float64)
        return SiteExamples(self.codes, torch.cat([self.chances, more]), self.on)

    def meeting(self, other: SiteExamples) -> SiteExamples:
        """Return what happened here or, in other particles, there."""
        steps = max(self.steps, other.steps)
        one, two = self.wider(steps), other.wider(steps)
        codes, chances = torch.where(two.on, two.codes, one.codes), torch.where(two.on, two.chances, one.chances)
        return SiteExamples(codes, chances, one.on | two.on)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """Weighted particles to train on: the values of each site, in sampling order, and the particles' weights (M,)."""

    examples: Mapping[str, SiteExamples]
    counts: Tensor

    @classmethod
    def of(cls, met: Iterable[ReachedChoice], index: Tensor, counts: Tensor) -> TrainingSet:
        """Return the lesson of some of the particles of a run."""
        examples: dict[str, SiteExamples] = {}
        for one in met:
            chances = one.chain.chances.expand(-1, len(one.codes))[:, index]
            now = SiteExamples(one.codes[index], chances, _at(one.mask, len(one.codes), index))
            before = examples.get(one.address)
            examples[one.address] = now if before is None else before.meeting(now)
        return cls(examples, counts)


def _at(mask: Mask, size: int, index: Tensor) -> Tensor:
    return as_tensor(mask).expand(size)[index]


def joined(training_sets: Sequence[TrainingSet]) -> TrainingSet:
    """Return the union of training sets."""
    examples: dict[str, SiteExamples] = {}
    for address in _in_order([list(training_set.examples) for training_set in training_sets]):
        known = [training_set.examples.get(address) for training_set in training_sets]
        steps = max(example.steps for example in known if example is not None)
        parts = [
            _none(training_set, steps) if e is None else e.wider(steps)
            for e, training_set in zip(known, training_sets, strict=True)
        ]
        examples[address] = SiteExamples(
            torch.cat([part.codes for part in parts]),
            torch.cat([part.chances for part in parts], 1),
            torch.cat([part.on for part in parts]),
        )
    return TrainingSet(examples, torch.cat([training_set.counts for training_set in training_sets]))


def _none(training_set: TrainingSet, steps: int) -> SiteExamples:
    """Return the example of a site that no particle reached."""
    size = len(training_set.counts)
    nowhere = torch.zeros(size, dtype=torch.bool)
    return SiteExamples(torch.zeros(size, dtype=torch.int64), torch.zeros(steps, size, dtype=torch.float64), nowhere)


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


def trained(training_set: TrainingSet) -> Guide:
    """Return the guide fitted to a training set."""
    steps = {address: example.steps for address, example in training_set.examples.items()}
    rows = dict(zip(steps, accumulate([0, *steps.values()]), strict=False))
    features = torch.zeros(sum(steps.values()), len(training_set.counts), dtype=torch.float64)
    tilts: dict[tuple[str, int], Tilt] = {}
    for address, example in training_set.examples.items():
        for k in range(example.steps):
            tilt = _tilt(example, k, features[: rows[address]], training_set.counts)
            if tilt is not None:
                tilts[address, k] = tilt
            features[rows[address] + k] = ((example.codes == k) & example.on).double()
    return Guide(steps, rows, tilts)


def _tilt(example: SiteExamples, k: int, features: Tensor, counts: Tensor) -> Tilt | None:
    """Return the tilt of one step; None where it never was a question, or the prior's odds do."""
    chance = example.chances[k]
    open_ = example.on & (example.codes >= k) & (chance > 0) & (chance < 1)
    if float(counts[open_].sum()) < LEAST:
        return None
    index = open_.nonzero().squeeze(1)
    yes, odds = (example.codes[index] == k).double(), torch.logit(chance[index])
    return tilt_of(yes, odds, counts[index], features[:, index])


__all__ = ["TrainingSet", "joined", "trained"]
