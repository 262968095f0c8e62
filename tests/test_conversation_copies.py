"""Conversations can be copied, taken back, and asked from an event loop, and then are what they would be anyway."""

from __future__ import annotations

import asyncio

import pytest

from plot import PlotError, World
from plot.conversation import Conversation
from plot.inference import Goal
from tests.support.tolerances import agrees

GOAL = Goal(precision=0.05)
QUESTION = "Is Tom stronger than John?"


def talk_of(*told: str, facts: bool = False) -> Conversation:
    talk = World.load("tugofwar").conversation(facts=facts, goal=GOAL)
    for text in told:
        talk.tell(text)
    return talk


@pytest.mark.parametrize("asked_before", [False, True])
def test_what_was_undone_was_never_told(asked_before: bool) -> None:
    talk = talk_of("Tom beat John.")
    if asked_before:
        talk.ask(QUESTION)
    talk.tell("John beat Ann. Ann beat Sue.")
    if asked_before:
        talk.ask(QUESTION)
    assert [told.say for told in talk.undo()] == ["John beat Ann.", "Ann beat Sue."]
    fresh = talk_of("Tom beat John.")
    assert talk.discourse == fresh.discourse and talk.program() == fresh.program()
    found, expected = talk.ask(QUESTION), fresh.ask(QUESTION)
    assert (found.probability, found.ess) == (expected.probability, expected.ess)
    talk.undo()
    assert talk.names == () and talk.told == ()
    with pytest.raises(PlotError, match="nothing to undo"):
        talk.undo()


def test_facts_of_the_world_are_not_undone_and_what_fails_changes_nothing() -> None:
    talk = talk_of(facts=True)
    with pytest.raises(PlotError):
        talk.tell("Tom beat Sue. Qwerty zxcv.")
    with pytest.raises(PlotError, match="nothing to undo"):
        talk.undo()


def test_copies_go_their_own_ways() -> None:
    talk = talk_of("Tom beat John.")
    talk.ask(QUESTION)
    other = talk.copy()
    assert other.ask(QUESTION) is talk.ask(QUESTION)
    other.tell("John beat Tom.")
    talk.tell("Tom beat John again.")
    for one, told in ((other, "John beat Tom."), (talk, "Tom beat John again.")):
        assert [said.say for said in one.told] == ["Tom beat John.", told]
        found, expected = one.ask(QUESTION), talk_of("Tom beat John.", told).ask(QUESTION)
        assert found.probability is not None and expected.probability is not None
        assert agrees(found.probability, expected.probability, found.mcse, expected.mcse)
    other.undo()
    assert other.discourse == talk_of("Tom beat John.").discourse


def test_an_event_loop_goes_on_while_questions_are_answered() -> None:
    talk = talk_of("Tom beat John.")

    async def asked() -> list[object]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        found = await asyncio.gather(talk.aask(QUESTION), talk.aask("How strong is Tom?"), return_exceptions=True)
        ticking.cancel()
        assert ticks > 1
        return list(found)

    yes, number = asyncio.run(asked())
    fresh = talk_of("Tom beat John.")
    assert yes.probability == fresh.ask(QUESTION).probability  # type: ignore[attr-defined]
    assert number.kind == "number"  # type: ignore[attr-defined]
    with pytest.raises(PlotError, match="a text is needed"):
        asyncio.run(talk.aask(3))  # type: ignore[arg-type]
