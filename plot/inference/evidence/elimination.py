"""Sums over the values of finite sites: factors with a dimension for each site are multiplied and summed, one by one.

Variable elimination in broadcast tensors. A factor is the log of a non-negative weight (float64), or a weight itself: a
mask of what is possible (bool) or a number (float32). Its shape is (*dims, N): the last dimension is the particles',
those before it belong to sites (size 1 where the factor does not depend on one).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import PlotError
from plot.runtime.sites.randomness import Stream
from plot.runtime.values.shapes import common_shape

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_TABLE = 1 << 24  # numbers: 128 MiB (not measured)
FEW_VALUES = 4  # of a variable, up to which the terms of its sum are added one by one (not measured)


class TooWide(PlotError):
    """The sum would need a table that is too large: too many sites depend on one another."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"an exact sum needs a table of {size:,} numbers, over the {LARGEST_TABLE:,} allowed",
            hint="use a sampling method: --method auto",
        )


def dims_of(factor: Tensor) -> frozenset[int]:
    """Return the dimensions (negative, the particles' left out) in which a factor varies.

    >>> import torch
    >>> sorted(dims_of(torch.zeros(2, 1, 5)))
    [-3]
    """
    shape = factor.shape
    return frozenset(i - len(shape) for i in range(len(shape) - 1) if shape[i] > 1)


def eliminate(factors: Iterable[Tensor], keep: Collection[int] = ()) -> Tensor:
    """Return the log of the sum of the product of the factors over all dimensions but those to `keep`.

    The result has the dimensions that are kept, and is of shape (N,) without them. Raises TooWide.
    """
    tables, shift = _to_weights(list(factors))
    while True:
        left = {dim: sizes for dim, sizes in _costs(tables).items() if dim not in keep}
        if not left:
            break
        dim = min(left, key=lambda item: left[item])
        touching = [table for table in tables if dim in dims_of(table)]
        tables = [table for table in tables if dim not in dims_of(table)]
        summed = _sum_of_product(touching, dim)
        if summed.dtype == torch.float64:
            summed, more = _rescaled(summed)
            shift = shift + more
        tables.append(summed)
    return _trimmed(_product(tables).log().double() + shift, keep)


def _trimmed(log_sum: Tensor, keep: Collection[int]) -> Tensor:
    wanted = max([-dim for dim in keep], default=1)
    while log_sum.dim() > wanted and log_sum.shape[0] == 1:
        log_sum = log_sum[0]
    return log_sum


def _to_weights(factors: list[Tensor]) -> tuple[list[Tensor], Tensor]:
    """Return the factors as weights of at most 1, and the log of what they were divided by.

    They are float32 where there are many particles, float64 where the sum is to be exact.
    """
    dtype = torch.float32 if any(factor.dim() and factor.shape[-1] > 1 for factor in factors) else torch.float64
    tables: list[Tensor] = []
    shift = torch.zeros(1, dtype=torch.float64)
    for factor in factors:
        if not dims_of(factor):
            log_factor = in_log(factor)
            shift = shift + log_factor.reshape(factor.shape[-1:] if factor.dim() else (1,))
            continue
        if factor.dtype != torch.float64:
            tables.append(_weight(factor, dtype))
            continue
        top = _top(factor)
        tables.append((factor - top).exp().to(dtype))
        shift = shift + top.reshape(top.shape[-1:])
    return tables, shift


def _weight(factor: Tensor, dtype: torch.dtype) -> Tensor:
    """Return a mask, or weights, as numbers: torch converts bytes six times as fast as truth values."""
    return (factor.view(torch.uint8) if factor.dtype == torch.bool else factor).to(dtype)


def in_log(factor: Tensor) -> Tensor:
    """Return a factor as a log weight: a mask of what is possible becomes 0 and minus infinity."""
    if factor.dtype == torch.float64:
        return factor
    if factor.dtype == torch.bool:
        return torch.zeros(factor.shape, dtype=torch.float64).masked_fill_(~factor, -torch.inf)
    return factor.double().log()


