"""Colour shares of a rendered scene, measured from its pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plot._lazy import np
from plot.errors import PlotError
from plot.pictures.canvas import colour_of
from plot.pictures.files import library
from plot.pictures.solid import EDGE, HALF, HEIGHT, SKY, TABLE, WIDTH, stand, tilted
from plot.process import quietly
from plot.text import clean
from plot.world.picture import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MOST_BYTES = 30_000_000
MOST_PIXELS = 40_000_000
LEAST_WIDTH = 320
SAME_SHAPE = 0.02  # by which width : height may differ from the camera's
LIKE = 0.2  # how far a pixel may be from a colour, the brightest of red, green and blue being 1
PALE = 0.35
DARK, DARKNESS = 0.06, 999
GROUND, AIR = 0.4, 0.9  # how much of where the ground and the air are must look so
STRANGE, HALO = 0.003, 0.09  # how much of the ground may look like no thing, and how much more for what things cover
RENDER = "give a view in space, as MuJoCo renders a scene (docs/pictures.md), whole and by itself"


def shares(path: str | Path, picture: Picture, colours: Sequence[str]) -> Mapping[str, float]:
    """Return the share of a picture's pixels that has each of the colours.

    A pixel counts by its hue and how pale it is, whatever light falls on it. Raises PlotError for a file that is no
    picture, and for a picture that the camera of scenes can't have taken: one with another ground, or cut, or drawn.
    """
    return measured(_pixels(path), picture, colours, clean(Path(path).name))


def measured(pixels: NDArray[Any], picture: Picture, colours: Sequence[str], name: str) -> Mapping[str, float]:
    """Return the share of each colour among pixels (rows, columns, 3) from 0 to 1; `name` is what errors call them."""
    known = _kinds(colours)
    nearest, far = _classified(pixels, np.array([*known.values(), TABLE, SKY]))
    table, sky = len(colours), len(colours) + 1
    ground = _ground(picture, pixels.shape[1], pixels.shape[0])
    on_it, above = nearest[ground], nearest[~ground]
    if (on_it == table).mean() < GROUND or (above == sky).mean() < AIR:
        raise PlotError(f"'{name}' does not show this world's ground from the near side", hint=RENDER)
    strange = (on_it == sky) | (on_it == DARKNESS) | far[ground]
    edges = STRANGE + HALO * (on_it < table).mean()  # their pixels are mixtures; the fewer pixels, the more of them
    if strange.mean() > edges * WIDTH / pixels.shape[1]:
        words = ", ".join(colours)
        raise PlotError(
            f"'{name}' has colours that this world does not have",
            hint=f"objects are {words}; JPEG blurs colours, so use PNG",
        )
    return {colour: float((nearest == number).mean()) for number, colour in enumerate(colours)}


def _kinds(colours: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return the rendered form of each colour. Raises PlotError where pixels can't tell it from light and shadow."""
    found: dict[str, tuple[float, ...]] = {}
    for name in colours:
        red, green, blue = library("matplotlib.colors").to_rgb(colour_of(name))
        if max(red, green, blue) - min(red, green, blue) < PALE * max(red, green, blue):
            raise PlotError(f"'{name}' can't be recognised in a picture: it is a shade of grey, or not a colour")
        found[name] = (red, green, blue)
    return found


def _classified(pixels: NDArray[Any], kinds: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the most similar colour class of each pixel, and the pixels that resemble none."""
    bright = pixels.max(axis=2)
    plain = pixels / np.maximum(bright, 1e-6)[..., None]
    kinds = kinds / kinds.max(axis=1, keepdims=True)
    distance = np.stack([((plain - kind) ** 2).sum(axis=2) for kind in kinds.astype(np.float32)])
    nearest = distance.argmin(axis=0)
    dark = bright < DARK
    nearest[dark] = DARKNESS
    return nearest, (distance.min(axis=0) > LIKE**2) & ~dark


def _ground(picture: Picture, width: int, height: int) -> NDArray[Any]:
    """Return the mask of the table top in a view, without its margin."""
    deep, back, up = stand(picture)
    focus = 0.5 * height / math.tan(math.radians(HALF))
    right = (np.arange(width) + 0.5 - width / 2)[None, :] / focus
    rise = (height / 2 - 0.5 - np.arange(height))[:, None] / focus
    forward, down = tilted(rise)
    with np.errstate(divide="ignore"):
        far = np.where(down > 0, up / down, np.inf)
        across, away = far * right, far * forward - back
    found: NDArray[Any] = (np.abs(across) < 1 + EDGE) & (np.abs(away) < deep / 2 + EDGE)
    return found


def _pixels(path: str | Path) -> NDArray[Any]:
    """Return a picture's pixels, (rows, columns, 3), from 0 to 1; of one that is large, as many as a view has."""
    image = library("PIL.Image")
    name = clean(str(path))
    try:
        if Path(path).is_dir():
            raise PlotError(f"'{name}' is a folder, not a picture", hint="give the path of a file")
        if Path(path).stat().st_size > MOST_BYTES:
            raise PlotError(f"'{name}' is larger than {MOST_BYTES:,} bytes", hint="give a smaller picture")
        with quietly(image.DecompressionBombWarning):
            opened = image.open(path, formats=FORMATS)
        with opened:
            _check_size(name, *opened.size)
            small = opened.convert("RGB")
    except (image.UnidentifiedImageError, image.DecompressionBombError, SyntaxError, EOFError):
        listed = ", ".join(FORMATS)
        raise PlotError(f"'{name}' is not in a supported picture format", hint=f"supported formats: {listed}") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise PlotError(f"'{name}' can't be read: {reason}") from None
    if small.width > WIDTH:
        small = small.resize((WIDTH, HEIGHT), image.Resampling.NEAREST)
    return np.asarray(small, dtype=np.float32) / 255


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise PlotError(f"'{name}' has {width:,} × {height:,} pixels: too many", hint=f"at most {MOST_PIXELS:,}")
    if width < LEAST_WIDTH or abs(width * HEIGHT / (height * WIDTH) - 1) > SAME_SHAPE:
        hint = f"a view has {WIDTH} × {HEIGHT} pixels, or the same aspect ratio and a width of at least {LEAST_WIDTH}"
        raise PlotError(f"'{name}' is {width} × {height} pixels, which is not the shape of a view", hint=hint)


__all__ = ["measured", "shares"]
