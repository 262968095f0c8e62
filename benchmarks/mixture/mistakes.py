"""Programs that are wrong in the ways that translators are: sides swapped, a threshold moved, a part left out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from plot.language import parse, show
from plot.language.syntax.nodes import (
    BoolOp,
    Call,
    Compare,
    Condition,
    Constant,
    Expr,
    Name,
    Node,
    ProgramNode,
    Unary,
    walk,
)
from plot.translate.english.build import rewritten
from plot.translate.model.grounding import world_names
from plot.world import WorldSpec

FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
TURNED = {"any": "all", "all": "any", "max": "min", "min": "max", "argmax": "argmin", "argmin": "argmax"}


def mistakes(code: str, world: WorldSpec, chance: random.Random) -> list[str]:
    """Return different wrong programs made from a right one, in random order."""
    program = parse(code)
    found = {show(wrong) for wrong in _wrong(program, world_names(world))} - {show(program)}
    ordered = sorted(found)
    chance.shuffle(ordered)
    return ordered


def _wrong(program: ProgramNode, own: frozenset[str]) -> Iterator[ProgramNode]:
    for node in list(walk(program)):
        if isinstance(node, Compare) and node.ops[0] in FLIPPED:
            yield _put(program, node, replace(node, ops=(FLIPPED[node.ops[0]], *node.ops[1:])))
        elif isinstance(node, BoolOp) and len(node.values) > 1:
            for left in range(len(node.values)):
                rest = node.values[:left] + node.values[left + 1 :]
                yield _put(program, node, rest[0] if len(rest) == 1 else replace(node, values=rest))
        elif isinstance(node, Constant) and type(node.value) in (int, float) and abs(float(node.value)) >= 2:
            yield _put(program, node, Constant(value=node.value * 2))
        elif isinstance(node, Call) and isinstance(node.function, Name) and node.function.id in TURNED:
            yield _put(program, node, replace(node, function=Name(id=TURNED[node.function.id])))
        elif isinstance(node, Condition):
            yield _put(program, node, replace(node, test=_denied(node.test)))
    yield from _swapped(program, own)


def _denied(test: Expr) -> Expr:
    return test.operand if isinstance(test, Unary) and test.op == "not" else Unary(op="not", operand=test)


def _swapped(program: ProgramNode, own: frozenset[str]) -> Iterator[ProgramNode]:
    """Yield programs in which two individuals, or two names of the world, have changed places."""
    texts = [node.value for node in walk(program) if isinstance(node, Constant) and isinstance(node.value, str)]
    for names in ([name for name in texts if name not in own], [name for name in texts if name in own]):
        different = list(dict.fromkeys(names))
        if len(different) >= 2:
            one, two = different[0], different[-1]
            yield renamed(program, {one: two, two: one})


def renamed(program: ProgramNode, instead: dict[str, str]) -> ProgramNode:
    """Return a program with names in place of others."""

    def change(node: Node) -> Node | None:
        if isinstance(node, Constant) and isinstance(node.value, str) and node.value in instead:
            return Constant(value=instead[node.value])
        return None

    return ProgramNode(body=rewritten(program.body, change))


def _put(program: ProgramNode, old: Node, new: Node) -> ProgramNode:
    """Return the program with one node, found by identity, replaced."""
    change: Callable[[Node], Node | None] = lambda node: new if node is old else None  # noqa: E731
    return ProgramNode(body=rewritten(program.body, change))


def reworded(code: str, chance: random.Random) -> str:
    """Return a program in one of the ways in which it may be written."""
    return chance.choice(wordings(code))


@cache
def wordings(code: str) -> tuple[str, ...]:
    """Return the ways of writing a program: comparisons turned or not, parts of *and* and *or* moved or not."""
    return tuple(dict.fromkeys(_worded(code, turn, move) for turn in (False, True) for move in (False, True)))


def _worded(code: str, turn: bool, move: bool) -> str:
    def change(node: Node) -> Node | None:
        if turn and isinstance(node, Compare) and len(node.ops) == 1 and node.ops[0] in FLIPPED:
            sides = [rewritten(side, change) for side in (node.comparators[0], node.left)]
            return Compare(left=sides[0], ops=(FLIPPED[node.ops[0]],), comparators=(sides[1],))
        if move and isinstance(node, BoolOp):
            return replace(node, values=tuple(rewritten(value, change) for value in reversed(node.values)))
        return None

    return show(ProgramNode(body=rewritten(parse(code).body, change)))
