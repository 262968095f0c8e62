"""From text to words: sentences, words with their places, contractions taken apart; what is no English is refused."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from plot.errors import PlotError
from plot.text import BIDI, visible

MOST_LETTERS = 1_000
MOST_WORDS = 60
MOST_TEXT = 20_000
MOST_WORD_LETTERS = 40

_WORD = re.compile(
    r"\d+(?:st|nd|rd|th)\b|(?<!\S)[-−](?=\d)\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*(?:\s?%|\s+per\s?cent\b)?|[^\W\d_]\d+\b|'(?:s|re|m|ve|d|ll)\b|n't\b|[^\W\d_]+s'(?=\s|$)|[^\W\d_]+(?:['-][^\W\d_]+)*|--|[,;:–—&]|\S",
    re.IGNORECASE,
)
_CONTRACTED = re.compile(r"(?i)(n't|'(?:s|re|m|ve|d|ll))$")
_WHOLE = {"won't": ("will", "n't"), "can't": ("can", "n't"), "shan't": ("shall", "n't"), "ain't": ("is", "n't")}
_VERBS = ("is", "are", "was", "were", "does", "do", "did", "has", "have", "had", "would", "could", "should")
_GLUED = {
    "cannot": ("can", "not"),
    **{f"{verb}nt": (verb, "n't") for verb in _VERBS},
    **{f"{word}s": (word, "'s") for word in ("who", "what", "how", "that")},
}
_RANKED = re.compile(r"(?i)(second|third|fourth|fifth|\d+(?:st|nd|rd|th))-([^\W\d_]+st)")
_TITLES = {"mr", "mrs", "ms", "dr", "prof", "st", "vs"}
_QUOTES = str.maketrans("’‘ʼ`“”„«»…？\u00a0\u2011\u2010", '\'\'\'\'""""".? --')


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was written, in lower case for look-up, and where it stands in the sentence."""

    said: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word as the vocabulary has it: `n't` is `not`."""
        found = self.said.lower()
        return "not" if found == "n't" else found

    @property
    def capital(self) -> bool:
        """Whether it is written with a capital letter."""
        return self.said[:1].isupper()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as words; `mark` is its last punctuation mark, or empty."""

    text: str
    words: tuple[Word, ...]
    mark: str


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with its closing mark. Raises PlotError where it is too long.

    >>> split_sentences("Tom beat Dr. Jones. Who is stronger? Is it 2.5")
    ['Tom beat Dr. Jones.', 'Who is stronger?', 'Is it 2.5']
    """
    if len(text) > MOST_TEXT:
        raise PlotError(
            f"this is too long: {len(text):,} characters, where {MOST_TEXT:,} are allowed",
            hint="say it in a few sentences",
        )
    text = unicodedata.normalize("NFC", text)
    found: list[str] = []
    start = 0
    for match in re.finditer(r"[.!?…？]+[\"'”’)]*(?=\s|$)|;(?=\s)|\n\s*\n", text):
        if _closes(text, match.start(), match.group()):
            found.append(text[start : match.end()])
            start = match.end()
    found.append(text[start:])
    return [sentence.strip() for sentence in found if sentence.strip()]


def _closes(text: str, place: int, mark: str) -> bool:
    """Tell whether a mark ends a sentence: not the dot of an initial or of a title."""
    if mark != ".":
        return True
    before = re.search(r"[^\W\d_]+$", text[:place])
    if before is None:
        return True
    word = before.group()
    initial = len(word) == 1 and word.isupper() and word != "I"
    return not ((word.lower() in _TITLES or initial) and place + 1 < len(text.rstrip()))


def read_sentence(text: str) -> Sentence:
    """Take a sentence apart. Raises PlotError for what has no words, too many, or characters that are in no word."""
    if len(text) > MOST_LETTERS:
        raise PlotError(
            f"this sentence is too long: {len(text):,} characters",
            hint=f"at most {MOST_LETTERS:,} are read; say it in parts",
        )
    _refuse_strange(text)
    text = unicodedata.normalize("NFC", text)  # a letter with its accent is one, however it was typed
    plain = text.translate(_QUOTES)
    bare = plain.strip().rstrip("\"')")
    mark = next((letter for letter in ("?", "!", ".") if letter in re.search(r"[.!?\s]*$", bare).group()), "")  # type: ignore[union-attr]
    body = bare.rstrip(".!? \t\n")
    offset = len(plain) - len(plain.lstrip())
    words: list[Word] = []
    for match in _WORD.finditer(body.lstrip()):
        words += _parts(match.group(), match.start() + offset)
    words = [word for word in words if word.said not in ('"', ".")]
    if not any(letter.isalnum() for word in words for letter in word.said):
        raise PlotError("nothing was said", hint="write a sentence")
    if len(words) > MOST_WORDS:
        raise PlotError(
            f"this sentence has {len(words)} words, more than the {MOST_WORDS} that are read",
            hint="say it in several sentences",
        )
    for word in words:
        _refuse_word(word, text)
    return Sentence(text, tuple(words), mark)


def _parts(said: str, start: int) -> list[Word]:
    lower = said.lower()
    if lower in _WHOLE or lower in _GLUED:
        first, second = _WHOLE.get(lower) or _GLUED[lower]
        return [
            Word(first if said.islower() else first.title(), start, start + len(first)),
            Word(second, start, start + len(said)),
        ]
    ranked = _RANKED.fullmatch(said)
    if ranked is not None:
        return [
            Word(ranked[1], start, start + ranked.end(1)),
            Word(ranked[2], start + ranked.start(2), start + len(said)),
        ]
    match = _CONTRACTED.search(said)
    if match is not None and match.start() > 0:
        return [*_parts(said[: match.start()], start), Word(match.group(), start + match.start(), start + len(said))]
    if lower.endswith("s'") and len(lower) > 2:
        return [Word(said[:-1], start, start + len(said) - 1), Word("'s", start + len(said) - 1, start + len(said))]
    return [Word(said, start, start + len(said))]


def _refuse_strange(text: str) -> None:
    for place, letter in enumerate(text):
        kind = unicodedata.category(letter)
        if letter in BIDI or kind in ("Cs", "Co", "Cn") or (kind in ("Cc", "Cf") and letter not in "\t\n\r"):
            shown = visible(text[max(0, place - 20) : place])
            raise PlotError(
                f"there is a character that is in no sentence: U+{ord(letter):04X}, after “{shown}”",
                hint="write plain English",
            )


def _refuse_word(word: Word, text: str) -> None:
    fine = all(letter.isalnum() or letter in "-−'.,% " or unicodedata.combining(letter) for letter in word.said)
    if len(word.said) > MOST_WORD_LETTERS:
        raise PlotError(f"“{visible(word.said[:MOST_WORD_LETTERS])}…” is too long for a word")
    if not fine and word.said not in (";", ":", "--", "–", "—", "&"):
        raise PlotError(f"“{visible(word.said)}” is no part of a sentence", hint="write plain English", where=None)
