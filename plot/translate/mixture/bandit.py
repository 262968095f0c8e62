"""A bandit as gate: Thompson sampling over translators, with the outcome of each utterance as its reward."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from plot.translate.base import Discourse


class Bandit:
    """Chooses `count` translators for an utterance, each as often as it may be the best (Thompson 1933).

    Rewards are from 0 to 1: that a person confirmed a translation, that it agreed with what won, that it was refused.
    Each world keeps a beta distribution for each translator. Randomness follows from the seed.
    """

    def __init__(self, count: int = 1, seed: int = 0) -> None:
        self._count = count
        self._random = random.Random(seed)  # noqa: S311
        self._outcomes: dict[str, dict[str, tuple[float, float]]] = {}

    def __call__(self, utterance: str, discourse: Discourse, experts: Sequence[str]) -> Mapping[str, float]:
        """Return one for the chosen translators and zero for the others."""
        known = self._outcomes.get(discourse.world.name, {})
        drawn = {}
        for expert in experts:
            good, bad = known.get(expert, (0.0, 0.0))
            drawn[expert] = self._random.betavariate(1 + good, 1 + bad)
        chosen = set(sorted(drawn, key=lambda expert: -drawn[expert])[: self._count])
        return {expert: float(expert in chosen) for expert in experts}

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


__all__ = ["Bandit"]
