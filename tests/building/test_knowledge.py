"""Knowledge that extends a world: it is read, changes beliefs as it should, clashes, is revised, and is saved."""

from __future__ import annotations

import pytest

from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.inference import Boolean, Goal, Number
from tests.support.tolerances import agrees

GOAL = Goal(precision=0.01)
TUG = "tugofwar"


def talk_of(world: str, *said: str) -> Conversation:
    talk = World.load(world).conversation(facts=False, goal=GOAL)
    for one in said:
        talk.tell(one)
    return talk


def value_of(talk: Conversation, question: str) -> tuple[float, float]:
    marginal = talk.ask(question).marginal
    assert isinstance(marginal, (Boolean, Number))
    return (marginal.probability if isinstance(marginal, Boolean) else marginal.mean), marginal.mcse


@pytest.mark.parametrize(
    ("world", "said", "then", "code"),
    [
        (TUG, "A giant is someone whose strength is above 90.", "Tom is a giant.", 'condition(is_giant("tom"))'),
        (TUG, "Weaklings are players whose strength is below 30.", "Tom is a weakling.", "is_weakling"),
        (TUG, "An underdog is somebody who is weaker than all their opponents.", "Tom is an underdog.", "is_underdog"),
        (TUG, "A loser is someone who has lost to everybody they have played.", "Is Tom a loser?", "is_loser"),
        (TUG, "Kids are half as strong.", "Tom is a kid.", 'condition(is_kid("tom"))'),
        (TUG, "Juniors have two thirds of the strength.", "Is Tom a junior?", 'query(is_junior("tom"))'),
        (TUG, "Seniors have 20% less strength.", "Tom is a senior.", 'condition(is_senior("tom"))'),
        (TUG, "Lazy players pull 10% weaker at night.", "The first match was at night.", "at_night(1)"),
        (TUG, "Rain makes teams pull 10% weaker.", "The first match was rainy.", "rains(1)"),
        (TUG, "Teams pull 10% harder at home.", "Tom beat Sue at home.", 'is_at_home(["tom"], 1)'),
        (TUG, "Each player has a speed, around 10, give or take 2.", "Tom is fast.", 'condition(speed("tom") > 11)'),
        (TUG, "There are also referees.", "Tom beat Sue. How many referees are strong?", "strength"),
        (
            TUG,
            "There is also a swimming contest; speed depends on strength a little.",
            "Ann beat Tom in a swimming contest.",
            'condition(won_swimming_contest(["ann"], ["tom"], 1))',
        ),
        ("clinic", "A smoker has a fever with a chance of 50%.", "Ann is a smoker.", 'condition(is_smoker("ann"))'),
        ("clinic", "Smokers are twice as likely to have a cough.", "Is Ann a smoker?", 'query(is_smoker("ann"))'),
        ("clinic", "An invalid is someone who has a cold and a fever.", "Is Ann an invalid?", 'query(invalid("ann"))'),
        ("olympics", "Teams pull 10% harder at home.", "Tom was at home in the first match.", "is_at_home"),
        ("olympics", "A marksman is someone whose accuracy is above 0.8.", "Is Tom a marksman?", "is_marksman"),
    ],
)
def test_knowledge_gives_words(world: str, said: str, then: str, code: str) -> None:
    talk = talk_of(world)
    if " match " in then:
        talk.tell("Tom played against Sue." if world == TUG else "Tom beat Sue.")
    assert talk.tell(said)[0].act == "knowledge"
    assert code in talk.translate(then)[-1].readings[0].code


