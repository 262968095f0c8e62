"""Tolerances that are computed: how far an estimate may lie from the truth, from one rate of false alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

FAILURE_RATE = 1e-6
Z = NormalDist().inv_cdf(1 - FAILURE_RATE / 2)
Z_ONE_SIDED = NormalDist().inv_cdf(1 - FAILURE_RATE)
BINS = 5


def z_of_many(count: int) -> float:
    """Return what the largest of so many z-scores stays below, but once in 1 / FAILURE_RATE times (Bonferroni)."""
    return -NormalDist().inv_cdf(FAILURE_RATE / 2 / count)


def agrees(estimate: float, truth: float, error: float, truth_error: float = 0.0) -> bool:
    """Return whether an estimate with this standard error may be of `truth`: wrong once in 1 / FAILURE_RATE times."""
    return abs(estimate - truth) <= Z * math.hypot(error, truth_error)


def repetitions(effect: float, sd: float) -> int:
    """Return how many values with this standard deviation find that their mean is off by `effect`.

    With so many their mean misses `Z` standard errors once in 1 / FAILURE_RATE times: that is the power of the test.
    """
    return math.ceil(((Z + Z_ONE_SIDED) * sd / effect) ** 2)


def ranks_needed(share: float) -> int:
    """Return how many ranks show that they are not uniform where `share` of them falls into one of the BINS.

    With so many their `uniformity` stays below `Z_ONE_SIDED` once in 1 / FAILURE_RATE times, however the others fall:
    a bin that holds x of n has a chi-square statistic of (x - n / B)^2 B^2 / (n (B - 1)), or more.
    """
    spread = 2 / (9 * (BINS - 1))
    limit = (BINS - 1) * (1 - spread + Z_ONE_SIDED * math.sqrt(spread)) ** 3
    count = BINS
    while True:
        least = math.ceil(count / BINS + math.sqrt(limit * count * (BINS - 1)) / BINS)
        fewer = (math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(min(least, count + 1)))
        if sum(fewer) < FAILURE_RATE:
            return count
        count += 1


def sd_bounds(count: int) -> tuple[float, float]:
    """Return bounds of the sample sd of `count` standard normal numbers (chi-square, Wilson-Hilferty)."""
    degrees = count - 1
    spread = math.sqrt(2 / (9 * degrees))
    low, high = ((1 - 2 / (9 * degrees) + z * spread) ** 1.5 for z in (-Z, Z))
    return low, high


def uniformity(ranks: Sequence[float]) -> float:
    """Return the chi-square statistic of ranks in [0, 1] being uniform, as the z-score that is as improbable.

    Wilson and Hilferty (1931) approximate the one by the other.
    """
    counts = [0] * BINS
    for rank in ranks:
        counts[min(int(rank * BINS), BINS - 1)] += 1
    expected = len(ranks) / BINS
    chi = sum((count - expected) ** 2 / expected for count in counts)
    degrees = BINS - 1
    spread = 2 / (9 * degrees)
    return ((chi / degrees) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
