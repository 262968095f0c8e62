"""Small operations on meanings that several constructions share: negation, joining, who the two sides are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from plot.language.syntax.nodes import Constant, Expr, Name
from plot.translate.english.build import items_of, unified
from plot.translate.english.entries import VerbUse
from plot.translate.english.forms import Not, Prop, Side
from plot.translate.english.meanings import NP, Circumstance, Group, One, Property, Several, Unfit
from plot.translate.english.noun_phrases import ITSELF
from plot.world.lexicon import Verb, expression

WRONG_FORM = "a verb is not in the form that belongs here (“beat”, “beats”, “beaten”)"


def negative(predicate: Property) -> Property:
    """Return the negation of a property, which keeps what it negates; *not of Ann and Bob* is of neither of them."""
    denied, others = predicate.bound or predicate, predicate.object
    if isinstance(others, Several) and others.joint == "and" and not others.apart and not predicate.teams:
        assert denied.relation is not None
        denied = related(denied.relation, replace(others, joint="or"))

    def of(side: Side, circumstance: Circumstance) -> Prop:
        return Not(denied.of(side, circumstance))

    mutual = predicate.mutual

    def neither(one: Expr, other: Expr, circumstance: Circumstance) -> Prop:
        assert mutual is not None
        return Not(mutual(one, other, circumstance))

    if predicate.contrast:
        raise Unfit("")
    common = predicate.common
    return Property(
        of,
        common=None if common is None else lambda np: Not(common(np)),
        mutual=neither if mutual is not None else None,
        teams=predicate.teams,
        positive=predicate,
        circumstance=predicate.circumstance,
        verb=predicate.verb,
        takes=predicate.takes,
        groups=predicate.groups,
    )


def joined(parts: tuple[Property, ...], joint: Callable[[tuple[Prop, ...]], Prop]) -> Property:
    """Return the conjunction or disjunction of properties."""

    def of(side: Side, _: Circumstance) -> Prop:
        return joint(tuple(part.about(side) for part in parts))

    takes = frozenset.intersection(*(part.takes for part in parts))
    return Property(of, parts=tuple(parts), joint=joint, takes=takes, doubt=any(part.doubt for part in parts))


def reported(predicate: Property) -> Property:
    """Return a predicate as what is found to be so and not done now: *has taken the medicine*, *is taking it*."""
    return replace(predicate, action=False, parts=tuple(reported(part) for part in predicate.parts))


def need(forms: Iterable[str], wanted: Iterable[str]) -> None:
    """Refuse a verb that is not in one of these forms."""
    if not set(forms) & set(wanted):
        raise Unfit(WRONG_FORM if forms else "")


def two_sides(np: NP) -> tuple[Side, Side]:
    """Return the two that *between* speaks of."""
    if not isinstance(np, Several) or np.joint not in ("and", "or") or len(np.parts) != 2:
        raise Unfit("say between which two")
    first, second = (part.side() for part in np.parts)
    return first, second


def same_pronoun(np: NP, one: Side, other: Side) -> bool:
    """Tell whether an object that is a pronoun would be of the subject, or have it among them: that is *himself*."""
    parts = np.parts if isinstance(np, Several) else (np,)
    if not all(isinstance(part, One) and part.pronoun for part in parts):
        return False
    return one.expr == other.expr or overlap(one, other)


def overlap(one: Side, other: Side) -> bool:
    """Tell whether somebody is named on both sides."""
    first, second = (items_of(side.expr) if side.many else [side.expr] for side in (one, other))
    return any(isinstance(item, Constant) and item in (second or ()) for item in first or ())


def converse(use: VerbUse, code: str | None) -> bool:
    """Tell whether an expression says of subject and object what a verb says of object and subject."""
    if code is None or use.verb.means is None:
        return False
    roles: dict[str, Expr] = {}
    same = unified(expression(use.verb.means), expression(code), ("subject", "object", "event"), roles)
    names = {role: getattr(expr, "id", None) for role, expr in roles.items()}
    return same and names.get("subject") == "object" and names.get("object") == "subject"


BESIDES = " + "  # between the manners of one verb: "hard" and "to the right"


def manner_code(verb: Verb, manner: str) -> str | None:
    """Return what a verb means in a manner, or in several; None where the lexicon does not say it."""
    codes = [verb.manners.get(one) for one in manner.split(BESIDES)]
    if None in codes:
        return None
    return codes[0] if len(codes) == 1 else " and ".join(f"({code})" for code in codes)


def alone(predicate: Property) -> Property:
    """Return a property that is said of each of several, not of them as a team."""
    mutual = None if _of_one(predicate) else predicate.mutual  # "both married": not to each other
    return replace(predicate, teams=False, mutual=mutual, parts=tuple(alone(part) for part in predicate.parts))


def _of_one(predicate: Property) -> bool:
    """Return whether a property can be said of one alone: not *equally strong*."""
    try:
        predicate.about(Side(Name(id="x")))
    except Unfit:
        return False
    return True


def related(
    relation: Callable[[Side, Side, Circumstance], Prop],
    standard: NP,
    *,
    teams: bool = False,
    groups: bool = False,
) -> Property:
    """Return the property of standing in a relation to a noun phrase."""

    def of(side: Side, circumstance: Circumstance) -> Prop:
        as_one = teams or (groups and isinstance(standard, Group))

        def between(other: Side) -> Prop:
            if not isinstance(side.expr, Name) and other.expr == side.expr:
                raise Unfit("")  # of oneself, "himself" is said
            return relation(side, _itself(other, side), circumstance)

        return standard.apply(between, as_one)

    return Property(of, teams=teams, relation=relation, object=standard)


def _itself(other: Side, subject: Side) -> Side:
    """Return the other side, which *himself* makes the subject."""
    return subject if other.expr == Name(id=ITSELF) else other
