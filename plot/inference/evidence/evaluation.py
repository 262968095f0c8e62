"""The result of evaluating one factor: log weights, sites and marginalised sites, per particle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.inference.evidence.elimination import dims_of
from plot.runtime import Run
from plot.runtime.sites.machine import Site
from plot.runtime.values.masks import Mask, not_, or_
from plot.runtime.values.merge import merge
from plot.runtime.values.values import as_tensor, is_constant

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """A site in the particles that reach it: raw value, where, and its log density.

    `density` is the log density (N,), None where the parameters are constants: then `distribution` gives it.
    """

    raw: Tensor
    mask: Mask
    distribution: Any
    density: Tensor | None = None

    @property
    def log_prob(self) -> Tensor:
        """The log density of the value, (N,), 0 where the site is not reached."""
        if self.density is not None:
            return self.density
        return where_reached(self.distribution.log_prob(self.raw), self.mask)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The result of evaluating one factor, per particle.

    `terms` are log weights (N,) by the address of what added them; `reached` the sites that were not marginalised;
    `joint` are the factors of those that were, from which they can be drawn.
    """

    terms: Mapping[str, Tensor]
    reached: Mapping[str, Reached]
    joint: tuple[Tensor, ...]
    run: Run | None
    supports: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def log_weight(self) -> Tensor:
        """The sum of the terms, (N,)."""
        total = torch.zeros((), dtype=torch.float64)
        for term in self.terms.values():
            total = total + term
        return total


DENSITY = "density of "
COST = "cost of distance"
FAINT = -600.0  # log probability; numbers end at exp(-745), and what is near it has few digits


class EntangledError(Exception):
    """A sampled site depends on marginalised ones, in these dimensions."""

    def __init__(self, dims: frozenset[int] = frozenset()) -> None:
        super().__init__(dims)
        self.dims = dims


def is_continuous(distribution: Any) -> bool:
    """Return whether a site's values are real numbers."""
    return not getattr(distribution.support, "is_discrete", True)


def support_size(site: Site) -> int:
    """Return how many values a site can have, 0 where that is not a small finite number."""
    distribution = site.distribution
    if not distribution.has_enumerate_support:
        return 0
    try:
        return int(distribution.enumerate_support(expand=False).shape[0])
    except NotImplementedError:
        return 0


def where_reached(log_prob: Tensor, mask: Mask) -> Tensor:
    """Return a log density where its site is reached, 0 elsewhere."""
    if mask is True:
        return log_prob
    return torch.where(as_tensor(mask), log_prob, torch.zeros((), dtype=log_prob.dtype))


def probabilities(site: Site, dim: int, first: bool = True) -> Tensor:
    """Return the probability of each value of a summed site, as `eliminate` takes a factor."""
    if not isinstance(site.distribution, dist.Bernoulli):
        return _where_reached(site.distribution.log_prob(site.raw).double(), site, dim, first, logs=True)
    weight = conditional(site, dim, first)
    return weight.float() if weight.shape[-1] > 1 else weight.log()


def conditional(site: Site, dim: int, first: bool = True) -> Tensor:
    """Return the probability of each value of a site that has them all; where it is not reached, they sum to one too.

    Where there are several pieces of a site, which are reached in different particles, their product is that of one.
    """
    raw, distribution = site.raw, site.distribution
    if isinstance(distribution, dist.Bernoulli):
        weight = torch.where(raw > 0, distribution.probs, 1 - distribution.probs)
    else:
        weight = distribution.log_prob(raw).exp()
    return _where_reached(weight, site, dim, first)


def _where_reached(weight: Tensor, site: Site, dim: int, first: bool, logs: bool = False) -> Tensor:
    """Return weights, or their logs, of values where a site is reached; elsewhere all values weigh the same.

    There the first piece weighs its values by one over their number, and each further one takes that back.
    """
    if site.mask is True:
        return weight
    size = site.raw.shape[dim]
    if not first:
        weight = weight + math.log(size) if logs else weight * size
    elsewhere = 1 / size if first else 1.0
    return torch.where(as_tensor(site.mask), weight, math.log(elsewhere) if logs else elsewhere)


def in_logs(site: Site, dim: int, first: bool = True) -> tuple[Tensor, Tensor] | None:
    """Return a site as equal probabilities and a log weight, where some of its probabilities are too small for numbers.

    A count that was measured far out in the tail of its distribution has all of its posterior there.
    """
    if isinstance(site.distribution, dist.Bernoulli):
        return None
    log_prob = site.distribution.log_prob(site.raw)
    if not bool(((log_prob < FAINT) & (log_prob > -torch.inf)).any()):
        return None
    size = site.raw.shape[dim]
    equal = torch.full_like(log_prob, 1 / size)
    return _where_reached(equal, site, dim, first), where_reached(log_prob + math.log(size), site.mask)


def add_site(reached: dict[str, Reached], site: Site) -> None:
    """Add a site; the pieces of one address are drawn in different particles."""
    fixed = all([is_constant(argument) for argument in site.arguments])
    density = None if fixed else where_reached(site.distribution.log_prob(site.raw), site.mask)
    tables = [table for table in (site.raw, density, as_tensor(site.mask)) if table is not None and table.dim() > 1]
    if tables:
        raise EntangledError(frozenset[int]().union(*[dims_of(table) for table in tables]))
    before = reached.get(site.of)
    if before is None:
        reached[site.of] = Reached(site.raw, site.mask, site.distribution, density)
        return
    raw = merge(site.mask, site.raw, before.raw)
    assert isinstance(raw, torch.Tensor)
    united = None if density is None else before.log_prob + density
    reached[site.of] = Reached(raw, or_(before.mask, site.mask), before.distribution, united)


def factors_of(found: Run, number: int) -> Iterable[tuple[str, Tensor]]:
    """Yield what conditions, observations and errors add, by address: a log weight, or a mask of what is possible."""
    for factor in found.factors:
        weight = factor.density if factor.density is not None else as_tensor(not_(factor.excluded))
        yield factor.address, weight
    for i, fault in enumerate(found.warnings):
        yield error_address(i, number), as_tensor(not_(fault.mask))


def error_address(i: int, number: int) -> str:
    """Return the address of the term for an error in a factor."""
    return f"error {i} in {number}"


__all__ = [
    "COST",
    "DENSITY",
    "EntangledError",
    "Evaluation",
    "Reached",
    "add_site",
    "conditional",
    "error_address",
    "factors_of",
    "in_logs",
    "is_continuous",
    "probabilities",
    "support_size",
    "where_reached",
]
