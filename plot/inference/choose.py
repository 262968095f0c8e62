"""The choice of an inference method, by name or by analysing the program, with its reason.

Automatic choice: a program whose random choices are all finite, and not too many, is summed exactly; its text tells
so, or a look at all their values at once. Otherwise prior samples decide: where little was said that enough of
them fit, they are weighted. Where more was said, a proposal is fitted to it, if what is unknown is real numbers, or the
odds of choices are learned, if there are only these; else particles are weighted, or, if almost none is consistent,
moved through it utterance by utterance. What turns out badly is tried again in a stronger way.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from plot._lazy import late, torch
from plot.errors import BudgetError, ImpossibleError, PlotError, UnlikelyError, UnreachedError
from plot.inference.contract import Goal, Method, Posterior, Problem, State
from plot.inference.device import on_device, one_thread
from plot.inference.estimates.reportable import LEAST_ESS, Evidence, compared, doubtful, surveyed, unreportable, warned
from plot.inference.evidence.contradiction import localised
from plot.inference.evidence.elimination import TooWide
from plot.inference.evidence.evaluation import is_continuous, support_size
from plot.inference.evidence.groups import groups_of
from plot.inference.methods.exact.finiteness import is_plainly_finite, may_be_finite
from plot.inference.numerics import effective_size, kish
from plot.inference.particles.fitting import MissedError, UnfitError
from plot.runtime import Run, RunPlan, run

if TYPE_CHECKING:
    from plot.inference.methods import adaptive, importance, nuts, smc, svi, weighted, widened
    from plot.inference.methods.exact import exact, linear_normal
    from plot.inference.methods.guided import guided
else:
    adaptive = late("plot.inference.methods.adaptive")
    exact = late("plot.inference.methods.exact.exact")
    linear_normal = late("plot.inference.methods.exact.linear_normal")
    guided = late("plot.inference.methods.guided.guided")
    importance = late("plot.inference.methods.importance")
    nuts = late("plot.inference.methods.nuts")
    smc = late("plot.inference.methods.smc")
    svi = late("plot.inference.methods.svi")
    weighted = late("plot.inference.methods.weighted")
    widened = late("plot.inference.methods.widened")


@dataclass(frozen=True, slots=True, eq=False)
class LateMethod:
    """A method that is imported when it first infers: an answer needs one or two of them."""

    name: str
    make: Callable[[], Method]

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer as the method does."""
        return self.make().infer(problem, goal, state)


METHODS: Mapping[str, Method] = {
    "exact": LateMethod("exact", lambda: exact.Exact()),
    "importance": LateMethod("importance", lambda: importance.Importance()),
    "adaptive": LateMethod("adaptive", lambda: adaptive.Adaptive()),
    "guided": LateMethod("guided", lambda: guided.GuidedSampling()),
    "smc": LateMethod("smc", lambda: smc.Smc()),
    "nuts": LateMethod("nuts", lambda: nuts.Nuts()),
    "svi": LateMethod("svi", lambda: svi.Svi()),
}
TITLES: Mapping[str, str] = {
    "exact": "exact inference",
    "importance": "likelihood weighting",
    "adaptive": "adaptive importance sampling",
    "guided": "guided sampling",
    "smc": "SMC",
    "nuts": "NUTS",
    "svi": "SVI",
}
MOVING = frozenset(["adaptive", "guided", "smc"])  # methods that may miss worlds from which they are far
STRONGER: Method = LateMethod("smc", lambda: smc.Smc(per_island=4_096, moves=2.0, final_moves=4.0, looks=8))
PILOT_PARTICLES = 512  # prior samples that show of which kind a program is (not measured)
FEWEST_OF_SURVEY = 3  # effective samples, below which a survey says nothing (not measured)
ROUGH_ERROR = (
    1.5  # nats of the evidence that few effective samples tell: then only what is far off counts (not measured)
)
FEW_PARTICLES = 64  # prior samples that show which choices there are (not measured)
PILOT_TIME = 0.3  # of the time that is left
SLOW = 0.1  # of the seconds allowed: where pilot particles take longer, they are most of what there is time for
SLOW_REASON = "the program runs slowly: weighting as many prior samples as time allows"
ENOUGH_FIT = 0.02  # share of the prior samples left, effectively, from which weighting is quick enough (not measured)
ENOUGH_WIDELY = 0.01  # the same of samples with choices drawn widely, where moves have to come from far (not measured)
FEW_GROUPS = 2  # sets of facts that share latent variables, up to which weighting comes first (not measured)
CHEAP_PARTICLES = 65_536  # prior samples that are weighted in less time than a proposal is fitted (benchmarks/batch.py)
SOME_GROUPS = 5  # such sets, up to which weighting takes over where nothing else fits (not measured)
MOST_COMBINATIONS = 1 << 16  # values of all choices together, up to which a sum is taken to be quick (not measured)
PATIENCE = 0.5  # of the seconds allowed, before another method takes over from one that can't be trusted


