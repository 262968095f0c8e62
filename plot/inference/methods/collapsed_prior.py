"""Particles of the prior, utterance by utterance: what one alone reads is summed out in its weight, not drawn."""

from __future__ import annotations

from dataclasses import replace

from plot.errors import BudgetError, PlotError
from plot.inference.contract import Goal, Problem
from plot.inference.estimates.islands import Sample
from plot.inference.evidence.evaluation import EntangledError
from plot.inference.evidence.pieces import Pieces, SharedError
from plot.inference.methods.weighted import Weighted, supposes
from plot.inference.particles.population import Population
from plot.inference.particles.query import look
from plot.runtime.evaluator.program import SiteInfo
from plot.runtime.sites.machine import Fault
from plot.runtime.sites.randomness import Stream


class Summed:
    """A problem in pieces, of which batches of weighted particles are drawn from the prior; the last one is `drawn`."""

    def __init__(self, problem: Problem, goal: Goal, before: Pieces | None = None) -> None:
        self.pieces = Pieces(problem, goal, Stream(goal.seed), before)
        self.drawn: Weighted | None = None
        self._keeps = not supposes(problem)

    def draw(self, size: int, seed: int) -> Sample | None:
        """Draw particles with what they weigh and answer; None where there is nothing to sum out, or it can't be done.

        Raises BudgetError where they are too many.
        """
        self.drawn = None
        while self.pieces.owner:
            try:
                self.pieces.stream = Stream(seed)
                return self._drawn(size)
            except SharedError as error:
                self.pieces.release(error.name)
            except BudgetError:
                raise
            except (EntangledError, PlotError):
                break
        return None

    def _drawn(self, size: int) -> Sample:
        population = Population.start(1, size)
        faults: list[Fault] = []
        sites: dict[str, SiteInfo] = {}
        for piece in self.pieces.parts:
            found = self.pieces.interpreted(piece, size, population.known)
            population = population.told(piece.number, found, piece.absorbs)
            assert found.run is not None
            faults += found.run.warnings
            sites |= found.run.sites
        sample = look(self.pieces, population)
        if self._keeps:
            self.drawn = Weighted.of(population, tuple(faults), self.pieces.fork(self.pieces.stream))
        return replace(sample, warnings=(*faults, *sample.warnings), sites=sites | dict(sample.sites))


__all__ = ["Summed"]
