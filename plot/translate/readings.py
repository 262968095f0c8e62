"""The readings of one utterance: invalid ones are dropped, equivalent ones merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from plot.errors import PlotError, joined
from plot.language import Budget, check, parse, show
from plot.language.syntax.nodes import ProgramNode
from plot.translate.base import Reading
from plot.translate.equivalence import (
    CompiledReading,
    SampledMeaning,
    SharedParticles,
    defined,
    difference,
    normal,
    targets_of,
)
from plot.translate.omissions import disqualified

PARTICLES = (1_000, 16_000)
VACUOUS = PlotError(
    "it is true in every world, so it says nothing", hint="a reading must account for everything that was said"
)


@dataclass(frozen=True, slots=True)
class MergedReadings:
    """The readings that remain, weights summing to one, and those that were dropped, each with its reason."""

    readings: tuple[Reading, ...]
    dropped: tuple[tuple[Reading, PlotError], ...] = ()


def settle(
    readings: Sequence[Reading],
    context: ProgramNode,
    *,
    source: str,
    utterance: str = "",
    names: Sequence[str] = (),
    seed: int = 0,
    budget: Budget | None = None,
) -> MergedReadings:
    """Drop the readings that are not valid after `context`, merge those that mean the same, and normalise the weights.

    Readings that leave out part of the `utterance` which others have are disqualified, and so are conditions that are
    true in every world, where others are not. `source` names the utterance in errors. Meanings are compared on shared
    prior samples: what conditions say (their truth in each particle), what queries are, and what definitions
    hold for the known `names`. Where a comparison could not tell anything (all particles agree with both), only
    readings with the same text are merged. A single candidate is not run. Raises PlotError when no reading is valid.
    """
    candidates, dropped = _valid(readings, context, source)
    candidates, dishonest = _honest(candidates, utterance)
    dropped += dishonest
    merged = _merge_texts(candidates)
    if len(merged) > 1:
        merged, failed = _merge_meanings(merged, context, names, seed, budget or Budget())
        dropped += failed
    if not merged:
        raise _all_failed(dropped)
    total = sum(candidate.reading.weight for candidate in merged)
    found = [replace(item.reading, code=item.text, weight=item.reading.weight / total) for item in merged]
    return MergedReadings(tuple(sorted(found, key=lambda reading: -reading.weight)), tuple(dropped))


Dropped = list[tuple[Reading, PlotError]]


def _valid(readings: Sequence[Reading], context: ProgramNode, source: str) -> tuple[list[CompiledReading], Dropped]:
    candidates: list[CompiledReading] = []
    dropped: Dropped = []
    for reading in readings:
        try:
            program = parse(reading.code, source)
            check(ProgramNode(body=context.body + program.body))
        except PlotError as error:
            dropped.append((reading, error))
            continue
        if reading.weight > 0:
            candidates.append(CompiledReading(reading, program, show(program)))
    return candidates, dropped


def _honest(candidates: list[CompiledReading], utterance: str) -> tuple[list[CompiledReading], Dropped]:
    """Leave out the candidates that leave out part of what was said."""
    faults = disqualified([candidate.reading for candidate in candidates], utterance)
    kept = [candidate for candidate, fault in zip(candidates, faults, strict=True) if fault is None]
    dropped = [(one.reading, fault) for one, fault in zip(candidates, faults, strict=True) if fault is not None]
    return kept, dropped


def _all_failed(dropped: Dropped) -> PlotError:
    errors = [error for _, error in dropped]
    if not errors:
        return PlotError("no reading was found for this")
    return joined(errors)


def _absorb(winner: CompiledReading, other: CompiledReading) -> CompiledReading:
    """Return the likelier of two readings of one meaning, with the weight of both and a note of the other."""
    first, second = winner.reading, other.reading
    if second.weight > first.weight:
        return _absorb(other, winner)
    kept = replace(
        first,
        weight=first.weight + second.weight,
        merged=(*first.merged, replace(second, merged=()), *second.merged),
    )
    return replace(winner, reading=kept)


def _merge_texts(candidates: Iterable[CompiledReading]) -> list[CompiledReading]:
    found: list[CompiledReading] = []
    for candidate in candidates:
        text = show(normal(candidate.program))
        same = [i for i, held in enumerate(found) if show(normal(held.program)) == text and equivalent(held, candidate)]
        if same:
            found[same[0]] = _absorb(found[same[0]], candidate)
        else:
            found.append(candidate)
    return found


def equivalent(a: CompiledReading, b: CompiledReading) -> bool:
    """Return whether two readings do the same to the conversation: only then can one stand for the other.

    What a question speaks of is not remembered, so that it is the same however many events that introduces.
    """
    first, second = a.reading, b.reading
    return (
        first.act == second.act
        and (first.act == "question" or first.events == second.events)
        and defined(a.program).keys() == defined(b.program).keys()
    )


# -- classes of one meaning ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeaningClasses:
    """Candidates in classes of one meaning each, by complete linkage: all members of a class agree with each other.

    `distances[i][j]` is the share of the worlds that could tell two candidates apart in which they differ, on the
    prior; 1 where they can't be compared. `vacuous` are conditions that are true in every world.
    """

    candidates: tuple[CompiledReading, ...]
    members: tuple[tuple[int, ...], ...]
    distances: tuple[tuple[float, ...], ...]
    vacuous: frozenset[int] = frozenset()

    @property
    def telling(self) -> tuple[tuple[int, ...], ...]:
        """The classes without those that say nothing; all of them, where none says anything."""
        found = tuple(one for one in self.members if not self.vacuous & set(one))
        return found or self.members


def classes_of(
    candidates: list[CompiledReading],
    context: ProgramNode,
    names: Sequence[str],
    seed: int = 0,
    budget: Budget | None = None,
) -> tuple[MeaningClasses, Dropped]:
    """Compare candidates on ever more particles until it is clear which mean the same; those that fail are dropped."""
    dropped: Dropped = []
    for particles in PARTICLES:
        shared = SharedParticles(context, particles, names, seed, budget or Budget())
        meanings: list[SampledMeaning | None] = []
        kept: list[CompiledReading] = []
        for candidate in candidates:
            try:
                meanings.append(shared.meaning(candidate))
                kept.append(candidate)
            except PlotError as error:
                dropped.append((candidate.reading, error))
        candidates = kept
        table = _Table(candidates, meanings, shared, (context, names))
        if not table.unsure:
            break
    vacuous = frozenset(number for number, meaning in enumerate(meanings) if _says_nothing(candidates[number], meaning))
    return MeaningClasses(tuple(candidates), table.linked(), table.distances, vacuous), dropped


def _says_nothing(candidate: CompiledReading, meaning: SampledMeaning | None) -> bool:
    tells = candidate.reading.act == "observation" and meaning is not None and not meaning.columns
    return tells and meaning is not None and not bool((meaning.log_factor != 0).any())


class _Table:
    """The comparison of each pair of candidates."""

    def __init__(
        self,
        candidates: Sequence[CompiledReading],
        meanings: Sequence[SampledMeaning | None],
        shared: SharedParticles,
        scope: tuple[ProgramNode, Sequence[str]],
    ) -> None:
        self._candidates, self._shared, self._scope = candidates, shared, scope
        self._pushed: dict[int, SampledMeaning | None] = {}
        self.unsure = False
        size = range(len(candidates))
        distances = [[0.0 if i == j else 1.0 for j in size] for i in size]
        self._same = [[i == j for j in size] for i in size]
        for i, j in combinations(size, 2):
            one, two = meanings[i], meanings[j]
            if one is None or two is None or not equivalent(candidates[i], candidates[j]):
                continue
            found = difference(one, two)
            distances[i][j] = distances[j][i] = found.share
            self._same[i][j] = self._same[j][i] = found.same is True and self._holds(i, j)
            self.unsure |= found.same is None
        self.distances = tuple(map(tuple, distances))

    def _holds(self, i: int, j: int) -> bool:
        """Return whether an agreement on the prior is one of meanings: it holds where sites are pushed about, too."""
        one, two = (self._of(number) for number in (i, j))
        same = one is None or two is None or difference(one, two).same is not False
        return same and self._holds_otherwise(i, j)

    def _holds_otherwise(self, i: int, j: int) -> bool:
        """Return whether what two readings define is the same where what it follows from is made otherwise, too."""
        pair = (self._candidates[i], self._candidates[j])
        if not defined(pair[0].program):
            return True
        context, names = self._scope
        targets = targets_of([one.program for one in pair], context, names)
        ours, theirs = (self._shared.changed_meanings(one, targets) for one in pair)
        return all(
            (one is None) == (two is None) and (one is None or two is None or difference(one, two).same is not False)
            for one, two in zip(ours, theirs, strict=True)
        )

    def _of(self, number: int) -> SampledMeaning | None:
        if number not in self._pushed:
            self._pushed[number] = self._shared.pushed_meaning(self._candidates[number])
        return self._pushed[number]

    def linked(self) -> tuple[tuple[int, ...], ...]:
        """Return the classes: a candidate joins the first of which all members mean what it means."""
        found: list[list[int]] = []
        for number in range(len(self._candidates)):
            for members in found:
                if all(self._same[number][other] for other in members):
                    members.append(number)
                    break
            else:
                found.append([number])
        return tuple(map(tuple, found))


def _merge_meanings(
    candidates: list[CompiledReading], context: ProgramNode, names: Sequence[str], seed: int, budget: Budget
) -> tuple[list[CompiledReading], Dropped]:
    classes, dropped = classes_of(candidates, context, names, seed, budget)
    merged = []
    left = {number for members in classes.telling for number in members}
    dropped += [(one.reading, VACUOUS) for number, one in enumerate(classes.candidates) if number not in left]
    for members in classes.telling:
        first, *others = (classes.candidates[number] for number in members)
        for other in others:
            first = _absorb(first, other)
        merged.append(first)
    return merged, dropped


__all__ = ["MeaningClasses", "MergedReadings", "classes_of", "equivalent", "settle"]
