"""The interface of aggregation schemes: each sets weights over meaning classes, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from plot.translate.mixture.pooling.pool import LabelledPool, Pool


class Scheme(Protocol):
    """A way to weigh the meanings of an utterance."""

    @property
    def name(self) -> str:
        """What `--ensemble` calls it."""
        ...

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return the weights of the classes, which sum to one."""
        ...

    def fit(self, labelled: Sequence[LabelledPool]) -> None:
        """Learn from utterances whose meaning is known; some schemes have nothing to learn."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return what was learned."""
        ...

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over what was learned. Raises ValueError, KeyError or TypeError where it is damaged."""
        ...


__all__ = ["Scheme"]
