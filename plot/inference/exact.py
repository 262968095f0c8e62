"""Exact inference for finite programs: every random choice takes all its values at once, and the rest is sums.

The program runs once with a dimension for each of its finite sites (as in Pyro's parallel enumeration); what comes out
are factors, which variable elimination sums. So a sparse net costs what its tree width allows, not two to the number of
its nodes. Where a table would be too large, the joint is enumerated step by step instead: one more site each time,
and what a hard condition has ruled out is dropped at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plot.errors import ImpossibleError, PlotError
from plot.heavy import torch
from plot.inference.clash import localised
from plot.inference.contract import Boolean, Goal, Marginal, Number, Posterior, Problem, State
from plot.inference.contraction import Network
from plot.inference.elimination import LARGEST_TABLE, TooWide, dims_of
from plot.inference.enumeration import enumerated
from plot.inference.evaluation import factors_of, probabilities
from plot.inference.islands import Sample
from plot.inference.tally import Tally
from plot.runtime import Dims, Run, run
from plot.runtime.replay import TooManyValues
from plot.runtime.values import Atoms, ListValue, RecordValue, Union, Value

if TYPE_CHECKING:
    from torch import Tensor

REASON = "every random choice has finitely many values: all of them are summed, without sampling"


class Exact:
    """Sums over all values of all random choices."""

    name = "exact"

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer without sampling. Raises PlotError where the program is not finite, or too large for that."""
        started = time.monotonic()
        try:
            tallies, log_evidence, sites = self._eliminated(problem, goal)
        except TooWide:
            tallies, log_evidence, sites = self._enumerated(problem, goal)
        if log_evidence == -math.inf:
            raise _impossible(problem, goal)
        marginals = tuple(_without_error(tally.marginals[0]) for tally in tallies)
        posterior = Posterior(
            marginals=marginals,
            ess=math.inf,
            particles=max([tally.particles for tally in tallies], default=0),
            log_evidence=log_evidence,
            log_evidence_error=0.0,
            method=self.name,
            reason=REASON,
            seconds=time.monotonic() - started,
            converged=True,
            warnings=tuple(dict.fromkeys(warning for tally in tallies for warning in tally.warnings())),
            sites=sites,
        )
        return posterior, None

    def _eliminated(self, problem: Problem, goal: Goal) -> tuple[list[Tally], float, dict[str, str]]:
        try:
            found = run(problem.program, 1, seed=goal.seed, budget=goal.budget, dims=Dims(most=LARGEST_TABLE))
        except TooManyValues:  # tables may become too large: the shapes of all operations must be looked at
            with bounded():
                found = run(problem.program, 1, seed=goal.seed, budget=goal.budget, dims=Dims())
        network = Network(list(_factors(found)))
        log_evidence = float(network.log_sum(())) if found.complete and not found.queries else -math.inf
        tallies = []
        asked = [sorted(_dims_in(value), reverse=True) for value in found.queries] if found.complete else []
        alone = network.log_marginals() if sum([len(keep) == 1 for keep in asked]) > 1 else {}
        for value, keep in zip(found.queries, asked, strict=False):
            log_weight = alone[keep[0]] if len(keep) == 1 and keep[0] in alone else network.log_sum(keep)
            log_evidence = float(torch.logsumexp(log_weight.reshape(-1), 0))
            if log_evidence == -math.inf:
                break
            tallies.append(_tally(found, value, log_weight, keep))
        sites = {name: info.distribution for name, info in found.sites.items()}
        return tallies, log_evidence, sites

    def _enumerated(self, problem: Problem, goal: Goal) -> tuple[list[Tally], float, dict[str, str]]:
        found = enumerated(problem.program, goal)
        log_weight = found.log_weight
        tallies = []
        for value in found.queries:
            tally = Tally()
            tally.add(Sample(1, log_weight, (value,), found.warnings))
            tallies.append(tally)
        sites = {name: info.distribution for name, info in found.sites.items()}
        return tallies, float(torch.logsumexp(log_weight, 0)), sites


def _factors(found: Run) -> Iterator[Tensor]:
    """Yield all factors of a run in which every site has a dimension. Raises PlotError where one has none."""
    for site in found.choices.values():
        if site.observed:
            continue
        if site.raw.numel() <= 1 and not _is_single(site):
            raise not_finite(site.name, type(site.distribution).__name__)
        yield probabilities(site, -site.raw.dim())
    for _, factor in factors_of(found, 0):
        yield factor if factor.dim() else factor.reshape(1)


