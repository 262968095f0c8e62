"""Questions that offer a choice, states of those who took part, *both* of two, *as strong as*, denials of several."""

from __future__ import annotations

import pytest

from plot import World
from plot.errors import PlotError
from plot.translate.base import Discourse
from plot.translate.english.paraphrase import paraphrase
from plot.world import WorldSpec
from tests.translate.said import translate

MET = "Tom beat Bob."
LAZY = 'lazy(x, 1) for x in ["tom", "bob"]'
KAY = 'score(["kay"], {0}) > score([x], {0})'


def readings(world: str, say: str, *told: str) -> list[str]:
    """Return the code of all readings, the likeliest first."""
    return [one.code.strip() for one in translate(WorldSpec.load(world), say, *told)]


@pytest.mark.parametrize(
    ("world", "say", "names"),
    [
        ("clinic", "Does Ann have the flu or a cold?", ["Ann has the flu", "Ann has a cold"]),
        ("tugofwar", "Is Tom strong or lazy?", ["Tom is strong", "Tom is lazy"]),
        ("tugofwar", "Is Tom or Sue lazy?", ["Tom is lazy", "Sue is lazy"]),
        ("kinship", "Is Ann Tom's sister or his cousin?", ["Ann is a sister of Tom", "Ann is a cousin of Tom"]),
        ("lunch", "Did Ann go to the pizza place or to the sushi place?", ["Ann goes to pizza", "Ann goes to sushi"]),
        ("tabletop", "Is the mug red or blue?", ["the mug is red", "the mug is blue"]),
    ],
)
def test_or_asks_which_and_then_whether(world: str, say: str, names: list[str]) -> None:
    which, whether = readings(world, say)
    assert all(f'"{name}" if' in which for name in names) and 'else "neither")' in which
    assert "if" not in whether.split("query")[1].replace(" if shape", "")
    spec = WorldSpec.load(world)
    discourse = Discourse(spec)
    shown = str(paraphrase(translate(spec, say)[0], discourse, say))
    assert shown.startswith("Which is true: ") and readings(world, shown) == [which]


@pytest.mark.parametrize("say", ["Does Ann have either the flu or a cold?", "Why does Ann have the flu or a cold?"])
def test_either_and_why_offer_no_choice(say: str) -> None:
    assert readings("clinic", say) == ['query(infection("ann") == "flu" or infection("ann") == "cold")']


def test_the_chances_of_alternatives_add_up() -> None:
    talk = World.load("clinic").conversation(facts=False)
    chances = talk.ask("Does Ann have the flu or a cold?").posterior.marginals[0].probabilities
    each = [talk.ask(f"Does Ann have {one}?").probability for one in ("the flu", "a cold")]
    assert [chances["Ann has the flu"], chances["Ann has a cold"]] == pytest.approx(each)
    assert chances["neither"] == pytest.approx(1 - sum(each))


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        ("Was one of them lazy?", f"query(any([{LAZY}]))"),
        ("Was neither of them lazy?", f"query(not any([{LAZY}]))"),
        ("Were they both lazy?", 'query(lazy("tom", 1) and lazy("bob", 1))'),
        ("Was anyone lazy?", 'query(any([lazy(x, 1) for x in players if x in ["tom", "bob"]]))'),
        ("Who was lazy?", 'query([x for x in players if lazy(x, 1) and x in ["tom", "bob"]])'),
        ("Nobody was lazy.", 'condition(not any([lazy(x, 1) for x in players if x in ["tom", "bob"]]))'),
    ],
)
def test_a_past_state_is_of_the_match(say: str, wanted: str) -> None:
    assert readings("tugofwar", say, MET)[0] == wanted


def test_of_several_matches_each_may_be_meant() -> None:
    (which, *_) = readings("tugofwar", "Was anyone lazy?", MET, "Ann beat Eve.")
    first, second = '(x == "tom" or x == "bob") and lazy(x, 1)', '(x == "ann" or x == "eve") and lazy(x, 2)'
    assert which == f"query(any([{first} or {second} for x in players]))"


