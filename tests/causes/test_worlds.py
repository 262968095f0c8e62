"""Laws of interventions in each world that ships: what is set to its own value, set in another order, or set back."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from plot import World
from tests.runtime.running import ran, values

PARTICLES = 60
LISTS = {
    "olympics": 'athletes = ["ann", "bob"]\n',
    "tugofwar": 'players = ["ann", "bob"]\n',
    "clinic": 'patients = ["ann", "bob"]\n',
    "lunch": 'people = ["ann", "bob"]\n',
    "kinship": 'people = ["ann", "bob"]\n',
    "bayesnet": 'events = ["rain", "wind"]\n',
}
# variables of each world, with another value for each: truth values, numbers, counts, choices, and what may vanish
VARIABLES: dict[str, Sequence[tuple[str, str]]] = {
    "bayesnet": [('happens("rain")', 'not happens("rain")'), ('happens("wind")', "True")],
    "clinic": [('infection("ann")', '"flu"'), ('medicated("ann")', 'not medicated("ann")'), ("winter", "not winter")],
    "collisions": [('mass("red")', 'mass("red") + 1'), ('force("red")', "8"), ("shape", '"block"')],
    "kinship": [("lucky", "lucky // 2"), ("sexes", "3"), ("failures(0)", "failures(0) + 1")],
    "lunch": [('open("pizza")', 'not open("pizza")'), ('feeling("ann", "sushi")', "9"), ('bike("ann")', "True")],
    "olympics": [('strength("ann")', 'strength("ann") + 9'), ('accuracy("ann")', "0.5"), ('effort("ann", 1)', "1")],
    "tabletop": [("n", "n + 1"), ("shape(0)", '"can"'), ("colour(1)", '"red"')],
    "tugofwar": [('strength("ann")', "40"), ('laziness("ann")', "0.9"), ('lazy("ann", 1)', 'not lazy("ann", 1)')],
}
# what follows from them
ASKED = {
    "bayesnet": 'happens("rain"), happens("wind"), happens("hail")',
    "clinic": 'infection("ann"), fever("ann"), medicated("ann"), recovered("ann"), fever("bob")',
    "collisions": 'mass("red"), outcome[0].after, outcome[1].after, motion("blue").moved',
    "kinship": "size, failures(0), failures(1), male(4)",
    "lunch": 'goal("ann"), goal("bob"), open("pizza"), open("sushi")',
    "olympics": 'score(["ann"], 1), pull(["ann", "bob"], 2), shots_hit("ann", 1)',
    "tabletop": "n, len(objects), [shape(x) for x in objects], [colour(x) for x in objects]",
    "tugofwar": 'pulling("ann", 1), pulling("ann", 2), lazy("ann", 2), lazy("bob", 1)',
}
WORLDS = sorted(VARIABLES)


def holds(world: str, *lines: str) -> bool:
    """Return whether the query at the end of some lines, `{asked}` for what follows, is true in each particle."""
    body = "\n".join(lines).replace("{asked}", f"[{ASKED[world]}]")
    found = values(ran(f"{LISTS.get(world, '')}{World.load(world).model}\n{body}", PARTICLES))
    return all(found)


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_set_to_its_own_value_changes_nothing(world: str) -> None:
    for variable, _ in VARIABLES[world]:
        assert holds(world, f"do({variable}, {variable})", "query({asked} == actual({asked}))"), variable


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_set_back_is_as_it_was(world: str) -> None:
    for variable, other in VARIABLES[world]:
        deeds = f"do({variable}, {other})", f"do({variable}, actual({variable}))"
        assert holds(world, *deeds, "query({asked} == actual({asked}))"), variable


@pytest.mark.parametrize("world", WORLDS)
def test_interventions_on_two_variables_commute(world: str) -> None:
    for (one, value), (two, other) in itertools.combinations(VARIABLES[world], 2):
        first, second = f"do({one}, actual({value}))", f"do({two}, actual({other}))"
        back = f"do({one}, actual({one}))", f"do({two}, actual({two}))"
        assert holds(world, first, second, "kept = {asked}", *back, second, first, "query(kept == {asked})"), (one, two)


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_set_makes_a_difference(world: str) -> None:
    found = [
        holds(world, f"do({one}, {value})", "query({asked} == actual({asked}))") for one, value in VARIABLES[world]
    ]
    assert not all(found)