@dataclass(frozen=True, slots=True)
class Chosen:
    """A method, the reason for it, its fallbacks, and the `state` to continue from, if there is one."""

    method: Method
    reason: str
    fallback: tuple[Method, ...] = ()
    state: State | None = None


def choose(problem: Problem, goal: Goal, method: str = "auto", state: State | None = None) -> Chosen:
    """Return the algorithm for a problem and the reason in one sentence. Raises PlotError for an unknown name."""
    if method != "auto":
        return Chosen(_named(method), "asked for by name")
    drawing, moving = METHODS["guided"], METHODS["smc"]
    if state is not None and state.method in ("smc", "adaptive", "guided"):
        further = (STRONGER,) if state.method == "smc" else (moving, STRONGER)
        return Chosen(METHODS[state.method], "continuing with the particles of the previous question", further)
    if _are_weighted(state, problem, goal):
        return Chosen(
            METHODS["importance"], "continuing with the particles of the previous question", (moving, STRONGER)
        )
    otherwise = (METHODS["importance"], drawing, moving, STRONGER)
    if is_plainly_finite(problem.program):
        return Chosen(METHODS["exact"], exact.REASON, otherwise)
    begun = exact.begin(problem, goal) if may_be_finite(problem.program) else None
    if begun is not None:
        return Chosen(METHODS["exact"], exact.REASON, otherwise, begun)
    before = goal.watch.elapsed
    try:
        pilot = run(problem.program, PILOT_PARTICLES, RunPlan(seed=goal.seed, budget=goal.budget))
    except BudgetError:
        raise
    except PlotError:
        return Chosen(
            METHODS["importance"],
            "the program failed on a small batch of particles; a larger batch may succeed",
            (moving,),
        )
    if _is_finite(pilot):
        return Chosen(METHODS["exact"], exact.REASON, otherwise)
    linear = linear_normal.solved(problem, goal, pilot)
    if linear is not None:
        return Chosen(METHODS["exact"], linear.reason, otherwise, exact.ExactState(problem, linear))
    if goal.watch.elapsed - before > SLOW * goal.seconds:
        return Chosen(METHODS["importance"], SLOW_REASON, state=importance.PilotBatch(problem, pilot))
    return _by_sampling(problem, pilot, goal)


def _are_weighted(state: State | None, problem: Problem, goal: Goal) -> bool:
    """Return whether the previous question's weighted prior samples are valid for this problem too."""
    if state is None or state.method != "importance":
        return False
    return isinstance(state, weighted.WeightedState) and state.goes_on(problem, goal)


def _named(name: str) -> Method:
    if name in METHODS:
        return METHODS[name]
    names = ["auto", *METHODS]
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(names)}"
    raise PlotError(f"unknown inference method {name!r}", hint=hint)


def _is_finite(pilot: Run) -> bool:
    """Return whether all sites have finitely many values, few enough that summing them is likely to be cheap."""
    drawn = [site for site in pilot.choices.values() if not site.observed]
    sizes = [support_size(site) for site in drawn]
    if not all(sizes):
        return False
    static = all(site.mask is True for site in drawn)
    return static or math.prod(sizes) <= MOST_COMBINATIONS


