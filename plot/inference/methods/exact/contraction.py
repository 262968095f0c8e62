"""Sums of products of many small tables: bucket elimination (Dechter 1999), and all marginals by one pass back.

The factors are those of `elimination.py` for a single particle; the result is the same. Their tables are so small that
what counts is the cost of an operation, and NumPy's are the cheapest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plot._lazy import np, once
from plot.errors import BudgetError
from plot.inference.evidence.elimination import LARGEST_TABLE, TooWide
from plot.watch import IDLE, Watch

if TYPE_CHECKING:
    from torch import Tensor

Scope = tuple[int, ...]


# How weights are multiplied, summed and divided: as numbers, which is quick, or as logs where those are too small.

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


@dataclass(slots=True, eq=False)
class FactorTable:
    """Weights over the dimensions of `scope`, which are in order."""

    scope: Scope
    weights: Array

    @classmethod
    def of(cls, weights: Array) -> FactorTable:
        """Return weights of shape (*dims, 1) as a table over the dimensions in which they vary."""
        dims = range(-weights.ndim, -1)
        return cls(tuple([dim for dim, size in zip(dims, weights.shape, strict=False) if size > 1]), weights.squeeze())

    def sizes(self) -> dict[int, int]:
        """Return the sizes of its dimensions."""
        return dict(zip(self.scope, self.weights.shape, strict=True))

    def along(self, scope: Scope) -> Array:
        """Return the weights with the dimensions of a larger scope, in order."""
        if self.scope == scope:
            return self.weights
        sizes = self.sizes()
        return self.weights.reshape([sizes.get(dim, 1) for dim in scope])

    def of_arguments(self, functions: Mapping[int, FactorTable]) -> FactorTable:
        """Return the weights by the arguments of dimensions that are `functions` of others."""
        if functions.keys().isdisjoint(self.scope):
            return self
        over = {dim for other in self.scope for dim in (functions[other].scope if other in functions else (other,))}
        scope = tuple(sorted(over))
        sizes = self.sizes()
        places = [
            functions[dim].along(scope) if dim in functions else FactorTable((dim,), np.arange(sizes[dim])).along(scope)
            for dim in self.scope
        ]
        return FactorTable(scope, self.weights[tuple(places)])

    def cut(self, fixed: Mapping[int, int]) -> FactorTable:
        """Return the weights where the dimensions that are `fixed` have the values that they have."""
        if fixed.keys().isdisjoint(self.scope):
            return self
        weights = self.weights[tuple([fixed.get(dim, EVERY) for dim in self.scope])]
        return FactorTable(tuple([dim for dim in self.scope if dim not in fixed]), weights)


@dataclass(slots=True, eq=False)
class FunctionTable:
    """A dimension whose value is a function of the others of `scope`: the index of its value for each of theirs.

    Its table has one entry for each combination of its arguments, where the table of a conditional probability that is
    one or zero would have as many as there are values. In a sum it needs no dimension: whatever depends on it depends
    on its arguments. So the distribution of a sum of n flips takes O(n ** 2) steps: it is a convolution.
    """

    child: int
    codes: FactorTable
    size: int

    @property
    def scope(self) -> Scope:
        """The dimensions that it relates."""
        return tuple(sorted((*self.codes.scope, self.child)))

    def sizes(self) -> dict[int, int]:
        """Return the sizes of these dimensions."""
        return {self.child: self.size, **self.codes.sizes()}

    def cut(self, fixed: Mapping[int, int]) -> FactorTable | FunctionTable:
        """Return the function where dimensions are `fixed`; where its value is, the arguments that give that."""
        codes = self.codes.cut(fixed)
        if self.child in fixed:
            return FactorTable(codes.scope, codes.weights == fixed[self.child])
        return self if codes is self.codes else FunctionTable(self.child, codes, self.size)


Table = FactorTable | FunctionTable


@dataclass(slots=True, eq=False)
class EliminationStep:
    """Dimensions marginalised: the numbers of the tables that were multiplied, their product, that of the sum.

    The product has no dimension for the `functions` of others.
    """

    dims: tuple[int, ...]
    inputs: list[int]
    product: FactorTable
    output: int
    functions: Mapping[int, FactorTable]


@dataclass(slots=True)
class Elimination:
    """The tables that were given and made, how, which are left, and the log of what they were divided by.

    The `watch` is that of the answer for which they are made.
    """

    tables: list[Table]
    sizes: Mapping[int, int]
    left: list[int]
    shift: float
    arithmetic: Arithmetic
    watch: Watch = IDLE
    steps: list[EliminationStep] = field(default_factory=list)


class Network:
    """The factors of one particle, each in the dimensions in which it varies.

    `conditionals` are, for each dimension, the probabilities of its values given those of others, or its function of
    them; a log weight, or a mask of what is possible, is a factor. A dimension on which no factor and no question
    depends sums to one.
    """

    def __init__(
        self,
        factors: Sequence[Tensor | FactorTable],
        conditionals: Mapping[int, Sequence[Table]] | None = None,
        arithmetic: Arithmetic | None = None,
        watch: Watch = IDLE,
    ) -> None:
        tables = [
            factor if isinstance(factor, FactorTable) else FactorTable.of(factor.numpy(force=True))
            for factor in factors
        ]
        self._given = tables, conditionals or {}
        self._watch = watch
        self._in = arithmetic or numbers()
        self._shift = 0.0  # the log of a common factor
        self._factors: list[FactorTable] = []
        for table in tables:
            self._add(table.scope, table.weights)

    def _add(self, scope: Scope, factor: Array) -> None:
        if factor.dtype == bool:
            possible, top = factor, 0.0 if factor.any() else -math.inf
        else:
            top = float(factor.max())
            possible = self._in.from_log(factor - top if top > -math.inf else factor)
        self._shift += top
        if scope:
            self._factors.append(FactorTable(scope, possible))

    def log_sum(self, keep: Sequence[int] = ()) -> Array:
        """Return the log of the sum over all dimensions but those to `keep` (which are those of the result, in order).

        Raises TooWide.
        """
        scope = tuple(sorted(keep))
        done = self._eliminated(keep)
        left = _product([_dense(done.tables[number], self._in) for number in done.left], scope, done)
        found = self._in.to_log(np.transpose(left, [scope.index(dim) for dim in keep])) + done.shift
        return self._in_logs.log_sum(keep) if self._is_faint(float(found.max())) else found

    def shares(self, scopes: Collection[Scope]) -> tuple[float, dict[Scope, Array]]:
        """Return the log of the whole sum, and how it falls to the values of the dimensions of some scopes.

        Where the whole is nothing, so is every share. Raises TooWide.
        """
        wanted = set(scopes)
        done = self._eliminated((), {dim for scope in wanted for dim in scope})
        left = np.array([_dense(done.tables[number], self._in).weights for number in done.left])
        total = done.shift + float(self._in.to_log(left).sum())
        if self._is_faint(total):
            return self._in_logs.shares(scopes)
        if total == -math.inf:
            return total, {}
        found = _beliefs(done, wanted)
        for scope in wanted.difference(found):
            log_share = self.log_sum(scope)
            share = np.exp(log_share - log_share.max())
            found[scope] = share / share.sum()
        return total, found

    def _is_faint(self, total: float) -> bool:
        """Return whether the log of a sum is so far below the largest factors that precision may have been lost."""
        return self._in is numbers() and self._shift > -math.inf and total - self._shift < FAINT

    @property
    def _in_logs(self) -> Network:
        """The same factors, in an arithmetic that loses nothing."""
        factors, conditionals = self._given
        possible = [FactorTable(item.scope, _in_log(item.weights)) for item in factors]
        probable = {
            dim: [
                FactorTable(item.scope, log(item.weights)) if isinstance(item, FactorTable) else item for item in items
            ]
            for dim, items in conditionals.items()
        }
        return Network(possible, probable, logs(), self._watch)

    def _eliminated(self, keep: Collection[int], asked: Collection[int] = ()) -> Elimination:
        """Sum out all dimensions but those to keep, the cheapest first."""
        fixed = self._fixed(keep, asked)
        tables = [self._weighed(table.cut(fixed)) for table in (*self._factors, *self._needed({*keep, *asked}))]
        sizes = {dim: size for table in tables for dim, size in table.sizes().items()}
        order = _order(tables, sizes, keep)
        turns = {dim: turn for turn, dims in enumerate(order) for dim in dims}
        waiting: list[list[int]] = [[] for _ in (*order, None)]  # the tables for each turn, and those that are left
        for number, table in enumerate(tables):
            waiting[min([turns.get(dim, len(order)) for dim in table.scope], default=-1)].append(number)
        done = Elimination(tables, sizes, waiting[-1], self._shift, self._in, self._watch)
        for dims, inputs in zip(order, waiting, strict=False):
            factors, functions = _apart([tables[number] for number in inputs])
            scope = tuple(sorted({dim for table in (*factors, *functions.values()) for dim in table.scope}))
            product = _product(factors, scope, done)
            over = {dim for number in inputs for dim in tables[number].scope}
            rest = tuple(sorted(over.difference(dims)))
            weights, scale = self._in.scaled(_marginal(product, scope, rest, done, functions))
            done.shift += scale
            waiting[min([turns.get(dim, len(order)) for dim in rest], default=-1)].append(len(tables))
            done.steps.append(EliminationStep(dims, inputs, FactorTable(scope, product), len(tables), functions))
            tables.append(FactorTable(rest, weights))
        return done

    def _weighed(self, table: Table) -> Table:
        """Return a mask as weights."""
        if isinstance(table, FunctionTable) or table.weights.dtype != bool:
            return table
        return FactorTable(table.scope, np.where(table.weights, self._in.one, self._in.nothing))

    def _fixed(self, *asked: Collection[int]) -> dict[int, int]:
        """Return the dimensions of which the factors leave one value alone, with that value, but for those asked."""
        fixed: dict[int, int] = {}
        for table in self._factors:
            if len(table.scope) == 1:
                (possible,) = (table.weights > self._in.nothing).nonzero()
                if len(possible) == 1:
                    fixed.setdefault(table.scope[0], int(possible[0]))
        for dim in frozenset[int]().union(*asked):
            fixed.pop(dim, None)
        return fixed

    def _needed(self, asked: set[int]) -> list[Table]:
        """Return the probabilities of all that the factors, or what is asked, depend on."""
        pending = [*asked.union(*[table.scope for table in self._factors])]
        found: dict[int, Sequence[Table]] = {}
        while pending:
            dim = pending.pop()
            if dim not in found:
                found[dim] = self._given[1].get(dim, ())
                pending += [other for table in found[dim] for other in table.scope]
        return [table for dim in sorted(found) for table in found[dim]]


def _in_log(factor: Array) -> Array:
    """Return a factor as a log weight: a mask of what is possible becomes 0 and minus infinity."""
    return np.where(factor, 0.0, -np.inf) if factor.dtype == bool else factor


def _apart(tables: Sequence[Table]) -> tuple[list[FactorTable], dict[int, FactorTable]]:
    """Return the weights of some tables, by the arguments of their functions, and these."""
    functions: dict[int, FactorTable] = {}
    for table in sorted([table for table in tables if isinstance(table, FunctionTable)], key=lambda item: item.child):
        functions[table.child] = table.codes.of_arguments(functions)
    return [table.of_arguments(functions) for table in tables if isinstance(table, FactorTable)], functions


def _dense(table: Table, arithmetic: Arithmetic) -> FactorTable:
    """Return a function as a table that is one where a dimension has the value of its arguments, and nothing else."""
    if isinstance(table, FactorTable):
        return table
    last = table.codes.weights[..., None] == np.arange(table.size)
    weights = np.where(last, arithmetic.one, arithmetic.nothing)
    return FactorTable(table.scope, np.moveaxis(weights, -1, table.scope.index(table.child)))


def _order(tables: Sequence[Table], sizes: dict[int, int], keep: Collection[int]) -> list[Scope]:
    """Return the order in which dimensions are marginalised: next is the one that needs the smallest table.

    What is left at the end is summed in one step, as soon as that is small; so is what comes before, with what follows.
    """
    near, functions, scopes = _neighbours(tables, sizes)

    def cost(dim: int) -> int:
        size = math.prod([sizes[other] for other in near[dim]])
        own = functions.get(dim)
        return size if not own else max(size // math.prod([sizes[child] for child in own]), size // sizes[dim])

    costs = {dim: cost(dim) for dim in near if dim not in keep}
    left = math.prod(sizes.values())
    order: list[tuple[int, set[int]]] = []
    while left > SMALL and costs:
        dim = min(costs, key=costs.__getitem__)
        if costs[dim] > LARGEST_TABLE:
            raise TooWide(costs[dim])
        del costs[dim]
        left //= sizes[dim]
        changed = {other for child in functions.pop(dim, ()) for other in _used(child, scopes, functions)}
        others = near.pop(dim)
        others.discard(dim)
        order.append((dim, others))
        for other in others:
            nearby = near[other]
            nearby |= others
            nearby.discard(dim)
        for other in others | changed:
            if other in costs:
                costs[other] = cost(other)
    return _together(order, [*costs], sizes)


def _neighbours(
    tables: Sequence[Table], sizes: Iterable[int]
) -> tuple[dict[int, set[int]], dict[int, set[int]], dict[int, Scope]]:
    """Return, for each dimension, those that share a table with it and the functions it takes part in; their scopes."""
    near: dict[int, set[int]] = {dim: set() for dim in sizes}
    functions: dict[int, set[int]] = {}
    scopes: dict[int, Scope] = {}
    for table in tables:
        for dim in table.scope:
            near[dim].update(table.scope)
        if isinstance(table, FunctionTable):
            scopes[table.child] = table.scope
            for dim in table.scope:
                functions.setdefault(dim, set()).add(table.child)
    return near, functions, scopes


def _used(child: int, scopes: Mapping[int, Scope], functions: Mapping[int, set[int]]) -> Scope:
    """Take a function from those that are to be used; return what it relates."""
    for dim in scopes[child]:
        if dim in functions:
            functions[dim].discard(child)
    return scopes[child]


def _together(order: Sequence[tuple[int, set[int]]], last: Sequence[int], sizes: Mapping[int, int]) -> list[Scope]:
    """Return the steps: those of an order of dimensions, each with its neighbours, and one for the last ones.

    A dimension is summed in the step that would take its sum, as long as the table of that stays small.
    """
    steps: list[list[int]] = [[*last]]  # the last step first
    room = [math.prod([sizes[dim] for dim in last])]
    place = dict.fromkeys(last, 0)
    for dim, others in reversed(order):
        taker = max([place[other] for other in others if other in place], default=None)
        if taker is not None and room[taker] * sizes[dim] <= SMALL:
            place[dim] = taker
            room[taker] *= sizes[dim]
            steps[taker].append(dim)
        else:
            place[dim] = len(steps)
            room.append(sizes[dim] * math.prod([sizes[other] for other in others]))
            steps.append([dim])
    return [tuple(dims) for dims in reversed(steps) if dims]


SMALL = 1 << 8  # numbers: operations on fewer take no less time (not measured)
LARGE = 1 << 18  # numbers: for what is less nobody looks at what the process holds
BYTES = 8  # of a number
HINT = "allow more time: --budget-seconds …; or use a sampling method: --method importance, smc"
EVERY = slice(None)


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
    growth = {number: np.full((), done.arithmetic.one) for number in done.left}
    for step, scopes in zip(reversed(done.steps), reversed(asked), strict=True):
        made = [number for number in step.inputs if number >= given]
        if not made and not scopes:
            continue
        over = step.product.scope
        after = FactorTable(done.tables[step.output].scope, growth[step.output]).of_arguments(step.functions)
        belief = _product([step.product, after], over, done)
        for number in made:
            table = _dense(done.tables[number], done.arithmetic)
            growth[number] = done.arithmetic.divided(
                _marginal(belief, over, table.scope, done, step.functions), table.weights
            )
        share = done.arithmetic.shares(belief) if scopes else belief
        for scope in scopes:
            if len(scope) == 1 or set(scope) <= {*over, *step.functions}:
                found[scope] = _marginal(share, over, scope, done, step.functions, np.add)
    return found


def _product(tables: Sequence[FactorTable], scope: Scope, done: Elimination) -> Array:
    """Return the product of tables over the dimensions of a scope that has all of theirs. Raises TooWide."""
    size = math.prod([done.sizes[dim] for dim in scope])
    if size > LARGEST_TABLE or (size > LARGE and not done.watch.has_room(2 * size * BYTES)):
        raise TooWide(size)
    if done.watch.over:
        raise BudgetError("over the budget of seconds: the exact sum takes longer", hint=HINT, budget="seconds")
    product: Array = None
    for table in tables:
        weights = table.along(scope)
        product = weights if product is None else done.arithmetic.times(product, weights)
    shape = [done.sizes[dim] for dim in scope]
    if product is None:
        return np.full(shape, done.arithmetic.one)
    return product if product.shape == tuple(shape) else np.broadcast_to(product, shape)


def _marginal(
    weights: Array,
    scope: Scope,
    keep: Scope,
    done: Elimination,
    functions: Mapping[int, FactorTable],
    plus: Any = None,
) -> Array:
    """Return the sum over the dimensions that are not to `keep`, some of them `functions` of those of `scope`."""
    if scope == keep:
        return weights
    plus = done.arithmetic.plus if plus is None else plus
    derived = [dim for dim in keep if dim in functions]
    if not derived:
        return plus.reduce(weights, tuple([place for place, dim in enumerate(scope) if dim not in keep]))
    needed = {dim for child in derived for dim in functions[child].scope}.union(keep)
    over = tuple([dim for dim in scope if dim in needed])
    weights = _marginal(weights, scope, over, done, {}, plus)
    values = [
        functions[dim].along(over) if dim in functions else FactorTable((dim,), np.arange(done.sizes[dim])).along(over)
        for dim in keep
    ]
    nothing = 0.0 if plus is np.add else -math.inf
    found = np.full([done.sizes[dim] for dim in keep], nothing)
    plus.at(found, tuple(values), weights)
    return found


FAINT = -600.0  # the smallest number is about exp(-745)


__all__ = ["Arithmetic", "FactorTable", "FunctionTable", "Network", "Table", "log", "logs", "numbers"]
