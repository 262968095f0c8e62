"""Static analysis of a program's random choices: whether they are finite, and always made."""

from __future__ import annotations

from collections.abc import Sequence

from plot.language import LIBRARY, ProgramNode
from plot.language.checks.constants import width
from plot.language.library.library import FINITE
from plot.language.library.modules import entry_of
from plot.language.syntax.nodes import (
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Do,
    For,
    FunctionDef,
    If,
    IfExpr,
    Lambda,
    ListExpr,
    Name,
    Node,
    Observe,
    children,
    walk,
)

COUNTS = frozenset(["binomial", "geometric", "negative_binomial", "poisson"])
PARTED = frozenset([IfExpr, BoolOp, Compare, Observe, If, For, FunctionDef, Lambda, Comprehension])
MOST = 100  # values of a uniform integer that is summed over (not measured)


def is_plainly_finite(program: ProgramNode) -> bool:
    """Return whether every random choice has finitely many values and is made in all worlds; False if in doubt.

    >>> from plot.language import parse
    >>> is_plainly_finite(parse("x = flip(0.3)\\ny = flip(0.9 if x else 0.1)\\nquery(y)"))
    True
    >>> is_plainly_finite(parse("x = flip(0.3)\\ny = flip(0.9) if x else False\\nquery(y)"))
    False
    """
    pending: list[Node] = list(program.body)
    doubtful: list[Node] = []
    named: set[str] = set()
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is Constant:
            continue
        if isinstance(node, Name):
            named.add(node.id)
        elif kind is Do:
            return False
        elif isinstance(node, Call) and getattr(node.function, "id", "") in FINITE:
            if not _is_small(node):
                return False
            pending.extend([*node.args, *[value for _, value in node.keywords]])
        elif kind in PARTED:
            certain, uncertain = _parts(node)
            pending.extend(certain)
            doubtful.extend([part for part in uncertain if type(part) is not Constant])
        else:
            pending.extend(children(node))
    while doubtful:
        node = doubtful.pop()
        if isinstance(node, Name):
            named.add(node.id)
        else:
            doubtful.extend(children(node))
    return all([_draws_nothing(name) for name in named])


def may_be_finite(program: ProgramNode) -> bool:
    """Return whether no distribution that a program names has more values than whole numbers.

    >>> from plot.language import parse
    >>> may_be_finite(parse("x = flip(0.3)\\ny = flip(0.9) if x else False\\nquery(y)"))
    True
    """
    seen = {
        id(node.distribution.function) for node in walk(program) if isinstance(node, Observe)
    }  # it is not drawn from
    named = {node.id for node in walk(program) if isinstance(node, Name) and id(node) not in seen}
    return all([name in FINITE or name in COUNTS or name == "shuffle" or _draws_nothing(name) for name in named])


def names_counts(program: ProgramNode) -> bool:
    """Return whether a program names a distribution of whole numbers without an end, or of very many."""
    return any([isinstance(node, Name) and node.id in COUNTS for node in walk(program)])


def _draws_nothing(name: str) -> bool:
    entry = LIBRARY.get(name)
    return entry_of(name) is None if entry is None else entry.category != "distribution"


def _is_small(node: Call) -> bool:
    """Return whether a finite choice is known to be between a few values."""
    name, first = getattr(node.function, "id", ""), node.args[0] if node.args else None
    if name == "choice":
        return isinstance(first, ListExpr)
    if name == "randint":
        between = width(node)
        return between is not None and between < MOST
    return True


def _parts(node: Node) -> tuple[Sequence[Node], Sequence[Node]]:
    """Return the parts of a node that are evaluated in all worlds in which it is, and those that may not be."""
    if isinstance(node, IfExpr):
        return (node.test,), (node.then, node.orelse)
    if isinstance(node, BoolOp):
        return node.values[:1], node.values[1:]
    if isinstance(node, Compare):
        return (node.left, node.comparators[0]), node.comparators[1:]
    if isinstance(node, Observe):  # a distribution that is observed is not drawn from
        return (*node.distribution.args, *[value for _, value in node.distribution.keywords], node.value), ()
    return (), children(node)


__all__ = ["is_plainly_finite", "may_be_finite", "names_counts"]
