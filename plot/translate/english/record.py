"""The matches that were told of: who met whom in which, read back from the programs of the conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from plot.language import parse
from plot.language.syntax.nodes import Assign, Call, Constant, Expr, ListExpr, Name, NameTarget, ProgramNode, walk
from plot.translate.base import Discourse
from plot.translate.english.build import unified
from plot.world.lexicon import Lexicon, expression

ROLES = ("subject", "object", "event")
_MEETING = re.compile(r"(\w+)_(\d+)")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A match with its two sides, each an expression (a list where the verb has teams).

    `sort` is the noun of the events of its kind, where the world has several; `result` is what was told of its end.
    """

    number: int
    first: Expr
    second: Expr
    sort: str | None = None
    result: Expr | None = None

    def sides(self) -> tuple[tuple[Expr, Expr], tuple[Expr, Expr]]:
        """Return the sides in both orders."""
        return (self.first, self.second), (self.second, self.first)


@lru_cache(maxsize=2_000)
def program_of(code: str) -> ProgramNode:
    """Return the program of a reading, parsed once."""
    return parse(code)


def meetings(discourse: Discourse) -> tuple[Meeting, ...]:
    """Return the matches of a conversation, in order, as the likeliest reading of each utterance has them."""
    lexicon = discourse.world.lexicon
    templates = _templates(lexicon)
    found: dict[int, Meeting] = {}
    for told in discourse.told:
        program = program_of(told.readings[0].code)
        for node in walk(program):
            meeting = _noted(node, lexicon) if isinstance(node, Assign) else _described(node, templates)
            if meeting is not None:
                found.setdefault(meeting.number, meeting)
    return tuple(found[number] for number in sorted(found))


def _templates(lexicon: Lexicon) -> list[tuple[Expr, str | None]]:
    """Return the expressions of verbs that speak of one match between two sides, each with the noun of such events."""
    found: dict[str, str | None] = {}
    for verb in lexicon.verbs.values():
        for code in (verb.means, *verb.manners.values()):
            if code is not None and all(role in code for role in ROLES):
                found.setdefault(code, verb.event)
    return [(expression(code), event) for code, event in found.items()]


def _described(node: object, templates: list[tuple[Expr, str | None]]) -> Meeting | None:
    for template, sort in templates if isinstance(node, Expr) else ():
        roles: dict[str, Expr] = {}
        if isinstance(node, type(template)) and unified(template, node, ROLES, roles):
            event = roles["event"]
            if isinstance(event, Constant) and isinstance(event.value, int):
                return Meeting(event.value, roles["subject"], roles["object"], sort, node)
    return None


def met_name(sort: str | None, number: int) -> str:
    """Return the variable that holds the sides of a match of which only these were told: `match_2`."""
    return f"{sort.replace(' ', '_').replace('-', '_') if sort is not None else 'match'}_{number}"


def _noted(node: Assign, lexicon: Lexicon) -> Meeting | None:
    """Read `match_2 = [["tom"], ["sue"]]`, a match of which only the sides were told."""
    match = _MEETING.fullmatch(node.target.id) if isinstance(node.target, NameTarget) else None
    if match is None or not isinstance(node.value, ListExpr) or len(node.value.items) != 2:
        return None
    sorts = {verb.event for verb in lexicon.verbs.values()}
    for sort in (None, *sorts):
        if met_name(sort, int(match[2])) == match[0]:
            return Meeting(int(match[2]), *node.value.items, sort)
    return None


def members(side: Expr) -> tuple[Expr, ...] | None:
    """Return the members of a side where they are written out."""
    if isinstance(side, ListExpr):
        return side.items
    return None if isinstance(side, (Name, Call)) else (side,)
