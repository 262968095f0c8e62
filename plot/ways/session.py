"""A conversation that is written down as it goes on, and goes on from what was written down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from plot.answers import Answer
from plot.conversation import Conversation
from plot.errors import PlotError
from plot.files import write_text
from plot.llm.store import cache_folder
from plot.text import clean
from plot.translate.base import Told
from plot.ways.transcript import RecordedReadings, Transcript, Turn, What, worth_keeping
from plot.worldfile.places import SUFFIXES, builtin_worlds

LAST = "conversation.md"


class SessionStart(Protocol):
    """What makes a new conversation about a world."""

    def __call__(self, world: str, facts: bool, recorded: RecordedReadings) -> Conversation:
        """Return a conversation whose translators know the `recorded` readings first."""
        ...


def last_file() -> Path:
    """Return the file of the user's last conversation, which `plot ask -c` goes on with."""
    return cache_folder() / LAST


class Session:
    """A conversation with its transcript.

    Args:
        talk: The conversation, in which nothing but facts was told.
        transcript: Its transcript so far, without entries.
        files: The files in which the transcript is kept, as it grows.
    """

    def __init__(self, talk: Conversation, transcript: Transcript, files: Sequence[Path] = ()) -> None:
        self.talk = talk
        self.transcript = transcript
        self.files = tuple(files)
        self.answer: Answer | None = None
        self.notes: list[str] = []
        self._as_left = {file: _state(file) for file in self.files}
        self._supposed: tuple[bool, ...] = ()  # of what can be undone, whether it is a supposition

    @property
    def supposing(self) -> bool:
        """Whether something is supposed."""
        return any(self._supposed)

    def tell(self, text: str, what: What = "tell") -> tuple[str, ...]:
        """Tell or suppose something, and return what it was understood as, line by line."""
        said = self.talk.tell(text, revise=what == "revise")
        self._supposed = (*self._supposed, what == "suppose")
        shown = _understood(said)
        self._write(Turn(what, clean(text), shown, worth_keeping(said)))
        return (*shown, *map(str, self.talk.shifts()))

    def ask(self, text: str, *, readings: bool = False) -> Answer:
        """Answer a question, and write it down."""
        self.answer = self.talk.ask(text, readings=readings)
        self._write(Turn("ask", clean(text), tuple(str(self.answer).splitlines())))
        return self.answer

    def program(self, question: str | None = None) -> str:
        """Return the whole program as text, with a question if there is one."""
        return self.talk.program(question)

    def take_notes(self) -> list[str]:
        """Return what is to be told of the transcript, each once."""
        notes, self.notes = self.notes, []
        return notes

    def undo(self) -> tuple[Told, ...]:
        """Take back what was told or supposed last, and return it."""
        gone = self.talk.undo()
        self._supposed = self._supposed[:-1]
        self._write(Turn("undo", "", tuple(told.say for told in gone)))
        return gone

    def save(self, path: Path) -> None:
        """Write the transcript to a file, or the world to a YAML file. Raises PlotError where that can't be."""
        if path.suffix in SUFFIXES:
            write_text(path, self.talk.saved_world(path.stem))
            return
        write_text(path, self.transcript.text, private=True)

    def keep(self) -> None:
        """Write the transcript to the files in which it is kept; one that can't be written is noted once, and left.

        So is one of the user's that somebody else has changed since. The file of the last conversation is everybody's.
        """
        for file in self.files:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                if file != last_file() and self._as_left[file] != _state(file):
                    raise PlotError(f"'{file}' was changed by somebody else; /save keeps it elsewhere")
                self.save(file)
                self._as_left[file] = _state(file)
            except (OSError, PlotError) as error:
                said = error.message if isinstance(error, PlotError) else f"'{file.parent}' can't be made"
                self.notes.append(f"the transcript is not kept there: {said}")
                self.files = tuple(other for other in self.files if other != file)

    def _write(self, entry: Turn) -> None:
        self.transcript = self.transcript.with_entry(entry)
        self.keep()

    def _replay(self, entry: Turn, recorded: RecordedReadings) -> None:
        """Do again what an entry did to the conversation."""
        if entry.what == "undo":
            self.talk.undo()
            self._supposed = self._supposed[:-1]
        elif entry.what != "ask":
            recorded.expect(len(self.talk.told), entry.told)
            shown = _understood(self.talk.tell(entry.say, revise=entry.what == "revise"))
            self._supposed = (*self._supposed, entry.what == "suppose")
            if entry.shown and shown != entry.shown:
                self.notes.append(f"“{entry.say}” was understood otherwise before: {' '.join(entry.shown)}")


def _state(file: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file does; None where there is none, or a device."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if file.is_file() else None


def resumed(transcript: Transcript, start: SessionStart, files: Sequence[Path] = ()) -> Session:
    """Return a session that goes on from a transcript: what was told is told again, and no question asked again.

    Args:
        transcript: The transcript.
        start: Makes a conversation about its world.
        files: The files in which the transcript is kept.

    Raises:
        PlotError: Something in it can't be told any more, with its line.
    """
    recorded = RecordedReadings()
    session = Session(start(transcript.world, transcript.facts, recorded), transcript, files)
    for entry in transcript.entries:
        try:
            session._replay(entry, recorded)
        except PlotError as error:
            where = f"{transcript.name}, line {entry.line}"
            raise PlotError(error.message, hint=error.hint, span=error.span, where=where) from error
    return session


def begun(world: str, facts: bool, start: SessionStart, files: Sequence[Path] = ()) -> Session:
    """Return a new session about a world, a built-in one by its name or that of a file."""
    place = world if world in builtin_worlds() else str(Path(world).absolute())
    return Session(start(world, facts, RecordedReadings()), Transcript(place, facts), files)


def _understood(said: Sequence[Told]) -> tuple[str, ...]:
    """Return what sentences were understood as, a line for each reading."""
    lines = []
    for told in said:
        for reading in told.readings:
            share = f"{reading.weight:.0%} " if len(told.readings) > 1 else ""
            lines.append(f"understood as: {share}{clean(reading.words)}")
    return tuple(lines)


__all__ = ["LAST", "Session", "SessionStart", "begun", "last_file", "resumed"]
