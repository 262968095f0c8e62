"""Sequential Monte Carlo: utterance by utterance, particles are weighted, resampled and moved (Del Moral et al. 2006)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plot.heavy import torch
from plot.inference.contract import Goal, Problem
from plot.inference.moves import Tuning, is_continuous, move
from plot.inference.pieces import Pieces
from plot.inference.population import Population

if TYPE_CHECKING:
    from torch import Tensor

ISLANDS = 16
PER_ISLAND = 1_250


@dataclass(slots=True)
class Settings:
    islands: int = ISLANDS
    per_island: int = PER_ISLAND
    sweeps: int = 1
    final: int = 1


def filtered(pieces: Pieces, goal: Goal, settings: Settings, tuning: Tuning) -> Population:
    population = Population.start(settings.islands, settings.per_island)
    torch.set_num_threads(1)
    for piece in pieces.parts:
        found = pieces.evaluate(piece, population.size, population.known)
        population = population.told(piece.number, found)
        poor = population.ess < 0.5 * settings.per_island
        if bool(poor.any()):
            population = population.resampled(poor)
            for _ in range(settings.sweeps):
                for block in blocks(population, list(found.reached)):
                    population = move(pieces, population, block, tuning)
    return population


def blocks(population: Population, names: list[str]) -> Iterator[tuple[str, ...]]:
    for name in names:
        yield (name,)
    continuous = tuple(name for name in names if is_continuous(population.sites[name].distribution) and population.sites[name].mask is True)
    if len(continuous) > 1:
        yield continuous
