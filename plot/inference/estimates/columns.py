"""Query values as plain columns over the particles with weight: truth values, numbers, options or members."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import PlotError, Span
from plot.inference.contract import Kind
from plot.inference.estimates.coding import Coded, outcomes_of
from plot.inference.outcomes import Outcome
from plot.runtime.values.merge import cases_of
from plot.runtime.values.probes import has_finite_sum
from plot.runtime.values.values import (
    NAMES,
    Atoms,
    ListValue,
    Missing,
    RecordValue,
    Union,
    Value,
    as_tensor,
    is_constant,
    is_name,
    is_number,
)

if TYPE_CHECKING:
    from torch import Tensor

MOST_MEMBERS = 2_000  # members of sets, each of which has a probability of its own (not measured)
EXACT_WITHOUT_NAMES = "query one number or one name at a time, or a list of names"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One query over M particles.

    `values` is bool (boolean), float64 (number) or int64 numbers of `labels` (choice), of shape (M,); a set has
    `members` instead, label to bool (M,). `defined` is False where there is no value of this kind. `constant`
    means that it was not random at all.
    """

    kind: Kind
    values: Tensor
    labels: tuple[Outcome, ...] = ()
    members: dict[Outcome, Tensor] = field(default_factory=dict)
    defined: Tensor | None = None
    integer: bool = False
    constant: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The particles that are supported: their numbers (None: all), and how many they are."""

    index: Tensor | None
    size: int

    def take(self, tensor: Tensor) -> Tensor:
        """Return the tensor in these particles, (M,); a scalar is repeated."""
        if tensor.dim() == 0 or tensor.shape[-1] == 1:
            return tensor.reshape(-1)[:1].expand(self.size)
        return tensor if self.index is None else tensor[self.index]

    def mask(self, mask: bool | Tensor) -> Tensor:
        """Return a mask in these particles, (M,)."""
        return self.take(as_tensor(mask))


def column(value: Value, view: View, want: Kind | None = None, span: Span | None = None) -> Column:
    """Read a query's value in the particles of `view`, as the kind that it is or as the kind that is wanted.

    What is not of the wanted kind is undefined. Raises PlotError where the value has no distribution that could be
    told: a record, a function.
    """
    if isinstance(value, torch.Tensor) and want in (None, _kind(value)):
        return _plain(value, view)
    cases = [(view.mask(mask), case) for mask, case in cases_of(value)]
    cases = [(mask, case) for mask, case in cases if bool(mask.any())]
    real = [(mask, case) for mask, case in cases if not _is_nothing(case, view, mask)]
    for _, case in real:
        _refuse(case, span)
    kind = want or _common([_kind(case) for _, case in real])
    if kind == "choice":
        return _choice(value, view)
    fitting = [(mask, case) for mask, case in real if _kind(case) == kind]
    return _members(fitting, view, span) if kind == "set" else _numbers(kind, fitting, view)


def _plain(value: Tensor, view: View) -> Column:
    """Return the column of a tensor of numbers or of truth values."""
    values = view.take(value)
    if value.dtype == torch.bool:
        return Column("boolean", values)
    numbers = values.to(torch.float64)
    defined = None if has_finite_sum(numbers) else torch.isfinite(numbers)
    if defined is not None and bool(defined.all()):
        defined = None
    return Column("number", numbers, defined=defined, integer=value.dtype != torch.float64)


def _common(kinds: list[Kind]) -> Kind:
    """Return the kind of values of these kinds: what is mixed is a choice between outcomes, and so is None alone."""
    return kinds[0] if len(set(kinds)) == 1 else "choice"


def _is_nothing(case: Value, view: View, mask: Tensor) -> bool:
    """Return whether a case is None, or a variable that was never assigned, wherever it is taken."""
    if case is None or isinstance(case, Missing):
        return True
    return isinstance(case, Atoms) and not bool((view.take(case.codes)[mask] != NAMES.code(None)).any())


def _refuse(case: Value, span: Span | None) -> None:
    if isinstance(case, RecordValue):
        fields = ", ".join(f".{name}" for name in list(case.fields)[:5])
        raise PlotError("a record can't be queried as a whole", hint=f"query one of its fields: {fields}", span=span)
    if not (is_constant(case) or is_number(case) or is_name(case) or isinstance(case, (ListValue, Union))):
        raise PlotError("a function can't be queried", hint="call it and query the result", span=span)


def _kind(case: Value) -> Kind:
    if isinstance(case, ListValue):
        return "set" if all(_is_named(item) for item in case.items) else "choice"
    if not is_number(case):
        return "choice"
    truth = isinstance(case, bool) or (isinstance(case, torch.Tensor) and case.dtype == torch.bool)
    return "boolean" if truth else "number"


def _is_named(item: Value) -> bool:
    return all(is_name(case) or isinstance(case, Missing) for _, case in cases_of(item))


def _numbers(kind: Kind, cases: list[tuple[Tensor, Value]], view: View) -> Column:
    values = torch.zeros(view.size, dtype=torch.bool if kind == "boolean" else torch.float64)
    defined = torch.zeros(view.size, dtype=torch.bool)
    integer = True
    for mask, case in cases:
        tensor = as_tensor(case)  # type: ignore[arg-type]
        integer = integer and tensor.dtype != torch.float64
        values = torch.where(mask, view.take(tensor).to(values.dtype), values)
        defined = defined | mask
    if kind == "number":
        defined = defined & torch.isfinite(values)
    constant = len(cases) == 1 and is_constant(cases[0][1])
    return Column(kind, values, (), {}, None if bool(defined.all()) else defined, integer, constant)


def _choice(value: Value, view: View) -> Column:
    coded = outcomes_of(value, view.take, view.size)
    return Column("choice", coded.codes, coded.labels, constant=is_constant(value))


def _members(cases: list[tuple[Tensor, Value]], view: View, span: Span | None) -> Column:
    members: dict[Outcome, Tensor] = {}
    taken = torch.zeros(view.size, dtype=torch.bool)
    for mask, case in cases:
        taken = taken | mask
        assert isinstance(case, ListValue)
        for item, present in zip(case.items, case.present, strict=True):
            here = mask & view.mask(present)
            _add_members(members, outcomes_of(item, view.take, view.size), here)
            if len(members) > MOST_MEMBERS:
                raise PlotError("a list of too many different members", hint=EXACT_WITHOUT_NAMES, span=span)
    defined = None if bool(taken.all()) else taken
    constant = all(_is_fixed(case) for _, case in cases) and len(cases) == 1
    return Column("set", taken, (), members, defined, constant=constant)


def _is_fixed(case: Value) -> bool:
    return isinstance(case, ListValue) and case.full and all(is_constant(item) for item in case.items)


def _add_members(members: dict[Outcome, Tensor], coded: Coded, here: Tensor) -> None:
    for code, label in enumerate(coded.labels):
        inside = here & (coded.codes == code)
        if len(coded.labels) > 1 and not bool(inside.any()):
            continue
        members[label] = members[label] | inside if label in members else inside
