"""The mixture: readings of several translators, pooled by meaning and weighted by a scheme."""

from __future__ import annotations

from plot.translate.mixture.pool import Labelled, Pool, Vote, make_pool
from plot.translate.mixture.schemes import DEFAULT, SCHEMES, Scheme, scheme_called
from plot.translate.mixture.translator import Mixture

__all__ = ["DEFAULT", "SCHEMES", "Labelled", "Mixture", "Pool", "Scheme", "Vote", "make_pool", "scheme_called"]
