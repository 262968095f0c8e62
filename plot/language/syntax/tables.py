"""Tables that programs read by name: `data("readings")` is the list of a table's rows, each a record of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from plot.errors import PlotError
from plot.language.syntax.nodes import Node, ProgramNode, TableExpr, walk
from plot.language.syntax.rewriting import rewritten
from plot.records import record

Cell = bool | int | float | str | None


@record(frozen=True)
class Column:
    """A column of a table: its name, the unit that its heading states, and its cells (None: a missing value)."""

    name: str
    unit: str
    cells: tuple[Cell, ...]


@record(frozen=True, eq=False)
class Table:
    """A table: its name, where it was read, and its columns, all equally long."""

    name: str
    source: str
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0].cells) if self.columns else 0


def with_tables(program: ProgramNode, tables: Mapping[str, Table]) -> ProgramNode:
    """Return a program in which `data("…")` has its table, where there is one of that name.

    Args:
        program: The program.
        tables: The tables by name.
    """
    if not tables or not any([isinstance(node, TableExpr) for node in walk(program)]):
        return program

    def change(node: Node) -> Node | None:
        return replace(node, table=tables[node.name]) if isinstance(node, TableExpr) and node.name in tables else None

    return replace(program, body=rewritten(program.body, change))


def unknown(node: TableExpr) -> PlotError:
    """Return the error for a table that nobody gave."""
    hint = f"give it: --data {node.name}=FILE, or under data: in the world's file"
    return PlotError(f"there is no table '{node.name}'", hint=hint, span=node.span)


__all__ = ["Cell", "Column", "Table", "unknown", "with_tables"]
