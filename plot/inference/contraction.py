"""Sums of products of many small tables: bucket elimination (Dechter 1999), and all marginals by one pass back.

The factors are those of `elimination.py` for a single particle; the result is the same. Their tables are so small that
what counts is the cost of an operation, and NumPy's are the cheapest.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plot.heavy import np, torch
from plot.inference.elimination import LARGEST_TABLE, TooWide, dims_of, in_log

if TYPE_CHECKING:
    from torch import Tensor

Array = Any  # a NumPy array of float64
Scope = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Weights over the dimensions of `scope`, in this order."""

    scope: Scope
    weights: Array


@dataclass(frozen=True, slots=True)
class Step:
    """One dimension summed out: the numbers of the tables that were multiplied, and that of the result."""

    inputs: tuple[int, ...]
    output: int


@dataclass(slots=True)
class Elimination:
    """The tables that were given and made, how, which are left, and the log of what they were divided by."""

    tables: list[Table]
    steps: list[Step]
    left: list[int]
    shift: float


class Network:
    """The factors of one particle, each in the dimensions in which it varies; `shift` is the log of a common factor."""

    def __init__(self, factors: Sequence[Tensor]) -> None:
        self.shift = 0.0
        self.sizes: dict[int, int] = {}
        self._given: list[Table] = []
        for factor in factors:
            scope = tuple(sorted(dims_of(factor)))
            self.sizes.update({dim: factor.shape[dim] for dim in scope})
            log_weights = in_log(factor).cpu()
            top = float(log_weights.max())
            self.shift += top
            if scope and top > -math.inf:
                weights = (log_weights - top).exp().reshape([factor.shape[dim] for dim in scope])
                self._given.append(Table(scope, weights.numpy()))

    def log_sum(self, keep: Sequence[int]) -> Tensor:
        """Return the log of the sum over all dimensions but those to `keep` (which are those of the result, in order).

        Raises TooWide.
        """
        present = tuple(dim for dim in keep if dim in self.sizes)
        if self.shift == -math.inf:
            return torch.full([self.sizes[dim] for dim in present], -torch.inf, dtype=torch.float64)
        return _log_of_left(self._eliminated(present), present)

    def log_marginals(self) -> dict[int, Tensor]:
        """Return the log of the sum over all dimensions but one, for each of them.

        A table's share in the total is its own weights times how the total grows with them; the latter comes, for all
        tables, from one pass back through the elimination (Darwiche 2003). Raises TooWide.
        """
        if self.shift == -math.inf:
            return {dim: torch.full((size,), -torch.inf, dtype=torch.float64) for dim, size in self.sizes.items()}
        done = self._eliminated(())
        total = _log_of_left(done, ())
        growth = _growth(done)
        found: dict[int, Tensor] = {}
        for number, table in enumerate(self._given):
            for dim in table.scope:
                if dim not in found:
                    share = _einsum([table, Table(table.scope, growth[number])], (dim,))
                    log_share = torch.as_tensor(share, dtype=torch.float64).log()
                    found[dim] = log_share - torch.logsumexp(log_share, 0) + total
        return {dim: weights.nan_to_num(-torch.inf, neginf=-torch.inf) for dim, weights in found.items()}

    def _eliminated(self, keep: Collection[int]) -> Elimination:
        """Sum out all dimensions but those to keep, the cheapest first."""
        done = Elimination(list(self._given), [], list(range(len(self._given))), self.shift)
        for dim in _order([table.scope for table in self._given], self.sizes, keep):
            inputs = [number for number in done.left if dim in done.tables[number].scope]
            tables = [done.tables[number] for number in inputs]
            scope = tuple(sorted({other for table in tables for other in table.scope} - {dim}))
            weights = _einsum(tables, scope)
            top = float(weights.max())
            if top > 0:
                weights = weights / top
                done.shift += math.log(top)
            done.steps.append(Step(tuple(inputs), len(done.tables)))
            done.left = [number for number in done.left if number not in inputs] + [len(done.tables)]
            done.tables.append(Table(scope, weights))
        return done


def _order(scopes: Sequence[Scope], sizes: dict[int, int], keep: Collection[int]) -> list[int]:
    """Return the order in which dimensions are summed out: next is the one that needs the smallest table."""
    near: dict[int, set[int]] = {dim: set() for dim in sizes}
    for scope in scopes:
        for dim in scope:
            near[dim].update(scope)

    def cost(dim: int) -> int:
        return math.prod([sizes[other] for other in near[dim]])

    costs = {dim: cost(dim) for dim in near if dim not in keep}
    order = []
    while costs:
        dim = min(costs, key=costs.__getitem__)
        if costs.pop(dim) > LARGEST_TABLE:
            raise TooWide(cost(dim))
        order.append(dim)
        others = near.pop(dim) - {dim}
        for other in others:
            near[other] |= others
            near[other].discard(dim)
        for other in others:
            if other in costs:
                costs[other] = cost(other)
    return order


def _growth(done: Elimination) -> dict[int, Array]:
    """Return how the total grows with each table's weights, each up to a factor of its own."""
    growth: dict[int, Array] = {number: np.ones(()) for number in done.left}
    for step in reversed(done.steps):
        above = Table(done.tables[step.output].scope, growth[step.output])
        for number in step.inputs:
            scope = done.tables[number].scope
            others = [done.tables[other] for other in step.inputs if other != number]
            found = _spread([above, *others], scope, done.tables[number].weights.shape)
            top = found.max()
            growth[number] = found / top if top > 0 else found
    return growth


def _spread(tables: Sequence[Table], scope: Scope, shape: Sequence[int]) -> Array:
    """Return the sum of a product over all but `scope`, repeated along the dimensions that no table has."""
    there = {dim for table in tables for dim in table.scope}
    found = _einsum(tables, tuple(dim for dim in scope if dim in there))
    sizes = [size if dim in there else 1 for dim, size in zip(scope, shape, strict=True)]
    return np.broadcast_to(found.reshape(sizes), shape)


def _einsum(tables: Sequence[Table], scope: Scope) -> Array:
    """Return the product of tables summed over all dimensions but those of `scope`."""
    labels: dict[int, int] = {}
    operands: list[Any] = []
    for table in tables:
        operands += [table.weights, [labels.setdefault(dim, len(labels)) for dim in table.scope]]
    return np.einsum(*operands, [labels[dim] for dim in scope])


def _log_of_left(done: Elimination, scope: Scope) -> Tensor:
    """Return the log of the product of the tables that are left, which are over `scope`."""
    tables = [done.tables[number] for number in done.left]
    size = math.prod(
        {dim: n for table in tables for dim, n in zip(table.scope, table.weights.shape, strict=True)}.values()
    )
    if size > LARGEST_TABLE:
        raise TooWide(size)
    weights = _einsum(tables, scope) if tables else np.ones(())
    return torch.as_tensor(weights, dtype=torch.float64).log() + done.shift


__all__ = ["Network"]
