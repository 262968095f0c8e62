"""The module planning: agents that maximise expected value on a map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plot._lazy import late, torch
from plot.language import Parameter
from plot.language.library.library import NONNEGATIVE, PROBABILITY, WHOLE
from plot.modules.arguments import pairs, real, stacked, texts
from plot.modules.registry import Module
from plot.runtime.library.lists import as_list
from plot.runtime.library.ops import truth
from plot.runtime.sites.machine import Here
from plot.runtime.values.values import NAMES, Atoms, RecordValue, Value, as_tensor, is_number, kind_of

if TYPE_CHECKING:
    from torch import Tensor

    from plot.modules import grid
    from plot.modules.grid import Map, Task, Trip, TripStep
else:
    grid = late("plot.modules.grid")

PLANNING = Module(
    "planning",
    "Agents go through a map to the goal that is worth most to them, less what the way costs. A map is a list of rows "
    'from north to south, each a text of names ("ames lawn lawn"); "_" is where nobody can be.',
)
NOWHERE = "_"
LARGEST = 2_000
LEAST_STEPS = 60
MOST_GOALS = 8


@PLANNING.function(
    "plan",
    (
        Parameter("map", "list"),
        Parameter("start", "name"),
        Parameter("rewards", "list"),
        Parameter("step", default=0, support=NONNEGATIVE),
        Parameter("costs", "any", None),
        Parameter("temperature", default=0, support=NONNEGATIVE),
        Parameter("luck", "any", 0.5),
        Parameter("open", "any", None),
        Parameter("chance", default=0.5, support=PROBABILITY),
        Parameter("steps", default=None, support=WHOLE),
    ),
    "record",
    "The trip of an agent from start. rewards are pairs [goal, worth]; to enter a goal ends the trip, to stay put is "
    "worth 0. A step costs `step`, one onto a cell in `costs`, pairs [name, cost], costs that instead. luck, a number "
    "(or list of them) of uniform(0, 1), decides between plans that are equally good, and, with a temperature, between "
    "all. With open, pairs [goal, truth value], the agent thinks each open with `chance`, learns it on arrival, and "
    "goes on. Fields: goal (None: it stays), value, steps, a list of records with place, to, heading, row and column.",
)
def _plan(
    here: Here,
    map_: Value,
    start: Value,
    rewards: Value,
    step: Value = 0,
    costs: Value = None,
    temperature: Value = 0,
    luck: Value = 0.5,
    open_: Value = None,
    chance: Value = 0.5,
    steps: Value = None,
) -> Value:
    drawn = _map(here, map_)
    given = None if drawn is None else _task(here, drawn, start, rewards, step, costs, open_, chance)
    if given is None:
        return RecordValue({"goal": None, "value": 0.0, "steps": here.machine.list((), (), here.span)})
    task, names = given
    most = steps if isinstance(steps, int) else max(LEAST_STEPS, len(task.map.cells) * (1 + len(names)))
    trip = grid.Planner(task).trip(real(here, temperature, "the temperature", 0.0), _luck(here, luck), most)
    return RecordValue({"goal": _goal(trip, names), "value": trip.value, "steps": _steps(here, task.map, trip)})


def _luck(here: Here, value: Value) -> list[Tensor]:
    numbers = as_list(here, value, "the luck of plan").items if not is_number(value) else (value,)
    found = [real(here, number, "the luck of plan", 0.0).clamp(max=1.0 - 2**-53) for number in numbers]
    here.fault(not found, "the luck of plan is an empty list")
    return found or [torch.tensor(0.5, dtype=torch.float64)]


def _map(here: Here, value: Value) -> Map | None:
    rows = [tuple(None if name == NOWHERE else name for name in row) for row in texts(here, value, "the map")]
    size = sum([len(row) for row in rows])
    if size > LARGEST:
        here.fault(True, f"a map of {size:,} cells, over the {LARGEST:,} allowed")
        return None
    return grid.Map(tuple(rows))


def _task(
    here: Here,
    map_: Map,
    start: Value,
    rewards: Value,
    step: Value,
    costs: Value,
    open_: Value,
    chance: Value,
) -> tuple[Task, tuple[str, ...]] | None:
    """Return what the agent wants and the name of each of its goals; None where the map does not have them."""
    if not isinstance(start, str):
        here.fault(True, f"the start of plan must be a name that is not random, not {kind_of(start)}")
        return None
    if not map_.at(start):
        here.fault(True, f"there is no '{start}' on the map to start from", "start from the name of a cell")
        return None
    worth, shut = pairs(here, rewards, "rewards"), pairs(here, open_, "open") if open_ is not None else None
    cells = {name: map_.at(name) for name in worth}
    for name in worth:
        here.fault(not cells[name], f"there is no '{name}' on the map", "a goal is the name of a cell")
    goals = [(cell, name) for name in worth for cell in cells[name]]
    if not goals or len(goals) > MOST_GOALS:
        here.fault(True, f"plan needs 1 to {MOST_GOALS} goals on the map, not {len(goals)}")
        return None
    figures = {name: real(here, value, f"what {name} is worth") for name, value in worth.items()}
    wanted = stacked([figures[name] for _, name in goals])
    costs_, fixed = _costs(here, map_, step, costs)
    task = grid.Task(map_, map_.at(start)[0], [cell for cell, _ in goals], wanted, costs_, fixed=fixed)
    if shut is not None:
        known = stacked([as_tensor(truth(here, shut.get(name, True))) for _, name in goals])
        thought = real(here, chance, "the chance", 0.0, 0.5).clamp(max=1.0)
        task = replace(task, chance=stacked([thought] * len(goals)), open=known)
    return task, tuple(name for _, name in goals)


def _costs(here: Here, map_: Map, step: Value, costs: Value) -> tuple[Tensor, tuple[float, ...]]:
    """Return what it costs to enter each cell; also as plain numbers, where they are such."""
    others = {} if costs is None else pairs(here, costs, "costs")
    usual = real(here, step, "the cost of a step", 0.0)
    figures = {name: real(here, value, f"the cost of {name}", 0.0) for name, value in others.items()}
    given = [others.get(name or "", step) for name in map_.names]
    plain = [float(value) for value in given if isinstance(value, (int, float)) and value >= 0]
    fixed = tuple(plain) if len(plain) == len(given) else ()
    return stacked([figures.get(name or "", usual) for name in map_.names]), fixed


def _goal(trip: Trip, names: tuple[str, ...]) -> Value:
    codes = torch.tensor([*[NAMES.code(name) for name in names], NAMES.code(None)])
    return Atoms(codes.take(trip.goal))  # the last one for -1


def _steps(here: Here, map_: Map, trip: Trip) -> Value:
    codes = torch.tensor([NAMES.code(name) for name in map_.names])
    rows, columns = (torch.tensor([cell[axis] for cell in map_.cells]) for axis in (0, 1))
    headings = torch.tensor([*[NAMES.code(name) for name in grid.HEADINGS], NAMES.code(None)])

    def record(step: TripStep) -> Value:
        fields: dict[str, Value] = {"place": Atoms(codes.take(step.cell)), "to": Atoms(codes.take(step.to))}
        fields["heading"] = Atoms(headings.take(step.heading))
        return RecordValue({**fields, "row": rows.take(step.cell), "column": columns.take(step.cell)})

    return here.machine.list([record(step) for step in trip.steps], [step.taken for step in trip.steps], here.span)


__all__ = ["PLANNING"]
