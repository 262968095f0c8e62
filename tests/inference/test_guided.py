"""Guided sampling: any guide is put right by the weights, a learned one finds what is rare, and says where it can't."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from math import comb

import pytest
import torch

from plot._lazy import dist
from plot.errors import ImpossibleError
from plot.inference import Goal, choose, infer
from plot.inference.evidence.factors import Factors
from plot.inference.methods.guided.binary_chain import BinaryChain
from plot.inference.methods.guided.guide import Guide, Guided, Tilt
from plot.inference.methods.guided.guided import GuidedSampling, GuidedState
from plot.inference.methods.guided.training import GuidedRun
from plot.inference.numerics import kish
from plot.inference.particles.fitting import UnfitError
from plot.language import parse
from plot.runtime import RunPlan, run
from plot.runtime.sites.randomness import Stream
from plot.runtime.values.values import as_tensor
from tests.inference.models import SAFETY_NET, boolean, number, problem
from tests.support.tolerances import agrees

SIZE = 20_000
PATIENT = Goal(seconds=SAFETY_NET)

COMING_AND_GOING = """
a = flip(0.3)
n = geometric(0.4) if a else 0
order = shuffle(["x", "y", "z"])
b = [flip(0.2 if a else 0.9) for i in range(min(n, 3) + 1)]
c = categorical([0.1, 0.2, 0.7]) if b[0] else 1
"""
ASKED = "query(a)\nquery(n)\nquery(order[0] == 'x')\nquery(sum(b))\nquery(c)"

# A couple has up to three children, each of them perhaps children; two names fall on people at random.
TREE = """
def tree(depth, kind):
    people = [kind]
    if flip(0.5):
        people = people + [kind]
        if depth < 2:
            for i in range(min(geometric(0.5), 3)):
                people = people + tree(depth + 1, kind + 1)
    return people

people = tree(0, 0)
order = shuffle(range(len(people)))
def generation(i):
    return people[order[i]]
