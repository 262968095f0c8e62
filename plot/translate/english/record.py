"""The matches that were told of: who met whom in which, read back from the programs of the conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from plot.language import parse
from plot.language.syntax.nodes import Assign, Call, Constant, Expr, ListExpr, Name, NameTarget, Program, walk
from plot.translate.base import Discourse
from plot.translate.english.build import unified
from plot.world.lexicon import Lexicon, expression

ROLES = ("subject", "object", "event")
_MEETING = re.compile(r"match_(\d+)")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A match with its two sides, each an expression (a list where the verb has teams)."""

    number: int
    first: Expr
    second: Expr

    def sides(self) -> tuple[tuple[Expr, Expr], tuple[Expr, Expr]]:
        """Return the sides in both orders."""
        return (self.first, self.second), (self.second, self.first)


@lru_cache(maxsize=2_000)
def program_of(code: str) -> Program:
    """Return the program of a reading, parsed once."""
    return parse(code)


def meetings(discourse: Discourse) -> tuple[Meeting, ...]:
    """Return the matches of a conversation, in order, as the likeliest reading of each utterance has them."""
    templates = _templates(discourse.world.lexicon)
    found: dict[int, Meeting] = {}
    for told in discourse.told:
        program = program_of(told.readings[0].code)
        for node in walk(program):
            meeting = _noted(node) if isinstance(node, Assign) else _described(node, templates)
            if meeting is not None:
                found.setdefault(meeting.number, meeting)
    return tuple(found[number] for number in sorted(found))


def _templates(lexicon: Lexicon) -> list[Expr]:
    """Return the expressions of verbs that speak of one match between two sides."""
    codes = [
        code for verb in lexicon.verbs.values() for code in (verb.means, *verb.manners.values()) if code is not None
    ]
    return [expression(code) for code in dict.fromkeys(codes) if all(role in code for role in ROLES)]


def _described(node: object, templates: list[Expr]) -> Meeting | None:
    for template in templates if isinstance(node, type(templates[0]) if len(templates) == 1 else Expr) else ():
        roles: dict[str, Expr] = {}
        if unified(template, node, ROLES, roles):
            event = roles["event"]
            if isinstance(event, Constant) and isinstance(event.value, int):
                return Meeting(event.value, roles["subject"], roles["object"])
    return None


def _noted(node: Assign) -> Meeting | None:
    """Read `match_2 = [["tom"], ["sue"]]`, a match of which only the sides were told."""
    match = _MEETING.fullmatch(node.target.id) if isinstance(node.target, NameTarget) else None
    if match is None or not isinstance(node.value, ListExpr) or len(node.value.items) != 2:
        return None
    return Meeting(int(match[1]), *node.value.items)


def members(side: Expr) -> tuple[Expr, ...] | None:
    """Return the members of a side where they are written out."""
    if isinstance(side, ListExpr):
        return side.items
    return None if isinstance(side, (Name, Call)) else (side,)
