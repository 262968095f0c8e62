"""Rejection and likelihood weighting of tournaments, by hand in NumPy, in chunks that stay in the cache."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from benchmarks.inference.pulls import Array, Matches, match_chance, prior
from benchmarks.inference.tasks import Outcome, Prepare, Runner, Task
from benchmarks.inference.tournaments import as_tournament

CHUNK = 20_000


@dataclass
class Sums:
    """Weighted sums of the strengths and comparisons, chunk by chunk."""

    players: tuple[str, ...]
    weight: float = 0.0
    squares: float = 0.0
    drawn: int = 0
    totals: Array = field(default_factory=lambda: np.zeros(0))

    def add(self, strength: Array, weight: Array | None, drawn: int) -> None:
        """Count a chunk of `drawn` particles, of which these are left; no weight: all weigh the same."""
        kept = np.ones(strength.shape[1], dtype=strength.dtype) if weight is None else weight
        found = np.concatenate([strength @ kept, (strength[:-1] > strength[1:]) @ kept]).astype(np.float64)
        self.totals = found + (self.totals if self.totals.size else 0.0)
        self.weight += float(kept.sum(dtype=np.float64))
        self.squares += float(kept @ kept)
        self.drawn += drawn

    def outcome(self) -> Outcome:
        """Return the means."""
        if self.weight == 0:
            return Outcome({})
        means = self.totals / self.weight
        names = [*self.players, *[f"{a}>{b}" for a, b in itertools.pairwise(self.players)]]
        return Outcome(
            dict(zip(names, means.tolist(), strict=True)),
            log_evidence=math.log(self.weight / self.drawn),
            draws=self.weight**2 / self.squares,
        )


def rejection(particles: int) -> Prepare:
    """Return `prepare` for rejection: all flips sampled, particles dropped at the first match that they contradict."""

    def prepare(task: Task) -> Runner:
        tournament = as_tournament(task)

        def run(seed: int) -> Outcome:
            random = np.random.default_rng(seed)
            sums = Sums(tournament.players)
            for _ in range(particles // CHUNK):
                sums.add(_survivors(random, tournament.indexed), None, CHUNK)
            return sums.outcome()

        return run

    return prepare


def _survivors(random: np.random.Generator, matches: Matches) -> Array:
    """Draw a chunk and return the strengths of the particles that meet all matches.

    A player is drawn at the first match, for the particles that are left by then.
    """
    size = CHUNK
    people: dict[int, Array] = {}
    for won, lost in matches:
        margin = np.zeros(size, dtype=np.float32)
        for sign, team in ((1.0, won), (-1.0, lost)):
            for player in team:
                if player not in people:
                    people[player] = np.concatenate(prior(random, 1, size))
                strength, laziness = people[player]
                lazy = random.random(size, dtype=np.float32) < laziness
                margin += strength * np.where(lazy, np.float32(0.5 * sign), np.float32(sign))
        alive = np.flatnonzero(margin > 0)
        people = {player: drawn.take(alive, axis=1) for player, drawn in people.items()}
        size = alive.size
    return np.stack([people[player][0] for player in sorted(people)])


def likelihood_weighting(particles: int) -> Prepare:
    """Return `prepare` for likelihood weighting, with the flips of each match marginalised."""

    def prepare(task: Task) -> Runner:
        tournament = as_tournament(task)

        def run(seed: int) -> Outcome:
            random = np.random.default_rng(seed)
            sums = Sums(tournament.players)
            for _ in range(particles // CHUNK):
                strength, laziness = prior(random, len(tournament.players), CHUNK)
                weight = np.ones(CHUNK, dtype=np.float32)
                for match in tournament.indexed:
                    weight *= match_chance(match, strength, laziness)
                sums.add(strength, weight, CHUNK)
            return sums.outcome()

        return run

    return prepare
