"""Safe display of text and data: control and bidirectional characters are escaped."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

SOMEBODY = "somebody"  # of whom nothing was told: the name of whoever is meant where nobody in particular is
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control and format characters, halves of characters, other line ends


def visible(text: str) -> str:
    r"""Return text that can be shown; line ends and tabs stay.

    >>> print(visible("Tom\x1b[31m beat \u202eJohn"))
    Tom\x1b[31m beat \u202eJohn
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_letter(letter) for letter in text)


def _visible_letter(letter: str) -> str:
    if letter in "\n\t" or unicodedata.category(letter) not in _UNSEEN:
        return letter
    return letter.encode("unicode_escape").decode("ascii")


def clean(text: str) -> str:
    r"""Return user text on one line, without control characters or marks that are not seen.

    >>> clean("Tom\x1b[31m beat\nJohn")
    'Tom[31m beat John'
    """
    spaced = "".join(" " if letter in "\n\r\t" else letter for letter in text)
    kept = (letter for letter in spaced if unicodedata.category(letter) not in _UNSEEN)
    return " ".join("".join(kept).split())


def plain(value: Any) -> Any:
    """Return data without numbers that JSON can't hold: what is not a number, and the infinities, become None.

    >>> plain({"mean": math.inf, "interval": (0.5, math.nan)})
    {'mean': None, 'interval': [0.5, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value