@pytest.mark.parametrize(
    ("said", "ask", "expected"),
    [
        (["Kids are half as strong.", "Tom is a kid."], "How strong is Tom?", 25.0),
        (["Kids are half as strong."], "How strong is Tom?", 37.5),
        (["Kids are half as strong.", "A player is a kid with a chance of 10%."], "How strong is Tom?", 47.5),
        (["Each player has a strength, around 60, give or take 5."], "How strong is Tom?", 60.0),
        (["A giant is someone whose strength is above 50."], "Is Tom a giant?", 0.5),
        (
            ["Each player has an age, between 10 and 60.", "Strength depends on age strongly.", "Tom's age is 35."],
            "How strong is Tom?",
            50.0,
        ),
    ],
)
def test_knowledge_changes_beliefs_as_it_should(said: list[str], ask: str, expected: float) -> None:
    talk = talk_of(TUG)
    for one in said:
        talk.tell(one, revise=True)
    found, error = value_of(talk, ask)
    assert agrees(found, expected, error)


def test_those_who_were_met_are_those_of_whom_it_was_told() -> None:
    talk = talk_of(TUG, "A champion is someone who is stronger than everybody they have played.", "Tom beat John.")
    champion, error = value_of(talk, "Is Tom a champion?")
    stronger, other = value_of(talk, "Is Tom stronger than John?")
    assert agrees(champion, stronger, (error**2 + other**2) ** 0.5)
    assert value_of(talk, "Is Ann a champion?")[0] == 0
    talk.tell("Ann beat Tom.")
    assert value_of(talk, "Is Tom a champion?")[0] < champion - 5 * error


def test_what_it_changes_is_told() -> None:
    talk = talk_of(TUG, "Tom beat John.")
    talk.tell("Kids are half as strong.")
    assert {shift.about for shift in talk.shifts()} >= {"Tom's strength", "John's strength"}
    assert all(shift.after < shift.before for shift in talk.shifts() if "strength" in shift.about)
    talk.tell("A giant is someone whose strength is above 90.")
    assert talk.shifts() == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Kids are half as strong.", "Kids are a third as strong."),
        ("A giant is someone whose strength is above 90.", "A giant is someone whose strength is above 95."),
        ("A champion is someone who is stronger than 80.", "A champion is someone who is stronger than 90."),
        ("A giant is someone whose strength is above 90.", "A giant is someone who is stronger than 95."),
        ("", "Each player has a strength, around 60, give or take 10."),
    ],
)
def test_a_clash_is_an_error_and_can_be_revised(first: str, second: str) -> None:
    talk = talk_of(TUG, *([first] if first else []))
    with pytest.raises(PlotError, match="clashes with") as clash:
        talk.tell(second)
    assert "--revise" in (clash.value.hint or "")
    talk.tell(second, revise=True)
    assert [told.say for told in talk.told] == [second]
    talk.undo()
    assert [told.say for told in talk.told] == ([first] if first else [])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("Wine makes players pull 10% weaker.", "in another way"),
        ("Women are stronger.", "by how much"),
        ("A lazy player is twice as likely to be lazy.", "depend on itself"),
        ("There is also a chess tournament; skill depends on patience strongly.", "say first what both"),
        ("There is also a swimming contest.", "say what decides it"),
        ("The garden is 30 metres long.", "no word of this world"),
        ("Players are 10% stronger at home.", "the same at all times"),
    ],
)
def test_what_is_no_knowledge_is_refused(said: str, message: str) -> None:
    with pytest.raises(PlotError) as refused:
        talk_of(TUG, said)
    assert message in str(refused.value)


def test_an_extended_world_is_saved_and_asked_again() -> None:
    said = ["Kids are half as strong.", "A giant is someone whose strength is above 90.", "Tom is a kid."]
    talk = talk_of(TUG, *said)
    again = World.parse(talk.saved_world("kids"))
    assert again.name == "kids"
    assert again.facts == ("Tom is a kid.",)
    assert {"Ann is a kid.", "Ann is a giant."} <= {one.say for one in again.examples}
    found, error = value_of(again.conversation(goal=GOAL), "How strong is Tom?")
    assert agrees(found, 25.0, error)
    assert talk_of(TUG).saved_world() == World.parse(talk_of(TUG).saved_world()).conversation().saved_world()
