"""Planning on a map of cells, many worlds at once: values of all states, and the trip that a policy makes.

A trip ends where a goal is entered, or where the agent stays put. A step costs what the cell costs that it enters.
The state is a cell, and, for an agent that learns on arrival what is open, the set of goals that it has found closed.
Tensors have a first dimension for cells or goals, and any batch of worlds after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.modules.routes import RoutePlans, listed
from plot.runtime.values.shapes import broadcast_shape

if TYPE_CHECKING:
    from torch import Tensor

HEADINGS = ("north", "east", "south", "west")
_MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
STAY = len(HEADINGS)
TIE = 1e-9  # plans whose values differ by less are equally good
COLDEST = 1e-9


@dataclass(frozen=True)
class Map:
    """Cells in rows from north to south; each is called by the name of what is there, None where nobody can be."""

    rows: tuple[tuple[str | None, ...], ...]

    @cached_property
    def cells(self) -> list[tuple[int, int]]:
        """The places of all cells, row by row."""
        return [(row, column) for row, names in enumerate(self.rows) for column in range(len(names))]

    @cached_property
    def names(self) -> list[str | None]:
        """What is at each cell."""
        return [self.rows[row][column] for row, column in self.cells]

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """The number of the cell that each heading leads to from each cell; -1 where it leads nowhere."""
        numbers = {cell: number for number, cell in enumerate(self.cells)}
        found = []
        for row, column in self.cells:
            there = [numbers.get((row + down, column + right), -1) for down, right in _MOVES]
            found.append([number if number >= 0 and self.names[number] is not None else -1 for number in there])
        return found

    def at(self, name: str) -> list[int]:
        """Return the cells with a name."""
        return [number for number, there in enumerate(self.names) if there == name]


@dataclass(frozen=True, slots=True)
class Task:
    """The planning task of an agent: goal cells, their values, and the cost of entering each cell.

    `chance` is how likely the agent thinks each goal to be open before it has been there, and `open` whether it is;
    without them it knows what each is worth. A goal that turns out to be closed is a cell like any other. `fixed` are
    the costs where they are no tensors of the run, so that what follows from them alone is kept.
    """

    map: Map
    start: int
    goals: Sequence[int]
    worth: Tensor
    costs: Tensor
    chance: Tensor | None = None
    open: Tensor | None = None
    fixed: tuple[float, ...] = ()


class Planner:
    """The values of all states of a task."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._neighbours = torch.tensor(task.map.neighbours)
        count = len(task.goals)
        self.known: list[frozenset[int]] = [frozenset()]  # which goals are known to be closed
        if task.chance is not None:
            self.known = [frozenset(part) for size in range(count, -1, -1) for part in combinations(range(count), size)]

    @cached_property
    def _values(self) -> dict[frozenset[int], Tensor]:
        """The value of each cell for an agent that has found some goals closed, what it is to arrive included."""
        found: dict[frozenset[int], Tensor] = {}
        for closed in self.known:
            found[closed] = self._solve(closed, found)
        return found

    def _solve(self, closed: frozenset[int], later: dict[frozenset[int], Tensor]) -> Tensor:
        """Return the values of the cells: 0 for staying, or the best goal's worth less what it costs to get there.

        Entering an open goal ends the trip, so that the way to one never leads through another.
        """
        task = self.task
        aims = [goal for goal in range(len(task.goals)) if goal not in closed]
        worth = {goal: self._arriving(goal, closed, later) for goal in aims}
        cells = {task.goals[goal] for goal in aims}
        distances = {goal: self._distances(task.goals[goal], cells) for goal in aims}
        batch = max([max(worth[goal].dim(), distances[goal].dim() - 1) for goal in aims], default=0)
        best = torch.zeros((len(task.map.cells), *(1,) * batch), dtype=torch.float64)
        for goal, distance in distances.items():
            shape = (len(distance), *(1,) * (batch - distance.dim() + 1), *distance.shape[1:])
            best = torch.maximum(best, worth[goal] - distance.reshape(shape))
        for goal in aims:
            at_goal = (torch.arange(len(best)) == task.goals[goal]).reshape((-1,) + (1,) * (best.dim() - 1))
            best = torch.where(at_goal, worth[goal], best)
        return best

    def _arriving(self, goal: int, closed: frozenset[int], later: dict[frozenset[int], Tensor]) -> Tensor:
        """Return what it is worth to enter a goal of which it is not known that it is closed."""
        task = self.task
        if task.chance is None:
            return task.worth[goal]
        otherwise = later[closed | {goal}][task.goals[goal]]
        return task.chance[goal] * task.worth[goal] + (1 - task.chance[goal]) * otherwise

    def _distances(self, goal: int, ends: set[int]) -> Tensor:
        """Return what it costs to get from each cell to a goal without entering another end: value iteration."""
        fixed = self.task.fixed
        return _walked(self.task.map, fixed, goal, frozenset(ends)) if fixed else self._walks(goal, ends)

    def _walks(self, goal: int, ends: Iterable[int]) -> Tensor:
        costs = self.task.costs
        cells = len(self.task.map.cells)
        blocked = torch.tensor([number in set(ends) and number != goal for number in range(cells)])
        here = (torch.arange(cells) == goal).reshape((-1,) + (1,) * (costs.dim() - 1))
        ways = self._neighbours.reshape(-1)
        open_ = ((self._neighbours >= 0) & ~blocked[self._neighbours]).reshape((cells, 4) + (1,) * (costs.dim() - 1))
        distance = torch.where(here, 0.0, torch.full_like(costs, torch.inf))
        for _ in range(cells):
            step = (distance + costs)[ways].reshape((cells, 4, *costs.shape[1:]))
            new = torch.where(here, 0.0, torch.where(open_, step, torch.inf).amin(dim=1))
            if bool((new == distance).all()):
                break
            distance = new
        return distance

    # -- the trip ------------------------------------------------------------------------------------------

    def trip(self, temperature: Tensor, luck: Sequence[Tensor], most: int) -> Trip:
        """Return the trip of an agent that follows the policy; `luck` decides between steps that it may take.

        Each number of it is uniform between 0 and 1: a step uses up what it needs of one, and the rest serves for later
        steps.
        """
        task = self.task
        luck = list(luck)
        shape = broadcast_shape(
            task.worth.shape[1:], task.costs.shape[1:], temperature.shape, *[number.shape for number in luck]
        )
        if task.open is not None and task.chance is not None:
            shape = broadcast_shape(shape, task.open.shape[1:], task.chance.shape[1:])
        state = _State(
            torch.full(shape, task.start, dtype=torch.int64),
            torch.zeros(shape, dtype=torch.int64),
            torch.ones(shape, dtype=torch.bool),
            torch.full(shape, -1, dtype=torch.int64),
        )
        steps: list[TripStep] = []
        aims = self._aims(temperature)
        ways = self._listed(aims) if aims is not None else None
        if aims is not None and ways is not None:
            return _along(ways, aims, luck[0], most)
        for number in range(most):
            place = number % len(luck)
            policy = self._policy(state, temperature) if aims is None else aims.policy(state.cell)
            chosen, luck[place] = _chosen(policy, luck[place].expand(shape))
            goes = state.moving & (chosen != STAY)
            if not bool(goes.any()):
                break
            there = self._neighbours.take(state.cell * STAY + chosen.clamp(max=STAY - 1))
            to = torch.where(goes, there, state.cell)
            steps.append(TripStep(state.cell, to, chosen, goes))
            state = self._arrived(state, to, goes)
        value = self._values[frozenset()][task.start] if aims is None else aims.value
        return Trip(steps, state.goal, value)

    def _aims(self, temperature: Tensor) -> _Policies | None:
        """Return the policies for each goal and which one each agent has, where that is all that decides its way.

        It is where costs are the same in all worlds, agents are never wrong, and no two goals are equally good.
        """
        task = self.task
        if task.chance is not None or task.costs.dim() > 1 or temperature.dim() > 0 or bool(temperature > COLDEST):
            return None
        ends = set(task.goals)
        distances = [self._distances(goal, ends) for goal in task.goals]
        gains = task.worth - torch.stack([distance[task.start] for distance in distances]).reshape(
            (-1,) + (1,) * (task.worth.dim() - 1)
        )
        gains = torch.cat([torch.zeros_like(gains[:1]), gains])
        best, which = gains.max(dim=0)
        if bool(((gains >= best - TIE).sum(0) > 1).any()):
            return None
        stay = torch.tensor([[0.0] * STAY + [1.0]] * len(task.map.cells), dtype=torch.float64)
        return _Policies(
            torch.stack([stay, *[self._towards(*pair) for pair in zip(task.goals, distances, strict=True)]]),
            which,
            best,
        )

    def _listed(self, aims: _Policies) -> RoutePlans | None:
        """Return the ways to all aims, where they can be listed: they follow from the map and plain costs alone."""
        task = self.task
        if not task.fixed:
            return None
        return listed(aims.table.tolist(), task.map.neighbours, task.start, [None, *task.goals])

    def _towards(self, goal: int, distance: Tensor) -> Tensor:
        """Return the policy, cells by headings, of going to a goal, all shortest ways alike, past the other goals."""
        there = self._neighbours.clamp(min=0)
        others = torch.tensor([number in self.task.goals and number != goal for number in range(len(distance))])
        costs = torch.where((self._neighbours >= 0) & ~others[there], (distance + self.task.costs)[there], torch.inf)
        shortest = (costs <= costs.amin(dim=1, keepdim=True) + TIE) & torch.isfinite(costs)
        ways = torch.cat([shortest, ~shortest.any(dim=1, keepdim=True)], dim=1).to(torch.float64)
        return ways / ways.sum(dim=1, keepdim=True)

    def _policy(self, state: _State, temperature: Tensor) -> Tensor:
        """Return how likely each heading, and staying put, is: the best alike, or by temperature."""
        gains = [self._gain(state, heading) for heading in range(STAY)]
        gains.append(torch.zeros_like(gains[0]))
        worth = torch.stack(gains)
        best = worth.amax(dim=0)
        even = (worth >= best - TIE).to(torch.float64)
        soft = ((worth - best) / temperature.clamp(min=COLDEST)).exp()
        weights = torch.where(temperature > COLDEST, soft, even)
        return weights / weights.sum(0)

    def _gain(self, state: _State, heading: int) -> Tensor:
        """Return what it is worth to go somewhere: minus infinity where there is nothing."""
        to = self._neighbours[:, heading].take(state.cell)
        there = to.clamp(min=0)
        gain = self._value_at(there, state.closed) - _at(self.task.costs, there)
        return torch.where(to >= 0, gain, -torch.inf)

    def _value_at(self, cell: Tensor, closed: Tensor) -> Tensor:
        found = _at(self._values[frozenset()], cell)
        for known in self.known:
            if known:
                found = torch.where(closed == _number(known), _at(self._values[known], cell), found)
        return found

    def _arrived(self, state: _State, to: Tensor, goes: Tensor) -> _State:
        """Return the state after a step: the trip ends at an open goal; one that is closed is known from now on."""
        goal, closed, moving = state.goal, state.closed, goes
        for number, cell in enumerate(self.task.goals):
            there = goes & (to == cell)
            if self.task.open is not None:
                known = (closed // 2**number) % 2 == 1
                found_closed = there & ~self.task.open[number] & ~known
                closed = closed + torch.where(found_closed, 2**number, 0)
                there = there & self.task.open[number]
            goal = torch.where(there, number, goal)
            moving = moving & ~there
        return _State(to, closed, moving, goal)


@lru_cache(maxsize=200)
def _walked(map_: Map, costs: tuple[float, ...], goal: int, ends: frozenset[int]) -> Tensor:
    none = torch.zeros((0,), dtype=torch.float64)
    task = Task(map_, 0, [], none, torch.tensor(costs, dtype=torch.float64))
    return Planner(task)._walks(goal, ends)


@dataclass(frozen=True, slots=True)
class _Policies:
    """Policies, aims by cells by headings (the first aim is to stay put), the aim of each agent, and its value."""

    table: Tensor
    which: Tensor
    value: Tensor

    def policy(self, cell: Tensor) -> Tensor:
        """Return how likely each heading is at a cell, headings first."""
        numbers = self.which * self.table.shape[1] + cell
        return self.table.reshape(-1, STAY + 1).T[:, numbers]


@dataclass(frozen=True, slots=True)
class TripStep:
    """One step of a trip: from which cell to which, heading where, and in which worlds it is taken."""

    cell: Tensor
    to: Tensor
    heading: Tensor
    taken: Tensor


@dataclass(frozen=True, slots=True)
class Trip:
    """The steps of a trip, the number of its goal (-1: none), and its expected value."""

    steps: list[TripStep]
    goal: Tensor
    value: Tensor


def _along(ways: RoutePlans, aims: _Policies, luck: Tensor, most: int) -> Trip:
    """Return the trips along the ways that luck picks."""
    way = ways.pick(aims.which, luck)
    length = ways.lengths.take(way)
    places = [cells.take(way) for cells in ways.cells.unbind(dim=1)]
    headings = [heading.take(way) for heading in ways.headings.unbind(dim=1)]
    steps = [
        TripStep(*step, length > number) for number, step in enumerate(zip(places, places[1:], headings, strict=False))
    ]
    return Trip(steps[:most], torch.where(length <= most, aims.which - 1, -1), aims.value)


@dataclass(frozen=True, slots=True)
class _State:
    cell: Tensor
    closed: Tensor
    moving: Tensor
    goal: Tensor


def _number(known: frozenset[int]) -> int:
    return sum([2**goal for goal in known])


def _at(rows: Tensor, number: Tensor) -> Tensor:
    """Return the row with a number, in each world."""
    if rows.dim() == 1:
        return rows[number]
    shape = broadcast_shape(rows.shape[1:], number.shape)
    aligned = rows.reshape((len(rows),) + (1,) * (len(shape) - rows.dim() + 1) + rows.shape[1:])
    return aligned.expand((len(rows), *shape)).gather(0, number.expand(shape).unsqueeze(0)).squeeze(0)


def _chosen(policy: Tensor, luck: Tensor) -> tuple[Tensor, Tensor]:
    """Return which heading a uniform number picks, and the uniform number that remains of it."""
    above = policy.cumsum(dim=0)
    above = above / above[-1:]  # exactly 1 from the last heading on that may be taken
    chosen = (luck.unsqueeze(0) >= above).sum(0).unsqueeze(0)
    chance = policy.gather(0, chosen).squeeze(0)
    below = above.gather(0, chosen).squeeze(0) - chance
    return chosen.squeeze(0), ((luck - below) / chance).clamp(0.0, 1.0 - 2**-53)


__all__ = ["HEADINGS", "Map", "Planner", "Task", "Trip", "TripStep"]
