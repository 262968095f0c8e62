"""Numbers: operators on integers, floats and truth values, constant and random, as in Python; and their limits."""

from __future__ import annotations

import pytest

from plot.errors import PlotError
from tests.runtime.running import agrees, ran, shares, value, values

NUMBERS = {"an int": "randint(-4, 4)", "a float": "normal(0, 3)", "a truth value": "flip()"}
CONSTANTS = {"int": "3", "negative": "-2", "float": "2.5", "true": "True"}


@pytest.mark.parametrize("op", ["+", "-", "*"])
@pytest.mark.parametrize("left", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("right", [*NUMBERS.values(), *CONSTANTS.values()], ids=[*NUMBERS, *CONSTANTS])
def test_operators(op: str, left: str, right: str) -> None:
    agrees(f"x = {left}\ny = {right}\nquery([x {op} y, y {op} x, -x, +x])")


@pytest.mark.parametrize("op", ["/", "//", "%"])
@pytest.mark.parametrize("left", [*NUMBERS.values(), "7", "-7", "7.5"])
@pytest.mark.parametrize(
    "right", ["2", "-3", "0.75", "-2.5", "(randint(0, 3) + 1)", "(-1 - poisson(1))", "(normal(0, 1) + 20)"]
)
def test_division(op: str, left: str, right: str) -> None:
    agrees(f"query({left} {op} {right})")


@pytest.mark.parametrize("base", ["2", "-2", "0.5", "randint(1, 3)", "uniform(0, 3)", "normal(0, 1)", "flip()"])
@pytest.mark.parametrize("exponent", ["2", "0", "3", "poisson(1)", "flip()"])
def test_powers(base: str, exponent: str) -> None:
    agrees(f"query([{base} ** {exponent}, pow({base}, {exponent})])")


def test_fractional_and_negative_powers() -> None:
    agrees("query([uniform(1, 2) ** normal(0, 1), 2 ** randint(-2, 2), (1 + poisson(1)) ** -1, 4 ** 0.5])")


def test_kinds_are_kept() -> None:
    found = ran("query([1 + True, 6 / 3, 7 // 2, 2 ** 3, 2 ** -1, 2.0 + 1, -True, 7 % 4.0])")
    assert [type(item) for item in values(found)[0]] == [int, float, int, int, float, float, int, float]


def test_random_integers_stay_integers() -> None:
    found = ran("n = randint(1, 3)\nquery([n + 1, n * n, n // 2, n % 2, -n, n ** 2, n + flip()])")
    assert all(type(item) is int for row in values(found) for item in row)


def test_an_integer_and_a_float_meet_as_floats() -> None:
    assert set(agrees("query((1 if flip() else 2.5) + (True if flip() else 2))")) == {2.0, 3.0, 3.5, 4.5}


def test_integers_beyond_what_is_exact_become_floats() -> None:
    assert value("x = 2 ** 52\nquery([x * 2, x * 4, x * x])") == [2**53, 2.0**54, 2.0**104]
    grown = values(ran("x = 3 if flip() else 2\nfor i in range(90):\n    x = x + x\nquery(x)"))
    assert set(grown) == {3 * 2.0**90, 2.0**91}
    assert set(values(ran("x = 3 if flip() else 2\nfor i in range(9):\n    x *= x\nquery(x)"))) == {3.0**512, 2.0**512}


@pytest.mark.parametrize(
    "text",
    [
        "x = 1e308 * 10",
        "x = 1e308 + 1e308",
        "x = 1e308 / 1e-10",
        "x = 1e308 // 1e-10",
        "x = exp(1000)",
        "x = 10.0 ** 400",
        "x = 10 ** 400",
        "x = normal(5, 1) * 1e300 * 1e300",
        "x = normal(5, 0.1) ** 1000",
        "x = normal(0, 1)\nfor i in range(5000):\n    x = (x + 2) ** 2",
        "x = -1e308 - 1e308",
        "x = round(1.7e308, -308)",
    ],
)
def test_a_result_that_is_too_large_is_an_error(text: str) -> None:
    with pytest.raises(PlotError, match="too large"):
        ran(f"{text}\nquery(x)", checked=False)


def test_too_large_in_some_particles() -> None:
    found = ran("x = 1e300 if flip() else 2.0\ny = x * x\nz = x * 2\nquery(y)")
    message, share = next(iter(shares(found).items()))
    assert "too large" in message
    assert 0 < share < 1
    assert {v for v, w in zip(values(found), found.log_weight.tolist(), strict=True) if w == 0} == {4.0}


@pytest.mark.parametrize(
    "number", ["normal(0, 3)", "(normal(0, 1) * 1e300)", "(randint(-9, 9) / 2)", "randint(-3, 3)", "flip()"]
)
def test_rounding(number: str) -> None:
    agrees(f"x = {number}\nquery([floor(x), ceil(x), round(x), abs(x)])")


def test_rounding_beyond_what_is_exact() -> None:
    assert value("query([floor(1e300), ceil(-1e300), round(1e20)])") == [1e300, -1e300, 1e20]
    found = values(ran("x = 1e300 if flip() else 2.5\nquery([floor(x), ceil(x), round(x)])"))
    assert {tuple(row) for row in found} == {(1e300, 1e300, 1e300), (2, 3, 2)}


@pytest.mark.parametrize("digits", [-3, -1, 0, 1, 2, 5, 25])
def test_rounding_to_digits_is_that_of_python(digits: int) -> None:
    agrees(
        "n = randint(-99999, 99999)\nx = choice([2.675, 1.005, 0.125, 5.015, 1e300, -2.5, 1234.5, 0.0])\n"
        f"query([round(n, {digits}), round(n / 1000, {digits}), round(x, {digits}), round(normal(0, 9), {digits}), "
        f"round(flip(), {digits}), round(2.675, {digits}), round(15, {digits})])",
        particles=60,
    )
