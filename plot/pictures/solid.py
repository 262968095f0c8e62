"""Scenes in perspective: solids on a table, rendered offscreen by MuJoCo."""

from __future__ import annotations

import importlib
import itertools
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from plot._lazy import np
from plot.pictures.canvas import colour_of
from plot.pictures.files import library
from plot.pictures.scene import size_of
from plot.world.picture import Picture

MISSING = "drawn from above: for a view in space, pip install 'plot-ppl[scenes]'"
WIDTH, HEIGHT = 640, 380
TILT = 0.62  # of the camera, in radians below the horizon
HALF = 22.5  # of its field of view, in degrees: as much above and below the middle
EDGE = 0.12  # of the table, round the ground
TABLE, SKY = (0.80, 0.66, 0.46), (0.90, 0.93, 0.97)
TURNS = 40

# Half a cross-section, from the middle of the foot round the rim to the middle of the inside: (radius, height).
PROFILES: Mapping[str, Sequence[tuple[float, float]]] = {
    "mug": ((0, 0), (0.78, 0), (0.82, 0.06), (0.82, 1.85), (0.79, 1.9), (0.74, 1.85), (0.72, 0.2), (0, 0.18)),
    "can": ((0, 0.06), (0.6, 0.06), (0.66, 0), (0.78, 0.12), (0.78, 2.0), (0.66, 2.16), (0.62, 2.1), (0, 2.1)),
    "bowl": (
        (0, 0),
        (0.5, 0),
        (0.52, 0.1),
        (0.9, 0.35),
        (1.2, 0.85),
        (1.3, 1.15),
        (1.24, 1.15),
        (1.1, 0.85),
        (0.8, 0.45),
        (0, 0.25),
    ),
}


def view(picture: Picture, worlds: Sequence[Any]) -> tuple[list[Any] | None, str | None]:
    """Return an image per world, or None and the reason if there is no renderer."""
    if sys.platform == "linux" and "DISPLAY" not in os.environ:
        os.environ.setdefault("MUJOCO_GL", "egl")
    try:
        engine = importlib.import_module("mujoco")
    except ImportError:
        return None, MISSING
    try:
        return [_seen(engine, picture, world) for world in worlds], None
    except Exception as error:  # the drivers of graphics fail in ways of their own
        return None, f"drawn from above: MuJoCo can't render here ({error})"


def _seen(engine: Any, picture: Picture, world: Any) -> Any:
    model = engine.MjModel.from_xml_string(scene_text(picture, world))
    data = engine.MjData(model)
    engine.mj_forward(model, data)
    renderer = engine.Renderer(model, HEIGHT, WIDTH)
    try:
        renderer.update_scene(data, camera="near")
        return renderer.render().copy()
    finally:
        renderer.close()


