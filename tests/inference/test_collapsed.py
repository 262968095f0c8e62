"""Probabilities that are collapsed: flips come from urns, and who asks for the probability gets its exact posterior."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plot.inference import Boolean, Goal, Number, Posterior, infer
from plot.inference.contract import Method
from plot.inference.evidence.factors import Factors
from plot.inference.methods.adaptive import Adaptive
from plot.inference.methods.smc import Smc
from plot.runtime.sites.collapsed import CollapsedBeta
from plot.runtime.sites.randomness import Stream
from tests.inference.models import problem
from tests.support.sizes import examples
from tests.support.tolerances import agrees

METHODS: dict[str, Method] = {"adaptive": Adaptive(), "smc": Smc(islands=64, per_island=256)}
GOAL = Goal(precision=0.003, seconds=20)
each_method = pytest.mark.parametrize("method", METHODS)


def setting(prior: str) -> str:
    """Return a world of things that come true with a probability of their own, and of numbers."""
    return f"""
@mem
def p(x):
    return {prior}

@mem
def f(x, i):
    return flip(p(x))

@mem
def s(x):
    return normal(0, 1)
"""


EITHER = "condition(f('a', 1) or s('a') > 0)"
ASK = "query(p('a'))\nquery(f('a', 1))\nquery(p('a') > 0.5 and f('a', 1))\nquery(s('a'))"


def collapsed(prior: str, *told: str, ask: str = ASK) -> frozenset[str]:
    factors = Factors(problem(setting(prior), *told, ask=ask), GOAL, Stream(0))
    return frozenset().union(*[factor.collapsed for factor in factors.parts])


def figure(found: Posterior, i: int) -> tuple[float, float]:
    marginal = found.marginals[i]
    assert isinstance(marginal, (Boolean, Number))
    return marginal.probability if isinstance(marginal, Boolean) else marginal.mean, marginal.mcse


# -- by hand: E[p] = m, E[p^2] = q, and the chance that p is over a half and f comes true, for each prior -----------


def power_over_half(low: float, high: float) -> float:
    """Return E[p; p > 1/2] for p uniform on an interval that holds 1/2."""
    return (high**2 - 0.25) / 2 / (high - low)


PRIORS = {  # 12 p^2 (1 - p)^2 is p times the density of beta(2, 3): its integral from 1/2 to 1 is 1/5
    "beta(2, 3)": (2 / 5, 1 / 5, 1 / 5),
    "uniform(0, 1)": (1 / 2, 1 / 3, power_over_half(0, 1)),
    "uniform(0.2, 0.7)": (0.45, (0.7**3 - 0.2**3) / 1.5, power_over_half(0.2, 0.7)),
}


def by_hand(prior: str) -> tuple[list[float], float]:
    """Return the answers to ASK after EITHER, and the log evidence: f or an even chance."""
    mean, square, over = PRIORS[prior]
    evidence = mean + (1 - mean) / 2
    positive = 0.5 * math.sqrt(2 / math.pi)  # E[s; s > 0]
    answers = [(square + (mean - square) / 2) / evidence, mean / evidence, over / evidence]
    return [*answers, (1 - mean) * positive / evidence], math.log(evidence)


@each_method
@pytest.mark.parametrize("prior", PRIORS)
def test_one_flip_by_hand(prior: str, method: str) -> None:
    assert collapsed(prior, EITHER) == {"p(a)"}
    answers, evidence = by_hand(prior)
    found, _ = METHODS[method].infer(problem(setting(prior), EITHER, ask=ASK), GOAL)
    for i, answer in enumerate(answers):
        assert agrees(figure(found, i)[0], answer, figure(found, i)[1]), i
    assert agrees(found.log_evidence, evidence, found.log_evidence_error)


@each_method
@pytest.mark.parametrize("prior", PRIORS)
def test_a_later_question_asks_for_what_was_put_off(prior: str, method: str) -> None:
    first = problem(setting(prior), EITHER, ask="query(s('a'))")
    _, state = METHODS[method].infer(first, GOAL)
    later = problem(setting(prior), EITHER, ask=ASK)
    found, _ = METHODS[method].infer(later, GOAL, state)
    for i, answer in enumerate(by_hand(prior)[0]):
        assert agrees(figure(found, i)[0], answer, figure(found, i)[1]), i


@pytest.mark.parametrize("wrong", ["mean", "drawn"])
def test_a_wrong_urn_fails_the_same_check(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right_mean, right_drawn = CollapsedBeta.mean, CollapsedBeta.drawn
    if wrong == "mean":
        monkeypatch.setattr(CollapsedBeta, "mean", lambda collapsed_beta, mask: 0.8 * right_mean(collapsed_beta, mask))
    else:
        monkeypatch.setattr(
            CollapsedBeta, "drawn", lambda collapsed_beta, *found: 0.98 * right_drawn(collapsed_beta, *found)
        )
    found, _ = Adaptive().infer(problem(setting("beta(2, 3)"), EITHER, ask=ASK), GOAL)
    answers, _ = by_hand("beta(2, 3)")
    assert not all(agrees(*figure(found, i)[:1], answer, figure(found, i)[1]) for i, answer in enumerate(answers))


@each_method
def test_several_flips_of_one_probability(method: str) -> None:
    """Polya's urn: after beta(2, 3), all of three flips are true in 2/5 * 3/6 * 4/7 of the worlds, none in 3/5 * ..."""
    told = "condition(f('a', 1) == f('a', 2) and f('a', 2) == f('a', 3))"
    assert collapsed("beta(2, 3)", told) == {"p(a)"}
    found, _ = METHODS[method].infer(
        problem(setting("beta(2, 3)"), told, ask="query(f('a', 1))\nquery(p('a'))\nquery(f('a', 4))"), GOAL
    )
    all_true, none = 2 / 5 * 3 / 6 * 4 / 7, 3 / 5 * 4 / 6 * 5 / 7
    chance = all_true / (all_true + none)
    mean = (5 * chance + 2 * (1 - chance)) / 8
    for i, answer in enumerate([chance, mean, mean]):
        assert agrees(figure(found, i)[0], answer, figure(found, i)[1]), i
    assert agrees(found.log_evidence, math.log(all_true + none), max(found.log_evidence_error, 1e-6))


