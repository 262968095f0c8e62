"""Adaptive importance sampling: right where exact values are known, frank where no proposal fits, and incremental."""

from __future__ import annotations

import math

import pytest
import torch

from plot.inference import Boolean, Goal, Posterior, choose, infer
from plot.inference.methods.adaptive import Adaptive, AdaptiveState
from plot.inference.numerics import pareto_k
from plot.inference.particles.fitting import UnfitError
from plot.inference.particles.proposals import StudentTProposal
from plot.runtime.sites.randomness import Stream
from tests.inference.models import PULLING, boolean, number, problem
from tests.support.tolerances import Z, agrees

SEASON = [
    'condition(pull("a", 1) > pull("b", 1))',
    'condition(pull("b", 2) > pull("c", 2))',
    'condition(pull("a", 3) + pull("c", 3) > pull("b", 3) + pull("d", 3))',
    'condition(not (pull("d", 4) > pull("a", 4)))',
    'condition(pull("c", 5) > pull("d", 5))',
    'condition(pull("a", 6) + pull("b", 6) > pull("c", 6) + pull("d", 6))',
]
ASK = 'query(strength("a"))\nquery(strength("a") > strength("b"))\nquery(laziness("d"))'


def adaptive(setting: str, *told: str, ask: str, goal: Goal | None = None) -> Posterior:
    return Adaptive().infer(problem(setting, *told, ask=ask), goal or Goal())[0]


CONJUGATE = {  # setting, what is told, what is asked; posterior mean and log evidence
    "normal": ("x = normal(0, 1)", "observe(normal(x, 1), 2)", "query(x)", 1.0, -1 - 0.5 * math.log(4 * math.pi)),
    "beta": ("p = beta(1, 1)", "observe(binomial(10, p), 7)", "query(p)", 8 / 12, -math.log(11)),
    "uniform": ("p = uniform(0, 2)", "observe(flip(p / 2), True)", "query(p)", 4 / 3, math.log(0.5)),
    "gamma": ("r = gamma(2, 1)", "observe(poisson(r), 4)", "query(r)", 3.0, math.log(5 / 2**6)),
    "parents": (
        "m = normal(1, 3)\nx = normal(m, 4)",
        "observe(normal(x, 12), 14)",
        "query(x)",
        1 + 25 * 13 / 169,
        None,
    ),
    "rare": ("x = normal(0, 1)", "observe(normal(x, 0.1), 6)", "query(x)", 6 / 1.01, None),
}


@pytest.mark.parametrize("name", CONJUGATE)
def test_known_posteriors(name: str) -> None:
    setting, told, ask, mean, evidence = CONJUGATE[name]
    found = adaptive(setting, told, ask=ask)
    assert agrees(number(found).mean, mean, number(found).mcse)
    assert not agrees(number(found).mean + 0.2 * number(found).sd, mean, number(found).mcse), (
        "a wrong answer would be told from it"
    )
    if evidence is not None:
        assert agrees(found.log_evidence, evidence, found.log_evidence_error)


def test_a_season_as_by_weighting_the_prior() -> None:
    asked = problem(PULLING, *SEASON, ask=ASK)
    found, _ = infer(asked, Goal(precision=0.003))
    plain, _ = infer(asked, Goal(precision=0.003, seconds=60), "importance")
    assert found.method == "adaptive"
    for mine, other in zip(found.marginals, plain.marginals, strict=True):
        value = "probability" if isinstance(mine, Boolean) else "mean"
        assert agrees(getattr(mine, value), getattr(other, value), mine.mcse, other.mcse)
    assert agrees(found.log_evidence, plain.log_evidence, found.log_evidence_error, plain.log_evidence_error)
    assert found.converged and found.diagnostics["pareto_k"] < 0.7


def test_hard_edges_and_impossible_regions() -> None:
    found = adaptive("x = normal(0, 1)\ny = normal(0, 1)", "condition(x > 1)", "condition(y > x)", ask="query(x)")
    upper = 0.5 * math.erfc(1 / math.sqrt(2))
    density = math.exp(-0.5) / math.sqrt(2 * math.pi)
    tail = 0.5 * math.erfc(1) / (2 * math.sqrt(math.pi))  # E[x; 1 < x < y] = phi(1) (1 - Phi(1)) - this
    assert agrees(number(found).mean, (density * upper - tail) / (upper**2 / 2), number(found).mcse)
    assert agrees(found.log_evidence, math.log(upper**2 / 2), found.log_evidence_error)


