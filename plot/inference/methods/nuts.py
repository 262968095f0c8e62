"""The No-U-Turn Sampler (Hoffman and Gelman 2014): Pyro's NUTS, one trajectory for many worlds.

A program over C particles is a Pyro model whose density is the product of C copies of the posterior. NUTS runs on that
product: a trajectory moves C independent worlds at about the cost of one, with a step that is shorter by the fourth
root of C. A world is a chain; the runs start from prior samples that fit the evidence roughly, each with a seed of
its own. What conditions were relaxed to is made good by weights (see `gradient.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import pyro, torch
from plot.compat.pyro import effective_draws, mean_acceptance, split_r_hat
from plot.errors import PlotError
from plot.inference.contract import Goal, Posterior, Problem, State, Stop
from plot.inference.estimates.islands import estimate
from plot.inference.estimates.report import SampledEstimate, missing
from plot.inference.evidence.contradiction import localised
from plot.inference.gradients.defensive_mixture import estimated_evidence, proposed
from plot.inference.gradients.density import (
    AffineFrame,
    Compiled,
    Density,
    EvaluatedPoints,
    Start,
    frame_of,
)
from plot.inference.methods.importance import seed_of
from plot.inference.methods.starting import from_start
from plot.inference.methods.svi import NormalFit, sampled
from plot.inference.numerics import effective_size
from plot.inference.pyro_lock import exclusively
from plot.runtime.sites.randomness import Stream
from plot.watch import IDLE, Watch

if TYPE_CHECKING:
    from torch import Tensor

COPIES = 128  # chains that one tape moves together (not measured)
RUNS = 2  # independent ones, that R-hat compares (not measured)
FIRST_COST = 6.0  # nats for a broken condition of unit size, at first (not measured)
MOST_COST = 1e5  # nats for it, at last (not measured)
ENOUGH_HARD = 0.4  # of the points, that keep every condition (not measured)
STEP = 0.5  # of a trajectory, in units of the frame, at first (not measured)
SHORT_STEP = 0.05  # of copies together: with less, fewer copies need fewer steps each (not measured)
STAGE = 12  # transitions of a warm-up stage (not measured)
MOST_STAGES = 12  # of the warm-up (not measured)
LAST_STAGE = 25  # transitions in which the step is tuned (not measured)
BURN_IN = 12  # transitions that are left out (not measured)
LEAST_DRAWS = 8  # of a chain (not measured)
FIRST_DRAWS = 40  # of a chain, before it is asked how many are needed (not measured)
MOST_DRAWS = 262_144  # of all chains (not measured)
WARM_UP_SHARE = 0.4  # of the time that is left (not measured)
ANSWERING_TIME = 0.1  # of the seconds allowed
EVIDENCE_ISLANDS = 32  # groups of draws that the evidence is estimated from (not measured)
EVIDENCE_DRAWS = 256  # of each group (not measured)
TREE_DEPTH = 7  # doublings of a trajectory: 127 steps (not measured)
TARGET_ACCEPTANCE = 0.8  # of a step (Hoffman and Gelman 2014)
TINY_STEP = 0.01  # that is warned of (not measured)
BAD_R_HAT = 1.05  # that is warned of (not measured)
SHORT_CHAIN = 8  # draws: of fewer, autocorrelations are noise (not measured)
REASON = "Hamiltonian Monte Carlo (NUTS): fast where all latent variables are real numbers"


class Potential:
    """The potential energy of C worlds in a frame, as Pyro's kernels want it: a function of a dictionary of tensors."""

    def __init__(self, density: Density, frame: AffineFrame, cost: float, copies: int) -> None:
        self.frame, self.copies = frame, copies
        self._compiled = Compiled(density, frame, cost, copies)

    def __call__(self, params: dict[str, Tensor]) -> Tensor:
        return -self._compiled(params["u"].reshape(self.copies, -1)).sum()


