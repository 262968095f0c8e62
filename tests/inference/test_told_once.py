"""Evidence counts once: where an intervention runs it again, and where a question reaches more of it."""

from __future__ import annotations

from statistics import NormalDist

import pytest

from plot.inference import Goal
from plot.inference.contract import Method
from plot.inference.methods.guided.guided import GuidedSampling
from plot.inference.methods.smc import Smc
from tests.inference.models import boolean, problem
from tests.support.tolerances import Z

# setting, evidence, question, and the posterior probability with the evidence
SEEN = "@mem\ndef f(a):\n    return flip()\ny = 1\n"
OBSERVED = "@mem\ndef f(a):\n    x = flip()\n    observe(flip(0.9 if x else 0.1), True)\n    return x\n"
CASES: dict[str, tuple[str, str, str, float]] = {
    "of what a function remembers": (SEEN, "observe(flip(0.9 if f(1) else 0.1), True)", "do(y, 2)\nquery(f(1))", 0.9),
    "of a condition": (SEEN, "condition(flip(0.9 if f(1) else 0.1))", "do(y, 2)\nquery(f(1))", 0.9),
    "in a function that both read": (OBSERVED, "condition(f(1) or flip(0.5))", "query(f(1))", 0.45 / 0.475),
    "in a function that some worlds reach": (OBSERVED, "condition(flip(0.5) or f(1))", "query(f(1))", 0.45 / 0.475),
}
SAMPLERS: dict[str, Method] = {
    "smc": Smc(islands=64, per_island=128),
    "guided": GuidedSampling(islands=64, per_island=256),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", SAMPLERS)
def test_told_once(name: str, case: str) -> None:
    setting, evidence, question, truth = CASES[case]
    found, _ = SAMPLERS[name].infer(problem(setting, evidence, ask=question), Goal(precision=0.01))
    answer = boolean(found)
    squared = truth**2 / (truth**2 + (1 - truth) ** 2)
    assert abs(answer.probability - truth) < Z * answer.mcse + Z**2 / found.ess
    assert abs(answer.probability - squared) > Z * answer.mcse  # as if it counted twice


@pytest.mark.full
def test_moves_keep_what_either_of_two_utterances_reaches() -> None:
    """Each reaches the observation in some particles, and a move of `z` changes which."""
    setting = OBSERVED + "z = normal(0, 1)\n"
    evidence = ["condition(f(1) if z > 0 else flip(0.5))", "condition(f(1) if z < 0.5 else flip(0.5))"]
    found, _ = SAMPLERS["smc"].infer(problem(setting, *evidence, ask="query(z > 0.2)"), Goal(precision=0.0005))
    below = NormalDist().cdf
    both = below(0.5) - below(0)  # f(1) is asked for twice there, elsewhere once, beside a flip
    truth = (below(0.5) - below(0.2) + (1 - below(0.5)) / 2) / (both + (1 - both) / 2)
    answer = boolean(found)
    assert abs(answer.probability - truth) < Z * answer.mcse
    assert answer.mcse < 0.0006  # what is lost without either is .0055: ten standard errors
