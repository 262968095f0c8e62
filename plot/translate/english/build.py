"""Small builders of the language's nodes, and the filling in of a lexicon's placeholders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import (
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Expr,
    Generator,
    ListExpr,
    Name,
    NameTarget,
    Node,
    Target,
    TupleTarget,
    Unary,
    walk,
)
from plot.language.syntax.rewriting import rewritten
from plot.records import fields_of
from plot.world.lexicon import expression

TRUE, FALSE = Constant(value=True), Constant(value=False)
UNNAMED = Constant(value="?")  # the name of an alternative, until all of the program is known


def number(value: float) -> Expr:
    """Return a constant, whole where it can be; negative ones as the parser has them."""
    size = abs(value)
    constant = Constant(value=int(size) if size == int(size) else float(size))
    return Unary(op="-", operand=constant) if value < 0 else constant


def call(function: str | Expr, *args: Expr, **keywords: Expr) -> Call:
    """Return a call of a function by its name."""
    callee = Name(id=function) if isinstance(function, str) else function
    return Call(function=callee, args=args, keywords=tuple(keywords.items()))


def compare(left: Expr, op: str, right: Expr) -> Compare:
    """Return one comparison."""
    return Compare(left=left, ops=(op,), comparators=(right,))


def both(parts: Iterable[Expr]) -> Expr:
    """Return a conjunction, flat, without what is true anyway."""
    return _joined("and", parts, TRUE, FALSE)


def either(parts: Iterable[Expr]) -> Expr:
    """Return a disjunction, flat, without what is false anyway."""
    return _joined("or", parts, FALSE, TRUE)


def _joined(op: str, parts: Iterable[Expr], neutral: Expr, final: Expr) -> Expr:
    found: list[Expr] = []
    for part in parts:
        inner = part.values if isinstance(part, BoolOp) and part.op == op else (part,)
        found += [item for item in inner if item != neutral and item not in found]
    if final in found:
        return final
    if not found:
        return neutral
    return found[0] if len(found) == 1 else BoolOp(op=op, values=tuple(found))


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==", "in": "not in", "not in": "in"}


def negated(expr: Expr) -> Expr:
    """Return the opposite, as people would write it: `a <= b` for `not a > b`."""
    if isinstance(expr, Unary) and expr.op == "not":
        return expr.operand
    if expr in (TRUE, FALSE):
        return FALSE if expr == TRUE else TRUE
    if isinstance(expr, Compare) and len(expr.ops) == 1 and expr.ops[0] in _OPPOSITE:
        return replace(expr, ops=(_OPPOSITE[expr.ops[0]],))
    return Unary(op="not", operand=expr)


def listing(element: Expr, variable: str, source: Expr, condition: Expr = TRUE, index: str | None = None) -> Expr:
    """Return `[element for variable in source if condition]`; `index` counts the items of the source from 0."""
    if element == Name(id=variable) and condition == TRUE and index is None:
        return source
    target: Target = NameTarget(id=variable)
    if index is not None:
        target, source = TupleTarget(items=(NameTarget(id=index), target)), call("enumerate", source)
    conditions = () if condition == TRUE else (condition,)
    return Comprehension(
        element=element, generators=(Generator(target=target, iterable=source, conditions=conditions),)
    )


def items_of(expr: Expr) -> tuple[Expr, ...] | None:
    """Return the items of a list that is written out."""
    return expr.items if isinstance(expr, ListExpr) else None


def filled(template: Expr, roles: Mapping[str, Expr]) -> Expr:
    """Return a lexicon's expression with its placeholders filled in.

    >>> from plot.language import show
    >>> show(filled(expression("strength(x) > 60"), {"x": Constant(value="tom")}))
    'strength("tom") > 60'
    """

    def change(node: Node) -> Node | None:
        return roles.get(node.id) if isinstance(node, Name) else None

    result = rewritten(template, change)
    assert isinstance(result, Expr)
    return result


def template(code: str, **roles: Expr) -> Expr:
    """Fill in an expression that is given as text."""
    return filled(expression(code), roles)


def uses(node: Node, name: str) -> bool:
    """Tell whether a variable occurs in an expression."""
    return any(isinstance(inner, Name) and inner.id == name for inner in walk(node))


def unified(pattern: Any, node: Any, roles: Sequence[str], found: dict[str, Expr]) -> bool:
    """Tell whether an expression is an instance of a template, and note what its placeholders stand for."""
    if isinstance(pattern, Name) and pattern.id in roles:
        if pattern.id in found:
            return bool(found[pattern.id] == node)
        found[pattern.id] = node
        return True
    if isinstance(pattern, tuple):
        same = isinstance(node, tuple) and len(node) == len(pattern)
        return same and all(unified(one, other, roles, found) for one, other in zip(pattern, node, strict=True))
    if not isinstance(pattern, Node):
        return bool(pattern == node)
    if type(pattern) is not type(node):
        return False
    slots = [name for name in fields_of(type(pattern)) or () if name not in ("span", "kind")]
    return all(unified(getattr(pattern, name), getattr(node, name), roles, found) for name in slots)
