"""Loops that are plates: their body is the same for every row, and no row depends on another.

Such a loop is evaluated once for all rows (`rows.py`). What makes one is read off the text: the body only computes,
conditions and observes; what it binds is read nowhere else; and what it draws is one of a few values, which each row
marginalises, or comes from memoised functions whose arguments the row and such draws alone decide, so that it is the
same whichever row asks for it first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from plot.language import entry_of
from plot.language.checks.constants import width
from plot.language.library.library import FINITE
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Comprehension,
    Condition,
    Continue,
    For,
    FunctionDef,
    Generator,
    If,
    Lambda,
    Name,
    NameTarget,
    Node,
    Observe,
    Pass,
    ProgramNode,
    Statement,
    children,
    walk,
)
from plot.runtime.evaluator.assignment import names_of
from plot.runtime.evaluator.kept import OfPrograms

MOST_VALUES = 64  # of a draw that is marginalised in each row
ALLOWED = (Assign, Condition, Observe, If, Continue, Pass)


@dataclass(frozen=True, slots=True)
class Plate:
    """What a plate binds, and whether its rows have to be constants, as memoised functions are called with them."""

    constant: bool
    bound: frozenset[str]


def plates_of(program: ProgramNode) -> Mapping[int, Plate]:
    """Return the loops of a program that are plates, by the identity of their nodes."""
    return _PLATES.of(program)


def _plates(program: ProgramNode) -> dict[int, Plate]:
    functions = [node for node in walk(program) if isinstance(node, FunctionDef)]
    memoised = {node.name for node in functions if node.mem}
    plain = {node.name for node in functions} - memoised
    drawing = _drawing([node for node in functions if node.name in plain])
    names = [node.name for node in functions]
    doubtful = {name for name in names if names.count(name) > 1} | _variables(program)
    known = _Functions(memoised - doubtful, plain - drawing - doubtful, doubtful, _reading(program))
    found: dict[int, Plate] = {}
    bodies = [program.body, *[node.body for node in functions]]
    for body in bodies:
        _search(body, (), known, found)
    return found


_PLATES = OfPrograms(_plates)


@dataclass(frozen=True, slots=True)
class _Functions:
    """The functions that a plate may call: by name, those with memory, and those that draw nothing.

    What `variables` are called may be any function where it is called; some function is `reading` a name of the scope
    around it.
    """

    memoised: Collection[str]
    drawless: Collection[str]
    variables: Collection[str]
    reading: frozenset[str]


def _variables(program: ProgramNode) -> set[str]:
    """Return the names that are bound to anything but a definition."""
    found: set[str] = set()
    for node in walk(program):
        if isinstance(node, (Assign, For, Generator)):
            found.update(names_of(node.target))
        elif isinstance(node, (FunctionDef, Lambda)):
            found.update(_parameters(node))
    return found


def _parameters(node: FunctionDef | Lambda) -> set[str]:
    return {parameter if isinstance(parameter, str) else parameter.name for parameter in node.parameters}


def _reading(program: ProgramNode) -> frozenset[str]:
    """Return the names that a function reads from the scope around it."""
    found: set[str] = set()
    for node in walk(program):
        if isinstance(node, (FunctionDef, Lambda)):
            names = {inner.id for inner in walk(node) if isinstance(inner, Name)}
            found.update(name for name in names if name not in found and _may_read(node, name))
    return frozenset(found)


def _drawing(functions: Sequence[FunctionDef]) -> set[str]:
    """Return the names of plain functions that may draw, or that do what the text does not tell."""
    found: set[str] = set()
    grown = True
    while grown:
        grown = False
        for function in functions:
            if function.name not in found and any(_may_draw(node, found) for node in _beneath(function.body)):
                found.add(function.name)
                grown = True
    return found


def _may_draw(node: Node, drawing: Collection[str]) -> bool:
    if isinstance(node, (Lambda, FunctionDef)):
        return True
    if isinstance(node, Call) and not isinstance(node.function, Name):
        return True
    return isinstance(node, Name) and (node.id in drawing or _is_distribution(node.id))


def _is_distribution(name: str) -> bool:
    entry = entry_of(name)
    return entry is not None and entry.category == "distribution"


def _beneath(body: Iterable[Node]) -> Iterable[Node]:
    """Yield all nodes of statements but the names of the distributions that values are observed under."""
    for root in body:
        skipped: set[int] = set()
        for node in walk(root):
            if isinstance(node, Observe):
                skipped.add(id(node.distribution.function))
            if id(node) not in skipped:
                yield node


def _search(
    body: tuple[Statement, ...], after: tuple[Statement, ...], functions: _Functions, found: dict[int, Plate]
) -> None:
    """Find the plates in statements that are followed by others."""
    for number, node in enumerate(body):
        rest = (*body[number + 1 :], *after)
        if isinstance(node, For):
            plate = _plate(node, rest, functions)
            if plate is not None:
                found[id(node)] = plate
            _search(node.body, (*node.body, *rest), functions, found)
        elif isinstance(node, If):
            _search(node.body, rest, functions, found)
            _search(node.orelse, rest, functions, found)


def _plate(node: For, after: tuple[Statement, ...], functions: _Functions) -> Plate | None:
    """Return a loop as a plate, None where it is none."""
    if not all(isinstance(statement, ALLOWED) for statement in _statements(node.body)):
        return None
    of_row = frozenset(names_of(node.target))
    bound = {name for statement in _statements(node.body) for name in _bound(statement)}
    if functions.reading & (bound | of_row):
        return None
    memoised = False
    decided = of_row | _draws(node.body)
    observed = {id(inner.distribution) for inner in _beneath(node.body) if isinstance(inner, Observe)}
    for inner in _beneath(node.body):
        if isinstance(inner, Lambda) or (isinstance(inner, Comprehension) and any(map(_is_draw, walk(inner)))):
            return None
        if isinstance(inner, Call) and id(inner) not in observed:
            allowed = _call(inner, decided, functions)
            if allowed is None:
                return None
            memoised = memoised or allowed
    called = {id(inner.function) for inner in _beneath(node.body) if isinstance(inner, Call)}
    for inner in _beneath(node.body):
        if isinstance(inner, Name) and id(inner) not in called and _is_function(inner.id, functions):
            return None  # it is passed on, to be called with whatever
    carried = any(_read_first(node.body, name) for name in bound - of_row)
    if carried or any(_read_first(after, name) for name in bound | of_row):
        return None
    return Plate(memoised, frozenset(bound - of_row))


def _statements(body: Iterable[Statement]) -> Iterable[Statement]:
    """Yield statements with those inside of branches and loops."""
    for statement in body:
        yield statement
        if isinstance(statement, If):
            yield from _statements((*statement.body, *statement.orelse))
        elif isinstance(statement, For):
            yield from _statements(statement.body)


def _bound(statement: Statement) -> Iterable[str]:
    return names_of(statement.target) if isinstance(statement, (Assign, For)) else ()


def _draws(body: Iterable[Statement]) -> frozenset[str]:
    """Return the names of what a body draws, where nothing else is bound to them."""
    drawn: set[str] = set()
    others: set[str] = set()
    for statement in _statements(body):
        if isinstance(statement, Assign):
            is_drawn = isinstance(statement.target, NameTarget) and _is_draw(statement.value)
            (drawn if is_drawn else others).update(_bound(statement))
    return frozenset(drawn - others)


def _is_draw(node: Node) -> bool:
    """Return whether an expression draws one of a few values."""
    if not isinstance(node, Call) or not isinstance(node.function, Name):
        return False
    if node.function.id == "randint":
        between = width(node)
        return between is not None and between < MOST_VALUES
    return node.function.id in FINITE


def _call(node: Call, decided: frozenset[str], functions: _Functions) -> bool | None:
    """Return whether a call is of a memoised function, None where a plate may not have it.

    Such a function may be called with what is `decided` by the row and its draws.
    """
    name = node.function.id if isinstance(node.function, Name) else ""
    if name in functions.memoised:
        given = [*node.args, *[value for _, value in node.keywords]]
        used = {inner.id for argument in given for inner in walk(argument) if isinstance(inner, Name)}
        return True if used <= decided else None
    if name in functions.drawless:
        return False
    if name in functions.variables:
        return None
    entry = entry_of(name)
    harmless = entry is not None and entry.category == "function" and name != "actual"
    return False if harmless or _is_draw(node) else None


def _is_function(name: str, functions: _Functions) -> bool:
    return name in functions.memoised or name in functions.drawless or _is_distribution(name)


# -- names that are read before they are bound again -----------------------------------------------------


def _read_first(body: Iterable[Node], name: str) -> bool:
    """Return whether statements may read a name before they have bound it."""
    for statement in body:
        if _may_read(statement, name):
            return True
        if _binds(statement, name):
            return False
    return False


def _may_read(node: Node, name: str) -> bool:
    """Return whether a statement or expression may read the value that a name has before it."""
    if isinstance(node, Name):
        return node.id == name
    if isinstance(node, For):
        inside = name not in names_of(node.target) and _read_first(node.body, name)
        return _may_read(node.iterable, name) or inside
    if isinstance(node, If):
        return _may_read(node.test, name) or _read_first(node.body, name) or _read_first(node.orelse, name)
    if isinstance(node, Comprehension):
        bound = any(name in names_of(generator.target) for generator in node.generators)
        parts = [node.generators[0].iterable] if bound else children(node)
        return any(_may_read(part, name) for part in parts)
    if isinstance(node, (FunctionDef, Lambda)):
        if name in _parameters(node):
            return False
        local = isinstance(node, FunctionDef) and any(name in _bound(inner) for inner in _statements(node.body))
        return not local and any(_may_read(inner, name) for inner in children(node))
    return any(_may_read(inner, name) for inner in children(node))


def _binds(statement: Node, name: str) -> bool:
    """Return whether a name has a new value after a statement, whatever happened."""
    if isinstance(statement, Assign):
        return isinstance(statement.target, NameTarget) and statement.target.id == name
    if isinstance(statement, If):
        return any(_binds(x, name) for x in statement.body) and any(_binds(x, name) for x in statement.orelse)
    return False


__all__ = ["Plate", "plates_of"]
