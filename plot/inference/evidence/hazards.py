"""Unused definitions that may raise an error: a world in which one does is ruled out too."""

from __future__ import annotations

from collections.abc import Iterable

from plot.language import LIBRARY, ProgramNode
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Constant,
    FunctionDef,
    IfExpr,
    Lambda,
    ListExpr,
    Name,
    NameTarget,
    Node,
    Pass,
    Query,
    RecordExpr,
    Statement,
    TableExpr,
    Unary,
    children,
)

SAFE = frozenset([Assign, Constant, IfExpr, ListExpr, Name, NameTarget, Pass, RecordExpr, TableExpr])
CLOSED = frozenset([FunctionDef, Lambda])  # a body runs only where it is called


def may_fail(statement: Statement) -> bool:
    """Return whether evaluating a statement may end in an error in some world; if in doubt, it may.

    >>> from plot.language import parse
    >>> [may_fail(node) for node in parse("x = flip(0.3)\\ny = 1 / x\\ndef f(a): return 1 / a").body]
    [False, True, False]
    """
    pending: list[Node] = [statement]
    while pending:
        node = pending.pop()
        if type(node) in CLOSED or _is_constant(node):
            continue
        if isinstance(node, Call):
            if not _draws_with_constants(node):
                return True
        elif type(node) not in SAFE:
            return True
        else:
            pending.extend(children(node))
    return False


def _is_constant(node: Node) -> bool:
    return isinstance(node, Constant) or (isinstance(node, Unary) and isinstance(node.operand, Constant))


def _draws_with_constants(node: Call) -> bool:
    """Return whether a call draws from a distribution of the library whose arguments, checked before, are constants."""
    entry = LIBRARY.get(node.function.id) if isinstance(node.function, Name) else None
    if entry is None or entry.category != "distribution":
        return False
    arguments = [*node.args, *[value for _, value in node.keywords]]
    items = [item for value in arguments for item in (value.items if isinstance(value, ListExpr) else (value,))]
    return all(_is_constant(item) for item in items)


def hazards(program: ProgramNode, slices: Iterable[Iterable[Statement]]) -> list[Statement]:
    """Return the statements of a program that may fail and stand in none of the slices, to be run for their errors."""
    needed = {id(node) for part in slices for node in part}
    return [node for node in program.body if id(node) not in needed and not isinstance(node, Query) and may_fail(node)]


__all__ = ["hazards", "may_fail"]