def _top(table: Tensor) -> Tensor:
    """Return the largest value of each particle, 0 where there is none above minus infinity."""
    top = table.amax(tuple(range(table.dim() - 1)), keepdim=True)
    return torch.where(top == -torch.inf, torch.zeros_like(top), top)


def _rescaled(table: Tensor) -> tuple[Tensor, Tensor]:
    """Divide a table by its largest value in each particle; return the log of that too."""
    top = table.amax(tuple(range(table.dim() - 1)), keepdim=True)
    top = torch.where(top > 0, top, torch.ones_like(top))
    return table / top, top.double().log().reshape(top.shape[-1:])


def _costs(tables: list[Tensor]) -> dict[int, int]:
    """Return, for each dimension that is left, the size of the table that summing it out needs."""
    shapes: dict[int, dict[int, int]] = {}
    for table in tables:
        sizes = {dim: table.shape[dim] for dim in dims_of(table)}
        sizes[-1] = table.shape[-1]
        for dim in sizes:
            if dim != -1:
                joint = shapes.setdefault(dim, {})
                for other, size in sizes.items():
                    joint[other] = max(size, joint.get(other, 1))
    costs: dict[int, int] = {}
    for dim, joint in shapes.items():
        cost = 1
        for size in joint.values():
            cost *= size
        costs[dim] = cost
    return costs


def _check_size(tables: list[Tensor]) -> None:
    size = math.prod(common_shape(tables))
    if size > LARGEST_TABLE:
        raise TooWide(size)


def _product(tables: list[Tensor]) -> Tensor:
    if not tables:
        return torch.ones(1, dtype=torch.float64)
    _check_size(tables)
    result, *rest = sorted(tables, key=lambda item: item.numel())
    for table in rest:
        result = result * table
    return result


def _sum_of_product(tables: list[Tensor], dim: int) -> Tensor:
    """Return the sum of the product of tables over a dimension, which stays, of size 1.

    Over few values the terms are added one by one, so that the product as a whole, which is the largest, is not made.
    """
    *rest, largest = sorted(tables, key=lambda item: item.numel())
    size = max(table.shape[dim] for table in tables)
    if not rest or size > FEW_VALUES:
        return _product(tables).sum(dim, keepdim=True)
    _check_size(tables)
    other = _product(rest)
    total: Tensor | None = None
    for value in range(size):
        one, two = _at(largest, dim, value), _at(other, dim, value)
        total = one * two if total is None else torch.addcmul(total, one, two)
    assert total is not None
    return total


def _at(table: Tensor, dim: int, value: int) -> Tensor:
    """Return a table at one value of a dimension, which stays, of size 1."""
    return table.narrow(dim, value, 1) if table.dim() >= -dim and table.shape[dim] > 1 else table


def taken_jointly(factors: Iterable[Tensor], tables: Iterable[Tensor], particles: int, stream: Stream) -> list[Tensor]:
    """Return what tables hold in each particle, (N,), at values of their dimensions drawn as the factors weigh them."""
    known, wanted = list(factors), list(tables)
    for dim in sorted(frozenset[int]().union(*[dims_of(table) for table in wanted])):
        log_weight = eliminate(known, keep=(dim,))
        log_weight = log_weight.reshape(log_weight.shape[0], log_weight.shape[-1]).expand(-1, particles)
        weights = (log_weight - _top(log_weight)).exp().T
        weights = torch.where(weights.sum(-1, keepdim=True) > 0, weights, torch.ones_like(weights))
        index = stream.picks(weights, 1).squeeze(1)
        known = [_taken(table, dim, index) if dim in dims_of(table) else table for table in known]
        wanted = [_taken(table, dim, index) if dim in dims_of(table) else table for table in wanted]
    return [table.reshape(table.shape[-1:]).expand(particles) for table in wanted]


def _taken(table: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return a table with `dim` fixed at an index in each particle; the dimension stays, of size 1."""
    if table.shape[-1] == 1:
        table = table.expand(*table.shape[:-1], len(index))
    shape = [*table.shape]
    shape[dim] = 1
    return table.gather(dim, index.expand(shape))


__all__ = ["LARGEST_TABLE", "TooWide", "dims_of", "eliminate", "in_log", "taken_jointly"]
