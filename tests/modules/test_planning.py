"""The module planning: values against plain value iteration, ties, temperature, closed doors, and mistakes."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from plot.errors import PlotError
from plot.language import parse
from plot.modules import load_modules
from plot.modules.grid import HEADINGS, Map, Planner, Task
from plot.program import Program
from plot.runtime import run
from plot.runtime.values.values import unbatch
from tests.support.tolerances import agrees

load_modules()
TOWN = """
map = ["a   lawn lawn sushi",
       "a   _    lawn c",
       "out b    b    c",
       "a   lawn lawn pizza"]
"""
MOVES = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}


def tensor(values: Any) -> torch.Tensor:
    return torch.as_tensor(np.array(values, dtype=float))


def random_task(rng: np.random.Generator, worlds: int | None = None, fixed: bool = True) -> Task:
    """Return a task on a random map with holes; with `worlds`, a batch, with costs of their own if not fixed."""
    rows, columns = 4, 5
    names = rng.choice(["road", "lawn", "_"], size=(rows, columns), p=[0.5, 0.35, 0.15]).astype(object)
    cells = list(itertools.product(range(rows), range(columns)))
    chosen = [cells[i] for i in rng.choice(len(cells), 3, replace=False)]
    for cell, name in zip(chosen, ("home", "x", "y"), strict=True):
        names[cell] = name
    drawn = Map(tuple(tuple(None if name == "_" else name for name in row) for row in names))
    costs = np.array([0.1 if name == "road" else 0.3 for name in drawn.names])
    if not fixed:
        costs = costs[:, None] * rng.uniform(0.5, 2, worlds)
    shape = (2,) if worlds is None else (2, worlds)
    goals = [drawn.at("x")[0], drawn.at("y")[0]]
    return Task(drawn, drawn.at("home")[0], goals, tensor(rng.normal(0.3, 1, shape)), tensor(costs))


def plain_values(task: Task, world: int | None) -> dict[tuple[int, int], float]:
    """Return the values of the cells by the textbook: sweep after sweep over all of them."""

    def pick(rows: torch.Tensor, number: int) -> float:
        return float(rows[number] if rows.dim() == 1 else rows[number, world])

    numbers = {cell: number for number, cell in enumerate(task.map.cells) if task.map.names[number] is not None}
    ends = {task.map.cells[goal]: pick(task.worth, i) for i, goal in enumerate(task.goals)}
    values = {cell: ends.get(cell, 0.0) for cell in numbers}
    for _ in range(len(numbers) + 1):
        for cell in numbers:
            if cell not in ends:
                there = [(cell[0] + down, cell[1] + right) for down, right in MOVES.values()]
                gains = [values[to] - pick(task.costs, numbers[to]) for to in there if to in values]
                values[cell] = max([0.0, *gains])
    return values


@pytest.mark.parametrize("seed", range(6))
def test_values_are_those_of_plain_value_iteration(seed: int) -> None:
    task = random_task(np.random.default_rng(seed), worlds=4, fixed=seed % 2 == 0)
    found = Planner(task)._values[frozenset()]
    for world in range(4):
        expected = plain_values(task, world)
        for number, cell in enumerate(task.map.cells):
            if cell in expected:
                assert found[number].expand(4)[world].item() == pytest.approx(expected[cell], abs=1e-9)


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_short_way_to_a_trip_and_the_long_one_are_the_same(seed: int, listed: bool) -> None:
    rng = np.random.default_rng(seed)
    task = random_task(rng, worlds=50)
    luck = tensor(rng.uniform(size=50))
    plain = tuple(task.costs.tolist()) if listed else ()
    short = Planner(replace(task, fixed=plain)).trip(torch.tensor(0.0), [luck], 60)
    wide = Task(task.map, task.start, task.goals, task.worth, task.costs[:, None].expand(-1, 50))
    long = Planner(wide).trip(torch.tensor(0.0), [luck], 60)
    assert torch.equal(short.goal, long.goal)
    assert torch.allclose(short.value.clamp(min=0), long.value)
    assert not any(step.taken.any() for step in short.steps[len(long.steps) :])
    for one, other in zip(short.steps, long.steps, strict=False):
        assert torch.equal(one.taken, other.taken)
        assert torch.equal(one.to[one.taken], other.to[other.taken])


def trips(text: str, particles: int, query: str = "plan_") -> list[Any]:
    found = run(parse(f"{TOWN}{text}\nquery({query})"), particles)
    return [unbatch(found.queries[0], particle) for particle in range(particles)]


# with plain costs the ways are listed; with random ones, or several numbers of luck and a temperature, they are walked
@pytest.mark.parametrize("more", ["0.1, luck=uniform(0, 1)", "uniform(0.09, 0.1), luck=[uniform(0, 1), uniform(0, 1)]"])
def test_all_shortest_ways_are_taken_step_by_step_alike(more: str) -> None:
    text = f'plan_ = plan(map, "out", [["sushi", 5]], {more})'
    n = 8_000
    ways = Counter(" ".join(step["heading"] for step in trip["steps"]) for trip in trips(text, n))
    # north and then along the lawn, or east: from the third cell of the street, north or east, and so on
    expected = {
        "north north east east east": 1 / 2,
        "east east north north east": 1 / 8,
        "east east north east north": 1 / 8,
        "east east east north north": 1 / 4,
    }
    assert set(ways) == set(expected)
    for way, chance in expected.items():
        assert agrees(ways[way] / n, chance, math.sqrt(chance * (1 - chance) / n))


def test_dear_cells_are_avoided_and_bad_goals_never_entered() -> None:
    cheap = 'plan_ = plan(map, "out", [["sushi", 5], ["pizza", -1]], 0.1, [["lawn", 1], ["a", 1]], luck=uniform(0, 1))'
    ways = {" ".join(step["to"] for step in trip["steps"]) for trip in trips(cheap, 200)}
    assert ways == {"b b c c sushi"}
    assert {trip["goal"] for trip in trips(cheap, 200)} == {"sushi"}
    (trip,) = trips('plan_ = plan(map, "out", [["sushi", 0.4], ["pizza", -1]], 0.1)', 1)
    assert (trip["goal"], trip["value"], trip["steps"]) == (None, 0, [])
    (trip,) = trips('plan_ = plan(map, "out", {"pizza": 2}, 0.25)', 1)
    assert (trip["goal"], trip["value"], len(trip["steps"])) == ("pizza", pytest.approx(1), 4)
    assert trip["steps"][0] == {"place": "out", "to": "b", "heading": "east", "row": 2, "column": 0} or (
        trip["steps"][0]["heading"] == "south"
    )


def test_goals_that_are_equally_good_are_chosen_alike() -> None:
    row = 'map = ["x road out road y"]\nplan_ = plan(map, "out", [["x", 1], ["y", 1]], 0.1, luck=uniform(0, 1))'
    n = 4_000
    found = Counter(trip["goal"] for trip in trips(row, n))
    assert agrees(found["x"] / n, 0.5, 0.5 / math.sqrt(n))


def test_a_temperature_makes_the_policy_soft() -> None:
    row = 'map = ["x out y"]\nplan_ = plan(map, "out", [["x", 1], ["y", 0.5]], 0, temperature=0.7, luck=uniform(0, 1))'
    n = 20_000
    found = Counter(trip["goal"] for trip in trips(row, n))
    weights = {"x": math.exp(1 / 0.7), "y": math.exp(0.5 / 0.7), None: 1.0}
    for goal, weight in weights.items():
        chance = weight / sum(weights.values())
        assert agrees(found[goal] / n, chance, math.sqrt(chance * (1 - chance) / n))


def test_who_learns_on_arrival_what_is_open_goes_on_from_closed_doors() -> None:
    # x is near and worth 3, y is far and worth 4; either is open with 0.5 for all the agent knows
    text = """
