"""Exact inference for finite programs: every random choice takes all its values at once, and the rest is sums.

The program runs once with a dimension for each of its finite sites (as in Pyro's parallel enumeration); what comes out
are factors, which variable elimination sums. So a sparse net costs what its tree width allows, not two to the number of
its nodes. Where a table would be too large, the joint is enumerated step by step instead: one more site each time,
and what a hard condition has ruled out is dropped at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from plot._lazy import dist, np, torch
from plot.errors import BudgetError, ImpossibleError, PlotError, UnlikelyError
from plot.inference.contract import Boolean, Goal, Posterior, Problem, State
from plot.inference.estimates.readout import Readout, in_scope, over, scope_of
from plot.inference.evidence.contradiction import localised
from plot.inference.evidence.elimination import TooWide
from plot.inference.evidence.evaluation import conditional, factors_of, in_logs
from plot.inference.methods.exact.bounds import bounds_of
from plot.inference.methods.exact.contraction import FactorTable, Network, Table
from plot.inference.methods.exact.counts import LISTED, MOST_VALUES, CountGrids
from plot.inference.methods.exact.enumeration import enumerated
from plot.inference.methods.exact.finiteness import names_counts
from plot.inference.methods.exact.variables import MOST_RUNS, SumLimits, UnboundedError, Variables, tracking
from plot.runtime import Dims, Run, RunPlan, run
from plot.runtime.evaluator.program import Descriptions
from plot.runtime.sites.machine import Site
from plot.runtime.sites.replay import NoDimension
from plot.runtime.values.values import as_tensor
from plot.watch import Watch

if TYPE_CHECKING:
    from torch import Tensor

_Sums = TypeVar("_Sums")
REASON = "every random choice has finitely many values, so all are summed exactly"


@dataclass(frozen=True, slots=True)
class ExactSums:
    """The result of the sums: the marginals, unless the evidence is impossible.

    `counts` are values of counts, in the order of their combinations, with their shares of the posterior.
    """

    log_evidence: float
    sites: Mapping[str, str]
    readouts: tuple[Readout, ...] = ()
    counts: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ExactState:
    """A run of a problem's program with all sites enumerated, or the result of the sums, or all of the posterior."""

    problem: Problem
    begun: Run | ExactSums | Posterior
    method: str = "exact"


