"""Assignment targets: names take new values where the mask is on, and keep theirs elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from plot.language.syntax.nodes import NameTarget, Target
from plot.runtime.evaluator.frames import Frame, Interpreter
from plot.runtime.library.lists import as_list, index, length
from plot.runtime.sites.machine import Here, Machine
from plot.runtime.values.masks import Mask
from plot.runtime.values.merge import merge
from plot.runtime.values.values import MISSING, Value


def names_of(target: Target) -> Iterator[str]:
    """Yield the names that a target binds."""
    if isinstance(target, NameTarget):
        yield target.id
    else:
        for item in target.items:
            yield from names_of(item)


def assign(interpreter: Interpreter, target: Target, value: Value, frame: Frame, mask: Mask) -> None:
    """Give the names of a target their values in the particles of `mask`; a list of the wrong length is a fault."""
    if isinstance(target, NameTarget):
        _bind(interpreter.machine, frame, target.id, value, mask)
        return
    here = Here(interpreter.machine, mask, target.span)
    items = as_list(here, value, "unpacking")
    wanted = len(target.items)
    here.fault(length(items) != wanted, f"{wanted} names can't be assigned a list of a different length")
    for number, item in enumerate(target.items):
        assign(interpreter, item, index(here, items, number), frame, mask)


def _bind(machine: Machine, frame: Frame, name: str, value: Value, mask: Mask) -> None:
    """Nobody looks at a frame outside its own mask, so a value for all of it stands as it is."""
    variables = frame.scope.variables
    if name in frame.scope.pinned:
        value = frame.scope.pinned[name]
    if mask is not True and mask is not frame.mask:
        value = merge(mask, value, variables.get(name, MISSING))
        value = value if machine.compress is None else machine.compress(value)
    variables[name] = value


__all__ = ["assign", "names_of"]
