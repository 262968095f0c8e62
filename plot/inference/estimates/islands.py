"""Estimates from independent islands of particles, with standard errors from their disagreement.

An island's weight is its estimate of the evidence. With weights W_i (sum 1) and an island's own mean m_i, the mean is
m = sum(W_i m_i) and its squared standard error sum(W_i^2 (m_i - m)^2) I / (I - 1): it accounts for resampling,
since islands never exchange particles (Lee and Whiteley 2018 compare such estimates). Where the particles of an island
were moved on and looked at again, all looks together are its mean, and what the second half of them says otherwise than
the first counts as an error, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from plot._lazy import torch
from plot.inference.contract import Boolean, Choice, Marginal, Members, Number
from plot.inference.estimates.columns import Column, View, column
from plot.inference.estimates.tally import Tally
from plot.inference.outcomes import Outcome
from plot.runtime.evaluator.program import SiteInfo
from plot.runtime.sites.machine import RuntimeFault
from plot.runtime.values.values import Value

if TYPE_CHECKING:
    from torch import Tensor


FEW = 3  # samples: a share of so few has no normal error (not measured)
CHANGED = 2.5  # standard errors of the change of a figure that counts as drift
ROUNDING = 1e-20  # of squares


class SoleOutcome(Enum):
    """Figures that are no outcome's: the one of a truth value or a number, and one that no particle has."""

    FIGURE = 0
    NOWHERE = 1


Name: TypeAlias = "Outcome | SoleOutcome"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Weighted particles of some islands with the values of the queries; `log_weight` (N,) includes the evidence.

    `later` are the same islands after further moves.
    """

    islands: int
    log_weight: Tensor
    queries: tuple[Value, ...]
    warnings: tuple[RuntimeFault, ...] = ()
    sites: Mapping[str, SiteInfo] = field(default_factory=dict)
    later: tuple[Sample, ...] = ()

    @property
    def evaluations(self) -> tuple[Sample, ...]:
        """The islands at each evaluation of the query."""
        return (self, *self.later)

    @property
    def particles(self) -> int:
        """The number of particles."""
        return len(self.log_weight)

    @property
    def island_evidence(self) -> Tensor:
        """The log of the mean weight of each island, (islands,)."""
        rows = self.log_weight.reshape(self.islands, -1)
        return torch.logsumexp(rows, 1) - math.log(rows.shape[1])


@dataclass(frozen=True, slots=True)
class Estimate:
    """The marginals of all samples together, with effective sample sizes, evidence and R-hat over the islands."""

    marginals: tuple[Marginal, ...]
    sizes: tuple[float, ...]
    log_evidence: float
    log_evidence_error: float
    r_hat: float
    tally: Tally


class Estimator:
    """Estimates from a growing number of samples, each of which is read once."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self.tally = Tally()
        self._evidence: list[Tensor] = []
        self._samples: list[Sample] = []
        self._known: dict[tuple[int, int], Mapping[Name, _IslandMeans]] = {}
        for sample in samples:
            self.add(sample)

    def __len__(self) -> int:
        return len(self._samples)

    def add(self, sample: Sample) -> None:
        """Add a sample of islands that no other one knows of."""
        for evaluation in sample.evaluations:
            self.tally.add(evaluation)
        self._evidence.append(sample.island_evidence)
        self._samples.append(sample)

    def estimate(self, shapes: bool = True) -> Estimate:
        """Return the marginal of each query, without `shapes` but for quantiles and histograms."""
        evidence = torch.cat(self._evidence)
        weights = (evidence - evidence.max()).exp()
        weights = weights / weights.sum()
        marginals: list[Marginal] = []
        sizes: list[float] = []
        r_hats = [1.0]
        for i, summary in enumerate(self.tally.summaries):
            marginal = summary.marginal(shapes)
            errors, r_hat = self._errors(i, marginal, weights)
            marginal = _with_errors(marginal, errors)
            marginals.append(marginal)
            sizes.append(_size(marginal, self.tally))
            if not _is_certain(marginal, self.tally):  # else almost no particle differs, which says nothing
                r_hats.append(r_hat)
        log_evidence = float(torch.logsumexp(evidence, 0)) - math.log(len(evidence))
        spread = float(weights.std()) * math.sqrt(len(evidence)) if len(evidence) > 1 else math.inf
        return Estimate(tuple(marginals), tuple(sizes), log_evidence, spread, max(r_hats), self.tally)

    def _errors(self, query: int, marginal: Marginal, weights: Tensor) -> tuple[dict[Name, float], float]:
        """Return the standard error of each figure of a marginal, and R-hat of the first."""
        names: list[Name] = [SoleOutcome.FIGURE]
        if not isinstance(marginal, (Boolean, Number)):
            names = list(marginal.probabilities)
        found = {name: self._island_means(query, marginal, name) for name in names}
        errors = {name: math.hypot(one.error(weights), one.drift(weights)) for name, one in found.items()}
        return errors, found[names[0]].r_hat(weights) if names else 1.0

    def _island_means(self, query: int, marginal: Marginal, name: Name) -> _IslandMeans:
        """Return the means of a figure in each island of each sample."""
        found = [self._figures(number, query, marginal) for number in range(len(self._samples))]
        return _IslandMeans.joined([known[name if name in known else SoleOutcome.NOWHERE] for known in found])

    def _figures(self, number: int, query: int, marginal: Marginal) -> Mapping[Name, _IslandMeans]:
        """Return the means and variances of all figures of a query in a sample; they are computed once."""
        if (number, query) not in self._known:
            evaluations = [
                _marginal_figures(evaluation, query, marginal) for evaluation in self._samples[number].evaluations
            ]
            figures = {SoleOutcome.NOWHERE}.union(*[evaluation.figures for evaluation in evaluations])
            names = {SoleOutcome.FIGURE} if SoleOutcome.FIGURE in figures else figures
            self._known[number, query] = {name: _island_means(evaluations, name) for name in names}
        return self._known[number, query]


