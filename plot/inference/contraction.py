"""Sums of products of many small factors at once: a tensor network, contracted in a good order by opt_einsum.

The factors are those of `elimination.py` for a single particle; the result is the same, quicker where there are many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plot.heavy import torch
from plot.inference.elimination import LARGEST_TABLE, TooWide, dims_of, eliminate, in_log

if TYPE_CHECKING:
    from torch import Tensor


class Network:
    """The factors of one particle, each in the dimensions in which it varies; `shift` is the log of a common factor."""

    def __init__(self, factors: Sequence[Tensor]) -> None:
        self._factors = factors
        self.shift = 0.0
        self._operands: list[Any] = []
        self.sizes: dict[int, int] = {}
        for factor in factors:
            dims = sorted(dims_of(factor))
            self.sizes.update({dim: factor.shape[dim] for dim in dims})
            if not dims:
                self.shift += float(in_log(factor).reshape(-1)[0])
                continue
            table, top = _scaled(factor)
            self.shift += top
            self._operands += [table.reshape([factor.shape[dim] for dim in dims]), [-dim for dim in dims]]

    def log_sum(self, keep: Sequence[int]) -> Tensor:
        """Return the log of the sum over all dimensions but those to `keep` (which are those of the result, in order).

        Raises TooWide.
        """
        if self.shift == -math.inf:
            return torch.full([self.sizes[dim] for dim in keep], -torch.inf, dtype=torch.float64)
        present = [dim for dim in keep if dim in self.sizes]
        if not self._operands:
            return torch.full((), self.shift, dtype=torch.float64)
        weights = _contracted([*self._operands, [-dim for dim in present]])
        if bool((weights.sum() > 0) & torch.isfinite(weights.sum())):
            return weights.log() + self.shift
        return self._one_by_one(present)

    def _one_by_one(self, keep: Sequence[int]) -> Tensor:
        """Sum with rescaling after each step: for products too small for a float."""
        found = eliminate(self._factors, keep)
        order = sorted(keep)
        flat = found.reshape([self.sizes[dim] for dim in order])
        return flat.permute([order.index(dim) for dim in keep]) if keep else flat.reshape(())


def _scaled(factor: Tensor) -> tuple[Tensor, float]:
    if factor.dtype != torch.float64:
        return factor.double(), 0.0
    top = float(factor.max())
    if top == -math.inf:
        return torch.zeros_like(factor), 0.0
    return (factor - top).exp(), top


def _contracted(operands: list[Any]) -> Tensor:
    import opt_einsum

    path, info = opt_einsum.contract_path(*operands, optimize="greedy")
    if info.largest_intermediate > LARGEST_TABLE:
        raise TooWide(int(info.largest_intermediate))
    return opt_einsum.contract(*operands, optimize=path)  # type: ignore[no-any-return]


__all__ = ["Network"]
