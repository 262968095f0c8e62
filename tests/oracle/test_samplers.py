"""Every sampler against true posteriors of generated programs; and what is planted in them is found."""

from __future__ import annotations

import functools
import math

import pytest

from plot.inference import METHODS
from plot.inference.contract import Method
from plot.inference.methods.adaptive import Adaptive
from plot.inference.methods.guided.guided import GuidedSampling
from plot.inference.methods.importance import Importance
from plot.inference.methods.smc import Smc
from tests.oracle.posterior import Answer, Truth, enumerated, sampled
from tests.oracle.problems import GOAL, complaint, divided, finite_problems
from tests.oracle.programs import accepted, mixed_problem
from tests.oracle.quadrature import real_problems

# Many islands, so that the standard error that they give is known well: how many it is of counts in the tolerance.
ISLANDS = 64
SAMPLERS: dict[str, tuple[Method, int | None]] = {
    "importance": (Importance(), None),
    "guided": (GuidedSampling(islands=ISLANDS, per_island=256), ISLANDS),
    "smc": (Smc(islands=ISLANDS, per_island=128), ISLANDS),
    "adaptive": (Adaptive(islands=ISLANDS, per_island=256), ISLANDS),
    "svi": (METHODS["svi"], None),
    "nuts": (METHODS["nuts"], None),
}
FINITE = ("importance", "guided", "smc")
REAL = {"importance": 15, "smc": 15, "adaptive": 15, "svi": 4, "nuts": 2}  # as many as there is time for
FEW = 40
FULL = 100
DRAWN = 3_000  # worlds of a program
MOST_VALUES = 50  # of an answer that is not a number
KNOWN = 0.1  # standard error of log evidence; where it is larger, the error itself is not known well
BY_FACTORS = (
    "guided",
    "smc",
)  # evaluate only the definitions that evidence or a query needs, errors of others are unseen
APPLICABLE = 0.95


@functools.cache
def finite(count: int) -> list[tuple[str, Truth]]:
    """Return finite programs whose evidence is possible."""
    found: list[tuple[str, Truth]] = []
    for problem in finite_problems(0, 2 * count):
        if problem[1].evidence > 0 and len(found) < count:
            found.append(problem)
    return found


@functools.cache
def real(count: int) -> list[tuple[str, Truth]]:
    """Return programs of real latent variables."""
    return list(real_problems(0, count))


def check(name: str, problems: list[tuple[str, Truth]]) -> None:
    """Compare a sampler on all problems; where it does not apply it must say so, and that is rare."""
    method, islands = SAMPLERS[name]
    refused: list[str] = []
    for text, truth in problems:
        found = complaint(text, truth, method, islands)
        if found is not None and found.startswith("refused"):
            refused.append(f"{found}\n{text}")
        elif found is not None:
            pytest.fail(f"{found}\n{text}")
    print(f"{name}: {len(problems) - len(refused)} of {len(problems)} programs")
    assert len(refused) <= (1 - APPLICABLE) * len(problems), "\n".join(refused)


@pytest.mark.slow
@pytest.mark.parametrize("name", FINITE)
def test_finite_programs(name: str) -> None:
    check(name, finite(FEW))


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("name", FINITE)
def test_many_finite_programs(name: str) -> None:
    check(name, finite(FULL))


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_unknowns(name: str) -> None:
    check(name, real(REAL[name]))


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("name", REAL)
def test_real_unknowns_of_many_programs(name: str) -> None:
    check(name, real(FULL))


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_FACTORS)
def test_an_error_in_a_definition_that_is_not_needed(name: str) -> None:
    text = "x = flip()\ny = 1 / x\nquery(x)\n"
    assert complaint(text, enumerated(text), *SAMPLERS[name]) is None


@pytest.mark.slow
def test_any_distribution_against_worlds_drawn_one_by_one() -> None:
    check_drawn(10)


@pytest.mark.slow
@pytest.mark.full
def test_any_distribution_on_many_programs() -> None:
    check_drawn(400)


def is_discrete_or_a_number(answer: Answer) -> bool:
    """Return whether the values of an answer have shares that can be compared, or a mean."""
    return len(answer.values) < MOST_VALUES or all(key[0] == "number" for key in answer.values)


def check_drawn(count: int) -> None:
    """Compare likelihood weighting with the oracle's, on programs of any distribution."""
    compared = 0
    for seed in range(4 * count):
        text = mixed_problem(seed)
        if compared == count or not accepted(text):
            continue
        truth = sampled(text, DRAWN, seed)
        if truth.evidence == 0 or truth.log_error > KNOWN or not all(map(is_discrete_or_a_number, truth.answers)):
            continue
        compared += 1
        found = complaint(text, truth, Importance())
        assert found is None, f"{found}\n{text}"
    assert compared >= count / 2


# -- planted faults: evidence that is weighed wrongly is found wherever its effect is large enough ------------------

OBSERVED = """
@mem
def f(x):
    return flip(0.3)
observe(flip({p} if f(1) else 0.2), True)
condition(f(1) or f(2))
query(f(1))
"""


@pytest.mark.parametrize("name", FINITE)
def test_a_wrong_weight_is_found(name: str) -> None:
    """The engine is given .9 where the truth has .3: what that changes is so many standard errors that it is found."""
    method, islands = SAMPLERS[name]
    right, wrong = [enumerated(OBSERVED.format(p=p)) for p in (0.3, 0.9)]
    assert complaint(OBSERVED.format(p=0.9), wrong, method, islands) is None
    found = method.infer(divided(OBSERVED.format(p=0.9)), GOAL)[0]
    shift = abs(_probability(right) - _probability(wrong))
    (marginal,) = found.marginals
    assert shift > 3 * 5.5 * marginal.mcse  # at the bound 5.5 (t, 63 degrees) the power is that of z = 11: 1 - 2e-28
    assert complaint(OBSERVED.format(p=0.9), right, method, islands) is not None


def _probability(truth: Truth) -> float:
    weights = truth.answers[0].weights
    return weights["truth", True] / math.fsum(weights.values())
