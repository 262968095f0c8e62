"""Sources of site values: given, enumerated, or freshly sampled.

In a Pyro model a draw is `pyro.sample`. A run of our own draws for itself, by its stream of random numbers, and never
looks at Pyro's handlers: these belong to the whole process, and another thread's are none of its business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.records import record
from plot.runtime.sites.fast_distributions import both
from plot.runtime.sites.machine import Machine
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.samplers import drawn, sampled
from plot.runtime.values.masks import Mask, any_, minus
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor


@record(frozen=True, eq=False)
class Given:
    """The raw value that a site has in the particles of `mask`; elsewhere it is still to be drawn."""

    raw: Tensor
    mask: Mask = True


@record()
class Dims:
    """The enumerated sites, each with its dimension (negative; the particles' is -1).

    `take` are the logical addresses that do, None: every site whose support is finite. A dimension may serve several
    sites as long as no value depends on two of them; by default each gets a new one. With `most`, TooManyValues is
    raised when the sites have more values than that together. `compress` may give a value of the program another
    form, in which it depends on fewer sites. `grid` returns the values of a count that has too many to list them all.
    """

    take: Mapping[str, int] | None = None
    found: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    combinations: int = 1
    most: float = math.inf
    beyond: Callable[[], object] | None = None
    compress: Callable[[Any], Any] | None = None
    grid: Callable[[str, Any], Tensor | None] | None = None

    def listed(self, address: str, distribution: Any) -> Tensor | None:
        """Return the values of a site in a dimension of their own, None where it is drawn."""
        found = None if self.grid is None else self.grid(address, distribution)
        if found is None and distribution.has_enumerate_support:
            return distribution.enumerate_support(expand=False).reshape(-1)  # type: ignore[no-any-return]
        return found

    def dim_of(self, address: str, distribution: Any) -> int | None:
        """Return the dimension of a site, None where it is drawn. Raises NoDimension where none is left for it."""
        if address in self.found:
            return self.found[address]
        if self.take is not None and address not in self.take:
            return None
        if not distribution.has_enumerate_support and self.listed(address, distribution) is None:
            return None
        dim = self.take[address] if self.take is not None else -2 - len(self.found)
        if self.take is None and dim < -MOST_DIMS:
            raise NoDimension
        self.found[address] = dim
        return dim

    def next_dim(self) -> int | None:
        """Return the dimension to the left of all that sites may get, None where each new site gets another."""
        return None if self.take is None else min(self.take.values(), default=-1) - 1

    def values(self, address: str, distribution: Any, dim: int) -> Tensor:
        """Return all values of a site, in its dimension."""
        flip = isinstance(distribution, dist.Bernoulli) and distribution.probs.is_cpu
        support = both(dim).numbers if flip else self.listed(address, distribution)
        assert support is not None
        if address not in self.sizes:
            self.sizes[address] = support.shape[0]
            self.combinations *= support.shape[0]
        if self.beyond is not None and self.combinations > self.most:
            self.beyond()
            self.beyond = None
        return support if flip else support.reshape((-1,) + (1,) * (-dim - 1))


MOST_DIMS = 60  # a tensor has at most 64, and some operations need a few more than their result


class NoDimension(Exception):
    """More sites are to have all their values at once than a tensor has dimensions."""


class NewSite(Exception):
    """A site is about to be drawn in particles in which it has no value, in a run that is not to draw."""

    def __init__(self, machine: Machine, address: str, distribution: Any, mask: Mask) -> None:
        super().__init__(address)
        self.machine, self.address, self.distribution, self.mask = machine, address, distribution, mask


def stop_at_new(machine: Machine, address: str, distribution: Any, mask: Mask) -> None:
    """Raise NewSite where a site has no value in some particles of `mask`."""
    assert machine.fixed is not None
    given = machine.fixed.get(address)
    new = mask if given is None else minus(mask, given.mask)
    if any_(new):
        raise NewSite(machine, address, distribution, new)


@record(frozen=True, eq=False)
class SiteDraws:
    """The source of a run's raw site values: given, enumerated, or sampled."""

    values: Mapping[str, Given]
    dims: Dims | None
    particles: int
    stream: Stream

    def raw(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Return the raw value of a site that the particles of a mask reach."""
        given = self.values.get(address)
        if given is not None and given.mask is True:
            return given.raw
        dim = None if self.dims is None or given is not None else self.dims.dim_of(address, distribution)
        if dim is not None:
            return self.dims.values(address, distribution, dim)  # type: ignore[union-attr]
        new = self.fresh(address, distribution, mask)
        return new if given is None else torch.where(as_tensor(given.mask), given.raw, new)

    def fresh(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Draw the raw value of a site."""
        return drawn(distribution, self.particles, self.stream)

    def row_dimension(self) -> int | None:
        """Return the dimension to the left of those of enumerated sites; None where these are not known in advance."""
        return -2 if self.dims is None else self.dims.next_dim()

    def stand_in(self, distribution: Any) -> Tensor:
        """Draw what stands for a value that can't be, where a density is computed nevertheless."""
        return sampled(distribution, distribution.batch_shape, self.stream)


__all__ = ["Dims", "Given", "NewSite", "NoDimension", "SiteDraws", "stop_at_new"]
