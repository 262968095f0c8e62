"""Whose a quantity is: an individual's, an event's, an individual's in an event, or nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plot.language.syntax.nodes import Expr
from plot.translate.english.build import template
from plot.translate.english.forms import EventNumber, When, event_number
from plot.translate.english.meanings import Unfit
from plot.translate.english.vocabulary import roles_in
from plot.world.lexicon import Lexicon, expression

LAST = When(-1, the=True)
NUMBERED = {"when", "noun"}


def valued(code: str, owner: Expr, word: str, event: Mapping[str, Any] | None = None) -> Expr:
    """Return the value that an expression of the lexicon has for its owner.

    Args:
        code: The expression, of `x` (an individual), of `event`, of both or of neither.
        owner: An individual, the number of an event, or the quantity itself.
        word: What it is called.
        event: The event in which it is so, as a modifier says it; by default the last one.

    Raises:
        Unfit: The owner is none that the quantity can have.
    """
    roles = roles_in(code, "x", "event")
    of_event = isinstance(owner, EventNumber)
    if not roles:
        if owner != expression(code):
            raise Unfit(f"“{word}” is said of nobody in this world")
        return owner
    if of_event != (roles == ("event",)):
        raise Unfit(f"“{word}” is said of {'somebody' if of_event else 'an event'} in this world")
    if roles == ("event",):
        return template(code, event=owner)
    if roles == ("x",):
        return template(code, x=owner)
    return template(code, x=owner, event=event_itself(event or {"when": LAST}))


def owned_by(owner: Expr, word: str, lexicon: Lexicon) -> Expr:
    """Return an owner. Raises Unfit for one that is itself a quantity: *the wait's strength*."""
    quantities = [one.value for one in lexicon.attributes.values() if not roles_in(one.value, "x", "event")]
    if any(owner == expression(value) for value in quantities):
        raise Unfit(f"“{word}” is not said of a quantity in this world")
    return owner


def event_itself(modifier: Mapping[str, Any]) -> Expr:
    """Return the number of the event that a modifier means: *the second race*. Raises Unfit for several events."""
    when = modifier.get("when")
    if not isinstance(when, When) or when.every is not None or not modifier.keys() <= NUMBERED:
        raise Unfit("say of which event")
    return event_number(when, modifier.get("noun"))


__all__ = ["LAST", "event_itself", "owned_by", "valued"]
