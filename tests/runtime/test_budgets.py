"""Budgets: whatever would not end, or not fit, ends soon with an error that names its budget and a place."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from plot.errors import BudgetError
from plot.language import Budget
from tests.runtime.running import MANY, ran, value, values
from tests.support.clock import SOON

pytestmark = pytest.mark.usefixtures("real_time")
SMALL = Budget(seconds=0.6, memory=200 * 2**20, sites=2_000)

ENDLESS = {
    "recursion": ("depth", "def f(n):\n    return f(n + 1)\nquery(f(0))"),
    "recursion in both operands": ("depth", "def f(n):\n    return f(n + 1) + f(n + 1)\nquery(f(0))"),
    "random recursion": ("depth", "def f(n):\n    return 0 if flip(0.001) else f(n + 1)\nquery(f(0))"),
    "recursion through argmax": ("depth", "def f(n):\n    return argmax(lambda x: f(n + 1), [1, 2])\nquery(f(0))"),
    "recursion through a comprehension": ("depth", "def f(n):\n    return sum([f(n + 1) for i in range(2)])\nquery(f(0))"),
    "recursion through memory": ("depth", "@mem\ndef f(n):\n    return f(n) if flip() else f(n + 1)\nquery(f(0))"),
    "a chain of functions": ("depth", "f = lambda x: x\nfor i in range(5000):\n    f = (lambda g: lambda x: g(x))(f)\nquery(f(1))"),
    "two calls of each": ("seconds", "def f(n):\n    return 1 if n == 0 else f(n - 1) + f(n - 1)\nquery(f(100))"),
    "a loop": ("seconds", "t = 0\nfor i in range(10000):\n    for j in range(10000):\n        t += 1\nquery(t)"),
    "a filter": ("seconds", "query(len([1 for i in range(10000) for j in range(10000) if i < 0]))"),
    "draws": ("sites", "t = 0\nfor i in range(10000):\n    t += flip() + flip() + flip()\nquery(t)"),
    "conditions": ("sites", "x = flip()\nfor i in range(10000):\n    for j in range(3):\n        condition(x or i >= 0)\nquery(x)"),
    "doubling": ("list_length", "xs = [flip()]\nfor i in range(60):\n    xs = xs + xs\nquery(len(xs))"),
    "a range": ("list_length", "query(len(range(10 ** 9)))"),
    "a random range": ("list_length", "query(len(range((poisson(5) + 1) * 10 ** 9)))"),
    "a huge range": ("list_length", "query(len(range(1e300)))"),
    "two generators": ("list_length", "query(len([1 for i in range(10000) for j in range(10000)]))"),
    "lists within lists": ("list_length", "x = [1]\nfor i in range(5000):\n    x = [x] if flip() else [x]\nquery(x)"),
    "a tree of lists": ("list_length", "x = [1]\ny = [1]\nfor i in range(50):\n    x = [x, x]\n    y = [y, y]\nquery(x == y)"),
    "a tree of records": ("list_length", 'x = {"a": 1}\nfor i in range(50):\n    x = {"a": x, "b": x}\nquery(x)'),
    "many remembered": ("sites", "@mem\ndef f(x):\n    return flip()\nquery(sum([f(x) for x in range(9999)] + [f(9999 + i) for i in range(5)]))"),
    "many floats remembered": ("seconds", "@mem\ndef f(x):\n    return flip()\nquery(count([f(normal(0, 1)) for i in range(9000)]))"),
    "a long shuffle": ("sites", "query(first(shuffle(range(9000))))"),
    "equal lists": ("seconds", "xs = [normal(0, 1) for i in range(1000)]\nfor i in range(9999):\n    x = xs == xs + []\nquery(x)"),
}  # fmt: skip


@pytest.mark.parametrize(("budget", "text"), ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("particles", [1, 500])
def test_what_does_not_end(budget: str, text: str, particles: int) -> None:
    started = time.monotonic()
    with pytest.raises(BudgetError) as caught:
        ran(text, particles, checked=False, budget=SMALL)
    assert caught.value.message.startswith(("over the budget of ", "the "))
    if "seconds" not in caught.value.message:
        assert f"budget of {budget}" in caught.value.message
    assert caught.value.span is not None
    assert caught.value.hint
    assert time.monotonic() - started < SOON


MEMORY = {
    "draws": "xs = [normal(0, 1) for i in range(5000)]\nquery(xs)",
    "sums": "x = normal(0, 1)\nquery([x + i for i in range(5000)])",
    "keys": "x = normal(0, 1)\nquery(argmax(lambda i: x * i, range(5000)))",
    "holes": "x = normal(0, 1)\nquery([i for i in range(5000) if x * 5000 > i])",
    "sorted": "x = normal(0, 1)\nquery(first(sorted(range(5000), key=lambda i: x + i)))",
    "probabilities": "x = normal(0, 1)\nquery(categorical([abs(x) for i in range(5000)]))",
    "a cut": "x = randint(0, 5)\nquery(len(range(5000)[x:]))",
    "a shuffle": "query(len(shuffle(range(5000))))",
}


@pytest.mark.parametrize("text", MEMORY.values(), ids=MEMORY)
def test_memory(text: str) -> None:
    with pytest.raises(BudgetError, match=r"budget of (memory|seconds)"):
        ran(text, 100_000, budget=SMALL)


def test_memory_is_given_back() -> None:
    text = "t = normal(0, 1)\nfor i in range(300):\n    xs = [t + j for j in range(30)]\n    t = xs[1] - 1\nquery(t)"
    ran(text, 10_000, budget=replace(SMALL, memory=10 * 2**20, seconds=60))


def test_lists_of_constants_cost_nothing() -> None:
    assert value("xs = range(9000)\nquery(xs[-1] + len(xs + [1]))") == 8999 + 9001


def test_many_numbers_remembered() -> None:
    found = ran("@mem\ndef f(x):\n    return flip()\nx = randint(0, 10 ** 6)\nquery(f(x) == f(x))", 300)
    assert set(values(found)) == {True}
    with pytest.raises(BudgetError, match=r"budget of (list_length|seconds)"):
        ran("@mem\ndef f(x):\n    return flip()\nquery(f(randint(0, 10 ** 6)))", 50_000, budget=SMALL)


DEEP = {
    "plain": "def f(n):\n    return 0 if n <= 0 else 1 + f(n - 1)\nquery(f(990))",
    "through argmax": "def f(n):\n    return 0 if n <= 0 else argmax(lambda x: f(n - 1), [1])\nquery(f(490))",
    "through sorted and count": "def f(n):\n    return 0 if n <= 0 else count(lambda x: f(n - 1) >= 0, sorted([1], key=lambda x: x))\nquery(f(490))",
    "through comprehensions": "def f(n):\n    return 0 if n <= 0 else sum([f(n - 1) for x in [1] if True and (x or 0)])\nquery(f(990))",
    "through memory": "@mem\ndef f(n):\n    return 0 if n <= 0 else f(n - 1) + flip()\nquery(f(990))",
    "through a choice of functions": "def f(n):\n    h = g if x else f\n    return 0 if n <= 0 else h(n - 1)\ndef g(n):\n    return 0 if n <= 0 else (f if x else g)(n - 1)\nx = flip()\nquery(f(990))",
    "through statements": "def f(n):\n    if n > 0:\n        for i in [1]:\n            if n > 0:\n                if n > 0:\n                    return (((((((f(n - 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1)\n    return 0\nquery(f(990))",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_thousand_calls_within_each_other(text: str) -> None:
    ran(text, MANY, checked=False, budget=Budget(depth=1000))


def test_deeper_than_the_stack() -> None:
    inner = "f(n + 1)"
    for _ in range(75):
        inner = f"(0 if n < 0 else {inner})"
    text = f"def f(n):\n    return {inner}\nquery(f(0))"
    with pytest.raises(BudgetError, match="budget of depth"):
        ran(text, checked=False, budget=Budget(depth=1_500))
