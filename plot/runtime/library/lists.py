"""Ragged lists: items with a presence mask each; everything here goes by ranks of present items, not by slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import Mask, not_
from plot.runtime.values.merge import distribute, pick, pick_all
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import (
    MISSING,
    NAMES,
    Atoms,
    ListValue,
    RecordValue,
    Union,
    Value,
    as_tensor,
    is_number,
    kind_of,
)

if TYPE_CHECKING:
    from torch import Tensor


def concatenate(here: Here, lists: list[ListValue]) -> ListValue:
    """Return the items of `lists`, one list after the other."""
    items = [item for part in lists for item in part.items]
    present = [mask for part in lists for mask in part.present]
    last = max([i for i, part in enumerate(lists) if part.items], default=0)
    compact = lists[last].compact and all([part.full for part in lists[:last]])
    return here.machine.list(items, present, here.span, compact)


def length(items: ListValue) -> int | Tensor:
    """Return how many items are present, an int where it is not random."""
    certain = sum([mask is True for mask in items.present])
    masks = [mask for mask in items.present if mask is not True]
    if not masks:
        return certain
    total = torch.zeros((), dtype=torch.int64) + certain
    for mask in masks:
        total = total + mask
    return total


def compacted(here: Here, items: ListValue) -> ListValue:
    """Return the same list without holes: slot i, where it is present, is the i-th item.

    Loops and addresses go by these ranks and not by slots, so they do not depend on what other particles do.
    """
    from_slots = _moves(items)
    if from_slots is None:
        return items
    order, counts = from_slots
    slots = int(counts.max())
    here.machine.check_memory(here.span, slots)
    moved = pick_all(items.items, order[:slots])
    present: list[Mask] = [counts > rank for rank in range(slots)]
    return here.machine.list(moved, present, here.span)


def _moves(items: ListValue) -> tuple[Tensor, Tensor] | None:
    """Return for every rank the slot that it comes from, (slots, N), and the lengths; None where there are no holes."""
    if items.compact:
        return None
    presences = [as_tensor(mask) for mask in items.present]
    shape = common_shape(presences)
    masks = torch.stack([mask.expand(shape) for mask in presences])
    ranks = masks.view(torch.uint8).cumsum(0, dtype=torch.int64)
    slots = len(presences)
    places = torch.where(masks, ranks - 1, slots)  # what is absent goes to a row that is cut off: faster than sorting
    order = torch.zeros((slots + 1, *shape), dtype=torch.int64)
    numbers = torch.arange(slots).reshape(-1, *[1] * len(shape)).expand(masks.shape)
    return order.scatter_(0, places, numbers)[:slots], ranks[-1]


def as_list(here: Here, value: Value, what: str) -> ListValue:
    """Return `value` if it is a list; anything else is a fault and an empty list."""
    if isinstance(value, ListValue):
        return value
    if isinstance(value, Union):
        narrowed = distribute(lambda case, mask: as_list(here.within(mask), case, what), value, here.mask)
        return narrowed if isinstance(narrowed, ListValue) else ListValue((), ())
    here.fault(True, f"{what} needs a list, not {kind_of(value)}")
    return ListValue((), ())


def _as_index(here: Here, value: Value) -> Any:
    """Return `value` as an int or int64 tensor; what is no whole number is a fault."""
    if isinstance(value, Union):
        return _as_index(here, distribute(lambda case, mask: _as_index(here.within(mask), case), value, here.mask))
    if not is_number(value):
        here.fault(True, f"an index is a number, not {kind_of(value)}")
        return 0
    if isinstance(value, torch.Tensor):
        if value.dtype == torch.float64:
            here.fault(value != value.round(), "an index must be a whole number")
            return value.nan_to_num(0.0, 0.0, 0.0).clamp(-FARTHEST, FARTHEST).to(torch.int64)
        return value.to(torch.int64)
    if value != int(value):  # type: ignore[arg-type]
        here.fault(True, f"an index must be a whole number, not {value}")
    return max(-FARTHEST, min(int(value), FARTHEST))  # type: ignore[arg-type]


FARTHEST = 2**53  # no list is as long


def index(here: Here, items: Value, at: Value) -> Value:
    """Return `items[at]`: an item of a list (negative from the end) or a field of a record by its name."""
    if isinstance(items, Union):
        return distribute(lambda case, mask: index(here.within(mask), case, at), items, here.mask)
    if isinstance(items, RecordValue):
        return _field_by_name(here, items, at)
    if not isinstance(items, ListValue):
        here.fault(True, f"{kind_of(items)} has no items to index")
        return None
    number = _as_index(here, at)
    if isinstance(number, int) and (items.full or (number >= 0 and items.compact)):
        return _item(here, items, number)
    items = compacted(here, items)
    total = length(items)
    rank = number + torch.where(as_tensor(number) < 0, total, 0)
    outside = (rank < 0) | (rank >= total)
    if not items.items:
        outside = torch.ones_like(outside)
    here.fault(outside, "list index out of range", "check the length first: … if len(xs) > i else …")
    return pick(items.items, rank.clamp(0, len(items.items) - 1)) if items.items else None


def _item(here: Here, items: ListValue, number: int) -> Value:
    """Return the item at a constant rank of a list whose slots are its ranks."""
    slots = len(items.items)
    slot = number if number >= 0 else slots + number
    if not 0 <= slot < slots:
        here.fault(True, f"list index {number} out of range", "check the length first: … if len(xs) > i else …")
        return None
    if items.present[slot] is not True:
        here.fault(
            not_(items.present[slot]),
            f"list index {number} out of range",
            "check the length first: … if len(xs) > i else …",
        )
    return items.items[slot]


def _field_by_name(here: Here, record: RecordValue, at: Value) -> Value:
    if isinstance(at, str):
        return field_of(here, record, at)
    if isinstance(at, Union):
        return distribute(lambda case, mask: _field_by_name(here.within(mask), record, case), at, here.mask)
    if not isinstance(at, Atoms) or not record.fields:
        here.fault(True, f"a record is indexed by a field name, not by {kind_of(at)}")
        return None
    here.machine.check_memory(here.span, len(record.fields))
    same = torch.stack([at.codes == NAMES.code(name) for name in record.fields])
    here.fault(~same.any(0), "the record has no field of that name")
    value = pick(tuple(record.fields.values()), same.to(torch.int64).argmax(0))
    return without_missing(here, value, "the record has no field of that name")


def field_of(here: Here, record: Value, name: str) -> Value:
    """Return the field `name` of a record; where there is none it is a fault."""
    if isinstance(record, Union):
        return distribute(lambda case, mask: field_of(here.within(mask), case, name), record, here.mask)
    if not isinstance(record, RecordValue):
        here.fault(
            True, f"{kind_of(record)} has no field '{name}'", "only records have fields; test `x is not None` first"
        )
        return None
    value = record.fields.get(name, MISSING)
    return without_missing(here, value, f"the record has no field '{name}'")


def without_missing(here: Here, value: Value, message: str) -> Value:
    """Return `value` where something was assigned; elsewhere it is a fault."""
    if value is MISSING:
        here.fault(True, message)
        return None
    if not isinstance(value, Union):
        return value
    rest = [(mask, case) for mask, case in value.cases if case is not MISSING]
    for mask, case in value.cases:
        if case is MISSING:
            here.fault(mask, message)
    return rest[0][1] if len(rest) == 1 else Union(tuple(rest))


def cut(here: Here, items: Value, lower: Value, upper: Value) -> Value:
    """Return `items[lower:upper]`; None stands for an absent bound, negative bounds count from the end."""
    values = as_list(here, items, "a slice")
    low = 0 if lower is None else _as_index(here, lower)
    high = None if upper is None else _as_index(here, upper)
    if values.full and isinstance(low, int) and (high is None or isinstance(high, int)):
        return here.machine.list(values.items[low:high], values.present[low:high], here.span)
    values = compacted(here, values)
    if isinstance(low, int) and low >= 0 and (high is None or (isinstance(high, int) and high >= 0)):
        return here.machine.list(values.items[low:high], values.present[low:high], here.span)
    total = as_tensor(length(values))
    start = _bound(low, total)
    end = total if high is None else _bound(high, total)
    slots = int((end - start).clamp(min=0).max()) if values.items else 0
    here.machine.check_memory(here.span, slots)
    last = len(values.items) - 1
    ranks = [(start + r).clamp(max=last) for r in range(slots)]
    kept = pick_all(values.items, torch.stack(ranks)) if ranks else []
    return here.machine.list(kept, [start + r < end for r in range(slots)], here.span)


def _bound(at: int | Tensor, total: Tensor) -> Tensor:
    number = as_tensor(at)
    return torch.where(number < 0, (number + total).clamp(min=0), torch.minimum(number, total))