def test_a_flip_that_was_summed_out_can_be_asked_for() -> None:
    setting = "@mem\ndef p(x):\n    return uniform(0, 1)\n@mem\ndef f(x):\n    return flip(p(x))\n"
    found = adaptive(setting, "condition(f('a') or f('b'))", ask="query(f('a'))\nquery(p('a'))")
    assert agrees(boolean(found).probability, 2 / 3, boolean(found).mcse)
    assert agrees(number(found, 1).mean, 5 / 9, number(found, 1).mcse)


def test_a_flip_that_several_utterances_read() -> None:
    told = ("observe(normal(x, 1), 1 if a else 2)", "observe(flip(0.9 if a else 0.1), True)")
    found = adaptive("a = flip(0.5)\nx = normal(0, 1)", *told, ask="query(x)\nquery(a)")
    yes, no = 0.9 * math.exp(-0.25), 0.1 * math.exp(-1.0)
    assert agrees(number(found).mean, (yes / 2 + no) / (yes + no), number(found).mcse)
    assert agrees(boolean(found, 1).probability, yes / (yes + no), boolean(found, 1).mcse)
    assert agrees(found.log_evidence, math.log((yes + no) / 2 / math.sqrt(4 * math.pi)), found.log_evidence_error)


def test_nothing_told() -> None:
    found = adaptive(PULLING, ask='query(strength("a"))')
    assert agrees(number(found).mean, 50, number(found).mcse)


