"""Sampled scenes next to each other: in perspective where a renderer is available, else from above."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plot.pictures.canvas import bare, colour_of, panels, plain
from plot.pictures.files import library
from plot.pictures.outcome_texts import Speller
from plot.world.picture import Picture

TABLE = "#e9dcc6"
EDGE = "#333333"
SIZE = 1 / 22  # of the ground's width, where the file does not say how large things are


def size_of(item: Mapping[str, Any], picture: Picture) -> float:
    """Return the radius of a thing, in the units of the ground."""
    size = item.get("size")
    return float(size) if isinstance(size, (int, float)) and size > 0 else (picture.width or 1.0) * SIZE


def draw_scenes(
    title: str, picture: Picture, worlds: Sequence[Any], spell: Speller, views: Sequence[Any] | None = None
) -> Any:
    """Return the figure of scenes; `views` are what a camera sees of each, None where there is no renderer."""
    height = 2.5 if views is not None else 0.9 + 3.6 * (picture.depth or 1.0) / (picture.width or 1.0)
    figure, panes = panels(title, len(worlds), 3.9, height)
    for number, (axes, world) in enumerate(zip(panes, worlds, strict=True)):
        if views is not None:
            axes.imshow(views[number])
        else:
            _draw_plan(axes, picture, world, spell)
        bare(axes)
        count = len(world["items"])
        axes.set_title("nothing" if count == 0 else f"{count} thing{'s' if count > 1 else ''}", fontsize=9)
    figure.supxlabel(
        "sampled from the posterior" + (", seen from above; the near side is below" if views is None else ""),
        fontsize=9,
        color="#555555",
    )
    return figure


def _draw_plan(axes: Any, picture: Picture, world: Any, spell: Speller) -> None:
    patches = library("matplotlib.patches")
    width, depth = picture.width or 1.0, picture.depth or 1.0
    axes.add_patch(patches.Rectangle((0, 0), width, depth, facecolor=TABLE, edgecolor="#b59b6d", linewidth=1.5))
    for item in sorted(world["items"], key=lambda item: -float(item["away"])):
        size, colour = size_of(item, picture), colour_of(item.get("colour"))
        place = float(item["across"]), float(item["away"])
        draw = PLANS.get(str(item["shape"]))
        for patch in (draw or _box)(patches, place, size, colour):
            axes.add_patch(patch)
        label = item.get("label", None if draw is not None else item["shape"])
        if isinstance(label, str) and label:
            axes.text(place[0], place[1] - 1.2 * size, plain(spell(label)), ha="center", va="top", fontsize=6)
    margin = 0.06 * width
    axes.set(xlim=(-margin, width + margin), ylim=(-margin, depth + margin), aspect="equal")


Place = tuple[float, float]


def _mug(patches: Any, place: Place, size: float, colour: str) -> list[Any]:
    handle = patches.Circle((place[0] + size, place[1]), 0.45 * size, fill=False, edgecolor=colour, linewidth=2.2)
    rim = patches.Circle(place, 0.85 * size, facecolor=colour, edgecolor=EDGE)
    return [handle, rim, patches.Circle(place, 0.65 * size, facecolor="#4a3526", edgecolor=EDGE, linewidth=0.6)]


def _can(patches: Any, place: Place, size: float, colour: str) -> list[Any]:
    lid = patches.Circle(place, 0.66 * size, facecolor="#cfd3d6", edgecolor=EDGE, linewidth=0.6)
    tab = patches.Ellipse((place[0], place[1] + 0.15 * size), 0.3 * size, 0.55 * size, facecolor="#9aa0a4")
    return [patches.Circle(place, 0.8 * size, facecolor=colour, edgecolor=EDGE), lid, tab]


def _bowl(patches: Any, place: Place, size: float, colour: str) -> list[Any]:
    rim = patches.Circle(place, 1.25 * size, facecolor=colour, edgecolor=EDGE)
    inside = patches.Circle(place, 1.08 * size, facecolor=colour, edgecolor="white", linewidth=1.0)
    return [rim, inside, patches.Circle(place, 0.5 * size, facecolor="white", alpha=0.35, linewidth=0)]


def _ball(patches: Any, place: Place, size: float, colour: str) -> list[Any]:
    shine = patches.Circle((place[0] - 0.3 * size, place[1] + 0.3 * size), 0.25 * size, facecolor="white", alpha=0.6)
    return [patches.Circle(place, size, facecolor=colour, edgecolor=EDGE), shine]


def _box(patches: Any, place: Place, size: float, colour: str) -> list[Any]:
    corner = (place[0] - 0.85 * size, place[1] - 0.85 * size)
    return [patches.Rectangle(corner, 1.7 * size, 1.7 * size, facecolor=colour, edgecolor=EDGE)]


Plan = Callable[[Any, Place, float, str], list[Any]]
PLANS: Mapping[str, Plan] = {"mug": _mug, "can": _can, "bowl": _bowl, "ball": _ball, "box": _box}
