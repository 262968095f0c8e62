"""Values as outcomes, for all particles at once: an integer code per particle and an outcome per code."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.outcomes import Fields, Figure, Items, Outcome, Truth
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import (
    NAMES,
    Atoms,
    Constant,
    ListValue,
    Missing,
    RecordValue,
    Union,
    Value,
    as_tensor,
    is_constant,
)

if TYPE_CHECKING:
    from torch import Tensor

Take: TypeAlias = "Callable[[Tensor], Tensor]"

MOST_OUTCOMES = 5_000  # different answers that are kept apart: a longer list is not read (not measured)


class _Absent(Enum):
    ABSENT = 0  # no item of the list, or field of the record, in this particle


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """`codes` is int64 (M,), numbers of `labels`; no label stands twice."""

    codes: Tensor
    labels: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Slot:
    """As Coded, of one item or field, which may be absent."""

    codes: Tensor
    labels: tuple[Outcome | _Absent, ...]


def outcome_of_constant(value: Constant) -> Outcome:
    """Return a plain value as an outcome; what is not a number (nan) is one outcome too, though it is not equal to
    itself.

    >>> outcome_of_constant(True), outcome_of_constant(None), outcome_of_constant(-0.0), outcome_of_constant("tom")
    (Truth(value=True), None, Figure(value=0.0), 'tom')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return Truth(value)
    return Figure(math.nan if math.isnan(value) else value + 0)  # the sum makes 0.0 of -0.0


def too_many() -> PlotError:
    """Return the error for a query with more outcomes than can be listed."""
    return PlotError(
        f"more than {MOST_OUTCOMES:,} different answers: too many to list as a distribution",
        hint="query one number at a time, or a name, a truth value, a list of names",
    )


def outcomes_of(value: Value, take: Take, size: int) -> Coded:
    """Return the outcome that `value` is in the `size` particles that `take` picks out of a tensor.

    Raises PlotError for a function, and where there are too many outcomes.
    """
    if is_constant(value):
        return Coded(torch.zeros(size, dtype=torch.int64), (outcome_of_constant(value),))  # type: ignore[arg-type]
    if isinstance(value, torch.Tensor):
        return _of_numbers(take(value))
    if isinstance(value, Atoms):
        return _coded(take(value.codes), lambda code: NAMES[int(code)])
    if isinstance(value, ListValue):
        items = zip(value.items, value.present, strict=True)
        slots = [_where(present, outcomes_of(item, take, size), take, size) for item, present in items]
        return _join(slots, size, lambda row: Items(tuple([item for item in row if not isinstance(item, _Absent)])))
    if isinstance(value, RecordValue):
        names = sorted(value.fields)
        fields = [_field(value.fields[name], take, size) for name in names]
        return _join(fields, size, lambda row: _record(names, row))
    if isinstance(value, Union):
        return _of_cases(value, take, size)
    if isinstance(value, Missing):
        return Coded(torch.zeros(size, dtype=torch.int64), (None,))
    raise PlotError("a function can't be queried", hint="call it and query the result")


def _field(value: Value, take: Take, size: int) -> _Slot:
    if isinstance(value, Missing):
        return _Slot(torch.zeros(size, dtype=torch.int64), (_Absent.ABSENT,))
    if isinstance(value, Union):
        there = [(mask, case) for mask, case in value.cases if not isinstance(case, Missing)]
        found = _of_cases(Union(tuple(there)), take, size)
        present = torch.zeros(size, dtype=torch.bool)
        for mask, _ in there:
            present = present | take(as_tensor(mask)).expand(size)
        return _where(present, found, lambda tensor: tensor, size)
    return _where(True, outcomes_of(value, take, size), take, size)


def _record(names: Sequence[str], row: Sequence[Outcome | _Absent]) -> Outcome:
    pairs = zip(names, row, strict=True)
    return Fields(tuple([(name, item) for name, item in pairs if not isinstance(item, _Absent)]))


def _of_numbers(values: Tensor) -> Coded:
    if values.dtype == torch.bool:
        return Coded(values.to(torch.int64), (Truth(False), Truth(True)))
    return _coded(values, outcome_of_constant)


def _coded(values: Tensor, outcome: Callable[[int | float], Outcome]) -> Coded:
    """Return the values that a tensor of numbers encodes. Raises PlotError where they are too many."""
    found, codes = torch.unique(values, return_inverse=True)
    if len(found) > MOST_OUTCOMES:
        raise too_many()
    return _unite(codes, [outcome(number) for number in found.tolist()])


def _unite(codes: Tensor, labels: Sequence[Outcome]) -> Coded:
    """Give equal labels one number."""
    numbers: dict[Outcome, int] = {}
    table = [numbers.setdefault(label, len(numbers)) for label in labels]
    if len(numbers) < len(labels):
        codes = torch.tensor(table, dtype=torch.int64)[codes]
    return Coded(codes, tuple(numbers))


def _where(present: Mask, coded: Coded, take: Take, size: int) -> _Slot:
    if present is True:
        return _Slot(coded.codes, coded.labels)
    mask = take(as_tensor(present)).expand(size)
    codes = torch.where(mask, coded.codes, torch.full_like(coded.codes, len(coded.labels)))
    return _Slot(codes, (*coded.labels, _Absent.ABSENT))


def _join(slots: list[_Slot], size: int, whole: Callable[[Sequence[Outcome | _Absent]], Outcome]) -> Coded:
    """Return what several slots make together, compressing after each one so that the codes stay small."""
    codes = torch.zeros(size, dtype=torch.int64)
    rows: list[tuple[Outcome | _Absent, ...]] = [()]
    for slot in slots:
        width = len(slot.labels)
        found, codes = torch.unique(codes * width + slot.codes, return_inverse=True)
        if len(found) > MOST_OUTCOMES:
            raise too_many()
        rows = [(*rows[code // width], slot.labels[code % width]) for code in found.tolist()]
    return _unite(codes, [whole(row) for row in rows])


def _of_cases(value: Union, take: Take, size: int) -> Coded:
    codes = torch.zeros(size, dtype=torch.int64)
    labels: list[Outcome] = [None]
    for mask, case in value.cases:
        on = take(as_tensor(mask)).expand(size)
        coded = outcomes_of(case, take, size)
        codes = torch.where(on, coded.codes + len(labels), codes)
        labels.extend(coded.labels)
    return _drop_unused(_unite(codes, labels))


def _drop_unused(coded: Coded) -> Coded:
    found, codes = torch.unique(coded.codes, return_inverse=True)
    return Coded(codes, tuple(coded.labels[code] for code in found.tolist()))


__all__ = ["MOST_OUTCOMES", "Coded", "outcome_of_constant", "outcomes_of", "too_many"]
