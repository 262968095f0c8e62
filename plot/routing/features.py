"""Text features: TF-IDF of words, word pairs and character n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plot._lazy import np
from plot.translate.tfidf import vectorizer

WORDS, PIECES = (1, 2), (3, 5)
SPACED = r"\S+"
PIECES_WEIGHT = 0.7  # pieces of words find what is inflected or derived, but say less than whole words


@dataclass
class Features:
    """The vectorizers of normalised texts: of words and of character n-grams."""

    words: Any
    pieces: Any

    @classmethod
    def fitted(cls, texts: Sequence[str]) -> Features:
        """Return features whose vocabulary and weights come from plain texts."""
        words, pieces = _vectorizers()
        return cls(words.fit(texts), pieces.fit(texts))

    @classmethod
    def restored(cls, kept: dict[str, Any]) -> Features:
        """Return features that were kept. Raises ValueError or KeyError for what is damaged."""
        words, pieces = _vectorizers(list(kept["words"]), list(kept["pieces"]))
        words.idf_ = np.asarray(kept["words_idf"], dtype=float)
        pieces.idf_ = np.asarray(kept["pieces_idf"], dtype=float)
        return cls(words, pieces)

    def kept(self) -> dict[str, Any]:
        """Return what is kept of the features."""
        return {
            "words": [str(name) for name in self.words.get_feature_names_out()],
            "pieces": [str(name) for name in self.pieces.get_feature_names_out()],
            "words_idf": self.words.idf_,
            "pieces_idf": self.pieces.idf_,
        }

    def table(self, texts: Sequence[str]) -> Any:
        """Return a sparse row of numbers for each plain text."""
        from scipy.sparse import hstack

        return hstack([self.words.transform(texts), self.pieces.transform(texts) * PIECES_WEIGHT], format="csr")

    def owners(self, text: str) -> dict[int, list[str]]:
        """Return for each column which words of a plain text it comes from, as often as it does."""
        tokens, found = text.split(), dict[int, list[str]]()
        pieces_of = self.pieces.build_analyzer()
        offset = len(self.words.vocabulary_)
        for number, token in enumerate(tokens):
            pair = " ".join(tokens[number : number + 2])
            places = [(self.words.vocabulary_.get(token), [token])]
            places += [(self.words.vocabulary_.get(pair), pair.split())] if pair != token else []
            columns = (self.pieces.vocabulary_.get(piece) for piece in pieces_of(token))
            places += [(offset + column, [token]) for column in columns if column is not None]
            for place, words in places:
                if place is not None:
                    found.setdefault(int(place), []).extend(words)
        return found


def _vectorizers(words: Sequence[str] | None = None, pieces: Sequence[str] | None = None) -> tuple[Any, Any]:
    return (
        vectorizer(ngram_range=WORDS, token_pattern=SPACED, vocabulary=words, lowercase=False),
        vectorizer(ngram_range=PIECES, analyzer="char_wb", vocabulary=pieces, lowercase=False),
    )


__all__ = ["Features"]
