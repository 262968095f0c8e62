"""Voting: self-consistency over meanings (Wang et al. 2023), and baselines by string and by one translator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from plot.translate.mixture.pooling.pool import LabelledPool, Pool, normalised


class Unfitted:
    """Base class of schemes without parameters to fit."""

    def fit(self, labelled: Sequence[LabelledPool]) -> None:
        """Learn nothing."""

    def to_json(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over nothing."""


class MajorityVote(Unfitted):
    """Each translator has one vote, split over its readings; the gate weighs the translators."""

    name = "vote"

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return the share of the votes that each class has."""
        shares = pool.shares
        return normalised([sum(pool.trust(one) * shares[one][k] for one in shares) for k in range(len(pool.classes))])


class TopOne(Unfitted):
    """All of it to the translator that the gate trusts most (Switch routing); the first one, where there is no gate."""

    name = "top-1"

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return the distribution of the most trusted translator."""
        return pool.shares[max(pool.experts, key=pool.trust)]


class StringVote(Unfitted):
    """The baseline: the commonest program as text takes all."""

    name = "string-vote"

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return one for the class of the commonest text."""
        texts: Counter[str] = Counter()
        for vote in pool.counted:
            texts[vote.reading.code] += vote.share * pool.trust(vote.expert)  # type: ignore[assignment]
        best = max(texts, key=lambda text: texts[text])
        return normalised(
            [float(any(pool.votes[member].reading.code == best for member in members)) for members in pool.classes]
        )
