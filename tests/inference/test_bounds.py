"""Bounds on counterfactuals: by hand, and against laws of the noise other than the one that answers assume."""

# ruff: noqa: ISC004 - a program of a test stands on one line

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from plot import Program
from plot.inference import Boolean, Goal
from plot.inference.methods.exact.exact import Exact
from tests.oracle.problems import divided
from tests.oracle.structural import Proposition, model, simple
from tests.support.sizes import examples

TREATED = "treated = flip(0.5)\nwell = flip(0.8 if treated else 0.4)\n"
NOT = "condition(not treated and not well)\n"
CASES: dict[str, tuple[str, tuple[float, float] | None]] = {
    "what failed": (TREATED + NOT + "do(treated, True)\nquery(well)", (2 / 3, 1.0)),
    "what worked": (TREATED + "condition(treated and well)\ndo(treated, False)\nquery(well)", (0.25, 0.5)),
    "no evidence of what changes": (TREATED + "do(treated, True)\nquery(well)", None),
    "a cause": (TREATED + NOT + "do(treated, True)\nquery(treated)", None),
    "of whom nothing was told": (
        "@mem\ndef t(x):\n    return flip()\n@mem\ndef well(x):\n    return flip(0.8 if t(x) else 0.4)\n"
        "condition(not well(1))\ndo(t(2), True)\nquery(well(2))",
        None,
    ),
    "some of whom were treated": (TREATED + "condition(well)\ndo(treated, False)\nquery(well)", (0.5, 2 / 3)),
    "in each group": (
        "old = flip(0.5)\nt = flip(0.5)\nwell = flip((0.6 if old else 0.9) if t else (0.2 if old else 0.7))\n"
        "condition(not t and not well)\ndo(t, True)\nquery(well)",
        ((0.4 + 0.2) / 1.1, (0.6 + 0.3) / 1.1),
    ),
    "the fact is asked for, too": (TREATED + "condition(well)\ndo(treated, True)\nquery(well and actual(well))", None),
}


def bounded(text: str) -> list[Boolean]:
    """Return the exact answers to the queries of a program."""
    return [one for one in Exact().infer(divided(text), Goal())[0].marginals if isinstance(one, Boolean)]


@pytest.mark.parametrize("case", CASES)
def test_by_hand(case: str) -> None:
    text, truth = CASES[case]
    (found,) = bounded(text)
    assert found.bounds == (truth if truth is None else pytest.approx(truth))


@pytest.mark.parametrize("seed", range(examples(40)))
def test_they_hold_whatever_the_noise(seed: int) -> None:
    """Another law: what changes has the opposite quantile in the other world."""
    random = Random(seed)
    found = model(random, 1, ("truth", "number"))
    asked = [simple(random, found.variables[2:]) for _ in range(3)]
    other = replace(found, turned=True)
    answers = bounded(found.program([found.shown(test) for test in asked]))
    for answer, mine, turned in zip(answers, _shares(found, asked), _shares(other, asked), strict=True):
        assert answer.probability == pytest.approx(mine)
        least, most = answer.bounds or (mine, mine)
        assert least - 1e-9 <= min(mine, turned) and max(mine, turned) <= most + 1e-9


def _shares(found: object, asked: list[Proposition]) -> list[float]:
    total, shares = 0.0, [0.0] * len(asked)
    for weight, worlds in found.worlds():  # type: ignore[attr-defined]
        total += weight
        for number, test in enumerate(asked):
            shares[number] += weight * test.holds(worlds[-1])
    return [share / total for share in shares]


def test_answers_tell_them() -> None:
    answer = Program.parse(TREATED + NOT + "do(treated, True)\nquery(well)").answers()[0]
    assert answer.bounds == pytest.approx((2 / 3, 1))
    assert answer.to_json()["bounds"] == pytest.approx([2 / 3, 1])
    assert "whatever the noise, between 66.67% and 100%" in answer.answer
    plain = Program.parse(TREATED + "query(well)").answers()[0]
    assert plain.bounds is None
    assert "bounds" not in plain.to_json()
    assert "noise" not in plain.answer
