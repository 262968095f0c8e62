"""Evaluation of queries on a particle population, and the number of particles still missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.contract import Goal, Problem
from plot.inference.estimates.islands import Estimate, Sample
from plot.inference.estimates.reportable import TRUSTED_ESS
from plot.inference.evidence.evaluation import Evaluation, Reached, error_address
from plot.inference.evidence.factors import Factor, Factors, SharedError
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


def evaluate_query(factors: Factors, population: Population) -> Sample:
    """Evaluate the query on a population; marginalised sites that it reads are drawn."""
    while True:
        try:
            found = factors.interpreted(factors.question, population.size, population.known)
            break
        except SharedError as error:
            population = _with_drawn(factors, population, error.name)
    assert found.run is not None
    log_weight = population.log_weight + population.log_evidence.repeat_interleave(population.per_island)
    log_weight = log_weight + asked_for(factors, population.size, population.known, found)
    sites: dict[str, SiteInfo] = dict(found.run.sites)
    return Sample(population.islands, log_weight, found.run.queries, found.run.warnings, sites)


def asked_for(factors: Factors, size: int, known: Mapping[str, Given], found: Evaluation) -> Tensor:
    """Return the log weight of evidence that only the question reaches, (N,).

    What utterances have said already is not said again: an intervention runs all that stands before it once more, and
    what a function remembers may have been observed in some of the particles.
    """
    total = torch.zeros((), dtype=torch.float64)
    assert found.run is not None
    errors = {error_address(i, factors.question.number) for i in range(len(found.run.warnings))}  # which no other has
    told = {} if errors >= found.terms.keys() else gathered(factors.evaluated(size, known).values())[1]
    for name, term in found.terms.items():
        before = told.get(name, total.new_zeros(()))
        total = total + torch.where(term == before, 0.0, term - before)
    return total


# -- particles of a question before -------------------------------------------------------------------------


def caught_up(factors: Factors, old: Factors, population: Population) -> Population:
    """Return a population of `old` factors as one of `factors`, a fork for it alone, which begin in the same way.

    What the old ones did without and these do not is drawn.
    """
    for name in [name for name in factors.owner if factors.owner[name] < factors.same and name not in old.owner]:
        factors.release(name)
    gone = [name for name in old.owner if name not in factors.owner]
    for name in gone:
        population = drawn_for_good(old, population, old.parts[old.owner[name]], name)
    for name in factors.owner.keys() & population.sites.keys():
        factors.release(name)
    for number in {old.owner[name] for name in gone} & population.by_factor.keys():
        found = factors.interpreted(factors.parts[number], population.size, population.known)
        population = population.replaced(number, found)
    return population


def supposed(factors: Factors, population: Population) -> Population | None:
    """Return a population weighted by the question's supposition, None if that repeats earlier evidence."""
    for number in range(factors.told, len(factors.parts)):
        while True:
            try:
                found = factors.interpreted(factors.parts[number], population.size, population.known)
                break
            except SharedError as error:
                population = shared(factors, population, error.name)
        if factors.parts[number].absorbs or not population.terms.keys().isdisjoint(found.terms):
            return None
        sites, terms = gathered([Evaluation({}, population.sites, (), None), found])
        log_weight = population.log_weight + found.log_weight
        population = replace(population, sites=sites, terms={**population.terms, **terms}, log_weight=log_weight)
    return population


# -- sites that a factor did without and that are needed after all ------------------------------------------


def _with_drawn(factors: Factors, population: Population, name: str) -> Population:
    """Return the population with a site drawn that was marginalised or collapsed, for looking at it only.

    What else its utterance marginalises is drawn with it: a question that reads one of several often reads the others.
    """
    factor = factors.parts[factors.owner[name]]
    while True:
        try:
            together = factor.private if name in factor.private else [name]
            names = [other for other in together if other not in population.sites]
            again = _drawn(factors, population, factor, names)
            break
        except SharedError as error:
            population = _with_drawn(factors, population, error.name)
    nowhere = Reached(torch.zeros((), dtype=torch.float64), False, None)
    drawn = {other: again.reached.get(other, nowhere) for other in names}
    return replace(population, sites={**population.sites, **drawn})


def _drawn(factors: Factors, population: Population, factor: Factor, names: Sequence[str]) -> Evaluation:
    """Evaluate a factor where sites are drawn that it did without.

    Raises SharedError where some values of another such site do not reach one: that one is to be drawn first.
    """
    known = population.known
    found = factors.interpreted(factor, population.size, known)
    values = factors.drawn(factor, names, found, population.size)
    known |= {name: Given(value) for name, value in zip(names, values, strict=True)}
    return factors.interpreted(factor, population.size, known)


def shared(factors: Factors, population: Population, name: str) -> Population:
    """Stop marginalising a site that another utterance reads."""
    population = drawn_for_good(factors, population, factors.parts[factors.owner[name]], name)
    for known in {name, *(factors.owner.keys() & population.sites.keys())}:
        factors.release(known)
    return population


def drawn_for_good(factors: Factors, population: Population, factor: Factor, name: str) -> Population:
    """Return the population with a marginalised site drawn for good, and its factor evaluated given it."""
    if factor.number not in population.by_factor:
        return population
    while True:
        try:
            return population.replaced(factor.number, _drawn(factors, population, factor, [name]))
        except SharedError as error:
            population = drawn_for_good(factors, population, factors.parts[factors.owner[error.name]], error.name)


__all__ = ["asked_for", "caught_up", "drawn_for_good", "evaluate_query", "missing", "shared", "supposed"]
