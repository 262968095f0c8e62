"""Out-of-domain detection: the probability that a text is about any of the worlds."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plot._lazy import np
from plot.routing.corpus import Rows
from plot.routing.word_densities import WordDensities, content

SEED = 0
STRENGTH = 10.0
LEAST_FOREIGN = 200  # texts with other words; where worlds say little, several are made of each utterance


@dataclass(frozen=True)
class DomainDetector:
    """The probability that a text is about a world, from how much nearer it is to one than to English at large."""

    slope: float
    base: float

    def inside(self, score: float) -> float:
        """Return the probability, where a world and none are equally likely beforehand."""
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, self.slope * score + self.base))))

    @classmethod
    def fitted(cls, rows: Rows, meaning: WordDensities, own: Sequence[float]) -> DomainDetector:
        """Return what tells apart four kinds of texts, all made of what the worlds say.

        Inside are utterances, each taken out of what was learned; and the same where no world has their words, so that
        only meaning is left. Outside are utterances beside the other worlds, each as much as it belongs to its `own`
        world; and utterances whose words are replaced by any of English.
        """
        chance = random.Random(SEED)  # noqa: S311
        known: list[float] = []
        hidden: list[float] = []
        others: list[tuple[float, float]] = []
        foreign: list[float] = []
        times = -(-LEAST_FOREIGN // max(1, len(own)))
        for place, belongs in zip(rows.utterances, own, strict=True):
            text, label = rows.texts[place], rows.labels[place]
            words = content(text)
            if not words:
                continue
            known.append(float(meaning.scores(text, apart=label).max()))
            hidden.append(float(meaning.scores(text, hidden=True).max()))
            beside = np.delete(meaning.scores(text), label)
            if len(beside):
                others.append((float(beside.max()), belongs))
            for _ in range(times):
                other = " ".join(chance.choice(meaning.english) if word in words else word for word in text.split())
                foreign.append(float(meaning.scores(other).max()))
        return cls(*_regression(_weighed(known, hidden), [*_weighed(foreign), *_of_one(others)]))


def _weighed(*groups: Sequence[float]) -> list[tuple[float, float]]:
    """Return the scores of groups, all of which weigh the same."""
    return [(score, 1 / len(group)) for group in groups for score in group]


def _of_one(scores: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    total = sum(weight for _, weight in scores)
    return [(score, weight / total) for score, weight in scores] if total else []


def _regression(inside: Sequence[tuple[float, float]], outside: Sequence[tuple[float, float]]) -> tuple[float, float]:
    if not inside or not outside:
        return 1.0, 0.0
    from sklearn.linear_model import LogisticRegression

    scores = np.array([[score] for score, _ in (*inside, *outside)])
    labels = np.array([1] * len(inside) + [0] * len(outside))
    weights = np.array([weight for _, weight in (*inside, *outside)])
    for label in (0, 1):
        weights[labels == label] *= len(labels) / 2 / weights[labels == label].sum()
    model: Any = LogisticRegression(C=STRENGTH).fit(scores, labels, weights)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


__all__ = ["DomainDetector"]
