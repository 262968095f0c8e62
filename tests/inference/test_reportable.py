"""Methods that differ about the evidence are not trusted, and what is reported all the same says so."""

from __future__ import annotations

import math

import pytest

from plot.inference import Goal, infer
from plot.inference.estimates.reportable import FARTHEST_APART, Evidence, compared, doubtful, warned
from tests.inference.models import SAFETY_NET, problem

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
