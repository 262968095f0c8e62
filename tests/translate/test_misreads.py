"""Sentences that are easily taken for something else: shared determiners, articles, owners, adverbs, places."""

from __future__ import annotations

import pytest

from plot.errors import PlotError
from plot.world import WorldSpec
from tests.translate.said import translate

WORLDS = {
    name: WorldSpec.load(name)
    for name in ("bayesnet", "clinic", "collisions", "kinship", "lunch", "tabletop", "tugofwar")
}
BROTHERS = 'any([sibling(x, person("ann")) and male(x) for x in siblings(person("ann"))])'
SISTERS = 'any([sibling(x, person("ann")) and not male(x) for x in siblings(person("ann"))])'
MUGS, CANS, BOWLS = (f'any([shape(x) == "{shape}" for x in objects])' for shape in ("mug", "can", "bowl"))
WEATHER = ("The probability of rain is 20%.", "The probability of wind is 50%.")


def likeliest(world: str, say: str, *told: str) -> str:
    """Return the code of the likeliest reading."""
    return translate(WORLDS[world], say, *told)[0].code.strip()


def refused(world: str, say: str, *told: str) -> PlotError:
    with pytest.raises(PlotError) as caught:
        translate(WORLDS[world], say, *told)
    return caught.value


# -- neither, no … or …, there is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "say", "wanted"),
    [
        ("kinship", "Ann has neither a brother nor a sister.", f"condition(not ({BROTHERS} or {SISTERS}))"),
        ("kinship", "Ann has neither brothers nor sisters.", f"condition(not ({BROTHERS} or {SISTERS}))"),
        ("kinship", "Does Ann have neither a brother nor a sister?", f"query(not ({BROTHERS} or {SISTERS}))"),
        ("kinship", "Ann has no brothers or sisters.", f"condition(not {BROTHERS} and not {SISTERS})"),
        ("kinship", "Ann has no brothers and sisters.", f"condition(not {BROTHERS} and not {SISTERS})"),
        ("kinship", "Ann does not have any brothers or sisters.", f"condition(not ({BROTHERS} or {SISTERS}))"),
        ("kinship", "Ann has brothers or sisters.", f"condition({BROTHERS} or {SISTERS})"),
        ("tabletop", "There are no mugs or cans.", f"condition(not {MUGS} and not {CANS})"),
        ("tabletop", "Are there no mugs or cans?", f"query(not {MUGS} and not {CANS})"),
        ("tabletop", "There are no mugs, cans or bowls.", f"condition(not {MUGS} and not {CANS} and not {BOWLS})"),
        ("tabletop", "There is neither a mug nor a can.", f"condition(not ({MUGS} or {CANS}))"),
        ("tabletop", "There are mugs and cans.", f"condition({MUGS} and {CANS})"),
        ("tabletop", "There are some mugs or cans.", f"condition({MUGS} or {CANS})"),
    ],
)  # fmt: skip
def test_one_negation_is_said_of_each(world: str, say: str, wanted: str) -> None:
    assert likeliest(world, say) == wanted


@pytest.mark.parametrize("say", ["There are two mugs or cans.", "Most mugs and cans are red."])
def test_a_count_of_two_kinds_together_is_refused(say: str) -> None:
    assert "how many of them" in refused("tabletop", say).message


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        ("Is there exactly one of rain and wind?", 'query(count([happens(x) for x in ["rain", "wind"]]) == 1)'),
        ("Is there at least one of rain and wind?", 'query(any([happens(x) for x in ["rain", "wind"]]))'),
        ("Is there none of rain and wind?", 'query(not any([happens(x) for x in ["rain", "wind"]]))'),
        ("There is neither rain nor wind.", 'condition(not (happens("rain") or happens("wind")))'),
    ],
)
def test_there_is_one_of_two_events(say: str, wanted: str) -> None:
    assert likeliest("bayesnet", say, *WEATHER) == wanted


# -- an article with a capital ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "event"),
    [
        ("A burglary happens with probability 1%.", "burglary"),
        ("An accident is true with probability 10%.", "accident"),
        ("A fire alarm happens with probability 10%.", "fire_alarm"),
        ("A happens with probability 1%.", "a"),
    ],
)
def test_an_article_is_no_part_of_an_event(say: str, event: str) -> None:
    found = translate(WORLDS["bayesnet"], say)
    assert all(f'"event": "{event}"' in reading.code for reading in found)


