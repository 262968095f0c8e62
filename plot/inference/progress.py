"""Progress reports: the share of the work done and what it is doing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[float, str], None]
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener(share, what)` as inference goes on within this context.

    >>> heard = []
    >>> with listening(lambda share, what: heard.append((share, what))):
    ...     report(0.5, "half")
    >>> heard
    [(0.5, 'half')]
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def report(share: float, what: str) -> None:
    """Tell the listener, if there is one, that a share of the way is done."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(min(1.0, max(0.0, share)), what)


__all__ = ["Listener", "listening", "report"]
