"""Transcripts of conversations: Markdown that people read, and data that is replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from plot.errors import PlotError
from plot.files import FORMAT, check_format, read_text
from plot.language import parse as parse_code
from plot.text import clean
from plot.translate.base import Act, Discourse, Reading, Told
from plot.translate.stages import NothingKnownError
from plot.worldfile.marked import read as read_yaml

What = Literal["tell", "revise", "suppose", "ask", "undo"]
FENCE, READINGS = "---", "```json readings"
GRAMMAR = "grammar"  # its readings are not written down: it reads the words again
MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of a conversation.

    Attributes:
        what: `tell`, `revise`, `suppose`, `ask` or `undo`.
        say: What was said; empty for `undo`.
        shown: What was answered, line by line.
        told: The sentences that the grammar alone did not read, with their readings, by their number in the entry.
        line: The line of the file where it stands, 0 where it was never read.
    """

    what: What
    say: str = ""
    shown: tuple[str, ...] = ()
    told: Mapping[int, Told] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation as it is written down.

    Attributes:
        world: The name or the path of its world.
        facts: Whether the facts of the world's file were told first.
        entries: What was said, in order.
        name: The file, which errors name.
    """

    world: str
    facts: bool = True
    entries: tuple[Turn, ...] = ()
    name: str = "transcript"

    def with_entry(self, entry: Turn) -> Transcript:
        """Return the transcript with one more entry."""
        return replace(self, entries=(*self.entries, entry))

    @property
    def text(self) -> str:
        """The transcript as Markdown."""
        world = self.world.encode("unicode_escape").decode("ascii").replace('"', '\\"')
        head = [f"format: {FORMAT}", f'world: "{world}"', f"facts: {json.dumps(self.facts)}"]
        lines = [FENCE, *head, FENCE, "", f"# A conversation about {clean(self.world)}"]
        for entry in self.entries:
            lines += ["", f"## {entry.what}", *([""] if entry.say else []), *([f"> {entry.say}"] if entry.say else [])]
            if entry.told:
                lines += ["", READINGS, *(json.dumps(_data(*one)) for one in entry.told.items()), "```"]
            lines += ["", *(f"    {line}".rstrip() for line in entry.shown)] if entry.shown else []
        return "\n".join(lines) + "\n"


def read(path: str | Path) -> Transcript:
    """Return the transcript in a file.

    Args:
        path: The file, `-` for the standard input.

    Raises:
        PlotError: It can't be read, or is no transcript.
    """
    return parsed(read_text(path, "a transcript", MOST_BYTES), str(path))


def parsed(text: str, name: str = "transcript") -> Transcript:
    """Return the transcript that a text is; nothing of it is run.

    Args:
        text: The Markdown.
        name: What errors call it.

    Raises:
        PlotError: It is no transcript, or one of a newer format.
    """
    lines = text.splitlines()
    if not lines or lines[0].strip() != FENCE or FENCE not in lines[1:]:
        hint = "a transcript begins with --- and keys such as format: and world:"
        raise PlotError(f"'{clean(name)}' is no transcript of a conversation", hint=hint)
    end = lines.index(FENCE, 1)
    head = read_yaml("\n".join(["", *lines[1:end]]), name)
    if not isinstance(head.value, dict):
        raise PlotError("a transcript begins with keys such as world:", span=head.span)
    check_format(head.at(("format",)).plain if "format" in head.value else None, "transcript", span=head.span)
    known = cast("Mapping[str, Any]", head.plain)
    world, facts = known.get("world"), known.get("facts", True)
    if not isinstance(world, str) or not isinstance(facts, bool):
        raise PlotError(
            "a transcript names its world, and says whether facts were told",
            span=head.span,
            hint="world: tugofwar and facts: true",
        )
    return Transcript(world, facts, tuple(_entries(lines, end + 1, name)), name)


def _entries(lines: Sequence[str], start: int, name: str) -> Iterator[Turn]:
    """Yield the entries below the keys."""
    heads = [number for number in range(start, len(lines)) if lines[number].startswith("## ")]
    for head, end in zip(heads, [*heads[1:], len(lines)], strict=False):
        what = lines[head].removeprefix("## ").strip()
        where = f"{name}, line {head + 1}"
        if what not in get_args(What):
            raise PlotError(
                f"“{clean(what)}” is nothing that is done in a conversation",
                where=where,
                hint=f"a heading is one of {', '.join(get_args(What))}",
            )
        inside = lines[head + 1 : end]
        said = " ".join(line[1:].strip() for line in inside if line.startswith(">")).strip()
        if not said and what != "undo":
            raise PlotError(f"there is nothing to {what}", where=where, hint="write it below, after > ")
        shown = tuple(line.removeprefix("    ") for line in inside if line.startswith("    "))
        yield Turn(cast("What", what), said, shown, dict(_readings(inside, where)), head + 1)


def _readings(inside: Sequence[str], where: str) -> Iterator[tuple[int, Told]]:
    """Yield the sentences with readings in the fenced block of an entry, by their numbers."""
    if READINGS not in inside:
        return
    for line in inside[inside.index(READINGS) + 1 :]:
        if line.startswith("```"):
            return
        try:
            yield _told(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            raise PlotError(
                f"these readings can't be read: {clean(str(error))}",
                where=where,
                hint="leave the block out, and the words are read again",
            ) from None


def _data(number: int, told: Told) -> dict[str, Any]:
    """Return a sentence with its number and its readings as plain data."""
    readings = [
        {
            "code": reading.code,
            "weight": reading.weight,
            "translator": reading.translator,
            "paraphrase": reading.paraphrase,
            "names": list(reading.names),
            "events": reading.events,
            "ignored": list(reading.ignored),
            "assumed": list(reading.assumed),
        }
        for reading in told.readings
    ]
    return {"sentence": number, "say": told.say, "act": told.act, "readings": readings}


def _told(data: Mapping[str, Any]) -> tuple[int, Told]:
    """Return a sentence with its number and readings. Raises ValueError, TypeError or KeyError for other data."""
    act, number, say = data["act"], data["sentence"], data["say"]
    if act not in get_args(Act) or not isinstance(number, int) or not isinstance(say, str) or not data["readings"]:
        raise ValueError("a sentence has say, act and readings")
    found = []
    for one in data["readings"]:
        texts, weight, events = (one["code"], one["translator"]), one["weight"], one["events"]
        lists = [tuple(one[key]) for key in ("names", "ignored", "assumed")]
        texts += tuple(text for listed in lists for text in listed)
        if not all(isinstance(text, str) for text in texts) or not isinstance(one["paraphrase"], (str, type(None))):
            raise TypeError("a reading has code, translator and names as texts")
        if isinstance(events, bool) or not isinstance(events, int) or not 0 <= events < 1_000 or not 0 < weight <= 1:
            raise ValueError("a reading has a weight up to 1, and a number of events")
        names, ignored, assumed = lists
        parse_code(one["code"], "reading")
        found.append(
            Reading(
                act,
                one["code"],
                float(weight),
                one["translator"],
                one["paraphrase"],
                names,
                events,
                ignored=ignored,
                assumed=assumed,
            )
        )
    return number, Told(say, act, tuple(found))


def worth_keeping(said: Sequence[Told]) -> dict[int, Told]:
    """Return the sentences that the grammar alone would not read in the same way, by their numbers."""
    others = [any(reading.translator != GRAMMAR for reading in told.readings) for told in said]
    return {number: told for number, told in enumerate(said) if others[number]}


@dataclass(slots=True)
class RecordedReadings:
    """A translator that has the readings of a transcript, each for its sentence at its place in the conversation.

    They are checked as those of any translator are.
    """

    known: dict[tuple[int, str], tuple[Reading, ...]] = field(default_factory=dict)
    name: str = "transcript"

    def expect(self, begin: int, told: Mapping[int, Told]) -> None:
        """Know the readings of sentences, by their numbers after the first `begin` of the conversation."""
        self.known |= {(begin + number, one.say): one.readings for number, one in told.items()}

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings that were written down for a sentence at this place."""
        found = self.known.get((len(discourse.told), utterance))
        if found is None:
            raise NothingKnownError(f"the transcript has no reading of “{clean(utterance)}”")
        return found


__all__ = ["RecordedReadings", "Transcript", "Turn", "parsed", "read", "worth_keeping"]