def estimate(samples: Iterable[Sample]) -> Estimate:
    """Estimate the marginal of each query from independent islands."""
    return Estimator(samples).estimate()


@dataclass(frozen=True, slots=True, eq=False)
class _MarginalFigures:
    """The figures of a marginal in each particle, by name, with the weights (islands, M) of those that have one."""

    figures: Mapping[Name, Tensor]
    log_weight: Tensor


def _marginal_figures(sample: Sample, query: int, marginal: Marginal) -> _MarginalFigures:
    found = column(sample.queries[query], View(None, sample.particles), marginal.kind)
    defined = found.defined
    log_weight = sample.log_weight if defined is None else torch.where(defined, sample.log_weight, -torch.inf)
    return _MarginalFigures(_figures(found, marginal), log_weight.reshape(sample.islands, -1))


def _figures(found: Column, marginal: Marginal) -> dict[Name, Tensor]:
    if isinstance(marginal, (Boolean, Number)):
        return {SoleOutcome.FIGURE: found.values.to(torch.float64)}
    if isinstance(marginal, Members):
        return {name: inside.to(torch.float64) for name, inside in found.members.items()}
    if found.kind == "choice":
        return {label: (found.values == code).to(torch.float64) for code, label in enumerate(found.labels)}
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class _IslandMeans:
    """The weighted mean and variance of a figure in each island, NaN where it has no weight, (islands,) each.

    `change` is by how much the mean of the second half of the evaluations differs from that of the first, NaN where
    there is one evaluation only.
    """

    mean: Tensor
    variance: Tensor
    change: Tensor

    @classmethod
    def joined(cls, samples: Sequence[_IslandMeans]) -> _IslandMeans:
        """Return those of all islands of all samples."""
        columns = [(one.mean, one.variance, one.change) for one in samples]
        return cls(*[torch.cat(column) for column in zip(*columns, strict=True)])

    def error(self, weights: Tensor) -> float:
        """Return the standard error that the disagreement of islands with these weights shows."""
        return _centre_and_error(self.mean, weights)[1]

    def drift(self, weights: Tensor) -> float:
        """Return by how much a figure changes while islands are moved on, 0 where that may be chance."""
        if bool(self.change.isnan().all()):
            return 0.0
        centre, error = _centre_and_error(self.change, weights)
        return abs(centre) if abs(centre) > CHANGED * error else 0.0

    def r_hat(self, weights: Tensor) -> float:
        """Return R-hat (Gelman and Rubin 1992) in the limit of long islands: how they differ beyond what is within."""
        known = torch.isfinite(self.mean) & torch.isfinite(self.variance)
        if int(known.sum()) < 2:
            return math.inf
        means, variances, weights = self.mean[known], self.variance[known], weights[known] / weights[known].sum()
        inside = float((weights * variances).sum())
        between = float((weights * (means - (weights * means).sum()) ** 2).sum())
        if inside + between < ROUNDING * float((weights * means * means).sum()):
            return 1.0  # all say the same, but for the last digits
        return math.sqrt(1 + between / inside) if inside > 0 else math.inf


