"""What can be done in a world, as interventions; and what its variables are called."""

from __future__ import annotations

from collections.abc import Sequence

from plot.errors import PlotError
from plot.language import show
from plot.language.syntax.nodes import (
    Call,
    Compare,
    Constant,
    Do,
    Expr,
    Lambda,
    Name,
    ProgramNode,
    Query,
    Unary,
    walk,
)
from plot.translate.base import Candidate
from plot.translate.english.build import FALSE, TRUE, compare, filled, negated, unified
from plot.world.lexicon import Lexicon, expression, is_drawn

MOST_WORDINGS = 2  # of one variable
ROLES = ("x", "of", "subject", "object", "event")
UNCLEAR = "how to make that so is not clear: it follows from other things, or may be so of several"
HINT = (
    "say it of what it follows from and of each by name, or ask “if … happens to …”; the lexicon of the world can say "
    "what is set (“do”)"
)


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


def deed(code: str, lexicon: Lexicon, model: ProgramNode) -> str:
    """Return the intervention that makes something so. Raises PlotError for what follows from other things."""
    return show(ProgramNode(body=(intervention(expression(code), lexicon, model),))).strip()


def intervention(said: Expr, lexicon: Lexicon, model: ProgramNode) -> Do:
    """Return the intervention that makes something so, or not so: on what the lexicon says, or on what it is said of.

    Args:
        said: What is to be so.
        lexicon: The lexicon of the world.
        model: Its model.

    Raises:
        PlotError: It follows from other things, and the lexicon does not say what is set.
    """
    for setting in lexicon.settings():
        meaning, (so, *otherwise) = expression(setting.meaning), map(expression, setting.made)
        for test, denied in ((said, False), (negated(said), True)):
            roles: dict[str, Expr] = {}
            if unified(meaning, test, ROLES, roles):
                opposite = otherwise[0] if otherwise else negated(so)
                return _set(filled(opposite if denied else so, roles), model)
        roles = {}
        if isinstance(said, Compare) and len(said.ops) == 1 and unified(meaning, said.left, ROLES, roles):
            bound = said.comparators[0]
            same = filled(so, roles)
            return _set(compare(same, said.ops[0], same if bound == said.left else bound), model)
    return _set(said, model)


def _set(said: Expr, model: ProgramNode) -> Do:
    value: Expr = TRUE
    if isinstance(said, Unary) and said.op == "not":
        said, value = said.operand, FALSE
    if isinstance(said, Compare) and len(said.ops) == 1 and value == TRUE and is_drawn(said.left, model):
        op, figure = said.ops[0], said.comparators[0]
        assert isinstance(said.left, (Call, Name))
        if op == "==":
            return Do(target=said.left, value=figure)
        return Do(
            target=said.left, value=Lambda(parameters=("k",), body=compare(Name(id="k"), op, figure)), restricted=True
        )
    if not is_drawn(said, model):
        raise PlotError(UNCLEAR, hint=HINT)
    assert isinstance(said, (Call, Name))
    return Do(target=said, value=value)


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


__all__ = ["HINT", "ROLES", "UNCLEAR", "both", "called", "deed", "intervention", "of_world", "text_of"]
