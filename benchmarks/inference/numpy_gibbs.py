"""A Gibbs sampler of tournaments, by hand in NumPy: every conditional in closed form, many chains side by side."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.inference.numpy_forward import Sums
from benchmarks.inference.numpy_smc import Sampled, filtered, systematic
from benchmarks.inference.pulls import Array
from benchmarks.inference.tasks import Outcome, Prepare, Runner, Task
from benchmarks.inference.tournaments import MEAN, SD, Tournament, as_tournament

STARTS = 20_000


class Chains:
    """Chains that hold strengths, lazinesses and all flips, and are moved by their exact conditionals."""

    def __init__(self, tournament: Tournament, chains: int, seed: int) -> None:
        """Start from particles of a short SMC run, which meet all matches."""
        self.random = np.random.default_rng(seed)
        population = Sampled(self.random, len(tournament.players), len(tournament.matches), STARTS)
        weight, _ = filtered(population, self.random, tournament.indexed, 2)
        chosen = self.random.permutation(systematic(self.random, weight))[:chains]
        population.take(chosen)
        self.strength = population.strength.astype(np.float64)
        self.laziness = population.laziness.astype(np.float64)
        self.lazy = population.lazy
        self.matches = tournament.indexed
        self.played = {
            player: [number for number, (won, lost) in enumerate(self.matches) if player in won + lost]
            for player in range(len(tournament.players))
        }

    def sweep(self) -> None:
        """Draw all flips, then each laziness, then each strength, each given everything else."""
        for number in range(len(self.matches)):
            self._draw_flips(number)
        for player, numbers in self.played.items():
            lazy = sum(self.lazy[number][player].astype(np.float64) for number in numbers)
            self.laziness[player] = self.random.beta(1 + lazy, 1 + len(numbers) - lazy)
            self._draw_strength(player)

    def _draw_flips(self, number: int) -> None:
        """Draw the flips of a match jointly: all combinations that keep the result, by their probability."""
        won, lost = self.matches[number]
        everyone = won + lost
        combinations = list(itertools.product((False, True), repeat=len(everyone)))
        mass = []
        for flips in combinations:
            chance = np.ones(self.strength.shape[1])
            margin = np.zeros(self.strength.shape[1])
            for place, (player, lazy) in enumerate(zip(everyone, flips, strict=True)):
                chance *= self.laziness[player] if lazy else 1 - self.laziness[player]
                sign = 1.0 if place < len(won) else -1.0
                margin += self.strength[player] * (0.5 * sign if lazy else sign)
            mass.append(chance * (margin > 0))
        ends = np.cumsum(mass, axis=0)
        choice = (self.random.random(ends.shape[1]) * ends[-1] >= ends).sum(axis=0)
        table = np.array(combinations)
        self.lazy[number] = {player: table[choice, place] for place, player in enumerate(everyone)}

    def _draw_strength(self, player: int) -> None:
        """Draw a strength from its normal, cut where a match would end otherwise."""
        low = np.full(self.strength.shape[1], -np.inf)
        high = np.full(self.strength.shape[1], np.inf)
        for number in self.played[player]:
            won, lost = self.matches[number]
            flips = self.lazy[number]
            own = np.where(flips[player], 0.5, 1.0)
            rest = np.zeros_like(low)
            for sign, team in ((1.0, won), (-1.0, lost)):
                for other in team:
                    if other != player:
                        rest += sign * self.strength[other] * np.where(flips[other], 0.5, 1.0)
            if player in won:
                np.maximum(low, -rest / own, out=low)
            else:
                np.minimum(high, rest / own, out=high)
        self.strength[player] = MEAN + SD * self._cut_normal((low - MEAN) / SD, (high - MEAN) / SD)

    def _cut_normal(self, low: Array, high: Array) -> Array:
        """Draw standard normals between bounds, by the inverse of the distribution function, in the exact tail."""
        mirrored = low > 0
        left, right = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
        below, above = ndtr(left), ndtr(right)
        drawn = ndtri(below + (above - below) * self.random.random(low.size))
        drawn = np.clip(drawn, left, right)
        return np.where(mirrored, -drawn, drawn)


def gibbs(chains: int, sweeps: int, burn: int) -> Prepare:
    """Return `prepare` for the Gibbs sampler."""

    def prepare(task: Task) -> Runner:
        tournament = as_tournament(task)

        def run(seed: int) -> Outcome:
            state = Chains(tournament, chains, seed)
            sums = Sums(tournament.players)
            for turn in range(burn + sweeps):
                state.sweep()
                if turn >= burn:
                    sums.add(state.strength, None, chains)
            return Outcome(sums.outcome().estimates)

        return run

    return prepare
