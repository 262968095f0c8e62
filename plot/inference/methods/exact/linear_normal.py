"""Exact inference where all that is unknown is normal, with means that are linear in the rest: a linear solve.

Such are random walks, local trends, and regressions with known spread, for which a Kalman filter gives the same. The
program runs once on a few prior samples. The graph that torch keeps for gradients tells which normals the mean
of each depends on, and that it does so by sums and constant factors only; their joint precision is a matrix, which a
Cholesky factorisation solves. Whatever else is done to a random number (a comparison, a product) is refused.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, np, once, torch
from plot.errors import PlotError
from plot.inference.contract import Goal, Number, Posterior, Problem
from plot.runtime import Given, Run, RunPlan, run
from plot.runtime.evaluator.program import Descriptions
from plot.runtime.sites.machine import Site
from plot.runtime.values.values import is_constant

if TYPE_CHECKING:
    from torch import Tensor

REASON = "all that is unknown is normal, with means linear in the rest: solved exactly"
FEWEST = 30  # sites, below which sampling from a fitted proposal takes no longer
MOST = 3_000  # sites: the matrix has their square
PARTICLES = 4  # prior samples, at which means must have the same slopes and intercepts
TRYING_TIME = 0.5  # of the time that is left
COPIES = 3  # of the equations' matrix, while they are solved
BYTES = 8  # of a number
ROUNDING = 1e-9  # of an intercept, in units of what was added up to it
BINS = 40  # of a histogram
SPREAD = 4.0  # standard deviations that a histogram reaches to either side
# fmt: off
LINEAR = frozenset(  # the names of operations in the graph of gradients
    [
        "Add", "Clone", "Div", "Expand", "IndexSelect", "Mul", "Neg", "ReshapeAlias", "Rsub", "Select", "Stack", "Sub",
        "Sum", "ToCopy", "Unbind", "UnsafeView", "Unsqueeze", "View"
    ]
)
# fmt: on
LOOKS = frozenset(["__get__", "aminmax", "detach", "dim", "element_size", "isfinite", "numel", "size"])


class NonlinearError(Exception):
    """A random number is used in another way than in sums and constant multiples, or there is no time or room."""


@dataclass(frozen=True, slots=True)
class Affine:
    """A linear function of sites, by their place, and a constant."""

    slopes: Mapping[int, float]
    constant: float


def _is_normal(site: Site) -> bool:
    return type(site.distribution) is dist.Normal and len(site.arguments) == 2 and is_constant(site.arguments[1])


def solved(problem: Problem, goal: Goal, pilot: Run) -> Posterior | None:
    """Return the exact posterior of a problem, None where something in it is not linear, or little is unknown.

    The `pilot` is a run over prior samples.
    """
    drawn = [site for site in pilot.choices.values() if not site.observed]
    if not (FEWEST <= len(drawn) <= MOST and all([site.mask is True and _is_normal(site) for site in drawn])):
        return None
    goal = goal.within(TRYING_TIME)
    values = {site.of: site.raw[:PARTICLES].detach().clone().requires_grad_() for site in drawn}
    try:
        with torch.enable_grad(), _watching()():
            given = {name: Given(value) for name, value in values.items()}
            plan = RunPlan(seed=goal.seed, budget=goal.budget, given=given, row_by_row=True)
            found = run(problem.program, PARTICLES, plan)
        return _Equations(found, values, goal).posterior()
    except (NonlinearError, PlotError, np.linalg.LinAlgError):
        return None


class _Equations:
    """The equations of a run: for each site, latent or observed, its mean as a linear function, and its spread."""

    def __init__(self, found: Run, values: Mapping[str, Tensor], goal: Goal) -> None:
        sites = list(found.choices.values())
        known = len(found.factors) == sum([site.observed for site in sites])
        if not (known and found.complete and not found.warnings and all([site.mask is True for site in sites])):
            raise NonlinearError
        self.found, self.watch = found, goal.watch
        self.values = list(values.values())
        self.places = {id(value): place for place, value in enumerate(self.values)}
        self.names = {name: place for place, name in enumerate(values)}
        self.below: dict[Any, frozenset[int]] = {}  # of an operation: the places of the sites that it depends on
        self.rows: list[Affine] = []
        self.spreads: list[float] = []
        for site in sites:
            if not _is_normal(site) or (not site.observed and site.of not in self.names):
                raise NonlinearError
            if self.watch.over:
                raise NonlinearError
            spread = float(site.distribution.scale.flatten()[0])
            for mean, seen in self._rows(site):
                slopes = {place: -slope for place, slope in mean.slopes.items()}
                if not site.observed:
                    slopes[self.names[site.of]] = slopes.get(self.names[site.of], 0.0) + 1.0
                self.rows.append(Affine(slopes, mean.constant - seen))
                self.spreads.append(spread)

    def _rows(self, site: Site) -> Iterator[tuple[Affine, float]]:
        """Yield the means of a site, of which those that a loop observes together have several, and what was seen."""
        mean = site.arguments[0]
        if not site.observed:
            if site.raw.dim() > 1:
                raise NonlinearError
            yield self.affine(mean), 0.0
            return
        seen = site.raw.reshape(-1, site.raw.shape[-1])[:, 0].tolist()
        if isinstance(mean, torch.Tensor) and mean.dim() > 1:
            means: Sequence[Any] = mean.reshape(-1, mean.shape[-1]).expand(len(seen), -1).unbind()
        else:
            means = [mean] * len(seen)
        for one, value in zip(means, seen, strict=True):
            yield self.affine(one), value

    def affine(self, value: Any) -> Affine:
        """Return a value of the program as a linear function. Raises NonlinearError where it is none."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Affine({}, float(value))
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float64:
            raise NonlinearError
        if not value.requires_grad:
            return Affine({}, _same_everywhere(value, value))
        places = sorted(self._leaves(value))
        leaves = [self.values[place] for place in places]
        gradients = torch.stack(torch.autograd.grad(value.sum(), leaves, retain_graph=True))
        slopes = gradients[:, :1]
        if bool((gradients != slopes).any()):
            raise NonlinearError
        drawn = torch.stack(leaves).detach()
        size = value.detach().abs() + (slopes * drawn).abs().sum(0)
        constant = _same_everywhere(value.detach() - (slopes * drawn).sum(0), size)
        return Affine(dict(zip(places, slopes[:, 0].tolist(), strict=True)), constant)

    def _leaves(self, value: Tensor) -> frozenset[int]:
        """Return the places of the sites on which a value depends. Raises NonlinearError where it is not by sums."""
        if value.grad_fn is None:
            return frozenset([self.places[id(value)]])
        pending: list[Any] = [value.grad_fn]
        while pending:
            node = pending[-1]
            inputs = [after for after, _ in node.next_functions if after is not None]
            if node in self.below:
                pending.pop()
            elif hasattr(node, "variable"):
                self.below[node] = frozenset([self.places[id(node.variable)]])
            elif waiting := [after for after in inputs if after not in self.below]:
                pending += waiting
            else:
                _check_linear(node, inputs)
                self.below[node] = frozenset[int]().union(*[self.below[after] for after in inputs])
                pending.pop()
        return self.below[value.grad_fn]

    def posterior(self) -> Posterior:
        """Solve the equations."""
        asked = [self.affine(query) for query in self.found.queries]
        if not self.watch.has_room(COPIES * BYTES * len(self.rows) * len(self.values)):
            raise NonlinearError
        whitened = np.zeros((len(self.rows), len(self.values)))
        targets = np.zeros(len(self.rows))
        for row, (equation, spread) in enumerate(zip(self.rows, self.spreads, strict=True)):
            whitened[row, list(equation.slopes)] = np.array(list(equation.slopes.values())) / spread
            targets[row] = equation.constant / spread
        root = np.linalg.cholesky(whitened.T @ whitened)
        middle = np.linalg.solve(root.T, np.linalg.solve(root, whitened.T @ targets))
        misses = targets - whitened @ middle
        observed = len(self.rows) - len(self.values)
        log_evidence = -0.5 * (misses @ misses + observed * math.log(2 * math.pi))
        log_evidence -= sum([math.log(spread) for spread in self.spreads]) + np.log(root.diagonal()).sum()
        marginals = []
        for query in asked:
            slopes = np.zeros(len(self.values))
            slopes[list(query.slopes)] = list(query.slopes.values())
            sd = float(np.linalg.norm(np.linalg.solve(root, slopes)))
            marginals.append(normal_marginal(float(slopes @ middle) + query.constant, sd))
        return Posterior(
            marginals=tuple(marginals),
            ess=math.inf,
            particles=0,
            log_evidence=float(log_evidence),
            log_evidence_error=0.0,
            method="exact",
            reason=REASON,
            seconds=self.watch.elapsed,
            converged=True,
            stopped_by="exact",
            sites=Descriptions(self.found.choices),
        )


