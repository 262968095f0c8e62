"""Budgets: defaults, what replaces them, and what is above the cap."""

from __future__ import annotations

import pytest

from plot.errors import PlotError
from plot.language import DEFAULT, HARD_CAP, Budget
from plot.language.syntax.budget import AMOUNTS


def test_every_default_is_below_its_cap() -> None:
    for name in AMOUNTS:
        assert 0 < getattr(DEFAULT, name) <= getattr(HARD_CAP, name)


@pytest.mark.parametrize(
    ("amount", "number"),
    [
        (512, 512),
        ("512", 512),
        ("512 B", 512),
        ("1 KiB", 1024),
        ("1.5 MiB", 1_572_864),
        ("2GB", 2_000_000_000),
        ("2 gib", 2 * 2**30),
        ("1_000", 1000),
        ("1,000", 1000),
        ("1e3", 1000),
        (2.0, 2),
    ],
)
def test_amounts(amount: object, number: int) -> None:
    memory = DEFAULT.merged({"memory": amount}).memory
    assert memory == number
    assert isinstance(memory, int)


def test_seconds_may_be_fractions() -> None:
    assert DEFAULT.merged({"seconds": "0.5"}).seconds == 0.5
    assert DEFAULT.merged({"seconds": "5 s"}).seconds == 5


@pytest.mark.parametrize(
    "amount", [0, -1, "many", "", None, True, 1.5, float("nan"), float("inf"), [], "1e999", "9" * 100]
)
def test_what_is_no_amount(amount: object) -> None:
    with pytest.raises(PlotError, match="the budget of sites must be a whole number above 0"):
        DEFAULT.merged({"sites": amount})


def test_an_unknown_budget() -> None:
    with pytest.raises(PlotError, match="there is no budget called 'site'") as caught:
        DEFAULT.merged({"site": 3}, where="world.yaml")
    assert caught.value.hint == "did you mean 'sites'?"
    assert caught.value.where == "world.yaml"


def test_a_world_stays_below_the_cap() -> None:
    with pytest.raises(PlotError, match="the budget of depth is 5,000, above the 1,000 that is allowed here"):
        DEFAULT.merged({"depth": 5_000}, cap=HARD_CAP)
    assert DEFAULT.merged({"depth": 5_000}).depth == 5_000
    assert DEFAULT.merged({"depth": 1_000, "sites": 1}, cap=HARD_CAP).depth == 1_000


def test_what_is_not_replaced_stays() -> None:
    assert DEFAULT.merged({}) == DEFAULT
    assert Budget(sites=3).merged({"depth": 4}) == Budget(sites=3, depth=4)
