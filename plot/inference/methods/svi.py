"""Variational inference corrected by importance weights: Pyro's SVI fits a normal guide, which proposes draws.

The guide is a normal in the unconstrained space (Kucukelbir et al. 2017, ADVI), with a full covariance where there are
few enough latent variables, fitted to the posterior with its conditions relaxed. It is not believed: it is the proposal
of an importance sampler whose weights compare it with the posterior itself, conditions as they are (see `proposal.py`).
So a guide that fits badly costs effective draws, not truth, and the evidence is estimated without bias.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import dist, pyro, torch
from plot.errors import BudgetError
from plot.inference.contract import Goal, Posterior, Problem, State, Stop, stopped
from plot.inference.estimates.islands import Sample, estimate
from plot.inference.estimates.report import SampledEstimate, missing
from plot.inference.evidence.contradiction import localised
from plot.inference.gradients.defensive_mixture import proposed
from plot.inference.gradients.density import AffineFrame, Compiled, Density, Start
from plot.inference.methods.importance import seed_of
from plot.inference.methods.starting import from_start
from plot.inference.numerics import pareto_k
from plot.inference.pyro_lock import exclusively
from plot.runtime.sites.randomness import Stream
from plot.watch import Watch

if TYPE_CHECKING:
    from torch import Tensor

COST = 100.0  # nats for a broken condition of unit size (not measured)
ELBO_DRAWS = 32  # of each gradient step (not measured)
WINDOW = 50  # steps, whose mean bound is compared with that of earlier ones (not measured)
MOST_STEPS = 3_000  # of the optimiser (not measured)
RATE = 0.05  # of learning, in units of the frame (not measured)
DECAY = 0.1  # of the rate, over MOST_STEPS (not measured)
FIT_SHARE = 0.5  # of the time that is left (not measured)
MOST_DENSE = 60  # coordinates whose correlations are fitted; of more, only the scales (not measured)
ISLANDS = 32  # groups of draws: their disagreement is the standard error (not measured)
PER_ISLAND = 256  # draws (not measured)
EMPTY_ROUNDS = 4  # without a possible draw, until it is given up (not measured)
MOST_ROUNDS = 256  # of ISLANDS * PER_ISLAND draws (not measured)
BAD_KHAT = 0.7  # Pareto k that is warned of (Yao et al. 2018)
REASON = "importance sampling from a normal fitted to the posterior by stochastic variational inference (SVI)"


@dataclass(frozen=True, slots=True)
class NormalFit:
    """A fitted guide as a frame, the last ELBO, and whether it had stopped rising."""

    frame: AffineFrame
    elbo: float
    converged: bool
    steps: int


@dataclass(slots=True)
class Svi:
    """Pyro's SVI with a normal guide, and importance sampling from it."""

    name: str = "svi"

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by fitting a guide and weighing its draws; nothing is carried from call to call."""

        def answer(density: Density, start: Start, goal: Goal) -> SampledEstimate:
            watch = goal.watch.within(FIT_SHARE * goal.watch.left)
            fit = fitted(density, start.frame, watch) if density.size else NormalFit(start.frame, 0.0, True, 0)
            return sampled(density, fit, problem, goal)

        return from_start(problem, goal, self.name, COST, answer), None


def sampled(density: Density, fit: NormalFit, problem: Problem, goal: Goal) -> SampledEstimate:
    """Propose draws from a fit and weigh them, round after round, until the goal is reached or a budget ends."""
    samples: list[Sample] = []
    found: SampledEstimate | None = None
    while True:
        try:
            samples.append(_round(density, fit, goal, len(samples)))
        except BudgetError as error:
            shortfall = stopped(error, goal)
            if found is None or shortfall is None:
                raise
            return replace(found, shortfall=shortfall)
        if not any(bool((sample.log_weight > -torch.inf).any()) for sample in samples):
            if len(samples) < EMPTY_ROUNDS:
                continue
            raise localised(problem, goal)
        found = _found(samples, fit, density.method)
        if missing(found, problem, goal) <= 1:
            return found
        shortfall = _over(samples, goal)
        if shortfall is not None:
            return replace(found, shortfall=shortfall)


def _round(density: Density, fit: NormalFit, goal: Goal, number: int) -> Sample:
    density.factors.stream = Stream(seed_of(goal.seed, 1 + number))
    with torch.no_grad():
        weighed = proposed(density, fit.frame, ISLANDS, PER_ISLAND)
        return density.answered(weighed.point, weighed.log_weight, ISLANDS)


def _over(samples: list[Sample], goal: Goal) -> Stop | None:
    used = len(samples) * ISLANDS * PER_ISLAND
    if goal.particles is not None and used + ISLANDS * PER_ISLAND > goal.particles:
        return Stop("particles", f"the {goal.particles:,} draws allowed were used")
    if goal.watch.over:
        return goal.time_is_up
    return Stop("evaluations", f"{MOST_ROUNDS} rounds were made") if len(samples) >= MOST_ROUNDS else None


def _found(samples: list[Sample], fit: NormalFit, method: str) -> SampledEstimate:
    found = estimate(samples)
    tail = pareto_k(torch.cat([sample.log_weight for sample in samples]))
    warnings = []
    if tail > BAD_KHAT:
        warnings.append(f"the guide misses part of the posterior (k-hat {tail:.2f}): don't trust the figures")
    if not fit.converged:
        warnings.append(
            "the guide was still improving when its fit was stopped, so its proposals are worse than they could be"
        )
    diagnostics = {
        "elbo": fit.elbo,
        "elbo_converged": float(fit.converged),
        "steps": float(fit.steps),
        "pareto_k": tail,
        "r_hat": found.r_hat,
    }
    return SampledEstimate(
        found,
        found.tally.ess,
        found.tally.particles,
        found.log_evidence,
        found.log_evidence_error,
        method,
        REASON,
        diagnostics,
        tuple(warnings),
    )


# -- the guide ---------------------------------------------------------------------------------------------


def fitted(density: Density, frame: AffineFrame, watch: Watch) -> NormalFit:
    """Fit a normal guide by stochastic gradients of the ELBO until it has stopped rising, or time is over.

    It has when the mean over a window of steps exceeds that over the window before by less than its noise.
    """
    compiled = Compiled(density, frame, COST, ELBO_DRAWS)
    size = density.size

    def model() -> None:
        u = pyro.sample("u", dist.ImproperUniform(dist.constraints.real_vector, (), (size,)))
        log_density = compiled(u.reshape(-1, size).expand(ELBO_DRAWS, size))
        pyro.factor("program", log_density[:, None] if u.dim() > 1 else log_density[0])

    with exclusively(density.stream), pyro.get_param_store().scope():
        make = (
            pyro.infer.autoguide.AutoMultivariateNormal
            if size <= MOST_DENSE
            else pyro.infer.autoguide.AutoDiagonalNormal
        )
        guide = make(model, init_loc_fn=lambda site: torch.zeros(size, dtype=torch.float64), init_scale=0.7)
        optimiser = pyro.optim.ClippedAdam({"lr": RATE, "lrd": DECAY ** (1 / MOST_STEPS)})
        elbo = pyro.infer.Trace_ELBO(num_particles=ELBO_DRAWS, vectorize_particles=True, max_plate_nesting=1)
        svi = pyro.infer.SVI(model, guide, optimiser, elbo)
        svi.step()  # torch loads parts of itself with the first step: that is not the fit's time
        windows: list[Tensor] = []
        converged = False
        while not converged and len(windows) * WINDOW < MOST_STEPS and not watch.over:
            windows.append(-torch.tensor([svi.step() for _ in range(WINDOW)], dtype=torch.float64))
            converged = len(windows) > 2 and _flat(windows[-2], windows[-1])
        normal = guide.get_posterior()
        loc = normal.mean.detach().double()
        root = normal.scale_tril if size <= MOST_DENSE else torch.diag(normal.stddev)
        root = root.detach().double()
    return NormalFit(
        AffineFrame(frame.centre + frame.root @ loc, frame.root @ root),
        _mean(windows),
        converged,
        len(windows) * WINDOW,
    )


def _flat(before: Tensor, now: Tensor) -> bool:
    noise = math.hypot(float(before.std()), float(now.std())) / math.sqrt(len(now))
    return float(now.mean() - before.mean()) < noise


def _mean(windows: list[Tensor]) -> float:
    return float(windows[-1].mean()) if windows else math.nan


__all__ = ["NormalFit", "Svi", "fitted", "sampled"]
