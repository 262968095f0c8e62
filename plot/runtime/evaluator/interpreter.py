"""The interpreter of one run, with function definitions and interventions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from plot.errors import PlotError
from plot.language import LibraryEntry, ProgramNode
from plot.language.checks.constants import UNKNOWN, fold
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Comprehension,
    Condition,
    Do,
    Expr,
    For,
    FunctionDef,
    If,
    Lambda,
    Name,
    Observe,
    Query,
    Return,
    Statement,
    walk,
)
from plot.runtime.evaluator.assignment import names_of
from plot.runtime.evaluator.calls import bound_to, library_entry, run_body
from plot.runtime.evaluator.distance import distance
from plot.runtime.evaluator.expressions import EXPRESSIONS
from plot.runtime.evaluator.frames import Frame, address
from plot.runtime.evaluator.mechanisms import intervenes, mechanisms
from plot.runtime.evaluator.plates import Plate, plates_of
from plot.runtime.evaluator.restriction import bounds_of, restrictions_of
from plot.runtime.evaluator.statements import execute
from plot.runtime.library.ops import truth
from plot.runtime.sites.machine import Here, Machine, Pin, Restriction
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import Closure, MemoEntry, Value, VariableScope

if TYPE_CHECKING:
    from torch import Tensor


class _World(NamedTuple):
    """A world: the variables of the top level, its number, and what interventions have fixed or restricted in it."""

    variables: dict[str, Value]
    number: int
    pins: dict[str, list[Pin]]
    restricted: dict[int, tuple[Restriction, ...]]


def _top_of(scope: VariableScope) -> VariableScope:
    while scope.parent is not None:
        scope = scope.parent
    return scope


class Evaluator:
    """Runs a program on a machine; `labels` are from `label_places`, `only` picks top-level statements by identity."""

    def __init__(
        self, machine: Machine, program: ProgramNode, labels: dict[int, str], only: Collection[int] | None = None
    ) -> None:
        self.machine = machine
        self.labels = labels
        self._program = program
        self._body = tuple(node for node in program.body if only is None or id(node) in only)
        self._pinned: dict[str, Value] = {}
        self._locals: dict[int, frozenset[str]] = {}
        self._captures: dict[int, bool] = {}
        self.places: dict[int, str] = {}
        self._asking: frozenset[int] = frozenset()
        self._actual: _World | None = None
        if intervenes(program):
            self.places, self._asking = mechanisms(program, labels), _asking(program)

    @cached_property
    def plates(self) -> Mapping[int, Plate]:
        """The loops that are plates, by the identity of their nodes; none in a program that intervenes."""
        return {} if self.places else plates_of(self._program)

    def run(self) -> None:
        """Run the whole program. In the end its variables are dropped: functions and their scopes hold each other."""
        top = self._top()
        mask: Mask = True
        try:
            for node in self._body:
                self.machine.statement = id(node)
                mask = self.execute((node,), top, mask)
        finally:
            top.scope.variables.clear()

    def _top(self) -> Frame:
        return Frame(VariableScope({}, None, frozenset(), self._pinned), "", True, 0)

    def evaluate(self, node: Expr, frame: Frame, mask: Mask) -> Value:
        """Return the value of an expression in the particles of `mask`."""
        value = EXPRESSIONS[type(node)](self, node, frame, mask)
        return value if self.machine.compress is None else self.machine.compress(value)

    def distance(self, node: Expr, frame: Frame, mask: Mask, want: bool) -> Tensor:
        """Return how far an expression is from a truth value: 0 where it has it, more the further it is."""
        return distance(self, node, frame, mask, want)

    def execute(self, body: tuple[Statement, ...], frame: Frame, mask: Mask) -> Mask:
        """Run statements; return the particles that fall through at their end."""
        return execute(self, body, frame, mask)

    def run_body(self, function: Closure, arguments: list[Value], here: Here, path: str, depth: int) -> Value:
        """Run the body of a function, its parameters bound, in the particles of `here`."""
        return run_body(self, function, arguments, here, path, depth)

    # -- functions -------------------------------------------------------------------------------------

    def define(self, node: FunctionDef | Lambda, frame: Frame, mask: Mask) -> Closure:
        """Return the function that a definition makes; defaults are evaluated now, as in Python."""
        path = address(frame, "")
        if isinstance(node, Lambda):
            name = self.labels[id(node)]
            return Closure(name, node, node.parameters, node.body, frame.scope, path, frozenset(node.parameters))
        names = tuple(parameter.name for parameter in node.parameters)
        defaults: Mapping[str, Value] = {
            parameter.name: self.evaluate(parameter.default, frame, mask)
            for parameter in node.parameters
            if parameter.default is not None
        }
        known = self._local_names(node)
        prior = node.mem and _is_one_constant_draw(node, frame.scope)
        memo: dict[Any, MemoEntry] | None = {} if node.mem else None
        return Closure(node.name, node, names, node.body, frame.scope, path, known, defaults, memo, prior)

    def _local_names(self, node: FunctionDef) -> frozenset[str]:
        if id(node) not in self._locals:
            bound = {parameter.name for parameter in node.parameters}
            self._locals[id(node)] = frozenset(bound.union(assigned(node.body)))
        return self._locals[id(node)]

    def captures(self, node: Comprehension) -> bool:
        """Return whether a comprehension makes functions, which may look at its names later."""
        if id(node) not in self._captures:
            self._captures[id(node)] = any(isinstance(inner, Lambda) for inner in walk(node))
        return self._captures[id(node)]

    # -- interventions ---------------------------------------------------------------------------------

    def intervene(self, node: Do, frame: Frame, mask: Mask) -> None:
        """Fix a variable or a value of a memoised function, and decide again what follows from it.

        The equations of the world run again, with the new value in place of its causes; what was said of the world
        before (its conditions and observations) stands, and is not said again. Draws share their noise with those of
        the worlds before: this is abduction, action and prediction (Pearl 2009, section 7.1).
        """
        value = self.evaluate(node.value, frame, mask)
        before = self._here(frame)
        self._actual = self._actual or before
        if isinstance(node.target, Call):
            function = self.evaluate(node.target.function, frame, mask)
            if not isinstance(function, Closure) or function.memo is None:
                raise PlotError(
                    "only a variable or a @mem function can be intervened on",
                    hint="mark the function with @mem",
                    span=node.target.span,
                )
            given = [self.evaluate(argument, frame, mask) for argument in node.target.args]
            keywords = {name: self.evaluate(argument, frame, mask) for name, argument in node.target.keywords}
            arguments = bound_to(function, given, keywords, Here(self.machine, mask, node.target.span))
            restriction = self._restriction(node, value, frame, before, function.body) if node.restricted else None
            pins = self.machine.pins.setdefault(function.name, [])
            pins.append(Pin(function.node, tuple(arguments), value, restriction))
        elif node.restricted:
            restriction = self._restriction(node, value, frame, before, self._body)
            self.machine.restricted |= restrictions_of(self._body, node.target.id, node.target.span, (restriction,))
            self._pinned.pop(node.target.id, None)
        else:
            self._pinned[node.target.id] = value
        self.machine.intervened += 1
        self._rewind(node, frame)

    def _restriction(
        self, node: Do, test: Value, frame: Frame, before: _World, body: tuple[Statement, ...] | Expr
    ) -> Restriction:
        """Return what a draw is restricted to; what the test mentions is as it was before the intervention."""
        here = Here(self.machine, True, node.value.span)
        if not isinstance(test, Closure) or len(test.parameters) != 1 or not isinstance(body, tuple):
            raise PlotError("where needs a function that tests a value", hint="write lambda s: s > 3", span=here.span)
        restrictions_of(body, node.target.id if isinstance(node.target, Name) else None, node.target.span, ())
        inner = Frame(test.scope, "where", True, frame.depth)
        bounds = bounds_of(test, lambda bound: self.evaluate(bound, inner, True))

        def holds(at: Here, value: Value) -> Mask:
            with self._within(before, frame):
                return truth(at, self.run_body(test, [value], at, "where", frame.depth))

        return Restriction(True, holds, bounds)

    def _rewind(self, until: Do, frame: Frame) -> None:
        """Run the equations of the world again; what was bound after them, to ask of it, keeps its value."""
        before = self._body[: next(i for i, node in enumerate(self._body) if node is until)]
        variables = frame.scope.variables
        bound = set(assigned(tuple(node for node in before if id(node) in self._asking)))
        kept = {name: variables[name] for name in bound - self._pinned.keys() if name in variables}
        variables.clear()
        variables.update(self._pinned)
        self.machine.rewinding = True
        idle = (Do, Query, Condition, Observe)
        self.execute(
            tuple(node for node in before if id(node) not in self._asking and not isinstance(node, idle)), frame, True
        )
        self.machine.rewinding = False
        variables.update(kept)

    def compares_worlds(self, node: Query) -> bool:
        """Return whether a query may look at several worlds at once: by `actual`, or a name that kept its value."""
        if not self.machine.intervened:
            return False
        place = next(i for i, other in enumerate(self._body) if other is node)
        last = max([i for i in range(place) if isinstance(self._body[i], Do)])
        kept = set(assigned(tuple(other for other in self._body[:last] if id(other) in self._asking)))
        others = [other for other in self._body[:place] if not isinstance(other, Query)]
        return any(isinstance(part, Name) and part.id in kept for part in walk(node)) or any(
            isinstance(part, Name) and part.id == "actual" for other in (node, *others) for part in walk(other)
        )

    def actual(self, node: Expr, frame: Frame, mask: Mask) -> Value:
        """Return what an expression is worth in the factual world, before any intervention."""
        if self._actual is None:
            return self.evaluate(node, frame, mask)
        with self._within(self._actual, frame):
            return self.evaluate(node, frame, mask)

    def _here(self, frame: Frame) -> _World:
        """Return the world that is computed now."""
        machine = self.machine
        pins = {name: list(values) for name, values in machine.pins.items()}
        return _World(_top_of(frame.scope).variables.copy(), machine.intervened, pins, dict(machine.restricted))

    @contextmanager
    def _within(self, world: _World, frame: Frame) -> Iterator[None]:
        """Compute in another world for a while."""
        variables, machine, now = _top_of(frame.scope).variables, self.machine, self._here(frame)
        variables.update(world.variables)
        machine.intervened, machine.pins, machine.restricted = world.number, world.pins, world.restricted
        try:
            yield
        finally:
            machine.intervened, machine.pins, machine.restricted = now.number, now.pins, now.restricted
            variables.clear()
            variables.update(now.variables)


def _asking(program: ProgramNode) -> frozenset[int]:
    """Return the identities of the statements that ask: the question's own, and all from the first intervention on."""
    body = program.body
    first = next((i for i, node in enumerate(body) if isinstance(node, Do)), len(body))
    start = first if program.asked is None else min(first, program.asked)
    return frozenset([id(node) for node in body[start:]])


