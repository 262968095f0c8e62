"""Worlds by name or by path, no path of which leads out of one folder."""

from __future__ import annotations

import difflib
from pathlib import Path

from plot.errors import PlotError
from plot.files import read_text
from plot.text import clean
from plot.worldfile.places import SUFFIXES, builtin_worlds, world_files

MOST_LETTERS = 100


def world_within(name: str, root: Path | None) -> Path:
    """Return the file of a world: a built-in one by name, or one in a folder by its path from there.

    Args:
        name: The name of a built-in world, or a path; symbolic links count as where they lead.
        root: The folder that paths may not lead out of; None: there are only the built-in worlds.

    Raises:
        PlotError: There is no such world, or it is outside of the folder; which of these is not told apart.
    """
    known = builtin_worlds()
    if name in known:
        return known[name]
    if root is not None:
        for suffix in ("", *SUFFIXES):
            found = _inside(f"{name}{suffix}", root)
            if found is not None:
                return found
    own = {path.stem: path for path in world_files(root)} if root is not None else {}
    near = difflib.get_close_matches(name.casefold()[:MOST_LETTERS], [*known, *own], 1)
    hint = f"did you mean '{near[0]}'?" if near else f"the worlds are {', '.join([*own, *known])}"
    raise PlotError(f"there is no world '{clean(name)[:MOST_LETTERS]}' here", hint=hint)


def _inside(name: str, root: Path) -> Path | None:
    """Return the world file of a path from a folder, None where there is none within it."""
    try:
        path = (root / name).resolve()
        inside = path.is_relative_to(root.resolve()) and path.suffix in SUFFIXES and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return None
    return path if inside else None


def text_within(name: str, root: Path | None) -> str:
    """Return the text of a world's file (see `world_within`)."""
    path = world_within(name, root)
    try:
        return read_text(path, "a world")
    except PlotError:
        raise PlotError(f"the file of the world '{clean(name)[:MOST_LETTERS]}' can't be read") from None


__all__ = ["text_within", "world_within"]
