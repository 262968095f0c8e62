"""Explicit streams of random numbers.

torch's default generator belongs to the whole process: a second conversation in another thread would change the draws
of the first. Many numbers at once come from a stream of NumPy's that a number of torch's begins, in half the time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from plot._lazy import np, torch
from plot.compat.torch import gammas

if TYPE_CHECKING:
    from numpy.random import Generator
    from torch import Tensor

MANY = 4_096
STEP = 2.0**-53  # the distance between two uniform numbers
SEEDS = 1 << 62  # how many a generator may begin with that another one begins


class Stream:
    """A stream of random numbers that a seed determines. Tensors of another device have a generator of their own."""

    __slots__ = ("_generators",)

    def __init__(self, seed: int) -> None:
        self._generators: dict[torch.device | str, torch.Generator] = {"cpu": torch.Generator("cpu").manual_seed(seed)}

    def copy(self) -> Stream:
        """Return a stream that goes on as this one would."""
        other = Stream.__new__(Stream)
        other._generators = {device: generator.clone_state() for device, generator in self._generators.items()}
        return other

    def on(self, device: torch.device) -> torch.Generator:
        """Return the generator of random numbers on a device."""
        if device.type == "cpu":
            return self._generators["cpu"]
        if device not in self._generators:
            self._generators[device] = torch.Generator(device).manual_seed(self._seed())
        return self._generators[device]

    def uniforms(self, shape: Any, device: Any = None) -> Tensor:
        """Draw numbers evenly from 0 to 1, without 1.

        >>> Stream(1).uniforms((2, 5_000)).shape
        torch.Size([2, 5000])
        """
        drawn = torch.empty(shape, dtype=torch.float64, device=device)
        if not _are_many(drawn):
            return drawn.uniform_(generator=self.on(drawn.device))
        self._many().random(out=drawn.numpy())
        return drawn

    def normals(self, shape: Any, device: Any = None) -> Tensor:
        """Draw standard normal numbers; a few by the inverse of their distribution function."""
        drawn = torch.empty(shape, dtype=torch.float64, device=device)
        if not _are_many(drawn):
            return to_normals(drawn.uniform_(generator=self.on(drawn.device)))
        self._many().standard_normal(out=drawn.numpy())
        return drawn

    def gammas(self, concentration: float, shape: Any) -> Tensor:
        """Draw numbers that have a gamma distribution of rate one."""
        drawn = torch.empty(shape, dtype=torch.float64)
        if not _are_many(drawn):
            return gammas(torch.full_like(drawn, concentration), self.on(drawn.device))
        self._many().standard_gamma(concentration, out=drawn.numpy())
        return drawn

    def integers(self, low: int, high: int, like: Tensor) -> Tensor:
        """Draw whole numbers from `low` to below `high`, as many as a tensor has."""
        return torch.randint(low, high, like.shape, generator=self.on(like.device), device=like.device)

    def picks(self, weights: Tensor, count: int) -> Tensor:
        """Draw indices in proportion to weights, (count,), or (rows, count) for each row; one may come again."""
        return torch.multinomial(weights, count, replacement=True, generator=self.on(weights.device))

    def _many(self) -> Generator:
        return np.random.Generator(np.random.SFC64(self._seed()))

    def _seed(self) -> int:
        """Draw a seed by an operation of torch's, so that whoever records those knows of it."""
        return int(torch.randint(SEEDS, (), generator=self._generators["cpu"], device="cpu"))


def to_normals(uniform: Tensor) -> Tensor:
    """Turn numbers from 0 to 1 into those with as much of the standard normal distribution below them, in place."""
    return uniform.mul_(2.0).sub_(1.0 - STEP).erfinv_().mul_(math.sqrt(2.0))


def _are_many(drawn: Tensor) -> bool:
    return drawn.is_cpu and drawn.numel() >= MANY


__all__ = ["STEP", "Stream", "to_normals"]
