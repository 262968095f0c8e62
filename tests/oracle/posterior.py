"""Posteriors by brute force: every world of a finite program, or worlds drawn one by one and weighed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.oracle.chance import Law
from tests.oracle.world import World

HOPELESS = 30  # times as many worlds as are wanted, if all were as the first one: not even begun


class TooManyError(Exception):
    """A program has more worlds than are listed here, or infinitely many."""


class Branches:
    """Leads through every world of a finite program, depth first."""

    def __init__(self) -> None:
        self.path: list[tuple[list[tuple[Any, float]], int]] = []
        self.met = 0
        self.probability = 1.0

    def pick(self, law: Law) -> Any:
        """Return the value that this world has here."""
        if self.met == len(self.path):
            if law.outcomes is None:
                raise TooManyError(law.name)
            self.path.append((law.outcomes(), 0))
        outcomes, chosen = self.path[self.met]
        self.met += 1
        value, p = outcomes[chosen]
        self.probability *= p
        return value

    def advance(self) -> bool:
        """Go on to the next world, if there is one."""
        while self.path and self.path[-1][1] + 1 == len(self.path[-1][0]):
            self.path.pop()
        if not self.path:
            return False
        outcomes, chosen = self.path[-1]
        self.path[-1] = outcomes, chosen + 1
        self.met, self.probability = 0, 1.0
        return True


def listed(text: str, source: Branches, most: int) -> Iterator[tuple[World, float]]:
    """Yield every world of a program with its probability."""
    for count in range(most):
        yield World(text, source), source.probability
        if count == 0 and math.prod([len(outcomes) for outcomes, _ in source.path]) > HOPELESS * most:
            break
        if not source.advance():
            return
    raise TooManyError(text)


class Draws:
    """Draws every value at random."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, law: Law) -> Any:
        """Draw a value."""
        return law.draw(self.random)


# -- what they say ---------------------------------------------------------------------------------------------


def typed(value: Any) -> Any:
    """Return a value with its type: a truth value is not a number, and a name is neither."""
    if isinstance(value, list):
        return ("list", *map(typed, value))
    if isinstance(value, dict):
        return ("record", *sorted((name, typed(each)) for name, each in value.items()))
    if value is None:
        return ("none",)
    if isinstance(value, bool):
        return ("truth", value)
    return ("name", value) if isinstance(value, str) else ("number", float(value))


@dataclass
class Answer:
    """The posterior of one query: the values by type, and the weights of each and of their squares."""

    values: dict[Any, Any] = field(default_factory=dict)
    weights: dict[Any, float] = field(default_factory=dict)
    squares: dict[Any, float] = field(default_factory=dict)

    def add(self, value: Any, weight: float) -> None:
        """Add a world."""
        key = typed(value)
        self.values.setdefault(key, value)
        self.weights[key] = self.weights.get(key, 0.0) + weight
        self.squares[key] = self.squares.get(key, 0.0) + weight * weight


@dataclass
class Truth:
    """What worlds say: the evidence with its standard error, the share of faults, and each query's posterior."""

    answers: list[Answer]
    evidence: float
    error: float = 0.0
    faults: float = 0.0
    worlds: int = 0

    @property
    def log_evidence(self) -> float:
        """The logarithm of the evidence."""
        return math.log(self.evidence) if self.evidence > 0 else -math.inf

    @property
    def log_error(self) -> float:
        """The standard error of `log_evidence` (delta method)."""
        return self.error / self.evidence if self.evidence > 0 else math.inf


def gathered(found: Iterable[tuple[World, float]]) -> Truth:
    """Return what worlds say together, each with its weight before evidence."""
    answers: list[Answer] = []
    total = faults = square = 0.0
    count = 0
    for world, probability in found:
        count += 1
        weight = probability * math.exp(world.log_weight) if world.end != "ruled out" else 0.0
        if world.end == "fault":
            faults += weight
        if world.end != "alive":
            continue
        total += weight
        square += weight * weight
        answers = answers or [Answer() for _ in world.queries]
        for answer, value in zip(answers, world.queries, strict=True):
            answer.add(value, weight)
    variance = max(0.0, square / count - (total / count) ** 2) / count
    return Truth(answers, total, math.sqrt(variance), faults, count)


def enumerated(text: str, most: int = 2_000) -> Truth:
    """Return the posterior of a finite program by listing all its worlds."""
    truth = gathered(listed(text, Branches(), most))
    truth.error = 0.0
    return truth


def sampled(text: str, count: int, seed: int) -> Truth:
    """Return the posterior by likelihood weighting, world by world."""
    source = Draws(Random(seed))
    truth = gathered((World(text, source), 1.0) for _ in range(count))
    truth.evidence /= count
    truth.faults /= count
    return truth
