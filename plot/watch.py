"""The time and memory limits of one answer.

Work is budgeted in particles and evaluations, which are the same on any machine; a watch is the safety net behind that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from mmap import PAGESIZE
from pathlib import Path

from plot._lazy import give_back

Clock = Callable[[], float]
Gauge = Callable[[], float]

STATM = Path("/proc/self/statm")  # of Linux
LOOK_EVERY = 0.005  # seconds between two looks at the memory: one costs ten microseconds, and 10 MiB fill meanwhile


def now() -> float:
    """Return the seconds of the system's clock that nobody sets."""
    return time.monotonic()


def resident() -> float:
    """Return how many bytes of memory the process holds, 0 where the system does not tell."""
    try:
        return float(int(STATM.read_bytes().split()[1]) * PAGESIZE)
    except (OSError, ValueError, IndexError):
        return 0.0


@dataclass(frozen=True, slots=True)
class Watch:
    """When work was begun and has to end, and how many bytes the process may hold meanwhile.

    The `clock` gives seconds, the `gauge` the bytes that are held; tests give their own.
    """

    begun: float = 0.0
    ends: float = math.inf
    most: float = math.inf
    clock: Clock = now
    gauge: Gauge = resident

    @classmethod
    def of(cls, seconds: float, memory: float, clock: Clock = now, gauge: Gauge = resident) -> Watch:
        """Return a watch that begins now; `memory` is what may be held beyond what is."""
        begun = clock()
        return cls(begun, begun + seconds, gauge() + memory, clock, gauge)

    @property
    def elapsed(self) -> float:
        """The seconds since the beginning."""
        return self.clock() - self.begun

    @property
    def left(self) -> float:
        """The seconds until the end, 0 after it."""
        return max(0.0, self.ends - self.clock())

    @property
    def over(self) -> bool:
        """Whether the end has come."""
        return self.clock() > self.ends

    def within(self, seconds: float) -> Watch:
        """Return a watch that ends in so many seconds, and no later than this one."""
        return replace(self, ends=min(self.ends, self.clock() + seconds))

    def extended(self, seconds: float) -> Watch:
        """Return a watch that ends so many seconds later, but not before now."""
        return replace(self, ends=max(self.ends, self.clock()) + seconds)

    def has_room(self, wanted: float = 0.0) -> bool:
        """Return whether so many bytes may still be taken; what lies unused is given back before that is refused."""
        if self.most == math.inf or self.gauge() + wanted < self.most:
            return True
        give_back()
        return self.gauge() + wanted < self.most


IDLE = Watch()

__all__ = ["IDLE", "Clock", "Gauge", "Watch", "now", "resident"]
