"""Laws that every inference method keeps: on programs made at random, and on programs whose answers are known.

In the tests of a method of your own:

    @pytest.mark.parametrize("law", METHOD_LAWS, ids=lambda law: law.__name__)
    def test_my_method_keeps_the_laws(law):
        law(MyMethod())
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from statistics import NormalDist

from plot._lazy import torch
from plot.errors import ImpossibleError, PlotError, UnlikelyError, UnreachedError
from plot.inference import METHODS, Boolean, Goal, Marginal, Method, Number, Part, Posterior, Problem
from plot.language import parse
from plot.testing.broken import BrokenLaw

FAILURE_RATE = 1e-6  # of a law, by chance, where the method is right
PROGRAMS = 12
GOAL = Goal(precision=0.02, seconds=60.0, seed=1)
ROUNDING = 1e-9
# Setting, evidence, question, and the posterior mean of what it asks for, by conjugacy.
CONJUGATE = (
    ("x = normal(0, 1)", "observe(normal(x, 1), 2)", "query(x)", 1.0),
    ("p = beta(2, 3)", "observe(flip(p), True)", "query(p)", 3 / 6),
    ("p = beta(1, 1)", "observe(binomial(10, p), 7)", "query(p)", 8 / 12),
    ("x = normal(50, 20)", "observe(normal(x, 10), 80)", "query(x)", 50 + 30 * 400 / 500),
)
IMPOSSIBLE = (
    ("x = flip(0.5)", ("condition(x)", "condition(not x)"), "query(x)"),
    ("x = randint(1, 6)", ("condition(x > 6)",), "query(x)"),
    ("x = flip(0.3)\ny = flip(0.0)", ("condition(y)",), "query(x)"),
)
REORDERED = (
    (
        "x = flip(0.3)\ny = randint(0, 3)",
        ("condition(x or y > 1)", "observe(flip(0.8 if x else 0.2), True)"),
        "query(x)",
    ),
    ("x = randint(0, 4)", ("observe(normal(x, 1), 2)", "observe(normal(x, 2), 4)", "condition(x > 0)"), "query(x)"),
)


def problem(setting: str, evidence: Sequence[str], question: str) -> Problem:
    """Return the problem that texts of the language state.

    Args:
        setting: Definitions.
        evidence: Conditions and observations, each of which is one utterance.
        question: Statements that end in queries.
    """
    parts = tuple(Part(f"utterance {number}", parse(text)) for number, text in enumerate(evidence, 1))
    return Problem(parse(setting), parts, parse(question))


def generated(count: int = PROGRAMS, seed: int = 0) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield finite programs with evidence of them that is possible: setting, evidence and question.

    Args:
        count: How many.
        seed: The seed of the random numbers that they are made of.
    """
    dice = random.Random(seed)  # noqa: S311 (no secret)

    def chance() -> float:
        return dice.randint(2, 18) / 20

    for _ in range(count):
        lines, truths = [f"x0 = flip({chance()})"], ["x0"]
        for number in range(1, dice.randint(2, 5)):
            before, name = dice.choice(truths), f"x{number}"
            if dice.random() < 0.3:
                lines.append(f"{name} = randint(0, 3 if {before} else 1)")
                truths.append(f"{name} > 0")
            else:
                lines.append(f"{name} = flip({chance()} if {before} else {chance()})")
                truths.append(name)
        one, other = dice.choice(truths), dice.choice(truths)
        evidence = (
            f"condition({one} or not ({other}) or x0)",
            f"observe(flip({chance()} if {other} else {chance()}), {dice.random() < 0.5})",
        )
        yield "\n".join(lines), evidence, f"query({dice.choice(truths)})"


def _figure(marginal: Marginal) -> tuple[float, float]:
    """Return the figure of a marginal that has one, with its standard error."""
    if isinstance(marginal, Boolean):
        return marginal.probability, marginal.mcse
    assert isinstance(marginal, Number)
    return marginal.mean, marginal.mcse


def _agree(found: Posterior, truth: float, count: int, where: str, error: float = 0.0) -> None:
    value, mcse = _figure(found.marginals[0])
    limit = NormalDist().inv_cdf(1 - FAILURE_RATE / 2 / count) * math.hypot(mcse, error)
    if not abs(value - truth) <= limit + ROUNDING * max(1.0, abs(truth)):
        raise BrokenLaw(f"{value:.6g} ± {mcse:.2g} where {truth:.6g} is right:\n{where}")


