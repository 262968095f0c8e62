"""`condition` and `observe`: under masks, in loops and functions, and what they add to the weight of each particle."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import math

import pytest

from plot.errors import PlotError
from tests.runtime.running import agrees, ran, values
from tests.support.tolerances import agrees as within

PROGRAMS = {
    "a condition": "x = flip()\ny = flip()\ncondition(x or y)\nquery([x, y])",
    "under a mask": "x = flip()\nif x:\n    condition(flip())\nquery(x)",
    "of another kind": 'xs = [i for i in range(2) if flip()]\ncondition(xs)\nx = choice([None, "a", 0])\ncondition(x)\nquery([xs, x])',
    "in a loop": "t = 0\nfor i in range(poisson(1)):\n    x = normal(0, 1)\n    condition(x > -1)\n    observe(normal(x, 1), 0.5)\n    t += x\nquery(t)",
    "in a function": "def look(x):\n    if x > 1:\n        return 0\n    observe(normal(x, 1), 0)\n    condition(flip(0.9))\n    return x\nquery([look(normal(0, 1)) for i in range(3) if flip()])",
    "after a break": "for i in range(3):\n    if flip():\n        break\n    observe(flip(0.3), flip())\nquery(i)",
    "a random distribution": "x = randint(1, 3)\nobserve(poisson(x), randint(0, 2))\nobserve(choice(range(x)), 1)\nquery(x)",
    "conditions that nothing meets": "x = flip()\ncondition(x and not x)\nquery(x)",
    "errors after a condition": "x = randint(0, 2)\ncondition(x > 0)\nquery(6 / x)",
    "errors before a condition": "x = randint(0, 2)\ny = 6 / x\ncondition(x > 0)\nquery(y)",
    "errors after an impossible observation": "x = randint(0, 2)\nobserve(choice([1, 2]), x)\nquery(6 / x)",
    "errors after an observation out of support": "x = randint(0, 2)\nobserve(flip(0), x == 0)\nquery(6 / x)",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(text: str) -> None:
    agrees(text, checked=False)


def test_what_evidence_has_ruled_out_can_not_fail() -> None:
    for evidence in (
        "condition(x > 0)",
        "observe(choice([1, 2]), x)",
        "observe(flip(0), x == 0)",
        "observe(randint(1, 2), x)",
    ):
        assert not ran(f"x = randint(0, 2)\n{evidence}\nquery(6 / x)").warnings


def test_weights_by_hand() -> None:
    found = ran("x = flip()\nobserve(normal(3 if x else 0, 2), 1)\nif x:\n    observe(flip(0.2), True)\nquery(x)")
    for x, weight in zip(values(found), found.log_weight.tolist(), strict=True):
        density = -math.log(2 * math.sqrt(2 * math.pi)) - (2 if x else 1) ** 2 / 8
        assert weight == pytest.approx(density + (math.log(0.2) if x else 0))


def test_evidence_of_a_small_net() -> None:
    text = "a = flip(0.3)\nb = flip(0.8) if a else flip(0.1)\nobserve(flip(0.9 if b else 0.2), True)\nquery(a)"
    weights = ran(text, 20_000).log_weight.exp()
    b = 0.3 * 0.8 + 0.7 * 0.1
    assert within(float(weights.mean()), b * 0.9 + (1 - b) * 0.2, float(weights.std()) / math.sqrt(20_000))


def test_all_particles_ruled_out_is_no_error_here() -> None:
    found = ran("x = normal(0, 1)\ncondition(x > 100)\nquery(1 / (x - x))")
    assert found.log_weight.tolist() == [-math.inf] * found.particles
    assert not found.warnings


def test_a_condition_is_never_evaluated_where_it_is_not_reached() -> None:
    found = ran("x = randint(0, 1)\nif x > 0:\n    condition(1 / x > 0)\nquery(x)")
    assert not found.warnings
    assert found.log_weight.tolist() == [0.0] * found.particles


def test_errors_count_against_the_possible_ones_only() -> None:
    with pytest.raises(PlotError, match="division by zero"):
        ran("x = flip()\ny = 1 / (x - x)\ncondition(x)\nquery(y)")


def test_worlds_that_are_ruled_out_need_not_end() -> None:
    text = "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nn = randint(-3, 5)\ncondition(n >= 0)\nquery(f(n))"
    for particles in (1, 100):
        found = ran(text, particles)
        for n, answer, weight in zip(
            found.choices["n"].value.tolist(), values(found), found.log_weight.tolist(), strict=True
        ):  # type: ignore[union-attr]
            assert weight == (0 if n >= 0 else -math.inf)
            assert n < 0 or answer == n
    found = ran(text.replace("condition(n >= 0)", "m = sqrt(n)"), 100)
    assert [fault.message for fault in found.warnings] == ["sqrt needs a number of at least 0"]
