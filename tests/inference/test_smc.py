"""Sequential Monte Carlo: right against exact values, also for rare evidence, and the same again with the same seed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from plot.errors import BudgetError, ImpossibleError, PlotError
from plot.inference import Boolean, Choice, Goal, Members, Number, Posterior, Problem, infer
from plot.inference.methods.adaptive import Adaptive
from plot.inference.methods.smc import Smc, SmcState
from plot.language import parse
from tests.inference.models import PULLING, SAFETY_NET, boolean, number, problem
from tests.support.tolerances import Z, agrees

PATIENT = Goal(seconds=SAFETY_NET)
ONE_ROUND = Smc().islands * Smc().per_island
STRENGTH = "@mem\ndef s(p):\n    return normal(0, 1)\n"
FLIPS = "@mem\ndef f(i):\n    return flip(0.1)\n"
MATCH = f"""{PULLING}
def beat(a, b, match):
    return sum([pull(p, match) for p in a]) > sum([pull(p, match) for p in b])
"""
PAPER = ('condition(beat(["tom"], ["john"], 1))', 'condition(beat(["john", "mary"], ["tom", "sue"], 2))')


def smc(setting: str, *evidence: str, ask: str, seed: int = 0, **options: float) -> Posterior:
    """Answer with one round of particles."""
    method = Smc(**options)  # type: ignore[arg-type]
    goal = Goal(seed=seed, particles=method.islands * method.per_island)
    return method.infer(problem(setting, *evidence, ask=ask), goal)[0]


def tail(x: float) -> float:
    return 0.5 * math.erfc(x / math.sqrt(2))


def density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


# -- right ---------------------------------------------------------------------------------------------------


def test_the_papers_figures() -> None:
    found = smc(MATCH, *PAPER, ask='query(strength("mary"))\nquery(strength("mary") > strength("tom"))')
    assert agrees(number(found).mean, 59.34, number(found).mcse, 0.01)
    assert number(found).sd == pytest.approx(18.12, abs=Z * number(found).mcse)
    assert agrees(boolean(found, 1).probability, 0.585, boolean(found, 1).mcse, 0.001)
    assert agrees(found.log_evidence, math.log(0.1658), found.log_evidence_error, 0.002)


def test_a_flip_that_was_summed_out_can_be_asked_for() -> None:
    setting = "@mem\ndef p(x):\n    return uniform(0, 1)\n@mem\ndef f(x):\n    return flip(p(x))\n"
    found = smc(setting, "condition(f('a') or f('b'))", ask="query(f('a'))\nquery(p('a'))")
    assert agrees(boolean(found).probability, 2 / 3, boolean(found).mcse)
    assert agrees(number(found, 1).mean, 5 / 9, number(found, 1).mcse)


SOFT = {
    "x = normal(0, 1)": ("observe(normal(x, 1), 2)", "query(x)", 1.0),
    "p = beta(1, 1)": ("observe(binomial(10, p), 7)", "query(p)", 8 / 12),
    "rate = gamma(2, 1)": ("observe(poisson(rate), 4)", "query(rate)", 3.0),
}


def test_what_other_choices_depend_on_is_not_summed_out() -> None:
    setting = """
@mem
def coin(i):
    return flip(0.5)

def heads():
    return sum([coin(i) for i in range(6)])

@mem
def spot(name):
    return categorical([i <= heads() for i in range(8)])
