"""Kinds of events: their nouns choose the rule, count apart, and belong to the form of what is said."""

from __future__ import annotations

import pytest

from plot.errors import PlotError
from plot.world import WorldSpec
from tests.translate.said import code, translate

WORLD = WorldSpec.load("olympics")
TOLD = ("Kay beat Ness.", "Kay won the canoe race against Lane easily.", "Ness outskied Drew.")


def beats(rule: str, one: str, other: str, event: int) -> str:
    return f'{rule}(["{one}"], {event}) > {rule}(["{other}"], {event})'


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        ("Kay lost the biathlon to Lane.", beats("score", "lane", "kay", 1)),
        ("Kay lost to Lane in a canoe race.", beats("speed", "lane", "kay", 1)),
        ("Kay beat Lane in a canoe race.", beats("speed", "kay", "lane", 1)),
        ("Kay won a biathlon against Lane.", beats("score", "kay", "lane", 1)),
        ("Kay defeated Lane in the tug-of-war.", beats("pull", "kay", "lane", 1)),
        ("Kay beat Lane in a match.", beats("pull", "kay", "lane", 1)),
        ("In the first biathlon, Kay beat Lane.", beats("score", "kay", "lane", 1)),
        ("Lane was beaten by Kay in a canoe race.", beats("speed", "kay", "lane", 1)),
    ],
)
def test_the_noun_of_an_event_chooses_the_rule(say: str, wanted: str) -> None:
    assert code(WORLD, say) == f"condition({wanted})"


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        (
            "Who would win a biathlon between Kay and Lane?",
            '"kay" if ' + beats("score", "kay", "lane", 4) + ' else "lane"',
        ),
        ("Would Kay beat Lane in a biathlon?", beats("score", "kay", "lane", 4)),
        ("Did Ness win the biathlon?", beats("score", "ness", "drew", 3)),
        ("Who won the first biathlon?", '"drew" if ' + beats("score", "drew", "ness", 3) + ' else "ness"'),
        ("Did Kay win the second match?", beats("speed", "kay", "lane", 2)),
        ("Was Lane tired in the canoe race?", 'effort("lane", 2) < 0.55'),
        ("How many biathlons were there?", "1"),
        ("How many canoe races did Kay win?", "count([" + beats("speed", "kay", "lane", 2) + "])"),
    ],
)
def test_questions_look_at_the_events_of_their_kind(say: str, wanted: str) -> None:
    assert code(WORLD, say, *TOLD) == f"query({wanted})"


def test_what_the_lexicon_has_no_word_for_at_an_event_is_refused() -> None:
    with pytest.raises(PlotError, match="biathlon"):
        translate(WORLD, "Kay outpaddled Lane in a biathlon.")
    with pytest.raises(PlotError, match="no such biathlon"):
        translate(WORLD, "Was Kay tired in the second biathlon?", *TOLD)


@pytest.mark.parametrize(
    "say", ["Kay never lost to Lane.", "Kay never beat Ness in a biathlon.", "Kay won three matches."]
)
def test_matches_are_not_invented_to_be_denied_or_counted(say: str) -> None:
    with pytest.raises(PlotError):
        translate(WORLD, say, "Kay beat Ness.", "Kay beat Drew.")


@pytest.mark.parametrize("say", ["Kay beat Lane at most twice.", "Kay beat Lane fewer than three times."])
def test_how_many_matches_at_most_tells_of_none(say: str) -> None:
    with pytest.raises(PlotError, match="how many matches took place"):
        translate(WORLD, say)


def test_beating_each_other_takes_two_matches() -> None:
    (reading,) = translate(WORLD, "Kay and Lane beat each other.")
    assert reading.events == 2
    assert beats("pull", "kay", "lane", 1) in reading.code and beats("pull", "lane", "kay", 2) in reading.code


def test_a_described_match_ended_as_is_said() -> None:
    told = ("Kay beat Lane.", "Lane beat Kay.")
    assert code(WORLD, "Kay was tired when Lane beat her.", *told) == 'condition(effort("kay", 2) < 0.55)'
    with pytest.raises(PlotError, match="no such match"):
        translate(WORLD, "Kay was tired when she beat Ness.", *told)
