"""The aggregation schemes under one small interface: each sets weights over meaning classes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from plot.errors import PlotError
from plot.translate.mixture.label_model import WeightedVote
from plot.translate.mixture.pool import LabelledPool, Pool
from plot.translate.mixture.ranking import PairRanking
from plot.translate.mixture.unproven.mbr import Mbr
from plot.translate.mixture.unproven.stacking import Stacking
from plot.translate.mixture.vote import MajorityVote, StringVote, TopOne


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


SCHEMES: Mapping[str, Callable[[], Scheme]] = {
    "vote": MajorityVote,
    "weighted": WeightedVote,
    "stacking": Stacking,
    "mbr": Mbr,
    "ranking": PairRanking,
    "top-1": TopOne,
    "string-vote": StringVote,
}


def scheme_called(name: str) -> Scheme:
    """Return a new scheme. Raises PlotError where there is none of this name."""
    if name not in SCHEMES:
        raise PlotError(f"there is no scheme '{name}'", hint=f"there are {', '.join(SCHEMES)}")
    return SCHEMES[name]()


__all__ = ["SCHEMES", "Scheme", "scheme_called"]
