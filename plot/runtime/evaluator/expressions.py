"""Evaluation of expressions over all particles at once, with one function per kind of node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from plot._lazy import torch
from plot.errors import Span
from plot.language import entry_of
from plot.language.syntax.nodes import (
    AttributeExpr,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Expr,
    Generator,
    IfExpr,
    Index,
    Lambda,
    ListExpr,
    Name,
    RecordExpr,
    Slice,
    TableExpr,
    Unary,
)
from plot.language.syntax.tables import Table, unknown
from plot.runtime.evaluator.assignment import assign, names_of
from plot.runtime.evaluator.calls import call
from plot.runtime.evaluator.frames import Frame, Interpreter
from plot.runtime.evaluator.lookup import looked_up
from plot.runtime.library.lists import as_list, compacted, cut, field_of, index, without_missing
from plot.runtime.library.ops import binary, compare, negate, truth
from plot.runtime.sites.machine import Here, Machine
from plot.runtime.values.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.values.merge import merge, narrow
from plot.runtime.values.values import ListValue, RecordValue, Value, VariableScope, builtin, bytes_of

Evaluate = Callable[[Interpreter, Any, Frame, Mask], Value]


def _constant(_: Interpreter, node: Constant, __: Frame, ___: Mask) -> Value:
    return node.value


def _name(interpreter: Interpreter, node: Name, frame: Frame, mask: Mask) -> Value:
    scope: VariableScope | None = frame.scope
    while scope is not None:
        if node.id in scope.variables:
            here = Here(interpreter.machine, mask, node.span)
            return without_missing(here, scope.variables[node.id], f"'{node.id}' has no value yet")
        if node.id in scope.local_names:
            break
        scope = scope.parent
    if scope is None and entry_of(node.id) is not None:
        return builtin(node.id)
    Here(interpreter.machine, mask, node.span).fault(True, f"'{node.id}' has no value yet")
    return None


def _list(interpreter: Interpreter, node: ListExpr, frame: Frame, mask: Mask) -> Value:
    items = [interpreter.evaluate(item, frame, mask) for item in node.items]
    return interpreter.machine.list(items, (True,) * len(items), node.span)


def _record(interpreter: Interpreter, node: RecordExpr, frame: Frame, mask: Mask) -> Value:
    record = RecordValue({name: interpreter.evaluate(item, frame, mask) for name, item in node.fields})
    interpreter.machine.check_extent(record, node.span)
    return record


def _table(interpreter: Interpreter, node: TableExpr, _: Frame, __: Mask) -> Value:
    if node.table is None:
        raise unknown(node)
    interpreter.machine.check_length(len(node.table), node.span)
    return rows_of(node.table)


@lru_cache(maxsize=8)
def rows_of(table: Table) -> ListValue:
    """Return the rows of a table as a list of records: the same list whenever it is read."""
    names = [column.name for column in table.columns]
    rows = zip(*[column.cells for column in table.columns], strict=True)
    records = [RecordValue(dict(zip(names, row, strict=True))) for row in rows]
    return ListValue(tuple(records), (True,) * len(records))


def _attribute(interpreter: Interpreter, node: AttributeExpr, frame: Frame, mask: Mask) -> Value:
    record = interpreter.evaluate(node.value, frame, mask)
    return field_of(Here(interpreter.machine, mask, node.span), record, node.name)


def _index(interpreter: Interpreter, node: Index, frame: Frame, mask: Mask) -> Value:
    items = interpreter.evaluate(node.value, frame, mask)
    at = interpreter.evaluate(node.index, frame, mask)
    return index(Here(interpreter.machine, mask, node.span), items, at)


def _slice(interpreter: Interpreter, node: Slice, frame: Frame, mask: Mask) -> Value:
    items = interpreter.evaluate(node.value, frame, mask)
    lower, upper = (
        None if bound is None else interpreter.evaluate(bound, frame, mask) for bound in (node.lower, node.upper)
    )
    return cut(Here(interpreter.machine, mask, node.span), items, lower, upper)


def _unary(interpreter: Interpreter, node: Unary, frame: Frame, mask: Mask) -> Value:
    operand = interpreter.evaluate(node.operand, frame, mask)
    here = Here(interpreter.machine, mask, node.span)
    return not_(truth(here, operand)) if node.op == "not" else negate(here, node.op, operand)


def _binary(interpreter: Interpreter, node: Binary, frame: Frame, mask: Mask) -> Value:
    left = interpreter.evaluate(node.left, frame, mask)
    right = interpreter.evaluate(node.right, frame, mask)
    return binary(Here(interpreter.machine, mask, node.span), node.op, left, right)


def is_mask(value: Value) -> bool:
    """Return whether a value is a truth value, random or not."""
    return isinstance(value, bool) or (isinstance(value, torch.Tensor) and value.dtype == torch.bool)


def _bool_op(interpreter: Interpreter, node: BoolOp, frame: Frame, mask: Mask) -> Value:
    """Evaluate each operand only where the ones before it have not decided; the value is that of the one that did."""
    conjunction = node.op == "and"
    result = interpreter.evaluate(node.values[0], frame, mask)
    for operand in node.values[1:]:
        holds = truth(Here(interpreter.machine, mask, node.span), result)
        goes_on = holds if conjunction else not_(holds)
        on = and_(mask, goes_on)
        if not any_(on):
            break
        value = interpreter.evaluate(operand, frame, on)
        if is_mask(result) and is_mask(value):
            result = and_(result, value) if conjunction else or_(result, value)  # type: ignore[arg-type]
        else:
            result = merge(goes_on, value, result)
    return result


def _compare(interpreter: Interpreter, node: Compare, frame: Frame, mask: Mask) -> Value:
    left = interpreter.evaluate(node.left, frame, mask)
    holds: Mask = True
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        on = and_(mask, holds)
        if not any_(on):
            break
        right = interpreter.evaluate(comparator, frame, on)
        holds = and_(holds, compare(Here(interpreter.machine, on, node.span), op, left, right))
        left = right
    return holds


def _if(interpreter: Interpreter, node: IfExpr, frame: Frame, mask: Mask) -> Value:
    value = looked_up(node, frame)
    if value is not None:
        return value
    test = truth(Here(interpreter.machine, mask, node.span), interpreter.evaluate(node.test, frame, mask))
    on, off = and_(mask, test), minus(mask, test)
    if not any_(off):
        return interpreter.evaluate(node.then, frame, on)
    if not any_(on):
        return interpreter.evaluate(node.orelse, frame, off)
    then = interpreter.evaluate(node.then, frame, on)
    return merge(test, then, interpreter.evaluate(node.orelse, frame, off))


def _lambda(interpreter: Interpreter, node: Lambda, frame: Frame, mask: Mask) -> Value:
    return interpreter.define(node, frame, mask)


# -- comprehensions ------------------------------------------------------------------------------------


def comprehended(
    interpreter: Interpreter,
    node: Comprehension,
    frame: Frame,
    mask: Mask,
    element: Callable[[Expr, Frame, Mask], Value] | None = None,
) -> _Made:
    """Make the items of a comprehension; `element` evaluates each, where not as usual."""
    names = frozenset(name for generator in node.generators for name in names_of(generator.target))
    scope = VariableScope({}, frame.scope, names)
    inner = Frame(scope, frame.path, mask, frame.depth, frame.loop)
    made = _Made(frame, interpreter.captures(node), element)
    _generate(interpreter, node, 0, inner, mask, True, made)
    return made


def _comprehension(interpreter: Interpreter, node: Comprehension, frame: Frame, mask: Mask) -> Value:
    made = comprehended(interpreter, node, frame, mask)
    compact = all([mask is True for mask in made.present])  # all are there in every particle: slots are ranks
    return interpreter.machine.list(made.items, made.present, node.span, compact)


@dataclass(slots=True)
class _Made:
    """What a comprehension has made so far.

    `outer` is the frame around it, in which the first list is evaluated. Where functions are `captured`, they may look
    at the names of the comprehension later: in each particle at the last values that they had there.
    """

    outer: Frame
    captured: bool
    element: Callable[[Expr, Frame, Mask], Value] | None = None
    items: list[Value] = field(default_factory=list)
    present: list[Mask] = field(default_factory=list)
    size: int = 0

    def add(self, machine: Machine, value: Value, mask: Mask, span: Span) -> None:
        """Add an item in the particles of `mask`."""
        self.items.append(value)
        self.present.append(mask)
        self.size += bytes_of(value) + bytes_of(mask)
        machine.check_length(len(self.items), span)
        machine.check_memory(span, made=self.size)


def _generate(
    interpreter: Interpreter,
    node: Comprehension,
    depth: int,
    frame: Frame,
    mask: Mask,
    inside: Mask,
    made: _Made,
) -> None:
    """Add the items of the generators from number `depth` on; `inside` are the particles that got this far."""
    if depth == len(node.generators):
        value = (made.element or interpreter.evaluate)(node.element, frame, mask)
        made.add(interpreter.machine, value, inside, node.span)
        return
    generator = node.generators[depth]
    here = Here(interpreter.machine, mask, generator.iterable.span)
    source = interpreter.evaluate(generator.iterable, frame if depth else made.outer, mask)
    values = compacted(here, as_list(here, source, "for"))
    loop, around = frame.loop, frame.mask
    for number, (item, there) in enumerate(zip(values.items, values.present, strict=True)):
        on = and_(mask, there)
        if not any_(on):
            continue
        interpreter.machine.check_time(node.span)
        frame.loop, frame.mask = (*loop, number), around if made.captured else on
        assign(interpreter, generator.target, narrow(item, on), frame, on)
        holds = _filtered(interpreter, generator, frame, on)
        on = and_(on, holds)
        if any_(on):
            _generate(interpreter, node, depth + 1, frame, on, and_(inside, and_(there, holds)), made)
    frame.loop, frame.mask = loop, around


def _filtered(interpreter: Interpreter, generator: Generator, frame: Frame, mask: Mask) -> Mask:
    """Return where all conditions of a generator hold."""
    holds: Mask = True
    for condition in generator.conditions:
        on = and_(mask, holds)
        if not any_(on):
            break
        value = interpreter.evaluate(condition, frame, on)
        holds = and_(holds, truth(Here(interpreter.machine, on, condition.span), value))
    return holds


EXPRESSIONS: dict[type, Evaluate] = {
    Constant: _constant,
    Name: _name,
    ListExpr: _list,
    TableExpr: _table,
    RecordExpr: _record,
    AttributeExpr: _attribute,
    Index: _index,
    Slice: _slice,
    Unary: _unary,
    Binary: _binary,
    BoolOp: _bool_op,
    Compare: _compare,
    IfExpr: _if,
    Call: call,
    Lambda: _lambda,
    Comprehension: _comprehension,
}


def evaluate(interpreter: Interpreter, node: Expr, frame: Frame, mask: Mask) -> Value:
    """Return the value of an expression in the particles of `mask`."""
    return EXPRESSIONS[type(node)](interpreter, node, frame, mask)


__all__ = ["EXPRESSIONS", "evaluate"]
