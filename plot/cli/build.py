"""`plot build`: a world from a description in controlled English."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plot.building import build_world
from plot.cli.shared.output import write, write_json
from plot.errors import PlotError
from plot.files import STDIN, read_text

WORDS = " "


def build(description: str, out: str | None, **options: Any) -> None:
    """Build a world, and show its file or write it."""
    text, name = _described(description)
    file = build_world(text, Path(out).stem if out is not None else name)
    if out is not None:
        _write(Path(out), file)
    if options["as_json"]:
        write_json({"world": file, "file": out})
    elif out is None:
        write(file.rstrip())
    else:
        write(f"{out}: see what can be said with `plot words {out}`, and check it with `plot check {out}`")


def _described(description: str) -> tuple[str, str]:
    """Return the description and a name for its world: of a file, of the standard input, or the text itself."""
    if description == STDIN:
        return read_text(description, "a description"), "world"
    if WORDS in description.strip():
        return description, "world"
    return read_text(description, "a description"), Path(description).stem


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PlotError(
            f"'{path}' can't be written: {error.strerror}", hint="give a file in a folder of yours"
        ) from None
