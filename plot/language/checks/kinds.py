"""Kind inference: the kind of value of an expression (number, name, list, …), where it is certain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from plot.language.checks.randomness import Randomness
from plot.language.checks.table import Binding, BoundValue, Place, SymbolTable
from plot.language.syntax.nodes import (
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Expr,
    IfExpr,
    Index,
    Lambda,
    ListExpr,
    Name,
    Node,
    RecordExpr,
    Slice,
    TableExpr,
    Unary,
)

Basic = Literal["number", "boolean", "name", "none", "list", "record", "function"]
WORDS: dict[str, str] = {
    "number": "a number",
    "boolean": "a truth value",
    "name": "a name",
    "none": "None",
    "list": "a list",
    "record": "a record",
    "function": "a function",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind; of a list also the shape of its items, where they are known to agree."""

    basic: Basic
    items: Shape | None = None

    @property
    def words(self) -> str:
        """The kind in words: `a list of names`."""
        if self.items is None:
            return WORDS[self.basic]
        inner = "a list" if self.items.items is not None else WORDS[self.items.basic]
        return f"a list of {inner.removeprefix('a ')}s" if inner != "None" else "a list of None"

    def clashes(self, other: Shape) -> bool:
        """Return whether two values certainly differ in shape; numbers and truth values are one kind."""
        if _plain(self.basic) != _plain(other.basic):
            return True
        return self.items is not None and other.items is not None and self.items.clashes(other.items)


def _plain(basic: Basic) -> Basic:
    return "number" if basic == "boolean" else basic


_CONSTANTS: dict[str, Basic] = {
    "bool": "boolean",
    "int": "number",
    "float": "number",
    "str": "name",
    "NoneType": "none",
}
_SAME_ITEMS = ("sorted", "shuffle", "distinct")
_ONE_ITEM = ("choice", "first", "last")
_DEEPEST = 40


