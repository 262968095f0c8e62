"""Tensor functions recorded once and played again without the program: the same operations on other particles.

Recording runs the function on some particles and writes down every torch operation. Where the function looked at a
number (is the mask on anywhere?) the tape keeps the number as a guard: on other particles a guard may fail, and then
the tape refuses, so that the function itself is run. A function that draws at random, or whose shapes depend on the
data, has no tape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from plot.heavy import torch
from plot.runtime.looks import watched

if TYPE_CHECKING:
    from torch import Tensor

Tensors = Mapping[str, "Tensor"]
Function = Callable[[Tensors], Tensors]


@dataclass(frozen=True, slots=True)
class Slot:
    """A tensor of the tape, by its number."""

    number: int


@dataclass(slots=True)
class Step:
    """One operation: its arguments with slots for tensors, and those of its results; `last` are not needed again."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: tuple[int, ...]
    guard: Any = None
    last: tuple[int, ...] = ()
    simple: bool = False
    slots: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Tape:
    """A recorded function of named tensors."""

    inputs: dict[str, int]
    outputs: dict[str, Any]
    constants: dict[int, Tensor] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
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


def record(function: Function, given: Tensors) -> tuple[Tensors, Tape | None]:
    """Run a function; return its results, and its tape if it can have one."""
    recorder = _recorder()(given)
    with recorder, watched(recorder.asked):
        results = function(given)
    recording: Recording = recorder.recording
    if recording.broken:
        return results, None
    outputs = {name: recording.reference(value) for name, value in results.items()}
    tape = Tape(recording.inputs, outputs, recording.constants, recording.steps, recording.count)
    if not any(step.guard is None and step.function._schema.is_mutable for step in tape.steps):
        _say_once(tape)
    _forget(tape)
    return results, tape


def _place(tensor: Tensor) -> Any:
    """Return what tells a tensor from all others that are alive: where its numbers are, and how they are read."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


class Recording:
    """What a recorder has written down so far."""

    def __init__(self, given: Tensors) -> None:
        from torch.utils.weak import WeakIdKeyDictionary

        self.numbers: Any = WeakIdKeyDictionary()
        self.count = 0
        self.steps: list[Step] = []
        self.constants: dict[int, Tensor] = {}
        self.broken = False
        self.inputs = {name: self.number(tensor) for name, tensor in given.items()}

    def number(self, tensor: Tensor) -> int:
        """Give a tensor the next number, for as long as it lives."""
        self.numbers[tensor] = self.count
        self.count += 1
        return self.count - 1

    def reference(self, item: Any) -> Any:
        """Return an argument with slots for its tensors; one that is not known is a constant."""
        if isinstance(item, torch.Tensor):
            if item not in self.numbers:
                self.constants[self.number(item)] = item
            return Slot(self.numbers[item])
        if isinstance(item, (list, tuple)):
            return type(item)(self.reference(part) for part in item)
        return item

    def run(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an operation and write it down."""
        if func._schema.is_mutable:
            self._copy_constants(func, args)
        arguments = tuple(self.reference(item) for item in args)
        named = {name: self.reference(item) for name, item in kwargs.items()}
        found = func(*args, **kwargs)
        if torch.Tag.nondeterministic_seeded in func.tags or _is_dynamic(func, args):
            self.broken = True
        varies = self._varies(arguments) or self._varies(tuple(named.values()))
        if isinstance(found, torch.Tensor):
            self._write(Step(func, arguments, named, ()), found, varies)
        elif isinstance(found, (list, tuple)):
            self.steps.append(Step(func, arguments, named, tuple(self.number(item) for item in found)))
        elif torch.Tag.data_dependent_output in func.tags:
            if varies:
                self.steps.append(Step(func, arguments, named, (), guard=(found,)))
        else:
            self.broken = self.broken or found is not None
            self.steps.append(Step(func, arguments, named, ()))
        return found

    def ask(self, question: Any, tensors: tuple[Tensor, ...]) -> bool:
        """Ask a question about tensors, and write down what was answered."""
        arguments = tuple(self.reference(item) for item in tensors)
        found: bool = question(*tensors)
        if self._varies(arguments):
            self.steps.append(Step(question, arguments, {}, (), guard=(found,)))
        return found

    def _write(self, step: Step, found: Tensor, varies: bool) -> None:
        """Write down an operation with one result; what does not depend on what was given is computed once."""
        known = self.numbers.get(found)
        if known is None and not varies:
            self.constants[self.number(found)] = found
            return
        step.results = (known if known is not None else self.number(found),)
        self.steps.append(step)

    def _varies(self, arguments: tuple[Any, ...]) -> bool:
        return any(number not in self.constants for number in _slots_in(arguments))

    def _copy_constants(self, func: Any, args: tuple[Any, ...]) -> None:
        """Let an operation in place change a copy that each playing makes, not the constant."""
        for item, declared in zip(args, func._schema.arguments, strict=False):
            written = declared.alias_info is not None and declared.alias_info.is_write
            if not written or not isinstance(item, torch.Tensor):
                continue
            number = self.numbers.get(item)
            if number is None or number in self.constants:
                self.broken = self.broken or item._is_view()
                kept = item.clone()
                source = Slot(self.number(kept))
                self.constants[source.number] = kept
                self.steps.append(Step(torch.ops.aten.clone.default, (source,), {}, (self.number(item),)))


