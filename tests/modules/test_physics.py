"""The module physics in programs: masks, lists with holes, site dimensions, tapes, the table, and what is refused."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from plot.errors import PlotError
from plot.inference.tape.recorder import record
from plot.language import parse
from plot.modules import load_modules
from plot.program import Program
from plot.runtime import RunPlan, run
from plot.runtime.values.values import unbatch

load_modules()
SCENE = """
def thing(place, push):
    mass = abs(normal(5, 3))
    return {"position": place, "mass": mass, "static": 0.02, "kinetic": 0.01, "force": push, "seconds": 0.5}
"""


def values(text: str, particles: int = 200, **options: Any) -> list[Any]:
    """Return what each query of a program is, particle by particle."""
    found = run(parse(text), particles, RunPlan(**options))
    return [[unbatch(query, particle) for particle in range(particles)] for query in found.queries]


def test_a_world_of_scalars_and_a_batch_agree() -> None:
    text = SCENE + "out = slide([thing(-3, abs(normal(5, 3))), thing(0, 0)])\nquery(out[1].position)\nquery(out[0].hit)"
    batch = run(parse(text), 50)
    for particle in range(20):
        constants = {name: unbatch(site.value, particle) for name, site in batch.choices.items()}
        one = _with_constants(constants)
        assert [unbatch(query, 0) for query in run(parse(one), 1).queries] == [
            unbatch(query, particle) for query in batch.queries
        ]


def _with_constants(constants: dict[str, Any]) -> str:
    """Return the program with what a particle drew written into it."""
    masses = [value for name, value in constants.items() if "thing" in name]
    push = next(value for name, value in constants.items() if "thing" not in name)
    rest = '"static": 0.02, "kinetic": 0.01, "seconds": 0.5'
    things = [
        f'{{"position": {place}, "mass": abs({mass!r}), {rest}, "force": {force}}}'
        for place, mass, force in zip((-3, 0), masses, (f"abs({push!r})", 0), strict=True)
    ]
    return f"out = slide([{', '.join(things)}])\nquery(out[1].position)\nquery(out[0].hit)"


def test_objects_that_are_not_there_are_not_hit() -> None:
    text = """
there = flip(0.5)
things = [x for x in [{"position": 0, "velocity": 1}, {"position": 4}, {"position": 8}] if x.position != 4 or there]
out = slide(things, until=20)
query(there)
query(len(out))
query([x.hits for x in out])
"""
    for there, count, hits in zip(*values(text), strict=True):
        middle = [[False, True, False], [True, False, True], [False, True, False]]
        assert (count, hits) == ((3, middle) if there else (2, [[False, True], [True, False]]))


def test_what_is_wrong_off_the_mask_does_not_matter() -> None:
    text = """
sound = flip(0.5)
mass = 2 if sound else -1
speed = 0
if sound:
    speed = slide([{"position": 0, "velocity": 2, "mass": mass, "kinetic": 0.1}])[0].distance
query(speed)
"""
    found = run(parse(text), 100)
    assert not found.warnings
    assert {round(value, 6) for value in values(text)[0]} == {0, round(4 / 1.96, 6)}


def test_a_wrong_mass_rules_its_particles_out() -> None:
    text = 'mass = choice([2, -1])\nquery(slide([{"position": 0, "mass": mass}])[0].position)'
    found = run(parse(text), 100)
    assert [warning.message for warning in found.warnings] == ["the mass of an object must be at least 1e-12"]
    assert 0 < torch.isinf(found.log_weight).sum() < 100


def test_finite_choices_are_summed_exactly() -> None:
    text = """
