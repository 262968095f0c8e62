"""docs/ambiguity.md: ten sentences, each with the readings that the grammar gives it, in words and with weights."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plot import World
from plot.translate.grammar import split_sentences

PAGE = Path(__file__).parents[2] / "docs" / "ambiguity.md"
SECTION = re.compile(
    r"^## \d+\. (?P<say>.+)\n\nWorld: `(?P<world>\w+)`\.(?: Told before: (?P<told>.+))?\n"
    r"\n.+\n\n(?P<readings>(?:- .+\n)+)",
    re.MULTILINE,
)
SECTIONS = [found.groupdict() for found in SECTION.finditer(PAGE.read_text(encoding="utf-8"))]


def test_there_are_ten_sentences_of_several_readings() -> None:
    assert len(SECTIONS) == 10
    assert all(section["readings"].count("\n") > 1 for section in SECTIONS)


@pytest.mark.parametrize("section", SECTIONS, ids=[section["say"] for section in SECTIONS])
def test_the_readings_are_those_of_the_page(section: dict[str, str | None]) -> None:
    talk = World.load(str(section["world"])).conversation(facts=False)
    for told in split_sentences(section["told"] or ""):
        talk.tell(told)
    (asked,) = talk.translate(str(section["say"]))
    total = sum(reading.weight for reading in asked.readings)
    found = [f"- {reading.weight / total:.0%}: {reading.understood}" for reading in asked.readings]
    assert "\n".join(found) == str(section["readings"]).strip()
