"""The conversation of `plot chat`: lines that tell, ask or suppose something, and commands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from plot._lazy import late
from plot.errors import PlotError
from plot.text import visible
from plot.translate.assemble import assemble
from plot.translate.english.vocabulary import of_lexicon
from plot.translate.grammar import split_sentences
from plot.ways.session import Session, SessionStart, begun, last_file, resumed
from plot.ways.transcript import read

if TYPE_CHECKING:
    from plot.causes import drawing, graph, of_world
else:
    drawing = late("plot.causes.drawing")
    graph = late("plot.causes.graph")
    of_world = late("plot.causes.of_world")


@dataclass(frozen=True, slots=True)
class ChatContext:
    """What a chat needs of the command that runs it.

    Attributes:
        console: Where it writes.
        start: Makes a conversation about a world.
        working: What surrounds an inference, such as a progress bar.
        models: The names of the language models that translate.
        complain: Shows an error.
    """

    console: Console
    start: SessionStart
    working: Callable[[], AbstractContextManager[None]]
    models: tuple[str, ...]
    complain: Callable[[PlotError], None]


class Chat:
    """A conversation line by line.

    Args:
        session: The conversation with its transcript.
        context: What it needs of the command that runs it.
    """

    def __init__(self, session: Session, context: ChatContext) -> None:
        self.session = session
        self.context = context
        self.failed = 0
        self._words: tuple[str, ...] | None = None

    @property
    def prompt(self) -> str:
        """What stands before a line that is typed."""
        name = self.session.talk.world.name
        return f"{visible(name)}{' (supposing)' if self.session.supposing else ''}> "

    def completions(self) -> tuple[str, ...]:
        """Return the words of the world, the names that were mentioned, and the commands."""
        if self._words is None:
            phrases = of_lexicon(self.session.talk.world.lexicon).phrases
            self._words = tuple(sorted({word for phrase in phrases for word in phrase if word.isalpha()}))
        names = tuple(name.replace("_", " ").title() for name in self.session.talk.names)
        return (*names, *self._words, *(f"/{name}" for name in COMMANDS))

    def lines(self, typed: Iterator[str]) -> None:
        """Take lines until there are none, or one is /quit. Ctrl-C ends an inference, not the conversation."""
        for line in typed:
            try:
                if not self.line(line):
                    return
            except KeyboardInterrupt:
                self.failed += 1
                self.say("interrupted")
            except PlotError as error:
                self.failed += 1
                self.context.complain(error)
            self.tell_notes()

    def tell_notes(self) -> None:
        """Tell what is to be known of the transcript."""
        for note in self.session.take_notes():
            self.say(f"note: {note}")

    def line(self, typed: str) -> bool:
        """Do what a line says; return whether the conversation goes on. Raises PlotError where it can't be done."""
        said = typed.strip()
        if not said or said.startswith("#"):
            return True
        if not said.startswith("/"):
            self._utterance(said)
            return True
        name, _, rest = said[1:].partition(" ")
        if name in ("quit", "exit"):
            return False
        command = COMMANDS.get(name)
        if command is None:
            raise PlotError(f"there is no command /{name}", hint="/help lists them")
        command.run(self, rest.strip())
        return True

    def say(self, text: str) -> None:
        """Write a text."""
        self.context.console.print(Text(visible(text)), soft_wrap=True)

    def _utterance(self, said: str) -> None:
        sentences = split_sentences(said)
        if any(one.rstrip().endswith("?") for one in sentences[:-1]):
            raise PlotError("a line has one question, at its end", hint="put each question on a line of its own")
        if said.endswith("?") or any(told.act == "question" for told in self.session.talk.translate(said)):
            self.ask(said)
        else:
            self._tell(said)

    def ask(self, text: str) -> None:
        """Answer a question."""
        with self.context.working():
            answer = self.session.ask(text)
        answer.show(self.context.console)

    def _tell(self, text: str) -> None:
        for line in self.session.tell(text):
            self.say(line)

    # -- commands ------------------------------------------------------------------------------------------

    def _suppose(self, rest: str) -> None:
        for line in self.session.tell(_needed(rest, "/suppose Tom is lazy."), "suppose"):
            self.say(f"{line} (until /undo)")

    def _revise(self, rest: str) -> None:
        for line in self.session.tell(_needed(rest, "/revise Kids are a third as strong."), "revise"):
            self.say(line)

    def _why(self, rest: str) -> None:
        last = self.session.answer
        if not rest and last is not None and last.kind != "boolean":
            raise PlotError("reasons are given for what is so or not so", hint="/why Is Tom stronger than John?")
        asked = _needed(rest or (last.question if last is not None else ""), "/why Is Tom stronger than John?")
        said = asked if asked.casefold().startswith("why ") else f"Why {asked[0].lower()}{asked[1:]}"
        self.ask(said if said.endswith("?") else f"{said.rstrip('.')}?")

    def _undo(self, _: str) -> None:
        for told in self.session.undo():
            self.say(f"taken back: {told.say}")

    def _facts(self, _: str) -> None:
        for told in self.session.talk.told:
            self.say(f"{told.say}  [{' | '.join(reading.words for reading in told.readings)}]")
        if not self.session.talk.told:
            self.say("nothing has been told")

    def _code(self, rest: str) -> None:
        last = self.session.answer.question if self.session.answer is not None else None
        self.say(self.session.program(rest or last).rstrip())

    def _graph(self, rest: str) -> None:
        talk = self.session.talk
        problem = assemble(talk.discourse).problem()
        told = [statement for part in problem.evidence for statement in part.program.body]
        budget = talk.goal.started().budget
        program = of_world.with_variables(problem.setting, told, talk.names, budget)
        found = graph.causal_graph(program, budget, talk.goal.seed)
        if rest:
            drawing.draw(found, rest, title=talk.world.name)
            self.say(f"picture: {rest}")
        else:
            self.say(drawing.as_text(found))

    def _render(self, rest: str) -> None:
        if self.session.answer is None:
            raise PlotError("there is no answer to draw", hint="ask something first")
        drawn = self.session.answer.render(_path(rest, "/render out.png"))
        self.say(f"picture: {drawn.path}")

    def _save(self, rest: str) -> None:
        path = _path(rest, "/save talk.md")
        self.session.save(path)
        self.say(f"saved: {path}")

    def _load(self, rest: str) -> None:
        transcript = read(_path(rest, "/load talk.md"))
        self._switch(lambda files: resumed(transcript, self.context.start, files))

    def _world(self, rest: str) -> None:
        if not rest:
            world = self.session.talk.world
            self.say(f"{world.name}: {world.description}")
            return
        self._switch(lambda files: begun(rest, self.session.transcript.facts, self.context.start, files))

    def _switch(self, start: Callable[[Sequence[Path]], Session]) -> None:
        """Begin another conversation; files of the user's keep the one that was theirs."""
        before = self.session.files
        self.session, self._words = start([file for file in before if file == last_file()]), None
        for file in before:
            if file not in self.session.files:
                self.say(f"{file} keeps the conversation before; /save keeps this one")
        self.session.keep()
        self.tell_notes()
        self.say(f"{self.session.talk.world.name}: {len(self.session.talk.told)} told")

    def _model(self, _: str) -> None:
        names = self.context.models
        self.say(f"translated by the grammar, then {', '.join(names)}" if names else "translated by the grammar")

    def _help(self, _: str) -> None:
        self.say("A statement is told; a question, which ends in ?, is answered. What begins with # is passed over.")
        for name, command in COMMANDS.items():
            self.say(f"  /{name} {command.form}".ljust(22) + command.help)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the conversation, with the form of its argument."""

    run: Callable[[Chat, str], None]
    form: str
    help: str


COMMANDS = {
    "suppose": Command(Chat._suppose, "TEXT", "let something hold until /undo"),
    "revise": Command(Chat._revise, "TEXT", "tell knowledge that replaces what it contradicts"),
    "why": Command(Chat._why, "[QUESTION]", "give the reasons of an answer, by default the last one"),
    "undo": Command(Chat._undo, "", "take back what was told or supposed last"),
    "facts": Command(Chat._facts, "", "list what was told, and what it was understood as"),
    "code": Command(Chat._code, "[QUESTION]", "show the whole program, with the last question"),
    "graph": Command(Chat._graph, "[FILE]", "show the causal graph, or draw it"),
    "render": Command(Chat._render, "FILE", "draw the last answer"),
    "save": Command(Chat._save, "FILE", "write the transcript, or the world to a .yaml file"),
    "load": Command(Chat._load, "FILE", "go on with a transcript"),
    "world": Command(Chat._world, "[WORLD]", "describe the world, or begin with another one"),
    "model": Command(Chat._model, "", "say who translates"),
    "help": Command(Chat._help, "", "show this"),
    "quit": Command(Chat._help, "", "end the conversation; so does Ctrl-D"),
}


def _needed(rest: str, example: str) -> str:
    if not rest:
        raise PlotError("something is missing after the command", hint=f"for example: {example}")
    return rest


def _path(rest: str, example: str) -> Path:
    return Path(os.path.expanduser(_needed(rest, example)))  # noqa: PTH111 - of a user who does not exist, as it is


__all__ = ["COMMANDS", "Chat", "ChatContext"]
