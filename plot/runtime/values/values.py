"""Particle-batched values of expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from functools import cache
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from plot._lazy import torch
from plot.language.syntax.nodes import Expr, FunctionDef, Lambda, Statement
from plot.records import record
from plot.runtime.values.masks import Mask
from plot.runtime.values.probes import EXACT

if TYPE_CHECKING:
    from torch import Tensor

Constant: TypeAlias = bool | int | float | str | None


class _Names:
    """One number for every name (and for None), the same in every process: it follows from the name alone.

    With shared numbers, names from different places compare and merge without translating tables; and nothing depends
    on which names anybody else spoke of before.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._codes: dict[str | None, int] = {None: 0}
        self._names: dict[int, str | None] = {0: None}

    def code(self, name: str | None) -> int:
        """Return the number of `name`."""
        code = self._codes.get(name)
        return self._new(name) if code is None else code

    def _new(self, name: str | None) -> int:
        with self._lock:
            if name not in self._codes:
                code = _hashed(name or "")
                while code in self._names:  # another name has it, which happens once in 10^6 tables of 10^5 names
                    code += 1
                self._names[code], self._codes[name] = name, code
            return self._codes[name]

    def __getitem__(self, code: int) -> str | None:
        return self._names[code]

    def alphabetical(self) -> list[tuple[str, int]]:
        """Return all names so far with their numbers, in their order."""
        with self._lock:
            return sorted([(name or "", code) for name, code in self._codes.items()])


