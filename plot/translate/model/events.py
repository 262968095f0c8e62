"""Event numbers in a program: events such as matches are numbered in the order of mention."""

from __future__ import annotations

from collections.abc import Iterator

from plot.language.syntax.nodes import Call, Constant, Name, Node, ProgramNode, walk
from plot.world.lexicon import Lexicon, expression

EVENT = "event"


def event_places(lexicon: Lexicon) -> frozenset[tuple[str, int]]:
    """Return the functions of a world that take an event, each with the place of that argument.

    Read off the lexicon: in `won_against(subject, object, event)` it is the third.
    """
    found = set()
    for _, code, roles in lexicon.expressions():
        if EVENT in roles:
            for node in walk(expression(code)):
                if isinstance(node, Call) and isinstance(node.function, Name):
                    for place, argument in enumerate(node.args):
                        if isinstance(argument, Name) and argument.id == EVENT:
                            found.add((node.function.id, place))
    return frozenset(found)


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


def new_events(program: ProgramNode, places: frozenset[tuple[str, int]], events: int) -> int:
    """Return how many events a program speaks of that come after the `events` known ones."""
    numbers = [int(constant.value) for constant in event_constants(program, places)]  # type: ignore[arg-type]
    return max(0, max(numbers, default=0) - events)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


__all__ = ["event_constants", "event_places", "events_of_call", "new_events"]
