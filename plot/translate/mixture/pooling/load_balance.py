"""Load balance: the entropy of the load, collapsed gates, and experts at capacity."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from plot.errors import PlotError

MOST_SHARE = 0.9  # of all calls; an expert with more of them has taken over
LEAST_CALLS = 20
WINDOW = 60.0  # seconds


@dataclass
class Load:
    """The calls of experts, and the weights that the gate gave them.

    Attributes:
        experts: Their names.
        calls: Expert to number of calls.
        weights: Expert to the sum of its weights.
    """

    experts: tuple[str, ...]
    calls: Counter[str] = field(default_factory=Counter)
    weights: Counter[str] = field(default_factory=Counter)

    def count(self, expert: str, weights: Mapping[str, float] | None = None) -> None:
        """Count a call of an expert.

        Args:
            expert: Who is called.
            weights: What the gate gave to each; by default all to this one.

        Raises:
            PlotError: There is no such expert.
        """
        if expert not in self.experts:
            raise PlotError(f"there is no expert '{expert}'", hint=f"the experts are {', '.join(self.experts)}")
        self.calls[expert] += 1
        given = weights or {expert: 1.0}
        total = sum(given.values())
        self.weights.update({name: weight / total for name, weight in given.items()})

    @property
    def bits(self) -> float:
        """The entropy of the load, in bits."""
        total = self.calls.total()
        return -sum(n / total * math.log2(n / total) for n in self.calls.values() if n) + 0.0

    @property
    def evenness(self) -> float:
        """The entropy relative to its maximum: 1 where all experts are called equally often (or there is but one)."""
        return self.bits / math.log2(len(self.experts)) if len(self.experts) > 1 else 1.0

    @property
    def collapsed(self) -> bool:
        """Whether one expert gets nearly all calls although the gate gives weight to others too."""
        total = self.calls.total()
        if total < LEAST_CALLS:
            return False
        expert, calls = self.calls.most_common(1)[0]
        return calls > MOST_SHARE * total and self.weights[expert] <= MOST_SHARE * total


class Capacity:
    """Capacity limits: a call goes to the first expert of the ranking within its requests per minute.

    Args:
        rpm: Expert to requests a minute; None: any number.
        clock: The time in seconds.
    """

    def __init__(self, rpm: Mapping[str, float | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._rpm = dict(rpm)
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}

    def take(self, ranking: Sequence[str]) -> tuple[str, float]:
        """Return the expert that takes the next call, and the seconds that it must wait.

        Where all are full, it is the one that is free first; of several, the one that ranks highest.

        Args:
            ranking: The experts that could take it, the best first.

        Raises:
            PlotError: The ranking is empty.
        """
        if not ranking:
            raise PlotError("no expert can take the call", hint="give a ranking of at least one")
        now = self._clock()
        waits = [(self._wait(expert, now), place, expert) for place, expert in enumerate(ranking)]
        wait, _, expert = min(waits)
        self._taken.setdefault(expert, deque()).append(now + wait)
        return expert, wait

    def _wait(self, expert: str, now: float) -> float:
        """Return the seconds until an expert has room for one more call within a minute."""
        rpm = self._rpm.get(expert)
        if rpm is None:
            return 0.0
        taken = self._taken.setdefault(expert, deque())
        while taken and taken[0] <= now - WINDOW:
            taken.popleft()
        room = max(1, math.floor(rpm))
        return 0.0 if len(taken) < room else max(0.0, taken[-room] + WINDOW - now)


__all__ = ["Capacity", "Load"]
