"""What the text of a program tells: whether all its random choices are finite and made in all worlds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from plot.errors import PlotError
from plot.inference import Goal, Problem, infer
from plot.inference.evaluation import support_size
from plot.inference.finite import is_plainly_finite
from plot.language import Program, parse
from plot.runtime import run
from tests.inference.generated import finite_problems
from tests.runtime.agreement import BUDGET
from tests.runtime.programs import parsed, programs

PLAIN = (
    "x = flip(0.3)\ny = flip(0.9 if x else 0.1)\ncondition(x or y)\nquery(y)",
    "x = categorical([0.2, 0.8], ['a', 'b'])\nquery(x == 'a')",
    "x = randint(1, 6) + randint(1, 6)\ny = choice(['a', 'b'])\nquery(x)",
    "def f(p):\n    return p + 1\nx = flip(0.5)\nquery(f(x))",
    "x = flip(0.5)\nobserve(normal(x, 1), 0.5)\nquery(x)",
    "x = flip(flip(0.5))\nquery([x for i in range(3)])",
)
OTHERS = (
    "x = normal(0, 1)\nquery(x)",
    "x = flip(0.5)\ny = flip(0.1) if x else False\nquery(y)",
    "x = flip(0.5)\ny = x and flip(0.1)\nquery(y)",
    "x = flip(0.5)\nif x:\n    y = flip(0.1)\nquery(x)",
    "def f(p):\n    return flip(p)\nquery(f(0.5))",
    "f = flip\nx = flip(0.5)\ny = f(0.2) if x else False\nquery(y)",
    "x = flip(0.5)\nquery(1 < 2 < randint(0, 3 if x else 1))",
    "x = randint(1, 1000)\nquery(x)",
    "xs = [1, 2]\nquery(choice(xs))",
    "x = flip(0.5)\ny = flip(0.9 if x else 0.2)\ndo(x, True)\nquery(y)",
    "query([flip(0.5) for i in range(3)])",
    "observe(flip(poisson(3) > 2), True)\nquery(1)",
    "x = shuffle(['a', 'b'])\nquery(x[0])",
)


@pytest.mark.parametrize("text", PLAIN)
def test_plainly_finite(text: str) -> None:
    assert is_plainly_finite(parse(text))
    found, _ = infer(Problem(Program(body=()), (), parse(text)), Goal())
    assert found.method == "exact"


@pytest.mark.parametrize("text", OTHERS)
def test_not_plainly_finite(text: str) -> None:
    assert not is_plainly_finite(parse(text))


def check(program: Program) -> None:
    """Compare what the text tells with what particles meet."""
    if not is_plainly_finite(program):
        return
    try:
        found = run(program, 40, budget=BUDGET)
    except PlotError:
        return
    drawn = [site for site in found.choices.values() if not site.observed]
    assert all(site.mask is True and support_size(site) for site in drawn)


@given(texts=finite_problems())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_finite_programs(texts: tuple[str, list[str], str]) -> None:
    setting, evidence, ask = texts
    check(
        parse(
            "\n".join(
                [setting.replace("@mem\ndef trait(who):\n    return flip(0.3)", "trait = lambda w: 1"), *evidence, ask]
            )
        )
    )


@given(programs())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_programs(text: str) -> None:
    check(parsed(text))