mass = choice([1, 3])
out = slide([{"position": -3, "velocity": 2}, {"position": 0, "mass": mass}], until=9)
condition(out[1].after < 1.5)
query(mass)
query(out[0].after)
"""
    one, two = Program.parse(text).answers()
    assert one.mean == 3
    assert two.mean == pytest.approx(-1.0)


def test_a_tape_plays_the_same_on_other_particles() -> None:
    from plot.modules.line import Bodies, simulate

    def function(given: Any) -> Any:
        rows = torch.stack([given["one"], given["two"]])
        zero = torch.zeros_like(rows)
        place = torch.stack([torch.full_like(given["one"], -3.0), torch.zeros_like(given["one"])])
        speed = torch.stack([torch.full_like(given["one"], 2.0), torch.zeros_like(given["one"])])
        there = torch.ones_like(rows, dtype=torch.bool)
        bodies = Bodies(place, speed, rows, zero + 1, zero, zero + 0.02, zero, zero, there)
        return {"after": simulate(bodies, torch.tensor(9.8), torch.tensor(1.0)).after}

    first = {name: torch.rand(100, dtype=torch.float64) + 1 for name in ("one", "two")}
    other = {name: torch.rand(100, dtype=torch.float64) + 1 for name in ("one", "two")}
    _, tape = record(function, first)
    assert tape is not None
    played = tape.play(other)
    assert played is None or torch.equal(played["after"], function(other)["after"])
    again = tape.play(first)
    assert again is not None and torch.equal(again["after"], function(first)["after"])


def test_positions_at_a_time() -> None:
    assert values('query(positions([{"position": 5}, {"position": 0, "velocity": 2}], 2))', 1)[0] == [[6, 3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = slide()\nquery(flip())", "slide is not given 'objects'"),
        ("x = slide([], gravity=-1)\nquery(flip())", "gravity of slide must be a number of at least 0, not -1"),
        ("x = slide([], restitution=2)\nquery(flip())", "restitution of slide must be a probability between 0 and 1"),
        ("x = slide(3)\nquery(flip())", "objects of slide needs a list, not a number"),
    ],
)
def test_calls_are_checked_as_those_of_the_library(text: str, message: str) -> None:
    with pytest.raises(PlotError, match=message):
        Program.parse(text)


def test_an_object_needs_a_position() -> None:
    with pytest.raises(PlotError, match="no field 'position'"):
        run(parse('query(slide([{"mass": 1}]))'), 10)


# -- on a table ----------------------------------------------------------------------------------------------


def test_a_collision_on_a_table_keeps_momentum_and_stops_where_friction_says() -> None:
    pytest.importorskip("pymunk")
    text = """
out = slide([{"position": [-3, 0], "velocity": [2, 0], "mass": 2, "kinetic": 0.05},
             {"position": [0, 0.5], "mass": 3, "kinetic": 0.05}])
query(out[0].hits)
query([out[0].before, out[0].after, out[1].after])
query([out[0].distance, out[1].distance, out[1].speed])
"""
    hits, (before, one, two), (_, far, speed) = [query[0] for query in values(text, 1)]
    assert hits == [False, True]
    for axis in (0, 1):
        assert 2 * before[axis] == pytest.approx(2 * one[axis] + 3 * two[axis], abs=0.01)
    kinetic = [mass * (v[0] ** 2 + v[1] ** 2) for mass, v in ((2, before), (2, one), (3, two))]
    assert kinetic[0] == pytest.approx(kinetic[1] + kinetic[2], rel=0.02)
    assert two[1] / two[0] == pytest.approx(0.5 / (4 - 0.25) ** 0.5, rel=0.02)  # along the line of the centres
    assert (far, speed) == (pytest.approx((two[0] ** 2 + two[1] ** 2) / (2 * 0.05 * 9.8), rel=0.02), 0)


def test_on_a_line_the_table_agrees_with_the_closed_form() -> None:
    pytest.importorskip("pymunk")
    rest = '"static": 0.02, "kinetic": 0.01'
    flat = f"""
m = uniform(1, 5)
out = slide([{{"position": [-3, 0], "mass": 2, {rest}, "force": [8, 0], "seconds": 0.5}},
             {{"position": [0, 0], "mass": m, {rest}}}])
query([out[0].after[0], out[1].after[0], out[1].position[0]])
"""
    line = flat.replace("[-3, 0]", "-3").replace("[0, 0]", "0").replace("[8, 0]", "8").replace("[0]]", "]")
    line = line.replace("after[0]", "after").replace("position[0]", "position")
    for one, other in zip(values(flat, 5)[0], values(line, 5)[0], strict=True):
        assert one == pytest.approx(other, rel=0.02, abs=0.02)


def test_without_the_engine_the_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymunk", None)
    with pytest.raises(PlotError) as caught:
        run(parse('query(slide([{"position": [0, 0]}]))'), 5)
    assert "pymunk" in caught.value.message
    assert "plot-ppl[physics]" in (caught.value.hint or "")
