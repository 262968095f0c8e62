"""The shipped worlds and a router that has learned them, once for all tests; and two small worlds."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plot.routing import Domain, Learned, domains_of
from plot.world import WorldSpec, builtin_worlds


@pytest.fixture(scope="session")
def worlds() -> Mapping[str, WorldSpec]:
    return {name: WorldSpec.load(name) for name in builtin_worlds()}


@pytest.fixture(scope="session")
def learned(worlds: Mapping[str, WorldSpec]) -> Learned:
    return Learned(domains_of(worlds), cache=False)


@pytest.fixture
def two() -> tuple[Domain, ...]:
    garden = ("Ann waters the roses.", "Are the roses red?", "Bob planted three trees.", "Which tree is the tallest?")
    kitchen = ("Ann bakes a cake.", "Is the oven hot?", "Bob burnt the soup.", "Which soup is the saltiest?")
    return (
        Domain("garden", "Plants grow in beds.", garden, ("rose", "tree", "water")),
        Domain("kitchen", "Meals are cooked.", kitchen, ("oven", "soup", "cake")),
    )
