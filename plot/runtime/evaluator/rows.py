"""Evaluation of a plate: all rows of a loop at once, in a dimension of their own to the left of the particles'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.language.syntax.nodes import For
from plot.runtime.evaluator.assignment import assign, names_of
from plot.runtime.evaluator.frames import Frame, Interpreter, address
from plot.runtime.evaluator.plates import Plate
from plot.runtime.sites.machine import Machine, PlateRows
from plot.runtime.values.masks import Mask
from plot.runtime.values.merge import one_type
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import (
    Atoms,
    ListValue,
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

FEW_ROWS = 8  # which cost less one by one
LARGEST_PIECE = 2**20  # rows times particles that are evaluated at once: 8 MB a number, which a processor's cache has


def over_rows(interpreter: Interpreter, node: For, plate: Plate, items: ListValue, frame: Frame, mask: Mask) -> bool:
    """Evaluate the body of a plate for all items at once; return whether that could be done."""
    machine = interpreter.machine
    dim = _dimension(machine)
    if dim is None or len(items.items) < FEW_ROWS or not items.full:
        return False
    size = max(1, LARGEST_PIECE // (machine.particles or 1))
    pieces = [items.items[i : i + size] for i in range(0, len(items.items), size)]
    values = [stacked(piece, dim) for piece in pieces]
    if any(value is None for value in values) or (plate.constant and not all(map(_same_in_all, values))):
        return False
    loop, begin = frame.loop, 0
    for piece, value in zip(pieces, values, strict=True):
        machine.check_time(node.span)
        frame.loop = (*loop, begin)
        machine.rows = PlateRows(dim, len(piece))
        try:
            assign(interpreter, node.target, value, frame, mask)
            interpreter.execute(node.body, frame, mask)
            machine.end_rows(address(frame, "rows"), node.span)
        finally:
            machine.rows = None
        begin += len(piece)
    frame.loop = loop
    machine.met_rows += begin
    for name in (*names_of(node.target), *plate.bound):
        frame.scope.variables.pop(name, None)
    return True


def _dimension(machine: Machine) -> int | None:
    """Return the dimension that rows may have, None where they have to be evaluated one by one."""
    listening = machine.met is not None or machine.heard is not None or machine.compress is not None
    if listening or machine.row_by_row:
        return None
    if machine.particles is None or machine.draws is None or machine.rows is not None:
        return None
    return None if machine.intervened else machine.draws.row_dimension()


def stacked(items: Sequence[Value], dim: int) -> Value:
    """Return values of the same kind as one value with a dimension for them, None where they are of several kinds.

    >>> stacked([1, 2], -2)
    tensor([[1],
            [2]])
    """
    if all([is_number(item) for item in items]):
        return _numbers(items, dim)
    if all([isinstance(item, (str, Atoms)) for item in items]):
        return Atoms(_stacked([as_codes(item) for item in items if is_name(item)], dim))  # type: ignore[arg-type]
    if all([item is None or is_number(item) for item in items]):
        return _with_missing(items, dim)
    first = items[0]
    if isinstance(first, RecordValue):
        return _records([item for item in items if isinstance(item, RecordValue)], len(items), dim)
    if isinstance(first, ListValue):
        return _lists([item for item in items if isinstance(item, ListValue) and item.full], len(items), dim)
    return None


def _with_missing(items: Sequence[Value], dim: int) -> Value:
    """Return numbers of which some are missing (None)."""
    missing = torch.tensor([item is None for item in items]).reshape(-1, *[1] * (-1 - dim))
    if bool(missing.all()):
        return None
    numbers = _numbers([0 if item is None else item for item in items], dim)
    return Union(((missing, None), (~missing, numbers)))


def _numbers(items: Sequence[Value], dim: int) -> Tensor:
    if all([is_constant(item) for item in items]):
        truths = sum([isinstance(item, bool) for item in items])
        whole = all([isinstance(item, int) for item in items])
        kind = torch.bool if truths == len(items) else torch.int64 if whole else torch.float64
        return torch.tensor(items, dtype=kind).reshape(-1, *[1] * (-1 - dim))
    return _stacked([as_tensor(item) for item in items], dim)  # type: ignore[arg-type]


def _stacked(items: list[Tensor], dim: int) -> Tensor:
    items, shape = one_type(items), common_shape(items)
    table = torch.stack([item.expand(shape) for item in items])
    return table.reshape(len(items), *[1] * (-1 - dim - len(shape)), *shape)


def _records(items: list[RecordValue], count: int, dim: int) -> RecordValue | None:
    names = list(items[0].fields)
    if len(items) < count or any([list(item.fields) != names for item in items]):
        return None
    fields = {name: stacked([item.fields[name] for item in items], dim) for name in names}
    return None if any([value is None for value in fields.values()]) else RecordValue(fields)


def _lists(items: list[ListValue], count: int, dim: int) -> ListValue | None:
    if len(items) < count or len({len(item.items) for item in items}) > 1:
        return None
    slots = [stacked(column, dim) for column in zip(*[item.items for item in items], strict=True)]
    return None if any([value is None for value in slots]) else ListValue(tuple(slots), (True,) * len(slots))


def _same_in_all(value: Value) -> bool:
    """Return whether a value is the same in all particles."""
    if isinstance(value, torch.Tensor):
        return value.shape[-1] == 1
    if isinstance(value, Atoms):
        return _same_in_all(value.codes)
    if isinstance(value, Union):
        return all([_same_in_all(case) for _, case in value.cases])
    parts = value.fields.values() if isinstance(value, RecordValue) else getattr(value, "items", ())
    return all(map(_same_in_all, parts))


__all__ = ["over_rows", "stacked"]
