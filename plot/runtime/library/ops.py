"""Operators: arithmetic, comparison, equality and truth over particle-batched values."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from plot._lazy import torch
from plot.runtime.library.lists import compacted, concatenate
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import Mask, and_, any_, not_, or_
from plot.runtime.values.merge import cases_of, distribute
from plot.runtime.values.probes import EXACT, has_finite_sum, is_any, is_inexact, is_rounded, probe
from plot.runtime.values.values import (
    MISSING,
    NAMES,
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
    kind_of,
)


def numeric(a: Any) -> Any:
    """Return a number with truth values as 0 and 1."""
    if isinstance(a, bool):
        return int(a)
    return a.to(torch.int64) if isinstance(a, torch.Tensor) and a.dtype == torch.bool else a


def is_float(a: Any) -> bool:
    """Return whether a number is a float (not an integer or truth value)."""
    return isinstance(a, float) or (isinstance(a, torch.Tensor) and a.dtype == torch.float64)


def floating(a: Any) -> Any:
    """Return a number as float or float64 tensor."""
    if not isinstance(a, torch.Tensor):
        return float(a)
    return a if a.dtype == torch.float64 else a.to(torch.float64)


def promote(a: Any, b: Any) -> tuple[Any, Any]:
    """Return two numbers in one type, integer or float, so that torch never falls back to 32 bits."""
    a, b = numeric(a), numeric(b)
    if is_constant(a) and is_constant(b):
        return (a, b) if not is_float(a) and not is_float(b) else (floating(a), floating(b))
    return (floating(a), floating(b)) if _may_be_inexact(a) or _may_be_inexact(b) else (a, b)


def _may_be_inexact(a: Any) -> bool:
    """Return whether a number is a float, or a constant integer that none of the particles' integers can be."""
    return is_float(a) or (isinstance(a, int) and abs(a) > EXACT)


# -- arithmetic ----------------------------------------------------------------------------------------


def binary(here: Here, op: str, a: Value, b: Value) -> Value:
    """Return `a op b` where `here.mask` is on; what can't be computed is a fault there."""
    if isinstance(a, Union):
        return distribute(lambda case, mask: binary(here.within(mask), op, case, b), a, here.mask)
    if isinstance(b, Union):
        return distribute(lambda case, mask: binary(here.within(mask), op, a, case), b, here.mask)
    if is_number(a) and is_number(b):
        found = _OPERATORS[op](here, *promote(a, b))
        return found if here.machine.compress is None else here.machine.compress(found)  # so that a sum stays narrow
    if op == "+" and isinstance(a, ListValue) and isinstance(b, ListValue):
        return concatenate(here, [a, b])
    here.fault(True, f"'{op}' needs numbers, not {kind_of(a)} and {kind_of(b)}")
    return 0


def settled(here: Here, result: Any) -> Any:
    """Return the result of an operation; one that is no finite number is a fault, a huge integer becomes a float.

    Constant integers stay exact. Those of particles above 2**53 become floats before they could overflow.
    Sums show cheaply whether all is finite.
    """
    if not isinstance(result, torch.Tensor):
        return _settled_constant(here, result)
    if result.dtype == torch.float64:
        if probe(has_finite_sum, result):
            return result
        wrong = ~torch.isfinite(result)
        here.fault(wrong, TOO_LARGE)
        return torch.where(wrong, 0.0, result)
    if not probe(is_inexact, result):
        return result
    here.machine.rounded = True
    return floating(result)


def _settled_constant(here: Here, result: int | float) -> int | float:
    if isinstance(result, int) and abs(result) <= LARGEST:
        return result
    if not isinstance(result, int) and math.isfinite(result):
        return result
    here.fault(True, TOO_LARGE)
    return 0.0


LARGEST = 2**1024 - 2**970  # constant integer: the largest finite float
MOST_BITS = 1_024
TOO_LARGE = "the result is too large to be a number"


def _simple(function: Callable[[Any, Any], Any]) -> Callable[[Here, Any, Any], Value]:
    def apply(here: Here, a: Any, b: Any) -> Value:
        return settled(here, function(a, b))  # type: ignore[no-any-return]

    return apply


def _multiply(here: Here, a: Any, b: Any) -> Value:
    if is_float(a) or (is_constant(a) and is_constant(b)):
        return settled(here, a * b)  # type: ignore[no-any-return]
    product = floating(a) * floating(b)
    if not probe(is_inexact, product):
        return a * b  # type: ignore[no-any-return]
    here.machine.rounded = True
    return product  # type: ignore[no-any-return]