class NutsRun:
    """One run of Pyro's NUTS over C worlds, with random numbers of its own."""

    def __init__(self, potential: Potential, u: Tensor, step: float, adapting: int, seed: int) -> None:
        self.potential = potential
        self.kernel = pyro.infer.NUTS(
            potential_fn=potential,
            step_size=step,
            adapt_step_size=adapting > 0,
            adapt_mass_matrix=False,
            target_accept_prob=TARGET_ACCEPTANCE,
            max_tree_depth=TREE_DEPTH,
        )
        self.params = {"u": u.reshape(-1).clone()}
        self.kernel.initial_params = self.params
        self.stream = Stream(seed)
        with exclusively(self.stream):
            self.kernel.setup(adapting)
        self.draws: list[Tensor] = []
        self.steps: list[float] = []

    def go(self, draws: int, watch: Watch = IDLE) -> bool:
        """Make draws of all the worlds, at least one; return whether there was time for all of them."""
        for number in range(draws):
            if number and watch.over:
                break
            self.steps.append(math.log(self.kernel.step_size))
            with exclusively(self.stream):
                self.params = self.kernel.sample(self.params)
            u = self.params["u"].detach().reshape(self.potential.copies, -1)
            self.draws.append(self.potential.frame.z(u))
        return number + 1 == draws

    @property
    def step(self) -> float:
        """The length of a step that the run has settled at: dual averaging swings widely around it."""
        settled = self.steps[len(self.steps) // 2 :]
        return math.exp(sum(settled) / len(settled))

    @property
    def divergences(self) -> int:
        """The number of divergent trajectories after the burn-in."""
        return sum(number >= BURN_IN for number in self.kernel.diagnostics()["divergences"])

    @property
    def acceptance(self) -> float:
        """The mean acceptance probability along the trajectories."""
        return mean_acceptance(self.kernel)


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The results of the warm-up: frame, step size, cost of relaxed conditions, worlds per trajectory."""

    frame: AffineFrame
    step: float
    cost: float
    copies: int


@dataclass(slots=True)
class Nuts:
    """Pyro's NUTS on the product of `copies` worlds, in `runs` independent runs."""

    name: str = "nuts"
    copies: int = COPIES
    runs: int = RUNS

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by Hamiltonian trajectories; nothing is carried from call to call."""

        def answer(density: Density, start: Start, goal: Goal) -> SampledEstimate:
            return self._inferred(density, start, problem, goal)

        return from_start(problem, goal, self.name, FIRST_COST, answer), None

    def _inferred(self, density: Density, start: Start, problem: Problem, goal: Goal) -> SampledEstimate:
        if density.jumps is not None:
            raise PlotError(
                f"{self.name} needs a continuous density, but whether {density.jumps} is drawn depends on other "
                "latent variables",
                hint="use a method that allows jumps: --method svi, smc, importance or auto",
            )
        if not density.size:  # nothing that was said depends on a real number: there is nothing to move
            return replace(sampled(density, NormalFit(start.frame, 0.0, True, 0), problem, goal), reason=REASON)
        tuned = self._tuned(density, start, goal)
        potential = Potential(density, tuned.frame, tuned.cost, tuned.copies)
        walks = []
        for number in range(self.runs):
            u = tuned.frame.u(start.drawn(tuned.copies, Stream(seed_of(goal.seed, 1 + number))))
            walks.append(NutsRun(potential, u, tuned.step, 0, seed_of(goal.seed, 101 + number)))
        return self._sampled(density, walks, tuned, problem, goal)

    # -- warm-up ---------------------------------------------------------------------------------------

    def _tuned(self, density: Density, start: Start, goal: Goal) -> WarmUp:
        """Learn the frame, the cost and then the step, in stages, on worlds that are not used for the answer."""
        frame, cost, copies = start.frame, FIRST_COST, self.copies
        points = start.drawn(copies, density.stream)
        watch = goal.watch.within(WARM_UP_SHARE * goal.watch.left)
        for stage in range(MOST_STAGES):
            potential = Potential(density, frame, cost, copies)
            walk = NutsRun(potential, frame.u(points), STEP, STAGE, seed_of(goal.seed, 201 + stage))
            if not walk.go(STAGE, watch):
                return WarmUp(frame, walk.step, cost, copies)
            settled, points = torch.cat(walk.draws[STAGE // 2 :]), walk.draws[-1]
            frame = frame_of(settled, torch.ones(len(settled), dtype=torch.float64))
            if walk.step < SHORT_STEP and copies > 1:
                copies = copies // 4
                points = points[:copies]
            if _share(density, settled, cost) < ENOUGH_HARD and cost < MOST_COST:
                cost *= 2
            elif stage > 0:
                break
        potential = Potential(density, frame, cost, copies)
        walk = NutsRun(potential, frame.u(points), walk.step, LAST_STAGE, seed_of(goal.seed, 200))
        walk.go(LAST_STAGE, watch)
        return WarmUp(frame, walk.step, cost, copies)

    # -- draws ------------------------------------------------------------------------------------------

    def _sampled(
        self, density: Density, walks: list[NutsRun], tuned: WarmUp, problem: Problem, goal: Goal
    ) -> SampledEstimate:
        chains = tuned.copies * len(walks)
        most = MOST_DRAWS if goal.particles is None else min(MOST_DRAWS, goal.particles)
        needed = math.ceil(0.3 / goal.precision**2 / chains)
        wanted = max(LEAST_DRAWS, min(FIRST_DRAWS, needed))
        shortfall: Stop | None = None
        while True:
            wanted = max(1, min(wanted, most // chains))
            late = self._walked(walks, BURN_IN + wanted, goal)
            found = _answered(density, walks, wanted, tuned, problem, goal)
            factor = missing(found, problem, goal)
            if factor <= 1:
                break
            if late:
                shortfall = goal.time_is_up
            elif wanted >= most // chains:
                shortfall = Stop("particles", f"the {most:,} draws allowed were used")
            if shortfall is not None:
                break
            wanted = math.ceil(wanted * min(3.0, 1.1 * factor))
        return replace(found, shortfall=shortfall)

    def _walked(self, walks: list[NutsRun], length: int, goal: Goal) -> bool:
        """Let every run have so many draws; return whether time ended first: some of it is left for the answer."""
        watch = goal.watch.within(goal.watch.left - ANSWERING_TIME * goal.seconds)
        while len(walks[0].draws) < length:
            for walk in walks:
                walk.go(1)
            if watch.over:
                return True
        return False


def _share(density: Density, points: Tensor, cost: float) -> float:
    """Return the effective share of draws that is left when conditions are taken as they are."""
    log_weight = _weights(density, points, cost)[1]
    return effective_size(log_weight.exp()) / len(log_weight)


def _weights(density: Density, points: Tensor, cost: float) -> tuple[EvaluatedPoints, Tensor]:
    """Evaluate draws of the relaxed posterior as they are; return the log weights that remove the relaxation."""
    with torch.no_grad():
        hard = density.at(points)
        if not density.hard:
            return hard, torch.zeros(len(points), dtype=torch.float64)
        with density.relaxed(cost):
            soft = density.at(points)
    log_weight = hard.log_weight - soft.log_weight
    return hard, torch.where(torch.isnan(log_weight), -torch.inf, log_weight)


def _answered(
    density: Density, walks: list[NutsRun], wanted: int, tuned: WarmUp, problem: Problem, goal: Goal
) -> SampledEstimate:
    made = len(walks[0].draws)
    burn_in = min(BURN_IN, max(made - wanted, made // 2))
    draws = torch.cat([torch.stack(walk.draws[burn_in:]) for walk in walks], 1)
    chains = draws.transpose(0, 1).contiguous()
    points = chains.reshape(-1, density.size)
    point, log_weight = _weights(density, points, tuned.cost)
    if not bool((log_weight > -torch.inf).any()):
        raise localised(problem, goal)
    density.factors.stream = Stream(seed_of(goal.seed, 301))
    sample = density.answered(point, log_weight, len(chains))
    found = estimate([sample])
    density.factors.stream = Stream(seed_of(goal.seed, 302))
    with torch.no_grad():
        fitted = frame_of(points, log_weight.exp())
        evidence = estimated_evidence(proposed(density, fitted, EVIDENCE_ISLANDS, EVIDENCE_DRAWS), EVIDENCE_ISLANDS)
    diagnostics = _diagnostics(density, walks, tuned, chains, log_weight.exp())
    ess = diagnostics["satisfied"] * diagnostics["chain_ess"]
    warnings = _warnings(diagnostics, len(walks) * chains.shape[1])
    return SampledEstimate(found, ess, len(points), *evidence, density.method, REASON, diagnostics, warnings)


def _diagnostics(
    density: Density, walks: list[NutsRun], tuned: WarmUp, chains: Tensor, weights: Tensor
) -> dict[str, float]:
    r_hat, size = _mixing(chains)
    return {
        "r_hat": max(r_hat, 1.0),
        "divergences": float(sum(walk.divergences for walk in walks)),
        "acceptance": sum(walk.acceptance for walk in walks) / len(walks),
        "chains": float(len(chains)),
        "draws_per_chain": float(chains.shape[1]),
        "step_size": tuned.step,
        "cost": tuned.cost if density.hard else 0.0,
        "satisfied": effective_size(weights) / len(weights),
        "chain_ess": size,
    }


def _mixing(chains: Tensor) -> tuple[float, float]:
    """Return R-hat of the ranks of split chains, and the effective number of draws, both of the worst coordinate.

    As in Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021); `chains` is (chains, draws, d).
    """
    count = chains.shape[0] * chains.shape[1]
    if chains.shape[1] < SHORT_CHAIN:  # autocorrelations are noise: what is known is that the chains are independent
        return math.inf, float(chains.shape[0])
    ranks = chains.reshape(count, -1).argsort(0).argsort(0).double().reshape(chains.shape)
    scores = torch.special.ndtri((ranks + 0.625) / (count + 0.25))
    sizes = effective_draws(scores)
    sizes = torch.where(sizes > 0, sizes, count)  # antithetic chains: more than independent draws
    return float(split_r_hat(scores).max()), min(float(sizes.min()), float(count))


def _warnings(diagnostics: dict[str, float], trajectories: int) -> tuple[str, ...]:
    found = []
    if diagnostics["divergences"] > 0:
        share = diagnostics["divergences"] / trajectories
        found.append(f"{share:.1%} of the trajectories diverged: part of the posterior may not have been explored")
    if diagnostics["step_size"] < TINY_STEP:
        found.append("trajectories needed very small steps: the posterior is discontinuous or badly scaled")
    if diagnostics["draws_per_chain"] < SHORT_CHAIN:
        found.append("the chains are too short to compare: allow more time, or use --method svi or smc")
    elif diagnostics["r_hat"] > BAD_R_HAT:
        found.append(f"independent chains disagree (R-hat {diagnostics['r_hat']:.2f}): don't trust the figures")
    return tuple(found)


__all__ = ["Nuts"]
