"""A graphics card that is not there: tensors are on it by name, and an operation that mixes devices is noticed.

Tensors that would be created on the card (torch's default device) are tagged, and so is all that is computed from them.
As in torch, single numbers may come from anywhere, and indices too; whatever else mixes tagged tensors with others, or
hands tagged ones to NumPy, would fail on a real card.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

from plot.runtime.sites.randomness import Stream

CARD = torch.device("cuda:0")
MOVES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
TO_HOST = (torch.Tensor.cpu, torch.Tensor.tolist, torch.Tensor.item)
ANSWERS = {
    torch.Tensor.device.__get__: CARD,
    torch.Tensor.is_cuda.__get__: True,
    torch.Tensor.is_cpu.__get__: False,
}
INDEXING = (
    torch.ops.aten.index.Tensor,
    torch.ops.aten.index_put.default,
    torch.ops.aten.index_put_.default,
    torch.ops.aten._index_put_impl_.default,
)


class Card:
    """Which tensors are on the card, and what would have failed."""

    def __init__(self) -> None:
        self._tags: Any = WeakIdKeyDictionary()
        self.mistakes: list[str] = []
        self.creates = False

    def mistake(self, what: str) -> None:
        """Keep what would have failed, with the line of the program that did it."""
        lines = [frame for frame in traceback.extract_stack() if "/plot/" in frame.filename]
        where = f" ({lines[-1].filename.rpartition('/plot/')[2]}:{lines[-1].lineno})" if lines else ""
        self.mistakes.append(what + where)

    def holds(self, tensor: Any) -> bool:
        """Return whether a tensor is on the card."""
        return isinstance(tensor, torch.Tensor) and tensor in self._tags

    def take(self, item: Any) -> None:
        """Put tensors on the card."""
        for leaf in tree_leaves(item):
            if isinstance(leaf, torch.Tensor):
                self._tags[leaf] = True

    def leave(self, item: Any) -> None:
        """Take tensors from the card."""
        for leaf in tree_leaves(item):
            if self.holds(leaf):
                del self._tags[leaf]


class Names(TorchFunctionMode):
    """What is created without a device, or on the card, is tagged; a tagged tensor says that it is there."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.card = card

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in ANSWERS and self.card.holds(args[0]):
            return ANSWERS[func]
        if func == torch.Tensor.numpy and self.card.holds(args[0]) and not kwargs.get("force"):
            self.card.mistake("numpy() of a tensor on the card")
        if func in _device_constructors():
            device = kwargs.pop("device", None)
            self.card.creates = device is None or torch.device(device) == CARD
            found = func(*args, **kwargs)
            if self.card.creates:
                self.card.take(found)
            self.card.creates = False
            return found
        found = func(*args, **kwargs)
        if func in TO_HOST:
            self.card.leave(found)
        return found


class Watch(TorchDispatchMode):
    """What is computed from tagged tensors is tagged; what is computed from both is a mistake."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.card = card

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = [leaf for leaf in tree_leaves((args, kwargs or {})) if isinstance(leaf, torch.Tensor)]
        inside = [self.card.holds(tensor) for tensor in tensors]
        outside = [tensor for tensor, known in zip(tensors, inside, strict=True) if not known and tensor.dim() > 0]
        if any(inside) and outside and func not in MOVES and not (func in INDEXING and inside[0]):
            self.card.mistake(f"{func} of tensors on both devices")
        found = func(*args, **(kwargs or {}))
        if any(inside) or (self.card.creates and not tensors):
            self.card.take(found)
        return found


@contextmanager
def pretended() -> Iterator[Card]:
    """Let tensors be created on a card that is not there."""
    card = Card()
    with Watch(card), Names(card), patch.object(Stream, "on", lambda stream, device: stream._generators["cpu"]):
        yield card
