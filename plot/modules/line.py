"""Objects that slide on a line and collide: closed form between events, many worlds at once.

Between events every acceleration is constant, so that positions are exact parabolas; an event is the end of a push,
an object that comes to rest, or a contact. There is no time step. All tensors have a first dimension for the objects,
in their order along the line, and any batch of worlds after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.runtime.values.shapes import common_shape

if TYPE_CHECKING:
    from torch import Tensor

MOST_EVENTS = 400
TOUCH = 1e-9  # metres: nearer is contact
STILL = 1e-12  # metres a second: slower is rest
TOGETHER = 1e-9  # metres a second: objects in contact with less between them move as one
STICK = 1e-3  # metres a second: inelastic objects that meet more slowly do not bounce


@dataclass(frozen=True, slots=True)
class Bodies:
    """Objects with their masses, half widths, friction and pushes; `present` says in which worlds each is there."""

    position: Tensor
    velocity: Tensor
    mass: Tensor
    radius: Tensor
    static: Tensor
    kinetic: Tensor
    force: Tensor
    seconds: Tensor
    present: Tensor


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase between two events: its start time, and the motion of each object."""

    time: Tensor
    position: Tensor
    velocity: Tensor
    acceleration: Tensor


@dataclass(slots=True)
class MotionOutcome:
    """The outcome: the final state, the first collision of each object, and the phases.

    `met[i]` says whether object i and the next one met, and `hits[i, j]` whether i and j did: on a line, only
    neighbours can. `settled` is where all events fitted into the budget.
    """

    position: Tensor
    velocity: Tensor
    time: Tensor
    met: list[Tensor]
    before: Tensor
    after: Tensor
    when: Tensor
    moved: Tensor
    distance: Tensor
    settled: Tensor
    phases: list[Phase] = field(default_factory=list)

    @property
    def hits(self) -> Tensor:
        """The pairs of objects that collided, (objects, objects), in each world."""
        count, never = len(self.position), torch.zeros_like(self.moved[0])
        rows = [[self.met[min(i, j)] if abs(i - j) == 1 else never for j in range(count)] for i in range(count)]
        shape = common_shape(mask for row in rows for mask in row)
        return torch.stack([torch.stack([mask.expand(shape) for mask in row]) for row in rows])


def simulate(
    bodies: Bodies, gravity: Tensor, restitution: Tensor, until: Tensor | None = None, counted: Tensor | None = None
) -> MotionOutcome:
    """Return what happens until nothing more does, or until a time; only worlds that are `counted` prolong it."""
    found = _start(bodies)
    pushed = (bodies.force != 0) & (bodies.seconds > 0)
    active = torch.ones_like(found.time, dtype=torch.bool) if counted is None else counted
    for _ in range(MOST_EVENTS):
        pushed = _collide(bodies, found, restitution, pushed)
        acceleration = _accelerations(bodies, found, gravity, pushed)
        found.phases.append(Phase(found.time, found.position, found.velocity, acceleration))
        wait, resting = _next_event(bodies, found, acceleration, pushed, until)
        goes_on = torch.isfinite(wait) & (True if until is None else found.time < until)
        if not bool((goes_on & active).any()):
            break
        wait = torch.where(goes_on, wait, 0.0)
        _advance(found, acceleration, wait, resting & goes_on)
        pushed = pushed & (found.time < bodies.seconds - STILL)
    found.settled = ~(goes_on & active)
    return found


def _start(bodies: Bodies) -> MotionOutcome:
    shape = bodies.position.shape
    false = torch.zeros(shape, dtype=torch.bool)
    return MotionOutcome(
        position=bodies.position,
        velocity=bodies.velocity,
        time=torch.zeros(shape[1:], dtype=torch.float64),
        met=[false[0]] * (shape[0] - 1),
        before=bodies.velocity,
        after=bodies.velocity,
        when=torch.full(shape, torch.inf, dtype=torch.float64),
        moved=false,
        distance=torch.zeros(shape, dtype=torch.float64),
        settled=torch.ones(shape[1:], dtype=torch.bool),
    )


