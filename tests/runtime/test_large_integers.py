"""Integers beyond 2**53: constants are exact as in Python; what needs the digits of rounded ones is an error."""

from __future__ import annotations

import math

import pytest

from plot.errors import PlotError
from plot.program import run_program

TRUE = [
    "2**53 + 1 != 2**53",
    "2**53 + 1 > 2**53",
    "(2**53 + 1) % 2 == 1",
    "(10**20 + 7) // 10 * 10 + 7 == 10**20 + 7",
    "3**80 - 3**79 * 3 == 0",
    "-(2**70) < -(2**70) + 1",
    "max(2**53 + 1, 2**53) - 2**53 == 1",
    "sum([2**53 - 1, 1, 1]) - 2**53 == 1",
    "not (2**53 + 1 in [2**53])",
]


@pytest.mark.parametrize("text", TRUE)
def test_constant_integers_are_exact(text: str) -> None:
    assert run_program(f"query({text})")[0].probability == 1
    later = "n = 2**53\nfor i in range(3):\n    n = n + 1\nquery(n - 2**53 == 3)"
    assert run_program(later)[0].probability == 1


def test_factorials_are_exact() -> None:
    text = "f = [1]\nfor i in range(1, 60):\n    f = f + [last(f) * i]\nquery(f[59] // (f[29] * f[30]))"
    assert run_program(text)[0].mean == float(math.comb(59, 29))


@pytest.mark.parametrize("text", ["query(2**1024)", "n = 2**600\nquery(n * n)", "query(10**308 * 10)"])
def test_integers_that_are_no_finite_floats_are_an_error(text: str) -> None:
    with pytest.raises(PlotError, match="too large"):
        run_program(text)


RANDOM = "x = randint(1000000, 999999999)\ny = x * 10000000000\n"


@pytest.mark.parametrize("text", ["y + 1 == y", "y + 1 != y", "y + 1 > y", "y < y + 1", "y <= y - 1", "(y + 1) % 2"])
def test_digits_that_random_integers_lost_are_not_asked_for(text: str) -> None:
    with pytest.raises(PlotError, match=r"beyond 2\*\*53 are rounded"):
        run_program(f"{RANDOM}query({text})")


@pytest.mark.parametrize("text", ["n + 1 > 2**53", "2**53 + 1 > n", "n == 2**53 + 1", "2**53 + k > 2**53"])
def test_integers_at_the_edge_of_what_is_exact(text: str) -> None:
    with pytest.raises(PlotError, match=r"beyond 2\*\*53 are rounded"):
        run_program(f"k = randint(0, 3)\nn = 9007199254740990 + k\nquery({text})")


def test_what_is_told_apart_in_spite_of_rounding_is_answered() -> None:
    assert run_program(f"{RANDOM}query(y + y == y)")[0].probability == 0
    assert run_program(f"{RANDOM}query(y > 10**15)")[0].probability == 1
    assert run_program(f"{RANDOM}query(y < y + 10**9)")[0].probability == 1
    assert run_program("k = randint(0, 3)\nquery(9007199254740988 + k < 9007199254740991)")[0].probability == 0.75
