"""Mechanisms: draws in different branches that bind the same variable from the same family.

`x = flip(0.8) if t else flip(0.4)` and `x = flip(0.8 if t else 0.4)` say the same, so a counterfactual world must
couple them in the same way. Such draws share one place, at which their common noise is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from plot.language import LIBRARY, ProgramNode
from plot.language.syntax.nodes import (
    Assign,
    Call,
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
    Return,
    Statement,
    children,
)

FAMILIES = {"bernoulli": "flip", "categorical": "choice"}  # other names of a family
RETURNED = "return"  # no variable has this name
Bound = tuple[str, str]  # a variable, or RETURNED, and a family
Counts = dict[Bound, int]
First = dict[tuple[Bound, int], Call]


def family_of(call: Call) -> str | None:
    """Return the family of the distribution that a call draws from, None where it draws from none."""
    name = call.function.id if isinstance(call.function, Name) else ""
    if name not in LIBRARY or LIBRARY[name].category != "distribution":
        return None
    return FAMILIES.get(name, name)


def intervenes(program: ProgramNode) -> bool:
    """Return whether a program has an intervention."""
    return any(isinstance(node, Do) for node in program.body)


def mechanisms(program: ProgramNode, labels: Mapping[int, str]) -> dict[int, str]:
    """Return the label of the mechanism of each draw that shares one, by the identity of its call.

    The draws that may bind a variable are counted along each path through a body: those that are the n-th of one family
    for one variable, each on its own path, are alternatives of one mechanism, which has the label of the first of them.
    """
    finder = _Finder(labels)
    finder.body(program.body, {}, {})
    return finder.found


class _Finder:
    """Walks the bodies of a program, one path after the other."""

    def __init__(self, labels: Mapping[int, str]) -> None:
        self._labels = labels
        self.found: dict[int, str] = {}

    def body(self, statements: Sequence[Statement], counts: Counts, first: First) -> Counts | None:
        """Walk statements; return how many draws there were on the longest path to their end, None if there is none."""
        for node in statements:
            after = self._statement(node, counts, first)
            if after is None:
                return None
            counts = after
        return counts

    def _statement(self, node: Statement, counts: Counts, first: First) -> Counts | None:
        if isinstance(node, FunctionDef):
            self.body(node.body, {}, {})
            return counts
        if isinstance(node, If):
            self._inside(node.test)
            return _longest([self.body(node.body, {**counts}, first), self.body(node.orelse, {**counts}, first)])
        if isinstance(node, For):
            self._inside(node.iterable)
            return _longest([counts, self.body(node.body, {**counts}, first)])
        if isinstance(node, Assign) and isinstance(node.target, NameTarget):
            return self._bound(node.value, node.target.id, counts, first)
        if isinstance(node, Return) and node.value is not None:
            self._bound(node.value, RETURNED, counts, first)
            return None
        self._inside(node)
        return counts

    def _bound(self, value: Expr, name: str, counts: Counts, first: First) -> Counts:
        """Unite the draws that a value may be with those of other paths that bind the same name."""
        after = {**counts}
        for call in leaves(value):
            family = family_of(call)
            if family is not None:
                key = (name, family)
                number = counts.get(key, 0)
                after[key] = number + 1
                self._unite(first.setdefault((key, number), call), call)
        self._inside(value)
        return after

    def _unite(self, one: Call, other: Call) -> None:
        if one is not other:
            self.found[id(one)] = self.found[id(other)] = self._labels[id(one)]

    def _inside(self, node: Node) -> None:
        """Unite the alternatives of each conditional expression beneath a node."""
        pending = [node]
        while pending:
            part = pending.pop()
            if isinstance(part, Lambda):
                self._bound(part.body, RETURNED, {}, {})
                continue
            if isinstance(part, IfExpr):
                first: dict[str, Call] = {}
                for call in leaves(part):
                    family = family_of(call)
                    if family is not None and id(call) not in self.found:
                        self._unite(first.setdefault(family, call), call)
            pending.extend(children(part))


def leaves(value: Expr) -> Iterator[Call]:
    """Yield the calls one of which a conditional expression comes to."""
    if isinstance(value, IfExpr):
        yield from leaves(value.then)
        yield from leaves(value.orelse)
    elif isinstance(value, Call):
        yield value


def _longest(paths: Sequence[Counts | None]) -> Counts | None:
    ended = [counts for counts in paths if counts is not None]
    if not ended:
        return None
    return {key: max([counts.get(key, 0) for counts in ended]) for key in {key for counts in ended for key in counts}}


__all__ = ["RETURNED", "family_of", "intervenes", "leaves", "mechanisms"]
