"""How questions of how much get their meanings: how strong, how many, how often, how likely, which rank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Binary, Expr, Name
from plot.translate.english.adjectives import Comparative
from plot.translate.english.build import call, compare, number, template
from plot.translate.english.combine import two_sides
from plot.translate.english.ellipsis import Ellipses
from plot.translate.english.entries import AdjectiveUse, AttributeUse, NameUse, NounUse
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import (
    Amount,
    Claim,
    EventCount,
    HowOften,
    Not,
    Polar,
    Question,
    Value,
    When,
    Which,
    listed,
    replaced,
)
from plot.translate.english.meanings import (
    NP,
    Group,
    Kind,
    One,
    Property,
    Several,
    Unfit,
    applied,
)
from plot.translate.english.sentences import Said

Gap = Callable[[NP], Property]


class Quantities(Ellipses):
    """The functions of the grammar's rules for questions that ask how much, by their aliases."""

    def _polar(self, np: NP, predicate: Property) -> Question:
        raise NotImplementedError

    def _which(self, kind: Kind, predicate: Property) -> Question:
        raise NotImplementedError

    def _among(self, predicate: Property, np: NP) -> Question:
        raise NotImplementedError

    def _gapped(self, kind: Kind, np: NP, predicate: Callable[[NP], Property], *, count: bool = False) -> Question:
        """Ask which things of a kind fill the place of an object; or how many."""
        things = kind.things(self.context.fresh())
        said = predicate(One(Name(id=things.variable)))
        return Which(things, applied(np, said), count, said.circumstance.tense)

    # -- how strong, how many ------------------------------------------------------------------------------

    def q_how(self, use: AdjectiveUse, _: str, np: NP) -> Question:
        return self._degree(use, np)

    def _degree(self, use: AdjectiveUse, np: NP) -> Question:
        side = np.side()
        if side.many and not isinstance(np, Group):
            raise Unfit(f"ask how {use.word} one of them is")
        return Value(self.degree(use, side))

    def q_how_much_in(self, unit: str, comparative: Comparative, tense: str, np: NP, other: NP) -> Question:
        self._check_figure(comparative.use, 1.0, unit)
        return self.q_how_much(comparative, tense, np, other)

    def q_how_much(self, comparative: Comparative, _: str, np: NP, other: NP) -> Question:
        one, two = (self.degree(comparative.use, one.side().expr) for one in (np, other))
        first, second = (one, two) if comparative.op == ">" else (two, one)
        return Value(Binary(op="-", left=first, right=second))

    def q_by_how_much(self, tense: str, np: NP, comparative: Comparative, other: NP) -> Question:
        return self.q_how_much(comparative, tense, np, other)

    def q_how_in(self, use: AdjectiveUse, *_: Any) -> Question:
        if use.adjective.event is None:
            raise Unfit(f"“{use.word}” can't be said of one {self.context.occasion} in this world")
        raise Unfit(f"in one {self.context.occasion} someone is {use.word} or is not: ask whether, or how likely it is")

    def q_difference(self, _: str, use: AttributeUse, __: str, np: NP) -> Question:
        first, second = two_sides(np)
        one, two = (template(use.attribute.value, x=side.expr) for side in (first, second))
        return Value(call("abs", Binary(op="-", left=one, right=two)))

    def q_likeliest(self, _: str, predicate: Property) -> Question:
        return self.q_likeliest_be("", self._form(predicate, {"base"}, "modal"))

    def q_likeliest_of(self, _: str, predicate: Property, np: NP) -> Question:
        return _not_a_list(self._among(self._form(predicate, {"base"}, "modal"), np))

    def q_likeliest_be(self, _: str, predicate: Property) -> Question:
        return self.q_which_likeliest(self.people(), "", predicate)

    def q_which_likeliest(self, kind: Kind, _: str, predicate: Property) -> Question:
        return _not_a_list(self._which(kind, predicate))

    def q_chance_not(self, *given: Any) -> Question:
        return Polar(Not(given[-1].prop))

    def q_value(self, _: str, value: tuple[Expr, AttributeUse]) -> Question:
        return Value(value[0])

    def q_value_high(self, tense: str, value: tuple[Expr, AttributeUse]) -> Question:
        """*How high is the temperature?*"""
        if value[1].attribute.values:
            raise Unfit(f"“how high” is not asked of {value[1].word}: ask what it is")
        return self.q_value(tense, value)

    def q_what_attribute(self, use: AttributeUse, _: str, np: NP) -> Question:
        return Value(self.attribute_of(np, use)[0])

    def q_count(self, kind: Kind, predicate: Property) -> Alternatives:
        np = self._some(Amount("some"), kind)
        found = self._of_last_event(np, predicate)
        one = One(Name(id=np.things.variable))
        return Alternatives(Weighted(Which(np.things, applied(one, said), count=True), w) for said, w in found)

    def q_count_there(self, kind: Kind, *given: Any) -> Question:
        for test in given:
            kind = test(kind) if callable(test) else kind
        return Which(kind.things(self.context.fresh()), None, count=True)

    def q_count_matches(self, noun: NounUse, _: str) -> Question:
        return EventCount(noun.word)

    def q_count_have(self, kind: Kind, _: str, np: NP, __: str) -> Question:
        return Which(self.opened(kind, np).things(self.context.fresh()), None, count=True)

    def q_count_gap(self, kind: Kind, tense: str, np: NP, gap: Gap) -> Question:
        return self._gapped(kind, np, self.gap_do(tense, gap), count=True)

    def q_count_gap_have(self, kind: Kind, tense: str, np: NP, gap: Gap) -> Question:
        return self._gapped(kind, np, self.gap_have(tense, gap), count=True)

    def q_count_of(self, np: NP, predicate: Property) -> Alternatives:
        things, found = self.things_of(np), self._of_last_event(np, predicate)
        one = One(Name(id=things.variable))
        return Alternatives(Weighted(Which(things, applied(one, said), count=True), weight) for said, weight in found)

    def q_count_of_named(self, before: tuple[NP, ...], *rest: Any) -> Alternatives:
        return self.q_count_of(Several((*before, rest[-2])), rest[-1])

    def q_how_often(self, *given: Any) -> Question:
        np, predicate = given[-2:]
        predicate = _called(given[0], predicate)
        found = predicate if not predicate.forms else replace(predicate.under(tense="past"), forms=frozenset())
        return HowOften(applied(np, found))

    def q_how_often_be(self, *given: Any) -> Question:
        np, predicate = given[-2:]
        return HowOften(applied(np, _called(given[0], predicate).under(when=When(-1))))

    # -- how likely ----------------------------------------------------------------------------------------

    def q_chance(self, *given: Any) -> Question:
        said = given[-1]
        assert isinstance(said, Said)
        return Polar(said.prop)

    def q_chance_that(self, said: Said) -> Question:
        return Polar(said.prop)

    def q_chance_it(self, *given: Any) -> Question:
        return Polar(given[-1].prop)

    def q_chance_of(self, _: str, name: NameUse, predicate: Property) -> Question:
        return self._polar(One(name.expr), self._form(predicate, {"ing"}, "modal"))

    def q_likely_to(self, _: str, np: NP, predicate: Property) -> Question:
        return self._polar(np, self._form(predicate, {"base"}, "modal"))

    def q_likely_to_be(self, _: str, np: NP, predicate: Property) -> Question:
        return self._polar(np, predicate)

    # -- ranks ---------------------------------------------------------------------------------------------

    def q_rank_in(self, _: str, np: NP, use: AttributeUse) -> Question:
        side = np.side()
        degree, _same = self.attribute_after(use, One(Name(id="x'")))
        variable = self.context.fresh()
        higher = compare(replaced(degree, {"x'": Name(id=variable)}), ">", replaced(degree, {"x'": side.expr}))
        things = replace(self.people().things(variable), where=Claim(higher))
        return Value(Binary(op="+", left=number(1), right=call("len", listed(things))))


def _called(noun: Any, predicate: Property) -> Property:
    """Return what is said of events under their name: *how many races*."""
    return predicate.under(noun=noun.word) if isinstance(noun, NounUse) else predicate


def _not_a_list(question: Question) -> Question:
    """Return a question of which one is the case; of how many that may be, the likeliest can't be asked for."""
    if isinstance(question, Which):
        raise Unfit("“most likely” compares chances: ask “who …?”, and the chance of each is shown, the greatest first")
    return question
