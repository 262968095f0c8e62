"""Random 64-bit numbers: many at once come from a stream of NumPy's, which a random number of torch's begins.

So torch's seed determines them as it does all others, and they take half the time of torch's own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from plot.heavy import np, torch

if TYPE_CHECKING:
    from numpy.random import Generator
    from torch import Tensor

MANY = 4_096
STEP = 2.0**-53  # the distance between two uniform numbers


def uniforms(shape: Any, device: Any = None) -> Tensor:
    """Draw numbers evenly from 0 to 1, without 1.

    >>> torch.manual_seed(1) and uniforms((2, 5_000)).shape
    torch.Size([2, 5000])
    """
    drawn = torch.empty(shape, dtype=torch.float64, device=device)
    if not _are_many(drawn):
        return drawn.uniform_()
    _stream().random(out=drawn.numpy())
    return drawn


def normals(shape: Any, device: Any = None) -> Tensor:
    """Draw standard normal numbers; a few by the inverse of their distribution function."""
    drawn = torch.empty(shape, dtype=torch.float64, device=device)
    if not _are_many(drawn):
        return to_normals(drawn.uniform_())
    _stream().standard_normal(out=drawn.numpy())
    return drawn


def to_normals(uniform: Tensor) -> Tensor:
    """Turn numbers from 0 to 1 into those with as much of the standard normal distribution below them, in place."""
    return uniform.mul_(2.0).sub_(1.0 - STEP).erfinv_().mul_(math.sqrt(2.0))


def gammas(concentration: float, shape: Any) -> Tensor:
    """Draw numbers that have a gamma distribution of rate one."""
    drawn = torch.empty(shape, dtype=torch.float64)
    if not _are_many(drawn):
        return torch._standard_gamma(torch.full_like(drawn, concentration))
    _stream().standard_gamma(concentration, out=drawn.numpy())
    return drawn


def _are_many(drawn: Tensor) -> bool:
    return drawn.is_cpu and drawn.numel() >= MANY


def _stream() -> Generator:
    return np.random.Generator(np.random.SFC64(int(torch.randint(1 << 62, (), device="cpu"))))


__all__ = ["gammas", "normals", "to_normals", "uniforms"]
