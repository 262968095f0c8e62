"""The decision whether a posterior may be reported, the same for all methods.

A posterior is *doubtful* where a stronger method should take over if there is one, and *unreportable* where its figures
or their errors can't be true: then it is an error, not an answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from plot.inference.contract import Posterior

TRUSTED_ESS = 200  # effective samples from which a standard error is known to a twentieth of itself
LEAST_ESS = 20  # effective samples below which an error of the figures is a guess itself
TRUSTED_R_HAT = 1.2  # of independent islands or chains: beyond, they have not come to the same distribution
WORST_K = 0.75  # Pareto k of the weights of draws from a fitted proposal: beyond, their sum has no stable error
UNFINISHED_K = 0.5  # where the fit was stopped while it still improved: beyond, weights have no variance
MOST_COLLAPSED = 8.0  # times fewer effective draws than the first batch promised: its weights did not show their tail
LEAST_STEP = 1e-3  # of a trajectory, of the posterior's width: with less, chains swing or stay where they began

LEAST_DRIFT = 0.03  # of a site's spread, between halves of the looks: less is barely told from chance
LEAST_APART = 10.0  # particles of an island that were drawn apart, where moves don't part them

WIDEST_GAP = 5.0  # nats from the median island's log evidence to the highest: with 16 that agree to e^2, it is 3.5
LEAST_MISSED = 0.1  # nats of the evidence: less is a tenth of the posterior, and errors of logs are not known so well
FARTHEST_APART = 4.0  # standard errors between what two methods say of the evidence


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a method says of the log of the probability of the evidence, with the standard error."""

    log_evidence: float
    error: float

    def apart(self, posterior: Posterior) -> float:
        """Return by how many standard errors of both a posterior says something else."""
        error = math.hypot(self.error, posterior.log_evidence_error)
        return abs(self.log_evidence - posterior.log_evidence) / error if 0 < error < math.inf else 0.0


def compared(posterior: Posterior, others: Iterable[Evidence]) -> Posterior:
    """Return a posterior that knows how far its evidence is from what other methods, that were given up, said of it.

    Each of them may have missed worlds, so that neither is trusted where they differ beyond chance.
    """
    apart = max([other.apart(posterior) for other in others], default=0.0)
    if not apart:
        return posterior
    return replace(posterior, diagnostics={**posterior.diagnostics, "evidence_apart": apart})


def surveyed(posterior: Posterior, survey: Evidence | None) -> Posterior:
    """Return a posterior that knows by how many standard errors a survey with wider draws finds more of the evidence.

    An evidence that a method hardly knows itself is no excuse: its error counts as one nat at most.
    """
    if survey is None or not survey.log_evidence > posterior.log_evidence + LEAST_MISSED:
        return posterior
    error = math.hypot(survey.error, min(posterior.log_evidence_error, 1.0))
    missed = (survey.log_evidence - posterior.log_evidence) / error
    return replace(posterior, diagnostics={**posterior.diagnostics, "evidence_missed": missed})


def warned(posterior: Posterior) -> Posterior:
    """Return a posterior that is reported though methods differ about its evidence, with a warning of that."""
    why = _differing(posterior)
    if why is None:
        return posterior
    warning = f"{why}: worlds may be missing, don't trust the figures"
    return replace(posterior, warnings=(*posterior.warnings, warning), converged=False)


def doubtful(posterior: Posterior) -> str | None:
    """Return what makes a posterior doubtful, None if nothing does."""
    why = unreportable(posterior)
    if why is None and posterior.ess < TRUSTED_ESS:
        return f"effective sample size {posterior.ess:.0f}"
    return why or _differing(posterior)


def _differing(posterior: Posterior) -> str | None:
    apart = posterior.diagnostics.get("evidence_apart", 0.0)
    if apart <= FARTHEST_APART:
        return None
    return f"another method found evidence that differs by {apart:.0f} standard errors"


def is_drifting(drift: float, size: float) -> bool:
    """Return whether a drift, in a site's spreads, says of so many effective samples that they have not arrived."""
    return drift > max(LEAST_DRIFT, 1 / math.sqrt(size))


def unreportable(posterior: Posterior) -> str | None:
    """Return why the figures of a posterior or their errors can't be correct, None if they may be reported."""
    told = posterior.diagnostics
    if math.isnan(posterior.log_evidence):
        return "the probability of the evidence is not a number"
    if not posterior.ess >= LEAST_ESS:
        return f"effective sample size {posterior.ess:.0f}"
    if not told.get("r_hat", 1.0) <= TRUSTED_R_HAT:
        return f"R-hat {told['r_hat']:.2f} between islands"
    if told.get("evidence_gap", 0.0) > WIDEST_GAP:
        return f"the best island estimates the evidence e^{told['evidence_gap']:.0f} times as high as the median island"
    if told.get("evidence_missed", 0.0) > FARTHEST_APART:
        return "samples whose choices are drawn more widely find more of the evidence: worlds are missing"
    if any([marginal.mcse == math.inf and marginal.undefined < 1 for marginal in posterior.marginals]):
        return "only one island has any weight left"
    if is_drifting(told.get("drift", 0.0), posterior.ess):
        return f"the moves have not converged (particles still drift, by {told['drift']:.2f} standard deviations)"
    if told.get("drawn_apart", math.inf) < LEAST_APART:
        return f"particles barely move, and an island has only {told['drawn_apart']:.0f} distinct ancestors"
    k = told.get("pareto_k", -math.inf)
    if not k <= (WORST_K if told.get("elbo_converged", 1.0) else UNFINISHED_K):
        return f"a few weights dominate all others (Pareto k is {k:.2f})"
    if told.get("collapsed", 1.0) > MOST_COLLAPSED:
        return "a few weights that came late dominate all others"
    if told.get("step_size", 1.0) < LEAST_STEP:
        return f"the step size fell to {told['step_size']:.1g} of the posterior's width"
    return None


__all__ = ["TRUSTED_ESS", "Evidence", "compared", "doubtful", "is_drifting", "surveyed", "unreportable", "warned"]
