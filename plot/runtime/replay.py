"""Pyro handlers between a program and its draws: sites keep the values that they have, or take all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from plot.heavy import pyro, torch
from plot.runtime.machine import PIECE
from plot.runtime.masks import Mask
from plot.runtime.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The raw value that a site has in the particles of `mask`; elsewhere it is still to be drawn."""

    raw: Tensor
    mask: Mask = True


@dataclass(slots=True)
class Dims:
    """Which sites have all their values at once, and in which dimension each (negative; the particles' is -1).

    `take` are the logical addresses that do, None: every site whose support is finite. A dimension may serve several
    sites as long as no value depends on two of them; by default each gets a new one.
    """

    take: Mapping[str, int] | None = None
    found: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

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
        return support.reshape((-1,) + (1,) * (-dim - 1))


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


__all__ = ["Dims", "Given", "replayed"]
