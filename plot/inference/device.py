"""Where tensors live (the processor, or a graphics card that is asked for by name), and how many threads serve them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from plot.errors import PlotError
from plot.heavy import torch

_allowed: ContextVar[int] = ContextVar("threads that torch may use", default=1)


@contextmanager
def on_device(name: str) -> Iterator[None]:
    """Create tensors on a device within this context. Raises PlotError where the machine has no such device."""
    if name == "cpu":
        yield
        return
    _check(name)
    torch.cuda.init()  # type: ignore[no-untyped-call]
    with torch.device(name):
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread: on vectors of this size more of them only wait for one another.

    On a machine that is busy with something else they wait long: a hundred times as long as the work takes.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    token = _allowed.set(before)
    try:
        yield
    finally:
        _allowed.reset(token)
        torch.set_num_threads(before)


def spare_threads() -> int:
    """Return how many threads may be used beside one: as many as torch was allowed before `one_thread`, on a processor.

    A thread does not create its tensors where `on_device` says.
    """
    return _allowed.get() - 1 if torch.get_default_device().type == "cpu" else 0


def _check(name: str) -> None:
    try:
        device = torch.device(name)
    except RuntimeError:
        raise PlotError(f"there is no kind of device called {name!r}", hint="use cpu, or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise PlotError("this machine has no CUDA device that torch can use", hint="leave out --device, or say cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise PlotError(f"there is no device {name!r}: the last one is cuda:{torch.cuda.device_count() - 1}")
    if device.type not in ("cpu", "cuda"):
        raise PlotError(f"devices of kind {device.type!r} are not supported", hint="use cpu, or cuda")


__all__ = ["on_device", "one_thread", "spare_threads"]
