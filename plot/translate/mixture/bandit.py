"""A bandit over translators: Thompson sampling, with the outcome of each utterance as its reward."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plot.errors import PlotError
from plot.translate.base import Discourse, Reading, Translator, unshown
from plot.translate.cascade import refusal
from plot.translate.mixture.pool import Labelled, Pooling
from plot.translate.mixture.translator import gathered, readings_of
from plot.world import Example


class Outcomes:
    """How well translators did in each world: a beta distribution for each, from rewards between 0 and 1."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._outcomes: dict[str, dict[str, tuple[float, float]]] = {}

    def ranking(self, world: str, experts: Sequence[str]) -> list[str]:
        """Return the translators in an order in which each is as often first as it may be the best (Thompson 1933).

        Randomness follows from the seed and what is known so far.
        """
        known = self._outcomes.get(world, {})
        chance = random.Random(f"{self._seed} {sorted(known.items())}")  # noqa: S311
        drawn = {}
        for expert in experts:
            good, bad = known.get(expert, (0.0, 0.0))
            drawn[expert] = chance.betavariate(1 + good, 1 + bad)
        return sorted(experts, key=lambda expert: -drawn[expert])

    def reward(self, world: str, expert: str, value: float) -> None:
        """Learn from an outcome. Raises ValueError for a reward outside 0 to 1."""
        if not 0 <= value <= 1:
            raise ValueError(f"a reward is from 0 to 1, not {value}")
        good, bad = self._outcomes.setdefault(world, {}).get(expert, (0.0, 0.0))
        self._outcomes[world][expert] = (good + value, bad + 1 - value)

    def mean(self, world: str, expert: str) -> float:
        """Return the expected reward of a translator."""
        good, bad = self._outcomes.get(world, {}).get(expert, (0.0, 0.0))
        return (1 + good) / (2 + good + bad)

    def to_json(self) -> dict[str, Any]:
        """Return the outcomes so far."""
        return {
            "outcomes": {
                world: {one: list(pair) for one, pair in known.items()} for world, known in self._outcomes.items()
            }
        }

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over outcomes. Raises ValueError, KeyError or TypeError where they are damaged."""
        self._outcomes = {
            str(world): {str(one): (float(good), float(bad)) for one, (good, bad) in known.items()}
            for world, known in kept["outcomes"].items()
        }


@dataclass
class Bandit:
    """A translator that asks one of others, the next where that refuses.

    A refusal is worth 0, and else the share of its samples that mean the same; `plot tune` adds whether it was right.
    `keep` is called with the outcomes after each utterance.
    """

    experts: tuple[Translator, ...]
    outcomes: Outcomes = field(default_factory=Outcomes)
    pooling: Pooling = field(default_factory=Pooling)
    keep: Callable[[Mapping[str, Any]], None] | None = None
    name: str = "bandit"

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of the first translator that has any. Raises PlotError where none has."""
        world, by_name = discourse.world.name, {expert.name: expert for expert in self.experts}
        failures: list[PlotError] = []
        for name in self.outcomes.ranking(world, list(by_name)):
            votes, refused = gathered((by_name[name],), utterance, discourse)
            failures += [error for _, error in refused]
            if votes:
                pool = self.pooling.pool(utterance, votes, discourse)
                weights = pool.shares[name]
                self._learn(world, name, max(weights))
                return readings_of(pool, weights)
            self._learn(world, name, 0.0)
        raise refusal(failures)

    def teach(self, labelled: Sequence[Labelled]) -> None:
        """Learn from utterances that it has read, and whose meaning is known."""
        for one in labelled:
            mine = [vote for vote in one.pool.counted if vote.expert == self.name]
            if mine:
                share = one.pool.shares[self.name][one.right] if one.right is not None else 0.0
                self._learn(one.pool.world, mine[0].reading.translator, share)

    def unshown(self, example: Example) -> Bandit:
        """Return the bandit without any model being shown an example."""
        return replace(self, experts=tuple(unshown(one, example) for one in self.experts))

    def _learn(self, world: str, expert: str, value: float) -> None:
        self.outcomes.reward(world, expert, value)
        if self.keep is not None:
            self.keep(self.outcomes.to_json())


__all__ = ["Bandit", "Outcomes"]
