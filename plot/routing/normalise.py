"""Normalisation of text for routers: lower case, with placeholders for names and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from plot.errors import PlotError
from plot.routing.domains import Domain
from plot.translate.english.closed import ALSO_NAMES, CLOSED, MEN, NO_NAMES, PASSED_OVER, WOMEN

NAME, NUMBER = "§", "#"
MOST_LETTERS = 20_000
_QUOTES = str.maketrans("’‘ʼ`", "''''")
_WORD = re.compile(r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?|[^\W\d_]+(?:['-][^\W\d_]+)*")
_BEGINS = re.compile(r"(?:^|[.!?:;]\s+|\n)[\s\"“”(]*$")
GIVEN_NAMES = WOMEN | MEN | ALSO_NAMES
_VERBS = frozenset(
    {
        "MADETO",
        "MADENOTTO",
        "KEPTFROM",
        "MAKE",
        "FORCE",
        "FORBID",
        "KEEP",
        "GIVE",
        "GIVEN",
        "HAPPENTO",
        "HAPPENNOTTO",
        "STOP",
    }
)  # of the grammar, and yet words with a content of their own
_PHRASES = tuple(phrase for phrase, tagged in CLOSED.items() if any(tag not in _VERBS for tag, _ in tagged))
FUNCTION_WORDS = frozenset(word for phrase in _PHRASES for word in re.split(r"[\s']+", phrase) if word)
COMMON = FUNCTION_WORDS | NO_NAMES | PASSED_OVER


@dataclass(frozen=True)
class Normaliser:
    """Makes texts plain. `known` are the words that are no names, `lexical` those of them that a lexicon has."""

    known: frozenset[str]
    lexical: frozenset[str]

    @classmethod
    def of(cls, domains: Sequence[Domain]) -> Normaliser:
        """Return what makes texts plain where these worlds are known."""
        lexical = frozenset(part for one in domains for phrase in one.phrases for part in _parts(phrase))
        said = [text for one in domains for text in (*one.lines, one.description)]
        small = {word for text in said for word, _ in words_in(text) if word.islower()}
        return cls(frozenset(COMMON | lexical | small), lexical)

    def words(self, text: str) -> list[str]:
        """Return the words of a text, with placeholders. Raises PlotError for a text that is far too long."""
        if len(text) > MOST_LETTERS:
            message = f"this is too long: {len(text):,} characters; at most {MOST_LETTERS:,} are allowed"
            raise PlotError(message, hint="say it in a few sentences")
        found: list[str] = []
        for word, begins in words_in(text):
            if word[0].isdigit():
                found.append(NUMBER)
            elif word == "'s" or not self._is_name(word, begins):
                found.append(word.lower())
            elif found[-1:] != [NAME]:  # John Smith is one person
                found.append(NAME)
        return found

    def text(self, text: str) -> str:
        """Return a text made plain.

        >>> Normaliser(COMMON | {"beat"}, frozenset()).text("Did Avery beat Blake Jones 3 times?")
        'did § beat § # times'
        """
        return " ".join(self.words(text))

    def _is_name(self, word: str, begins: bool) -> bool:
        """Return whether a word is a name: a capital, and no lexicon nor closed class knows it."""
        small = word.lower()
        if not word[0].isupper() or small in self.lexical:
            return False
        return small not in self.known or (small in GIVEN_NAMES and not begins)


def words_in(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of a text as they are written, each with whether it begins a sentence; `'s` is a word."""
    text = text.translate(_QUOTES)
    for match in _WORD.finditer(text):
        word = match.group()
        begins = _BEGINS.search(text, 0, match.start()) is not None
        if word.lower().endswith("'s") and len(word) > 2:
            yield word[:-2], begins
            yield "'s", False
        else:
            yield word, begins


def _parts(phrase: str) -> Iterable[str]:
    return [word.lower() for word, _ in words_in(phrase)]


__all__ = ["COMMON", "FUNCTION_WORDS", "NAME", "NUMBER", "Normaliser", "words_in"]
