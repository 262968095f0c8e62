"""What `plot/compat/lark.py` relies on."""

from __future__ import annotations

import pytest

from plot.compat import lark as compat
from plot.compat.lark import (
    NonTerminal,
    PackedNode,
    Rule,
    SymbolNode,
    Token,
    TokenNode,
    earley_parser,
    filtered,
    forest,
)
from tests.compat import relies_on

SUM, TERM = NonTerminal("sum"), filtered("N")
RULES = [Rule(SUM, [SUM, filtered("PLUS"), SUM], 0, "added"), Rule(SUM, [TERM], 1, "number")]


def parsed(text: str) -> SymbolNode:
    parser = earley_parser(RULES, "sum", lambda terminal, token: terminal.name == token.type)
    return forest(parser, [Token("PLUS" if said == "+" else "N", said) for said in text.split()], "sum")


def derivations(node: object) -> int:
    """Return how many trees a packed forest holds."""
    if node is None or isinstance(node, TokenNode):
        return 1
    assert isinstance(node, SymbolNode)
    assert all(isinstance(packed, PackedNode) for packed in node.children)
    return sum(derivations(packed.left) * derivations(packed.right) for packed in node.children)


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("1 + 2", 1), ("1 + 2 + 3", 2), ("1 + 2 + 3 + 4", 5)])
def test_the_forest_has_all_derivations(text: str, count: int) -> None:
    with relies_on("lark", "a packed forest of all derivations"):
        assert derivations(parsed(text)) == count


def test_nodes_name_their_rules_and_tokens() -> None:
    with relies_on("lark", "nodes that name their rules and tokens"):
        (packed,) = parsed("7").children
        assert packed.rule.alias == "number" and packed.rule.expansion == [TERM]
        assert isinstance(packed.right, TokenNode) and packed.right.token == "7" and packed.left is None


def test_terminals_that_are_left_out() -> None:
    with relies_on("lark", "terminals that are filtered out"):
        assert filtered("_COMMA").filter_out and not filtered("NOUN").filter_out


def test_what_is_missing_is_told_with_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "Parser", lambda *_: None)
    with pytest.raises(AssertionError, match=r"^lark [\d.]+ does not do what PLoT relies on: .*TypeError"):
        test_nodes_name_their_rules_and_tokens()