def _island_means(evaluations: Sequence[_MarginalFigures], name: Name) -> _IslandMeans:
    log_weights = torch.stack([evaluation.log_weight for evaluation in evaluations], dim=1)
    tops = log_weights.amax((1, 2), keepdim=True)
    weights = (log_weights - tops).exp()
    weights = weights / weights.sum((1, 2), keepdim=True)
    nowhere = torch.zeros((), dtype=torch.float64)
    rows = [evaluation.figures.get(name, nowhere).expand(evaluation.log_weight.numel()) for evaluation in evaluations]
    table = torch.stack(
        [row.reshape(evaluation.log_weight.shape) for row, evaluation in zip(rows, evaluations, strict=True)], dim=1
    )
    table = torch.where(weights > 0, table, 0.0)
    sums, masses = (weights * table).sum(2), weights.sum(2)
    half = sums.shape[1] // 2
    first, second = [
        sums[:, some].sum(1) / masses[:, some].sum(1) for some in (slice(0, half), slice(sums.shape[1] - half, None))
    ]
    means = sums.sum(1)
    variances = (weights * (table - means[:, None, None]) ** 2).sum((1, 2))
    return _IslandMeans(means, variances, second - first)


def _centre_and_error(means: Tensor, weights: Tensor) -> tuple[float, float]:
    """Return the weighted mean of islands' means and its standard error, infinite where fewer than two have one."""
    known = torch.isfinite(means) & (weights > 0)
    if int(known.sum()) < 2:
        return math.nan, math.inf
    means, weights = means[known], weights[known] / weights[known].sum()
    centre, count = (weights * means).sum(), len(means)
    return float(centre), math.sqrt(float((weights**2 * (means - centre) ** 2).sum()) * count / (count - 1))


def _with_errors(marginal: Marginal, errors: Mapping[Name, float]) -> Marginal:
    """Return a marginal with the errors of the islands, where these are larger than those of single particles."""
    if isinstance(marginal, (Boolean, Number)):
        return replace(
            marginal, mcse=max(marginal.mcse, errors.get(SoleOutcome.FIGURE, 0.0)) if marginal.mcse > 0 else 0.0
        )
    known = {name: max(error, errors.get(name, 0.0)) if error > 0 else 0.0 for name, error in marginal.errors.items()}
    return replace(marginal, errors=known)


def _is_certain(marginal: Marginal, tally: Tally) -> bool:
    """Return whether a truth value is so certain that almost no particle differs."""
    if not isinstance(marginal, Boolean):
        return False
    return min(marginal.probability, 1 - marginal.probability) * tally.particles <= FEW


def _size(marginal: Marginal, tally: Tally) -> float:
    """Return the effective sample size of a marginal: its variance over its squared error, at most the particles.

    A probability so near 0 or 1 that almost no particle differs says nothing about it.
    """
    if isinstance(marginal, Number):
        pairs = [(marginal.sd, marginal.mcse)]
    else:
        shares = [(marginal.probability, marginal.mcse)] if isinstance(marginal, Boolean) else _shares(marginal)
        known = [(p, error) for p, error in shares if min(p, 1 - p) * tally.particles > FEW]
        pairs = [(math.sqrt(p * (1 - p)), error) for p, error in known]
    sizes = [(sd / e) * (sd / e) for sd, e in pairs if e > 0 and sd > 0 and math.isfinite(sd)]
    return min([*sizes, tally.ess])


def _shares(marginal: Choice | Members) -> list[tuple[float, float]]:
    """Return the probabilities of outcomes with their errors."""
    return [(share, marginal.errors[outcome]) for outcome, share in marginal.probabilities.items()]


__all__ = ["Estimate", "Estimator", "Sample", "estimate"]
