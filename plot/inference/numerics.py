"""Numerics that methods share: effective sample sizes, Pareto k, weighted moments, roots of covariances, bisection."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from plot._lazy import np, torch

if TYPE_CHECKING:
    from torch import Tensor

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)
TAIL = 3.0  # Pareto k is estimated from the 3 sqrt(N) largest weights (Vehtari et al. 2024)
FEWEST = 5  # largest weights that a shape is estimated from
MOST_KEPT = 8_192  # of the largest weights of batches that are added up
SAME = 1e-9  # of the largest weight
LARGEST_SHARE = 0.1  # of all weight, that fewer than these may have


def kish(log_weight: Tensor) -> float:
    """Return Kish's effective sample size of weights by their logs (N,); 0 where none is above zero."""
    top = log_weight.max()
    return effective_size((log_weight - top).exp()) if top > -torch.inf else 0.0


def effective_size(weights: Tensor) -> float:
    """Return Kish's effective sample size of weights (N,), whatever their sum; 0 where none is above zero."""
    squares = float((weights * weights).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def shares(log_weight: Tensor) -> Tensor:
    """Return weights (n,) that sum to one, all alike where none is above zero."""
    found = torch.softmax(log_weight, 0)
    return torch.where(found.isnan(), 1 / len(found), found)


def moments(points: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean (d,) and the covariance (d, d) of points (d, N) with weights (N,) that sum to one."""
    mean = (points * weights).sum(1)
    centred = points - mean[:, None]
    return mean, (centred * weights) @ centred.T


def root_of(covariance: Tensor, scale: Tensor) -> Tensor:
    """Return the Cholesky root of a covariance (d, d), or, where it has none, the diagonal one of variances (d,)."""
    root, failed = torch.linalg.cholesky_ex(covariance)
    return torch.diag(scale.sqrt()) if bool(failed) else root


def bisected(
    holds: Callable[[float], bool], low: float, high: float, halvings: int, width: float = 0.0
) -> tuple[float, float]:
    """Return an interval in which a condition ceases to hold, which holds at `low` and does not at `high`.

    Args:
        holds: The condition.
        low: Where it holds.
        high: Where it does not.
        halvings: How many times the interval is halved, at most.
        width: The width at which it is narrow enough, as a share of its upper end.

    >>> bisected(lambda x: x * x < 2, 0.0, 2.0, 3)
    (1.25, 1.5)
    """
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
        if high - low < width * high:
            break
    return low, high


def pareto_k(log_weight: Tensor) -> float:
    """Return the shape of the tail of importance weights (N,): above 0.7 estimates from them can't be trusted.

    Fits a generalised Pareto distribution to the largest weights (Zhang and Stephens 2009; Vehtari, Simpson, Gelman,
    Yao and Gabry 2024, with their weak prior towards one half). Where too few differ from all others, it is whether
    they have much of the weight that tells.
    """
    largest = Largest()
    largest.add(log_weight)
    return largest.pareto_k()


class Largest:
    """The largest of the log weights of many batches, from which the shape of the tail of all of them follows."""

    def __init__(self) -> None:
        self._logs: Tensor | None = None  # in descending order
        self._count = 0
        self._log_sum = -math.inf

    def add(self, log_weight: Tensor) -> None:
        """Add a batch of log weights, (N,)."""
        self._count += len(log_weight)
        self._log_sum = float(np.logaddexp(self._log_sum, float(torch.logsumexp(log_weight, 0))))
        if self._logs is not None:
            log_weight = torch.cat([self._logs, log_weight])
        self._logs = torch.topk(log_weight, min(len(log_weight), MOST_KEPT)).values

    def pareto_k(self, most: float = math.inf) -> float:
        """Return the shape of the tail; infinity where too few are known to tell, or a few have much of the weight.

        Args:
            most: How many weights the tail may have. With a hundred effective ones of a million draws, a tail of
                thousands is their whole distribution, whose largest weights may well be bounded.
        """
        size = int(min(0.2 * self._count, TAIL * math.sqrt(self._count), MOST_KEPT - 1, most))
        if self._logs is None or size < FEWEST:
            return math.inf
        top = self._logs[: size + 1].flip(0)
        if top[-1] == -torch.inf:
            return math.inf
        least = (top[0] - top[-1]).exp()
        excess = (top[1:] - top[-1]).exp() - least
        above = excess[excess > SAME]  # weights of discrete choices may be alike, but for their last digits
        if len(above) >= FEWEST:
            return _tail_shape(above)
        share = float((above + least).sum()) / math.exp(self._log_sum - float(top[-1]))
        return math.inf if share > LARGEST_SHARE else -math.inf


def _tail_shape(excess: Tensor) -> float:
    """Return the shape of a generalised Pareto distribution for excesses (n,) in ascending order, by profile Bayes."""
    n = len(excess)
    count = 30 + int(math.sqrt(n))
    quarter = excess[int(n / 4 + 0.5) - 1].clamp(min=1e-300)
    grid = 1 - (count / (torch.arange(1, count + 1, dtype=torch.float64) - 0.5)).sqrt()
    theta = grid / (3 * quarter) + 1 / excess[-1]
    shapes = torch.log1p(-theta[:, None] * excess).mean(1)
    profile = n * ((-theta / shapes).log() - shapes - 1)
    weights = torch.softmax(torch.nan_to_num(profile, nan=-torch.inf), 0)
    best = (theta * weights).sum()
    shape = float(torch.log1p(-best * excess).mean())
    return (n * shape + 10 * 0.5) / (n + 10)


__all__ = ["HALF_LOG_TAU", "Largest", "bisected", "effective_size", "kish", "moments", "pareto_k", "root_of", "shares"]
