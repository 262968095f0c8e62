"""Confusable words: mixed scripts, letters of another width, look-alikes of other words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

_LETTER = r"(?:[^\W\d_][\u0300-\u036f]*)"  # with the marks that combine with it
_WORD = re.compile(f"{_LETTER}+(?:['’-]{_LETTER}+)*")
# Scripts that are written together (Unicode TR 39, "highly restrictive"): Japanese, Korean and Chinese.
_TOGETHER = (
    {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"},
    {"HANGUL", "CJK"},
    {"BOPOMOFO", "CJK"},
)
_NEUTRAL = {"MODIFIER", "COMBINING", "MASCULINE", "FEMININE", "MICRO", "PROLONGED"}
# Letters of other scripts that look like a Latin one: those that the fonts of most screens draw alike.
_LOOKS = str.maketrans(
    "АВЕКМНОРСТУХЅІЈЬаеорсухѕіјԁɡһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναικρυι",
    "ABEKMHOPCTYXSIJbaeopcyxsijdghqwABEZHIKMNOPTYXovaikpui",
)


@lru_cache(maxsize=4_000)
def scripts_of(word: str) -> tuple[str, ...]:
    """Return the scripts of a word's letters, in order, as Unicode names them.

    >>> scripts_of("Tom"), scripts_of("T\\u043em"), scripts_of("\\uff34om")
    (('LATIN',), ('LATIN', 'CYRILLIC'), ('FULLWIDTH', 'LATIN'))
    """
    names = (unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha())
    return tuple(dict.fromkeys(name for name in names if name and name not in _NEUTRAL))


def skeleton(word: str) -> str:
    """Return what a word looks like: words of one skeleton can't be told apart by eye.

    >>> skeleton("\\u0422\\u043em") == skeleton("Tom") == skeleton("\\uff34om")
    True
    """
    return unicodedata.normalize("NFKC", word).translate(_LOOKS)


def deceptive(texts: Iterable[str]) -> list[str]:
    """Return what is to be told of the words of a conversation, one line each.

    >>> deceptive(["\\uff34om beat Ann."])
    ['“Ｔom” mixes letters that are FULLWIDTH and LATIN (Ｔ is FULLWIDTH LATIN CAPITAL LETTER T)']
    """
    words = list(dict.fromkeys(word for text in texts for word in _WORD.findall(text)))
    by_look: dict[str, list[str]] = {}
    for word in words:
        by_look.setdefault(skeleton(word), []).append(word)
    return [line for word in words for line in _told(word, by_look[skeleton(word)])]


def _told(word: str, alike: list[str]) -> Iterator[str]:
    if word.isascii():
        return
    scripts = scripts_of(word)
    odd = [letter for letter in word if letter.isalpha() and scripts_of(letter) not in ((), scripts_of(_main(word)))]
    others = [f"“{other}”" for other in alike if other != word]
    parts = []
    if len(scripts) > 1 and not any(set(scripts) <= group for group in _TOGETHER):
        named = f"{odd[0]} is {unicodedata.name(odd[0])}" if odd else ""
        parts.append(f"mixes letters that are {' and '.join(scripts)}" + (f" ({named})" if named else ""))
    elif unicodedata.normalize("NFKC", word) != unicodedata.normalize("NFC", word):
        parts.append(f"is not written in plain letters ({word[0]} is {unicodedata.name(word[0], 'of no name')})")
    if others:
        parts.append(f"{'it ' if parts else ''}looks like {', '.join(others)}, but is a different word")
    if parts:
        yield f"“{word}” {'; '.join(parts)}"


def _main(word: str) -> str:
    """Return a letter of the script that most of the word is in."""
    letters = [letter for letter in word if letter.isalpha()]
    return max(letters, key=lambda letter: sum(scripts_of(other) == scripts_of(letter) for other in letters))


__all__ = ["deceptive", "scripts_of", "skeleton"]
