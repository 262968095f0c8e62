"""Comprehensions: several generators and conditions, ragged sources, draws, and the functions that they make."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from tests.runtime.running import agrees, ran

PROGRAMS = {
    "a map": "query([x * 2 for x in range(3)])",
    "a filter": "query([x for x in range(4) if flip()])",
    "two filters": "query([x for x in range(5) if flip(0.8) if x % 2 == 0 or flip()])",
    "draws": "query([normal(x, 1) for x in range(3)])",
    "two generators": "query([[x, y] for x in range(3) if flip() for y in range(x) if flip()])",
    "a generator that depends on another": "query([y for xs in [[1], [2, 3], []] for y in xs])",
    "ragged sources": "xs = [x for x in range(4) if flip()]\nys = [x for x in xs if flip()]\nquery([xs, ys, [y + x for x in xs for y in ys]])",
    "within each other": "query([[y for y in range(x) if flip()] for x in range(4)])",
    "a condition that guards": "xs = [randint(0, 2) for i in range(3)]\nquery([6 / x for x in xs if x != 0])",
    "unpacking": "query([a + b for a, b in zip(range(3), [x for x in range(3) if flip()])])",
    "nested unpacking": "query([a + b + c for a, (b, c) in enumerate([[1, 2], [flip(), 4]])])",
    "the same name outside": "x = 7\nys = [x for x in range(2)]\nquery([x, ys])",
    "its own name as the source": "xs = [1, 2, randint(0, 3)]\nquery([xs for xs in xs])",
    "generator arguments": "xs = [randint(0, 2) for i in range(3)]\nquery([any(x == 0 for x in xs), all(x < 2 for x in xs), sum(x for x in xs if x > 0)])",
    "an empty one": "query([x for x in [] if flip()])",
    "in a branch": "xs = [1, 2, 3]\nif flip():\n    xs = [x for x in xs if flip()]\nquery(xs)",
    "over names": 'query([p for p in ["tom", "ann"] if p != choice(["tom", "ann"])])',
    "over records": 'rs = [{"n": randint(0, 2)} for i in range(3)]\nquery([r.n for r in rs if r.n > 0])',
    "of calls that return early": "def f(x):\n    if x == 0:\n        return None\n    return 6 / x\nquery([f(randint(0, 2)) for i in range(3)])",
    "functions that look at its names later": "fs = [lambda y: x + y for x in range(3) if flip()]\nquery([f(10) for f in fs])",
    "functions over ragged sources": "fs = [lambda y: x + y for x in range(randint(1, 3))]\nquery([f(10) for f in fs])",
    "functions that keep a value": "def adder(x):\n    return lambda y: x + y\nfs = [adder(x) for x in range(randint(1, 3))]\nquery([f(10) for f in fs])",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(text: str) -> None:
    agrees(text, checked=False)


def test_holes_are_not_evaluated() -> None:
    found = ran("xs = [0 if flip() else 2 for i in range(3)]\nquery([1 / x for x in xs if x > 0])")
    assert not found.warnings
