"""Sums of products of many small tables: bucket elimination (Dechter 1999), and all marginals by one pass back.

The factors are those of `elimination.py` for a single particle; the result is the same. Their tables are so small that
what counts is the cost of an operation, and NumPy's are the cheapest.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plot.heavy import np
from plot.inference.elimination import LARGEST_TABLE, TooWide

if TYPE_CHECKING:
    from torch import Tensor

Array = Any  # a NumPy array of float64
Scope = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Table:
    """Weights over the dimensions of `scope`, which are in order."""

    scope: Scope
    weights: Array

    @classmethod
    def of(cls, weights: Array) -> Table:
        """Return weights of shape (*dims, 1) as a table over the dimensions in which they vary."""
        shape = weights.shape
        scope = tuple([place - len(shape) for place, size in enumerate(shape[:-1]) if size > 1])
        return cls(scope, weights.reshape([shape[dim] for dim in scope]))


@dataclass(slots=True, eq=False)
class Step:
    """Dimensions summed out: the numbers of the tables that were multiplied, their product, that of the sum."""

    dims: tuple[int, ...]
    inputs: list[int]
    product: Table
    output: int


@dataclass(slots=True)
class Elimination:
    """The tables that were given and made, how, which are left, and the log of what they were divided by."""

    tables: list[Table]
    sizes: Mapping[int, int]
    left: list[int]
    shift: float
    steps: list[Step] = field(default_factory=list)


class Network:
    """The factors of one particle, each in the dimensions in which it varies.

    `conditionals` are, for each dimension, the probabilities of its values given those of others; a log weight, or a
    mask of what is possible, is a factor. A dimension that no factor and no question depends on sums to one.
    """

    def __init__(self, factors: Iterable[Tensor], conditionals: Mapping[int, Sequence[Array]] | None = None) -> None:
        self._shift = 0.0  # the log of a common factor
        self._factors: list[Table] = []
        for factor in factors:
            self._add(factor.numpy(force=True))
        self._conditionals = {dim: [Table.of(item) for item in items] for dim, items in (conditionals or {}).items()}

    def _add(self, factor: Array) -> None:
        if factor.dtype == bool:
            possible, top = factor, 0.0 if factor.any() else -math.inf
        else:
            top = float(factor.max())
            possible = np.exp(factor - top) if top > -math.inf else factor
        self._shift += top
        if factor.size > 1:
            self._factors.append(Table.of(possible))

    def log_sum(self, keep: Sequence[int] = ()) -> Array:
        """Return the log of the sum over all dimensions but those to `keep` (which are those of the result, in order).

        Raises TooWide.
        """
        scope = tuple(sorted(keep))
        done = self._eliminated(keep)
        left = _product([done.tables[number] for number in done.left], scope, done.sizes)
        return _log(np.transpose(left, [scope.index(dim) for dim in keep])) + done.shift

    def shares(self, scopes: Collection[Scope]) -> tuple[float, dict[Scope, Array]]:
        """Return the log of the whole sum, and how it falls to the values of the dimensions of some scopes.

        Where the whole is nothing, so is every share. Raises TooWide.
        """
        wanted = set(scopes)
        done = self._eliminated((), {dim for scope in wanted for dim in scope})
        total = done.shift + sum([float(_log(done.tables[number].weights)) for number in done.left])
        if total == -math.inf:
            return total, {}
        found = _beliefs(done, wanted)
        for scope in wanted.difference(found):
            log_share = self.log_sum(scope)
            share = np.exp(log_share - log_share.max())
            found[scope] = share / share.sum()
        return total, found

    def _eliminated(self, keep: Collection[int], asked: Collection[int] = ()) -> Elimination:
        """Sum out all dimensions but those to keep, the cheapest first."""
        tables = [*self._factors, *self._needed({*keep, *asked})]
        sizes = {dim: size for table in tables for dim, size in zip(table.scope, table.weights.shape, strict=True)}
        order = _order([table.scope for table in tables], sizes, keep)
        turns = {dim: turn for turn, dims in enumerate(order) for dim in dims}
        waiting: list[list[int]] = [[] for _ in (*order, None)]  # the tables for each turn, and those that are left
        for number, table in enumerate(tables):
            waiting[min([turns.get(dim, len(order)) for dim in table.scope], default=-1)].append(number)
        done = Elimination(tables, sizes, waiting[-1], self._shift)
        for dims, inputs in zip(order, waiting, strict=False):
            factors = [tables[number] for number in inputs]
            scope = tuple(sorted({dim for table in factors for dim in table.scope}))
            product = _product(factors, scope, sizes)
            rest = tuple([dim for dim in scope if dim not in dims])
            weights = _marginal(product, scope, rest)
            top = float(np.maximum.reduce(weights, None))
            if top > 0:
                weights = weights / top
                done.shift += math.log(top)
            waiting[min([turns.get(dim, len(order)) for dim in rest], default=-1)].append(len(tables))
            done.steps.append(Step(dims, inputs, Table(scope, product), len(tables)))
            tables.append(Table(rest, weights))
        return done

    def _needed(self, asked: set[int]) -> list[Table]:
        """Return the probabilities of all that the factors, or what is asked, depend on."""
        pending = [*asked.union(*[table.scope for table in self._factors])]
        found: dict[int, list[Table]] = {}
        while pending:
            dim = pending.pop()
            if dim not in found:
                found[dim] = self._conditionals.get(dim, [])
                pending += [other for table in found[dim] for other in table.scope]
        return [table for dim in sorted(found) for table in found[dim]]


def _order(scopes: Sequence[Scope], sizes: dict[int, int], keep: Collection[int]) -> list[Scope]:
    """Return the order in which dimensions are summed out: next is the one that needs the smallest table.

    What is left at the end is summed in one step, as soon as that is small.
    """
    near: dict[int, set[int]] = {dim: set() for dim in sizes}
    for scope in scopes:
        for dim in scope:
            near[dim].update(scope)
    costs = {dim: math.prod([sizes[other] for other in near[dim]]) for dim in near if dim not in keep}
    left = math.prod(sizes.values())
    order: list[Scope] = []
    while costs:
        if left <= SMALL:
            return [*order, tuple(costs)]
        dim = min(costs, key=costs.__getitem__)
        if costs.pop(dim) > LARGEST_TABLE:
            raise TooWide(math.prod([sizes[other] for other in near[dim]]))
        order.append((dim,))
        left //= sizes[dim]
        others = near.pop(dim)
        others.discard(dim)
        for other in others:
            nearby = near[other]
            nearby |= others
            nearby.discard(dim)
            if other in costs:
                costs[other] = math.prod([sizes[another] for another in nearby])
    return order


SMALL = 1 << 8


def _beliefs(done: Elimination, wanted: Collection[Scope]) -> dict[Scope, Array]:
    """Return the share in the whole of each value of the dimensions of a scope, where a product has all of them.

    The share of a product is itself times how the whole grows with its sum. That comes, for all products, from one
    pass back (Lauritzen and Spiegelhalter 1988; Darwiche 2003).
    """
    found: dict[Scope, Array] = {(): np.ones(())}
    turns = {dim: turn for turn, step in enumerate(done.steps) for dim in step.dims}
    asked: list[list[Scope]] = [[] for _ in done.steps]  # the product with all dimensions of a scope is the first's
    for scope in wanted:
        if scope:
            asked[min([turns[dim] for dim in scope])].append(scope)
    given = len(done.tables) - len(done.steps)
    growth = {number: np.ones(()) for number in done.left}
    for step, scopes in zip(reversed(done.steps), reversed(asked), strict=True):
        made = [number for number in step.inputs if number >= given]
        if not made and not scopes:
            continue
        over = step.product.scope
        belief = _product([step.product, Table(done.tables[step.output].scope, growth[step.output])], over, done.sizes)
        for number in made:
            table = done.tables[number]
            growth[number] = _quotient(_marginal(belief, over, table.scope), table.weights)
        for scope in scopes:
            if len(scope) == 1 or set(scope) <= set(over):
                share = _marginal(belief, over, scope)
                found[scope] = share / np.add.reduce(share, None)
    return found


def _product(tables: Sequence[Table], scope: Scope, sizes: Mapping[int, int]) -> Array:
    """Return the product of tables over the dimensions of a scope that has all of theirs. Raises TooWide."""
    size = math.prod([sizes[dim] for dim in scope])
    if size > LARGEST_TABLE:
        raise TooWide(size)
    product: Array = None
    for table in tables:
        weights = table.weights
        if table.scope != scope:
            weights = weights.reshape([sizes[dim] if dim in table.scope else 1 for dim in scope])
        product = weights if product is None else product * weights
    return np.ones((1,) * len(scope)) if product is None else product


def _marginal(weights: Array, scope: Scope, keep: Scope) -> Array:
    """Return the sum over the dimensions that are not to `keep`."""
    if scope == keep:
        return weights
    return np.add.reduce(weights, tuple([place for place, dim in enumerate(scope) if dim not in keep]))


def _quotient(share: Array, weights: Array) -> Array:
    """Return a share divided by weights, 0 where both are, up to a factor."""
    found = share / np.maximum(weights, SMALLEST)
    return found / np.maximum.reduce(found, None)


SMALLEST = 5e-324  # the smallest number above 0


def _log(weights: Array) -> Array:
    """Return the log, minus infinity for what is nothing."""
    with np.errstate(divide="ignore"):
        return np.log(weights)


__all__ = ["Network"]
