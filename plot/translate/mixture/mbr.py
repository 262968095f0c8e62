"""Minimum Bayes risk: the meaning with the smallest expected difference from the others (Kumar and Byrne 2004)."""

from __future__ import annotations

from plot.translate.mixture.pool import Pool
from plot.translate.mixture.vote import MajorityVote, Unfitted


class Mbr(Unfitted):
    """The risk of a class is its expected distance, in worlds of the prior, to a meaning drawn from the votes."""

    name = "mbr"

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return one for the class of least risk, split between equals."""
        risks = self.risks(pool)
        best = [risk <= min(risks) + 1e-12 for risk in risks]
        return tuple(float(one) / sum(best) for one in best)

    def risks(self, pool: Pool) -> tuple[float, ...]:
        """Return the risk of each class."""
        votes = MajorityVote().weigh(pool)
        size = range(len(pool.classes))
        return tuple(sum(votes[j] * pool.distance(i, j) for j in size if j != i) for i in size)
