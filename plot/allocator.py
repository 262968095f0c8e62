"""The C library's allocator, told to keep what is freed: tensors of the same size are made and dropped all the time.

By default glibc gives a large block back to the system as soon as it is freed, and asking for it again costs more than
the arithmetic on it. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import cast

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT = 256 * 2**20  # bytes that may lie unused
LARGEST = 32 * 2**20  # blocks above this come and go one by one: the most that glibc takes here


@cache
def keep_freed_memory() -> bool:
    """Let freed memory stay with the process, up to a limit; tell whether the C library could be told so."""
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
    """Give memory that lies unused back to the system, where the C library can be told so."""
    trim = _trim()
    if trim is not None:
        trim(0)


__all__ = ["give_back", "keep_freed_memory"]
