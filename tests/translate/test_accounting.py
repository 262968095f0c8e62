"""Each word of a sentence is expressed by its reading, taken for granted or passed over, or the sentence is refused."""

from __future__ import annotations

import pytest

from plot.conversation import World as Talking
from plot.errors import PlotError
from plot.translate.english.accounting import FUNCTION, instead
from plot.translate.english.closed import CLOSED
from plot.translate.english.vocabulary import of_lexicon
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
