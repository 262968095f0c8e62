"""Whole worlds sampled from the posterior, with the value of a query in each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.contract import Goal, Problem, State
from plot.inference.device import on_device, one_thread
from plot.inference.estimates.islands import Sample
from plot.inference.evidence.factors import Factors
from plot.inference.methods.draws import DrawnState
from plot.inference.methods.importance import seed_of
from plot.inference.methods.smc import Smc, SmcState
from plot.inference.numerics import effective_size
from plot.inference.particles.population import Population, mask_at, tensor_at
from plot.inference.particles.query import evaluate_query
from plot.language.syntax.nodes import ProgramNode
from plot.runtime import Given, RunPlan, run
from plot.runtime.evaluator.program import values_of
from plot.runtime.sites.randomness import Stream
from plot.runtime.values.values import unbatch

if TYPE_CHECKING:
    from torch import Tensor

PILOT_PARTICLES = 8_192  # prior samples that are weighted first (not measured)
ENOUGH = 2.0  # effective samples for each world that is drawn (not measured)
PICK = 1 << 20  # the random numbers of the choice among particles are not those of any batch


def draw_worlds(problem: Problem, shown: ProgramNode, goal: Goal, count: int, state: State | None = None) -> list[Any]:
    """Return the value of the query of `shown` in `count` worlds sampled from the posterior.

    Prior samples are weighted where enough of them are consistent with the evidence, and else moved through it; `state`
    is that of the question's inference. The same seed gives the same worlds. Raises PlotError as inference does.
    """
    goal = goal.started()
    with on_device(goal.device), one_thread():
        if not isinstance(state, (DrawnState, SmcState)):
            found = _weighted(problem, shown, goal, count)
            if found is not None:
                return found
        return _moved(problem, shown, goal, count, state)


def _weighted(problem: Problem, shown: ProgramNode, goal: Goal, count: int) -> list[Any] | None:
    """Return worlds from weighted prior samples; None where they are too few for so many worlds."""
    try:
        pilot = run(problem.program, PILOT_PARTICLES, RunPlan(seed=seed_of(goal.seed, 0), budget=goal.budget))
    except PlotError:  # over a budget, or an error in all of them: moving particles may do better
        return None
    weights = _normal(pilot.log_weight)
    if weights is None or effective_size(weights) < ENOUGH * count:
        return None
    index = _picked(weights, count, goal)
    whole = problem.program
    program = replace(whole, body=(*whole.body, *shown.body))
    found = run(program, count, RunPlan(seed=goal.seed, budget=goal.budget, given=_at(values_of(pilot), index)))
    return [unbatch(found.queries[-1], number) for number in range(count)]


def _at(values: Mapping[str, Given], index: Tensor) -> dict[str, Given]:
    """Return the values of sites in the particles of `index`."""
    return {name: Given(tensor_at(given.raw, index), mask_at(given.mask, index)) for name, given in values.items()}


def _moved(problem: Problem, shown: ProgramNode, goal: Goal, count: int, state: State | None) -> list[Any]:
    """Return worlds from the particles of a sequential sampler."""
    found = posterior_sample(problem, shown, goal, count, state)
    weights = _normal(found.log_weight)
    if weights is None:
        raise PlotError("nothing to draw: no sampled world answers the question", hint="try another seed")
    return [unbatch(found.queries[-1], number) for number in _picked(weights, count, goal).tolist()]


def posterior_sample(problem: Problem, shown: ProgramNode, goal: Goal, count: float, state: State | None) -> Sample:
    """Return particles of the posterior with the queries of `shown`, at most a few times `count` of them.

    They are those of the question's inference, or else a sequential sampler's.
    """
    whole = replace(problem, question=ProgramNode(body=(*problem.question.body, *shown.body)), targets=0)
    factors, population = _kept(whole, goal, state) or _moved_through(problem, whole, goal, state)
    islands, most = population.islands, population.per_island
    few = min(most, math.ceil(min(ENOUGH * count / islands, most)))
    return evaluate_query(factors, population.thinned(few, factors.stream))


def _kept(whole: Problem, goal: Goal, state: State | None) -> tuple[Factors, Population] | None:
    """Return the particles that were drawn from a proposal, if there is no new evidence."""
    if not isinstance(state, DrawnState):
        return None
    factors = Factors(whole, goal, state.kept.stream.copy(), state.factors)
    if not state.tells_all(factors):
        return None
    return factors, state.kept.batches[0]


def _moved_through(problem: Problem, whole: Problem, goal: Goal, state: State | None) -> tuple[Factors, Population]:
    """Return particles from a sequential sampler."""
    sampler = Smc()
    if not isinstance(state, SmcState):
        _, state = sampler.infer(replace(problem, targets=0), goal, None)
        assert isinstance(state, SmcState)
    kept = state.rounds[-1]
    factors = Factors(whole, goal, kept.factors.stream.copy(), state.base)
    now = sampler.supposing(sampler.continued(factors, kept))
    return now.factors, now.population


def _normal(log_weight: Tensor) -> Tensor | None:
    """Return weights that sum to one, None where there are none."""
    top = log_weight.max()
    if not torch.isfinite(top):
        return None
    weights = (log_weight - top).exp()
    return weights / weights.sum()


def _picked(weights: Tensor, count: int, goal: Goal) -> Tensor:
    """Return the numbers of particles drawn by their weights, in random order: the first few are a sample too."""
    return Stream(seed_of(goal.seed, PICK)).picks(weights, count)


__all__ = ["draw_worlds", "posterior_sample"]
