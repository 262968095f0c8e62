"""Importance sampling from a defensive mixture: a normal fitted to the posterior, a wider one, and the prior.

Each component gives a fixed share of the draws, and a draw is weighted by p / (sum of share * component density)
(Owen and Zhou 2000): with the prior's share a, no weight exceeds likelihood / a, so that the weights have a variance
whatever was fitted. The mean weight estimates the evidence without bias. The shape of the weights' tail, k-hat
(Vehtari, Simpson, Gelman, Yao and Gabry 2024), tells how far to trust them: above 0.7, not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.gradients.density import AffineFrame, Density, EvaluatedPoints

if TYPE_CHECKING:
    from torch import Tensor

SHARES = (0.75, 0.15, 0.1)  # of the draws: from the fit, from a wider one, from the prior (not measured)
WIDER = 2.0  # times the fit's scale, of the wider one (not measured)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedPoints:
    """Points in islands, an island's side by side, with the log weights (N,) that make them draws of the posterior."""

    point: EvaluatedPoints
    log_weight: Tensor


def proposed(density: Density, fitted: AffineFrame, islands: int, per_island: int) -> WeightedPoints:
    """Draw from the mixture around a fitted normal, and weigh by the posterior with its conditions as they are."""
    counts = _counts(per_island)
    size = density.size
    parts = [
        fitted.z(scale * density.stream.normals((islands * count, size))).reshape(islands, count, size)
        for scale, count in zip((1.0, WIDER), counts, strict=False)
    ]
    parts.append(density.prior(islands * counts[2]).reshape(islands, counts[2], size))
    points = torch.cat(parts, 1).reshape(islands * per_island, size)
    point = density.at(points)
    logs = [
        math.log(count / per_island) + log_normal(fitted, points, scale)
        for scale, count in zip((1.0, WIDER), counts, strict=False)
        if count
    ]
    logs.append(math.log(counts[2] / per_island) + point.log_prior)
    mixture = torch.logsumexp(torch.stack(logs), 0)
    log_weight = point.log_density - mixture
    return WeightedPoints(point, torch.where(torch.isfinite(log_weight), log_weight, -torch.inf))


def _counts(per_island: int) -> tuple[int, int, int]:
    narrow, wide = int(SHARES[0] * per_island), int(SHARES[1] * per_island)
    return narrow, wide, per_island - narrow - wide


def log_normal(fitted: AffineFrame, points: Tensor, scale: float = 1.0) -> Tensor:
    """Return the log density of points (N, d) under the normal that is standard in a frame, times a scale."""
    u = fitted.u(points) / scale
    size = points.shape[1]
    volume = fitted.root.diagonal().log().sum() + size * math.log(scale)
    return -0.5 * (u * u).sum(1) - volume - 0.5 * size * math.log(2 * math.pi)


def estimated_evidence(weighed: WeightedPoints, islands: int) -> tuple[float, float]:
    """Return the log of the mean weight, and its standard error from the islands."""
    means = torch.logsumexp(weighed.log_weight.reshape(islands, -1), 1)
    top = means.max()
    if not math.isfinite(float(top)):
        return -math.inf, math.inf
    shares = (means - top).exp()
    count = len(weighed.log_weight) // islands
    error = float(shares.std() / shares.mean()) / math.sqrt(islands)
    return float(top + shares.mean().log()) - math.log(count), error


__all__ = ["WeightedPoints", "estimated_evidence", "log_normal", "proposed"]
