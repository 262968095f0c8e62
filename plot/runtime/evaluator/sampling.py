"""Draws and observations: every random choice of a program is one site at a stable address.

In a Pyro model a site is a `pyro.sample`; a run of our own draws for itself, without a message (`replay.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot._lazy import pyro, torch
from plot.errors import PlotError
from plot.language.syntax.nodes import Call
from plot.runtime.library.distributions import MAKERS, Drawable
from plot.runtime.library.lists import as_list, compacted, length
from plot.runtime.library.ops import equal
from plot.runtime.sites.collapsed import ReadError, Urn
from plot.runtime.sites.machine import Factor, Here, Site
from plot.runtime.sites.replay import stop_at_new
from plot.runtime.values.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.values.merge import merge, pick_all, spread
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import MISSING, Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor


def draw(here: Here, name: str, call: Call, arguments: list[Value], address: str) -> Value:
    """Draw from the distribution `name` at `address` where `here.mask` is on.

    An address that was drawn for some particles before keeps its values there, and is drawn for the rest. After
    an intervention it keeps them where the draw would be made in the same way, with the same parameters; elsewhere
    it is a new draw, at an address of its own.
    """
    if name == "shuffle":
        return _shuffle(here, call, arguments, address)
    machine = here.machine
    pieces = machine.pieces.setdefault(address, [])
    if not pieces and here.mask is True:
        pieces.append(_sample(here, name, call, arguments, address))
        return pieces[0].value
    value: Value = MISSING
    need: Mask = here.mask
    changed: Mask = False
    for piece in pieces:
        on = and_(need, piece.mask)
        if not any_(on):
            continue
        kept = and_(on, _same_draw(here.within(on), piece, call, arguments))
        changed = or_(changed, minus(on, kept)) if machine.intervened else False
        value = piece.value if value is MISSING else merge(kept, piece.value, value)
        need = minus(need, kept)
    parts = ((minus(need, changed), address), (and_(need, changed), f"{address}@do{machine.intervened}"))
    for mask, of in parts:
        if any_(mask):
            site = _sample(here.within(mask), name, call, arguments, of)
            pieces.append(site)
            value = site.value if value is MISSING else merge(mask, site.value, value)
    return None if value is MISSING else value


def _same_draw(here: Here, piece: Site, call: Call, arguments: list[Value]) -> Mask:
    """Return where a draw that was made would be made in the same way: always, unless something intervened."""
    if piece.call is not call or len(piece.arguments) != len(arguments):
        return False
    same: Mask = True
    if here.machine.intervened:
        for before, now in zip(piece.arguments, arguments, strict=True):
            same = and_(same, equal(here, before, now))
    return same


def _sample(here: Here, name: str, call: Call, arguments: list[Value], of: str) -> Site:
    machine = here.machine
    drawable = MAKERS[name](here, name, *arguments)
    if machine.fixed is not None:
        stop_at_new(machine, of, drawable.distribution, here.mask)
    unique = machine.fresh(of, here.span)
    if of in machine.put_off:
        raw = _put_off(here, drawable, of)
    elif machine.draws is None:
        raw = pyro.sample(unique, _masked(drawable, here.mask))
    else:
        raw = machine.draws.raw(of, drawable.distribution, here.mask)
    if drawable.urn is not None:
        drawable.urn.flipped(raw, here.mask)
    value = drawable.decode(raw)
    site = Site(
        unique,
        of,
        drawable.distribution,
        call,
        tuple(arguments),
        here.mask,
        raw,
        value,
        statement=machine.statement,
    )
    machine.keep(raw, value, here.mask, *arguments)
    machine.sites[unique] = site
    return site


def _put_off(here: Here, drawable: Drawable, of: str) -> Tensor:
    """Return what stands for a probability that is not drawn."""
    urns = here.machine.urns
    if of in urns:
        urns[of].extend(drawable.distribution, here.mask)
    else:
        urns[of] = Urn(of, drawable.distribution, here.mask)
    return urns[of].value


def _masked(drawable: Drawable, mask: Mask) -> Any:
    return drawable.distribution if mask is True else drawable.distribution.mask(mask)


def _shuffle(here: Here, call: Call, arguments: list[Value], address: str) -> Value:
    """Draw a random order: the i-th item is drawn from those that are left, one site each (Fisher and Yates).

    The last one that is left takes the place of the one that was drawn.
    """
    machine = here.machine
    items = compacted(here, as_list(here, arguments[0], "shuffle"))
    slots = len(items.items)
    if slots < 2:
        return items
    machine.check_memory(here.span, 4 * slots)
    total = length(items)
    left = torch.arange(slots)
    order: list[Tensor] = []
    for rank in range(slots - 1):
        machine.check_time(here.span)
        on = here.within(and_(here.mask, items.present[rank]))
        if any_(on.mask):
            last = _last(total, rank)
            chosen, left = _taken(left, draw(on, "randint", call, [0, last], f"{address}[{rank}]"), last)
        else:
            chosen = left[0]
        order.append(chosen)
    shape = common_shape([*order, left[0]])
    moved = pick_all(items.items, torch.stack([row.expand(shape) for row in (*order, left[0])]))
    return machine.list(moved, items.present, here.span)


def _last(total: Any, rank: int) -> Value:
    """Return the largest place that is left, 0 where none is."""
    last = total - rank - 1
    return max(0, last) if isinstance(last, int) else last.clamp(min=0)


def _taken(left: Tensor, place: Any, last: Any) -> tuple[Tensor, Tensor]:
    """Return the row of `left` at a place, and the rows with the last one that was left put there."""
    place, last = as_tensor(place).clamp(max=len(left) - 1), as_tensor(last)
    shape = common_shape([left[0], place, last])
    if left.shape[1:] != shape:
        left = spread(left, shape)
    place, last = place.expand(shape).unsqueeze(0), last.expand(shape).unsqueeze(0)
    chosen = left.gather(0, place).squeeze(0)
    return chosen, left.scatter(0, place, left.gather(0, last))


def observe(here: Here, name: str, call: Call, arguments: list[Value], value: Value, address: str) -> None:
    """Weight the particles of `here.mask` by the density of `value` under the distribution `name`."""
    machine = here.machine
    if name == "shuffle":
        here.fault(True, "an order can't be observed", "condition on what you know about the list instead")
        return
    drawable = MAKERS[name](here, name, *arguments)
    if drawable.urn is not None:
        raise ReadError(drawable.urn.address)
    if drawable.encode is None:
        assert drawable.log_prob is not None
        density = _where_on(here, drawable.log_prob(here, value))
        machine.ruled_out.append(density == -torch.inf)
        machine.factor(address, density, here.span)
        return
    raw, inside = drawable.encode(here, value)
    outside = and_(here.mask, not_(inside))
    if any_(outside):
        machine.exclude(outside, f"{address}.support", here.span)
        raw = torch.where(as_tensor(inside), raw, _stand_in(here, drawable.distribution).to(raw.dtype))
    if machine.particles is not None and raw.dim() == 0:
        raw = raw.expand(machine.particles)
    unique = machine.fresh(address, here.span)
    if machine.traced:
        pyro.sample(unique, _masked(drawable, here.mask), obs=raw)
    density = _where_on(here, drawable.distribution.log_prob(raw))
    if name in UNBOUNDED and any_(density == torch.inf):
        raise _infinite(here, name, value)
    machine.keep(density, here.mask, value, *arguments)
    cost = machine.relaxed.get(machine.statement)
    if cost is not None and cost.dim() == 0:
        density = _softened(density, cost)
    machine.factors.append(Factor(here.span, address, machine.statement, density=density))
    machine.sites[unique] = Site(
        unique, address, drawable.distribution, call, tuple(arguments), here.mask, raw, value, observed=True
    )


UNBOUNDED = frozenset(["beta", "gamma"])  # whose densities grow without bound at an end of their support


def _infinite(here: Here, name: str, value: Value) -> PlotError:
    """Return the error for a value at which a density is infinite: it would outweigh whatever else is known."""
    shown = f" at {value:g}" if isinstance(value, int | float) else " at the observed value"
    hint = "observe it with an error, such as normal(x, 0.01), or a value inside the support"
    return PlotError(f"the density of {name} is infinite{shown}", hint=hint, span=here.span)


def _stand_in(here: Here, distribution: Any) -> Tensor:
    """Return some value that is possible."""
    draws = here.machine.draws
    found: Tensor = distribution.sample() if draws is None else draws.stand_in(distribution)
    return found


def _softened(density: Tensor, cost: Tensor) -> Tensor:
    """Return a log density as it counts while evidence is approached: the higher the cost, the more of it."""
    return torch.where(density == -torch.inf, -cost, density * (cost / (1 + cost)))


def _where_on(here: Here, log_prob: Tensor) -> Tensor:
    return log_prob if here.mask is True else torch.where(as_tensor(here.mask), log_prob, torch.zeros_like(log_prob))


__all__ = ["draw", "observe"]
