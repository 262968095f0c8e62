"""What the parameters of a model's functions stand for: individuals, groups of them, events, numbers or texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from plot.language import LIBRARY
from plot.language.syntax.nodes import (
    Binary,
    Call,
    Compare,
    Comprehension,
    Constant,
    Expr,
    For,
    FunctionDef,
    Name,
    NameTarget,
    Node,
    ProgramNode,
    walk,
)
from plot.records import record
from plot.world.derived.words import ANYBODY, EVENTS, NUMBERS, OF_LISTS

Role = Literal["individual", "group", "event", "number", "text"]


@record(frozen=True)
class Argument:
    """One parameter: what it stands for, and the noun that its name has (None where it says nothing: *x*)."""

    name: str
    role: Role
    noun: str | None


Parameters = Mapping[str, tuple[Argument, ...]]


def parameters_of(model: ProgramNode, events: Collection[str] = ()) -> Parameters:
    """Return the parameters of each function of a model, by their names and by what is done with them.

    Args:
        model: The model.
        events: Nouns of events, besides those that are known as such.
    """
    functions = {node.name: node for node in model.body if isinstance(node, FunctionDef)}
    found = {
        name: tuple(_first(one.name, node, events) for one in node.parameters if one.default is None)
        for name, node in functions.items()
    }
    for _ in functions:  # what is passed on has the role that it has there; each round goes one call further
        passed = {name: tuple(_passed(one, functions[name], found) for one in found[name]) for name in found}
        if passed == found:
            break
        found = passed
    return found


def noun_of(name: str) -> str | None:
    """Return the noun in a parameter's name.

    >>> noun_of("team1"), noun_of("first_player"), noun_of("x")
    ('team', 'player', None)
    """
    words = [word for word in name.lower().rstrip("0123456789").split("_") if word]
    while len(words) > 1 and (words[0] in ANYBODY or words[0] in ("the", "this")):
        words = words[1:]
    while len(words) > 1 and words[-1] in ANYBODY:
        words = words[:-1]
    noun = " ".join(words)
    return None if not noun or noun in ANYBODY else noun


def _first(name: str, function: FunctionDef, events: Collection[str]) -> Argument:
    """Return a parameter by its name and its uses in the function itself."""
    noun = noun_of(name)
    if noun is not None and (noun.split()[-1] in EVENTS or noun in events):
        return Argument(name, "event", noun)
    uses = set(_uses(name, function))
    order: tuple[Role, ...] = ("group", "text", "number")
    role: Role = next((role for role in order if role in uses), "individual")
    if role == "individual" and noun is not None and noun.split()[-1] in NUMBERS:
        role = "number"
    return Argument(name, role, noun)


def _uses(name: str, function: FunctionDef) -> Iterator[Role]:
    """Yield the roles that a parameter plays in the body of its function."""
    for node in walk(function):
        if isinstance(node, (For, Comprehension)):
            lists = [node.iterable] if isinstance(node, For) else [one.iterable for one in node.generators]
            if any(_is(one, name) for one in lists):
                yield "group"
        elif isinstance(node, Call) and isinstance(node.function, Name) and any(_is(arg, name) for arg in node.args):
            if node.function.id in OF_LISTS and len(node.args) == 1:
                yield "group"
            elif node.function.id in LIBRARY and LIBRARY[node.function.id].category == "distribution":
                yield "number"
        elif isinstance(node, Binary) and (_is(node.left, name) or _is(node.right, name)):
            yield "number"
        elif isinstance(node, Compare):
            yield from _compared(name, node)


def _compared(name: str, node: Compare) -> Iterator[Role]:
    sides = (node.left, *node.comparators)
    if not any(_is(side, name) for side in sides):
        return
    values = [side.value for side in sides if isinstance(side, Constant)]
    if "in" in node.ops and _is(node.comparators[-1], name):
        yield "group"
    elif any(isinstance(value, str) for value in values):
        yield "text"
    elif {"<", "<=", ">", ">="} & set(node.ops) or any(isinstance(value, (int, float)) for value in values):
        yield "number"


def _is(expr: Expr, name: str) -> bool:
    return isinstance(expr, Name) and expr.id == name


def _passed(parameter: Argument, function: FunctionDef, known: Parameters) -> Argument:
    """Return a parameter with what is known of the parameters that it is passed on as."""
    for call in calls_in(function):
        others = known.get(call.function.id, ()) if isinstance(call.function, Name) else ()
        for arg, other in zip(call.args, others, strict=False):
            if not _is(arg, parameter.name):
                continue
            if parameter.role == "individual" and other.role != "individual":
                parameter = replace(parameter, role=other.role)
            if parameter.noun is None and other.noun is not None and other.role == parameter.role:
                parameter = replace(parameter, noun=other.noun)
    return parameter


def members_of(group: str, function: FunctionDef, known: Parameters) -> str | None:
    """Return the noun of those in a group: what the function does with each of them says it."""
    for node in walk(function):
        generators = node.generators if isinstance(node, Comprehension) else ()
        targets = [one.target for one in generators if _is(one.iterable, group)]
        targets += [node.target] if isinstance(node, For) and _is(node.iterable, group) else []
        for target in targets:
            if isinstance(target, NameTarget):
                member = _passed(Argument(target.id, "individual", None), function, known)
                if member.noun is not None:
                    return member.noun
    return None


def calls_in(node: Node) -> Iterator[Call]:
    """Yield the calls in a node."""
    yield from (inner for inner in walk(node) if isinstance(inner, Call))


__all__ = ["Argument", "Parameters", "Role", "calls_in", "members_of", "noun_of", "parameters_of"]
