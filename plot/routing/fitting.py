"""Fitting of the learned router: regression on words, word densities, and their calibration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plot._lazy import np
from plot.routing.corpus import Rows
from plot.routing.features import Features
from plot.routing.out_of_domain import DomainDetector
from plot.routing.word_densities import WordDensities

STRENGTH = 10.0  # inverse of the regularisation; the temperature mends what is too bold
FOLDS = 5
MOST_STEPS = 300
COLDEST, HOTTEST = -3.0, 3.0  # bounds of the logarithm of the temperature
SHARES = tuple(step / 4 for step in range(17))  # of meaning, beside words; more gains nothing on held-out utterances
TALKS, DRAWS, SEED = (2, 3, 5, 10), 40, 0  # lengths of conversations that the tempering is fitted to, and how many


@dataclass
class Fitted:
    """The fitted router: features with coefficients, word densities with their share, and calibration."""

    features: Features
    weights: Any  # worlds × features
    bias: Any
    meaning: WordDensities
    share: float  # of meaning, beside words
    temperature: float
    tempering: float  # n utterances count as much as n^(1 - tempering) that are independent
    outside: DomainDetector

    def logits(self, table: Any, near: Any) -> Any:
        """Return the calibrated logits of texts, given their features and the nearness of their words."""
        return (table @ self.weights.T + self.bias + self.share * near) / self.temperature


def fit(rows: Rows, worlds: int) -> Fitted:
    """Learn from rows. How sure to be comes from utterances that the coefficients were not fitted to."""
    features, meaning = Features.fitted(rows.texts), WordDensities.of(rows, worlds)
    weights, bias = _regression(features, rows, worlds)
    logits, near, labels = out_of_fold(rows, worlds)
    share = min(SHARES, key=lambda one: _best_loss(logits + one * near, labels))
    heat = temperature(logits + share * near, labels)
    shares = log_softmax((logits + share * near) / heat)
    own = np.exp(shares[np.arange(len(labels)), labels])
    outside = DomainDetector.fitted(rows, meaning, own.tolist())
    return Fitted(features, weights, bias, meaning, share, heat, tempering(shares, labels), outside)


def out_of_fold(rows: Rows, worlds: int, folds: int = FOLDS) -> tuple[Any, Any, Any]:
    """Return the logits of utterances and their nearness, by what was fitted to the others, and their labels."""
    places = rows.utterances
    number: dict[int, int] = {}
    fold_of: dict[int, int] = {}
    for place in places:  # every world's utterances are dealt out in turn
        label = rows.labels[place]
        fold_of[place] = number.setdefault(label, 0) % folds
        number[label] += 1
    logits, near = np.zeros((len(places), worlds)), np.zeros((len(places), worlds))
    for fold in sorted(set(fold_of.values())):
        kept = rows.chosen([place for place in range(len(rows.texts)) if fold_of.get(place) != fold])
        features, meaning = Features.fitted(kept.texts), WordDensities.of(kept, worlds)
        weights, bias = _regression(features, kept, worlds)
        tested = [spot for spot, place in enumerate(places) if fold_of[place] == fold]
        texts = [rows.texts[places[spot]] for spot in tested]
        logits[tested] = features.table(texts) @ weights.T + bias
        near[tested] = [meaning.scores(text) for text in texts]
    return logits, near, np.array([rows.labels[place] for place in places], dtype=int)


def tempering(shares: Any, labels: Any) -> float:
    """Return the exponent at which the log loss of conversations is least, given logarithms of utterances' shares.

    Conversations are drawn from the utterances of one world, which have more in common than their world.
    """
    rng = np.random.default_rng(SEED)
    talks, worlds = [], sorted(set(labels.tolist()))
    for world in worlds:
        places = np.flatnonzero(labels == world)
        for length in TALKS:
            if length <= len(places):
                talks += [(rng.choice(places, length, replace=False), world) for _ in range(DRAWS)]
    if not talks or len(worlds) < 2:
        return 0.0
    sums = np.array([shares[places].sum(axis=0) for places, _ in talks])
    lengths = np.array([[len(places)] for places, _ in talks])
    true = np.array([world for _, world in talks])
    return _least(lambda power: log_loss(sums * lengths**-power, true), 0.0, 1.0)


def _best_loss(logits: Any, labels: Any) -> float:
    return log_loss(logits / temperature(logits, labels), labels) if len(labels) else 0.0


def temperature(logits: Any, labels: Any) -> float:
    """Return the temperature at which the log loss of held-out utterances is least.

    >>> temperature(np.array([[9.0, 0.0], [9.0, 0.0], [9.0, 0.0]]), np.array([0, 0, 1])) > 5
    True
    """
    if not len(labels):
        return 1.0
    log = _least(lambda value: log_loss(logits / np.exp(value), labels), COLDEST, HOTTEST)
    return float(np.exp(log))


def log_loss(logits: Any, labels: Any) -> float:
    """Return the mean of the negative logarithm of the right world's probability."""
    return float(-log_softmax(logits)[np.arange(len(labels)), labels].mean())


def log_softmax(logits: Any) -> Any:
    """Return normalised logarithms, row by row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _least(loss: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one valley is least, by golden sections."""
    ratio = (5**0.5 - 1) / 2
    while high - low > 1e-4:
        first, second = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, second) if loss(first) <= loss(second) else (first, high)
    return (low + high) / 2


def _regression(features: Features, rows: Rows, worlds: int) -> tuple[Any, Any]:
    """Return coefficients and bias; each world has the same weight in all, however much it says."""
    if worlds == 1:
        return np.zeros((1, features.table([""]).shape[1])), np.zeros(1)
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    labels, weights = np.array(rows.labels), np.array(rows.weights)
    totals = np.bincount(labels, weights, minlength=worlds)
    balanced = weights / totals[labels] * (weights.sum() / worlds)
    model = LogisticRegression(C=STRENGTH, max_iter=MOST_STEPS)
    with threadpool_limits(1):  # the tables are small, so that threads only wait for each other
        model.fit(features.table(rows.texts), labels, balanced)
    weights, bias = model.coef_, model.intercept_
    if worlds == 2:  # one row tells two worlds apart
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return weights - weights.mean(axis=0), bias - bias.mean()


__all__ = ["Fitted", "fit", "log_loss", "log_softmax", "out_of_fold", "temperature", "tempering"]
