"""Stacking: weights of translators for each world and act, fitted by the log score on utterances of known meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plot.translate.mixture.pooling.pool import LabelledPool, Pool, normalised

ROUNDS = 200
STRENGTH = 8.0  # how many utterances the wider level counts for: act, then world and act, shrink towards it
FLOOR = 1e-3  # that a translator's readings leave room for


class Stacking:
    """A linear opinion pool: P(class) is the weighted mean of what the translators say (Wolpert 1992; Yao et al. 2018).

    The weights maximise the mean log score, which is concave in them, by EM; each world and act is shrunk towards the
    act in all worlds, and that towards all utterances. A translator of which nothing is known counts as the average.
    """

    name = "stacking"

    def __init__(self) -> None:
        self._weights: dict[str, dict[str, float]] = {}

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return the mean of the translators' distributions, as weighted for this world and act."""
        shares = pool.shares
        known = self._of(pool)
        usual = sum(known.values()) / len(known) if known else 1.0
        weights = {one: known.get(one) or usual * pool.trust(one) for one in shares}
        return normalised([sum(weights[one] * shares[one][k] for one in shares) for k in range(len(pool.classes))])

    def fit(self, labelled: Sequence[LabelledPool]) -> None:
        """Fit the weights at each level."""
        self._weights = {"": _em(labelled, {})}
        for number in (1, 2):
            for wider, key in dict.fromkeys(one.pool.levels[number - 1 : number + 1] for one in labelled):
                here = [one for one in labelled if one.pool.levels[number] == key]
                self._weights[key] = _em(here, self._weights[wider])

    def to_json(self) -> dict[str, Any]:
        """Return the weights by level."""
        return {"weights": self._weights}

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over weights."""
        self._weights = {
            str(key): {str(one): float(weight) for one, weight in weights.items()}
            for key, weights in kept["weights"].items()
        }

    def _of(self, pool: Pool) -> Mapping[str, float]:
        for key in reversed(pool.levels):
            if key in self._weights:
                return self._weights[key]
        return {}


def _em(labelled: Iterable[LabelledPool], wider: Mapping[str, float]) -> dict[str, float]:
    """Return the weights that maximise the log score, with `wider` as prior (pseudo-counts)."""
    items = [(one.pool.shares, one.right) for one in labelled]
    experts = list(dict.fromkeys([*wider, *(expert for shares, _ in items for expert in shares)]))
    prior = {one: STRENGTH * (wider.get(one, 1 / len(experts)) if wider else 1 / len(experts)) for one in experts}
    weights = dict(zip(experts, normalised(list(prior.values())), strict=True))
    for _ in range(ROUNDS if items else 0):
        counts = dict(prior)
        for shares, right in items:
            said = {one: weights[one] * _said(shares[one], right) for one in shares}
            total = sum(said.values()) or 1.0
            for one, value in said.items():
                counts[one] += value / total
        weights = dict(zip(experts, normalised([counts[one] for one in experts]), strict=True))
    return weights


def _said(shares: Sequence[float], right: int | None) -> float:
    return FLOOR + (shares[right] if right is not None else 0.0)