# -- what is collapsed, and what is not -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prior", "told"),
    [
        ("beta(2, 3)", [EITHER, "condition(f('a', 2) or s('b') > 0)"]),  # two utterances flip it
        ("beta(2, 3)", [EITHER, "condition(p('a') > 0.1)"]),
        ("beta(2, 3)", ["condition(f('a', 1) or p('a') > 0.5)"]),  # it is looked at
        ("beta(2, 3)", ["condition(f('a', 1) or s('a') > 0)\nobserve(flip(p('a')), True)"]),
        ("uniform(0.2, 0.7)", ["condition(f('a', 1) or f('a', 2))"]),  # no urn is known
        ("uniform(0, 2) / 2", [EITHER]),
        ("normal(0.5, 0.01)", [EITHER]),
        ("(beta(2, 3) if flip(0.5) else 0.5)", [EITHER]),
    ],
)
def test_what_is_not_put_off(prior: str, told: list[str]) -> None:
    assert not collapsed(prior, *told)
    asked = problem(setting(prior), *told, ask="query(p('a'))")
    found, _ = METHODS["smc"].infer(asked, GOAL)
    plain, _ = infer(asked, GOAL, "importance")
    assert agrees(*(figure(found, 0)[0], figure(plain, 0)[0]), figure(found, 0)[1], figure(plain, 0)[1])


@each_method
def test_what_a_later_utterance_reads_is_drawn_for_it(method: str) -> None:
    """What was collapsed is sampled from then on: with p over a half known, and f as likely as p."""
    _, state = METHODS[method].infer(problem(setting("uniform(0, 1)"), EITHER, ask=ASK), GOAL)
    asked = problem(setting("uniform(0, 1)"), EITHER, "condition(p('a') > 0.5)", ask=ASK)
    found, _ = METHODS[method].infer(asked, GOAL, state)
    over, square = 3 / 8, 7 / 24  # E[p; p > 1/2], E[p^2; p > 1/2]
    evidence = over + (1 / 2 - over) / 2
    answers = [(square + (over - square) / 2) / evidence, over / evidence]
    for i, answer in enumerate(answers):
        assert agrees(figure(found, i)[0], answer, figure(found, i)[1]), i


