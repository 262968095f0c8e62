"""Tuning of an ensemble on utterances of known meaning, and its gain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.inference import Goal
from plot.llm import ModelError
from plot.quality.agreement import agreement
from plot.quality.evaluation import Case, conversation_before
from plot.translate.base import Told, unshown
from plot.translate.mixture import LabelledPool, Mixture, Pool
from plot.translate.mixture.pooling.thresholds import StageOutcome, stopped
from plot.translate.mixture.pooling.translator import gathered


@dataclass(frozen=True, slots=True)
class MeanScores:
    """On average: the log score of what was meant, whether the likeliest meaning is right, and what it costs."""

    score: float
    right: float
    cost: float

    def to_json(self) -> dict[str, float]:
        """Return the figures by name."""
        return {name: getattr(self, name) for name in MeanScores.__slots__}


@dataclass(frozen=True, slots=True)
class Gain:
    """The scores of an ensemble on held-out utterances, before and after fitting.

    `all_before` and `all_after` are with the grammar, which can read most examples of a world; the others without.
    """

    utterances: int
    before: MeanScores
    after: MeanScores
    all_before: MeanScores
    all_after: MeanScores

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        names = ("before", "after", "all_before", "all_after")
        return {"utterances": self.utterances, **{name: getattr(self, name).to_json() for name in names}}


def labelled_pools(world: World, cases: Sequence[Case], mixture: Mixture, goal: Goal) -> Iterator[LabelledPool]:
    """Yield what all translators of a mixture make of each case, with the class that means what the case's code means.

    A case that is an example of the world is not shown to a model that translates it; one that nobody can read is left
    out. Raises PlotError where a model can't be asked: that says nothing of it.
    """
    for case in cases:
        experts = [unshown(one, case.example) for one in mixture.experts]
        talk = conversation_before(world, case, unshown(mixture, case.example), goal)
        votes, refused = gathered(experts, case.say, talk.discourse)
        for _, error in refused:
            if isinstance(error, ModelError) and error.fatal:
                raise error
        try:
            pool = mixture.pooling.pool(case.say, votes, talk.discourse) if votes else None
        except PlotError:
            continue
        if pool is not None:
            yield LabelledPool(pool, right_class(talk, pool, case.code))


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


def fit(
    mixture: Mixture, labelled: Sequence[LabelledPool], budget: float | None = None, *, made_for_grammar: bool = False
) -> Gain:
    """Fit a mixture to all, and return what that gains on utterances that it was not fitted to (5 folds)."""

    def learn(part: Mixture, rest: Sequence[LabelledPool]) -> None:
        part.fit(rest, budget, made_for_grammar=made_for_grammar)

    found: list[list[StageOutcome]] = [[], [], [], []]
    for part, held in mixture.learnt_apart(labelled, learn):
        for one in held:
            ways = ((mixture, False), (part, False), (mixture, True), (part, True))
            for steps, (who, free) in zip(found, ways, strict=True):
                steps.append(stopped(who.steps(one, free=free), who.thresholds))
    learn(mixture, labelled)
    return Gain(len(labelled), *map(_figures, found))


def _figures(steps: Sequence[StageOutcome]) -> MeanScores:
    count = len(steps)
    return MeanScores(
        sum(step.score for step in steps) / count,
        sum(step.right for step in steps) / count,
        sum(step.cost for step in steps) / count,
    )


__all__ = ["Gain", "MeanScores", "fit", "labelled_pools", "right_class"]
