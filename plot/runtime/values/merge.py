"""Merging of values: `a` where a mask is on, `b` elsewhere.

Numbers and truth values meet in one tensor (bool < int < float), names and None in one tensor of codes, lists slot
by slot, records field by field; what is of different kinds stays a `Union` of cases. Where neither mask nor
program ever looks, anything may stand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.runtime.values.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import (
    MISSING,
    Atoms,
    ListValue,
    Missing,
    RecordValue,
    Union,
    Value,
    as_codes,
    as_tensor,
    is_constant,
    is_name,
    is_number,
)

if TYPE_CHECKING:
    from torch import Tensor


def merge(mask: Mask, a: Value, b: Value) -> Value:
    """Return the value that is `a` where `mask` and `b` elsewhere.

    >>> merge(True, 1, "tom")
    1
    """
    if mask is True or a is b:
        return a
    if mask is False:
        return b
    if is_constant(a) and is_constant(b) and type(a) is type(b) and a == b:
        return a
    if is_number(a) and is_number(b):
        return _merge_numbers(mask, a, b)
    if is_name(a) and is_name(b):
        return Atoms(torch.where(mask, as_codes(a), as_codes(b)))  # type: ignore[arg-type]
    if isinstance(a, ListValue) and isinstance(b, ListValue):
        return _merge_lists(mask, a, b)
    if isinstance(a, RecordValue) and isinstance(b, RecordValue):
        return _merge_records(mask, a, b)
    return _merge_kinds(mask, a, b)


def _merge_numbers(mask: Tensor, a: Any, b: Any) -> Tensor:
    a, b = same_type(as_tensor(a), as_tensor(b))
    return torch.where(mask, a, b)


def same_type(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Promote two tensors to their common type: bool < int64 < float64."""
    if a.dtype == b.dtype:
        return a, b
    target = torch.float64 if torch.float64 in (a.dtype, b.dtype) else torch.int64
    return a.to(target), b.to(target)


def _merge_lists(mask: Tensor, a: ListValue, b: ListValue) -> ListValue:
    shared = min(len(a.items), len(b.items))
    items = [merge(mask, a.items[i], b.items[i]) for i in range(shared)]
    present = [merge_masks(mask, a.present[i], b.present[i]) for i in range(shared)]
    items += [*a.items[shared:], *b.items[shared:]]
    present += [and_(mask, slot) for slot in a.present[shared:]]
    present += [minus(slot, mask) for slot in b.present[shared:]]
    return ListValue(tuple(items), tuple(present), a.compact and b.compact)


def merge_masks(mask: Mask, a: Mask, b: Mask) -> Mask:
    """Return the mask that is `a` where `mask` and `b` elsewhere."""
    return a if a is b else or_(and_(mask, a), minus(b, mask))


def _merge_records(mask: Tensor, a: RecordValue, b: RecordValue) -> RecordValue:
    names = dict.fromkeys([*a.fields, *b.fields])
    return RecordValue({name: merge(mask, a.fields.get(name, MISSING), b.fields.get(name, MISSING)) for name in names})


def _kind(value: Value) -> Any:
    """Tell which values share a case of a `Union`."""
    if is_number(value):
        return "number"
    if is_name(value):
        return "name"
    if isinstance(value, (ListValue, RecordValue, Missing)):
        return type(value)
    return value  # a function is a kind of its own


def cases_of(value: Value) -> tuple[tuple[Mask, Value], ...]:
    """Return the cases of a value; one that is not a `Union` is a single case."""
    return value.cases if isinstance(value, Union) else ((True, value),)


def _merge_kinds(mask: Tensor, a: Value, b: Value) -> Value:
    cases: dict[Any, tuple[Mask, Value]] = {}
    for side, value in ((mask, a), (not_(mask), b)):
        for where, case in cases_of(value):
            on = and_(side, where)
            kind = _kind(case)
            if kind in cases:
                before, other = cases[kind]
                cases[kind] = (or_(before, on), merge(on, case, other))
            else:
                cases[kind] = (on, case)
    return union(list(cases.values()))


def union(cases: list[tuple[Mask, Value]]) -> Value:
    """Return the value of `cases`, dropping those that no particle takes; a single one stands alone."""
    live = [(mask, value) for mask, value in cases if any_(mask)]
    if not live:
        return cases[0][1] if cases else None
    return live[0][1] if len(live) == 1 else Union(tuple(live))


