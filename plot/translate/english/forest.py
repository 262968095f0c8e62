"""Parsing: words with their categories against the grammar, by Earley's algorithm; every derivation gets a meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from plot._lazy import once
from plot.compat.lark import (
    NonTerminal,
    PackedNode,
    Parser,
    Rule,
    SymbolNode,
    Terminal,
    TokenNode,
    earley_parser,
    filtered,
    forest,
)
from plot.compat.lark import Token as LarkToken
from plot.errors import PlotError
from plot.translate.english.meanings import Unfit
from plot.translate.english.vocabulary import Tags

GRAMMAR = Path(__file__).with_name("english.lark")
START = "start"
PRETERMINAL = "word_"
_HEAD = re.compile(r"(?:(?P<name>[a-z_0-9]+)\s*:|\s*\|)\s*(?P<symbols>[\w? ]+?)\s*->\s*(?P<alias>\w+)")
MOST_TRIED = 15_000  # ways to put parts together, in one sentence
MOST_MEANINGS = 12  # of one part of a sentence: the likeliest are kept


class Token(LarkToken):
    """A word or phrase with its possible categories, and the words of the sentence that it covers."""

    tags: Tags
    first: int
    last: int

    @classmethod
    def of(cls, said: str, tags: Tags, first: int, last: int) -> Token:
        """Return a token; `first` and `last` are where it begins and ends in the text."""
        token = cls("WORD", said)
        token.tags, token.first, token.last = tags, first, last
        return token

    def __hash__(self) -> int:
        return hash((self.first, self.last))

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(frozen=True, slots=True)
class ParseStop:
    """Where a parse could not go on: the place in the text, and the categories that would have fitted there."""

    at: int
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Weighted:
    """One of several meanings that a composing function may return."""

    value: Any
    weight: float


class Alternatives(list[Weighted]):
    """Several meanings of one construction."""


@once
def rules() -> tuple[Rule, ...]:
    """Return the rules of the grammar, read once.

    The file is in lark's notation, of which it uses little: alternatives, `?` and aliases. lark's own loader takes
    longer than all else that a question needs; a test holds that both read the same.
    """
    found: dict[Any, Rule] = {}
    for rule in read_rules(GRAMMAR.read_text(encoding="utf-8")):
        kept = rule
        if len(rule.expansion) == 1 and rule.expansion[0].is_term:
            kept = _with_preterminal(rule, found)
        found[kept] = kept
    return tuple(found.values())


def read_rules(text: str) -> list[Rule]:
    """Return the rules of a grammar in that part of lark's notation that is used here."""
    origin, order = NonTerminal(START), 0
    found: list[Rule] = []
    for line in text.splitlines():
        head = _HEAD.match(line)
        if head is None:
            continue
        if head["name"]:
            origin, order = NonTerminal(head["name"]), 0
        for symbols in _expanded(head["symbols"].split()):
            found.append(Rule(origin, symbols, order, head["alias"]))
            order += 1
    return found


def _expanded(symbols: list[str]) -> list[list[Any]]:
    """Return the expansions of an alternative: with and without each symbol that ends in `?`."""
    found: list[list[Any]] = [[]]
    for symbol in symbols:
        name = symbol.rstrip("?")
        node = filtered(name) if name.isupper() else NonTerminal(name)
        longer = [[*before, node] for before in found]
        found = longer + found if symbol.endswith("?") else longer
    return found


def _with_preterminal(rule: Rule, found: dict[Any, Rule]) -> Rule:
    """Put a symbol between a rule and its only word: lark takes two such rules of one word for the same derivation."""
    word = rule.expansion[0]
    symbol = NonTerminal(f"{PRETERMINAL}{word.name.lower()}")
    single = Rule(symbol, [word], 0, PRETERMINAL)
    found[single] = single
    return Rule(rule.origin, [symbol], rule.order, rule.alias, rule.options)


def _matches(terminal: Terminal, token: Token) -> bool:
    return terminal.name in token.tags


@once
def _by_origin() -> tuple[dict[Any, list[Rule]], dict[Any, frozenset[str]]]:
    """Return the rules of each symbol, and the categories with which what it derives begins."""
    found: dict[Any, list[Rule]] = {}
    for rule in rules():
        found.setdefault(rule.origin, []).append(rule)
    first: dict[Any, frozenset[str]] = {s: frozenset({s.name}) for rule in rules() for s in rule.expansion if s.is_term}
    first |= dict.fromkeys(found, frozenset())
    while True:
        more = {origin: frozenset().union(*(first[rule.expansion[0]] for rule in found[origin])) for origin in found}
        if more.items() <= first.items():
            return found, first
        first |= more


