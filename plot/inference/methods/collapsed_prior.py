"""Prior sampling with local discrete latent variables marginalised."""

from __future__ import annotations

from dataclasses import replace

from plot.errors import BudgetError, PlotError
from plot.inference.contract import Goal, Problem
from plot.inference.estimates.islands import Sample
from plot.inference.evidence.evaluation import EntangledError
from plot.inference.evidence.factors import Factors, SharedError
from plot.inference.methods.weighted import WeightedBatch, supposes
from plot.inference.particles.population import Population
from plot.inference.particles.query import evaluate_query
from plot.runtime.evaluator.program import SiteInfo
from plot.runtime.sites.machine import RuntimeFault
from plot.runtime.sites.randomness import Stream


class CollapsedPrior:
    """Draws weighted prior samples of a problem, factor by factor; the last batch is `drawn`."""

    def __init__(self, problem: Problem, goal: Goal, before: Factors | None = None) -> None:
        self.factors = Factors(problem, goal, Stream(goal.seed), before)
        self.drawn: WeightedBatch | None = None
        self._keeps = not supposes(problem)

    def draw(self, size: int, seed: int) -> Sample | None:
        """Draw particles with what they weigh and answer; None where there is nothing to marginalise, or it can't be
        done.

        Raises BudgetError where they are too many.
        """
        self.drawn = None
        while self.factors.owner:
            try:
                self.factors.stream = Stream(seed)
                return self._drawn(size)
            except SharedError as error:
                self.factors.release(error.name)
            except BudgetError:
                raise
            except (EntangledError, PlotError):
                break
        return None

    def _drawn(self, size: int) -> Sample:
        population = Population.start(1, size)
        faults: list[RuntimeFault] = []
        sites: dict[str, SiteInfo] = {}
        for factor in self.factors.parts:
            found = self.factors.interpreted(factor, size, population.known)
            population = population.condition_on(factor.number, found, factor.absorbs)
            assert found.run is not None
            faults += found.run.warnings
            sites |= found.run.sites
        sample = evaluate_query(self.factors, population)
        if self._keeps:
            self.drawn = WeightedBatch.of(population, tuple(faults), self.factors.fork(self.factors.stream))
        return replace(sample, warnings=(*faults, *sample.warnings), sites=sites | dict(sample.sites))


__all__ = ["CollapsedPrior"]
