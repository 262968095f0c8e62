"""Which readings mean the same: agreement on the prior, what noise allows, and accidents that probes tell apart."""

from __future__ import annotations

import pytest

from plot.language import parse
from plot.translate.base import Reading
from plot.translate.equivalence import CompiledReading, Difference
from plot.translate.readings import classes_of, settle

WORLD = """
@mem
def strength(player):
    return normal(50, 20)

@mem
def lazy(player):
    return flip(0.001)

@mem
def tall(player):
    return flip(0.3)

awake = flip(0.5)
here = awake
"""


def classes(*codes: str, names: tuple[str, ...] = ("tom", "ann")) -> list[set[str]]:
    candidates = [CompiledReading(Reading("observation", code), parse(code), code) for code in codes]
    found, _ = classes_of(candidates, parse(WORLD), names)
    return [{found.candidates[number].text for number in members} for members in found.members]


TOM, ANN = 'strength("tom")', 'strength("ann")'


def test_one_meaning_in_other_words_is_one_class() -> None:
    one, two, three = f"condition({TOM} > {ANN})", f"condition({ANN} < {TOM})", f"condition(not {ANN} >= {TOM})"
    assert classes(one, two, three) == [{one, two, three}]


def test_the_same_said_of_others_is_another_meaning() -> None:
    """What is drawn for one player in one reading is not what is drawn for another player in the other."""
    one, two = f"condition({TOM} > 60)", f"condition({ANN} > 60)"
    candidates = [CompiledReading(Reading("observation", code), parse(code), code) for code in (one, two)]
    found, _ = classes_of(candidates, parse(WORLD), ("tom", "ann"))
    assert len(found.members) == 2
    assert found.distances[0][1] > 0.5


def test_different_meanings_stay_apart() -> None:
    one, two = f"condition({TOM} > {ANN})", f"condition({TOM} > {ANN} + 20)"
    assert classes(one, two) == [{one}, {two}]


def test_what_hardly_ever_differs_on_the_prior_is_told_apart_by_probes() -> None:
    one = f"condition({TOM} > {ANN})"
    two = f'condition({TOM} > {ANN} and not lazy("tom"))'
    assert classes(one, two) == [{one}, {two}]


def test_noise_below_the_threshold_does_not_split_a_class() -> None:
    one, two = f"condition({TOM} > 50)", f"condition({TOM} > 50.01)"
    assert classes(one, two) == [{one, two}]


def test_rare_conditions_are_compared_where_they_hold() -> None:
    one, two = f"condition({TOM} > 105)", f"condition({ANN} > 105)"
    assert classes(one, two) == [{one}, {two}]
    same = f"condition({TOM} >= 105)"
    assert classes(one, same) == [{one, same}]


def test_linkage_is_complete() -> None:
    """Each differs little from its neighbour, the ends differ: no class holds both ends."""
    codes = [f"condition({TOM} > {50 + 0.2 * step})" for step in range(6)]
    found = classes(*codes)
    assert len(found) > 1
    assert all(not {codes[0], codes[-1]} <= one for one in found)


def test_questions_are_compared_by_their_values() -> None:
    one = 'query("tom" if strength("tom") > strength("ann") else "ann")'
    two = 'query(argmax(strength, ["tom", "ann"]))'
    three = 'query(argmax(strength, ["ann", "tom"]) == "tom")'
    candidates = [CompiledReading(Reading("question", code), parse(code), code) for code in (one, two, three)]
    found, _ = classes_of(candidates, parse(WORLD), ("tom", "ann"))
    assert [len(members) for members in found.members] == [2, 1]
    assert found.distances[0][1] == 0.0
    assert found.distances[0][2] == 1.0


def test_definitions_are_compared_by_what_they_hold_for_the_known() -> None:
    one = "def champion(p):\n    return strength(p) > 80 and tall(p)\n"
    two = "def champion(q):\n    return tall(q) and 80 < strength(q)\n"
    three = "def champion(q):\n    return tall(q) or 80 < strength(q)\n"
    candidates = [CompiledReading(Reading("knowledge", code), parse(code), code) for code in (one, two, three)]
    found, _ = classes_of(candidates, parse(WORLD), ("tom", "ann"))
    assert [len(members) for members in found.members] == [2, 1]


def test_definitions_are_compared_where_things_are_made_otherwise() -> None:
    """What follows from two variables that are always the same is told apart by an intervention on one of them."""
    one, two, three = (
        "def up(x):\n    return awake",
        "def up(x):\n    return here",
        "def up(x):\n    return not not here",
    )
    assert classes(one, two, three) == [{one}, {two, three}]
    quick, same = "quick = strength('tom') > 50", "quick = 50 < strength('tom')"
    assert classes(quick, same) == [{quick, same}]


def test_settled_weights_are_those_of_the_classes() -> None:
    codes = [f"condition({TOM} > {ANN})", f"condition({ANN} < {TOM})", f"condition({TOM} < {ANN})"]
    readings = [Reading("observation", code, 1.0, f"expert {number}") for number, code in enumerate(codes)]
    found = settle(readings, parse(WORLD), source="utterance", names=("tom", "ann"))
    assert [round(one.weight, 6) for one in found.readings] == [round(2 / 3, 6), round(1 / 3, 6)]
    assert {one.translator for one in found.readings[0].merged} <= {"expert 0", "expert 1"}


@pytest.mark.parametrize(
    ("differing", "relevant", "same"),
    [(0, 10, True), (0, 9, None), (1, 10_000, True), (22, 1_000, None), (100, 1_000, False), (9, 10, False)],
)
def test_a_difference_is_judged_by_its_bounds(differing: int, relevant: int, same: bool | None) -> None:
    assert Difference(differing, relevant).same is same