def assigned(body: tuple[Statement, ...]) -> Iterator[str]:
    """Yield the names that statements bind in their own scope."""
    for node in body:
        if isinstance(node, Assign):
            yield from names_of(node.target)
        elif isinstance(node, FunctionDef):
            yield node.name
        elif isinstance(node, If):
            yield from assigned(node.body + node.orelse)
        elif isinstance(node, For):
            yield from names_of(node.target)
            yield from assigned(node.body)


def _is_one_constant_draw(node: FunctionDef, scope: VariableScope) -> bool:
    """Return whether a body is `return normal(50, 20)`: then it can be drawn for all particles when one needs it."""
    only = node.body[0] if len(node.body) == 1 else None
    drawn = only.value if isinstance(only, Return) else None
    if not isinstance(drawn, Call):
        return False
    entry = library_entry(drawn.function, scope)
    if entry is None or entry.category != "distribution" or entry.name == "shuffle":
        return False
    keywords = dict(drawn.keywords)
    given = {**dict(zip([p.name for p in entry.parameters], drawn.args, strict=False)), **keywords}
    constants = {name: fold(argument) for name, argument in given.items()}
    return UNKNOWN not in list(constants.values()) and _is_sound(entry, constants)


def _is_sound(entry: LibraryEntry, constants: Mapping[str, Any]) -> bool:
    """Return whether a draw with these parameters can't fail."""
    for parameter in entry.parameters:
        value = constants.get(parameter.name, parameter.default)
        if parameter.kind == "number":
            if not isinstance(value, (bool, int, float)):
                return False
            if parameter.support is not None and not parameter.support.test(float(value)):
                return False
    return entry.rule is None or entry.rule(constants) is None


__all__ = ["Evaluator", "assigned"]
