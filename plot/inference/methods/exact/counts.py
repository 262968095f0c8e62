"""Counts of many values, or of infinitely many, in exact sums: the values that carry the posterior are listed.

A grid begins with the middle of a count's distribution, single values out to very large ones, and those that the
program names. Where a value carries some of the posterior, all values near it are listed; where none does, they are
dropped. At last each value with more than a negligible share has both its neighbours in the grid, so that what is left
out is below the rounding of the sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, np, torch
from plot.inference.evidence.elimination import TooWide
from plot.language.syntax.nodes import Constant, ProgramNode, walk
from plot.runtime.sites.discrete_uniform import kind as discrete_uniform_kind

if TYPE_CHECKING:
    from torch import Tensor

Array = Any  # a NumPy array of float64

LARGEST = 2.0**40  # value of a count without an upper bound
FARTHEST = 2.0**31  # distance of a single value from the middle of a distribution
LISTED = 256  # values of a bounded count that are all listed from the beginning
DENSE = 64  # values, up to which the middle of a distribution is listed; a wider one begins with as many
SPREADS = 8.0  # standard deviations to each side of the mean
MOST_CENTRES = 8  # of a distribution whose parameters depend on other choices
MOST_NAMED = 32  # numbers of the program's text
MOST_VALUES = 1 << 14  # of a grid
SHARE = 1e-13  # of the posterior, from which on the neighbours of a value are listed
LEAST = 1e-17  # of the posterior, below which a value is dropped
FINER = 16  # values in a gap beside a value that carries some of the posterior
NEAR = 64  # values, up to which a gap is filled


class CountGrids:
    """The values of the counts of a program, by address: those of one pass, whose posterior tells those of the next.

    They begin with single values `far` from the middle, unless the program can't bear these; as many as `listed` are
    all there from the beginning.
    """

    def __init__(self, program: ProgramNode, far: bool = True, listed: int = LISTED) -> None:
        self.far, self.listed = far, listed
        self.points: dict[str, Array] = {}
        self._ends: dict[str, tuple[float, float]] = {}
        self._met: dict[str, Array] = {}
        self._more: dict[str, list[Array]] = {}
        self._named = _numbers_in(program) if far else np.zeros(0)

    def of(self, address: str, distribution: Any) -> Tensor | None:
        """Return the values of a count, float64 (n,); None for what is no count."""
        bounds = _bounds_of(distribution)
        if bounds is None or (distribution.has_enumerate_support and bounds[1] < LISTED):
            return None
        before, ends = self._met.get(address), self._ends.get(address, bounds)
        self._ends[address] = min(ends[0], bounds[0]), max(ends[1], bounds[1])
        begun = self._begun(distribution, bounds)
        self._met[address] = begun if before is None else np.union1d(before, begun)
        if before is None:
            self.points[address] = begun
        elif len(self._met[address]) > len(before):  # parameters that were not met so far
            self._more.setdefault(address, []).append(begun)
        return torch.from_numpy(self.points[address])

    def _begun(self, distribution: Any, bounds: tuple[float, float]) -> Array:
        low, high = bounds
        if high - low < self.listed:
            return np.arange(low, max(high, low + 1) + 1)
        found = [np.array([low, low + 1]), self._named]
        if high < LARGEST:
            found += [np.array([high - 1, high]), np.linspace(low, high, DENSE)]
        away = 2.0 ** np.arange(0, np.log2(FARTHEST), 0.5) if self.far else np.zeros(0)
        for mean, spread in _centres(distribution):
            reach = SPREADS * spread + SPREADS
            ends = max(low, np.floor(mean - reach)), min(high, np.ceil(mean + reach))
            found += [np.linspace(*ends, int(min(DENSE, ends[1] - ends[0] + 1))), mean + away, mean - away]
        return _within(np.concatenate(found), low, high)

    def refined(self, shares: Mapping[str, tuple[Array, Array]]) -> bool:
        """Take the values for the next pass; return whether there is to be one.

        `shares` are pairs of values and their shares of the posterior. Raises TooWide.
        """
        further = {address: np.concatenate(values) for address, values in self._more.items()}
        self._more.clear()
        changed = False
        for address, points in list(self.points.items()):
            values, parts = shares[address]
            share = np.zeros(len(points))
            np.add.at(share, np.searchsorted(points, values), parts)
            found = self._near(points, share, *self._ends[address])
            found = np.union1d(found, further[address]) if address in further else found
            if len(found) > MOST_VALUES:
                raise TooWide(len(found))
            changed = changed or not np.isin(found, points).all()
            self.points[address] = found
        return changed

    def _near(self, points: Array, share: Array, low: float, high: float) -> Array:
        """Return values with those beside the ones that carry some of the posterior, without the ones that don't.

        Raises TooWide.
        """
        keep = share > LEAST
        keep[1:] |= share[:-1] > LEAST
        keep[:-1] |= share[1:] > LEAST
        below, above = (
            (points[0] // 2 - NEAR, 2 * points[-1] + NEAR) if self.far else (points[0] - FINER, points[-1] + FINER)
        )
        around = np.concatenate([[max(low, below)], points, [min(high, above)]])
        gaps, heavy = np.diff(around), share > SHARE
        beside = np.concatenate([gaps[:-1][heavy], gaps[1:][heavy]])
        more = np.where(beside > NEAR, FINER, beside)[beside > 1].sum()
        if more > 4 * MOST_VALUES:
            raise TooWide(int(more))
        found = [points[keep]]
        for i in np.flatnonzero(heavy & ((gaps[:-1] > 1) | (gaps[1:] > 1))):
            for gap, other in ((gaps[i], around[i]), (gaps[i + 1], around[i + 2])):
                if gap > 1:
                    next_to = points[i] + np.sign(other - points[i])
                    found += [[next_to], np.linspace(next_to, other, int(gap) if gap <= NEAR else FINER)]
        return _within(np.concatenate(found), low, high)


def _within(values: Array, low: float, high: float) -> Array:
    """Return values as whole numbers between bounds, in order, each once; at least two."""
    found = np.unique(np.clip(np.rint(values), low, high))
    return found if len(found) > 1 else np.append(found, found[-1] + 1)


def _bounds_of(distribution: Any) -> tuple[float, float] | None:
    """Return the least and the greatest value of a count, None for what is no count."""
    if isinstance(distribution, dist.Binomial):
        return 0.0, float(distribution.total_count.max())
    if isinstance(distribution, discrete_uniform_kind()):
        return 0.0, float(distribution.count.max()) - 1
    if isinstance(distribution, dist.Poisson | dist.Geometric | dist.NegativeBinomial):
        return 0.0, LARGEST
    return None


def _centres(distribution: Any) -> list[tuple[float, float]]:
    """Return means and standard deviations of a count, for some of its parameters."""
    if isinstance(distribution, discrete_uniform_kind()):
        return []
    pairs = torch.stack([distribution.mean.reshape(-1), distribution.variance.sqrt().reshape(-1)]).numpy(force=True)
    pairs = np.unique(pairs[:, np.isfinite(pairs).all(0)], axis=1).T
    some = pairs[np.unique(np.linspace(0, len(pairs) - 1, MOST_CENTRES).astype(int))] if len(pairs) else pairs
    return [(float(mean), float(spread)) for mean, spread in some]


def _numbers_in(program: ProgramNode) -> Array:
    """Return the numbers in the text of a program with their neighbours, if they are few."""
    values = [node.value for node in walk(program) if isinstance(node, Constant)]
    found = {float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)}
    named = np.array(sorted(found) if len(found) <= MOST_NAMED else [])
    named = named[np.abs(named) < LARGEST] if len(named) else named
    return np.concatenate([named - 1, named, named + 1])


__all__ = ["CountGrids"]
