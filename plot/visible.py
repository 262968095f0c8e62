"""Text made safe to show: characters that drive a terminal, or that hide or reorder text, are written out."""

from __future__ import annotations

import unicodedata

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")


def visible(text: str) -> str:
    r"""Return text that can be shown; line ends and tabs stay.

    >>> print(visible("Tom\x1b[31m beat \u202eJohn"))
    Tom\x1b[31m beat \u202eJohn
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_letter(letter) for letter in text)


def _visible_letter(letter: str) -> str:
    if letter in "\n\t" or not (letter in BIDI or unicodedata.category(letter) in _UNSEEN):
        return letter
    return letter.encode("unicode_escape").decode("ascii")
