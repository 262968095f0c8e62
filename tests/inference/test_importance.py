"""Likelihood weighting: right within its own error, reproducible, and honest where it can't answer."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest

from plot.errors import ImpossibleError, PlotError, UnlikelyError
from plot.inference import Boolean, Choice, Goal, Members, Number, Part, Posterior, Problem, infer
from plot.inference.estimates.islands import Sample
from plot.inference.methods.collapsed_prior import CollapsedPrior
from plot.language import ProgramNode, parse
from tests.inference.models import PULLING, problem
from tests.support.tolerances import agrees, sd_bounds

NOTHING = ProgramNode(body=())


def posterior(text: str, **goal: float) -> Posterior:
    return infer(Problem(NOTHING, (), parse(text)), Goal(**goal), "importance")[0]  # type: ignore[arg-type]


BOOLEANS = {
    "query(flip(0.3))": 0.3,
    "a = flip(0.5)\nb = flip(0.5)\ncondition(a or b)\nquery(a and b)": 1 / 3,
    "rain = flip(0.2)\nsprinkler = flip(0.1)\nwet = rain or sprinkler\ncondition(wet)\nquery(rain)": 0.2 / 0.28,
    "bias = beta(1, 1)\nobserve(flip(bias), True)\nobserve(flip(bias), True)\nquery(flip(bias))": 0.75,
    "die = randint(1, 6)\nother = randint(1, 6)\ncondition(die + other == 9)\nquery(die == 6)": 0.25,
}
NUMBERS = {
    "x = normal(0, 1)\nobserve(normal(x, 1), 2)\nquery(x)": (1.0, math.sqrt(0.5)),
    "p = beta(2, 2)\nobserve(binomial(10, p), 7)\nquery(p)": (9 / 14, math.sqrt(9 * 5 / (14**2 * 15))),
    "x = uniform(0, 1)\ncondition(x > 0.5)\nquery(x)": (0.75, math.sqrt(1 / 48)),
    "query(poisson(3))": (3.0, math.sqrt(3)),
    "rate = gamma(2, 1)\nobserve(poisson(rate), 4)\nquery(rate)": (3.0, math.sqrt(6 / 4)),
}


@pytest.mark.parametrize("text", BOOLEANS)
def test_boolean_agrees_with_the_exact_value(text: str) -> None:
    found = posterior(text).marginals[0]
    assert isinstance(found, Boolean)
    assert agrees(found.probability, BOOLEANS[text], found.mcse)
    assert 0 < found.mcse <= 0.005


@pytest.mark.parametrize("text", NUMBERS)
def test_number_agrees_with_the_exact_value(text: str) -> None:
    found = posterior(text).marginals[0]
    mean, sd = NUMBERS[text]
    assert isinstance(found, Number)
    assert agrees(found.mean, mean, found.mcse)
    assert found.mcse <= 0.011 * sd
    assert found.sd == pytest.approx(sd, rel=0.06)


def test_a_wrong_model_fails_the_same_check() -> None:
    found = posterior("a = flip(0.5)\nb = flip(0.55)\ncondition(a or b)\nquery(a and b)", precision=0.002).marginals[0]
    assert isinstance(found, Boolean)
    assert not agrees(found.probability, 1 / 3, found.mcse)
    number = posterior("x = normal(0, 1)\nobserve(normal(x, 1), 2.1)\nquery(x)").marginals[0]
    assert isinstance(number, Number)
    assert not agrees(number.mean, 1.0, number.mcse)


def test_quantiles_of_a_normal() -> None:
    found = posterior("query(normal(50, 20))", precision=0.002).marginals[0]
    assert isinstance(found, Number)
    assert found.interval[0] == pytest.approx(50 - 1.6449 * 20, abs=1.0)
    assert found.interval[1] == pytest.approx(50 + 1.6449 * 20, abs=1.0)
    assert found.median == pytest.approx(50, abs=0.6)
    assert sum(share for _, _, share in found.histogram) == pytest.approx(1)


def test_choice_and_set() -> None:
    name = posterior('query(categorical([0.5, 0.3, 0.2], ["ann", "bob", "cy"]))').marginals[0]
    assert isinstance(name, Choice)
    for option, truth in {"ann": 0.5, "bob": 0.3, "cy": 0.2}.items():
        assert agrees(name.probabilities[option], truth, name.errors[option])
    lazy = posterior('query([x for x in ["ann", "bob"] if flip(0.7)])').marginals[0]
    assert isinstance(lazy, Members)
    for member in ("ann", "bob"):
        assert agrees(lazy.probabilities[member], 0.7, lazy.errors[member])
    assert agrees(lazy.empty, 0.09, 0.005)


def test_none_among_names_is_an_option_and_among_numbers_undefined() -> None:
    name = posterior('query("ann" if flip(0.25) else None)').marginals[0]
    assert isinstance(name, Choice)
    assert agrees(name.probabilities[None], 0.75, name.errors[None])
    number = posterior("query(normal(3, 1) if flip(0.25) else None)")
    assert isinstance(number.marginals[0], Number)
    assert agrees(number.marginals[0].undefined, 0.75, 0.005)
    assert agrees(number.marginals[0].mean, 3, number.marginals[0].mcse)
    assert any("no such finite number" in warning for warning in number.warnings)


def test_certain_answers_have_no_error() -> None:
    found = posterior("x = flip(0.5)\nquery(1 < 2)")
    assert found.marginals[0] == Boolean(1.0, 0.0)
    assert found.converged


def test_records_and_functions_are_refused() -> None:
    with pytest.raises(PlotError, match=r"record(.|\n)*\.mass"):
        posterior('r = {"mass": normal(1, 1)}\nquery(r)')
    with pytest.raises(PlotError, match="function"):
        posterior("def f(x):\n    return x\nquery(f)")


def test_log_evidence_is_right() -> None:
    found = posterior("x = normal(0, 1)\nobserve(normal(x, 1), 2)\nquery(x)")
    exact = -0.5 * math.log(2 * math.pi * 2) - 4 / 4
    assert agrees(found.log_evidence, exact, found.log_evidence_error)
    assert not agrees(found.log_evidence, exact + 0.1, found.log_evidence_error)


@pytest.mark.parametrize("text", ["a = flip(0.5)\nb = flip(0.3)\ncondition(a or b)\nquery(a)", *list(NUMBERS)[:2]])
def test_standard_errors_are_calibrated(text: str) -> None:
    truths = [0.5 / 0.65] if "flip(0.3)" in text else [NUMBERS[text][0]]
    scores = []
    for seed in range(60):
        found = posterior(text, seed=seed, particles=8_192, precision=1e-9).marginals[0]
        value = found.probability if isinstance(found, Boolean) else found.mean  # type: ignore[union-attr]
        scores.append((value - truths[0]) / found.mcse)
    low, high = sd_bounds(len(scores))
    assert low < statistics.stdev(scores) < high
    assert agrees(statistics.fmean(scores), 0, 1 / math.sqrt(len(scores)))


def test_same_seed_same_answer_and_another_seed_another() -> None:
    text = "x = normal(0, 1)\ncondition(x > 0.3)\nquery(x)"
    first, again, other = (posterior(text, seed=seed) for seed in (3, 3, 4))
    assert replace(first, seconds=0) == replace(again, seconds=0)
    assert first.marginals != other.marginals


def test_a_budget_that_is_too_small_is_said() -> None:
    found = posterior("x = randint(1, 1000)\ny = flip(0.5)\ncondition(x > 990)\nquery(y)", particles=10_000)
    assert not found.converged
    assert found.shortfall is not None and "10,000 particles" in found.shortfall
    assert any("effective sample size is only" in warning for warning in found.warnings)


def test_heavy_tails_are_said() -> None:
    found = posterior("query(cauchy(0, 1))")
    assert any("the mean may not exist" in warning for warning in found.warnings)


# -- evidence without survivors -----------------------------------------------------------------------------

SETTING = """
@mem
def strength(player):
    return normal(50, 20)
