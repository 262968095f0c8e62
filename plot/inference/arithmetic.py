"""How weights are multiplied, summed and divided: as numbers, which is quick, or as logs where those are too small."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plot.heavy import np, once

Array = Any  # a NumPy array of float64


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The operations on weights; `divided` gives 0 for nothing by nothing, up to a factor.

    `scaled` divides by a factor whose log it returns too, `shares` by the sum.
    """

    nothing: float
    one: float
    times: Any
    plus: Any
    divided: Callable[[Array, Array], Array]
    scaled: Callable[[Array], tuple[Array, float]]
    shares: Callable[[Array], Array]
    to_log: Callable[[Array], Array]
    from_log: Callable[[Array], Array]


@once
def numbers() -> Arithmetic:
    """Return the arithmetic of weights that are numbers of at most 1."""
    return Arithmetic(
        0.0, 1.0, np.multiply, np.add, _quotient, _scaled, lambda x: x / np.add.reduce(x, None), log, np.exp
    )


@once
def logs() -> Arithmetic:
    """Return the arithmetic of weights that are logs."""
    return Arithmetic(-math.inf, 0.0, np.add, np.logaddexp, _difference, lambda x: (x, 0.0), _shares, _same, _same)


def log(weights: Array) -> Array:
    """Return the log, minus infinity for what is nothing."""
    with np.errstate(divide="ignore"):
        return np.log(weights)


def _quotient(share: Array, weights: Array) -> Array:
    found = share / np.maximum(weights, SMALLEST)
    return found / np.maximum.reduce(found, None)


SMALLEST = 5e-324  # the smallest number above 0


def _scaled(weights: Array) -> tuple[Array, float]:
    top = float(np.maximum.reduce(weights, None))
    return (weights / top, math.log(top)) if top > 0 else (weights, 0.0)


def _difference(share: Array, weights: Array) -> Array:
    return np.where(weights > -np.inf, share - np.where(weights > -np.inf, weights, 0.0), -np.inf)


def _shares(weights: Array) -> Array:
    return np.exp(weights - np.logaddexp.reduce(weights, None))


def _same(weights: Array) -> Array:
    return weights


__all__ = ["Arithmetic", "log", "logs", "numbers"]
