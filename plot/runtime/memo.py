"""Stochastic memoisation: a `@mem` function has one value for each argument, also where the argument is random.

A random argument is split by its values: each particle meets the entry of its own. Names, truth values and whole
numbers are split into constants; a number that may be any is kept as a tensor, and compared particle by particle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plot.heavy import torch
from plot.runtime.frames import Interpreter
from plot.runtime.machine import Here
from plot.runtime.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.merge import merge
from plot.runtime.ops import equal
from plot.runtime.values import (
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


def remembered(interpreter: Interpreter, function: Closure, arguments: list[Value], here: Here, depth: int) -> Value:
    """Return what a memoised function has for these arguments, deciding it where it has not been met."""
    result: Value = MISSING
    for mask, case in _split_all(here, arguments):
        value = _entry_value(interpreter, function, case, here.within(mask), depth)
        result = value if result is MISSING else merge(mask, value, result)
    return None if result is MISSING else result


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
    if isinstance(value, torch.Tensor) and value.dtype != torch.float64:
        yield from _split_tensor(here, value, value.dtype == torch.bool)
    elif isinstance(value, Atoms):
        for mask, code in _split_tensor(here, value.codes, False):
            yield mask, NAMES[code]  # type: ignore[index]
    elif isinstance(value, Union):
        for where, case in value.cases:
            on = and_(here.mask, where)
            if any_(on):
                yield from split(here.within(on), case)
    elif isinstance(value, ListValue):
        yield from _split_list(here, value)
    elif isinstance(value, RecordValue):
        for mask, items in _split_all(here, list(value.fields.values())):
            yield mask, RecordValue(dict(zip(value.fields, items, strict=True)))
    else:
        yield here.mask, value


def _split_tensor(here: Here, values: Tensor, truth: bool) -> Iterator[tuple[Mask, Any]]:
    if values.dim() == 0 or values.numel() == 1:
        yield here.mask, values.reshape(()).item()
        return
    seen = values if here.mask is True else values[here.mask]
    found = [False, True] if truth else torch.unique(seen).tolist()
    here.machine.check_length(len(found), here.span)
    for item in found:
        on = and_(here.mask, values == item)
        if any_(on):
            yield on, item


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
        return _key_of_parts(("record", *value.fields), value.fields.values())
    if isinstance(value, (torch.Tensor, Atoms, Union)):
        return None
    return ("function", id(value))


def _key_of_parts(kind: Any, parts: Any) -> Any:
    keys = [key_of(part) for part in parts]
    return None if any(key is None for key in keys) else (kind, *keys)


def text_of(value: Value) -> str:
    """Return a constant argument as addresses show it.

    >>> text_of("tom"), text_of(2), text_of(2.5), text_of(None)
    ('tom', '2', '2.5', 'None')
    """
    if isinstance(value, ListValue):
        return f"[{','.join(text_of(item) for item in value.items)}]"
    if isinstance(value, RecordValue):
        return f"{{{','.join(f'{name}:{text_of(item)}' for name, item in value.fields.items())}}}"
    return str(value) if is_constant(value) else getattr(value, "name", "…")


# -- entries ---------------------------------------------------------------------------------------------


def _entry_value(
    interpreter: Interpreter, function: Closure, arguments: tuple[Value, ...], here: Here, depth: int
) -> Value:
    """Return the value for one combination of arguments: as pinned, as remembered, or decided now."""
    memo = function.memo
    assert memo is not None
    keys = [key_of(argument) for argument in arguments]
    loose = any(key is None for key in keys)
    key = ("loose", len(memo)) if loose else tuple(keys)
    result, need = _pinned(here, function, arguments)
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
    shown = f"~{_number_of_loose(function)}" if loose else ",".join(map(text_of, arguments))
    path = f"{function.path}.{function.name}({shown})" if function.path else f"{function.name}({shown})"
    covered = True if function.prior else need
    value = interpreter.run_body(function, list(arguments), here.within(covered), path, depth)
    entry.value = value if entry.mask is False else merge(covered, value, entry.value)
    entry.mask = or_(entry.mask, covered)
    return value if result is MISSING else merge(need, value, result)


def _number_of_loose(function: Closure) -> int:
    assert function.memo is not None
    return sum(entry.loose for entry in function.memo.values())


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


def _pinned(here: Here, function: Closure, arguments: tuple[Value, ...]) -> tuple[Value, Mask]:
    """Take the values that an intervention has fixed, the latest first."""
    result: Value = MISSING
    need = here.mask
    for pin in reversed(here.machine.pins.get(function.name, [])):
        if pin.function is function.node and any_(need):
            same = _same(here.within(need), pin.arguments, arguments)
            result, need = _take(pin.value, same, need, result)
    return result, need


def _same(here: Here, first: tuple[Value, ...], second: tuple[Value, ...]) -> Mask:
    """Return the particles of `here` in which two lists of arguments are the same."""
    same: Mask = here.mask if len(first) == len(second) else False
    for one, other in zip(first, second, strict=False):
        if not any_(same):
            break
        same = and_(same, equal(here.within(same), one, other))
    return same


__all__ = ["key_of", "remembered", "split", "text_of"]
