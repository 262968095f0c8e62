"""Work that is begun before its result is needed, on cores that have nothing else to do.

What is begun must be a function of tensors that draws nothing at random: the answer is the same without further cores.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from plot.heavy import torch
from plot.inference.device import spare_threads

T = TypeVar("T")
AHEAD = 3  # how many are begun before the first is needed, on however many cores


class Helpers:
    """Threads that do work; where there are none to spare, it is done when it is begun."""

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
def helpers() -> Iterator[Helpers]:
    """Give as many helpers as there are threads to spare; on leaving, what was begun is done."""
    threads = min(spare_threads(), AHEAD)
    if not threads:
        yield Helpers(None)
        return
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield Helpers(pool)


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


__all__ = ["Helpers", "helpers", "in_order"]