UNFIT = {
    "discrete": ("k = poisson(3)\nx = normal(k, 1)", "observe(normal(x, 1), 2)"),
    "many values": (
        "a = randint(1, 30)\nx = normal(0, 1)",
        "observe(normal(x, 1), 1 if a > 20 else 2)\nobserve(flip(0.9 if a > 20 else 0.1), True)",
    ),
    "comes and goes": ("x = normal(0, 1)\ny = normal(5, 1) if x > 0 else 0", "observe(normal(y, 1), 2)"),
    "moving bounds": ("r = gamma(2, 1)\nx = uniform(0, r)", "observe(normal(x, 1), 2)"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_has_no_proposal_is_left_to_others(name: str) -> None:
    setting, told = UNFIT[name]
    asked = problem(setting, *told.split("\n"), ask="query(x)")
    with pytest.raises(UnfitError) as caught:
        Adaptive().infer(asked, Goal())
    assert "--method smc" in str(caught.value)
    found, _ = infer(asked, Goal(precision=0.02))
    assert found.method != "adaptive" and math.isfinite(number(found).mean)


def test_two_modes_are_not_missed() -> None:
    told = ["observe(normal(abs(x), 0.3), 3)"] * 4
    found, _ = infer(problem("x = normal(0, 3)", *told, ask="query(x > 0)\nquery(abs(x))"), Goal(precision=0.01))
    assert agrees(boolean(found).probability, 0.5, boolean(found).mcse)


def test_a_further_question_draws_on_the_same_particles() -> None:
    first, state = Adaptive().infer(problem(PULLING, *SEASON, ask=ASK), Goal(precision=0.01))
    again, after = Adaptive().infer(problem(PULLING, *SEASON, ask=ASK), Goal(precision=0.01), state)
    assert isinstance(state, AdaptiveState) and isinstance(after, AdaptiveState)
    assert after.fit is state.fit
    assert again.marginals == first.marginals
    chosen = choose(problem(PULLING, *SEASON, ask=ASK), Goal(), "auto", state)
    assert chosen.method.name == "adaptive"


def test_a_further_utterance_goes_on_from_the_fit() -> None:
    _, state = Adaptive().infer(problem(PULLING, *SEASON[:3], ask=ASK), Goal())
    later, _ = Adaptive().infer(problem(PULLING, *SEASON, ask=ASK), Goal(), state)
    fresh, _ = Adaptive().infer(problem(PULLING, *SEASON, ask=ASK), Goal())
    assert agrees(number(later).mean, number(fresh).mean, number(later).mcse, number(fresh).mcse)
    assert agrees(later.log_evidence, fresh.log_evidence, later.log_evidence_error, fresh.log_evidence_error)


def test_a_supposition_is_taken_back() -> None:
    supposed = problem(PULLING, *SEASON, ask='condition(laziness("a") > 0.9)\nquery(strength("a"))')
    _, state = Adaptive().infer(supposed, Goal())
    asked = problem(PULLING, *SEASON, ask='query(strength("a"))\nquery(lazy("a", 1))')
    after, _ = Adaptive().infer(asked, Goal(), state)
    plain, _ = infer(asked, Goal(precision=0.003, seconds=60), "importance")
    assert agrees(number(after).mean, number(plain).mean, number(after).mcse, number(plain).mcse)
    assert agrees(
        boolean(after, 1).probability, boolean(plain, 1).probability, boolean(after, 1).mcse, boolean(plain, 1).mcse
    )


def test_what_is_certain_is_trusted() -> None:
    found, _ = infer(problem(PULLING, *SEASON, ask=f"query({SEASON[0][10:-1]})"), Goal())
    assert found.method == "adaptive" and boolean(found).probability > 0.999


def test_same_seed_same_answer_on_any_number_of_threads() -> None:
    threads = torch.get_num_threads()
    found = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(infer(problem(PULLING, *SEASON, ask=ASK), Goal(precision=0.01), "adaptive")[0])
    finally:
        torch.set_num_threads(threads)
    assert found[0].marginals == found[1].marginals


def test_errors_in_some_particles_are_warned_of() -> None:
    asked = problem("x = normal(0, 1)", "condition(1 / (0 if x > 2 else 1) > 0)", ask="query(x)")
    found, state = Adaptive().infer(asked, Goal())
    again, _ = Adaptive().infer(asked, Goal(), state)
    for posterior in (found, again):
        assert any("division by zero" in warning for warning in posterior.warnings)


def test_a_budget_of_particles_is_kept() -> None:
    found = adaptive(PULLING, *SEASON, ask=ASK, goal=Goal(precision=1e-4, particles=50_000))
    assert found.particles <= 50_000 and not found.converged and "50,000 particles" in str(found.shortfall)


# -- proposals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dims", [0, 1, 3, 20])
def test_the_proposal_knows_its_density(dims: int) -> None:
    stream = Stream(dims)
    points = stream.normals((dims, 5_000)).cumsum(0) + 3
    proposal = StudentTProposal.fitted(points, torch.full((5_000,), 1 / 5_000, dtype=torch.float64))
    drawn, density = proposal.draw(200, 1_000, stream)
    standard = torch.linalg.solve_triangular(proposal.root, drawn - proposal.mean[:, None], upper=False)
    target = -0.5 * (standard**2).sum(0) - 0.5 * dims * math.log(2 * math.pi) - proposal.root.diagonal().log().sum()
    ratio = (target - density).exp()  # of a normal density to the proposal's, whose mean is one
    error = float(ratio.std()) / math.sqrt(len(ratio))
    assert agrees(float(ratio.mean()), 1.0, max(error, 1e-9))


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.9])
def test_pareto_k_is_the_shape_of_the_tail(shape: float) -> None:
    torch.manual_seed(1)
    size = 100_000
    weights = torch.rand(size, dtype=torch.float64) ** -shape
    tail = 3 * math.sqrt(size)
    assert abs(pareto_k(weights.log()) - shape) < Z * (1 + shape) / math.sqrt(tail)


def test_pareto_k_of_weights_that_say_nothing() -> None:
    assert pareto_k(torch.full((1_000,), -torch.inf, dtype=torch.float64)) == math.inf
    assert pareto_k(torch.zeros(1_000, dtype=torch.float64)) < 0.7


def test_pareto_k_of_weights_that_are_alike() -> None:
    torch.manual_seed(5)
    few_values = torch.tensor([0.1, 0.5, 1.0], dtype=torch.float64)[torch.randint(0, 3, (20_000,))].log()
    assert pareto_k(few_values + 1e-15 * torch.randn(20_000, dtype=torch.float64)) < 0.7
    outliers = torch.cat([torch.zeros(20_000, dtype=torch.float64), torch.full((3,), 12.0, dtype=torch.float64)])
    assert pareto_k(outliers) == math.inf, "three particles have nearly all of the weight"
