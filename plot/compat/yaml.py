"""PyYAML: its events, by the C parser where there is one, and what follows from the wording of its messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HINTS = {
    "mapping values are not allowed": "a text with a colon in it needs quotes",
    "could not find expected ':'": "a key is followed by a colon and a space",
    "end of stream": "a quote or a bracket is not closed",
    "did not find expected key": "this line's indentation differs from the lines around it, or a quote is missing",
    "did not find expected '-'": "this line's indentation differs from the lines around it",
    "did not find expected ','": "the bracket that is opened here is not closed, or a comma is missing in it",
    "alphabetic or numeric": "put the text in quotes",
}


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """What PyYAML found wrong.

    Attributes:
        text: What it says.
        mark: Where, with `line` and `column` from 0; None where it does not say.
        hint: What to try, None where there is nothing to say.
        strange: Whether a character stands there with which nothing can begin, such as a tab.
    """

    text: str
    mark: Any
    hint: str | None
    strange: bool


def events(text: str) -> Iterator[Any]:
    """Yield the events of a text: scalars, and the beginnings and ends of mappings and sequences, with their marks."""
    yield from yaml.parse(text, Loader=_LOADER)


def problem_of(error: yaml.MarkedYAMLError) -> YamlProblem:
    """Return what an error says, and where."""
    text = error.problem or error.context or "it can't be read"
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and ("end of stream" in text or "expected ','" in text):
        mark = error.context_mark  # where the quote or bracket was opened: the end of the file tells nothing
    hint = next((hint for sign, hint in _HINTS.items() if sign in text), None)
    return YamlProblem(text, mark, hint, "cannot start any token" in text)


__all__ = ["YamlProblem", "events", "problem_of"]
