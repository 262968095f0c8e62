"""Bounds on a counterfactual probability that hold whatever the noise: over all joint laws with the same marginals.

How a draw of another world goes with that of the factual one is an assumption (`runtime/evaluator/coupling.py`): no
experiment shows both. What is certain are the two distributions of each draw that an intervention changed. Given all
draws that it left alone, the evidence has a probability p under the first, and what is asked a probability q under the
second; together they have at most min(p, q), and at least max(0, p + q - 1) (Frechet 1951; Tian & Pearl 2000). Where
one draw changed these bounds are sharp, where several did they are outer bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.evidence.elimination import dims_of, in_log
from plot.inference.evidence.evaluation import conditional, factors_of
from plot.runtime import Run
from plot.runtime.sites.machine import Site
from plot.runtime.values.masks import Mask, or_
from plot.runtime.values.values import Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor

MOST_NUMBERS = 1 << 20  # of the joint table of all draws
ROUNDING = 1e-9  # of a probability
Bounds = tuple[float, float]


def bounds_of(found: Run) -> tuple[Bounds | None, ...]:
    """Return the bounds of each query of a run that has all values at once.

    None where a query is no truth value, compares worlds, or where the noise makes no difference to it; and where there
    are too many draws, or the evidence weighs the changed ones instead of ruling some of them out.
    """
    drawn = [site for site in found.choices.values() if not site.observed]
    nothing = (None,) * len(found.queries)
    coupled = [site for site in drawn if site.coupled]
    if not coupled or math.prod({-site.raw.dim(): site.raw.shape[0] for site in drawn}.values()) > MOST_NUMBERS:
        return nothing
    joint = _Joint(drawn, coupled)
    told = _told(found, joint)
    if told is None:
        return nothing
    asked = zip(found.queries, found.crossing, strict=True)
    return tuple([None if crossing else joint.bounds(told, query) for query, crossing in asked])


def _told(found: Run, joint: _Joint) -> tuple[Tensor, Tensor] | None:
    """Return what evidence rules out of the factual draws, and how it weighs those that were left alone."""
    possible = torch.ones((), dtype=torch.bool)
    weight = torch.zeros((), dtype=torch.float64)
    for _, factor in factors_of(found, 0):
        if not dims_of(factor).isdisjoint(joint.other):
            return None
        if factor.dtype == torch.bool:
            possible = possible & factor
        elif dims_of(factor).isdisjoint(joint.fact):
            weight = weight + in_log(factor)
        else:
            return None
    return possible, weight.exp()


class _Joint:
    """The joint law of all draws: those that were left alone, those that changed in fact, and in the other world."""

    def __init__(self, drawn: Sequence[Site], coupled: Sequence[Site]) -> None:
        self.other = frozenset([-site.raw.dim() for site in coupled])
        changed = frozenset[str]().union(*[site.coupled for site in coupled])
        self.fact = frozenset([-site.raw.dim() for site in drawn if site.of in changed]) - self.other
        self.weight = torch.ones((), dtype=torch.float64)
        met: set[int] = set()
        for site in drawn:
            dim = -site.raw.dim()
            self.weight = self.weight * conditional(site, dim, dim not in met)
            met.add(dim)
        change: Mask = False
        for site in coupled:
            change = or_(change, site.mask)
        self.change = as_tensor(change)

    def _sum(self, table: Tensor) -> Tensor:
        """Sum a table over the draws that changed, in either world."""
        table = table.expand(self.weight.shape)
        return table.sum(sorted(self.fact | self.other), keepdim=True)

    def _any(self, table: Tensor) -> Tensor:
        dims = [dim for dim in dims_of(table) if dim in self.fact | self.other]
        return table.double().amax(dims, keepdim=True).bool() if dims else table

    def bounds(self, told: tuple[Tensor, Tensor], query: Value) -> Bounds | None:
        """Return the bounds on the probability of a query."""
        if not isinstance(query, torch.Tensor) or query.dtype != torch.bool:
            return None
        possible, weight = told
        if dims_of(query).isdisjoint(self.other) or dims_of(possible).isdisjoint(self.fact):
            return None  # nothing changed of what is asked, or nothing is known of what changed
        p, q = self._sum(self.weight * possible), self._sum(self.weight * query)
        both, all_ = self._sum(self.weight * (possible & query)), self._sum(self.weight)
        changed = self._any(self.change)
        low = torch.where(changed, (p + q - all_).clamp(min=0), both)
        high = torch.where(changed, torch.minimum(p, q), both)
        total = float((weight * p).sum())
        if total <= 0:
            return None
        least, most = float((weight * low).sum()) / total, min(1.0, float((weight * high).sum()) / total)
        return (least, most) if most - least > ROUNDING else None


__all__ = ["Bounds", "bounds_of"]