def _safe_divisor(here: Here, b: Any) -> Any:
    """Return the divisor with 1 in place of 0, where it is a fault."""
    if is_constant(b):
        if b == 0:
            here.fault(True, "division by zero")
        return b or 1
    zero = b == 0
    here.fault(zero, "division by zero")
    return torch.where(zero, torch.ones_like(b), b)


def _divide(here: Here, a: Any, b: Any) -> Value:
    return settled(here, floating(a) / floating(_safe_divisor(here, b)))  # type: ignore[no-any-return]


def _floor_divide(here: Here, a: Any, b: Any) -> Value:
    b = _safe_divisor(here, b)
    if is_constant(a) and is_constant(b):
        return settled(here, a // b)  # type: ignore[no-any-return]
    return settled(here, torch.div(as_tensor(a), as_tensor(b), rounding_mode="floor"))  # type: ignore[no-any-return]


def _modulo(here: Here, a: Any, b: Any) -> Value:
    b = _safe_divisor(here, b)
    if is_constant(a) and is_constant(b):
        return a % b  # type: ignore[no-any-return]
    if isinstance(a, torch.Tensor) and a.dtype == torch.float64 and probe(is_inexact, a):
        here.fault(a.abs() > EXACT, "numbers beyond 2**53 are rounded: the remainder can't be told")
    return torch.remainder(as_tensor(a), as_tensor(b))


def power(here: Here, a: Any, b: Any) -> Value:
    """Return `a ** b`: an integer where both are and it is exact, else a float."""
    a, b = promote(a, b)
    if isinstance(a, int) and isinstance(b, int) and b >= 0 and b * a.bit_length() <= 2 * MOST_BITS:
        return _settled_constant(here, a**b)
    integral = not is_float(a) and bool(as_tensor(b).min() >= 0)
    base, exponent = as_tensor(floating(a)), as_tensor(floating(b))
    zero = (base == 0) & (exponent < 0)
    here.fault(zero, "division by zero: 0 to a negative power")
    result = torch.pow(torch.where(zero, torch.ones_like(base), base), exponent)
    here.fault(torch.isnan(result), "a negative number to a fractional power")
    here.fault(torch.isinf(result), "the result of '**' is too large")
    result = torch.nan_to_num(result, nan=0.0, posinf=0.0, neginf=0.0)
    if is_constant(a) and is_constant(b):
        return float(result.item())
    if not integral:
        return result
    if not probe(is_inexact, result):
        return result.round().to(torch.int64)
    here.machine.rounded = True
    return result


_OPERATORS: dict[str, Callable[[Here, Any, Any], Value]] = {
    "+": _simple(operator.add),
    "-": _simple(operator.sub),
    "*": _multiply,
    "/": _divide,
    "//": _floor_divide,
    "%": _modulo,
    "**": power,
}


def negate(here: Here, op: str, a: Value) -> Value:
    """Return `-a` or `+a`."""
    if isinstance(a, Union):
        return distribute(lambda case, mask: negate(here.within(mask), op, case), a, here.mask)
    if not is_number(a):
        here.fault(True, f"'{op}' needs a number, not {kind_of(a)}")
        return 0
    return -numeric(a) if op == "-" else numeric(a)  # type: ignore[no-any-return]


# -- truth and comparison ------------------------------------------------------------------------------


def truth(here: Here, a: Value) -> Mask:
    """Return where `a` is true: as in Python, 0, None, the empty name and the empty list are false."""
    if isinstance(a, torch.Tensor):
        return a if a.dtype == torch.bool else a != 0
    if is_constant(a):
        return bool(a)
    if isinstance(a, Atoms):
        false = a.codes == NAMES.code(None)
        return ~(false | (a.codes == NAMES.code("")))
    if isinstance(a, ListValue):
        some: Mask = False
        for mask in a.present:
            some = or_(some, mask)
        return some
    if isinstance(a, Union):
        some = False
        for where, case in a.cases:
            on = and_(here.mask, where)
            if any_(on):
                some = or_(some, and_(where, truth(here.within(on), case)))
        return some
    if isinstance(a, RecordValue):
        some = False
        for item in a.fields.values():
            some = or_(some, not_(equal(here, item, MISSING)))
        return some
    return True


_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(here: Here, op: str, a: Value, b: Value) -> Mask:
    """Return where `a op b` holds, for any comparison of the language."""
    if op in ("==", "!="):
        same = equal(here, a, b)
        if is_number(a) and is_number(b):
            _refuse_rounded(here, a, b)
        return same if op == "==" else not_(same)
    if op in ("is", "is not"):
        none = equal(here, a, b)
        return none if op == "is" else not_(none)
    if op in ("in", "not in"):
        found = contains(here, a, b)
        return found if op == "in" else not_(found)
    return _ordered(here, op, a, b)


def _refuse_rounded(here: Here, a: Any, b: Any) -> None:
    """Note a fault if some random numbers are the same, but too large to tell.

    The fault is everywhere: without the particles in which digits were lost the others would be no fair sample.
    """
    if not here.machine.rounded and not any([isinstance(x, int) and abs(x) >= EXACT for x in (a, b)]):
        return  # floats that never were integers are what they are
    a, b = promote(a, b)
    if not all([is_float(x) and (isinstance(x, torch.Tensor) or abs(x) >= EXACT) for x in (a, b)]):
        return  # integers are exact, and no number of particles is both rounded and the same as a small constant
    tensors = [x for x in (a, b) if isinstance(x, torch.Tensor)]
    if tensors and probe(is_rounded, tensors[0]):
        unsure = and_((a == b) & (tensors[0].abs() >= EXACT), here.mask)
        here.fault(probe(is_any, as_tensor(unsure)), ROUNDED)


ROUNDED = "numbers beyond 2**53 are rounded: they can't be told apart"


def _ordered(here: Here, op: str, a: Value, b: Value) -> Mask:
    if isinstance(a, Union) or isinstance(b, Union):
        holds: Mask = False
        for mask_a, case_a in cases_of(a):
            for mask_b, case_b in cases_of(b):
                on = and_(here.mask, and_(mask_a, mask_b))
                if any_(on):
                    holds = or_(holds, and_(on, _ordered(here.within(on), op, case_a, case_b)))
        return holds
    if is_number(a) and is_number(b):
        _refuse_rounded(here, a, b)
        return _ORDER[op](*promote(a, b))  # type: ignore[no-any-return]
    here.fault(True, f"'{op}' compares numbers, not {kind_of(a)} and {kind_of(b)}")
    return False


def equal(here: Here, a: Value, b: Value) -> Mask:
    """Return where `a` and `b` are the same value; values of different kinds never are."""
    if a is b and not isinstance(a, (Union, torch.Tensor)):
        return True
    if is_number(a) and is_number(b):
        a, b = promote(a, b)
        return a == b
    if is_name(a) and is_name(b):
        if is_constant(a) and is_constant(b):
            return bool(a == b)
        return as_codes(a) == as_codes(b)  # type: ignore[arg-type]
    if isinstance(a, Union) or isinstance(b, Union):
        same: Mask = False
        for mask_a, case_a in cases_of(a):
            for mask_b, case_b in cases_of(b):
                on = and_(mask_a, mask_b)
                if any_(and_(here.mask, on)):
                    same = or_(same, and_(on, equal(here.within(and_(here.mask, on)), case_a, case_b)))
        return same
    if isinstance(a, ListValue) and isinstance(b, ListValue):
        return _equal_lists(here, compacted(here, a), compacted(here, b))
    if isinstance(a, RecordValue) and isinstance(b, RecordValue):
        same = True
        for name in dict.fromkeys([*a.fields, *b.fields]):
            same = and_(same, equal(here, a.fields.get(name, MISSING), b.fields.get(name, MISSING)))
            if same is False:
                break
        return same
    return False


def _equal_lists(here: Here, a: ListValue, b: ListValue) -> Mask:
    shared = min(len(a.items), len(b.items))
    same: Mask = True
    for i in range(shared):
        both = and_(a.present[i], b.present[i])
        neither = not_(or_(a.present[i], b.present[i]))
        if any_(both):
            both = and_(both, equal(here.within(and_(here.mask, both)), a.items[i], b.items[i]))
        same = and_(same, or_(both, neither))
    for mask in [*a.present[shared:], *b.present[shared:]]:
        same = and_(same, not_(mask))
    return same


def contains(here: Here, item: Value, items: Value) -> Mask:
    """Return where `item` is one of `items`."""
    if isinstance(items, Union):
        found: Mask = False
        for where, case in items.cases:
            on = and_(here.mask, where)
            if any_(on):
                found = or_(found, and_(where, contains(here.within(on), item, case)))
        return found
    if not isinstance(items, ListValue):
        here.fault(True, f"'in' needs a list, not {kind_of(items)}")
        return False
    found = False
    for candidate, present in zip(items.items, items.present, strict=True):
        found = or_(found, and_(present, equal(here, item, candidate)))
        if found is True:
            break
    return found