@each_method
def test_parameters_may_be_random(method: str) -> None:
    prior = "uniform(0, 1 / (1 + exp(s(x))))"
    assert collapsed(prior, EITHER) == {"p(a)"}
    asked = problem(setting(prior), EITHER, ask=ASK)
    found, _ = METHODS[method].infer(asked, GOAL)
    plain, _ = infer(asked, GOAL, "importance")
    for i in range(4):
        assert agrees(figure(found, i)[0], figure(plain, i)[0], figure(found, i)[1], figure(plain, i)[1]), i


@each_method
def test_some_particles_only_flip_it(method: str) -> None:
    """A branch on a sampled number: elsewhere the probability is as in the prior."""
    told = "condition(f('a', 1) if s('a') > 0 else s('a') < -1)"
    assert collapsed("beta(2, 3)", told) == {"p(a)"}
    found, _ = METHODS[method].infer(problem(setting("beta(2, 3)"), told, ask="query(p('a'))\nquery(f('a', 1))"), GOAL)
    tail = 0.5 * math.erfc(1 / math.sqrt(2))
    evidence = 0.5 * 2 / 5 + tail
    assert agrees(figure(found, 0)[0], (0.5 * 1 / 5 + tail * 2 / 5) / evidence, figure(found, 0)[1])
    assert agrees(figure(found, 1)[0], (0.5 * 2 / 5 + tail * 2 / 5) / evidence, figure(found, 1)[1])


@each_method
@pytest.mark.parametrize("prior", ["beta(2, 3)", "0.4"])
def test_no_particle_that_is_left_reaches_it(prior: str, method: str) -> None:
    told = ["condition(s('a') < 0)", "condition(f('a', 1) if s('a') > 0 else True)"]
    found, _ = METHODS[method].infer(problem(setting(prior), *told, ask="query(f('a', 1))\nquery(p('a') + 0)"), GOAL)
    assert agrees(figure(found, 0)[0], 0.4, figure(found, 0)[1])
    assert agrees(figure(found, 1)[0], 0.4, max(figure(found, 1)[1], 1e-9))


@each_method
def test_same_seed_same_answer(method: str) -> None:
    asked = problem(setting("beta(2, 3)"), EITHER, ask=ASK)
    first, again = (METHODS[method].infer(asked, replace(GOAL, precision=0.01))[0] for _ in range(2))
    assert first.marginals == again.marginals and first.log_evidence == again.log_evidence


# -- programs made at random ----------------------------------------------------------------------------------

PRIOR = st.sampled_from(["beta(2, 3)", "uniform(0, 1)", "uniform(0.1, 0.6)", "beta(1 + exp(s(x)), 2)"])
TERMS = st.sampled_from(
    ["f('{0}', 1)", "not f('{0}', 1)", "f('{0}', 1) and f('{1}', 1)", "f('{0}', 1) + s('{0}') > s('{1}')"]
)
OTHERS = st.sampled_from(["s('{0}') > 0", "s('{0}') + s('{1}') > 1", "f('{1}', 2)"])


@st.composite
def utterances(draw: st.DrawFn) -> list[str]:
    found = []
    for names in draw(st.sampled_from([["ab"], ["ab", "cd"], ["ab", "bc"], ["ab", "cd", "ef"]])):
        term, other = draw(TERMS).format(*names), draw(OTHERS).format(*names)
        found.append(f"condition(({term}) or ({other}))")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("method", ["auto", "smc"])
@given(prior=PRIOR, told=utterances())
@settings(max_examples=examples(10), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_generated_programs_as_by_weighting_the_prior(method: str, prior: str, told: list[str]) -> None:
    asked = problem(setting(prior), *told, ask="query(p('a'))\nquery(f('b', 1))\nquery(s('a'))")
    plain, _ = infer(asked, Goal(precision=0.005, seconds=20), "importance")
    found = infer(asked, GOAL)[0] if method == "auto" else METHODS[method].infer(asked, GOAL)[0]
    for i in range(3):
        assert agrees(figure(found, i)[0], figure(plain, i)[0], figure(found, i)[1], figure(plain, i)[1]), i
    assert agrees(found.log_evidence, plain.log_evidence, found.log_evidence_error, plain.log_evidence_error)
