"""Individuals whom a model does not know by their names: their bearers in programs, their names in answers."""

from __future__ import annotations

import pytest

from plot.conversation import World

HOUSE = """
name: house
model: |
  @mem
  def room(name):
      return randint(1, 4)
  @mem
  def lit(number):
      return flip(0.5)
  rooms = range(1, 5)
  def guest(number):
      return first([name for name in guests if room(name) == number] + ["nobody"])
lexicon:
  names: guests
  bearer: room(x)
  shown: guest(x)
  nouns:
    room: {domain: rooms, person: true}
    neighbour: {domain: rooms, of: abs(x - of) == 1}
  adjectives:
    lit: {means: lit(x)}
    adjacent: {means: x > 1, mutual: abs(x - of) == 1}
"""


def code(say: str) -> str:
    """Return the only reading of a sentence."""
    (told,) = World.parse(HOUSE, "house.yaml").conversation().translate(say)
    (reading,) = told.readings
    return reading.code.strip()


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        ("Tom is lit.", 'condition(lit(room("tom")))'),
        ("Who is lit?", "query([guest(x) for x in rooms if lit(x)])"),
        ("Who is Tom's neighbour?", 'query([guest(x) for x in rooms if abs(x - room("tom")) == 1])'),
        ("How many rooms are lit?", "query(len([x for x in rooms if lit(x)]))"),
        ("Tom and Ann are adjacent.", 'condition(abs(room("tom") - room("ann")) == 1)'),
        ("Tom is adjacent.", 'condition(room("tom") > 1)'),
    ],
)
def test_bearers_stand_for_names(say: str, wanted: str) -> None:
    assert code(say) == wanted


def test_a_relation_to_someone_named_is_said_of_the_named() -> None:
    assert code("Tom's neighbour is Ann.") == 'condition(abs(room("ann") - room("tom")) == 1)'
    assert code("One of Tom's neighbours is Ann.") == code("Ann is a neighbour of Tom.")


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        ("Blake and Avery are brothers.", "sibling(b, a) and male(b) and male(a)"),
        ("Blake and Avery are cousins.", "cousin(b, a)"),
        ("Blake has children.", "any([parent(b, x) for x in children(b)])"),
        ("Dana is a child of Blake and Avery.", "parent(b, d) and parent(a, d)"),
        (
            "Dana's parents are Blake and Avery.",
            "parent(b, d) and parent(a, d) and count([parent(x, d) for x in parents(d)]) == 2",
        ),
        (
            "Dana is the daughter of Blake's brother.",
            "any([parent(x, d) and not male(d) for x in siblings(b) if sibling(x, b) and male(x)])",
        ),
    ],
)
def test_relations_that_are_tests(say: str, wanted: str) -> None:
    (told,) = World.load("kinship").conversation().translate(say)
    (reading,) = told.readings
    short = {name: name[0] for name in ("avery", "blake", "dana")}
    found = reading.code.strip()
    for name, letter in short.items():
        found = found.replace(f'person("{name}")', letter)
    assert found == f"condition({wanted})"


def test_answers_are_names() -> None:
    talk = World.parse(HOUSE, "house.yaml").conversation()
    talk.tell("Tom is lit. Tom's neighbour is Ann.")
    answer = talk.ask("Who is Ann's neighbour?")
    assert answer.distribution is not None
    assert answer.distribution["Tom"] == pytest.approx(1.0)
