"""Methods that differ about the evidence are not trusted, and what is reported all the same says so."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from plot.errors import PlotError
from plot.inference import Goal, infer
from plot.inference.estimates.islands import Sample, estimate
from plot.inference.estimates.reportable import (
    FARTHEST_APART,
    MOST_COLLAPSED,
    Evidence,
    compared,
    doubtful,
    unreportable,
    warned,
)
from plot.program import run_program
from tests.inference.models import SAFETY_NET, problem
from tests.support.tolerances import Z

GOAL = Goal(seconds=SAFETY_NET, precision=0.01)
COUNT = ("x = [flip(0.3) for i in range(5)]", "condition(sum(x) >= 3)")


def test_agreement_raises_no_doubt() -> None:
    found, _ = infer(problem(*COUNT, ask="query(x[0])"), GOAL, "importance")
    exact, _ = infer(problem(*COUNT, ask="query(x[0])"), GOAL, "exact")
    same = compared(found, [Evidence(exact.log_evidence, exact.log_evidence_error)])
    assert doubtful(same) is None
    assert warned(same) is same


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_other_evidence_raises_doubt_and_is_told(side: float) -> None:
    found, _ = infer(problem(*COUNT, ask="query(x[0])"), GOAL, "importance")
    far = found.log_evidence + side * 2 * FARTHEST_APART * found.log_evidence_error
    other = compared(found, [Evidence(found.log_evidence, 0.0), Evidence(far, 0.0)])
    assert "another method found evidence that differs by 8 standard errors" in str(doubtful(other))
    said = warned(other)
    assert not said.converged and any("don't trust the figures" in warning for warning in said.warnings)
    assert said.marginals == found.marginals


def test_errors_of_both_count() -> None:
    found, _ = infer(problem(*COUNT, ask="query(x[0])"), GOAL, "importance")
    error = found.log_evidence_error
    far = Evidence(found.log_evidence + 4 * error, math.sqrt(3) * error)
    assert math.isclose(far.apart(found), 2.0)
    assert Evidence(far.log_evidence, math.inf).apart(found) == 0.0, "who knows nothing contradicts nobody"


def test_weights_that_came_late_are_not_reported() -> None:
    found, _ = infer(problem(*COUNT, ask="query(x[0])"), GOAL, "importance")
    late = replace(found, diagnostics={"collapsed": 2 * MOST_COLLAPSED})
    assert unreportable(found) is None
    assert "came late" in str(unreportable(late))


@pytest.mark.full
@pytest.mark.parametrize("seed", range(3))
def test_a_sharp_ratio_is_right_or_refused(seed: int) -> None:
    """Given a = 1000 b, the density of b is that of a gamma of shape 2 and rate 1001."""
    text = "a = exponential(1)\nb = exponential(1)\nobserve(normal(a / b, 0.01), 1000)\nquery(a)"
    try:
        answer = run_program(text, goal=Goal(seconds=60, seed=seed))[0]
    except PlotError:
        return
    assert answer.mean is not None
    assert abs(answer.mean - 2000 / 1001) <= Z * answer.mcse


def test_what_changes_from_look_to_look_is_an_error() -> None:
    generator = torch.Generator().manual_seed(0)

    def looked_at(shift: float) -> Sample:
        values = torch.randn(1_600, generator=generator, dtype=torch.float64) + shift
        return Sample(16, torch.zeros(1_600, dtype=torch.float64), (values,))

    looks = [looked_at(shift) for shift in (0.0, 0.0, 0.5, 0.5)]
    still = estimate([replace(looks[0], later=tuple(looked_at(0.0) for _ in range(3)))]).marginals[0]
    moving = estimate([replace(looks[0], later=tuple(looks[1:]))]).marginals[0]
    assert still.mcse < 0.05
    assert moving.mcse > 0.4
