"""Functions of one or two numbers, over particle-batched values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.runtime.library.ops import TOO_LARGE, floating, is_float, numeric, power
from plot.runtime.sites.machine import Here
from plot.runtime.values.merge import distribute, merge
from plot.runtime.values.probes import EXACT, is_inexact, probe
from plot.runtime.values.values import Union, Value, is_constant, is_number, kind_of

if TYPE_CHECKING:
    from torch import Tensor

Implementation = Callable[..., Value]


def number(here: Here, value: Value, what: str) -> Any:
    """Return `value` if it is a number, random or not; anything else is a fault and 0."""
    if is_number(value):
        return value
    if isinstance(value, Union):
        return distribute(lambda case, mask: number(here.within(mask), case, what), value, here.mask)
    here.fault(True, f"{what} needs numbers, not {kind_of(value)}")
    return 0


def _elementwise(
    name: str,
    constant: Callable[[Any], Any],
    batched: Callable[[Any], Any],
    wrong: Callable[[Any], Any] | None = None,
    message: str = "",
) -> Implementation:
    """Return a function of one number that faults, with `message`, where `wrong` holds."""

    def apply(here: Here, value: Value) -> Value:
        x = numeric(number(here, value, name))
        if wrong is not None:
            bad = wrong(x)
            here.fault(bad, message)
            x = merge(bad, 1.0, x)
        return constant(x) if is_constant(x) else batched(x)  # type: ignore[no-any-return]

    return apply


def _to_whole(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function as one to integers; beyond 2**53 every float is whole already, and stays a float."""

    def whole(x: Any) -> Any:
        if not is_float(x):
            return x
        result = function(x)
        return result if probe(is_inexact, result) else result.to(torch.int64)

    return whole


def _constant_to_whole(function: Callable[[Any], int]) -> Callable[[Any], Any]:
    return lambda x: x if abs(x) > EXACT else function(x)


NUMBERS: dict[str, Implementation] = {
    "abs": _elementwise("abs", abs, lambda x: x.abs()),
    "floor": _elementwise("floor", _constant_to_whole(math.floor), _to_whole(lambda x: x.floor())),
    "ceil": _elementwise("ceil", _constant_to_whole(math.ceil), _to_whole(lambda x: x.ceil())),
    "exp": _elementwise(
        "exp", math.exp, lambda x: floating(x).exp(), lambda x: x > 700, "the result of exp is too large"
    ),
    "log": _elementwise("log", math.log, lambda x: floating(x).log(), lambda x: x <= 0, "log needs a number above 0"),
    "sqrt": _elementwise(
        "sqrt", math.sqrt, lambda x: floating(x).sqrt(), lambda x: x < 0, "sqrt needs a number of at least 0"
    ),
}


def _pow(here: Here, base: Value, exponent: Value) -> Value:
    return power(here, number(here, base, "pow"), number(here, exponent, "pow"))


# -- rounding ------------------------------------------------------------------------------------------


def _round(here: Here, value: Value, digits: Value = None) -> Value:
    x = numeric(number(here, value, "round"))
    if digits is not None and not isinstance(digits, int):
        here.fault(True, "the number of digits of round must be a constant whole number")
        digits = 0
    if is_constant(x):
        return _rounded_constant(here, x, digits)  # type: ignore[no-any-return]
    if digits is None:
        return _to_whole(lambda y: y.round())(x)  # type: ignore[no-any-return]
    if digits < 0:
        return _rounded_left(x, -digits)
    return _rounded_right(x, digits) if is_float(x) else x


def _rounded_constant(here: Here, x: Any, digits: int | None) -> Any:
    try:
        return _constant_to_whole(round)(x) if digits is None else round(x, digits)
    except OverflowError:
        here.fault(True, TOO_LARGE)
        return 0.0


def _rounded_right(x: Tensor, digits: int) -> Tensor:
    """Round to digits after the point as Python does: by the exact value, so that 2.675 (a bit less) gives 2.67.

    Only where the product with the power of ten looks like a half can its own error matter: it is found with Dekker's
    product of two floats, and decides.
    """
    if digits > MOST_DIGITS:
        return x
    scale = 10.0**digits
    product = x * scale
    high = product.round()
    half = (product - product.floor()) == 0.5
    error = _product_error(x, scale, product)
    nearer = torch.where(error > 0, product.floor() + 1, torch.where(error < 0, product.floor(), high))
    rounded = torch.where(half, nearer, high) / scale
    return torch.where(product.abs() < EXACT, rounded, x)


MOST_DIGITS = 22  # 10.0**22 is the last power of ten that is exact


def _product_error(a: Tensor, b: float, product: Tensor) -> Tensor:
    """Return `a * b - product` exactly, unless it overflows (Dekker 1971)."""
    splitter = 2.0**27 + 1
    a_high = splitter * a - (splitter * a - a)
    b_high = splitter * b - (splitter * b - b)
    a_low, b_low = a - a_high, b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _rounded_left(x: Tensor, digits: int) -> Tensor:
    """Round to tens, hundreds, …; halves go to the even one."""
    if digits > 15:
        return torch.zeros_like(x)
    scale = 10**digits
    rest = torch.remainder(x, scale)
    below = x - rest
    odd = torch.remainder(torch.div(below, scale, rounding_mode="floor"), 2) == 1
    up = (2 * rest > scale) | ((2 * rest == scale) & odd)
    return torch.where(up, below + scale, below)


NUMBERS |= {"pow": _pow, "round": _round}

__all__ = ["NUMBERS", "Implementation", "number"]
