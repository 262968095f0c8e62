"""The static checker: all mistakes of a program at once, before it runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from plot.language.checks.calls import check_calls
from plot.language.checks.kinds import Kinds
from plot.language.checks.memo import check_memo
from plot.language.checks.mistakes import Mistakes
from plot.language.checks.names import check_names
from plot.language.checks.operands import check_operands
from plot.language.checks.randomness import Randomness
from plot.language.checks.scopes import table_of
from plot.language.checks.structure import check_structure
from plot.language.checks.table import SymbolTable
from plot.language.syntax.nodes import Assign, Expr, ListExpr, Name, NameTarget, ProgramNode, Query


def check(program: ProgramNode, known: Iterable[str] = (), modules: Collection[str] | None = None) -> None:
    """Raise every mistake of a program that is certain, in the order of the text.

    A program may be put together from several texts: each mistake tells its own.

    Args:
        program: The program.
        known: Names that are defined elsewhere.
        modules: The modules whose functions it may call; None allows all.

    Raises:
        PlotErrors: With all mistakes.
    """
    table = table_of(program, known, modules)
    table.link()
    mistakes = Mistakes(table.program)
    randomness = Randomness(table)
    kinds = Kinds(table, randomness)

    def lookup(name: Name) -> Expr | None:
        return certain_value(table, name)

    check_names(table, mistakes)
    check_structure(table, randomness, mistakes)
    check_calls(table, kinds, lookup, mistakes)
    check_operands(table, kinds, lookup, mistakes)
    check_memo(table, kinds, mistakes)
    mistakes.raise_all()


def may_be_random(value: Expr, program: ProgramNode) -> bool:
    r"""Return whether an expression may be random after a program; variables that it does not define are certain.

    >>> from plot.language.syntax.parser import parse
    >>> model = parse("x = flip()\ny = 2")
    >>> may_be_random(Name(id="x"), model), may_be_random(Name(id="y"), model)
    (True, False)
    """
    return each_may_be_random((value,), program)[0]


def each_may_be_random(values: Sequence[Expr], program: ProgramNode) -> list[bool]:
    """Return of each of several expressions whether it may be random after a program."""
    body = (*program.body, *(Query(value=value) for value in values))
    undefined = {node.id for node, _ in table_of(ProgramNode(body=body)).unknown}
    given = tuple(Assign(target=NameTarget(id=name), value=ListExpr(items=())) for name in undefined)
    table = table_of(ProgramNode(body=(*given, *body)))
    table.link()
    randomness = Randomness(table)
    asked = table.program.body[len(table.program.body) - len(values) :]
    return [randomness.of(query.value) for query in asked if isinstance(query, Query)]


def certain_value(table: SymbolTable, name: Name) -> Expr | None:
    """Return the expression that a name always stands for: it is assigned once, under no condition."""
    binding = table.bindings.get(id(name))
    if binding is None or len(binding.bounds) != 1 or binding.intervened or name.id in table.known:
        return None
    bound = binding.bounds[0]
    return bound.value if bound.how == "value" and not bound.path and not bound.place.nested else None
