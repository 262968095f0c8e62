"""Statements in the form in which they are compared: what the constants come to, not how they are written.

The list of all who are mentioned grows with each new name; where a world only reads what it comes to together with
other constants, such as the names that it knows anyway, it may say the same as before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from plot.inference.evidence.slices import defined, mentioned
from plot.language.checks.constants import UNKNOWN, fold
from plot.language.syntax.nodes import Assign, Call, Constant, Do, Expr, ListExpr, Name, NameTarget, Statement, walk


def normal_form(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return statements with their constants computed, without constants that no other statement mentions.

    >>> from plot.language import parse, show
    >>> one = parse("people = ['ann']\\nnames = distinct(people + ['bob', 'ann'])\\ncondition(flip(1 / len(names)))")
    >>> other = parse("people = ['ann', 'bob']\\nnames = distinct(people)\\ncondition(flip(1 / len(names)))")
    >>> normal_form(one.body) == normal_form(other.body) and len(normal_form(one.body))
    2
    """
    if any([isinstance(node, Do) for statement in statements for node in walk(statement)]):
        return tuple(statements)
    times = Counter([name for statement in statements for name in defined(statement)])
    known: dict[str, Expr] = {}
    found: list[Statement] = []
    for statement in statements:
        name, value = _assigned(statement), None
        if isinstance(statement, Assign) and name is not None and times[name] == 1:
            value = _constant(statement.value, known, times)
        if value is None or name is None:
            found.append(statement)
        else:
            known[name] = value
            found.append(Assign(NameTarget(name), value))
    needed = frozenset[str]().union(*[mentioned(node) for node in found if _assigned(node) not in known])
    return tuple([node for node in found if (name := _assigned(node)) not in known or name in needed])


def _assigned(statement: Statement) -> str | None:
    """Return the name that a statement gives a value, None for anything else than that."""
    if isinstance(statement, Assign) and isinstance(statement.target, NameTarget):
        return statement.target.id
    return None


def _constant(node: Expr, known: Mapping[str, Expr], times: Mapping[str, int]) -> Expr | None:
    """Return what an expression comes to, None where that varies."""
    if isinstance(node, Call) and node.function == Name("distinct") and "distinct" not in times and len(node.args) == 1:
        found = _constant(node.args[0], known, times)
        texts = isinstance(found, ListExpr) and all([isinstance(getattr(i, "value", None), str) for i in found.items])
        return ListExpr(tuple(dict.fromkeys(found.items))) if isinstance(found, ListExpr) and texts else None
    return _expression(fold(node, lambda name: known.get(name.id)))


def _expression(value: Any) -> Expr | None:
    """Return the expression for a value, None where there is none."""
    if value is UNKNOWN:
        return None
    if isinstance(value, list):
        items = [_expression(item) for item in value]
        return ListExpr(tuple([item for item in items if item is not None])) if None not in items else None
    return Constant(value)


__all__ = ["normal_form"]
