"""Accounting for any translator: which figures, negations, comparisons and places of events the code has nothing of.

The grammar knows which word became which part of the code (`english/accounting.py`). A model's reply has no such
alignment, so that its code is searched for what each kind of word must leave in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from plot.language.syntax.nodes import Binary, Call, Compare, Constant, Name, Node, ProgramNode, Unary, walk
from plot.world import WorldSpec

_FIGURE = re.compile(r"(?<![\w.,-])(\d+(?:,\d{3})*(?:\.\d+)?)\s*(%|per\s?cent\b)?(?![\w])")
_PLACE = re.compile(r"\b(first|second|third|fourth|fifth|(\d+)(?:st|nd|rd|th))\b(?=\s+(\w+))", re.IGNORECASE)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
# Of a whole clause: what a phrase denies, a word may express ("not the same parents").
_NEGATION = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could) not\b|\w+n't\b"
    r"|\b(?:cannot|never|nobody|no one|none)\b",
    re.IGNORECASE,
)
_COMPARISON = re.compile(r"\b(than|at least|at most)\b", re.IGNORECASE)
_ORDERS = ("argmax", "argmin", "max", "min", "sorted")


def missing(utterance: str, program: ProgramNode, world: WorldSpec) -> list[str]:
    """Return what an utterance says and its code has nothing of: figures, places of events, negation, comparison.

    Args:
        utterance: what was said.
        program: the statements that it was translated to; of several readings, all of them.
        world: the world, whose nouns of events tell which ordinal numbers speak of an event.

    Returns:
        Phrases that name each thing in words: *the figure 20%*.
    """
    nodes = list(walk(program))
    text = utterance.replace("’", "'")
    return [*_figures(text, nodes), *_places(text, nodes, world), *_operations(text, nodes)]


def _figures(text: str, nodes: list[Node]) -> Iterator[str]:
    """Yield the figures of which nothing is left: in *more than 3* they may be one more, of percent a hundredth."""
    numbers = numbers_in(nodes)
    for match in _FIGURE.finditer(text):
        figure = float(match[1].replace(",", ""))
        ways = {figure, figure + 1, figure - 1}
        if match[2]:
            ways = {figure, *(round(way, 12) for way in (figure / 100, 1 - figure / 100, 1 + figure / 100))}
        if not any(abs(way - number) < 1e-9 for way in ways for number in numbers):
            yield f"the figure {match[0].strip()}"


def numbers_in(nodes: Iterable[Node]) -> set[float]:
    """Return the numbers that stand in code."""
    values = [node.value for node in nodes if isinstance(node, Constant)]
    return {float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)}


def _places(text: str, nodes: list[Node], world: WorldSpec) -> Iterator[str]:
    events = {word for key, noun in world.lexicon.nouns.items() if noun.event for word in (key, *noun.also)}
    numbers = numbers_in(nodes)
    for match in _PLACE.finditer(text):
        number = int(match[2]) if match[2] else _ORDINALS.index(match[1].lower()) + 1
        if match[3].lower() in events and number not in numbers:
            yield f"“{match[0]} {match[3]}”"


def _operations(text: str, nodes: list[Node]) -> Iterator[str]:
    negation = _NEGATION.search(text)
    if negation is not None and not any(_denies(node) for node in nodes):
        yield f"“{negation[0]}”"
    comparison = _COMPARISON.search(text)
    compares = any(isinstance(node, Compare) or _orders(node) for node in nodes)
    if comparison is not None and not compares:
        yield f"the comparison “{comparison[0]}”"


def _denies(node: Node) -> bool:
    """Return whether a node may express a negation: *not*, a comparison the other way, a count of none."""
    match node:
        case Unary():
            return node.op in ("not", "-")
        case Compare():
            return True
        case Constant():
            return node.value is False or node.value == 0
        case Binary():
            return node.op == "-"
    return False


def _orders(node: Node) -> bool:
    function = node.function if isinstance(node, Call) else None
    return isinstance(function, Name) and function.id in _ORDERS


__all__ = ["missing", "numbers_in"]