# -- whose: a pronoun in a predicate does not mean its subject -------------------------------------------------


@pytest.mark.parametrize(
    ("told", "say", "wanted"),
    [
        ("Bob is Ann's brother.", "Carl is his son.", ('parent(person("bob"), person("carl"))',)),
        ("Bob is Ann's brother.", "Is Carl his father?", ('parent(person("carl"), person("bob"))',)),
        ("Bob is Ann's brother.", "Dora is her mother.", ('parent(person("dora"), person("ann"))',)),
        ("Bob is Ann's brother.", "Carl is her brother's son.", ('siblings(person("ann"))',)),
        (
            "Bob is Ann's brother.",
            "Dora is their mother.",
            ('parent(person("dora"), person("ann"))', 'parent(person("dora"), person("bob"))'),
        ),
        (
            "Bob is Ann's brother.",
            "Carl and Dora are his children.",
            ('parent(person("bob"), person("carl"))', 'parent(person("bob"), person("dora"))'),
        ),
    ],
)
def test_owner_is_not_the_subject(told: str, say: str, wanted: tuple[str, ...]) -> None:
    (reading,) = translate(WORLDS["kinship"], say, told)
    assert all(part in reading.code for part in wanted)


def test_owners_of_one_sentence_are_those_before() -> None:
    (reading,) = translate(WORLDS["kinship"], "Bob is Ann's brother, and Dora is their mother.")
    assert 'parent(person("dora"), person("bob"))' in reading.code
    assert 'parent(person("dora"), person("ann"))' in reading.code


@pytest.mark.parametrize("say", ["Bob is his son.", "Dora is a sister of her.", "Bob is a son of his brother."])
def test_an_owner_that_was_not_named_is_asked_for(say: str) -> None:
    assert "whom" in refused("kinship", say).message


# -- what is no name -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["still", "even", "nevertheless", "nonetheless"])
@pytest.mark.parametrize("joint", ["and", ", but"])
def test_conceding_words_are_nobody(word: str, joint: str) -> None:
    wanted = 'condition(laziness("mary") > 0.5 and won_against(["mary"], ["john"], 1))'
    assert (
        likeliest("tugofwar", f"Mary was lazy{'' if joint.startswith(',') else ' '}{joint} {word} beat John.") == wanted
    )


@pytest.mark.parametrize(
    ("world", "say", "word"),
    [
        ("tugofwar", "Mary was lazy and narrowly beat John.", "narrowly"),
        ("tugofwar", "mary was lazy and narrowly beat john.", "narrowly"),
        ("tugofwar", "Mary beat John and rested.", "rested"),
        ("collisions", "The red object hit the blue one and slid.", "slid"),
        ("collisions", "The red object hit the blue one and bounced.", "bounced"),
        ("collisions", "The red object hit Tom.", "Tom"),
        ("tabletop", "Tom is red.", "Tom"),
        ("lunch", "Alex went to lunch by bike.", "lunch"),
        ("lunch", "At least two people walked to lunch.", "lunch"),
        ("lunch", "Alex did not go to lunch.", "lunch"),
        ("lunch", "Alex went to Subway.", "subway"),
        ("lunch", "Alex likes Bob.", "bob"),
        ("lunch", "Alex likes Bob more than sushi.", "bob"),
        ("lunch", "Alex likes burgers.", "burgers"),
    ],
)
def test_a_word_that_is_no_name_here_is_refused(world: str, say: str, word: str) -> None:
    error = refused(world, say)
    said = say.removesuffix(".")
    marked = error.span is not None and 0 < error.span.column <= said.lower().index(word.lower()) + len(word) + 2
    assert marked or f"“{word}”" in error.message


@pytest.mark.parametrize("say", ["is tom stronger than sue?", "Is tom stronger than sue?", "Is Tom stronger than sue?"])
def test_a_name_in_lower_case_is_read(say: str) -> None:
    assert likeliest("tugofwar", say) == 'query(strength("tom") > strength("sue"))'
