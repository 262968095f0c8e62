"""What a refusal suggests is read as it stands: over all worlds, whatever was said before."""

from __future__ import annotations

import re
from itertools import cycle

import pytest

from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.translate.grammar import Grammar
from plot.worldfile.places import builtin_worlds

SUGGESTED = re.compile(r"this would work: “([^”]*)”")
WORLDS = sorted(builtin_worlds())


def suggestion(talk: Conversation, text: str) -> str | None:
    """Return the sentence that a refusal suggests; None where it suggests none, or the sentence is read."""
    try:
        talk.translate(text)
    except PlotError as error:
        found = SUGGESTED.search(error.hint or "")
        return found[1] if found else None
    return None


def refused(world: World) -> list[str]:
    """Return sentences that may not be read: some of the world's own out of their place, or with a strange word."""
    own = [*(example.say for example in world.examples), *(test.ask for test in world.tests), *world.facts]
    spoilt = [f"{text.rstrip('.?!')} zorblingly{text[-1]}" for text in own[4::9]]
    return [*own[::9], *spoilt, "Is Tom a zorbler?", "Zorbling zorbles.", "Who zorbled whom?"]


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_suggested_is_read(name: str) -> None:
    world = World.load(name)
    fresh = world.conversation(facts=False, translators=(Grammar(),))
    told = world.conversation(facts=True, translators=(Grammar(),))
    suggested = 0
    for text, talk in zip(refused(world), cycle((fresh, told))):
        found = suggestion(talk, text)
        if found is not None:
            suggested += 1
            assert found != text
            assert talk.translate(found)
    assert suggested > 0


def test_a_sentence_is_not_suggested_in_its_own_place() -> None:
    talk = World.load("tugofwar").conversation()
    with pytest.raises(PlotError) as caught:
        talk.ask("Is Tom a champion?")
    assert "Is Tom a champion?" not in (caught.value.hint or "")
    found = SUGGESTED.search(caught.value.hint or "")
    assert found is not None and talk.translate(found[1])
