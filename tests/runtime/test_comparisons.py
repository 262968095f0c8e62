"""Comparisons: order, equality, membership and None, chained, over values of every kind."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from plot.errors import PlotError
from tests.runtime.running import agrees, ran, value

VALUES = {
    "int": "randint(0, 2)",
    "float": "(randint(0, 4) / 2)",
    "truth": "flip()",
    "name": 'choice(["a", "b", ""])',
    "none or name": 'choice([None, "a"])',
    "none or number": "(None if flip() else randint(0, 1))",
    "list": "[i for i in range(2) if flip()]",
    "list of lists": "[[flip()], [1, 0][:randint(0, 2)]]",
    "record": '({"a": randint(0, 1)} if flip() else {"a": 1, "b": 2})',
    "number or list": "(randint(0, 1) if flip() else [1])",
    "constant": "1",
    "none": "None",
}


@pytest.mark.parametrize("left", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("right", VALUES.values(), ids=VALUES)
def test_equality(left: str, right: str) -> None:
    agrees(f"x = {left}\ny = {right}\nquery([x == y, x != y, x == x, x in [y, 5], y not in [2, x]])", checked=False)


@pytest.mark.parametrize("op", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("right", ["1", "0.5", "True", "randint(0, 2)", "normal(1, 1)", "flip()"])
def test_order(op: str, right: str) -> None:
    agrees(f"query([randint(0, 2) {op} {right}, normal(0, 1) {op} {right}, flip() {op} {right}, 1 {op} {right}])")


def test_chains() -> None:
    agrees("a = randint(0, 3)\nb = randint(0, 3)\nc = randint(0, 3)\nquery([a < b < c, a <= b == c, a != b < c > a])")


def test_the_rest_of_a_chain_is_evaluated_only_where_it_matters() -> None:
    agrees("x = randint(0, 2)\nquery(1 <= x <= 4 / x)")


def test_membership_in_ragged_lists() -> None:
    agrees(
        'xs = [p for p in ["a", "b", "c"] if flip()]\nx = choice(["a", "b", "z"])\nquery([x in xs, x not in xs, None in xs])',
        checked=False,
    )


def test_none() -> None:
    agrees(
        'x = choice([None, "a", 0, False])\ny = None if flip() else normal(0, 1)\nquery([x is None, x is not None, y is None])'
    )
    assert value("query([None == None, None == 0, None == False])", checked=False) == [True, False, False]


def test_records_of_different_fields() -> None:
    agrees(
        'def r():\n    return {"a": 1} if flip() else {"b": 2} if flip() else {"a": 1, "b": 2}\nx = r()\ny = r()\nquery([x == y, x == x])'
    )


def test_functions_are_equal_to_themselves() -> None:
    assert value("def f(x):\n    return x\ng = f\nquery([f == g, f == abs, abs == abs, f == 1])", checked=False) == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("pair", ['"a" < "b"', "None < 1", "[1] < [2]", '1 < "a"', "abs < abs"])
def test_only_numbers_have_an_order(pair: str) -> None:
    with pytest.raises(PlotError, match="compares numbers"):
        ran(f"query({pair})", checked=False)
