"""`for`, `break` and `continue`, over lists that differ between particles, and loops within loops."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from tests.runtime.running import agrees, ran, values

SOURCES = {
    "a constant list": "[1, 2, 3]",
    "a range": "range(3)",
    "a random range": "range(poisson(1))",
    "a ragged list": "[i for i in range(4) if flip()]",
    "one of two lists": "([1, 2] if flip() else [randint(0, 3)])",
    "an empty list": "[]",
    "a shuffled list": "shuffle([1, 2, 3])",
}
BODIES = {
    "sums": "t += x",
    "draws": "t += x * flip()",
    "breaks": "if x == 2:\n        break\n    t += 1 + x",
    "breaks at random": "t += x\n    if flip():\n        break\n    t += 10",
    "continues": "if x % 2 == 0:\n        continue\n    t += x",
    "both": "if flip(0.3):\n        continue\n    t += 1\n    if flip(0.3):\n        break\n    t += 100",
    "looks back": "t = t * 2 + x",
    "assigns in a branch": "if flip():\n        t = x\n    else:\n        u = x",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_loops(source: str, body: str) -> None:
    agrees(f"t = 0\nu = 0\nx = -5\nfor x in {source}:\n    {body}\nquery([t, u, x])", checked=False)


PROGRAMS = {
    "nested": "t = 0\nfor i in range(3):\n    for j in range(i):\n        if flip(0.4):\n            break\n        t += 10 * i + j\nquery(t)",
    "ragged within ragged": "t = []\nfor i in range(poisson(1)):\n    for j in range(randint(0, 2)):\n        t = t + [[i, j]]\nquery(t)",
    "break of the outer loop": "t = 0\nfor i in range(4):\n    stop = False\n    for j in range(2):\n        if flip(0.3):\n            stop = True\n            break\n        t += 1\n    if stop:\n        break\n    t += 100\nquery(t)",
    "continue in an inner loop": "t = 0\nfor i in range(3):\n    for j in range(3):\n        if j == i or flip(0.2):\n            continue\n        t += 1\n    t += 10\nquery(t)",
    "pairs": 'names = ["a", "b", "c"]\nt = 0\nlast_name = None\nfor i, name in enumerate([n for n in names if flip()]):\n    t += i\n    last_name = name\nquery([t, last_name])',
    "zipped": "t = 0\nfor a, b in zip([i for i in range(3) if flip()], [randint(0, 2), 5]):\n    t += a * b\nquery(t)",
    "in a branch": "t = 0\nif flip():\n    for i in range(3):\n        if flip():\n            break\n        t += 1\nelse:\n    t = -1\nquery(t)",
    "the loop variable afterwards": "x = None\nfor x in range(poisson(1)):\n    pass\nquery(x)",
    "the list is the one before the loop": "xs = [1, 2]\nfor x in xs:\n    xs = xs + [x + flip()]\nquery(xs)",
    "in a function, called twice": "def walk():\n    x = 0\n    for i in range(3):\n        x += choice([-1, 1])\n        if x == -1:\n            break\n    return x\nquery([walk(), walk()])",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(text: str) -> None:
    agrees(text)


def test_a_loop_ends_where_all_have_left_it() -> None:
    found = ran("t = 0\nfor i in range(1000):\n    if t > 2:\n        break\n    t += 1 + flip()\nquery(t)")
    assert len(found.choices) == 3
    assert set(values(found)) == {3, 4}
