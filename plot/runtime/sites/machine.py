"""The state of one batch of particles: budgets, faults, factors and sites, while a program runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from plot._lazy import pyro, torch
from plot.errors import BudgetError, PlotError, Span
from plot.language import Budget
from plot.language.syntax.nodes import Call, FunctionDef, Lambda
from plot.records import record
from plot.runtime.sites.collapsed import CollapsedBeta
from plot.runtime.values.masks import Mask, and_, any_, minus, or_, share
from plot.runtime.values.values import ListValue, RecordValue, Value, bytes_of
from plot.watch import LOOK_EVERY

if TYPE_CHECKING:
    from torch import Tensor

BYTES_OF_A_VALUE = 8
PIECE = "#"


@record()
class RuntimeFault:
    """A runtime error: what and where, and in which particles it occurred, while which statement was running."""

    message: str
    hint: str | None
    span: Span
    mask: Mask
    statement: int = 0

    @property
    def share(self) -> float:
        """The share of the particles in which it occurred."""
        return share(self.mask)

    def error(self) -> PlotError:
        """Return the fault as an error, for when it occurs wherever it can."""
        return PlotError(self.message, hint=self.hint, span=self.span)


@record(frozen=True)
class WeightTerm:
    """The contribution of one `condition` or `observe` to the log weight: an exclusion or a log density.

    `statement` is the identity of the statement at the top level that was running.
    """

    span: Span
    address: str
    statement: int
    density: Tensor | None = None
    excluded: Mask = False

    @property
    def log_factor(self) -> Tensor:
        """What is added to the log weight, a scalar or (N,): minus infinity where particles are ruled out."""
        if self.density is not None:
            return self.density
        if isinstance(self.excluded, bool):
            return torch.tensor(-math.inf if self.excluded else 0.0, dtype=torch.float64)
        zeros = torch.zeros(self.excluded.shape, dtype=torch.float64, device=self.excluded.device)
        return zeros.masked_fill_(self.excluded, -math.inf)


@record(eq=False)  # frozen ones take three times as long to make
class Site:
    """One `pyro.sample`: its distribution, raw tensor, value in the program, where it is on, and the call that drew it.

    `of` is its logical address: a memoised body that is reached by further particles later draws for these at
    a further site of the same `of`. `statement` is the identity of the statement at the top level that was running. In
    another `world` a draw may be `coupled` to others, of these addresses.
    """

    name: str
    of: str
    distribution: Any
    call: Call
    arguments: tuple[Value, ...]
    mask: Mask
    raw: Tensor
    value: Value
    observed: bool = False
    statement: int = 0
    world: int = 0
    coupled: frozenset[str] = frozenset()


@record(frozen=True, eq=False)
class Restriction:
    """The restriction of a draw by an intervention: a test of its values, or two bounds.

    Where it is `folded` it is the absolute value of the draw that is tested.
    """

    mask: Mask
    holds: Callable[[Here, Value], Mask]
    bounds: tuple[Tensor, Tensor] | None = None
    folded: bool = False


@record(frozen=True, eq=False)
class Draw:
    """A draw at the place of a mechanism: how it was made, in which particles, and what came of it.

    `drawable` is its own distribution, whatever it was coupled to; `world` is the number of the last intervention
    before it, 0 in the factual world.
    """

    address: str
    call: Call
    name: str
    arguments: tuple[Value, ...]
    drawable: Any
    mask: Mask
    raw: Tensor
    value: Value
    world: int = 0
    restriction: Restriction | None = None


@record(frozen=True)
class Pin:
    """A value of a memoised function that an intervention has fixed, or restricted to values that pass a test."""

    function: FunctionDef | Lambda
    arguments: tuple[Value, ...]
    value: Value
    restriction: Restriction | None = None


@record(eq=False)
class PlateRows:
    """The rows of a plate that are evaluated together: their dimension, left of the particles', and how many.

    What is drawn in each row has all its values at once, in a dimension further left: `draws` are their log
    probabilities there, `terms` the log weights since the first of them. The end of the plate sums these values out.
    """

    dim: int
    count: int
    draws: list[Tensor] = field(default_factory=list)
    terms: list[Tensor] = field(default_factory=list)

    def drawn(self, log_prob: Tensor) -> None:
        """Add the log probabilities of the values of a draw."""
        self.draws.append(log_prob)

    def weighed(self, weight: Tensor | None, excluded: Mask = False) -> bool:
        """Keep a log weight, or what is ruled out, until the draws of the row are marginalised; False without any."""
        if not self.draws:
            return False
        zero = torch.zeros((), dtype=torch.float64)
        self.terms.append(torch.where(excluded, -torch.inf, zero) if weight is None else weight)  # type: ignore[arg-type]
        return True

    def total(self) -> Tensor:
        """Return the log weight of each row, its draws marginalised."""
        total = torch.zeros((), dtype=torch.float64)
        for term in (*self.draws, *self.terms):
            total = total + term
        return total.logsumexp(tuple(range(self.dim - len(self.draws), self.dim)))


class SiteSource(Protocol):
    """A source of raw site values."""

    def row_dimension(self) -> int | None:
        """Return a dimension that no site has, for the rows of a plate; None where there is none."""
        ...

    def raw(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Return the raw value of a site that the particles of a mask reach."""
        ...

    def stand_in(self, distribution: Any) -> Tensor:
        """Return some value that is possible, of the distribution's own shape."""
        ...


