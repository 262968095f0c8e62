"""Coupling of counterfactual draws to factual ones by shared noise.

The noise of a mechanism is drawn once for all worlds. Numbers, counts and truth values keep their quantile: with u
uniform, a draw is the u-quantile of its distribution, and what was drawn before tells in which interval u is. A choice
without order keeps its value v with probability min(1, q(v) / p(v)), else it is drawn from (q - p)+ normalised: the
maximal coupling of the two distributions. What was drawn narrows the noise, so a further draw has its distribution
given all earlier ones, and finite draws stay finite in every world.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.runtime.library.distributions import Drawable, normalised
from plot.runtime.library.ops import equal
from plot.runtime.sites.fast_distributions import bernoulli, categorical
from plot.runtime.sites.machine import Draw, Here, Restriction
from plot.runtime.values.masks import Mask, and_, any_, minus
from plot.runtime.values.values import Value, as_tensor, is_number

if TYPE_CHECKING:
    from torch import Tensor

SLIVER = 1e-12  # a share of the noise that is no more than rounding

Ends = tuple["Tensor", "Tensor"]


def is_finite(drawable: Drawable) -> bool:
    """Return whether a distribution has few values, which can be listed."""
    return bool(drawable.distribution.has_enumerate_support)


def coupled(here: Here, drawable: Drawable, draws: Sequence[Draw]) -> Any:
    """Return the distribution of a finite draw given those of its mechanism in other worlds, over the same values."""
    tables = [table_of(drawable), *[table_of(draw.drawable) for draw in draws]]
    if all([table.ordered for table in tables]) and len({_is_truth(table.values[0]) for table in tables}) == 1:
        weights = _by_quantile(here, tables, draws)
    else:
        weights = _by_value(here, tables, draws)
    return _over(here, drawable, weights)


def restricted(here: Here, drawable: Drawable, restriction: Restriction) -> Any:
    """Return a finite distribution restricted to the values for which a test holds; a fault where there are none."""
    table = table_of(drawable)
    tested = [as_tensor(value).abs() if restriction.folded else value for value in table.values]  # type: ignore[arg-type]
    holds = [restriction.holds(here, value) for value in tested]
    weights = [_as_weight(test) * probs for test, probs in zip(holds, table.probs, strict=True)]
    none = torch.ones((), dtype=torch.bool)
    for weight in weights:
        none = none & (weight <= 0)
    impossible(here, none)
    return _over(here, drawable, weights)


def impossible(here: Here, where: Mask) -> None:
    """Note the particles in which no value of what is restricted passes the test."""
    here.fault(where, "no value that this can have passes the test", "restrict it to something possible")


def _over(here: Here, drawable: Drawable, weights: list[Tensor]) -> Any:
    """Return a distribution over the values of another one, with these weights."""
    if isinstance(drawable.distribution, dist.Bernoulli):
        total = weights[0] + weights[1]
        return bernoulli(torch.where(total > 0, weights[1] / torch.where(total > 0, total, 1.0), 0.5))
    return categorical(normalised(weights, here)[0])


# -- tables ------------------------------------------------------------------------------------------------


class Table:
    """The values of a finite distribution with their probabilities, slot by slot.

    It is `ordered` if all values are numbers, or all are truth values.
    """

    def __init__(self, probs: list[Tensor], values: list[Value]) -> None:
        self.probs = probs
        self.values = values
        self.ordered = all([is_number(value) for value in values]) and len({_is_truth(value) for value in values}) <= 1

    def below(self, slot: int) -> Tensor:
        """Return the probability of all values that come before that of a slot, in the order of numbers, then slots."""
        total = torch.zeros((), dtype=torch.float64)
        mine = as_tensor(self.values[slot])  # type: ignore[arg-type]
        for other, value in enumerate(self.values):
            theirs = as_tensor(value)  # type: ignore[arg-type]
            before = theirs <= mine if other < slot else theirs < mine
            total = total + torch.where(before, self.probs[other], 0.0)
        return total

    def ends(self) -> list[Ends]:
        """Return, for each slot, the quantiles at which its values begin and end."""
        if any([isinstance(value, torch.Tensor) and value.numel() > 1 for value in self.values]):
            below = [self.below(slot) for slot in range(len(self.values))]
            return [(low, low + self.probs[slot]) for slot, low in enumerate(below)]
        order = sorted(range(len(self.values)), key=lambda slot: float(as_tensor(self.values[slot])))  # type: ignore[arg-type]
        total, found = torch.zeros((), dtype=torch.float64), {}
        for slot in order:
            found[slot] = (total, total + self.probs[slot])
            total = found[slot][1]
        return [found[slot] for slot in range(len(self.values))]

    def mass(self, here: Here, value: Value) -> Tensor:
        """Return the probability of a value."""
        total = torch.zeros((), dtype=torch.float64)
        for slot, mine in enumerate(self.values):
            total = total + _as_weight(same(here, mine, value)) * self.probs[slot]
        return total


def table_of(drawable: Drawable) -> Table:
    """Return the table of a finite distribution."""
    distribution = drawable.distribution
    if isinstance(distribution, dist.Bernoulli):
        return Table([1 - distribution.probs, distribution.probs], [False, True])
    if drawable.items is not None:
        return Table([distribution.probs[..., slot] for slot in range(len(drawable.items))], list(drawable.items))
    support = distribution.enumerate_support(expand=False)
    raw = [torch.full((), float(slot), dtype=torch.float64) for slot in range(len(support))]
    return Table([distribution.log_prob(slot).exp() for slot in raw], [drawable.decode(slot) for slot in raw])


def _is_truth(value: Value) -> bool:
    return isinstance(value, bool) or (isinstance(value, torch.Tensor) and value.dtype == torch.bool)


def same(here: Here, one: Value, other: Value) -> Any:
    """Return where two values are the same in value and type: a truth value is not a number here."""
    if is_number(one) and is_number(other) and _is_truth(one) != _is_truth(other):
        return False
    return equal(here, one, other)


def _as_weight(mask: Any) -> Any:
    return mask.double() if isinstance(mask, torch.Tensor) else float(mask)


# -- what keeps its quantile -----------------------------------------------------------------------------------


def _by_quantile(here: Here, tables: Sequence[Table], draws: Sequence[Draw]) -> list[Tensor]:
    low, high = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
    for table, draw in zip(tables[1:], draws, strict=True):
        low, high = _narrowed(draw, (low, high), _ends_of(table, draw))
    return [_share((low, high), ends) for ends in tables[0].ends()]


def _ends_of(table: Table, draw: Draw) -> Ends:
    """Return the interval of the noise in which a draw has the value that it has."""
    value = as_tensor(draw.value)  # type: ignore[arg-type]
    low = mass = torch.zeros((), dtype=torch.float64)
    for mine, probs in zip(table.values, table.probs, strict=True):
        number = as_tensor(mine)  # type: ignore[arg-type]
        low = low + torch.where(number < value, probs, 0.0)
        mass = mass + torch.where(number == value, probs, 0.0)
    return low, low + mass


def _narrowed(draw: Draw, known: Ends, ends: Ends) -> Ends:
    """Return an interval of the noise, cut to another one in the particles of a draw."""
    low, high = known
    more, less = ends[0] > low, ends[1] < high
    if draw.mask is not True:
        more, less = more & as_tensor(draw.mask), less & as_tensor(draw.mask)
    return torch.where(more, ends[0], low), torch.where(less, ends[1], high)


def _share(known: Ends, ends: Ends) -> Tensor:
    """Return the share of an interval of the noise that is in another one."""
    low, high = known
    start, end = torch.where(ends[0] > low, ends[0], low), torch.where(ends[1] < high, ends[1], high)
    width = high - low
    share = (end - start) / torch.where(width > 0, width, 1.0)
    return torch.where(share > SLIVER, share, 0.0)


# -- what keeps its value --------------------------------------------------------------------------------------


def _by_value(here: Here, tables: Sequence[Table], draws: Sequence[Draw]) -> list[Tensor]:
    """Couple to the first draw of each particle; later ones tell of the noise by which they kept its value or not."""
    mine = tables[0]
    total: list[Tensor] = [torch.zeros((), dtype=torch.float64) for _ in mine.values]
    left = here.mask
    for number, base in enumerate(draws):
        on = and_(left, base.mask)
        if any_(on):
            left = minus(left, base.mask)
            inner = here.within(on)
            known = _Kept(inner, tables[number + 1], base)
            for table, draw in zip(tables[number + 2 :], draws[number + 1 :], strict=True):
                known.narrow(table, draw)
            for slot, weight in enumerate(known.weights(mine)):
                total[slot] = torch.where(as_tensor(on), weight, total[slot])
    return total


class _Kept:
    """What is known of the two uniform numbers of a choice: by which it is kept, and by which it is replaced."""

    def __init__(self, here: Here, table: Table, base: Draw) -> None:
        self._here = here
        self._table = table
        self._raw = base.raw
        zero, one = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
        self._keeping, self._replacing = (zero, one), (zero, one)

    def _is_base(self, value: Value) -> Tensor:
        """Return where a value is the one that was drawn first."""
        total = torch.zeros((), dtype=torch.bool)
        for slot, mine in enumerate(self._table.values):
            equal = same(self._here, mine, value)
            if equal is not False:
                total = total | ((self._raw == slot) & as_tensor(equal))
        return total

    def _plan(self, table: Table) -> tuple[Tensor, list[Tensor], list[Ends]]:
        """Return the probability of keeping the value, where each slot has it, and the quantiles of the others."""
        old, new = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
        for slot, value in enumerate(self._table.values):
            drawn = self._raw == slot
            old = torch.where(drawn, self._table.mass(self._here, value), old)
            new = torch.where(drawn, table.mass(self._here, value), new)
        keep = torch.where(new < old, new / torch.where(old > 0, old, 1.0), 1.0)
        excess: list[Tensor] = []
        for slot, value in enumerate(table.values):
            whole = table.mass(self._here, value)
            more = whole - self._table.mass(self._here, value)
            share = table.probs[slot] / torch.where(whole > 0, whole, 1.0)
            excess.append(torch.where(more > SLIVER, more * share, 0.0))
        everything = torch.zeros((), dtype=torch.float64)
        for more in excess:
            everything = everything + more
        start, ends = torch.zeros((), dtype=torch.float64), []
        for more in excess:
            end = start + more / torch.where(everything > 0, everything, 1.0)
            ends.append((start, end))
            start = end
        return keep, [self._is_base(value) for value in table.values], ends

    def narrow(self, table: Table, draw: Draw) -> None:
        """Take note of what a further world had."""
        keep, bases, ends = self._plan(table)
        for slot, (is_base, interval) in enumerate(zip(bases, ends, strict=True)):
            here = (draw.raw == slot) & as_tensor(draw.mask)
            self._keeping = _cut(self._keeping, here & is_base, (torch.zeros_like(keep), keep))
            self._keeping = _cut(self._keeping, here & ~is_base, (keep, torch.ones_like(keep)))
            self._replacing = _cut(self._replacing, here & ~is_base, interval)

    def weights(self, table: Table) -> list[Tensor]:
        """Return the probability of each slot of a distribution."""
        keep, bases, ends = self._plan(table)
        kept = _share(self._keeping, (torch.zeros_like(keep), keep))
        mass = torch.zeros((), dtype=torch.float64)
        for slot, is_base in enumerate(bases):
            mass = mass + torch.where(is_base, table.probs[slot], 0.0)
        found: list[Tensor] = []
        for slot, (is_base, interval) in enumerate(zip(bases, ends, strict=True)):
            share = torch.where(is_base, table.probs[slot] / torch.where(mass > 0, mass, 1.0), 0.0)
            found.append(kept * share + (1 - kept) * _share(self._replacing, interval))
        return found


def _cut(known: Ends, where: Tensor, ends: Ends) -> Ends:
    low, high = known
    low = torch.where(where & (ends[0] > low), ends[0], low)
    return low, torch.where(where & (ends[1] < high), ends[1], high)


__all__ = ["Table", "coupled", "impossible", "is_finite", "restricted", "same", "table_of"]
