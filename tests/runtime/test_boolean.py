"""`and`, `or` and `not`: values as in Python, operands evaluated only where the ones before have not decided."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from tests.runtime.running import agrees, ran, value, values

OPERANDS = [
    "flip()",
    "True",
    "False",
    "randint(0, 1)",
    'choice(["", "a"])',
    "(None if flip() else 2)",
    "[i for i in range(2) if flip(0.3)]",
    '({"a": 1} if flip() else {})',
]


@pytest.mark.parametrize("word", ["and", "or"])
@pytest.mark.parametrize("left", OPERANDS)
@pytest.mark.parametrize("right", OPERANDS)
def test_values(word: str, left: str, right: str) -> None:
    agrees(f"query([{left} {word} {right}, not {left}])", checked=False)


def test_three_operands_and_mixtures() -> None:
    agrees('query([flip() and flip() and 3, flip() or 0 or "x", (flip() or flip()) and not flip(), flip() and 1 or 2])')


def test_what_is_not_evaluated_does_not_fail() -> None:
    found = ran("x = randint(0, 2)\nquery([x != 0 and 1 / x > 0, x == 0 or 1 / x > 0])")
    assert not found.warnings
    agrees("x = randint(0, 2)\nquery([x != 0 and 1 / x > 0, x == 0 or 1 / x > 0])")
    agrees("query(False and 1 / 0)", checked=False)


def test_what_is_not_evaluated_is_not_drawn() -> None:
    found = ran("x = flip()\ny = x and normal(0, 1) > 0\nquery(y)")
    site = next(site for site in found.choices.values() if site.name == "normal")
    assert site.mask.tolist() == found.choices["x"].value.tolist()  # type: ignore[union-attr]


def test_truth_of_every_kind() -> None:
    text = 'query([not 0, not 0.0, not 2, not "", not "a", not None, not [], not [0], not {}, not {"a": 0}, not abs])'
    assert value(text, checked=False) == [True, True, False, True, False, True, True, False, True, False, False]


def test_a_test_may_be_any_value() -> None:
    agrees(
        'xs = [i for i in range(2) if flip()]\nquery(["some" if xs else "none", 1 if randint(0, 2) else 0, 1 if None else 2])',
        checked=False,
    )


def test_conditional_expressions_nest() -> None:
    found = agrees('x = normal(0, 1)\nquery("low" if x < -0.5 else "high" if x > 0.5 else "middle")')
    assert set(found) == {"low", "middle", "high"}


def test_a_constant_test_decides_for_all() -> None:
    assert values(ran("x = 3\nquery(1 if x > 2 else 1 / 0)", 2, checked=False)) == [1, 1]