class Halt(Exception):
    """No particle is left that could go on."""


class ListMemory:
    """How many bytes lists hold; no more than the number, so that a list does not keep the run that made it."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 0


class _Charge:
    """A share of the memory budget, given back when the list that holds it is gone."""

    __slots__ = ("held", "size")

    def __init__(self, held: ListMemory, size: int) -> None:
        self.held, self.size = held, size
        held.size += size

    def __del__(self) -> None:
        self.held.size -= self.size


@record(eq=False)
class Machine:
    """One run of a program over `particles` particles (None: one world, scalars, no plate).

    Where there are `fixed` values of sites, a site without one ends the run. `traced` tells whether Pyro's handlers
    are to see its factors too, as they do in a Pyro model. The conditions of `relaxed` statements (by identity) are
    soft: they cost so much for each unit of distance from being true, in the `scales` of the comparisons (by the
    identity of their nodes); where there is one cost, observations count in part. `draws` are where the raw values of
    sites come from, None in a Pyro model; the sites of `collapsed` are not drawn, but have `collapsed_betas`.
    `compress` may give a value another form, in which it depends on fewer sites. `intervened` is the number of the
    world that is computed, 0 the factual one; `draws_at` holds the draws of each mechanism in all worlds, `told` where
    evidence has counted, by its address, `crossing` which queries compare worlds, `met` is told of each value
    of a memoised function that is asked for, `heard` of each call of a function, with the statement, and `restricted`
    the draws, by the identity of their calls, that are made from a part of their distribution now. Integers may have
    been `rounded` to floats, beyond 2**53. While a plate is evaluated, `rows` are its rows;
    `met_rows` is how many rows all of them had, none where they are evaluated `row_by_row`.
    """

    particles: int | None
    budget: Budget
    traced: bool = False
    draws: SiteSource | None = None
    compress: Callable[[Any], Any] | None = None
    collapsed: Collection[str] = ()
    collapsed_betas: dict[str, CollapsedBeta] = field(default_factory=dict)
    dead: Mask = False
    ruled_out: list[Mask] = field(default_factory=list)
    faults: list[RuntimeFault] = field(default_factory=list)
    factors: list[WeightTerm] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    sites: dict[str, Site] = field(default_factory=dict)
    draws_at: dict[str, list[Draw]] = field(default_factory=dict)
    told: dict[str, Mask] = field(default_factory=dict)
    restricted: dict[int, tuple[Restriction, ...]] = field(default_factory=dict)
    drawn_within: list[Mask] = field(default_factory=list)
    queries: list[Value] = field(default_factory=list)
    met: Callable[[str, Any], None] | None = None
    heard: Callable[[int, str, list[Value]], None] | None = None
    crossing: list[bool] = field(default_factory=list)
    pins: dict[str, list[Pin]] = field(default_factory=dict)
    intervened: int = 0
    rewinding: bool = False
    fixed: Mapping[str, Any] | None = None
    lenient: Mask = False
    spared: Mask = False
    rounded: bool = False
    relaxed: Mapping[int, Tensor] = field(default_factory=dict)
    scales: dict[int, Tensor] = field(default_factory=dict)
    statement: int = 0
    rows: PlateRows | None = None
    row_by_row: bool = False
    met_rows: int = 0
    live: ListMemory = field(default_factory=ListMemory)
    kept: int = 0
    peak: int = 0
    deadline: float = 0.0
    next_look: float = 0.0
    _known: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        watch = self.budget.watch
        self.deadline = min(watch.clock() + self.budget.seconds, watch.ends)

    # -- faults: errors that count only in the particles where they occur -------------------------------

    def fault(self, mask: Mask, message: str, span: Span, hint: str | None = None) -> None:
        """Rule out the particles of `mask` that are still possible, with `message` as the reason.

        Those of `lenient` are spared: there it is only noted. Raises Halt when none is left.
        """
        if self.rows is not None and mask is not False and self.rows.weighed(None, mask):
            return
        mask = self.in_any_row(mask)
        if self.lenient is not False:
            self.spared = or_(self.spared, and_(mask, self.lenient))
            mask = minus(mask, self.lenient)
        bad = minus(minus(mask, self.dead), self.excluded)
        if not any_(bad):
            return
        self.dead = or_(self.dead, bad)
        for fault in self.faults:
            if (fault.span, fault.message, fault.statement) == (span, message, self.statement):
                fault.mask = or_(fault.mask, bad)
                break
        else:
            self.faults.append(RuntimeFault(message, hint, span, bad, self.statement))
        if not self.any_possible(True):
            raise Halt

    def any_possible(self, mask: Mask) -> bool:
        """Return whether any particle of `mask` has not been ruled out."""
        if self.dead is False and not self.ruled_out:
            return True
        return any_(minus(minus(mask, self.dead), self.excluded))

    # -- factors ---------------------------------------------------------------------------------------

    @property
    def excluded(self) -> Mask:
        """The particles that the evidence rules out. They are put together when someone looks, which few do."""
        none: Mask = False
        self.ruled_out = [reduce(or_, self.ruled_out, none)]
        return self.ruled_out[0]

    def not_told(self, address: str, mask: Mask) -> Mask:
        """Return the particles of a mask in which evidence has not counted in the factual world; there it does now."""
        if self.intervened:
            return minus(mask, self.told.get(address, False))
        self.told[address] = or_(self.told.get(address, False), mask)
        return mask

    def factor(self, address: str, density: Tensor, span: Span) -> None:
        """Add a log density to the log weight of the particles: that of all rows of a plate together."""
        if self.rows is None or not self.rows.weighed(density):
            self._add(WeightTerm(span, address, self.statement, density=self.over_all_rows(density)))

    def exclude(self, mask: Mask, address: str, span: Span) -> None:
        """Rule out the particles of `mask`: a factor of minus infinity there, and 0 elsewhere."""
        if self.rows is not None and self.rows.weighed(None, mask):
            return
        mask = self.in_any_row(mask)
        if mask is not False:
            self.ruled_out.append(mask)
        self._add(WeightTerm(span, address, self.statement, excluded=mask))

    def in_any_row(self, mask: Mask, rows: PlateRows | None = None) -> Mask:
        """Return the particles that are in a mask in any row of a plate, by default of the one that is evaluated."""
        rows = rows or self.rows
        if rows is None or isinstance(mask, bool) or mask.dim() < -rows.dim:
            return mask
        found = mask.any(tuple(range(mask.dim() + rows.dim + 1)))  # the rows are the last dimension of these
        return any_(found) if found.numel() == 1 else found

    def over_all_rows(self, density: Tensor) -> Tensor:
        """Return a log density summed over the rows of the plate that is evaluated."""
        if self.rows is None:
            return density
        if density.dim() < -self.rows.dim:
            return density * self.rows.count
        total = density.sum(self.rows.dim)
        return total * self.rows.count if density.shape[self.rows.dim] == 1 else total

    def end_rows(self, address: str, span: Span) -> None:
        """End a plate: what its rows drew is marginalised."""
        rows, self.rows = self.rows, None
        if rows is not None and rows.draws:
            total = rows.total()
            self.ruled_out.append(self.in_any_row(total == -torch.inf, rows))
            self.rows = PlateRows(rows.dim, rows.count)
            self.factor(address, total, span)
            self.rows = None

    def _add(self, factor: WeightTerm) -> None:
        """Keep a factor; where Pyro's handlers listen, tell it to them."""
        self.keep(factor.density, factor.excluded)
        self.factors.append(factor)
        name = self.fresh(factor.address, factor.span)
        if self.traced:
            log_factor = factor.log_factor
            if self.particles is not None and log_factor.dim() == 0:
                log_factor = log_factor.expand(self.particles)
            pyro.factor(name, log_factor)

    # -- addresses and budgets --------------------------------------------------------------------------

    def fresh(self, address: str, span: Span) -> str:
        """Return `address`, or `address#2`, … if it was used before; counts against the budget of sites."""
        name, number = address, 1
        while name in self.names:
            number += 1
            name = f"{address}{PIECE}{number}"
        self.names.add(name)
        if len(self.names) > self.budget.sites:
            raise over("sites", f"more than {self.budget.sites:,} random choices and conditions", span)
        self.check_memory(span)
        self.check_time(span)
        return name

    def check_time(self, span: Span) -> None:
        """Raise BudgetError when the time is up, or the process holds too much."""
        watch = self.budget.watch
        now = watch.clock()
        if now > self.deadline:
            raise self._late(span)
        if now > self.next_look and watch.most < math.inf:
            self.next_look = now + LOOK_EVERY
            if not watch.has_room():
                raise self._full(0, span)

    def _late(self, span: Span) -> BudgetError:
        watch = self.budget.watch
        if self.deadline < watch.ends:
            return over("seconds", f"the program ran longer than {self.budget.seconds:g} s", span)
        what = f"the program ran until the end of the {watch.ends - watch.begun:.3g} s that remained"
        return over("seconds", what, span, hint="ask for less, or allow more time: --budget-seconds …")

    def check_length(self, length: int, span: Span) -> None:
        """Raise BudgetError when a list is too long."""
        if length > self.budget.list_length:
            raise over("list_length", f"a list of {length:,} items, over the {self.budget.list_length:,} allowed", span)

    def keep(self, *values: Value) -> None:
        """Count the tensors in values that live as long as this machine, each once, against the budget of memory."""
        for value in values:
            if isinstance(value, bool) or value is None or id(value) in self._known:
                continue
            size = bytes_of(value)
            if size:
                self._known.add(id(value))
                self.kept += size

    def check_memory(self, span: Span, more: int = 0, made: int = 0) -> None:
        """Raise BudgetError when sites and lists hold too much, with bytes that were `made` for a list that comes.

        `more` are the values in each particle that are to be made now.
        """
        wanted = more * (self.particles or 1) * BYTES_OF_A_VALUE
        held = self.kept + self.live.size + made + wanted
        self.peak = max(self.peak, held)
        if held > self.budget.memory or (wanted > LARGE and not self.budget.watch.has_room(wanted)):
            raise self._full(held, span)

    def _full(self, held: float, span: Span) -> BudgetError:
        size, limit = max(held, self.budget.memory) / 2**20, self.budget.memory / 2**20
        return over("memory", f"about {size:,.0f} MiB of values, over the {limit:,.0f} MiB allowed", span)

    def list(self, items: Iterable[Value], present: Iterable[Mask], span: Span, compact: bool = True) -> ListValue:
        """Return a list whose size counts against the budgets of list length and memory while it lives."""
        slots, masks = tuple(items), tuple(present)
        self.check_length(len(slots), span)
        size = sum([bytes_of(item) for item in slots]) + sum([bytes_of(mask) for mask in masks])
        charge = None
        if size:
            charge = _Charge(self.live, size)
            self.check_memory(span)
        made = ListValue(slots, masks, compact, charge)
        self.check_extent(made, span)
        return made

    def check_extent(self, value: ListValue | RecordValue, span: Span) -> None:
        """Raise BudgetError when a value holds too many others, or too deep ones: each look at it would take long."""
        size, levels = value.extent
        most = SIZE_IN_LENGTHS * self.budget.list_length
        if size > most:
            raise over("list_length", f"{size:,} values in one value, over the {most:,} allowed", span)
        if levels > MOST_LEVELS:
            raise over("list_length", f"lists or records nested more than {MOST_LEVELS} deep", span)


