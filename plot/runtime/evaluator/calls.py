"""Calls: arguments are bound to parameters, and a function of the library or of the program is applied."""

from __future__ import annotations

from collections.abc import Mapping

from plot.errors import PlotError
from plot.language import REQUIRED, LibraryEntry, entry_of
from plot.language.syntax.nodes import Call, Constant, Name
from plot.runtime.evaluator.frames import Frame, Interpreter, address
from plot.runtime.evaluator.memo import MemoCall, remembered
from plot.runtime.evaluator.sampling import draw
from plot.runtime.library.functions import FUNCTIONS, HIGHER_ORDER
from plot.runtime.sites.machine import Here, over
from plot.runtime.values.masks import Mask, any_
from plot.runtime.values.merge import distribute, merge, narrow
from plot.runtime.values.values import MISSING, Builtin, Closure, Value, VariableScope, kind_of


def library_entry(node: object, scope: VariableScope) -> LibraryEntry | None:
    """Return the row of a callee that is a name of the library and that no scope has taken, None for all else."""
    if not isinstance(node, Name):
        return None
    entry = entry_of(node.id)
    return None if entry is None or _is_taken(node.id, scope) else entry


def _is_taken(name: str, scope: VariableScope | None) -> bool:
    while scope is not None:
        if name in scope.variables or name in scope.local_names:
            return True
        scope = scope.parent
    return False


def call(interpreter: Interpreter, node: Call, frame: Frame, mask: Mask) -> Value:
    """Return the value of a call in the particles of `mask`."""
    entry = library_entry(node.function, frame.scope)
    if entry is not None:
        if entry.name == "actual":
            value = node.args[0] if node.args else node.keywords[0][1]
            return interpreter.actual(value, frame, mask)
        here = Here(interpreter.machine, mask, node.span)
        arguments = bound_to_library(interpreter, entry, node, frame, here)
        return apply_library(interpreter, entry, node, arguments, frame, here)
    function = interpreter.evaluate(node.function, frame, mask)
    arguments = [interpreter.evaluate(argument, frame, mask) for argument in node.args]
    keywords = {name: interpreter.evaluate(value, frame, mask) for name, value in node.keywords}
    here = Here(interpreter.machine, mask, node.span)
    path = address(frame, interpreter.labels[id(node)])
    called = getattr(node.function, "id", None)
    return invoke(interpreter, function, arguments, here, path, frame.depth + 1, keywords, node, called)


# -- the library ---------------------------------------------------------------------------------------


def bound_to_library(
    interpreter: Interpreter, entry: LibraryEntry, node: Call, frame: Frame, here: Here
) -> list[Value]:
    """Return the arguments of a call of the library in the order of its parameters."""
    given = [interpreter.evaluate(argument, frame, here.mask) for argument in node.args]
    keywords = {name: interpreter.evaluate(value, frame, here.mask) for name, value in node.keywords}
    return _bind_library(entry, given, keywords, here)


def _bind_library(entry: LibraryEntry, given: list[Value], keywords: Mapping[str, Value], here: Here) -> list[Value]:
    if entry.variadic:
        if len(given) < entry.least or (entry.most is not None and len(given) > entry.most) or keywords:
            raise _wrong_arguments(entry.signature, here)
        return given
    bound = list(given)
    for parameter in entry.parameters[len(given) :]:
        if parameter.name in keywords:
            bound.append(keywords[parameter.name])
        elif parameter.default is not REQUIRED:
            bound.append(parameter.default)
        else:
            raise _wrong_arguments(entry.signature, here)
    if len(bound) > len(entry.parameters):
        raise _wrong_arguments(entry.signature, here)
    return bound


def _wrong_arguments(signature: str, here: Here) -> PlotError:
    return PlotError(f"this call does not fit {signature}", hint="give the arguments of its signature", span=here.span)


def apply_library(
    interpreter: Interpreter, entry: LibraryEntry, node: Call, arguments: list[Value], frame: Frame, here: Here
) -> Value:
    """Draw from a distribution, or apply a function, of the library."""
    path = address(frame, interpreter.labels[id(node)])
    if entry.category == "distribution":
        shared = interpreter.places.get(id(node))
        return draw(here, entry.name, node, arguments, path, None if shared is None else address(frame, shared))
    return _apply(interpreter, entry, node, arguments, here, path, frame.depth)


