"""A method to copy: likelihood weighting with batches of one size. Rename the class, and replace what `infer` does."""

from __future__ import annotations

from plot.errors import UnlikelyError
from plot.inference import Goal, Posterior, Problem, State
from plot.inference.estimates.tally import Tally
from plot.inference.methods.importance import seed_of
from plot.runtime import RunPlan, run

BATCH = 8_192  # particles: enough that a run is spent on torch, not on Python
LEAST_ESS = 100.0  # below it the standard errors are rough
GIVE_UP_AFTER = 500_000  # particles without a weight


class OwnMethod:
    """Weights particles of the prior, in batches of one size, until the answer is as precise as asked."""

    name = "own"

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by weighting particles of the prior; nothing is carried on.

        Raises:
            UnlikelyError: None of the particles has a weight.
            ImpossibleError: The program tells by itself that the evidence is impossible.
            BudgetError: A budget ended before there was anything to report.
        """
        goal = goal.started()
        tally, number, shortfall = Tally(), 0, None
        most = goal.particles or 4_000_000
        while not _is_precise(tally, problem, goal):
            if tally.particles >= (most if tally.survivors else min(most, GIVE_UP_AFTER)):
                shortfall = f"the {tally.particles:,} particles allowed were used"
                break
            tally.add(run(problem.program, BATCH, RunPlan(seed=seed_of(goal.seed, number), budget=goal.budget)))
            number += 1
        if not tally.survivors:
            hint = "check what was told, or try --method smc"
            raise UnlikelyError(f"none of {tally.particles:,} prior samples fits what was told", hint=hint)
        posterior = Posterior(
            marginals=tally.marginals,
            ess=tally.ess,
            particles=tally.particles,
            log_evidence=tally.log_evidence,
            log_evidence_error=tally.log_evidence_error,
            method=self.name,
            reason="asked for by name",
            seconds=goal.watch.elapsed,
            converged=shortfall is None,
            shortfall=shortfall,
            stopped_by="precision" if shortfall is None else "particles",
            warnings=tuple(tally.warnings()),
            sites=dict(tally.sites),
        )
        return posterior, None


def _is_precise(tally: Tally, problem: Problem, goal: Goal) -> bool:
    """Return whether the standard errors of the queries that count are as small as the goal asks."""
    if tally.ess < LEAST_ESS:
        return False
    return max((one.relative_error for one in tally.marginals[: problem.targets]), default=0.0) <= goal.precision
