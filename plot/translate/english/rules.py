"""Statements of chance as code: each is a rule that is added to the list of rules of the world's model.

Which rows of its table nobody stated, and which rules overlap or were replaced, is told with the answers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from plot.language.syntax.nodes import (
    Assign,
    Binary,
    BoolOp,
    Compare,
    Constant,
    Expr,
    Lambda,
    ListExpr,
    Name,
    NameTarget,
    Node,
    ProgramNode,
    RecordExpr,
    Statement,
    Unary,
    walk,
)
from plot.translate.base import Discourse, Told
from plot.translate.english.build import FALSE, TRUE, number, unified
from plot.translate.english.forms import Claim, DefineChance, Not, Prop
from plot.translate.english.meanings import Unfit
from plot.translate.english.record import program_of
from plot.world.lexicon import Lexicon, expression

DIGITS = 12
MOST_CAUSES = 10  # events in the conditions of one: more rows than 2 to the power of that are not gone through


def rule(act: DefineChance, lexicon: Lexicon, coded: Callable[[Prop], Expr]) -> list[Statement]:
    """Return the statements that add a rule, or two; it is `general` where it has no condition. Raises Unfit."""
    if act.otherwise is not None and act.given is not None:
        one = replace(act, otherwise=None, other=None)
        other = DefineChance(act.prop, act.other or Not(act.given), act.otherwise)
        return [*rule(one, lexicon, coded), *rule(other, lexicon, coded)]
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
    if isinstance(prop, Claim) and unified(expression(lexicon.rules.test), prop.expr, ("x",), roles):
        found = roles["x"]
        if isinstance(found, Constant):
            return found, True
    raise Unfit("a probability can be stated of one event at a time: “The probability that A is true is 30%.”")


# -- what nobody stated ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """The chance of an event where a condition holds; `when` is None where it holds in general."""

    event: str
    chance: float
    when: Expr | None


def assumptions(discourse: Discourse, asked: Told) -> list[str]:
    """Return what an answer takes for granted of chances: rows that nobody stated, rules that overlap or replace.

    Only the events are looked at on which the answer can depend: those that were asked about or observed, and their
    causes.
    """
    lexicon = discourse.world.lexicon
    if lexicon.rules is None:
        return []
    table, default = list(_rules(discourse)), _default(discourse.world.program, lexicon)
    causes = {
        event: _events([rule.when for rule in table if rule.event == event and rule.when is not None], lexicon)
        for event in {rule.event for rule in table}
    }
    observed = [told.readings[0].code for told in discourse.told if told.act != "knowledge"]
    wanted = _events([program_of(code) for code in (*observed, asked.readings[0].code)], lexicon)
    found: list[str] = []
    for event in wanted:  # grows while it is gone through
        wanted += [cause for cause in causes.get(event, ()) if cause not in wanted]
        found += _of_event(
            event, [rule for rule in table if rule.event == event], causes.get(event, []), lexicon, default
        )
    return found


def _rules(discourse: Discourse) -> Iterator[Rule]:
    """Yield the rules that were told, in order."""
    for told in discourse.told:
        for node in walk(program_of(told.readings[0].code)):
            fields = dict(node.fields) if isinstance(node, RecordExpr) else {}
            event, chance, when = fields.get("event"), fields.get("chance"), fields.get("when")
            if isinstance(event, Constant) and isinstance(chance, Constant) and isinstance(when, Lambda):
                yield Rule(str(event.value), float(str(chance.value)), None if when.body == TRUE else when.body)


def _default(program: ProgramNode, lexicon: Lexicon) -> float | None:
    """Return the chance that the model gives to an event of which nothing was said."""
    assert lexicon.rules is not None
    for part in program.body:
        if isinstance(part, Assign) and part.target == NameTarget(id=lexicon.rules.list):
            chances = [dict(node.fields).get("chance") for node in walk(part) if isinstance(node, RecordExpr)]
            return next((float(str(one.value)) for one in chances if isinstance(one, Constant)), None)
    return None


def _events(nodes: list[Node], lexicon: Lexicon) -> list[str]:
    """Return the events whose truth some nodes speak of, in order."""
    found: list[str] = []
    for node in nodes:
        found += [event for part in walk(node) for event in [_event(part, lexicon)] if event is not None]
    return list(dict.fromkeys(found))


def _event(node: object, lexicon: Lexicon) -> str | None:
    roles: dict[str, Expr] = {}
    assert lexicon.rules is not None
    if not isinstance(node, Expr) or not unified(expression(lexicon.rules.test), node, ("x",), roles):
        return None
    event = roles["x"]
    return str(event.value) if isinstance(event, Constant) else None


def _of_event(
    event: str, rules: list[Rule], causes: list[str], lexicon: Lexicon, default: float | None
) -> Iterator[str]:
    shown, as_likely = _shown(event), _percent(default) if default is not None else "the model's own chance"
    general = [rule for rule in rules if rule.when is None]
    special = [rule for rule in rules if rule.when is not None]
    if not rules:
        yield f"nothing was said of how likely {shown} is: {as_likely} is assumed"
    for place, rule in enumerate(rules):
        later = [other for other in rules[place + 1 :] if other.when == rule.when and other.chance != rule.chance]
        if later:
            first, last = _percent(rule.chance), _percent(later[-1].chance)
            yield f"the chance of {shown} was {first} and then {last}: the last is used"
    if not special or len(causes) > MOST_CAUSES:
        return
    rows = [dict(zip(causes, row, strict=True)) for row in itertools.product((True, False), repeat=len(causes))]
    held = [[rule for rule in special if _holds(rule.when, row, lexicon)] for row in rows]
    open_rows = [row for row, holding in zip(rows, held, strict=True) if not holding]
    if open_rows and not general:
        yield f"nothing was said of how likely {shown} is where {_where(open_rows)}: {as_likely} is assumed"
    for row, holding in zip(rows, held, strict=True):
        if len({rule.when for rule in holding}) > 1 and len({rule.chance for rule in holding}) > 1:
            yield (
                f"several chances of {shown} were said that hold where {_where([row])}: "
                f"the last, {_percent(holding[-1].chance)}, is used"
            )
            return


def _holds(test: Expr | None, row: Mapping[str, bool], lexicon: Lexicon) -> bool:
    """Return whether a condition holds in a row of the table; one that is not understood holds in none."""
    event = _event(test, lexicon)
    match test:
        case _ if event is not None:
            return row[event]
        case BoolOp(op="and"):
            return all(_holds(part, row, lexicon) for part in test.values)
        case BoolOp():
            return any(_holds(part, row, lexicon) for part in test.values)
        case Unary(op="not"):
            return not _holds(test.operand, row, lexicon)
        case Compare(ops=("==",) | ("!=",)):
            same = _holds(test.left, row, lexicon) == _holds(test.comparators[0], row, lexicon)
            return same == (test.ops == ("==",))
    return test == TRUE


def _where(rows: list[dict[str, bool]]) -> str:
    """Return in words in which rows something is so: what they share, or the first of them."""
    shared = {event: held for event, held in rows[0].items() if all(row[event] == held for row in rows)}
    exact = len(rows) == 2 ** (len(rows[0]) - len(shared))
    said = [
        f"{_shown(event)} is {'true' if held else 'false'}" for event, held in (shared if exact else rows[0]).items()
    ]
    more = "" if exact or len(rows) == 1 else f" (and in {len(rows) - 1} more cases)"
    return (" and ".join(said) or "nothing else is known") + more


def _percent(chance: float) -> str:
    return f"{100 * chance:.4g}%"


def _shown(event: str) -> str:
    return f"“{event.replace('_', ' ')}”"


__all__ = ["assumptions", "event_of", "rule"]