@pytest.mark.parametrize(
    ("world", "say", "told", "why"),
    [
        ("tugofwar", "Was anyone else lazy?", (MET,), "nobody else took part"),
        ("tugofwar", "Is anybody else lazy in the first match?", (MET,), "nobody else took part"),
        ("tugofwar", "Was Tom lazy in both matches?", (MET,), "said of two, and 1"),
        ("tugofwar", "Both players are strong.", (MET, "Ann beat Bob."), "said of two, and there are 3"),
        ("tugofwar", "Most of the players Ann beat were lazy.", (), "first who met whom"),
        ("clinic", "Should Ann be vaccinated?", (), "asks what is best"),
        ("collisions", "Is the blue object moving now?", (), "“now”"),
    ],
)
def test_what_does_not_fit_what_was_told_is_refused(world: str, say: str, told: tuple[str, ...], why: str) -> None:
    with pytest.raises(PlotError) as caught:
        readings(world, say, *told)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("world", "say", "wanted"),
    [
        ("tugofwar", "Tom is as strong as Sue.", 'observe(normal(strength("tom"), 1), strength("sue"))'),
        ("tugofwar", "Is Tom as strong as Sue?", 'query(abs(strength("tom") - strength("sue")) <= 1)'),
        ("tugofwar", "Tom is not as strong as Sue.", 'condition(strength("tom") < strength("sue"))'),
        ("tugofwar", "Tom is at least as strong as Sue.", 'condition(strength("tom") >= strength("sue"))'),
        ("tugofwar", "Who is as strong as Tom?",
         'query([x for x in players if strength(x) >= strength("tom") and x != "tom"])'),
        ("tugofwar", "Tom is not stronger than Sue and Bob.",
         'condition(not (strength("tom") > strength("sue") or strength("tom") > strength("bob")))'),
        ("kinship", "Tom is not married to Ann and Eve.",
         'condition(not (partner(person("tom"), person("ann")) or partner(person("tom"), person("eve"))))'),
        ("olympics", "Every athlete lost the biathlon to Kay.",
         f'condition(all([{KAY.format(1)} for x in athletes if x != "kay"]))'),
    ],
)  # fmt: skip
def test_what_is_meant_first(world: str, say: str, wanted: str) -> None:
    assert readings(world, say)[0] == wanted


def test_each_may_have_lost_another_event() -> None:
    world, say = "olympics", "Every athlete lost the biathlon to Kay."
    assert "for i, x in enumerate(athletes)" in readings(world, say)[1]
    assert readings(world, "Every athlete lost a biathlon to Kay.") == readings(world, say)[1:]


EVENTS = (
    "It rains with probability 0.3.",
    "If it rains, the match is cancelled 80% of the time.",
    "The alarm goes off in one case out of ten.",
)


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        ("It is raining.", 'condition(happens("rain"))'),
        ("It did not rain.", 'condition(not happens("rain"))'),
        ("Will it rain?", 'query(happens("rain"))'),
        ("The match was cancelled.", 'condition(happens("match_cancelled"))'),
        ("Did the alarm go off?", 'query(happens("alarm_goes_off"))'),
        ("Is it raining if the match is cancelled?", 'condition(happens("match_cancelled"))\nquery(happens("rain"))'),
    ],
)
def test_events_may_be_said_in_clauses(say: str, wanted: str) -> None:
    assert readings("bayesnet", say, *EVENTS)[0] == wanted


@pytest.mark.parametrize("say", ["Alarms ring.", "It snows.", "The pump failed.", "Smokers die with probability 0.3."])
def test_a_clause_that_defines_no_event_is_refused(say: str) -> None:
    with pytest.raises(PlotError):
        readings("bayesnet", say, *EVENTS)
