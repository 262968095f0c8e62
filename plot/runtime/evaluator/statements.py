"""Execution of statements over all particles at once: control flow under masks, and the speech acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.language import LIBRARY
from plot.language.syntax.nodes import (
    Assign,
    Break,
    Condition,
    Continue,
    Do,
    ExprStatement,
    For,
    FunctionDef,
    If,
    NameTarget,
    Observe,
    Pass,
    Query,
    Return,
    Statement,
)
from plot.runtime.evaluator.assignment import assign
from plot.runtime.evaluator.calls import bound_to_library
from plot.runtime.evaluator.frames import Frame, Interpreter, address
from plot.runtime.evaluator.rows import over_rows
from plot.runtime.evaluator.sampling import observe
from plot.runtime.library.lists import as_list, compacted
from plot.runtime.library.ops import truth
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import Mask, and_, any_, minus, or_
from plot.runtime.values.merge import merge, narrow
from plot.runtime.values.values import Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor

Execute = Callable[[Interpreter, Any, Frame, Mask], Mask]


def execute(interpreter: Interpreter, body: tuple[Statement, ...], frame: Frame, mask: Mask) -> Mask:
    """Run statements one after the other; return the particles that fall through at their end."""
    for statement in body:
        after = STATEMENTS[type(statement)](interpreter, statement, frame, mask)
        if after is not mask:
            if not any_(after):
                return False
            mask = after
    return mask


def _assign(interpreter: Interpreter, node: Assign, frame: Frame, mask: Mask) -> Mask:
    assign(interpreter, node.target, interpreter.evaluate(node.value, frame, mask), frame, mask)
    return mask


def _define(interpreter: Interpreter, node: FunctionDef, frame: Frame, mask: Mask) -> Mask:
    function = interpreter.define(node, frame, mask)
    assign(interpreter, NameTarget(id=node.name, span=node.span), function, frame, mask)
    return mask


def _if(interpreter: Interpreter, node: If, frame: Frame, mask: Mask) -> Mask:
    test = truth(Here(interpreter.machine, mask, node.test.span), interpreter.evaluate(node.test, frame, mask))
    on, off = and_(mask, test), minus(mask, test)
    after_on = interpreter.execute(node.body, frame, on) if any_(on) else False
    after_off = interpreter.execute(node.orelse, frame, off) if any_(off) else False
    if (after_on is on or not any_(on)) and (after_off is off or not any_(off)):
        return mask  # nobody left: the same object, so that assignments stay unmasked
    return or_(after_on, after_off)


def _for(interpreter: Interpreter, node: For, frame: Frame, mask: Mask) -> Mask:
    here = Here(interpreter.machine, mask, node.iterable.span)
    items = compacted(here, as_list(here, interpreter.evaluate(node.iterable, frame, mask), "for"))
    plate = interpreter.plates.get(id(node))
    if plate is not None and over_rows(interpreter, node, plate, items, frame, mask):
        return mask
    loop, stopped, returned = frame.loop, frame.stopped, frame.returned
    frame.stopped = False
    for number, (item, present) in enumerate(zip(items.items, items.present, strict=True)):
        on = _still_looping(frame, returned, and_(mask, present))
        if not any_(on):
            continue
        interpreter.machine.check_time(node.span)
        frame.loop = (*loop, number)
        assign(interpreter, node.target, narrow(item, on), frame, on)
        interpreter.execute(node.body, frame, on)
    frame.loop, frame.stopped = loop, stopped
    return mask if frame.returned is returned else minus(mask, frame.returned)


def _still_looping(frame: Frame, returned_before: Mask, mask: Mask) -> Mask:
    """Return the particles of `mask` that have neither returned since the loop began nor left it."""
    if frame.returned is not returned_before:
        mask = minus(mask, frame.returned)
    return mask if frame.stopped is False else minus(mask, frame.stopped)


def _return(interpreter: Interpreter, node: Return, frame: Frame, mask: Mask) -> Mask:
    value: Value = None
    if node.value is not None:
        wanted = frame.want
        value = (
            interpreter.evaluate(node.value, frame, mask)
            if wanted is None
            else interpreter.distance(node.value, frame, mask, wanted)
        )
    frame.result = value if frame.returned is False else merge(mask, value, frame.result)
    frame.returned = or_(frame.returned, mask)
    return False


def _break(_: Interpreter, __: Break, frame: Frame, mask: Mask) -> Mask:
    frame.stopped = or_(frame.stopped, mask)
    return False


def _continue(_: Interpreter, __: Continue, ___: Frame, ____: Mask) -> Mask:
    return False


def _pass(_: Interpreter, __: Pass, ___: Frame, mask: Mask) -> Mask:
    return mask


def _expression(interpreter: Interpreter, node: ExprStatement, frame: Frame, mask: Mask) -> Mask:
    interpreter.evaluate(node.value, frame, mask)
    return mask


# -- speech acts ---------------------------------------------------------------------------------------


def _condition(interpreter: Interpreter, node: Condition, frame: Frame, mask: Mask) -> Mask:
    machine = interpreter.machine
    place = address(frame, interpreter.labels[id(node)])
    new = False if machine.rewinding else machine.not_told(place, mask)
    if not any_(new):
        return mask
    relaxed = machine.relaxed.get(machine.statement)
    if relaxed is not None:
        distance = interpreter.distance(node.test, frame, new, True)
        machine.factor(place, -_price(relaxed, torch.where(as_tensor(new), distance, 0.0)), node.span)
        return mask
    holds = truth(Here(machine, new, node.span), interpreter.evaluate(node.test, frame, new))
    machine.exclude(minus(new, holds), place, node.span)
    return mask


def _price(cost: Tensor, distance: Tensor) -> Tensor:
    """Return what a distance costs: so much for each unit; where there are two numbers, also for each of its square."""
    return cost * distance if cost.dim() == 0 else cost[0] * distance + cost[1] * distance * distance


def _observe(interpreter: Interpreter, node: Observe, frame: Frame, mask: Mask) -> Mask:
    if interpreter.machine.rewinding:
        return mask
    name = getattr(node.distribution.function, "id", "")
    call = Here(interpreter.machine, mask, node.distribution.span)
    arguments = bound_to_library(interpreter, LIBRARY[name], node.distribution, frame, call)
    value = interpreter.evaluate(node.value, frame, mask)
    here = Here(interpreter.machine, mask, node.span)
    observe(here, name, node.distribution, arguments, value, address(frame, interpreter.labels[id(node)]))
    return mask


def _query(interpreter: Interpreter, node: Query, frame: Frame, mask: Mask) -> Mask:
    interpreter.machine.crossing.append(interpreter.compares_worlds(node))
    interpreter.machine.queries.append(interpreter.evaluate(node.value, frame, mask))
    return mask


def _do(interpreter: Interpreter, node: Do, frame: Frame, mask: Mask) -> Mask:
    interpreter.intervene(node, frame, mask)
    return mask


STATEMENTS: dict[type, Execute] = {
    Assign: _assign,
    FunctionDef: _define,
    If: _if,
    For: _for,
    Return: _return,
    Break: _break,
    Continue: _continue,
    Pass: _pass,
    ExprStatement: _expression,
    Condition: _condition,
    Observe: _observe,
    Query: _query,
    Do: _do,
}

__all__ = ["STATEMENTS", "execute"]