def normal_marginal(mean: float, sd: float) -> Number:
    """Return a normal distribution as the posterior of a number."""
    if sd == 0:
        return Number(mean, 0.0, 0.0, (mean, mean), mean, ((mean, mean, 1.0),))
    law = NormalDist(mean, sd)
    edges = [mean + sd * SPREAD * (2 * i / BINS - 1) for i in range(BINS + 1)]
    shares = [(low, high, law.cdf(high) - law.cdf(low)) for low, high in pairwise(edges)]
    total = sum([share for *_, share in shares])
    bars = tuple([(low, high, share / total) for low, high, share in shares])
    return Number(mean, sd, 0.0, (law.inv_cdf(0.05), law.inv_cdf(0.95)), mean, bars)


def _same_everywhere(value: Tensor, size: Tensor) -> float:
    """Return a number that is the same in all particles, up to rounding. Raises NonlinearError where it is not."""
    if not float(value.max() - value.min()) <= ROUNDING * max(1.0, float(size.max())):
        raise NonlinearError
    return float(value.flatten()[0])


def _check_linear(node: Any, inputs: Sequence[Any]) -> None:
    """Raise NonlinearError where an operation in the graph of gradients is no sum and no constant multiple."""
    name = type(node).__name__.partition("Backward")[0]
    divided = name == "Div" and node.next_functions[1][0] is not None
    if name not in LINEAR or divided or (name == "Mul" and len(inputs) > 1):
        raise NonlinearError


@once
def _watching() -> Any:
    """Return the class of the mode in which what forgets that a number is random is refused; its base is torch's."""
    from torch.overrides import TorchFunctionMode

    class Watching(TorchFunctionMode):
        """Looks at the results of all operations on random numbers."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            found = func(*args, **(kwargs or {}))
            if (
                func.__name__ not in LOOKS
                and _is_random((*args, *(kwargs or {}).values()))
                and not _is_random((found,))
            ):
                raise NonlinearError
            return found

    return Watching


def _is_random(items: Collection[Any]) -> bool:
    return any(
        [
            _is_random(item)
            if isinstance(item, list | tuple)
            else isinstance(item, torch.Tensor) and item.requires_grad
            for item in items
        ]
    )


__all__ = ["REASON", "normal_marginal", "solved"]
