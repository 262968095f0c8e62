"""What a population says of the question, and how far that is from the goal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.contract import Goal, Problem
from plot.inference.estimates.islands import Estimate, Sample
from plot.inference.estimates.reportable import TRUSTED_ESS
from plot.inference.evidence.evaluation import Evaluation, Reached, error_address
from plot.inference.evidence.pieces import Piece, Pieces, SharedError
from plot.inference.particles.population import Population, gathered
from plot.runtime import Given
from plot.runtime.evaluator.program import SiteInfo

if TYPE_CHECKING:
    from torch import Tensor


def missing(found: Estimate, problem: Problem, goal: Goal) -> float:
    """Return how many times as many particles the goal needs; at most 1 when it is reached."""
    errors = [marginal.relative_error for marginal in found.marginals[: problem.targets]]
    worst = max(errors, default=0.0)
    if worst == 0:
        return 0.0
    size = min(found.sizes[: problem.targets], default=math.inf)
    return max((worst / goal.precision) ** 2, TRUSTED_ESS / max(size, 1e-9))


def look(pieces: Pieces, population: Population) -> Sample:
    """Evaluate the question on a population; what it reads that was summed out or put off is drawn."""
    while True:
        try:
            found = pieces.interpreted(pieces.question, population.size, population.known)
            break
        except SharedError as error:
            population = _with_drawn(pieces, population, error.name)
    assert found.run is not None
    log_weight = population.log_weight + population.log_evidence.repeat_interleave(population.per_island)
    log_weight = log_weight + asked_for(pieces, population.size, population.known, found)
    sites: dict[str, SiteInfo] = dict(found.run.sites)
    return Sample(population.islands, log_weight, found.run.queries, found.run.warnings, sites)


def asked_for(pieces: Pieces, size: int, known: Mapping[str, Given], found: Evaluation) -> Tensor:
    """Return the log weight of evidence that only the question reaches, (N,).

    What utterances have said already is not said again: an intervention runs all that stands before it once more, and
    what a function remembers may have been observed in some of the particles.
    """
    total = torch.zeros((), dtype=torch.float64)
    assert found.run is not None
    errors = {error_address(i, pieces.question.number) for i in range(len(found.run.warnings))}  # which no other has
    told = {} if errors >= found.terms.keys() else gathered(pieces.evaluated(size, known).values())[1]
    for name, term in found.terms.items():
        before = told.get(name, total.new_zeros(()))
        total = total + torch.where(term == before, 0.0, term - before)
    return total


# -- particles of a question before -------------------------------------------------------------------------


def caught_up(pieces: Pieces, old: Pieces, population: Population) -> Population:
    """Return a population of `old` pieces as one of `pieces`, a fork for it alone, which begin in the same way.

    What the old ones did without and these do not is drawn.
    """
    for name in [name for name in pieces.owner if pieces.owner[name] < pieces.same and name not in old.owner]:
        pieces.release(name)
    gone = [name for name in old.owner if name not in pieces.owner]
    for name in gone:
        population = drawn_for_good(old, population, old.parts[old.owner[name]], name)
    for name in pieces.owner.keys() & population.sites.keys():
        pieces.release(name)
    for number in {old.owner[name] for name in gone} & population.by_piece.keys():
        found = pieces.interpreted(pieces.parts[number], population.size, population.known)
        population = population.replaced(number, found)
    return population


def supposed(pieces: Pieces, population: Population) -> Population | None:
    """Return a population weighed by what the question supposes; None where that says again what was told."""
    for number in range(pieces.told, len(pieces.parts)):
        while True:
            try:
                found = pieces.interpreted(pieces.parts[number], population.size, population.known)
                break
            except SharedError as error:
                population = shared(pieces, population, error.name)
        if pieces.parts[number].absorbs or not population.terms.keys().isdisjoint(found.terms):
            return None
        sites, terms = gathered([Evaluation({}, population.sites, (), None), found])
        log_weight = population.log_weight + found.log_weight
        population = replace(population, sites=sites, terms={**population.terms, **terms}, log_weight=log_weight)
    return population


# -- sites that a piece did without and that are needed after all ------------------------------------------


def _with_drawn(pieces: Pieces, population: Population, name: str) -> Population:
    """Return the population with a site drawn that was summed out or put off, for looking at it only."""
    piece = pieces.parts[pieces.owner[name]]
    while True:
        try:
            again = _drawn(pieces, population, piece, name)
            break
        except SharedError as error:
            population = _with_drawn(pieces, population, error.name)
    nowhere = Reached(torch.zeros((), dtype=torch.float64), False, None)
    return replace(population, sites={**population.sites, name: again.reached.get(name, nowhere)})


def _drawn(pieces: Pieces, population: Population, piece: Piece, name: str) -> Evaluation:
    """Evaluate a piece where a site is drawn that it did without.

    Raises SharedError where some values of another such site do not reach it: that one is to be drawn first.
    """
    known = population.known
    found = pieces.interpreted(piece, population.size, known)
    known[name] = Given(pieces.drawn(piece, name, found, population.size))
    return pieces.interpreted(piece, population.size, known)


def shared(pieces: Pieces, population: Population, name: str) -> Population:
    """Let a site be sampled from now on that one utterance did without and another one reads."""
    population = drawn_for_good(pieces, population, pieces.parts[pieces.owner[name]], name)
    for known in {name, *(pieces.owner.keys() & population.sites.keys())}:
        pieces.release(known)
    return population


def drawn_for_good(pieces: Pieces, population: Population, piece: Piece, name: str) -> Population:
    """Return the population with a site drawn that its piece did without, and the piece evaluated where it is known."""
    if piece.number not in population.by_piece:
        return population
    while True:
        try:
            return population.replaced(piece.number, _drawn(pieces, population, piece, name))
        except SharedError as error:
            population = drawn_for_good(pieces, population, pieces.parts[pieces.owner[error.name]], error.name)


__all__ = ["asked_for", "caught_up", "drawn_for_good", "look", "missing", "shared", "supposed"]