def _is_single(site: Any) -> bool:
    return bool(site.distribution.has_enumerate_support)


def not_finite(name: str, kind: str) -> PlotError:
    """Return the error for a site with infinitely many values."""
    return PlotError(
        f"exact inference needs random choices with finitely many values; {name} is {kind}",
        hint="let a sampling method answer: --method auto",
    )


def _dims_in(value: Value) -> frozenset[int]:
    """Return the dimensions in which a value varies."""
    if isinstance(value, torch.Tensor):
        return dims_of(value)
    if isinstance(value, Atoms):
        return dims_of(value.codes)
    parts: list[Any] = []
    if isinstance(value, ListValue):
        parts = [*value.items, *value.present]
    elif isinstance(value, RecordValue):
        parts = list(value.fields.values())
    elif isinstance(value, Union):
        parts = [item for case in value.cases for item in case]
    return frozenset(dim for part in parts for dim in _dims_in(part))


def _tally(found: Run, value: Value, log_weight: Tensor, keep: Sequence[int]) -> Tally:
    """Add up a query's value over all combinations of the sites that it depends on.

    `keep` are their dimensions from the right, `log_weight` has them in this order.
    """
    shape = [1] * max([-dim for dim in keep], default=1)
    for place, dim in enumerate(keep):
        shape[dim] = log_weight.shape[place]
    flat = log_weight.permute([*range(log_weight.dim() - 1, -1, -1)]).reshape(-1)
    tally = Tally()
    tally.add(Sample(1, flat, (_flat(value, shape),), found.warnings))
    return tally


def _flat(value: Any, shape: Sequence[int]) -> Any:
    """Return a value with one particle for each combination."""
    if isinstance(value, torch.Tensor):
        return value.expand(shape).reshape(-1) if value.dim() > 1 else value
    if isinstance(value, Atoms):
        return Atoms(_flat(value.codes, shape))
    if isinstance(value, ListValue):
        items = tuple(_flat(item, shape) for item in value.items)
        return ListValue(items, tuple(_flat(mask, shape) for mask in value.present), value.compact)
    if isinstance(value, RecordValue):
        return RecordValue({name: _flat(item, shape) for name, item in value.fields.items()})
    if isinstance(value, Union):
        return Union(tuple((_flat(mask, shape), _flat(case, shape)) for mask, case in value.cases))
    return value


def _without_error(marginal: Marginal) -> Marginal:
    if isinstance(marginal, (Boolean, Number)):
        return replace(marginal, mcse=0.0)
    return replace(marginal, errors=dict.fromkeys(marginal.errors, 0.0))


def _impossible(problem: Problem, goal: Goal) -> PlotError:
    """Return the error for evidence of probability zero, with the smallest set that clashes where it can be told."""
    error = localised(problem, goal)
    if isinstance(error, ImpossibleError):
        return error
    return ImpossibleError("impossible: no world satisfies all of this", hint="leave something out")


@contextmanager
def bounded() -> Iterator[None]:
    """Raise TooWide before an operation makes a tensor that is too large."""
    with _bound()():
        yield


def _bound() -> Any:
    from torch.overrides import TorchFunctionMode

    class Bound(TorchFunctionMode):
        """Looks at the shapes of what operations get."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            listed = isinstance(args[0], (list, tuple)) if args else False
            parts = args[0] if listed else args
            shapes = [item.shape for item in parts if isinstance(item, torch.Tensor) and item.dim() > 1]
            if len(shapes) > 1:
                size = len(shapes) if listed else 1
                for lengths in _aligned(shapes):
                    size *= lengths
                if size > LARGEST_TABLE:
                    raise TooWide(size)
            return func(*args, **(kwargs or {}))

    return Bound


def _aligned(shapes: Sequence[Sequence[int]]) -> Iterator[int]:
    """Yield the size of each dimension of what shapes broadcast to."""
    for place in range(1, max(len(shape) for shape in shapes) + 1):
        yield max([shape[-place] for shape in shapes if len(shape) >= place])


__all__ = ["REASON", "Exact", "bounded", "not_finite"]
