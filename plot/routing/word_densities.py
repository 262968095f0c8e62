"""Word densities: how near the words of a text are to those of each world, and to general English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plot._lazy import np
from plot.routing.corpus import Rows
from plot.routing.normalise import FUNCTION_WORDS, NAME, NUMBER
from plot.routing.vectors import Vectors, shipped

SHARPNESS = 12.0  # of the density around a word: exp(sharpness × cosine)
RARE = 3e-4  # words that are a larger share of English than this count less than half
STEM = 4  # letters that make two words forms of one
MOST_REMEMBERED = 5_000
EVERY = 10  # of the frequent words, so many are English at large; the frequent ones count more

Words = Mapping[str, float]


@dataclass
class WordDensities:
    """The words of each world, with how often it says them. The density of a word near them is a sum over them.

    A word without a vector is near itself only.
    """

    words: tuple[Words, ...]
    vectors: Vectors = field(default_factory=shipped)
    _near: dict[str, list[Any]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self._lists = [list(words) for words in self.words]
        self._places = [{word: place for place, word in enumerate(words)} for words in self._lists]
        self._weights = [np.array(list(words.values()) or [0.0]) for words in self.words]
        self._tables = [self._table(words) for words in self._lists]
        frequent = list(self.vectors.places)[::EVERY]
        self.english = [word for word in frequent if word not in FUNCTION_WORDS]
        ranks = np.array([self.vectors.places[word] for word in self.english])
        self._english = self.vectors.table[ranks]
        shares = 1 / np.sqrt(ranks + 1.0)
        self._shares = shares / shares.sum()

    @classmethod
    def of(cls, rows: Rows, worlds: int) -> WordDensities:
        """Return what the words of rows mean."""
        found: list[dict[str, float]] = [{} for _ in range(worlds)]
        for text, label, weight in zip(rows.texts, rows.labels, rows.weights, strict=True):
            for word in sorted(set(content(text))):
                found[label][word] = found[label].get(word, 0.0) + min(weight, 1.0)
        return cls(tuple(found))

    def scores(self, text: str, *, apart: int | None = None, hidden: bool = False) -> Any:
        """Return the logarithm of a plain text's likelihood ratio between each world and English at large.

        The sum over n words is divided by √n, since the words of a text are not independent. `apart` is the world that
        learned the text, which is taken out of it; where it is `hidden`, no world has its words, nor forms of them.
        """
        total, words = np.zeros(len(self.words)), content(text)
        for word in words:
            total += self.telling(word, apart=apart, hidden=hidden)
        return total / max(1, len(words)) ** 0.5

    def telling(self, word: str, *, apart: int | None = None, hidden: bool = False) -> Any:
        """Return what one word adds to the scores; a frequent word adds little."""
        *near, english = self._nearness(word)
        found = np.zeros(len(self.words))
        for world, likeness in enumerate(near):
            weights = self._weights[world]
            place = self._places[world].get(word)
            if apart == world and place is not None:
                weights = weights.copy()
                weights[place] = max(0.0, weights[place] - 1)
            if hidden:
                weights = weights * np.array([other[:STEM] != word[:STEM] for other in self._lists[world]] or [True])
            shares = np.sqrt(weights)
            whole = shares.sum()
            found[world] = np.log((likeness * shares).sum() / whole) - english if whole > 0 else -english
        return found * RARE / (RARE + self.vectors.frequency(word))

    def knows(self, text: str) -> bool:
        """Return whether a plain text has a word that a world says, or that has a vector."""
        return any(
            self.vectors.of(word) is not None or any(word in places for places in self._places)
            for word in content(text)
        )

    def _nearness(self, word: str) -> list[Any]:
        """Return exp(sharpness × cosine) to each word of each world, and last the logarithm of its mean for English."""
        if word not in self._near:
            if len(self._near) > MOST_REMEMBERED:
                self._near.clear()
            vector = self.vectors.of(word)
            found: list[Any] = []
            for table, places in zip(self._tables, self._places, strict=True):
                cosines = table @ vector if vector is not None else np.zeros(len(table))
                if word in places:
                    cosines[places[word]] = 1.0
                found.append(np.exp(SHARPNESS * cosines))
            mean = (np.exp(SHARPNESS * (self._english @ vector)) * self._shares).sum() if vector is not None else 1.0
            self._near[word] = [*found, float(np.log(mean))]
        return self._near[word]

    def _table(self, words: Sequence[str]) -> Any:
        nothing = np.zeros(self.vectors.table.shape[1])
        found = [self.vectors.of(word) for word in words] or [None]
        return np.array([nothing if vector is None else vector for vector in found], dtype=float)


def sense(text: str) -> Any:
    """Return the mean vector of a plain text's words, frequent ones counting less; zeros where none is known."""
    vectors = shipped()
    total = np.zeros(vectors.table.shape[1])
    for word in content(text):
        vector = vectors.of(word)
        if vector is not None:
            total += vector * RARE / (RARE + vectors.frequency(word))
    return total


def content(text: str) -> list[str]:
    """Return the words of a plain text that are not the grammar's, nor contractions of them.

    >>> content("didn't § beat the # lads 's")
    ['beat', 'lads']
    """
    return [word for word in text.split() if word not in (NAME, NUMBER) and not of_grammar(word)]


def of_grammar(word: str) -> bool:
    """Return whether a word in small letters is the grammar's, or a contraction of one."""
    first, mark, _ = word.partition("'")
    return word in FUNCTION_WORDS or (bool(mark) and (not first or word.endswith("n't") or first in FUNCTION_WORDS))


__all__ = ["WordDensities", "content", "of_grammar", "sense"]