map = ["out x road y"]
doors = {doors}
plan_ = plan(map, "out", [["x", 3], ["y", 4]], 0.5, open=[["x", {x}], ["y", {y}]], chance=0.5)
"""
    cases = {("True", "True"): ("x", 1), ("False", "True"): ("y", 3), ("False", "False"): (None, 3)}
    for (x, y), (goal, steps) in cases.items():
        (trip,) = trips(text.format(doors=0, x=x, y=y), 1)
        assert (trip["goal"], len(trip["steps"])) == (goal, steps)
        # 0.5 · 3 + 0.5 · (0.5 · 4 - 2 · 0.5), less the first step; behind y it is not worth while to come back
        assert trip["value"] == pytest.approx(1.5 + 0.5 * 1 - 0.5)


def test_scalars_and_batches_agree() -> None:
    text = """
luck = uniform(0, 1)
good = normal(1, 1)
plan_ = plan(map, "out", [["sushi", good], ["pizza", 1.5]], 0.3, luck=luck)
"""
    batch = run(parse(f"{TOWN}{text}\nquery(plan_)"), 40)
    for particle in range(40):
        given = {name: unbatch(batch.choices[name].value, particle) for name in ("luck", "good")}
        one = text.replace("uniform(0, 1)", repr(given["luck"])).replace("normal(1, 1)", repr(given["good"]))
        assert trips(one, 1)[0] == unbatch(batch.queries[0], particle)


def test_finite_choices_are_summed() -> None:
    text = """
