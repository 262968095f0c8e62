"""The learned router: trained on the texts of worlds, calibrated, and able to abstain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plot._lazy import np
from plot.routing import model_cache
from plot.routing.base import MOST_NEAREST, MOST_REASONS, Routing, RoutingReason, pooled
from plot.routing.corpus import Rows
from plot.routing.domains import Domain, digest, domains_of
from plot.routing.fitting import Fitted, fit, log_softmax
from plot.routing.normalise import NAME, NUMBER, Normaliser
from plot.routing.word_densities import content
from plot.world import WorldSpec

LEAST_TELLING = 0.02  # nats
LEAST_INSIDE = 0.45  # the probability of being about a world from which it answers; development.yaml chose it


class Learned:
    """Routes by words, their pairs and pieces, and by their meanings. It learns again where the worlds change.

    Args:
        domains: What the worlds say of themselves.
        cache: Whether what was learned is kept in the user's cache.

    Attributes:
        name: What tables and options call it.
        worlds: The names of the worlds.
        plain: What takes names and numbers out of a text.
    """

    name = "learned"

    def __init__(self, domains: Sequence[Domain], *, cache: bool = True) -> None:
        self.domains = tuple(domains)
        self.worlds = [one.name for one in self.domains]
        self.plain = Normaliser.of(self.domains)
        self._cache = cache
        self._fitted: Fitted | None = None

    @classmethod
    def of(cls, worlds: Mapping[str, WorldSpec], *, cache: bool = True) -> Learned:
        """Return the router of worlds.

        Args:
            worlds: Name to world.
            cache: Whether what was learned is kept in the user's cache.
        """
        return cls(domains_of(worlds), cache=cache)

    @property
    def fitted(self) -> Fitted:
        """What was learned: from the cache, or learned now and kept there."""
        if self._fitted is None:
            import sklearn

            key = digest(self.domains, sklearn.__version__, model_cache.VERSION)
            self._fitted = model_cache.load(key) if self._cache else None
            if self._fitted is None:
                self._fitted = fit(Rows.of(self.domains, self.plain), len(self.domains))
                if self._cache:
                    model_cache.keep(key, self._fitted)
        return self._fitted

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the probabilities of the worlds, all utterances together; it abstains where all seem to be foreign."""
        found = self.fitted
        texts = [self.plain.text(said) for said in utterances] or [""]
        table, near = found.features.table(texts), np.array([found.meaning.scores(text) for text in texts])
        probabilities = np.exp(log_softmax(found.logits(table, near)))
        evidence = [dict(zip(self.worlds, map(float, row), strict=True)) for row in probabilities]
        scores = pooled(evidence, found.tempering)
        inside = max(self._inside(text, float(row.max())) for text, row in zip(texts, near, strict=True))
        return Routing(
            self.name,
            scores,
            abstains=inside < LEAST_INSIDE,
            reasons=self._reasons(texts, table, self.worlds.index(next(iter(scores)))),
            nearest=tuple(list(scores)[:MOST_NEAREST]),
            inside=inside,
        )

    def _inside(self, text: str, nearness: float) -> float:
        """Return the probability that a text is about a world; where no word of it is known, it is about none."""
        return self.fitted.outside.inside(nearness) if self.fitted.meaning.knows(text) else 0.0

    def _reasons(self, texts: Sequence[str], table: Any, world: int) -> tuple[RoutingReason, ...]:
        """Return the words that speak most for a world (or against it), beside the mean of all worlds."""
        found, amounts = self.fitted, dict[str, float]()
        scale = len(texts) ** -found.tempering / found.temperature
        for text, row in zip(texts, table, strict=True):
            owners = found.features.owners(text)
            for column, value in zip(row.indices, row.data, strict=True):
                words = owners.get(int(column), [])
                for word in words:
                    part = float(value * found.weights[world, column]) / len(words)
                    amounts[word] = amounts.get(word, 0.0) + part * scale
            known = content(text)
            for word in known:
                telling = found.meaning.telling(word)
                part = float(telling[world] - telling.mean()) * found.share / len(known) ** 0.5
                amounts[word] = amounts.get(word, 0.0) + part * scale
        strongest = sorted(amounts.items(), key=lambda item: (-abs(item[1]), item[0]))[:MOST_REASONS]
        return tuple(
            RoutingReason("word", _shown(word), self.worlds[world], amount)
            for word, amount in strongest
            if abs(amount) >= LEAST_TELLING
        )


def _shown(word: str) -> str:
    return {NAME: "(a name)", NUMBER: "(a number)"}.get(word, word)


__all__ = ["Learned"]
