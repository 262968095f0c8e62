"""Sequential Monte Carlo on tournaments, by hand in NumPy: match by match, resampled, moved by Metropolis-Hastings."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from benchmarks.inference.numpy_forward import Sums
from benchmarks.inference.pulls import Array, Matches, match_chance, prior
from benchmarks.inference.tasks import Outcome, Prepare, Runner, Task
from benchmarks.inference.tournaments import as_tournament

Match = tuple[tuple[int, ...], tuple[int, ...]]
HALF = np.float32(0.5)


class Population(Protocol):
    """Particles of a tournament so far."""

    strength: Array

    def extend(self, match: Match) -> Array:
        """Take in one more match and return its likelihood for each particle."""
        ...

    def take(self, chosen: Array) -> None:
        """Keep these particles, by number."""
        ...

    def move(self, sweeps: int) -> None:
        """Move particles in a way that leaves the posterior so far as it is."""
        ...


def systematic(random: np.random.Generator, weight: Array) -> Array:
    """Return the numbers of the particles that survive systematic resampling."""
    ends = np.cumsum(weight, dtype=np.float64)
    size = weight.size
    points = (np.arange(size) + random.random()) * (ends[-1] / size)
    return np.minimum(np.searchsorted(ends, points, side="right"), size - 1)


def propose(random: np.random.Generator, strength: Array, laziness: Array, step: float) -> tuple[Array, Array, Array]:
    """Return a symmetric proposal for one player, and the ratio of the priors; laziness is reflected at 0 and 1."""
    size = strength.size
    wide_s, wide_l = np.float32(step * strength.std()), np.float32(step * laziness.std())
    new_s = strength + wide_s * random.standard_normal(size, dtype=np.float32)
    new_l = np.abs(laziness + wide_l * random.standard_normal(size, dtype=np.float32))
    new_l = np.abs(1 - np.abs(1 - new_l))
    ratio = np.exp((strength - new_s) * (strength + new_s - np.float32(100)) * np.float32(0.5 / 400))
    ratio *= new_l <= 1  # a step that leaves by both ends, which barely happens
    return new_s, new_l, ratio


class SummedOut:
    """Strengths and lazinesses only; the flips of each match are marginalised of its likelihood.

    The likelihood of each match is kept for each particle, so that a move of a player computes its own matches only.
    All who have pulled so far are moved: with 20 players that gives ten times the effective samples of moving those of
    the last matches only, for resampling thins out the others too.
    """

    def __init__(self, random: np.random.Generator, players: int, matches: int, particles: int) -> None:
        self.random = random
        self.strength, self.laziness = prior(random, players, particles)
        self.chances = np.empty((matches, particles), dtype=np.float32)
        self.matches: list[Match] = []
        self.played: dict[int, list[int]] = {}
        self.step = np.full(players, 1.5)

    def extend(self, match: Match) -> Array:
        number = len(self.matches)
        self.matches.append(match)
        for player in (*match[0], *match[1]):
            self.played.setdefault(player, []).append(number)
        self.chances[number] = match_chance(match, self.strength, self.laziness)
        return self.chances[number]

    def take(self, chosen: Array) -> None:
        self.strength = self.strength.take(chosen, axis=1)
        self.laziness = self.laziness.take(chosen, axis=1)
        for row in self.chances[: len(self.matches)]:
            row[:] = row[chosen]

    def move(self, sweeps: int) -> None:
        for _ in range(sweeps):
            for player in self.played:
                self._move_player(player)

    def _move_player(self, player: int) -> None:
        old_s, old_l = self.strength[player].copy(), self.laziness[player].copy()
        new_s, new_l, ratio = propose(self.random, old_s, old_l, self.step[player])
        self.strength[player], self.laziness[player] = new_s, new_l
        numbers = self.played[player]
        fresh = [match_chance(self.matches[number], self.strength, self.laziness) for number in numbers]
        for number, chance in zip(numbers, fresh, strict=True):
            ratio *= chance / self.chances[number]
        accept = self.random.random(ratio.size, dtype=np.float32) < ratio
        np.copyto(self.strength[player], old_s, where=~accept)
        np.copyto(self.laziness[player], old_l, where=~accept)
        for number, chance in zip(numbers, fresh, strict=True):
            np.copyto(self.chances[number], chance, where=accept)
        self.step[player] *= math.exp(float(accept.mean()) - 0.35)


class Sampled:
    """Strengths, lazinesses and every flip; a match is a hard condition."""

    def __init__(self, random: np.random.Generator, players: int, matches: int, particles: int) -> None:
        self.random = random
        self.strength, self.laziness = prior(random, players, particles)
        self.matches: list[Match] = []
        self.lazy: list[dict[int, Array]] = []
        self.step = np.full(players, 1.0)

    def extend(self, match: Match) -> Array:
        self.matches.append(match)
        self.lazy.append({player: self._flip(player) for team in match for player in team})
        return self._holds(len(self.matches) - 1).astype(np.float32)

    def take(self, chosen: Array) -> None:
        self.strength = self.strength.take(chosen, axis=1)
        self.laziness = self.laziness.take(chosen, axis=1)
        self.lazy = [{player: flip[chosen] for player, flip in flips.items()} for flips in self.lazy]

    def move(self, sweeps: int) -> None:
        for _ in range(sweeps):
            for number in range(len(self.matches)):
                self._move_flips(number)
            for player in sorted({player for flips in self.lazy for player in flips}):
                self._move_player(player)

    def _flip(self, player: int) -> Array:
        return self.random.random(self.strength.shape[1], dtype=np.float32) < self.laziness[player]

    def _holds(self, number: int) -> Array:
        won, lost = self.matches[number]
        flips = self.lazy[number]
        pulls = [sum(self.strength[i] * np.where(flips[i], HALF, np.float32(1)) for i in team) for team in (won, lost)]
        return pulls[0] > pulls[1]

    def _move_flips(self, number: int) -> None:
        """Propose the flips of a match from their prior: accepted where the result stays the same."""
        old = self.lazy[number]
        new = {player: self._flip(player) for player in old}
        self.lazy[number] = new
        accept = self._holds(number)
        self.lazy[number] = {player: np.where(accept, new[player], old[player]) for player in old}

    def _move_player(self, player: int) -> None:
        old_s, old_l = self.strength[player].copy(), self.laziness[player].copy()
        new_s, new_l, ratio = propose(self.random, old_s, old_l, self.step[player])
        self.strength[player], self.laziness[player] = new_s, new_l
        for number, flips in enumerate(self.lazy):
            if player in flips:
                ratio *= np.where(flips[player], new_l, 1 - new_l) / np.where(flips[player], old_l, 1 - old_l)
                ratio *= self._holds(number)
        accept = self.random.random(ratio.size, dtype=np.float32) < ratio
        np.copyto(self.strength[player], old_s, where=~accept)
        np.copyto(self.laziness[player], old_l, where=~accept)
        self.step[player] *= math.exp(float(accept.mean()) - 0.3)


def filtered(population: Population, random: np.random.Generator, matches: Matches, sweeps: int) -> tuple[Array, float]:
    """Take in the matches, one by one; return the weights and the log evidence. No survivor: weights of zero."""
    size = population.strength.shape[1]
    weight = np.ones(size, dtype=np.float64)
    evidence = 0.0
    for match in matches:
        weight *= population.extend(match)
        total = weight.sum()
        if total == 0:
            break
        evidence += math.log(total / size)
        weight *= size / total
        if size * size < 0.5 * size * (weight @ weight):
            population.take(systematic(random, weight))
            weight = np.ones(size, dtype=np.float64)
            population.move(sweeps)
    return weight, evidence


def smc(kind: type[SummedOut] | type[Sampled], particles: int, sweeps: int) -> Prepare:
    """Return `prepare` for SMC with one kind of particles."""

    def prepare(task: Task) -> Runner:
        tournament = as_tournament(task)

        def run(seed: int) -> Outcome:
            random = np.random.default_rng(seed)
            population = kind(random, len(tournament.players), len(tournament.matches), particles)
            weight, evidence = filtered(population, random, tournament.indexed, sweeps)
            sums = Sums(tournament.players)
            sums.add(population.strength, weight.astype(np.float32), particles)
            found = sums.outcome()
            return Outcome(found.estimates, evidence, draws=found.draws) if found.estimates else found

        return run

    return prepare
