"""Positions over time: bands with 50% and 90% of the sampled worlds, or an animation of one world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plot._lazy import np
from plot.errors import PlotError
from plot.pictures.canvas import PALETTE, bare, colour_of, panels, pixels, plain
from plot.pictures.files import library
from plot.pictures.outcome_texts import Speller
from plot.world.picture import Picture

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
ROUND = ("ball", "sphere", "disc", "disk", "circle", "puck", "can", "mug", "bowl")
PAUSES = (20, 250)
FRAME_DPI = 70


@dataclass(frozen=True, slots=True)
class Band:
    """The places of one thing: `quantiles` is (levels, times), `worlds` in how many of the sampled worlds it is."""

    label: str
    colour: str
    quantiles: Any
    worlds: int


def bands(picture: Picture, worlds: Sequence[Any], spell: Speller) -> list[Band]:
    """Return the quantiles of the places of each thing, over the worlds that have it."""
    places: dict[str, list[list[float]]] = {}
    colours: dict[str, set[object]] = {}
    for world in worlds:
        for number, item in enumerate(world["items"]):
            label = label_of(item, number, spell)
            places.setdefault(label, []).append(_places(item, picture))
            colours.setdefault(label, set()).add(item.get("colour"))
    found = []
    for number, (label, rows) in enumerate(places.items()):
        own = next(iter(colours[label])) if len(colours[label]) == 1 else None
        colour = colour_of(own, PALETTE[number % len(PALETTE)])
        found.append(Band(label, colour, np.nanquantile(np.array(rows), LEVELS, axis=0), len(rows)))
    if not found:
        raise PlotError("nothing to draw: the sampled worlds have no items", hint="ask a question that involves some")
    return found


def label_of(item: Mapping[str, Any], number: int, spell: Speller) -> str:
    """Return the label of an item: the specified one, its name, or its number."""
    said = item.get("label", item.get("item"))
    return spell(said) if isinstance(said, str) and said else f"number {number + 1}"


def _places(item: Mapping[str, Any], picture: Picture) -> list[float]:
    row = item["place"]
    if not all(isinstance(place, (int, float)) for place in row):
        raise PlotError("'place' of the picture is not always a number", hint=f"it is {picture.place}")
    return [float(place) for place in row]


def draw_lines(title: str, picture: Picture, worlds: Sequence[Any], spell: Speller) -> Any:
    """Return the figure of the places over time."""
    figure, (axes,) = panels(title, 1, 8.0, 4.2)
    for band in bands(picture, worlds, spell):
        rows = band.quantiles
        axes.fill_between(picture.times, rows[0], rows[4], color=band.colour, alpha=0.15, linewidth=0)
        axes.fill_between(picture.times, rows[1], rows[3], color=band.colour, alpha=0.3, linewidth=0)
        axes.plot(picture.times, rows[2], color=band.colour, label=plain(band.label))
    axes.set_xlabel("time")
    axes.set_ylabel(plain(picture.axis))
    axes.set_title(f"median, and bands with 50% and 90% of {len(worlds):,} sampled worlds", fontsize=9, color="#555555")
    axes.legend(loc="best", frameon=False)
    axes.grid(alpha=0.25)
    return figure


# -- one world that moves ------------------------------------------------------------------------------------


def animate_lines(title: str, picture: Picture, world: Any, spell: Speller) -> tuple[list[Any], int]:
    """Return the frames of one sampled world, and the milliseconds for which each is shown."""
    items = world["items"]
    rows = [_places(item, picture) for item in items]
    sizes = [_size(item) for item in items]
    if not rows:
        raise PlotError("nothing to draw: the sampled world has no items", hint="try another seed")
    low = min(min(row) - size for row, size in zip(rows, sizes, strict=True))
    high = max(max(row) + size for row, size in zip(rows, sizes, strict=True))
    frames = [
        _frame(title, picture, items, [row[step] for row in rows], (low, high), picture.times[step], spell)
        for step in range(len(picture.times))
    ]
    step = 1_000 * (picture.until or 0.0) / (len(frames) - 1)
    return frames, int(min(max(step, PAUSES[0]), PAUSES[1]))


def _size(item: Mapping[str, Any]) -> float:
    size = item.get("size", 1.0)
    return float(size) if isinstance(size, (int, float)) and size > 0 else 1.0


def _frame(
    title: str,
    picture: Picture,
    items: Sequence[Any],
    places: Sequence[float],
    extent: tuple[float, float],
    time: float,
    spell: Speller,
) -> Any:
    figure, (axes,) = panels(title, 1, 7.0, 2.2)
    patches = library("matplotlib.patches")
    tallest = max(_size(item) for item in items)
    for number, (item, place) in enumerate(zip(items, places, strict=True)):
        size, colour = _size(item), colour_of(item.get("colour"), PALETTE[number % len(PALETTE)])
        if str(item.get("shape", "ball")) in ROUND:
            patch = patches.Circle((place, size), size, facecolor=colour, edgecolor="#333333")
        else:
            patch = patches.Rectangle((place - size, 0), 2 * size, 2 * size, facecolor=colour, edgecolor="#333333")
        axes.add_patch(patch)
        axes.text(place, 2.25 * size, plain(label_of(item, number, spell)), ha="center", va="bottom", fontsize=8)
    axes.axhline(0, color="#444444", linewidth=1.5)
    margin = 0.05 * (extent[1] - extent[0])
    axes.set(xlim=(extent[0] - margin, extent[1] + margin), ylim=(-0.3 * tallest, 3.2 * tallest), aspect="equal")
    bare(axes)
    axes.set_xlabel(f"time {time:.1f}")
    return pixels(figure, FRAME_DPI)
