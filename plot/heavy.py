"""Modules that are imported when first used: torch, pyro and numpy, and parts of our own that few answers need."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from plot.allocator import keep_freed_memory

if TYPE_CHECKING:
    import numpy as np
    import pyro as pyro
    import pyro.distributions as dist
    import torch as torch


class _Late(ModuleType):
    """A module that is imported when its first attribute is asked for; each attribute is looked up once."""

    def __getattr__(self, name: str) -> Any:
        keep_freed_memory()
        value = getattr(importlib.import_module(self.__name__), name)
        self.__dict__[name] = value
        return value


def late(name: str) -> Any:
    """Return a stand-in for a module, which is imported when its first attribute is asked for.

    For type checkers the same name is imported under TYPE_CHECKING. What is caught or is a base class can't be late.
    """
    return _Late(name)


if not TYPE_CHECKING:
    np = late("numpy")
    torch = late("torch")
    pyro = late("pyro")
    dist = late("pyro.distributions")

__all__ = ["dist", "late", "np", "pyro", "torch"]
