"""Clauses about the events that were told of: *who beat Tom* is one of those who did, in a match that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plot.language import show
from plot.language.syntax.nodes import BoolOp, Call, Compare, Constant, Expr, ListExpr, Name, walk
from plot.translate.english.build import FALSE, both, either, filled, number
from plot.translate.english.matches import within
from plot.translate.english.paraphrase.nouns import term
from plot.translate.english.paraphrase.patterns import conjuncts, matched
from plot.translate.english.paraphrase.phrases import NotCanonicalError, Simple, text_of
from plot.translate.english.paraphrase.predicates import verb_of
from plot.translate.english.paraphrase.scene import Scene
from plot.translate.english.vocabulary import PREPOSITIONS
from plot.world.lexicon import Verb, expression, mentions


def recorded(scene: Scene, expr: Expr) -> Simple | None:
    """Return what a verb says of the known events in which two sides met; None where an expression says nothing so."""
    if not scene.record or not isinstance(expr, (BoolOp, Compare, Call)):
        return None
    wanted = _parts(expr)
    for key, entry in scene.entries.verbs():
        if not mentions(str(entry.means), "event"):
            continue
        for subject, object_ in _pairs(scene, expr):
            if _parts(_said(scene, entry, subject, object_)) == wanted:
                return _clause(scene, key, entry, subject, object_)
    return None


def _parts(expr: Expr) -> frozenset[frozenset[Expr]]:
    """Return the alternatives of a disjunction, each as the set of its conjuncts, whatever their order."""
    ways = expr.values if isinstance(expr, BoolOp) and expr.op == "or" else (expr,)
    return frozenset(frozenset(conjuncts(way)) for way in ways)


def _pairs(scene: Scene, expr: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Yield who may be meant as subject and object: a variable with somebody who took part, in either place."""
    bound = [name for name in scene.variables if any(node == Name(id=name) for node in walk(expr))]
    people = dict.fromkeys(
        one for meeting in scene.record for side in meeting.sides()[0] for one in getattr(side, "items", (side,))
    )
    for name in bound[-1:]:
        for person in people:
            if isinstance(person, Constant):
                yield Name(id=name), person
                yield person, Name(id=name)


def _said(scene: Scene, entry: Verb, subject: Expr, object_: Expr) -> Expr:
    """Return what the verb says of each known event in which one was on this side, and the other on that one."""
    sides = [ListExpr(items=(one,)) if entry.teams else one for one in (subject, object_)]
    found = []
    for meeting in scene.record:
        for one, other in meeting.sides():
            tests = [within(sides[0], one, False), within(sides[1], other, False)]
            if FALSE not in tests:
                roles = {"subject": one, "object": other, "event": number(meeting.number)}
                found.append(both([*tests, filled(expression(str(entry.means)), roles)]))
    return either(found)


def participants(scene: Scene, number_: int) -> tuple[Expr, ...]:
    """Return who took part in an event that was told of."""
    for meeting in scene.record:
        if meeting.number == number_:
            return tuple(one for side in meeting.sides()[0] for one in getattr(side, "items", (side,)))
    return ()


def often(scene: Scene, parts: Sequence[Expr]) -> str | None:
    """Return *was Tom lazy*, where each part says that of one of all the events in which he took part."""
    for word, adjective in scene.lexicon.adjectives.items():
        found = [matched(adjective.event, part, "x", "event") for part in parts] if adjective.event else [None]
        roles = [one for one in found if one is not None and "x" in one and "event" in one]
        if len(roles) != len(parts) or len({show(one["x"]) for one in roles}) != 1:
            continue
        known = [meeting.number for meeting in scene.record if roles[0]["x"] in participants(scene, meeting.number)]
        if [getattr(one["event"], "value", None) for one in roles] == known:
            return f"was {text_of(term(scene, roles[0]['x']))} {word}"
    return None


def times(scene: Scene, parts: Sequence[Expr]) -> tuple[str, Verb, Expr, Expr | None] | None:
    """Return the verb with its subject and object, where the parts say it of each known event in which these met.

    The object is None where they say it of all events of the subject.
    """
    people = dict.fromkeys(one for meeting in scene.record for one in participants(scene, meeting.number))
    for key, entry in scene.entries.verbs():
        if not mentions(str(entry.means), "event"):
            continue
        for subject in people:
            if tuple(parts) == tuple(_of_each(scene, entry, subject, None)):
                return key, entry, subject, None
            for object_ in people:
                alone = list(_of_each(scene, entry, subject, object_, exact=True))
                if tuple(parts) == tuple(alone or _of_each(scene, entry, subject, object_)):
                    return key, entry, subject, object_
    return None


def _of_each(scene: Scene, entry: Verb, subject: Expr, object_: Expr | None, *, exact: bool = False) -> Iterator[Expr]:
    for meeting in scene.record:
        for one, other in meeting.sides():
            if exact and any(len(getattr(side, "items", (side,))) > 1 for side in (one, other)):
                continue
            if subject in getattr(one, "items", (one,)) and object_ in (None, *getattr(other, "items", (other,))):
                roles = {"subject": one, "object": other, "event": number(meeting.number)}
                yield filled(expression(str(entry.means)), roles)


def _clause(scene: Scene, key: str, entry: Verb, subject: Expr, object_: Expr) -> Simple:
    verb, rest = verb_of(key, entry)
    if rest and rest.split()[-1] not in PREPOSITIONS:
        raise NotCanonicalError
    after = tuple(part for part in (rest, term(scene, object_)) if part != "")
    return Simple(term(scene, subject), verb, after, tense="past", reflexive=True)


__all__ = ["often", "participants", "recorded", "times"]
