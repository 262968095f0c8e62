"""The target file of a picture: permitted names, and the libraries that it needs."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from plot.errors import PlotError
from plot.world.picture import Picture

STILL, MOVING = ".png", ".gif"
INSTALL = "install it: pip install 'plot-ppl[pictures]'"


def check_target(path: str | Path, picture: Picture | None) -> Path:
    """Return the path of a picture that can be drawn. Raises PlotError for one that can't, before anything is done."""
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in (STILL, MOVING):
        said = f"'{suffix}'" if suffix else "a name without an extension"
        raise PlotError(f"a picture can't be written as {said}", hint="call it … .png, or … .gif for an animation")
    if suffix == MOVING and (picture is None or picture.kind != "lines"):
        hint = "call the file … .png; only pictures of kind 'lines' are animated"
        raise PlotError("this world's picture has no animation", hint=hint)
    if file.is_dir():
        raise PlotError(f"'{file}' is a folder, not a picture", hint="give the path of a file")
    if not file.parent.is_dir():
        raise PlotError(f"there is no folder '{file.parent}' for the picture", hint="make it first")
    for module in ("matplotlib", "PIL", "networkx"):
        library(module)
    return file


def library(name: str) -> Any:
    """Return a library that pictures need. Raises PlotError, naming the extra, where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise PlotError(f"pictures need {name.split('.')[0]}, which is not installed", hint=INSTALL) from None
