"""The gate of a mixture: the k most reliable available translators, weighted by their reliability."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from plot.translate.base import Discourse
from plot.translate.mixture.pooling.gates import dense
from plot.translate.mixture.pooling.load_balance import Capacity, Load


class ReliableGate:
    """A gate over translators by their reliability: all of them (`count` None, dense), one (Switch), or k (GLaM).

    One whose requests a minute (`rpm`) are used up overflows to the next in the ranking. `load` counts who was asked.
    """

    def __init__(
        self,
        experts: Sequence[str],
        count: int | None = None,
        *,
        reliability: Callable[[str], float] = lambda expert: 1.0,
        rpm: Mapping[str, float | None] | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        self._count = count
        self._reliability = reliability
        self._capacity = capacity or Capacity(rpm or {})
        self.load = Load(tuple(experts))

    def __call__(self, utterance: str, discourse: Discourse, experts: Sequence[str]) -> Mapping[str, float]:
        """Return the weights of the translators that are asked, zero for the others."""
        scores = {expert: self._reliability(expert) for expert in experts}
        ranking = sorted(experts, key=lambda expert: -scores[expert])
        chosen: list[str] = []
        while ranking and len(chosen) < (self._count or len(experts)):
            expert, _ = self._capacity.take(ranking)
            chosen.append(expert)
            ranking.remove(expert)
        weights = dense({expert: scores[expert] for expert in chosen})
        for expert in chosen:
            self.load.count(expert, dense(scores))
        return {expert: weights.get(expert, 0.0) for expert in experts}

    def told(self) -> str:
        """Return in a line how the load was spread."""
        calls = ", ".join(f"{name} {count}" for name, count in self.load.calls.most_common())
        warning = "; it has collapsed onto one" if self.load.collapsed else ""
        return f"asked: {calls} (evenness {self.load.evenness:.2f}{warning})"


__all__ = ["ReliableGate"]
