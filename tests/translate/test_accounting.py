"""Each word of a sentence is expressed by its reading, taken for granted or passed over, or the sentence is refused."""

from __future__ import annotations

import pytest

from plot.conversation import World as Talking
from plot.errors import PlotError
from plot.language import parse
from plot.translate.accounting import missing
from plot.translate.base import Discourse
from plot.translate.english.accounting import FUNCTION, instead
from plot.translate.english.closed import CLOSED
from plot.translate.english.vocabulary import of_lexicon
from plot.translate.model.examine import Examiner
from plot.translate.model.reply import read_reply
from plot.world import WorldSpec
from tests.translate.said import code, translate

WORLD = WorldSpec.load("tugofwar")
CLINIC = WorldSpec.load("clinic")
PARK = """
name: park
model: |
  @mem
  def happy(x): return flip(0.3)
lexicon:
  names: people
  nouns: {person: {domain: people, person: true}}
  adjectives: {happy: {means: happy(x)}}
  ignorable: [today, in the park]
"""


@pytest.mark.parametrize(
    ("world", "say", "lost"),
    [
        (CLINIC, "Ann is very vaccinated.", "very"),
        (CLINIC, "Ann is slightly ill.", "slightly"),
        (CLINIC, "Is Bob extremely feverish?", "extremely"),
    ],
)
def test_a_word_that_changes_nothing_is_refused_and_marked(world: WorldSpec, say: str, lost: str) -> None:
    with pytest.raises(PlotError, match=f"can't express “{lost}”") as caught:
        translate(world, say)
    span = caught.value.span
    assert span is not None
    assert say[span.column : span.end_column] == lost


@pytest.mark.parametrize("word", ["still", "already", "today", "yesterday"])
def test_adverbs_of_time_are_no_longer_passed_over(word: str) -> None:
    with pytest.raises(PlotError):
        translate(WORLD, f"Tom is lazy {word}.")
    with pytest.raises(PlotError):
        translate(WORLD, f"Is Tom {word} lazy?")


def test_what_a_world_passes_over_is_shown() -> None:
    world = WorldSpec.parse(PARK, "park.yaml")
    (reading,) = translate(world, "Today Ann is happy in the park.")
    assert reading.code.strip() == 'condition(happy("ann"))'
    assert reading.ignored == ("Today", "in the park")
    talk = Talking.parse(PARK, "park.yaml").conversation()
    talk.tell("Ann is happy today.")
    assert any("“today” says nothing in this world" in warning for warning in talk.ask("Is Ann happy?").warnings)
    with pytest.raises(PlotError):
        translate(world, "Ann is happy yesterday.")


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        ("Tom is a strong player.", 'condition(strength("tom") > 60)'),
        ("Tom and Sue are both strong.", 'condition(strength("tom") > 60 and strength("sue") > 60)'),
        ("Actually, Tom is strong.", 'condition(strength("tom") > 60)'),
    ],
)
def test_words_that_are_taken_for_granted_change_nothing(say: str, wanted: str) -> None:
    assert code(WORLD, say) == wanted


def test_every_word_that_has_a_value_has_another_that_could_have_been_said() -> None:
    found = 0
    for phrases in (of_lexicon(WORLD.lexicon).phrases, of_lexicon(CLINIC.lexicon).phrases):
        for tags in phrases.values():
            for tag, values in tags.items():
                for value in values:
                    if value is not None and tag not in FUNCTION:
                        others = list(instead(tag, value))
                        assert others and value not in others, (tag, value)
                        found += 1
    assert found > len(CLOSED)


# -- code without an alignment -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "program", "lost"),
    [
        ("Tom is 20% stronger than Sue.", 'condition(strength("tom") > strength("sue"))', "the figure 20%"),
        ("Tom is 10 points stronger than Sue.", 'condition(strength("tom") > strength("sue"))', "the figure 10"),
        ("Tom was lazy in the second match.", 'condition(laziness("tom") > 0.5)', "“second match”"),
        ("Tom did not beat Sue.", 'condition(won_against(["tom"], ["sue"], 1))', "“did not”"),
        ("Tom never beat Sue.", 'condition(won_against(["tom"], ["sue"], 1))', "“never”"),
        ("Tom is stronger than Sue.", "condition(lazy('tom', 1))", "the comparison “than”"),
    ],
)
def test_what_code_has_nothing_of_is_found(say: str, program: str, lost: str) -> None:
    assert missing(say, parse(program), WORLD) == [lost]


@pytest.mark.parametrize(
    ("say", "program"),
    [
        ("Tom is 20% stronger than Sue.", 'condition(strength("tom") > 1.2 * strength("sue"))'),
        ("More than 3 players are lazy.", "condition(count([laziness(p) > 0.5 for p in players]) >= 4)"),
        ("Tom was lazy in the second match.", 'condition(lazy("tom", 2))'),
        ("Tom is the opposite of lazy, not strong.", 'condition(laziness("tom") < 0.5)'),
        ("Tom did not beat Sue.", 'condition(not won_against(["tom"], ["sue"], 1))'),
        ("The second strongest player is Tom.", 'condition(sorted(players, key=strength)[-2] == "tom")'),
    ],
)
def test_what_code_may_have_in_another_form_is_no_loss(say: str, program: str) -> None:
    assert missing(say, parse(program), WORLD) == []


def test_what_a_model_says_it_left_out_is_passed_on() -> None:
    reply = read_reply('{"act": "observation", "code": "condition(lazy(\\"tom\\", 1))", "left_out": ["yesterday"]}')
    (reading,) = (
        Examiner("Tom was lazy in the first match yesterday.", Discourse(WORLD), "a model").examine(reply).readings
    )
    assert reading.ignored == ("yesterday",)
