"""Minimum Bayes risk: the meaning with the smallest expected difference from the others (Kumar and Byrne 2004)."""

from __future__ import annotations

from plot.translate.mixture.pooling.pool import Pool
from plot.translate.mixture.pooling.risk import risks
from plot.translate.mixture.pooling.vote import Unfitted


class Mbr(Unfitted):
    """All the weight for the class of least risk."""

    name = "mbr"

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return one for the class of least risk, split between equals."""
        found = risks(pool)
        best = [risk <= min(found) + 1e-12 for risk in found]
        return tuple(float(one) / sum(best) for one in best)


__all__ = ["Mbr"]
