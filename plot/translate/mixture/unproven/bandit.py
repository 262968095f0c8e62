"""A bandit over translators: Thompson sampling, with the outcome of each utterance as its reward."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plot.errors import PlotError
from plot.translate.base import Discourse, Reading, Translator, unshown
from plot.translate.mixture.pooling.pool import LabelledPool
from plot.translate.stages import refusal
from plot.world import Example

Counts = dict[str, dict[str, tuple[float, float]]]  # by world and translator: how often yes, how often no
NOTHING = (0.0, 0.0)


class Outcomes:
    """How often translators had a reading in each world, and how often it was right where that is known.

    Both are beta distributions, which are uniform at first.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._read: Counts = {}
        self._right: Counts = {}

    def ranking(self, world: str, experts: Sequence[str]) -> list[str]:
        """Return the translators in an order in which each is as often first as it may be the best (Thompson 1933).

        Randomness follows from the seed and what is known so far.
        """
        counts = [
            [known.get(world, {}).get(expert, NOTHING) for known in (self._read, self._right)] for expert in experts
        ]
        chance = random.Random(f"{self._seed} {counts}")  # noqa: S311
        drawn = [math.prod(chance.betavariate(1 + good, 1 + bad) for good, bad in pair) for pair in counts]
        order = sorted(range(len(experts)), key=lambda number: -drawn[number])
        return [experts[number] for number in order]

    def read(self, world: str, expert: str, found: bool) -> None:
        """Learn whether a translator had a reading."""
        _count(self._read, world, expert, float(found))

    def right(self, world: str, expert: str, share: float) -> None:
        """Learn which share of a translator's reading was right. Raises ValueError for one outside 0 to 1."""
        if not 0 <= share <= 1:
            raise ValueError(f"a share is from 0 to 1, not {share}")
        _count(self._right, world, expert, share)

    def mean(self, world: str, expert: str) -> float:
        """Return how often a translator is expected to have the right reading."""
        counts = (known.get(world, {}).get(expert, NOTHING) for known in (self._read, self._right))
        return math.prod((1 + good) / (2 + good + bad) for good, bad in counts)

    def to_json(self) -> dict[str, Any]:
        """Return the outcomes so far."""
        return {"read": self._read, "right": self._right}

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over outcomes. Raises ValueError, KeyError or TypeError where they are damaged."""
        self._read, self._right = (
            {
                str(world): {str(one): (float(good), float(bad)) for one, (good, bad) in known.items()}
                for world, known in kept[name].items()
            }
            for name in ("read", "right")
        )


def _count(counts: Counts, world: str, expert: str, value: float) -> None:
    good, bad = counts.setdefault(world, {}).get(expert, NOTHING)
    counts[world][expert] = (good + value, bad + 1 - value)


@dataclass
class Bandit:
    """A translator that asks one of others, the next where that refuses.

    In use it learns who refuses; who is right it learns where that is known, from `plot tune`. `keep` is called with
    the outcomes whenever there is a new one.
    """

    experts: tuple[Translator, ...]
    outcomes: Outcomes = field(default_factory=Outcomes)
    keep: Callable[[Mapping[str, Any]], None] | None = None
    name: str = "bandit"

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of the first translator that has any. Raises PlotError where none has."""
        world, by_name = discourse.world.name, {expert.name: expert for expert in self.experts}
        failures: list[PlotError] = []
        for name in self.outcomes.ranking(world, list(by_name)):
            try:
                found = by_name[name].translate(utterance, discourse)
            except PlotError as error:
                failures.append(error)
                found = ()
            self.outcomes.read(world, name, bool(found))
            self._keep()
            if found:
                return tuple(replace(reading, translator=name) for reading in found)
        raise refusal(failures)

    def teach(self, labelled: Sequence[LabelledPool]) -> None:
        """Learn from utterances that it has read, and whose meaning is known."""
        for one in labelled:
            mine = [vote for vote in one.pool.counted if vote.expert == self.name]
            if mine:
                share = one.pool.shares[self.name][one.right] if one.right is not None else 0.0
                self.outcomes.right(one.pool.world, mine[0].reading.translator, share)
        self._keep()

    def unshown(self, example: Example) -> Bandit:
        """Return the bandit without any model being shown an example."""
        return replace(self, experts=tuple(unshown(one, example) for one in self.experts))

    def _keep(self) -> None:
        if self.keep is not None:
            self.keep(self.outcomes.to_json())


__all__ = ["Bandit", "Outcomes"]
