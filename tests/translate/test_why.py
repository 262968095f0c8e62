"""What may be a reason: candidates from a world's words about the individuals in a question, each with its wording."""

from __future__ import annotations

import pytest

from plot.conversation import World
from plot.language import parse, show
from plot.translate.base import Candidate


def candidates(world: str, question: str, *told: str) -> dict[str, Candidate]:
    """Return the candidates of a question by their code."""
    talk = World.load(world).conversation(facts=False)
    for said in told:
        talk.tell(said)
    (read,) = talk.translate(question)
    assert read.readings[0].reasons is not None
    return {one.code: one for one in read.readings[0].reasons}


@pytest.mark.parametrize(
    ("world", "question", "code", "text", "denial"),
    [
        ("lunch", "Why is Alex going to sushi?", 'open("sushi")', "the sushi place is open",
         "the sushi place is closed"),
        ("lunch", "Why is Alex going to sushi?", 'bike("alex")', "Alex has a bike", "Alex does not have a bike"),
        ("lunch", "Why is Alex going to sushi?", 'liking("alex", "vegetarian") > 0', "Alex likes vegetables",
         "Alex does not like vegetables"),
        ("lunch", "Why is Alex going to sushi?", 'liking("alex", "sushi") > liking("alex", "pizza")',
         "Alex likes sushi more than pizza", "Alex does not like sushi more than pizza"),
        ("tugofwar", "Why would Mary Ann beat John?", 'strength("mary_ann") > 60', "Mary Ann is strong",
         "Mary Ann is not strong"),
        ("tugofwar", "Why would Tom beat John?", 'laziness("john") < laziness("tom")',
         "John is more hard-working than Tom", "John is not more hard-working than Tom"),
        ("tugofwar", "Why would Tom beat John?", 'lazy("john", 1)', "John is lazy in that match",
         "John is not lazy in that match"),
        ("clinic", "Why does Ann have a fever?", "winter", "it is winter", "it is summer"),
        ("clinic", "Why does Ann have a fever?", 'infection("ann") == "flu"', "Ann has the flu",
         "Ann does not have the flu"),
        ("collisions", "Why is the blue ball fast?", 'force("red") > 6', "the red ball is pushed hard",
         "the red ball is not pushed hard"),
        ("kinship", "Why is Charlie married?", 'male(person("charlie"))', "Charlie is male", "Charlie is female"),
    ],
)  # fmt: skip
def test_wordings(world: str, question: str, code: str, text: str, denial: str) -> None:
    found = candidates(world, question)[code]
    assert (found.text, found.denial) == (text, denial)


@pytest.mark.parametrize(
    ("world", "question"),
    [("lunch", "Why is Alex going to sushi?"), ("tugofwar", "Why would Tom beat John?"),
     ("collisions", "Why did the red ball hit the blue ball?"), ("kinship", "Why is Charlie Dana's uncle?")],
)  # fmt: skip
def test_the_opposite_is_the_negation_and_both_are_code(world: str, question: str) -> None:
    for one in candidates(world, question).values():
        assert show(parse(f"query({one.code})")).strip() == f"query({one.code})"
        assert one.opposite != one.code
        parse(f"query({one.opposite})")


def test_in_a_match_that_was_told_it_was_so() -> None:
    found = candidates("tugofwar", "Why did Tom beat John?", "Tom beat John.")
    assert found['lazy("john", 1)'].text == "John was lazy in that match"


def test_events_of_a_net_are_called_events() -> None:
    rule = "If the blue event is true, the probability of the red event is 90%."
    found = candidates("bayesnet", "Why is the red event true?", rule)['happens("blue")']
    assert (found.text, found.denial) == ("the blue event is true", "the blue event is false")


def test_what_is_asked_and_what_was_told_is_no_candidate() -> None:
    found = candidates("lunch", "Why is Alex going to sushi?", "Alex has a bike.", "The sushi place is open.")
    assert not {'goal("alex") == "sushi"', 'bike("alex")', 'open("sushi")'} & found.keys()
    assert 'open("pizza")' in found


def test_the_members_of_a_team_are_spoken_of() -> None:
    found = candidates("tugofwar", "Why did the faculty team beat Tom?", "The faculty team is Josh and Lio.")
    assert {'strength("josh") > 60', 'strength("lio") > 60'} <= found.keys()


def test_people_whom_the_question_does_not_name_are_not_compared() -> None:
    found = candidates("tugofwar", "Why did Tom beat John?", "Sue beat Ann.", "Tom beat John.")
    assert 'strength("sue") > 60' in found and 'strength("tom") > strength("sue")' not in found


def test_a_question_that_does_not_ask_why_has_none() -> None:
    (read,) = World.load("lunch").conversation().translate("Is Alex going to sushi?")
    assert read.readings[0].reasons is None