good = choice([0, 1, 2])
cold = flip(0.5)
plan_ = plan(map, "out", [["sushi", good], ["pizza", 1.2 if cold else 3]], 0.2)
"""
    (answer,) = Program.parse(f'{TOWN}{text}\nquery(plan_.goal == "pizza")').answers()
    assert answer.probability == pytest.approx(1 / 2 + 1 / 2 * 2 / 3)  # 2 - 1.0 for sushi beats 1.2 - 0.8 only


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('plan(map, "nowhere", [["sushi", 1]])', "there is no 'nowhere' on the map to start from"),
        ('plan(map, choice(["out", "c"]), [["sushi", 1]])', "the start of plan must be a name that is not random"),
        ('plan(map, "out", [[choice(["sushi", "pizza"]), 1]])', "rewards are pairs"),
        ('plan(map, "out", [["tacos", 1]])', "there is no 'tacos' on the map"),
        ('plan(map, "out", [3])', "a pair of rewards needs a list, not a number"),
        ('plan(map, "out", [["sushi"]])', "rewards are pairs"),
        ('plan([3], "out", [["sushi", 1]])', "a row of the map needs a list, not a number"),
        ('plan(map, "out", [["sushi", "good"]])', "needs numbers, not a name"),
    ],
)
def test_mistakes_are_told(call: str, message: str) -> None:
    with pytest.raises(PlotError, match=message):
        run(parse(f"{TOWN}x = flip()\nquery({call})"), 10)


def test_goals_that_are_there_in_some_worlds_only_rule_out_the_others() -> None:
    text = 'there = flip(0.5)\nrewards = [["sushi", 5]] + [["pizza", 9] for x in [1] if there]\n'
    found = run(parse(f'{TOWN}{text}query(plan(map, "out", rewards, 0.1).goal)\nquery(there)'), 50)
    assert [warning.message for warning in found.warnings] == ["rewards must be of the same names in all worlds"]
    for particle in range(50):
        goal, there = (unbatch(query, particle) for query in found.queries)
        assert math.isinf(found.log_weight[particle].item()) is not there
        assert goal == "pizza" or not there


def test_headings_are_those_of_the_map() -> None:
    assert tuple(MOVES) == HEADINGS
