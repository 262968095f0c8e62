"""Weighted particles of the prior that are kept: a further question is asked of them instead of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from plot.heavy import torch
from plot.inference.contract import Goal, Problem
from plot.inference.elimination import in_log
from plot.inference.evaluation import Reached, factors_of
from plot.inference.islands import Sample
from plot.inference.looking import look, shared
from plot.inference.pieces import Pieces, SharedError
from plot.inference.population import Population
from plot.inference.slices import Slicer, weighing_statements
from plot.language.nodes import Program
from plot.runtime import Run, run
from plot.runtime.frames import label_places
from plot.runtime.machine import Fault
from plot.runtime.program import values_of
from plot.runtime.randomness import Stream

MOST_NUMBERS = 1 << 22  # that are kept, of all sites in all particles: 32 MiB
QUESTIONS = 1 << 21  # the random numbers that only a further question needs are not those of any batch

Told = tuple[Program, tuple[Program, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """A batch without its particles that have no weight: `particles` is how many it was, `faults` what ruled some out.

    With `pieces` it was drawn utterance by utterance, and does without what these do without.
    """

    population: Population
    particles: int
    faults: tuple[Fault, ...] = ()
    pieces: Pieces | None = None

    @classmethod
    def of(cls, population: Population, faults: tuple[Fault, ...] = (), pieces: Pieces | None = None) -> Weighted:
        """Keep a batch."""
        alive = (population.log_weight > -torch.inf).nonzero().squeeze(1)
        if len(alive) == population.size:
            return cls(population, population.size, faults, pieces)
        kept = replace(population.at(alive), size=len(alive), log_weight=population.log_weight[alive])
        return cls(kept, population.size, faults, pieces)

    @classmethod
    def of_run(cls, found: Run, problem: Problem) -> Weighted | None:
        """Keep a run of a whole program with the weights of what was told; None where an error occurred.

        That may be one of the question, which others do not have.
        """
        if found.warnings or not found.complete:
            return None
        size = found.particles
        asked = {id(node) for node in problem.question.body}
        told = [factor for factor in found.factors if factor.statement not in asked]
        log_weight = torch.zeros(size, dtype=torch.float64)
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
        """How many numbers are kept."""
        return self.population.size * len(self.population.sites)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedState:
    """The first batches that were drawn after some evidence, and how to draw more.

    `drawn` is how many batches there were, `ruled_out` how many particles those had in which none had a weight. `share`
    is the effective share of the last run of the whole program; while it is `undecided`, none was drawn utterance by
    utterance, and `summed` are the pieces if they are from now on.
    """

    told: Told
    batches: tuple[Weighted, ...]
    seed: int
    drawn: int
    ruled_out: int
    share: float
    undecided: bool
    summed: Pieces | None
    method: str = "importance"

    def goes_on(self, problem: Problem, goal: Goal) -> bool:
        """Return whether it holds for a problem too: nothing was told since, and nothing taken back."""
        return bool(self.batches) and self.seed == goal.seed and self.told == told_of(problem)

    def asked(self, problem: Problem, goal: Goal, seed: Callable[[int], int]) -> list[tuple[Weighted, Sample]]:
        """Ask a question of the particles; return each batch with what it says."""
        asking = _Asking(problem, goal)
        return [(batch, asking.of(batch, Stream(seed(QUESTIONS + n)))) for n, batch in enumerate(self.batches)]


def told_of(problem: Problem) -> Told:
    """Return the setting of a problem and what was told, without what a question supposes."""
    return problem.setting, tuple([part.program for part in problem.evidence])


def supposes(problem: Problem) -> bool:
    """Return whether a question supposes something: then the weights of particles are those of this question only."""
    return not weighing_statements(problem.program).isdisjoint([id(node) for node in problem.question.body])


class _Asking:
    """A question that is asked of batches: only the statements that it needs are run, on what is known."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        self._problem = problem
        self._goal = goal
        self._program = problem.program
        self._labels = label_places(self._program)
        self._only = [id(node) for node in Slicer(self._program).slice(problem.question.body)]
        self._pieces: dict[frozenset[str], Pieces] = {}

    def of(self, batch: Weighted, stream: Stream) -> Sample:
        """Return what a batch says. Raises PlotError where an error occurs in all of its particles."""
        population = batch.population
        if batch.pieces is not None:
            without = frozenset(batch.pieces.owner)
            if without not in self._pieces:
                self._pieces[without] = Pieces(self._problem, self._goal, stream, batch.pieces)
            pieces = self._pieces[without].fork(stream)
            for number in range(pieces.same, len(pieces.parts)):
                population = _supposed(pieces, population, number)
            return look(pieces, population)
        found = run(
            self._program,
            population.size,
            stream=stream,
            budget=self._goal.budget,
            given=population.known,
            labels=self._labels,
            only=self._only,
        )
        log_weight = population.log_weight
        for address, factor in factors_of(found, -1):
            if address not in population.terms:
                log_weight = log_weight + in_log(factor)
        if not found.complete:
            log_weight = torch.full_like(log_weight, -torch.inf)
        return Sample(1, log_weight, found.queries, found.warnings, found.sites)


def _supposed(pieces: Pieces, population: Population, number: int) -> Population:
    """Weigh a population by what a question supposes."""
    while True:
        piece = pieces.parts[number]
        try:
            found = pieces.interpreted(piece, population.size, population.known)
            return population.told(number, found, piece.absorbs)
        except SharedError as error:
            population = shared(pieces, population, error.name)


__all__ = ["MOST_NUMBERS", "Weighted", "WeightedState", "supposes", "told_of"]
