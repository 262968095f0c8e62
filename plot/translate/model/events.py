"""Event numbers in a program: events such as matches are numbered in the order of mention.

Which events a program speaks of is found by evaluating it: numbers may be in a variable, a range, or a definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.device import one_thread
from plot.language.syntax.nodes import (
    Call,
    Condition,
    Constant,
    FunctionDef,
    ListExpr,
    Name,
    Node,
    Observe,
    ProgramNode,
    Query,
    Statement,
    walk,
)
from plot.runtime import RunPlan, run
from plot.runtime.values.values import ListValue, Value
from plot.world.lexicon import Lexicon, expression

EVENT = "event"
PARTICLES = 50


def event_places(lexicon: Lexicon, model: ProgramNode | None = None) -> frozenset[tuple[str, int]]:
    """Return the functions of a world that take an event, each with the place of that argument.

    Read off the lexicon: in `won_against(subject, object, event)` it is the third; and with a `model` off its
    functions, from one to the other where they pass an argument on.
    """
    found: set[tuple[str, int]] = set()
    for _, code, roles in lexicon.expressions():
        if EVENT in roles:
            for node in walk(expression(code)):
                if isinstance(node, Call) and isinstance(node.function, Name):
                    for place, argument in enumerate(node.args):
                        if isinstance(argument, Name) and argument.id == EVENT:
                            found.add((node.function.id, place))
    before = None
    while model is not None and found and before != found:
        before = set(found)
        found |= _passed_on(model, before)
    return frozenset(found)


def _passed_on(model: ProgramNode, known: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return the places of a model's functions that are events because of those that are known."""
    found = set()
    functions = {node.name: node for node in model.body if isinstance(node, FunctionDef)}
    for function in functions.values():
        names = [parameter.name for parameter in function.parameters]
        for call in walk(function):
            if isinstance(call, Call) and isinstance(call.function, Name) and call.function.id in functions:
                for place, argument in enumerate(call.args):
                    if isinstance(argument, Name) and argument.id in names:
                        here, there = (function.name, names.index(argument.id)), (call.function.id, place)
                        found |= {here, there} if {here, there} & known else set()
    return found


def event_constants(program: ProgramNode, places: frozenset[tuple[str, int]]) -> Iterator[Constant]:
    """Yield the numbers that stand where a function takes an event."""
    for node in walk(program):
        yield from events_of_call(node, places)


def events_of_call(node: Node, places: frozenset[tuple[str, int]]) -> Iterator[Constant]:
    """Yield the events among the arguments of one call."""
    if isinstance(node, Call) and isinstance(node.function, Name):
        for place, argument in enumerate(node.args):
            if (node.function.id, place) in places and isinstance(argument, Constant) and _is_count(argument.value):
                yield argument


def events_in(context: ProgramNode, program: ProgramNode, lexicon: Lexicon, seed: int = 0) -> dict[int, frozenset[str]]:
    """Return the events that a program speaks of, each with the individuals that it speaks of together with it.

    The program is evaluated after its context, on a few prior samples; evidence is computed, and rules nothing out.
    """
    places = event_places(lexicon, context)
    if not places:
        return {}
    found: dict[int, set[str]] = {}
    for constant in event_constants(program, places):
        found.setdefault(int(constant.value), set())  # type: ignore[arg-type]
    computed = tuple(_computed(statement) for statement in program.body)
    own = {id(statement) for statement in computed}

    def heard(statement: int, name: str, arguments: list[Value]) -> None:
        for place, argument in enumerate(arguments if statement in own else ()):
            if (name, place) in places:
                for number in _numbers(argument):
                    found.setdefault(number, set()).update(_names(arguments))

    with suppress(PlotError), one_thread():
        run(ProgramNode(body=context.body + computed), PARTICLES, RunPlan(seed=seed, heard=heard))
    return {number: frozenset(names) for number, names in found.items()}


def new_events(found: Mapping[int, object], events: int) -> int:
    """Return how many of the events come after the `events` known ones."""
    return max(0, max(found, default=0) - events)


def _computed(statement: Statement) -> Statement:
    """Return a statement whose evidence is computed, and rules nothing out."""
    if isinstance(statement, Condition):
        return Query(value=statement.test)
    if isinstance(statement, Observe) and isinstance(statement.distribution, Call):
        call = statement.distribution
        return Query(value=ListExpr(items=(*call.args, *(value for _, value in call.keywords))))
    return statement


def _numbers(value: Value) -> Iterator[int]:
    """Yield the event numbers that a value has in any particle."""
    if _is_count(value):
        yield int(value)  # type: ignore[arg-type]
    elif isinstance(value, torch.Tensor):
        yield from (int(one) for one in torch.unique(value).tolist() if one >= 1 and one == int(one))


def _names(value: Value | list[Value]) -> Iterator[str]:
    """Yield the individuals in arguments, and in lists of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, ListValue)):
        for item in value if isinstance(value, list) else value.items:
            yield from _names(item)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


__all__ = ["event_constants", "event_places", "events_in", "events_of_call", "new_events"]
