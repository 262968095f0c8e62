"""Annealing of sharp evidence: a penalty on the distance from truth that increases in steps.

The condition is first relaxed (see `plot/runtime/evaluator/distance.py`): a particle pays for its distance from
truth. Of the log density of an observation the share cost / (1 + cost) counts: at first nothing, in the end all of it.
The price rises so that in each step about half of the effective sample remains (Del Moral, Doucet and Jasra 2012), and
the particles are resampled and moved; once enough of them fit the evidence itself, it is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import UnreachedError
from plot.inference.evidence.factors import Factor, Factors
from plot.inference.numerics import bisected
from plot.inference.particles.population import Population

if TYPE_CHECKING:
    from torch import Tensor

ENOUGH = 0.3  # of an island, effectively, that the evidence itself leaves when annealing ends (not measured)
LEAST = 0.02  # of an island, effectively, that the evidence itself may leave where the price can't rise further
REMAINS = 0.5  # of the effective sample, after a stage (not measured)
FIRST_COST = 1.0  # nats for a broken condition of unit size, at first (not measured)
MOST_COST = 1e5  # nats for it, at last (not measured)
MOST_STAGES = 80  # of annealing (not measured)
HALVINGS = 12  # of a price (not measured)

Move = Callable[[Population], Population]


def annealed(factors: Factors, population: Population, factor: Factor, move: Move) -> Population | None:
    """Condition a population on a factor by raising the penalty in steps; None if no particle satisfies it."""
    number = factor.number
    per_island = population.per_island
    everywhere = torch.ones(population.islands, dtype=torch.bool)
    try:
        factors.costs[number] = _price(0.0)
        found = factors.evaluate(factor, population.size, population.known)
        population = population.condition_on(number, found, factor.absorbs)
        cost = 0.0
        for _ in range(MOST_STAGES):
            hard = _hardened(factors, population, factor)
            if float(hard.ess.mean()) >= ENOUGH * per_island:
                del factors.costs[number]
                return move(hard.resampled(everywhere, factors.stream))
            if cost >= MOST_COST or factors.late:
                break
            cost = _next_cost(factors, population, factor, cost)
            factors.costs[number] = _price(cost)
            population = _at_cost(factors, population, factor)
            population = move(population.resampled(everywhere, factors.stream))
    finally:
        factors.costs.pop(number, None)
    hard = population.reweighted(number, factors.evaluate(factor, population.size, population.known))
    if not bool((hard.log_weight > -torch.inf).any()):
        return None
    if factors.late or float(hard.ess.mean()) < LEAST * per_island:
        raise UnreachedError(
            f"moving particles towards {factor.name} ran out of time",
            hint="allow more time (--budget-seconds …), or state it less precisely",
        )
    return hard


def _price(cost: float) -> Tensor:
    return torch.tensor(cost, dtype=torch.float64)


def _at_cost(factors: Factors, population: Population, factor: Factor) -> Population:
    return population.reweighted(factor.number, factors.evaluate(factor, population.size, population.known))


def _hardened(factors: Factors, population: Population, factor: Factor) -> Population:
    """Return the population as it would be if the condition were taken as it is."""
    cost = factors.costs.pop(factor.number)
    hard = _at_cost(factors, population, factor)
    factors.costs[factor.number] = cost
    return hard


def _next_cost(factors: Factors, population: Population, factor: Factor, cost: float) -> float:
    """Return the price at which the share `REMAINS` of the effective sample is left."""
    enough = REMAINS * float(population.ess.mean())

    def left(price: float) -> float:
        factors.costs[factor.number] = _price(price)
        return float(_at_cost(factors, population, factor).ess.mean())

    low, high = cost, max(2 * cost, FIRST_COST)
    while high < MOST_COST and left(high) > enough:
        low, high = high, 4 * high
    return bisected(lambda price: left(price) > enough, low, high, HALVINGS, width=0.05)[1]


__all__ = ["annealed"]
