"""Several tasks whose requests to language models go out together: one task runs at a time, in their order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from plot.errors import PlotError

if TYPE_CHECKING:
    from plot.llm.calls import Request
    from plot.llm.client import Client, Reply

T = TypeVar("T")
AT_ONCE = 32  # tasks, each of which has a thread


def together(tasks: Sequence[Callable[[], T]]) -> list[T | PlotError]:
    """Run tasks, and return for each its result, or the error that it ended in.

    A task runs until it asks language models; then the next one runs. When all wait, what they ask is asked at once.
    No two ever run at the same time, so that no result depends on which model is quicker, and what they share needs no
    locks.

    Args:
        tasks: The tasks.

    Raises:
        KeyboardInterrupt: At Ctrl-C, with all calls cancelled.
    """
    if len(tasks) == 1:
        try:
            return [tasks[0]()]
        except PlotError as error:
            return [error]
    if len(tasks) > AT_ONCE:
        return together(tasks[:AT_ONCE]) + together(tasks[AT_ONCE:])
    seats = [_Seat(task) for task in tasks]
    try:
        waiting = [seat for seat in seats if seat.go_on()]
        while waiting:
            _ask(waiting)
            waiting = [seat for seat in waiting if seat.go_on()]
    finally:
        for seat in seats:
            seat.leave()
    return [seat.outcome() for seat in seats]


def parked(client: Client, requests: Sequence[Request]) -> list[Reply] | None:
    """Return the replies to requests of a task that runs together with others; None where none does.

    Args:
        client: What is to ask.
        requests: What is asked.
    """
    seat = _seat.get()
    return seat.park(client, requests) if seat is not None else None


class _LeftError(BaseException):
    """The tasks are over before this one is."""


class _Seat(Generic[T]):
    """One task on a thread of its own, which runs only between a `go_on` and its next request."""

    def __init__(self, task: Callable[[], T]) -> None:
        self._task = task
        self._thread: threading.Thread | None = None
        self._mine, self._theirs = threading.Semaphore(0), threading.Semaphore(0)
        self._left = False
        self._result: list[T] = []
        self._error: BaseException | None = None
        self.asked: tuple[Client, Sequence[Request]] | None = None
        self.replies: list[Reply] = []

    def go_on(self) -> bool:
        """Let the task run until it asks something, or is over; return whether it asks."""
        self.asked = None
        if self._thread is None:
            context = copy_context()
            self._thread = threading.Thread(target=context.run, args=(self._run,), name="plot-task", daemon=True)
            self._thread.start()
        else:
            self._mine.release()
        self._theirs.acquire()
        return self.asked is not None

    def _run(self) -> None:
        _seat.set(self)
        try:
            self._result.append(self._task())
        except BaseException as error:
            self._error = error
        finally:
            self._theirs.release()

    def park(self, client: Client, requests: Sequence[Request]) -> list[Reply]:
        """Wait, in the task's own thread, for the replies to what it asks."""
        if self._left:
            raise _LeftError
        self.asked = (client, requests)
        self._theirs.release()
        self._mine.acquire()
        if self._left:
            raise _LeftError
        return self.replies

    def leave(self) -> None:
        """End a task that waits, or let one that runs end where it would ask again."""
        self._left = True
        if self.asked is not None and self._thread is not None:
            self._mine.release()
            self._thread.join()

    def outcome(self) -> T | PlotError:
        """Return the result, or the error that the user may see. Raises any other."""
        if self._error is None:
            return self._result[0]
        if isinstance(self._error, PlotError):
            return self._error
        raise self._error


def _ask(waiting: Sequence[_Seat[T]]) -> None:
    """Ask at once what all tasks wait for, each client for itself."""
    asked = [(seat, *seat.asked) for seat in waiting if seat.asked is not None]
    for client in dict.fromkeys(client for _, client, _ in asked):
        mine = [(seat, requests) for seat, other, requests in asked if other is client]
        replies = iter(client.complete([request for _, requests in mine for request in requests]))
        for seat, requests in mine:
            seat.replies = [next(replies) for _ in requests]


_seat: ContextVar[_Seat[Any] | None] = ContextVar("plot_seat", default=None)


__all__ = ["parked", "together"]
