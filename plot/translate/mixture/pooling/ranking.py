"""Pair ranking (PairRanker of LLM-Blender, Jiang et al. 2023): two by two, a judge for ties only."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from plot.translate.mixture.pooling.pool import Pool, normalised
from plot.translate.mixture.pooling.vote import MajorityVote, Unfitted

Judge = Callable[[Pool, int, int], float]  # the probability that the first of two classes is what was meant
MARGIN = 0.1


class PairRanking(Unfitted):
    """A class beats another if more of the votes are for it, and it explains more of the words; else the judge decides.

    The judge (a language model, say) is asked in both orders and its answers averaged, so that it gains nothing from
    liking what stands first. A class's weight is the share of its duels that it wins.
    """

    name = "ranking"

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge = judge

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return the shares of duels won."""
        count = len(pool.classes)
        if count == 1:
            return (1.0,)
        wins = [0.0] * count
        for one, two in combinations(range(count), 2):
            won = self.duel(pool, one, two)
            wins[one] += won
            wins[two] += 1 - won
        return normalised(wins)

    def duel(self, pool: Pool, one: int, two: int) -> float:
        """Return by how much the first of two classes beats the second: 1, 0, or the judge's probability."""
        votes = MajorityVote().weigh(pool)
        first, second = (votes[k] + MARGIN * _words_explained(pool, k) for k in (one, two))
        if abs(first - second) > MARGIN * (first + second):
            return float(first > second)
        if self._judge is None:
            return 0.5
        return (self._judge(pool, one, two) + 1 - self._judge(pool, two, one)) / 2


def _words_explained(pool: Pool, number: int) -> float:
    """Return the share of the names that anyone took from the utterance which this class's first reading has."""
    mentioned = {name for vote in pool.counted for name in vote.reading.names}
    if not mentioned:
        return 1.0
    mine = set(pool.votes[pool.classes[number][0]].reading.names)
    return len(mine & mentioned) / len(mentioned)
