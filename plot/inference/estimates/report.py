"""The posterior from a sampling method's estimate: its distance from the goal, and warnings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from plot.inference.contract import Goal, Posterior, Problem, Stop
from plot.inference.estimates.islands import Estimate
from plot.inference.estimates.reportable import TRUSTED_ESS


@dataclass(frozen=True, slots=True, eq=False)
class SampledEstimate:
    """An estimate with the method's own diagnostics.

    `ess` is the effective sample size of all draws, `particles` how many they are.
    """

    estimate: Estimate
    ess: float
    particles: int
    log_evidence: float
    log_evidence_error: float
    method: str
    reason: str
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    shortfall: Stop | None = None


def size_of(found: SampledEstimate, problem: Problem) -> float:
    """Return the effective sample size of the worst of the queries that count, at most that of the draws."""
    return min([*found.estimate.sizes[: problem.targets], found.ess])


def missing(found: SampledEstimate, problem: Problem, goal: Goal) -> float:
    """Return how many times as many draws the goal needs; at most 1 when it is reached."""
    errors = [marginal.relative_error for marginal in found.estimate.marginals[: problem.targets]]
    worst = max(errors, default=0.0)
    if worst == 0:
        return 0.0
    if math.isnan(worst):
        return math.inf
    return max((worst / goal.precision) ** 2, TRUSTED_ESS / max(size_of(found, problem), 1e-9))


def report(found: SampledEstimate, problem: Problem, goal: Goal) -> Posterior:
    """Return the posterior, with warnings where it is not to be trusted."""
    ess = size_of(found, problem)
    warnings = [*found.warnings, *found.estimate.tally.warnings()]
    if ess < TRUSTED_ESS:
        warnings.append(f"the effective sample size is only {ess:.0f}: the figures and their errors are rough")
    worst = max([m.relative_error for m in found.estimate.marginals[: problem.targets]], default=0.0)
    return Posterior(
        marginals=found.estimate.marginals,
        ess=ess,
        particles=found.particles,
        log_evidence=found.log_evidence,
        log_evidence_error=found.log_evidence_error,
        method=found.method,
        reason=found.reason,
        seconds=goal.watch.elapsed,
        converged=found.shortfall is None,
        shortfall=in_words(found.shortfall, goal, worst),
        stopped_by="precision" if found.shortfall is None else found.shortfall.by,
        warnings=tuple(dict.fromkeys(warnings)),
        sites=dict(found.estimate.tally.sites),
        diagnostics=found.diagnostics,
    )


def in_words(stop: Stop | None, goal: Goal, worst: float) -> str | None:
    """Describe why the work stopped and the precision it reached: `worst` is the largest error of a target query."""
    if stop is None:
        return None
    return f"{stop.why} before the standard error of {goal.precision:g} was reached (it is {worst:.2g})"


__all__ = ["SampledEstimate", "in_words", "missing", "report", "size_of"]
