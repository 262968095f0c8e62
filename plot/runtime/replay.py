"""What stands between a program and its draws: sites keep the values that they have, or take all of them at once.

In a Pyro model a draw is `pyro.sample`, and in a run it is so too where another handler of Pyro listens. Where none
does, a run draws for itself: the same values from the same random numbers, without a message for each site.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any

from plot.heavy import dist, pyro, torch
from plot.records import record
from plot.runtime.machine import PIECE, Machine
from plot.runtime.masks import Mask, any_, minus
from plot.runtime.quick import both
from plot.runtime.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor


@record(frozen=True, eq=False)
class Given:
    """The raw value that a site has in the particles of `mask`; elsewhere it is still to be drawn."""

    raw: Tensor
    mask: Mask = True


@record()
class Dims:
    """Which sites have all their values at once, and in which dimension each (negative; the particles' is -1).

    `take` are the logical addresses that do, None: every site whose support is finite. A dimension may serve several
    sites as long as no value depends on two of them; by default each gets a new one. With `most`, TooManyValues is
    raised when the sites have more values than that together. `compress` may give a value of the program another
    form, in which it depends on fewer sites.
    """

    take: Mapping[str, int] | None = None
    found: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    combinations: int = 1
    most: float = math.inf
    beyond: Callable[[], object] | None = None
    compress: Callable[[Any], Any] | None = None

    def dim_of(self, address: str, distribution: Any) -> int | None:
        """Return the dimension of a site, None where it is drawn. Raises NoDimension where none is left for it."""
        if address in self.found:
            return self.found[address]
        if self.take is not None and address not in self.take:
            return None
        if not distribution.has_enumerate_support:
            return None
        dim = self.take[address] if self.take is not None else -2 - len(self.found)
        if self.take is None and dim < -MOST_DIMS:
            raise NoDimension
        self.found[address] = dim
        return dim

    def values(self, address: str, distribution: Any, dim: int) -> Tensor:
        """Return all values of a site, in its dimension."""
        flip = isinstance(distribution, dist.Bernoulli) and distribution.probs.is_cpu
        support = both(dim).numbers if flip else distribution.enumerate_support(expand=False)
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
class Draws:
    """The raw values of the sites of a run over `particles` particles that nobody else listens to."""

    values: Mapping[str, Given]
    dims: Dims | None
    particles: int

    def known(self, address: str, distribution: Any) -> Tensor | None:
        """Return the raw value that a site has in all particles, None where it is to be drawn."""
        given = self.values.get(address)
        if given is not None:
            return given.raw if given.mask is True else None
        dim = None if self.dims is None else self.dims.dim_of(address, distribution)
        return None if dim is None else self.dims.values(address, distribution, dim)  # type: ignore[union-attr]

    def kept(self, address: str, drawn: Tensor) -> Tensor:
        """Return what was drawn, with the values that the site has in some particles kept there."""
        given = self.values.get(address)
        return drawn if given is None or given.mask is True else torch.where(as_tensor(given.mask), given.raw, drawn)

    def raw(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Return the raw value of a site, whichever particles reach it."""
        known = self.known(address, distribution)
        return self.kept(address, drawn(distribution, self.particles)) if known is None else known


def drawn(distribution: Any, particles: int) -> Tensor:
    """Draw a value for each particle, as in a plate."""
    shape = (*distribution.batch_shape[:-1], particles)
    raw: Tensor = (distribution if distribution.batch_shape == shape else distribution.expand(shape))()
    return raw


@cache
def _messenger() -> Any:
    """Return the class of the handler: its base is Pyro's, which is loaded late."""

    class Replay(pyro.poutine.messenger.Messenger):  # type: ignore[misc]
        """Does what `Draws` does, by the part of a site's name before its piece."""

        def __init__(self, draws: Draws) -> None:
            super().__init__()
            self.draws = draws

        def _pyro_sample(self, msg: dict[str, Any]) -> None:
            if not msg["is_observed"]:
                known = self.draws.known(msg["name"].split(PIECE, 1)[0], msg["fn"])
                if known is not None:
                    msg["value"], msg["done"] = known, True

        def _pyro_post_sample(self, msg: dict[str, Any]) -> None:
            if not msg["is_observed"]:
                msg["value"] = self.draws.kept(msg["name"].split(PIECE, 1)[0], msg["value"])

    return Replay


def unheard() -> bool:
    """Tell whether no handler of Pyro listens."""
    return not pyro.poutine.runtime.am_i_wrapped()


@contextmanager
def replayed(draws: Draws) -> Iterator[None]:
    """Let `pyro.sample` give sites the values that they have; the others are drawn, one for each particle."""
    with _messenger()(draws), pyro.plate("particles", draws.particles):
        yield


__all__ = ["Dims", "Draws", "Given", "NewSite", "NoDimension", "drawn", "replayed", "stop_at_new", "unheard"]
