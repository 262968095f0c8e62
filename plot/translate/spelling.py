"""The spelling of names in answers: as they were first written with a capital letter."""

from __future__ import annotations

import re


def spelling(name: str, said: str) -> str:
    """Return how people wrote a name in what was said.

    >>> spelling("mary_ann", "Tom beat Mary-Ann."), spelling("tom", "")
    ('Mary-Ann', 'Tom')
    """
    pattern = re.compile(
        r"(?<!\w)" + r"[\s_-]+".join(re.escape(word) for word in name.split("_")) + r"(?!\w)", re.IGNORECASE
    )
    found = [match.group() for match in pattern.finditer(said)]
    mixed = [word for word in found if word != word.lower() and (len(word) < 3 or word != word.upper())]
    return mixed[0] if mixed else name.replace("_", " ").title()


def same_words(one: str, other: str) -> bool:
    """Return whether two texts have the same words, whatever their capitals and punctuation.

    >>> same_words("Tom beat Sue.", "tom beat Sue"), same_words("Tom beat Sue.", "Sue beat Tom.")
    (True, False)
    """
    return _WORD.findall(one.casefold()) == _WORD.findall(other.casefold())


_WORD = re.compile(r"\w+")

__all__ = ["same_words", "spelling"]
