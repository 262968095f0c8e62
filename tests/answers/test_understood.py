"""What answers show of what was understood: in words, in code on request, and in a translator's own words."""

from __future__ import annotations

import io

from click.testing import CliRunner
from rich.console import Console

from plot import World
from plot.answers import Answer
from plot.cli import main
from plot.translate.base import Discourse, Reading

WORLD = World.load("clinic")
ILL = 'query(not healthy("ann"))\n'


class Says:
    """A translator that reads anything as one question, which it also puts in its own words."""

    name = "scripted"

    def __init__(self, code: str, own: str | None) -> None:
        self.code, self.own = code, own

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        return (Reading("question", self.code, 1.0, self.name, self.own, names=("ann",)),)


def asked(code: str, own: str | None) -> Answer:
    return WORLD.conversation(facts=False, translators=(Says(code, own),)).ask("How is Ann?")


def text_of(answer: Answer) -> str:
    return " ".join(str(answer).split())


def test_a_translators_own_words_are_shown_where_they_differ() -> None:
    answer = asked(ILL, "Is Ann unwell today?")
    assert "understood as: Is Ann ill? in the translator's words: Is Ann unwell today?" in text_of(answer)
    assert answer.utterances[-1].readings[0].own_words == "Is Ann unwell today?"


def test_the_same_words_are_not_said_twice() -> None:
    answer = asked(ILL, "is ann ill")
    assert "in the translator's words" not in text_of(answer)
    assert answer.utterances[-1].readings[0].own_words is None


def test_a_literal_rendering_is_marked() -> None:
    answer = asked("query(2 ** 3 > 7)\n", None)
    assert answer.understood_as == "What is `2 ** 3` is greater than 7? (literally)"
    assert answer.utterances[-1].readings[0].literal


def test_all_that_was_told_is_shown_in_words_and_code_on_request() -> None:
    talk = WORLD.conversation(facts=False)
    talk.tell("Ann has a fever. She got the vaccine.")
    answer = talk.ask("Is she ill?")
    text = text_of(answer)
    assert "understood as: Is Ann ill?" in text
    assert "told, understood as: Ann is feverish. Ann is vaccinated." in text
    assert "condition(" not in text
    stream = io.StringIO()
    answer.show(Console(file=stream, width=88, color_system=None), code=True)
    assert 'condition(vaccinated("ann"))' in stream.getvalue()
    assert ILL.strip() in stream.getvalue()


def test_many_facts_are_counted() -> None:
    talk = WORLD.conversation(facts=False)
    for name in ("Ann", "Bob", "Tom", "Sue", "Kim", "Lio", "Max"):
        talk.tell(f"{name} is vaccinated. {name} has a fever.")
    assert "… and 2 more" in text_of(talk.ask("Is Ann ill?"))


def test_the_command_shows_code_on_request() -> None:
    command = ["ask", "clinic", "Is Ann ill?", "--no-facts"]
    assert "query(" not in CliRunner().invoke(main, command).output
    assert ILL.strip() in CliRunner().invoke(main, [*command, "--show-code"]).output
