"""Worlds with a model only: they are told and asked in the words that their names give."""

from __future__ import annotations

from pathlib import Path

import pytest

from plot.building.words import sayable_words
from plot.conversation import World
from plot.language import parse, show
from plot.worldfile.marked import read

FILE = Path(__file__).with_name("model_only.yaml")
WORLDS = {item["name"]: item for item in read(FILE.read_text(encoding="utf-8"), FILE.name).plain}


@pytest.mark.parametrize("name", WORLDS)
def test_a_model_alone_is_told_and_asked(name: str) -> None:
    world = World.of_model(WORLDS[name]["model"], "model")
    talk = world.conversation()
    for said, code in WORLDS[name]["say"].items():
        told = talk.translate(said)[-1]
        assert told.readings[0].code.strip() == show(parse(code)).strip(), said
        if told.act != "question":
            talk.add(told)


@pytest.mark.parametrize("name", [*WORLDS][5::5])
def test_each_derived_word_has_an_example_that_is_read(name: str) -> None:
    words = sayable_words(World.of_model(WORLDS[name]["model"], "model"))
    assert words
    assert [one.word for one in words if not one.example] == []
