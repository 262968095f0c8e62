"""Round objects on a table, in two dimensions: each world by the engine pymunk, in small steps of time."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.modules.arguments import broadcast, field_value, real, slots, stacked
from plot.runtime.library.lists import as_list, index
from plot.runtime.sites.machine import Here
from plot.runtime.values.values import ListValue, RecordValue, Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor

STEP = 1 / 480
LONGEST = 30.0  # seconds
STILL = 1e-3  # metres a second
MISSING = "objects on a table need the engine pymunk, which is not installed"
INSTALL = "install it: pip install 'plot-ppl[physics]'"

# What a world is to the engine: the columns of its objects, each a number.
_VECTORS = ("position", "velocity", "force")
_NUMBERS = {"mass": 1.0, "radius": 1.0, "static": 0.0, "kinetic": 0.0, "seconds": 0.0}
_COLUMNS = [f"{name}_{axis}" for name in _VECTORS for axis in "xy"] + list(_NUMBERS) + ["present"]
_VECTOR_RESULTS = ("position", "velocity", "before", "after")
_RESULTS = [f"{name}_{axis}" for name in _VECTOR_RESULTS for axis in "xy"] + ["hit", "moved", "distance", "speed"]


def is_flat(objects: ListValue) -> bool:
    """Return whether objects are on a table: their positions are lists of two numbers."""
    first = objects.items[0]
    return isinstance(first, RecordValue) and isinstance(first.fields.get("position"), ListValue)


def slide(here: Here, objects: ListValue, gravity: Value, restitution: Value, until: Value) -> Value:
    """Return what becomes of objects on a table, in records as `slide` on a line gives, with vectors as [x, y]."""
    found = _simulated(here, objects, gravity, restitution, LONGEST if until is None else until)
    if found is None:
        return objects
    count = len(objects.items)
    records = []
    for rows in found:
        named = dict(zip(_RESULTS, rows[: len(_RESULTS)], strict=True))
        fields: dict[str, Value] = {name: _pair(here, named, name) for name in _VECTOR_RESULTS}
        fields |= {"hit": named["hit"] > 0, "moved": named["moved"] > 0}
        fields |= {"distance": named["distance"], "speed": named["speed"]}
        met = [row > 0 for row in rows[len(_RESULTS) : len(_RESULTS) + count]]
        fields["hits"] = here.machine.list(met, objects.present, here.span)
        records.append(RecordValue(fields))
    return here.machine.list(records, objects.present, here.span)


def positions(here: Here, objects: ListValue, time: Value, gravity: Value, restitution: Value) -> Value:
    """Return where objects on a table are at a time."""
    found = _simulated(here, objects, gravity, restitution, time)
    if found is None:
        return objects
    places = [here.machine.list((rows[0], rows[1]), (True, True), here.span) for rows in found]
    return here.machine.list(places, objects.present, here.span)


def _pair(here: Here, named: dict[str, Tensor], name: str) -> Value:
    return here.machine.list((named[f"{name}_x"], named[f"{name}_y"]), (True, True), here.span)


# -- from values to worlds and back ----------------------------------------------------------------------


def _simulated(
    here: Here, objects: ListValue, gravity: Value, restitution: Value, until: Value
) -> list[list[Tensor]] | None:
    """Return the columns of results of each object; worlds that are the same are simulated once."""
    engine = _engine(here)
    if engine is None:
        return None
    rows = [_columns(on, item) for item, on in slots(here, objects, "slide")]
    for row, mask in zip(rows, objects.present, strict=True):
        row.append(as_tensor(mask).double())
    flat = [column for row in rows for column in row]
    flat += [real(here, gravity, "gravity", 0.0, 9.8), real(here, restitution, "the restitution", 0.0, 1.0)]
    flat.append(real(here, until, "the time", 0.0).clamp(max=LONGEST))
    worlds = broadcast([stacked(flat)])[0]
    shape = worlds.shape[1:]
    counted = as_tensor(here.mask).expand(shape).reshape(-1) if as_tensor(here.mask).dim() <= len(shape) else None
    worlds = worlds.reshape(len(flat), -1).T
    if counted is not None:
        worlds = torch.where(counted.unsqueeze(1), worlds, worlds[int(counted.to(torch.uint8).argmax())])
    distinct, which = torch.unique(worlds, dim=0, return_inverse=True)
    results = [_one(engine, world.tolist(), len(rows)) for world in distinct]
    table = torch.tensor(results, dtype=torch.float64)[which.reshape(-1)]
    columns = table.permute(1, 2, 0).reshape(len(rows), -1, *shape)
    return [list(columns[number]) for number in range(len(rows))]


def _engine(here: Here) -> Any:
    try:
        return importlib.import_module("pymunk")
    except ImportError:
        here.fault(True, MISSING, INSTALL)
        return None


def _columns(here: Here, item: Value) -> list[Tensor]:
    columns: list[Tensor] = []
    for name in _VECTORS:
        zero = here.machine.list((0.0, 0.0), (True, True), here.span)
        value = as_list(here, field_value(here, item, name, zero, required=name == "position"), f"the {name}")
        columns += [real(here, index(here, value, axis), f"the {name} of an object") for axis in (0, 1)]
    for name, default in _NUMBERS.items():
        low = 1e-9 if name in ("mass", "radius") else 0.0
        figure = field_value(here, item, name, default)
        columns.append(real(here, figure, f"the {name} of an object", low, default))
    return columns


# -- one world -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Object:
    """A disc in the engine, with what is noted of it."""

    given: dict[str, float]
    body: Any
    hits: set[int]
    before: tuple[float, float] | None = None
    after: tuple[float, float] | None = None
    distance: float = 0.0
    started: bool = False

    @property
    def pushed(self) -> tuple[float, float]:
        return self.given["force_x"], self.given["force_y"]


def _one(engine: Any, world: list[float], count: int) -> list[list[float]]:
    """Return the results of the objects of one world."""
    *numbers, gravity, restitution, until = world
    width = len(_COLUMNS)
    space = engine.Space()
    space.collision_slop, space.collision_bias = 0.0, 0.0
    objects = []
    for number in range(count):
        given = dict(zip(_COLUMNS, numbers[number * width : (number + 1) * width], strict=True))
        objects.append(_Object(given, _body(engine, space, given, restitution, number), set()))
    _listen(space, objects)
    time = 0.0
    while time < until - STEP / 2:
        moving = [_push(item, time, gravity) for item in objects if item.given["present"]]
        if not any(moving):
            break
        space.step(STEP)
        for item in objects:
            item.distance += item.body.velocity.length * STEP
            _brake(item, gravity)
            if item.before is not None and item.after is None:
                item.after = tuple(item.body.velocity)
        time += STEP
    return [_row(item, count) for item in objects]


def _body(engine: Any, space: Any, given: dict[str, float], restitution: float, number: int) -> Any:
    radius, mass = given["radius"], given["mass"]
    body = engine.Body(mass, engine.moment_for_circle(mass, 0, radius))
    body.position = given["position_x"], given["position_y"]
    body.velocity = given["velocity_x"], given["velocity_y"]
    shape = engine.Circle(body, radius)
    shape.elasticity = math.sqrt(restitution)  # the engine multiplies those of the two
    shape.friction = 0.0
    shape.collision_type = number + 1
    if given["present"]:
        space.add(body, shape)
    return body


def _listen(space: Any, objects: list[_Object]) -> None:
    """Note collisions as they begin."""

    def begin(arbiter: Any, space: Any, data: Any) -> None:
        numbers = [shape.collision_type - 1 for shape in arbiter.shapes]
        for one, other in (numbers, numbers[::-1]):
            objects[one].hits.add(other)
            if objects[one].before is None:
                objects[one].before = tuple(objects[one].body.velocity)

    space.on_collision(None, None, begin=begin)


def _push(item: _Object, time: float, gravity: float) -> bool:
    """Apply a push that goes on and is strong enough; tell whether the object moves or is made to."""
    weight = item.given["mass"] * gravity
    force = math.hypot(*item.pushed)
    on = force > 0 and time < item.given["seconds"] - STEP / 2 and not item.hits
    speed = item.body.velocity.length
    starts = on and force > max(item.given["static"], item.given["kinetic"]) * weight
    if on and (speed > STILL or starts):
        item.body.apply_force_at_world_point(item.pushed, item.body.position)
    return speed > 0 or starts


def _brake(item: _Object, gravity: float) -> None:
    """Slow an object by kinetic friction for one step, down to rest."""
    velocity = item.body.velocity
    speed = velocity.length
    item.started = item.started or speed > 0
    slower = max(0.0, speed - item.given["kinetic"] * gravity * STEP)
    item.body.velocity = velocity * (slower / speed) if speed > 0 else velocity


def _row(item: _Object, count: int) -> list[float]:
    start = (item.given["velocity_x"], item.given["velocity_y"])
    before, after = item.before or start, item.after or item.before or start
    position, velocity = item.body.position, item.body.velocity
    met = [float(number in item.hits) for number in range(count)]
    vectors = [*position, *velocity, *before, *after]
    return [*vectors, float(bool(item.hits)), float(item.started), item.distance, velocity.length, *met]


__all__ = ["is_flat", "positions", "slide"]
