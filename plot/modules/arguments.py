"""Conversion between program values and the tensors of engines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.runtime.library.lists import as_list, field_of
from plot.runtime.library.numbers import number
from plot.runtime.library.ops import floating
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import and_, not_
from plot.runtime.values.merge import distribute, merge, spread
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import MISSING, RecordValue, Union, Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor


def real(here: Here, value: Value, what: str, low: float | None = None, default: float = 0.0) -> Tensor:
    """Return a number as float64, in any broadcast shape: at least `low`, else a fault; `default` where none counts."""
    found = floating(as_tensor(number(here, value, what)))
    bad = ~torch.isfinite(found)
    if low is not None:
        bad = bad | (found < low)
        here.fault(bad, f"{what} must be at least {low:g}")
    else:
        here.fault(bad, f"{what} must be a number")
    return torch.where(bad, default, found)


def field_value(here: Here, record: Value, name: str, default: Value = None, *, required: bool = False) -> Value:
    """Return a field of a record; `default` where it has none, which is a fault where it is required."""
    if isinstance(record, Union):
        return distribute(
            lambda case, mask: field_value(here.within(mask), case, name, default, required=required), record, here.mask
        )
    if required or not isinstance(record, RecordValue):
        return field_of(here, record, name)
    value = record.fields.get(name, MISSING)
    if not isinstance(value, Union):
        return default if value is MISSING else value
    found = default
    for where, case in value.cases:
        found = found if case is MISSING else merge(where, case, found)
    return found


def slots(here: Here, value: Value, what: str) -> list[tuple[Value, Here]]:
    """Return what each slot of a list may hold, with the particles in which it is there."""
    items = as_list(here, value, what)
    found = []
    for item, present in zip(items.items, items.present, strict=True):
        found.append((item, here.within(and_(here.mask, present))))
    return found


def stacked(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors of any broadcast shapes as one, with a first dimension that counts them."""
    shape = common_shape(tensors)
    return torch.stack([tensor.expand(shape) for tensor in tensors])


def broadcast(tensors: Iterable[Tensor]) -> list[Tensor]:
    """Return tensors, each with a first dimension of its own, with the dimensions after it broadcast together."""
    found = list(tensors)
    shape = common_shape([tensor[0] for tensor in found])
    return [spread(tensor, shape) for tensor in found]


def pairs(here: Here, value: Value, what: str) -> dict[str, Value]:
    """Return what a list of pairs [name, value] says, or a record of them; the names must be the same in all worlds."""
    if isinstance(value, RecordValue):
        return dict(value.fields)
    found: dict[str, Value] = {}
    for present in as_list(here, value, what).present:
        here.fault(not_(present), f"{what} must be of the same names in all worlds", "give a number to each of them")
    for item, on in slots(here, value, what):
        pair = as_list(on, item, f"a pair of {what}").items
        if len(pair) != 2 or not isinstance(pair[0], str):
            on.fault(True, f"{what} are pairs [name, number], of names that are not random")
        else:
            found[pair[0]] = pair[1]
    return found


def texts(here: Here, value: Value, what: str) -> list[tuple[str, ...]]:
    """Return rows of names: each row is a text with blanks, or a list of names that are the same in all worlds."""
    found: list[tuple[str, ...]] = []
    for row, on in slots(here, value, what):
        names = row.split() if isinstance(row, str) else [item for item, _ in slots(on, row, f"a row of {what}")]
        fixed = [name for name in names if isinstance(name, str)]
        on.fault(len(fixed) != len(names), f"{what} consists of names that are not random")
        found.append(tuple(fixed))
    return found


__all__ = ["broadcast", "field_value", "pairs", "real", "slots", "stacked", "texts"]
