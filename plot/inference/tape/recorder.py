"""Recording of tensor functions: every torch operation of a run is recorded on a tape.

A function that draws at random, or whose shapes depend on the data, has no tape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plot._lazy import once, torch
from plot.compat.torch import dispatch_mode, is_in_place, is_view, is_written
from plot.inference.tape.optimise import shortened
from plot.inference.tape.tape import Slot, Tape, TapeStep, Tensors, slots_in
from plot.runtime.values.probes import watched

if TYPE_CHECKING:
    from torch import Tensor

Function = Callable[[Tensors], Tensors]


def record(function: Function, given: Tensors) -> tuple[Tensors, Tape | None]:
    """Run a function; return its results, and its tape if it can have one."""
    recorder = _recorder()(given)
    with recorder, watched(recorder.asked):
        results = function(given)
    recording: TapeRecording = recorder.recording
    if recording.broken:
        return results, None
    outputs = {name: recording.reference(value) for name, value in results.items()}
    return results, shortened(Tape(recording.inputs, outputs, recording.constants, recording.steps, recording.count))


class TapeRecording:
    """The steps recorded so far."""

    def __init__(self, given: Tensors) -> None:
        from torch.utils.weak import WeakIdKeyDictionary

        self.numbers: Any = WeakIdKeyDictionary()
        self.count = 0
        self.steps: list[TapeStep] = []
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
        """Run an operation and record it."""
        in_place = is_in_place(func)
        if in_place:
            self._copy_constants(func, args)
        arguments = tuple(self.reference(item) for item in args)
        named = {name: self.reference(item) for name, item in kwargs.items()}
        found = func(*args, **kwargs)
        varies = self._varies(arguments) or self._varies(tuple(named.values()))
        if torch.Tag.nondeterministic_seeded in func.tags or (varies and _is_dynamic(func, args)):
            self.broken = True
        if isinstance(found, torch.Tensor):
            self._write(TapeStep(func, arguments, named, (), in_place=in_place), found, varies)
        elif isinstance(found, (list, tuple)):
            results = tuple(self.number(item) for item in found)
            self.steps.append(TapeStep(func, arguments, named, results, in_place=in_place))
        elif torch.Tag.data_dependent_output in func.tags:
            if varies:
                self.steps.append(TapeStep(func, arguments, named, (), guard=(found,)))
        else:
            self.broken = self.broken or found is not None
            self.steps.append(TapeStep(func, arguments, named, (), in_place=in_place))
        return found

    def ask(self, question: Any, tensors: tuple[Tensor, ...]) -> bool:
        """Ask a question about tensors, and record the answer."""
        arguments = tuple(self.reference(item) for item in tensors)
        found: bool = question(*tensors)
        if self._varies(arguments):
            self.steps.append(TapeStep(question, arguments, {}, (), guard=(found,)))
        return found

    def _write(self, step: TapeStep, found: Tensor, varies: bool) -> None:
        """Write down an operation with one result; what does not depend on what was given is computed once."""
        known = self.numbers.get(found)
        if known is None and not varies:
            self.constants[self.number(found)] = found
            return
        step.results = (known if known is not None else self.number(found),)
        self.steps.append(step)

    def _varies(self, arguments: tuple[Any, ...]) -> bool:
        return any(number not in self.constants for number in slots_in(arguments))

    def _copy_constants(self, func: Any, args: tuple[Any, ...]) -> None:
        """Let an operation in place change a copy that each playing makes, not the constant."""
        for item, written in zip(args, is_written(func), strict=False):
            if not written or not isinstance(item, torch.Tensor):
                continue
            number = self.numbers.get(item)
            if number is None or number in self.constants:
                self.broken = self.broken or is_view(item)
                kept = item.clone()
                source = Slot(self.number(kept))
                self.constants[source.number] = kept
                self.steps.append(TapeStep(torch.ops.aten.clone.default, (source,), {}, (self.number(item),)))


def _is_dynamic(func: Any, args: tuple[Any, ...]) -> bool:
    """Return whether the shape of a result depends on the numbers: as an index, a mask does so, numbers do not."""
    if torch.Tag.dynamic_output_shape not in func.tags:
        return False
    if func is not torch.ops.aten.index.Tensor:
        return True
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1])


@once
def _recorder() -> Any:
    """Return the class of the recorder: its base is torch's, which is loaded late."""

    class Recorder(dispatch_mode()):  # type: ignore[misc]
        """Records the operations that run in its context."""

        def __init__(self, given: Tensors) -> None:
            super().__init__()
            self.recording = TapeRecording(given)
            self.asking = False

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


__all__ = ["record"]
