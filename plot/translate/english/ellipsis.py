"""How clauses that leave out their predicate get their meanings: *and Ann did too*, *so is Sue*, *but not both*."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from plot.translate.english.combine import negative
from plot.translate.english.forms import And, Implies, Not, Or, Prop
from plot.translate.english.meanings import NP, One, Property, Several, Unfit, applied
from plot.translate.english.sentences import Said, Sentences


@dataclass(frozen=True, slots=True, eq=False)
class Short:
    """A clause without its predicate: of whom it is, whether it denies, and whether it only may be so."""

    np: NP
    negated: bool = False
    doubt: bool = False


class Ellipses(Sentences):
    """The functions of the grammar's rules for what is left out, by their aliases."""

    def short(self, np: NP, *words: str) -> Short:
        return Short(np, doubt="might" in words)

    def short_many(self, np: NP) -> Short:
        if isinstance(np, One) and not np.pronoun:
            raise Unfit("")  # "stronger than Tom and Sue are"
        return Short(np)

    def short_not(self, np: NP, *_: str) -> Short:
        return Short(np, negated=True)

    def short_not_many(self, np: NP) -> Short:
        return replace(self.short_many(np), negated=True)

    def inverted(self, _: str, np: NP) -> Short:
        return Short(np)

    def s_and_short(self, one: Said, short: Short) -> Said:
        return Said(And((one.prop, _filled(one, short))), doubt=one.doubt or short.doubt)

    def s_or_short(self, one: Said, short: Short) -> Said:
        return Said(Or((one.prop, _filled(one, short))), doubt=one.doubt)

    def s_nor_short(self, one: Said, short: Short) -> Said:
        return self.s_and_short(one, replace(short, negated=True))

    def s_xor(self, one: Said, other: Said) -> Said:
        return Said(_one_of(one.prop, other.prop), doubt=one.doubt or other.doubt)

    def clause_xor(self, np: NP, predicate: Property, *_: Any) -> Said:
        """*Tom or Sue is lazy, but not both*."""
        if isinstance(np, Several) and np.joint == "or" and len(np.parts) == 2:
            first, second = (applied(part, predicate) for part in np.parts)
        elif predicate.joint is Or and len(predicate.parts) == 2:
            first, second = (applied(np, part) for part in predicate.parts)
        else:
            raise Unfit("")
        return Said(_one_of(first, second))


def _one_of(first: Prop, second: Prop) -> Prop:
    return Not(Implies(first, second, both=True))


def _filled(one: Said, short: Short) -> Prop:
    """Return what a short clause says: the predicate of the clause before it, without its negation, or denied."""
    if one.predicate is None:
        raise Unfit("")
    predicate = one.predicate.positive or one.predicate
    return applied(short.np, negative(predicate) if short.negated else predicate)
