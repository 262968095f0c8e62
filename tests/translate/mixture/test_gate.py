"""Which translators are asked: the most reliable that have room."""

from __future__ import annotations

import pytest

from plot.conversation import World
from plot.translate.base import Discourse
from plot.translate.mixture.pooling.gate import ReliableGate
from plot.translate.mixture.pooling.load_balance import Capacity

EXPERTS = ("good", "fair", "bad")
RIGHT = {"good": 0.9, "fair": 0.6, "bad": 0.3}
HERE = Discourse(World.load("tugofwar"))


def gate(count: int | None, rpm: dict[str, float | None] | None = None, at: list[float] | None = None) -> ReliableGate:
    times = at if at is not None else [0.0]
    capacity = Capacity(rpm or {}, clock=lambda: times[0])
    return ReliableGate(EXPERTS, count, reliability=RIGHT.__getitem__, capacity=capacity)


@pytest.mark.parametrize(
    ("count", "weights"),
    [(1, (1.0, 0.0, 0.0)), (2, (0.6, 0.4, 0.0)), (None, (0.5, 1 / 3, 1 / 6)), (9, (0.5, 1 / 3, 1 / 6))],
)
def test_the_k_most_reliable_are_asked(count: int | None, weights: tuple[float, ...]) -> None:
    found = gate(count)("anything", HERE, EXPERTS)
    assert tuple(found[expert] for expert in EXPERTS) == pytest.approx(weights)


def test_what_is_full_overflows_to_the_next_and_has_room_again_later() -> None:
    at = [0.0]
    one = gate(1, {"good": 2.0}, at)
    chosen = [max(weights, key=weights.__getitem__) for weights in (one("x", HERE, EXPERTS) for _ in range(3))]
    assert chosen == ["good", "good", "fair"]
    at[0] = 61.0
    weights = one("x", HERE, EXPERTS)
    assert weights["good"] == 1.0


def test_the_load_is_counted_and_a_collapse_told() -> None:
    one = gate(1)
    for _ in range(25):
        one("x", HERE, EXPERTS)
    assert one.load.calls == {"good": 25}
    assert one.load.collapsed
    assert one.told() == "asked: good 25 (evenness 0.00; it has collapsed onto one)"
    two = gate(2)
    for _ in range(25):
        two("x", HERE, EXPERTS)
    assert not two.load.collapsed
