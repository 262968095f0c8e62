"""The grammar's file and the functions that give its rules meanings fit together."""

from __future__ import annotations

import inspect

import pytest
from lark.exceptions import UnexpectedEOF, UnexpectedToken
from lark.grammar import Rule
from lark.load_grammar import load_grammar

from plot._lazy import once
from plot.compat.lark import earley_parser, forest
from plot.translate.english.causes import Causes
from plot.translate.english.closed import CLOSED
from plot.translate.english.forest import GRAMMAR, PRETERMINAL, START, ParseStop, Token, parse, read_rules
from plot.translate.english.refuse import NAMES

FULL = once(lambda: earley_parser(RULES, START, lambda terminal, token: terminal.name in token.tags))
RULES = read_rules(GRAMMAR.read_text(encoding="utf-8"))

# Categories whose words say nothing beyond their category are not handed to the functions; the lexicon's always are.
OPEN = {
    "NAME", "EVNAME", "WORD", "N_SG", "N_PL", "RN_SG", "RN_PL", "GRP_SG", "GRP_PL", "EVN_SG", "EVN_PL", "GROUP", "ATTR",
    "ADJ", "BADJ", "DADJ", "CMP", "SUP", "MANNER", "VT", "VP", "VI", "VPHR", "PREPR", "NUM", "UNIT", "GIFT", "NOMINAL",
    "NOMADJ", "DOIT", "TREAT", "HAD", "HADNO", "HADBARE",
}  # fmt: skip
SILENT_OPEN: set[str] = set()


def speaks(category: str) -> bool:
    """Return whether a category hands a value to the functions; all of its words must agree."""
    values = {value is not None for tagged in CLOSED.values() for tag, value in tagged if tag == category}
    assert len(values) <= 1, f"{category} has words with and without a value"
    return category in OPEN or values == {True}


def shape(rule: Rule) -> tuple[str, ...]:
    return tuple(symbol.name for symbol in rule.expansion)


def test_our_reader_of_the_grammar_agrees_with_larks() -> None:
    grammar, _ = load_grammar(GRAMMAR.read_text(encoding="utf-8"), "english.lark", [], False)
    _, rules, _ = grammar.compile(["start"], "*")
    assert {(r.origin.name, shape(r), r.alias) for r in rules} == {(r.origin.name, shape(r), r.alias) for r in RULES}


def test_no_rule_stands_twice() -> None:
    seen = [(rule.origin.name, shape(rule)) for rule in RULES]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.origin.name}: {' '.join(shape(rule))}")
def test_the_function_of_a_rule_takes_its_parts(rule: Rule) -> None:
    function = getattr(Causes, str(rule.alias))
    parts = [s for s in rule.expansion if not s.is_term or speaks(s.name)]
    inspect.signature(function).bind(None, *parts)


def test_every_symbol_is_defined() -> None:
    defined = {rule.origin.name for rule in RULES}
    used = {symbol.name for rule in RULES for symbol in rule.expansion if not symbol.is_term}
    assert used <= defined
    assert not any(name.startswith(PRETERMINAL) for name in defined)
    words = {symbol.name for rule in RULES for symbol in rule.expansion if symbol.is_term}
    known = {tag for tagged in CLOSED.values() for tag, _ in tagged} | OPEN | SILENT_OPEN
    assert words <= known
    assert NAMES.keys() <= known


def test_every_function_is_used() -> None:
    aliases = {str(rule.alias) for rule in RULES}
    public = {name for name in dir(Causes) if not name.startswith("_")}
    helpers = {"people", "things_of", "opened", "amount", "pick", "degree", "extent", "context"}
    assert public - aliases - helpers == set()


STOPS = [
    *("NAME VT NAME", "NAME VT", "VT", "NAME BE NOT ADJ AND"),
    *("WHO BE THE N_SG THAN", "IF NAME BE ADJ _C BE NAME ADJ OR"),
]


@pytest.mark.parametrize("text", STOPS)
def test_a_parse_stops_where_larks_does(text: str) -> None:
    tokens = [Token.of(tag, {tag: [tag]}, n, n + 1) for n, tag in enumerate(text.split())]
    found, wanted = parse(tokens), None
    try:
        forest(FULL(), tokens, START)
    except UnexpectedToken as error:
        wanted = ParseStop(tokens.index(error.token), frozenset(error.expected))  # type: ignore[arg-type]
    except UnexpectedEOF as error:
        wanted = ParseStop(len(tokens), frozenset(error.expected))
    assert found == wanted if wanted is not None else not isinstance(found, ParseStop)