def _answered(method: Method, asked: Problem, goal: Goal = GOAL) -> Posterior | None:
    """Return the posterior; None where the method refuses, which it may: a refusal is not wrong."""
    try:
        return method.infer(asked, goal)[0]
    except PlotError:
        return None


def right_on_finite_programs(method: Method) -> None:
    """Answers to programs made at random are those of exact inference, within their own standard errors."""
    answered = 0
    for setting, evidence, question in generated():
        asked = problem(setting, evidence, question)
        found = _answered(method, asked)
        if found is not None:
            answered += 1
            truth, _ = _figure(METHODS["exact"].infer(asked, GOAL)[0].marginals[0])
            _agree(found, truth, PROGRAMS, "\n".join((setting, *evidence, question)))
    if not answered and all(_answered(method, problem(a, (b,), c)) is None for a, b, c, _ in CONJUGATE):
        raise BrokenLaw("the method answers none of the programs")


def right_on_conjugate_models(method: Method) -> None:
    """Posterior means of conjugate models are the known ones, within their own standard errors."""
    for setting, evidence, question, truth in CONJUGATE:
        found = _answered(method, problem(setting, (evidence,), question))
        if found is not None:
            _agree(found, truth, len(CONJUGATE), "\n".join((setting, evidence, question)))


def impossible_evidence_is_an_error(method: Method) -> None:
    """Evidence without support is an error, never an answer."""
    for setting, evidence, question in IMPOSSIBLE:
        try:
            found, _ = method.infer(problem(setting, evidence, question), GOAL)
        except (ImpossibleError, UnlikelyError, UnreachedError):
            continue
        except PlotError:
            continue  # what the method can't do at all
        raise BrokenLaw(f"{found.marginals[0]} of a program whose evidence is impossible:\n{setting}\n{evidence}")


def order_of_evidence_does_not_matter(method: Method) -> None:
    """The same evidence in another order gives the same answer, within the standard errors of both."""
    for setting, evidence, question in REORDERED:
        orders = list(permutations(evidence))
        found = [_answered(method, problem(setting, order, question)) for order in orders]
        first = next((one for one in found if one is not None), None)
        for order, one in zip(orders, found, strict=True):
            if (one is None) != (first is None):
                raise BrokenLaw(f"answered in one order and refused in another:\n{setting}\n{order}")
            if one is not None and first is not None:
                value, error = _figure(first.marginals[0])
                _agree(one, value, len(orders) * len(REORDERED), "\n".join((setting, *order, question)), error)


def same_seed_same_digits(method: Method) -> None:
    """The seed alone decides the digits, and the generators of the process are left as they were."""
    for setting, evidence, question in list(generated(3)) + [(a, (b,), c) for a, b, c, _ in CONJUGATE[:1]]:
        asked = problem(setting, evidence, question)
        before = torch.get_rng_state(), random.getstate()
        found = [_answered(method, asked)]
        if not torch.equal(torch.get_rng_state(), before[0]) or random.getstate() != before[1]:
            raise BrokenLaw("the method draws from a generator of the process")
        torch.rand(1, dtype=torch.float64)
        found.append(_answered(method, asked))
        first, again = [None if one is None else one.marginals for one in found]
        if first != again:
            raise BrokenLaw(f"{first} and then {again} with the same seed:\n{setting}")
        torch.set_rng_state(before[0])


def a_state_can_be_used_again(method: Method) -> None:
    """A state is not changed by going on from it: another question of the same evidence has the same answer twice."""
    for setting, evidence, question in generated(3, seed=4):
        asked, other = problem(setting, evidence, question), problem(setting, evidence, "query(x0)")
        try:
            _, state = method.infer(asked, GOAL)
            if state is None:
                continue
            found = [method.infer(other, replace(GOAL, seed=2), state)[0] for _ in range(2)]
        except PlotError:
            continue
        if found[0].marginals != found[1].marginals:
            raise BrokenLaw(f"{found[0].marginals[0]} and then {found[1].marginals[0]} from the same state:\n{setting}")
        truth, _ = _figure(METHODS["exact"].infer(other, GOAL)[0].marginals[0])
        _agree(found[0], truth, 3, "\n".join((setting, *evidence, "query(x0)")))


METHOD_LAWS: tuple[Callable[[Method], None], ...] = (
    right_on_finite_programs,
    right_on_conjugate_models,
    impossible_evidence_is_an_error,
    order_of_evidence_does_not_matter,
    same_seed_same_digits,
    a_state_can_be_used_again,
)

__all__ = ["METHOD_LAWS", "generated", "problem"]
