"""Evidence that no world has is impossible by every method; evidence counts wherever it is told."""

from __future__ import annotations

import math

import pytest

from plot.errors import ImpossibleError
from plot.inference import Boolean, Goal, Problem, infer
from plot.inference.contract import Part
from plot.inference.evidence import contradiction
from plot.language import ProgramNode, parse
from plot.runtime import Run, RunPlan, run
from tests.support.tolerances import agrees

NOTHING = ProgramNode(body=())
IMPOSSIBLE = {
    "no option": "choice(['x', 'y'] if a else ['z', 'w', 'y']), 'q'",
    "no slot": "categorical([0.2, 0.8] if a else [0.5, 0.5]), 3",
    "no value": "categorical([0.2, 0.8] if a else [0.5, 0.5], ['u', 'v']), 'w'",
    "no probability": "categorical([0.0, 0.8 if a else 0.5]), 0",
    "no chance": "flip(0.0 if a else 0), True",
    "no truth value": "flip(0.2 if a else 0.4), 2",
    "out of range": "randint(0, 3 if a else 5), 7",
    "between integers": "randint(0, 3 if a else 5), 1.5",
    "out of a long range": "randint(0, 3000 if a else 5000), 7000",
    "more than trials": "binomial(3, 0.2 if a else 0.4), 7",
    "below zero": "geometric(0.2 if a else 0.4), -1",
    "another latent": "choice([3, 4 if a else 5]), b + 1",
}


@pytest.mark.parametrize("method", ["auto", "exact", "importance", "smc", "guided", "adaptive"])
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_no_world_has_is_impossible(name: str, method: str) -> None:
    told = Part("said", parse(f"observe({IMPOSSIBLE[name]})"))
    asked = Problem(parse("a = flip(0.3)\nb = flip(0.5)"), (told,), parse("query(a)"))
    with pytest.raises(ImpossibleError):
        infer(asked, Goal(seconds=60), method)


ONE, TWO = "condition(a and not a)", "condition(a)\ncondition(not a)"


@pytest.mark.parametrize("text", [ONE, TWO])
def test_what_is_proved_impossible_is_called_so(text: str) -> None:
    asked = Problem(parse(f"a = flip(0.5)\n{text}"), (), parse("query(a)"))
    with pytest.raises(ImpossibleError, match="no world satisfies"):
        infer(asked, Goal(seconds=60), "exact")
    with pytest.raises(ImpossibleError, match="sampled worlds satisfies"):
        infer(asked, Goal(seconds=60), "importance")


def test_that_a_part_is_impossible_is_not_called_proved() -> None:
    text = "a = flip(0.5)\nb = flip(0.5)\ncondition(a)\ncondition(not a)\ncondition(b)"
    with pytest.raises(ImpossibleError, match="sampled worlds satisfies both “condition\\(a\\)” and"):
        infer(Problem(parse(text), (), parse("query(b)")), Goal(seconds=60), "exact")


@pytest.mark.parametrize("most", [1_000, 50_000, 100_000])
def test_what_looks_for_a_contradiction_keeps_to_the_particles(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    def counting(program: ProgramNode, particles: int, plan: RunPlan) -> Run:
        counted.append(particles)
        return run(program, particles, plan)

    monkeypatch.setattr(contradiction, "run", counting)
    tests = "\n".join(f"condition(x{number})" for number in range(8))
    setting = "\n".join(f"x{number} = flip(0.01)" for number in range(8))
    contradiction.localised(Problem(parse(f"{setting}\n{tests}"), (), parse("query(x1)")), Goal(particles=most))
    assert 0 < sum(counted) <= most


@pytest.mark.parametrize("method", ["exact", "importance", "smc", "guided"])
def test_what_one_branch_makes_impossible_leaves_the_other(method: str) -> None:
    text = "a = flip(0.3)\nobserve(choice(['x', 'y'] if a else ['z', 'w', 'y', 'q']), 'q')"
    found, _ = infer(Problem(parse(text), (), parse("query(a)")), Goal(seconds=60), method)
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == 0
    assert agrees(found.log_evidence, math.log(0.7 / 4), found.log_evidence_error + 1e-9)


IN_FUNCTIONS = {
    "hard": "def told():\n    condition(x or y)\n    return x",
    "within another": "def inner():\n    condition(x or y)\n    return x\ndef told():\n    return inner()",
    "memory": "@mem\ndef told():\n    condition(x or y)\n    return x",
}


@pytest.mark.parametrize("method", ["exact", "importance", "guided", "smc"])
@pytest.mark.parametrize("name", IN_FUNCTIONS)
def test_evidence_in_a_function_that_only_the_question_calls(name: str, method: str) -> None:
    setting = f"x = flip(0.01)\ny = flip(0.02)\n{IN_FUNCTIONS[name]}"
    found, _ = infer(Problem(parse(setting), (), parse("query(told())")), Goal(seconds=60), method)
    evidence = 0.01 + 0.02 - 0.01 * 0.02
    assert isinstance(found.marginals[0], Boolean)
    assert agrees(found.marginals[0].probability, 0.01 / evidence, found.marginals[0].mcse + 1e-9)
    assert agrees(found.log_evidence, math.log(evidence), found.log_evidence_error + 1e-9)


@pytest.mark.parametrize("method", ["importance", "adaptive", "smc"])
def test_evidence_in_a_question_counts_once(method: str) -> None:
    setting = "x = normal(0, 1)\ndef told():\n    z = flip(0.5)\n    observe(normal(x + z, 1), 2)\n    return z"
    found, _ = infer(Problem(parse(setting), (), parse("query(told())")), Goal(seconds=60), method)
    one, other = (math.exp(-((2 - z) ** 2) / 4) for z in (1, 0))
    assert isinstance(found.marginals[0], Boolean)
    assert agrees(found.marginals[0].probability, one / (one + other), found.marginals[0].mcse)
    log_evidence = math.log((one + other) / 2 / math.sqrt(4 * math.pi))
    assert agrees(found.log_evidence, log_evidence, found.log_evidence_error)
