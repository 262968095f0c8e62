"""The mistakes that checks find, kept in the order of the text, each once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from plot.errors import PlotError, PlotErrors, Source, Span
from plot.language.syntax.nodes import ProgramNode, walk


class Mistakes:
    """Collects mistakes; `raise_all` reports them."""

    def __init__(self, program: ProgramNode) -> None:
        self._found: dict[tuple[object, ...], PlotError] = {}
        self._sources: dict[int, int] = {}
        self._program = program

    def add(self, span: Span, message: str, hint: str | None = None) -> None:
        """Note a mistake; the same one at the same place counts once."""
        key = (id(span.source), span.line, span.column, message)
        self._found.setdefault(key, PlotError(message, hint=hint, span=span))

    def raise_all(self) -> None:
        """Raise PlotErrors if there are mistakes."""
        if not self._found:
            return
        order = self._order()
        errors = sorted(self._found.values(), key=lambda error: _place(error, order))
        raise PlotErrors(errors)

    def _order(self) -> dict[int, int]:
        """Return the number of each source in the order in which the program takes them up."""
        order: dict[int, int] = {}
        for node in walk(self._program):
            if node is not self._program:
                order.setdefault(id(node.span.source), len(order))
        return order


def _place(error: PlotError, order: dict[int, int]) -> tuple[int, int, int]:
    span = error.span
    assert span is not None
    return order.get(id(span.source), len(order)), span.line, span.column


def head(span: Span) -> Span:
    """Return the first line of a span: what is reported of a block."""
    if span.line == span.end_line or span.source is None:
        return span
    return Span(span.line, span.column, span.line, len(_line(span.source, span.line)), span.source)


def _line(source: Source, number: int) -> str:
    lines = source.text.split("\n")
    return lines[number - 1] if number <= len(lines) else ""


def close_to(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that `name` was probably meant to be.

    >>> close_to("Strenght", ["strength", "lazy"])
    'strength'
    """
    by_lower = {other.lower(): other for other in sorted(names, reverse=True)}
    close = difflib.get_close_matches(name.lower(), by_lower, 1, cutoff=0.7)
    return by_lower[close[0]] if close else None
