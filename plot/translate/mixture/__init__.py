"""Mixtures: readings of several translators, pooled by meaning and weighted by a scheme."""

from __future__ import annotations

from plot.translate.mixture.ensembles import ENSEMBLES, Participants, ensemble
from plot.translate.mixture.pooling.pool import LabelledPool, Pool, PoolingRule, Vote, likeliest
from plot.translate.mixture.pooling.translator import Mixture, Stage
from plot.translate.mixture.schemes import SCHEMES, Scheme, scheme_called

__all__ = [
    "ENSEMBLES",
    "SCHEMES",
    "LabelledPool",
    "Mixture",
    "Participants",
    "Pool",
    "PoolingRule",
    "Scheme",
    "Stage",
    "Vote",
    "ensemble",
    "likeliest",
    "scheme_called",
]
