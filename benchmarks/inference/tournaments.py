"""Tournaments of tug-of-war, simulated from the model, as data and as PLoT programs."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from benchmarks.inference.tasks import Skip, Task

NAMES = (
    *("tom", "john", "mary", "sue", "anna", "bert", "carol", "dave", "emma", "frank"),
    *("grace", "henry", "iris", "jack", "kate", "leo", "mona", "nick", "olga", "paul"),
)
MEAN, SD = 50.0, 20.0
LENGTHS = (1, 2, 4, 8, 16, 32, 64)
CROWDS = (6, 20)
SEED = 2306

SETTING = """
@mem
def strength(player):
    return normal(50, 20)

@mem
def laziness(player):
    return uniform(0, 1)

@mem
def lazy(player, match):
    return flip(laziness(player))

def pulling(player, match):
    return strength(player) / 2 if lazy(player, match) else strength(player)

def won_against(team1, team2, match):
    return sum([pulling(p, match) for p in team1]) > sum([pulling(p, match) for p in team2])
"""

Team = tuple[str, ...]


@dataclass(frozen=True)
class Tournament:
    """Who beat whom, in order. The players are those who pulled at least once, in the order of their first match."""

    name: str
    matches: tuple[tuple[Team, Team], ...]
    setting: str = SETTING

    @cached_property
    def players(self) -> tuple[str, ...]:
        """The names of all who pulled."""
        return tuple(dict.fromkeys(name for teams in self.matches for team in teams for name in team))

    @cached_property
    def indexed(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """The matches with places in `players` instead of names."""
        place = {name: number for number, name in enumerate(self.players)}
        return tuple((tuple(place[n] for n in won), tuple(place[n] for n in lost)) for won, lost in self.matches)

    @property
    def evidence(self) -> tuple[str, ...]:
        """One condition for each match."""
        return tuple(
            f"condition(won_against({_listed(won)}, {_listed(lost)}, {number}))"
            for number, (won, lost) in enumerate(self.matches, start=1)
        )

    @property
    def questions(self) -> Mapping[str, str]:
        """The strength of each player, and whether each is stronger than the next."""
        asked = {player: f'strength("{player}")' for player in self.players}
        for one, other in itertools.pairwise(self.players):
            asked[f"{one}>{other}"] = f'strength("{one}") > strength("{other}")'
        return asked

    @property
    def digest(self) -> str:
        """A fingerprint of the matches: references hold for these and no others."""
        return hashlib.sha256(repr(self.matches).encode()).hexdigest()[:16]


def _listed(team: Team) -> str:
    return "[" + ", ".join([f'"{name}"' for name in team]) + "]"


def season(crowd: int, length: int, seed: int = SEED) -> tuple[tuple[Team, Team], ...]:
    """Simulate matches among `crowd` players: one against one or two against two, equally often.

    >>> len(season(6, 64)), season(6, 4) == season(6, 64)[:4]
    (64, True)
    """
    draw = random.Random(seed * 1000 + crowd)
    names = NAMES[:crowd]
    strength = {name: draw.gauss(MEAN, SD) for name in names}
    laziness = {name: draw.random() for name in names}
    matches = []
    for _ in range(length):
        size = 1 if draw.random() < 0.5 else 2
        pulling = sorted(names, key=lambda _: draw.random())[: 2 * size]
        pulls = [strength[n] / 2 if draw.random() < laziness[n] else strength[n] for n in pulling]
        first, second = tuple(pulling[:size]), tuple(pulling[size:])
        matches.append((first, second) if sum(pulls[:size]) > sum(pulls[size:]) else (second, first))
    return tuple(matches)


def as_tournament(task: Task) -> Tournament:
    """Return the task as what it is; Skip where it is something else."""
    if not isinstance(task, Tournament):
        raise Skip("for tournaments only")
    return task


def tournaments() -> dict[str, Tournament]:
    """Return all of them by name: the paper's two facts, and the seasons of each crowd cut at each length."""
    paper = (("tom",), ("john",)), (("john", "mary"), ("tom", "sue"))
    found = [Tournament("two-facts", paper)]
    for crowd in CROWDS:
        found += [Tournament(f"players{crowd}-matches{length}", season(crowd, length)) for length in LENGTHS]
    return {task.name: task for task in found}