def _is_dynamic(func: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether the shape of a result depends on the numbers: as an index, a mask does so, numbers do not."""
    if torch.Tag.dynamic_output_shape not in func.tags:
        return False
    if func is not torch.ops.aten.index.Tensor:
        return True
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1])


@cache
def _recorder() -> Any:
    """Return the class of the recorder: its base is torch's, which is loaded late."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Writes down the operations that run in its context."""

        def __init__(self, given: Tensors) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.recording = Recording(given)
            self.asking = False

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # else torch loads its compiler at the first operation, which takes seconds

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if self.asking:
                return func(*args, **(kwargs or {}))
            return self.recording.run(func, args, kwargs or {})

        def asked(self, question: Any, tensors: tuple[Tensor, ...]) -> bool:
            """Take a question of the runtime for one step, whatever operations it takes."""
            self.asking = True
            try:
                return self.recording.ask(question, tensors)
            finally:
                self.asking = False

    return Recorder


def _say_once(tape: Tape) -> None:
    """Drop the operations that were done before on the same tensors, and the questions asked before."""
    same = _equal_constants(tape)
    done: dict[Any, tuple[int, ...]] = {}
    kept: list[Step] = []
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
    """Return, for single numbers among the constants, an equal one that stands for all."""
    first: dict[Any, int] = {}
    same: dict[int, int] = {}
    for number, constant in tape.constants.items():
        if constant.dim() == 0:
            same[number] = first.setdefault((constant.dtype, repr(constant.item())), number)
    return same


def _renamed(item: Any, same: Mapping[int, int]) -> Any:
    if type(item) is Slot:
        return Slot(same.get(item.number, item.number))
    if type(item) in (list, tuple):
        return type(item)(_renamed(part, same) for part in item)
    return item


def _key(item: Any) -> Any:
    """Return what tells arguments apart: 1, 1.0 and True are different, and so are 0.0 and -0.0."""
    if type(item) is Slot:
        return item
    if type(item) in (list, tuple):
        return tuple(_key(part) for part in item)
    return type(item), repr(item)


def _forget(tape: Tape) -> None:
    """Drop the operations that nothing depends on, and tell each step which tensors are not needed after it."""
    needed: set[int] = set()
    for value in tape.outputs.values():
        needed.update(_slots_in(value))
    kept: list[Step] = []
    for step in reversed(tape.steps):
        used = set(_slots_in(step.args)) | set(_slots_in(tuple(step.kwargs.values())))
        in_place = step.guard is None and step.function._schema.is_mutable
        if not (in_place or step.guard is not None or needed.intersection(step.results)):
            continue
        held = set(tape.constants) | set(tape.inputs.values())
        step.last = tuple(used - needed - held)
        needed |= used
        kept.append(step)
    tape.steps = kept[::-1]
    for step in tape.steps:
        step.simple = not step.kwargs and all(type(item) not in (list, tuple) for item in step.args)
        step.slots = tuple((i, item.number) for i, item in enumerate(step.args) if type(item) is Slot)
        step.function = getattr(step.function, "_op", step.function)


def _slots_in(item: Any) -> Sequence[int]:
    if type(item) is Slot:
        return (item.number,)
    if type(item) in (list, tuple):
        return [number for part in item for number in _slots_in(part)]
    return ()


__all__ = ["Tape", "record"]
