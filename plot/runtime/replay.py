"""Pyro handlers between a program and its draws: sites keep the values that they have, or take all of them at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from plot.heavy import pyro, torch
from plot.runtime.machine import PIECE, Machine
from plot.runtime.masks import Mask, any_, minus
from plot.runtime.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The raw value that a site has in the particles of `mask`; elsewhere it is still to be drawn."""

    raw: Tensor
    mask: Mask = True


class TooManyValues(Exception):
    """Sites that have all their values at once have too many together."""


@dataclass(slots=True)
class Dims:
    """Which sites have all their values at once, and in which dimension each (negative; the particles' is -1).

    `take` are the logical addresses that do, None: every site whose support is finite. A dimension may serve several
    sites as long as no value depends on two of them; by default each gets a new one. With `most`, TooManyValues is
    raised when the sites have more values than that together.
    """

    take: Mapping[str, int] | None = None
    found: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    most: float = math.inf

    def dim_of(self, address: str, distribution: Any) -> int | None:
        """Return the dimension of a site, None where it is drawn."""
        if address in self.found:
            return self.found[address]
        if self.take is not None and address not in self.take:
            return None
        if not distribution.has_enumerate_support:
            return None
        dim = self.take[address] if self.take is not None else -2 - len(self.found)
        self.found[address] = dim
        return dim

    def values(self, address: str, distribution: Any, dim: int) -> Tensor:
        """Return all values of a site, in its dimension."""
        support: Tensor = distribution.enumerate_support(expand=False)
        self.sizes[address] = support.shape[0]
        if math.prod(self.sizes.values()) > self.most:
            raise TooManyValues
        return support.reshape((-1,) + (1,) * (-dim - 1))


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


@cache
def _messenger() -> Any:
    """Return the class of the handler: its base is Pyro's, which is loaded late."""

    class Replay(pyro.poutine.messenger.Messenger):  # type: ignore[misc]
        """Replays raw values by the part of a site's name before its piece."""

        def __init__(self, values: Mapping[str, Given], dims: Dims | None) -> None:
            super().__init__()
            self.values = values
            self.dims = dims

        def _pyro_sample(self, msg: dict[str, Any]) -> None:
            if msg["is_observed"]:
                return
            address = msg["name"].split(PIECE, 1)[0]
            given = self.values.get(address)
            if given is not None and given.mask is True:
                msg["value"], msg["done"] = given.raw, True
            elif given is None and self.dims is not None:
                dim = self.dims.dim_of(address, msg["fn"])
                if dim is not None:
                    msg["value"], msg["done"] = self.dims.values(address, msg["fn"], dim), True

        def _pyro_post_sample(self, msg: dict[str, Any]) -> None:
            given = self.values.get(msg["name"].split(PIECE, 1)[0])
            if given is not None and given.mask is not True and not msg["is_observed"]:
                msg["value"] = torch.where(as_tensor(given.mask), given.raw, msg["value"])

    return Replay


@contextmanager
def replayed(values: Mapping[str, Given], dims: Dims | None) -> Iterator[None]:
    """Let `pyro.sample` give sites the values that they have; the others are drawn."""
    if not values and dims is None:
        yield
    else:
        with _messenger()(values, dims):
            yield


__all__ = ["Dims", "Given", "NewSite", "replayed", "stop_at_new"]