def _recognised(tokens: Sequence[Token]) -> frozenset[Rule] | ParseStop:
    """Return the rules that derive a part of the words, or where no derivation goes on.

    Earley's recogniser, which predicts only what can begin with the next word: so few rules are left that the parse
    with these alone takes little time.
    """
    by_origin, first = _by_origin()
    start = NonTerminal(START)
    waiting: list[dict[Any, list[tuple[Rule, int, int]]]] = []  # items by the symbol that they wait for, at each place
    column = [(rule, 0, 0) for rule in by_origin[start]]
    complete: set[Rule] = set()
    for place in range(len(tokens) + 1):
        tags = tokens[place].tags.keys() if place < len(tokens) else set()
        here: dict[Any, list[tuple[Rule, int, int]]] = {}
        seen, agenda, ended = set(column), column, False
        while agenda:
            rule, dot, begun = item = agenda.pop()
            further: list[tuple[Rule, int, int]] = []
            if dot == len(rule.expansion):
                complete.add(rule)
                ended |= rule.origin == start and begun == 0
                further = [(outer, at + 1, since) for outer, at, since in waiting[begun].get(rule.origin, ())]
            else:
                symbol = rule.expansion[dot]
                if symbol not in here and not symbol.is_term:
                    further = [(one, 0, place) for one in by_origin[symbol] if first[one.expansion[0]] & tags]
                here.setdefault(symbol, []).append(item)
            agenda += [one for one in further if one not in seen]
            seen.update(further)
        waiting.append(here)
        column = [(rule, dot + 1, begun) for tag in here if tag.name in tags for rule, dot, begun in here[tag]]
        if place == len(tokens) and ended:
            return frozenset(complete)
        if not column:
            at = tokens[place].first if place < len(tokens) else tokens[-1].last
            return ParseStop(at, frozenset().union(*(first[symbol] for symbol in here)))
    raise AssertionError("a parse ends or stops")


@lru_cache(maxsize=100)
def _parser(chosen: frozenset[Rule]) -> Parser:
    return earley_parser([rule for rule in rules() if rule in chosen], START, _matches)


def parse(tokens: Sequence[Token]) -> SymbolNode | ParseStop:
    """Return the packed forest of all derivations, or where there is none any more."""
    chosen = _recognised(tokens)
    return chosen if isinstance(chosen, ParseStop) else forest(_parser(chosen), tokens, START)


# -- meanings along the forest -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A word in a derivation, in one of its categories, with the value that it had there."""

    token: Token
    tag: str
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """How a meaning came about: the function of a rule, its parts, and which of several meanings was taken."""

    name: str
    parts: tuple[Derivation | Leaf, ...]
    choice: int | None = None


def constructions(part: Derivation | Leaf) -> tuple[str, ...]:
    """Return the names of the constructions of a derivation, each once; `same` only passes a meaning on."""
    if isinstance(part, Leaf):
        return ()
    inner = [name for one in part.parts for name in constructions(one)]
    return tuple(sorted({part.name, *inner} - {"same"}))


Meaning = tuple[Any, float, Derivation | Leaf]
Meanings = list[Meaning]
Functions = Callable[[str], Callable[..., Any]]


@dataclass
class Composer:
    """Gives every node of a forest its meanings: those of its parts, put together by the function of the rule."""

    functions: Functions
    weights: dict[str, float] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    _known: dict[int, Meanings] = field(default_factory=dict)
    _tried: int = 0

    def meanings(self, node: SymbolNode) -> Meanings:
        """Return the meanings of a symbol with their weights and derivations, the likeliest first."""
        if id(node) in self._known:
            return self._known[id(node)]
        found: Meanings = []
        for packed in node.children:
            for parts, weight in self._sequences(packed):
                found += self._composed(packed.rule, parts, weight)
        found.sort(key=lambda one: -one[1])
        self._known[id(node)] = found[:MOST_MEANINGS]
        return self._known[id(node)]

    def _composed(self, rule: Rule, parts: list[Meaning], weight: float) -> Meanings:
        self._tried += 1
        if self._tried > MOST_TRIED:
            raise PlotError("this sentence can be read in too many ways", hint="say it in several sentences")
        name = str(rule.alias or rule.origin.name)
        if name == PRETERMINAL:
            return [(parts[0][0], weight, parts[0][2])]
        given = [value for value, _, _ in parts if value is not None]
        try:
            value = self.functions(name)(*given)
        except Unfit as unfit:
            if str(unfit):
                self.refusals.append(str(unfit))
            return []
        weight *= self.weights.get(name, 1.0)
        below = tuple(part for _, _, part in parts)
        if isinstance(value, Alternatives):
            return [(one.value, weight * one.weight, Derivation(name, below, n)) for n, one in enumerate(value)]
        return [(value, weight, Derivation(name, below))]

    def _sequences(self, packed: PackedNode) -> list[tuple[list[Meaning], float]]:
        """Return the meanings of the parts of one derivation so far, in every combination, the likeliest first."""
        place = packed.s[1] if isinstance(packed.s, tuple) else len(packed.rule.expansion)
        right = self._values(packed.right, packed.rule.expansion[place - 1])
        before: list[tuple[list[Meaning], float]] = [([], 1.0)]
        if packed.left is not None:
            before = [pair for inner in packed.left.children for pair in self._sequences(inner)]
        found = [([*parts, one], a * one[1]) for parts, a in before for one in right]
        found.sort(key=lambda one: -one[1])
        return found[: MOST_MEANINGS * 2]

    def _values(self, node: Any, symbol: Any) -> Meanings:
        if isinstance(node, TokenNode):
            token = node.token
            assert isinstance(token, Token)
            return [(value, 1.0, Leaf(token, symbol.name, value)) for value in token.tags[symbol.name]]
        return self.meanings(node)


def composed_again(part: Derivation | Leaf, functions: Functions, instead: Mapping[Leaf, Any]) -> Any:
    """Return the meaning of a derivation once more, with other values for some of its words. Raises Unfit."""
    if isinstance(part, Leaf):
        return instead.get(part, part.value)
    values = [composed_again(inner, functions, instead) for inner in part.parts]
    value = functions(part.name)(*(value for value in values if value is not None))
    if isinstance(value, Alternatives):
        if part.choice is None or part.choice >= len(value):
            raise Unfit("")
        return value[part.choice].value
    return value
