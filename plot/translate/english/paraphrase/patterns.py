"""The entries of a lexicon as patterns of code, by which a part of a program is recognised as what an entry means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plot.language.syntax.nodes import (
    BoolOp,
    Call,
    Compare,
    Expr,
    Lambda,
    Name,
    Unary,
    walk,
)
from plot.translate.english.build import call, filled, unified
from plot.world.lexicon import Adjective, AttributeWord, Lexicon, Noun, Verb, expression

Roles = dict[str, Expr]


def conjuncts(expr: Expr) -> tuple[Expr, ...]:
    """Return the parts of a conjunction; of anything else, itself."""
    if isinstance(expr, BoolOp) and expr.op == "and":
        return tuple(part for value in expr.values for part in conjuncts(value))
    return (expr,)


def absorbed(
    pattern: Sequence[Expr], tests: Sequence[Expr], roles: Sequence[str], found: Roles
) -> tuple[Expr, ...] | None:
    """Return the tests that are left when each part of a pattern took one of them; None where one finds none.

    `found` holds what the roles stand for, and gets those that this tells.
    """
    if not pattern:
        return tuple(tests)
    for place, test in enumerate(tests):
        trial = dict(found)
        if unified(pattern[0], test, roles, trial):
            left = absorbed(pattern[1:], [*tests[:place], *tests[place + 1 :]], roles, trial)
            if left is not None:
                found.update(trial)
                return left
    return None


def matched(code: str, expr: Expr, *roles: str, **known: Expr) -> Roles | None:
    """Return what the roles of an entry's code stand for in an expression; None where that is another one."""
    return matched_expr(expression(code), expr, *roles, **known)


def matched_expr(pattern: Expr, expr: Expr, *roles: str, **known: Expr) -> Roles | None:
    """Return what the roles of a pattern stand for in an expression; None where that is another one."""
    found: Roles = dict(known)
    left = absorbed(conjuncts(pattern), conjuncts(expr), roles, found)
    return found if left == () else None


def mentions(expr: Expr, name: str) -> bool:
    """Return whether a variable occurs in an expression."""
    return any(isinstance(node, Name) and node.id == name for node in walk(expr))


def renamed(code: str, **roles: str) -> Expr:
    """Return an entry's code with other names for its roles."""
    return filled(expression(code), {old: Name(id=new) for old, new in roles.items()})


def applied(function: Expr, argument: Expr) -> Expr:
    """Return what a function is of an argument: the body of a lambda, else a call."""
    if isinstance(function, Lambda) and len(function.parameters) == 1:
        return filled(function.body, {function.parameters[0]: argument})
    return call(function, argument)


def opposite(expr: Expr) -> Expr | None:
    """Return what an expression denies; None where it is no denial."""
    if isinstance(expr, Unary) and expr.op == "not":
        return expr.operand
    flipped = {"<=": ">", ">=": "<", "!=": "==", "not in": "in", "<": ">=", ">": "<="}
    if isinstance(expr, Compare) and len(expr.ops) == 1 and expr.ops[0] in flipped:
        return Compare(left=expr.left, ops=(flipped[expr.ops[0]],), comparators=expr.comparators)
    return None


def call_of(expr: Expr, name: str, arguments: int = 1) -> tuple[Expr, ...] | None:
    """Return the arguments of a call of a function; None for anything else."""
    if isinstance(expr, Call) and expr.function == Name(id=name) and len(expr.args) == arguments and not expr.keywords:
        return expr.args
    return None


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a lexicon in the order in which they are tried."""

    lexicon: Lexicon

    def gradable(self) -> Iterator[tuple[str, Adjective]]:
        """Yield the adjectives of degree, those with a threshold above first."""
        found = [(word, entry) for word, entry in self.lexicon.adjectives.items() if entry.degree is not None]
        yield from sorted(found, key=lambda pair: pair[1].above is None)

    def plain(self) -> Iterator[tuple[str, Adjective]]:
        """Yield the adjectives that are a test."""
        yield from ((word, entry) for word, entry in self.lexicon.adjectives.items() if entry.means is not None)

    def verbs(self) -> Iterator[tuple[str, Verb]]:
        """Yield the verbs that mean something."""
        yield from ((word, entry) for word, entry in self.lexicon.verbs.items() if entry.means is not None)

    def attributes(self) -> Iterator[tuple[str, AttributeWord]]:
        """Yield the attributes."""
        yield from self.lexicon.attributes.items()

    def nouns(self) -> Iterator[tuple[str, Noun]]:
        """Yield the nouns of things and of relations."""
        yield from ((word, noun) for word, noun in self.lexicon.nouns.items() if not noun.group and not noun.event)

    def event(self) -> str | None:
        """The noun of an event: *match*."""
        return next((word for word, noun in self.lexicon.nouns.items() if noun.event), None)
