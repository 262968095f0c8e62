"""Call frames, the interface of the interpreter, and the addresses of sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from plot.language import LIBRARY
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Comprehension,
    Condition,
    Do,
    Expr,
    FunctionDef,
    Lambda,
    Node,
    Observe,
    ProgramNode,
    Query,
    Return,
    Statement,
    children,
)
from plot.runtime.evaluator.kept import OfPrograms
from plot.runtime.sites.machine import Here, Machine
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import MISSING, Closure, Value, VariableScope

if TYPE_CHECKING:
    from torch import Tensor

    from plot.runtime.evaluator.plates import Plate


@dataclass(slots=True, eq=False)
class Frame:
    """One call of a function: its variables, its address prefix and loop counters, and what it returned where.

    `mask` is on in the particles that made the call, `returned` in those that came back, `stopped` in those
    that left the innermost loop. Where `want` is a truth value, what the call returns is how far from it it is.
    """

    scope: VariableScope
    path: str
    mask: Mask
    depth: int
    loop: tuple[int, ...] = ()
    returned: Mask = False
    result: Value = MISSING
    stopped: Mask = False
    want: bool | None = None


class Interpreter(Protocol):
    """The interface of the interpreter: evaluates expressions, executes statements, calls functions."""

    machine: Machine
    labels: dict[int, str]
    places: dict[int, str]

    @property
    def plates(self) -> Mapping[int, Plate]:
        """The loops that are plates, by the identity of their nodes."""
        ...

    def evaluate(self, node: Expr, frame: Frame, mask: Mask) -> Value:
        """Return the value of an expression in the particles of `mask`."""
        ...

    def distance(self, node: Expr, frame: Frame, mask: Mask, want: bool) -> Tensor:
        """Return how far an expression is from a truth value: 0 where it has it, more the further it is."""
        ...

    def execute(self, body: tuple[Statement, ...], frame: Frame, mask: Mask) -> Mask:
        """Run statements; return the particles that fall through at their end."""
        ...

    def run_body(self, function: Closure, arguments: list[Value], here: Here, path: str, depth: int) -> Value:
        """Run the body of a function, its parameters bound, in the particles of `here`."""
        ...

    def define(self, node: FunctionDef | Lambda, frame: Frame, mask: Mask) -> Closure:
        """Return the function that a definition makes."""
        ...

    def captures(self, node: Comprehension) -> bool:
        """Return whether a comprehension makes functions, which may look at its names later."""
        ...

    def compares_worlds(self, node: Query) -> bool:
        """Return whether a query may look at several worlds at once."""
        ...

    def actual(self, node: Expr, frame: Frame, mask: Mask) -> Value:
        """Return what an expression is worth in the factual world, before any intervention."""
        ...

    def intervene(self, node: Do, frame: Frame, mask: Mask) -> None:
        """Fix a variable or a value of a memoised function, and decide again what follows from it."""
        ...


def address(frame: Frame, label: str, index: int | None = None) -> str:
    """Return the address of a labelled place: the path of the call, the label, and the counters of the loops."""
    counters = frame.loop if index is None else (*frame.loop, index)
    place = f"{label}[{','.join(map(str, counters))}]" if counters else label
    return f"{frame.path}.{place}" if frame.path and place else frame.path or place


def label_places(program: ProgramNode) -> dict[int, str]:
    """Return the label of every call, condition and observation, by the identity of its node.

    A label depends on the text of its own function alone: the variable that the value is assigned to, else the
    function that is called, numbered in order. The draw that a function returns has the address of the call
    itself, so `strength(tom)` is what `def strength(p): return normal(50, 20)` draws.
    """
    return _LABELS.of(program)


def _labels(program: ProgramNode) -> dict[int, str]:
    labels: dict[int, str] = {}
    _label_body(list(program.body), labels)
    return labels


LABELLED = frozenset([FunctionDef, Lambda, Assign, Return, Call, Condition, Observe])
_LABELS = OfPrograms(_labels)


def _label_body(body: list[Node], labels: dict[int, str]) -> None:
    counts: dict[str, int] = {}
    inner: list[FunctionDef | Lambda] = []
    preferred: dict[int, str] = {}
    pending = body[::-1]
    while pending:
        node = pending.pop()
        if type(node) in LABELLED:
            if isinstance(node, (FunctionDef, Lambda)):
                inner.append(node)
                if isinstance(node, Lambda):
                    _number(node, "lambda", counts, labels)
                continue
            if isinstance(node, (Assign, Return)):
                if isinstance(node.value, Call):
                    preferred[id(node.value)] = _preferred(node)
            else:
                _number(node, preferred.get(id(node)) or _plain_label(node), counts, labels)
        pending.extend(children(node))
    for function in inner:
        parts = function.body if isinstance(function, FunctionDef) else (Return(value=function.body),)
        _label_body(list(parts), labels)


def _preferred(node: Assign | Return) -> str:
    call = node.value
    assert isinstance(call, Call)
    name = getattr(call.function, "id", "")
    drawn = name in LIBRARY and LIBRARY[name].category == "distribution"
    if isinstance(node, Return):
        return "=" if drawn else _plain_label(call)
    return getattr(node.target, "id", None) or _plain_label(call)


def _plain_label(node: Node) -> str:
    if isinstance(node, Call):
        return getattr(node.function, "id", "call")
    return type(node).__name__.lower()


def _number(node: Node, label: str, counts: dict[str, int], labels: dict[int, str]) -> None:
    if label == "=" and label in counts:
        label = _plain_label(node)
    unique = label
    while unique in counts:
        counts[label] += 1
        unique = f"{label}_{counts[label]}"
    counts[unique] = 1
    labels[id(node)] = "" if label == "=" else unique
