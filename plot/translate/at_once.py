"""Utterances of one command that are translated at once, since none of them depends on another."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TypeVar

from plot.errors import PlotError
from plot.llm.together import together

T = TypeVar("T")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")


def independent(utterances: Sequence[str]) -> Iterator[list[str]]:
    """Yield utterances in groups, in their order: questions, and the statement after them.

    The prompt of each holds what was told before it, so that what follows a statement waits for its readings, names and
    events. A question adds nothing to the conversation, and nobody waits for it.

    >>> list(independent(["Tom won.", "Who won?", "Is he strong?", "He is lazy.", "Why?"]))
    [['Tom won.'], ['Who won?', 'Is he strong?', 'He is lazy.'], ['Why?']]
    """
    group: list[str] = []
    for utterance in utterances:
        group.append(utterance)
        if not utterance.rstrip().endswith("?"):
            yield group
            group = []
    if group:
        yield group


def at_once(translate: Callable[[str], T], texts: Sequence[str], names: Collection[str]) -> list[T | PlotError]:
    """Return for each text what it is translated to, or the error that this ended in.

    Those that differ in names and numbers only wait for the first of them, whose translation may be remembered.

    Args:
        translate: What translates one text.
        texts: The texts, none of which depends on another.
        names: The names that are known.
    """
    forms: dict[tuple[str, ...], str] = {}
    for text in texts:
        forms.setdefault(_form(text, names), text)
    firsts = set(forms.values())
    found: dict[str, T | PlotError] = {}
    for wave in (firsts, set(texts) - firsts):
        said = [text for text in dict.fromkeys(texts) if text in wave]
        if said:
            found |= dict(zip(said, together([partial(translate, text) for text in said]), strict=True))
    return [found[text] for text in texts]


def _form(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Return the words of a text without what may be names or numbers."""
    tokens: list[str] = _TOKEN.findall(text)
    return tuple("" if _varies(token, names) else token.casefold() for token in tokens)


def _varies(token: str, names: Collection[str]) -> bool:
    return (not token[0].islower() and token[0].isalnum()) or token.casefold() in names


__all__ = ["at_once", "independent"]
