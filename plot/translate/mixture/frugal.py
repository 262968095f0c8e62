"""A cascade with thresholds (FrugalGPT, Chen et al. 2023): dear translators only where cheap ones are not sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from plot.errors import PlotError, joined
from plot.language import Budget
from plot.translate.base import Discourse, Reading, Translator
from plot.translate.mixture.pool import Pool, Vote, make_pool, semantic_entropy
from plot.translate.mixture.schemes import Scheme
from plot.translate.mixture.translator import gathered, readings_of

STEPS = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """Translators that are asked together, and what that costs (calls, say)."""

    experts: tuple[Translator, ...]
    cost: float


@dataclass
class Frugal:
    """A translator that goes on to the next stage while the semantic entropy of what it has is above a threshold.

    `thresholds` has one for each stage but the last, in nats; a stage that refuses is passed on. `spent` adds up costs.
    """

    stages: tuple[Stage, ...]
    scheme: Scheme
    thresholds: tuple[float, ...] = ()
    families: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    budget: Budget | None = None
    name: str = "frugal"
    spent: float = 0.0

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of the stages up to the first that is sure enough."""
        votes: list[Vote] = []
        failures: list[PlotError] = []
        found: tuple[Reading, ...] = ()
        for number, stage in enumerate(self.stages):
            self.spent += stage.cost
            said, refused = gathered(stage.experts, utterance, discourse)
            votes += said
            failures += [error for _, error in refused]
            if votes:
                pool = make_pool(
                    utterance, votes, discourse, families=self.families, seed=self.seed, budget=self.budget
                )
                weights = self.scheme.weigh(pool)
                found = readings_of(pool, weights)
                if number < len(self.thresholds) and semantic_entropy(weights) <= self.thresholds[number]:
                    break
        if not found:
            raise joined(failures)
        return found


@dataclass(frozen=True, slots=True)
class Point:
    """One choice of thresholds: what it costs for each utterance, and how often the likeliest meaning is right."""

    thresholds: tuple[float, ...]
    cost: float
    quality: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {"thresholds": list(self.thresholds), "cost": self.cost, "quality": self.quality}


@dataclass(frozen=True, slots=True)
class Staged:
    """An utterance of known meaning at each stage: the pool so far (None: all refused), and its right class."""

    pools: tuple[Pool | None, ...]
    right: tuple[int | None, ...]


def cost_quality_curve(items: Sequence[Staged], scheme: Scheme, costs: Sequence[float]) -> list[Point]:
    """Return the points that no other beats in both cost and quality, the cheapest first."""
    sure = [[_entropy(pool, scheme) for pool in item.pools] for item in items]
    good = [[_right(pool, right, scheme) for pool, right in zip(item.pools, item.right, strict=True)] for item in items]
    levels = [_levels([row[stage] for row in sure]) for stage in range(len(costs) - 1)]
    points = [_point(thresholds, sure, good, costs) for thresholds in product(*levels)]
    points.sort(key=lambda point: (point.cost, -point.quality))
    best: list[Point] = []
    for point in points:
        if not best or point.quality > best[-1].quality:
            best.append(point)
    return best


def fitted_thresholds(curve: Sequence[Point], budget: float) -> tuple[float, ...]:
    """Return the thresholds of the best quality that costs no more than a budget (the cheapest, where none does)."""
    affordable = [point for point in curve if point.cost <= budget]
    return (max(affordable, key=lambda point: point.quality) if affordable else curve[0]).thresholds


def _point(
    thresholds: tuple[float, ...],
    sure: Sequence[Sequence[float]],
    good: Sequence[Sequence[bool]],
    costs: Sequence[float],
) -> Point:
    cost = quality = 0.0
    for entropies, right in zip(sure, good, strict=True):
        last = next((k for k, most in enumerate(thresholds) if entropies[k] <= most), len(costs) - 1)
        cost += sum(costs[: last + 1])
        quality += right[last]
    return Point(thresholds, cost / len(sure), quality / len(sure))


def _levels(entropies: Sequence[float]) -> list[float]:
    """Return thresholds worth trying: never stop, and quantiles of the entropies that occur."""
    finite = sorted({value for value in entropies if value < float("inf")})
    step = max(1, len(finite) // STEPS)
    return [-1.0, *finite[::step], *finite[-1:]]


def _entropy(pool: Pool | None, scheme: Scheme) -> float:
    return semantic_entropy(scheme.weigh(pool)) if pool is not None else float("inf")


def _right(pool: Pool | None, right: int | None, scheme: Scheme) -> bool:
    if pool is None or right is None:
        return False
    weights = scheme.weigh(pool)
    return max(range(len(weights)), key=weights.__getitem__) == right


__all__ = ["Frugal", "Point", "Stage", "Staged", "cost_quality_curve", "fitted_thresholds"]
