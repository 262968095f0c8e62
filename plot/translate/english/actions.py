"""What can be done in a world, as interventions; and what its variables are called."""

from __future__ import annotations

from collections.abc import Sequence

from plot.language import show
from plot.language.syntax.nodes import Call, Compare, Constant, Expr, Name, ProgramNode, Query, Unary, walk
from plot.translate.base import Candidate
from plot.translate.english.build import unified
from plot.world.lexicon import Lexicon, expression

MOST_WORDINGS = 2  # of one variable


def of_world(lexicon: Lexicon, sayings: Sequence[Candidate], outcome: str) -> list[Candidate]:
    """Return what can be done, one saying for each: the lexicon's actions, or the events that were told of."""
    found: dict[str, Candidate] = {}
    patterns = [expression(code) for _, code in lexicon.actions()]
    if lexicon.rules is not None:
        patterns = [expression(lexicon.rules.test)]
    own = {text_of(node) for node in walk(expression(outcome)) if isinstance(node, Expr)}
    people = _named(outcome)
    for one in sayings:
        expr = expression(one.code)
        if people and lexicon.rules is None and not _named(one.code) <= people:
            continue
        if text_of(expr) not in own and any(unified(pattern, expr, ("x", "subject"), {}) for pattern in patterns):
            found.setdefault(one.code, one)
    return list(found.values())


def _named(code: str) -> set[object]:
    return {node.value for node in walk(expression(code)) if isinstance(node, Constant) and isinstance(node.value, str)}


def both(action: Candidate) -> tuple[Candidate, Candidate]:
    """Return an action, and that it is left."""
    return action, Candidate(action.denial, action.opposite, action.text, action.code)


def deed(code: str) -> str:
    """Return the intervention that makes something so."""
    expr = expression(code)
    if isinstance(expr, Unary) and expr.op == "not":
        return f"do({text_of(expr.operand)}, False)"
    if isinstance(expr, Compare) and expr.ops == ("==",):
        return f"do({text_of(expr.left)}, {text_of(expr.comparators[0])})"
    if isinstance(expr, Compare) and len(expr.ops) == 1:
        return f"do({text_of(expr.left)}, lambda k: k {expr.ops[0]} {text_of(expr.comparators[0])}, restricted=True)"
    return f"do({text_of(expr)}, True)"


def called(variable: str, sayings: Sequence[Candidate], lexicon: Lexicon) -> str | None:
    """Return what a variable of the causal graph is called: *Tom's strength*, *whether Ann is vaccinated*."""
    own = variable.replace(" ", "")
    for word, attribute in lexicon.attributes.items():
        roles: dict[str, Expr] = {}
        node = _node(variable)
        if node is not None and unified(expression(attribute.value), node, ("x",), roles) and isinstance(node, Call):
            owner = roles.get("x")
            if isinstance(owner, Constant):
                return f"the {word} of {str(owner.value).replace('_', ' ')}"
    found: list[str] = []
    for one in sayings:
        expr = expression(one.code)
        subject = expr.left if isinstance(expr, Compare) and len(expr.ops) == 1 else expr
        if text_of(subject).replace('"', "").replace(" ", "") == own:
            found.append(one.text)
    return f"whether {' or '.join(found[:MOST_WORDINGS])}" if found else None


def _node(variable: str) -> Expr | None:
    """Return a variable of the graph as an expression, None where it is not of one argument."""
    name, _, rest = variable.partition("(")
    if not rest or "," in rest:
        return None
    return Call(function=Name(id=name), args=(Constant(value=rest[:-1]),))


def text_of(expr: Expr) -> str:
    """Return an expression as text."""
    return show(ProgramNode(body=(Query(value=expr),))).strip().removeprefix("query(")[:-1]


__all__ = ["both", "called", "deed", "of_world", "text_of"]
