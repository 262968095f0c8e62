"""Sampling and observing: every random choice of a program is one site at a stable address.

In a Pyro model a site is a `pyro.sample`; a run of our own draws for itself, without a message (`replay.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plot._lazy import pyro, torch
from plot.errors import PlotError
from plot.language.syntax.nodes import Call, Constant, Name
from plot.records import record
from plot.runtime.evaluator.coupling import coupled, impossible, is_finite, restricted
from plot.runtime.evaluator.transport import is_count, transported
from plot.runtime.library.distributions import MAKERS, Drawable
from plot.runtime.library.lists import as_list, compacted, length
from plot.runtime.library.ops import equal
from plot.runtime.sites.collapsed import CollapsedBeta, ReadError
from plot.runtime.sites.machine import Draw, Here, Restriction, Site, WeightTerm
from plot.runtime.sites.replay import stop_at_new
from plot.runtime.values.masks import Mask, and_, any_, minus, not_, or_
from plot.runtime.values.merge import merge, narrow, pick_all, spread
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import MISSING, Union, Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor


def draw(here: Here, name: str, call: Call, arguments: list[Value], address: str, place: str | None = None) -> Value:
    """Draw from the distribution `name` at `address` where `here.mask` is on; `place` is that of its mechanism.

    An address that was drawn for some particles before keeps its values there, and is drawn for the rest. In another
    world it keeps them where the draw would be made in the same way, with the same parameters; elsewhere it shares the
    noise of its mechanism with the draws of the other worlds.
    """
    if here.machine.rows is not None:
        return _in_each_row(here, name, arguments)
    place = address if place is None else place
    if name == "shuffle":
        return _shuffle(here, call, arguments, address, place)
    value: Value = MISSING
    need = here.mask
    for restriction in here.machine.restricted.get(id(call), ()):
        on = and_(need, restriction.mask)
        if any_(on):
            here.machine.drawn_within.append(on)
            within = _draw(here.within(on), _Drawing(name, call, arguments, address, place, restriction))
            value = within if value is MISSING else merge(on, within, value)
            need = minus(need, on)
    if value is MISSING or any_(need):
        plain = _draw(here.within(need), _Drawing(name, call, arguments, address, place))
        value = plain if value is MISSING else merge(need, plain, value)
    return value


def _in_each_row(here: Here, name: str, arguments: list[Value]) -> Value:
    """Return all values that a draw of a plate may have, in a dimension of their own."""
    machine = here.machine
    rows = machine.rows
    assert rows is not None
    drawable = MAKERS[name](here, name, *arguments)
    if drawable.collapsed_beta is not None:
        raise ReadError(drawable.collapsed_beta.address)
    support = drawable.distribution.enumerate_support(expand=False)
    count = support.shape[0]
    machine.check_memory(here.span, count * rows.count)
    raw = support.reshape(-1, *[1] * (len(rows.draws) - rows.dim))
    log_prob = drawable.distribution.log_prob(raw)
    rows.drawn(log_prob if here.mask is True else torch.where(as_tensor(here.mask), log_prob, -math.log(count)))
    return drawable.decode(raw)


@record()
class _Drawing:
    """A request to sample a site."""

    name: str
    call: Call
    arguments: list[Value]
    address: str
    place: str
    restriction: Restriction | None = None


def _draw(here: Here, what: _Drawing) -> Value:
    machine = here.machine
    draws = machine.draws_at.setdefault(what.place, [])
    if not draws and here.mask is True and what.restriction is None:
        return _sample(here, what, what.address).value
    value: Value = MISSING
    need: Mask = here.mask
    met: Mask = False
    for before in draws:
        on = and_(need, before.mask)
        if not any_(on):
            continue
        if machine.intervened or before.world:
            met = or_(met, on)
        kept = and_(on, _same_draw(here.within(on), before, what))
        value = before.value if value is MISSING else merge(kept, before.value, value)
        need = minus(need, kept)
    other = and_(need, met)
    fresh = minus(need, other)
    if any_(fresh):
        drawn = _sample(here.within(fresh), what, what.address)
        value = drawn.value if value is MISSING else merge(fresh, drawn.value, value)
        if what.restriction is not None:
            other = or_(other, fresh)
    if any_(other):
        found = _share_noise(here.within(other), what)
        value = found if value is MISSING else merge(other, found, value)
    return None if value is MISSING else value


def _same_draw(here: Here, before: Draw, what: _Drawing) -> Mask:
    """Return where a draw that was made would be made in the same way: in its own world always."""
    if not here.machine.intervened and not before.world:
        return before.call is what.call
    if before.name != what.name or len(before.arguments) != len(what.arguments):
        return False
    if before.restriction is not what.restriction:
        return False
    same: Mask = True
    for then, now in zip(before.arguments, what.arguments, strict=True):
        same = and_(same, equal(here, then, now))
    return same


def _sample(here: Here, what: _Drawing, of: str) -> Draw:
    """Draw from a distribution itself."""
    drawable = MAKERS[what.name](here, what.name, *what.arguments)
    site = _site(here, what, drawable, drawable.distribution, of)
    return _keep(here, what, drawable, of, site.raw, site.value, whole=True)


def _keep(here: Here, what: _Drawing, drawable: Drawable, of: str, raw: Tensor, value: Value, whole: bool) -> Draw:
    """Note a draw at its mechanism, so that other worlds know of it; one that is not `whole` was restricted."""
    restriction = None if whole else what.restriction
    arguments, world = tuple(what.arguments), here.machine.intervened
    made = Draw(of, what.call, what.name, arguments, drawable, here.mask, raw, value, world, restriction)
    here.machine.draws_at.setdefault(what.place, []).append(made)
    return made


def _share_noise(here: Here, what: _Drawing) -> Value:
    """Draw in another world, given what the mechanism came to in those before."""
    machine = here.machine
    drawable = MAKERS[what.name](here, what.name, *what.arguments)
    if drawable.collapsed_beta is not None:
        raise ReadError(drawable.collapsed_beta.address)
    draws = [before for before in machine.draws_at[what.place] if any_(and_(before.mask, here.mask))]
    finite = {is_finite(one) for one in (drawable, *[before.drawable for before in draws])}
    if len(finite) > 1:
        raise PlotError(
            f"this {what.name} has few values in one world and very many in another, which can't be compared",
            hint="let it choose among fewer",
            span=here.span,
        )
    if finite == {False}:
        raw = _same_quantile(here, what, drawable, draws)
        value = drawable.decode(raw)
        _keep(here, what, drawable, what.address, raw, value, whole=False)
        return value
    if what.restriction is not None:
        drawable.distribution = restricted(here, drawable, what.restriction)
    given = coupled(here, drawable, draws)
    site = _site(here, what, drawable, given, f"{what.address}@do{machine.intervened}", given.probs)
    site.world, site.coupled = machine.intervened, frozenset([before.address for before in draws])
    _keep(here, what, drawable, site.of, site.raw, site.value, whole=False)
    return site.value


def _same_quantile(here: Here, what: _Drawing, drawable: Drawable, draws: Sequence[Draw]) -> Tensor:
    """Return the raw value that keeps the quantile of the first draw; that of counts takes one more uniform number."""
    noise = None
    if is_count(drawable.distribution):
        zero, one = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
        drawn = Call(function=Name(id="uniform"), args=(Constant(value=0), Constant(value=1)), span=what.call.span)
        address = f"{what.place}@noise"
        within = _Drawing("uniform", drawn, [zero, one], address, address)
        noise = as_tensor(_draw(here, within))  # type: ignore[arg-type]
    bounds = None if what.restriction is None else what.restriction.bounds
    folded = what.restriction is not None and what.restriction.folded
    start = as_tensor(drawable.decode(torch.zeros((), dtype=torch.float64))) if noise is not None else None  # type: ignore[arg-type]
    if what.restriction is not None and (bounds is None or (folded and start is not None and bool((start != 0).any()))):
        raise PlotError(
            f"a {what.name} has too many values to try this test on each",
            hint="compare it with numbers: where=lambda x: 3 < x and x <= 5",
            span=here.span,
        )
    if bounds is not None and start is not None:  # a whole number is drawn as its distance from the least one
        bounds = bounds[0] - start, bounds[1] - start
    raw: Tensor | None = None
    for before in reversed(draws):
        if before.restriction is None:
            laws = before.drawable.distribution, drawable.distribution
            moved = transported(before.raw, noise, *laws, bounds, folded)
            raw = moved if raw is None else torch.where(as_tensor(before.mask), moved, raw)
    assert raw is not None
    if bounds is not None:
        tested = raw.abs() if folded else raw
        wrong = (tested < bounds[0]) | (tested > bounds[1]) | raw.isnan()
        impossible(here, wrong)
    return raw


def _site(
    here: Here, what: _Drawing, drawable: Drawable, distribution: Any, of: str, given: Tensor | None = None
) -> Site:
    machine = here.machine
    if machine.fixed is not None:
        stop_at_new(machine, of, distribution, here.mask)
    unique = machine.fresh(of, here.span)
    if of in machine.collapsed:
        raw = _put_off(here, drawable, of)
    elif machine.draws is None:
        raw = pyro.sample(unique, _masked(distribution, here.mask))
    else:
        raw = machine.draws.raw(of, distribution, here.mask)
    if drawable.collapsed_beta is not None:
        drawable.collapsed_beta.flipped(raw, here.mask)
    value = drawable.decode(raw)
    arguments = tuple(what.arguments) if given is None else (*what.arguments, given)
    site = Site(
        unique, of, distribution, what.call, arguments, here.mask, raw, value, statement=machine.statement
    )  # what a draw was coupled to is an argument, too
    machine.keep(raw, value, here.mask, *arguments)
    machine.sites[unique] = site
    return site


def _put_off(here: Here, drawable: Drawable, of: str) -> Tensor:
    """Return what stands for a probability that is not drawn."""
    collapsed_betas = here.machine.collapsed_betas
    if of in collapsed_betas:
        collapsed_betas[of].extend(drawable.distribution, here.mask)
    else:
        collapsed_betas[of] = CollapsedBeta(of, drawable.distribution, here.mask)
    return collapsed_betas[of].value


def _masked(distribution: Any, mask: Mask) -> Any:
    return distribution if mask is True else distribution.mask(mask)


def _shuffle(here: Here, call: Call, arguments: list[Value], address: str, place: str) -> Value:
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
            what = _Drawing("randint", call, [0, last], f"{address}[{rank}]", f"{place}[{rank}]")
            chosen, left = _taken(left, _draw(on, what), last)
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
    value, seen = (value, here.mask) if name in OF_ANYTHING else _seen(value, here.mask)
    here = here.within(machine.not_told(address, seen))
    if not any_(here.mask):
        return
    if name == "shuffle":
        here.fault(True, "an order can't be observed", "condition on what you know about the list instead")
        return
    drawable = MAKERS[name](here, name, *arguments)
    if drawable.collapsed_beta is not None:
        raise ReadError(drawable.collapsed_beta.address)
    if drawable.encode is None:
        _observe_directly(here, drawable, value, address)
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
        pyro.sample(unique, _masked(drawable.distribution, here.mask), obs=raw)
    density = _where_on(here, drawable.distribution.log_prob(raw))
    if name in UNBOUNDED and any_(density == torch.inf):
        raise _infinite(here, name, value)
    cost = machine.relaxed.get(machine.statement)
    if cost is not None and cost.dim() == 0:
        density = _softened(density, cost)
    if machine.rows is not None:
        machine.factor(address, density, here.span)
        return
    machine.keep(density, here.mask, value, *arguments)
    machine.factors.append(WeightTerm(here.span, address, machine.statement, density=density))
    machine.sites[unique] = Site(
        unique, address, drawable.distribution, call, tuple(arguments), here.mask, raw, value, observed=True
    )


def _observe_directly(here: Here, drawable: Drawable, value: Value, address: str) -> None:
    """Weight the particles of `here.mask` where densities go by values and not by raw numbers."""
    machine = here.machine
    assert drawable.log_prob is not None
    density = _where_on(here, drawable.log_prob(here, value))
    if machine.rows is None or not machine.rows.draws:
        machine.ruled_out.append(machine.in_any_row(density == -torch.inf))
    machine.factor(address, density, here.span)


OF_ANYTHING = frozenset(["choice", "categorical", "shuffle"])  # which may draw None


def _seen(value: Value, mask: Mask) -> tuple[Value, Mask]:
    """Return an observed value and where there is one: a missing value (None) tells nothing."""
    if value is None:
        return value, False
    if not isinstance(value, Union) or all([case is not None for _, case in value.cases]):
        return value, mask
    on = minus(mask, next(where for where, case in value.cases if case is None))
    return (narrow(value, on) if any_(on) else None), on


UNBOUNDED = frozenset(["beta", "gamma", "weibull"])  # whose densities grow without bound at an end of their support


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
