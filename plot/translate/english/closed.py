"""The closed classes of English, read from closed.txt and common.txt: words of the grammar itself, in every world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Tagged = dict[str, list[tuple[str, Any]]]

HERE = Path(__file__).parent
_FIGURES = ("TWICE", "HALFX", "LAST")
_DETERMINERS = ("D", "DOF")
_DEGREES = ("DEG", "MARGIN")

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def ordinal_digits(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th …

    >>> [ordinal_digits(number) for number in (1, 12, 23)]
    ['1st', '12th', '23rd']
    """
    return f"{number}{'th' if number % 100 in (11, 12, 13) else _SUFFIXES.get(number % 10, 'th')}"


def _numbers() -> dict[str, int]:
    found = {word: number for number, word in enumerate(_UNITS)}
    for ten, word in enumerate(_TENS, 2):
        found[word] = 10 * ten
        found |= {f"{word}-{unit}": 10 * ten + number for number, unit in enumerate(_UNITS[1:10], 1)}
    return found | {"hundred": 100, "a hundred": 100, "one hundred": 100}


def _closed() -> Tagged:
    """Return `phrase → [(category, value)]`."""
    found: Tagged = {}
    text = (HERE / "closed.txt").read_text(encoding="utf-8").replace("|\n", "|")
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, _, phrases = line.partition(" = ")
        tag, _, value = head.partition(" ")
        for named in map(str.strip, phrases.split("|")):
            same = [phrase for phrase, tags in found.items() if any(f"@{other}" == named for other, _ in tags)]
            for phrase in same or [named]:
                found.setdefault(phrase, []).append((tag, _value(tag, value, phrase)))
    for word, number in _numbers().items():
        found.setdefault(word, []).append(("NUM", number))
    ordinals = {word: number for number, word in enumerate(_ORDINALS, 1)}
    for word, number in {**ordinals, **{ordinal_digits(number): number for number in range(1, 100)}}.items():
        found.setdefault(word, []).append(("ORD", number))
    return found


def _value(tag: str, value: str, phrase: str) -> Any:
    """Return what a word of a category says: a degree word also which word it was; None where the category says all."""
    if tag in _DETERMINERS:
        return value, None
    if tag == "QW":
        return tuple(value.split())
    if tag in _DEGREES:
        return phrase, value
    if tag in _FIGURES:
        return float(value) if "." in value else int(value)
    return phrase if value == "itself" else value or None


def _common() -> dict[str, frozenset[str]]:
    """Return the sections of common.txt."""
    found: dict[str, set[str]] = {}
    words: set[str] = set()
    for line in (HERE / "common.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = found.setdefault(line.strip("[]"), set())
        elif not line.startswith("#"):
            words |= set(line.split())
    return {name: frozenset(section) for name, section in found.items()}


CLOSED = _closed()
_COMMON = _common()
NO_NAMES = _COMMON["no names"]
PASSED_OVER = _COMMON["passed over"]
ALSO_NAMES = _COMMON["also names"]
WOMEN = _COMMON["women"]
MEN = _COMMON["men"]
