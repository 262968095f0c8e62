"""Baseline routers: by a hash of the text (Roller et al. 2021), and at random."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

from plot.errors import PlotError
from plot.routing.base import Routing


class Hashed:
    """The same text goes to the same world. All worlds are called equally likely, for it has no evidence."""

    name = "hash"

    def __init__(self, worlds: Sequence[str]) -> None:
        self.worlds = _some(worlds)

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the worlds in an order that depends on the text alone."""
        said = "\n".join(utterances)
        order = sorted(self.worlds, key=lambda world: hashlib.sha256(f"{world}\n{said}".encode()).digest())
        return Routing(self.name, {world: 1 / len(order) for world in order})


class Random:
    """Every call goes to any world, by a seeded generator."""

    name = "random"

    def __init__(self, worlds: Sequence[str], seed: int = 0) -> None:
        self.worlds = _some(worlds)
        self._random = random.Random(seed)  # noqa: S311

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the worlds in a random order, whatever was said."""
        order = self._random.sample(self.worlds, len(self.worlds))
        return Routing(self.name, {world: 1 / len(order) for world in order})


def _some(worlds: Sequence[str]) -> list[str]:
    if not worlds:
        raise PlotError("there are no worlds to choose from", hint="give a folder of world files")
    return list(worlds)


__all__ = ["Hashed", "Random"]
