"""Functions: closures, lambdas, defaults, keywords, recursion, functions as values and random choices of them."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from plot.errors import PlotError
from tests.runtime.running import agrees, ran, value

PROGRAMS = {
    "keywords and defaults": "def f(a, b=2, c=True):\n    return [a, b, c]\nquery([f(1), f(1, 3), f(c=flip(), a=4), f(1, c=5)])",
    "a random argument": "def f(x):\n    return x * x + x\nquery(f(randint(0, 3)))",
    "a closure": "def outer(x):\n    def inner(y):\n        return x + y\n    return inner\ng = outer(randint(0, 5))\nquery([g(1), g(2)])",
    "a closure over a name that changes later": "def outer():\n    x = 1\n    g = lambda: x\n    if flip():\n        x = 2\n    return g()\nquery(outer())",
    "a top-level name that changes later": "x = 1\ndef f():\n    return x\na = f()\nx = 5 if flip() else 6\nquery([a, f()])",
    "lambdas": "f = lambda a, b: a - b\nquery((lambda g: g(1, randint(0, 3)))(f))",
    "a shadowed parameter": "x = 9\ndef f(x):\n    x = x + 1\n    return x\nquery([f(randint(0, 2)), x])",
    "recursion": "def count_down(n):\n    return [] if n == 0 else [n] + count_down(n - 1)\nquery(count_down(poisson(1)))",
    "random recursion": "def walk(n):\n    if n > 8 or flip():\n        return n\n    return walk(n + randint(1, 2))\nquery(walk(0))",
    "trees": "def tree(n):\n    if n == 0 or flip(0.4):\n        return 1\n    return tree(n - 1) + tree(n - 1)\nquery(tree(4))",
    "mutual recursion": "def even(n):\n    return True if n == 0 else odd(n - 1)\ndef odd(n):\n    return False if n == 0 else even(n - 1)\nquery(even(randint(0, 5)))",
    "a random choice of function": "def double(x):\n    return x * 2\ndef draw(x):\n    return x + flip()\nf = choice([double, draw, abs, lambda x: -x])\nquery([f(-3), f(4)])",
    "functions in lists": "fs = [abs, lambda x: x + 1]\nquery([f(-2) for f in fs if flip()])",
    "functions given on": "def twice(f, x):\n    return f(f(x))\nquery(twice(lambda x: x * randint(1, 3), 5))",
    "argmax of what draws": 'query(argmax(lambda p: normal(0, 1), ["a", "b", "c"]))',
    "argmin over a ragged list": "xs = [x for x in range(5) if flip()]\nquery(None if len(xs) == 0 else argmin(lambda x: (x - 2) ** 2 + flip(), xs))",
    "ties": 'query([argmax(lambda p: 1, ["a", "b"]), argmin(lambda x: x % 2, [3, 2, 4, 1])])',
    "sorted by what draws": "query(sorted([1, 2, 3], key=lambda x: normal(x, 1)))",
    "sorted by names that nobody spoke of before": 'query(sorted([choice(["zq", "yq"]), "xq", "wq"]))',
    "sorted by names": 'query(sorted([choice(["b", "a"]), "c", "aa"], reverse=True))',
    "counted": "query(count(lambda x: flip(x / 4), [x for x in range(5) if flip()]))",
    "higher-order functions within each other": "query(argmax(lambda x: count(lambda y: flip(), range(x)), [1, 2, 3]))",
    "a function in a union": "f = abs if flip() else (lambda x: [x])\nquery(f(-1))",
    "returning nothing": "def f(x):\n    y = x\nx = f(1)\nquery(x)",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(text: str) -> None:
    agrees(text, checked=False)


def test_what_is_no_function() -> None:
    for other in ("3", "None", '"a"', "[1]"):
        with pytest.raises(PlotError, match="is not a function"):
            ran(f"f = {other}\nquery(f(1))", checked=False)
    found = ran("f = abs if flip() else 3\nquery(f(-1))")
    assert [fault.message for fault in found.warnings] == ["a number is not a function"]


@pytest.mark.parametrize(
    "call", ["f()", "f(1, 2, 3)", "f(1, c=2)", "f(1, a=2)", "abs()", "abs(1, 2)", "argmax(abs)", "range()", "max(x=1)"]
)
def test_arguments_that_do_not_fit(call: str) -> None:
    with pytest.raises(PlotError, match="does not fit"):
        ran(f"def f(a, b=1):\n    return a\ng = f\nquery({call})", checked=False)


def test_default_arguments() -> None:
    assert value("def f(a, xs=[1, 2], name='x'):\n    return [a, xs, name]\nquery(f(0))") == [0, [1, 2], "x"]
