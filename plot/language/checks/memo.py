"""The check of @mem calls: arguments of two kinds for one individual would give two random values."""

from __future__ import annotations

from plot.language.checks.kinds import Kinds, Shape
from plot.language.checks.mistakes import Mistakes
from plot.language.checks.table import BoundValue, Function, Place, SymbolTable
from plot.language.syntax.nodes import Expr, Name
from plot.language.syntax.show import show

Origin = tuple[Shape, Expr]


def check_memo(table: SymbolTable, kinds: Kinds, mistakes: Mistakes) -> None:
    """Note the @mem functions that are called with arguments of different shapes, with both places."""
    order = {id(node): number for number, (node, _) in enumerate(table.nodes)}
    for function in table.functions:
        if not function.mem:
            continue
        for index in range(len(function.parameters)):
            origins: list[Origin] = []
            for call, place in function.calls:
                given = function.argument(call, index)
                if given is not None:
                    origins += _origins(given, place, kinds, table, set())
            _compare(function, sorted(origins, key=lambda origin: order.get(id(origin[1]), 0)), mistakes)


def _compare(function: Function, origins: list[Origin], mistakes: Mistakes) -> None:
    """Note, for each shape, the first argument that conflicts with an earlier one."""
    accepted: list[Origin] = []
    reported: list[Shape] = []
    for shape, value in origins:
        conflict = next((earlier for earlier in accepted if earlier[0].clashes(shape)), None)
        if conflict is None:
            accepted.append((shape, value))
        elif all(other.clashes(shape) for other in reported):
            reported.append(shape)
            message = (
                f"'{function.name}' gets {shape.words} here, but {conflict[0].words} at {conflict[1].span.place} "
                f"({show(conflict[1])}); it stores one value for each, so these are two different values"
            )
            mistakes.add(value.span, message, _mend(function, {shape.basic, conflict[0].basic}))


def _mend(function: Function, basics: set[str]) -> str:
    if basics == {"name", "list"}:
        return f"for a list, call it for each of its items: [{function.name}(x) for x in xs]"
    return "call it with the same kind of argument everywhere"


def _origins(node: Expr, place: Place, kinds: Kinds, table: SymbolTable, seen: set[int]) -> list[Origin]:
    """Return the shapes that an argument certainly gets, and what gave them: for a parameter, its callers."""
    bound = _passed_on(node, place, kinds, table)
    if bound is None:
        shape = kinds.of(node, place)
        return [(shape, node)] if shape is not None and shape.basic != "none" else []
    if id(bound) in seen:
        return []
    seen.add(id(bound))
    return [
        origin
        for _, given, calling in kinds.arguments(bound)
        for origin in _origins(given, calling, kinds, table, seen)
    ]


def _passed_on(node: Expr, place: Place, kinds: Kinds, table: SymbolTable) -> BoundValue | None:
    """Return the parameter that an argument passes on as it is."""
    binding = table.bindings.get(id(node)) if isinstance(node, Name) and not kinds.guarded(place) else None
    if binding is None or len(binding.bounds) != 1 or binding.bounds[0].how != "parameter":
        return None
    return binding.bounds[0]
