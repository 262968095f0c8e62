"""Runs of a program over N particles, and the program as a Pyro model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from plot._lazy import pyro, torch
from plot.errors import PlotError
from plot.language import Budget, ProgramNode, show
from plot.language.syntax.nodes import Call
from plot.process import deep_stack
from plot.runtime.evaluator.frames import label_places
from plot.runtime.evaluator.interpreter import Evaluator
from plot.runtime.sites.collapsed import CollapsedBeta
from plot.runtime.sites.machine import Halt, Machine, RuntimeFault, Site, SiteSource, WeightTerm, over
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.replay import Dims, Given, SiteDraws
from plot.runtime.values.masks import Mask, any_, minus, or_
from plot.runtime.values.values import Atoms, Value, as_tensor, unbatch

if TYPE_CHECKING:
    from torch import Tensor

FRAMES_OF_A_CALL = 100
FRAMES_OF_AN_EXPRESSION = 5_000
MOST_FRAMES = 1_000_000


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """The description of a random choice: its distribution as text."""

    distribution: str


class Descriptions(Mapping[str, str]):
    """The distribution of each site as text, which is made when someone looks."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._kinds = {name: (type(site.distribution).__name__, site.call) for name, site in sites.items()}

    def __getitem__(self, name: str) -> str:
        return _described(*self._kinds[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


class Run:
    """The result of one run over `particles` particles.

    `queries` are the values asked for, in order, all of them when the run is `complete` (it ends early where no
    particle is left); `warnings` are the errors that ruled out some particles, `factors` what each condition and
    observation added, `choices` the sites, `collapsed_betas` what is known of the probabilities that were collapsed;
    `peak` is how many bytes its values held at once, `rows` how many rows its plates had.
    """

    def __init__(self, machine: Machine, complete: bool) -> None:
        self.particles = machine.particles or 1
        self.factors: tuple[WeightTerm, ...] = tuple(machine.factors)
        self.queries: tuple[Value, ...] = tuple(machine.queries)
        self.crossing: tuple[bool, ...] = tuple(machine.crossing)
        self.warnings: tuple[RuntimeFault, ...] = tuple(machine.faults)
        self.complete = complete
        self.peak, self.rows = machine.peak, machine.met_rows
        self.choices: Mapping[str, Site] = machine.sites
        self.collapsed_betas: Mapping[str, CollapsedBeta] = machine.collapsed_betas
        self._dead = machine.dead

    @cached_property
    def log_weight(self) -> Tensor:
        """The log of each particle's weight, float64 (N,): minus infinity where it is ruled out."""
        total = torch.zeros(self.particles, dtype=torch.float64)
        for factor in self.factors:
            total = total + factor.log_factor
        return torch.where(as_tensor(self._dead) | torch.isnan(total), -torch.inf, total)

    @property
    def sites(self) -> dict[str, SiteInfo]:
        """The random choices that were met, by the name of their `pyro.sample`."""
        return {name: SiteInfo(describe(site)) for name, site in self.choices.items()}


def describe(site: Site) -> str:
    """Return a site's distribution as text: Pyro's name, and the parameters as the program gives them."""
    return _described(type(site.distribution).__name__, site.call)


def _described(name: str, call: Call) -> str:
    shown = [show(argument) for argument in call.args]
    shown += [f"{name}={show(value)}" for name, value in call.keywords]
    return f"{name}({', '.join(shown)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """How a program is run: what its sites are given, what is left out, and what it may cost.

    Attributes:
        seed: Begins a stream of random numbers, where `stream` is None.
        stream: The stream that values are drawn from.
        budget: What the run may cost.
        replay: An earlier run; every site has the value that it had there.
        given: Values by logical address, in the particles that had one; they take the place of those of `replay`.
        dims: Sites that have all their values at once, each in a dimension of its own to the left of the particles'.
        collapsed: Sites of probabilities that have no value: flips come from their urns.
        labels: The labels of all places of the program; by default those of the program that is run.
        only: The statements of the top level that are run, by identity; all by default.
        relaxed: What a unit of distance from being true costs, by identity of the statement: these conditions are soft.
        scales: The scales of the distances of comparisons, by identity of their node; those that lack are added.
        stopping: Whether the run stops at the first site that no value is given for.
        source: What all values come from, in place of the above.
        row_by_row: Whether plates are evaluated one row after the other, so that each observation is a site.
        heard: Told of each call of one of the program's functions: the statement's identity, the name, the arguments.
    """

    seed: int = 0
    stream: Stream | None = None
    budget: Budget | None = None
    replay: Run | None = None
    given: Mapping[str, Given] | None = None
    dims: Dims | None = None
    collapsed: Collection[str] = ()
    labels: dict[int, str] | None = None
    only: Collection[int] | None = None
    relaxed: Mapping[int, Tensor] | None = None
    scales: dict[int, Tensor] | None = None
    stopping: bool = False
    source: SiteSource | None = None
    row_by_row: bool = False
    heard: Callable[[int, str, list[Value]], None] | None = None


def run(program: ProgramNode, particles: int, plan: RunPlan | None = None) -> Run:
    """Run a program over particles at once, as `plan` says; no handler of Pyro hears of it.

    Args:
        program: What is run.
        particles: How many.
        plan: What the sites are given, what is left out, and what it may cost; by default, all is drawn from the prior.

    Returns:
        The run: its sites with their values, its weights, its queries.

    Raises:
        PlotError: An error occurs in all particles.
        BudgetError: A budget ends.
    """
    plan = plan or RunPlan()
    scales = {} if plan.scales is None else plan.scales
    machine = Machine(particles, plan.budget or Budget(), relaxed=plan.relaxed or {}, scales=scales)
    machine.collapsed, machine.heard, machine.row_by_row = plan.collapsed, plan.heard, plan.row_by_row
    values = dict(plan.given or {})
    if plan.replay is not None:
        values = values_of(plan.replay) | values
    machine.fixed = values if plan.stopping else None
    machine.compress = None if plan.dims is None else plan.dims.compress
    machine.draws = plan.source or SiteDraws(values, plan.dims, particles, plan.stream or Stream(plan.seed))
    return Run(machine, _execute(machine, program, plan.labels or label_places(program), plan.only))


def values_of(run: Run, without: Collection[int] = ()) -> dict[str, Given]:
    """Return the value of each logical address in a run, its parts merged.

    What was drawn by the statements `without`, by identity, is left out.
    """
    values: dict[str, Given] = {}
    for site in run.choices.values():
        if not site.observed and site.statement not in without:
            before = values.get(site.of)
            raw = site.raw if before is None else torch.where(as_tensor(site.mask), site.raw, before.raw)
            values[site.of] = Given(raw, site.mask if before is None else or_(site.mask, before.mask))
    return values


def _execute(
    machine: Machine, program: ProgramNode, labels: dict[int, str], only: Collection[int] | None = None
) -> bool:
    """Run a program on a machine; tell whether it came to its end. Raises PlotError where it fails in all particles."""
    complete = True
    with _room_for(machine.budget):
        try:
            Evaluator(machine, program, labels, only).run()
        except Halt:
            complete = False
        except RecursionError:
            raise _too_deep(machine, program) from None
        if not any_(minus(True, machine.dead)):
            raise max(machine.faults, key=lambda fault: fault.share).error()
        if machine.traced and machine.dead is not False:
            _rule_out(machine)
    return complete


def _too_deep(machine: Machine, program: ProgramNode) -> PlotError:
    """Return the error for a program that is nested deeper than Python's stack, however few calls that takes."""
    running = [node for node in program.body if id(node) == machine.statement]
    span = running[0].span if running else program.span
    return over("depth", "too many nested calls and expressions", span)


def _rule_out(machine: Machine) -> None:
    """Tell Pyro too that the particles in which an error occurred are impossible."""
    dead: Mask = machine.dead
    pyro.factor("errors", torch.zeros_like(dead, dtype=torch.float64).masked_fill(dead, -torch.inf))  # type: ignore[arg-type]


def _room_for(budget: Budget) -> AbstractContextManager[None]:
    """Let Python's own stack be as deep as the budget of calls may need."""
    return deep_stack(min(FRAMES_OF_AN_EXPRESSION + FRAMES_OF_A_CALL * budget.depth, MOST_FRAMES))


def as_pyro_model(
    program: ProgramNode,
    particles: int | None = None,
    budget: Budget | None = None,
    relaxed: Mapping[int, Tensor] | None = None,
    scales: dict[int, Tensor] | None = None,
) -> Callable[[], object]:
    """Return a program as an ordinary Pyro model, on which every handler and algorithm of Pyro works.

    Its sites have the program's addresses (`strength(tom)`). Without `particles` it is one world: every site is a
    scalar. With them, all sites stand in a plate `particles`, the rightmost dimension. The model returns what the
    program queries: a tensor (names as their codes), a plain value, or a tuple of those. `relaxed` and `scales` make
    conditions soft, as in `Machine`.

    >>> from plot.language import parse
    >>> from plot._lazy import pyro
    >>> model = as_pyro_model(parse("x = normal(0, 1)\\nobserve(normal(x, 1), 2)\\nquery(x)"))
    >>> sorted(name for name, site in pyro.poutine.trace(model).get_trace().iter_stochastic_nodes())
    ['x']
    """
    labels = label_places(program)

    def model() -> object:
        units = {} if scales is None else scales
        machine = Machine(particles, budget or Budget(), traced=True, relaxed=relaxed or {}, scales=units)
        with nullcontext() if particles is None else pyro.plate("particles", particles):
            _execute(machine, program, labels)
        returned = tuple(_returned(value) for value in machine.queries)
        return returned[0] if len(returned) == 1 else returned

    return model


def _returned(value: Value) -> Any:
    if isinstance(value, Atoms):
        return value.codes
    if isinstance(value, (torch.Tensor, bool, int, float)):
        return as_tensor(value)
    return unbatch(value, 0) if value is None or isinstance(value, str) else value


__all__ = ["Descriptions", "Run", "RunPlan", "SiteInfo", "as_pyro_model", "describe", "run", "values_of"]
