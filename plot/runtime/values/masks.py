"""The algebra of masks: True (every particle), False (none), or a boolean tensor (N,)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from plot._lazy import torch
from plot.runtime.values.probes import is_all, is_any, probe

if TYPE_CHECKING:
    from torch import Tensor

Mask: TypeAlias = "bool | Tensor"


def and_(a: Mask, b: Mask) -> Mask:
    """Intersect two masks.

    >>> and_(True, False)
    False
    """
    if a is True or a is b:
        return b
    if b is True:
        return a
    if a is False or b is False:
        return False
    return torch.logical_and(a, b)


def or_(a: Mask, b: Mask) -> Mask:
    """Unite two masks."""
    if a is False or a is b:
        return b
    if b is False:
        return a
    if a is True or b is True:
        return True
    return torch.logical_or(a, b)


def not_(a: Mask) -> Mask:
    """Complement a mask."""
    return not a if isinstance(a, bool) else torch.logical_not(a)


def minus(a: Mask, b: Mask) -> Mask:
    """Return the particles of `a` that are not in `b`."""
    return False if a is b else and_(a, not_(b))


def any_(mask: Mask) -> bool:
    """Return whether any particle is on."""
    return mask if isinstance(mask, bool) else probe(is_any, mask)


def all_(mask: Mask) -> bool:
    """Return whether every particle is on."""
    return mask if isinstance(mask, bool) else probe(is_all, mask)


def share(mask: Mask) -> float:
    """Return the share of the particles that are on."""
    return float(mask) if isinstance(mask, bool) else float(mask.double().mean())
