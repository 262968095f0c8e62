"""Equal items of a list in each particle, found by sorting in O(n log n).

The items become columns of numbers, one for what kind of value they are and others for what they hold; two items are
the same value where all columns agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.runtime.library.lists import compacted, length
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import Mask, and_
from plot.runtime.values.merge import cases_of, merge
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import (
    MISSING,
    ListValue,
    RecordValue,
    Value,
    as_codes,
    as_tensor,
    is_name,
    is_number,
)

if TYPE_CHECKING:
    from torch import Tensor

NOTHING, NUMBER, NAME, LIST, RECORD, FUNCTION = range(6)  # what a value may be
Column = list["float | Tensor"]
PIECE = 1 << 20  # numbers that are sorted at once: a tenth of a second


def first_ones(here: Here, items: Sequence[Value], present: Sequence[Mask]) -> Tensor:
    """Return where each item is present and the first of its value, bool (n, …)."""
    absent: Column = [_chosen(mask, 0.0, 1.0) for mask in present]
    ranks: Tensor | None = None
    for column in [absent, *_columns(here, items)]:
        table = _table(here, column)
        if table is not None:
            found = _in_pieces(here, _ranks, table)
            if ranks is not None:  # the pair of two ranks is a rank again
                one, other = torch.broadcast_tensors(ranks, found)  # type: ignore[no-untyped-call]
                found = _in_pieces(here, _ranks, one * len(items) + other)
            ranks = found
    masks = [as_tensor(mask) for mask in present]
    shape = common_shape(masks)
    there = torch.stack([mask.expand(shape) for mask in masks], -1)
    if ranks is None:  # all are the same everywhere
        return (torch.arange(len(items)) == 0).reshape((-1,) + (1,) * (there.dim() - 1)) & there.movedim(-1, 0)
    first = _in_pieces(here, _is_first, ranks)
    return (first & there).movedim(-1, 0).contiguous()


def _table(here: Here, column: Column) -> Tensor | None:
    """Return a column as numbers (…, n), None where all are the same number."""
    if all([isinstance(item, (int, float)) for item in column]) and len(set(column)) == 1:
        return None
    here.machine.check_memory(here.span, 4 * len(column))
    here.machine.check_time(here.span)
    rows = [as_tensor(item).to(torch.float64) for item in column]
    shape = common_shape(rows)
    return torch.stack([row.expand(shape) for row in rows], -1)


def _in_pieces(here: Here, function: Callable[[Tensor], Tensor], table: Tensor) -> Tensor:
    """Return what a function makes of the rows of a table (…, n); time is looked at between pieces of a large one."""
    if table.numel() <= PIECE:
        return function(table)
    rows = table.reshape(-1, table.shape[-1])
    found = []
    for piece in torch.split(rows, max(1, PIECE // rows.shape[1])):
        here.machine.check_time(here.span)
        found.append(function(piece))
    return torch.cat(found).reshape(table.shape)


def _ranks(table: Tensor) -> Tensor:
    """Return numbers from 0 on, int64, that are the same where those of a table (…, n) are in one row."""
    ordered, order = torch.sort(table, -1)
    return torch.zeros_like(order).scatter(-1, order, _differs(ordered).cumsum(-1))


def _is_first(ranks: Tensor) -> Tensor:
    """Return where no earlier number in the row is the same."""
    ordered, order = torch.sort(ranks, dim=-1, stable=True)
    new = _differs(ordered)
    return torch.zeros_like(new).scatter(-1, order, new)


def _differs(ordered: Tensor) -> Tensor:
    """Return where a number in a row is another one than that before it; the first is."""
    first = torch.ones((), dtype=torch.bool).expand((*ordered.shape[:-1], 1))
    return torch.cat([first, ordered[..., 1:] != ordered[..., :-1]], -1)


@dataclass(slots=True)
class _Parts:
    """What a value is, and what it holds as a value of that kind; where it is of another kind that is 0, or missing."""

    kind: float | Tensor = NOTHING
    number: float | Tensor = 0.0
    name: float | Tensor = 0.0
    function: float | Tensor = 0.0
    items: tuple[Value, ...] = ()
    length: float | Tensor = 0.0
    fields: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def of(cls, here: Here, value: Value, functions: dict[int, int]) -> _Parts:
        """Take a value apart; `functions` are numbered as they are met."""
        found = cls()
        for mask, case in cases_of(value):
            kind = _kind(case)
            found.kind = _chosen(mask, kind, found.kind)
            if kind == NUMBER:
                found.number = _chosen(mask, case, found.number)
            elif kind == NAME:
                found.name = _chosen(mask, as_codes(case), found.name)  # type: ignore[arg-type]
            elif isinstance(case, ListValue):
                values = compacted(here, case)
                slots = zip(values.items, values.present, strict=True)
                found.items = tuple([merge(and_(mask, there), item, MISSING) for item, there in slots])
                found.length = _chosen(mask, length(values), 0.0)
            elif isinstance(case, RecordValue):
                found.fields = {name: merge(mask, item, MISSING) for name, item in case.fields.items()}
            elif kind == FUNCTION:
                found.function = _chosen(mask, functions.setdefault(id(case), len(functions)), found.function)
        return found


def _chosen(mask: Mask, one: Any, other: Any) -> Any:
    return merge(mask, one, other)


def _columns(here: Here, items: Sequence[Value]) -> Iterator[Column]:
    """Yield columns that are equal where the items are."""
    functions: dict[int, int] = {}
    parts = [_Parts.of(here, item, functions) for item in items]
    yield [part.kind for part in parts]
    yield [part.number for part in parts]
    yield [part.name for part in parts]
    yield [part.function for part in parts]
    yield [part.length for part in parts]
    for slot in range(max([len(part.items) for part in parts], default=0)):
        yield from _columns(here, [part.items[slot] if slot < len(part.items) else MISSING for part in parts])
    for name in dict.fromkeys([name for part in parts for name in part.fields]):
        yield from _columns(here, [part.fields.get(name, MISSING) for part in parts])


def _kind(case: Value) -> int:
    if is_number(case):
        return NUMBER
    if is_name(case):
        return NAME
    if case is MISSING:
        return NOTHING
    return LIST if isinstance(case, ListValue) else RECORD if isinstance(case, RecordValue) else FUNCTION


__all__ = ["first_ones"]
