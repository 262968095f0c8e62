"""Rendering: the kind of picture for an answer, the sampled worlds, and the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.files import write_whole
from plot.pictures.files import MOVING, check_target, library
from plot.pictures.outcome_texts import Speller
from plot.world.picture import Kind, Picture

if TYPE_CHECKING:
    from plot.pictures import chart, lines, routes, scene, solid, tree
    from plot.pictures.chart import Bars
else:
    chart = late("plot.pictures.chart")
    lines = late("plot.pictures.lines")
    scene = late("plot.pictures.scene")
    solid = late("plot.pictures.solid")
    tree = late("plot.pictures.tree")
    routes = late("plot.pictures.routes")

# How many worlds a picture is made of: shown one by one, or what bands and shares are computed from.
WORLDS: Mapping[Kind, int] = {"scene": 4, "map": 1_000, "lines": 400, "tree": 2_000}
DPI = 100
COLOURS = 64


@dataclass(frozen=True, slots=True)
class PictureSource:
    """The picture specification of a world, and the sampler of posterior worlds for it."""

    picture: Picture
    draw: Callable[[int], list[Any]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture that was written; `worlds` is how many sampled worlds it shows, `note` what to know of it."""

    path: Path
    worlds: int
    note: str | None = None


def paint(path: str | Path, title: str, source: PictureSource | None, bars: Bars, spell: Speller) -> Rendered:
    """Draw the picture of an answer and write it. Raises PlotError where that can't be done."""
    file = check_target(path, source.picture if source is not None else None)
    if source is None:
        figure = chart.draw_chart(title, bars)
        write_whole(file, lambda made: figure.savefig(made, dpi=DPI))
        return Rendered(file, 0)
    if file.suffix.lower() == MOVING:
        frames, pause = lines.animate_lines(title, source.picture, source.draw(1)[0], spell)
        write_whole(file, lambda made: _write_frames(made, frames, pause))
        return Rendered(file, 1)
    count = WORLDS[source.picture.kind]
    figure, note = _still(title, source.picture, source.draw(count), spell)
    write_whole(file, lambda made: figure.savefig(made, dpi=DPI))
    return Rendered(file, count, note)


def _still(title: str, picture: Picture, worlds: Sequence[Any], spell: Speller) -> tuple[Any, str | None]:
    """Return the figure of sampled worlds, and a note."""
    if picture.kind == "scene":
        views, note = solid.view(picture, worlds)
        return scene.draw_scenes(title, picture, worlds, spell, views), note
    draw = {"map": routes.draw_ways, "lines": lines.draw_lines, "tree": tree.draw_trees}[picture.kind]
    return draw(title, picture, worlds, spell), None


def _write_frames(path: Path, frames: Sequence[Any], pause: int) -> None:
    """Write a GIF; its frames have one palette, so that what does not move is stored once."""
    image = library("PIL.Image")
    first = image.fromarray(frames[0]).quantize(COLOURS)
    images = [image.fromarray(frame).quantize(palette=first, dither=image.Dither.NONE) for frame in frames]
    images[0].save(path, save_all=True, append_images=images[1:], duration=pause, loop=0)
