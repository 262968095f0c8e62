"""Checks of calls: how many arguments, by which names, of which kinds, within the support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plot.errors import Span
from plot.language.checks.constants import UNKNOWN, Lookup, fold
from plot.language.checks.kinds import WORDS, Kinds, Shape
from plot.language.checks.mistakes import Mistakes, close_to
from plot.language.checks.table import Function, Place, SymbolTable
from plot.language.library.library import REQUIRED, LibraryEntry, Parameter
from plot.language.syntax.nodes import (
    BoolOp,
    Call,
    Compare,
    Constant,
    Do,
    Expr,
    ExprStatement,
    ListExpr,
    Name,
    Observe,
    Unary,
)

# What other libraries call the parameters of these functions.
_ALIASES: dict[str, tuple[str, ...]] = {
    "mean": ("mu", "loc", "location", "average"),
    "sd": ("sigma", "std", "stddev", "stdev", "std_dev", "scale"),
    "rate": ("lam", "lmbda", "lambda_"),
    "p": ("prob", "probability"),
    "probabilities": ("probs", "weights", "ps", "p"),
    "a": ("alpha", "concentration1"),
    "b": ("beta", "concentration0"),
    "low": ("minimum", "min", "lower"),
    "high": ("maximum", "max", "upper"),
    "n": ("trials",),
    "shape": ("k", "concentration", "alpha"),
    "values": ("vs", "items", "outcomes"),
    "items": ("options", "xs", "values"),
}


WHERE = "do(size, where=lambda s: s > 3)"


def check_calls(table: SymbolTable, kinds: Kinds, lookup: Lookup, mistakes: Mistakes) -> None:
    """Note what is wrong with the calls of a program."""
    checker = _Calls(table, kinds, lookup, mistakes)
    for call, place in table.calls:
        checker.call(call, place)
    statements = {id(node.value) for node, _ in table.nodes if isinstance(node, ExprStatement)}
    for call, _ in table.calls:
        if id(call) not in statements:
            checker.gives_something(call)
    for node, _ in table.nodes:
        if isinstance(node, Observe):
            checker.observed(node)
        elif isinstance(node, Do):
            checker.intervened(node)


class _Calls:
    def __init__(self, table: SymbolTable, kinds: Kinds, lookup: Lookup, mistakes: Mistakes) -> None:
        self._table = table
        self._kinds = kinds
        self._lookup = lookup
        self._mistakes = mistakes

    def call(self, node: Call, place: Place) -> None:
        """Check one call, of the library or of the program."""
        entry = self._table.entry(node.function)
        if entry is not None and entry.category != "act":
            self._library(node, entry, place)
        elif entry is None:
            self._own(node, place)

    # -- calls of the program's functions ------------------------------------------------------------------

    def _own(self, node: Call, place: Place) -> None:
        functions = self._table.functions_of(node.function)
        complaints = [_misfit(function, node) for function in functions]
        if functions and all(complaint is not None for complaint in complaints):
            message, span, hint = complaints[0] or ("", node.span, None)
            self._mistakes.add(span, message, hint)
        shape = self._kinds.of(node.function, place) if not functions else None
        if shape is not None and shape.basic != "function":
            self._mistakes.add(
                node.function.span, f"{shape.words} can't be called", "write xs[i] for an item of a list"
            )

    def gives_something(self, node: Call) -> None:
        """Note a call whose value is used though its function returns none."""
        functions = self._table.functions_of(node.function)
        if functions and all(not any(r.value is not None for r in function.returns) for function in functions):
            name = functions[0].name
            hint = f"end the body of {name} with return …; without it, its value is None"
            self._mistakes.add(node.span, f"'{name}' returns nothing, but its value is used here", hint)

    # -- calls of the library ------------------------------------------------------------------------------

    def _library(self, node: Call, entry: LibraryEntry, place: Place) -> None:
        given = self._bound(node, entry)
        if given is None:
            return
        trusted = None if self._kinds.guarded(place) or place.nested else self._lookup
        constants: dict[str, Any] = {}
        wrong = False
        for parameter, value in given:
            shape = self._kinds.of(value, place)
            if shape is not None and not _fits(shape, parameter):
                self._mistakes.add(value.span, _unfit(shape, parameter, entry), _fit_hint(shape, parameter, value))
                wrong = True
                continue
            constant = fold(value, trusted)
            if constant is UNKNOWN:
                continue
            constants[parameter.name] = constant
            wrong = self._support(parameter, constant, entry, value) or wrong
        complaint = entry.rule(constants) if entry.rule is not None and not wrong else None
        if complaint is not None:
            self._mistakes.add(node.span, complaint, _usage(entry))

    def _support(self, parameter: Parameter, constant: Any, entry: LibraryEntry, value: Expr) -> bool:
        support = parameter.support
        if support is None or not isinstance(constant, (bool, int, float)) or support.test(float(constant)):
            return False
        name = "" if len(entry.parameters) == 1 and entry.category == "function" else f"{parameter.name} of "
        verb = "must be" if name else "needs"
        message = f"{name}{entry.name} {verb} {support.words}, not {constant:g}"
        self._mistakes.add(value.span, message, _usage(entry))
        return True

    def _bound(self, node: Call, entry: LibraryEntry) -> list[tuple[Parameter, Expr]] | None:
        """Return the arguments with their parameters; None, with the mistake noted, where they do not fit."""
        if entry.variadic:
            return self._variadic(node, entry)
        names = [parameter.name for parameter in entry.parameters]
        for name, value in node.keywords:
            if name not in names:
                self._keyword(entry, name, value.span, names)
                return None
        required = [p.name for p in entry.parameters if p.default is REQUIRED]
        complaint = _misbinding(entry.name, names, required, node)
        if complaint is not None:
            self._mistakes.add(complaint[1], complaint[0], _usage(entry))
            return None
        given = dict(node.keywords)
        pairs = list(zip(entry.parameters, node.args, strict=False))
        return pairs + [(p, given[p.name]) for p in entry.parameters[len(pairs) :] if p.name in given]

    def _variadic(self, node: Call, entry: LibraryEntry) -> list[tuple[Parameter, Expr]] | None:
        count = len(node.args)
        if node.keywords:
            message = f"the arguments of {entry.name} have no names"
            hint = f"write arg{entry.name}(f, items)" if node.keywords[0][0] == "key" else _usage(entry)
            self._mistakes.add(node.keywords[0][1].span, message, hint)
            return None
        if count < entry.least or (entry.most is not None and count > entry.most):
            wanted = _counted(entry.least) if entry.most == entry.least else f"at least {_counted(entry.least)}"
            if entry.most is not None and count > entry.most:
                wanted = f"at most {_counted(entry.most)}"
            self._mistakes.add(node.span, f"{entry.name} takes {wanted}, not {count}", _usage(entry))
            return None
        return _roles(entry, node.args)

    def _keyword(self, entry: LibraryEntry, name: str, span: Span, names: Sequence[str]) -> None:
        called = [parameter for parameter in names if name in _ALIASES.get(parameter, ())]
        meant = called[0] if called else close_to(name, names)
        hint = f"did you mean '{meant}'? It is {entry.signature}" if meant else _usage(entry)
        self._mistakes.add(span, f"{entry.name} has no parameter '{name}'", hint)

    # -- speech acts ---------------------------------------------------------------------------------------

    def observed(self, node: Observe) -> None:
        """Note an observation of what is no distribution."""
        function = node.distribution.function
        entry = self._table.entry(function)
        if entry is None or entry.category != "distribution":
            shown = f"'{function.id}'" if isinstance(function, Name) else "this"
            hint = "write observe(normal(x, 1), 3.2); condition(test) is for what is known to be true"
            self._mistakes.add(function.span, f"observe takes a distribution call first; {shown} is not one", hint)

    def intervened(self, node: Do) -> None:
        """Note an intervention on what is neither a variable nor a @mem call, or with a test that is not a function."""
        target = node.target
        if node.restricted and isinstance(node.value, (BoolOp, Compare, Constant, ListExpr, Unary)):
            self._mistakes.add(node.value.span, "where needs a function that tests a value", f"write {WHERE}")
        if isinstance(target, Name):
            binding = self._table.bindings.get(id(target))
            if binding is not None and binding.is_function:
                hint = f"write do({target.id}(…), value) for one of its calls"
                self._mistakes.add(target.span, f"'{target.id}' is a function: do sets the value of one call", hint)
            elif self._table.entry(target) is not None:
                self._mistakes.add(target.span, f"'{target.id}' belongs to the library and can't be set")
            return
        functions = self._table.functions_of(target.function)
        entry = self._table.entry(target.function)
        if entry is not None or (functions and not any(function.mem for function in functions)):
            name = entry.name if entry is not None else functions[0].name
            hint = f"write @mem above def {name}" if entry is None else "set a variable, or a call of a @mem function"
            self._mistakes.add(target.span, f"do needs a call of a @mem function; '{name}' is not one", hint)


def _roles(entry: LibraryEntry, args: Sequence[Expr]) -> list[tuple[Parameter, Expr]]:
    """Return what each of a varying number of arguments is."""
    parameters = entry.parameters
    if entry.name == "range" and len(args) == 1:
        return [(parameters[1], args[0])]
    if entry.name == "count":
        roles = (parameters[1],) if len(args) == 1 else (Parameter("f", "function"), parameters[1])
        return list(zip(roles, args, strict=True))
    if entry.name in ("min", "max"):
        kind = Parameter("items", "list") if len(args) == 1 else Parameter("a number")
        return [(kind, arg) for arg in args]
    if len(parameters) == 1:
        return [(parameters[0], arg) for arg in args]
    return list(zip(parameters, args, strict=False))


def _misfit(function: Function, node: Call) -> tuple[str, Span, str | None] | None:
    """Return what is wrong with a call of an own function, where, and a hint; None where it fits."""
    called = node.function.id if isinstance(node.function, Name) else function.name
    defaults = zip(function.parameters, function.defaults, strict=True)
    usage = f"{called}({', '.join([name if value is None else f'{name}=…' for name, value in defaults])})"
    for name, value in node.keywords:
        if name not in function.parameters:
            close = close_to(name, function.parameters)
            hint = f"did you mean '{close}'?" if close else f"it is {usage}"
            return f"{called} has no parameter '{name}'", value.span, hint
    required = [name for name, value in zip(function.parameters, function.defaults, strict=True) if value is None]
    complaint = _misbinding(called, function.parameters, required, node)
    return (*complaint, f"it is {usage}") if complaint is not None else None


def _misbinding(name: str, names: Sequence[str], required: Sequence[str], node: Call) -> tuple[str, Span] | None:
    count = len(node.args)
    if count > len(names):
        span = node.args[len(names)].span
        most = "no arguments" if not names else _counted(len(names))
        return f"{name} takes {most}, not {count + len(node.keywords)}", span
    given = set(names[:count])
    for keyword, value in node.keywords:
        if keyword in given:
            return f"{name} is given '{keyword}' twice", value.span
        given.add(keyword)
    missing = [parameter for parameter in required if parameter not in given]
    if missing:
        listed = ", ".join([f"'{parameter}'" for parameter in missing])
        return f"{name} is not given {listed}", node.span
    return None


def _counted(number: int) -> str:
    return "one argument" if number == 1 else f"{number} arguments"


def _usage(entry: LibraryEntry) -> str:
    doc = entry.doc[0].lower() + entry.doc[1:]
    first, _, rest = doc.partition(". ")
    return f"it is {entry.signature}: {first}{'.' if rest else ''}"


# -- the kinds of arguments ------------------------------------------------------------------------------

_FIT = {
    "number": ("number", "boolean"),
    "boolean": ("number", "boolean"),
    "list": ("list",),
    "function": ("function",),
    "record": ("record",),
}


def _fits(shape: Shape, parameter: Parameter) -> bool:
    if shape.basic == "none" and parameter.default is None:
        return True
    return shape.basic in _FIT.get(parameter.kind, (shape.basic,))


def _unfit(shape: Shape, parameter: Parameter, entry: LibraryEntry) -> str:
    wanted = {"number": "a number", "boolean": "True or False", "function": "a function"}.get(parameter.kind, "a list")
    place = f"{parameter.name} of {entry.name}" if len(entry.parameters) > 1 else entry.name
    return f"{place} needs {wanted}, not {WORDS[shape.basic]}"


def _fit_hint(shape: Shape, parameter: Parameter, value: Expr) -> str | None:
    if shape.basic == "function" and parameter.kind != "function" and isinstance(value, Name):
        return f"call it: {value.id}(…)"
    if parameter.kind == "list" and shape.basic in ("number", "name"):
        return "put it in brackets: [x]" if shape.basic == "name" else "write [x], or range(x) to count up to it"
    if parameter.kind == "function":
        return "write lambda x: …, or the name of a function"
    return None