def _hashed(name: str) -> int:
    """Return a number for a name that is exact as a float."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 12


NAMES = _Names()


@record(frozen=True, eq=False)
class Atoms:
    """A random name (or None): `codes` is int64 of shape (N,), to be read through `NAMES`."""

    codes: Tensor


@record(frozen=True, eq=False)
class ListValue:
    """A ragged list: slot i holds `items[i]` in the particles where `present[i]`.

    The order of slots is the order of the list in every particle. `compact` means that slot i, where it is
    present, is the i-th item: there are no holes before it. `extent` is how many values there are at
    all levels, and how many levels.
    """

    items: tuple[Value, ...]
    present: tuple[Mask, ...]
    compact: bool = True
    charge: object = None
    extent: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", _extent(self.items))

    @property
    def full(self) -> bool:
        """Return whether every slot is there in every particle."""
        return all(mask is True for mask in self.present)


@record(frozen=True, eq=False)
class RecordValue:
    """A record, field by field; `extent` as that of a list."""

    fields: Mapping[str, Value]
    extent: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", _extent(self.fields.values()))


def _extent(items: Collection[Value]) -> tuple[int, int]:
    inner = [item.extent for item in items if isinstance(item, (ListValue, RecordValue, Union))]
    if not inner:
        return len(items), 1
    return len(items) + sum([size for size, _ in inner]), 1 + max([levels for _, levels in inner])


@record(frozen=True, eq=False)
class Missing:
    """The value of a variable in particles where it was not assigned."""


MISSING = Missing()


@record(eq=False)
class MemoEntry:
    """A result of a memoised function for one combination of arguments: `value` where `mask`.

    The arguments of a `loose` one are tensors: it is the entry of the particles in which they are the same.
    """

    arguments: tuple[Value, ...]
    mask: Mask = False
    value: Value = None
    loose: bool = False


@record(eq=False)
class VariableScope:
    """The variables of one call, and the scope in which its function was defined.

    `local_names` are those that the function assigns anywhere: they are never looked up further out. `pinned`
    are variables that an intervention has fixed, whatever is assigned to them.
    """

    variables: dict[str, Value]
    parent: VariableScope | None = None
    local_names: frozenset[str] = frozenset()
    pinned: Mapping[str, Value] = field(default_factory=dict)


@record(eq=False)
class Closure:
    """A function of the program with the scope that it was defined in; `memo` is its table when it is `@mem`.

    `path` is the address prefix of the place of its definition, `defaults` the values of its optional
    parameters; `prior` marks a `@mem` body that is one draw with constant parameters, and `loose` a table in which
    an entry is.
    """

    name: str
    node: FunctionDef | Lambda
    parameters: tuple[str, ...]
    body: tuple[Statement, ...] | Expr
    scope: VariableScope
    path: str
    local_names: frozenset[str] = frozenset()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    memo: dict[Any, MemoEntry] | None = None
    prior: bool = False
    loose: bool = False


@record(frozen=True, eq=False)
class Builtin:
    """A function of the library as a value (`argmax(abs, xs)`)."""

    name: str


@cache
def builtin(name: str) -> Builtin:
    """Return the function of the library with this name, always the same object."""
    return Builtin(name)


@record(frozen=True, eq=False)
class Union:
    """Values of different kinds in different particles; the masks do not overlap. `extent` as that of a list."""

    cases: tuple[tuple[Mask, Value], ...]
    extent: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        size, levels = _extent([case for _, case in self.cases])
        object.__setattr__(self, "extent", (size - len(self.cases), levels - 1))


Function = Closure | Builtin
Value: TypeAlias = "Constant | Tensor | Atoms | ListValue | RecordValue | Closure | Builtin | Missing | Union"


def is_constant(value: Value) -> bool:
    """Return whether `value` is the same Python number, truth value, name or None in every particle."""
    return value is None or isinstance(value, (bool, int, float, str))


def is_number(value: Value) -> bool:
    """Return whether `value` is a number or a truth value, random or not."""
    return isinstance(value, (bool, int, float, torch.Tensor))


def is_name(value: Value) -> bool:
    """Return whether `value` is a name or None, random or not."""
    return value is None or isinstance(value, (str, Atoms))


def as_tensor(value: bool | int | float | Tensor) -> Tensor:
    """Return a number as a tensor: bool, int64 or float64."""
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, bool):
        return torch.scalar_tensor(value, dtype=torch.bool)
    if isinstance(value, int) and abs(value) <= EXACT:
        return torch.scalar_tensor(value, dtype=torch.int64)
    return torch.scalar_tensor(float(value), dtype=torch.float64)


def as_codes(value: str | Atoms | None) -> Tensor:
    """Return a name as a tensor of codes."""
    return value.codes if isinstance(value, Atoms) else torch.tensor(NAMES.code(value))


def bytes_of(value: Value | Mask) -> int:
    """Return how many bytes of tensors a value holds; a list within it has been counted when it was made.

    >>> bytes_of(2), bytes_of(torch.zeros(100, dtype=torch.float64))
    (0, 800)
    """
    if type(value) is torch.Tensor:  # what stands for an unknown number can't be asked
        return value.numel() * value.element_size()
    if isinstance(value, Atoms):
        return bytes_of(value.codes)
    if isinstance(value, RecordValue):
        return sum([bytes_of(item) for item in value.fields.values()])
    if isinstance(value, Union):
        return sum([bytes_of(mask) + bytes_of(case) for mask, case in value.cases])
    return 0


def make_list(items: Iterable[Value]) -> ListValue:
    """Return the list of `items`, all present.

    >>> make_list([1, 2]).present
    (True, True)
    """
    slots = tuple(items)
    return ListValue(slots, (True,) * len(slots))


def kind_of(value: Value) -> str:
    """Name the kind of a value in words that an error message can use."""
    if isinstance(value, (Atoms, str)):
        return "a name"
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return "a truth value" if value.dtype == torch.bool else "a number"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, (int, float)):
        return "a number"
    kinds: dict[type, str] = {ListValue: "a list", RecordValue: "a record", Union: "a value of several kinds"}
    return kinds.get(type(value), "a function")


def _at(mask_or_number: Any, particle: int) -> Any:
    """Read one particle of a tensor (a scalar is the same in all), or of a constant."""
    if not isinstance(mask_or_number, torch.Tensor):
        return mask_or_number
    tensor = mask_or_number
    return (tensor if tensor.dim() == 0 else tensor[..., particle if tensor.shape[-1] > 1 else 0]).item()


def unbatch(value: Value, particle: int) -> Any:
    """Return `value` in one particle as a Python object: number, name, None, list, dict, or the function's name."""
    if is_constant(value) or isinstance(value, torch.Tensor):
        return _at(value, particle)
    if isinstance(value, Atoms):
        return NAMES[_at(value.codes, particle)]
    if isinstance(value, ListValue):
        slots = zip(value.items, value.present, strict=True)
        return [unbatch(item, particle) for item, present in slots if _at(present, particle)]
    if isinstance(value, RecordValue):
        fields = {name: unbatch(item, particle) for name, item in value.fields.items()}
        return {name: item for name, item in fields.items() if item is not MISSING}
    if isinstance(value, Union):
        for mask, case in value.cases:
            if _at(mask, particle):
                return unbatch(case, particle)
        return None
    return value if isinstance(value, Missing) else f"<function {getattr(value, 'name', '')}>"