class Exact:
    """Sums over all values of all random choices."""

    name = "exact"

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer without sampling. Raises PlotError where the program is not finite, or too large for that."""
        goal = goal.started()
        begun = state.begun if isinstance(state, ExactState) and state.problem is problem else None
        if isinstance(begun, Posterior):
            return begun, None
        if begun is None:
            found = _refined(problem, lambda grids: _passed(problem, goal, grids))
        else:
            found = (
                begun if isinstance(begun, ExactSums) else _passed(problem, goal, CountGrids(problem.program), begun)
            )
        if found.log_evidence == -math.inf:
            raise _impossible(problem, goal)
        posterior = Posterior(
            marginals=tuple([readout.marginal for readout in found.readouts]),
            ess=math.inf,
            particles=max([readout.combinations for readout in found.readouts], default=0),
            log_evidence=found.log_evidence,
            log_evidence_error=0.0,
            method=self.name,
            reason=REASON,
            seconds=goal.watch.elapsed,
            converged=True,
            stopped_by="exact",
            warnings=tuple(dict.fromkeys([warning for readout in found.readouts for warning in readout.warnings])),
            sites=found.sites,
        )
        return posterior, None


def begin(problem: Problem, goal: Goal) -> ExactState | None:
    """Return a state to continue from where all sites are finite and their sums take little, None for all else."""
    counting = names_counts(problem.program)
    trying = goal.started().within(COUNTING_TIME if counting else TRYING_TIME)

    def quick(grids: CountGrids) -> Run | ExactSums:
        dims = Dims(most=FEW, beyond=_give_up, grid=grids.of)
        found = run(problem.program, 1, RunPlan(seed=goal.seed, budget=trying.budget, dims=dims))
        _drawn(found)
        return _eliminated(found, trying.watch, grids) if grids.points else found

    def shared(grids: CountGrids) -> ExactSums:
        if counting:  # counts take several passes, and most programs in which there are many are sampled sooner
            return _shared(problem, trying, SumLimits(PLAIN_TABLE, MOST_OPERATIONS), grids)
        limits = SumLimits(PLAIN_TABLE, MOST_OPERATIONS, trying.watch)
        return _shared(problem, goal.started().within(LONGEST_TRIAL), limits, grids)

    def either(grids: CountGrids) -> Run | ExactSums:
        try:
            return quick(grids)
        except (TooWide, NoDimension):
            return shared(grids)

    try:
        return ExactState(problem, _refined(problem, either))
    except (PlotError, NoDimension):
        return None


def _refined(problem: Problem, passed: Callable[[CountGrids], _Sums]) -> _Sums:
    """Return what the last of some passes gives, each with the values of counts that the one before asks for."""
    error: Exception | None = None
    for far, listed in ATTEMPTS:
        grids = CountGrids(problem.program, far, listed)
        try:
            for _ in range(MOST_PASSES):
                found = passed(grids)
                if not grids.points or not isinstance(found, ExactSums):
                    return found
                if found.log_evidence == -math.inf:
                    raise UnlikelyError("no value of the counts was found with which all of this can be")
                if not grids.refined(found.counts):
                    return found
            raise UnboundedError(f"{MOST_PASSES} passes did not find the values that counts may have")
        except (PlotError, NoDimension) as failed:
            if not grids.points or (isinstance(failed, BudgetError) and failed.budget == "seconds"):
                raise
            error = error or failed
    assert error is not None
    raise error


FEW = 1 << 12  # combinations that take barely longer than one
COUNTING_TIME = 0.1  # of the time that is left, where there are counts without an end (not measured)
TRYING_TIME = 0.2  # of the time that is left
LONGEST_TRIAL = 0.8  # of the time that is left, for a run that has met many sites in the first part of that
MOST_OPERATIONS = 300_000  # of a run that tries whether a program can be summed: about six seconds
MOST_PASSES = 40  # until the values of counts are found: a few, each of a few milliseconds, are usual
ATTEMPTS = ((True, LISTED), (False, LISTED), (False, MOST_VALUES))  # where the one before fails


def _give_up() -> None:
    raise TooWide(FEW)


def _passed(problem: Problem, goal: Goal, grids: CountGrids, begun: Run | None = None) -> ExactSums:
    """Sum a program in the way that its tables allow."""
    try:
        return _eliminated(begun or _all_values(problem, goal, grids), goal.watch, grids)
    except (TooWide, NoDimension):
        return _summed(problem, goal, grids)


def _all_values(problem: Problem, goal: Goal, grids: CountGrids) -> Run:
    with ExitStack() as stack:  # once tables may become too large, the shapes of all operations are looked at
        dims = Dims(most=PLAIN_TABLE, beyond=lambda: stack.enter_context(bounded(PLAIN_TABLE)), grid=grids.of)
        return run(problem.program, 1, RunPlan(seed=goal.seed, budget=goal.budget, dims=dims))


def _eliminated(found: Run, watch: Watch, grids: CountGrids) -> ExactSums:
    sites = Descriptions(found.choices)
    conditionals, weights = _conditionals(found)
    network = Network([*weights, *[factor for _, factor in factors_of(found, 0)]], conditionals, watch=watch)
    if not found.complete:
        return ExactSums(-math.inf, sites)
    counts = _counts(found, grids)
    scopes = [scope_of(value) for value in (*found.queries, *[value for _, value in counts])]
    log_evidence, shares = network.shares(scopes)
    if log_evidence == -math.inf:
        return ExactSums(log_evidence, sites)
    asked = zip(found.queries, scopes, strict=False)
    readouts = [in_scope(value, shares[scope], scope, found.warnings) for value, scope in asked]
    split = _split(counts, [shares[scope] for scope in scopes[len(found.queries) :]])
    return ExactSums(log_evidence, sites, tuple(_bounded(found, readouts)), split)


def _counts(found: Run, grids: CountGrids) -> list[tuple[str, Tensor]]:
    """Return the counts that are on grids, by address: -1 where one is not reached."""
    drawn = [site for site in found.choices.values() if site.of in grids.points]
    return [(site.of, torch.where(as_tensor(site.mask), site.raw, -1.0)) for site in drawn]


def _split(counts: Sequence[tuple[str, Any]], shares: Sequence[Any]) -> Mapping[str, tuple[Any, Any]]:
    """Return the values of counts where they are reached, with their shares."""
    found: dict[str, list[Any]] = {}
    for (address, value), share in zip(counts, shares, strict=True):
        flat = value.numpy(force=True).reshape(-1)
        found.setdefault(address, []).append(np.stack([flat, share.reshape(-1)])[:, flat >= 0])
    return {address: tuple(np.concatenate(parts, 1)) for address, parts in found.items()}


def _bounded(found: Run, readouts: Sequence[Readout]) -> Iterator[Readout]:
    """Yield what queries are worth, truth values of another world with the bounds that hold whatever the noise."""
    if not any([site.coupled for site in found.choices.values()]):
        yield from readouts
        return
    for one, bounds in zip(readouts, bounds_of(found), strict=True):
        marginal = one.marginal
        yield replace(one, marginal=replace(marginal, bounds=bounds)) if isinstance(marginal, Boolean) else one


def _summed(problem: Problem, goal: Goal, grids: CountGrids) -> ExactSums:
    """Sum a program of many sites, or whose values depend on many: with shared dimensions, else step by step."""
    try:
        return _shared(problem, goal, SumLimits(), grids)
    except UnboundedError:
        raise
    except (TooWide, NoDimension):
        if grids.points:
            raise
        return _enumerated(problem, goal)


def _shared(problem: Problem, goal: Goal, limits: SumLimits, grids: CountGrids) -> ExactSums:
    """Eliminate the variables of a program that share dimensions. Raises TooWide or NoDimension."""
    known, kept = _met(problem, goal), frozenset[str]()
    for _ in range(MOST_RUNS):
        variables = Variables(kept, known, limits, grids.of, goal.watch)
        try:
            with tracking()(variables):
                found = _with_variables(problem, goal, variables, grids)
        except Exception as error:
            if not variables.colliding:
                if isinstance(error, ValueError):  # values of two variables, in one dimension, have no shape together
                    raise NoDimension from None
                raise
        if not variables.colliding:
            return found
        kept |= variables.colliding
    raise NoDimension


def _with_variables(problem: Problem, goal: Goal, variables: Variables, grids: CountGrids) -> ExactSums:
    found = run(problem.program, 1, RunPlan(seed=goal.seed, budget=goal.budget, dims=variables))
    variables.close()
    sites = Descriptions(found.choices)
    conditionals: dict[int, list[Table]] = {number: [table] for number, table in variables.derived.items()}
    factors = [factor for _, factor in factors_of(found, 0)]
    for site in _drawn(found):
        number = variables.number(site.of)
        pieces, place = conditionals.setdefault(number, []), variables.place(number)
        equal, weight = in_logs(site, place, not pieces) or (None, None)
        pieces.append(variables.table(conditional(site, place, not pieces) if equal is None else equal))
        if weight is not None:
            factors.append(weight)
    network = Network([variables.table(factor) for factor in factors], conditionals, watch=goal.watch)
    if not found.complete or variables.colliding:
        return ExactSums(-math.inf, sites)
    counts = _counts(found, grids)
    asked = [variables.placed(value) for value in (*found.queries, *[value for _, value in counts])]
    log_evidence, shares = network.shares([scope for _, scope in asked])
    if log_evidence == -math.inf:
        return ExactSums(log_evidence, sites)
    queries = asked[: len(found.queries)]
    readouts = [in_scope(value, shares[scope], range(-1 - len(scope), -1), found.warnings) for value, scope in queries]
    moved = [(address, value) for (address, _), (value, _) in zip(counts, asked[len(queries) :], strict=True)]
    return ExactSums(log_evidence, sites, tuple(readouts), _split(moved, [shares[s] for _, s in asked[len(queries) :]]))


def _met(problem: Problem, goal: Goal) -> frozenset[str]:
    """Return the sites that prior samples meet."""
    try:
        found = run(problem.program, PILOT_PARTICLES, RunPlan(seed=goal.seed, budget=goal.budget))
    except PlotError:
        return frozenset()
    return frozenset([site.of for site in found.choices.values() if not site.observed])


PILOT_PARTICLES = 512  # prior samples that show which choices there are (not measured)
PLAIN_TABLE = 1 << 18  # where a dimension for each site gives a larger table, dimensions are shared


def _enumerated(problem: Problem, goal: Goal) -> ExactSums:
    found = enumerated(problem.program, goal)
    log_weight = found.log_weight
    log_evidence = float(torch.logsumexp(log_weight, 0))
    sites = {name: info.distribution for name, info in found.sites.items()}
    if log_evidence == -math.inf:
        return ExactSums(log_evidence, sites)
    return ExactSums(log_evidence, sites, tuple([over(value, log_weight, found.warnings) for value in found.queries]))


def _conditionals(found: Run) -> tuple[dict[int, list[Table]], list[Tensor]]:
    """Return the probabilities of all sites by their dimension, and log weights of those that are too small for that.

    Raises PlotError where a site has none.
    """
    tables: dict[int, list[Table]] = {}
    weights: list[Tensor] = []
    for site in _drawn(found):
        pieces = tables.setdefault(-site.raw.dim(), [])
        faint = in_logs(site, -site.raw.dim(), not pieces)
        if faint is None:
            pieces.append(_table(site, not pieces))
        else:
            pieces.append(FactorTable.of(faint[0].numpy(force=True)))
            weights.append(faint[1])
    return tables, weights


def _drawn(found: Run) -> list[Site]:
    """Return the sites that were not observed. Raises PlotError where one is not finite."""
    drawn = [site for site in found.choices.values() if not site.observed]
    for site in drawn:
        if site.raw.numel() <= 1 and not site.distribution.has_enumerate_support:
            raise not_finite(site.name, type(site.distribution).__name__)
    return drawn


def _table(site: Site, first: bool) -> FactorTable:
    """Return the probabilities of a site's values; those of a flip are false and true."""
    dim = -site.raw.dim()
    if site.mask is True and isinstance(site.distribution, dist.Bernoulli):
        chance = FactorTable.of(site.distribution.probs.numpy(force=True))
        if all([dim < other for other in chance.scope]):
            return FactorTable((dim, *chance.scope), np.array([1 - chance.weights, chance.weights]))
    return FactorTable.of(conditional(site, dim, first).numpy(force=True))


