"""Pictures as observations: the share of each colour, by the world's own expression."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plot._lazy import late
from plot.errors import PlotError
from plot.language import show
from plot.language.syntax.nodes import Constant
from plot.text import clean
from plot.translate.base import Reading, Told
from plot.translate.english.forms import replaced
from plot.world import WorldSpec
from plot.world.lexicon import expression

if TYPE_CHECKING:
    from plot.pictures import sight
else:
    sight = late("plot.pictures.sight")

DIGITS = 6


def observed(world: WorldSpec, path: str | Path) -> Told:
    """Return what a picture shows, as an utterance: of each colour, the share of the pixels that have it.

    That a colour is nowhere in the picture is seen too. Raises PlotError for what is no picture of this world.
    """
    picture = world.picture
    if picture is None or picture.seen is None:
        hint = "its file needs a picture of kind 'scene' with 'seen' (docs/pictures.md)"
        raise PlotError(f"the world '{clean(world.name)}' does not describe what its pictures show", hint=hint)
    found = sight.shares(path, picture, picture.hues(world.lexicon))
    lines = []
    for hue, share in found.items():
        node = replaced(expression(picture.seen), {"hue": Constant(value=hue)})
        lines.append(f"observe({show(node)}, {round(share, DIGITS)})")
    say = f"(the picture {clean(Path(path).name)})"
    return Told(say, "observation", (Reading("observation", "\n".join(lines), translator="picture"),))


__all__ = ["observed"]
