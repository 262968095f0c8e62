"""How adjectives get their meanings: thresholds, degree words, comparisons, superlatives, boolean adjectives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plot.language.syntax.nodes import Binary, Expr, Name
from plot.translate.english.build import both, call, compare, filled, listing, number, template
from plot.translate.english.closed import CLOSED
from plot.translate.english.combine import joined, negative, related
from plot.translate.english.entries import AdjectiveUse, Measured, Percent
from plot.translate.english.forms import (
    Amount,
    And,
    Claim,
    EventNumber,
    InMatch,
    Not,
    Prop,
    Reported,
    Side,
    Times,
    When,
)
from plot.translate.english.groups import Groups
from plot.translate.english.meanings import (
    NP,
    Best,
    Circumstance,
    Property,
    Unfit,
)
from plot.translate.english.owners import LAST, owned_by, valued
from plot.world.lexicon import Adjective, AttributeWord, Lexicon, expression, mentions

DIGITS = 12
SHARE_PRECISION = 0.5  # quantities that are stated less precisely are no shares, so that no percentage is one of them
TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
IN_MATCHES = frozenset({"when", "times", "noun"})

Given = NP | Measured | str  # what a comparison is with: someone, a figure, or a statistic of all
ABOUTS = frozenset(word for word, tags in CLOSED.items() if any(tag == "ABOUT" for tag, _ in tags))
ABOUT = 5  # how many times less precise a figure with "about" is


@dataclass(frozen=True, slots=True)
class Margin:
    """By how much a degree is greater (`op`, `amount`); `most` is the most that *a bit* may be. A figure has a unit.

    With `op` "==" it is a figure that was stated, `about` so many times less precise than usual.
    """

    op: str = ">"
    amount: float = 0
    most: float | None = None
    unit: str | None = None
    about: float = 1.0

    @property
    def relative(self) -> bool:
        """Whether it is a share of the other degree: *20% stronger*."""
        return isinstance(self.amount, Percent)


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

    def adj_figure(self, figure: float, unit: str, use: AdjectiveUse) -> Property:
        """*Two metres tall*, give or take."""
        self._check_figure(use, figure, unit)
        return Property(lambda side, _: Reported(self.degree(use, side), number(figure), self._precision(use)))

    def _precision(self, use: AdjectiveUse) -> float:
        return precision_of(use.adjective, self.context.lexicon)

    def _check_figure(self, use: AdjectiveUse, figure: float, unit: str | None) -> None:
        found = attribute_of(use.adjective, self.context.lexicon)
        units = (*use.adjective.units, *(found.units if found is not None else ()))
        check_figure(use.word, figure, unit, units, self._precision(use))

    def adj_degree_twice(self, _: tuple[str, str], degree: tuple[str, str], use: AdjectiveUse) -> Property:
        return self.adj_degree(degree, use)

    def _above(self, use: AdjectiveUse, limit: float) -> Property:
        """Return that a degree is beyond a threshold; said of one match, what the lexicon has for that."""
        adjective = use.adjective
        op = ">" if adjective.below is None else "<"

        def of(side: Side, circumstance: Circumstance) -> Prop:
            if _of_match(circumstance) and not _of_events(use):
                return self._in_match(use, side, circumstance)
            return Claim(compare(self.degree(use, side, circumstance), op, number(limit)))

        groups = use.adjective.team is not None
        event = use.adjective.event
        return Property(of, takes=IN_MATCHES, groups=groups, action=use.adjective.action, stative=event)

    def _in_match(self, use: AdjectiveUse, side: Side, circumstance: Circumstance) -> Prop:
        event = use.adjective.event
        if event is None:
            raise Unfit(f"“{use.word}” can't be said of one {self.context.occasion} in this world")
        noun, some = circumstance.noun, When(1, Amount("some"))
        last = When(-1, the=True)  # of those in which the subject took part
        when = circumstance.when or (some if noun is not None and circumstance.times is None else last)
        said = InMatch(filled(expression(event), {"x": side.expr}), side.expr, when, noun)
        if circumstance.times is not None and circumstance.when is not None:
            raise Unfit("")
        return said if circumstance.times is None else Times(said, circumstance.times)

    def degree(self, use: AdjectiveUse, side: Side | Expr, circumstance: Circumstance | None = None) -> Expr:
        """Return the degree to which an individual is so, or a team, or an event; in the event that is meant."""
        assert use.adjective.degree is not None
        event = {"when": circumstance.when or LAST, "noun": circumstance.noun} if circumstance is not None else None
        code, word = use.adjective.degree, use.word
        if not isinstance(side, Side):
            return valued(code, side, word, event)
        if side.many:
            if use.adjective.team is None:
                raise Unfit(f"ask how {use.word} one of them is")
            return template(use.adjective.team, x=side.expr)
        owner = owned_by(side.expr, word, self.context.lexicon) if mentions(code, "x") else side.expr
        return valued(code, owner, word, event)

    def plain_adj(self, use: AdjectiveUse) -> Property:
        means = use.adjective.means

        def of(side: Side, circumstance: Circumstance) -> Prop:
            said: Prop
            if use.adjective.event is not None and not mentions(use.adjective.event, "x"):
                said = Claim(valued(use.adjective.event, side.expr, use.word))
            elif isinstance(side.expr, EventNumber):
                raise Unfit(f"“{use.word}” is not said of events in this world")
            elif _of_match(circumstance) or (means is None and circumstance.tense == "past"):
                said = self._in_match(use, side, circumstance)
            elif means is None:
                raise Unfit(f"“{use.word}” is said of one {self.context.occasion}: say in which")
            else:
                said = Claim(template(means, x=side.expr))
            return Not(said) if use.negated else said

        mutual = use.adjective.mutual
        found = Property(of, takes=IN_MATCHES, action=use.adjective.action, stative=use.adjective.event)
        if mutual is None or use.negated:
            return found
        return replace(found, mutual=lambda one, other, _: Claim(template(mutual, x=one, of=other), (one, other)))

    def plain_adj_degree(self, _: tuple[str, str], use: AdjectiveUse) -> Property:
        return self.plain_adj(use)

    def defined_adj(self, function: str) -> Property:
        return Property(lambda side, _: Claim(call(function, side.expr)))

    # -- comparisons ---------------------------------------------------------------------------------------

    def cmp_up(self, use: AdjectiveUse) -> Comparative:
        return Comparative(use)

    def cmp_down(self, use: AdjectiveUse) -> Comparative:
        return Comparative(use, down=True)

    def margin_word(self, word: tuple[str, str]) -> tuple[str, str]:
        return word

    def margin_number(self, amount: float, unit: str | None = None) -> Margin:
        return Margin("==", amount, unit=unit)

    def margin_bounded(self, op: str, amount: float, unit: str | None = None) -> Margin:
        return Margin(op, amount, unit=unit)

    def margin_about(self, _: str, amount: float, unit: str | None = None) -> Margin:
        return Margin("==", amount, unit=unit, about=ABOUT)

    def _margin(self, margin: Any, use: AdjectiveUse) -> Margin:
        if isinstance(margin, Margin):
            if not margin.relative or margin.unit is not None:
                self._check_figure(use, margin.amount, margin.unit)
            return margin
        word, kind = margin
        amount = use.adjective.margins.get(word, use.adjective.margins.get(kind))
        if amount is None:
            raise Unfit(f"the lexicon does not say what “{word} {use.word}” adds to a comparison")
        return Margin(">", 0, amount) if kind == "a bit" else Margin(">", amount)

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

    def std_number(self, amount: float, unit: str | None = None) -> Measured:
        return Measured(amount, unit)

    def cmp_than(self, comparative: Comparative, standard: Given) -> Property:
        return self._compared(comparative, standard, Margin())

    def cmp_margin_than(self, margin: Any, comparative: Comparative, standard: Given) -> Property:
        return self._compared(comparative, standard, self._margin(margin, comparative.use))

    def _compared(self, comparative: Comparative, standard: Given, margin: Margin) -> Property:
        """Return that a degree is greater (or less) than another, by a margin."""
        use, up, how = comparative.use, comparative.op == ">", margin.op
        error = self._precision(use) * margin.about

        def share(one: Expr, other: Expr) -> Expr | Reported:
            """*20% stronger*: so many times the other."""
            factor = number(round(1 + margin.amount if up else 1 - margin.amount, DIGITS))
            other = Binary(op="*", left=factor, right=other)
            return Reported(one, other, error) if how == "==" else compare(one, how if up else TURNED[how], other)

        def test(one: Expr, other: Expr) -> Expr | Reported:
            if margin == Margin():
                return compare(one, comparative.op, other)
            difference = Binary(op="-", left=one if up else other, right=other if up else one)
            if how == "==":
                return Reported(difference, number(margin.amount), error)
            tests = [compare(difference, how, number(margin.amount))]
            if margin.most is not None:
                tests.append(compare(difference, "<", number(margin.most)))
            return both(tests)

        return self._against(standard, use, share if margin.relative else test, reflexive=False)

    def _against(
        self, standard: Given, use: AdjectiveUse, test: Callable[[Expr, Expr], Expr | Reported], *, reflexive: bool
    ) -> Property:
        groups = use.adjective.team is not None

        def said(one: Expr, other: Expr, *terms: Expr) -> Prop:
            found = test(one, other)
            return replace(found, terms=terms) if isinstance(found, Reported) else Claim(found, terms, reflexive)

        if not isinstance(standard, NP):
            if isinstance(standard, Measured):
                self._check_figure(use, standard.amount, standard.unit)
            figure = number(standard.amount) if isinstance(standard, Measured) else self._mean(use)
            takes = IN_MATCHES if _of_events(use) else frozenset()
            return Property(lambda side, where: said(self.degree(use, side, where), figure), groups=groups, takes=takes)

        def relation(one: Side, other: Side, circumstance: Circumstance) -> Prop:
            first, second = (self.degree(use, side, circumstance) for side in (one, other))
            return said(first, second, one.expr, other.expr)

        takes = IN_MATCHES if _of_events(use) else frozenset()
        return replace(related(relation, standard, groups=groups), groups=groups, takes=takes)

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
        """*As strong as Tom*: give or take; under *not* and of *nobody* or *who*, at least as strong."""
        bound = self.as_as_at_least(">=", use, standard)
        error = self._precision(use)
        found = self._against(standard, use, lambda one, other: Reported(one, other, error), reflexive=True)
        return replace(found, bound=bound)

    def as_as_at_least(self, op: str, use: AdjectiveUse, standard: Given) -> Property:
        if op == "==":
            return self.equally_as(use, standard)
        up = Comparative(use).op == ">"
        turned = op if up else TURNED[op]
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
            return Claim(near(self.degree(use, one), self.degree(use, other)), (one, other), True)

        return Property(of, mutual=mutual)

    def cmp_both_than(self, one: Comparative, other: Comparative, standard: Given) -> Property:
        return joined((self.cmp_than(one, standard), self.cmp_than(other, standard)), And)

    def times_as_bounded(self, op: str, factor: float, use: AdjectiveUse, standard: Given) -> Property:
        return self._times(Comparative(use), factor, standard, op)

    def times_as(self, factor: float, use: AdjectiveUse, standard: Given) -> Property:
        return self._times(Comparative(use), factor, standard)

    def times_cmp(self, factor: float, comparative: Comparative, standard: Given) -> Property:
        return self._times(comparative, factor, standard)

    def _times(self, comparative: Comparative, factor: float, standard: Given, bound: str | None = None) -> Property:
        """Return that a degree is so many times another, give or take, or within a bound."""
        if comparative.use.adjective.below is not None or comparative.down:
            word = f"{'less ' if comparative.down else ''}{comparative.use.word}"
            raise Unfit(f"how many times {word} is not clear: say it the other way round")
        error = self._precision(comparative.use) * (ABOUT if bound in ABOUTS else 1)

        def test(one: Expr, other: Expr) -> Expr | Reported:
            times = Binary(op="*", left=number(factor), right=other)
            return compare(one, bound, times) if bound in TURNED else Reported(one, times, error)

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


def attribute_of(adjective: Adjective, lexicon: Lexicon) -> AttributeWord | None:
    """Return the attribute whose figures an adjective's degrees are."""
    degree = expression(adjective.degree) if adjective.degree is not None else None
    return next((one for one in lexicon.attributes.values() if expression(one.value) == degree), None)


def precision_of(adjective: Adjective, lexicon: Lexicon) -> float:
    """Return the standard error with which people state how strong (say) someone is."""
    found = attribute_of(adjective, lexicon)
    return found.precision if found is not None else adjective.tolerance or 1.0


def check_figure(word: str, figure: float, unit: str | None, units: Sequence[str], precision: float) -> None:
    """Refuse a figure in a unit that its quantity does not have, or in percent where it is no share. Raises Unfit."""
    if unit is not None and unit not in units:
        raise Unfit(f"the lexicon does not say how {word} something is in “{unit}”")
    if isinstance(figure, Percent) and (unit is not None or units or precision >= SHARE_PRECISION):
        raise Unfit(f"{word} is not measured in percent")


def _of_events(use: AdjectiveUse) -> bool:
    """Return whether the degree of an adjective is another in each event."""
    return use.adjective.degree is not None and mentions(use.adjective.degree, "event")


def _of_match(circumstance: Circumstance) -> bool:
    """Return whether something is said of a match, not in general."""
    return any(one is not None for one in (circumstance.when, circumstance.times, circumstance.noun))
