"""Tolerances that are computed: how far an estimate may lie from the truth, from one rate of false alarms."""

from __future__ import annotations

import math
from statistics import NormalDist

FAILURE_RATE = 1e-6
Z = NormalDist().inv_cdf(1 - FAILURE_RATE / 2)


def agrees(estimate: float, truth: float, error: float, truth_error: float = 0.0) -> bool:
    """Tell whether an estimate with this standard error may be of `truth`: wrong once in 1 / FAILURE_RATE times."""
    return abs(estimate - truth) <= Z * math.hypot(error, truth_error)


def sd_bounds(count: int) -> tuple[float, float]:
    """Return bounds of the sample sd of `count` standard normal numbers (chi-square, Wilson-Hilferty)."""
    degrees = count - 1
    spread = math.sqrt(2 / (9 * degrees))
    low, high = ((1 - 2 / (9 * degrees) + z * spread) ** 1.5 for z in (-Z, Z))
    return low, high
