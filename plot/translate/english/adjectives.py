"""How adjectives get their meanings: thresholds, degree words, comparisons, superlatives, boolean adjectives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from plot.language.syntax.nodes import Binary, Expr, Name
from plot.translate.english.build import both, call, compare, filled, listing, number, template
from plot.translate.english.combine import joined, negative
from plot.translate.english.entries import AdjectiveUse
from plot.translate.english.forms import Amount, And, InMatch, Not, Prop, Reported, Side, Times, Truth, When
from plot.translate.english.groups import Groups
from plot.translate.english.meanings import (
    NP,
    Best,
    Circumstance,
    Group,
    Property,
    Unfit,
)
from plot.translate.english.noun_phrases import ITSELF
from plot.world.lexicon import expression

IN_MATCHES = frozenset({"when", "times", "noun"})

Margin = tuple[str, float, float | None]  # op, and the difference; for "a bit" also the most that it may be
Given = NP | float | str  # what a comparison is with: someone, a figure, or a statistic of all


@dataclass(frozen=True, slots=True, eq=False)
class Comparative:
    """*stronger*, or with `down` *less strong*."""

    use: AdjectiveUse
    down: bool = False

    @property
    def op(self) -> str:
        """How the degree of the one compares with that of the other."""
        return ">" if (self.use.adjective.below is None) != self.down else "<"


class Adjectives(Groups):
    """The functions of the grammar's rules for adjectives and comparisons, by their aliases."""

    # -- plain and with degree words -----------------------------------------------------------------------

    def adj(self, use: AdjectiveUse) -> Property:
        adjective = use.adjective
        limit = adjective.above if adjective.above is not None else adjective.below
        assert limit is not None
        return replace(self._above(use, limit), mutual=None)

    def adj_degree(self, degree: tuple[str, str], use: AdjectiveUse) -> Property:
        adjective = use.adjective
        word, kind = degree
        limit = adjective.degrees.get(word, adjective.degrees.get(kind))
        if limit is None and kind == "quite":
            return self.adj(use)
        if limit is None:
            raise Unfit(f"the lexicon does not say how {use.word} “{word} {use.word}” is")
        return self._above(use, limit)

    def adj_figure(self, figure: float, use: AdjectiveUse) -> Property:
        """*Two metres tall*, give or take."""
        error = use.adjective.tolerance or 1.0
        return Property(lambda side, _: Reported(self.degree(use, side), number(figure), error))

    def adj_degree_twice(self, _: tuple[str, str], degree: tuple[str, str], use: AdjectiveUse) -> Property:
        return self.adj_degree(degree, use)

    def _above(self, use: AdjectiveUse, limit: float) -> Property:
        """Return that a degree is beyond a threshold; said of one match, what the lexicon has for that."""
        adjective = use.adjective
        op = ">" if adjective.below is None else "<"

        def of(side: Side, circumstance: Circumstance) -> Prop:
            if _of_match(circumstance):
                return self._in_match(use, side, circumstance)
            return Truth(compare(self.degree(use, side), op, number(limit)))

        return Property(of, takes=IN_MATCHES, groups=use.adjective.team is not None)

    def _in_match(self, use: AdjectiveUse, side: Side, circumstance: Circumstance) -> Prop:
        event = use.adjective.event
        if event is None:
            raise Unfit(f"“{use.word}” can't be said of one match in this world")
        noun, some = circumstance.noun, When(1, Amount("some"))
        when = circumstance.when or (some if noun is not None and circumstance.times is None else When(-1))
        said = InMatch(filled(expression(event), {"x": side.expr}), side.expr, when, noun)
        if circumstance.times is not None and circumstance.when is not None:
            raise Unfit("")
        return said if circumstance.times is None else Times(said, circumstance.times)

    def degree(self, use: AdjectiveUse, side: Side | Expr) -> Expr:
        """Return the degree to which an individual is so, or a team."""
        assert use.adjective.degree is not None
        if not isinstance(side, Side):
            return template(use.adjective.degree, x=side)
        if side.many:
            if use.adjective.team is None:
                raise Unfit(f"ask how {use.word} one of them is")
            return template(use.adjective.team, x=side.expr)
        return template(use.adjective.degree, x=side.expr)

    def plain_adj(self, use: AdjectiveUse) -> Property:
        means = use.adjective.means
        assert means is not None

        def of(side: Side, circumstance: Circumstance) -> Prop:
            said: Prop
            if _of_match(circumstance):
                said = self._in_match(use, side, circumstance)
            else:
                said = Truth(template(means, x=side.expr))
            return Not(said) if use.negated else said

        mutual = use.adjective.mutual
        if mutual is None or use.negated:
            return Property(of, takes=IN_MATCHES)
        return Property(of, takes=IN_MATCHES, mutual=lambda one, other, _: Truth(template(mutual, x=one, of=other)))

    def plain_adj_degree(self, _: tuple[str, str], use: AdjectiveUse) -> Property:
        return self.plain_adj(use)

    def defined_adj(self, function: str) -> Property:
        return Property(lambda side, _: Truth(call(function, side.expr)))

    # -- comparisons ---------------------------------------------------------------------------------------

    def cmp_up(self, use: AdjectiveUse) -> Comparative:
        return Comparative(use)

    def cmp_down(self, use: AdjectiveUse) -> Comparative:
        return Comparative(use, down=True)

    def margin_word(self, word: tuple[str, str]) -> tuple[str, str]:
        return word

    def margin_number(self, amount: float) -> Margin:
        return (">=", amount, None)

    def margin_bounded(self, op: str, amount: float) -> Margin:
        return (op, amount, None)

    def _margin(self, margin: Any, use: AdjectiveUse) -> Margin:
        if len(margin) == 3:
            found: Margin = margin
            return found
        word, kind = margin
        amount = use.adjective.margins.get(word, use.adjective.margins.get(kind))
        if amount is None:
            raise Unfit(f"the lexicon does not say what “{word} {use.word}” adds to a comparison")
        return (">", 0, amount) if kind == "a bit" else (">", amount, None)

    def cmp_alone(self, comparative: Comparative) -> Property:
        use = comparative.use

        def of(side: Side, circumstance: Circumstance) -> Prop:
            raise Unfit("say whom the comparison is with: “than …” is missing")

        return Property(of, best=self._order(use, least=comparative.op == "<"))

    def cmp_margin_alone(self, _: Any, comparative: Comparative) -> Property:
        return replace(self.cmp_alone(comparative), best=None)

    def std_np(self, np: NP, *_: str) -> NP:
        return np

    def std_statistic(self, statistic: str, *_: Any) -> str:
        if statistic != "mean":
            raise Unfit("")
        return statistic

    def std_number(self, amount: float) -> float:
        return amount

    def cmp_than(self, comparative: Comparative, standard: Given) -> Property:
        return self._compared(comparative, standard, (">", 0, None))

    def cmp_margin_than(self, margin: Any, comparative: Comparative, standard: Given) -> Property:
        return self._compared(comparative, standard, self._margin(margin, comparative.use))

    def _compared(self, comparative: Comparative, standard: Given, margin: Margin) -> Property:
        """Return that a degree is greater (or less) than another, by a margin."""
        use, op = comparative.use, comparative.op
        how, amount, most = margin

        def test(one: Expr, other: Expr) -> Expr:
            if how == ">" and amount == 0 and most is None:
                return compare(one, op, other)
            first, second = (one, other) if op == ">" else (other, one)
            difference = Binary(op="-", left=first, right=second)
            tests = [compare(difference, how if how != "==" else ">=", number(amount))]
            if most is not None:
                tests.append(compare(difference, "<", number(most)))
            if how == "==":
                tests = [compare(call("abs", Binary(op="-", left=difference, right=number(amount))), "<=", number(1))]
            return both(tests)

        return self._against(standard, use, test, reflexive=False)

    def _against(
        self, standard: Given, use: AdjectiveUse, test: Callable[[Expr, Expr], Expr], *, reflexive: bool
    ) -> Property:
        groups = use.adjective.team is not None
        if not isinstance(standard, NP):
            figure = self._mean(use) if isinstance(standard, str) else number(standard)
            return Property(lambda side, _: Truth(test(self.degree(use, side), figure)), groups=groups)

        def relation(one: Side, other: Side, _: Circumstance) -> Prop:
            degrees = self.degree(use, one), self.degree(use, other)
            return Truth(test(*degrees), (one.expr, other.expr), reflexive)

        return replace(related(relation, standard, groups=groups), groups=groups)

    def _mean(self, use: AdjectiveUse) -> Expr:
        """Return the mean degree of all: *stronger than average*."""
        return call("mean", listing(self.degree(use, Name(id="o")), "o", self.people().source))

    def cmp_than_by(self, comparative: Comparative, standard: Given, margin: Any) -> Property:
        return self._compared(comparative, standard, self._margin(margin, comparative.use))

    def no_more_than(self, determiner: tuple[str, str | None], comparative: Comparative, std: Given) -> Property:
        """*No stronger than*, *not any stronger than*."""
        if determiner[0] not in ("no", "any"):
            raise Unfit("")
        found = self.cmp_than(comparative, std)
        return negative(found) if determiner[0] == "no" else found

    def as_as(self, use: AdjectiveUse, standard: Given) -> Property:
        op = Comparative(use).op + "="
        return self._against(standard, use, lambda one, other: compare(one, op, other), reflexive=True)

    def as_as_at_least(self, op: str, use: AdjectiveUse, standard: Given) -> Property:
        if op == "==":
            return self.equally_as(use, standard)
        up = Comparative(use).op == ">"
        turned = op if up else {">=": "<=", "<=": ">=", ">": "<", "<": ">"}[op]
        return self._against(standard, use, lambda one, other: compare(one, turned, other), reflexive=True)

    def equally_as(self, use: AdjectiveUse, standard: Given) -> Property:
        return self._against(standard, use, self._near(use), reflexive=True)

    def _near(self, use: AdjectiveUse) -> Callable[[Expr, Expr], Expr]:
        tolerance = use.adjective.tolerance
        if tolerance is None:
            raise Unfit(f"the lexicon does not say how near “equally {use.word}” must be ('tolerance')")
        near = number(tolerance)
        return lambda one, other: compare(call("abs", Binary(op="-", left=one, right=other)), "<=", near)

    def equally(self, use: AdjectiveUse) -> Property:
        near = self._near(use)

        def of(side: Side, circumstance: Circumstance) -> Prop:
            raise Unfit(f"“equally {use.word}” is said of two: “equally {use.word} as …”")

        def mutual(one: Expr, other: Expr, _: Circumstance) -> Prop:
            return Truth(near(self.degree(use, one), self.degree(use, other)), (one, other), True)

        return Property(of, mutual=mutual)

    def cmp_both_than(self, one: Comparative, other: Comparative, standard: Given) -> Property:
        return joined((self.cmp_than(one, standard), self.cmp_than(other, standard)), And)

    def times_as_bounded(self, op: str, factor: float, use: AdjectiveUse, standard: Given) -> Property:
        return self._times(Comparative(use), factor, standard, op if op != "==" else None)

    def times_as(self, factor: float, use: AdjectiveUse, standard: Given) -> Property:
        return self._times(Comparative(use), factor, standard)

    def times_cmp(self, factor: float, comparative: Comparative, standard: Given) -> Property:
        return self._times(comparative, factor, standard)

    def _times(self, comparative: Comparative, factor: float, standard: Given, bound: str | None = None) -> Property:
        """Return that a degree is at least so many times another; below one, at most such a part of it."""
        if comparative.use.adjective.below is not None:
            raise Unfit(f"how many times {comparative.use.word} is not clear: say it with the opposite word")
        op = bound or (">=" if factor >= 1 and not comparative.down else "<=")

        def test(one: Expr, other: Expr) -> Expr:
            return compare(one, op, Binary(op="*", left=number(factor), right=other))

        return self._against(standard, comparative.use, test, reflexive=True)

    # -- orders --------------------------------------------------------------------------------------------

    def _best(self, use: object, *, least: bool) -> Best:
        if isinstance(use, Comparative):
            return self._order(use.use, least=use.op == "<")
        assert isinstance(use, AdjectiveUse)
        return self._order(use, least=(use.adjective.below is not None) != least)

    def _order(self, use: AdjectiveUse, *, least: bool) -> Best:
        x = Name(id="x")
        team = self.degree(use, Side(x, many=True)) if use.adjective.team is not None else None
        return Best(self.degree(use, x), team, least, use.word)


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
        return standard.apply(lambda other: relation(side, _itself(other, side), circumstance), as_one)

    return Property(of, teams=teams, relation=relation, object=standard)


def _of_match(circumstance: Circumstance) -> bool:
    """Return whether something is said of a match, not in general."""
    return any(one is not None for one in (circumstance.when, circumstance.times, circumstance.noun))


def _itself(other: Side, subject: Side) -> Side:
    """Return the other side, which *himself* makes the subject."""
    return subject if other.expr == Name(id=ITSELF) else other
