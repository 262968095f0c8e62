"""The model of a world as a program whose spans point into the world's file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from plot.errors import PlotError, PlotErrors, Span
from plot.language import LIBRARY, Budget, parse
from plot.language.syntax.nodes import Call, FunctionDef, Name, NameTarget, Node, ProgramNode, Statement, walk
from plot.worldfile.marked import Marked

FOLDED = ">"


def parse_model(model: str, name: str, budget: Budget, marked: Marked | None = None) -> ProgramNode:
    """Parse a model. `marked` is the world's file, if it came from one.

    Raises PlotError (or PlotErrors) for a mistake in it, at its place in the file.
    """
    place = _Place.of(marked) if marked is not None else None
    try:
        program = parse(model, f"the model of {name}", budget)
    except PlotError as error:
        raise place.moved_error(error) if place is not None else error from None
    program = replace(program, body=tuple(_own_names(node) for node in program.body))
    return place.moved(program) if place is not None else program


def _own_names(node: Statement) -> Statement:
    """Return a function whose local variables have names of their own, where it called one like a library function.

    What it calls so keeps its name: then the checker refuses the variable.
    """
    if not isinstance(node, FunctionDef):
        return node
    inner = list(walk(node))
    called = {call.function.id for call in inner if isinstance(call, Call) and isinstance(call.function, Name)}
    local = {target.id for target in inner if isinstance(target, NameTarget) and target.id in LIBRARY} - called
    used = {one.id for one in inner if isinstance(one, (Name, NameTarget))}
    names = {name: next(new for new in _free(name) if new not in used) for name in local}
    renamed: Statement = _renamed(node, names) if names else node
    return renamed


def _free(name: str) -> Iterator[str]:
    yield from (f"{name}_{number or 'value'}" for number in range(100))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, (Name, NameTarget)) and value.id in names:
        return replace(value, id=names[value.id])
    if isinstance(value, Node):
        slots = [slot.name for slot in fields(value) if slot.init and slot.name != "span"]
        return replace(value, **{name: _renamed(getattr(value, name), names) for name in slots})
    return tuple(_renamed(item, names) for item in value) if isinstance(value, tuple) else value


class _Place:
    """The places of the model's lines in the file."""

    def __init__(self, first_line: int, columns: list[int], whole: Span) -> None:
        self._before = first_line - 1
        self._columns = columns
        self._whole = whole

    @classmethod
    def of(cls, marked: Marked) -> _Place:
        """Find the model's lines in the file. Raises PlotError where YAML has joined them."""
        model = marked.at(("model",))
        span = model.span
        assert span.source is not None
        file = span.source.text.splitlines()
        lines = str(model.value).splitlines()
        first = span.line + 1 if model.style == "|" else span.line
        columns = [file[first - 1 + i].find(line) if first - 1 + i < len(file) else -1 for i, line in enumerate(lines)]
        if model.style == FOLDED or min(columns, default=0) < 0:
            key = marked.keys.get("model", span)
            hint = "write 'model: |' and the model indented below it"
            raise PlotError("YAML joins the lines of a text written like this", hint=hint, span=key)
        return cls(first, columns, span)

    def span(self, span: Span) -> Span:
        """Move a span of the model to its place in the file."""
        return Span(
            span.line + self._before,
            span.column + self._column(span.line),
            span.end_line + self._before,
            span.end_column + self._column(span.end_line),
            self._whole.source,
        )

    def _column(self, line: int) -> int:
        return self._columns[line - 1] if line <= len(self._columns) else 0

    def moved(self, program: ProgramNode) -> ProgramNode:
        """Return the program with all its spans moved."""
        found: ProgramNode = self._value(program)
        return found

    def _value(self, value: Any) -> Any:
        if isinstance(value, Node):
            slots = [slot.name for slot in fields(value) if slot.init]
            changes = {name: self._value(getattr(value, name)) for name in slots if name != "span"}
            return replace(value, **changes, span=self.span(value.span))
        if isinstance(value, tuple):
            return tuple(self._value(item) for item in value)
        return value

    def moved_error(self, error: PlotError) -> PlotError:
        """Return an error of the model at its place in the file."""
        if isinstance(error, PlotErrors):
            return PlotErrors(self.moved_error(one) for one in error.errors)
        span = self.span(error.span) if error.span is not None else self._whole
        return type(error)(error.message, hint=error.hint, span=span)
