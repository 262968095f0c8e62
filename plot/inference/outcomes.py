"""Query outcomes that are not a single number: names, truth values, lists and records, keyed by value and type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

from plot.text import visible


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth value as an outcome; it is not the number 0 or 1, which Python holds for equal."""

    value: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as an outcome. Whole numbers and others are one outcome where they are equal, as they are in programs.

    >>> Figure(2) == Figure(2.0), Figure(1) == Truth(True)
    (True, False)
    """

    value: int | float


@dataclass(frozen=True, slots=True)
class Items:
    """A list as an outcome."""

    items: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Fields:
    """A record as an outcome, its fields in the order of their names."""

    fields: tuple[tuple[str, Outcome], ...] = ()


Outcome: TypeAlias = "str | Truth | Figure | Items | Fields | None"


def source_text(outcome: Outcome) -> str:
    r"""Return an outcome as a program would write it: two outcomes never have the same text.

    >>> print(source_text(Items(("tom", None, Truth(True), Figure(0.1), Items()))))
    ["tom", None, True, 0.1, []]
    >>> print(source_text("\u202eyes"))
    "\u202eyes"
    """
    if isinstance(outcome, str):
        return visible(json.dumps(outcome, ensure_ascii=False))
    if isinstance(outcome, (Truth, Figure)):
        return repr(outcome.value)
    if isinstance(outcome, Items):
        return f"[{', '.join(map(source_text, outcome.items))}]"
    if isinstance(outcome, Fields):
        return f"{{{', '.join(f'{source_text(name)}: {source_text(item)}' for name, item in outcome.fields)}}}"
    return "None"


__all__ = ["Fields", "Figure", "Items", "Outcome", "Truth", "source_text"]
