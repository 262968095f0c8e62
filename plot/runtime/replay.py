"""A Pyro handler that gives sites the values that they have had, by their logical address."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

from plot.heavy import pyro
from plot.runtime.machine import PIECE

if TYPE_CHECKING:
    from torch import Tensor


@cache
def _messenger() -> Any:
    """Return the class of the handler: its base is Pyro's, which is loaded late."""

    class GivenValues(pyro.poutine.messenger.Messenger):  # type: ignore[misc, name-defined]
        """Replays raw values by the part of a site's name before its piece."""

        def __init__(self, values: Mapping[str, Tensor]) -> None:
            super().__init__()
            self.values = values

        def _pyro_sample(self, msg: dict[str, Any]) -> None:
            if msg["is_observed"]:
                return
            value = self.values.get(msg["name"].split(PIECE, 1)[0])
            if value is not None:
                msg["value"] = value
                msg["done"] = True

    return GivenValues


def given_values(values: Mapping[str, Tensor]) -> AbstractContextManager[Any]:
    """Return a context in which `pyro.sample` gives these values; sites that are not among them are drawn."""
    return _messenger()(values)  # type: ignore[no-any-return]


__all__ = ["given_values"]
