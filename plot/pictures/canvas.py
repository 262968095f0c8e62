"""The figure with its panels, and the mapping of the model's colours and labels."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from plot._lazy import np
from plot.pictures.files import library

PALETTE = ("#3465a4", "#cc3d3d", "#3f8f3f", "#c08a1e", "#75507b", "#5c7f8a", "#b0508f", "#6b6b6b")
PLAIN = "#9a9a9a"
# Colours that people name, a little softer than a screen's.
SOFT = {"red": "#d0342c", "blue": "#2f62c4", "green": "#3c9a45", "yellow": "#f0c330", "orange": "#e8892b"}


def panels(title: str, count: int, width: float, height: float, columns: int = 2) -> tuple[Any, list[Any]]:
    """Return a figure under a title, and its panels, `width` by `height` inches each."""
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = library("matplotlib.figure").Figure(
        figsize=(width * columns, height * rows + 0.7), layout="constrained", facecolor="white"
    )
    letters = max(20, int(11 * width * columns))
    figure.suptitle(plain(textwrap.shorten(title, 3 * letters, placeholder=" …"), letters), fontsize=11)
    axes = [figure.add_subplot(rows, columns, number + 1) for number in range(count)]
    return figure, axes


def plain(text: str, width: int = 60) -> str:
    """Return a text as it is drawn: in lines, with nothing that matplotlib would take as a formula."""
    return textwrap.fill(text, width).replace("$", r"\$")


def colour_of(value: object, otherwise: str = PLAIN) -> str:
    """Return the colour named in the model.

    >>> colour_of("red"), colour_of(None)
    ('#d0342c', '#9a9a9a')
    """
    if not isinstance(value, str):
        return otherwise
    name = SOFT.get(value.casefold(), value.replace("_", ""))
    return name if library("matplotlib.colors").is_color_like(name) else otherwise


def bare(axes: Any) -> None:
    """Take the ticks and the frame from a panel."""
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)


def pixels(figure: Any, dpi: int) -> Any:
    """Return a figure as an array of rows, columns and red, green, blue."""
    figure.set_dpi(dpi)
    canvas = library("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
