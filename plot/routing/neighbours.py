"""A nearest-neighbour router over the examples of all worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plot.routing.base import MOST_NEAREST, MOST_REASONS, Routing, RoutingReason, pooled
from plot.routing.corpus import Examples, Familiarity, Rows
from plot.routing.domains import Domain, domains_of
from plot.routing.features import Features
from plot.routing.normalise import Normaliser
from plot.world import WorldSpec

NEAREST = 7
DOUBT = 0.3  # similarity that is spread over all worlds, so that few faint neighbours decide nothing


class Neighbours:
    """Each of the nearest examples of an utterance votes for its world with the square of its similarity."""

    name = "neighbours"

    def __init__(self, domains: Sequence[Domain], *, nearest: int = NEAREST) -> None:
        self.worlds = [one.name for one in domains]
        self.plain = Normaliser.of(domains)
        rows = Rows.of(domains, self.plain)
        self._examples = Examples.of(rows, Features.fitted(rows.texts))
        self._familiar = Familiarity.fitted(rows, self._examples.among_themselves())
        self._nearest = nearest

    @classmethod
    def of(cls, worlds: Mapping[str, WorldSpec]) -> Neighbours:
        """Return the router of worlds by their names."""
        return cls(domains_of(worlds))

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the probabilities of the worlds, with the nearest examples as reasons."""
        texts = [self.plain.text(said) for said in utterances] or [""]
        table = self._examples.features.table(texts)
        evidence, reasons, familiar = [], [], False
        for text, likeness in zip(texts, self._examples.likeness(table), strict=True):
            votes = dict.fromkeys(self.worlds, DOUBT**2 / len(self.worlds))
            places = sorted(range(len(self._examples.labels)), key=lambda place: (-likeness[place], place))
            for place in places[: self._nearest]:
                world = self.worlds[self._examples.labels[place]]
                votes[world] += float(likeness[place]) ** 2
                if likeness[place] > 0:
                    reasons.append(RoutingReason("example", self._examples.said[place], world, float(likeness[place])))
            total = sum(votes.values())
            evidence.append({world: vote / total for world, vote in votes.items()})
            score = self._familiar.of(text, float(likeness.max()))
            familiar |= score > 0 and score >= self._familiar.least
        scores = pooled(evidence)
        shown = sorted(reasons, key=lambda one: -one.amount)[:MOST_REASONS]
        return Routing(self.name, scores, not familiar, tuple(shown), tuple(list(scores)[:MOST_NEAREST]))


__all__ = ["Neighbours"]
