"""The TF-IDF vectorizer of prompts' examples, routers and discovery."""

from __future__ import annotations

from typing import Any


def vectorizer(**settings: Any) -> Any:
    """Return scikit-learn's vectorizer with these settings; a word said twice does not count twice.

    >>> table = vectorizer(ngram_range=(1, 2)).fit_transform(["red mugs", "red cans"])
    >>> table.shape, bool(table[0, 0] == 0)
    ((2, 5), True)
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, **settings)


__all__ = ["vectorizer"]
