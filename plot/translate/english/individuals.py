"""Individuals whom a model does not know by their names: who bears a name, and what answers call an individual."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from plot.language.syntax.nodes import (
    Call,
    Comprehension,
    Constant,
    Expr,
    IfExpr,
    Index,
    Name,
    NameTarget,
    Node,
    Query,
    Statement,
)
from plot.language.syntax.rewriting import rewritten
from plot.translate.english.build import listing, template
from plot.world.lexicon import Lexicon

CHOOSING = ("argmax", "argmin", "first", "last")


def with_bearers(body: list[Statement], names: Collection[str], lexicon: Lexicon) -> list[Statement]:
    """Return statements in which who bears a name stands for the name; what a question answers with stays a name."""
    code = lexicon.bearer
    if code is None:
        return body

    def change(node: Node) -> Node | None:
        if isinstance(node, Query):
            return replace(node, value=answer(node.value))
        if isinstance(node, Constant) and isinstance(node.value, str) and node.value in names:
            return template(code, x=node)
        return None

    def answer(expr: Expr) -> Expr:
        if isinstance(expr, IfExpr):
            test = rewritten(expr.test, change)
            return replace(expr, test=test, then=answer(expr.then), orelse=answer(expr.orelse))
        found: Expr = expr if isinstance(expr, Constant) else rewritten(expr, change)
        return found

    found: list[Statement] = rewritten(tuple(body), change)
    return list(found)


def all_shown(listed: Expr, lexicon: Lexicon) -> Expr:
    """Return a list of individuals as what they are called."""
    if lexicon.shown is None:
        return listed
    if isinstance(listed, Comprehension) and len(listed.generators) == 1:
        target = listed.generators[0].target
        if isinstance(target, NameTarget) and listed.element == Name(id=target.id):
            return replace(listed, element=template(lexicon.shown, x=listed.element))
    return listing(template(lexicon.shown, x=Name(id="x")), "x", listed)


def one_shown(expr: Expr, lexicon: Lexicon) -> Expr:
    """Return an expression that picks one of several individuals as what that one is called."""
    picks = isinstance(expr, Index) or (
        isinstance(expr, Call) and isinstance(expr.function, Name) and expr.function.id in CHOOSING
    )
    return template(lexicon.shown, x=expr) if picks and lexicon.shown is not None else expr


__all__ = ["all_shown", "one_shown", "with_bearers"]
