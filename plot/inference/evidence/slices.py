"""Program slicing: the statements that a part of a program needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from plot.language.syntax.nodes import (
    Assign,
    Condition,
    Do,
    For,
    FunctionDef,
    If,
    Name,
    NameTarget,
    Node,
    Observe,
    Query,
    Statement,
    Target,
    walk,
)

if TYPE_CHECKING:
    from plot.language import ProgramNode


def mentioned(node: Node) -> frozenset[str]:
    """Return every name that a statement uses, and what it assigns itself."""
    return frozenset(item.id for item in walk(node) if isinstance(item, Name))


def defined(node: Statement) -> Iterator[str]:
    """Yield the names of the top level that a statement gives a value (an intervention does so too)."""
    if isinstance(node, Assign):
        yield from _names(node.target)
    elif isinstance(node, FunctionDef):
        yield node.name
    elif isinstance(node, For):
        yield from _names(node.target)
        for inner in node.body:
            yield from defined(inner)
    elif isinstance(node, If):
        for inner in (*node.body, *node.orelse):
            yield from defined(inner)


def _names(target: Target) -> Iterator[str]:
    if isinstance(target, NameTarget):
        yield target.id
    else:
        for item in target.items:
            yield from _names(item)


def weighing_statements(program: ProgramNode) -> frozenset[int]:
    """Return the identities of the statements of the top level that condition or observe, or call what does.

    A query is among them where a function that it calls does so: what is asked for is then evidence too.
    """
    weighing: set[str] = set()
    while True:
        found = {
            node.name
            for node in program.body
            if isinstance(node, FunctionDef) and node.name not in weighing and _weighs(node, weighing)
        }
        if not found:
            break
        weighing |= found
    return frozenset(id(node) for node in program.body if not isinstance(node, FunctionDef) and _weighs(node, weighing))


def _weighs(node: Statement, functions: set[str]) -> bool:
    return any(
        isinstance(item, (Condition, Observe)) or (isinstance(item, Name) and item.id in functions)
        for item in walk(node)
    )


class Slicer:
    """The statements of a program by the names that they define."""

    def __init__(self, program: ProgramNode) -> None:
        self._body = program.body
        self._mentions = {id(node): mentioned(node) for node in self._body}
        self._definers: dict[str, list[Statement]] = {}
        for node in self._body:
            for name in defined(node):
                self._definers.setdefault(name, []).append(node)
        intervening = [i for i, node in enumerate(self._body) if isinstance(node, Do)]
        self._whole_from = intervening[0] if intervening else len(self._body)

    def slice(self, own: Sequence[Statement]) -> tuple[Statement, ...]:
        """Return, in the order of the program, a factor's own statements and those that it needs.

        From an intervention on a factor needs all that stands before it: what was drawn must be known to be drawn
        again.
        """
        wanted = {id(node) for node in own}
        places = [i for i, node in enumerate(self._body) if id(node) in wanted]
        if places and places[-1] >= self._whole_from:
            return tuple(
                node for node in self._body[: places[-1] + 1] if not isinstance(node, Query) or id(node) in wanted
            )
        pending = list(own)
        while pending:
            for name in self._mentions[id(pending.pop())]:
                for node in self._definers.get(name, ()):
                    if id(node) not in wanted:
                        wanted.add(id(node))
                        pending.append(node)
        return tuple(node for node in self._body if id(node) in wanted)


__all__ = ["Slicer", "defined", "mentioned", "weighing_statements"]
