"""The module physics: objects that are pushed, slide, collide and come to rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import late, torch
from plot.language import Parameter
from plot.language.library.library import NONNEGATIVE, PROBABILITY
from plot.modules.arguments import broadcast, field_value, real, slots, stacked
from plot.modules.registry import Module
from plot.runtime.library.lists import as_list, compacted
from plot.runtime.sites.machine import Here
from plot.runtime.values.values import ListValue, RecordValue, Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor

    from plot.modules import line, table
    from plot.modules.line import Bodies, MotionOutcome
else:
    line = late("plot.modules.line")
    table = late("plot.modules.table")

PHYSICS = Module(
    "physics",
    "Objects slide and collide: exactly on a line, by an engine on a table. An object is a record of position, "
    "velocity (0), mass (1), radius (1; of blocks half their width), static and kinetic (its coefficients of friction, "
    "0), and of a push: force (0), which lasts so many seconds (0), or until it meets something. All in SI units.",
)

# The numbers of an object: what they are without being given, and their least (None: any).
_FIELDS: dict[str, tuple[float | None, float | None]] = {
    "position": (None, None),
    "velocity": (0.0, None),
    "mass": (1.0, 1e-12),
    "radius": (1.0, 0.0),
    "static": (0.0, 0.0),
    "kinetic": (0.0, 0.0),
    "force": (0.0, None),
    "seconds": (0.0, 0.0),
}

_SETTING = (
    Parameter("gravity", default=9.8, support=NONNEGATIVE),
    Parameter("restitution", default=1, support=PROBABILITY),
    Parameter("until", "any", None),
)


@dataclass(frozen=True, slots=True)
class _Scene:
    """The objects of a call in their order along the line, and where in the list each of them was."""

    bodies: Bodies
    order: Tensor
    gravity: Tensor
    restitution: Tensor
    until: Tensor | None
    counted: Tensor

    def run(self, here: Here) -> MotionOutcome:
        """Let it happen; worlds with more events than can be are a fault."""
        found = line.simulate(self.bodies, self.gravity, self.restitution, self.until, self.counted)
        here.fault(~found.settled, "the objects do not come to rest: too many collisions", "give `until`, a time")
        return found

    def given(self, rows: Tensor) -> Tensor:
        """Return rows, one for each object, in the order of the list."""
        order = self.order.reshape(self.order.shape[:1] + (1,) * (rows.dim() - self.order.dim()) + self.order.shape[1:])
        back = torch.argsort(order, dim=0)
        return rows.gather(0, back.expand_as(rows))


def _scene(here: Here, objects: ListValue, gravity: Value, restitution: Value, until: Value) -> _Scene:
    rows: dict[str, list[Tensor]] = {name: [] for name in _FIELDS}
    for item, on in slots(here, objects, "slide"):
        for name, (default, low) in _FIELDS.items():
            value = field_value(on, item, name, default, required=default is None)
            rows[name].append(real(on, value, f"the {name} of an object", low, default or low or 0.0))
    present = [as_tensor(mask) for mask in objects.present]
    tensors = broadcast([*map(stacked, rows.values()), stacked(present)])
    bodies, order = line.in_order(line.Bodies(*tensors))
    settings = [
        real(here, gravity, "gravity", 0.0, 9.8),
        real(here, restitution, "the restitution", 0.0, 1.0).clamp(max=1.0),
        real(here, 0.0 if until is None else until, "the time", 0.0),
    ]
    rows_and_settings = [*[getattr(bodies, name) for name in line.Bodies.__slots__], order]
    *tensors, order = broadcast([*rows_and_settings, *[item.unsqueeze(0) for item in settings]])[:-3]
    time = None if until is None else settings[2]
    return _Scene(line.Bodies(*tensors), order, settings[0], settings[1], time, as_tensor(here.mask))


@PHYSICS.function(
    "slide",
    (Parameter("objects", "list"), *_SETTING),
    "list",
    "The outcome of objects that move on a line, one record per object. Fields: position, velocity and speed at the "
    "end; hit (did "
    "it meet another?); hits (did it meet this one? for each object); before and after (its velocity just before and "
    "after its first collision); moved; distance. With [x, y] for numbers, the objects are on a table.",
)
def _slide(here: Here, objects: Value, gravity: Value = 9.8, restitution: Value = 1, until: Value = None) -> Value:
    items = compacted(here, as_list(here, objects, "slide"))
    if not items.items:
        return items
    if table.is_flat(items):
        return table.slide(here, items, gravity, restitution, until)
    scene = _scene(here, items, gravity, restitution, until)
    found = scene.run(here)
    hits = scene.given(scene.given(found.hits).transpose(0, 1)).transpose(0, 1)
    rows = {
        "position": found.position,
        "velocity": found.velocity,
        "speed": found.velocity.abs(),
        "hit": torch.isfinite(found.when),
        "before": found.before,
        "after": found.after,
        "moved": found.moved,
        "distance": found.distance,
    }
    given = {name: scene.given(row) for name, row in rows.items()}
    records = []
    for number in range(len(items.items)):
        met = ListValue(tuple(hits[number]), items.present)
        records.append(RecordValue({**{name: row[number] for name, row in given.items()}, "hits": met}))
    return here.machine.list(records, items.present, here.span)


@PHYSICS.function(
    "positions",
    (Parameter("objects", "list"), Parameter("time", support=NONNEGATIVE), *_SETTING),
    "list",
    "Where the objects that `slide` takes are at a time: a list of their positions.",
)
def _positions(
    here: Here, objects: Value, time: Value, gravity: Value = 9.8, restitution: Value = 1, until: Value = None
) -> Value:
    items = compacted(here, as_list(here, objects, "positions"))
    if not items.items:
        return items
    if table.is_flat(items):
        return table.positions(here, items, time, gravity, restitution)
    scene = _scene(here, items, gravity, restitution, until)
    moment = real(here, time, "the time", 0.0)
    if scene.until is not None:
        moment = torch.minimum(moment, scene.until)
    there = line.positions_at(scene.run(here).phases, moment)
    return here.machine.list(scene.given(there), items.present, here.span)


__all__ = ["PHYSICS"]
