"""Checks of operands: operators, loops, indexes and attributes on values that are of the wrong kind."""

from __future__ import annotations

from collections.abc import Collection

from plot.language.checks.constants import Lookup, faults, fold
from plot.language.checks.kinds import WORDS, Kinds, Shape
from plot.language.checks.mistakes import Mistakes, close_to
from plot.language.checks.table import Place, SymbolTable
from plot.language.library.library import LIBRARY
from plot.language.syntax.nodes import (
    AttributeExpr,
    Binary,
    Call,
    Compare,
    Expr,
    For,
    Generator,
    Index,
    ListExpr,
    Name,
    Node,
    RecordExpr,
    Slice,
    TableExpr,
    Unary,
    walk,
)
from plot.language.syntax.refusals import METHODS

_NUMBERS = ("number", "boolean")
_INDEXABLE = ("list", "record")


def check_operands(table: SymbolTable, kinds: Kinds, lookup: Lookup, mistakes: Mistakes) -> None:
    """Note operations that can't work on their operands."""
    checker = _Operands(table, kinds, lookup, mistakes)
    for node, place in table.nodes:
        checker.node(node, place)


class _Operands:
    def __init__(self, table: SymbolTable, kinds: Kinds, lookup: Lookup, mistakes: Mistakes) -> None:
        self._table = table
        self._kinds = kinds
        self._lookup = lookup
        self._mistakes = mistakes
        self._iterables = {id(n.iterable) for n in walk(table.program) if isinstance(n, (For, Generator))}
        records = [node for node in walk(table.program) if isinstance(node, RecordExpr)]
        self._fields = {name for record in records for name, _ in record.fields}
        read = [node.table for node in walk(table.program) if isinstance(node, TableExpr)]
        self._fields |= {column.name for found in read if found is not None for column in found.columns}
        self._all_known = not table.known and None not in read and not self._calls_modules()

    def _calls_modules(self) -> bool:
        """Return whether records may come from a module: which fields they have is not known here."""
        entries = [self._table.entry(call.function) for call, _ in self._table.calls]
        return any(entry is not None and entry.name not in LIBRARY for entry in entries)

    def node(self, node: Node, place: Place) -> None:
        """Check one node."""
        if id(node) in self._iterables:
            self._needs_list(node, "'for'", place)
        match node:
            case Binary():
                self._binary(node, place)
            case Unary() if node.op != "not":
                self._needs_number(node.operand, f"'{node.op}'", place)
            case Compare():
                self._compare(node, place)
            case Index():
                self._index(node, place)
            case Slice():
                self._sliced(node, place)
            case AttributeExpr():
                self._attribute(node, place)

    def _of(self, node: Node, place: Place) -> Shape | None:
        return self._kinds.of(node, place)

    # -- operators -----------------------------------------------------------------------------------------

    def _binary(self, node: Binary, place: Place) -> None:
        shapes = [self._of(node.left, place), self._of(node.right, place)]
        if not self._operands(node, shapes):
            return
        certain = None if place.nested else self._lookup
        fault = faults(node, certain)
        if fault is not None:
            self._mistakes.add(node.span, fault)

    def _operands(self, node: Binary, shapes: list[Shape | None]) -> bool:
        """Return whether the operands may be of the right kinds; note it where they are not."""
        basics = [shape.basic for shape in shapes if shape is not None]
        lists = node.op == "+" and "list" in basics
        for operand, shape in zip((node.left, node.right), shapes, strict=True):
            if shape is None or shape.basic in (("list",) if lists else _NUMBERS):
                continue
            wanted = "another list" if lists else "numbers"
            message = f"'{node.op}' needs {wanted}, not {WORDS[shape.basic]}"
            self._mistakes.add(operand.span, message, self._operand_hint(node, operand, shape, lists))
            return False
        return True

    def _operand_hint(self, node: Binary, operand: Expr, shape: Shape, lists: bool) -> str | None:
        if shape.basic == "function":
            return _call_hint(operand)
        if lists:
            return "put it in brackets: xs + [x]"
        if shape.basic == "name":
            return (
                "names can only be compared, not joined into text" if node.op != "%" else "there is no text formatting"
            )
        if shape.basic == "list":
            return "do it for each item: [x * 2 for x in xs]; join two lists with +"
        return None

    def _needs_number(self, operand: Expr, what: str, place: Place) -> None:
        shape = self._of(operand, place)
        if shape is not None and shape.basic not in _NUMBERS:
            hint = _call_hint(operand) if shape.basic == "function" else None
            self._mistakes.add(operand.span, f"{what} needs a number, not {WORDS[shape.basic]}", hint)

    def _compare(self, node: Compare, place: Place) -> None:
        operands = [node.left, *node.comparators]
        for number, op in enumerate(node.ops):
            left, right = operands[number], operands[number + 1]
            shapes = self._of(left, place), self._of(right, place)
            if op in ("in", "not in"):
                self._needs_list(right, f"'{op}'", place)
            elif op in ("<", "<=", ">", ">="):
                self._ordered(op, (left, right), shapes)
            elif op in ("==", "!="):
                self._equated(node, op, (left, right), shapes)

    def _ordered(self, op: str, operands: tuple[Expr, Expr], shapes: tuple[Shape | None, Shape | None]) -> None:
        for operand, shape in zip(operands, shapes, strict=True):
            if shape is not None and shape.basic not in _NUMBERS:
                message = f"'{op}' compares numbers, not {WORDS[shape.basic]}"
                hint = _call_hint(operand) if shape.basic == "function" else None
                if shape.basic == "name":
                    hint = 'compare something that the name has, such as strength("tom")'
                elif shape.basic == "list":
                    hint = "compare len(xs), sum(xs), …"
                self._mistakes.add(operand.span, message, hint)
                return

    def _equated(
        self, node: Compare, op: str, operands: tuple[Expr, Expr], shapes: tuple[Shape | None, Shape | None]
    ) -> None:
        left, right = shapes
        for operand, shape in zip(operands, shapes, strict=True):
            if shape is not None and shape.basic == "function":
                self._mistakes.add(operand.span, f"'{op}' compares values, not functions", _call_hint(operand))
                return
        if left is None or right is None or "none" in (left.basic, right.basic):
            return
        if left.clashes(right) and left.basic != right.basic:
            always = "never equal" if op == "==" else "always different"
            message = f"{WORDS[left.basic]} and {WORDS[right.basic]} are {always}"
            self._mistakes.add(node.span, message, "compare values of one kind")

    # -- lists and records ---------------------------------------------------------------------------------

    def _needs_list(self, node: Node, what: str, place: Place) -> None:
        shape = self._of(node, place)
        if shape is not None and shape.basic != "list":
            hint = {
                "number": "range(n) counts 0, 1, …, n - 1",
                "name": "names have no parts; write a list of names",
                "function": _call_hint(node),
                "record": "the fields of a record are written out: [r.a, r.b]",
            }.get(shape.basic)
            self._mistakes.add(node.span, f"{what} needs a list, not {WORDS[shape.basic]}", hint)

    def _index(self, node: Index, place: Place) -> None:
        shape = self._of(node.value, place)
        at = fold(node.index)
        if shape is not None and shape.basic not in _INDEXABLE:
            hint = _call_hint(node.value) if shape.basic == "function" else None
            self._mistakes.add(node.value.span, f"{WORDS[shape.basic]} has no items to index", hint)
        elif shape is not None and shape.basic == "list" and isinstance(at, str):
            hint = "an index is a whole number; a table from names to values is a @mem function"
            self._mistakes.add(node.index.span, "a list is indexed by a number, not a name", hint)
        elif shape is not None and shape.basic == "record" and isinstance(at, (bool, int, float)):
            self._mistakes.add(
                node.index.span,
                "a record is indexed by the name of a field, not a number",
                'write r["mass"] or r.mass',
            )
        elif isinstance(at, (bool, int, float)):
            self._rank(node, at, place)

    def _rank(self, node: Index, at: float, place: Place) -> None:
        if at != int(at):
            self._mistakes.add(
                node.index.span, f"an index is a whole number, not {at:g}", "floor(x) and round(x) give one"
            )
            return
        items = node.value
        if isinstance(items, Name) and not place.nested:
            items = self._lookup(items) or items
        if isinstance(items, ListExpr) and not -len(items.items) <= at < len(items.items):
            size = "is empty" if not items.items else f"has {len(items.items)} items"
            self._mistakes.add(
                node.span,
                f"there is no item {int(at)}: the list {size}",
                "the first item is xs[0], the last xs[-1]",
            )

    def _sliced(self, node: Slice, place: Place) -> None:
        self._needs_list(node.value, "a slice", place)
        for bound in (node.lower, node.upper):
            if bound is not None:
                shape = self._of(bound, place)
                if shape is not None and shape.basic not in (*_NUMBERS, "none"):
                    self._mistakes.add(bound.span, f"the bounds of a slice are numbers, not {WORDS[shape.basic]}")

    # -- attributes ----------------------------------------------------------------------------------------

    def _attribute(self, node: AttributeExpr, place: Place) -> None:
        name = node.name
        shape = self._of(node.value, place)
        called = id(node) in self._table.callees
        if self._unknown_root(node):
            return  # the name itself is reported
        if shape is not None and shape.basic != "record":
            hint = _call_hint(node.value) if shape.basic == "function" else None
            self._mistakes.add(
                node.span,
                f"{WORDS[shape.basic]} has no '.{name}'",
                METHODS.get(name) or hint or "only records have fields",
            )
            return
        record = self._record(node.value, place)
        if record is not None:
            if name not in [field for field, _ in record.fields]:
                self._no_field(node, [field for field, _ in record.fields], "this record has no field")
        elif name not in self._fields and called and name in METHODS:
            self._mistakes.add(node.span, f"values have no methods such as '.{name}(…)'", METHODS[name])
        elif name not in self._fields and self._all_known:
            self._no_field(node, self._fields, "no record has a field")

    def _unknown_root(self, node: Expr) -> bool:
        while isinstance(node, (AttributeExpr, Call, Index)):
            node = node.function if isinstance(node, Call) else node.value
        return isinstance(node, Name) and any(node is unknown for unknown, _ in self._table.unknown)

    def _no_field(self, node: AttributeExpr, fields: Collection[str], what: str) -> None:
        close = close_to(node.name, fields)
        hint = f"did you mean '{close}'?" if close else METHODS.get(node.name)
        if hint is None:
            listed = ", ".join(sorted(fields))
            hint = f"the fields are {listed}" if fields else 'records are written {"mass": 2}'
        self._mistakes.add(node.span, f"{what} '{node.name}'", hint)

    def _record(self, node: Expr, place: Place) -> RecordExpr | None:
        if isinstance(node, Name) and not place.nested:
            node = self._lookup(node) or node
        return node if isinstance(node, RecordExpr) else None


def _call_hint(node: Node) -> str | None:
    return f"call it: {node.id}(…)" if isinstance(node, Name) else None
