"""How sure is sure enough: the threshold of a cascade, fitted to what it costs and to how good it makes the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEVELS = 24
NEVER = 1.01  # no confidence reaches it


@dataclass(frozen=True, slots=True)
class Step:
    """What a cascade has for one utterance after a stage: its cost so far, how sure it is, and how good that is.

    `score` is the log of the weight of what was meant, `right` whether it is the likeliest.
    """

    cost: float
    confidence: float
    score: float
    right: bool


Steps = tuple[Step, ...]  # of one utterance, one for each stage


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold comes to for each utterance: the cost, the log score, and how often the likeliest is right."""

    threshold: float
    cost: float
    score: float
    right: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {name: getattr(self, name) for name in Point.__slots__}


def stopped(steps: Steps, threshold: float) -> Step:
    """Return where a cascade stops: at the first step that is sure enough, else at the last."""
    return next((step for step in steps if step.confidence >= threshold), steps[-1])


def cost_quality_curve(utterances: Sequence[Steps], usual: float = 0.0) -> list[Point]:
    """Return what thresholds come to, the cheapest first, without those that cost more and bring less."""
    points = [_point(utterances, threshold) for threshold in (usual, *_levels(utterances))]
    points.sort(key=lambda point: (point.cost, -point.score, abs(point.threshold - usual)))
    best: list[Point] = []
    for point in points:
        if not best or point.score > best[-1].score:
            best.append(point)
    return best


def fitted_threshold(utterances: Sequence[Steps], budget: float | None = None, usual: float = 0.0) -> float:
    """Return the threshold of the best log score within a budget for each utterance (the cheapest, where none is).

    Without a budget it is the cheapest that is not worse than the best by more than the standard error of the
    difference (Breiman et al. 1984): what brings nothing that can be told from chance is not paid for. Of thresholds
    that come to the same it is the one nearest to what is `usual`.
    """
    curve = cost_quality_curve(utterances, usual)
    if budget is not None:
        affordable = [point for point in curve if point.cost <= budget]
        return (affordable[-1] if affordable else curve[0]).threshold
    best = [stopped(steps, curve[-1].threshold).score for steps in utterances]
    for point in curve:
        losses = [mine - stopped(steps, point.threshold).score for mine, steps in zip(best, utterances, strict=True)]
        if _mean(losses) <= _error(losses):
            return point.threshold
    return curve[-1].threshold


def _point(utterances: Sequence[Steps], threshold: float) -> Point:
    found = [stopped(steps, threshold) for steps in utterances]
    costs, scores = [step.cost for step in found], [step.score for step in found]
    return Point(threshold, _mean(costs), _mean(scores), _mean([float(step.right) for step in found]))


def _levels(utterances: Sequence[Steps]) -> list[float]:
    """Return thresholds worth trying: always stop, quantiles of the confidences that occur, never stop."""
    seen = sorted({step.confidence for steps in utterances for step in steps[:-1] if step.confidence > 0})
    return [0.0, *seen[:: max(1, len(seen) // LEVELS)], *seen[-1:], NEVER]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _error(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values)) / len(values)


__all__ = ["NEVER", "Point", "Step", "Steps", "cost_quality_curve", "fitted_threshold", "stopped"]
