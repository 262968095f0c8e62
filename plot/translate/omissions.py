"""Rejection of readings that omit part of the utterance, and so would be easier to satisfy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from plot.errors import PlotError
from plot.language import parse
from plot.language.syntax.nodes import Constant, ProgramNode, walk
from plot.translate.accounting import numbers_in
from plot.translate.base import Reading

_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?![\w]|\.\d)\s*(%|percent\b)?")
_WORD = re.compile(r"[^\W_]+")


def disqualified(readings: Sequence[Reading], utterance: str) -> list[PlotError | None]:
    """Return for each reading why it is disqualified, None where it is not.

    What counts is what another reading of the same utterance shows to be sayable: a name or a figure that stands in the
    words, and that some other reading uses and this one does not.
    """
    words = {word.casefold() for word in _WORD.findall(utterance)}
    figures = [_ways(float(figure), percent=bool(sign)) for figure, sign in _NUMBER.findall(utterance)]
    used = [_used(reading, words, figures) for reading in readings]
    found: list[PlotError | None] = []
    for number, mine in enumerate(used):
        others = [other for place, other in enumerate(used) if place != number]
        dropped = sorted({thing for other in others for thing in other} - mine)
        # Readings may differ in what they use; one is at fault only if another uses all that it uses, and more.
        richer = any(mine < other for other in others)
        found.append(_fault(dropped) if dropped and richer else None)
    return found


def _fault(dropped: Sequence[str]) -> PlotError:
    said = " and ".join(dropped)
    return PlotError(
        f"it leaves out {said}, which the utterance mentions",
        hint="a reading must account for everything that was said",
    )


def _ways(figure: float, *, percent: bool) -> tuple[float, ...]:
    """Return the numbers that may stand for a figure: itself, one more or less (*more than 3*), its hundredth for %."""
    return (figure, figure + 1, figure - 1, *((figure / 100,) if percent else ()))


def _used(reading: Reading, words: set[str], figures: Sequence[Sequence[float]]) -> frozenset[str]:
    """Return the names and figures of the words that a reading has in its code."""
    try:
        program: ProgramNode = parse(reading.code)
    except PlotError:
        return frozenset()
    nodes = list(walk(program))
    constants = [node.value for node in nodes if isinstance(node, Constant)]
    names = {
        value
        for value in constants
        if isinstance(value, str) and set(_WORD.findall(value.casefold())) <= words and value.strip()
    }
    numbers = numbers_in(nodes)
    said = {f"{ways[0]:g}" for ways in figures if set(ways) & numbers}
    return frozenset({*names, *said})


__all__ = ["disqualified"]
