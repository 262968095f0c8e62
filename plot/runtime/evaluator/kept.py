"""What follows from a program alone, computed once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from plot.language.syntax.nodes import ProgramNode

MOST_KEPT = 64
_Found = TypeVar("_Found")


class OfPrograms(Generic[_Found]):
    """What a function of programs returns, kept for the last ones by their identity, under a lock."""

    def __init__(self, compute: Callable[[ProgramNode], _Found]) -> None:
        self._compute = compute
        self._kept: dict[int, tuple[ProgramNode, _Found]] = {}
        self._lock = Lock()

    def of(self, program: ProgramNode) -> _Found:
        """Return what follows from a program."""
        with self._lock:
            kept = self._kept.get(id(program))
            if kept is None or kept[0] is not program:
                found = self._compute(program)
                if len(self._kept) >= MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
                kept = self._kept[id(program)] = (program, found)
            return kept[1]


__all__ = ["OfPrograms"]
