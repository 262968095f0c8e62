"""What a paraphrase is written in: the world's words, who and what is known, and which variables are bound."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from plot.language.syntax.nodes import Assign, Binary, Constant, Expr, FunctionDef, Name, NameTarget, walk
from plot.text import SOMEBODY
from plot.translate.base import Discourse
from plot.translate.english.matches import PER_LOOP
from plot.translate.english.paraphrase.patterns import Entries
from plot.translate.english.paraphrase.phrases import Clause, ordinal
from plot.translate.english.record import Meeting, meetings, program_of
from plot.translate.spelling import spelling
from plot.world.lexicon import Lexicon

NEW = "\x00"
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_NEW = re.compile(r" ?\x00(\d+)")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a piece of code stands.

    `variables` are bound by quantifiers around it, and `indices` count their rounds. `events` are the events that were
    told of before (`record`: who met whom), `new` those that this utterance introduces; `explicit`: these are called by
    their numbers. `asked` says whether it is a question. `presumed` are the lists of which it is taken for granted that
    there is something in them; `oneself` is the variable of a noun of relation that is being defined, *one's*. `groups`
    are the variables of teams, `defined` the functions of nouns that people defined. `clause` turns an expression into
    a clause. `figures` are those that the utterance states: they are said again, rather than a word for them.
    """

    lexicon: Lexicon
    said: str
    clause: Callable[[Scene, Expr], Clause]
    events: int = 0
    new: tuple[int, ...] = ()
    asked: bool = False
    groups: frozenset[str] = frozenset()
    defined: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()
    presumed: tuple[Expr, ...] = field(default=())
    record: tuple[Meeting, ...] = ()
    oneself: str | None = None
    explicit: bool = False
    figures: frozenset[float] = frozenset()

    @property
    def entries(self) -> Entries:
        """The lexicon's entries as patterns."""
        return Entries(self.lexicon)

    def spell(self, name: str) -> str:
        """Return how people write a name; events are no names of people."""
        if self.lexicon.rules is not None:
            return name.upper() if len(name) == 1 else name.replace("_", " ")
        return name if name == SOMEBODY else spelling(name, self.said)

    def word(self, name: str) -> str:
        """Return the noun that a function of the conversation defines, as it was written: *all-rounder*."""
        parts = name.removesuffix("_of").removeprefix("is_").split("_")
        found = re.search(r"(?<!\w)" + r"[\s-]+".join(map(re.escape, parts)) + r"(?!\w)", self.said.casefold())
        return found.group() if found is not None else " ".join(parts)

    def within(self, variable: str, index: str | None = None) -> Scene:
        """Return the scene in which one more variable is bound."""
        indices = self.indices if index is None else (*self.indices, index)
        return replace(self, variables=(*self.variables, variable), indices=indices)

    def moment(self, event: Expr) -> str | None:
        """Return the words for an event, a mark for one that is new; None for what is no number of an event."""
        if isinstance(event, Constant) and type(event.value) is int:
            number = event.value
            if not self.explicit and (number in self.new or (self.asked and number > self.events)):
                return f"{NEW}{number}"
            noun = self.entries.event()
            return None if noun is None else f"in the {ordinal(number)} {noun}"
        rounds = [node.id for node in walk(event) if isinstance(node, Name)]
        first = next((node.value for node in walk(event) if isinstance(node, Constant)), None)
        if not isinstance(event, Binary) or not set(rounds) <= set(self.indices) or not isinstance(first, int):
            return None
        return f"{NEW}{first // PER_LOOP ** len(rounds)}"

    def unmarked(self, text: str) -> str | None:
        """Return a text without the marks of new events; None where they are not the next ones, in their order."""
        found = [int(number) for number in _NEW.findall(text)]
        expected = list(range(self.events + 1, self.events + 1 + len(found)))
        return _NEW.sub("", text) if found == expected else None


def without_marks(text: str) -> str:
    """Return a text without the marks of new events, in whatever order these are."""
    return _NEW.sub("", text)


def scene_of(
    discourse: Discourse, said: str, clause: Callable[[Scene, Expr], Clause], *, events: int, asked: bool
) -> Scene:
    """Return the scene of an utterance that is said now, and that introduces so many events."""
    groups: set[str] = set()
    defined: set[str] = set()
    for told in discourse.told:
        for statement in program_of(told.readings[0].code).body:
            if isinstance(statement, FunctionDef) and len(statement.parameters) == 1:
                defined.add(statement.name)
            elif isinstance(statement, Assign) and isinstance(statement.target, NameTarget):
                groups.add(statement.target.id)
    named = {name for name in groups if is_named(discourse.world.lexicon, name)}
    new = tuple(range(discourse.events + 1, discourse.events + 1 + events))
    figures = frozenset(float(figure) for figure in _FIGURE.findall(said))
    said = " ".join([*(told.say for told in discourse.told), said])
    return Scene(
        discourse.world.lexicon,
        said,
        clause,
        events=discourse.events,
        new=new,
        asked=asked,
        record=meetings(discourse),
        groups=frozenset(named),
        defined=frozenset(defined),
        figures=figures,
    )


def is_named(lexicon: Lexicon, variable: str) -> bool:
    """Return whether a variable is called as teams are: `red_team`."""
    words = [word for key, noun in lexicon.nouns.items() if noun.group for word in (key, *noun.also)]
    return any(variable.endswith(f"_{word}") or variable.startswith(f"{word}_") for word in words)


__all__ = ["Scene", "is_named", "scene_of", "without_marks"]
