"""Names in replies: which words of an utterance may be participants, how they are written, and words of the lexicon."""

from __future__ import annotations

import pytest

from plot.conversation import World
from plot.language import parse
from plot.translate.base import Discourse
from plot.translate.model.examine import Examiner
from plot.translate.model.grounding import unused_names
from plot.translate.model.reply import Reply

TUG = World.load("tugofwar")
BEAT = 'condition(won_against(["%s"], ["%s"], 1))'


@pytest.mark.parametrize(
    "utterance",
    [
        "On Monday Tom crushed Bob.",
        "Last Friday, Tom crushed Bob in Paris.",
        "Tom crushed Bob at Wembley in July.",
        "Thank God Tom crushed Bob.",
        "Tom Smith crushed Bob Miller.",
        "Tom crushed Bob on TV, says the BBC.",
        "Dr Tom crushed Mr Bob near London.",
        "When Tom crushed Bob, I was there.",
    ],
)
def test_only_what_may_be_a_participant_is_missed(utterance: str) -> None:
    assert unused_names(parse(BEAT % ("tom", "bob")), utterance, Discourse(TUG)) == []


@pytest.mark.parametrize(
    ("utterance", "missed"),
    [
        ("Tom and Ann crushed Bob.", ["Ann"]),
        ("Tom crushed Bob and Sue.", ["Sue"]),
        ("In London Tom crushed Bob and Zoë.", ["Zoë"]),
        ("Tom crushed Bob with PIP3's help and Max's.", ["PIP3", "Max"]),
        ("When Ann watched, Tom crushed Bob.", ["Ann"]),
    ],
)
def test_participants_are_missed(utterance: str, missed: list[str]) -> None:
    found = unused_names(parse(BEAT % ("tom", "bob")), utterance, Discourse(TUG))
    assert found == missed


@pytest.mark.parametrize(
    ("say", "names"),
    [
        ("Zoë crushed Bob.", ("zoe", "bob")),
        ("PIP3 crushed RAF1.", ("pip3", "raf1")),
        ("José beat Åsa!", ("jose", "asa")),
    ],
)
def test_names_with_accents_and_digits(say: str, names: tuple[str, str]) -> None:
    found = Examiner(say, Discourse(TUG), "a model").examine(Reply(code=BEAT % names))
    assert found.readings and not found.mistakes and not found.doubts


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ('condition(beat(["tom"], ["bob"], 1))', "won_against(subject, object, event)"),
        ('condition(strong("tom"))', "strength(x)"),
    ],
)
def test_a_function_named_after_a_word_is_answered_with_its_code(code: str, hint: str) -> None:
    (mistake,) = Examiner("Tom beat Bob.", Discourse(TUG), "a model").examine(Reply(code=code)).mistakes
    assert f"write {hint}" in mistake and "did you mean" not in mistake


@pytest.mark.parametrize("world", ["kinship", "bayesnet", "clinic", "collisions", "lunch", "olympics", "tabletop"])
def test_unknown_functions_are_told_of_in_all_worlds(world: str) -> None:
    discourse = Discourse(World.load(world))
    found = Examiner("Something else.", discourse, "a model").examine(Reply(code="query(frobnicate(1))"))
    assert "unknown name 'frobnicate'" in found.mistakes[0]
