"""Gates: the top one (Switch), the top k renormalised (GLaM), or all (dense)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plot.errors import PlotError

Gate = Callable[[Mapping[str, float]], dict[str, float]]


def ordered(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores, the highest first; those with equal scores stay in their order."""
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def dense(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of all experts, which sum to one, the heaviest first.

    Args:
        scores: Expert to probability, or to anything in proportion.

    Raises:
        PlotError: No score is above 0.
    """
    total = sum(scores.values())
    if not scores or not total > 0:
        raise PlotError("there is no expert with a weight", hint="give scores above 0")
    return ordered({name: score / total for name, score in scores.items()})


def top_k(scores: Mapping[str, float], k: int) -> dict[str, float]:
    """Return the weights of the k best experts, renormalised, as GLaM's gate (Du et al. 2022) with k = 2.

    >>> top_k({"a": 0.5, "b": 0.25, "c": 0.25}, 2) == {"a": 2 / 3, "b": 1 / 3}
    True

    Args:
        scores: Expert to probability, or to anything in proportion.
        k: How many get a weight.

    Raises:
        PlotError: `k` is less than one, or no score is above 0.
    """
    if k < 1:
        raise PlotError(f"a gate lets through at least one expert, not {k}")
    return dense(dict(list(ordered(scores).items())[:k]))


def top_1(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the best expert alone, as the Switch transformer's gate (Fedus et al. 2021).

    Args:
        scores: Expert to probability, or to anything in proportion.
    """
    return top_k(scores, 1)


__all__ = ["Gate", "dense", "ordered", "top_1", "top_k"]