"""
    found = smc(setting, 'condition(spot("x") == 3)', ask="query(heads())")
    assert agrees(number(found).mean, 3.59375, number(found).mcse)


@pytest.mark.parametrize("setting", SOFT)
def test_conjugate_models(setting: str) -> None:
    evidence, ask, mean = SOFT[setting]
    found = number(smc(setting, evidence, ask=ask))
    assert agrees(found.mean, mean, found.mcse)
    assert not agrees(found.mean + 0.3, mean, found.mcse), "a wrong answer would be told from the right one"


def test_many_soft_observations() -> None:
    told = [f"observe(normal(x, 1), {value})" for value in (1.0, 2.0, 0.5, 1.5, 3.0, 2.5, 0.0, 1.5)]
    found = smc("x = normal(0, 2)", *told, ask="query(x)")
    precision = 1 / 4 + 8
    assert agrees(number(found).mean, 12.0 / precision, number(found).mcse)
    assert number(found).sd == pytest.approx(precision**-0.5, rel=0.05)


def test_structure_that_changes() -> None:
    setting = "n = flip(0.4)\nx = normal(0, 1) if n else normal(3, 2)\n"
    found = smc(setting, "observe(normal(x, 0.5), 1)", "condition(x < 1.5)", ask="query(n)\nquery(x)")
    exact = smc_reference(setting + "observe(normal(x, 0.5), 1)\ncondition(x < 1.5)\nquery(n)\nquery(x)")
    for mine, other in zip(found.marginals, exact.marginals, strict=True):
        value = "probability" if isinstance(mine, Boolean) else "mean"
        assert agrees(getattr(mine, value), getattr(other, value), mine.mcse, other.mcse)


def smc_reference(program: str) -> Posterior:
    """Answer by weighting many prior samples."""
    return infer(Problem(parse(""), (), parse(program)), Goal(precision=0.002, seconds=60), "importance")[0]


def test_a_set_over_several_rounds() -> None:
    ask = 'query([p for p in ["a", "b", "c"] if s(p) > 1])\nquery("a" if s("a") > s("b") else "b")'
    method = Smc(islands=4, per_island=256)
    found, _ = method.infer(problem(STRENGTH, "condition(s('a') > 0.5)", ask=ask), Goal(precision=0.008))
    members, choice = found.marginals
    assert isinstance(members, Members)
    assert isinstance(choice, Choice)
    assert agrees(members.probabilities["b"], tail(1), members.errors["b"])
    assert agrees(members.probabilities["a"], tail(1) / tail(0.5), members.errors["a"])
    assert found.particles > 4 * 256


# -- rare evidence -------------------------------------------------------------------------------------------

ORDER = [f"condition(s('p{i}') > s('p{i + 1}'))" for i in range(7)]
RARE: dict[str, tuple[str, list[str], str, float, float]] = {
    "one far away": (STRENGTH, ["condition(s('a') > 5)"], "query(s('a'))", density(5) / tail(5), math.log(tail(5))),
    "a conjunction": (
        STRENGTH,
        ["condition(" + " and ".join(f"s('p{i}') > 2.5" for i in range(6)) + ")"],
        "query(s('p0'))",
        density(2.5) / tail(2.5),
        6 * math.log(tail(2.5)),
    ),
    "one after the other": (
        STRENGTH,
        [f"condition(s('p{i}') > 2.5)" for i in range(6)],
        "query(s('p0'))",
        density(2.5) / tail(2.5),
        6 * math.log(tail(2.5)),
    ),
    "an order": (STRENGTH, ORDER, "query(s('p0'))", 1.4236, -math.lgamma(9)),
    "a count": (
        FLIPS,
        ["condition(count([f(i) for i in range(12)]) >= 6)"],
        "query(count([f(i) for i in range(12)]))",
        sum(k * math.comb(12, k) * 0.1**k * 0.9 ** (12 - k) for k in range(6, 13))
        / sum(math.comb(12, k) * 0.1**k * 0.9 ** (12 - k) for k in range(6, 13)),
        math.log(sum(math.comb(12, k) * 0.1**k * 0.9 ** (12 - k) for k in range(6, 13))),
    ),
}


@pytest.mark.parametrize("name", RARE)
def test_rare_evidence(name: str) -> None:
    setting, evidence, ask, mean, log_evidence = RARE[name]
    found = smc(setting, *evidence, ask=ask)
    assert agrees(number(found).mean, mean, number(found).mcse)
    assert agrees(found.log_evidence, log_evidence, found.log_evidence_error)


def test_impossible_evidence_is_named() -> None:
    with pytest.raises(ImpossibleError, match=r"s\('a'\) > s\('b'\)(.|\n)*s\('b'\) > s\('a'\)"):
        smc(
            STRENGTH,
            "condition(s('c') > 0)",
            "condition(s('a') > s('b'))",
            "condition(s('b') > s('a'))",
            ask="query(s('a'))",
        )


def test_a_clash_that_the_prior_never_meets_is_named() -> None:
    with pytest.raises(ImpossibleError) as caught:
        smc(
            STRENGTH,
            "condition(s('a') > 3)",
            "condition(s('c') > 1)",
            "condition(s('b') > s('a') + 3)",
            "condition(s('b') < 2)",
            ask="query(s('a'))",
        )
    named = [text for text in ("a') > 3", "c') > 1", "s('a') + 3", "b') < 2") if text in caught.value.message]
    assert named == ["a') > 3", "s('a') + 3", "b') < 2"]


# -- conversations -------------------------------------------------------------------------------------------


def test_a_further_utterance_goes_on_from_the_particles() -> None:
    method, goal = Smc(), Goal(particles=ONE_ROUND)
    ask = 'query(strength("mary"))'
    _, state = method.infer(problem(MATCH, PAPER[0], ask=ask), goal)
    found, after = method.infer(problem(MATCH, *PAPER, ask=ask), goal, state)
    assert agrees(number(found).mean, 59.34, number(found).mcse, 0.01)
    again, _ = method.infer(problem(MATCH, *PAPER, ask='query(lazy("tom", 1))'), goal, after)
    assert again.log_evidence == found.log_evidence, "a further question does not infer anew"


def test_a_later_utterance_may_read_what_was_summed_out() -> None:
    method, goal = Smc(), Goal(particles=ONE_ROUND)
    setting = "@mem\ndef f(x):\n    return flip(0.3)\n"
    first = problem(setting, "condition(f('a') or f('b'))", ask="query(f('b'))")
    _, state = method.infer(first, goal)
    second = problem(setting, "condition(f('a') or f('b'))", "condition(not f('a'))", ask="query(f('b'))")
    found, _ = method.infer(second, goal, state)
    assert boolean(found).probability == pytest.approx(1.0)
    assert agrees(found.log_evidence, math.log(0.7 * 0.3), found.log_evidence_error)


def test_definitions_that_are_told_are_known_to_the_question() -> None:
    found = smc(
        MATCH, 'team = ["tom", "mary"]', "condition(all([strength(p) > 60 for p in team]))",
        ask="query(count([strength(p) > 50 for p in team]))",
    )  # fmt: skip
    assert number(found).mean == pytest.approx(2.0)


# -- the same again ------------------------------------------------------------------------------------------


def test_same_seed_same_answer_on_any_number_of_threads() -> None:
    import torch

    first = smc(MATCH, *PAPER, ask='query(strength("mary"))', seed=3, per_island=32)
    threads = torch.get_num_threads()
    torch.set_num_threads(2 if threads == 1 else 1)
    again = smc(MATCH, *PAPER, ask='query(strength("mary"))', seed=3, per_island=32)
    torch.set_num_threads(threads)
    other = smc(MATCH, *PAPER, ask='query(strength("mary"))', seed=4, per_island=32)
    assert replace(first, seconds=0) == replace(again, seconds=0)
    assert first.marginals != other.marginals


def test_diagnostics_come_with_the_answer() -> None:
    found = smc(MATCH, *PAPER, ask='query(strength("mary"))')
    assert 0.1 < found.diagnostics["acceptance"] < 0.9
    assert 0 < found.diagnostics["unique_ancestors"] <= 1
    assert found.diagnostics["r_hat"] < 1.05


def test_errors_in_some_particles_are_warned_of() -> None:
    found = smc("x = normal(0, 1)\n", "condition(1 / (0 if x > 2 else 1) > 0)", ask="query(x)")
    assert any("division by zero" in warning for warning in found.warnings)
    with pytest.raises(PlotError, match="division by zero"):
        smc("x = normal(0, 1)\n", "condition(x / (x - x) > 0)", ask="query(x)")


def test_a_certain_choice_leaves_the_effective_sample_size_of_the_particles() -> None:
    found = smc("x = normal(0, 1)", "condition(x > 0)", ask='query("high" if x > 0 else "low")')
    (choice,) = found.marginals
    assert isinstance(choice, Choice)
    assert choice.probabilities["high"] > 0.999
    assert found.ess > 0.5 * found.particles


FEWER = {
    "a number": ("x = randint(0, 3 if a else 1)", "condition(a or not x > 0)"),
    "an option": ("x = choice([0, 1, 2, 3] if a else [0, 1])", "observe(normal(x, 1), 1.5)"),
    "weighted": ("x = categorical([1, 2, 3, 4] if a else [2, 1])", "observe(normal(x, 1), 2.5)"),
}


@pytest.mark.parametrize("name", FEWER)
@pytest.mark.parametrize("first", ["condition(not a)", "observe(flip(0.99 if a else 0.2), True)"])
def test_choices_among_fewer_in_some_worlds(name: str, first: str) -> None:
    setting, evidence = FEWER[name]
    given = problem(f"a = flip(0.3)\n{setting}", first, evidence, ask="query(x)")
    exact = infer(given, Goal(), "exact")[0].marginals[0]
    found = Smc(islands=64, per_island=128).infer(given, Goal(particles=8_192))[0].marginals[0]
    assert isinstance(exact, Number)
    assert isinstance(found, Number)
    assert agrees(found.mean, exact.mean, found.mcse)


@pytest.mark.usefixtures("ticking")
def test_moves_end_when_the_time_does() -> None:
    order = " and ".join(f"s('p{i}') > s('p{i + 1}')" for i in range(9))
    given = problem(STRENGTH, f"condition({order})", ask="query(s('p0'))")
    with pytest.raises(BudgetError, match="seconds"):
        Smc().infer(given, Goal(seconds=0.5))


def test_unlikely_evidence_is_told_to_more_particles_of_the_prior() -> None:
    found = smc(STRENGTH, "condition(s('a') > 2.4 and s('b') > 0)", ask="query(s('a'))")
    (number,) = found.marginals
    assert isinstance(number, Number)
    assert agrees(number.mean, density(2.4) / tail(2.4), number.mcse)
    assert agrees(found.log_evidence, math.log(tail(2.4) / 2), found.log_evidence_error)


def test_a_choice_between_constants_in_a_branch_that_comes_and_goes() -> None:
    setting = "a = flip(0.3)\nx = randint(1, 3) if a else flip(0.05) + 0"
    given = problem(setting, "observe(normal(x, 1), 3)", ask="query(a)")
    exact = infer(given, Goal(), "exact")[0].marginals[0]
    found = Smc(islands=64, per_island=128).infer(given, Goal(particles=8_192))[0].marginals[0]
    assert isinstance(exact, Boolean)
    assert isinstance(found, Boolean)
    assert agrees(found.probability, exact.probability, found.mcse)


def test_a_site_that_only_some_values_of_a_summed_flip_reach() -> None:
    setting = "@mem\ndef f(p):\n    return flip(0.4)\n@mem\ndef g(p):\n    return normal(0, 1) if f(p) else 2\n"
    found = smc(setting, "condition(g('a') > 1)", ask="query(f('a'))\nquery(g('a'))")
    evidence = 0.4 * tail(1) + 0.6
    assert agrees(boolean(found).probability, 0.4 * tail(1) / evidence, boolean(found).mcse)
    assert agrees(number(found, 1).mean, (0.4 * density(1) + 0.6 * 2) / evidence, number(found, 1).mcse)
    assert agrees(found.log_evidence, math.log(evidence), found.log_evidence_error)


def test_utterances_that_are_evaluated_together_sum_out_what_each_has_for_itself() -> None:
    """They share a long story; the sum of five normal numbers is normal, and so many flips come true on top of it."""
    story = "\n".join(f"x{i} = normal(0, 1)" for i in range(5)) + "\nt = x0 + x1 + x2 + x3 + x4\n" + FLIPS
    told = ["condition(f(1) + f(2) + t > 1)", "condition(f(3) + f(4) * f(5) + t > 1)"]
    found = smc(story, *told, ask="query(t)")
    first, second = (0.81, 0.18, 0.01), (0.9 * 0.99, 0.1 * 0.99 + 0.9 * 0.01, 0.1 * 0.01)
    weights = {(i, j): a * b for i, a in enumerate(first) for j, b in enumerate(second)}
    needed = {pair: 1 - min(pair) for pair in weights}
    spread = math.sqrt(5)
    evidence = sum(weight * tail(needed[pair] / spread) for pair, weight in weights.items())
    mean = sum(weight * spread * density(needed[pair] / spread) for pair, weight in weights.items()) / evidence
    assert agrees(found.log_evidence, math.log(evidence), found.log_evidence_error)
    assert agrees(number(found).mean, mean, number(found).mcse)


def test_what_weighs_sharply_is_approached_in_steps() -> None:
    """A density that leaves almost no particle of the prior: the sums of places of a few things among many."""
    setting = "n = randint(0, 6)\n@mem\ndef f(i):\n    return flip(0.5)\nt = sum([f(i) + 0 for i in range(n)])"
    given = problem(f"{setting}\nx = normal(0, 1)", "observe(normal(t + x, 0.001), 5.5)", ask="query(t)")
    prior = [sum(math.comb(n, k) / 2**n / 7 for n in range(k, 7)) for k in range(7)]
    weights = [share * math.exp(-((5.5 - k) ** 2) / 2) for k, share in enumerate(prior)]
    found = Smc().infer(given, Goal(particles=ONE_ROUND))[0]
    mean = sum(k * weight for k, weight in enumerate(weights)) / sum(weights)
    assert agrees(number(found).mean, mean, number(found).mcse, 0.002)
    evidence = math.log(sum(weights) / math.sqrt(2 * math.pi))
    assert agrees(found.log_evidence, evidence, found.log_evidence_error, 0.01)


def test_several_sites_that_were_summed_out_are_read_by_what_is_told_later() -> None:
    setting = f"{FLIPS}x = normal(0, 1)"
    first, later = "observe(normal(f(0) + f(1) + x, 0.5), 1)", "condition(f(0) or f(1) or x > 1)"
    before = problem(setting, first, ask="query(x)")
    after = problem(setting, first, later, ask="query(f(0) and f(1))")
    _, state = Smc().infer(before, Goal(particles=ONE_ROUND))
    found = Smc().infer(after, Goal(particles=ONE_ROUND), state)[0]
    afresh = infer(after, Goal(precision=0.002), "importance")[0]
    assert agrees(boolean(found).probability, boolean(afresh).probability, boolean(found).mcse, boolean(afresh).mcse)


@pytest.mark.parametrize(("chance", "one", "other"), [(0.4, 100, 100), (0.5, 30, 30), (0.9, 40, 40)])
def test_facts_that_speak_against_each_other_leave_the_prior(chance: float, one: float, other: float) -> None:
    told = [f"observe(normal(0 if x else {one}, 1), 0)", f"observe(normal({other} if x else 0, 1), 0)"]
    found = smc(f"x = flip({chance})", *told, ask="query(x)")
    odds = chance / (1 - chance) * math.exp(one**2 / 2 - other**2 / 2)
    truth = odds / (1 + odds)
    assert agrees(boolean(found).probability, truth, max(boolean(found).mcse, 1e-6))


@pytest.mark.parametrize("method", [Smc(), Adaptive()])
def test_no_more_particles_are_used_than_allowed(method: Smc | Adaptive) -> None:
    given = problem("x = normal(0, 1)", "observe(normal(x, 0.2), 2)", ask="query(x)")
    found, _ = method.infer(given, Goal(particles=2_000, precision=1e-4))
    assert 1_500 <= found.particles <= 2_000
    assert agrees(number(found).mean, 2 / 1.04, number(found).mcse)
    assert not found.converged


def test_further_questions_do_not_move_particles_that_have_arrived() -> None:
    """Whether they have is told by where they are, whatever is asked of them."""
    evidence = ("x = normal(0, 1)\nlazy = [flip(0.3) for i in range(3)]", "condition(x + sum(lazy) > 1)")
    goal = replace(PATIENT, precision=0.02)
    first, state = infer(problem(*evidence, ask="query(x > 1)"), goal, "smc")
    assert isinstance(state, SmcState)
    further, after = infer(problem(*evidence, ask="query(lazy[0])"), goal, "smc", state)
    assert isinstance(after, SmcState)
    assert further.particles < first.particles
    assert torch.equal(after.rounds[0].population.sites["x"].raw, state.rounds[0].population.sites["x"].raw)
    assert further.diagnostics["drift"] == first.diagnostics["drift"], "it still tells where they had come from"
    alone, _ = infer(problem(*evidence, ask="query(lazy[0])"), replace(goal, seed=1), "smc")
    assert agrees(boolean(further).probability, boolean(alone).probability, boolean(further).mcse, boolean(alone).mcse)


def test_what_an_utterance_sums_out_is_drawn_together_for_a_question() -> None:
    """Of three flips at least two are heads: the number of heads given that comes from their joint distribution."""
    evidence = ("x = normal(0, 1)\nheads = [flip() for i in range(3)]", "condition(sum(heads) + (x > 3) >= 2)")
    found, _ = infer(problem(*evidence, ask="query(sum(heads) == 3)\nquery(heads[0] and heads[1])"), PATIENT, "smc")
    total = 0.5 + tail(3.0) * 3 / 8
    assert agrees(boolean(found).probability, 0.125 / total, boolean(found).mcse)
    assert agrees(boolean(found, 1).probability, 0.25 / total, boolean(found, 1).mcse)
