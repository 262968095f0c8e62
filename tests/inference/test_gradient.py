"""The gradient methods: right within their own errors, hard conditions included, and clear where they don't fit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from pyro.infer.mcmc.util import initialize_model

from plot.errors import ImpossibleError, PlotError
from plot.inference import METHODS, Boolean, Goal, Number, Part, Posterior, Problem, infer
from plot.inference.evidence.factors import Factors
from plot.inference.gradients.density import Compiled, Density, begin, frame_of, retried
from plot.inference.methods.nuts import Nuts
from plot.inference.methods.svi import Svi
from plot.inference.numerics import pareto_k
from plot.language import ProgramNode, parse
from plot.runtime import as_pyro_model
from plot.runtime.sites.randomness import Stream
from tests.inference.models import PULLING
from tests.support.tolerances import agrees

NOTHING = ProgramNode(body=())
GOAL = Goal(precision=0.02, seconds=30.0, seed=7)
MODEL = f"""{PULLING}
def beat(winner, loser, match):
    return pull(winner, match) > pull(loser, match)
"""
METHOD = {"nuts": Nuts(copies=32), "svi": Svi()}
both = pytest.mark.parametrize("method", METHOD)


def problem(question: str, *evidence: str, setting: str = "") -> Problem:
    told = tuple(Part(text, parse(text)) for text in evidence)
    return Problem(parse(setting) if setting else NOTHING, told, parse(question))


def posterior(method: str, given: Problem, goal: Goal = GOAL) -> Posterior:
    return METHOD[method].infer(given, goal)[0]


def number(found: Posterior, query: int = 0) -> Number:
    marginal = found.marginals[query]
    assert isinstance(marginal, Number)
    return marginal


def first(found: Posterior) -> tuple[float, float]:
    """The first query's mean or probability, and its error."""
    marginal = found.marginals[0]
    if isinstance(marginal, Boolean):
        return marginal.probability, marginal.mcse
    return number(found).mean, number(found).mcse


def tail(x: float) -> float:
    return 0.5 * math.erfc(x / math.sqrt(2))


def normal(x: float, mean: float, variance: float) -> float:
    return math.exp(-0.5 * (x - mean) ** 2 / variance) / math.sqrt(2 * math.pi * variance)


LEFT, RIGHT = normal(0.5, 1, 2), normal(0.5, -1, 5)

# mean of the first query, and the log evidence
EXACT: dict[str, tuple[str, float, float]] = {
    "normal": (
        "x = normal(0, 1)\nobserve(normal(x, 1), 2)\nquery(x)",
        1.0,
        -0.5 * math.log(2 * math.pi * 2) - 1.0,
    ),
    "gamma": (
        "rate = gamma(2, 1)\nobserve(poisson(rate), 4)\nquery(rate)",
        3.0,
        math.log(math.gamma(6) / math.gamma(2) / math.factorial(4) / 2**6),
    ),
    "beta": (
        "p = beta(2, 2)\nobserve(binomial(10, p), 7)\nquery(p)",
        9 / 14,
        math.log(120 * math.gamma(9) * math.gamma(5) / math.gamma(14) * 6),
    ),
    "truncated": (
        "x = normal(0, 1)\ncondition(x > 1)\nquery(x)",
        math.exp(-0.5) / math.sqrt(2 * math.pi) / tail(1.0),
        math.log(tail(1.0)),
    ),
    "ordered": (
        "x = normal(50, 20)\ny = normal(50, 20)\ncondition(x > y)\nquery(x)",
        50 + 20 / math.sqrt(math.pi),
        math.log(0.5),
    ),
    "far in the tail": (
        "x = normal(0, 1)\ncondition(x > 4)\nquery(x)",
        math.exp(-8) / math.sqrt(2 * math.pi) / tail(4.0),
        math.log(tail(4.0)),
    ),
    "moving support": (
        "x = uniform(1, 2)\ny = uniform(0, x)\ncondition(y < 1)\nquery(x)",
        1 / math.log(2),
        math.log(math.log(2)),
    ),
    "branch": (
        "x = normal(0, 1)\ny = normal(1, 1) if x > 0 else normal(-1, 2)\nobserve(normal(y, 1), 0.5)\nquery(x > 0)",
        LEFT / (LEFT + RIGHT),
        math.log(0.5 * (LEFT + RIGHT)),
    ),
}
FOR_NUTS = ("normal", "beta", "truncated", "ordered")


@pytest.mark.parametrize("name", EXACT)
def test_svi_agrees_with_the_exact_value(name: str) -> None:
    text, mean, log_evidence = EXACT[name]
    found = posterior("svi", problem(text))
    assert found.converged
    estimate, error = first(found)
    assert agrees(estimate, mean, error)
    assert agrees(found.log_evidence, log_evidence, found.log_evidence_error)
    assert found.diagnostics["pareto_k"] < 0.7
    assert found.ess >= 200