LARGE = 2**23  # bytes: for what is less nobody looks at what the process holds
SIZE_IN_LENGTHS = 10
MOST_LEVELS = 100

HINTS = {
    "sites": "shorten the loop that draws, or raise it: --budget sites=…",
    "seconds": "a recursion or loop may be larger than intended; or raise it: --budget seconds=…",
    "list_length": "lists are bounded so that a program can't exhaust memory; raise it: --budget list_length=…",
    "memory": "use fewer particles or shorter lists, or raise it: --budget memory=…",
    "depth": "a recursion needs a base case; or raise it: --budget depth=…",
}


def over(budget: str, what: str, span: Span, hint: str | None = None) -> BudgetError:
    """Return the error of a passed budget, by its name."""
    return BudgetError(f"over the budget of {budget}: {what}", hint=hint or HINTS[budget], span=span, budget=budget)


@record(eq=False)  # frozen ones take three times as long to make
class Here:
    """The context of an operation: the machine, the active particles, and the place in the source."""

    machine: Machine
    mask: Mask
    span: Span

    def fault(self, bad: Mask, message: str, hint: str | None = None) -> None:
        """Rule out the particles of `bad` that are here."""
        self.machine.fault(and_(bad, self.mask), message, self.span, hint)

    def within(self, mask: Mask) -> Here:
        """Return this place for other particles."""
        return Here(self.machine, mask, self.span)
