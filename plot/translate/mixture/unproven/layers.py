"""Layers: models see the translations of the layer before them, and translate again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plot.errors import PlotError
from plot.translate.base import Discourse, Reading, Translator, unshown
from plot.translate.mixture.pooling.fusion import asked_of, message_about
from plot.translate.mixture.pooling.pool import Pool, PoolingRule
from plot.translate.mixture.pooling.scheme import Scheme
from plot.translate.mixture.pooling.translator import readings_of
from plot.world import Example


@dataclass
class Layered:
    """A mixture of agents (Wang et al. 2024): the models of each layer see the programs of the layer before them.

    A layer's votes take the place of those before it, where it has any; `scheme` weighs the last.
    """

    layers: tuple[tuple[Translator, ...], ...]
    scheme: Scheme
    pooling: PoolingRule = field(default_factory=PoolingRule)
    name: str = "layers"

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of the last layer that has any. Raises PlotError where none has."""
        pool: Pool | None = None
        refused: list[tuple[str, PlotError]] = []
        for layer in self.layers:
            shown = message_about(pool, self.scheme, refused, self.pooling)
            votes, refused = asked_of(layer, utterance, discourse, shown)
            if votes:
                pool = self.pooling.pool(utterance, votes, discourse)
        if pool is None:
            raise refused[0][1]
        return readings_of(pool, self.scheme.weigh(pool))

    def unshown(self, example: Example) -> Layered:
        """Return the layers without any model being shown an example."""
        return replace(self, layers=tuple(tuple(unshown(one, example) for one in layer) for layer in self.layers))


__all__ = ["Layered"]
