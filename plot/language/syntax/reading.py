"""The state of a parse: spans, budgets, and the list of refusals."""

from __future__ import annotations

import ast

from plot.errors import BudgetError, PlotError, Source, Span
from plot.language.syntax import nodes
from plot.language.syntax.budget import Budget
from plot.language.syntax.refusals import refusal
from plot.language.syntax.source import NESTED_HINT, TOO_NESTED

MAX_NESTING = 100
MOST_ERRORS = 100
RESERVED = frozenset({"condition", "observe", "query", "do", "mem"})


class EnoughError(Exception):
    """Enough was refused to report."""


class ParseState:
    """The state of one parse. Refusals are collected, so that all of them are reported at once."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self.source = source
        self.budget = budget
        self.errors: list[PlotError] = []
        self._lines = source.text.split("\n")
        self._ascii = source.text.isascii()
        self._count = 0
        self._nesting = 0

    def column(self, line: int, offset: int) -> int:
        """Turn an offset in UTF-8 bytes, which is what Python's tree has, into one in characters."""
        if self._ascii:
            return offset
        return len(self._lines[line - 1].encode()[:offset].decode(errors="replace"))

    def span(self, node: ast.AST) -> Span:
        """Return where a node of Python's tree stands."""
        line: int = getattr(node, "lineno", 1)
        end: int = getattr(node, "end_lineno", line)
        start = self.column(line, getattr(node, "col_offset", 0))
        return Span(line, start, end, self.column(end, getattr(node, "end_col_offset", 0)), self.source)

    def text(self, span: Span) -> str:
        """Return the text of a span."""
        lines = self._lines[span.line - 1 : span.end_line]
        if span.line == span.end_line:
            return lines[0][span.column : span.end_column]
        return "\n".join([lines[0][span.column :], *lines[1:-1], lines[-1][: span.end_column]])

    def enter(self, node: ast.AST) -> None:
        """Count one node, one level deeper. Raises where that is too many or too deep."""
        self._count += 1
        self._nesting += 1
        if self._count > self.budget.nodes:
            raise BudgetError(
                f"over the budget of nodes: a program of more than {self.budget.nodes:,} nodes",
                hint="split it into smaller programs, or raise it: --budget nodes=…",
                span=self.span(node),
            )
        if self._nesting > MAX_NESTING:
            raise PlotError(f"{TOO_NESTED}: more than {MAX_NESTING} levels", hint=NESTED_HINT, span=self.span(node))

    def leave(self) -> None:
        """Return one level up."""
        self._nesting -= 1

    def refuse(self, span: Span, message: str, hint: str | None = None) -> nodes.Constant:
        """Note a mistake, and return what stands in for it while the rest is read."""
        self.errors.append(PlotError(message, hint=hint, span=span))
        if len(self.errors) >= MOST_ERRORS:
            raise EnoughError
        return nodes.Constant(value=None, span=span)

    def refuse_construct(self, node: ast.AST, at: ast.AST | None = None) -> nodes.Constant:
        """Refuse a construct by its name; `at` says where it stands if the node itself does not know."""
        message, hint = refusal(node)
        return self.refuse(self.span(at or node), message, hint)

    def identifier(self, name: str, span: Span, *, defines: bool = False) -> str:
        """Return a name, refused where it is Python's own, or `defines` what the language has."""
        if name.startswith("__"):
            self.refuse(
                span,
                f"the name '{name}' begins with two underscores",
                "such names are internal to Python; choose another",
            )
        elif defines and name in RESERVED:
            self.refuse(span, f"'{name}' is a reserved word and can't be redefined", "choose another name")
        return name
