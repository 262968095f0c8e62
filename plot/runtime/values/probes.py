"""Probes: data-dependent questions about tensors (any on? all finite?) that the tape recorder can observe.

A program's course may depend on such an answer; so whoever records what a program does must know of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from plot._lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

Question = Callable[..., bool]
Watcher = Callable[[Question, tuple["Tensor", ...]], bool]

_watcher: ContextVar[Watcher | None] = ContextVar("who watches the questions of this thread", default=None)


def probe(question: Question, *tensors: Tensor) -> bool:
    """Return what a question about tensors is answered; who watches last takes it for a single step."""
    watcher = _watcher.get()
    return question(*tensors) if watcher is None else watcher(question, tensors)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Let all questions be asked through `watcher(question, tensors)`."""
    before = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(before)


def is_any(mask: Tensor) -> bool:
    """Return whether a mask is on anywhere. torch reduces many bytes much faster than as many truth values."""
    return bool(mask.any() if mask.numel() < FEW else mask.view(torch.uint8).any())


def is_all(mask: Tensor) -> bool:
    """Return whether a mask is on everywhere."""
    return bool(mask.all() if mask.numel() < FEW else mask.view(torch.uint8).all())


def is_inexact(x: Tensor) -> bool:
    """Return whether any number is too large for an integer that is exact as a float."""
    return is_any(x.abs() > EXACT)


def is_rounded(x: Tensor) -> bool:
    """Return whether any number may be an integer that was rounded to a float."""
    return is_any(x.abs() >= EXACT)


def has_finite_sum(x: Tensor) -> bool:
    """Return whether a sum is finite: then all numbers are."""
    return math.isfinite(float(x.detach().sum()))


FEW = 1_024
EXACT = 2**53  # integers up to here are exact as floats; larger results become floats


__all__ = ["EXACT", "has_finite_sum", "is_all", "is_any", "is_inexact", "is_rounded", "probe", "watched"]
