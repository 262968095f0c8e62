"""Text files that a user names, read within bounds: whatever can be wrong with one is a PlotError."""

from __future__ import annotations

import sys
from pathlib import Path

from plot.errors import PlotError

MOST_BYTES = 1_000_000
STDIN = "-"


def read_text(path: str | Path, what: str) -> str:
    """Return a file's text (UTF-8); `-` is the standard input. `what` says what it was to be: `a world`.

    Raises PlotError for a file that is missing, a folder, unreadable, larger than a megabyte, or no text.
    """
    if str(path) == STDIN:
        return _decoded(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input", what)
    name = str(path)
    try:
        if Path(path).is_dir():
            raise PlotError(f"'{name}' is a folder, not {what}", hint="give the path of a file")
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise PlotError(f"'{name}' can't be read: {reason}") from None
    return _decoded(data, name, what)


def _decoded(data: bytes, name: str, what: str) -> str:
    if b"\0" in data:
        raise PlotError(f"'{name}' is a binary file, not {what}", hint="give a text file, in UTF-8")
    if len(data) > MOST_BYTES:
        raise PlotError(f"'{name}' is larger than {MOST_BYTES:,} bytes", hint=f"{what} is a small text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"{name}, line {line}"
        raise PlotError(f"'{name}' is not UTF-8 text", hint="save it as UTF-8", where=where) from None
