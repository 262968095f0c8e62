"""Errors while a program runs: they rule out the particles where they occur, and are told with place and share."""

from __future__ import annotations

import math

import pytest

from plot.errors import PlotError
from tests.runtime.running import ran, values

FAULTS = {
    "division": ("1 / x", "division by zero"),
    "whole division": ("1 // x", "division by zero"),
    "remainder": ("1 % x", "division by zero"),
    "a negative power": ("x ** -1", "division by zero: 0 to a negative power"),
    "a root": ("sqrt(x - 1)", "sqrt needs a number of at least 0"),
    "a logarithm": ("log(x)", "log needs a number above 0"),
    "an index": ("[5][1 - x]", "list index out of range"),
    "a probability": ("flip(2 - x)", "the probability of flip must be a probability between 0 and 1"),
    "a field of None": ('({"a": 1} if x else None).a', "None has no field 'a'"),
    "another kind": ('1 + (1 if x else "a")', "'+' needs numbers, not a number and a name"),
    "an order of kinds": ("1 < (1 if x else [])", "'<' compares numbers, not a number and a list"),
    "a sign": ("-(1 if x else None)", "'-' needs a number, not None"),
    "membership": ("1 in ([1] if x else 3)", "'in' needs a list, not a number"),
    "a loop": ("[y for y in ([1] if x else 3)]", "for needs a list, not a number"),
    "a slice": ("([1] if x else 3)[1:]", "a slice needs a list, not a number"),
    "a call": ("(abs if x else 3)(1)", "a number is not a function"),
    "the empty maximum": ("max([1] if x else [])", "max of an empty list"),
}


@pytest.mark.parametrize(("expression", "message"), FAULTS.values(), ids=FAULTS)
def test_in_some_particles(expression: str, message: str) -> None:
    found = ran(f"x = randint(0, 1)\ny = 3\nz = {expression}\nquery(x)")
    (fault,) = found.warnings
    assert fault.message == message
    assert fault.span.line == 3
    dead = [x == 0 for x in values(found)]
    assert fault.mask.tolist() == dead  # type: ignore[union-attr]
    assert fault.share == sum(dead) / len(dead)
    assert found.log_weight.tolist() == [-math.inf if gone else 0.0 for gone in dead]


@pytest.mark.parametrize(("expression", "message"), FAULTS.values(), ids=FAULTS)
def test_in_all_particles(expression: str, message: str) -> None:
    for chosen in ("x = randint(0, 0)", "x = 0"):
        with pytest.raises(PlotError) as caught:
            ran(f"{chosen}\ny = 3\nz = {expression}\nquery(x)", checked=False)
        assert caught.value.span is not None
        assert caught.value.span.line == 3
        assert "^" in caught.value.render()
        assert caught.value.message.startswith(message[:8])


@pytest.mark.parametrize(("expression", "message"), FAULTS.values(), ids=FAULTS)
def test_never_where_they_are_not_reached(expression: str, message: str) -> None:
    for text in (
        f"x = randint(0, 1)\nz = 0\nif x == 1:\n    z = {expression}\nquery(z)",
        f"x = randint(0, 1)\nquery(({expression}) if x else 0)",
        f"x = randint(0, 1)\ndef f():\n    if x == 0:\n        return 0\n    return {expression}\nquery(f())",
        f"x = randint(0, 1)\nz = 0\nfor i in range(2):\n    if x == 0:\n        break\n    z = {expression}\nquery(z)",
        f"x = randint(0, 1)\nquery(x and ({expression}))",
        f"x = randint(0, 1)\nquery([{expression} for i in range(x)])",
        f"x = randint(0, 1)\n@mem\ndef f(i):\n    return {expression}\nquery(f(1) if x else 0)",
        f"x = randint(0, 1)\ncondition(x == 1)\nquery({expression})",
    ):
        found = ran(text)
        assert not found.warnings, text


def test_the_first_error_of_a_particle_is_its_only_one() -> None:
    found = ran("x = randint(0, 2)\ny = 1 / x\nz = 1 / (x - 1)\nw = 1 / x\nquery(y + z + w)", 100)
    assert [(fault.message, fault.span.line) for fault in found.warnings] == [
        ("division by zero", 2),
        ("division by zero", 3),
    ]
    dead = float((found.log_weight == -math.inf).double().mean())
    assert sum(fault.share for fault in found.warnings) == pytest.approx(dead)


def test_the_largest_of_several_errors_is_told_where_all_fail() -> None:
    with pytest.raises(PlotError) as caught:
        ran("x = flip(0.9)\ny = 1 / (1 - x)\nz = 1 / (x - x)\nquery(z)", 200)
    assert caught.value.span is not None
    assert caught.value.span.line == 2


def test_one_error_in_a_loop_is_told_once() -> None:
    found = ran("t = 0\nfor i in range(5):\n    t += 1 / randint(0, 3)\nquery(t)")
    assert len(found.warnings) == 1


def test_a_run_that_no_particle_survives_stops() -> None:
    text = "x = flip()\ncondition(x)\ny = 1 / (x - x)\nquery(y)"
    found = ran(text)
    assert not found.complete
    assert found.log_weight.tolist() == [-math.inf] * found.particles
