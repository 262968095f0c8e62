"""The training texts of worlds, and the familiarity of a text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plot._lazy import np
from plot.routing.domains import Domain
from plot.routing.features import Features
from plot.routing.normalise import FUNCTION_WORDS, NAME, NUMBER, Normaliser

ABSTAINING = 0.02  # of the examples, at most so many may seem to belong to no world
PHRASE_WEIGHT = 0.1  # a word of a lexicon, beside a sentence that was said


@dataclass(frozen=True)
class Rows:
    """Plain texts with the number of their world and a weight; those that are `said` are whole utterances."""

    texts: tuple[str, ...]
    labels: tuple[int, ...]
    weights: tuple[float, ...]
    said: tuple[str | None, ...]  # as it was written, None for descriptions and words

    @classmethod
    def of(cls, domains: Sequence[Domain], plain: Normaliser) -> Rows:
        """Return the rows of worlds; what is the same when made plain stands once in each world."""
        rows: list[tuple[str, int, float, str | None]] = []
        for label, one in enumerate(domains):
            lines: dict[str, list[str]] = {}
            for line in one.lines:
                lines.setdefault(plain.text(line), []).append(line)
            rows += [(text, label, float(len(same)), same[0]) for text, same in lines.items()]
            rows.append((plain.text(one.description or one.name), label, 1.0, None))
            rows += [(plain.text(phrase), label, PHRASE_WEIGHT, None) for phrase in one.phrases]
        texts, labels, weights, said = zip(*rows, strict=True)
        return cls(texts, labels, weights, said)

    def chosen(self, places: Sequence[int]) -> Rows:
        """Return some of the rows."""
        return Rows(
            tuple(self.texts[place] for place in places),
            tuple(self.labels[place] for place in places),
            tuple(self.weights[place] for place in places),
            tuple(self.said[place] for place in places),
        )

    @property
    def utterances(self) -> list[int]:
        """The places of whole utterances."""
        return [place for place, line in enumerate(self.said) if line is not None]


@dataclass
class Familiarity:
    """How familiar a text is: the mean of its likeness to the nearest example and of the share of its words known.

    A word counts by how rare it is; `counts` says in how many rows each stands, `rows` how many there are. Below
    `least` a text seems to be about no world.
    """

    counts: dict[str, int]
    rows: int
    least: float = 0.0
    _unknown: float = field(init=False)

    def __post_init__(self) -> None:
        self._unknown = math.log((1 + self.rows) / 1) + 1

    @classmethod
    def fitted(cls, rows: Rows, likeness: Any) -> Familiarity:
        """Return what knows the rows; the threshold is where few utterances fall, each compared with the others.

        `likeness` is the table of similarities of the utterances, with zeros for each with itself.
        """
        found = cls(dict(Counter(word for text in rows.texts for word in set(text.split()))), len(rows.texts))
        places = rows.utterances
        if len(places) > 1:
            nearest = likeness.max(axis=1)
            scores = [
                found.of(rows.texts[place], float(near), apart=1) for place, near in zip(places, nearest, strict=True)
            ]
            found.least = sorted(scores)[int(ABSTAINING * len(scores))]
        return found

    def of(self, text: str, nearest: float, *, apart: int = 0) -> float:
        """Return how familiar a plain text is, from 0 to 1; words in no more than `apart` rows are not known.

        A text without a single word that is known is not familiar at all, though its frame may be that of an example.
        """
        share = self.share(text, apart=apart)
        return (nearest + share) / 2 if share else 0.0

    def share(self, text: str, *, apart: int = 0) -> float:
        """Return the share of a plain text's content words that are known, each weighted by how rare it is."""
        words = [word for word in text.split() if word not in (NAME, NUMBER, "'s") and word not in FUNCTION_WORDS]
        known = {word: self.counts.get(word, 0) > apart for word in words}
        weights = [self._weight(word) if known[word] else self._unknown for word in words]
        met = sum(weight for word, weight in zip(words, weights, strict=True) if known[word])
        return met / sum(weights) if weights else 0.5

    def _weight(self, word: str) -> float:
        return math.log((1 + self.rows) / (1 + self.counts[word])) + 1


@dataclass
class Examples:
    """The utterances of all worlds, to be compared with."""

    features: Features
    table: Any
    labels: tuple[int, ...]
    said: tuple[str, ...]

    @classmethod
    def of(cls, rows: Rows, features: Features) -> Examples:
        """Return the utterances among rows."""
        chosen = rows.chosen(rows.utterances)
        table = _rows_of_length_one(features.table(chosen.texts)) if chosen.texts else features.table([""])
        return cls(features, table, chosen.labels, tuple(line or "" for line in chosen.said))

    def likeness(self, table: Any) -> Any:
        """Return the cosine of each row of features with each utterance."""
        found = (_rows_of_length_one(table) @ self.table.T).toarray()
        return np.maximum(found, 0.0)

    def among_themselves(self) -> Any:
        """Return the cosines of the utterances with each other, zeros where one would be compared with itself."""
        found = (self.table @ self.table.T).toarray()
        np.fill_diagonal(found, 0.0)
        return found


def _rows_of_length_one(table: Any) -> Any:
    from sklearn.preprocessing import normalize

    return normalize(table)


__all__ = ["Examples", "Familiarity", "Rows"]