def _gaps(bodies: Bodies, position: Tensor) -> Tensor:
    """Return the free space between neighbours; there is no end to it where one of them is absent."""
    gap = position[1:] - position[:-1] - bodies.radius[1:] - bodies.radius[:-1]
    return torch.where(bodies.present[1:] & bodies.present[:-1], gap, torch.inf)


def _touching(bodies: Bodies, position: Tensor) -> Tensor:
    return _gaps(bodies, position) <= TOUCH * (1 + position[1:].abs())


# -- collisions ------------------------------------------------------------------------------------------


def _collide(bodies: Bodies, found: MotionOutcome, restitution: Tensor, pushed: Tensor) -> Tensor:
    """Let neighbours that meet bounce, pair by pair from the left; return which pushes go on.

    A push ends with any collision, and where it would press an object against one that it touches.
    """
    touching = _touching(bodies, found.position)
    velocity = list(found.velocity)
    met = torch.zeros_like(pushed)
    for i in range(len(velocity) - 1):
        closing = velocity[i] - velocity[i + 1]
        bounce = touching[i] & (closing > TOGETHER)
        new = _bounced(bodies.mass[i], bodies.mass[i + 1], velocity[i], velocity[i + 1], restitution)
        for j, after in zip((i, i + 1), new, strict=True):
            _note(found, j, bounce, velocity[j], after)
            velocity[j] = torch.where(bounce, after, velocity[j])
            met[j] = met[j] | bounce
        found.met[i] = found.met[i] | bounce
    found.velocity = _stilled(torch.stack(velocity))
    none = torch.zeros_like(met[:1])
    blocked = torch.where(bodies.force > 0, torch.cat([touching, none]), torch.cat([none, touching]))
    return pushed & ~met & ~blocked


def _bounced(mass: Tensor, other: Tensor, velocity: Tensor, its: Tensor, restitution: Tensor) -> tuple[Tensor, Tensor]:
    """Return the two velocities after a collision: momentum is kept, and a share of the speed of approach."""
    closing = velocity - its
    kept = torch.where((restitution < 1) & (closing < STICK), 0.0, restitution)
    together = (mass * velocity + other * its) / (mass + other)
    return together - kept * closing * other / (mass + other), together + kept * closing * mass / (mass + other)


def _note(found: MotionOutcome, body: int, bounce: Tensor, before: Tensor, after: Tensor) -> None:
    """Keep the first collision of an object, and what the very same moment adds to it."""
    first = bounce & (found.when[body] >= found.time)
    new = first & torch.isinf(found.when[body])
    found.before = _with(found.before, body, torch.where(new, before, found.before[body]))
    found.after = _with(found.after, body, torch.where(first, after, found.after[body]))
    found.when = _with(found.when, body, torch.where(first, found.time, found.when[body]))


def _with(rows: Tensor, number: int, row: Tensor) -> Tensor:
    return torch.cat([rows[:number], row.unsqueeze(0), rows[number + 1 :]])


def _stilled(velocity: Tensor) -> Tensor:
    return torch.where(velocity.abs() <= STILL, 0.0, velocity)


# -- motion between events -------------------------------------------------------------------------------


def _accelerations(bodies: Bodies, found: MotionOutcome, gravity: Tensor, pushed: Tensor) -> Tensor:
    """Return the accelerations: of each object alone, and then of those that press against each other as one."""
    force = torch.where(pushed, bodies.force, 0.0)
    weight = bodies.mass * gravity
    moving = found.velocity != 0
    starts = force.abs() > torch.maximum(bodies.static, bodies.kinetic) * weight
    direction = torch.where(moving, found.velocity.sign(), force.sign())
    alone = (force - direction * bodies.kinetic * weight) / bodies.mass
    alone = torch.where((moving | starts) & bodies.present, alone, 0.0)
    together = _touching(bodies, found.position) & (found.velocity.diff(dim=0).abs() <= TOGETHER)
    if not bool((together & (alone.diff(dim=0) < 0)).any()):
        return alone
    return _pooled(alone, bodies.mass, together)


