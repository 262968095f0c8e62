"""The confidence thresholds of a cascade, fitted to cost and quality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

MOST_TRIED = 2_500  # combinations of thresholds
NEVER = 1.01  # no confidence reaches it

Thresholds = tuple[float, ...]  # one for each stage but the last


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """The state of a cascade after a stage: cost so far, confidence and quality.

    `score` is the log of the weight of what was meant, `right` whether it is the likeliest.
    """

    cost: float
    confidence: float
    score: float
    right: bool


Steps = tuple[StageOutcome, ...]  # of one utterance, one for each stage


@dataclass(frozen=True, slots=True)
class ThresholdScore:
    """The mean scores of thresholds: cost, log score and accuracy."""

    thresholds: Thresholds
    cost: float
    score: float
    right: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {name: getattr(self, name) for name in ThresholdScore.__slots__}


def stopped(steps: Steps, thresholds: Thresholds) -> StageOutcome:
    """Return where a cascade stops: at the first step that is sure enough, else at the last."""
    sure = (step for step, least in zip(steps, thresholds, strict=False) if step.confidence >= least)
    return next(sure, steps[-1])


def cost_quality_curve(utterances: Sequence[Steps], usual: float = 0.0) -> list[ThresholdScore]:
    """Return what thresholds come to, the cheapest first, without those that cost more and bring less."""
    points = [_point(utterances, thresholds) for thresholds in _tried(utterances, usual)]
    points.sort(key=lambda point: (point.cost, -point.score, sum(abs(one - usual) for one in point.thresholds)))
    best: list[ThresholdScore] = []
    for point in points:
        if not best or point.score > best[-1].score:
            best.append(point)
    return best


def fitted_thresholds(utterances: Sequence[Steps], budget: float | None = None, usual: float = 0.0) -> Thresholds:
    """Return the thresholds of the best log score within a budget for each utterance (the cheapest, where none is).

    Without a budget they are the cheapest that are not worse than the best by more than the standard error of the
    difference (Breiman et al. 1984): what brings nothing that can be told from chance is not paid for. Of thresholds
    that come to the same they are those nearest to what is `usual`.
    """
    curve = cost_quality_curve(utterances, usual)
    if budget is not None:
        affordable = [point for point in curve if point.cost <= budget]
        return (affordable[-1] if affordable else curve[0]).thresholds
    best = [stopped(steps, curve[-1].thresholds).score for steps in utterances]
    for point in curve:
        losses = [mine - stopped(steps, point.thresholds).score for mine, steps in zip(best, utterances, strict=True)]
        if _mean(losses) <= _error(losses):
            return point.thresholds
    return curve[-1].thresholds


def _point(utterances: Sequence[Steps], thresholds: Thresholds) -> ThresholdScore:
    found = [stopped(steps, thresholds) for steps in utterances]
    costs, scores = [step.cost for step in found], [step.score for step in found]
    return ThresholdScore(thresholds, _mean(costs), _mean(scores), _mean([float(step.right) for step in found]))


def _tried(utterances: Sequence[Steps], usual: float) -> list[Thresholds]:
    """Return thresholds worth trying: for each stage always and never stop, what is usual, quantiles of what occurs.

    There are the fewer for each stage, the more stages there are.
    """
    stages = len(utterances[0]) - 1
    count = max(1, int(MOST_TRIED ** (1 / max(1, stages))) - 4)
    levels = []
    for stage in range(stages):
        seen = sorted({steps[stage].confidence for steps in utterances if steps[stage].confidence > 0})
        levels.append(list(dict.fromkeys([usual, 0.0, *seen[:: -(-len(seen) // count) or 1], *seen[-1:], NEVER])))
    return list(product(*levels))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _error(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values)) / len(values)


__all__ = [
    "NEVER",
    "StageOutcome",
    "Steps",
    "ThresholdScore",
    "Thresholds",
    "cost_quality_curve",
    "fitted_thresholds",
    "stopped",
]
