"""Moves of few particles with many sites leave the posterior as it is: none moves by what it is like itself."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from plot.inference import Goal
from plot.inference.evidence.factors import Factors
from plot.inference.methods.smc import Smc
from plot.inference.particles import moves
from plot.inference.particles.conditional_normal import ConditionalNormal
from plot.inference.particles.moves import Tuning
from plot.inference.particles.population import Population
from plot.runtime.sites.randomness import Stream
from tests.inference.models import SAFETY_NET, problem
from tests.support.tolerances import Z, repetitions

SITES, PARTICLES, SWEEPS = 16, 64, 12
# The mean square of independent standard normal numbers has this standard deviation; a mean over sweeps has less.
SD = math.sqrt(2 / (SITES * PARTICLES))
LOSS = SITES / PARTICLES  # of the variance, where a population moves by its own moments
POPULATIONS = repetitions(LOSS / 2, SD)
ERROR = SD / math.sqrt(POPULATIONS)
NAMES = [f"x{i}" for i in range(SITES)]
SETTING = "\n".join([f"{name} = normal(0, 1)" for name in NAMES])
TOLD = [f"condition({name} + {other} > -100)" for name, other in itertools.pairwise(NAMES)]


def spread() -> float:
    """Return the mean square of the sites of small populations after sweeps; it should be 1."""
    factors = Factors(problem(SETTING, *TOLD, ask="query(x0)"), Goal(seconds=SAFETY_NET), Stream(1))
    smc = Smc(islands=4, per_island=PARTICLES // 4)
    squares = []
    for _ in range(POPULATIONS):
        population = Population.start(4, PARTICLES // 4)
        for factor in factors.parts:
            found = factors.evaluate(factor, population.size, population.known)
            population = population.condition_on(factor.number, found)
        tuning, seen = Tuning(), []
        for sweep in range(SWEEPS):
            population = smc._moved(factors, population, NAMES, tuning, 0.0)
            if sweep >= SWEEPS // 2:
                seen.append(torch.stack([population.sites[name].raw for name in NAMES]).square().mean())
        squares.append(torch.stack(seen).mean())
    return float(torch.stack(squares).mean())


def test_few_particles_keep_their_spread() -> None:
    assert abs(spread() - 1) < Z * ERROR


@pytest.mark.full
def test_moving_by_what_all_are_like_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each half moves by its own moments: the variance shrinks by `LOSS`, and half of that would be found."""
    right = ConditionalNormal.of

    def own(population: Population) -> ConditionalNormal:
        found = right(population)
        found.moments.reverse()
        return found

    monkeypatch.setattr(moves.ConditionalNormal, "of", own)
    assert spread() < 1 - Z * ERROR
