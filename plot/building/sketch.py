"""What a description has said so far: kinds, events, things, and quantities with the cases in which they differ."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from plot.language import LIBRARY, parse, show
from plot.language.syntax.nodes import Call, Name, walk
from plot.world.derived.naming import base_of, singular
from plot.world.inflect import plural

THING = "thing"
Sort = Literal["truth", "number", "choice"]
_DETERMINERS = frozenset(["a", "an", "the", "their", "its", "his", "her", "every", "each"])
_BE = frozenset(["is", "are", "was", "were", "be"])


class NoFormError(Exception):
    """A sentence that has a form, but whose parts make no sense there; the text says which."""


class ClashError(NoFormError):
    """A sentence that says otherwise what was said before, by the sentence `earlier` or by the world's own `name`."""

    def __init__(self, message: str, earlier: str, name: str) -> None:
        super().__init__(message)
        self.earlier = earlier
        self.name = name


@dataclass(frozen=True)
class WorldCase:
    """A value of a quantity: its code, the tests under which it is so (none: otherwise), and its sentence.

    One that is `first` goes before all others: *never*, *always*.
    """

    code: str
    tests: tuple[str, ...]
    source: str
    first: bool = False


@dataclass
class Quantity:
    """Something that is true or not, a number, or one of several words: of somebody, of an event, or of nobody.

    Attributes:
        name: The name of its function or variable.
        sort: What its values are.
        owner: The kind that it belongs to.
        other: The kind of a second individual that it relates the owner to.
        event: The noun of the events in which it differs.
        group: Whether owners are groups of individuals.
        phrase: What it is called in the text.
        unit: In what it is measured.
        cases: Its values.
        changes: What is added to its value or multiplied with it: *1 less if it is windy*.
        also: Other things that it is called.
        up: Adjectives of much of it.
        down: Adjectives of little of it.
        given: Its expression in a world that the description extends, in `x` and `event`; None where it is new.
        usual: What its function in that world is called once this one changes it.
        moments: Its prior mean and standard deviation in that world.
        of_groups: Changes of what its members have together: *teams pull 10% harder at home*.
    """

    name: str
    sort: Sort
    owner: str | None = None
    other: str | None = None
    event: str | None = None
    group: bool = False
    phrase: str = ""
    unit: str | None = None
    cases: list[WorldCase] = field(default_factory=list)
    changes: list[WorldCase] = field(default_factory=list)
    also: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    given: str | None = None
    usual: str = ""
    moments: tuple[float, float] | None = None
    of_groups: list[WorldCase] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether it is one of the world that is extended, of which more was said."""
        return self.given is not None and bool(self.cases or self.changes or self.of_groups)

    @property
    def computed(self) -> bool:
        """Whether it is an expression of a world's lexicon that is no plain call of a function."""
        return self.given is not None and not re.fullmatch(rf"{self.name}(?:\(\w+(?:, event)?\))?", self.given)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters of its function."""
        people = [self.owner] if self.owner is not None else []
        if self.owner is not None and self.other is not None:
            same = self.other == self.owner
            people = [f"{self.owner}1", f"{self.owner}2"] if same else [self.owner, self.other]
        return tuple(identifier(one) for one in (*people, *([self.event] if self.event is not None else [])))

    @property
    def ordered(self) -> list[WorldCase]:
        """The cases, those under most tests first, the last one otherwise."""
        return sorted(self.cases, key=lambda case: (not case.first, -len(case.tests)))


@dataclass
class Sketch:
    """The parts of a world as far as a description has told them; with `extends`, of one that was there before."""

    kinds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    quantities: dict[str, Quantity] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)  # the variables that list the individuals of kinds
    aliases: dict[str, str] = field(default_factory=dict)  # words for kinds and groups: someone, people, squad
    classes: dict[str, str] = field(default_factory=dict)  # nouns for some of a kind: *kid* to the function `is_kid`
    contests: dict[str, str] = field(default_factory=dict)  # further events, to the quantity that decides each
    assumed: list[str] = field(default_factory=list)  # what nobody said, in words
    extends: bool = False
    reader: Callable[[str, str], str | None] | None = None  # of conditions, in the words of the world

    def quantity(self, name: str, sort: Sort, source: str, **more: str | bool | None) -> Quantity:
        """Return a quantity by its name, a new one where there is none. Raises NoFormError where it was another."""
        found = self.quantities.get(name)
        if found is None:
            if name in LIBRARY:
                return self.quantity(f"{name}_value", sort, source, **more)
            found = self.quantities[name] = Quantity(name, sort, **more)  # type: ignore[arg-type]
        elif found.sort != sort or (more.get("owner") not in (None, found.owner)):
            raise ClashError(f"“{found.phrase or name}” was something else before", self.sources.get(name, ""), name)
        for key in ("event", "unit"):
            if getattr(found, key) is None and more.get(key):
                setattr(found, key, more[key])
        self.sources.setdefault(name, source)
        return found

    def predicate(self, key: str, owner: str | None) -> Quantity | None:
        """Return what is true or not of an owner, by its key (see `key_of`); *it* in the key is any word."""
        for one in self.quantities.values():
            said = (one.phrase, *one.also) if one.sort == "truth" and one.owner == owner else ()
            if any(_alike(key, key_of(phrase)) for phrase in said):
                return one
        return None

    def kind_of(self, noun: str) -> str | None:
        """Return the kind or the group that a noun names, in the singular or the plural."""
        for one in (noun, singular(noun)):
            if one is not None and (one in self.kinds or one in self.groups or one in self.aliases):
                return self.aliases.get(one, one)
        return None

    def measured(self, phrase: str, owner: str | None = None) -> Quantity | None:
        """Return a number or a choice by what it is called; one of an owner, or of nobody."""
        names = (phrase.strip(), singular_words(phrase.strip()))
        found = [one for one in self.quantities.values() if one.sort != "truth" and {one.phrase, *one.also} & {*names}]
        return next((one for one in found if one.owner == owner), None)

    def list_of(self, kind: str) -> str:
        """Return the variable that lists the individuals of a kind."""
        return self.lists.get(kind, identifier(plural(kind)))

    def settle_events(self) -> None:
        """Let what depends on something that differs in each event differ in each event too."""
        for _ in self.quantities:
            for one in self.quantities.values():
                for used in self._used(one):
                    if used.event is None or one.event is not None:
                        continue
                    if one.given is not None:
                        hint = f"it is the same in each {used.event}"
                        raise NoFormError(f"“{one.phrase}” can't depend on “{used.phrase}”: {hint}")
                    one.event = used.event

    def _used(self, one: Quantity) -> Iterator[Quantity]:
        for case in (*one.cases, *one.changes):
            for code in (case.code.lstrip("*+- "), *case.tests):
                for node in walk(parse(code)):
                    name = node.id if isinstance(node, Name) else ""
                    if name in self.quantities and name != one.name:
                        yield self.quantities[name]

    def depends_on(self, one: Quantity) -> list[Quantity]:
        """Return the quantities that another is computed from."""
        return list(self._used(one))


def code_of(one: Quantity, variables: dict[str, str]) -> str:
    """Return the code of a quantity for the variables of its owner and the others; `event` is left as it is called."""
    if one.computed:
        variable = variables.get(one.owner or "")
        if variable is None:
            raise NoFormError(f"say whose “{one.phrase or one.name}” is meant")
        code = re.sub(r"\b(?:x|subject)\b", variable, str(one.given))
        return "(" + re.sub(r"\bevent\b", identifier(one.event or "event"), code) + ")"
    if not one.parameters and one.event is None:
        return one.name
    given = []
    for kind in (one.owner, one.other):
        if kind is None:
            continue
        if kind not in variables:
            raise NoFormError(f"say whose “{one.phrase or one.name}” is meant")
        given.append(variables[kind])
    return f"{one.name}({', '.join(given)})"


def with_events(code: str, sketch: Sketch) -> str:
    """Return code in which each quantity that differs in events is called with the event."""

    def change(text: str) -> str:
        program = parse(text)
        for node in walk(program):
            if isinstance(node, Call) and isinstance(node.function, Name) and node.function.id in sketch.quantities:
                one = sketch.quantities[node.function.id]
                wanted = len(one.parameters)
                if len(node.args) < wanted and one.event is not None:
                    object.__setattr__(node, "args", (*node.args, Name(id=identifier(one.event))))
        return show(program).strip()

    called = re.sub(
        r"\b([a-z_0-9]+)\b(?!\()",
        lambda m: (
            f"{m[1]}()" if (one := sketch.quantities.get(m[1])) and one.event and one.owner is None else str(m[1])
        ),
        code,
    )
    return change(called)


def identifier(phrase: str) -> str:
    """Return a name for a phrase: *bears fruit* is `bears_fruit`."""
    found = re.sub(r"\W+", "_", phrase.strip().lower()).strip("_")
    return f"{found}_value" if keyword.iskeyword(found) or found in LIBRARY else found


def key_of(predicate: str) -> str:
    """Return a predicate in its base form, without articles: *is lazy*, *bears fruit* → *be lazy*, *bear fruit*."""
    words = [word for word in predicate.lower().split() if word not in _DETERMINERS]
    if not words:
        return ""
    if words[0] in _BE:
        return " ".join(["be", *words[1:]])
    return " ".join([base_of(words[0]) or words[0], *words[1:]])


def _alike(key: str, other: str) -> bool:
    one, two = key.split(), other.split()
    return len(one) == len(two) and all(a == b or "it" in (a, b) for a, b in zip(one, two, strict=True))


def singular_words(phrase: str) -> str:
    """Return a phrase without its first article."""
    first, _, rest = phrase.partition(" ")
    return rest if first in _DETERMINERS and rest else phrase
