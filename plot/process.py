"""Process-wide settings that are changed temporarily: warning filters and the recursion limit.

Threads take turns, since one would put back what another one has set. A limit that changes while CPython makes a syntax
tree in another thread is an error there; so that is done in turn, too.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_turn = RLock()


@contextmanager
def quietly(category: type[Warning] = Warning) -> Iterator[None]:
    """Do something in turn, without warnings of a category.

    >>> with quietly():
    ...     warnings.warn("nobody hears this")
    """
    with _turn, warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield


class _Depth:
    """How deep Python's own stack may be while somebody needs it: the last one puts back what was there before."""

    def __init__(self) -> None:
        self.users = 0
        self.before = 0

    def raise_to(self, frames: int) -> None:
        """Let the stack of all threads be as deep as this, if it may not be deeper already."""
        with _turn:
            now = sys.getrecursionlimit()
            if not self.users:
                self.before = now
            self.users += 1
            sys.setrecursionlimit(max(now, frames))

    def leave(self) -> None:
        """Put the limit back if nobody needs more any longer."""
        with _turn:
            self.users -= 1
            if not self.users:
                sys.setrecursionlimit(self.before)


_depth = _Depth()


@contextmanager
def deep_stack(frames: int) -> Iterator[None]:
    """Let calls go so many frames deep.

    >>> before = sys.getrecursionlimit()
    >>> with deep_stack(before + 10):
    ...     sys.getrecursionlimit() == before + 10
    True
    >>> sys.getrecursionlimit() == before
    True
    """
    _depth.raise_to(frames)
    try:
        yield
    finally:
        _depth.leave()


__all__ = ["deep_stack", "quietly"]
