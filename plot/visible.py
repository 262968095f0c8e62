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


def clean(text: str) -> str:
    r"""Return user text on one line, without control characters or marks that reorder what is shown.

    >>> clean("Tom\x1b[31m beat\nJohn")
    'Tom[31m beat John'
    """
    spaced = "".join(" " if letter in "\n\r\t" else letter for letter in text)
    kept = (letter for letter in spaced if letter not in BIDI and not _is_control(letter))
    return " ".join("".join(kept).split())


def _is_control(letter: str) -> bool:
    code = ord(letter)
    return code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000 or code in (0x2028, 0x2029)
