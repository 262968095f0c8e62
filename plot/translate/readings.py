"""The readings of one utterance: those that are no program are dropped, those that mean the same are merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from plot.errors import PlotError, PlotErrors
from plot.heavy import torch
from plot.inference.columns import Column, View, column
from plot.language import Budget, check, parse, show
from plot.language.nodes import (
    Assign,
    Call,
    Constant,
    FunctionDef,
    Name,
    NameTarget,
    Program,
    Query,
    Statement,
    walk,
)
from plot.runtime import Run, run
from plot.translate.base import Reading

if TYPE_CHECKING:
    from torch import Tensor

PARTICLES = (1_000, 16_000)
INFORMATIVE = 10
MOST_PROBES = 64


@dataclass(frozen=True, slots=True)
class Settled:
    """The readings that remain, weights summing to one, and those that were dropped, each with its reason."""

    readings: tuple[Reading, ...]
    dropped: tuple[tuple[Reading, PlotError], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading with its program and its canonical text."""

    reading: Reading
    program: Program
    text: str


def settle(
    readings: Sequence[Reading],
    context: Program,
    *,
    source: str,
    names: Sequence[str] = (),
    seed: int = 0,
    budget: Budget | None = None,
) -> Settled:
    """Drop the readings that are not valid after `context`, merge those that mean the same, and normalise the weights.

    `source` names the utterance in errors. Meanings are compared on shared particles of the prior: what
    conditions say (their truth in each particle), what queries are, and what definitions hold for the known
    `names`. Where a comparison could not tell anything (all particles agree with both), only readings with the same
    text are merged. A single candidate is not run. Raises PlotError when no reading is valid.
    """
    candidates, dropped = _valid(readings, context, source)
    merged = _merge_texts(candidates)
    if len(merged) > 1:
        merged, failed = _merge_meanings(merged, context, names, seed, budget or Budget())
        dropped += failed
    if not merged:
        raise _all_failed(dropped)
    total = sum(candidate.reading.weight for candidate in merged)
    found = [replace(item.reading, code=item.text, weight=item.reading.weight / total) for item in merged]
    return Settled(tuple(sorted(found, key=lambda reading: -reading.weight)), tuple(dropped))


Dropped = list[tuple[Reading, PlotError]]


def _valid(readings: Sequence[Reading], context: Program, source: str) -> tuple[list[Candidate], Dropped]:
    candidates: list[Candidate] = []
    dropped: Dropped = []
    for reading in readings:
        try:
            program = parse(reading.code, source)
            check(Program(body=context.body + program.body))
        except PlotError as error:
            dropped.append((reading, error))
            continue
        if reading.weight > 0:
            candidates.append(Candidate(reading, program, show(program)))
    return candidates, dropped


def _all_failed(dropped: Dropped) -> PlotError:
    errors = [error for _, error in dropped]
    if not errors:
        return PlotError("no reading was found for this")
    return errors[0] if len(errors) == 1 else PlotErrors(errors)


def _absorb(winner: Candidate, other: Candidate) -> Candidate:
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


def _merge_texts(candidates: Iterable[Candidate]) -> list[Candidate]:
    found: list[Candidate] = []
    for candidate in candidates:
        same = [i for i, held in enumerate(found) if held.text == candidate.text and _alike(held, candidate)]
        if same:
            found[same[0]] = _absorb(found[same[0]], candidate)
        else:
            found.append(candidate)
    return found


def _alike(a: Candidate, b: Candidate) -> bool:
    """Tell whether two readings do the same to the conversation: only then can one stand for the other."""
    first, second = a.reading, b.reading
    return (
        first.act == second.act
        and first.events == second.events
        and _defined(a.program).keys() == _defined(b.program).keys()
    )


# -- meaning on shared particles ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """What a reading does in each particle: the log factor of its conditions, its queries, its definitions."""

    log_factor: Tensor
    columns: tuple[Column, ...]


def _merge_meanings(
    candidates: list[Candidate], context: Program, names: Sequence[str], seed: int, budget: Budget
) -> tuple[list[Candidate], Dropped]:
    dropped: Dropped = []
    for particles in PARTICLES:
        shared = Shared(context, particles, names, seed, budget)
        meanings: list[tuple[Candidate, Meaning | None]] = []
        for candidate in candidates:
            try:
                meanings.append((candidate, shared.meaning(candidate)))
            except PlotError as error:
                dropped.append((candidate.reading, error))
        candidates, unsure = _classes(meanings)
        if not unsure or len(candidates) < 2:
            break
    return candidates, dropped


def _classes(meanings: list[tuple[Candidate, Meaning | None]]) -> tuple[list[Candidate], bool]:
    """Merge equal meanings; also tell whether some pair agreed on too little to be sure."""
    found: list[tuple[Candidate, Meaning | None]] = []
    unsure = False
    for candidate, meaning in meanings:
        for i, (held, known) in enumerate(found):
            if meaning is None or known is None or not _alike(held, candidate) or not _equal(known, meaning):
                continue
            if not _informative(known):
                unsure = True
                continue
            found[i] = (_absorb(held, candidate), known)
            break
        else:
            found.append((candidate, meaning))
    return [candidate for candidate, _ in found], unsure


