"""lark: its Earley parser over tokens that were made elsewhere, and the packed forest of all derivations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from lark.common import LexerConf, ParserConf
from lark.grammar import NonTerminal, Rule, Terminal
from lark.lexer import Token
from lark.parsers.earley import Parser
from lark.parsers.earley_forest import PackedNode, SymbolNode, TokenNode


class _Tokens:
    """What lark takes tokens from, in place of a lexer."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens

    def lex(self, _: Any) -> Any:
        return iter(self._tokens)


def earley_parser(rules: Sequence[Rule], start: str, matches: Callable[[Terminal, Any], bool]) -> Parser:
    """Return a parser that gives the packed forest of all derivations.

    Args:
        rules: The rules of the grammar.
        start: The symbol that derives a whole text.
        matches: Whether a terminal may stand for a token.
    """
    lexer = LexerConf([], re)
    lexer.lexer_type = "basic"
    return Parser(lexer, ParserConf(list(rules), {}, [start]), matches, tree_class=None)


def forest(parser: Parser, tokens: Sequence[Token], start: str) -> SymbolNode:
    """Return the root of the packed forest, of a text that has a derivation.

    Args:
        parser: What `earley_parser` made.
        tokens: The tokens of the text.
        start: The symbol that derives a whole text.
    """
    found = parser.parse(_Tokens(tokens), start)  # type: ignore[no-untyped-call]
    assert isinstance(found, SymbolNode)
    return found


def filtered(name: str) -> Terminal:
    """Return a terminal; one whose name begins with an underscore is left out of derivations."""
    return Terminal(name, filter_out=name.startswith("_"))


__all__ = [
    "NonTerminal",
    "PackedNode",
    "Parser",
    "Rule",
    "SymbolNode",
    "Terminal",
    "Token",
    "TokenNode",
    "earley_parser",
    "filtered",
    "forest",
]
