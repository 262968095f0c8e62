"""Evidence counts once: where an intervention runs it again, and where a question reaches more of it."""

from __future__ import annotations

import pytest

from plot.inference import Goal
from plot.inference.contract import Method
from plot.inference.guided import GuidedSampling
from plot.inference.smc import Smc
from tests.inference.models import boolean, problem
from tests.tolerances import Z

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