def not_finite(name: str, kind: str) -> PlotError:
    """Return the error for a site with infinitely many values."""
    return PlotError(
        f"exact inference needs random choices with finitely many values; {name} is {kind}",
        hint="use a sampling method: --method auto",
    )


def _impossible(problem: Problem, goal: Goal) -> PlotError:
    """Return the error for evidence of probability zero, with the smallest contradictory set where it can be told."""
    error = localised(problem, goal, proved=True)
    if isinstance(error, ImpossibleError):
        return error
    return ImpossibleError("impossible: no world satisfies all of this", hint="remove part of it")


@contextmanager
def bounded(most: int) -> Iterator[None]:
    """Raise TooWide before an operation makes a tensor of more than `most` numbers."""
    with _bound()(most):
        yield


def _bound() -> Any:
    from torch.overrides import TorchFunctionMode

    class SizeCheck(TorchFunctionMode):
        """Looks at the shapes of what operations get."""

        def __init__(self, most: int) -> None:
            super().__init__()
            self.most = most

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            listed = isinstance(args[0], (list, tuple)) if args else False
            parts = args[0] if listed else args
            shapes = [item.shape for item in parts if isinstance(item, torch.Tensor) and item.dim() > 1]
            if len(shapes) > 1:
                size = len(shapes) if listed else 1
                for lengths in _aligned(shapes):
                    size *= lengths
                if size > self.most:
                    raise TooWide(size)
            return func(*args, **(kwargs or {}))

    return SizeCheck


def _aligned(shapes: Sequence[Sequence[int]]) -> Iterator[int]:
    """Yield the size of each dimension of what shapes broadcast to."""
    for place in range(1, max(len(shape) for shape in shapes) + 1):
        yield max([shape[-place] for shape in shapes if len(shape) >= place])


__all__ = ["REASON", "Exact", "ExactState", "begin", "bounded", "not_finite"]
