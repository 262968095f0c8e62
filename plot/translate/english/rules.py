"""Statements of chance as code: each is a rule that is added to the list of rules of the world's model."""

from __future__ import annotations

from collections.abc import Callable

from plot.language.syntax.nodes import (
    Assign,
    Binary,
    Constant,
    Expr,
    Lambda,
    ListExpr,
    Name,
    NameTarget,
    RecordExpr,
    Statement,
)
from plot.translate.english.build import FALSE, TRUE, number, unified
from plot.translate.english.forms import DefineChance, Not, Prop, Truth
from plot.translate.english.meanings import Unfit
from plot.world.lexicon import Lexicon, expression

DIGITS = 12


def rule(act: DefineChance, lexicon: Lexicon, coded: Callable[[Prop], Expr]) -> list[Statement]:
    """Return the statement that adds a rule; it is `general` where it has no condition. Raises Unfit."""
    event, positive = event_of(act.prop, lexicon)
    chance = round(act.chance if positive else 1 - act.chance, DIGITS)
    test = coded(act.given) if act.given is not None else TRUE
    general = TRUE if act.given is None else FALSE
    when = Lambda(parameters=("event",), body=test)
    fields = (("event", event), ("chance", number(chance)), ("general", general), ("when", when))
    assert lexicon.rules is not None
    added = ListExpr(items=(RecordExpr(fields=fields),))
    value = Binary(op="+", left=Name(id=lexicon.rules.list), right=added)
    return [Assign(target=NameTarget(id=lexicon.rules.list), value=value)]


def event_of(prop: Prop, lexicon: Lexicon) -> tuple[Constant, bool]:
    """Return of which event a proposition speaks, and whether it says that it is true. Raises Unfit for any other."""
    if lexicon.rules is None:
        raise Unfit("in this world probabilities follow from the model: ask for them, and say what is the case")
    if isinstance(prop, Not):
        event, positive = event_of(prop.inner, lexicon)
        return event, not positive
    roles: dict[str, Expr] = {}
    if isinstance(prop, Truth) and unified(expression(lexicon.rules.test), prop.expr, ("x",), roles):
        found = roles["x"]
        if isinstance(found, Constant):
            return found, True
    raise Unfit("a probability can be stated of one event at a time: “The probability that A is true is 30%.”")


__all__ = ["event_of", "rule"]
