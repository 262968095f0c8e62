"""Worlds built from controlled English: they pass their check, answer rightly, and refuse with the nearest form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plot.building import build_world
from plot.conversation import World
from plot.errors import PlotError
from plot.inference import Boolean, Goal, Number
from plot.quality.check import check_world
from plot.worldfile.marked import read
from tests.support.tolerances import agrees

ROOT = Path(__file__).resolve().parents[2]
ANSWERS: dict[str, list[dict[str, Any]]] = read(
    (ROOT / "tests/building/answers.yaml").read_text(encoding="utf-8"), "answers"
).plain
GOAL = Goal(precision=0.01)
TUG_OF_WAR = """There are players. Each player has a strength, around 50, give or take 20.
Each player has a laziness, between 0 and 1. In a match a player is lazy with a chance of their laziness.
A player pulls with their strength. A lazy player pulls with half their strength.
A team pulls with the sum of its players. A team beats another if it pulls harder."""
CLINIC = """It is winter with a chance of 40%. There are patients. A patient is vaccinated with a chance of 50%.
A patient has the flu with a chance of 30% if it is winter, otherwise 5%.
A vaccinated patient has the flu with a chance of 9% if it is winter, otherwise 1.5%.
A patient has a fever with a chance of 90% if they have the flu, otherwise 2%.
A patient takes medicine with a chance of 80% if they have a fever, otherwise 2%."""
LONG = {"tests/building/texts/office.txt", "examples/garden.txt", "examples/crow.txt"}
WORLDS = [pytest.param(path, marks=pytest.mark.full if path in LONG else ()) for path in ANSWERS]
RELATIVE = 0.002  # of the simulated references


def built(path: str) -> World:
    return World.parse(build_world((ROOT / path).read_text(encoding="utf-8"), Path(path).stem))


@pytest.mark.parametrize("path", WORLDS)
def test_a_description_becomes_a_world_that_answers_rightly(path: str) -> None:
    world = built(path)
    for asked in ANSWERS[path]:
        talk = world.conversation(goal=GOAL)
        for said in asked.get("given", ()):
            talk.tell(said)
        marginal = talk.ask(asked["ask"]).marginal
        assert isinstance(marginal, (Boolean, Number))
        found = marginal.probability if isinstance(marginal, Boolean) else marginal.mean
        error = max(RELATIVE * max(1.0, abs(asked["is"])), marginal.mcse)
        assert agrees(found, asked["is"], error), asked["ask"]


@pytest.mark.parametrize("path", WORLDS[1::3])
def test_a_built_world_passes_its_own_check(path: str) -> None:
    outcomes = check_world(built(path), GOAL)
    assert {one.kind for one in outcomes} >= {"model", "example"}
    assert [f"{one.subject}: {one.detail}" for one in check_world(built(path), GOAL) if not one.ok] == []


@pytest.mark.parametrize(
    ("text", "shipped", "given", "ask"),
    [
        (TUG_OF_WAR, "tugofwar", ["Tom beat John."], "Would Tom beat Sue?"),
        (TUG_OF_WAR, "tugofwar", ["Tom beat John.", "John and Mary beat Tom and Sue."], "How strong is Mary?"),
        (CLINIC, "clinic", [], "Is Ann vaccinated?"),
        (CLINIC, "clinic", ["It is winter."], "Does Ann have the flu?"),
    ],
)
def test_what_is_rebuilt_agrees_with_the_shipped_world(text: str, shipped: str, given: list[str], ask: str) -> None:
    marginals = []
    for world in (World.parse(build_world(text)), World.load(shipped)):
        talk = world.conversation(facts=False, goal=GOAL)
        for said in given:
            talk.tell(said)
        marginals.append(talk.ask(ask).marginal)
    one, other = marginals
    assert isinstance(one, (Boolean, Number)) and type(one) is type(other)
    key = "probability" if isinstance(one, Boolean) else "mean"
    assert agrees(getattr(one, key), getattr(other, key), (one.mcse**2 + other.mcse**2) ** 0.5 + 1e-12)


@pytest.mark.parametrize(
    ("text", "message", "nearest"),
    [
        ("Each dragon breathes fire whenever the moon sings.", "can't be built from", "a form that works"),
        ("There are players. Each player has a strength around fifty-ish or so.", "can't be built from", "Each player"),
        ("There are players. Each player has a speed, around 5.", "say how much more or less", "give or take"),
        ("A ferry is late with a chance of 10%.", "say first that there are such as “a ferry”", "chance of 30%"),
        ("There are two neighbours, Ann.", "names", "two neighbours"),
        ("", "empty", "There are"),
    ],
)
def test_a_sentence_outside_the_forms_is_refused_with_the_nearest(text: str, message: str, nearest: str) -> None:
    with pytest.raises(PlotError, match=message) as refused:
        build_world(text)
    assert nearest in (refused.value.hint or "")


def test_the_file_shows_where_each_part_comes_from() -> None:
    file = build_world(TUG_OF_WAR, "pulling")
    assert "# A team beats another if it pulls harder." in file
    assert "def beats(team1, team2, match):" in file
