"""Joint posterior probabilities of several truth values, with standard errors.

Particles come in blocks that know nothing of each other: batches of the prior that are weighted, or the islands of a
sequential sampler. Leaving out one block after the other (the jackknife) gives the standard error of whatever is
computed from all, resampling and uneven weights included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.contract import Goal, Problem, State
from plot.inference.device import on_device, one_thread
from plot.inference.estimates.columns import View, column
from plot.inference.evidence.slices import Slicer
from plot.inference.methods.draws import DrawnState
from plot.inference.methods.importance import seed_of
from plot.inference.methods.smc import SmcState
from plot.inference.numerics import effective_size, kish
from plot.inference.posterior.worlds import posterior_sample
from plot.language.syntax.nodes import Expr, ProgramNode, Query
from plot.runtime import Run, RunPlan, run
from plot.runtime.evaluator.frames import label_places
from plot.runtime.values.values import Value

if TYPE_CHECKING:
    from torch import Tensor

BATCH, MOST_BATCHES, BLOCKS = 8_192, 8, 32
ENOUGH, FEW = 4_000.0, 500.0
SECONDS = 2.0  # for probabilities of propositions together (not measured)
PILOT_PARTICLES = 256  # that show what the propositions read (not measured)
PROBES = 64  # prior samples in which an expression has to be without error (not measured)


@dataclass(frozen=True, slots=True)
class JointEstimate:
    """A figure with its Monte-Carlo standard error."""

    value: float
    mcse: float

    def above(self, least: float, sure: float) -> bool:
        """Return whether the figure is at least `least`, and above zero by `sure` standard errors."""
        return self.value >= least and self.value > sure * self.mcse


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """Weighted worlds in blocks: `truths` (K, N) of K propositions, and the weights (N,), which sum to one."""

    truths: Tensor
    weights: Tensor
    blocks: int

    def chance(self, which: Tensor, given: Tensor | None = None) -> JointEstimate:
        """Return the probability of what is true in `which` worlds, in those that are `given` if such are named."""
        given = torch.ones_like(which) if given is None else given
        sums = self._sums(which & given, given)
        return self._estimate(sums, lambda s: s[..., 0] / s[..., 1], self._size(given))

    def contrast(self, effect: Tensor, cause: Tensor, given: Tensor | None = None) -> JointEstimate:
        """Return how much likelier an effect is where a cause holds than where it does not."""
        given = torch.ones_like(effect) if given is None else given
        with_, without = cause & given, ~cause & given
        sums = self._sums(effect & with_, with_, effect & without, without)
        size = min(self._size(with_), self._size(without))
        return self._estimate(sums, lambda s: s[..., 0] / s[..., 1] - s[..., 2] / s[..., 3], size)

    def _sums(self, *which: Tensor) -> Tensor:
        """Return the weight of some sets of worlds in each block, (blocks, sets)."""
        return torch.stack([(self.weights * one).reshape(self.blocks, -1).sum(1) for one in which], dim=1)

    def _size(self, which: Tensor) -> float:
        return effective_size(self.weights * which)

    def _estimate(self, sums: Tensor, figure: Callable[[Tensor], Tensor], size: float) -> JointEstimate:
        """Return a figure with its error by the jackknife; it is no smaller than one world in all can make it."""
        whole = sums.sum(0)
        value, left = float(figure(whole)), figure(whole - sums)
        if not math.isfinite(value) or size < 2 or not bool(torch.isfinite(left).all()):
            return JointEstimate(value, math.inf)
        spread = float(((left - left.mean()) ** 2).sum()) * (self.blocks - 1) / self.blocks
        return JointEstimate(value, max(math.sqrt(spread), 1 / size))


def joint(problem: Problem, shown: Sequence[Expr], goal: Goal, state: State | None = None) -> Joint:
    """Return the truth values of the question and of the expressions `shown` in the same worlds of the posterior.

    `state` is that of the question's inference. The same seed gives the same worlds. Raises PlotError as inference
    does.
    """
    asked, goal = ProgramNode(body=tuple(Query(value=expr) for expr in shown)), goal.started()
    with on_device(goal.device), one_thread():
        if not isinstance(state, (DrawnState, SmcState)):
            found = _weighted(problem, asked, goal)
            if found is not None:
                return found
        sample = posterior_sample(problem, asked, goal, math.inf, state)
    truths = _truths(sample.queries, len(shown), sample.particles)
    return Joint(truths, _normal(sample.log_weight), sample.islands)


def _weighted(problem: Problem, asked: ProgramNode, goal: Goal) -> Joint | None:
    """Return weighted prior worlds, None if almost none is consistent with the evidence."""
    program = replace(problem.program, body=(*problem.program.body, *asked.body))
    runs: list[Run] = []
    watch = goal.watch.within(SECONDS)
    while len(runs) < MOST_BATCHES and not (runs and watch.over):
        try:
            runs.append(run(program, BATCH, RunPlan(seed=seed_of(goal.seed, len(runs)), budget=goal.budget)))
        except PlotError:  # over a budget, or an error in all of them: moving particles may do better
            return None
        weights = torch.cat([one.log_weight for one in runs])
        size = kish(weights)
        if size < FEW / MOST_BATCHES:
            return None
        truths = torch.cat([_truths(one.queries, len(asked.body), BATCH) for one in runs], dim=1)
        if size >= ENOUGH and not 0 < _rarer(weights, truths[0]) < FEW:
            break
    if size < FEW or not all(one.complete for one in runs):
        return None
    return Joint(truths, _normal(weights), BLOCKS * len(runs))


def _rarer(log_weight: Tensor, asked: Tensor) -> float:
    """Return the effective number of worlds in which something is so, or in which it is not: the fewer."""
    return min(kish(log_weight.masked_fill(which, -math.inf)) for which in (asked, ~asked))


def _truths(queries: Sequence[Value], count: int, particles: int) -> Tensor:
    """Return the truth values of the first query and of the last `count`; what is not defined is false."""
    view = View(None, particles)
    chosen = [queries[0], *queries[len(queries) - count :]]
    return torch.stack([column(one, view, "boolean").values for one in chosen])


def _normal(log_weight: Tensor) -> Tensor:
    weights = (log_weight - log_weight.max()).exp()
    return weights / weights.sum()


# -- what an expression rests on ---------------------------------------------------------------------------


def choices_of(context: ProgramNode, expr: Expr, goal: Goal) -> frozenset[str]:
    """Return the random choices that an expression's value follows from, by address. Raises PlotError as it does."""
    asked = Query(value=expr)
    program = ProgramNode(body=(*context.body, asked))
    needed = frozenset(id(node) for node in Slicer(program).slice([asked]))
    found = run(
        program, PILOT_PARTICLES, RunPlan(seed=goal.seed, budget=goal.budget, labels=label_places(program), only=needed)
    )
    return frozenset(site.of for site in found.choices.values())


def sound(context: ProgramNode, exprs: Sequence[Expr], goal: Goal) -> list[int]:
    """Return the numbers of those expressions that are true or false in every world, and an error in none."""
    return _sound(context, list(enumerate(exprs)), goal)


def _sound(context: ProgramNode, exprs: list[tuple[int, Expr]], goal: Goal) -> list[int]:
    program = ProgramNode(body=(*context.body, *(Query(value=expr) for _, expr in exprs)))
    view = View(None, PROBES)
    try:
        found = run(program, PROBES, RunPlan(seed=goal.seed, budget=goal.budget))
        columns = [column(value, view) for value in found.queries[len(found.queries) - len(exprs) :]]
        fine = not found.warnings and found.complete
    except PlotError:
        fine = False
    if fine:
        kept = zip(exprs, columns, strict=True)
        return [number for (number, _), one in kept if one.kind == "boolean" and one.defined is None]
    if len(exprs) < 2:
        return []
    half = len(exprs) // 2
    return [*_sound(context, exprs[:half], goal), *_sound(context, exprs[half:], goal)]


__all__ = ["Joint", "JointEstimate", "choices_of", "joint", "sound"]
