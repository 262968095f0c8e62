"""The built-in worlds: their location and descriptions, without loading them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from plot.files import read_text
from plot.worldfile.marked import read

SUFFIXES = (".yaml", ".yml")


def builtin_folder() -> Path:
    """Return where the built-in worlds are: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "worlds"
    return installed if installed.is_dir() else package.parent / "worlds"


def builtin_worlds() -> dict[str, Path]:
    """Return the built-in worlds by name, which is their file's name without its suffix."""
    return dict(sorted((path.stem, path) for path in world_files(builtin_folder())))


def world_files(folder: Path) -> Iterator[Path]:
    """Yield the YAML files of a folder, none where it can't be read."""
    try:
        yield from (path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    except OSError:
        return


def description_of(path: Path) -> str:
    """Return the description in a world's file. Raises PlotError where it is no YAML text."""
    plain = read(read_text(path, "a world"), str(path)).plain
    found = plain.get("description", "") if isinstance(plain, dict) else ""
    return " ".join(str(found).split())


__all__ = ["SUFFIXES", "builtin_folder", "builtin_worlds", "description_of", "world_files"]
