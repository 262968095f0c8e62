"""Word vectors of frequent English words, shipped with the package."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plot._lazy import np, once

FILE = Path(__file__).with_name("vectors.npz")  # GloVe 6B, 40,000 words: benchmarks/router/make_vectors.py makes it


@dataclass(frozen=True)
class Vectors:
    """Words, the most frequent first, and their vectors, each of length one."""

    places: dict[str, int]
    table: Any

    def of(self, word: str) -> Any:
        """Return the vector of a word in small letters, None where it is not known; of a compound, that of its parts.

        >>> vectors = shipped()
        >>> bool(vectors.of("aunt") @ vectors.of("niece") > 0.5 > vectors.of("aunt") @ vectors.of("senate"))
        True
        """
        found = [self.table[self.places[part]] for part in word.split("-") if part in self.places]
        if not found:
            return None
        mean = np.mean(found, axis=0)
        return mean / (np.linalg.norm(mean) or 1.0)

    def frequency(self, word: str) -> float:
        """Return about how large a share of English a word is, by Zipf's law; of a compound, its rarest part."""
        ranks = [self.places.get(part, len(self.places)) for part in word.split("-")]
        return 0.1 / (max(ranks) + 3)


@once
def shipped() -> Vectors:
    """Return the vectors that come with the package."""
    with np.load(io.BytesIO(FILE.read_bytes()), allow_pickle=False) as file:
        words = bytes(file["words"]).decode().split("\n")
        table = file["vectors"].astype(np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    return Vectors({word: place for place, word in enumerate(words)}, table)


__all__ = ["FILE", "Vectors", "shipped"]
