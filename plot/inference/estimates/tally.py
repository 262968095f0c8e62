"""Batches of weighted particles, added up: marginals, evidence and effective sample size, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from plot._lazy import torch
from plot.errors import Span
from plot.inference.contract import Marginal
from plot.inference.estimates.columns import View
from plot.inference.estimates.summaries import QuerySummary, Weight
from plot.inference.numerics import Largest
from plot.runtime.evaluator.program import SiteInfo
from plot.runtime.sites.machine import RuntimeFault
from plot.runtime.values.values import Value

if TYPE_CHECKING:
    from torch import Tensor

NOTABLE_SHARE = 1e-3  # that is written in percent; smaller ones in powers of ten (not measured)
TAIL_OF_ESS = 2.0  # tails of four times the effective size mistook 10 readings of unknown spread for a heavy tail


class Batch(Protocol):
    """Weighted particles with the values of the queries: a run, or particles that were moved."""

    @property
    def particles(self) -> int:
        """The number of particles."""
        ...

    @property
    def log_weight(self) -> Tensor:
        """The log of each one's weight, (N,)."""
        ...

    @property
    def queries(self) -> tuple[Value, ...]:
        """The values that were asked for."""
        ...

    @property
    def warnings(self) -> tuple[RuntimeFault, ...]:
        """The errors that ruled out some."""
        ...

    @property
    def sites(self) -> Mapping[str, SiteInfo]:
        """The random choices that were met."""
        ...


def fault_warning(message: str, span: Span, share: float) -> str:
    """Return the warning that an error ruled out a share of the particles."""
    size = f"{share:.1%}" if share >= NOTABLE_SHARE else f"{share:.1e}"
    return f"ruled out {size} of the particles, in which an error occurred: {message} ({span.place})"


class FaultRecord:
    """Runtime errors, each with the largest share of particles that it ruled out."""

    def __init__(self) -> None:
        self._shares: dict[tuple[str, Span], float] = {}

    def note(self, faults: Iterable[RuntimeFault]) -> None:
        """Remember errors."""
        for fault in faults:
            key = (fault.message, fault.span)
            self._shares[key] = max(self._shares.get(key, 0.0), fault.share)

    def warnings(self) -> list[str]:
        """Return warnings about errors that ruled out particles."""
        return [fault_warning(message, span, share) for (message, span), share in self._shares.items()]


class Tally:
    """Running totals of weighted batches. Weights are kept relative to the largest one so far.

    `sampled` tells draws from an enumeration of all values; `tail` keeps the largest weights, for `pareto_k`.
    """

    def __init__(self, sampled: bool = True, tail: Largest | None = None) -> None:
        self.sampled = sampled
        self.particles = 0
        self.survivors = 0
        self.weight = Weight()
        self.summaries: list[QuerySummary] = []
        self.sites: dict[str, str] = {}
        self._offset = -math.inf
        self._largest = 0.0
        self._tail = tail
        self._faults: dict[tuple[str, Span], float] = {}

    def add(self, batch: Batch) -> None:
        """Add one batch."""
        self.particles += batch.particles
        self._note(batch.warnings, batch.particles)
        for name, info in batch.sites.items():
            self.sites.setdefault(name, info.distribution)
        log_weight = batch.log_weight
        view = _survivors(log_weight)
        if view.size == 0:
            return
        self.survivors += view.size
        kept = view.take(log_weight)
        top = float(kept.max())
        rescale = 0.0 if self._offset == -math.inf else math.exp(min(0.0, self._offset - top))
        self._offset = max(self._offset, top)
        weights = torch.exp(kept - self._offset)
        if self._tail is not None:
            self._tail.add(kept)
        self._largest = max(self._largest * rescale, float(weights.max()))
        self._add(batch, view, weights, rescale)

    def ruled_out(self, particles: int, faults: Iterable[RuntimeFault] = (), of: int = 0) -> None:
        """Count particles that have no weight and stand in no batch; `faults` ruled out some, `of` so many in all."""
        self.particles += particles
        self._note(faults, of)

    def _note(self, faults: Iterable[RuntimeFault], particles: int) -> None:
        for fault in faults:
            key = (fault.message, fault.span)
            self._faults[key] = self._faults.get(key, 0.0) + fault.share * particles

    def _add(self, batch: Batch, view: View, weights: Tensor, rescale: float) -> None:
        self.weight.add(weights, rescale)
        if not self.summaries:
            self.summaries = [QuerySummary(self.sampled) for _ in batch.queries]
        for summary, value in zip(self.summaries, batch.queries, strict=True):
            summary.add(value, view, weights, rescale)

    @property
    def marginals(self) -> tuple[Marginal, ...]:
        """The marginal of each query."""
        return tuple(summary.marginal() for summary in self.summaries)

    @property
    def ess(self) -> float:
        """Kish's effective sample size."""
        return self.weight.ess

    @property
    def pareto_k(self) -> float:
        """The shape of the tail of the weights of the survivors, minus infinity where it is not kept."""
        return self._tail.pareto_k(most=TAIL_OF_ESS * self.ess) if self._tail is not None else -math.inf

    @property
    def largest_share(self) -> float:
        """The share of the whole weight that the heaviest particle has."""
        return self._largest / self.weight.first if self.weight.first > 0 else 0.0

    @property
    def log_evidence(self) -> float:
        """The log of the mean weight over all particles; minus infinity where none survived."""
        if self.weight.first <= 0:
            return -math.inf
        return self._offset + math.log(self.weight.first / self.particles)

    @property
    def log_evidence_error(self) -> float:
        """The standard error of `log_evidence` (the relative error of the mean weight)."""
        if self.weight.first <= 0:
            return math.inf
        return math.sqrt(max(0.0, 1 / self.weight.ess - 1 / self.particles))

    def warnings(self) -> list[str]:
        """Return warnings about runtime errors and about figures that are less reliable than they seem."""
        found = []
        for (message, span), count in self._faults.items():
            found.append(fault_warning(message, span, count / self.particles))
        for summary in self.summaries:
            found.extend(summary.warnings())
        return list(dict.fromkeys(found))


def _survivors(log_weight: Tensor) -> View:
    alive = log_weight > -math.inf
    count = int(alive.sum())
    return View(None if count == len(log_weight) else alive.nonzero().squeeze(1), count)
