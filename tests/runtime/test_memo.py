"""`@mem`: one value for each argument, also where the argument is random, of any kind, and met under changing masks."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest
import torch

from plot.runtime.values.values import as_tensor
from tests.runtime.running import agrees, ran, values

MEM = "@mem\ndef f(x):\n    return normal(0, 1)\n"
ARGUMENTS = {
    "names": 'choice(["a", "b"])',
    "a name or None": 'choice(["a", None])',
    "truth values": "flip()",
    "integers": "randint(0, 3)",
    "large integers": "randint(0, 3) * 10 ** 12",
    "floats": "normal(0, 1)",
    "a few floats": "choice([0.5, 1.5, 2.0])",
    "integers and floats": "(1 if flip() else 2.5 if flip() else 2.0)",
    "numbers and names": '(1 if flip() else "1")',
    "truth values and integers": "(True if flip() else 1 if flip() else 0)",
    "lists": "[i for i in range(2) if flip()]",
    "lists of floats": "[0.5, 1.5][:randint(0, 2)]",
    "lists of lists": "[[flip()], [randint(0, 1)]]",
    "records": '({"a": flip(), "b": 1} if flip() else {"b": 1, "a": True})',
    "records of different fields": '({"a": 1} if flip() else {"a": 1, "b": "x"})',
    "records of floats": '{"a": normal(0, 1), "b": flip()}',
    "functions": "(abs if flip() else floor)",
    "a constant": "3",
    "a constant float": "0.25",
    "None": "None",
}


@pytest.mark.parametrize("argument", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments(argument: str) -> None:
    agrees(
        f"{MEM}x = {argument}\ny = {argument}\nquery([f(x) == f(x), f(y) == f(x), f(x), f(y), f(1), f(True), f(0.25)])",
        checked=False,
    )


@pytest.mark.parametrize("argument", ARGUMENTS.values(), ids=ARGUMENTS)
def test_entries_that_are_met_again_by_more_particles(argument: str) -> None:
    agrees(
        f"{MEM}x = {argument}\na = 0\nb = 0\nif flip():\n    a = f(x)\nif flip():\n    b = f(x)\nquery([a, b, f(x)])",
        checked=False,
    )


PROGRAMS = {
    "several arguments": '@mem\ndef f(x, y, z=1):\n    return randint(0, 99)\nx = choice(["a", "b"])\ny = choice(["a", "b"])\nquery([f(x, y), f(y, x), f(x, y, 1), f(x, z=flip(), y="a"), f("a", "b")])',
    "no arguments": "@mem\ndef f():\n    return normal(0, 1)\nquery([f() == f(), f()])",
    "what depends on others": '@mem\ndef strength(p):\n    return normal(50, 20)\n@mem\ndef lazy(p, m):\n    return flip(1 / (1 + abs(strength(p))))\nquery([lazy(choice(["a", "b"]), randint(0, 1)), strength(choice(["a", "b"]))])',
    "recursion": "@mem\ndef height(n):\n    return 0 if n <= 0 else height(n - 1) + flip()\nquery([height(randint(0, 4)), height(4), height(2)])",
    "random recursion": '@mem\ndef parent(p):\n    return choice(["a", "b", None])\ndef depth(p, n):\n    return n if p is None or n > 4 else depth(parent(p), n + 1)\nquery([depth("a", 0), depth("b", 0)])',
    "defined in a function": "def make():\n    @mem\n    def g(x):\n        return normal(0, 1)\n    return g\ng = make()\nh = make()\nx = randint(0, 1)\nquery([g(x) == g(x), g(x) == h(x), g(0), h(1)])",
    "called in a loop": "@mem\ndef f(x):\n    return randint(0, 9)\nt = []\nfor i in range(3):\n    if flip():\n        continue\n    t = t + [f(i % 2), f(randint(0, 1))]\nquery([t, f(0)])",
    "called by argmax": '@mem\ndef f(x):\n    return normal(0, 1)\nps = [p for p in ["a", "b", "c"] if flip()]\nbest = None if len(ps) == 0 else argmax(f, ps)\nquery([best, f("a"), sorted(ps, key=f)])',
    "called by argmax on floats": "@mem\ndef f(x):\n    return normal(0, 1)\nxs = [normal(i, 1) for i in range(3) if flip()]\nquery([sorted(xs, key=f), [f(x) for x in xs], count(lambda x: f(x) > 0, xs)])",
    "early returns": "@mem\ndef f(x):\n    if flip():\n        return x\n    if flip():\n        return normal(0, 1)\nx = randint(0, 2)\nquery([f(x), f(0), f(1), f(2)])",
    "lists as values": "@mem\ndef kids(p):\n    return [i for i in range(3) if flip()]\nx = randint(0, 1)\nquery([kids(x), kids(0), len(kids(1))])",
    "functions as values": "@mem\ndef f(x):\n    a = randint(0, 9)\n    return lambda y: a + y\ng = f(randint(0, 1))\nh = f(0)\nquery([g(1), h(1)])",
    "functions as arguments": "@mem\ndef f(g):\n    return normal(0, 1)\ndef adder(a):\n    return lambda x: x + a\ng = adder(1)\nh = adder(2)\nquery([f(g) == f(g), f(g) == f(h), f(abs) == f(abs), f(g if flip() else h), f(g)])",
    "evidence inside": "@mem\ndef f(x):\n    y = normal(x, 1)\n    observe(normal(y, 1), 2)\n    condition(y > -1 or flip(0.8))\n    return y\nx = randint(0, 2)\nquery([f(x), f(1)])",
    "errors inside": "@mem\ndef f(x):\n    return 1 / (x - randint(0, 2))\nx = randint(0, 3)\nquery([f(x), f(3)])",
    "recursion on a float": "@mem\ndef f(x):\n    return 0 if x < 0.4 or flip(0.2) else 1 + f(x / 2)\nquery([f(uniform(0, 4)), f(3.2), f(1.6), f(uniform(0, 1))])",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(text: str) -> None:
    agrees(text, checked=False)


def test_values_stay_where_they_were_when_an_entry_grows() -> None:
    found = ran(f'{MEM}a = f("x") if flip() else 0\nb = f("x")\nquery([a, b])', 500)
    for a, b in values(found):
        assert a in (0, b)
    b = torch.stack([as_tensor(row) for row in found.queries[0].items])[1]  # type: ignore[union-attr, arg-type]
    assert len(torch.unique(b)) == 500


def test_different_names_are_independent() -> None:
    for pair in ['"a,b", "c", "a", "b,c"', '"1", 1, 1, "1"', '"None", None, None, "None"', '"x) ", "y", "x", ") y"']:
        a, b, c, d = pair.split(", ")
        found = ran(f"@mem\ndef f(x, y):\n    return normal(0, 1)\nquery(f({a}, {b}) == f({c}, {d}))", 5, checked=False)
        assert set(values(found)) == {False}


def test_a_truth_value_stays_one() -> None:
    found = ran("@mem\ndef f(x):\n    return x\nquery([f(flip()), f(flip(0.5))])")
    assert {type(item) for row in values(found) for item in row} == {bool}


def test_a_body_that_would_fail_elsewhere_does_not() -> None:
    found = ran("@mem\ndef f(x):\n    return normal(0, -1)\nquery(1 if flip() else f(0))", checked=False)
    assert 0 < found.warnings[0].share < 1


def test_one_constant_draw_is_made_for_all() -> None:
    found = ran(f'{MEM}query(f("a") if flip() else 0)')
    assert found.choices["f(a)"].mask is True
