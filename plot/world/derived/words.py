"""The words by which the names in a model are read, from words.txt."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType


def _sections() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for line in Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words += line.split()
    return {name: tuple(section) for name, section in found.items()}


_WORDS = MappingProxyType(_sections())
EVENTS = frozenset(_WORDS["events"])
NUMBERS = frozenset(_WORDS["numbers"])
ANYBODY = frozenset(_WORDS["anybody"])
OF_LISTS = frozenset(_WORDS["functions of lists"])
PREPOSITIONS = frozenset(_WORDS["prepositions"])
PLACES = frozenset(_WORDS["places"])
DIRECTIONS = frozenset(_WORDS["directions"])
MUTUAL = frozenset(_WORDS["mutual"])
PERSONS = frozenset(_WORDS["persons"])
UNITS = _WORDS["units"]