def _by_sampling(problem: Problem, pilot: Run, goal: Goal) -> Chosen:
    groups, _ = groups_of(problem)
    weights = pilot.log_weight
    fit = float((weights > -math.inf).double().mean())
    spread = (weights - weights.max()).exp().nan_to_num(0.0)
    kept = effective_size(spread) / PILOT_PARTICLES if fit > 0 else 0.0
    share = min(fit, kept)
    fits = share >= ENOUGH_FIT
    real = _may_be_real(pilot)
    weighting = Chosen(
        METHODS["importance"],
        f"about {share:.0%} of prior samples are consistent with the evidence: likelihood weighting is fastest"
        if groups
        else "no evidence: sampling from the prior is fastest",
        (*((METHODS["adaptive"],) if real else ()), METHODS["smc"], STRONGER),
    )
    if fits and (len(groups) <= FEW_GROUPS or _particles_for(goal.precision) <= share * CHEAP_PARTICLES):
        return weighting
    count = f"{len(groups)} observation{'s' if len(groups) != 1 else ''}"
    why = f"{count}; {_few(share)} prior samples are consistent"
    moving = Chosen(METHODS["smc"], f"{why}: using sequential Monte Carlo", (STRONGER,))
    otherwise = weighting if fits and len(groups) <= SOME_GROUPS else moving
    if not fits and _may_be_guided(pilot):
        return Chosen(
            METHODS["guided"],
            f"{why}: sampling choices with odds learned from those that are",
            (moving.method, *moving.fallback),
        )
    if not real:
        wide = None if fits else _by_wide_draws(problem, pilot, goal)
        return (
            otherwise
            if wide is None
            else replace(weighting, reason=f"{why}; {wide}", fallback=(moving.method, STRONGER))
        )
    return Chosen(
        METHODS["adaptive"],
        f"{why}: sampling from a proposal fitted to the posterior",
        tuple(method for method in (otherwise.method, *otherwise.fallback) if method is not METHODS["adaptive"]),
    )


def _by_wide_draws(problem: Problem, pilot: Run, goal: Goal) -> str | None:
    """Return why samples whose choices are drawn widely are weighted, None where too few of them are consistent."""
    share = widened.share_to_widen(pilot)
    if not share:
        return None
    try:
        found, draws = widened.widened(problem, goal.within(PILOT_TIME), share, widened.SURVEYED, goal.seed)
    except PlotError:
        return None
    kept = effective_size(torch.nan_to_num(torch.softmax(found.log_weight + draws, 0))) / found.particles
    return f"{kept:.0%} are where its choices are drawn more widely" if kept >= ENOUGH_WIDELY else None


def _particles_for(precision: float) -> float:
    """Return the effective sample size at which the standard error of a probability of one half is `precision`."""
    return (0.5 / precision) ** 2


def _few(share: float) -> str:
    if share < 0.01:
        return "almost no"
    return f"{'only ' if share < 0.1 else ''}{share:.0%} of"


def _may_be_real(pilot: Run) -> bool:
    """Return whether all latent variables that can't be marginalised may be real numbers that always exist."""
    drawn = [site for site in pilot.choices.values() if not site.observed]
    real = [site for site in drawn if not support_size(site)]
    return bool(real) and all(site.mask is True and is_continuous(site.distribution) for site in real)


def _may_be_guided(pilot: Run) -> bool:
    """Return whether all latent variables are discrete choices whose odds can be learned."""
    drawn = [site for site in pilot.choices.values() if not site.observed]
    if any(is_continuous(site.distribution) for site in drawn):
        return False
    return any(guided.may_be_guided(site) for site in drawn)


def infer(
    problem: Problem, goal: Goal, method: str = "auto", state: State | None = None
) -> tuple[Posterior, State | None]:
    """Infer the posterior of a problem's queries with the algorithm that fits.

    Where the choice is free, another algorithm takes over from one that fails or whose diagnostics are bad.

    Args:
        problem: The program in factors.
        goal: How precise the answer has to be, and what it may cost.
        method: `auto`, or a name of `METHODS`.
        state: What an earlier call returned for a problem with the same beginning, None for a fresh start.

    Returns:
        The posterior, and the state to continue from (None: nothing to carry).

    Raises:
        ImpossibleError: The evidence has no support.
        UnlikelyError: No support was found.
        UnreachedError: What was found can't be reported (see `estimates/reportable.py`).
        PlotError: The program fails in every particle, or the method is unknown.
    """
    with on_device(goal.device), one_thread():
        return _infer(problem, goal.started(), method, state)


