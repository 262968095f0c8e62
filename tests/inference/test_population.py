"""Populations of particles: fewer of them say the same on average."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from plot.inference.particles.population import Population
from plot.runtime.sites.randomness import Stream
from tests.support.tolerances import agrees

ISLANDS, PER_ISLAND, TIMES = 3, 200, 400


def weighted(log_weight: torch.Tensor) -> Population:
    return replace(Population.start(ISLANDS, PER_ISLAND), log_weight=log_weight)


@pytest.mark.parametrize("spread", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("kept", [20, 90])
def test_pruning_says_the_same_on_average(spread: float, kept: int) -> None:
    stream = Stream(1)
    before = weighted(spread * stream.normals((ISLANDS * PER_ISLAND,)))
    figures = stream.normals((ISLANDS * PER_ISLAND, 10))
    sums = torch.zeros(TIMES, 10, dtype=torch.float64)
    for row in sums:
        after = before.pruned(kept, stream)
        assert after.size == ISLANDS * kept
        row += after.log_weight.exp() @ figures[after.ancestors] * PER_ISLAND / kept
    errors = sums.std(0) / math.sqrt(TIMES)
    true = before.log_weight.exp() @ figures
    for mean, exact, error in zip(sums.mean(0).tolist(), true.tolist(), errors.tolist(), strict=True):
        assert agrees(mean, exact, error)


def test_heavy_particles_are_kept_as_they_are() -> None:
    log_weight = torch.zeros(ISLANDS * PER_ISLAND, dtype=torch.float64)
    log_weight[::50] = 8.0
    after = weighted(log_weight).pruned(20, Stream(2))
    heavy = after.log_weight[after.ancestors % 50 == 0]
    assert len(heavy) == ISLANDS * PER_ISLAND / 50
    assert torch.allclose(heavy, torch.full_like(heavy, 8.0 + math.log(20 / PER_ISLAND)))


def test_pruning_where_few_have_any_weight() -> None:
    log_weight = torch.full((ISLANDS, PER_ISLAND), -math.inf, dtype=torch.float64)
    log_weight[1, 7:10] = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)
    after = weighted(log_weight.reshape(-1)).pruned(20, Stream(3))
    assert torch.equal(after.by_island[0], after.by_island[2]) and bool((after.by_island[0] == -math.inf).all())
    total = float(after.by_island[1].logsumexp(0) - math.log(20))
    true = float(log_weight[1].logsumexp(0)) - math.log(PER_ISLAND)
    assert math.log(6 / (20 / 3)) <= total - true <= math.log(7 / (20 / 3)), "each of the three is there 6 or 7 times"
    assert set((after.ancestors[20:40] - PER_ISLAND).tolist()) == {7, 8, 9}
