"""What the text of a program tells: whether all its random choices are finite and made in all worlds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from plot.errors import PlotError
from plot.inference import Goal, Problem, choose, infer
from plot.inference.evidence.evaluation import support_size
from plot.inference.methods.exact.exact import Exact, begin
from plot.inference.methods.exact.finiteness import is_plainly_finite, may_be_finite
from plot.language import ProgramNode, parse
from plot.runtime import RunPlan, run
from tests.inference.generated import finite_problems
from tests.oracle.programs import parsed, programs
from tests.runtime.agreement import BUDGET
from tests.support.sizes import examples

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
    found, _ = infer(Problem(ProgramNode(body=()), (), parse(text)), Goal())
    assert found.method == "exact"


@pytest.mark.parametrize("text", OTHERS)
def test_not_plainly_finite(text: str) -> None:
    assert not is_plainly_finite(parse(text))


RULES = (
    "rules = [{'chance': 0.5, 'when': lambda event: True}]\n"
    "@mem\ndef happens(event):\n    return flip(last([rule.chance for rule in rules if rule.when(event)]))\n"
    "rules = rules + [{'chance': 0.8, 'when': lambda event: event == 'rain'}]\n"
    "rules = rules + [{'chance': 0.9, 'when': lambda event: event == 'traffic' and happens('rain')}]\n"
    "condition(happens('traffic'))\nquery(happens('rain'))"
)
GROWING = "def g(n):\n    return n if flip(0.5) else g(n + 1)\nquery(g(0))"
BEGUN = (
    RULES,
    "@mem\ndef ill(p):\n    return flip(0.1)\nx = flip(0.9 if ill('ann') else 0.2)\ncondition(x)\nquery(ill('ann'))",
    "x = flip(0.5)\ny = flip(0.1) if x else False\nquery(y)",
    "x = choice(['a', 'b'])\n@mem\ndef f(p):\n    return flip(0.3)\nquery(f(x))",
    "x = shuffle(['a', 'b'])\nquery(x[0])",
)
NOT_BEGUN = (
    GROWING,
    "@mem\ndef f(n):\n    return flip(0.5)\nquery(sum([2 ** n for n in range(25) if f(n)]))",
    "@mem\ndef f(p):\n    return normal(0, 1)\nquery(f('a') if flip(0.5) else 1)",
    "x = flip(0.5)\ny = 1 / 0\nquery(x)",
)


@pytest.mark.parametrize("text", BEGUN)
def test_all_values_at_once_tell_that_few_are_possible(text: str) -> None:
    problem = Problem(ProgramNode(body=()), (), parse(text))
    asked, _ = infer(problem, Goal(), "exact")
    found, _ = infer(problem, Goal())
    assert not is_plainly_finite(problem.program)
    assert choose(problem, Goal()).state is not None
    assert found.method == "exact"
    assert (found.marginals, found.log_evidence) == (asked.marginals, asked.log_evidence)


@pytest.mark.parametrize("text", NOT_BEGUN)
def test_all_values_at_once_are_too_many_or_fail(text: str) -> None:
    assert begin(Problem(ProgramNode(body=()), (), parse(text)), Goal()) is None


def test_a_beginning_is_for_its_problem_alone() -> None:
    one = Problem(ProgramNode(body=()), (), parse("x = flip(0.25)\nquery(x)"))
    other = Problem(ProgramNode(body=()), (), parse("x = flip(0.75)\nquery(x)"))
    found, _ = Exact().infer(other, Goal(), begin(one, Goal()))
    assert found.marginals == infer(other, Goal(), "exact")[0].marginals


def test_distributions_that_are_named() -> None:
    assert may_be_finite(parse(RULES))
    assert may_be_finite(parse(GROWING))
    assert not may_be_finite(parse("f = normal\nquery(f(0, 1))"))
    assert may_be_finite(parse("def f(p):\n    return poisson(3)\nquery(1)"))
    assert not may_be_finite(parse("def f(p):\n    return exponential(3)\nquery(1)"))


def check(program: ProgramNode) -> None:
    """Compare what the text tells with what particles meet."""
    if not is_plainly_finite(program):
        return
    try:
        found = run(program, 40, RunPlan(budget=BUDGET))
    except PlotError:
        return
    drawn = [site for site in found.choices.values() if not site.observed]
    assert all(site.mask is True and support_size(site) for site in drawn)


@given(texts=finite_problems())
@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
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
@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
def test_any_programs(text: str) -> None:
    check(parsed(text))
