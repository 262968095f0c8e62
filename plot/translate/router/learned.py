"""The router that needs nothing else: it learns from what worlds say of themselves, is calibrated, and may abstain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plot.heavy import np
from plot.translate.router import kept
from plot.translate.router.base import MOST_NEAREST, MOST_REASONS, Reason, Routing, pooled
from plot.translate.router.corpus import Rows
from plot.translate.router.domains import Domain, digest, domains_of
from plot.translate.router.fitting import Fitted, fit, log_softmax
from plot.translate.router.plain import NAME, NUMBER, Plain
from plot.world import World

LEAST_TELLING = 0.02  # nats


class Learned:
    """Routes by words, pairs of words and pieces of words. It learns anew whenever the worlds say something else."""

    name = "learned"

    def __init__(self, domains: Sequence[Domain], *, cache: bool = True) -> None:
        self.domains = tuple(domains)
        self.worlds = [one.name for one in self.domains]
        self.plain = Plain.of(self.domains)
        self._cache = cache
        self._fitted: Fitted | None = None

    @classmethod
    def of(cls, worlds: Mapping[str, World], *, cache: bool = True) -> Learned:
        """Return the router of worlds by their names."""
        return cls(domains_of(worlds), cache=cache)

    @property
    def fitted(self) -> Fitted:
        """What was learned: from the cache, or learned now and kept there."""
        if self._fitted is None:
            import sklearn

            key = digest(self.domains, sklearn.__version__, kept.VERSION)
            self._fitted = kept.load(key) if self._cache else None
            if self._fitted is None:
                self._fitted = fit(Rows.of(self.domains, self.plain), len(self.domains))
                if self._cache:
                    kept.keep(key, self._fitted)
        return self._fitted

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the probabilities of the worlds, all utterances together; it abstains where all seem to be foreign."""
        texts = [self.plain.text(said) for said in utterances] or [""]
        table = self.fitted.features.table(texts)
        probabilities = np.exp(log_softmax(self.fitted.logits(table)))
        scores = pooled([dict(zip(self.worlds, map(float, row), strict=True)) for row in probabilities])
        return Routing(
            self.name,
            scores,
            abstains=not any(self._familiar(texts, table)),
            reasons=self._reasons(texts, table, self.worlds.index(next(iter(scores)))),
            nearest=tuple(list(scores)[:MOST_NEAREST]),
        )

    def _familiar(self, texts: Sequence[str], table: Any) -> list[bool]:
        """Tell for each text whether it seems to be about one of the worlds."""
        found, nearest = self.fitted, self.fitted.examples.likeness(table).max(axis=1)
        scores = [found.familiar.of(text, float(near)) for text, near in zip(texts, nearest, strict=True)]
        return [score > 0 and score >= found.familiar.least for score in scores]

    def _reasons(self, texts: Sequence[str], table: Any, world: int) -> tuple[Reason, ...]:
        """Return the words that speak most for a world (or against it), beside the mean of all worlds."""
        found, amounts = self.fitted, dict[str, float]()
        telling = found.weights[world] / found.temperature
        for text, row in zip(texts, table, strict=True):
            owners = found.features.owners(text)
            for column, value in zip(row.indices, row.data, strict=True):
                words = owners.get(int(column), [])
                for word in words:
                    amounts[word] = amounts.get(word, 0.0) + float(value * telling[column]) / len(words)
        strongest = sorted(amounts.items(), key=lambda item: (-abs(item[1]), item[0]))[:MOST_REASONS]
        return tuple(
            Reason("word", _shown(word), self.worlds[world], amount)
            for word, amount in strongest
            if abs(amount) >= LEAST_TELLING
        )


def _shown(word: str) -> str:
    return {NAME: "(a name)", NUMBER: "(a number)"}.get(word, word)


__all__ = ["Learned"]
