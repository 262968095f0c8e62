"""Addresses of draws: as documented, stable, one for each logical draw, and the same in any batch."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from plot.language import parse
from plot.runtime import Run, RunPlan, run
from tests.runtime.agreement import at
from tests.runtime.running import ran


def names(text: str, particles: int = 200, seed: int = 0) -> list[str]:
    return list(dict.fromkeys(site.of for site in ran(text, particles, seed, checked=False).choices.values()))


EXAMPLES = {
    "x = flip()": ["x"],
    "x = flip() + flip()": ["flip", "flip_2"],
    "x = flip()\nx = flip()\nx_2 = flip()": ["x", "x_2", "x_2_2"],
    "query(normal(0, 1))": ["normal"],
    "for i in range(2):\n    x = flip()": ["x[0]", "x[1]"],
    "for i in range(2):\n    for j in range(2):\n        x = flip()": ["x[0,0]", "x[0,1]", "x[1,0]", "x[1,1]"],
    "x = [flip() for i in range(2)]": ["flip[0]", "flip[1]"],
    "x = [[flip() for j in range(2)] for i in range(1)]": ["flip[0,0]", "flip[0,1]"],
    "x = shuffle([1, 2, 3])": ["x[0]", "x[1]"],
    "@mem\ndef strength(p):\n    return normal(50, 20)\nquery(strength('tom'))": ["strength(tom)"],
    "@mem\ndef lazy(p, m):\n    return flip(0.3)\nquery(lazy('tom', 2))": ["lazy(tom,2)"],
    "@mem\ndef f(x):\n    a = flip()\n    return a and flip()\nquery(f(None))": ["f(None).a", "f(None).flip"],
    "@mem\ndef f(x):\n    return flip()\nquery([f(True), f(1.0), f(0.5), f([1, 'a']), f({'b': 1, 'a': 'Zoë'})])": [
        "f(1)",
        "f(0.5)",
        "f([1,a])",
        "f({a:Zoë,b:1})",
    ],
    "@mem\ndef f(x):\n    return flip()\nquery([f('1'), f('a b'), f('a,b'), f('x.y'), f(''), f('#'), f(\"o'neil\")])": [
        'f("1")',
        "f(a b)",
        'f("a,b")',
        'f("x.y")',
        'f("")',
        'f("\\u0023")',
        "f(o'neil)",
    ],
    "@mem\ndef f(x):\n    return flip()\ny = normal(0, 1)\nz = f(y)\nw = f(y + 1)": ["y", "f(~z)", "f(~w)"],
    "def f():\n    return flip()\nx = f()\nquery(f())": ["x", "f"],
    "def f():\n    x = flip()\n    return x or flip()\ny = f()\nquery(f())": ["y.x", "y.flip", "f.x", "f.flip"],
    "def f(n):\n    return 0 if n == 0 else flip() + f(n - 1)\nquery(f(2))": ["f.flip", "f.f.flip"],
    "query(argmax(lambda p: flip(), [1, 2]))": ["argmax[0]:lambda", "argmax[1]:lambda"],
    "def f():\n    @mem\n    def g(x):\n        return flip()\n    return g(1)\na = f()\nb = f()": ["a.g(1)", "b.g(1)"],
    "g = lambda: flip()\nh = g\nquery(h())": ["h:lambda"],
    "beat = [flip() for i in range(2) if flip()]": ["flip_2[0]", "flip[0]", "flip_2[1]", "flip[1]"],
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples(text: str) -> None:
    assert names(text) == EXAMPLES[text]


RANDOM = [
    "x = flip()\ny = normal(0, 1) if x else uniform(0, 1)\nquery(y)",
    "def f(n):\n    if flip():\n        return 0\n    return 1 + f(n)\nquery(f(0))",
    "@mem\ndef f(x):\n    return flip()\nx = normal(0, 1) if flip() else randint(0, 3)\ny = 0\nif flip():\n    y = f(x)\nquery([y, f(x), f(x + 1)])",
    "for i in range(poisson(2)):\n    if flip():\n        continue\n    x = normal(0, 1)",
    "xs = [i for i in range(4) if flip()]\nys = [normal(0, 1) for x in xs if x > 0]\nquery(argmax(lambda x: flip(), xs + [9]))",
    "xs = shuffle([i for i in range(4) if flip()])\nx = choice(xs + [5])",
]


@pytest.mark.parametrize("text", RANDOM)
def test_a_draw_has_the_same_name_in_any_batch(text: str) -> None:
    program = parse(text)
    many = run(program, 300, RunPlan(seed=1))
    alone = [run(program, 1, RunPlan(seed=seed)) for seed in range(40)]
    known = {site.of for site in many.choices.values()}
    for found in alone:
        assert {site.of for site in found.choices.values()} <= known
        assert all(site.name == site.of for site in found.choices.values())


def drawn(found: Run, particle: int) -> list[str]:
    return [site.of for site in found.choices.values() if at(site.mask, particle)]


@pytest.mark.parametrize("text", RANDOM)
def test_one_draw_for_each_name(text: str) -> None:
    found = ran(text, 100)
    for particle in range(100):
        assert len(set(drawn(found, particle))) == len(drawn(found, particle))


@pytest.mark.parametrize("text", RANDOM)
def test_what_comes_later_changes_no_name(text: str) -> None:
    later = "\nz = flip()\nx = normal(0, 1)\nfor i in range(2):\n    y = flip()\nquery(z)"
    assert names(text + later)[: len(names(text))] == names(text)