@pytest.mark.parametrize(
    "name", [*FOR_NUTS[:2], *[pytest.param(name, marks=pytest.mark.full) for name in FOR_NUTS[2:]]]
)
def test_nuts_agrees_with_the_exact_value(name: str) -> None:
    text, mean, log_evidence = EXACT[name]
    found = posterior("nuts", problem(text))
    assert found.converged
    estimate, error = first(found)
    assert agrees(estimate, mean, error)
    assert agrees(found.log_evidence, log_evidence, found.log_evidence_error)
    assert found.diagnostics["r_hat"] < 1.05
    assert found.diagnostics["divergences"] == 0
    assert 0.5 < found.diagnostics["acceptance"] <= 1


@both
def test_a_wrong_model_fails_the_same_check(method: str) -> None:
    found = number(posterior(method, problem("x = normal(0, 1)\nobserve(normal(x, 1), 2.6)\nquery(x)")))
    assert not agrees(found.mean, 1.0, found.mcse)


def test_without_the_weights_the_relaxation_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def unweighted(density: Density, points: torch.Tensor, cost: float) -> tuple[Any, torch.Tensor]:
        with torch.no_grad():
            return density.at(points), torch.zeros(len(points), dtype=torch.float64)

    monkeypatch.setattr("plot.inference.methods.nuts._weights", unweighted)
    text, mean, _ = EXACT["truncated"]
    found = number(posterior("nuts", problem(text)))
    assert not agrees(found.mean, mean, found.mcse)


# -- models ------------------------------------------------------------------------------------------------

HIERARCHY = problem(
    "query(mu)\nquery(skill('a'))",
    *[f"observe(normal(skill('{name}'), 1), {value})" for name, value in zip("abcd", (1, 2, 0.5, 3), strict=True)],
    setting="mu = normal(0, 5)\ntau = half_normal(2)\n@mem\ndef skill(player):\n    return normal(mu, tau)",
)
MATCHES = problem(
    "query(strength('ann') > strength('bob'))\nquery(lazy('ann', 'one'))",
    "condition(beat('ann', 'bob', 'one'))",
    "condition(beat('bob', 'cyd', 'two'))",
    setting=MODEL,
)
SEPARATED = problem("query(strength('a'))", "condition(strength('a') > strength('b'))", setting=MODEL)


def same(one: Posterior, other: Posterior) -> bool:
    for a, b in zip(one.marginals, other.marginals, strict=True):
        first, second = (replace(found, marginals=(m,)) for found, m in ((one, a), (other, b)))
        if not agrees(*values(first, second)):
            return False
    return agrees(one.log_evidence, other.log_evidence, one.log_evidence_error, other.log_evidence_error)


def values(one: Posterior, other: Posterior) -> tuple[float, float, float, float]:
    (a, error), (b, other_error) = first(one), first(other)
    return a, b, error, other_error


@pytest.mark.parametrize(
    ("method", "given"), [("svi", HIERARCHY), ("svi", MATCHES), ("svi", SEPARATED), ("nuts", SEPARATED)]
)
def test_agrees_with_importance_sampling(method: str, given: Problem) -> None:
    assert same(posterior(method, given), infer(given, Goal(precision=0.01), "importance")[0])


def test_what_was_not_conditioned_on_is_drawn_from_the_prior() -> None:
    for method in METHOD:
        found = number(posterior(method, problem("query(normal(3, 2))")))
        assert agrees(found.mean, 3.0, found.mcse)


# -- the density -------------------------------------------------------------------------------------------


def density_of(given: Problem) -> tuple[Density, Any]:
    density = Density(Factors(given, GOAL, Stream(GOAL.seed)), "nuts")
    start = retried(lambda: begin(density, 6.0, 512), "nuts")
    assert start is not None
    return density, start


def test_the_density_is_that_of_the_pyro_model() -> None:
    text = "x = normal(1, 2)\ny = gamma(2, 3)\nobserve(normal(x, y), 2)\ncondition(x > y)\nquery(x)"
    given = problem(text)
    density, start = density_of(given)
    points = start.drawn(8, Stream(1))
    own = [id(statement) for statement in given.program.body]
    price = torch.tensor([0.0, 6.0], dtype=torch.float64)
    model = as_pyro_model(density.factors.program, 8, relaxed=dict.fromkeys(own, price), scales=density.factors._scales)
    _, potential, transforms, _ = initialize_model(model)
    raws = {"x": 1 + 2 * points[:, 0], "y": points[:, 1].exp() / 3}
    energy = potential({name: transforms[name](raw) for name, raw in raws.items()})
    with density.relaxed(6.0):
        ours = density.log_density(points).sum()
    volume = 8 * math.log(
        2
    )  # the coordinate of x is (x - 1) / 2; that of y is log(3 y), whose volume is that of log(y)
    assert float(ours) == pytest.approx(float(-energy) + volume, abs=1e-9)


