"""The pool of several translators' readings of one utterance, in classes of equal meaning."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from plot.errors import PlotError
from plot.language import Budget, check, parse, show
from plot.language.syntax.nodes import ProgramNode
from plot.translate.assemble import context_of, united
from plot.translate.base import Act, Discourse, Reading
from plot.translate.equivalence import CompiledReading
from plot.translate.omissions import disqualified
from plot.translate.readings import MeaningClasses, classes_of, equivalent

Shares = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Vote:
    """One reading of one translator; `share` is its weight among the readings of this translator."""

    expert: str
    reading: Reading
    share: float


@dataclass(frozen=True, slots=True)
class Pool:
    """The votes on one utterance: `classes` are numbers of votes that mean the same, `distances` those of meanings.

    `gate` is how much the router trusts each translator here (all equivalent where there is none), `families` which of
    them are one model in several guises, `discourse` what was said before.
    """

    utterance: str
    world: str
    act: Act
    votes: tuple[Vote, ...]
    classes: tuple[tuple[int, ...], ...]
    distances: tuple[tuple[float, ...], ...]
    gate: Mapping[str, float] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    discourse: Discourse | None = None

    @property
    def counted(self) -> tuple[Vote, ...]:
        """The votes that are for a class."""
        inside = {member for members in self.classes for member in members}
        return tuple(vote for number, vote in enumerate(self.votes) if number in inside)

    @property
    def experts(self) -> tuple[str, ...]:
        """The translators that have votes for a class."""
        return tuple(dict.fromkeys(vote.expert for vote in self.counted))

    @property
    def shares(self) -> Shares:
        """Each translator's distribution over the classes."""
        found = {expert: [0.0] * len(self.classes) for expert in self.experts}
        for number, members in enumerate(self.classes):
            for member in members:
                found[self.votes[member].expert][number] += self.votes[member].share
        return {expert: normalised(values) for expert, values in found.items()}

    def trust(self, expert: str) -> float:
        """Return how much the gate trusts a translator, beside the one that it trusts most."""
        most = max(self.gate.values(), default=0.0)
        return self.gate.get(expert, 0.0) / most if most > 0 else 1.0

    def distance(self, one: int, two: int) -> float:
        """Return the mean distance of two classes' members."""
        pairs = [(i, j) for i in self.classes[one] for j in self.classes[two]]
        return sum(self.distances[i][j] for i, j in pairs) / len(pairs)

    @property
    def levels(self) -> tuple[str, ...]:
        """What may be learned apart, the widest first: of all utterances, of this act, of this act in this world."""
        return ("", self.act, f"{self.act} {self.world}")


@dataclass(frozen=True, slots=True)
class LabelledPool:
    """A pool with the class that means what was meant; None where none of them does."""

    pool: Pool
    right: int | None

    def among(self, experts: Collection[str]) -> LabelledPool | None:
        """Return what some of the translators alone make of it: the same meanings; None where they have none."""
        inside = [
            tuple(member for member in members if self.pool.votes[member].expert in experts)
            for members in self.pool.classes
        ]
        kept = [number for number, members in enumerate(inside) if members]
        if not kept:
            return None
        right = kept.index(self.right) if self.right is not None and self.right in kept else None
        return LabelledPool(replace(self.pool, classes=tuple(inside[number] for number in kept)), right)


def normalised(weights: Sequence[float]) -> tuple[float, ...]:
    """Return weights that sum to one; all alike where there are none."""
    total = math.fsum(weights)
    if total <= 0:
        return tuple(1 / len(weights) for _ in weights)
    return tuple(weight / total for weight in weights)


def likeliest(weights: Sequence[float]) -> int:
    """Return the number of the largest weight, the first of equals."""
    return max(range(len(weights)), key=weights.__getitem__)


@dataclass(frozen=True)
class PoolingRule:
    """The rules of pooling votes: `families` names the underlying model of each translator.

    Meanings are compared on particles that the seed gives, within the budget.
    """

    families: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    budget: Budget | None = None

    def pool(
        self, utterance: str, votes: Sequence[Vote], discourse: Discourse, gate: Mapping[str, float] | None = None
    ) -> Pool:
        """Return the votes in classes of one meaning; those that are no program here are left out.

        Of statements and questions among them the act with the larger share counts; what is one text is not run.
        Raises PlotError where nothing is left.
        """
        kept = _of_one_act(votes)
        faults = disqualified([vote.reading for vote in kept], utterance)
        kept = [vote for vote, fault in zip(kept, faults, strict=True) if fault is None]
        names = united(discourse.names, (name for vote in kept for name in vote.reading.names))
        context = context_of(discourse, names)
        valid, candidates, errors = _candidates(kept, context)
        if not valid:
            raise errors[0] if errors else PlotError("no translator found a reading")
        if all(_same_text(one, candidates[0]) for one in candidates):
            classes = MeaningClasses(tuple(candidates), (tuple(range(len(candidates))),), _no_distance(len(candidates)))
        else:
            classes, dropped = classes_of(candidates, context, names, self.seed, self.budget)
            if not classes.candidates:
                raise dropped[0][1]
        left = [vote for vote, one in zip(valid, candidates, strict=True) if _is_among(one, classes.candidates)]
        return Pool(
            utterance,
            discourse.world.name,
            left[0].reading.act,
            tuple(left),
            _by_text(classes.candidates, classes.telling),
            classes.distances,
            gate or {},
            self.families,
            discourse,
        )


def _no_distance(count: int) -> tuple[tuple[float, ...], ...]:
    return ((0.0,) * count,) * count


def _same_text(one: CompiledReading, two: CompiledReading) -> bool:
    return one.text == two.text and equivalent(one, two)


def _is_among(one: CompiledReading, kept: Sequence[CompiledReading]) -> bool:
    return any(one is held for held in kept)


def _candidates(
    votes: Sequence[Vote], context: ProgramNode
) -> tuple[list[Vote], list[CompiledReading], list[PlotError]]:
    valid, candidates, errors = [], [], []
    for vote in votes:
        try:
            program = parse(vote.reading.code, "the reading")
            check(ProgramNode(body=context.body + program.body))
        except PlotError as error:
            errors.append(error)
            continue
        valid.append(vote)
        candidates.append(CompiledReading(vote.reading, program, show(program)))
    return valid, candidates, errors


def _by_text(candidates: Sequence[CompiledReading], members: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Return the classes with those joined that have a member of the same text: rare meanings may tell too little."""
    found: list[list[int]] = []
    for one in members:
        same = [held for held in found if any(_same_text(candidates[i], candidates[j]) for i in one for j in held)]
        if same:
            same[0].extend(one)
        else:
            found.append(list(one))
    return tuple(map(tuple, found))


def _of_one_act(votes: Sequence[Vote]) -> list[Vote]:
    asking = sum(vote.share for vote in votes if vote.reading.act == "question")
    asks = asking > sum(vote.share for vote in votes) - asking
    return [vote for vote in votes if (vote.reading.act == "question") == asks]


__all__ = ["LabelledPool", "Pool", "PoolingRule", "Shares", "Vote", "likeliest", "normalised"]
