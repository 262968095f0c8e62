"""Checks of names: unknown, used too early, taken by the library, or defined twice."""

from __future__ import annotations

from plot.errors import Span
from plot.language.checks.mistakes import Mistakes, close_to, head
from plot.language.checks.table import Binding, Place, SymbolTable
from plot.language.library.library import LIBRARY
from plot.language.library.modules import module_called, module_of
from plot.language.syntax.nodes import Constant, Expr, FunctionDef, Lambda, ListExpr, Name, NameTarget, RecordExpr
from plot.language.syntax.refusals import ELSEWHERE

_MOST_GUESSES = 50  # looking for a similar name takes time


def check_names(table: SymbolTable, mistakes: Mistakes) -> None:
    """Note what is wrong with the names of a program."""
    _unknown(table, mistakes)
    _early(table, mistakes)
    taken = _Taken(table, mistakes)
    for node, _ in table.nodes:
        if isinstance(node, NameTarget):
            taken.name(node.id, node.span)
        elif isinstance(node, FunctionDef):
            _function(node, taken, mistakes)
        elif isinstance(node, Lambda):
            _parameters([(name, node.span) for name in node.parameters], taken, mistakes)
        elif isinstance(node, Name):
            _value(table, node, mistakes)
    for binding in {id(found): found for found in table.bindings.values()}.values():
        _defined_twice(binding, mistakes)


# -- uses ------------------------------------------------------------------------------------------------


def _unknown(table: SymbolTable, mistakes: Mistakes) -> None:
    first: dict[str, tuple[Name, Place]] = {}
    for node, place in table.unknown:
        first.setdefault(node.id, (node, place))
    for number, (node, place) in enumerate(first.values()):
        called = id(node) in table.callees
        hint = ELSEWHERE.get(node.id) or _elsewhere(node.id)
        close = None
        if hint is None and number < _MOST_GUESSES:
            close = close_to(node.id, place.scope.visible() | set(table.library) | table.known)
        if hint is None and close is not None:
            hint = f"did you mean '{close}'?"
        if hint is None and not called:
            hint = f'write "{node.id}" if it is the name of someone or something; else define it first'
        mistakes.add(node.span, f"unknown name '{node.id}'", hint or f"define it: def {node.id}(…):")


def _elsewhere(name: str) -> str | None:
    """Return the hint for a function of a module that the program does not use."""
    module = module_of(name)
    return f"it is a function of the module {module}; a world uses it with  modules: [{module}]" if module else None


def _early(table: SymbolTable, mistakes: Mistakes) -> None:
    for node in table.early:
        binding = table.bindings[id(node)]
        outside = binding.scope.parent is not None and binding.scope.parent.find(node.id)[0] is not None
        hint = "assign it on a line above"
        if outside:
            hint = f"'{node.id}' is assigned in this function, so it is the function's own: give it another name"
        elif binding.is_function:
            hint = "move the definition above its first use"
        mistakes.add(node.span, f"'{node.id}' is used before it has a value", hint)


def _value(table: SymbolTable, node: Name, mistakes: Mistakes) -> None:
    entry = table.entry(node)
    if entry is None or id(node) in table.callees:
        return
    if entry.category == "distribution":
        mistakes.add(node.span, f"'{node.id}' is a distribution, not a value", f"draw from it: {entry.signature}")
    elif entry.category == "act":
        mistakes.add(
            node.span,
            f"'{node.id}' is a statement, not a value",
            f"write {entry.signature} on a line of its own",
        )


# -- definitions -----------------------------------------------------------------------------------------


def _function(node: FunctionDef, taken: _Taken, mistakes: Mistakes) -> None:
    taken.name(node.name, head(node.span))
    _parameters([(parameter.name, parameter.span) for parameter in node.parameters], taken, mistakes)
    for parameter in node.parameters:
        if parameter.default is not None and not _is_constant(parameter.default):
            hint = "write None and test for it in the body, or pass the value in every call"
            mistakes.add(parameter.default.span, f"the default of '{parameter.name}' must be a constant", hint)


def _parameters(parameters: list[tuple[str, Span]], taken: _Taken, mistakes: Mistakes) -> None:
    seen: set[str] = set()
    for name, span in parameters:
        taken.name(name, span)
        if name in seen and name != "_":
            mistakes.add(span, f"two parameters are called '{name}'", "give each its own name")
        seen.add(name)


class _Taken:
    """Notes names that belong to the library, or to a module that the program says it uses."""

    def __init__(self, table: SymbolTable, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._owners = dict.fromkeys(LIBRARY, "the library")
        for module in table.modules:
            self._owners |= dict.fromkeys(module_called(module).entries, f"the module {module}")
        self._library = table.library

    def name(self, name: str, span: Span) -> None:
        """Note a name that is taken."""
        if name in self._owners:
            category = self._library[name].category
            kind = {"distribution": "a distribution", "function": "a function", "act": "a statement"}[category]
            hint = f"choose another name, such as {name}_of or my_{name}"
            self._mistakes.add(span, f"'{name}' is {kind} of {self._owners[name]} and can't be redefined", hint)


def _is_constant(node: Expr) -> bool:
    if isinstance(node, ListExpr):
        return all(_is_constant(item) for item in node.items)
    if isinstance(node, RecordExpr):
        return all(_is_constant(value) for _, value in node.fields)
    return isinstance(node, Constant)


def _defined_twice(binding: Binding, mistakes: Mistakes) -> None:
    """A function may be defined once, or once on each side of an `if`; it is not a variable as well."""
    for number, bound in enumerate(binding.bounds):
        for earlier in binding.bounds[:number]:
            if "function" in (bound.how, earlier.how) and not _apart(bound.place, earlier.place):
                again = "again" if bound.how == "function" else "here as a variable"
                message = f"'{binding.name}' is defined {again}; it was defined at {earlier.node.span.place}"
                hint = "choose another name: each name has one definition"
                mistakes.add(head(bound.node.span), message, hint)
                break


def _apart(one: Place, other: Place) -> bool:
    """Return whether two places are on different sides of one `if`."""
    sides = dict(one.branches)
    return any(sides.get(test, side) != side for test, side in other.branches)