@pytest.mark.parametrize(
    "given", [HIERARCHY, MATCHES, problem(EXACT["branch"][0])], ids=["hierarchy", "matches", "branch"]
)
def test_the_tape_gives_the_gradient(given: Problem) -> None:
    density, start = density_of(given)
    compiled = Compiled(density, start.frame, 6.0, 16)
    points = start.drawn(16, Stream(1))
    found = compiled.evaluated(points)
    compiled.tape = None
    again = compiled.evaluated(points)
    assert torch.allclose(found["log"], again["log"])
    assert torch.allclose(found["gradient"], again["gradient"])


def test_the_gradient_is_that_of_differences() -> None:
    density, start = density_of(HIERARCHY)
    points = start.drawn(4, Stream(1))
    gradient = Compiled(density, start.frame, 6.0, 4).evaluated(points)["gradient"]
    for i in range(density.size):
        step = torch.zeros_like(points)
        step[:, i] = 1e-5
        slope = (density.log_density(points + step) - density.log_density(points - step)) / 2e-5
        assert torch.allclose(slope, gradient[:, i], rtol=1e-4, atol=1e-5)


def test_a_frame_and_back() -> None:
    mixing = torch.tensor([[2.0, 0.5, 0.0], [0.0, 1.0, -0.7], [0.3, 0.0, 1.5]], dtype=torch.float64)
    points = torch.randn(5_000, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) @ mixing
    frame = frame_of(points, torch.ones(5_000, dtype=torch.float64))
    assert torch.allclose(frame.z(frame.u(points)), points)
    assert torch.allclose(frame.u(points).T.cov(), torch.eye(3, dtype=torch.float64), atol=0.01)


@pytest.mark.parametrize(("shape", "low", "high"), [(0.2, -0.2, 0.5), (1.0, 0.75, 1.4)])
def test_pareto_k_finds_the_shape_of_a_tail(shape: float, low: float, high: float) -> None:
    uniform = torch.rand(20_000, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert low < pareto_k(-shape * uniform.log()) < high  # weights u^-shape: a Pareto tail of that shape


# -- where it does not fit ---------------------------------------------------------------------------------

REFUSED = {
    "is discrete": problem(
        "query(strength('ann'))",
        "condition(beat('ann', 'bob', 'one'))",
        "condition(lazy('ann', 'one'))",
        setting=MODEL,
    ),
    "equal": problem("x = normal(0, 1)\ncondition(x == 3)\nquery(x)"),
    "marginalise": problem("b = flip(0.5)\nx = normal(1 if b else 2, 1)\nobserve(normal(x, 1), 2)\nquery(x)"),
    "real-valued": problem("n = poisson(3)\nobserve(normal(n, 1), 2)\nquery(n)"),
}


@both
@pytest.mark.parametrize("words", REFUSED)
def test_a_program_that_does_not_fit_is_refused(method: str, words: str) -> None:
    with pytest.raises(PlotError, match=words) as caught:
        posterior(method, REFUSED[words])
    assert method in caught.value.message
    assert caught.value.hint is not None


def test_nuts_refuses_a_density_that_jumps() -> None:
    with pytest.raises(PlotError, match="continuous density") as caught:
        posterior("nuts", problem(EXACT["branch"][0]))
    assert caught.value.hint is not None


@both
def test_impossible_evidence_is_an_error(method: str) -> None:
    with pytest.raises(ImpossibleError):
        posterior(method, problem("query(x)", "condition(x > 1)", "condition(x < 0)", setting="x = normal(0, 1)"))


# -- randomness and budgets --------------------------------------------------------------------------------


@both
def test_the_same_seed_gives_the_same_answer_and_leaves_torch_alone(method: str) -> None:
    given = problem(EXACT["normal"][0])
    goal = replace(GOAL, precision=0.05)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, other = posterior(method, given, goal), posterior(method, given, goal)
    assert torch.equal(before, torch.get_rng_state())
    assert one.marginals == other.marginals
    if method == "svi":
        assert number(posterior(method, given, replace(goal, seed=8))).mean != number(one).mean


@pytest.mark.parametrize("method", ["svi", pytest.param("nuts", marks=pytest.mark.full)])
@pytest.mark.usefixtures("ticking")
def test_the_time_budget_is_kept_and_said(method: str) -> None:
    found = posterior(method, HIERARCHY, replace(GOAL, precision=1e-4, seconds=1.0))
    assert not found.converged
    assert found.shortfall is not None
    assert "1 s" in found.shortfall
    assert found.seconds < 10


def test_chains_that_are_too_short_say_so() -> None:
    found = Nuts(copies=8).infer(problem(EXACT["normal"][0]), replace(GOAL, precision=0.01, particles=64))[0]
    assert not found.converged
    assert 0 < found.ess <= 64
    assert any("too short" in warning for warning in found.warnings)


def test_both_go_by_their_names() -> None:
    assert {"nuts", "svi"} <= METHODS.keys()
