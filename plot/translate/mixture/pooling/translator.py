"""The mixture as one translator: experts propose, stage by stage; meanings are pooled, and a scheme weighs them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from plot.errors import PlotError
from plot.llm import ModelError
from plot.llm.together import together
from plot.translate.base import Discourse, Reading, Translator, unshown
from plot.translate.mixture.pooling.label_model import WeightedVote
from plot.translate.mixture.pooling.pool import LabelledPool, Pool, PoolingRule, Vote, likeliest
from plot.translate.mixture.pooling.scheme import Scheme
from plot.translate.mixture.pooling.thresholds import StageOutcome, Steps, Thresholds, fitted_thresholds
from plot.translate.model import PendingTranslations
from plot.translate.stages import often_misread, refusal
from plot.world import Example

LEAST = 0.005  # readings with less weight are left out: they would cost a branch of the program each
SURE = 0.7  # before anything is learned: a translator of which nothing is known is sure enough where it is consistent
FLOOR = 0.01  # of the probability of what was meant, where no translator found it
FOLDS = 5
Gate = Callable[[str, Discourse, Sequence[str]], Mapping[str, float]]


@dataclass(frozen=True)
class Stage:
    """Translators that are asked together, what that costs, and a gate that weighs (and chooses among) them."""

    experts: tuple[Translator, ...]
    cost: float = 0.0
    gate: Gate | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What its translators are called."""
        return tuple(expert.name for expert in self.experts)

    def trusted(self, utterance: str, discourse: Discourse) -> Mapping[str, float]:
        """Return how much each is trusted here, beside the one that is trusted most; zero means: not asked."""
        gate = self.gate(utterance, discourse, self.names) if self.gate is not None else dict.fromkeys(self.names, 1.0)
        most = max(gate.values())
        return {name: weight / most for name, weight in gate.items()}


