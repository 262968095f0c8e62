"""How methods that follow gradients begin: the posterior's density, and prior samples that are roughly consistent."""

from __future__ import annotations

from collections.abc import Callable

from plot.inference.contract import Goal, Posterior, Problem
from plot.inference.estimates.report import SampledEstimate, report
from plot.inference.evidence.contradiction import localised
from plot.inference.evidence.factors import Factors
from plot.inference.gradients.density import Density, Start, begin, retried
from plot.inference.methods.importance import seed_of
from plot.runtime.sites.randomness import Stream

PRIOR = 2_048  # samples, of which the start is made


def from_start(
    problem: Problem, goal: Goal, method: str, cost: float, answer: Callable[[Density, Start, Goal], SampledEstimate]
) -> Posterior:
    """Return the posterior that a method finds from a start.

    Args:
        problem: The program in pieces.
        goal: How precise the answer has to be, and what it may cost.
        method: The name of the method.
        cost: What a violated condition costs at the start, in nats.
        answer: What the method does with the density and the start, until the goal is reached.

    Raises:
        PlotError: There is no start, or the method fails.
    """
    goal = goal.started()
    density = Density(Factors(problem, goal, Stream(goal.seed)), method)

    def found() -> SampledEstimate:
        density.factors.stream = Stream(seed_of(goal.seed, 0))
        start = begin(density, cost, PRIOR)
        if start is None:
            raise localised(problem, goal)
        return answer(density, start, goal)

    return report(retried(found, method), problem, goal)


__all__ = ["from_start"]
