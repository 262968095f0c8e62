"""How sure the learned router is of conversations, and how often it is right: with its tempering, and without."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from typing import Any

from plot.routing import Domain, Learned, Routing

LENGTHS = (1, 3, 10)
DRAWS = 25  # conversations of each length, world and fold
BINS = 10
LEAST = 1e-6


def measured(split: Sequence[tuple[list[Domain], list[tuple[tuple[str, ...], str]]]]) -> dict[str, Any]:
    """Return for each length the log loss, the calibration error, the accuracy and the mean confidence.

    Conversations are drawn from utterances of one world that the router has not seen.
    """
    found: dict[str, dict[str, list[tuple[Routing, str]]]] = {}
    chance = random.Random(0)
    for kept, cases in split:
        router = Learned(kept, cache=False)
        by_world: dict[str, list[str]] = {}
        for (said,), world in cases:
            by_world.setdefault(world, []).append(said)
        for length in LENGTHS:
            talks = [
                (chance.sample(lines, length), world)
                for world, lines in by_world.items()
                if len(lines) >= length
                for _ in range(DRAWS)
            ]
            fitted = router.fitted.tempering
            for name, tempering in (("tempered", fitted), ("as if independent", 0.0)):
                router.fitted.tempering = tempering
                routed = [(router.route(said), world) for said, world in talks]
                found.setdefault(str(length), {}).setdefault(name, []).extend(routed)
            router.fitted.tempering = fitted
    return {length: {name: figures(rows) for name, rows in ways.items()} for length, ways in found.items()}


def figures(found: Sequence[tuple[Routing, str]]) -> dict[str, Any]:
    """Return how sure and how right routings are."""
    return {
        "conversations": len(found),
        "top-1": statistics.fmean(routing.best == world for routing, world in found),
        "mean confidence": statistics.fmean(routing.probability for routing, _ in found),
        "log loss": statistics.fmean(-math.log(max(routing.scores[world], LEAST)) for routing, world in found),
        "calibration error": calibration_error([(one.probability, one.best == world) for one, world in found]),
    }


def calibration_error(found: Sequence[tuple[float, bool]]) -> float:
    """Return the mean distance between how sure and how right, over ten bins of how sure.

    >>> round(calibration_error([(0.95, True), (0.95, False), (0.55, True), (0.55, False)]), 3)
    0.25
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for sure, right in found:
        bins.setdefault(min(BINS - 1, int(sure * BINS)), []).append((sure, right))
    gaps = [abs(sum(sure for sure, _ in one) - sum(right for _, right in one)) for one in bins.values()]
    return sum(gaps) / len(found)


__all__ = ["calibration_error", "measured"]