@dataclass
class Mixture:
    """A translator made of others: `stages` of them are asked in turn, until what they say is sure enough.

    All votes so far are pooled by meaning. Where `reliable` finds the likeliest meaning right with a probability of at
    least the stage's threshold, or there is no further stage, `scheme` weighs the meanings. A stage that refuses is
    passed on. The first `free` stages are no models: the grammar, and what is remembered. `spent` adds up the costs of
    the stages; `unasked` is why models could not be asked where others did; `undecided` waits to be remembered.
    """

    stages: tuple[Stage, ...]
    scheme: Scheme
    pooling: PoolingRule = field(default_factory=PoolingRule)
    reliable: WeightedVote = field(default_factory=WeightedVote)
    thresholds: Thresholds = ()
    free: int = 0
    name: str = "mixture"
    undecided: PendingTranslations | None = None
    spent: float = 0.0
    unasked: list[PlotError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thresholds = self.thresholds or (SURE,) * (len(self.stages) - 1)

    @property
    def experts(self) -> tuple[Translator, ...]:
        """The translators of all stages."""
        return tuple(expert for stage in self.stages for expert in stage.experts)

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return one reading for each meaning, the weightiest first. Raises PlotError where no expert has any."""
        votes: list[Vote] = []
        silent: list[Vote] = []  # that the utterance says nothing of the world
        failures: list[PlotError] = []
        trusted: dict[str, float] = {}
        pool: Pool | None = None
        for number, stage in enumerate(self.stages):
            self.spent += stage.cost
            trusted |= stage.trusted(utterance, discourse)
            asked = [expert for expert in stage.experts if trusted[expert.name] > 0]
            said, refused = gathered(asked, utterance, discourse)
            failures += [error for _, error in refused]
            silent += [vote for vote in said if vote.reading.act == "nothing"]
            said = [vote for vote in said if vote.reading.act != "nothing"]
            votes += said
            try:
                pool = self.pooling.pool(utterance, votes, discourse, trusted) if said else pool
            except PlotError as error:
                failures.append(error)
            sure = pool is not None and self.reliable.confidence(pool) >= self.least(number)
            if sure and not (votes and often_misread([vote.reading for vote in votes])):
                break
        if pool is None and not silent:
            raise refusal(failures)
        self.unasked += [error for error in failures if isinstance(error, ModelError)]
        unheard = _unheard(silent, votes)
        if pool is None:
            return unheard
        classes = len(pool.classes) + len(unheard)
        found = self._settled(utterance, readings_of(pool, self.scheme.weigh(pool)), classes)
        left = 1 - sum(one.weight for one in unheard)
        return (*(replace(one, weight=one.weight * left) for one in found), *unheard)

    def _settled(self, utterance: str, readings: tuple[Reading, ...], classes: int) -> tuple[Reading, ...]:
        """Return the readings; one that nobody contradicts may be remembered."""
        if self.undecided is not None:
            self.undecided.settle(utterance, readings if classes == 1 else ())
        return readings

    def least(self, number: int) -> float:
        """Return how sure it must be after a stage, for nobody else to be asked; the last is always final."""
        return self.thresholds[number] if number < len(self.thresholds) else 0.0

    def unshown(self, example: Example) -> Mixture:
        """Return the mixture without any model being shown an example."""
        stages = tuple(
            replace(stage, experts=tuple(unshown(one, example) for one in stage.experts)) for stage in self.stages
        )
        return replace(self, stages=stages)

    # -- learning ------------------------------------------------------------------------------------------

    def fit(
        self, labelled: Sequence[LabelledPool], budget: float | None = None, *, made_for_grammar: bool = False
    ) -> None:
        """Learn from utterances of known meaning, for which all stages were asked: reliabilities, weights, thresholds.

        Thresholds are fitted to what mixtures do that have learned from other utterances only. Where the grammar was
        made for these, as it was for the examples of a world, they are fitted as if it could not read them: its own
        threshold stays as it is.
        """
        apart = self.learnt_apart(labelled, _weights_learned)
        steps = [part.steps(one, free=not made_for_grammar) for part, held in apart for one in held]
        _weights_learned(self, labelled)
        self.thresholds = fitted_thresholds(steps, budget, SURE)

    def learnt_apart(
        self, labelled: Sequence[LabelledPool], learn: Callable[[Mixture, Sequence[LabelledPool]], None]
    ) -> Iterator[tuple[Mixture, list[LabelledPool]]]:
        """Yield copies, each with the utterances that it has not learned from (folds)."""
        for fold in range(FOLDS):
            part = self._copy()
            learn(part, [one for number, one in enumerate(labelled) if number % FOLDS != fold])
            yield part, [one for number, one in enumerate(labelled) if number % FOLDS == fold]

    def steps(self, one: LabelledPool, *, free: bool = True) -> Steps:
        """Return what the stages would come to for an utterance for which all were asked; not `free`: all but those."""
        names: set[str] = set()
        cost, found = 0.0, []
        for number, stage in enumerate(self.stages):
            names |= set(stage.names) if free or number >= self.free else set()
            cost += stage.cost
            seen = one.among(names)
            if seen is None:
                found.append(StageOutcome(cost, -1.0, math.log(FLOOR), right=False))
                continue
            weights = self.scheme.weigh(seen.pool)
            score = math.log(max(FLOOR, weights[seen.right] if seen.right is not None else 0.0))
            found.append(
                StageOutcome(cost, self.reliable.confidence(seen.pool), score, right=likeliest(weights) == seen.right)
            )
        return tuple(found)

    def _copy(self) -> Mixture:
        """Return a mixture that learns by itself."""
        reliable = copy(self.reliable)
        return replace(self, reliable=reliable, scheme=reliable if self.scheme is self.reliable else copy(self.scheme))

    def to_json(self) -> dict[str, Any]:
        """Return what was learned."""
        own = {} if self.scheme is self.reliable else self.scheme.to_json()
        thresholds = {" ".join(stage.names): least for stage, least in zip(self.stages, self.thresholds, strict=False)}
        return {"thresholds": thresholds, "reliable": self.reliable.to_json(), "scheme": own}

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over what was learned. Raises ValueError, KeyError or TypeError where it is damaged."""
        known = {str(names): float(least) for names, least in kept["thresholds"].items()}
        self.thresholds = tuple(known.get(" ".join(stage.names), SURE) for stage in self.stages[:-1])
        self.reliable.load(kept["reliable"])
        if self.scheme is not self.reliable:
            self.scheme.load(kept["scheme"])


def _weights_learned(mixture: Mixture, labelled: Sequence[LabelledPool]) -> None:
    mixture.reliable.fit(labelled)
    if mixture.scheme is not mixture.reliable:
        mixture.scheme.fit(labelled)


def gathered(
    experts: Sequence[Translator], utterance: str, discourse: Discourse
) -> tuple[list[Vote], list[tuple[str, PlotError]]]:
    """Return the votes of translators, which are asked at once, and by name why the others refuse."""
    votes: list[Vote] = []
    refused: list[tuple[str, PlotError]] = []
    tasks = [partial(expert.translate, utterance, discourse) for expert in experts]
    for expert, found in zip(experts, together(tasks), strict=True):
        if isinstance(found, PlotError):
            refused.append((expert.name, found))
        else:
            votes += votes_of(expert.name, found)
    return votes, refused


def _unheard(silent: Sequence[Vote], votes: Sequence[Vote]) -> tuple[Reading, ...]:
    """Return one reading for all votes that an utterance says nothing, with their share of all; none without any."""
    if not silent:
        return ()
    share = sum(vote.share for vote in silent)
    return (replace(silent[0].reading, weight=share / (share + sum(vote.share for vote in votes))),)


def votes_of(expert: str, readings: Sequence[Reading]) -> list[Vote]:
    """Return the readings of a translator as votes, which share one vote."""
    total = sum(reading.weight for reading in readings) or 1.0
    return [Vote(expert, reading, reading.weight / total) for reading in readings]


def readings_of(pool: Pool, weights: Sequence[float]) -> tuple[Reading, ...]:
    """Return the likeliest reading of each class with the weight of the class; the others are noted as merged."""
    found = []
    for members, weight in zip(pool.classes, weights, strict=True):
        votes = sorted((pool.votes[member] for member in members), key=lambda vote: -vote.share)
        first, *others = votes
        merged = tuple(replace(vote.reading, merged=()) for vote in others)
        found.append(replace(first.reading, weight=weight, merged=merged))
    found.sort(key=lambda reading: -reading.weight)
    kept = [one for one in found if one.weight >= LEAST] or found[:1]
    return tuple(kept)


__all__ = ["FLOOR", "Gate", "Mixture", "Stage", "gathered", "readings_of", "votes_of"]
