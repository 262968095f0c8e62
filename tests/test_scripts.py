"""Names that are not what they look like are told of, and names of any one script are not."""

from __future__ import annotations

import json
import unicodedata

import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.conversation import World
from plot.program import run_program
from plot.scripts import deceptive, scripts_of, skeleton

CYRILLIC_O, GREEK_O = "\u043e", "\u03bf"
TOLD = {
    f"T{CYRILLIC_O}m": "LATIN and CYRILLIC",
    f"T{GREEK_O}m": "LATIN and GREEK",
    "\u0422om": "CYRILLIC CAPITAL LETTER TE",
    "\uff34om": "FULLWIDTH",
    "\uff34\uff4f\uff4d": "not written in plain letters",
    "\U0001d413\U0001d428\U0001d426": "MATHEMATICAL",
    "\ufb01ona": "LIGATURE",
    f"Mary-J{CYRILLIC_O}": "CYRILLIC",
    "Ann\u0531": "ARMENIAN",
    "Sue\u30a2": "KATAKANA",
}
FINE = [
    "Tom",
    "Zoë",
    "José",
    "Ångström",
    "O'Brien",
    "Иван",
    "Ελένη",
    "김철수",
    "東京タワー",
    "ラーメン",
    "דוד",
    "محمد",
    "Nguyễn",
]


@pytest.mark.parametrize("name", TOLD)
def test_mixed_names_are_told_of(name: str) -> None:
    (line,) = deceptive([f"{name} beat Ann."])
    assert line.startswith(f"“{name}”") and TOLD[name] in line


@pytest.mark.parametrize("name", FINE)
def test_names_of_one_script_are_fine(name: str) -> None:
    assert deceptive([f"{name} beat {name}."]) == deceptive([unicodedata.normalize("NFD", name)]) == []


def test_one_word_in_two_ways_of_encoding_is_told_of() -> None:
    assert len(deceptive(["Zo\u00eb beat Zoe\u0308."])) == 2


def test_a_whole_word_that_looks_like_another_one_is_told_of() -> None:
    (line,) = deceptive(["Cop beat John.", "Is \u0421\u043e\u0440 strong?"])
    assert "looks like “Cop”" in line
    assert skeleton("\u0421\u043e\u0440") == "Cop" and scripts_of("\u0421\u043e\u0440") == ("CYRILLIC",)


def test_the_answer_tells_of_it() -> None:
    talk = World.load("tugofwar").conversation(facts=False)
    talk.tell("Tom beat John.")
    answer = talk.ask(f"Is T{CYRILLIC_O}m stronger than John?")
    assert any("looks like “Tom”" in warning for warning in answer.warnings)
    assert not talk.ask("Is Tom stronger than John?").warnings


def test_a_programs_outcomes_too() -> None:
    (answer,) = run_program(f'query(choice(["Tom", "T{CYRILLIC_O}m"]))')
    assert any("looks like “Tom”" in warning for warning in answer.warnings)


def test_translations_are_shown_with_it() -> None:
    args = ["translate", "tugofwar", f"T{GREEK_O}m beat John."]
    result = CliRunner().invoke(main, args, catch_exceptions=False)
    assert result.exit_code == 0 and "GREEK" in result.stderr
    found = json.loads(CliRunner().invoke(main, [*args, "--json"], catch_exceptions=False).stdout)
    assert "GREEK" in found["warnings"][0]
