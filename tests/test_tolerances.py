"""How many repetitions find a fault: enough, and no more than that."""

from __future__ import annotations

import math
from random import Random

import pytest

from tests.support.tolerances import BINS, Z_ONE_SIDED, Z, ranks_needed, repetitions, uniformity


@pytest.mark.parametrize(("effect", "sd"), [(0.1, 0.05), (1.0, 3.0), (0.02, 1.0)])
def test_a_mean_of_so_many_is_found_to_be_off(effect: float, sd: float) -> None:
    count = repetitions(effect, sd)
    assert effect - Z_ONE_SIDED * sd / math.sqrt(count) >= Z * sd / math.sqrt(count)
    assert effect - Z_ONE_SIDED * sd / math.sqrt(count - 1) < Z * sd / math.sqrt(count - 1)


def test_ranks_that_all_fall_into_one_bin() -> None:
    count = ranks_needed(1.0)
    assert uniformity([0.5] * count) > Z_ONE_SIDED
    assert uniformity([0.5] * (count - 1)) < Z_ONE_SIDED


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_ranks_of_which_many_fall_into_one_bin(share: float) -> None:
    """However the others fall: here evenly, which is nearest to uniform."""
    draw, count = Random(1), ranks_needed(share)
    for _ in range(1_000):
        ranks = [(0 if draw.random() < share else draw.randrange(1, BINS)) / BINS + 0.1 for _ in range(count)]
        assert uniformity(ranks) > Z_ONE_SIDED
