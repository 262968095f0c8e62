"""The device of tensors, and the number of torch's threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock, local
from typing import TypeVar

from plot._lazy import torch
from plot.errors import PlotError


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
    """The number of torch's threads: one while any inference runs, restored after the last one.

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
    """Limit torch to one thread: with vectors of this size, more threads mostly wait for each other.

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
        raise PlotError(f"unknown kind of device {name!r}", hint="use cpu, or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise PlotError("this machine has no CUDA device that torch can use", hint="leave out --device, or say cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise PlotError(f"there is no device {name!r}: the last is cuda:{torch.cuda.device_count() - 1}")
    if device.type not in ("cpu", "cuda"):
        raise PlotError(f"devices of kind {device.type!r} are not supported", hint="use cpu, or cuda")


# Work that is begun before its result is needed, on cores that have nothing else to do.
#
# What is begun must be a function of tensors that draws nothing at random: the answer is the same without more cores.

T = TypeVar("T")
AHEAD = 3  # how many are begun before the first is needed, on however many cores


class Workers:
    """Worker threads; if there are none to spare, work is done synchronously."""

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        self._pool = pool

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Begin work."""
        if self._pool is not None:
            return self._pool.submit(work)
        future: Future[T] = Future()
        future.set_result(work())
        return future


@contextmanager
def helpers() -> Iterator[Workers]:
    """Give as many helpers as there are threads to spare; on leaving, what was begun is done."""
    threads = min(spare_threads(), AHEAD)
    if not threads:
        yield Workers(None)
        return
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield Workers(pool)


def in_order(begun: Iterable[T]) -> Iterator[T]:
    """Yield items in their order, each when `AHEAD` further ones have been made.

    >>> list(in_order(iter("abc")))
    ['a', 'b', 'c']
    """
    waiting: deque[T] = deque()
    for item in begun:
        waiting.append(item)
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


__all__ = ["Threads", "Workers", "helpers", "in_order", "on_device", "one_thread", "spare_threads"]
