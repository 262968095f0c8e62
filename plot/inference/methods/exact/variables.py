"""Finite variables beyond the dimensions of a tensor: any number of them take turns in a few dimensions.

Each tensor of a run knows the variables on which it depends, and in which of its dimensions each of them is. A new
variable takes the dimension that was used longest ago; where two that meet in an operation are in the same dimension,
one of them moves. A value that depends on several variables but takes few values becomes a variable of its own, with
its table given the others: so a state that is merged from two branches, or a running sum, does not drag along all that
it was computed from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from plot._lazy import np, once, torch
from plot.errors import BudgetError, PlotError
from plot.inference.evidence.elimination import LARGEST_TABLE, TooWide
from plot.inference.methods.exact.contraction import FactorTable, FunctionTable, Scope
from plot.runtime.sites.replay import Dims, NoDimension
from plot.runtime.values.values import Atoms, ListValue, RecordValue, Union, Value
from plot.watch import IDLE, Watch

if TYPE_CHECKING:
    from torch import Tensor

SHARED_DIMS = 24  # dimensions to choose from: operations on tensors of more take longer
MOST_DIMS = 60  # with those of variables that keep their own: a tensor has at most 64
FEWER = 2  # entries of a table for each distinct value in it, from which on it becomes a variable
MOST_SORTED = 1 << 21  # entries of a table whose distinct values are looked for: a fifth of a second
LONGER = "allow more time: --budget-seconds …"
WIDE = 3  # variables on which a mask or a sum may depend, before that is looked at
MOST_RUNS = 6  # each of which finds variables that must keep their dimension
ENOUGH = 0.25  # of the sites that prior samples meet: what a run has met at the end of its trial, if it is to go on
FURTHER = 64  # choices that no particle of the prior has met, until a program is taken to have no end of them

# fmt: off
ELEMENTWISE = frozenset(  # the names of operations that work entry by entry
    [
        "abs", "add", "bool", "clamp", "div", "double", "eq", "exp", "float", "floor", "ge", "gt", "isnan", "le", "log",
        "logical_and", "logical_not", "logical_or", "lt", "mul", "ne", "neg", "pow", "round", "sub", "to", "where",
        "__add__", "__and__", "__eq__", "__ge__", "__gt__", "__invert__", "__le__", "__lt__", "__mul__", "__ne__",
        "__neg__", "__or__", "__radd__", "__rmul__", "__rsub__", "__rtruediv__", "__sub__", "__truediv__"
    ]
)
# fmt: on
LOOKS = frozenset(["__bool__", "__float__", "__get__", "__int__", "__len__", "dim", "item", "numel", "numpy", "tolist"])


class UnboundedError(TooWide):
    """A run with all values at once meets ever more choices, or takes too many operations."""

    def __init__(self, what: str) -> None:
        PlotError.__init__(
            self, f"exact inference does not terminate: {what}", hint="use a sampling method: --method auto"
        )


class SumLimits(NamedTuple):
    """The limits of a run: entries of a table, operations, and when it must have met enough of the sites to go on."""

    entries: int = LARGEST_TABLE
    operations: float = math.inf
    trial: Watch = IDLE


class On(NamedTuple):
    """The variables on which a tensor depends, each with its dimension.

    A tensor is `aligned` if its dimensions are those of variables and the particles', in their places: such are the
    values of the program, and what elementwise operations make of them. Others may have further ones.
    """

    places: Mapping[int, int]
    aligned: bool


NOTHING = On({}, False)


class Variables(Dims):
    """The variables of one run, by number: names, sizes and dimensions, and the tables of those that are derived.

    Those whose names are `kept` share their dimension with no other one. `known` are the sites that prior
    samples have reached. Raises TooWide beyond the `limits`, UnboundedError where there seems to be no end of sites.
    """

    def __init__(
        self,
        kept: Collection[str],
        known: Collection[str],
        limits: SumLimits,
        grid: Callable[[str, Any], Tensor | None] | None = None,
        watch: Watch = IDLE,
    ) -> None:
        super().__init__(compress=self.compressed, grid=grid)
        self.watch = watch
        self.kept = kept
        self.known = known
        self.limits = limits
        self.names: list[str] = []
        self.lengths: list[int] = []
        self.derived: dict[int, FunctionTable] = {}
        self.colliding: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._places: list[int] = []
        self._used: dict[int, int] = dict.fromkeys(range(-2, -2 - SHARED_DIMS, -1), 0)
        self._further = self._clock = self._held = 0
        self._open = self._on_trial = True

    # -- the dimensions of sites -----------------------------------------------------------------------

    def dim_of(self, address: str, distribution: Any) -> int | None:
        """Return the dimension of a site, None where its values can't be listed."""
        listed = self.listed(address, distribution)
        if listed is None:
            return None
        length = len(listed)
        number = self._numbers.get(address)
        if number is None:
            self._further += address not in self.known
            self._check_progress()
            number = self._numbers[address] = self._added(address, length)
        elif self.lengths[number] != length:
            raise NoDimension
        return self._places[number]

    def _check_progress(self) -> None:
        """Raise UnboundedError where a run meets too many sites, or too few of those that it should have met by now."""
        if self._further > FURTHER + len(self.known):
            raise UnboundedError(f"{self._further} random choices that no prior sample reached")
        if self._on_trial and self.limits.trial.over:
            self._on_trial = False
            if len(self._numbers) - self._further < ENOUGH * len(self.known):
                raise UnboundedError("it would take too long")

    def values(self, address: str, distribution: Any, dim: int) -> Tensor:
        """Return all values of a site, in its dimension."""
        listed = self.listed(address, distribution)
        assert listed is not None
        return _on(listed.reshape((-1,) + (1,) * (-dim - 1)), {self._numbers[address]: dim})

    def close(self) -> None:
        """Let no further value become a variable: the run is over, and its tables are read."""
        self._open = False

    def number(self, address: str) -> int:
        """Return the variable of a site."""
        return self._numbers[address]

    def place(self, number: int) -> int:
        """Return the dimension that a variable began in."""
        return self._places[number]

    def _added(self, name: str, length: int) -> int:
        """Add a variable; unless it keeps its own, it takes the dimension that was used longest ago."""
        if name in self.kept:
            place = -2 - SHARED_DIMS - sum([other in self.kept for other in self.names])
            if place < -MOST_DIMS:
                raise NoDimension
        else:
            place = self._free(())
        self.names.append(name)
        self.lengths.append(length)
        self._places.append(place)
        return len(self.names) - 1

    def _free(self, taken: Collection[int]) -> int:
        """Return the dimension that was used longest ago, of those that are not taken."""
        place = min([dim for dim in self._used if dim not in taken], key=self._used.__getitem__, default=None)
        if place is None:
            raise NoDimension
        self._clock += 1
        self._used[place] = self._clock
        return place

    # -- operations ------------------------------------------------------------------------------------

    def operate(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Do an operation on tensors; what it gives depends on all that what it gets depends on."""
        given = _given(args) if not kwargs else _given((*args, *kwargs.values()))
        if not given:
            return func(*args, **kwargs)
        elementwise = func.__name__ in ELEMENTWISE and all([_is_aligned(item) for item in (*args, *kwargs.values())])
        if elementwise and len(given) > 1:
            args = self._apart(args)
            given = [item for item in args if isinstance(item, torch.Tensor)]
        places = self._together(given)
        found = func(*args, **kwargs)
        for tensor in [found] if isinstance(found, torch.Tensor) else tensors_in(found):
            _on(tensor, places, elementwise)
        return self.compressed(found) if elementwise and len(places) >= WIDE else found

    def _together(self, tensors: Sequence[Tensor]) -> Mapping[int, int]:
        """Return the variables on which tensors depend; note which are in one dimension. Raises TooWide."""
        places = on(tensors[0]).places
        for tensor in tensors[1:]:
            more = on(tensor).places
            if more is not places:
                self._compare(places, more)
                places = {**places, **more} if places else more
        self._clock += 1
        if self._clock > self.limits.operations:
            raise UnboundedError(f"more than {self.limits.operations:,} operations")
        for place in places.values():
            if place in self._used:
                self._used[place] = self._clock
        if math.prod([self.lengths[number] for number in places]) > self.limits.entries:
            entries = _entries(tensors)
            if entries > self.limits.entries:
                raise TooWide(entries)
        return places

    def _compare(self, one: Mapping[int, int], other: Mapping[int, int]) -> None:
        """Note the variables that are in one dimension, or in two dimensions."""
        here = {place: number for number, place in one.items()}
        for number, place in other.items():
            if here.get(place, number) != number:
                self.colliding.add(self.names[min(number, here[place])])
            if one.get(number, place) != place:
                self.colliding.add(self.names[number])

    def _apart(self, args: Sequence[Any]) -> Sequence[Any]:
        """Return the arguments of an operation with each variable in one dimension, and each dimension for one."""
        tensors = [item for item in args if isinstance(item, torch.Tensor) and on(item).places]
        places: dict[int, int] = {}
        moved: dict[int, Tensor] = {}
        for tensor in sorted(tensors, key=lambda item: -len(on(item).places)):
            mine, wanted = on(tensor).places, {}
            for number, place in mine.items():
                wanted[number] = places.get(number, place)
            for number in wanted.keys() - places.keys():
                if wanted[number] in {*places.values()} or _times(wanted[number], wanted) > 1:
                    wanted[number] = self._free({*places.values(), *wanted.values()})
            if wanted != mine:
                moved[id(tensor)] = self.moved(tensor, wanted)
            places |= wanted
        return [moved.get(id(item), item) for item in args] if moved else args

    def moved(self, tensor: Tensor, places: Mapping[int, int]) -> Tensor:
        """Return a value with its variables in other dimensions."""
        scope = self.scope(tensor)
        order = sorted(scope, key=places.__getitem__)
        shape = [1] * max([-places[number] for number in scope], default=1)
        for number in scope:
            shape[places[number]] = self.lengths[number]
        dense = tensor.reshape([self.lengths[number] for number in scope])
        found = dense.permute([scope.index(number) for number in order]).reshape(shape)
        return _on(found, {number: places[number] for number in scope})

    # -- what depends on what --------------------------------------------------------------------------

    def scope(self, tensor: Tensor) -> list[int]:
        """Return the variables with which a value varies, in the order of its dimensions.

        Raises NoDimension where it varies with anything else.
        """
        by_place = {place: number for number, place in on(tensor).places.items()}
        scope: list[int] = []
        for place, size in zip(range(-tensor.dim(), 0), tensor.shape, strict=True):
            if size > 1:
                if by_place.get(place) is None or self.lengths[by_place[place]] != size:
                    raise NoDimension
                scope.append(by_place[place])
        return scope

    def table(self, tensor: Tensor) -> FactorTable:
        """Return a value as a table over variables."""
        scope = self.scope(tensor)
        order = sorted(range(len(scope)), key=scope.__getitem__)
        return FactorTable(tuple(sorted(scope)), tensor.squeeze().numpy(force=True).transpose(order))

    def placed(self, value: Value) -> tuple[Value, Scope]:
        """Return a value with the variables with which it varies in the last dimensions, in order, and these."""
        numbers = sorted({number for tensor in tensors_in(value) for number in self.scope(tensor)})
        if math.prod([self.lengths[number] for number in numbers]) > self.limits.entries:
            raise TooWide(math.prod([self.lengths[number] for number in numbers]))
        places = {number: i - len(numbers) - 1 for i, number in enumerate(numbers)}
        return _mapped(value, lambda tensor: self.moved(tensor, places)), tuple(numbers)

    # -- values that become variables ------------------------------------------------------------------

    def compressed(self, value: Any) -> Any:
        """Return a value of the program in which each tensor of few values, over several variables, is one itself."""
        return _mapped(value, self._derived)

    def _derived(self, tensor: Tensor) -> Tensor:
        places, aligned = on(tensor)
        if not self._open or not places or (aligned and len(places) < 2):
            return tensor
        scope = self.scope(tensor)
        if len(scope) < len(places) or not aligned:
            _on(tensor, {number: places[number] for number in scope})
        if len(scope) < 2:
            return tensor
        if self.watch.over:
            raise BudgetError(
                "over the budget of seconds: sums over all values took them", budget="seconds", hint=LONGER
            )
        table = self.table(tensor)
        if table.weights.size > MOST_SORTED:
            return tensor
        values, codes = np.unique(table.weights, return_inverse=True)
        if (
            FEWER * len(values) > table.weights.size
            or self._held + table.weights.size > LARGEST_TABLE
            or values[-1] != values[-1]
        ):
            return tensor
        self._held += table.weights.size
        number = self._added(f"={len(self.derived)}", len(values))
        self.derived[number] = FunctionTable(
            number, FactorTable(table.scope, codes.reshape(table.weights.shape)), len(values)
        )
        place = self._places[number]
        found = torch.from_numpy(values).to(tensor.dtype).reshape((-1,) + (1,) * (-place - 1))
        return _on(found, {number: place})


def _given(arguments: Iterable[Any]) -> list[Tensor]:
    """Return the tensors that an operation gets, also in lists, which depend on a variable."""
    found: list[Tensor] = []
    for item in arguments:
        if isinstance(item, torch.Tensor):
            if on(item).places:
                found.append(item)
        elif isinstance(item, (list, tuple)):
            found += _given(item)
    return found


def on(tensor: Tensor) -> On:
    """Return what a tensor depends on."""
    return getattr(tensor, "on", NOTHING)


def _on(tensor: Tensor, places: Mapping[int, int], aligned: bool = True) -> Tensor:
    tensor.on = On(places, aligned)  # type: ignore[attr-defined]
    return tensor


def _is_aligned(item: Any) -> bool:
    """Return whether an argument of an operation is a value of the program, or the same everywhere."""
    if not isinstance(item, torch.Tensor):
        return not isinstance(item, (list, tuple))
    return on(item).aligned or (not on(item).places and item.numel() == 1 and item.dim() <= 1)


def _times(place: int, places: Mapping[int, int]) -> int:
    return sum([other == place for other in places.values()])


def _entries(tensors: Sequence[Tensor]) -> int:
    """Return how many entries tensors have when they are broadcast together."""
    shapes = [tensor.shape[::-1] for tensor in tensors]
    longest = max([len(shape) for shape in shapes])
    return math.prod([max([shape[i] for shape in shapes if i < len(shape)]) for i in range(longest)])


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors of which a value consists, or which an operation gets."""
    if isinstance(value, torch.Tensor):
        yield value
        return
    parts: Iterable[Any] = ()
    if isinstance(value, (list, tuple)):
        parts = value
    elif isinstance(value, Atoms):
        parts = (value.codes,)
    elif isinstance(value, ListValue):
        parts = (*value.items, *value.present)
    elif isinstance(value, RecordValue):
        parts = value.fields.values()
    elif isinstance(value, Union):
        parts = [part for case in value.cases for part in case]
    for part in parts:
        yield from tensors_in(part)


def _mapped(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Return a value with a function applied to each of its tensors; the same object where none changes."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, Atoms):
        codes = function(value.codes)
        return value if codes is value.codes else Atoms(codes)
    if isinstance(value, ListValue):
        items, present = _all_mapped(value.items, function), _all_mapped(value.present, function)
        same = items is value.items and present is value.present
        return value if same else ListValue(items, present, value.compact, value.charge)
    if isinstance(value, RecordValue):
        fields = tuple(value.fields.values())
        found = _all_mapped(fields, function)
        return value if found is fields else RecordValue(dict(zip(value.fields, found, strict=True)))
    if isinstance(value, Union):
        return Union(tuple((_mapped(mask, function), _mapped(case, function)) for mask, case in value.cases))
    return value


def _all_mapped(parts: tuple[Any, ...], function: Callable[[Tensor], Tensor]) -> tuple[Any, ...]:
    found = tuple([_mapped(part, function) for part in parts])
    return parts if all([one is other for one, other in zip(parts, found, strict=True)]) else found


@once
def tracking() -> Any:
    """Return the class of the mode in which tensors know their variables: its base is torch's, which is loaded late."""
    from torch.overrides import TorchFunctionMode

    class Tracking(TorchFunctionMode):
        """Lets all operations on tensors be those of some variables."""

        def __init__(self, variables: Variables) -> None:
            super().__init__()
            self.variables = variables

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.__name__ in LOOKS:
                return func(*args, **(kwargs or {}))
            return self.variables.operate(func, args, kwargs or {})

    return Tracking


__all__ = ["MOST_RUNS", "SumLimits", "UnboundedError", "Variables", "on", "tensors_in", "tracking"]