def _infer(problem: Problem, goal: Goal, method: str, state: State | None) -> tuple[Posterior, State | None]:
    chosen = choose(problem, goal, method, state)
    now, reason, rest = chosen.method, chosen.reason, list(chosen.fallback)
    state = state if chosen.state is None else chosen.state
    best: tuple[Posterior, State | None] | None = None
    others: Sequence[Evidence] = ()
    survey = lru_cache(lambda: _survey(problem, goal))
    while True:
        found: State | None = None
        kept = state if state is not None and state.method == now.name else None
        try:
            posterior, after = now.infer(problem, replace(goal, patience=PATIENCE) if rest else goal, kept)
            looked_at = kept is not None or now.name not in MOVING
            posterior = surveyed(compared(posterior, others), None if looked_at else survey())
            bad = doubtful(posterior)
            better = bad is None or best is None or posterior.ess >= best[0].ess
            if unreportable(posterior) is None and better:
                best = replace(warned(posterior), reason=reason), after
            last = not rest or goal.watch.over
            if best is not None and (bad is None or not better or last):
                return best  # what is stronger may have had too little time
            if last:
                raise _unreached(now.name, str(bad), method, goal)
            failure = f"{_title(now)} was unreliable ({bad})"
            if unreportable(posterior) is None:  # else its errors are not true either
                others = others or (Evidence(posterior.log_evidence, posterior.log_evidence_error),)
        except MissedError:
            raise
        except (TooWide, BudgetError, UnlikelyError, UnfitError, UnreachedError) as error:
            if best is not None and (not rest or goal.watch.over):
                return best
            if not rest and isinstance(error, UnfitError):
                raise _why_unfit(error, problem, goal) from None
            if not rest or (isinstance(error, BudgetError) and not (now.name == "exact" and _is_light(problem, goal))):
                raise
            failure = f"{_title(now)} failed ({error.message})"
            if isinstance(error, UnfitError):
                found, others = smc.SmcState(error.factors, (), goal.seed, error.fit), others or error.evidence
        reason = f"{failure}; switched to {_title(rest[0])}"
        now, state = rest.pop(0), found


def _survey(problem: Problem, goal: Goal) -> Evidence | None:
    """Return what samples say of the evidence whose choices are drawn widely; None where they say nothing certain."""
    hurried = goal.within(PILOT_TIME)
    try:
        pilot = run(problem.program, FEW_PARTICLES, RunPlan(seed=goal.seed, budget=hurried.budget))
        share = widened.share_to_widen(pilot)
        if not share:
            return None
        found, draws = widened.widened(problem, hurried, share, widened.SURVEYED, goal.seed)
    except PlotError:
        return None
    log_weight = found.log_weight + draws
    size = kish(log_weight)
    if not size >= FEWEST_OF_SURVEY:
        return None
    error = 1 / math.sqrt(size) if size >= LEAST_ESS else ROUGH_ERROR
    return Evidence(float(log_weight.logsumexp(0)) - math.log(len(draws)), error)


def _why_unfit(error: UnfitError, problem: Problem, goal: Goal) -> PlotError:
    """Return the error for evidence that no proposal leads to: nothing does where it is impossible."""
    found = localised(problem, goal)
    return found if isinstance(found, ImpossibleError) else error


def _unreached(name: str, why: str, asked: str, goal: Goal) -> UnreachedError:
    """Return the error for a posterior that can't be reported, where no other method is left."""
    more = "allow more time: --budget-seconds …" if goal.particles is None else "allow more particles: --particles …"
    hint = more if asked == "auto" else "let PLoT choose the method: --method auto"
    return UnreachedError(f"{name} did not converge to the posterior: {why}", hint=hint)


def _is_light(problem: Problem, goal: Goal) -> bool:
    """Return whether a few particles stay within the budgets: then it was the sum over worlds, not the program."""
    try:
        run(problem.program, PILOT_PARTICLES, RunPlan(seed=goal.seed, budget=goal.within(PILOT_TIME).budget))
    except BudgetError:
        return False
    except PlotError:
        pass
    return True


def _title(method: Method) -> str:
    return "SMC with more particles and moves" if method is STRONGER else TITLES[method.name]


__all__ = ["METHODS", "Chosen", "choose", "infer"]
