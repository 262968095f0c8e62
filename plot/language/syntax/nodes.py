"""The syntax tree of PLoT: frozen, typed nodes, each with the span of the text that it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, fields
from functools import cache
from operator import attrgetter
from typing import Any

from plot.errors import Span
from plot.records import record

NOWHERE = Span(1, 0, 1, 0)


@record(frozen=True, kw_only=True)
class Node:
    """An element of a program. Two nodes are equal if they have the same content, wherever they are."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True)
class Constant(Node):
    """A number, a boolean, a name in quotes, or None. `Constant(True) != Constant(1)`: types count too."""

    value: int | float | bool | str | None
    kind: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self.value).__name__)


@record(frozen=True)
class Name(Node):
    """A reference to a variable, a parameter, or a function."""

    id: str


@record(frozen=True)
class ListExpr(Node):
    """`[a, b]`; a tuple `a, b` is the same list."""

    items: tuple[Expr, ...]


@record(frozen=True)
class TableExpr(Node):
    """`data("name")`: the rows of a table. `table` is None until the program is given its tables."""

    name: str
    table: Any = None


@record(frozen=True)
class RecordExpr(Node):
    """`{"mass": 2, "shape": s}`: field names are constants and distinct."""

    fields: tuple[tuple[str, Expr], ...]


@record(frozen=True)
class AttributeExpr(Node):
    """`value.name`, the field of a record."""

    value: Expr
    name: str


@record(frozen=True)
class Index(Node):
    """`value[index]`: an item of a list (negative from the end), or a record's field by its name."""

    value: Expr
    index: Expr


@record(frozen=True)
class Slice(Node):
    """`value[lower:upper]`, either bound may be absent; there is no step."""

    value: Expr
    lower: Expr | None
    upper: Expr | None


@record(frozen=True)
class Unary(Node):
    """`-x`, `+x` or `not x`; op is one of `-`, `+`, `not`."""

    op: str
    operand: Expr


@record(frozen=True)
class Binary(Node):
    """Arithmetic, or `+` of lists; op is one of `+ - * / // % **`."""

    op: str
    left: Expr
    right: Expr


@record(frozen=True)
class BoolOp(Node):
    """Short-circuit `and` / `or` of two or more values."""

    op: str
    values: tuple[Expr, ...]


@record(frozen=True)
class Compare(Node):
    """A chain `left op1 b op2 c`; an op is one of `< <= > >= == != in`, `not in`, `is`, `is not`.

    The last two have None on their right.
    """

    left: Expr
    ops: tuple[str, ...]
    comparators: tuple[Expr, ...]


@record(frozen=True)
class IfExpr(Node):
    """`then if test else orelse`; only the side that is taken is evaluated."""

    test: Expr
    then: Expr
    orelse: Expr


@record(frozen=True)
class Call(Node):
    """`function(args, name=value)`."""

    function: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...] = ()


@record(frozen=True)
class Lambda(Node):
    """`lambda x, y: body`."""

    parameters: tuple[str, ...]
    body: Expr


@record(frozen=True)
class Generator(Node):
    """One `for target in iterable if c1 if c2` of a comprehension."""

    target: Target
    iterable: Expr
    conditions: tuple[Expr, ...]


@record(frozen=True)
class Comprehension(Node):
    """`[element for … in … if …]`; a generator expression that is an argument is the same list."""

    element: Expr
    generators: tuple[Generator, ...]


Expr = (
    Constant
    | Name
    | ListExpr
    | TableExpr
    | RecordExpr
    | AttributeExpr
    | Index
    | Slice
    | Unary
    | Binary
    | BoolOp
    | Compare
    | IfExpr
    | Call
    | Lambda
    | Comprehension
)


@record(frozen=True)
class NameTarget(Node):
    """One name on the left of `=` or after `for`."""

    id: str


@record(frozen=True)
class TupleTarget(Node):
    """`a, b` (possibly nested) on the left of `=` or after `for`."""

    items: tuple[Target, ...]


Target = NameTarget | TupleTarget


@record(frozen=True)
class Assign(Node):
    """`target = value`; `x += e` is read as `x = x + e`."""

    target: Target
    value: Expr


@record(frozen=True)
class ParameterNode(Node):
    """A parameter of a `def`, with its default or None where the argument is required."""

    name: str
    default: Expr | None = None


