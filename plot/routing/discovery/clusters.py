"""Balanced clustering of statements: word vectors, and k-means with capacities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plot._lazy import np
from plot.routing.normalise import FUNCTION_WORDS
from plot.routing.word_densities import sense
from plot.translate.tfidf import vectorizer

DIRECTIONS = 48
OF_MEANING = 0.3  # of a statement's vector; half of the shipped worlds' statements chose it, see docs/router.md
RESTARTS = 4
STEM = 4  # letters: bowl and bowls, strong and stronger are near each other
MOST_ROUNDS = 20
MOST_BALANCED = 1_200  # statements; of more, centres come from a sample, since an assignment takes cubic time


@dataclass
class Clustering:
    """Centres of clusters, and what places a text beside them."""

    tfidf: Any
    directions: Any  # None where there are too few words for any
    centres: Any
    labels: Any

    @classmethod
    def of(cls, texts: Sequence[str], count: int, seed: int = 0) -> Clustering:
        """Return a clustering of plain texts."""
        tfidf, directions = _vectorizer(texts, seed)
        vectors = _vectors(tfidf, directions, texts)
        rng = np.random.default_rng(seed)
        places = np.arange(len(texts))
        if len(texts) > MOST_BALANCED:
            places = np.sort(rng.choice(len(texts), MOST_BALANCED, replace=False))
        labels, centres = balanced(vectors[places], count, rng)
        if len(places) < len(texts):
            labels = distances(vectors, centres).argmin(axis=1)
        return cls(tfidf, directions, centres, labels)

    def distances(self, texts: Sequence[str]) -> Any:
        """Return how far each plain text is from each centre. A text without a known word is equally far from all."""
        vectors = _vectors(self.tfidf, self.directions, texts)
        found = distances(vectors, self.centres)
        found[~vectors.any(axis=1)] = 1.0
        return found


def balanced(vectors: Any, count: int, rng: Any) -> tuple[Any, Any]:
    """Return labels and centres by k-means in which no cluster has more than its share, rounded up.

    Each round assigns all vectors at the least cost that the capacities allow, and moves the centres to their means. It
    begins where k-means without such limits ends.
    """
    centres = _begun(vectors, count, int(rng.integers(2**31)))
    labels = _assigned(distances(vectors, centres) ** 2)
    for _ in range(MOST_ROUNDS):
        centres = _means(vectors, labels, count)
        again = _assigned(distances(vectors, centres) ** 2)
        if (again == labels).all():
            break
        labels = again
    return labels, _means(vectors, labels, count)


def distances(vectors: Any, centres: Any) -> Any:
    """Return the distance of each vector from each centre."""
    squares = (vectors**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None, :] - 2 * vectors @ centres.T
    return np.sqrt(np.maximum(squares, 0.0))


def _assigned(costs: Any) -> Any:
    """Return the cluster of each vector, at the least cost in all; each cluster has the same number of places."""
    from scipy.optimize import linear_sum_assignment

    many, count = costs.shape
    capacity = math.ceil(many / count)
    _, places = linear_sum_assignment(np.repeat(costs, capacity, axis=1))
    return places // capacity


def _means(vectors: Any, labels: Any, count: int) -> Any:
    """Return the mean of each cluster; an empty one (where there are few vectors) sits on the farthest vector."""
    found = np.zeros((count, vectors.shape[1]))
    for label in range(count):
        mine = vectors[labels == label]
        found[label] = mine.mean(axis=0) if len(mine) else vectors[label % len(vectors)]
    return found


def _begun(vectors: Any, count: int, seed: int) -> Any:
    """Return where k-means without capacities ends, the best of several beginnings by k-means++."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    different = len(np.unique(vectors.round(6), axis=0))  # those that differ by rounding errors are one
    with threadpool_limits(1):
        found = KMeans(min(count, different), n_init=RESTARTS, random_state=seed).fit(vectors).cluster_centers_
    return found[np.arange(count) % len(found)]


def _vectorizer(texts: Sequence[str], seed: int) -> tuple[Any, Any]:
    from sklearn.decomposition import TruncatedSVD
    from threadpoolctl import threadpool_limits

    tfidf = vectorizer(analyzer=pieces)
    try:
        table = tfidf.fit_transform(texts)
    except ValueError:  # no words at all
        return None, None
    count = min(DIRECTIONS, table.shape[0] - 1, table.shape[1] - 1)
    if count < 1:
        return tfidf, None
    # Statements that are all the same have no variance.
    with threadpool_limits(1), np.errstate(divide="ignore", invalid="ignore"):
        return tfidf, TruncatedSVD(count, random_state=seed).fit(table)


def pieces(text: str) -> list[str]:
    """Return what tells of a domain in a plain text: its words, and the stems of those that are not the grammar's.

    >>> pieces("the bowls are stronger")
    ['the', 'bowls', 'are', 'stronger', 'bowl-', 'stro-']
    """
    words = text.split()
    return words + [f"{word[:STEM]}-" for word in words if len(word) > STEM and word not in FUNCTION_WORDS]


def _vectors(tfidf: Any, directions: Any, texts: Sequence[str]) -> Any:
    """Return vectors of length one, or zeros for a text without a known word: of its words, and of their meanings."""
    if tfidf is None:
        return np.zeros((len(texts), 1))
    table = tfidf.transform(texts)
    words = _of_length_one(directions.transform(table) if directions is not None else table.toarray())
    meanings = _of_length_one(np.array([sense(text) for text in texts]))
    return _of_length_one(np.hstack([words * (1 - OF_MEANING) ** 0.5, meanings * OF_MEANING**0.5]))


def _of_length_one(vectors: Any) -> Any:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-9)


__all__ = ["Clustering", "balanced", "distances", "pieces"]
