"""Signatures of a world's functions, found by trying them: the kind of each argument, and of the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from plot.errors import PlotError
from plot.inference.device import one_thread
from plot.inference.estimates.columns import View, column
from plot.inference.outcomes import Figure
from plot.language import check
from plot.language.checks.checker import each_may_be_random
from plot.language.syntax.nodes import (
    Call,
    Constant,
    Expr,
    FunctionDef,
    ListExpr,
    Name,
    ProgramNode,
    Query,
    Statement,
)
from plot.runtime import RunPlan, run
from plot.translate.english.build import filled
from plot.translate.model.trial import only
from plot.world import WorldSpec
from plot.world.lexicon import expression

Kind = Literal["truth", "number", "name", "names", "event", "bearer", "bearers"]
PARTICLES = 30
MOST_PARAMETERS = 4
_RESULTS: dict[str, Kind] = {"boolean": "truth", "number": "number", "choice": "name", "set": "names"}


@dataclass(frozen=True, slots=True)
class Signature:
    """A function of a world, with the kinds of its arguments and of its result."""

    name: str
    arguments: tuple[Kind, ...]
    result: Kind


def signatures(
    context: ProgramNode, world: WorldSpec, names: Sequence[str], events: frozenset[tuple[str, int]], seed: int = 0
) -> tuple[Signature, ...]:
    """Return the random functions of a world that can be called with names, lists of them, numbers and events.

    Where the world's individuals are no names, functions take the bearers of names; some return lists of such.

    Each is tried on a few prior samples; the first kinds of arguments that it takes in all of them are its own.

    Args:
        context: The program of the conversation, without its evidence.
        world: The world.
        names: Individuals to try functions with, at least one.
        events: The places of arguments that are events.
        seed: The seed of the samples.
    """
    found: list[Signature] = []
    asked: tuple[Statement, ...] = ()  # calls of those found so far: one stores no values of two kinds for another
    functions = [
        node for node in world.program.body if isinstance(node, FunctionDef) and len(node.parameters) <= MOST_PARAMETERS
    ]
    calls = [Call(function=Name(id=node.name), args=()) for node in functions]
    for node, random in zip(functions, each_may_be_random(calls, context), strict=True):
        required = [one for one in node.parameters if one.default is None]
        bearer = world.lexicon.bearer
        for kinds in _candidates(node.name, len(required), events, bearer) if random else ():
            call = Query(value=Call(function=Name(id=node.name), args=_given(kinds, names, bearer)))
            result = _result(context, world, (*asked, call), seed)
            if result is not None:
                asked = (*asked, call)
                found.append(Signature(node.name, kinds, result))
                break
    return tuple(found)


def _candidates(
    name: str, count: int, events: frozenset[tuple[str, int]], bearer: str | None
) -> Iterator[tuple[Kind, ...]]:
    """Yield the kinds that the arguments of a function may have, the likeliest first."""
    plain: tuple[Kind, ...] = (*(("bearer",) if bearer else ()), "name", "names", "number")
    yield from product(*(("event",) if (name, place) in events else plain for place in range(count)))


def _given(kinds: Sequence[Kind], names: Sequence[str], bearer: str | None) -> tuple[Expr, ...]:
    """Return arguments of these kinds: the names in turn, so that two arguments are two individuals."""
    made: list[Expr] = []
    for place, kind in enumerate(kinds):
        name = Constant(value=names[place % len(names)])
        if kind == "bearer" and bearer is not None:
            made.append(filled(expression(bearer), {"x": name}))
        else:
            made.append(name if kind == "name" else ListExpr(items=(name,)) if kind == "names" else Constant(value=1))
    return tuple(made)


def _result(context: ProgramNode, world: WorldSpec, asked: Sequence[Statement], seed: int) -> Kind | None:
    """Return the kind of the last call's value; None where it is an error, or can't be asked."""
    last = asked[-1]
    assert isinstance(last, Query)
    try:
        program = ProgramNode(body=(*context.body, last))
        with one_thread():
            found = run(program, PARTICLES, RunPlan(seed=seed, budget=world.budget))
        if found.warnings or not found.queries:
            return None
        check(ProgramNode(body=(*context.body, *asked)), modules=world.modules)
        answer = column(found.queries[-1], View(None, PARTICLES))
        listed = answer.kind == "set" and all(isinstance(label, Figure) for label in answer.labels)
        return "bearers" if world.lexicon.shown and (listed or only(Figure, answer)) else _RESULTS[answer.kind]
    except PlotError:
        return None


__all__ = ["Kind", "Signature", "signatures"]
