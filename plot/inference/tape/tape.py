"""A tape: the recorded operations of a tensor function, to be replayed on other particles without the program.

Where the function looked at a number (is the mask on anywhere?) the tape keeps the number as a guard: on other
particles a guard may fail, and then the tape refuses, so that the function itself is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Tensors = Mapping[str, "Tensor"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A tensor of the tape, by its number."""

    number: int


@dataclass(slots=True)
class TapeStep:
    """One operation: its arguments with slots for tensors, and those of its results; `last` are not needed again.

    One that is `in_place` changes an argument.
    """

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: tuple[int, ...]
    guard: Any = None
    in_place: bool = False
    last: tuple[int, ...] = ()
    simple: bool = False
    slots: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Tape:
    """A recorded function of named tensors."""

    inputs: dict[str, int]
    outputs: dict[str, Any]
    constants: dict[int, Tensor] = field(default_factory=dict)
    steps: list[TapeStep] = field(default_factory=list)
    size: int = 0

    def play(self, given: Tensors) -> dict[str, Tensor] | None:
        """Return the function's results for other tensors of the same shapes; None where a guard fails."""
        held: list[Any] = [None] * self.size
        for number, constant in self.constants.items():
            held[number] = constant
        for name, number in self.inputs.items():
            held[number] = given[name]
        for step in self.steps:
            if step.simple:
                arguments = [*step.args]
                for place, number in step.slots:
                    arguments[place] = held[number]
                found = step.function(*arguments)
            else:
                found = step.function(*_fill(step.args, held), **{k: _fill(v, held) for k, v in step.kwargs.items()})
            if not step.results:
                if step.guard is not None and found != step.guard[0]:
                    return None
            elif len(step.results) == 1 and not isinstance(found, (list, tuple)):
                held[step.results[0]] = found
            else:
                for number, item in zip(step.results, found, strict=True):
                    held[number] = item
            for number in step.last:
                held[number] = None
        return {name: _fill(value, held) for name, value in self.outputs.items()}


def _fill(item: Any, held: list[Any]) -> Any:
    if type(item) is Slot:
        return held[item.number]
    if type(item) in (list, tuple):
        return type(item)(_fill(part, held) for part in item)
    return item


def slots_in(item: Any) -> Sequence[int]:
    """Return the numbers of the slots in an argument."""
    if type(item) is Slot:
        return (item.number,)
    if type(item) in (list, tuple):
        return [number for part in item for number in slots_in(part)]
    return ()


__all__ = ["Slot", "Tape", "TapeStep", "Tensors", "slots_in"]
