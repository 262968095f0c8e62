"""The gate of an ensemble: experts are weighted by the distance of their centre, and only the nearest are used."""

from __future__ import annotations

from typing import Any

from plot._lazy import np
from plot.errors import PlotError


def gated(distances: Any, temperature: float, top_k: int | None = None) -> Any:
    """Return weights softmax(-d²/T), row by row, of the `top_k` nearest (None: all); each row sums to one.

    At a temperature of 0 the nearest expert has all the weight (of several that are equally near, each the same).

    >>> gated(np.array([[0.0, 1.0]]), 1.0).round(3).tolist(), gated(np.array([[0.0, 1.0]]), 0.0).tolist()
    ([[0.731, 0.269]], [[1.0, 0.0]])
    """
    squares = np.asarray(distances, dtype=float) ** 2
    if temperature < 0 or squares.shape[1] < 1:
        raise PlotError("a gate needs an expert, and a temperature of 0 or more")
    nearer = squares - squares.min(axis=1, keepdims=True)
    with np.errstate(over="ignore"):
        weights = np.exp(-nearer / temperature) if temperature > 0 else (nearer == 0).astype(float)
    if top_k is not None and top_k < squares.shape[1]:
        if top_k < 1:
            raise PlotError(f"a gate lets through at least one expert, not {top_k}")
        order = np.argsort(nearer, axis=1, kind="stable")
        np.put_along_axis(weights, order[:, top_k:], 0.0, axis=1)
    return weights / weights.sum(axis=1, keepdims=True)


__all__ = ["gated"]
