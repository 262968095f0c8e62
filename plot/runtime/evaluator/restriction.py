"""Interventions that restrict: a variable is drawn as before, among the values that pass a test.

Its parents stay as they are, and so does its noise. What passes must be known of the draw itself: for a finite one each
value is tried; for a real number, or a count without an end, the test has to say between which numbers it is. A value
that is the absolute one of a draw restricts that draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import PlotError, Span
from plot.language.syntax.nodes import (
    Assign,
    BoolOp,
    Call,
    Compare,
    Constant,
    Expr,
    For,
    If,
    IfExpr,
    Name,
    NameTarget,
    Return,
    Statement,
    walk,
)
from plot.runtime.evaluator.mechanisms import family_of
from plot.runtime.sites.machine import Machine, Restriction
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import Closure, Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor

Bounds = tuple["Tensor", "Tensor"]
Evaluate = Callable[[Expr], Value]


def restrictions_of(
    body: tuple[Statement, ...], name: str | None, span: Span, restrictions: tuple[Restriction, ...]
) -> dict[int, tuple[Restriction, ...]]:
    """Return the restrictions of the draws that a variable is bound to, or (None) that a function returns.

    Each draw is known by the identity of its call. A function may return a constant, too.

    Raises PlotError where its value is not drawn but computed: then the intervention is to be on what it follows from.
    """
    found: dict[int, tuple[Restriction, ...]] = {}
    folded = tuple(replace(one, folded=True) for one in restrictions)
    for value in _bound_to(body, name):
        for end in _ends(value):
            inner = (
                end.args[0] if isinstance(end, Call) and end.function == Name(id="abs") and len(end.args) == 1 else end
            )
            if isinstance(inner, Call) and family_of(inner) not in (None, "shuffle"):
                found[id(inner)] = restrictions if inner is end else folded
            elif name is not None or not isinstance(end, Constant):
                raise PlotError(
                    "only what is drawn from a distribution can be restricted; this is computed from other things",
                    hint="restrict, or set, what it is computed from",
                    span=span,
                )
    return found


def _bound_to(body: tuple[Statement, ...], name: str | None) -> Iterator[Expr]:
    """Yield what a body binds a variable to, or (None) returns."""
    for node in body:
        value: Expr | None = None
        if isinstance(node, If):
            yield from _bound_to((*node.body, *node.orelse), name)
        elif isinstance(node, For):
            yield from _bound_to(node.body, name)
        elif isinstance(node, Return):
            value = node.value if name is None else None
        elif isinstance(node, Assign) and isinstance(node.target, NameTarget) and node.target.id == name:
            value = node.value
        if value is not None:
            yield value


def _ends(value: Expr) -> Iterator[Expr]:
    if isinstance(value, IfExpr):
        yield from _ends(value.then)
        yield from _ends(value.orelse)
    else:
        yield value


def bounds_of(test: Closure, evaluate: Evaluate) -> Bounds | None:
    """Return the numbers between which the argument of a test has to be, None where it is no such test."""
    body = test.body
    if isinstance(body, tuple):
        only = body[0] if len(body) == 1 else None
        if not isinstance(only, Return) or only.value is None:
            return None
        body = only.value
    ends = [torch.tensor(-math.inf, dtype=torch.float64), torch.tensor(math.inf, dtype=torch.float64)]
    parts = body.values if isinstance(body, BoolOp) and body.op == "and" else (body,)
    for part in parts:
        if not isinstance(part, Compare):
            return None
        sides = [part.left, *part.comparators]
        for left, op, right in zip(sides, part.ops, sides[1:], strict=False):
            if op not in _TURNED:
                return None
            if _is(right, test.parameters[0]):
                left, op, right = right, _TURNED[op], left
            if not _is(left, test.parameters[0]) or _mentions(right, test.parameters[0]):
                return None
            _narrow(ends, op, as_tensor(evaluate(right)).double())  # type: ignore[arg-type]
    return ends[0], ends[1]


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _is(node: Expr, name: str) -> bool:
    return isinstance(node, Name) and node.id == name


def _mentions(node: Expr, name: str) -> bool:
    return any(isinstance(inner, Name) and inner.id == name for inner in walk(node))


def _narrow(ends: list[Tensor], op: str, bound: Tensor) -> None:
    if op in ("<", ">"):
        bound = torch.nextafter(bound, torch.tensor(math.inf if op == ">" else -math.inf, dtype=torch.float64))
    if op in (">", ">="):
        ends[0] = torch.where(bound > ends[0], bound, ends[0])
    else:
        ends[1] = torch.where(bound < ends[1], bound, ends[1])


@contextmanager
def restricting(machine: Machine, function: Closure, restrictions: tuple[Restriction, ...]) -> Iterator[Sequence[Mask]]:
    """Let a memoised function draw what it returns among the values that pass, while its body runs.

    What other calls of it draw within is not restricted. Yields where such a draw was made.
    """
    if not restrictions and not machine.restricted:
        yield ()
        return
    before = machine.restricted, machine.drawn_within
    assert isinstance(function.body, tuple)
    span = function.node.span
    machine.restricted = restrictions_of(function.body, None, span, restrictions) if restrictions else {}
    drawn: list[Mask] = []
    machine.drawn_within = drawn
    try:
        yield drawn
    finally:
        machine.restricted, machine.drawn_within = before


__all__ = ["bounds_of", "restricting", "restrictions_of"]
