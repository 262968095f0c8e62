"""The functions of the library, over particle-batched values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from plot._lazy import torch
from plot.runtime.library.lists import as_list, compacted, concatenate, index, length
from plot.runtime.library.numbers import NUMBERS, Implementation, number
from plot.runtime.library.ops import (
    binary,
    compare,
    equal,
    floating,
    is_float,
    numeric,
    truth,
)
from plot.runtime.library.sameness import first_ones
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.values.merge import merge, narrow, pick, pick_all
from plot.runtime.values.probes import EXACT
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import (
    NAMES,
    Builtin,
    Closure,
    ListValue,
    Union,
    Value,
    as_codes,
    as_tensor,
    bytes_of,
    is_constant,
    is_name,
    make_list,
)

if TYPE_CHECKING:
    from torch import Tensor


class Invoke(Protocol):
    """How a library function calls a function of the program: `invoke(f, arguments, here, index)`.

    `index` tells the calls of one list apart in the addresses of what they draw.
    """

    def __call__(self, function: Value, arguments: list[Value], here: Here, index: int) -> Value: ...


FUNCTIONS: dict[str, Implementation] = {}
HIGHER_ORDER: dict[str, Implementation] = {}


def _function(name: str) -> Callable[[Implementation], Implementation]:
    def register(function: Implementation) -> Implementation:
        FUNCTIONS[name] = function
        return function

    return register


def _higher_order(name: str) -> Callable[[Implementation], Implementation]:
    def register(function: Implementation) -> Implementation:
        HIGHER_ORDER[name] = function
        return function

    return register


def _slots(items: ListValue) -> list[tuple[Value, Mask]]:
    return list(zip(items.items, items.present, strict=True))


# -- lists of numbers and truth values -----------------------------------------------------------------


@_function("len")
def _len(here: Here, items: Value) -> Value:
    return length(as_list(here, items, "len"))


@_function("sum")
def _sum(here: Here, items: Value) -> Value:
    total: Value = 0
    for item, present in _slots(as_list(here, items, "sum")):
        on = here.within(and_(here.mask, present))
        if any_(on.mask):
            total = binary(here, "+", total, merge(present, number(on, item, "sum"), 0))
    return total


@_function("mean")
def _mean(here: Here, items: Value) -> Value:
    values = as_list(here, items, "mean")
    count = length(values)
    here.fault(_is_zero(count), "the mean of an empty list")
    return binary(here, "/", _sum(here, values), merge(_is_zero(count), 1, count))


def _is_zero(count: Any) -> Mask:
    return count == 0  # type: ignore[no-any-return]


def _extreme(name: str, op: str) -> Implementation:
    def extreme(here: Here, *arguments: Value) -> Value:
        items = as_list(here, arguments[0], name) if len(arguments) == 1 else make_list(arguments)
        best: Value = 0
        found: Mask = False
        for item, present in _slots(items):
            on = here.within(and_(here.mask, present))
            if not any_(on.mask):
                continue
            value = number(on, item, name)
            better = present if found is False else and_(present, or_(not_(found), compare(on, op, value, best)))
            best = value if found is False else merge(better, value, best)
            found = or_(found, present)
        here.fault(not_(found), f"{name} of an empty list")
        return best

    return extreme


FUNCTIONS["max"] = _extreme("max", ">")
FUNCTIONS["min"] = _extreme("min", "<")


@_function("any")
def _any(here: Here, items: Value) -> Value:
    found: Mask = False
    for item, present in _slots(as_list(here, items, "any")):
        found = or_(found, and_(present, truth(here, item)))
    return found


@_function("all")
def _all(here: Here, items: Value) -> Value:
    holds: Mask = True
    for item, present in _slots(as_list(here, items, "all")):
        holds = and_(holds, or_(not_(present), truth(here, item)))
    return holds


# -- lists ---------------------------------------------------------------------------------------------


@_function("first")
def _first(here: Here, items: Value) -> Value:
    return index(here, items, 0)


@_function("last")
def _last(here: Here, items: Value) -> Value:
    return index(here, items, -1)


@_function("concat")
def _concat(here: Here, *lists: Value) -> Value:
    parts = [as_list(here, part, "concat") for part in lists]
    if len(parts) != 1:
        return concatenate(here, parts)
    items: list[Value] = []
    present: list[Mask] = []
    for part, mask in _slots(parts[0]):
        on = and_(here.mask, mask)
        if any_(on):
            inner = as_list(here.within(on), part, "concat of a list of lists")
            items += inner.items
            present += [and_(mask, slot) for slot in inner.present]
    return here.machine.list(items, present, here.span, compact=all([mask is True for mask in present]))


@_function("distinct")
def _distinct(here: Here, items: Value) -> Value:
    values = as_list(here, items, "distinct")
    if values.full and all(is_constant(item) for item in values.items):
        return make_list(dict.fromkeys(values.items))
    kept = _compared(here, values) if len(values.items) <= FEW else _sorted_out(here, values)
    full = all([mask is True for _, mask in kept])
    return here.machine.list([item for item, _ in kept], [mask for _, mask in kept], here.span, compact=full)


def _compared(here: Here, values: ListValue) -> list[tuple[Value, Mask]]:
    """Return the items that are unlike all before them, each compared with each."""
    kept: list[tuple[Value, Mask]] = []
    for item, present in _slots(values):
        for earlier, there in kept:
            on = and_(there, present)
            if any_(on):
                present = minus(present, and_(on, equal(here.within(and_(here.mask, on)), item, earlier)))
        if any_(present):
            kept.append((item, present))
    return kept


def _sorted_out(here: Here, values: ListValue) -> list[tuple[Value, Mask]]:
    """Return the items that are unlike all before them, of many."""
    first = zip(values.items, first_ones(here, values.items, values.present), strict=True)
    return [(item, present) for item, present in first if any_(present)]


FEW = 24  # items up to which comparing all pairs is faster, and finite sites keep their dimensions apart


@_function("zip")
def _zip(here: Here, *lists: Value) -> Value:
    parts = [compacted(here, as_list(here, part, "zip")) for part in lists]
    slots = min([len(part.items) for part in parts], default=0)
    items = [make_list([part.items[i] for part in parts]) for i in range(slots)]
    present: list[Mask] = []
    for i in range(slots):
        mask: Mask = True
        for part in parts:
            mask = and_(mask, part.present[i])
        present.append(mask)
    return here.machine.list(items, present, here.span)


@_function("enumerate")
def _enumerate(here: Here, items: Value, start: Value = 0) -> Value:
    values = compacted(here, as_list(here, items, "enumerate"))
    pairs = [make_list([binary(here, "+", start, i), item]) for i, item in enumerate(values.items)]
    return here.machine.list(pairs, values.present, here.span)


@_function("range")
def _range(here: Here, *bounds: Value) -> Value:
    numbers = [_whole(here, bound) for bound in bounds]
    low = numbers[0] if len(numbers) > 1 else 0
    high = numbers[1] if len(numbers) > 1 else numbers[0]
    step = numbers[2] if len(numbers) > 2 else 1
    if not isinstance(step, int) or step == 0:
        here.fault(True, "the step of a range must be a constant whole number other than 0")
        step = 1
    if isinstance(low, int) and isinstance(high, int):
        here.machine.check_length(len(range(low, high, step)), here.span)
        return make_list(range(low, high, step))
    counts = ((high - low) * (1 if step > 0 else -1) + abs(step) - 1).div(abs(step), rounding_mode="floor")
    on = counts if here.mask is True else torch.where(here.mask, counts, 0)  # type: ignore[arg-type]
    slots = max(0, int(on.max()))
    here.machine.check_length(slots, here.span)
    return here.machine.list([low + i * step for i in range(slots)], [counts > i for i in range(slots)], here.span)


def _whole(here: Here, value: Value) -> Any:
    """Return a bound of a range as int or int64; a fraction is a fault."""
    bound = number(here, value, "range")
    if not is_float(bound):
        return numeric(bound)
    if isinstance(bound, float):
        if bound != math.floor(bound):
            here.fault(True, f"range needs whole numbers, not {bound:g}", "round, floor or ceil gives one")
        return int(max(-EXACT, min(bound, EXACT)))
    here.fault(bound != bound.round(), "range needs whole numbers", "round, floor or ceil gives one")
    return bound.nan_to_num(0.0, 0.0, 0.0).clamp(-EXACT, EXACT).to(torch.int64)


FUNCTIONS |= NUMBERS


# -- functions that take functions ---------------------------------------------------------------------


def _keys(invoke: Invoke, here: Here, function: Value, items: ListValue, what: str) -> list[Value]:
    """Return `function(item)` for every item, evaluated where the item is present."""
    keys: list[Value] = []
    size = 0
    for i, (item, present) in enumerate(_slots(items)):
        on = here.within(and_(here.mask, present))
        keys.append(invoke(function, [narrow(item, on.mask)], on, i) if any_(on.mask) else 0)
        size += bytes_of(keys[-1])
        here.machine.check_memory(here.span, made=size)
    return keys


@_higher_order("count")
def _count(invoke: Invoke, here: Here, first: Value, second: Value = None) -> Value:
    if isinstance(first, (Closure, Builtin)) or (isinstance(first, Union) and second is not None):
        items = compacted(here, as_list(here, second, "count"))
        tests = _keys(invoke, here, first, items, "count")
    else:
        items = as_list(here, first, "count")
        tests = list(items.items)
    holds = [and_(present, truth(here, test)) for test, present in zip(tests, items.present, strict=True)]
    return length(ListValue((0,) * len(holds), tuple(mask for mask in holds if mask is not False)))


def _arg_extreme(name: str, op: str) -> Implementation:
    def arg_extreme(invoke: Invoke, here: Here, function: Value, items: Value) -> Value:
        values = compacted(here, as_list(here, items, name))
        keys = _keys(invoke, here, function, values, name)
        best: Value = 0
        slot: Value = 0
        found: Mask = False
        for i, (key, present) in enumerate(zip(keys, values.present, strict=True)):
            on = here.within(and_(here.mask, present))
            if not any_(on.mask):
                continue
            key = number(on, key, f"the function of {name}")
            better = present if found is False else and_(present, or_(not_(found), compare(on, op, key, best)))
            best, slot = (key, i) if found is False else (merge(better, key, best), merge(better, i, slot))
            found = or_(found, present)
        here.fault(not_(found), f"{name} of an empty list")
        if not values.items:
            return None
        return values.items[slot] if isinstance(slot, int) else pick(values.items, slot)  # type: ignore[arg-type]

    return arg_extreme


HIGHER_ORDER["argmax"] = _arg_extreme("argmax", ">")
HIGHER_ORDER["argmin"] = _arg_extreme("argmin", "<")


@_higher_order("sorted")
def _sorted(invoke: Invoke, here: Here, items: Value, key: Value = None, reverse: Value = False) -> Value:
    values = compacted(here, as_list(here, items, "sorted"))
    keys = list(values.items) if key is None else _keys(invoke, here, key, values, "sorted")
    if not isinstance(reverse, bool):
        here.fault(True, "reverse must be True or False")
        reverse = False
    if not values.items:
        return values
    here.machine.check_memory(here.span, 5 * len(keys))
    table = _sort_table(here, keys, values.present, reverse)
    order = torch.argsort(table, dim=-1, stable=True).movedim(-1, 0)  # along what is side by side in memory: faster
    moved = [values.items[rank] for rank in order.tolist()] if order.dim() == 1 else pick_all(values.items, order)
    return here.machine.list(moved, values.present, here.span)


def _sort_table(here: Here, keys: Sequence[Value], present: Sequence[Mask], reverse: bool) -> Tensor:
    """Return what each slot is sorted by, (…, slots); absent ones go last. Names among numbers are a fault."""
    ranks: list[Tensor] = []
    names: Mask = False
    numbers: Mask = False
    alphabet = _alphabet(keys)
    for key, there in zip(keys, present, strict=True):
        rank, named = _sort_key(here.within(and_(here.mask, there)), key, alphabet)
        ranks.append(as_tensor(merge(there, -rank if reverse else rank, math.inf)))  # type: ignore[arg-type]
        names, numbers = or_(names, and_(there, named)), or_(numbers, minus(there, named))
    here.fault(and_(names, numbers), "sorted can't compare names with numbers")
    shape = common_shape(ranks)
    return torch.stack([rank.expand(shape) for rank in ranks], -1)


Alphabet: TypeAlias = "tuple[Tensor, Tensor] | None"


def _alphabet(keys: Iterable[Value]) -> Alphabet:
    """Return the codes of all names, those of `keys` included, with their places in the alphabet; None without any."""
    cases = [case for key in keys for case in ([case for _, case in key.cases] if isinstance(key, Union) else [key])]
    names = [case for case in cases if is_name(case)]
    if not names:
        return None
    for name in names:
        as_codes(name)  # type: ignore[arg-type]  # from now on it has its number
    known, places = torch.tensor([code for _, code in NAMES.alphabetical()]).sort()
    return known, places.double()


def _sort_key(here: Here, key: Value, alphabet: Alphabet) -> tuple[Tensor, Mask]:
    """Return a sort key as float64, numbers by size and names by alphabet, and where it is a name."""
    if isinstance(key, Union):
        rank, named = as_tensor(0.0), as_tensor(False)
        for where, case in key.cases:
            on = here.within(and_(here.mask, where))
            if any_(on.mask):
                inner, is_named = _sort_key(on, case, alphabet)
                rank = merge(where, inner, rank)  # type: ignore[assignment]
                named = as_tensor(merge(where, is_named, named))  # type: ignore[arg-type]
        return rank, named
    if is_name(key):
        codes = as_codes(key)  # type: ignore[arg-type]
        here.fault(codes == NAMES.code(None), "sorted can't compare None")
        assert alphabet is not None
        known, places = alphabet
        return places[torch.searchsorted(known, codes.contiguous())], True
    return floating(as_tensor(numeric(number(here, key, "sorted")))), False


__all__ = ["FUNCTIONS", "HIGHER_ORDER", "Invoke"]