@record(frozen=True)
class FunctionDef(Node):
    """`def name(parameters): body`, memoised when `mem`; `doc` is its docstring (not part of `body`)."""

    name: str
    parameters: tuple[ParameterNode, ...]
    body: tuple[Statement, ...]
    mem: bool = False
    doc: str | None = None


@record(frozen=True)
class If(Node):
    """`if test: body else: orelse`; an `elif` is an `If` alone in `orelse`."""

    test: Expr
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...] = ()


@record(frozen=True)
class For(Node):
    """`for target in iterable: body`."""

    target: Target
    iterable: Expr
    body: tuple[Statement, ...]


@record(frozen=True)
class Return(Node):
    """`return value`; a bare `return` returns None."""

    value: Expr | None = None


@record(frozen=True)
class Break(Node):
    """`break`."""


@record(frozen=True)
class Continue(Node):
    """`continue`."""


@record(frozen=True)
class Pass(Node):
    """`pass`."""


@record(frozen=True)
class ExprStatement(Node):
    """An expression for its effect: a call whose value is not kept."""

    value: Expr


@record(frozen=True)
class Condition(Node):
    """`condition(test)`: the worlds where `test` is false are ruled out."""

    test: Expr


@record(frozen=True)
class Observe(Node):
    """`observe(distribution(…), value)`: worlds are weighted by the density of `value`.

    `distribution` is a call of a library distribution and is not sampled.
    """

    distribution: Call
    value: Expr


@record(frozen=True)
class Query(Node):
    """`query(value)`, at the top level only: what is asked of the posterior."""

    value: Expr


@record(frozen=True)
class Do(Node):
    """`do(target, value)`: from here on a `@mem` call `f(x)` or a variable has `value`, whatever its causes.

    `do(target, where=test)` is `restricted`: the target is drawn as before, among the values that pass the test
    `value`. At the top level only.
    """

    target: Call | Name
    value: Expr
    restricted: bool = False


Statement = (
    FunctionDef
    | Assign
    | If
    | For
    | Return
    | Break
    | Continue
    | Pass
    | ExprStatement
    | Condition
    | Observe
    | Query
    | Do
)


@record(frozen=True)
class ProgramNode(Node):
    """A whole program.

    Attributes:
        body: Its statements in order.
        doc: The text that it begins with, None where there is none.
        asked: The number of the first statement of a question's own block, None where nothing is known of blocks: what
            is bound from there on is no equation of the world, and keeps its value under an intervention.
    """

    body: tuple[Statement, ...]
    doc: str | None = None
    asked: int | None = field(default=None, compare=False, repr=False)


def walk(node: Node) -> Iterator[Node]:
    """Yield `node` and every node beneath it, parents first, in source order."""
    pending: list[Node] = [node]
    while pending:
        node = pending.pop()
        yield node
        inner = _children_of(type(node))  # type: ignore[arg-type]  # a class has a hash, whatever its instances have
        if inner is not None:
            pending.extend(inner(node))


def children(node: Node) -> Sequence[Node]:
    """Return the nodes that a node is made of, the last first."""
    inner = _children_of(type(node))  # type: ignore[arg-type]  # a class has a hash, whatever its instances have
    return () if inner is None else inner(node)


@cache
def _children_of(kind: Any) -> Callable[[Node], Sequence[Node]] | None:
    """Return what gives the children of a kind of node, None where it has none."""
    held = [slot for slot in reversed(fields(kind)) if not _PLAIN.issuperset(_WORD.findall(slot.type))]
    names = [slot.name for slot in held]
    if not names:
        return None
    several = len(names) > 1
    values: Callable[[Node], Sequence[Any]] = attrgetter(*names) if several else lambda node: (getattr(node, names[0]),)
    if _MANY.isdisjoint(_WORD.findall(" ".join([slot.type for slot in held]))):
        return values  # each field is a node
    return lambda node: _nodes_in(values(node))


def _nodes_in(items: Sequence[object]) -> list[Node]:
    """Return the nodes among items, those of tuples within too, the last of these first."""
    found: list[Node] = []
    for item in items:
        if isinstance(item, Node):
            found.append(item)
        elif isinstance(item, tuple):
            found.extend(_nodes_in(item[::-1]))
    return found


_WORD = re.compile(r"\w+")
_PLAIN = frozenset(["Any", "bool", "float", "int", "str", "tuple", "None", "Span"])
_MANY = frozenset(["tuple", "None"])
