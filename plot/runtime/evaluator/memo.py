"""Stochastic memoisation: a `@mem` function has one value for each argument, also where the argument is random.

A random argument is split by its values: each particle meets the entry of its own. Names, truth values and small
whole numbers are split into constants; any other number is kept as a tensor, and compared particle by particle. What an
entry is called must be the same in any batch, so it names only what is split; another number goes by the place of the
call that met it first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.runtime.evaluator.coupling import impossible
from plot.runtime.evaluator.frames import Interpreter
from plot.runtime.evaluator.restriction import restricting
from plot.runtime.library.ops import equal
from plot.runtime.sites.machine import PIECE, Here, PlateRows, Restriction
from plot.runtime.values.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.values.merge import merge
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import (
    MISSING,
    NAMES,
    Atoms,
    Closure,
    ListValue,
    MemoEntry,
    RecordValue,
    Union,
    Value,
    is_constant,
)

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class MemoCall:
    """A call of a memoised function: its address, its depth, and which arguments are written there as constants."""

    path: str
    depth: int
    written: tuple[bool, ...]


def remembered(interpreter: Interpreter, function: Closure, arguments: list[Value], here: Here, met: MemoCall) -> Value:
    """Return what a memoised function has for these arguments, deciding it where it has not been met."""
    machine = here.machine
    cases = _split_all(here, arguments)
    rows, machine.rows = machine.rows, None
    values: list[Value] = []
    try:
        for mask, case in cases:
            machine.check_time(here.span)
            inside = mask if rows is None else machine.in_any_row(mask, rows)
            values.append(_entry_value(interpreter, function, case, here.within(inside), met))
    finally:
        machine.rows = rows
    return _by_case([mask for mask, _ in cases], values, rows)


def _by_case(masks: list[Mask], values: list[Value], rows: PlateRows | None) -> Value:
    """Return each value where its mask is on. Numbers that only the row decides between are looked up in one step."""
    if rows is not None and all([isinstance(mask, torch.Tensor) and mask.numel() == rows.count for mask in masks]):
        numbers = [value for value in values if isinstance(value, torch.Tensor) and value.dim() == 1]
        if len(numbers) == len(values) and len({value.dtype for value in numbers}) == 1:
            row = torch.stack(masks).view(torch.uint8).argmax(0)  # type: ignore[arg-type]
            table = torch.stack([value.expand(common_shape(numbers)) for value in numbers])
            return table.index_select(0, row.reshape(-1)).reshape(*row.shape[:-1], -1)
    result: Value = None
    for number, (mask, value) in enumerate(zip(masks, values, strict=True)):
        result = merge(mask, value, result) if number else value
    return result


# -- a random argument, split by its values --------------------------------------------------------------


def _split_all(here: Here, arguments: list[Value]) -> list[tuple[Mask, tuple[Value, ...]]]:
    """Return the combinations of argument values that a particle of `here` has, each with its particles."""
    cases: list[tuple[Mask, tuple[Value, ...]]] = [(here.mask, ())]
    for argument in arguments:
        if is_constant(argument):
            cases = [(mask, (*given, argument)) for mask, given in cases]
        else:
            cases = [(on, (*given, value)) for mask, given in cases for on, value in split(here.within(mask), argument)]
        here.machine.check_length(len(cases), here.span)
    return cases


def split(here: Here, value: Value) -> Iterator[tuple[Mask, Value]]:
    """Yield the values that `value` has in the particles of `here`, each with its particles."""
    if isinstance(value, torch.Tensor):
        yield from _split_numbers(here, value)
    elif isinstance(value, Atoms):
        for mask, code in _split_tensor(here, value.codes):
            yield mask, NAMES[code]
    elif isinstance(value, Union):
        for where, case in value.cases:
            on = and_(here.mask, where)
            if any_(on):
                yield from split(here.within(on), case)
    elif isinstance(value, ListValue):
        yield from _split_list(here, value)
    elif isinstance(value, RecordValue):
        for mask, items in _split_all(here, list(value.fields.values())):
            fields = zip(value.fields, items, strict=True)
            yield mask, RecordValue({name: item for name, item in fields if item is not MISSING})
    else:
        yield here.mask, value


def _split_numbers(here: Here, values: Tensor) -> Iterator[tuple[Mask, Any]]:
    """Yield the small whole numbers one by one, and the others together as the tensor that they are."""
    if values.dtype == torch.bool:
        yield from _split_tensor(here, values)
        return
    small = values.abs() < SMALL
    if values.dtype == torch.float64:
        small = small & (values == values.floor())
    on = and_(here.mask, small)
    if any_(on):
        yield from _split_tensor(here.within(on), values)
    rest = minus(here.mask, on)
    if any_(rest):
        yield rest, values


def _split_tensor(here: Here, values: Tensor) -> Iterator[tuple[Mask, Any]]:
    plain = bool if values.dtype == torch.bool else int  # a truth value stays one
    if values.numel() == 1:
        yield here.mask, plain(values)
        return
    if values.dtype == torch.bool:
        found: list[Any] = [False, True]
    elif here.mask is True:
        found = torch.unique(values).tolist()
    else:
        seen, mask = torch.broadcast_tensors(values, here.mask)  # type: ignore[no-untyped-call]
        found = torch.unique(seen[mask]).tolist()
    here.machine.check_length(len(found), here.span)
    for item in found:
        on = and_(here.mask, values == item)
        if any_(on):
            yield on, plain(item)


def _split_list(here: Here, value: ListValue) -> Iterator[tuple[Mask, Value]]:
    cases: list[tuple[Mask, tuple[Value, ...]]] = [(here.mask, ())]
    for item, present in zip(value.items, value.present, strict=True):
        grown: list[tuple[Mask, tuple[Value, ...]]] = []
        for mask, items in cases:
            absent = and_(mask, not_(present))
            if any_(absent):
                grown.append((absent, items))
            on = and_(mask, present)
            if any_(on):
                grown += [(where, (*items, case)) for where, case in split(here.within(on), item)]
        cases = grown
        here.machine.check_length(len(cases), here.span)
    for mask, items in cases:
        yield mask, ListValue(items, (True,) * len(items))


def key_of(value: Value) -> Any:
    """Return what a constant argument is remembered by, None where it is not constant."""
    if value is None or isinstance(value, str):
        return ("name", value)
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, ListValue):
        return _key_of_parts("list", value.items)
    if isinstance(value, RecordValue):
        names = tuple(sorted(value.fields))
        return _key_of_parts(("record", *names), [value.fields[name] for name in names])
    if isinstance(value, (torch.Tensor, Atoms, Union)):
        return None
    return ("function", id(value))


def _key_of_parts(kind: Any, parts: Any) -> Any:
    keys = [key_of(part) for part in parts]
    return None if any(key is None for key in keys) else (kind, *keys)


def text_of(value: Value) -> str | None:
    """Return an argument as addresses show it, None where its value must not be part of an address.

    >>> text_of("tom"), text_of(2), text_of(2.0), text_of(True), text_of(None), text_of("2"), text_of(2.5)
    ('tom', '2', '2', '1', 'None', '"2"', None)
    """
    if isinstance(value, ListValue):
        items = [text_of(item) for item in value.items]
        return None if None in items else f"[{','.join(items)}]"  # type: ignore[arg-type]
    if isinstance(value, RecordValue):
        fields = [(_word(name), text_of(value.fields[name])) for name in sorted(value.fields)]
        if any(text is None for _, text in fields):
            return None
        return f"{{{','.join(f'{name}:{text}' for name, text in fields)}}}"
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, (bool, int, float)):
        return str(int(value)) if abs(value) < SMALL and value == int(value) else None
    if value is None:
        return "None"
    if isinstance(value, Closure) and value.path:
        return f"{value.path}.{value.name}"
    return getattr(value, "name", None)


def _word(name: str) -> str:
    """Return a name as it is, or in quotes where it could be taken for something else."""
    plain = _PLAIN.fullmatch(name) is not None and name not in ("None", "True", "False")
    return name if plain else json.dumps(name, ensure_ascii=False).replace(PIECE, "\\u0023")


SMALL = 1e9
_PLAIN = re.compile(r"[^\W\d_](?:[\w '-]*\w)?")


# -- entries ---------------------------------------------------------------------------------------------


def _entry_value(
    interpreter: Interpreter, function: Closure, arguments: tuple[Value, ...], here: Here, met: MemoCall
) -> Value:
    """Return the value for one combination of arguments: as pinned, as remembered, or decided now."""
    memo = function.memo
    assert memo is not None
    keys = [key_of(argument) for argument in arguments]
    loose = any(key is None for key in keys)
    key = ("loose", len(memo)) if loose else tuple(keys)
    if here.machine.met is not None:
        here.machine.met(_path(function, _shown(arguments, met)[0]), function)
    result, need, restrictions = _pinned(here, function, arguments)
    entry = None if loose else memo.get(key)
    if entry is not None:
        result, need = _take(entry.value, entry.mask, need, result)
    if loose or function.loose:
        others = [other for other in memo.values() if other is not entry and (loose or other.loose)]
        result, need = _matching(here, others, arguments, result, need)
    if not any_(need):
        return result
    if entry is None:
        entry = memo[key] = MemoEntry(arguments, loose=loose)
        function.loose = function.loose or loose
    shown, exact = _shown(arguments, met)
    path = _path(function, shown)
    covered = True if function.prior and exact and not restrictions else need
    with restricting(interpreter.machine, function, restrictions) as drawn:
        value = interpreter.run_body(function, list(arguments), here.within(covered), path, met.depth)
    for restriction in restrictions:  # what it returns without a draw is as it is
        left = and_(covered, restriction.mask)
        for where in drawn:
            left = minus(left, where)
        if any_(left):
            impossible(here.within(left), not_(restriction.holds(here.within(left), value)))
    entry.value = value if entry.mask is False else merge(covered, value, entry.value)
    entry.mask = or_(entry.mask, covered)
    return value if result is MISSING else merge(need, value, result)


def _path(function: Closure, shown: str) -> str:
    """Return the address of an entry."""
    return f"{function.path}.{function.name}({shown})" if function.path else f"{function.name}({shown})"


def _shown(arguments: tuple[Value, ...], met: MemoCall) -> tuple[str, bool]:
    """Return the arguments as the address of an entry shows them, and whether they alone make it."""
    shown: list[str] = []
    exact = True
    for argument, written in zip(arguments, met.written, strict=True):
        text = text_of(argument)
        if text is None and written:
            text = str(argument)
        elif text is None:
            text, exact = f"~{met.path}", False
        shown.append(text)
    return ",".join(shown), exact


def _take(value: Value, where: Mask, need: Mask, result: Value) -> tuple[Value, Mask]:
    """Take a value in the particles of `need` that are in `where`; return the result and what is still needed."""
    on = and_(need, where)
    if not any_(on):
        return result, need
    return (value if result is MISSING else merge(on, value, result)), minus(need, where)


def _matching(
    here: Here, entries: list[MemoEntry], arguments: tuple[Value, ...], result: Value, need: Mask
) -> tuple[Value, Mask]:
    """Take the values of the entries whose arguments are these, particle by particle."""
    for entry in entries:
        on = and_(need, entry.mask)
        if any_(on):
            same = _same(here.within(on), entry.arguments, arguments)
            result, need = _take(entry.value, same, need, result)
    return result, need


def _pinned(here: Here, function: Closure, arguments: tuple[Value, ...]) -> tuple[Value, Mask, tuple[Restriction, ...]]:
    """Take the values that an intervention has fixed, the latest first; return the restrictions of the others, too."""
    result: Value = MISSING
    need = open_ = here.mask
    restrictions: list[Restriction] = []
    for pin in reversed(here.machine.pins.get(function.name, [])):
        if pin.function is function.node and any_(open_):
            same = _same(here.within(open_), pin.arguments, arguments)
            if pin.restriction is not None and any_(same):
                restrictions.append(replace(pin.restriction, mask=same))
            elif pin.restriction is None:
                result, need = _take(pin.value, and_(same, open_), need, result)
            open_ = minus(open_, same)
    return result, need, tuple(restrictions)


def _same(here: Here, first: tuple[Value, ...], second: tuple[Value, ...]) -> Mask:
    """Return the particles of `here` in which two lists of arguments are the same."""
    same: Mask = here.mask if len(first) == len(second) else False
    for one, other in zip(first, second, strict=False):
        if not any_(same):
            break
        same = and_(same, equal(here.within(same), one, other))
    return same


__all__ = ["MemoCall", "key_of", "remembered", "split", "text_of"]
