"""Running sums of weighted particles, from which a marginal and its standard error follow; the memory is bounded.

The estimates are self-normalised: m = sum(w f) / sum(w). Their standard error is the delta method's,
sqrt(sum(w^2 (f - m)^2)) / sum(w) (Owen, Monte Carlo theory, methods and examples, ch. 9), so sums of w f, w^2 f and
w^2 f^2 are all that has to be kept. Weights come divided by a common factor; when that factor changes, `rescale`
brings the earlier sums to the new one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.contract import Boolean, Choice, Kind, Marginal, Members, Number
from plot.inference.estimates.coding import MOST_OUTCOMES, too_many
from plot.inference.estimates.columns import Column, View, column
from plot.inference.estimates.digest import Digest
from plot.inference.outcomes import Outcome, Truth, source_text
from plot.runtime.values.values import Value

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = [0.05, 0.5, 0.95]  # quantiles: the median, and between the outer ones lies 90%
HEAVY_SHARE = 0.2  # of the variance, from one sample, beyond which a mean may not exist (not measured)
ENOUGH_FOR_SHAPE = 20_000  # effective samples: quantiles that are sharper than anyone reads
FEW_OUTCOMES = 100  # a list of so many is worth reading, whatever else there may be
MOST_UNSEEN = 0.5  # of the posterior, on outcomes that no sample has (Good 1953): the listed ones are no distribution
ROOM = 400  # powers of two by which numbers may pass the unit of their sums, whose squares are below 2**1024


@dataclass(slots=True)
class Weight:
    """Sums of the weights and of their squares."""

    first: float = 0.0
    second: float = 0.0

    def add(self, weights: Tensor, rescale: float) -> None:
        """Add weights, after bringing what is there to their scale."""
        self.first = self.first * rescale + float(weights.sum())
        self.second = self.second * rescale**2 + float(weights.dot(weights))

    @property
    def ess(self) -> float:
        """The effective sample size of Kish."""
        return self.first**2 / self.second if self.second > 0 else 0.0


@dataclass(slots=True)
class OutcomeShares:
    """The weight of each outcome, for truth values, choices and sets."""

    total: Weight = field(default_factory=Weight)
    labels: dict[Outcome, list[float]] = field(default_factory=dict)

    def scale(self, rescale: float) -> None:
        """Bring the sums to a new scale of the weights."""
        for sums in self.labels.values():
            sums[0] *= rescale
            sums[1] *= rescale**2

    def add(self, label: Outcome, first: float, second: float) -> None:
        """Add to one outcome the sums of the weights, and of their squares, of the particles that have it."""
        sums = self.labels.setdefault(label, [0.0, 0.0])
        sums[0] += first
        sums[1] += second
        if len(self.labels) > MOST_OUTCOMES:
            raise too_many()

    @property
    def unseen(self) -> float:
        """The share of the posterior on outcomes that no sample has: as large as that of those that one has."""
        once = math.fsum(first for first, second in self.labels.values() if first * first < 1.5 * second)
        return once / self.total.first if self.total.first > 0 else 0.0

    def estimate(self, label: Outcome) -> tuple[float, float]:
        """Return the probability of an outcome and its standard error.

        An outcome that all particles have, or none, would get an error of zero; it gets that of one particle more.
        """
        first, second = self.labels.get(label, (0.0, 0.0))
        if self.total.first <= 0:
            return math.nan, math.nan
        share = min(1.0, first / self.total.first)
        variance = max(0.0, second * (1 - 2 * share) + share**2 * self.total.second) / self.total.first**2
        return share, max(math.sqrt(variance), 1 / (self.total.ess + 2))

    def exactly(self, label: Outcome) -> tuple[float, float]:
        """Return the probability of an outcome where nothing is random: 0 or 1, and no error."""
        return float(round(self.estimate(label)[0])), 0.0

    def estimates(self, exact: bool) -> tuple[dict[Outcome, float], dict[Outcome, float]]:
        """Return probabilities and standard errors, the likeliest first."""
        found = {label: self.exactly(label) if exact else self.estimate(label) for label in self.labels}
        order = sorted(found, key=lambda label: (-found[label][0], source_text(label)))
        return {label: found[label][0] for label in order}, {label: found[label][1] for label in order}


@dataclass(slots=True)
class Moments:
    """Sums of powers of a number, about a shift near its mean so that they lose no digits, and its shape."""

    total: Weight = field(default_factory=Weight)
    shift: float = 0.0
    exponent: int | None = None  # the sums are of numbers divided by two to this power, which loses no digit
    sums: list[float] = field(default_factory=lambda: [0.0] * 4)
    largest: float = 0.0
    ends: tuple[float, float] = (math.inf, -math.inf)
    digest: Digest = field(default_factory=Digest)
    shaped: Weight = field(default_factory=Weight)
    integer: bool = True

    def add(self, values: Tensor, weights: Tensor, rescale: float, integer: bool) -> None:
        """Add a weighted sample; of its numbers no more go into the shape than are enough for it."""
        if self.total.first == 0 and len(values):
            self.shift = _mean(values, weights)
        self.total.add(weights, rescale)
        centred = self._centred(values)
        weighted = weights * centred
        new = [weighted.sum(), weighted.dot(centred), weighted.dot(weights), weighted.dot(weighted)]
        powers = (rescale, rescale, rescale**2, rescale**2)
        self.sums = [old * power + float(item) for old, power, item in zip(self.sums, powers, new, strict=True)]
        largest = float((weighted * centred).max()) if len(values) else 0.0
        self.largest = max(self.largest * rescale, largest)
        self._shape(values, weights, rescale)
        self.integer = self.integer and integer

    def _centred(self, values: Tensor) -> Tensor:
        """Return numbers less the shift, in a unit that keeps their squares in range and grows with them."""
        if not len(values):
            return values
        low, high = (float(end) for end in torch.aminmax(values))
        self.ends = min(self.ends[0], low), max(self.ends[1], high)
        farthest = max(abs(0.5 * low - 0.5 * self.shift), abs(0.5 * high - 0.5 * self.shift))
        exponent = max(-1000, min(1000, math.frexp(farthest)[1]))
        if self.exponent is None or (exponent > self.exponent + ROOM and not any(self.sums)):
            self.exponent = exponent
        elif exponent > self.exponent + ROOM:
            powers = (1, 2, 1, 2)
            less = self.exponent - exponent
            self.sums = [math.ldexp(old, power * less) for old, power in zip(self.sums, powers, strict=True)]
            self.largest, self.exponent = math.ldexp(self.largest, 2 * less), exponent
        unit = math.ldexp(1.0, -self.exponent)
        return values * unit - self.shift * unit

    def _shape(self, values: Tensor, weights: Tensor, rescale: float) -> None:
        """Add a sample to the shape: what comes when that is well known does not count, of a large one a part does."""
        if self.shaped.ess > ENOUGH_FOR_SHAPE:
            return
        new = Weight()
        new.add(weights, 1.0)
        every = max(1, int(new.ess / ENOUGH_FOR_SHAPE))
        values, weights = values[::every], weights[::every] * every
        self.shaped.add(weights, rescale)
        self.digest.add(values, weights, rescale)

    def marginal(self, undefined: float, exact: bool, shape: bool = True) -> Number:
        """Return the marginal, quantiles and histogram if its shape is wanted; NaN where a moment overflows.

        A number that all particles have would get an error of zero; it gets that of one particle more, which is 1 away
        or twice as large.
        """
        if self.total.first <= 0:
            return Number(math.nan, math.nan, math.inf, (math.nan, math.nan), math.nan, (), undefined=undefined)
        first, second, cross, square = self.sums
        offset = first / self.total.first
        spread = math.sqrt(max(0.0, second / self.total.first - offset * offset)) if self.varies else 0.0
        unit = math.ldexp(1.0, self.exponent or 0)
        mean = self.shift + offset * unit if self.varies else self.ends[0]
        error = math.sqrt(max(0.0, square - 2 * offset * cross + offset * offset * self.total.second))
        error = error / self.total.first * unit if spread > 0 else max(1.0, abs(mean)) / (self.total.ess + 2)
        low, middle, high = self.digest.quantiles(LEVELS) if shape else [math.nan] * 3
        return Number(
            mean=mean,
            sd=spread * unit,
            mcse=0.0 if exact else error,
            interval=(low, high),
            median=middle,
            histogram=self.digest.histogram(self.integer) if shape else (),
            integer=self.integer,
            undefined=undefined,
            heavy=self.heavy and not exact,
        )

    @property
    def varies(self) -> bool:
        """Whether two of the numbers differ; that of many equal ones is rounding."""
        return self.ends[0] < self.ends[1]

    @property
    def heavy(self) -> bool:
        """Return whether one particle dominates the variance, so that the mean may not exist."""
        if not self.varies:
            return False
        spread = self.sums[1] - self.sums[0] ** 2 / self.total.first if self.total.first > 0 else 0.0
        return self.total.ess > 100 and spread > 0 and self.largest > HEAVY_SHARE * spread


def _mean(values: Tensor, weights: Tensor) -> float:
    """Return a weighted mean, also where the sum of the numbers would overflow; 0 where there is no weight."""
    total = float(weights.sum())
    mean = float(values.dot(weights) / total) if total > 0 else 0.0
    return mean if math.isfinite(mean) else float(values.dot(weights / total))


def _unlisted() -> PlotError:
    """Return the error for a query of which nearly every sample is another outcome."""
    return PlotError(
        "almost every sample gives a different answer: too many to list as a distribution",
        hint="query one number at a time, or a name, a truth value, a list of names",
    )


class QuerySummary:
    """All that is kept of one query; `sampled` particles are draws, others all values that there are."""

    def __init__(self, sampled: bool = True) -> None:
        self.sampled = sampled
        self.kind: Kind | None = None
        self.total = Weight()
        self.nothing = Weight()
        self.shares = OutcomeShares()
        self.moments = Moments()
        self.empty = 0.0
        self.constant = True

    def add(self, value: Value, view: View, weights: Tensor, rescale: float) -> None:
        """Add the query's value in a batch; `weights` (M,) belong to the particles of the view."""
        found = column(value, view, self.kind)
        if self.kind is None and not (found.kind == "choice" and set(found.labels) <= {None}):
            self._decide(found.kind)
        self.total.add(weights, rescale)
        self.constant = self.constant and found.constant
        if self.kind is None:
            self.nothing.add(weights, rescale)
        elif self.kind == "number":
            self._add_number(found, weights, rescale)
        else:
            self._add_shares(found, weights, rescale)

    def _decide(self, kind: Kind) -> None:
        self.kind = kind
        self.constant = self.constant and self.total.first == 0
        if kind == "choice" and self.nothing.first > 0:
            self.shares.add(None, self.nothing.first, self.nothing.second)
            self.shares.total = self.nothing

    def _add_number(self, found: Column, weights: Tensor, rescale: float) -> None:
        values = found.values
        if found.defined is not None:
            values, weights = values[found.defined], weights[found.defined]
        self.moments.add(values, weights, rescale, found.integer)

    def _add_shares(self, found: Column, weights: Tensor, rescale: float) -> None:
        self.shares.scale(rescale)
        self.empty *= rescale
        if found.defined is not None:
            weights = weights * found.defined
        self.shares.total.add(weights, rescale)
        if found.kind == "set":
            self._add_members(found, weights)
            return
        if found.kind == "boolean":
            for truth in (False, True):
                chosen = weights * (found.values if truth else ~found.values)
                self._add_share(Truth(truth), float(chosen.sum()), float(chosen.dot(chosen)))
            return
        codes = found.values.to(torch.int64)
        first = torch.bincount(codes, weights, minlength=len(found.labels)).tolist()
        second = torch.bincount(codes, weights * weights, minlength=len(found.labels)).tolist()
        for label, one, two in zip(found.labels, first, second, strict=True):
            self._add_share(label, one, two)

    def _add_share(self, label: Outcome, first: float, second: float) -> None:
        if first > 0 or label in self.shares.labels:
            self.shares.add(label, first, second)

    def _add_members(self, found: Column, weights: Tensor) -> None:
        some = torch.zeros_like(found.values)
        for member, inside in found.members.items():
            chosen = weights * inside
            self.shares.add(member, float(chosen.sum()), float(chosen.dot(weights)))
            some = some | inside
        self.empty += float((weights * ~some).sum())

    def marginal(self, shape: bool = True) -> Marginal:
        """Return what the query's posterior is by now; the shape of a number takes longer than all else."""
        exact = self.constant
        if self.kind is None:
            return Choice({None: 1.0}, {None: 0.0 if exact else 1 / (self.total.ess + 2)})
        taken = self.moments.total if self.kind == "number" else self.shares.total
        undefined = max(0.0, 1 - taken.first / self.total.first) if self.total.first > 0 else 0.0
        undefined = 0.0 if undefined < 1e-12 else undefined
        if self.kind == "number":
            return self.moments.marginal(undefined, exact, shape)
        if self.kind == "boolean":
            yes = Truth(True)
            return Boolean(*(self.shares.exactly(yes) if exact else self.shares.estimate(yes)), undefined)
        if self.sampled and shape and len(self.shares.labels) > FEW_OUTCOMES and self.shares.unseen > MOST_UNSEEN:
            raise _unlisted()
        probabilities, errors = self.shares.estimates(exact)
        if self.kind == "choice":
            return Choice(probabilities, errors, undefined)
        empty = min(1.0, self.empty / self.shares.total.first) if self.shares.total.first > 0 else 0.0
        return Members(probabilities, errors, empty, undefined, 0.0 if exact else 1 / (self.total.ess + 2))

    def warnings(self) -> list[str]:
        """Return warnings about figures that are less reliable than they seem."""
        found = []
        taken = self.moments.total if self.kind == "number" else self.shares.total
        undefined = 1 - taken.first / self.total.first if self.kind is not None and self.total.first > 0 else 0.0
        if undefined > 1e-12:
            what = {"number": "finite number", "boolean": "truth value"}.get(str(self.kind), "answer")
            found.append(f"in {undefined:.2g} of the posterior there is no such {what}; the figures are for the rest")
        if self.kind == "number" and self.moments.heavy:
            found.append(
                "one sample dominates the variance, so the mean may not exist; use the median and the interval"
            )
        return found
