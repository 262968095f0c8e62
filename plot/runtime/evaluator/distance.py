"""The distance of a condition from being true: a relaxed truth value, derived from the expression.

The distance is 0 where the expression has the truth value that is wanted, and positive elsewhere: for a comparison of
numbers how far they are from satisfying it (in units of their spread over the particles), for a conjunction the sum
over its parts, for a disjunction the least, for a quantifier the sum or the least over its items, for a count what is
missing. What has no parts, or can't be computed, is at distance 1. It lets inference approach a condition that no
particle satisfies yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.language.syntax.nodes import BoolOp, Call, Compare, Comprehension, Expr, IfExpr, ListExpr, Unary
from plot.runtime.evaluator.calls import bound_to, library_entry, run_body
from plot.runtime.evaluator.expressions import comprehended
from plot.runtime.evaluator.frames import Frame, Interpreter, address
from plot.runtime.library.ops import compare, floating, numeric, truth
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.values.values import Closure, Value, as_tensor, is_number

if TYPE_CHECKING:
    from torch import Tensor

FALSE = 1.0
EDGE = 0.02
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def distance(interpreter: Interpreter, node: Expr, frame: Frame, mask: Mask, want: bool) -> Tensor:
    """Return how far an expression is from the truth value `want` in the particles of `mask`; 0 where it has it."""
    if isinstance(node, Unary) and node.op == "not":
        return distance(interpreter, node.operand, frame, mask, not want)
    if isinstance(node, BoolOp):
        return _bool_op(interpreter, node, frame, mask, want)
    if isinstance(node, Compare):
        return _compare(interpreter, node, frame, mask, want)
    if isinstance(node, IfExpr):
        return _if(interpreter, node, frame, mask, want)
    if isinstance(node, Call):
        return _call(interpreter, node, frame, mask, want)
    return _indicator(interpreter, interpreter.evaluate(node, frame, mask), node, mask, want)


def _indicator(interpreter: Interpreter, value: Value, node: Expr, mask: Mask, want: bool) -> Tensor:
    holds = truth(Here(interpreter.machine, mask, node.span), value)
    return _where(holds if want else not_(holds), torch.zeros((), dtype=torch.float64), FALSE)


def _where(mask: Mask, one: Any, other: Any) -> Tensor:
    one, other = torch.as_tensor(one, dtype=torch.float64), torch.as_tensor(other, dtype=torch.float64)
    if isinstance(mask, bool):
        return one if mask else other  # type: ignore[no-any-return]
    found: Tensor = torch.where(mask, one, other)
    return found


def _bool_op(interpreter: Interpreter, node: BoolOp, frame: Frame, mask: Mask, want: bool) -> Tensor:
    """A conjunction that is wanted (or a disjunction that is not) asks for all its parts, else for one of them."""
    total = distance(interpreter, node.values[0], frame, mask, want)
    needs_all = (node.op == "and") == want
    for operand in node.values[1:]:
        decided = total > 0 if needs_all else total == 0
        part = _leniently(interpreter, operand, frame, mask, want, decided)
        total = total + part if needs_all else torch.minimum(total, part)
    return total


def _leniently(interpreter: Interpreter, node: Expr, frame: Frame, mask: Mask, want: bool, decided: Tensor) -> Tensor:
    """Return the distance of an operand that would not be evaluated where those before it have `decided`.

    There an error is no fault of the program: the operand is at distance 1.
    """
    machine = interpreter.machine
    before = machine.lenient, machine.spared
    machine.lenient, machine.spared = or_(machine.lenient, decided), False
    try:
        part = distance(interpreter, node, frame, mask, want)
        failed = machine.spared
    finally:
        machine.lenient, machine.spared = before[0], or_(before[1], machine.spared)
    return _where(failed, FALSE, part)


def _if(interpreter: Interpreter, node: IfExpr, frame: Frame, mask: Mask, want: bool) -> Tensor:
    test = truth(Here(interpreter.machine, mask, node.span), interpreter.evaluate(node.test, frame, mask))
    on, off = and_(mask, test), minus(mask, test)
    if not any_(off):
        return distance(interpreter, node.then, frame, on, want)
    if not any_(on):
        return distance(interpreter, node.orelse, frame, off, want)
    then = distance(interpreter, node.then, frame, on, want)
    return _where(test, then, distance(interpreter, node.orelse, frame, off, want))


# -- comparisons -----------------------------------------------------------------------------------------


def _compare(interpreter: Interpreter, node: Compare, frame: Frame, mask: Mask, want: bool) -> Tensor:
    left = interpreter.evaluate(node.left, frame, mask)
    total: Tensor | None = None
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = interpreter.evaluate(comparator, frame, mask)
        here = Here(interpreter.machine, mask, node.span)
        holds = compare(here, op, left, right)
        gap = _gap(here, op if want else NEGATED.get(op, op), left, right, id(comparator))
        part = _where(holds if want else not_(holds), 0.0, gap + EDGE)
        total = part if total is None else total + part if want else torch.minimum(total, part)
        left = right
    assert total is not None
    return total


def _gap(here: Here, op: str, left: Value, right: Value, key: int) -> Tensor:
    """Return how far two numbers are from satisfying a comparison, in units of the spread of their difference."""
    if not (is_number(left) and is_number(right)) or op not in NEGATED or op == "!=":
        return torch.tensor(FALSE, dtype=torch.float64)
    difference = as_tensor(floating(numeric(left))) - as_tensor(floating(numeric(right)))
    if key not in here.machine.scales:
        spread = difference.std() if difference.numel() > 1 else torch.tensor(0.0, dtype=torch.float64)
        usable = bool(torch.isfinite(spread)) and float(spread) > 0
        here.machine.scales[key] = spread.detach() if usable else torch.tensor(1.0, dtype=torch.float64)
    gap = difference.abs() if op == "==" else (-difference if op in (">", ">=") else difference).clamp(min=0)
    return gap / here.machine.scales[key]


# -- calls -----------------------------------------------------------------------------------------------


def _call(interpreter: Interpreter, node: Call, frame: Frame, mask: Mask, want: bool) -> Tensor:
    if library_entry(node.function, frame.scope) is not None:
        name = getattr(node.function, "id", "")
        quantified = name in ("all", "any") and len(node.args) == 1
        if quantified and isinstance(node.args[0], (Comprehension, ListExpr)):
            return _quantifier(interpreter, name == "all", node.args[0], frame, mask, want)
        return _indicator(interpreter, interpreter.evaluate(node, frame, mask), node, mask, want)
    function = interpreter.evaluate(node.function, frame, mask)
    if (
        not isinstance(function, Closure)
        or function.memo is not None
        or function.name != getattr(node.function, "id", "")
    ):
        return _indicator(interpreter, interpreter.evaluate(node, frame, mask), node, mask, want)
    here = Here(interpreter.machine, mask, node.span)
    interpreter.machine.check_time(node.span)
    arguments = [interpreter.evaluate(argument, frame, mask) for argument in node.args]
    keywords = {name: interpreter.evaluate(value, frame, mask) for name, value in node.keywords}
    path = address(frame, interpreter.labels[id(node)])
    given = bound_to(function, arguments, keywords, here)
    found = run_body(interpreter, function, given, here, path, frame.depth + 1, want)
    return as_tensor(found) if is_number(found) else torch.tensor(FALSE, dtype=torch.float64)  # type: ignore[arg-type]


def _quantifier(
    interpreter: Interpreter, every: bool, items: Comprehension | ListExpr, frame: Frame, mask: Mask, want: bool
) -> Tensor:
    def element(node: Expr, inner: Frame, on: Mask) -> Value:
        return distance(interpreter, node, inner, on, want)

    evaluate: Callable[[Expr, Frame, Mask], Value] = element
    if isinstance(items, Comprehension):
        made = comprehended(interpreter, items, frame, mask, evaluate)
        parts = list(zip(made.items, made.present, strict=True))
    else:
        parts = [(element(item, frame, mask), True) for item in items.items]
    needs_all = every == want
    total = torch.tensor(0.0 if needs_all else torch.inf, dtype=torch.float64)
    for part, present in parts:
        value = as_tensor(part)  # type: ignore[arg-type]
        total = (
            total + _where(present, value, 0.0)
            if needs_all
            else torch.minimum(total, _where(present, value, torch.inf))
        )
    return torch.where(torch.isinf(total), FALSE, total)


__all__ = ["distance"]
