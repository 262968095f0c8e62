"""What is not public of other libraries: each test names the library whose version does not keep to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version


@contextmanager
def relies_on(library: str, what: str) -> Iterator[None]:
    """Let whatever goes wrong in a block be told as the doing of a library."""
    try:
        yield
    except Exception as error:
        told = f"{library} {version(library)} does not do what PLoT relies on: {what}"
        raise AssertionError(f"{told} ({type(error).__name__}: {error})") from error
