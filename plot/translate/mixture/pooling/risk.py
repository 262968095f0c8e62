"""The risk of a meaning: its expected distance to what the voters mean."""

from __future__ import annotations

from plot.translate.mixture.pooling.pool import Pool
from plot.translate.mixture.pooling.vote import MajorityVote


def risks(pool: Pool) -> tuple[float, ...]:
    """Return the risk of each class: its expected distance, in worlds of the prior, to a meaning drawn from the votes.

    Args:
        pool: The votes by meaning, with the distances between meanings.
    """
    votes = MajorityVote().weigh(pool)
    size = range(len(pool.classes))
    return tuple(sum(votes[j] * pool.distance(i, j) for j in size if j != i) for i in size)


__all__ = ["risks"]
