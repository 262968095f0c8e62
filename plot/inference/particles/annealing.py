"""Evidence that leaves hardly a particle is approached in steps: it costs more and more to be far from it.

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
from plot.inference.evidence.pieces import Piece, Pieces
from plot.inference.particles.population import Population

if TYPE_CHECKING:
    from torch import Tensor

ENOUGH = 0.3
LEAST = 0.02  # of an island, effectively, that the evidence itself may leave where the price can't rise further
REMAINS = 0.5
FIRST_COST = 1.0
MOST_COST = 1e5
MOST_STAGES = 80
HALVINGS = 12

Move = Callable[[Population], Population]


def annealed(pieces: Pieces, population: Population, piece: Piece, move: Move) -> Population | None:
    """Tell a population a piece of evidence by raising the price of being far from it; None where none gets there."""
    number = piece.number
    per_island = population.per_island
    everywhere = torch.ones(population.islands, dtype=torch.bool)
    try:
        pieces.costs[number] = _price(0.0)
        found = pieces.evaluate(piece, population.size, population.known)
        population = population.told(number, found, piece.absorbs)
        cost = 0.0
        for _ in range(MOST_STAGES):
            hard = _hardened(pieces, population, piece)
            if float(hard.ess.mean()) >= ENOUGH * per_island:
                del pieces.costs[number]
                return move(hard.resampled(everywhere, pieces.stream))
            if cost >= MOST_COST or pieces.late:
                break
            cost = _next_cost(pieces, population, piece, cost)
            pieces.costs[number] = _price(cost)
            population = _at_cost(pieces, population, piece)
            population = move(population.resampled(everywhere, pieces.stream))
    finally:
        pieces.costs.pop(number, None)
    hard = population.reweighted(number, pieces.evaluate(piece, population.size, population.known))
    if not bool((hard.log_weight > -torch.inf).any()):
        return None
    if pieces.late or float(hard.ess.mean()) < LEAST * per_island:
        raise UnreachedError(
            f"moving particles towards {piece.name} ran out of time",
            hint="allow more time (--budget-seconds …), or state it less precisely",
        )
    return hard


def _price(cost: float) -> Tensor:
    return torch.tensor(cost, dtype=torch.float64)


def _at_cost(pieces: Pieces, population: Population, piece: Piece) -> Population:
    return population.reweighted(piece.number, pieces.evaluate(piece, population.size, population.known))


def _hardened(pieces: Pieces, population: Population, piece: Piece) -> Population:
    """Return the population as it would be if the condition were taken as it is."""
    cost = pieces.costs.pop(piece.number)
    hard = _at_cost(pieces, population, piece)
    pieces.costs[piece.number] = cost
    return hard


def _next_cost(pieces: Pieces, population: Population, piece: Piece, cost: float) -> float:
    """Return the price at which the share `REMAINS` of the effective sample is left."""
    enough = REMAINS * float(population.ess.mean())

    def left(price: float) -> float:
        pieces.costs[piece.number] = _price(price)
        return float(_at_cost(pieces, population, piece).ess.mean())

    low, high = cost, max(2 * cost, FIRST_COST)
    while high < MOST_COST and left(high) > enough:
        low, high = high, 4 * high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if left(middle) > enough else (low, middle)
        if high - low < 0.05 * high:
            break
    return high


__all__ = ["annealed"]
