"""Optimisation of tapes: common subexpressions and dead steps are eliminated, also when several tapes are joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from plot.inference.tape.tape import Slot, Tape, TapeStep, slots_in

FEW = 64  # numbers that are compared to find equal constants


def shortened(tape: Tape) -> Tape:
    """Return the tape with each operation once, and without those that nothing depends on; it takes the steps over."""
    if not any(step.in_place for step in tape.steps):
        eliminate_common_subexpressions(tape)
    eliminate_dead_steps(tape)
    return tape


def joined(tapes: Mapping[str, Tape]) -> Tape:
    """Return one tape for several with the same inputs: its outputs are named `key/name`, by the tape that has them."""
    whole = Tape({}, {})
    for key, tape in tapes.items():
        numbers = {number: whole.inputs.setdefault(name, number + whole.size) for name, number in tape.inputs.items()}
        numbers = {i: numbers.get(i, i + whole.size) for i in range(tape.size)}
        whole.size += tape.size
        whole.constants |= {numbers[i]: constant for i, constant in tape.constants.items()}
        for step in tape.steps:
            args = tuple(_renamed(item, numbers) for item in step.args)
            kwargs = {name: _renamed(item, numbers) for name, item in step.kwargs.items()}
            results = tuple(numbers[i] for i in step.results)
            whole.steps.append(replace(step, args=args, kwargs=kwargs, results=results))
        whole.outputs |= {f"{key}/{name}": _renamed(value, numbers) for name, value in tape.outputs.items()}
    return shortened(whole)


def eliminate_common_subexpressions(tape: Tape) -> None:
    """Replace repeated operations on the same tensors, and repeated probes, by the first one."""
    same = _equal_constants(tape)
    done: dict[Any, tuple[int, ...]] = {}
    kept: list[TapeStep] = []
    for step in tape.steps:
        step.args = tuple(_renamed(item, same) for item in step.args)
        step.kwargs = {name: _renamed(item, same) for name, item in step.kwargs.items()}
        key = (step.function, _key(step.args), _key(tuple(sorted(step.kwargs.items()))))
        if key in done:
            same.update(zip(step.results, done[key], strict=True))
        else:
            done[key] = step.results
            kept.append(step)
    tape.steps = kept
    tape.outputs = {name: _renamed(value, same) for name, value in tape.outputs.items()}


def _equal_constants(tape: Tape) -> dict[int, int]:
    """Return, for each small constant, an equal one that stands for all."""
    first: dict[Any, int] = {}
    same: dict[int, int] = {}
    for number, constant in tape.constants.items():
        if constant.numel() <= FEW:
            key = constant.dtype, constant.shape, repr(constant.tolist())
            same[number] = first.setdefault(key, number)
    return same


def _renamed(item: Any, same: Mapping[int, int]) -> Any:
    if type(item) is Slot:
        return Slot(same.get(item.number, item.number))
    if type(item) in (list, tuple):
        return type(item)(_renamed(part, same) for part in item)
    return item


def _key(item: Any) -> Any:
    """Return a key that distinguishes arguments: 1, 1.0 and True differ, and so do 0.0 and -0.0."""
    if type(item) is Slot:
        return item
    if type(item) in (list, tuple):
        return tuple(_key(part) for part in item)
    return type(item), repr(item)


def eliminate_dead_steps(tape: Tape) -> None:
    """Remove operations that nothing depends on, and mark the tensors that each step uses last."""
    needed: set[int] = set()
    for value in tape.outputs.values():
        needed.update(slots_in(value))
    held = set(tape.constants) | set(tape.inputs.values())
    kept: list[TapeStep] = []
    for step in reversed(tape.steps):
        used = set(slots_in(step.args)) | set(slots_in(tuple(step.kwargs.values())))
        if not (step.in_place or step.guard is not None or needed.intersection(step.results)):
            continue
        step.last = tuple(used - needed - held)
        needed |= used
        kept.append(step)
    tape.steps = kept[::-1]
    for step in tape.steps:
        step.simple = not step.kwargs and all(type(item) not in (list, tuple) for item in step.args)
        step.slots = tuple((i, item.number) for i, item in enumerate(step.args) if type(item) is Slot)
        step.function = getattr(step.function, "_op", step.function)


__all__ = ["joined", "shortened"]
