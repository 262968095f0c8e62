"""Texts that are said, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from plot.errors import PlotError
from plot.translate.grammar import split_sentences

_FURTHER = ("there is also ", "there are also ")
_DEFINES = re.compile(
    r"(?:an? )?(?P<noun>[a-z]+(?:[ -][a-z]+)?) (?:is|are) [a-z ]+ (?:who|whose|that) .+|"
    r".+ (?:is|are) (?:an? )?(?P<other>[a-z-]+) if .+"
)


def defined_noun(sentence: str) -> str | None:
    """Return the noun that a sentence has the form to define, None for other forms.

    >>> defined_noun("A champion is someone who is stronger than 80."), defined_noun("Tom is strong.")
    ('champion', None)
    """
    match = _DEFINES.fullmatch(sentence.strip().rstrip(".").lower())
    return match["noun"] or match["other"] if match is not None else None


def text_of(said: object) -> str:
    """Return a text. Raises PlotError for anything else."""
    if not isinstance(said, str):
        raise PlotError(f"a text is needed, not {type(said).__name__}", hint='write it in quotes: "Tom beat John."')
    return said


def texts_of(said: object) -> list[str]:
    """Return several texts. Raises PlotError for anything else, a single text included."""
    if isinstance(said, (str, bytes)) or not isinstance(said, Iterable):
        raise PlotError(f"several texts are needed, not {type(said).__name__}", hint='give a list: ["…", "…"]')
    return [text_of(one) for one in said]


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text. Raises PlotError where there is none."""
    found: list[str] = []
    for sentence in split_sentences(text):
        if found and found[-1].endswith(";") and found[-1].casefold().startswith(_FURTHER):
            found[-1] += f" {sentence}"  # a further event, and what decides it
        elif sentence.strip():
            found.append(sentence)
    if not found:
        raise PlotError("the utterance is empty", hint="write a statement or a question")
    return found


__all__ = ["defined_noun", "sentences_of", "text_of", "texts_of"]
