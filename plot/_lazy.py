"""Lazy imports: torch, pyro and numpy, and modules of the package that few answers need.

Whatever threads use them first, each is loaded once, and so is what is made of it.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache, wraps
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

T = TypeVar("T")
_loading = RLock()


def once(make: Callable[..., T]) -> Callable[..., T]:
    """Keep what a function of hashable arguments makes: one thing for each, also where several threads ask at once.

    >>> @once
    ... def made(name: str) -> list[str]:
    ...     return [name]
    >>> made("a") is made("a"), made("a") is made("b")
    (True, False)
    """
    made: dict[tuple[Hashable, ...], T] = {}
    making = RLock()

    @wraps(make)
    def kept(*arguments: Hashable) -> T:
        if arguments not in made:
            with making:
                if arguments not in made:
                    made[arguments] = make(*arguments)
        return made[arguments]

    return kept


def exports(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return the `__getattr__` of a package that imports a name from its module when it is first asked for.

    >>> exports("shapes", {"once": "plot._lazy"})("once") is once
    True
    """

    def found(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(modules[name]), name)

    return found


if TYPE_CHECKING:
    import numpy as np
    import pyro as pyro
    import pyro.distributions as dist
    import torch as torch


class _Late(ModuleType):
    """A module that is imported when its first attribute is asked for; each attribute is looked up once."""

    def __getattr__(self, name: str) -> Any:
        # Threads that import parts of one library at a time may each wait for the other's, and then go on without.
        with nullcontext() if self.__name__.startswith("plot.") else _loading:
            value = getattr(_imported(self.__name__), name)
        self.__dict__[name] = value
        return value


def _imported(name: str) -> ModuleType:
    """Import a module."""
    if name.startswith("plot."):
        return importlib.import_module(name)
    keep_freed_memory()
    with nullcontext() if name in sys.modules else _uncollected():
        return importlib.import_module(name)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make objects that the garbage collector never looks at: what libraries are made of stays as long as the process.

    torch alone is half a million objects. Looking for garbage among them takes a tenth of the time of its import, and
    of what comes after.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def late(name: str) -> Any:
    """Return a proxy for a module, which is imported on first attribute access.

    For type checkers the same name is imported under TYPE_CHECKING. What is caught or is a base class can't be late.
    """
    return _Late(name)


def load() -> None:
    """Import now what every answer needs: that takes no part of an answer's time."""
    _ = torch.Tensor, dist.Normal


# The C library's allocator is told to keep what is freed: tensors of the same size are made and dropped all the time.
#
# By default glibc gives a large block back to the system as soon as it is freed; asking for it again costs more than
# the arithmetic on it. Other C libraries are left as they are.

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT = 256 * 2**20  # bytes that may lie unused
LARGEST = 32 * 2**20  # blocks above this come and go one by one: the most that glibc takes here


@cache
def keep_freed_memory() -> bool:
    """Keep freed memory with the process, up to a limit; return whether the C library supports that."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_TRIM_THRESHOLD, KEPT)) and bool(mallopt(M_MMAP_THRESHOLD, LARGEST))


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        return cast("Callable[[int], int]", ctypes.CDLL(None).malloc_trim)
    except (AttributeError, OSError, TypeError):
        return None


def give_back() -> None:
    """Return unused memory to the system, if the C library supports that."""
    trim = _trim()
    if trim is not None:
        trim(0)


if not TYPE_CHECKING:
    np = late("numpy")
    torch = late("torch")
    pyro = late("pyro")
    dist = late("pyro.distributions")

__all__ = ["dist", "give_back", "keep_freed_memory", "late", "load", "np", "once", "pyro", "torch"]
