"""Nets of events that are true or false, answered by listing the noise that all of their worlds share.

Each event is true where its uniform number is below its probability given its parents. An atom of the noise is a choice
of a number for each event from among those between which no probability of the event lies.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

World = Mapping[str, bool]
Test = Callable[[World], bool]


def always(world: World) -> bool:
    """Return true: what is given is nothing."""
    return True


@dataclass(frozen=True)
class Net:
    """Events in an order of causes: the name, the parents, and the probability for each combination of their values."""

    events: Sequence[tuple[str, tuple[str, ...], Mapping[tuple[bool, ...], float]]]

    def worlds(self, *interventions: World) -> Iterator[tuple[float, list[World]]]:
        """Yield the weight of each atom, with the factual world and those under the interventions."""
        cells = []
        for _, _, chances in self.events:
            ends = sorted({0.0, 1.0, *chances.values()})
            cells.append([(high - low, (low + high) / 2) for low, high in itertools.pairwise(ends)])
        for atom in itertools.product(*cells):
            weight = 1.0
            for share, _ in atom:
                weight *= share
            noise = [number for _, number in atom]
            yield weight, [self._world(noise, done) for done in ({}, *interventions)]

    def _world(self, noise: Sequence[float], done: World) -> World:
        values: dict[str, bool] = {}
        for (name, parents, chances), number in zip(self.events, noise, strict=True):
            values[name] = done[name] if name in done else number < chances[tuple(values[one] for one in parents)]
        return values

    def chance(self, test: Test, given: Test = always, do: World | None = None) -> float:
        """Return the probability of a test under an intervention, of those for which something is so in fact."""
        total = found = 0.0
        for weight, (fact, other) in self.worlds(do or {}):
            total += weight * given(fact)
            found += weight * (given(fact) and test(other))
        return found / total

    def effect(self, cause: str, outcome: str, given: Test = always) -> float:
        """Return the effect of a cause, of those for which something is so in fact."""
        on, off = (self.chance(lambda world: world[outcome], given, {cause: value}) for value in (True, False))
        return on - off

    def natural(self, cause: str, outcome: str, mediator: str, through: bool) -> float:
        """Return the natural effect through a mediator, or the one that is left where it stays as it is."""
        total = 0.0
        for value in (False, True):
            worlds = self.worlds({cause: False}, {cause: through}, {cause: not through, mediator: value})
            for weight, (_, off, source, held) in worlds:
                if source[mediator] == value:
                    total += weight * (held[outcome] - off[outcome])
        return total
