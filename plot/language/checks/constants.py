"""Constant folding: values of constant expressions, and errors in them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from plot.language.syntax.nodes import Binary, BoolOp, Call, Compare, Constant, Expr, ListExpr, Name, Node, Unary


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN
Lookup = Callable[[Name], Expr | None]
_LARGEST = 2**1024 - 2**970  # integer: the largest finite float
_MOST_BITS = 1_024


class UncomputableError(Exception):
    """An operation on constants has no result."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def fold(node: Node, lookup: Lookup | None = None) -> Any:
    """Return the value of an expression of constants, UNKNOWN where it is none; lists are Python lists.

    `lookup` gives what a name certainly stands for.

    >>> from plot.language.syntax.parser import parse
    >>> fold(parse("x = 2 * (3 - 5) < 0").body[0].value)
    True
    """
    try:
        return _fold(node, lookup, 0)
    except UncomputableError:
        return UNKNOWN


def width(node: Call) -> int | None:
    """Return how far the constant ends of a uniform whole number are apart, None where they are no constants."""
    ends = [fold(argument) for argument in node.args]
    return ends[1] - ends[0] if len(ends) == 2 and all([isinstance(end, int) for end in ends]) else None


def faults(node: Binary, lookup: Lookup | None = None) -> str | None:
    """Return why an operation can't be computed, None where it can or where that is not certain."""
    right = fold(node.right, lookup)
    if right is not UNKNOWN and _is_number(right) and right == 0 and node.op in ("/", "//", "%"):
        return "division by zero"
    left = fold(node.left, lookup)
    if left is UNKNOWN or right is UNKNOWN:
        return None
    try:
        _binary(node.op, left, right)
    except UncomputableError as error:
        return error.message
    return None


def _fold(node: Node, lookup: Lookup | None, depth: int) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, ListExpr):
        items = [_fold(item, lookup, depth) for item in node.items]
        return UNKNOWN if any(item is UNKNOWN for item in items) else items
    if isinstance(node, Unary):
        return _unary(node.op, _fold(node.operand, lookup, depth))
    if isinstance(node, Binary):
        left, right = _fold(node.left, lookup, depth), _fold(node.right, lookup, depth)
        return UNKNOWN if left is UNKNOWN or right is UNKNOWN else _binary(node.op, left, right)
    if isinstance(node, BoolOp):
        return _bool_op(node, lookup, depth)
    if isinstance(node, Compare):
        return _compare(node, lookup, depth)
    if isinstance(node, Name) and lookup is not None and depth < 20:
        value = lookup(node)
        return UNKNOWN if value is None else _fold(value, lookup, depth + 1)
    return UNKNOWN


def _is_number(value: object) -> bool:
    return isinstance(value, (bool, int, float))


def _unary(op: str, value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if op == "not":
        return not value
    if not _is_number(value):
        return UNKNOWN
    return -value if op == "-" else +value


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": math.pow,
}


def _binary(op: str, left: Any, right: Any) -> Any:
    if op == "+" and isinstance(left, list) and isinstance(right, list):
        return left + right
    if not (_is_number(left) and _is_number(right)):
        return UNKNOWN
    whole = isinstance(left, int) and isinstance(right, int)
    if op == "**" and whole and right >= 0 and right * left.bit_length() <= 2 * _MOST_BITS:
        return _kept(left**right)
    try:
        value = _ARITHMETIC[op](left, right)
    except ZeroDivisionError:
        raise UncomputableError("division by zero") from None
    except ValueError:
        why = "0 to a negative power" if left == 0 else "a negative number to a fractional power"
        raise UncomputableError(why) from None
    except OverflowError:
        raise UncomputableError("the result is too large to be a number") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise UncomputableError("the result is too large to be a number")
    return _kept(value)


def _kept(value: Any) -> Any:
    """Return a number; integers are exact, however large, as long as they are finite as floats."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise UncomputableError("the result is too large to be a number")
    return value


def _bool_op(node: BoolOp, lookup: Lookup | None, depth: int) -> Any:
    for value in node.values:
        found = _fold(value, lookup, depth)
        if found is UNKNOWN:
            return UNKNOWN
        if bool(found) is (node.op == "or"):
            return bool(found)
    return node.op == "and"


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _compare(node: Compare, lookup: Lookup | None, depth: int) -> Any:
    left = _fold(node.left, lookup, depth)
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = _fold(comparator, lookup, depth)
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if op in ("in", "not in"):
            if not isinstance(right, list):
                return UNKNOWN
            holds = (left in right) == (op == "in")
        elif op in ("is", "is not"):
            holds = (left is None) == (op == "is")
        elif op in ("==", "!=") or (_is_number(left) and _is_number(right)):
            holds = _COMPARISONS[op](left, right)
        else:
            return UNKNOWN
        if not holds:
            return False
        left = right
    return True
