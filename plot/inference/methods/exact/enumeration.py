"""Step-by-step enumeration of a finite program's joint distribution; particles are the combinations still possible.

The program runs on the combinations so far until it meets a site that has no value yet; then each combination is split
by the site's values, those that a condition has ruled out are dropped, and it runs again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.errors import BudgetError, PlotError
from plot.inference.contract import Goal
from plot.inference.evidence.evaluation import where_reached
from plot.language.syntax.nodes import ProgramNode
from plot.runtime import Given, Run, RunPlan, run
from plot.runtime.sites.replay import NewSite
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

MOST_COMBINATIONS = 1 << 20  # of random choices: 8 MiB a column (not measured)
MOST_SPLIT = 1 << 23  # combinations before those that are ruled out are dropped


class Enumerated:
    """The possible combinations with their log probabilities, as a run over them."""

    def __init__(self, found: Run, log_prior: Tensor) -> None:
        self._found = found
        self._log_prior = log_prior
        self.particles = found.particles
        self.queries, self.warnings, self.sites = found.queries, found.warnings, found.sites

    @property
    def log_weight(self) -> Tensor:
        """The log of the joint probability of each combination and the evidence."""
        return self._log_prior + self._found.log_weight


def enumerated(program: ProgramNode, goal: Goal) -> Enumerated:
    """Enumerate a program. Raises PlotError for a site that is not finite, BudgetError for too many combinations."""
    known: dict[str, Given] = {}
    count, log_prior = 1, torch.zeros(1, dtype=torch.float64)
    while True:
        try:
            found = run(program, count, RunPlan(seed=goal.seed, budget=goal.budget, given=known, stopping=True))
            return Enumerated(found, log_prior)
        except NewSite as new:
            stop = new
        index, given, log_prob = _split(stop, _possible(stop.machine, count))
        if len(index) > MOST_COMBINATIONS:
            raise _too_many()
        known = {name: Given(_at(item.raw, index), _mask_at(item.mask, index)) for name, item in known.items()}
        before = known.get(stop.address)
        known[stop.address] = given if before is None else _joined(before, given)
        count, log_prior = len(index), log_prior[index] + log_prob


def _too_many() -> BudgetError:
    return BudgetError(
        f"exact inference would need more than {MOST_COMBINATIONS:,} combinations of random choices",
        hint="use a sampling method: --method auto",
        budget="evaluations",
    )


def _possible(machine: Any, count: int) -> Tensor:
    """Return which combinations nothing has ruled out yet; where none is left, the first stands for all."""
    log_weight = torch.zeros(count, dtype=torch.float64)
    for factor in machine.factors:
        log_weight = log_weight + factor.log_factor
    alive = ~(as_tensor(machine.dead).expand(count)) & (log_weight > -torch.inf)
    return alive if bool(alive.any()) else torch.arange(count) == 0


def _split(stop: NewSite, alive: Tensor) -> tuple[Tensor, Given, Tensor]:
    """Return what comes next: the combinations as indices of those before, the site's values, log probabilities."""
    distribution = stop.distribution
    if not distribution.has_enumerate_support:
        raise PlotError(
            f"exact inference needs random choices with finitely many values; {stop.address} is not one",
            hint="use a sampling method: --method auto",
        )
    support = distribution.enumerate_support(expand=False)
    support = support.reshape(-1)
    count = len(alive)
    if len(support) * count > MOST_SPLIT:
        raise _too_many()
    on = as_tensor(stop.mask).expand(count)
    log_prob = where_reached(distribution.log_prob(support[:, None].expand(-1, count)), True)
    log_prob = log_prob.expand(len(support), count)
    first = torch.arange(len(support))[:, None] == 0
    kept = alive & torch.where(on, log_prob > -torch.inf, first)
    value, index = kept.nonzero(as_tuple=True)
    return index, Given(support[value], on[index]), torch.where(on[index], log_prob[value, index], 0.0)


def _joined(before: Given, now: Given) -> Given:
    on = as_tensor(now.mask)
    return Given(torch.where(on, now.raw, before.raw), as_tensor(before.mask) | on)


def _at(tensor: Tensor, index: Tensor) -> Tensor:
    return tensor[index] if tensor.dim() and len(tensor) > 1 else tensor.expand(len(index))


def _mask_at(mask: Mask, index: Tensor) -> Mask:
    return mask if isinstance(mask, bool) else _at(mask, index)


__all__ = ["Enumerated", "enumerated"]
