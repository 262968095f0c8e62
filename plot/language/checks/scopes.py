"""Name resolution: fills the symbol table in the order of evaluation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from plot.language.checks.table import Binding, BoundValue, Function, NameScope, Place, SymbolTable
from plot.language.library.modules import library_with
from plot.language.syntax.nodes import (
    Assign,
    BoolOp,
    Call,
    Comprehension,
    Do,
    Expr,
    For,
    FunctionDef,
    If,
    IfExpr,
    Lambda,
    Name,
    NameTarget,
    Node,
    ProgramNode,
    Return,
    Statement,
    Target,
    walk,
)


def table_of(program: ProgramNode, known: Iterable[str] = (), modules: Collection[str] | None = None) -> SymbolTable:
    """Return the table of a program; `known` are names that are defined elsewhere, `modules` are used (None: all)."""
    top = NameScope(None, deferred=True)
    table = SymbolTable(_unshared(program), frozenset(known), top, library_with(modules), frozenset(modules or ()))
    _Builder(table).program()
    return table


def free_names(program: ProgramNode) -> frozenset[str]:
    """Return the names that a program uses without defining them, the library's aside.

    >>> from plot.language.syntax.parser import parse
    >>> sorted(free_names(parse("condition(strength(tom) > 50)")))
    ['strength', 'tom']
    """
    return frozenset(node.id for node, _ in table_of(program).unknown)


def assigned_names(body: Iterable[Statement]) -> Iterator[str]:
    """Yield the names that statements assign in their own scope."""
    for statement in body:
        if isinstance(statement, FunctionDef):
            yield statement.name
        elif isinstance(statement, Assign):
            yield from target_names(statement.target)
        elif isinstance(statement, If):
            yield from assigned_names(statement.body)
            yield from assigned_names(statement.orelse)
        elif isinstance(statement, For):
            yield from target_names(statement.target)
            yield from assigned_names(statement.body)


def target_names(target: Target) -> Iterator[str]:
    """Yield the names of what is assigned to."""
    if isinstance(target, NameTarget):
        yield target.id
    else:
        for item in target.items:
            yield from target_names(item)


def _unshared(program: ProgramNode) -> ProgramNode:
    """Return the program with no node in two places, since bindings go by the identity of nodes."""
    seen: set[int] = set()
    for node in walk(program):
        if id(node) in seen:
            return _copied(program)  # type: ignore[no-any-return]
        seen.add(id(node))
    return program


def _copied(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple([_copied(item) for item in value])
    if isinstance(value, Node):
        parts = {slot.name: _copied(getattr(value, slot.name)) for slot in fields(value) if slot.init}
        return type(value)(**parts)
    return value


class _Builder:
    """Walks a program in the order of evaluation and fills its table."""

    def __init__(self, table: SymbolTable) -> None:
        self.table = table

    def program(self) -> None:
        top = self.table.top
        self._declare(top, assigned_names(self.table.program.body))
        self._block(self.table.program.body, Place(top))

    def _declare(self, scope: NameScope, names: Iterable[str]) -> None:
        for name in names:
            if name not in scope.names:
                scope.names[name] = Binding(name, scope)

    # -- statements ----------------------------------------------------------------------------------------

    def _block(self, body: Iterable[Statement], place: Place) -> None:
        for statement in body:
            self.table.nodes.append((statement, place))
            rule = _STATEMENTS.get(type(statement))
            if rule is not None:
                rule(self, statement, place)
            else:
                self._children(statement, place)

    def _children(self, node: Node, place: Place) -> None:
        for slot in fields(node):
            self._value(getattr(node, slot.name), place)

    def _value(self, value: object, place: Place) -> None:
        if isinstance(value, Node):
            self._expression(value, place)
        elif isinstance(value, tuple):
            for item in value:
                self._value(item, place)

    def _assign(self, node: Assign, place: Place) -> None:
        self._expression(node.value, place)
        self._bind(node.target, place, "value", node.value)

    def _bind(self, target: Target, place: Place, how: Any, value: Expr, path: tuple[int, ...] = ()) -> None:
        """Note that a target gets a value, or the items of one."""
        self.table.nodes.append((target, place))
        if isinstance(target, NameTarget):
            binding = place.scope.names[target.id]
            binding.bounds.append(BoundValue(how, target, place, value, path))
            self.table.bindings[id(target)] = binding
            place.scope.assigned.add(target.id)
        else:
            for number, item in enumerate(target.items):
                self._bind(item, place, how, value, (*path, number))

    def _if(self, node: If, place: Place) -> None:
        self._expression(node.test, place)
        scope = place.scope
        before = set(scope.assigned)
        inside = replace(place, tests=(*place.tests, node.test), nested=True)
        self._block(node.body, replace(inside, branches=(*place.branches, (id(node), 0))))
        after, scope.assigned = scope.assigned, before
        self._block(node.orelse, replace(inside, branches=(*place.branches, (id(node), 1))))
        scope.assigned |= after

    def _for(self, node: For, place: Place) -> None:
        self._expression(node.iterable, place)
        inside = replace(place, loops=(*place.loops, node), nested=True)
        self._bind(node.target, inside, "item", node.iterable)
        place.scope.assigned.update(assigned_names(node.body))  # by an earlier round of the loop
        self._block(node.body, inside)

    def _return(self, node: Return, place: Place) -> None:
        if node.value is not None:
            self._expression(node.value, place)
        if place.function is not None:
            place.function.returns.append(node)

    def _do(self, node: Do, place: Place) -> None:
        self._expression(node.target, place)
        self._expression(node.value, place)
        binding = self.table.bindings.get(id(node.target))
        if binding is not None and not binding.is_function:
            binding.intervened = True

    def _function(self, node: FunctionDef, place: Place) -> None:
        for parameter in node.parameters:
            if parameter.default is not None:
                self._expression(parameter.default, place)
        names = tuple([parameter.name for parameter in node.parameters])
        defaults = tuple([parameter.default for parameter in node.parameters])
        function = Function(node, place, node.name, names, defaults, NameScope(place.scope, True), node.mem)
        binding = place.scope.names[node.name]
        binding.bounds.append(BoundValue("function", node, place, function=function))
        self.table.bindings[id(node)] = binding
        place.scope.assigned.add(node.name)
        self._declare_parameters(function, node.parameters)
        self._declare(function.scope, assigned_names(node.body))
        self._block(node.body, Place(function.scope, function))

    def _declare_parameters(self, function: Function, nodes: tuple[Node, ...]) -> None:
        self.table.functions.append(function)
        self.table.by_node[id(function.node)] = function
        self._declare(function.scope, function.parameters)
        inside = Place(function.scope, function)
        for index, name in enumerate(function.parameters):
            at = nodes[index] if nodes else function.node
            bound = BoundValue("parameter", at, inside, function=function, index=index)
            function.scope.names[name].bounds.append(bound)
            function.scope.assigned.add(name)

    # -- expressions ---------------------------------------------------------------------------------------

    def _expression(self, node: Node, place: Place) -> None:
        self.table.nodes.append((node, place))
        rule = _EXPRESSIONS.get(type(node))
        if rule is not None:
            rule(self, node, place)
        else:
            self._children(node, place)

    def _name(self, node: Name, place: Place) -> None:
        binding, at_once = place.scope.find(node.id)
        if binding is None:
            if node.id not in self.table.library and node.id not in self.table.known:
                self.table.unknown.append((node, place))
            return
        self.table.bindings[id(node)] = binding
        if at_once and node.id not in binding.scope.assigned and node.id not in self.table.known:
            self.table.early.append(node)

    def _call(self, node: Call, place: Place) -> None:
        self.table.callees.add(id(node.function))
        self._children(node, place)
        self.table.calls.append((node, place))

    def _lambda(self, node: Lambda, place: Place) -> None:
        defaults = (None,) * len(node.parameters)
        function = Function(node, place, "lambda", node.parameters, defaults, NameScope(place.scope, True))
        self._declare_parameters(function, ())
        function.returns.append(Return(value=node.body, span=node.body.span))
        self._expression(node.body, Place(function.scope, function))

    def _comprehension(self, node: Comprehension, place: Place) -> None:
        scope = NameScope(place.scope, False)
        inside = replace(place, scope=scope, nested=True)
        for number, generator in enumerate(node.generators):
            self._expression(generator.iterable, place if number == 0 else inside)
            self._declare(scope, target_names(generator.target))
            self._bind(generator.target, inside, "item", generator.iterable)
            for test in generator.conditions:
                self._expression(test, inside)
                inside = replace(inside, tests=(*inside.tests, test))
        self._expression(node.element, inside)

    def _if_expr(self, node: IfExpr, place: Place) -> None:
        self._expression(node.test, place)
        inside = replace(place, tests=(*place.tests, node.test), nested=True)
        self._expression(node.then, inside)
        self._expression(node.orelse, inside)

    def _bool_op(self, node: BoolOp, place: Place) -> None:
        self._expression(node.values[0], place)
        inside = replace(place, tests=(*place.tests, *node.values[:-1]), nested=True)
        for value in node.values[1:]:
            self._expression(value, inside)


_STATEMENTS: dict[type[Node], Callable[[_Builder, Any, Place], None]] = {
    Assign: _Builder._assign,
    Do: _Builder._do,
    For: _Builder._for,
    FunctionDef: _Builder._function,
    If: _Builder._if,
    Return: _Builder._return,
}
_EXPRESSIONS: dict[type[Node], Callable[[_Builder, Any, Place], None]] = {
    BoolOp: _Builder._bool_op,
    Call: _Builder._call,
    Comprehension: _Builder._comprehension,
    IfExpr: _Builder._if_expr,
    Lambda: _Builder._lambda,
    Name: _Builder._name,
}
