"""The shape of a weighted sample: quantiles and histogram against sorting, and pooling that keeps them."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plot.inference.estimates.digest import MOST_POINTS, Digest

LEVELS = [0.0, 0.05, 0.25, 0.5, 0.95, 1.0]
NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e300, 1e300), st.floats(-1, 1))
POINTS = st.lists(st.tuples(NUMBERS, st.integers(1, 8)), min_size=1, max_size=40)


def sorted_quantile(points: list[tuple[float, int]], level: float) -> float:
    """Return the smallest number up to which the weights reach a share."""
    total, below = sum(weight for _, weight in points), 0
    for value, weight in sorted(points):
        below += weight
        if below >= level * total:
            return value
    raise AssertionError(level)


def digest(points: list[tuple[float, int]]) -> Digest:
    found = Digest()
    values, weights = torch.tensor(points, dtype=torch.float64).T
    half = len(points) // 2
    found.add(values[:half], weights[:half] / 2)
    found.add(values[half:], weights[half:], rescale=2.0)
    return found


@given(POINTS)
def test_quantiles_are_those_of_the_sorted_numbers(points: list[tuple[float, int]]) -> None:
    assert digest(points).quantiles(LEVELS) == [sorted_quantile(points, level) for level in LEVELS]


@given(st.lists(st.tuples(st.integers(-40, 40).map(float), st.integers(1, 8)), min_size=1, max_size=200))
def test_bars_hold_the_weight_between_their_ends(points: list[tuple[float, int]]) -> None:
    bars = digest(points).histogram(integer=True)
    total = sum(weight for _, weight in points)
    assert sum(share for _, _, share in bars) == pytest.approx(1)
    for low, high, share in bars[1:-1]:
        inside = sum(weight for value, weight in points if low <= value < high or low == value == high)
        assert share == pytest.approx(inside / total)


def test_far_tails_do_not_blur_the_middle() -> None:
    torch.manual_seed(0)
    values = torch.tan(math.pi * (torch.rand(50_000, dtype=torch.float64) - 0.5))
    found = Digest()
    found.add(values, torch.ones_like(values))
    assert (
        found.quantiles([0.25, 0.5])
        == torch.quantile(values, torch.tensor([0.25, 0.5]).double(), interpolation="lower").tolist()
    )


def test_more_numbers_than_are_kept_are_pooled() -> None:
    torch.manual_seed(0)
    found, seen = Digest(), []
    for _ in range(5):
        values = torch.randn(MOST_POINTS // 3, dtype=torch.float64)
        seen.append(values)
        found.add(values, torch.ones_like(values))
    assert found.points is not None and len(found.points.values) < MOST_POINTS
    ordered = torch.cat(seen).sort().values
    for level, value in zip(LEVELS[1:-1], found.quantiles(LEVELS[1:-1]), strict=True):
        rank = int(torch.searchsorted(ordered, value)) / len(ordered)
        assert rank == pytest.approx(level, abs=2e-4)


def test_nothing_has_no_shape() -> None:
    found = Digest()
    found.add(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.float64))
    assert math.isnan(found.quantiles([0.5])[0]) and found.histogram(integer=False) == ()