def _apply(
    interpreter: Interpreter, entry: LibraryEntry, node: Call, arguments: list[Value], here: Here, path: str, depth: int
) -> Value:
    if entry.category == "distribution":
        return draw(here, entry.name, node, arguments, path)
    if entry.name in HIGHER_ORDER:

        def call_back(function: Value, given: list[Value], inner: Here, number: int) -> Value:
            return invoke(interpreter, function, given, inner, f"{path}[{number}]", depth + 1, {}, node)

        return HIGHER_ORDER[entry.name](call_back, here, *arguments)
    if entry.name not in FUNCTIONS:
        raise PlotError(f"'{entry.name}' is not a function", hint="write it as a statement", span=here.span)
    return FUNCTIONS[entry.name](here, *arguments)


# -- functions of the program --------------------------------------------------------------------------


UNWATCHED = 10


def invoke(
    interpreter: Interpreter,
    function: Value,
    arguments: list[Value],
    here: Here,
    path: str,
    depth: int,
    keywords: Mapping[str, Value],
    node: Call,
    called: str | None = None,
) -> Value:
    """Call a function value at an address; where it may be one of several, each in its own particles.

    A function that goes by another name than the one `called` adds its own to the address of what it draws.
    """
    machine = here.machine
    if depth > machine.budget.depth:
        raise over("depth", f"more than {machine.budget.depth:,} nested calls", here.span)
    machine.check_time(here.span)
    if depth > UNWATCHED and not machine.any_possible(here.mask):
        return None  # worlds that are ruled out need not end: what they compute is not looked at
    if isinstance(function, Builtin):
        entry = entry_of(function.name)
        assert entry is not None
        bound = _bind_library(entry, arguments, keywords, here)
        return _apply(interpreter, entry, node, bound, here, path, depth)
    if isinstance(function, Closure):
        given = bound_to(function, arguments, keywords, here)
        if function.memo is not None:
            return remembered(
                interpreter, function, given, here, MemoCall(path, depth, _written(function, node, called))
            )
        path = path if function.name == called else f"{path}:{function.name}"
        return run_body(interpreter, function, given, here, path, depth)

    def one(case: Value, mask: Mask) -> Value:
        inner = here.within(mask)
        if isinstance(case, (Closure, Builtin)):
            narrowed = [narrow(argument, inner.mask) for argument in arguments]
            return invoke(interpreter, case, narrowed, inner, path, depth, keywords, node, called)
        inner.fault(True, f"{kind_of(case)} is not a function")
        return None

    return distribute(one, function, here.mask)


def _written(function: Closure, node: Call, called: str | None) -> tuple[bool, ...]:
    """Tell of each argument whether it stands in the call as a number, or is a default, which is constant too."""
    if called is None:  # a call from within argmax or the like
        return (False,) * len(function.parameters)
    given = {**dict(zip(function.parameters, node.args, strict=False)), **dict(node.keywords)}
    return tuple([name not in given or isinstance(given[name], Constant) for name in function.parameters])


def bound_to(function: Closure, arguments: list[Value], keywords: Mapping[str, Value], here: Here) -> list[Value]:
    """Return an argument for each parameter. Raises PlotError where they do not fit."""
    names = function.parameters
    shown = f"{function.name}({', '.join(names)})"
    if len(arguments) > len(names) or not set(keywords) <= set(names[len(arguments) :]):
        raise _wrong_arguments(shown, here)
    bound = list(arguments)
    for name in names[len(arguments) :]:
        value = keywords.get(name, function.defaults.get(name, MISSING))
        if value is MISSING:
            raise _wrong_arguments(shown, here)
        bound.append(value)
    if here.machine.heard is not None:
        here.machine.heard(here.machine.statement, function.name, bound)
    return bound


def run_body(
    interpreter: Interpreter,
    function: Closure,
    arguments: list[Value],
    here: Here,
    path: str,
    depth: int,
    want: bool | None = None,
) -> Value:
    """Run the body of a function in the particles of `here`; return its value, None where it returns nothing.

    With `want`, return how far its value is from that truth value.
    """
    variables = {name: narrow(value, here.mask) for name, value in zip(function.parameters, arguments, strict=True)}
    frame = Frame(VariableScope(variables, function.scope, function.local_names), path, here.mask, depth, want=want)
    if not isinstance(function.body, tuple):
        if want is not None:
            return interpreter.distance(function.body, frame, here.mask, want)
        return interpreter.evaluate(function.body, frame, here.mask)
    rest = interpreter.execute(function.body, frame, here.mask)
    if frame.returned is False:
        return None
    result = merge(rest, None, frame.result) if any_(rest) else frame.result
    return result if here.machine.compress is None else here.machine.compress(result)


__all__ = ["apply_library", "bound_to", "bound_to_library", "call", "invoke", "library_entry", "run_body"]
