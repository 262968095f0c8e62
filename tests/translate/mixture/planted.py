"""Translators whose errors are planted: how reliable each is, and which of them err together."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plot.translate.base import Reading
from plot.translate.mixture import LabelledPool, Pool, Vote

CLASSES = 4


@dataclass(frozen=True)
class Planted:
    """A translator that is right with probability `right`; with probability `follows` it says what `leader` says."""

    name: str
    right: float
    leader: str | None = None
    follows: float = 0.0


def say(experts: Sequence[Planted], truth: int, chance: random.Random) -> dict[str, int]:
    """Return the class that each translator reports."""
    said: dict[str, int] = {}
    for expert in experts:
        if expert.leader is not None and chance.random() < expert.follows:
            said[expert.name] = said[expert.leader]
        elif chance.random() < expert.right:
            said[expert.name] = truth
        else:
            said[expert.name] = chance.choice([k for k in range(CLASSES) if k != truth])
    return said


def pool_of(said: Mapping[str, int | Sequence[float]], world: str = "world", act: str = "observation") -> Pool:
    """Return a pool in which each translator reports a class, or a distribution over classes; all distances are 1."""
    votes: list[Vote] = []
    classes: dict[int, list[int]] = {}
    for expert, report in said.items():
        shares = [float(k == report) for k in range(CLASSES)] if isinstance(report, int) else list(report)
        for k, share in enumerate(shares):
            if share > 0:
                classes.setdefault(k, []).append(len(votes))
                votes.append(Vote(expert, Reading("observation", f"condition(meaning == {k})"), share))
    members = tuple(tuple(classes[k]) for k in sorted(classes))
    of = {number: k for k, numbers in classes.items() for number in numbers}
    distances = tuple(tuple(float(of[i] != of[j]) for j in range(len(votes))) for i in range(len(votes)))
    return Pool("an utterance", world, act, tuple(votes), members, distances)  # type: ignore[arg-type]


def right_in(pool: Pool, truth: int) -> int | None:
    """Return the number of the class that means `truth`."""
    code = f"condition(meaning == {truth})"
    found = [k for k, members in enumerate(pool.classes) if pool.votes[members[0]].reading.code == code]
    return found[0] if found else None


def labelled(experts: Sequence[Planted], count: int, seed: int, world: str = "world") -> list[LabelledPool]:
    """Return utterances of known meaning, as the translators read them."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        truth = chance.randrange(CLASSES)
        pool = pool_of(say(experts, truth, chance), world)
        found.append(LabelledPool(pool, right_in(pool, truth)))
    return found
