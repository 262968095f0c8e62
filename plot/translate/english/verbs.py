"""How verb phrases get their meanings: objects, matches, passives, negation, tense, adverbs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Compare, Expr, Name
from plot.translate.english.adjectives import Adjectives
from plot.translate.english.build import compare, filled, template
from plot.translate.english.combine import (
    BESIDES,
    alone,
    converse,
    joined,
    manner_code,
    need,
    negative,
    overlap,
    related,
    reported,
    same_pronoun,
    two_sides,
)
from plot.translate.english.entries import NounUse, PhraseUse, VerbUse
from plot.translate.english.forms import (
    Amount,
    And,
    Claim,
    InMatch,
    Match,
    Not,
    Or,
    Prop,
    Side,
    Times,
    When,
)
from plot.translate.english.kinds import listed_by_name
from plot.translate.english.meanings import (
    NP,
    Circumstance,
    Property,
    Several,
    Unfit,
    applied,
    constant_name,
    so_many,
)
from plot.translate.english.noun_phrases import TWO
from plot.world.lexicon import expression, mentions

DOUBT = ("might", "should")
FINITE = frozenset({"third", "past", "base"})
Modifier = dict[str, Any]


class Verbs(Adjectives):
    """The functions of the grammar's rules for predicates, by their aliases."""

    # -- what a verb says ----------------------------------------------------------------------------------

    def _happens(self, use: VerbUse, subject: Side, object_: Side | None, circumstance: Circumstance) -> Prop:
        """Return what a verb says of its subject and object: a match, or what is the case at all times."""
        verb = use.verb
        self._check_object(use, object_)
        if verb.means is not None and not mentions(verb.means, "event"):
            if object_ is None and mentions(verb.means, "object"):
                raise Unfit(f"“{use.key}” needs an object")
            code = verb.means if circumstance.manner is None else self._manner(use, circumstance.manner)
            roles = {"subject": subject.expr} | ({"object": object_.expr} if object_ is not None else {})
            return Claim(template(code, **roles), (subject.expr, *((object_.expr,) if object_ is not None else ())))
        if verb.means is not None and not mentions(verb.means, "object"):
            said = filled(expression(verb.means), {"subject": subject.expr})
            return InMatch(said, subject.expr, circumstance.when or When(-1), circumstance.noun)
        if object_ is not None and (object_ == subject or overlap(subject, object_)):
            raise Unfit(f"no one can “{use.key}” themselves")
        manner = circumstance.manner
        if manner is not None:
            self._manner(use, manner)
        tense = circumstance.tense
        if tense == "past or present":  # "Tom and Sue beat Mary"; of one, the present would be "beats"
            tense = "present" if subject.many else "past"
        noun, again, when = circumstance.noun, bool(circumstance.again), circumstance.when
        if when is None and circumstance.times is None and verb.event is not None and f"the {verb.event}" in use.key:
            when = When(-1, the=True)  # "lost the biathlon to"
        match = Match(verb, subject, object_, manner, when, tense, noun=noun, again=again)
        return match if circumstance.times is None else Times(match, circumstance.times)

    def _check_object(self, use: VerbUse, object_: Side | None) -> None:
        """Refuse a name that is none of those that a verb may take: one may go to the places of the world only."""
        noun = self.context.lexicon.nouns.get(use.verb.object or "")
        name = constant_name(object_.expr) if object_ is not None else None
        if (
            noun is None
            or noun.domain is None
            or name is None
            or noun.domain in self.context.discourse.world.name_lists
        ):
            return
        members = listed_by_name(self.context.discourse, ()).get(noun.domain)
        if members is not None and object_ is not None and object_.expr not in members:
            shown = name.replace("_", " ")
            raise Unfit(f"“{shown}” is no {use.verb.object} of this world")

    def _manner(self, use: VerbUse, manner: str) -> str:
        code = manner_code(use.verb, manner)
        if code is None:
            raise Unfit(f"the lexicon does not say what “{manner}” means with “{use.key}”")
        return code

    def v_object(self, use: VerbUse, np: NP) -> Property:
        def relation(one: Side, other: Side, circumstance: Circumstance) -> Prop:
            if same_pronoun(np, one, other):
                raise Unfit("")
            return self._happens(use, one, other, circumstance)

        found = replace(related(relation, np, teams=use.verb.teams), forms=use.forms, takes=_modifiers(use))
        return replace(found, verb=use, action=use.verb.action, paired=single_valued(use))

    def v_preposition(self, use: VerbUse, preposition: str, np: NP) -> Property:
        if use.preposition != preposition:
            raise Unfit(f"“{use.key}” does not go with “{preposition}”")
        return self.v_object(use, np)

    def v_prepositions(self, use: VerbUse, first: str, np: NP, second: str, other: NP) -> Property:
        """*Went to the one or to the other*."""
        if first != second:
            raise Unfit("")
        return self.v_preposition(use, first, Several((np, other), "or"))

    def v_event_preposition(self, use: VerbUse, event: Modifier, preposition: str, np: NP) -> Property:
        found = self.v_object(use, np) if use.preposition is None else self.v_preposition(use, preposition, np)
        if use.preposition is None and preposition != "against":
            raise Unfit("")
        return self._with(found, event)

    def v_alone(self, use: VerbUse) -> Property:
        def of(side: Side, circumstance: Circumstance) -> Prop:
            return self._happens(use, side, None, circumstance)

        def mutual(one: Expr, other: Expr, circumstance: Circumstance) -> Prop:
            return self._happens(use, Side(one), Side(other), circumstance)

        meets = use.verb.means is None
        mutual_ = mutual if meets else None
        found = Property(of, use.verb.teams, use.forms, verb=use, mutual=mutual_, takes=_modifiers(use))
        return replace(found, action=use.verb.action)

    # -- what one has: "the flu or a cold", "a fever but no cough" -----------------------------------------

    def had_or(self, use: VerbUse, other: VerbUse) -> Property:
        return replace(joined((self.v_alone(use), self.v_alone(other)), Or), forms=use.forms)

    def had_and(self, use: VerbUse, other: VerbUse) -> Property:
        return replace(joined((self.v_alone(use), self.v_alone(other)), And), forms=use.forms)

    def had_but_no(self, use: VerbUse, other: VerbUse) -> Property:
        found = joined((self.v_alone(use), negative(self.v_alone(other))), And)
        return replace(found, forms=use.forms, contrast=True)

    def had_no(self, tense: str, use: VerbUse) -> Property:
        return negative(self._form(self.v_alone(use), {"base"}, tense))

    def had_neither(self, tense: str, use: VerbUse, other: VerbUse) -> Property:
        return negative(self.had_either(tense, use, other))

    def had_no_other(self, tense: str, use: VerbUse, other: VerbUse) -> Property:
        return self.had_neither(tense, use, other)

    def had_either(self, tense: str, use: VerbUse, other: VerbUse) -> Property:
        return self._form(self.had_or(use, other), {"base"}, tense)

    def had_both(self, tense: str, use: VerbUse, other: VerbUse) -> Property:
        return self._form(self.had_and(use, other), {"base"}, tense)

    def v_more(self, use: VerbUse, np: NP, other: NP) -> Property:
        return self._extents(use, np, other, ">")

    def v_less(self, use: VerbUse, np: NP, other: NP) -> Property:
        return self._extents(use, np, other, "<")

    def _extents(self, use: VerbUse, np: NP, other: NP, op: str) -> Property:
        """Return that one thing is liked (say) more than another."""

        def of(side: Side, _: Circumstance) -> Prop:
            def more(one: Side, two: Side) -> Prop:
                said = compare(self.extent(use, side, one), op, self.extent(use, side, two))
                return Claim(said, (one.expr, two.expr))

            return np.apply(lambda one: other.apply(lambda two: more(one, two)))

        return Property(of, forms=use.forms, verb=use)

    def extent(self, use: VerbUse, subject: Side, object_: Side) -> Expr:
        """Return how much a verb is true of its subject and object."""
        if use.verb.degree is None:
            raise Unfit(f"the lexicon does not say how much one can “{use.key}”")
        self._check_object(use, object_)
        return template(use.verb.degree, subject=subject.expr, object=object_.expr)

    def v_each_other(self, use: VerbUse) -> Property:
        """*They met*, *they played*: each other."""
        if use.verb.means is not None:
            raise Unfit(f"“{use.key}” needs an object")
        return self.v_alone(use)

    def v_event(self, use: VerbUse, event: Modifier) -> Property:
        if use.verb.means is not None and not mentions(use.verb.means, "event"):
            raise Unfit("")
        if event.keys() == {"noun"} and use.verb.means is not None:
            event = {**event, "when": When(1, Amount("some"))}  # "won a match": any that is known
        return self._with(self.v_alone(use), event)

    def v_phrase(self, use: PhraseUse) -> Property:
        adjective = use.adjective.adjective
        found = self.adj(use.adjective) if adjective.degree is not None else self.plain_adj(use.adjective)
        return replace(found, forms=use.forms)

    def v_mutual(self, use: VerbUse, *_: str) -> Property:
        """*They met each other*; *they beat each other*: each the other, in matches of their own."""
        found = self.v_alone(use)

        def mutual(one: Expr, other: Expr, circumstance: Circumstance) -> Prop:
            said = self._happens(use, Side(one), Side(other), circumstance)
            if use.verb.means is None:
                return said
            return And((said, self._happens(use, Side(other), Side(one), circumstance)))

        return replace(found, mutual=mutual)

    # -- modifiers -----------------------------------------------------------------------------------------

    def modified(self, predicate: Property, modifier: Modifier) -> Property:
        return self._with(predicate, modifier)

    def modified_but_not(self, predicate: Property, modifier: Modifier, np: NP) -> Property:
        """*Beat Bob twice, but not Sue*."""
        use = predicate.verb
        if use is None or predicate.object is None or use.preposition is not None:
            raise Unfit("")
        parts = (self._with(predicate, modifier), negative(self.v_object(use, np)))
        return replace(joined(parts, And), forms=predicate.forms)

    def modified_such(self, predicate: Property, *given: Any) -> Property:
        """*Won a windy race*: the match of which the verb speaks is one of which the adjective is true."""
        *_, use, noun = given
        code = use.adjective.event
        if predicate.verb is None or code is None or mentions(code, "x") or "when" not in predicate.takes:
            raise Unfit(f"“{use.word}” is not said of a {noun.word} in this world")
        plain = predicate.under(noun=noun.word)

        def such(side: Side, _: Circumstance) -> Prop:
            said = InMatch(expression(code), side.expr, When(same=True), noun.word)
            return Not(said) if use.negated else said

        both = joined((plain, Property(such, takes=plain.takes)), And)
        return replace(both, forms=predicate.forms, verb=predicate.verb, object=predicate.object)

    def modified_preposition(self, predicate: Property, modifier: Modifier, preposition: str, np: NP) -> Property:
        use = predicate.verb
        if use is None or predicate.object is not None or use.preposition != preposition:
            raise Unfit("")
        return self._with(self.v_object(use, np), modifier)

    def manner_before(self, manner: str, predicate: Property) -> Property:
        return self._with(predicate, {"manner": manner})

    def _with(self, predicate: Property, modifier: Modifier) -> Property:
        """Return a predicate with what a modifier adds to its circumstances; each kind of modifier once."""
        if "each" in modifier:  # "the first and second match"
            noun = modifier["noun"]
            parts = tuple(self._with(predicate, {"when": When(place), "noun": noun}) for place in modifier["each"])
            return replace(joined(parts, And), forms=predicate.forms, verb=predicate.verb, object=predicate.object)
        found = predicate.circumstance
        if "when" in modifier and "when" not in predicate.takes and predicate.relation and not predicate.verb:
            raise Unfit(f"a comparison can't be said of one {self.context.occasion} in this world")
        if "manner" in modifier and found.manner is not None and modifier["manner"] not in found.manner.split(BESIDES):
            modifier = {**modifier, "manner": found.manner + BESIDES + modifier["manner"]}
        if any(name not in predicate.takes for name in modifier):
            raise Unfit("")
        if any(name != "manner" and getattr(found, name) is not None for name in modifier):
            raise Unfit("")
        return predicate.under(**modifier)

    def in_event(self, event: Modifier) -> Modifier:
        return event

    def bare_event(self, event: Modifier) -> Modifier:
        if event.keys() == {"noun"}:
            raise Unfit("")
        return event

    def times(self, count: float) -> Modifier:
        return {"times": so_many("==", count)}

    def times_bounded(self, op: str, count: float) -> Modifier:
        return {"times": so_many(op, count, exactly=op == "==")}

    def nth(self, place: int) -> Modifier:
        return {"when": When(place)}

    def once_more(self) -> Modifier:
        return {"again": True}

    def manner(self, word: str) -> Modifier:
        return {"manner": word}

    def between(self, word: str, np: NP) -> Modifier:
        if word != "between":
            raise Unfit("")
        return {"sides": two_sides(np)}

    def event_nth(self, place: int, noun: NounUse) -> Modifier:
        return {"when": When(place), "noun": noun.word}

    def event_number(self, noun: NounUse, place: float) -> Modifier:
        if place != int(place) or place < 1:
            raise Unfit("")
        return {"when": When(int(place)), "noun": noun.word}

    def when_clause(self, np: NP, predicate: Property) -> Modifier:
        found = applied(np, predicate)
        if not isinstance(found, Match) or found.object is None:
            raise Unfit("")
        return {"when": When(match=found)}

    def event_the(self, noun: NounUse) -> Modifier:
        """*The match*: the last one, or the one between those who are named."""
        return {"when": When(-1, the=True), "noun": noun.word}

    def event_any(self, noun: NounUse) -> Modifier:
        return {"noun": noun.word}

    def event_between(self, noun: NounUse, word: str, np: NP) -> Modifier:
        return {"sides": two_sides(np), "noun": noun.word}

    def event_every(self, determiner: tuple[str, str | None], noun: NounUse) -> Modifier:
        return {"when": When(1, self.amount(determiner), two=determiner[0] in TWO), "noun": noun.word}

    def event_every_own(self, determiner: tuple[str, str | None], _: Any, noun: NounUse) -> Modifier:
        return self.event_every(determiner, noun)

    def event_two(self, one: int, other: int, noun: NounUse) -> Modifier:
        return {"each": (one, other), "noun": noun.word}

    def event_count(self, count: float, noun: NounUse) -> Modifier:
        return {"times": so_many("==", count), "noun": noun.word}

    def event_count_bounded(self, op: str, count: float, noun: NounUse) -> Modifier:
        return {"times": so_many(op, count, exactly=op == "=="), "noun": noun.word}

    # -- passives ------------------------------------------------------------------------------------------

    def passive_by(self, use: VerbUse, np: NP) -> Property:
        need(use.forms, {"participle"})

        def relation(one: Side, other: Side, circumstance: Circumstance) -> Prop:
            if same_pronoun(np, one, other):
                raise Unfit("")
            return self._happens(use, other, one, circumstance)

        return replace(related(relation, np, teams=use.verb.teams), verb=use, takes=_modifiers(use))

    def passive_alone(self, use: VerbUse) -> Property:
        need(use.forms, {"participle"})
        if use.verb.means is not None and not mentions(use.verb.means, "subject"):
            return self._undergone(use)
        turned = next((verb for verb in self.context.lexicon.verbs.values() if converse(use, verb.means)), None)
        if turned is None:
            raise Unfit(f"say by whom: “{use.key} by …”")
        return replace(self.v_alone(VerbUse(use.key, turned, use.forms)), forms=frozenset())

    def _undergone(self, use: VerbUse) -> Property:
        """Return what a verb says of its object alone, whoever does it: *is pushed hard*."""

        def of(side: Side, circumstance: Circumstance) -> Prop:
            manner, means = circumstance.manner, use.verb.means
            assert means is not None
            code = means if manner is None else self._manner(use, manner)
            return Claim(template(code, object=side.expr), (side.expr,))

        return Property(of, verb=use, takes=frozenset({"manner"}))

    # -- tense and negation --------------------------------------------------------------------------------

    def _form(self, predicate: Property, wanted: frozenset[str] | set[str], tense: str) -> Property:
        need(predicate.forms, wanted)
        return replace(predicate.under(tense=tense), forms=frozenset())

    def v_finite(self, predicate: Property) -> Property:
        tense = "past" if "past" in predicate.forms else "present"
        if {"past", "base"} <= predicate.forms:
            tense = "past or present"
        return self._form(predicate, FINITE, tense)

    def v_each(self, word: str, predicate: Property) -> Property:
        return self.be_each(word, self.v_finite(predicate))

    def v_do(self, tense: str, predicate: Property) -> Property:
        return self._form(predicate, {"base"}, tense)

    def v_do_not(self, tense: str, predicate: Property) -> Property:
        return negative(self.v_do(tense, predicate))

    def modal_have(self, _: str, __: str, predicate: Property) -> Property:
        return self._form(predicate, {"participle"}, "modal")

    def modal_have_not(self, _: str, __: str, predicate: Property) -> Property:
        return negative(self._form(predicate, {"participle"}, "modal"))

    def modal_have_been(self, _: str, __: str, predicate: Property) -> Property:
        return predicate.under(tense="modal")

    def v_modal(self, modal: str, predicate: Property) -> Property:
        return replace(self._form(predicate, {"base"}, "modal"), doubt=modal in DOUBT)

    def v_modal_not(self, _: str, predicate: Property) -> Property:
        return negative(self._form(predicate, {"base"}, "modal"))

    def v_have(self, tense: str, predicate: Property) -> Property:
        return reported(self._form(predicate, {"participle"}, "past").under(perfect=tense == "past"))

    def v_have_not(self, tense: str, predicate: Property) -> Property:
        return negative(self.v_have(tense, predicate))

    def v_have_never(self, _: str, predicate: Property) -> Property:
        return negative(self._ever(self._form(predicate, {"participle"}, "past")))

    def v_never(self, predicate: Property) -> Property:
        return negative(self._ever(self.v_finite(predicate)))

    def _ever(self, predicate: Property) -> Property:
        """Return a predicate of any of the known matches, where it is about matches."""
        if "when" not in predicate.takes or predicate.verb is None or predicate.circumstance.when is not None:
            return predicate
        return predicate.under(when=When(1, Amount("some")))

    def v_ing(self, tense: str, predicate: Property) -> Property:
        return reported(self._form(predicate, {"ing"}, tense))

    def v_ing_each(self, tense: str, word: str, predicate: Property) -> Property:
        return self.be_each(word, self.v_ing(tense, predicate))

    def v_ing_not(self, tense: str, predicate: Property) -> Property:
        return negative(self.v_ing(tense, predicate))

    def be(self, tense: str, predicate: Property) -> Property:
        return predicate.under(tense=tense)

    def be_not(self, tense: str, predicate: Property) -> Property:
        return negative(predicate.under(tense=tense))

    def have_been(self, tense: str, predicate: Property) -> Property:
        return reported(predicate.under(tense="past", perfect=tense == "past"))

    def have_not_been(self, tense: str, predicate: Property) -> Property:
        return negative(self.have_been(tense, predicate))

    def be_each(self, *given: Any) -> Property:
        predicate = given[-1]
        assert isinstance(predicate, Property)
        return replace(alone(predicate), of_two="both" in given)

    def be_generally(self, _: str, predicate: Property) -> Property:
        """*Always* and *usually* add nothing to what is said of someone in general."""
        if predicate.verb is not None:
            raise Unfit("“always” and “usually” are said of how someone is: say what was done, or how often")
        if predicate.circumstance.when is not None:
            raise Unfit("")
        return predicate

    def v_generally(self, predicate: Property) -> Property:
        return self.be_generally("", self.v_finite(predicate))

    def modal_be(self, modal: str, predicate: Property) -> Property:
        return replace(predicate.under(tense="modal"), doubt=modal in DOUBT)

    def modal_be_not(self, _: str, predicate: Property) -> Property:
        return negative(predicate.under(tense="modal"))

    def likely_to(self, predicate: Property) -> Property:
        raise Unfit("")


def _modifiers(use: VerbUse) -> frozenset[str]:
    """Return the modifiers that a verb heeds: those of time only where it speaks of matches."""
    eventful = use.verb.means is None or mentions(use.verb.means, "event")
    return frozenset({"when", "manner", "times", "noun", "again"} if eventful else {"manner"})


def single_valued(use: VerbUse) -> bool:
    """Return whether a verb says that some value of the subject is the object: *goes to*, of one place at a time."""
    means = expression(use.verb.means) if use.verb.means is not None else None
    return isinstance(means, Compare) and means.ops == ("==",) and means.comparators == (Name(id="object"),)
