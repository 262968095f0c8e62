"""Bounded reading and atomic writing of files that users name; all failures are PlotErrors."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from plot.errors import PlotError, Span

MOST_BYTES = 1_000_000
MOST_STREAMED = 1_000_000_000  # bytes of the standard input, where it is read row by row
LOOK = 1_024  # bytes from which one sees whether a file is text
STDIN = "-"
FORMAT = 1  # of world files, recordings and JSON output; docs/formats.md says what each is, and when it is raised


def read_text(path: str | Path, what: str, most: int = MOST_BYTES) -> str:
    """Return a file's text (UTF-8); `-` is the standard input. `what` says what it was to be: `a world`.

    Raises PlotError for a file that is missing, a folder, unreadable, larger than `most` bytes, or no text.
    """
    if str(path) == STDIN:
        return _decoded(_standard_input(most + 1), "standard input", what, most)
    name = str(path)
    try:
        if Path(path).is_dir():
            raise PlotError(f"'{name}' is a folder, not {what}", hint="give the path of a file")
        with Path(path).open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise PlotError(f"'{name}' can't be read: {reason}") from None
    return _decoded(data, name, what, most)


def opened_text(path: str | Path, what: str) -> TextIO:
    """Return a text file (UTF-8) to read row by row; `-` is the standard input. Line ends are left as they are.

    Bytes that are not UTF-8 become half characters (surrogates), so that only their row is bad. Raises PlotError for a
    file that is missing, a folder, unreadable, or no text.
    """
    name = str(path)
    if name == STDIN:
        file: io.BytesIO | io.BufferedReader = io.BytesIO(_standard_input(MOST_STREAMED))
    else:
        try:
            if Path(path).is_dir():
                raise PlotError(f"'{name}' is a folder, not {what}", hint="give the path of a file")
            file = Path(path).open("rb")  # noqa: SIM115
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise PlotError(f"'{name}' can't be read: {reason}") from None
    start = file.peek(LOOK)[:LOOK] if isinstance(file, io.BufferedReader) else file.getvalue()[:LOOK]
    if b"\0" in start:
        file.close()
        raise PlotError(f"'{name}' is a binary file, not {what}", hint="give a text file, in UTF-8")
    return io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="")


def check_format(found: object, what: str, *, span: Span | None = None, where: str | None = None) -> None:
    """Raise PlotError where a file is in a format that this version can't read; None (not stated) is the first.

    >>> check_format(2, "world file")
    Traceback (most recent call last):
    plot.errors.PlotError: this world file is in format 2, and this version of PLoT reads format 1
      hint: update PLoT, which reads older formats too; docs/formats.md says what each version writes
    """
    if found is None or (found == FORMAT and not isinstance(found, bool)):
        return
    if isinstance(found, int) and not isinstance(found, bool) and found > FORMAT:
        message = f"this {what} is in format {found}, and this version of PLoT reads format {FORMAT}"
        hint = "update PLoT, which reads older formats too; docs/formats.md says what each version writes"
    else:
        message = f"there is no format {found!r} of a {what}"
        hint = f"write format: {FORMAT}, or leave it out"
    raise PlotError(message, hint=hint, span=span, where=where)


def _standard_input(most: int) -> bytes:
    if sys.stdin is None:
        raise PlotError("the standard input is closed")
    try:
        return sys.stdin.buffer.read(most)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise PlotError(f"the standard input can't be read: {reason}") from None


def _decoded(data: bytes, name: str, what: str, most: int) -> str:
    if b"\0" in data:
        raise PlotError(f"'{name}' is a binary file, not {what}", hint="give a text file, in UTF-8")
    if len(data) > most:
        raise PlotError(f"'{name}' is larger than {most:,} bytes", hint=f"{what} is a small text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"{name}, line {line}"
        raise PlotError(f"'{name}' is not UTF-8 text", hint="save it as UTF-8", where=where) from None


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file, whole or not at all; a private one only the user may read. Raises PlotError if it can't be."""
    write_whole(path, lambda made: made.write_text(text, encoding="utf-8"), private=private)


def write_whole(path: Path, write: Callable[[Path], object], *, private: bool = False) -> None:
    """Let `write` make a file, which gets its name when it is whole; links remain, devices and pipes are written to.

    Raises PlotError where that can't be.
    """
    if is_special(path):
        try:
            write(path)
        except OSError as error:
            raise PlotError(f"'{path}' can't be written: {reason_of(error)}") from None
        return
    path = path.resolve() if path.is_symlink() else path
    if path.is_dir():
        raise PlotError(f"'{path}' is a folder", hint="give the path of a file")
    try:
        handle, name = tempfile.mkstemp(suffix=path.suffix.lower(), prefix=f".{path.stem[:20]}-", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise PlotError(f"'{path}' can't be written: {reason_of(error)}") from None
    made = Path(name)
    try:
        write(made)
        made.chmod(0o600 if private else 0o666 & ~_umask())
        made.replace(path)
    except OSError as error:
        raise PlotError(f"'{path}' can't be written: {reason_of(error)}") from None
    finally:
        made.unlink(missing_ok=True)


def is_special(path: Path) -> bool:
    """Return whether a path is that of a device, a pipe or a socket, not of a file or folder."""
    return path.exists() and not (path.is_file() or path.is_dir())


def reason_of(error: OSError) -> str:
    """Return why a file can't be read or written, as the system says it."""
    return (error.strerror or str(error)).lower()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