class Shared:
    """Particles of the prior on which readings are compared: a site that two readings share has one value in both."""

    def __init__(self, context: Program, particles: int, names: Sequence[str], seed: int, budget: Budget) -> None:
        self._context = context
        self._names = names
        self._particles = particles
        self._seed = seed
        self._budget = budget
        self._first: Run | None = None

    def meaning(self, candidate: Candidate) -> Meaning | None:
        """Run a reading; None where what it defines can't be compared. Raises PlotError where it fails everywhere."""
        probes = _probes(candidate.program, self._names)
        asked = [statement for statement in candidate.program.body if isinstance(statement, Query)]
        plain = self._run(candidate.program.body)
        if probes is None:
            return None
        if probes:
            try:
                plain = self._run((*candidate.program.body, *probes))
            except PlotError:
                return None
        own = {id(node.span.source) for node in walk(candidate.program) if node.span.source is not None}
        view = View(None, self._particles)
        queries = plain.queries[-(len(asked) + len(probes)) :] if asked or probes else ()
        try:
            columns = tuple(column(value, view) for value in queries)
        except PlotError:
            return None
        return Meaning(_log_factor(plain, own), columns)

    def _run(self, body: tuple[Statement, ...]) -> Run:
        program = Program(body=self._context.body + body)
        result = run(program, self._particles, seed=self._seed, budget=self._budget, replay=self._first)
        self._first = self._first or result
        return result


def _log_factor(found: Run, own: set[int]) -> Tensor:
    total = torch.zeros(found.particles, dtype=torch.float64)
    for factor in found.factors:
        if id(factor.span.source) in own:
            total = total + factor.log_factor
    return total


def _defined(program: Program) -> dict[str, FunctionDef | None]:
    """Return the functions (or None for a variable) that a program defines at its top level."""
    found: dict[str, FunctionDef | None] = {}
    for statement in program.body:
        if isinstance(statement, FunctionDef):
            found[statement.name] = statement
        elif isinstance(statement, Assign) and isinstance(statement.target, NameTarget):
            found[statement.target.id] = None
    return found


def _probes(program: Program, names: Sequence[str]) -> list[Statement] | None:
    """Return queries that show what the definitions hold for the known names; None where they can't be shown."""
    probes: list[Statement] = []
    for name, function in _defined(program).items():
        if function is None:
            probes.append(Query(value=Name(id=name)))
            continue
        required = [parameter for parameter in function.parameters if parameter.default is None]
        if not required or not names or len(names) ** len(required) > MOST_PROBES:
            return None
        for given in product(names, repeat=len(required)):
            arguments = tuple(Constant(value=item) for item in given)
            probes.append(Query(value=Call(function=Name(id=name), args=arguments)))
    return probes


def _equal(a: Meaning, b: Meaning) -> bool:
    if len(a.columns) != len(b.columns) or not torch.allclose(a.log_factor, b.log_factor, rtol=1e-9, atol=1e-9):
        return False
    return all(_same_column(one, two) for one, two in zip(a.columns, b.columns, strict=True))


def _same_column(a: Column, b: Column) -> bool:
    if a.kind != b.kind:
        return False
    if (a.defined is None) != (b.defined is None):
        return False
    if a.defined is not None and b.defined is not None and not torch.equal(a.defined, b.defined):
        return False
    if a.kind == "set":
        used = [{name: inside for name, inside in item.members.items() if bool(inside.any())} for item in (a, b)]
        return used[0].keys() == used[1].keys() and all(torch.equal(used[0][name], used[1][name]) for name in used[0])
    if a.kind == "choice":
        numbers = {label: i for i, label in enumerate(dict.fromkeys([*a.labels, *b.labels]))}
        tables = [torch.tensor([numbers[label] for label in item.labels]) for item in (a, b)]
        return torch.equal(tables[0][a.values], tables[1][b.values])
    on = slice(None) if a.defined is None else a.defined
    return torch.allclose(a.values[on].double(), b.values[on].double(), rtol=1e-9, atol=1e-9)


def _informative(meaning: Meaning) -> bool:
    """Tell whether what two equal meanings share varies enough for the agreement to mean something."""
    factors = meaning.log_factor
    if bool((factors != 0).any()) and _minority(factors) < INFORMATIVE:
        return False
    if not bool((factors != 0).any()) and not meaning.columns:
        return False
    return all(item.constant or _varies(item) for item in meaning.columns)


def _varies(item: Column) -> bool:
    if item.kind == "set":
        return any(_minority(inside) >= INFORMATIVE for inside in item.members.values())
    return _minority(item.values) >= INFORMATIVE


def _minority(values: Tensor) -> int:
    """Return in how many particles the value is not the commonest one."""
    _, counts = torch.unique(values, return_counts=True)
    return int(counts.sum() - counts.max()) if len(counts) else 0


__all__ = ["Candidate", "Settled", "settle"]