def scene_text(picture: Picture, world: Any) -> str:
    """Return a world as a model of MuJoCo (MJCF): a table, lights, a camera at its near side, and the things on it.

    The ground's width is 2 units, so that nothing depends on the units of the file.
    """
    scale = 2 / (picture.width or 1.0)
    deep, back, up = stand(picture)
    shapes = sorted({str(item["shape"]) for item in world["items"]} & PROFILES.keys())
    meshes = [_mesh(shape) for shape in shapes]
    bodies, assets = [], []
    for number, item in enumerate(world["items"]):
        size = size_of(item, picture) * scale
        place = (float(item["across"]) * scale - 1, float(item["away"]) * scale - deep / 2)
        colour = " ".join(f"{part:.3f}" for part in library("matplotlib.colors").to_rgba(colour_of(item.get("colour"))))
        shape = str(item["shape"])
        if shape in PROFILES:
            assets.append(
                meshes[shapes.index(shape)].replace("NAME", f"m{number}").replace("SCALE", f"{size:.5f} " * 3)
            )
        geoms = _geoms(shape, f"m{number}", size)
        inside = "".join(f'<geom rgba="{colour}" {geom}/>' for geom in geoms)
        bodies.append(f'<body pos="{place[0]:.5f} {place[1]:.5f} 0">{inside}</body>')
    table = " ".join(str(part) for part in TABLE)
    axes = f"1 0 0 0 {math.sin(TILT):.5f} {math.cos(TILT):.5f}"
    return f"""<mujoco>
  <visual>
    <global offwidth="{WIDTH}" offheight="{HEIGHT}"/><quality shadowsize="2048" offsamples="8"/>
    <headlight ambient=".35 .35 .35" diffuse=".25 .25 .25" specular="0 0 0"/>
  </visual>
  <asset>
    <texture name="sky" type="skybox" builtin="gradient" rgb1=".96 .97 .99" rgb2=".82 .86 .92" width="64" height="64"/>
    {"".join(assets)}
  </asset>
  <worldbody>
    <light pos="-1.2 -1.2 3" dir=".4 .4 -1" diffuse=".7 .7 .7" specular=".2 .2 .2" castshadow="true"/>
    <camera name="near" fovy="{2 * HALF}" pos="0 {-back:.4f} {up:.4f}" xyaxes="{axes}"/>
    <geom type="box" size="{1 + EDGE} {deep / 2 + EDGE:.4f} .04" pos="0 0 -.04" rgba="{table} 1"/>
    {"".join(bodies)}
  </worldbody>
</mujoco>"""


def stand(picture: Picture) -> tuple[float, float, float]:
    """Return how deep the ground is, and how far behind its middle and above it the camera stands."""
    deep = (picture.depth or 1.0) * 2 / (picture.width or 1.0)
    away = 2.25 + 0.41 * deep  # near enough to fill the picture with the table
    return deep, away * math.cos(TILT), away * math.sin(TILT)


def tilted(rise: Any) -> tuple[Any, Any]:
    """Return how far ahead and down a line of sight goes that rises so far above the middle one in a unit of length."""
    return math.cos(TILT) + rise * math.sin(TILT), math.sin(TILT) - rise * math.cos(TILT)


def _geoms(shape: str, mesh: str, size: float) -> list[str]:
    """Return the solids that a thing is made of; a shape that is not known is a box."""
    if shape == "ball":
        return [f'type="sphere" size="{size:.5f}" pos="0 0 {size:.5f}"']
    if shape not in PROFILES:
        half = 0.85 * size
        return [f'type="box" size="{half:.5f} {half:.5f} {half:.5f}" pos="0 0 {half:.5f}"']
    found = [f'type="mesh" mesh="{mesh}"']
    if shape == "mug":
        turns = [math.pi * (step / 8 - 0.5) for step in range(9)]
        ring = [(0.8 + 0.5 * math.cos(turn), 1.0 + 0.6 * math.sin(turn)) for turn in turns]
        for (x, z), (u, w) in itertools.pairwise(ring):
            ends = f"{x * size:.5f} 0 {z * size:.5f} {u * size:.5f} 0 {w * size:.5f}"
            found.append(f'type="capsule" size="{0.1 * size:.5f}" fromto="{ends}"')
    return found


def _mesh(shape: str) -> str:
    """Return the surface that a profile makes when it is turned round, as an asset of MuJoCo."""
    profile = PROFILES[shape]
    angles = np.arange(TURNS) * (2 * math.pi / TURNS)
    points = [(r * math.cos(a), r * math.sin(a), z) for r, z in profile for a in angles]
    faces: list[tuple[int, int, int]] = []
    for row in range(len(profile) - 1):
        for turn in range(TURNS):
            one, two = row * TURNS + turn, row * TURNS + (turn + 1) % TURNS
            if profile[row + 1][0] > 0:
                faces.append((one, two + TURNS, one + TURNS))
            if profile[row][0] > 0:
                faces.append((one, two, two + TURNS))
    vertex = " ".join(f"{part:.4f}" for point in points for part in point)
    face = " ".join(str(corner) for corners in faces for corner in corners)
    return f'<mesh name="NAME" scale="SCALE" inertia="shell" smoothnormal="false" vertex="{vertex}" face="{face}"/>'
