"""Where tensors live (the processor, or a graphics card that is asked for by name), and how many threads serve them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local

from plot.errors import PlotError
from plot.heavy import torch


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


class Threads:
    """How many threads torch may use: one while anybody computes here, as many as before when the last one is done.

    torch keeps the number for each thread, and lets new threads begin with the number that was set last: what a thread
    finds that begins while others compute is not what the process had.
    """

    def __init__(self) -> None:
        self.users = 0
        self.before = 1
        self._lock = Lock()

    def take(self) -> int:
        """Let this thread of the process use one; return how many there were before anybody computed."""
        with self._lock:
            if self.users == 0:
                self.before = torch.get_num_threads()
            self.users += 1
            torch.set_num_threads(1)
            return self.before

    def give_back(self) -> None:
        """Let this thread of the process use as many as before."""
        with self._lock:
            self.users -= 1
            torch.set_num_threads(self.before)


class _Here(local):
    """How often this thread of the process has entered `one_thread`, and how many torch was allowed before the last."""

    depth = 0
    allowed = 1


_threads, _here = Threads(), _Here()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread: on vectors of this size more of them only wait for one another.

    On a machine that is busy with something else they wait long: a hundred times as long as the work takes.
    """
    outermost, outer = _here.depth == 0, _here.allowed
    _here.allowed = _threads.take() if outermost else torch.get_num_threads()
    _here.depth += 1
    torch.set_num_threads(1)
    try:
        yield
    finally:
        before, _here.allowed = _here.allowed, outer
        _here.depth -= 1
        if outermost:
            _threads.give_back()
        else:
            torch.set_num_threads(before)


def spare_threads() -> int:
    """Return how many further threads may be used: as many as torch was allowed, less those that compute already.

    Only on a processor: a thread does not create its tensors where `on_device` says.
    """
    return max(0, _here.allowed - _threads.users) if torch.get_default_device().type == "cpu" else 0


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


__all__ = ["Threads", "on_device", "one_thread", "spare_threads"]