"""


def told(*pairs: tuple[str, str], question: str = 'query(strength("ann"))') -> Problem:
    parts = tuple(Part(say, parse(code, f"utterance {i}")) for i, (say, code) in enumerate(pairs, 1))
    return Problem(parse(SETTING), parts, parse(question))


STRONGER = ("Ann is stronger than Bob.", 'condition(strength("ann") > strength("bob"))')
WEAKER = ("Bob is stronger than Ann.", 'condition(strength("bob") > strength("ann"))')
CHAIN = ("Bob is stronger than Cy.", 'condition(strength("bob") > strength("cy"))')
LOOP = ("Cy is stronger than Ann.", 'condition(strength("cy") > strength("ann"))')
OTHER = ("Di is strong.", 'condition(strength("di") > 60)')


def test_two_utterances_that_clash_are_named_and_others_are_not() -> None:
    with pytest.raises(ImpossibleError) as caught:
        infer(told(OTHER, STRONGER, CHAIN, WEAKER), Goal(), "importance")
    assert "“Ann is stronger than Bob.” and “Bob is stronger than Ann.”" in caught.value.message
    assert "Di" not in caught.value.message and "Cy" not in caught.value.message


def test_three_utterances_that_clash_only_together() -> None:
    with pytest.raises(ImpossibleError) as caught:
        infer(told(STRONGER, OTHER, CHAIN, LOOP), Goal(), "importance")
    assert all(say in caught.value.message for say, _ in (STRONGER, CHAIN, LOOP))
    assert "Di" not in caught.value.message


def test_one_impossible_utterance() -> None:
    odd = ("Ann is both.", 'condition(strength("ann") > 90 and strength("ann") < 80)')
    with pytest.raises(ImpossibleError, match=r"rarer than 1 in [0-9,]+: none of(.|\n)*Ann is both"):
        infer(told(STRONGER, odd), Goal(), "importance")


def test_unlikely_is_told_from_impossible() -> None:
    rare = [(f"P{i} is a giant.", f'condition(strength("p{i}") > 95)') for i in range(8)]
    with pytest.raises(UnlikelyError, match="too unlikely for this method"):
        infer(told(*rare), Goal(particles=100_000), "importance")


def test_conditions_of_a_program_are_named_by_their_line() -> None:
    with pytest.raises(ImpossibleError, match=r"condition\(x > 1\)(.|\n)*condition\(x < 0\)"):
        posterior("x = normal(0, 1)\ncondition(x > 1)\ncondition(x < 0)\nquery(x)")


# -- flips that are marginalised of their utterances ----------------------------------------------------------------

SEASON = [("a", "b"), ("c", "a"), ("ac", "bd"), ("bc", "ad"), ("b", "c"), ("ad", "bc"), ("d", "a"), ("ab", "cd")]
PULLS = [[[f'pull("{p}", {i})' for p in team] for team in teams] for i, teams in enumerate(SEASON, 1)]
BEATEN = [f"condition({' + '.join(pulls[0])} > {' + '.join(pulls[1])})" for pulls in PULLS]
ASK = 'query(strength("a"))\nquery(lazy("b", 2))\nquery(laziness("c"))'


def never(*_: object) -> None:
    return None


def season(**goal: float) -> Posterior:
    return infer(problem(PULLING, *BEATEN, ask=ASK), Goal(**goal), "importance")[0]  # type: ignore[arg-type]


def test_flips_of_one_utterance_are_summed_out_as_if_they_were_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    found = season(precision=0.02)
    monkeypatch.setattr(CollapsedPrior, "draw", never)
    plain = season(precision=0.02, seconds=60)
    assert found.ess / found.particles > 3 * plain.ess / plain.particles
    for mine, other in zip(found.marginals, plain.marginals, strict=True):
        value = "probability" if isinstance(mine, Boolean) else "mean"
        assert agrees(getattr(mine, value), getattr(other, value), mine.mcse, other.mcse)
        assert not agrees(getattr(mine, value), getattr(other, value) * 1.3, mine.mcse, other.mcse)
    assert agrees(found.log_evidence, plain.log_evidence, found.log_evidence_error, plain.log_evidence_error)
    assert found.sites.keys() == plain.sites.keys()


def test_with_flips_summed_out_the_same_seed_gives_the_same_answer_within_the_budget() -> None:
    first, again, other = (season(seed=seed, particles=100_000, precision=1e-4) for seed in (3, 3, 4))
    assert first.particles == 100_000 and "100,000 particles" in str(first.shortfall)
    assert replace(first, seconds=0) == replace(again, seconds=0)
    assert first.marginals != other.marginals


def test_an_interruption_gives_the_best_answer_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    draw, sizes = CollapsedPrior.draw, []

    def interrupted(summed: CollapsedPrior, size: int, seed: int) -> Sample | None:
        sizes.append(size)
        if len(sizes) == 3:
            raise KeyboardInterrupt
        return draw(summed, size, seed)

    monkeypatch.setattr(CollapsedPrior, "draw", interrupted)
    found = season(precision=1e-4)
    assert len(sizes) == 3 and "interrupted" in str(found.shortfall)
    assert isinstance(found.marginals[0], Number) and found.ess > 100


def test_a_flip_that_is_shared_in_some_worlds_only_is_drawn() -> None:
    setting = "@mem\ndef f(i):\n    return flip(0.3)\n@mem\ndef s(i):\n    return normal(0, 1)\n"
    told = ["condition(f(1) and f(2) and s(1) > 0)", "condition(f(1) if s(2) > 3 else f(3))"]
    found, _ = infer(problem(setting, *told, ask="query(s(2))\nquery(f(1))"), Goal(), "importance")
    tail, density = 0.5 * math.erfc(3 / math.sqrt(2)), math.exp(-4.5) / math.sqrt(2 * math.pi)
    evidence = tail + (1 - tail) * 0.3
    number, certain = found.marginals
    assert isinstance(number, Number) and isinstance(certain, Boolean)
    assert agrees(number.mean, 0.7 * density / evidence, number.mcse)
    assert certain.probability > 0.999
    assert agrees(found.log_evidence, math.log(0.09 * 0.5 * evidence), found.log_evidence_error)


def test_errors_are_told_where_flips_are_summed_out() -> None:
    told = [*BEATEN, 'condition(1 / (0 if strength("a") > 95 else 1) > 0)']
    found, _ = infer(problem(PULLING, *told, ask=ASK), Goal(particles=200_000), "importance")
    assert any("division by zero" in warning for warning in found.warnings)
