"""The aggregation schemes under one small interface: each sets weights over meaning classes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plot.errors import PlotError
from plot.translate.mixture.pooling.label_model import WeightedVote
from plot.translate.mixture.pooling.ranking import PairRanking
from plot.translate.mixture.pooling.scheme import Scheme
from plot.translate.mixture.pooling.vote import MajorityVote, StringVote, TopOne
from plot.translate.mixture.unproven.mbr import Mbr
from plot.translate.mixture.unproven.stacking import Stacking

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