def distribute(function: Callable[[Value, Mask], Value], value: Value, mask: Mask) -> Value:
    """Apply `function(case, mask)` to each case of `value` that a particle of `mask` takes, and merge the results."""
    if not isinstance(value, Union):
        return function(value, mask)
    result: Value = MISSING
    for where, case in value.cases:
        on = and_(mask, where)
        if any_(on):
            answer = function(case, on)
            result = answer if result is MISSING else merge(on, answer, result)
    return None if result is MISSING else result


def narrow(value: Value, mask: Mask) -> Value:
    """Return `value` without the cases that no particle of `mask` takes."""
    if not isinstance(value, Union):
        return value
    return union([(where, case) for where, case in value.cases if any_(and_(where, mask))] or list(value.cases[:1]))


def pick(items: tuple[Value, ...], index: Tensor) -> Value:
    """Return, in each particle, the item whose number is `index` (int64, (N,), within range).

    Numbers, names and records of such are gathered in one step; other items are merged one by one.
    """
    if len(items) == 1:
        return items[0]
    if all(is_number(item) for item in items):
        return _gather([as_tensor(item) for item in items], index)  # type: ignore[arg-type]
    if all(is_name(item) for item in items):
        return Atoms(_gather([as_codes(item) for item in items], index))  # type: ignore[arg-type]
    records = _same_fields(items)
    if records is not None:
        return RecordValue(
            {name: pick(tuple(record.fields[name] for record in records), index) for name in records[0].fields}
        )
    result = items[0]
    for number, item in enumerate(items[1:], start=1):
        result = merge(index == number, item, result)
    return result


def _same_fields(items: tuple[Value, ...]) -> list[RecordValue] | None:
    """Return items that are all records with the same fields, which have some; None if they are anything else."""
    records = [item for item in items if isinstance(item, RecordValue)]
    alike = len(records) == len(items) and len({tuple(sorted(record.fields)) for record in records}) == 1
    return records if alike and records[0].fields else None


def pick_all(items: tuple[Value, ...], order: Tensor) -> list[Value]:
    """Return, for each row of `order`, the items whose numbers are there: a list in another order."""
    if not len(order):
        return []
    if all(is_number(item) for item in items):
        return list(_gather_all([as_tensor(item) for item in items], order))  # type: ignore[arg-type]
    if all(is_name(item) for item in items):
        return [Atoms(codes) for codes in _gather_all([as_codes(item) for item in items], order)]  # type: ignore[arg-type]
    records = _same_fields(items)
    if records is not None:
        names = [*records[0].fields]
        columns = [pick_all(tuple(record.fields[name] for record in records), order) for name in names]
        return [RecordValue(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    return [pick(items, row) for row in order]


def one_type(rows: list[Tensor]) -> list[Tensor]:
    """Promote tensors to their common type, as `same_type` does two."""
    if all(row.dtype == rows[0].dtype for row in rows):
        return rows
    floating = any(row.dtype == torch.float64 for row in rows)
    return [row.to(torch.float64 if floating else torch.int64) for row in rows]


def _gather_all(rows: list[Tensor], order: Tensor) -> tuple[Tensor, ...]:
    rows = one_type(rows)
    if all(row.dim() == 0 for row in rows):
        return torch.stack(rows)[order].unbind(0)
    shape = common_shape([order[0], *rows])
    table = torch.stack([row.expand(shape) for row in rows])
    return table.gather(0, spread(order, shape)).unbind(0)


def spread(rows: Tensor, shape: torch.Size) -> Tensor:
    """Return rows (n, …) with each of them broadcast to `shape`."""
    aligned = rows.reshape(rows.shape[:1] + (1,) * (len(shape) + 1 - rows.dim()) + rows.shape[1:])
    return aligned.expand((len(rows), *shape))


def _gather(rows: list[Tensor], index: Tensor) -> Tensor:
    rows = one_type(rows)
    if all(row.dim() == 0 for row in rows):
        return torch.stack(rows)[index]
    shape = common_shape([index, *rows])
    if len(rows) * math.prod(shape) <= LARGEST_TABLE:
        return torch.stack([row.expand(shape) for row in rows]).gather(0, index.expand(shape).unsqueeze(0)).squeeze(0)
    result = rows[0].expand(shape)
    for number, row in enumerate(rows[1:], start=1):
        result = torch.where(index == number, row, result)
    return result


LARGEST_TABLE = 2**23
