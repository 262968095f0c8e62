"""Normal points on moved lattices: each is a draw, islands are independent, and smooth means have smaller errors."""

from __future__ import annotations

import math

import pytest
import torch

from plot.inference.particles.proposals import GENERATOR, even_normals
from plot.runtime.sites.randomness import Stream
from tests.support.tolerances import Z, agrees, z_of_many

ISLANDS, PER_ISLAND = 400, 256


def means_of(points: torch.Tensor) -> torch.Tensor:
    """Return each island's mean of a smooth function of its points."""
    values = (points.sum(0) / math.sqrt(len(points))).tanh() + points[0].cos()
    return values.reshape(-1, PER_ISLAND).mean(1)


@pytest.mark.parametrize("dims", [1, 2, 12, len(GENERATOR) + 3])
def test_every_point_is_a_draw(dims: int) -> None:
    points = even_normals(dims, 4_000, 4, Stream(dims)).reshape(dims, 4_000, 4)
    assert bool(torch.isfinite(points).all())
    for place in range(4):  # the same place in many islands: independent draws
        drawn = points[:, :, place]
        assert float((drawn @ drawn.T / 4_000 - torch.eye(dims)).abs().max()) < z_of_many(4 * dims**2) * math.sqrt(
            2 / 4_000
        )
        below = (drawn < 0.5).double().mean(1)
        assert float((below - 0.6914625).abs().max()) < z_of_many(4 * dims) * math.sqrt(0.2134 / 4_000)


def test_the_islands_tell_the_error_and_it_is_smaller() -> None:
    stream = Stream(3)
    even = means_of(even_normals(6, ISLANDS, PER_ISLAND, stream))
    plain = means_of(stream.normals((6, ISLANDS * PER_ISLAND)))
    assert agrees(float(even.mean()), math.exp(-0.5), float(even.std()) / math.sqrt(ISLANDS))
    assert float(even.std()) < 0.3 * float(plain.std())
    halves = even.reshape(2, -1)
    assert abs(float(torch.corrcoef(halves)[0, 1])) < Z / math.sqrt(ISLANDS / 2)


def test_an_island_of_any_size_and_none() -> None:
    assert even_normals(3, 2, 7, Stream(1)).shape == (3, 14)
    assert even_normals(0, 2, 7, Stream(1)).shape == (0, 14)
