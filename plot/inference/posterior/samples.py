"""Draws of queries from their joint posterior, in chains that know nothing of each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.choose import infer
from plot.inference.contract import Goal, Kind, Marginal, Problem
from plot.inference.device import on_device, one_thread
from plot.inference.estimates.columns import Column, View, column
from plot.inference.estimates.islands import Estimate, Sample, estimate
from plot.inference.methods.draws import DrawnState
from plot.inference.methods.importance import seed_of
from plot.inference.methods.smc import SmcState
from plot.inference.numerics import kish
from plot.inference.outcomes import Outcome
from plot.inference.posterior.worlds import posterior_sample
from plot.language.syntax.nodes import ProgramNode
from plot.runtime import RunPlan, run
from plot.runtime.sites.randomness import Stream

if TYPE_CHECKING:
    from torch import Tensor

BATCH, BATCHES = 8_192, 4
BLOCKS = 32  # of prior samples: their disagreement is the standard error
ENOUGH = 2.0  # effective prior samples for each draw: with fewer, particles are moved through the evidence
RESAMPLING = 1 << 21  # the random numbers that choose among particles are those of no batch


@dataclass(frozen=True, slots=True, eq=False)
class QueryDraws:
    """Equally weighted draws of one query.

    Attributes:
        kind: What its values are.
        values: The draws, (chains, draws): bool, float64, or int64 numbers of `labels`; float64 with NaN where a number
            or a truth value has none.
        labels: The outcomes of a choice, by number.
        integer: Whether all numbers are whole.
        marginal: The posterior of the query from the same particles, with its standard error.
        ess: The effective sample size of the particles for this query.
    """

    kind: Kind
    values: Tensor
    labels: tuple[Outcome, ...]
    integer: bool
    marginal: Marginal
    ess: float


@dataclass(frozen=True, slots=True, eq=False)
class JointDraws:
    """Draws of several queries in the same worlds.

    Attributes:
        queries: The draws of each query.
        particle: The number of the particle that each draw is a copy of, (chains, draws).
        ess: The effective sample size (Kish) of the particles.
        method: `prior` where prior samples were weighted, else the name of the inference method.
    """

    queries: tuple[QueryDraws, ...]
    particle: Tensor
    ess: float
    method: str


def joint_draws(problem: Problem, which: Sequence[int], goal: Goal, draws: int, chains: int = 1) -> JointDraws:
    """Return draws of the queries of a problem, by their numbers, all in the same worlds of the posterior.

    The same seed gives the same draws, whatever was asked before. Raises PlotError as inference does, and for a query
    that is a set: its members are asked for one by one.
    """
    goal = goal.started()
    with on_device(goal.device), one_thread():
        method, sample = "prior", _weighted(problem, goal, draws * chains)
        if sample is None:
            method, sample = _moved(problem, goal, draws * chains)
        sample = replace(sample, queries=tuple(sample.queries[number] for number in which))
        found = estimate([sample])
        picked = _picked(sample, chains, draws, goal.seed)
        columns = [column(value, View(None, sample.particles)) for value in sample.queries]
        asked = [_drawn(one, picked, found, number) for number, one in enumerate(columns)]
        return JointDraws(tuple(asked), picked, kish(sample.log_weight), method)


def _weighted(problem: Problem, goal: Goal, count: int) -> Sample | None:
    """Return weighted prior samples, None where too few of them are consistent with the evidence."""
    try:
        found = run(problem.program, BATCH, RunPlan(seed=seed_of(goal.seed, 0), budget=goal.budget))
        if not found.complete or kish(found.log_weight) * BATCHES < ENOUGH * count:
            return None
        if kish(found.log_weight) < ENOUGH * count:
            found = run(problem.program, BATCH * BATCHES, RunPlan(seed=seed_of(goal.seed, 0), budget=goal.budget))
    except PlotError:  # over a budget, or an error in all of them: moving particles may do better
        return None
    if kish(found.log_weight) < ENOUGH * count:
        return None
    return Sample(BLOCKS, found.log_weight, tuple(found.queries), found.warnings)


def _moved(problem: Problem, goal: Goal, count: int) -> tuple[str, Sample]:
    """Return particles of a method that keeps some, with its name. Raises UnreachedError as it does.

    The precision is that of as many independent draws; where the usual method keeps no particles, another one has as
    much time again.
    """
    aim = replace(goal, precision=max(goal.precision, 0.5 / math.sqrt(count)))
    posterior, state = infer(problem, aim)
    if not isinstance(state, (DrawnState, SmcState)):
        aim = aim.afresh().started()
        posterior, state = infer(problem, aim, "smc")
    return posterior.method, posterior_sample(problem, ProgramNode(body=()), aim, count, state)


def _picked(sample: Sample, chains: int, draws: int, seed: int) -> Tensor:
    """Return the numbers of particles drawn by their weights, (chains, draws); each chain has islands of its own."""
    rows = sample.log_weight.reshape(math.gcd(chains, sample.islands), -1)
    size, each = rows.shape[1], chains // len(rows)
    found = []
    for number, row in enumerate(rows):
        weights = (row - row.max()).exp()
        if not bool(torch.isfinite(row.max())):
            raise PlotError(
                "no sampled world satisfies what was told", hint="raise the time budget, or try another seed"
            )
        stream = Stream(seed_of(seed, RESAMPLING + number))
        found.append(stream.picks(weights / weights.sum(), draws * each).reshape(each, draws) + number * size)
    return torch.cat(found)


def _drawn(found: Column, picked: Tensor, estimated: Estimate, number: int) -> QueryDraws:
    if found.kind == "set":
        raise PlotError("a list of names can't be a column of draws", hint="ask about one name at a time")
    values = found.values.expand(int(picked.max()) + 1) if found.values.dim() == 0 else found.values
    values = values[picked]
    if found.defined is not None and found.kind != "choice":
        values = torch.where(found.defined[picked], values.to(torch.float64), torch.nan)
    marginal, size = estimated.marginals[number], estimated.sizes[number]
    return QueryDraws(found.kind, values, found.labels, found.integer, marginal, size)


def stacked(columns: Sequence[Tensor]) -> Any:
    """Return columns of draws, (chains, draws) each, as one array of NumPy, (chains, draws, columns)."""
    return torch.stack([one.to(torch.float64) if one.is_floating_point() else one for one in columns], -1).numpy()


__all__ = ["JointDraws", "QueryDraws", "joint_draws", "stacked"]
