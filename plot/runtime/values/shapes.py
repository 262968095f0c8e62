"""Broadcast shapes, without the sympy that torch.broadcast_shapes imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from plot._lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


def broadcast_shape(*shapes: Sequence[int]) -> torch.Size:
    """Return the shape that shapes are broadcast to together. Raises ValueError where they can't be.

    >>> broadcast_shape((3, 1), (5,), ())
    torch.Size([3, 5])
    """
    found = [1] * max(map(len, shapes), default=0)
    for shape in shapes:
        for dim, size in enumerate(shape, len(found) - len(shape)):
            if size == 1:
                continue
            if found[dim] not in (1, size):
                raise ValueError(f"shapes {[tuple(one) for one in shapes]} can't be broadcast together")
            found[dim] = size
    return torch.Size(found)


def common_shape(tensors: Iterable[Tensor]) -> torch.Size:
    """Return the shape that tensors are broadcast to together. Raises ValueError where they can't be.

    Torch is asked too, then: exact inference watches its operations, and sees which variables share a dimension.
    """
    found = list(tensors)
    try:
        return broadcast_shape(*[tensor.shape for tensor in found])
    except ValueError:
        with suppress(RuntimeError):
            torch.stack(found)
        raise


__all__ = ["broadcast_shape", "common_shape"]
