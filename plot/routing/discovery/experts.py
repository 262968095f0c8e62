"""The experts of clusters: each predicts the next word, branched from a seed model of all statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from plot._lazy import np

BEGIN, END, UNKNOWN = "⟨begin⟩", "⟨end⟩", "⟨unknown⟩"
ADDED = 0.1  # to each word's count in the seed (additive smoothing)
OF_SEED = 20.0  # words of the seed in each expert's unigrams
OF_WORDS = 2.0  # words of the unigrams (and the seed's bigrams) behind each bigram


@dataclass
class Experts:
    """A unigram and bigram language model for each cluster.

    The seed counts all statements, with additive smoothing. An expert's counts are its cluster's, and what they leave
    open is the seed's: so it knows all that the seed knows, and more of its own domain.
    """

    vocabulary: dict[str, int]
    singles: Any  # experts × words
    doubles: dict[tuple[int, int], Any] = field(repr=False)  # pair of words: experts
    firsts: Any = field(repr=False)  # experts × words: how often each has a successor

    @classmethod
    def of(cls, texts: Sequence[str], labels: Sequence[int], count: int) -> Experts:
        """Return the experts of plain texts whose clusters are known."""
        words = Counter(word for text in texts for word in text.split())
        vocabulary = {word: place for place, word in enumerate((UNKNOWN, BEGIN, END, *sorted(words)))}
        singles = np.zeros((count, len(vocabulary)))
        firsts = np.zeros((count, len(vocabulary)))
        doubles: dict[tuple[int, int], Any] = {}
        for text, label in zip(texts, labels, strict=True):
            for before, word in pairs(text, vocabulary):
                singles[label, word] += 1
                firsts[label, before] += 1
                doubles.setdefault((before, word), np.zeros(count))[label] += 1
        return cls(vocabulary, singles, doubles, firsts)

    def predicted(self, before: int, word: int) -> Any:
        """Return each expert's probability of a word after another."""
        sums = self.singles.sum(axis=0)
        seed = (sums[word] + ADDED) / (sums.sum() + ADDED * (len(self.vocabulary) - 1))  # the beginning never follows
        single = (self.singles[:, word] + OF_SEED * seed) / (self.singles.sum(axis=1) + OF_SEED)
        together = self.doubles.get((before, word))
        double = together if together is not None else np.zeros(len(self.singles))
        seeds = (double.sum() + OF_WORDS * seed) / (self.firsts[:, before].sum() + OF_WORDS)
        return (double + OF_WORDS * (single + seeds) / 2) / (self.firsts[:, before] + OF_WORDS)

    def logs(self, texts: Sequence[str]) -> list[Any]:
        """Return for each plain text the probabilities of its words (and its end), words × experts."""
        return [np.array([self.predicted(*pair) for pair in pairs(text, self.vocabulary)]) for text in texts]


def pairs(text: str, vocabulary: dict[str, int]) -> Iterator[tuple[int, int]]:
    """Yield each word of a plain text and its end, after what stands before it."""
    before = vocabulary[BEGIN]
    for word in (*text.split(), END):
        place = vocabulary.get(word, vocabulary[UNKNOWN])
        yield before, place
        before = place


def contexts(text: str) -> list[str]:
    """Return what is known before each word of a plain text, and before its end: the gate may see no more.

    >>> contexts("mugs are red")
    ['', 'mugs', 'mugs are', 'mugs are red']
    """
    words = text.split()
    return [" ".join(words[:count]) for count in range(len(words) + 1)]


__all__ = ["BEGIN", "END", "UNKNOWN", "Experts", "contexts", "pairs"]
