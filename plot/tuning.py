"""An ensemble tuned on utterances of known meaning: their pools, which class is right, and what fitting gains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plot.agreement import agreement
from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.evaluation import Case, conversation_before, unshown
from plot.inference import Goal
from plot.translate.base import Told, Translator
from plot.translate.mixture import Labelled, Mixture, Pool, Scheme, scheme_called

FOLDS = 5
FLOOR = 0.01  # of the probability of what was meant, where no translator found it


@dataclass(frozen=True, slots=True)
class Gain:
    """The mean log score of what was meant, and how often the likeliest meaning is right, on held-out utterances."""

    utterances: int
    score_before: float
    score_after: float
    right_before: float
    right_after: float

    def to_json(self) -> dict[str, float]:
        """Return the figures by name."""
        return {name: getattr(self, name) for name in Gain.__slots__}


def labelled_pools(
    world: World,
    cases: Sequence[Case],
    experts: Sequence[Translator],
    goal: Goal,
    families: Mapping[str, str] | None = None,
) -> Iterator[Labelled]:
    """Yield the pool of each case that any expert can read, with the class that means what the case's code means.

    A case that is an example of the world is not shown to a model that translates it.
    """
    for case in cases:
        asked = tuple(unshown(one, case) for one in experts)
        mixture = Mixture(asked, scheme_called("vote"), families=families or {}, seed=goal.seed, budget=goal.budget)
        talk = conversation_before(world, case, mixture, goal)
        try:
            pool = mixture.pool(case.say, talk.discourse)
        except PlotError:
            continue
        yield Labelled(pool, right_class(talk, pool, case.code))


def right_class(talk: Conversation, pool: Pool, code: str) -> int | None:
    """Return the number of the class that means what `code` means, None where none does."""
    for number, members in enumerate(pool.classes):
        reading = pool.votes[members[0]].reading
        told = Told(pool.utterance, pool.act, (replace(reading, weight=1.0),))
        try:
            if agreement(talk, told, code) > 0:
                return number
        except PlotError:
            continue
    return None


def fitted(name: str, labelled: Sequence[Labelled]) -> tuple[Scheme, Gain]:
    """Return a scheme fitted to all, and what fitting gains on utterances that it was not fitted to (5 folds)."""
    before, after = scheme_called(name), []
    for fold in range(FOLDS):
        rest = [one for number, one in enumerate(labelled) if number % FOLDS != fold]
        held = [one for number, one in enumerate(labelled) if number % FOLDS == fold]
        scheme = scheme_called(name)
        scheme.fit(rest)
        after += [_scored(scheme, one) for one in held]
    plain = [_scored(before, one) for one in labelled]
    scheme = scheme_called(name)
    scheme.fit(labelled)
    count = max(1, len(labelled))
    figures = [sum(column) / count for column in (*zip(*plain, strict=True), *zip(*after, strict=True))]
    return scheme, Gain(len(labelled), figures[0], figures[2], figures[1], figures[3])


def _scored(scheme: Scheme, one: Labelled) -> tuple[float, float]:
    """Return the log of the probability of what was meant, and whether it is the likeliest."""
    weights = scheme.weigh(one.pool)
    if one.right is None:
        return math.log(FLOOR), 0.0
    best = max(range(len(weights)), key=weights.__getitem__)
    return math.log(max(FLOOR, weights[one.right])), float(best == one.right)


def kept(scheme: Scheme) -> dict[str, Any]:
    """Return what is kept of a fitted scheme."""
    return {"scheme": scheme.name, **scheme.to_json()}


__all__ = ["Gain", "fitted", "kept", "labelled_pools", "right_class"]
