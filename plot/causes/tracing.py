"""Which variable is computed from which others: a program runs once, and what each variable reads is written down.

A variable is a name of the top level, or a value of a memoised function, such as `recovered(ann)`. What is the same in
all worlds is none. All branches that a world takes are taken at once, so that nothing depends on one that was left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from plot.errors import BudgetError
from plot.language import Budget, ProgramNode, show
from plot.language.syntax.nodes import (
    BoolOp,
    Call,
    Compare,
    Condition,
    Constant,
    Do,
    Expr,
    For,
    FunctionDef,
    IfExpr,
    Name,
    Observe,
    Query,
    Statement,
    Unary,
    walk,
)
from plot.runtime.evaluator.assignment import names_of
from plot.runtime.evaluator.calls import bound_to
from plot.runtime.evaluator.frames import Frame, label_places
from plot.runtime.evaluator.interpreter import Evaluator, assigned
from plot.runtime.evaluator.lookup import looked_up
from plot.runtime.evaluator.memo import text_of
from plot.runtime.sites.machine import Halt, Here, Machine
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.replay import Dims, NoDimension, SiteDraws
from plot.runtime.values.masks import Mask, any_
from plot.runtime.values.values import Closure, Value

PARTICLES = 4_096
MOST_NUMBERS = 1 << 14  # combinations of values that are all looked at; where there are more, prior samples are


class _TooManyError(Exception):
    """There are too many combinations of values to look at all of them."""


@dataclass
class Trace:
    """What was written down: the variables in their order, each with what it reads; and what the program says of them.

    Attributes:
        reads: Variable to the variables that it is computed from.
        random: The variables that something is drawn for.
        observed: The variables whose value is known.
        selected: A test that is known to be true to the variables that it is about.
        intervened: The variables that an intervention sets.
        open: Why more may depend on one another than is written down, None where nothing else does.
        failed: Whether an error occurred in a world.
    """

    reads: dict[str, set[str]] = field(default_factory=dict)
    random: set[str] = field(default_factory=set)
    observed: list[str] = field(default_factory=list)
    selected: dict[str, set[str]] = field(default_factory=dict)
    intervened: list[str] = field(default_factory=list)
    open: str | None = None
    failed: bool = False


def traced(program: ProgramNode, budget: Budget | None = None, seed: int = 0) -> Trace:
    """Return what the variables of a program read.

    Args:
        program: The program: its equations, the evidence, interventions, queries.
        budget: What the run may cost.
        seed: The seed of the particles, where there are too many combinations of values to look at all.

    Raises:
        BudgetError: The program costs more.
    """
    budget = budget or Budget()
    try:
        dims = Dims(most=MOST_NUMBERS, beyond=_give_up)
        found = _Tracer(Machine(1, budget), program)
        found.machine.draws = SiteDraws({}, dims, 1, Stream(seed))
        return _finished(found)
    except (_TooManyError, NoDimension):
        found = _Tracer(Machine(PARTICLES, budget), program)
        found.machine.draws = SiteDraws({}, None, PARTICLES, Stream(seed))
        return _finished(found)


def _give_up() -> None:
    raise _TooManyError


def _finished(tracer: _Tracer) -> Trace:
    tracer.run()
    tracer.trace.failed = any_(tracer.machine.spared)
    sites = tracer.machine.sites.values()
    if any([site.raw.numel() == 1 and not site.observed for site in sites]) and tracer.machine.particles == 1:
        raise _TooManyError  # what is not finite was drawn once only
    return tracer.trace


class _Tracer(Evaluator):
    """Runs a program, and writes down what is read while a variable is computed."""

    def __init__(self, machine: Machine, program: ProgramNode) -> None:
        super().__init__(machine, program, label_places(program))
        machine.lenient = True
        machine.met = self._met
        self.trace = Trace()
        self._frames: list[set[str]] = [set()]
        self._now: dict[str, str] = {}
        functions = [node for node in walk(program) if isinstance(node, FunctionDef)]
        if any(isinstance(part, (Condition, Observe)) for node in functions for part in walk(node)):
            self.trace.open = "a function observes something within"

    def run(self) -> None:
        """Run the statements of the top level one by one."""
        top = self._top()
        try:
            for node in self._body:
                self._statement(node, top)
        except Halt:
            pass
        except RecursionError:
            raise BudgetError("over the budget of depth: the calls are nested too deeply", budget="depth") from None
        finally:
            top.scope.variables.clear()

    def _statement(self, node: Statement, top: Frame) -> None:
        if isinstance(node, Condition):
            for part in _conjuncts(node.test):
                self._evidence(part, top)
        elif isinstance(node, Observe):
            with self._reading() as reads:
                for value in (*node.distribution.args, *[each for _, each in node.distribution.keywords], node.value):
                    self.evaluate(value, top, True)
            self.trace.selected[show(ProgramNode(body=(node,))).strip()] = reads
        elif isinstance(node, Do):
            self._intervened(node, top)
        elif isinstance(node, Query):
            self.evaluate(node.value, top, True)
        else:
            self._equation(node, top)

    def _equation(self, node: Statement, top: Frame) -> None:
        names = [] if isinstance(node, FunctionDef) else list(dict.fromkeys(assigned((node,))))
        before = len(self.machine.sites)
        rounds: set[str] = set()
        if isinstance(node, For):  # what a loop goes through follows from the list alone
            with self._reading() as rounds:
                self.evaluate(node.iterable, top, True)
        with self._reading() as reads:
            self.execute((node,), top, True)
        for name in names:
            number = sum([other.partition("@")[0] == name for other in self.trace.reads]) + 1
            label = name if number == 1 else f"{name}@{number}"
            self._now[name] = label
            if isinstance(node, For) and name in names_of(node.target):
                self._note(label, rounds, False)
            else:
                self._note(label, reads, len(self.machine.sites) > before)

    def _evidence(self, test: Expr, top: Frame) -> None:
        with self._reading() as reads:
            self.evaluate(test, top, True)
        if len(reads) == 1 and self._is_variable(_subject(test), top):
            self.trace.observed.append(next(iter(reads)))
        else:
            self.trace.selected[show(ProgramNode(body=(Query(value=test),))).strip()[len("query(") : -1]] = reads

    def _is_variable(self, node: Expr, top: Frame) -> bool:
        """Return whether an expression is a variable itself, and no function of some."""
        if isinstance(node, Name):
            return node.id in self._now
        function = self.evaluate(node.function, top, True) if isinstance(node, Call) else None
        return isinstance(function, Closure) and function.memo is not None

    def _intervened(self, node: Do, top: Frame) -> None:
        target = node.target
        if isinstance(target, Name):
            self.trace.intervened.append(self._now.get(target.id, target.id))
            return
        function = self.evaluate(target.function, top, True)
        given = [self.evaluate(argument, top, True) for argument in target.args]
        keywords = {name: self.evaluate(argument, top, True) for name, argument in target.keywords}
        if isinstance(function, Closure):
            bound = bound_to(function, given, keywords, Here(self.machine, True, node.span))
            shown = [text_of(each) or "…" for each in bound]
            self.evaluate(target, top, True)
            self.trace.intervened.append(f"{function.name}({','.join(shown)})")

    # -- what is read ----------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[set[str]]:
        self._frames.append(set())
        try:
            yield self._frames[-1]
        finally:
            self._frames.pop()

    def _note(self, name: str, reads: set[str], drawn: bool) -> None:
        self.trace.reads.setdefault(name, set()).update(reads - {name})
        if drawn:
            self.trace.random.add(name)

    def _met(self, path: str, function: Closure) -> None:
        """Note that a value of a memoised function was asked for."""
        self._frames[-1].add(path)
        self.trace.reads.setdefault(path, set())
        if function.path:
            self.trace.open = f"{function.name} is defined within a function, whose choices it may share"

    def run_body(self, function: Closure, arguments: list[Value], here: Here, path: str, depth: int) -> Value:
        """Run the body of a memoised function, and note what it reads."""
        before = len(self.machine.sites)
        with self._reading() as reads:
            value = super().run_body(function, arguments, here, path, depth)
        self._note(path, reads, len(self.machine.sites) > before)
        return value

    def evaluate(self, node: Expr, frame: Frame, mask: Mask) -> Value:
        """Return the value of an expression; a name of the top level is read."""
        if isinstance(node, Name):
            self._read(node, frame)
        elif isinstance(node, IfExpr) and looked_up(node, frame) is not None:  # which evaluates none of its parts
            for part in walk(node):
                if isinstance(part, Name):
                    self._read(part, frame)
        return super().evaluate(node, frame, mask)

    def _read(self, node: Name, frame: Frame) -> None:
        """Note a name that is read, if it is one of the top level."""
        scope = frame.scope
        while scope.parent is not None and node.id not in scope.variables and node.id not in scope.local_names:
            scope = scope.parent
        if scope.parent is None and node.id in self._now:
            self._frames[-1].add(self._now[node.id])


def _conjuncts(test: Expr) -> Iterator[Expr]:
    if isinstance(test, BoolOp) and test.op == "and":
        for part in test.values:
            yield from _conjuncts(part)
    else:
        yield test


def _subject(test: Expr) -> Expr:
    """Return what a test tells the value of: `x`, `not x` and `x == 3` all tell that of x."""
    if isinstance(test, Compare) and test.ops == ("==",):
        return test.left if isinstance(test.comparators[0], Constant) else test
    return (
        test.operand if isinstance(test, Unary) and test.op == "not" and not isinstance(test.operand, Compare) else test
    )


__all__ = ["Trace", "traced"]
