"""The symbol table of the checks: scopes, bindings and the places of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from plot.language.library.library import LibraryEntry
from plot.language.syntax.nodes import Call, Expr, For, FunctionDef, Lambda, Name, Node, ProgramNode, Return
from plot.records import record


@record(eq=False)
class BoundValue:
    """One way in which a name gets a value: an expression, an item of one, a function, or an argument.

    `path` leads into the value where a tuple is unpacked; `function` is the one defined, or the one whose
    parameter number `index` this is.
    """

    how: Literal["value", "item", "function", "parameter"]
    node: Node
    place: Place
    value: Expr | None = None
    path: tuple[int, ...] = ()
    function: Function | None = None
    index: int = 0


@record(eq=False)
class Binding:
    """A name in a scope, with all that it may be bound to; `intervened` when a `do` sets it."""

    name: str
    scope: NameScope
    bounds: list[BoundValue] = field(default_factory=list)
    intervened: bool = False

    @property
    def is_function(self) -> bool:
        """Return whether the name is that of a definition."""
        return any(bound.how == "function" for bound in self.bounds)


@record(eq=False)
class NameScope:
    """The names of the program, a function or a comprehension; `assigned` so far, in the order of the text.

    What uses a name of a scope around a `deferred` one does so when it is called, not when it is read.
    """

    parent: NameScope | None
    deferred: bool
    names: dict[str, Binding] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)

    def find(self, name: str) -> tuple[Binding | None, bool]:
        """Return the binding of a name, and whether it is used at once."""
        scope: NameScope | None = self
        at_once = True
        while scope is not None:
            if name in scope.names:
                return scope.names[name], at_once
            at_once = at_once and not scope.deferred
            scope = scope.parent
        return None, False

    def visible(self) -> set[str]:
        """Return all names that can be used here, the library's aside."""
        return set(self.names) | (self.parent.visible() if self.parent is not None else set())


@record(eq=False)
class Function:
    """A `def` or a `lambda`, with who calls it; `escapes` when it is also used as a value."""

    node: FunctionDef | Lambda
    place: Place
    name: str
    parameters: tuple[str, ...]
    defaults: tuple[Expr | None, ...]
    scope: NameScope
    mem: bool = False
    escapes: bool = False
    returns: list[Return] = field(default_factory=list)
    calls: list[tuple[Call, Place]] = field(default_factory=list)

    def argument(self, call: Call, index: int) -> Expr | None:
        """Return what a call gives for parameter number `index`, or its default."""
        if index < len(call.args):
            return call.args[index]
        return dict(call.keywords).get(self.parameters[index], self.defaults[index])


@record(frozen=True, eq=False)
class Place:
    """The place of a node: its function and scope, and the tests that decide whether it runs.

    `tests` are the conditions around it within the function, `loops` the for statements; `branches` says on
    which side of each `if` it is; `nested` whether it is within what may skip or repeat it.
    """

    scope: NameScope
    function: Function | None = None
    tests: tuple[Expr, ...] = ()
    loops: tuple[For, ...] = ()
    branches: tuple[tuple[int, int], ...] = ()
    nested: bool = False


@record(eq=False)
class SymbolTable:
    """All that the checks look up. `nodes` are in the order of evaluation; `bindings` go by the id of a node.

    `library` are the functions that it may call without defining them, those of the `modules` that it names among them.
    `early` are names that are used before anything is assigned to them, `unknown` those that nothing defines.
    """

    program: ProgramNode
    known: frozenset[str]
    top: NameScope
    library: Mapping[str, LibraryEntry]
    modules: frozenset[str] = frozenset()
    nodes: list[tuple[Node, Place]] = field(default_factory=list)
    calls: list[tuple[Call, Place]] = field(default_factory=list)
    bindings: dict[int, Binding] = field(default_factory=dict)
    early: list[Name] = field(default_factory=list)
    unknown: list[tuple[Name, Place]] = field(default_factory=list)
    callees: set[int] = field(default_factory=set)
    functions: list[Function] = field(default_factory=list)
    by_node: dict[int, Function] = field(default_factory=dict)

    def entry(self, node: Node) -> LibraryEntry | None:
        """Return the library entry that a name means, if it means one."""
        if isinstance(node, Name) and id(node) not in self.bindings and node.id not in self.known:
            return self.library.get(node.id)
        return None

    def functions_of(self, callee: Node) -> list[Function]:
        """Return the functions of the program that a callee may be; none where that is not certain."""
        if isinstance(callee, Lambda):
            return [self.by_node[id(callee)]]
        binding = self.bindings.get(id(callee))
        if binding is None or binding.intervened:
            return []
        found: list[Function] = []
        for bound in binding.bounds:
            if bound.how == "function" and bound.function is not None:
                found.append(bound.function)
            elif bound.how == "value" and isinstance(bound.value, Lambda) and not bound.path:
                found.append(self.by_node[id(bound.value)])
            else:
                return []
        return found

    def link(self) -> None:
        """Tell every function who calls it, and whether it is used as a value."""
        named = {id(bound.value) for binding in self.bindings.values() for bound in binding.bounds if not bound.path}
        for function in self.functions:
            lone = isinstance(function.node, Lambda) and id(function.node) not in named | self.callees
            function.escapes = lone
        for call, place in self.calls:
            for function in self.functions_of(call.function):
                function.calls.append((call, place))
        for node, _ in self.nodes:
            if isinstance(node, Name) and id(node) not in self.callees:
                for function in self._possible(node):
                    function.escapes = True

    def _possible(self, node: Name) -> list[Function]:
        binding = self.bindings.get(id(node))
        found: list[Function] = []
        for bound in binding.bounds if binding is not None else []:
            if bound.how == "function" and bound.function is not None:
                found.append(bound.function)
            elif isinstance(bound.value, Lambda):
                found.append(self.by_node[id(bound.value)])
        return found