class Kinds:
    """Tells the shapes of expressions; what a test around them may rule out is not certain."""

    def __init__(self, table: SymbolTable, randomness: Randomness) -> None:
        self._table = table
        self._randomness = randomness
        self._known: dict[int, Shape | None] = {}
        self._guarded: dict[int, bool] = {}
        self._depth = 0

    def guarded(self, place: Place) -> bool:
        """Return whether a test around a place may see to it that only some kinds of value get there."""
        if id(place) not in self._guarded:
            self._guarded[id(place)] = any(not self._randomness.of(test) for test in place.tests)
        return self._guarded[id(place)]

    def of(self, node: Node, place: Place) -> Shape | None:
        """Return the shape of an expression, None where it is not certain."""
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._of(node, place)
        finally:
            self._depth -= 1

    def _of(self, node: Node, place: Place) -> Shape | None:
        match node:
            case Constant():
                return Shape(_CONSTANTS[node.kind])
            case TableExpr():
                return Shape("list", Shape("record"))
            case ListExpr():
                return Shape("list", self._agreed([self.of(item, place) for item in node.items]))
            case Comprehension() | Slice():
                return Shape("list", self.item_of(node, place))
            case RecordExpr():
                return Shape("record")
            case Lambda():
                return Shape("function")
            case Compare():
                return Shape("boolean")
            case Unary():
                return Shape("boolean" if node.op == "not" else "number")
            case Binary():
                return self._binary(node, place)
            case BoolOp():
                shapes = [self.of(value, place) for value in node.values]
                return Shape("boolean") if all(s is not None and s.basic == "boolean" for s in shapes) else None
            case IfExpr():
                return self._agreed([self.of(node.then, place), self.of(node.orelse, place)])
            case Call():
                return self._call(node, place)
            case Index():
                return self.item_of(node.value, place)
            case Name():
                return self._name(node, place)
        return None

    def _agreed(self, shapes: list[Shape | None]) -> Shape | None:
        """Return the one shape of several values; None where they differ or one is not known."""
        if not shapes or shapes[0] is None:
            return None
        found = shapes[0]
        for shape in shapes[1:]:
            if shape is None or shape.basic != found.basic:
                return None
            if shape.items != found.items:
                found = Shape(found.basic)
        return found

    def _binary(self, node: Binary, place: Place) -> Shape | None:
        if node.op != "+":
            return Shape("number")
        left, right = self.of(node.left, place), self.of(node.right, place)
        for shape in (left, right):
            if shape is not None and shape.basic in ("number", "boolean"):
                return Shape("number")
        if left is not None and right is not None and left.basic == right.basic == "list":
            return self._agreed([left, right])
        return Shape("list") if "list" in [s.basic for s in (left, right) if s is not None] else None

    def _call(self, node: Call, place: Place) -> Shape | None:
        entry = self._table.entry(node.function)
        if entry is not None:
            if entry.returns == "list":
                return Shape("list", self.item_of(node, place))
            if entry.name in _ONE_ITEM and len(node.args) == 1:
                return self.item_of(node.args[0], place)
            if entry.returns in ("number", "boolean", "record"):
                return Shape(entry.returns)
            return None
        functions = self._table.functions_of(node.function)
        shapes: list[Shape | None] = []
        for function in functions:
            inside = Place(function.scope, function)
            certain = [r for r in function.returns if isinstance(r.value, (Compare, Constant, ListExpr))]
            if len(certain) != len(function.returns) or len(certain) != 1:
                return None
            shapes += [self.of(r.value, inside) for r in certain if r.value is not None]
        return self._agreed(shapes)

    def item_of(self, node: Node, place: Place) -> Shape | None:
        """Return the shape of the items of a list."""
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            return self._item_of(node, place)
        finally:
            self._depth -= 1

    def _item_of(self, node: Node, place: Place) -> Shape | None:
        if isinstance(node, Comprehension):
            tests = tuple([test for generator in node.generators for test in generator.conditions])
            return self.of(node.element, replace(place, tests=(*place.tests, *tests)) if tests else place)
        if isinstance(node, Slice):
            return self.item_of(node.value, place)
        if isinstance(node, Call):
            entry = self._table.entry(node.function)
            name = entry.name if entry is not None else ""
            if name in _SAME_ITEMS and node.args:
                return self.item_of(node.args[0], place)
            return Shape("number") if name == "range" else Shape("list") if name in ("zip", "enumerate") else None
        shape = self.of(node, place)
        return shape.items if shape is not None else None

    def _name(self, node: Name, place: Place) -> Shape | None:
        binding = self._table.bindings.get(id(node))
        if binding is None:
            entry = self._table.entry(node)
            return Shape("function") if entry is not None and entry.category == "function" else None
        if binding.is_function and len(binding.bounds) == 1:
            return Shape("function")
        return None if self.guarded(place) else self._binding(binding)

    def _binding(self, binding: Binding) -> Shape | None:
        if id(binding) not in self._known:
            self._known[id(binding)] = None  # while it is being found: a value that depends on itself is not certain
            certain = not binding.intervened and binding.name not in self._table.known
            self._known[id(binding)] = self._agreed([self._bound(b) for b in binding.bounds]) if certain else None
        return self._known[id(binding)]

    def _bound(self, bound: BoundValue) -> Shape | None:
        if bound.how == "function":
            return Shape("function")
        if bound.how == "parameter":
            return self._parameter(bound)
        assert bound.value is not None
        value, path, place = bound.value, bound.path, bound.place
        shape = self.item_of(value, place) if bound.how == "item" else None
        if bound.how == "value" and not path:
            return self.of(value, place)
        for number in path:
            if isinstance(value, ListExpr) and bound.how == "value" and number < len(value.items):
                value = value.items[number]
                shape = self.of(value, place)
            else:
                shape = shape.items if shape is not None else None
        return shape

    def _parameter(self, bound: BoundValue) -> Shape | None:
        function = bound.function
        assert function is not None
        if function.escapes or not function.calls:
            return None
        return self._agreed([shape for shape, _, _ in self.arguments(bound)])

    def arguments(self, bound: BoundValue) -> list[tuple[Shape | None, Expr, Place]]:
        """Return what every call gives for a parameter."""
        function = bound.function
        assert function is not None
        found: list[tuple[Shape | None, Expr, Place]] = []
        for call, place in function.calls:
            given = function.argument(call, bound.index)
            if given is not None:
                found.append((self.of(given, place), given, place))
        return found
