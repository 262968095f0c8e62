"""The translation memory: what was confirmed reads the next sentence of its shape, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.llm import Client
from plot.llm.store import Store
from plot.testing import ScriptedModel
from plot.translate.base import Reading, Told
from plot.translate.grammar import Grammar
from plot.translate.model import LanguageModel, Memory
from plot.translate.model.memory import generalised, tokens_of
from plot.translate.stages import Cascade
from tests.llm.helpers import entry, reply

pytestmark = pytest.mark.usefixtures("own_folders")
CODE = 'condition(won_against(["mary"], ["tom"], 1))'
TUG = World.load("tugofwar")


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(store=Store(), cache=False) as made:
        yield made


def talk(*stages: Any, told: tuple[str, ...] = ()) -> Conversation:
    found = TUG.conversation(facts=False, translators=(Cascade(tuple((stage,) for stage in stages)),))
    grammar = TUG.conversation(facts=False)
    for text in told:
        for one in grammar.tell(text):
            found.add(one)
    return found


def learn(client: Client, say: str, code: str, act: Any = "observation", told: tuple[str, ...] = ()) -> str | None:
    """Confirm a translation; return the shape that is remembered."""
    pattern = Memory(client).learn(say, Reading(act, code), talk(told=told).discourse)
    return pattern.shape if pattern is not None else None


def recall(client: Client, say: str, told: tuple[str, ...] = ()) -> str | None:
    """Return the code that memory gives, None where it knows nothing."""
    try:
        (found,) = Memory(client).translate(say, talk(told=told).discourse)
    except PlotError:
        return None
    return found.code.strip()


def test_names_are_slots(client: Client) -> None:
    assert learn(client, "Mary crushed poor Tom.", CODE) == "{n1} crushed poor {n2}"
    assert recall(client, "Ann crushed poor Bob!") == 'condition(won_against(["ann"], ["bob"], 1))'
    assert (
        recall(client, "tom crushed poor mary", ("Tom beat Mary.",)) == 'condition(won_against(["tom"], ["mary"], 2))'
    )
    assert recall(client, "Bob crushed poor Mary Ann.") == 'condition(won_against(["bob"], ["mary_ann"], 1))'
    assert client.store.meanings()[0].uses == 3 and client.usage.remembered == 3


@pytest.mark.parametrize(
    "say",
    [
        "Ann crushed Bob.",
        "Ann crushed poor Bob?",
        "Ann crushed poor.",
        "Yesterday Ann crushed poor Bob.",
        "Ann crushed poor Ann.",
        "Everyone crushed poor Bob.",
        "He crushed poor Bob.",
        "I crushed poor Bob.",
        "Who crushed poor Bob?",
        "Nobody crushed poor Bob.",
        "ann crushed poor bob.",
        "Players crushed poor Bob.",
        "Ann crushed poor 3.",
        "{n1} crushed poor {n2}.",
        "",
        "x" * 100_000,
    ],
)
def test_what_has_another_shape_or_is_no_name(say: str, client: Client) -> None:
    learn(client, "Mary crushed poor Tom.", CODE)
    assert recall(client, say) is None


def test_numbers_are_slots(client: Client) -> None:
    code = 'condition(strength("mary") > 70)'
    assert learn(client, "Mary lifts more than 70!", code) == "{n1} lifts more than {k2}"
    assert recall(client, "Ann lifts more than 45.5") == 'condition(strength("ann") > 45.5)'
    assert recall(client, "Ann lifts more than 45%") is None
    assert recall(client, "Ann lifts more than " + "9" * 5_000) is None
    assert recall(client, "Ann lifts more than many") is None


def test_a_number_that_is_not_in_the_code_is_a_word(client: Client) -> None:
    assert learn(client, "Mary lifts 2 tons.", 'condition(strength("mary") > 70)') == "{n1} lifts 2 tons"
    assert recall(client, "Ann lifts 3 tons.") is None
    twice = 'condition(strength("mary") / 2 > 2)'
    assert learn(client, "Half of Mary is above 2.", twice) == "half of {n1} is above 2", "which of them is it?"


def test_events_are_counted_anew(client: Client) -> None:
    two = 'condition(won_against(["mary"], ["tom"], 2) and won_against(["mary"], ["tom"], 3))'
    assert learn(client, "Mary whipped Tom twice.", two, told=("Tom beat Sue.",)) is not None
    said = ("Tom beat John.", "John beat Sue.", "Sue beat Tom.")
    found = recall(client, "Ann whipped Bob twice.", said)
    assert found == 'condition(won_against(["ann"], ["bob"], 4) and won_against(["ann"], ["bob"], 5))'
    assert recall(client, "Ann whipped Bob twice.") is not None


@pytest.mark.parametrize(
    ("say", "code"),
    [
        ("She crushed poor Tom.", CODE),
        ("Mary crushed him.", CODE),
        ("I crushed Tom, says Mary.", CODE),
        ("The winner crushed poor Tom.", CODE),
        ("Mary won the other match against Tom.", CODE),
        ("Mary was lazy then.", 'condition(lazy("mary", 1))'),
        ("", CODE),
        ("Mary crushed Tom " + "very " * 200, CODE),
    ],
)
def test_what_depends_on_what_was_said_is_not_remembered(say: str, code: str, client: Client) -> None:
    told = ("Tom beat Mary.",)
    assert learn(client, say, code, told=told) is None
    assert client.store.meanings() == []


def test_what_the_conversation_defined_is_not_remembered(client: Client) -> None:
    discourse = talk()
    definition = "def mighty(player):\n    return strength(player) > 70"
    discourse.add(Told("Mighty is above 70.", "knowledge", (Reading("knowledge", definition),)))
    assert (
        generalised("Tom is mighty.", Reading("observation", 'condition(mighty("tom"))'), discourse.discourse) is None
    )


def test_each_world_has_its_own(client: Client) -> None:
    learn(client, "Mary crushed poor Tom.", CODE)
    other = World.load("olympics").conversation(facts=False)
    with pytest.raises(PlotError):
        Memory(client).translate("Ann crushed poor Bob.", other.discourse)


def test_what_no_longer_fits_the_world_is_passed_over(client: Client) -> None:
    learn(client, "Mary crushed poor Tom.", CODE)
    (kept,) = client.store.meanings()
    for code in ('condition(gone("mary", "tom"))', "condition(", "condition(1 == 1)", 'query(strength("mary"))'):
        client.store.keep_meaning(kept.world, kept.shape, {**kept.meaning, "code": code})
        assert recall(client, "Ann crushed poor Bob.") is None or code.startswith("query")
    for meaning in ({}, {"code": 3}, {**kept.meaning, "slots": 3}, {**kept.meaning, "shape": None}):
        client.store.keep_meaning(kept.world, kept.shape, meaning)
        assert recall(client, "Ann crushed poor Bob.") is None


def test_forgetting(client: Client) -> None:
    learn(client, "Mary crushed poor Tom.", CODE)
    learn(client, "Mary whipped Tom.", CODE)
    assert Memory(client).forget("Ann lost.", talk().discourse) == 0
    assert Memory(client).forget("Ann crushed poor Bob.", talk().discourse) == 1
    assert [one.shape for one in client.store.meanings()] == ["{n1} whipped {n2}"]


# -- learning from models ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replies", "samples", "learned"),
    [
        ([reply(CODE)] * 2, 2, True),
        ([reply(CODE)] * 3, 3, True),
        ([reply(CODE)], 1, False),
        (
            [
                reply(CODE),
                reply(CODE),
                reply(CODE.replace('"mary"', '"x"').replace('"tom"', '"mary"').replace('"x"', '"tom"')),
            ],
            3,
            False,
        ),
        ([reply(CODE), reply(CODE, unsure=True)], 2, False),
        (
            [reply(CODE, alternatives=[{"code": 'condition(lazy("mary", 1))', "probability": 0.3, "paraphrase": ""}])]
            * 2,
            2,
            False,
        ),
    ],
    ids=["two", "three", "one alone", "a dissenter", "a doubt", "an alternative"],
)
def test_only_what_all_agree_on_is_learned(replies: list[Any], samples: int, learned: bool, client: Client) -> None:
    with ScriptedModel(replies) as server:
        memory = Memory(client)
        asked = entry(server, samples=samples, repairs=0)
        first = talk(Grammar(), memory, LanguageModel(asked, client, memory))
        first.tell("Mary crushed poor Tom.")
        assert bool(client.store.meanings()) == learned
        if learned:
            count = len(server.requests)
            (told,) = first.tell("Ann crushed poor Bob.")
            assert told.readings[0].translator == "memory"
            assert told.readings[0].code.strip() == 'condition(won_against(["ann"], ["bob"], 2))'
            assert len(server.requests) == count and client.usage.remembered == 1


def test_tokens() -> None:
    assert tokens_of("Ann’s team, “X”, scored 3.5!") == ["Ann", "'s", "team", ",", "“", "X", "”", ",", "scored", "3.5"]
    assert tokens_of("...") == []
