"""What a problem says, however its constants are written."""

from __future__ import annotations

import pytest

from plot.inference.evidence.normal_form import normal_form
from plot.language import parse

ALIKE = {
    "a list that only another constant reads": (
        "a = [1, 2]\nb = a + [3]\nx = choice(b)",
        "b = [1] + [2, 3]\nx = choice(b)",
    ),
    "a number": ("n = 2 * 3\nx = normal(n, 1)", "n = 7 - 1\nx = normal(n, 1)"),
    "names that were known anyway": (
        "people = ['ann']\nnames = distinct(people + ['ann', 'bob'])\nx = choice(names)",
        "people = ['ann', 'bob']\nnames = distinct(people + ['ann', 'bob'])\nx = choice(names)",
    ),
    "what nothing reads": ("a = ['x']\nb = flip()", "b = flip()"),
}
APART = {
    "another order of names": (
        "people = ['bob', 'ann']\nnames = distinct(people)\nx = choice(names)",
        "people = ['ann', 'bob']\nnames = distinct(people)\nx = choice(names)",
    ),
    "a list that a function reads": (
        "people = ['ann']\ndef f():\n    return len(people)\nx = normal(f(), 1)",
        "people = ['ann', 'bob']\ndef f():\n    return len(people)\nx = normal(f(), 1)",
    ),
    "a name that is assigned twice": ("n = 1\nx = normal(n, 1)\nn = 2", "n = 2\nx = normal(n, 1)\nn = 2"),
    "a name that an intervention sets": ("n = 1\ndo(n, 2)\nx = normal(n, 1)", "n = 3\ndo(n, 2)\nx = normal(n, 1)"),
    "one and true": ("n = 1\nx = normal(n, 1)", "n = True\nx = normal(n, 1)"),
    "what is drawn": ("x = flip(0.5)\ny = x", "x = flip(0.25)\ny = x"),
}


@pytest.mark.parametrize("case", ALIKE)
def test_the_same_said_differently(case: str) -> None:
    one, other = ALIKE[case]
    assert normal_form(parse(one).body) == normal_form(parse(other).body)


@pytest.mark.parametrize("case", APART)
def test_something_else(case: str) -> None:
    one, other = APART[case]
    assert normal_form(parse(one).body) != normal_form(parse(other).body)