def _pooled(alone: Tensor, mass: Tensor, together: Tensor) -> Tensor:
    """Return the accelerations of objects in contact, none of which can pass through the next.

    They are the nearest ones to those of the objects alone that do not decrease along a row in contact, with the
    masses as weights: the max-min formula of isotonic regression.
    """
    count = len(alone)
    rows: list[Tensor] = []
    for i in range(count):
        best = torch.full_like(alone[0], -torch.inf)
        for j in range(i + 1):
            least = torch.full_like(alone[0], torch.inf)
            for k in range(i, count):
                joined = together[j:k].all(dim=0)
                mean = (alone[j : k + 1] * mass[j : k + 1]).sum(0) / mass[j : k + 1].sum(0)
                least = torch.where(joined, torch.minimum(least, mean), least)
            best = torch.where(together[j:i].all(dim=0), torch.maximum(best, least), best)
        rows.append(best)
    return torch.stack(rows)


def _next_event(
    bodies: Bodies, found: MotionOutcome, acceleration: Tensor, pushed: Tensor, until: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return how long it is to the next event, and which objects come to rest at it."""
    velocity = found.velocity
    slowing = velocity * acceleration < 0
    rest = torch.where(slowing, -velocity / torch.where(slowing, acceleration, 1.0), torch.inf)
    push = torch.where(pushed, bodies.seconds - found.time, torch.inf)
    wait = torch.minimum(rest, push).amin(dim=0)
    if len(velocity) > 1:
        wait = torch.minimum(wait, _contacts(bodies, found, acceleration).amin(dim=0))
    if until is not None:
        wait = torch.minimum(wait, (until - found.time).clamp(min=0))
    return wait, slowing & (rest <= wait * (1 + 1e-12))


def _contacts(bodies: Bodies, found: MotionOutcome, acceleration: Tensor) -> Tensor:
    """Return how long it is until each pair of neighbours meets: the first root of a parabola, without cancellation."""
    gap = _gaps(bodies, found.position)
    speed, change = found.velocity.diff(dim=0), acceleration.diff(dim=0)
    touching = _touching(bodies, found.position)
    change = torch.where(change.abs() <= STILL, 0.0, change)
    apart = torch.where(touching | torch.isinf(gap), 1.0, gap)
    square = speed**2 - 2 * change * apart
    root = square.clamp(min=0).sqrt()
    nearing = torch.where(speed < 0, 2 * apart / (root - speed).clamp(min=STILL**2), torch.inf)
    turning = (speed >= 0) & (change < 0)
    back = torch.where(turning, (speed + root) / torch.where(turning, -change, 1.0), torch.inf)
    meets = torch.where(square >= 0, torch.minimum(nearing, back), torch.inf)
    parted = turning & (speed > TOGETHER)
    again = torch.where(parted, 2 * speed / torch.where(parted, -change, 1.0), torch.inf)
    again = torch.where(speed < -TOGETHER, 0.0, again)
    return torch.where(torch.isinf(gap), torch.inf, torch.where(touching, again, meets))


def _advance(found: MotionOutcome, acceleration: Tensor, wait: Tensor, resting: Tensor) -> None:
    """Move all objects on to the next event."""
    step = found.velocity * wait + acceleration * wait**2 / 2
    velocity = torch.where(resting, 0.0, found.velocity + acceleration * wait)
    found.position = found.position + step
    found.velocity = _stilled(velocity)
    found.distance = found.distance + step.abs()
    found.moved = found.moved | (step != 0)
    found.time = found.time + wait


def positions_at(phases: list[Phase], time: Tensor) -> Tensor:
    """Return where the objects are at a time (of the shape of the batch)."""
    first = phases[0]
    position = first.position
    for phase in phases:
        passed = (time - phase.time).clamp(min=0)
        there = phase.position + phase.velocity * passed + phase.acceleration * passed**2 / 2
        position = torch.where(time >= phase.time, there, position)
    return position


def in_order(bodies: Bodies) -> tuple[Bodies, Tensor]:
    """Return the objects in their order along the line, the absent ones last, and the order."""
    key = torch.where(bodies.present, bodies.position, torch.inf)
    order = torch.argsort(key, dim=0, stable=True)
    changes = {name: getattr(bodies, name).gather(0, order) for name in Bodies.__slots__}
    return replace(bodies, **changes), order


__all__ = ["Bodies", "MotionOutcome", "Phase", "in_order", "positions_at", "simulate"]
