"""Weighted prior samples that are kept for further questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.contract import Goal, Problem
from plot.inference.estimates.islands import Sample
from plot.inference.evidence.elimination import in_log
from plot.inference.evidence.evaluation import EntangledError, Reached, factors_of
from plot.inference.evidence.factors import Factors
from plot.inference.evidence.normal_form import normal_form
from plot.inference.evidence.slices import Slicer, weighing_statements
from plot.inference.particles.population import Population, joined, may_join
from plot.inference.particles.query import caught_up, evaluate_query, supposed
from plot.language.syntax.nodes import Statement
from plot.runtime import Run, RunPlan, run
from plot.runtime.evaluator.frames import label_places
from plot.runtime.evaluator.program import values_of
from plot.runtime.sites.machine import RuntimeFault
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

MOST_NUMBERS = 1 << 22  # that are kept, of all sites in all particles: 32 MiB
MOST_AT_ONCE = 1 << 16  # particles that a question is asked of at once: it takes memory for each, and time for each run
QUESTIONS = 1 << 21  # the random numbers that only a further question needs are not those of any batch

Told = tuple[tuple[Statement, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class WeightedBatch:
    """A batch without its particles that have no weight: `particles` is how many it was, `faults` what ruled some out.

    With `factors` it was drawn utterance by utterance, and does without what these do without.
    """

    population: Population
    particles: int
    faults: tuple[RuntimeFault, ...] = ()
    factors: Factors | None = None

    @classmethod
    def of(
        cls, population: Population, faults: tuple[RuntimeFault, ...] = (), factors: Factors | None = None
    ) -> WeightedBatch:
        """Keep a batch."""
        alive = (population.log_weight > -torch.inf).nonzero().squeeze(1)
        if len(alive) == population.size:
            return cls(population, population.size, faults, factors)
        kept = replace(population.at(alive), size=len(alive), log_weight=population.log_weight[alive])
        return cls(kept, population.size, faults, factors)

    @classmethod
    def of_run(cls, found: Run, problem: Problem, draws: Tensor | None = None) -> WeightedBatch | None:
        """Keep a run of a whole program, weighted by the evidence and by the draws; None where an error occurred.

        That may be one of the question, which others do not have.
        """
        if found.warnings or not found.complete:
            return None
        size = found.particles
        asked = {id(node) for node in problem.question.body}
        told = [factor for factor in found.factors if factor.statement not in asked]
        log_weight = torch.zeros(size, dtype=torch.float64) if draws is None else draws
        for factor in told:
            log_weight = log_weight + factor.log_factor
        values = values_of(found, asked)
        if any([given.raw.dim() > 1 for given in values.values()]):
            return None
        sites = {name: Reached(given.raw.expand(size), given.mask, None) for name, given in values.items()}
        zero = torch.zeros((), dtype=torch.float64)
        terms = {factor.address: zero for factor in told}
        return cls.of(replace(Population.start(1, size), sites=sites, terms=terms, log_weight=log_weight))

    @property
    def numbers(self) -> int:
        """The number of floats kept."""
        return self.population.size * len(self.population.sites)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedState:
    """The first batches that were drawn after some evidence, and how to draw more.

    `drawn` is how many batches there were, `ruled_out` how many particles those had in which none had a weight. `share`
    is the effective share of the last run of the whole program; while it is `undecided`, none was drawn utterance by
    utterance, and `summed` are the factors if they are from now on. `wide` is the share of each choice that is drawn
    widely, None where it was not looked at whether that is needed.
    """

    told: Told
    batches: tuple[WeightedBatch, ...]
    seed: int
    drawn: int
    ruled_out: int
    share: float
    undecided: bool
    summed: Factors | None
    wide: float | None = None
    method: str = "importance"

    def goes_on(self, problem: Problem, goal: Goal) -> bool:
        """Return whether it is valid for a problem: evidence and suppositions are unchanged."""
        return bool(self.batches) and self.seed == goal.seed and self.told == told_of(problem)

    def asked(self, problem: Problem, goal: Goal, seed: Callable[[int], int]) -> list[tuple[WeightedBatch, Sample]]:
        """Ask a question of the particles; return each batch with what it says."""
        asking = _Asking(problem, goal)
        batches = _together(self.batches)
        return [(batch, asking.of(batch, Stream(seed(QUESTIONS + n)))) for n, batch in enumerate(batches)]


def _together(batches: Sequence[WeightedBatch]) -> list[WeightedBatch]:
    """Return fewer batches with the same particles: those of one form are one, which is asked at once."""
    groups: list[list[WeightedBatch]] = []
    for batch in batches:
        last = groups[-1] if groups else []
        size = sum([one.population.size for one in last]) + batch.population.size
        if last and size <= MOST_AT_ONCE and _of_one_form(last[-1], batch):
            last.append(batch)
        else:
            groups.append([batch])
    return [_as_one(group) for group in groups]


def _of_one_form(one: WeightedBatch, other: WeightedBatch) -> bool:
    """Return whether two batches were drawn in one way, and do without the same sites."""
    if one.factors is None or other.factors is None:
        return one.factors is other.factors and may_join(one.population, other.population)
    return one.factors.owner == other.factors.owner and may_join(one.population, other.population)


def _as_one(batches: Sequence[WeightedBatch]) -> WeightedBatch:
    faults = tuple([fault for batch in batches for fault in batch.faults])
    population = joined([batch.population for batch in batches])
    return WeightedBatch(population, sum([batch.particles for batch in batches]), faults, batches[-1].factors)


def told_of(problem: Problem) -> Told:
    """Return the setting of a problem and the evidence, in normal form, without what a question supposes.

    With it comes how many statements belong to each.
    """
    parts = [problem.setting, *[part.program for part in problem.evidence]]
    form = normal_form([statement for part in parts for statement in part.body])
    return form, tuple([len(part.body) for part in parts])


def supposes(problem: Problem) -> bool:
    """Return whether a question supposes something: then the weights of particles are those of this question only."""
    return not weighing_statements(problem.program).isdisjoint([id(node) for node in problem.question.body])


class _Asking:
    """A query that is evaluated on kept batches, running only the statements that it needs."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        self._problem = problem
        self._goal = goal
        self._program = problem.program
        self._labels = label_places(self._program)
        self._only = [id(node) for node in Slicer(self._program).slice(problem.question.body)]
        self._pieces: dict[frozenset[str], Factors] = {}

    def of(self, batch: WeightedBatch, stream: Stream) -> Sample:
        """Return the query's values in a batch. Raises PlotError where an error occurs in all of its particles."""
        population = batch.population
        if batch.factors is not None:
            without = frozenset(batch.factors.owner)
            if without not in self._pieces:
                self._pieces[without] = Factors(self._problem, self._goal, stream, batch.factors)
            factors = self._pieces[without].fork(stream)
            found = supposed(factors, caught_up(factors, batch.factors.fork(stream), population))
            if found is None:
                raise EntangledError
            return evaluate_query(factors, found)
        ran = run(
            self._program,
            population.size,
            RunPlan(
                stream=stream, budget=self._goal.budget, given=population.known, labels=self._labels, only=self._only
            ),
        )
        log_weight = population.log_weight
        for address, term in factors_of(ran, -1):
            if address not in population.terms:
                log_weight = log_weight + in_log(term)
        if not ran.complete:
            log_weight = torch.full_like(log_weight, -torch.inf)
        return Sample(1, log_weight, ran.queries, ran.warnings, ran.sites)


__all__ = ["MOST_NUMBERS", "WeightedBatch", "WeightedState", "supposes", "told_of"]
