"""Short, distinct texts for outcomes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from plot.figures import plain_number
from plot.inference.outcomes import Fields, Figure, Items, Outcome, Truth, source_text
from plot.text import clean

NOTHING = "none"
MOST_LETTERS = 100
DIGITS = (6, 9, 12, 15)  # significant ones; numbers that these leave alike get as many as tell them apart

Speller = Callable[[str], str]


def texts_of(outcomes: Iterable[Outcome], spell: Speller = str) -> dict[Outcome, str]:
    """Return a text for each outcome, no two of them the same. Names are written by `spell`.

    Numbers get more digits where they would else look the same, and what still does is written as in a program.

    >>> list(texts_of(["tom", Truth(True), None, Items(("tom", "sue")), Items((Items(), Figure(2.50)))]).values())
    ['tom', 'yes', 'none', '[tom, sue]', '[[], 2.5]']
    >>> list(texts_of(["yes", Truth(True), "no", Figure(1000000.3), Figure(1000000.4)]).values())
    ['"yes"', 'True', 'no', '1000000.3', '1000000.4']
    """
    listed = list(dict.fromkeys(outcomes))
    styles = [lambda outcome, digits=digits: _text(outcome, spell, digits) for digits in (*DIGITS, None)]
    found = dict.fromkeys(listed, "")
    unsettled = listed
    for style in (*styles, source_text):
        found |= {outcome: style(outcome) for outcome in unsettled}
        counts = Counter(found.values())
        unsettled = [outcome for outcome in listed if counts[found[outcome]] > 1]
        if not unsettled:
            return found
    return {outcome: source_text(outcome) for outcome in listed}


def _text(outcome: Outcome, spell: Speller, digits: int | None) -> str:
    if isinstance(outcome, str):
        return spell(outcome)
    if isinstance(outcome, Truth):
        return "yes" if outcome.value else "no"
    if isinstance(outcome, Figure):
        return plain_number(outcome.value, digits) if digits is not None else repr(outcome.value)
    if isinstance(outcome, Items):
        return f"[{', '.join(_text(item, spell, digits) for item in outcome.items)}]"
    if isinstance(outcome, Fields):
        return f"{{{', '.join(f'{clean(name)}: {_text(item, spell, digits)}' for name, item in outcome.fields)}}}"
    return NOTHING


def shortened(texts: Sequence[str], most: int = MOST_LETTERS) -> list[str]:
    """Return texts of at most `most` letters: the middle is left out, and those that look the same then are numbered.

    >>> shortened(["Tom", "a" * 50 + "x" + "b" * 50, "a" * 50 + "y" + "b" * 50], 15)
    ['Tom', 'aaaaa…bbbbb (1)', 'aaaaa…bbbbb (2)']
    """
    if all(len(text) <= most for text in texts):
        return list(texts)
    cut = [text if len(text) <= most else _cut(text, most) for text in texts]
    if len(set(cut)) == len(set(texts)):
        return cut
    marks = (f" ({number})" for number in count(1))
    return [text if len(text) <= most else _cut_to(text, most, next(marks)) for text in texts]


def _cut_to(text: str, most: int, mark: str) -> str:
    return _cut(text, most - len(mark)) + mark


def _cut(text: str, most: int) -> str:
    half = max(1, (most - 1) / 2)
    return f"{text[: math.ceil(half)]}…{text[len(text) - math.floor(half) :]}"


def labelled(outcomes: Iterable[Outcome], spell: Speller, most: int = MOST_LETTERS) -> dict[Outcome, str]:
    """Return the text of each outcome as an answer shows it: spelt as people write it, and not too long."""
    texts = texts_of(outcomes, spell)
    return dict(zip(texts, shortened(list(texts.values()), most), strict=True))


__all__ = ["MOST_LETTERS", "NOTHING", "Speller", "labelled", "shortened", "texts_of"]
