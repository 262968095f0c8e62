"""The engine's clock while tests run: slower than the machine's, so that a budget of seconds ends nothing there.

What an answer is must not depend on how quick a machine is, or how busy. Tests of the budgets themselves take a clock
that counts how often it is read: `ticking`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import plot.watch

SOON = 300.0  # seconds: what waits for nothing takes less on any machine
AGES = 36_000.0  # seconds that nobody should wait


def effort(act: Callable[[], object]) -> float:
    """Return the processor time of an act in units of that of a fixed loop (about 30 ms): any machine will do."""
    before = _processor_time(_loop)
    found = _processor_time(act)
    return 2 * found / (before + _processor_time(_loop))


def _loop() -> None:
    for number in range(200_000):
        str(number)


def _processor_time(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


@dataclass
class Clock:
    """Stands for the module `time`: `monotonic()` runs `rate` times as fast, and goes on by `tick` when it is read."""

    rate: float = 1.0
    tick: float = 0.0
    reads: int = 0
    start: float = field(default_factory=time.monotonic)

    def monotonic(self) -> float:
        """Return the seconds of this clock."""
        self.reads += 1
        return self.start + self.rate * (time.monotonic() - self.start) + self.tick * self.reads

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@contextmanager
def engine_on(clock: Clock) -> Iterator[Clock]:
    """Let the engine read the time from this clock."""
    before = plot.watch.time
    plot.watch.time = clock  # type: ignore[assignment]
    try:
        yield clock
    finally:
        plot.watch.time = before
