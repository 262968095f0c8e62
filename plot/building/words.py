"""What can be said in a world: each word of its lexicon, with an example that the grammar reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plot.errors import PlotError
from plot.language.syntax.nodes import Constant
from plot.translate.base import Discourse
from plot.translate.english.kinds import listed_by_name
from plot.translate.english.vocabulary import PREPOSITIONS, roles_in
from plot.translate.grammar import Grammar
from plot.world import WorldSpec
from plot.world.derived import derived_lexicon
from plot.world.inflect import compared, plural, verb_forms
from plot.world.lexicon import Adjective, AttributeWord, Noun, Verb

NAMES = ("Ann", "Bob")


@dataclass(frozen=True, slots=True)
class SayableWord:
    """One word of a world.

    Attributes:
        sort: Which part of the lexicon it belongs to: `noun`, `attribute`, `adjective`, `verb` or `preposition`.
        word: The word or phrase.
        also: Other words for the same.
        example: A sentence with it that is read; empty where none of those that were tried is.
    """

    sort: str
    word: str
    also: tuple[str, ...]
    example: str


def sayable_words(world: WorldSpec) -> list[SayableWord]:
    """Return the words of a world, each with an example that the grammar reads.

    Args:
        world: The world.
    """
    examples = _Examples(world)
    lexicon = world.lexicon
    found = [
        *(("noun", word, noun.also, examples.noun(word, noun)) for word, noun in lexicon.nouns.items()),
        *(("attribute", word, one.also, examples.attribute(word, one)) for word, one in lexicon.attributes.items()),
        *(("adjective", word, one.also, examples.adjective(word, one)) for word, one in lexicon.adjectives.items()),
        *(("verb", word, one.also, examples.verb(word, one)) for word, one in lexicon.verbs.items()),
        *(("preposition", word, (), examples.preposition(word)) for word in lexicon.prepositions),
    ]
    return [SayableWord(sort, word, also, examples.read(tried)) for sort, word, also, tried in found]


def unsaid_functions(world: WorldSpec) -> dict[str, str]:
    """Return the functions of a world's model for which its names give no word, each with the reason.

    Args:
        world: The world.
    """
    return derived_lexicon(world.program).unsaid


class _Examples:
    """Sentences to try for each word, the plainest first."""

    def __init__(self, world: WorldSpec) -> None:
        self._discourse = Discourse(world)
        self._grammar = Grammar()
        self._lexicon = world.lexicon
        lists = listed_by_name(self._discourse, ()).items()
        self._lists = {name: [str(x.value) for x in items if isinstance(x, Constant)] for name, items in lists}
        self._pairs = [NAMES] if world.name_lists else []
        self._pairs += [(_spelt(items[0]), _spelt(items[-1])) for items in self._lists.values() if items]
        self._things = [f"the {word}" for word in self._lexicon.individuals]
        self._things += [f"the {word}" for word, noun in self._lexicon.nouns.items() if noun.domain and not noun.of]
        self._pairs += [(self._things[-2], self._things[-1])] if len(self._things) > 1 else []
        self._pairs += [] if self._pairs else [NAMES]
        self._events = [word for word, noun in self._lexicon.nouns.items() if noun.event]

    def read(self, tried: Iterator[str]) -> str:
        """Return the first sentence that is read; an empty text where none is."""
        for one in tried:
            text = one[0].upper() + one[1:]
            try:
                if self._grammar.translate(text, self._discourse):
                    return text
            except PlotError:
                continue
        return ""

    def noun(self, word: str, noun: Noun) -> Iterator[str]:
        """Yield sentences with a noun."""
        one, other = self._pairs[0]
        if noun.group:
            yield f"The red {word} is {one} and {other}."
        elif noun.event:
            yield from self._in_event(word)
        elif noun.of is not None:
            yield from (f"{a} is {b}'s {word}." for a, b in self._pairs)
            yield f"Does {one} have a {word}?"
        elif noun.means is not None:
            yield from (f"{a} is {_article(word)} {word}." for a, _ in self._pairs if not a.endswith(word))
            yield f"Is there {_article(word)} {word}?"
        else:
            yield from self._of_all(word, noun.plural or plural(word))

    def _in_event(self, word: str) -> Iterator[str]:
        one, other = self._pairs[0]
        place = f"in the first {word}"
        for key in self._lexicon.verbs:
            yield f"{one} {_past(key)} {other} {place}."
            yield f"{one} {_past(key)} {place}."
        for adjective in self._lexicon.adjectives:
            yield f"{one} was {adjective} {place}."
            yield f"The first {word} was {adjective}."
        for attribute in self._lexicon.attributes:
            yield f"What is the {attribute} {place}?"
            yield f"What is {one}'s {attribute} {place}?"

    def _of_all(self, word: str, many: str) -> Iterator[str]:
        for adjective, entry in self._lexicon.adjectives.items():
            if "x" in roles_in(entry.degree or entry.means or "", "x"):
                yield f"How many {many} are {adjective}?"
        yield from (f"How many {many} {' '.join(_base(key))}?" for key in self._lexicon.verbs)
        yield from (f"Which {word} {' '.join(_third(key))} {a}?" for key in self._lexicon.verbs for a, _ in self._pairs)
        for attribute, one in self._lexicon.attributes.items():
            yield from (f"How many {many} are {value}?" for value in one.values)
            yield f"Which {word} has the highest {attribute}?"
        yield f"Is there {_article(word)} {word}?"

    def attribute(self, word: str, attribute: AttributeWord) -> Iterator[str]:
        """Yield sentences with an attribute."""
        values = [str(value) for value in attribute.values]
        roles = roles_in(attribute.value, "x", "event")
        places = [f" in the first {event}" for event in self._events] if "event" in roles else [""]
        owners = [f"{a}'s" for a, _ in self._pairs] if "x" in roles else ["The"]
        for place in places:
            for owner in owners:
                yield from (f"{owner} {word}{place} is {value}." for value in values[:1])
                yield f"What is {owner if owner != 'The' else 'the'} {word}{place}?"

    def adjective(self, word: str, adjective: Adjective) -> Iterator[str]:
        """Yield sentences with an adjective."""
        code = adjective.degree or adjective.means or adjective.event or ""
        roles = roles_in(code, "x", "event")
        place = f" in the first {self._events[0]}" if self._events else ""
        more = (compared(word) or (f"more {word}", ""))[0]
        for a, b in self._pairs:
            if adjective.degree is not None and "x" in roles:
                yield f"{a} is {more} than {b}."
                yield f"{a} was {more} than {b}{place}."
            yield f"{a} is {word}."
            yield f"{a} was {word}{place}."
            yield f"{a} and {b} are {word}."
        yield f"It is {word}."
        yield from (f"The first {event} was {word}." for event in self._events)
        yield from (f"The {quantity} is {word}." for quantity in self._lexicon.attributes)
        yield from (f"{thing.capitalize()} is {word}." for thing in self._things)
        yield f"Something is {word}."

    def verb(self, key: str, verb: Verb) -> Iterator[str]:
        """Yield sentences with a verb."""
        noun = self._lexicon.nouns.get(verb.object or "")
        kind = self._lists.get(noun.domain or "", []) if noun is not None else []
        others = [*map(_spelt, kind), *(b for _, b in self._pairs), *self._things, *self._lexicon.individuals]
        for a, _ in self._pairs:
            yield from (f"{a} {_past(key)} {b}." for b in others if b != a)
            yield f"{a} {_past(key)}."
        yield f"Something {_past(key)}."
        yield f"Something {_past(key)} something else."

    def preposition(self, word: str) -> Iterator[str]:
        """Yield sentences with a preposition."""
        yield from (f"{a} is {word} {b}." for a, b in self._pairs)
        yield from (f"{a} is {word} {b} and {self._things[0]}." for a, b in self._pairs if self._things)
        yield f"Is something {word} something else?"


def _past(key: str) -> str:
    head, _, rest = key.partition(" ")
    return f"{verb_forms(head)['past']} {rest}".strip()


def _base(key: str) -> Sequence[str]:
    words = key.split()
    return words[:-1] if words[-1] in PREPOSITIONS else words


def _third(key: str) -> Sequence[str]:
    head, *rest = key.split()
    return [verb_forms(head)["third"], *rest]


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def _spelt(atom: str) -> str:
    return " ".join(part.capitalize() for part in atom.split("_"))


__all__ = ["SayableWord", "sayable_words", "unsaid_functions"]
