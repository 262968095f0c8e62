"""The chance that one team beats another, with the private flips of the match marginalised; NumPy, over particles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Matches = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


def pull_table(strengths: list[Array], lazinesses: list[Array]) -> list[tuple[Array, Array]]:
    """Return every pull that a team can make, and its probability."""
    table: list[tuple[Array, Array]] = []
    for strength, lazy in zip(strengths, lazinesses, strict=True):
        own = [(strength, 1 - lazy), (strength * np.float32(0.5), lazy)]
        pairs = [(pull + more, chance * p) for pull, chance in table for more, p in own]
        table = pairs or own
    return table


def win_chance(winners: list[tuple[Array, Array]], losers: list[tuple[Array, Array]]) -> Array:
    """Return the probability that the first team pulls more than the second, for each particle."""
    total = np.zeros_like(winners[0][0])
    term = np.empty_like(total)
    for pull, chance in losers:
        below = np.zeros_like(total)
        for other, p in winners:
            np.multiply(p, other > pull, out=term)
            below += term
        below *= chance
        total += below
    return total


def match_chance(match: tuple[tuple[int, ...], tuple[int, ...]], strength: Array, laziness: Array) -> Array:
    """Return the probability of a match's result, for each particle; rows of the arrays are players."""
    won, lost = match
    return win_chance(
        pull_table([strength[i] for i in won], [laziness[i] for i in won]),
        pull_table([strength[i] for i in lost], [laziness[i] for i in lost]),
    )


def prior(random: np.random.Generator, players: int, particles: int) -> tuple[Array, Array]:
    """Draw strengths and lazinesses, one row for each player."""
    strength = random.standard_normal((players, particles), dtype=np.float32)
    strength *= np.float32(20)
    strength += np.float32(50)
    return strength, random.random((players, particles), dtype=np.float32)
