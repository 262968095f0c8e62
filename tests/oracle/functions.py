"""The values, operators and functions of the language in plain Python."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

from tests.oracle.chance import Fault, items_of, number, whole


class Record:
    """A record: equal to another of the same fields, whatever their order."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.fields == other.fields

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.fields)


# -- operators -----------------------------------------------------------------------------------------------


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def result(a: Any, b: Any) -> Any:
        return number(compute(number(a), number(b)))

    return result


def _power(base: Any, exponent: Any) -> Any:
    result = base**exponent
    if isinstance(result, complex):
        raise Fault("a negative number to a fractional power")
    return result


def _add(a: Any, b: Any) -> Any:
    if isinstance(a, list) and isinstance(b, list):
        return a + b
    return number(number(a) + number(b))


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def result(a: Any, b: Any) -> bool:
        return compare(number(a), number(b))

    return result


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": _add,
    "Sub": _arithmetic(operator.sub),
    "Mult": _arithmetic(operator.mul),
    "Div": _arithmetic(operator.truediv),
    "FloorDiv": _arithmetic(operator.floordiv),
    "Mod": _arithmetic(operator.mod),
    "Pow": _arithmetic(_power),
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "Lt": _order(operator.lt),
    "LtE": _order(operator.le),
    "Gt": _order(operator.gt),
    "GtE": _order(operator.ge),
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "In": lambda a, b: a in items_of(b),
    "NotIn": lambda a, b: a not in items_of(b),
    "Is": operator.is_,
    "IsNot": operator.is_not,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "USub": lambda a: -number(a),
    "UAdd": lambda a: +number(a),
}


def chain(left: Any, *rest: Any) -> bool:
    """Compare a chain: an operator and a function that gives what is on its right, again and again."""
    for name, right in zip(rest[::2], rest[1::2], strict=True):
        value = right()
        if not COMPARE[name](left, value):
            return False
        left = value
    return True


def field(record: Any, name: str) -> Any:
    """Return the field of a record."""
    if not isinstance(record, Record) or name not in record.fields:
        raise Fault(f"no field {name}")
    return record.fields[name]


def item(value: Any, index: Any) -> Any:
    """Return the item of a list, or the field of a record by its name."""
    if isinstance(index, str):
        return field(value, index)
    return items_of(value)[whole(index)]


def part(items: Any, low: Any, high: Any) -> list[Any]:
    """Return a slice of a list."""
    return items_of(items)[None if low is None else whole(low) : None if high is None else whole(high)]


# -- functions -----------------------------------------------------------------------------------------------


def _numbers(items: Any) -> list[Any]:
    return [number(each) for each in items_of(items)]


def _count(first: Any, items: Any = None) -> int:
    tests = [first(each) for each in items_of(items)] if callable(first) else items_of(first)
    return sum([bool(test) for test in tests])


def _best(pick: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def best(f: Any, items: Any) -> Any:
        keys = _numbers([f(each) for each in items_of(items)])
        return items[keys.index(pick(keys))]

    return best


def _extreme(pick: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    return lambda *items: pick(_numbers(items[0] if len(items) == 1 else list(items)))


def _distinct(items: Any) -> list[Any]:
    kept: list[Any] = []
    for each in items_of(items):
        if each not in kept:
            kept.append(each)
    return kept


def _sorted(items: Any, key: Any = None, reverse: Any = False) -> list[Any]:
    keys = [each if key is None else key(each) for each in items_of(items)]
    if not all(isinstance(each, str) for each in keys):
        _numbers(keys)
    order = sorted(range(len(keys)), key=lambda i: keys[i], reverse=reverse)
    return [items[i] for i in order]


def _concat(*lists: Any) -> list[Any]:
    parts = items_of(lists[0]) if len(lists) == 1 else lists
    return [each for part in parts for each in items_of(part)]


def _first(items: Any) -> Any:
    return items_of(items)[0]


def _last(items: Any) -> Any:
    return items_of(items)[-1]


def _round(x: Any, digits: Any = None) -> Any:
    return round(number(x)) if digits is None else round(number(x), whole(digits))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": lambda items: len(items_of(items)),
    "sum": lambda items: number(sum(_numbers(items))),
    "mean": lambda items: sum(_numbers(items)) / len(items),
    "min": _extreme(min),
    "max": _extreme(max),
    "abs": lambda x: abs(number(x)),
    "round": _round,
    "floor": lambda x: math.floor(number(x)),
    "ceil": lambda x: math.ceil(number(x)),
    "exp": lambda x: math.exp(number(x)),
    "log": lambda x: math.log(number(x)),
    "sqrt": lambda x: math.sqrt(number(x)),
    "pow": lambda base, exponent: BINARY["Pow"](base, exponent),
    "any": lambda items: any(items_of(items)),
    "all": lambda items: all(items_of(items)),
    "count": _count,
    "sorted": _sorted,
    "argmax": _best(max),
    "argmin": _best(min),
    "zip": lambda *lists: [list(row) for row in zip(*map(items_of, lists), strict=False)],
    "enumerate": lambda items, start=0: [[whole(start) + i, each] for i, each in enumerate(items_of(items))],
    "range": lambda *bounds: list(range(*map(whole, bounds))),
    "first": _first,
    "last": _last,
    "concat": _concat,
    "distinct": _distinct,
}


def key_of(value: Any) -> Any:
    """Return what remembers an argument: equal for equal values, and never for a name and a number."""
    if isinstance(value, list):
        return ("list", *map(key_of, value))
    if isinstance(value, Record):
        return ("record", *sorted((name, key_of(each)) for name, each in value.fields.items()))
    return ("name", value) if isinstance(value, str) else value


def plain(value: Any) -> Any:
    """Return a value with records as dictionaries, and functions as a text."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, Record):
        return {name: plain(each) for name, each in value.fields.items()}
    return "<function>" if callable(value) else value


def numbered(items: Any) -> Iterator[tuple[int, Any]]:
    """Yield the items of a list with their numbers."""
    yield from enumerate(items_of(items))
