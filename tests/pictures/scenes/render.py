"""Renders the scenes of `scenes.yaml` into pictures beside it, by MuJoCo: python -m tests.pictures.scenes.render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from plot import World
from plot.pictures.solid import view

FOLDER = Path(__file__).parent
KEYS = ("shape", "colour", "across", "away")
SIZE = 5


def scenes() -> dict[str, dict[str, Any]]:
    """Return the scenes by name, each as a sampled world is given to the drawing."""
    found = yaml.safe_load((FOLDER / "scenes.yaml").read_text(encoding="utf-8"))
    return {
        name: {"items": [{"item": i, "size": SIZE, **dict(zip(KEYS, row, strict=True))} for i, row in enumerate(rows)]}
        for name, rows in found.items()
    }


def render(folder: Path) -> None:
    """Write a picture of each scene into a folder."""
    picture = World.load("tabletop").picture
    assert picture is not None
    views, note = view(picture, list(scenes().values()))
    if views is None:
        raise SystemExit(note)
    for name, pixels in zip(scenes(), views, strict=True):
        Image.fromarray(pixels).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    render(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
