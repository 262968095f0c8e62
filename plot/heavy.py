"""torch, pyro and numpy, imported when first used: commands that need no inference must answer at once."""

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
else:

    class _Late(ModuleType):
        """A module that is imported when its first attribute is asked for; each attribute is looked up once."""

        def __getattr__(self, name: str) -> Any:
            keep_freed_memory()
            value = getattr(importlib.import_module(self.__name__), name)
            self.__dict__[name] = value
            return value

    np = _Late("numpy")
    torch = _Late("torch")
    pyro = _Late("pyro")
    dist = _Late("pyro.distributions")

__all__ = ["dist", "np", "pyro", "torch"]
