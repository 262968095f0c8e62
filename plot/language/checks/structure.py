"""Structural checks: statements that are misplaced, unreachable, without effect, or not about anything random."""

from __future__ import annotations

from collections.abc import Sequence

from plot.language.checks.constants import UNKNOWN, fold
from plot.language.checks.mistakes import Mistakes, head
from plot.language.checks.randomness import Randomness
from plot.language.checks.table import Place, SymbolTable
from plot.language.syntax.nodes import (
    Break,
    Call,
    Compare,
    Condition,
    Continue,
    Do,
    Expr,
    ExprStatement,
    For,
    FunctionDef,
    If,
    IfExpr,
    Name,
    Node,
    Query,
    Return,
    Statement,
)
from plot.language.syntax.show import show

_LEAVES = {Return: "return", Break: "break", Continue: "continue"}


def check_structure(table: SymbolTable, randomness: Randomness, mistakes: Mistakes) -> None:
    """Note what is wrong with the order and the places of statements."""
    _block(table.program.body, mistakes)
    for node, place in table.nodes:
        _place(node, place, mistakes)
        if isinstance(node, (FunctionDef, For)):
            _block(node.body, mistakes)
        elif isinstance(node, If):
            _block(node.body, mistakes)
            _block(node.orelse, mistakes)
            _sides(node, mistakes)
        elif isinstance(node, IfExpr):
            _sides(node, mistakes)
        elif isinstance(node, ExprStatement):
            _effect(table, node, place, mistakes)
        elif isinstance(node, Condition):
            _condition(node, place, randomness, mistakes)


def _place(node: Node, place: Place, mistakes: Mistakes) -> None:
    if isinstance(node, Return) and place.function is None:
        mistakes.add(node.span, "'return' is outside a function", "use query(value) to ask for a value")
    elif isinstance(node, (Break, Continue)) and not place.loops:
        mistakes.add(node.span, f"'{_LEAVES[type(node)]}' is outside a loop", "it belongs in the body of a for")
    elif isinstance(node, (Query, Do)) and (place.function is not None or place.nested):
        name = "query" if isinstance(node, Query) else "do"
        inside = "a function" if place.function is not None else "a block"
        hint = (
            "assign the value in the block, and query it after"
            if name == "query"
            else "intervene before it, for all worlds"
        )
        mistakes.add(node.span, f"'{name}' is inside {inside}, but belongs at the top level", hint)


# -- what is never reached -------------------------------------------------------------------------------


def _block(body: Sequence[Statement], mistakes: Mistakes) -> None:
    for number, statement in enumerate(body[:-1]):
        left = _leaves(statement)
        if left is not None:
            message = f"this is never reached: the statement before it always executes '{left}'"
            mistakes.add(head(body[number + 1].span), message, "delete it, or move it up")
            return


def _leaves(statement: Statement) -> str | None:
    """Return how a statement always leaves its block, None where it may go on."""
    if isinstance(statement, If):
        sides = [_ending(statement.body), _ending(statement.orelse)]
        return sides[0] if None not in sides else None
    return _LEAVES.get(type(statement))


def _ending(body: Sequence[Statement]) -> str | None:
    return next((left for statement in body if (left := _leaves(statement)) is not None), None)


def _sides(node: If | IfExpr, mistakes: Mistakes) -> None:
    test = fold(node.test)
    if test is UNKNOWN:
        return
    if isinstance(node, If):
        dead: Node | None = (node.orelse[0] if node.orelse else None) if test else node.body[0] if node.body else None
    else:
        dead = node.orelse if test else node.then
    always = "true" if test else "false"
    if dead is not None:
        mistakes.add(
            head(dead.span),
            f"this is never reached: the test is always {always}",
            "delete the test and this side",
        )
    else:
        mistakes.add(node.test.span, f"this test is always {always}", "delete it")


# -- what does nothing -----------------------------------------------------------------------------------


def _effect(table: SymbolTable, node: ExprStatement, place: Place, mistakes: Mistakes) -> None:
    value = node.value
    if not isinstance(value, Call):
        mistakes.add(node.span, "this has no effect", _meant(value))
        return
    entry = table.entry(value.function)
    if entry is not None and entry.category == "act":
        mistakes.add(node.span, f"'{entry.name}' is not a function", f"write {entry.signature} as a statement")
    elif entry is not None:
        hint = f"write return {show(value)}" if place.function is not None else f"keep it: x = {show(value)}"
        if entry.name in ("shuffle", "sorted"):
            hint = f"lists never change; keep the new one: xs = {show(value)}"
        mistakes.add(node.span, f"the value of {entry.name}(…) is not kept", hint)


def _meant(value: Expr) -> str:
    if isinstance(value, Compare) and value.ops == ("==",) and isinstance(value.left, Name):
        return f"condition({show(value)}) states that it is true; {value.left.id} = … assigns"
    if isinstance(value, Compare):
        return f"condition({show(value)}) states that it is true; query({show(value)}) asks"
    return f"query({show(value)}) asks for it"


# -- what is about nothing random ------------------------------------------------------------------------


def _condition(node: Condition, place: Place, randomness: Randomness, mistakes: Mistakes) -> None:
    if randomness.of(node.test) or randomness.decides(place):
        return
    value = fold(node.test)
    outcome = "true in every world or in none" if value is UNKNOWN else "always true" if value else "always false"
    hint = "condition on what was drawn from a distribution, or on a function that draws"
    mistakes.add(node.span, f"this condition involves nothing random: it is {outcome}", hint)