"""
UNLIKELY = [
    "condition(len(people) > 5)",
    "condition(generation(0) == 2)",
    "condition(generation(1) == 2)",
    "condition(generation(2) == 0)",
    "condition(generation(3) == 1)",
]


@pytest.mark.parametrize(
    "distribution",
    [
        dist.Bernoulli(torch.tensor(0.3)),
        dist.Bernoulli(torch.tensor([0.0, 0.25, 1.0])),
        dist.Categorical(torch.tensor([0.0, 0.5, 0.2, 0.3])),
        dist.Categorical(torch.tensor([[1.0, 0.0], [0.25, 0.75], [0.0, 1.0]])),
        dist.Geometric(torch.tensor([0.2, 0.7, 1.0])),
    ],
)
def test_a_chain_has_the_probabilities_of_its_distribution(distribution: dist.Distribution) -> None:
    chain = BinaryChain.of(distribution)
    assert chain is not None
    for code in range(chain.steps + 1):
        codes = torch.full((3,), code)
        survive = (1 - chain.chances[:code]).prod(0)
        last = chain.chances[code] if code < chain.steps else torch.ones(1)
        raw = chain.raw(codes, Stream(1))
        assert torch.equal(chain.codes(raw), codes)
        if isinstance(distribution, dist.Geometric) and code == chain.steps:
            continue  # all larger counts
        expected = distribution.log_prob(raw).exp()
        assert torch.allclose((survive * last).expand(3).double(), expected.expand(3).double(), atol=1e-6)


def guide_at_random(program: str) -> Guide:
    """Return a guide that knows nothing, but tilts all that a program draws."""
    source = Guided([Guide()], 100, Stream(1))
    run(parse(program), 100, RunPlan(source=source))
    steps = {met.address: met.chain.steps for met in source.met}
    rows, row, tilts = {}, 0, {}
    for address, count in steps.items():
        rows[address] = row
        for k in range(count):
            products = (torch.randint(row, (3, 2)), torch.randint(row + 3, (2, 2))) if row else ()
            weights = torch.randn(row + sum(len(pairs) for pairs in products)) / math.sqrt(max(row, 1))
            tilts[address, k] = Tilt(float(torch.randn(())), torch.arange(row), weights, products)
        row += count
    return Guide(steps, rows, tilts)


def figures(text: str, source: Guided | None) -> list[torch.Tensor]:
    found = run(parse(text), SIZE, RunPlan(seed=4, source=source))
    return [as_tensor(query).double().expand(SIZE) for query in found.queries]


@pytest.mark.parametrize(("seed", "guides"), [(0, 1), (1, 1), (2, 2), (3, 3)])
def test_weights_put_any_guides_right(seed: int, guides: int) -> None:
    text = COMING_AND_GOING + ASKED
    torch.manual_seed(seed)
    source = Guided([guide_at_random(text) for _ in range(guides)], SIZE, Stream(4))
    plain, guided = figures(text, None), figures(text, source)
    weights = source.log_ratio.exp()
    astray = 0
    assert agrees(float(weights.mean()), 1.0, float(weights.std()) / math.sqrt(SIZE))
    for one, other in zip(plain, guided, strict=True):
        error, weighted = float(one.std()) / math.sqrt(SIZE), weights * other
        assert agrees(float(weighted.mean()), float(one.mean()), error, float(weighted.std()) / math.sqrt(SIZE))
        astray += not agrees(float(other.mean()), float(one.mean()), error, float(other.std()) / math.sqrt(SIZE))
    assert astray >= 3, "without the weights the answers are wrong"


def test_what_one_guide_misses_another_one_shows() -> None:
    asked = problem("a = [flip() for i in range(10)]", "condition(sum(a) == 0 or sum(a) == 10)", ask="query(a[0])")
    factors = Factors(asked, PATIENT.started(), Stream(1))
    sites = [met.address for met in GuidedRun.of(factors, (Guide(),), 10).met]
    steps, rows = dict.fromkeys(sites, 1), {site: i for i, site in enumerate(sites)}
    nothing = torch.zeros(0, dtype=torch.int64)
    high, low = (
        Guide(steps, rows, {(site, 0): Tilt(tilt, nothing, torch.zeros(0)) for site in sites}) for tilt in (6.0, -6.0)
    )
    both, one = GuidedRun.of(factors, (high, low), SIZE), GuidedRun.of(factors, (high, high), SIZE)
    weights = both.levels[-1].exp()
    assert agrees(float(weights.mean()), 0.5**9, float(weights.std()) / math.sqrt(SIZE))
    assert agrees(both.evidence.log_evidence, -9 * math.log(2), both.evidence.error)
    assert kish(one.levels[-1]) > 0.5 * SIZE, "nothing shows that half of the posterior is missed"
    assert one.missed == 0.0
    assert agrees(both.missed, 0.5, 0.5 / math.sqrt(kish(both.levels[-1])))


def test_without_a_guide_nothing_is_tilted() -> None:
    source = Guided([Guide()], SIZE, Stream(4))
    for one, other in zip(
        figures(COMING_AND_GOING + ASKED, None), figures(COMING_AND_GOING + ASKED, source), strict=True
    ):
        assert torch.equal(one, other)
    assert bool((source.log_ratio.abs() < 1e-12).all())


def test_rare_counts_as_by_hand() -> None:
    asked = problem(
        "x = [flip(0.1) for i in range(16)]",
        "condition(sum(x) >= 9)",
        "condition(x[0] or x[1])",
        ask="query(sum(x))\nquery(x[0])",
    )
    found, _ = GuidedSampling().infer(asked, PATIENT)
    chances: Mapping[int, float] = {k: (comb(16, k) - comb(14, k)) * 0.1**k * 0.9 ** (16 - k) for k in range(9, 17)}
    total = sum(chances.values())
    first = sum(comb(15, k - 1) * 0.1**k * 0.9 ** (16 - k) for k in chances) / total
    assert total < 1e-5
    assert agrees(number(found).mean, sum(k * p for k, p in chances.items()) / total, number(found).mcse)
    assert agrees(boolean(found, 1).probability, first, boolean(found, 1).mcse)
    assert agrees(found.log_evidence, math.log(total), found.log_evidence_error)


@pytest.mark.full
def test_unlikely_trees_as_by_moving_particles() -> None:
    asked = problem(
        TREE, *UNLIKELY, ask="query(len(people))\nquery(people[1] == 0)\nquery(sum([p == 2 for p in people]))"
    )
    goal = replace(PATIENT, precision=0.01)
    found, state = infer(asked, goal)
    assert found.method == "guided" and found.converged and isinstance(state, GuidedState)
    plain, _ = infer(asked, replace(PATIENT, precision=0.02), "importance")
    for i in (0, 2):
        assert agrees(number(found, i).mean, number(plain, i).mean, number(found, i).mcse, number(plain, i).mcse)
    assert agrees(found.log_evidence, plain.log_evidence, found.log_evidence_error, plain.log_evidence_error)
    assert found.ess / found.particles > 20 * plain.ess / plain.particles, "that is what the guide is for"


@pytest.mark.full
def test_further_questions_and_facts_go_on_from_there() -> None:
    goal = replace(PATIENT, precision=0.02)
    _, state = infer(problem(TREE, *UNLIKELY[:-1], ask="query(len(people))"), goal)
    assert isinstance(state, GuidedState)
    again, after = infer(problem(TREE, *UNLIKELY[:-1], ask="query(people[2] == 1)"), goal, state=state)
    assert isinstance(after, GuidedState) and after.guides is state.guides and again.method == "guided"
    fresh, _ = infer(problem(TREE, *UNLIKELY[:-1], ask="query(people[2] == 1)"), goal)
    assert agrees(boolean(again).probability, boolean(fresh).probability, boolean(again).mcse, boolean(fresh).mcse)
    more, last = infer(problem(TREE, *UNLIKELY, ask="query(len(people))"), goal, state=after)
    alone, _ = infer(problem(TREE, *UNLIKELY, ask="query(len(people))"), goal)
    assert isinstance(last, GuidedState) and last.guides is not state.guides
    assert agrees(number(more).mean, number(alone).mean, number(more).mcse, number(alone).mcse)


def test_a_further_question_and_a_further_fact_as_by_hand() -> None:
    setting, first = "x = [flip(0.1) for i in range(12)]", "condition(sum(x) >= 6)"
    _, state = GuidedSampling().infer(problem(setting, first, ask="query(sum(x))"), PATIENT)
    assert isinstance(state, GuidedState)
    again, after = GuidedSampling().infer(problem(setting, first, ask="query(x[0])"), PATIENT, state)
    assert isinstance(after, GuidedState) and after.guides is state.guides
    many = [comb(12, k) * 0.1**k * 0.9 ** (12 - k) * (k >= 6) for k in range(13)]
    share = sum([k * p for k, p in enumerate(many)]) / 12 / sum(many)
    assert agrees(boolean(again).probability, share, boolean(again).mcse)
    more, last = GuidedSampling().infer(
        problem(setting, first, "condition(not x[1])", ask="query(x[0])"), PATIENT, after
    )
    assert isinstance(last, GuidedState) and last.guides is not state.guides
    left = [comb(11, k) * 0.1**k * 0.9 ** (11 - k) * (k >= 6) for k in range(12)]
    share = sum([k * p for k, p in enumerate(left)]) / 11 / sum(left)
    assert agrees(boolean(more).probability, share, boolean(more).mcse)


def test_no_run_comes_near_counts_that_contradict_each_other() -> None:
    told = ["condition(sum(x) > 7)", "condition(sum(x) < 6)"]
    clash = problem("x = [flip(0.1) for i in range(12)]\nsure = geometric(0.5)", *told, ask="query(sure)")
    with pytest.raises(UnfitError, match="no sample comes near"):
        GuidedSampling().infer(clash, PATIENT)


def test_same_seed_same_answer() -> None:
    asked = problem("x = [flip(0.1) for i in range(12)]", "condition(sum(x) >= 6)", ask="query(sum(x))")
    one, two = (GuidedSampling().infer(asked, replace(PATIENT, precision=0.02))[0] for _ in range(2))
    assert one.marginals == two.marginals and one.log_evidence == two.log_evidence
    other, _ = GuidedSampling().infer(asked, replace(PATIENT, precision=0.02, seed=1))
    assert other.marginals != one.marginals


@pytest.mark.full
def test_what_no_run_comes_near_is_left_to_others() -> None:
    setting = TREE + "\nsure = geometric(0.5)"
    clash = problem(setting, "condition(len(people) > 5)", "condition(len(people) < 4)", ask="query(sure)")
    with pytest.raises(UnfitError, match="no sample comes near"):
        GuidedSampling().infer(clash, PATIENT)
    with pytest.raises(ImpossibleError):
        infer(clash, PATIENT)


def test_the_choice_says_why() -> None:
    asked = problem(TREE, *UNLIKELY, ask="query(len(people))")
    chosen = choose(asked, Goal())
    assert chosen.method.name == "guided" and "odds learned" in chosen.reason
    real = problem(TREE + "\nh = normal(0, 1)", *UNLIKELY, "condition(h > 3)", ask="query(h)")
    assert choose(real, Goal()).method.name == "smc"


DIGITS: dict[str, tuple[str, str, str, float, float]] = {
    "the highest of many": ("x = randint(0, 999999)", "x >= 999000", "x >= 999500", 0.5, 0.001),
    "some digits": ("x = randint(0, 2 ** 20 - 1)", "floor(x / 2 ** 10) == 777", "x % 2 == 1", 0.5, 1 / 1024),
    "a random end": (
        "n = randint(400, 700)\nx = randint(0, n)",
        "x == 650",
        "n >= 675",
        sum([1 / (n + 1) for n in range(675, 701)]) / sum([1 / (n + 1) for n in range(650, 701)]),
        sum([1 / (n + 1) for n in range(650, 701)]) / 301,
    ),
}


@pytest.mark.parametrize("name", DIGITS)
def test_the_digits_of_a_long_uniform_choice_are_learnt(name: str) -> None:
    setting, told, question, probability, evidence = DIGITS[name]
    asked = problem(setting, f"condition({told})", ask=f"query({question})")
    found, _ = GuidedSampling().infer(asked, PATIENT)
    assert agrees(boolean(found).probability, probability, boolean(found).mcse)
    assert agrees(found.log_evidence, math.log(evidence), found.log_evidence_error)
    assert found.ess > 0.2 * found.particles  # of the prior samples one in a thousand is left
