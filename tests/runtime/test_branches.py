"""`if`, `elif`, `else`, and returning early: each particle goes its own way."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from plot.errors import PlotError
from tests.runtime.running import agrees, ran, values

PROGRAMS = {
    "if alone": "x = 1\nif flip():\n    x = 2\nquery(x)",
    "if else": "if flip():\n    x = normal(0, 1)\nelse:\n    x = 7\nquery(x)",
    "elif": 'n = randint(0, 3)\nif n == 0:\n    x = "a"\nelif n == 1:\n    x = "b"\nelif n == 2:\n    x = "c"\nelse:\n    x = None\nquery(x)',
    "nested": "x = 0\nif flip():\n    if flip():\n        x = 1\n    else:\n        x += 2\n    x += 10\nelse:\n    if flip():\n        x = 3\nquery(x)",
    "both sides draw": "x = 0\ny = 0\nif flip():\n    x = flip(0.3)\nelse:\n    y = flip(0.8)\nquery([x, y])",
    "what one side reads the other wrote before": "x = 1\nif flip():\n    x = 5\nif x > 2:\n    x = x + randint(0, 1)\nquery(x)",
    "a test of another kind": 'xs = [i for i in range(2) if flip()]\nx = "none"\nif xs:\n    x = "some"\nquery(x)',
    "constant test": "n = 3\nx = 0\nif n > 2:\n    x = 1\nelse:\n    x = 1 / (n - 3)\nquery(x)",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_branches(text: str) -> None:
    agrees(text)


RETURNS = {
    "in one branch": "def f():\n    if flip():\n        return 1\n    return 2\nquery(f())",
    "in all branches": "def f(n):\n    if n == 0:\n        return 1\n    elif n == 1:\n        return 2\n    else:\n        return 3\nquery(f(randint(0, 2)))",
    "falling through": "def f():\n    if flip():\n        return 1\nquery([f(), f()])",
    "a bare return": "def f():\n    if flip():\n        return\n    return 4\nquery(f())",
    "deep": "def f():\n    if flip():\n        if flip():\n            return 1\n        x = 2\n    else:\n        x = 3\n        if flip():\n            return x + 7\n    return x\nquery(f())",
    "what comes after is not done": "def f():\n    x = randint(0, 2)\n    if x == 0:\n        return 0\n    return 6 / x\nquery(f())",
    "from a loop": "def f(xs):\n    for x in xs:\n        if x > 1:\n            return x\n    return -1\nquery(f([randint(0, 2) for i in range(3)]))",
    "from an inner loop": "def f():\n    for i in range(3):\n        for j in range(3):\n            if flip(0.2):\n                return [i, j]\n        if flip(0.2):\n            return i\nquery(f())",
    "values of several kinds": 'def f():\n    if flip():\n        return 1\n    if flip():\n        return "a"\n    if flip():\n        return [1, 2]\n    if flip():\n        return {"a": 1}\n    return None\nquery(f())',
    "a function": "def f():\n    if flip():\n        return lambda x: x + 1\n    return abs\nquery(f()(-3))",
}


@pytest.mark.parametrize("text", RETURNS.values(), ids=RETURNS)
def test_returning_early(text: str) -> None:
    agrees(text)


def test_a_branch_that_no_particle_takes_is_skipped() -> None:
    text = "def f(n):\n    if n > 3:\n        return n\n    return f(n + 1)\nif uniform(0, 1) > 2:\n    x = f(-1000000)\nelse:\n    x = f(0)\nquery(x)"
    assert set(values(ran(text))) == {4}


def test_a_variable_without_a_value() -> None:
    found = ran("if flip():\n    x = 1\nquery(x)")
    assert [fault.message for fault in found.warnings] == ["'x' has no value yet"]
    assert found.warnings[0].share == found.choices["flip"].value.logical_not().double().mean()  # type: ignore[union-attr]
    with pytest.raises(PlotError, match="'y' has no value yet"):
        ran("def f():\n    return y\nz = f()\ny = 1\nquery(z)", checked=False)


def test_a_local_name_is_not_looked_up_further_out() -> None:
    agrees("x = 5\ndef f():\n    if flip():\n        x = 1\n    return x\nquery(f())", checked=False)
