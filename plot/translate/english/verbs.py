"""How verb phrases get their meanings: objects, matches, passives, negation, tense, adverbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plot.language.nodes import Constant, Expr, Name
from plot.lexicon import expression, mentions
from plot.translate.english.adjectives import Adjectives, related
from plot.translate.english.build import TRUE, compare, filled, template
from plot.translate.english.combine import alone, converse, joined, need, negative, same_pronoun, two_sides
from plot.translate.english.entries import GroupUse, NameUse, NounUse, PhraseUse, VerbUse
from plot.translate.english.forest import Several as Alternatives
from plot.translate.english.forest import Weighted
from plot.translate.english.forms import (
    Amount,
    And,
    InMatch,
    Match,
    Member,
    Or,
    Prop,
    Quant,
    Side,
    Times,
    Truth,
    When,
    embedded,
    listed,
)
from plot.translate.english.meanings import (
    NP,
    Circumstance,
    Group,
    Kind,
    One,
    Property,
    Several,
    Some,
    Unfit,
    applied,
)

FURTHER_BACK = 0.05
FINITE = frozenset({"third", "past", "base"})
Modifier = dict[str, Any]


class Verbs(Adjectives):
    """The functions of the grammar's rules for predicates, by their aliases."""

    # -- what a verb says ----------------------------------------------------------------------------------

    def _happens(self, use: VerbUse, subject: Side, object_: Side | None, circumstance: Circumstance) -> Prop:
        """Return what a verb says of its subject and object: a match, or what is the case at all times."""
        verb = use.verb
        if verb.means is not None and not mentions(verb.means, "event"):
            if object_ is None and mentions(verb.means, "object"):
                raise Unfit(f"“{use.key}” needs an object")
            code = verb.manners.get(circumstance.manner or "", verb.means)
            roles = {"subject": subject.expr} | ({"object": object_.expr} if object_ is not None else {})
            return Truth(template(code, **roles), (subject.expr, *((object_.expr,) if object_ is not None else ())))
        if verb.means is not None and not mentions(verb.means, "object"):
            said = filled(expression(verb.means), {"subject": subject.expr})
            return InMatch(said, subject.expr, circumstance.when or When(-1))
        manner = circumstance.manner if circumstance.manner in verb.manners else None
        if circumstance.manner is not None and manner is None:
            raise Unfit(f"the lexicon does not say what “{circumstance.manner}” means with “{use.key}”")
        tense = circumstance.tense
        if tense == "past or present":  # "Tom and Sue beat Mary"; of one, the present would be "beats"
            tense = "present" if subject.many else "past"
        match = Match(verb, subject, object_, manner, circumstance.when, tense)
        return match if circumstance.times is None else Times(match, circumstance.times)

    def v_object(self, use: VerbUse, np: NP) -> Property:
        def relation(one: Side, other: Side, circumstance: Circumstance) -> Prop:
            if same_pronoun(np, one, other):
                raise Unfit("")
            return self._happens(use, one, other, circumstance)

        return replace(related(relation, np, teams=use.verb.teams), forms=use.forms, verb=use)

    def v_preposition(self, use: VerbUse, preposition: str, np: NP) -> Property:
        if use.preposition != preposition:
            raise Unfit(f"“{use.key}” does not go with “{preposition}”")
        return self.v_object(use, np)

    def v_event_preposition(self, use: VerbUse, event: Modifier, preposition: str, np: NP) -> Property:
        found = self.v_object(use, np) if use.preposition is None else self.v_preposition(use, preposition, np)
        if use.preposition is None and preposition != "against":
            raise Unfit("")
        return self._with(found, event)

    def v_alone(self, use: VerbUse) -> Property:
        def of(side: Side, circumstance: Circumstance) -> Prop:
            return self._happens(use, side, None, circumstance)

        def mutual(one: Expr, other: Expr) -> Prop:
            return self._happens(use, Side(one), Side(other), Circumstance())

        meets = use.verb.means is None
        return Property(of, use.verb.teams, use.forms, verb=use, mutual=mutual if meets else None)

    def v_event(self, use: VerbUse, event: Modifier) -> Property:
        if use.verb.means is not None and not mentions(use.verb.means, "event"):
            raise Unfit("")
        return self._with(self.v_alone(use), event)

    def v_phrase(self, use: PhraseUse) -> Property:
        adjective = use.adjective.adjective
        found = self.adj(use.adjective) if adjective.degree is not None else self.plain_adj(use.adjective)
        return replace(found, forms=use.forms)

    def v_mutual(self, use: VerbUse, *_: str) -> Property:
        found = self.v_alone(use)

        def mutual(one: Expr, other: Expr) -> Prop:
            return self._happens(use, Side(one), Side(other), Circumstance())

        return replace(found, mutual=mutual)

    # -- modifiers -----------------------------------------------------------------------------------------

    def modified(self, predicate: Property, modifier: Modifier) -> Property:
        return self._with(predicate, modifier)

    def modified_preposition(self, predicate: Property, modifier: Modifier, preposition: str, np: NP) -> Property:
        use = predicate.verb
        if use is None or predicate.object is not None or use.preposition != preposition:
            raise Unfit("")
        return self._with(self.v_object(use, np), modifier)

    def manner_before(self, manner: str, predicate: Property) -> Property:
        return self._with(predicate, {"manner": manner})

    def _with(self, predicate: Property, modifier: Modifier) -> Property:
        """Return a predicate with what a modifier adds to its circumstances; each kind of modifier once."""
        found = predicate.circumstance
        if any(name == "sides" or getattr(found, name) is not None for name in modifier):
            raise Unfit("")
        return predicate.under(**modifier)

    def in_event(self, event: Modifier) -> Modifier:
        return event

    def times(self, count: float) -> Modifier:
        return {"times": Amount("number", "==", count)}

    def times_bounded(self, op: str, count: float) -> Modifier:
        return {"times": Amount("number", op, count)}

    def nth(self, place: int) -> Modifier:
        return {"when": When(place)}

    def manner(self, word: str) -> Modifier:
        return {"manner": word}

    def between(self, word: str, np: NP) -> Modifier:
        if word != "between":
            raise Unfit("")
        return {"sides": two_sides(np)}

    def event_nth(self, place: int, _: NounUse) -> Modifier:
        return {"when": When(place)}

    def event_number(self, _: NounUse, place: float) -> Modifier:
        return {"when": When(int(place))}

    def when_clause(self, np: NP, predicate: Property) -> Modifier:
        found = applied(np, predicate)
        if not isinstance(found, Match) or found.object is None:
            raise Unfit("")
        return {"when": When(match=found)}

    def event_last(self, _: NounUse) -> Modifier:
        return {"when": When(-1)}

    def event_any(self, _: NounUse) -> Modifier:
        return {}

    def event_between(self, _: NounUse, word: str, np: NP) -> Modifier:
        return {"sides": two_sides(np)}

    def event_every(self, determiner: tuple[str, str | None], _: NounUse) -> Modifier:
        return {"when": When(1, self.amount(determiner))}

    def event_count(self, count: float, _: NounUse) -> Modifier:
        return {"times": Amount("number", "==", count)}

    def event_count_bounded(self, op: str, count: float, _: NounUse) -> Modifier:
        return {"times": Amount("number", op, count)}

    # -- passives ------------------------------------------------------------------------------------------

    def passive_by(self, use: VerbUse, np: NP) -> Property:
        need(use.forms, {"participle"})

        def relation(one: Side, other: Side, circumstance: Circumstance) -> Prop:
            return self._happens(use, other, one, circumstance)

        return replace(related(relation, np, teams=use.verb.teams), verb=use)

    def passive_alone(self, use: VerbUse) -> Property:
        need(use.forms, {"participle"})
        turned = next((verb for verb in self.context.lexicon.verbs.values() if converse(use, verb.means)), None)
        if turned is None:
            raise Unfit(f"say by whom: “{use.key} by …”")
        return replace(self.v_alone(VerbUse(use.key, turned, use.forms)), forms=frozenset())

    # -- tense and negation --------------------------------------------------------------------------------

    def _form(self, predicate: Property, wanted: frozenset[str] | set[str], tense: str) -> Property:
        need(predicate.forms, wanted)
        return replace(predicate.under(tense=tense), forms=frozenset())

    def v_finite(self, predicate: Property) -> Property:
        tense = "past" if "past" in predicate.forms else "present"
        if {"past", "base"} <= predicate.forms:
            tense = "past or present"
        return self._form(predicate, FINITE, tense)

    def v_each(self, _: str, predicate: Property) -> Property:
        return alone(self.v_finite(predicate))

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

    def v_modal(self, _: str, predicate: Property) -> Property:
        return self._form(predicate, {"base"}, "modal")

    def v_modal_not(self, _: str, predicate: Property) -> Property:
        return negative(self._form(predicate, {"base"}, "modal"))

    def v_have(self, _: str, predicate: Property) -> Property:
        return self._form(predicate, {"participle"}, "past")

    def v_have_not(self, _: str, predicate: Property) -> Property:
        return negative(self._form(predicate, {"participle"}, "past"))

    def v_never(self, predicate: Property) -> Property:
        return negative(self.v_finite(predicate))

    def v_ing(self, tense: str, predicate: Property) -> Property:
        return self._form(predicate, {"ing"}, tense)

    def v_ing_not(self, tense: str, predicate: Property) -> Property:
        return negative(self.v_ing(tense, predicate))

    def be(self, _: str, predicate: Property) -> Property:
        return predicate

    def be_not(self, _: str, predicate: Property) -> Property:
        return negative(predicate)

    def be_each(self, *given: Any) -> Property:
        predicate = given[-1]
        assert isinstance(predicate, Property)
        return alone(predicate)

    def modal_be(self, _: str, predicate: Property) -> Property:
        return predicate.under(tense="modal")

    def modal_be_not(self, _: str, predicate: Property) -> Property:
        return negative(predicate.under(tense="modal"))

    def likely_to(self, predicate: Property) -> Property:
        raise Unfit("")

    # -- joined predicates ---------------------------------------------------------------------------------

    def vp_and(self, *parts: Property) -> Property:
        return joined(_alike(parts), And)

    def vp_or(self, *parts: Property) -> Property:
        return joined(_alike(parts), Or)

    def vp_nor(self, *parts: Property) -> Property:
        return joined(tuple(negative(part) for part in parts), And)

    def pred_but_not(self, one: Property, other: Property) -> Property:
        return joined((one, negative(other)), And)

    # -- nouns, places and names as predicates -------------------------------------------------------------

    def superlative_predicate(self, use: Any) -> Property:
        return self.nominal(self.superlative_alone(self.rank_first(use)))

    def nominal(self, np: NP) -> Property:
        if isinstance(np, Some):
            return self._is_one(np)
        if isinstance(np, One):
            return Property(lambda side, _: _same(side.expr, np.expr), noun=np)
        if isinstance(np, Several) and np.joint == "or" and all(isinstance(part, One) for part in np.parts):
            return replace(joined(tuple(self.nominal(part) for part in np.parts), Or), noun=np)
        if isinstance(np, (Several, Group)):
            return Property(_no_list, noun=np)
        raise Unfit("")

    def _is_one(self, np: Some) -> Property:
        kind, amount = np.kind, np.amount
        if kind.open is not None and kind.related is not None:
            return self._mutual_relation(kind)
        if amount.kind not in ("some", "all") or not (np.definite or np.indefinite):
            raise Unfit("")

        def of(side: Side, _: Circumstance) -> Prop:
            tests = kind.tests_of(side.expr) or [Truth(compare(side.expr, "in", kind.source))]
            return tests[0] if len(tests) == 1 else And(tuple(tests))

        return Property(of, noun=np)

    def _mutual_relation(self, kind: Kind) -> Property:
        mutual = kind.related

        def of(side: Side, _: Circumstance) -> Prop:
            assert kind.open is not None
            people = self.people()
            variable = self.context.fresh()
            assert mutual is not None
            return Quant(Amount("some"), people.things(variable), mutual(side.expr, Name(id=variable)))

        return Property(of, mutual=mutual if kind.plural else None)

    def is_named(self, use: NameUse) -> Property:
        return Property(lambda side, _: Truth(compare(side.expr, "==", use.expr)))

    def in_group(self, preposition: str, use: GroupUse) -> Property:
        if preposition not in ("on", "in", "of", "from", "for", "at", "with"):
            raise Unfit("")
        group = self.the_group(use)
        assert group.name is not None
        name = group.name
        return Property(lambda side, _: Member(side.expr, name), noun=group, joint=Or)

    def related_to(self, code: str, np: NP) -> Property:
        def relation(one: Side, other: Side, _: Circumstance) -> Prop:
            return Truth(template(code, x=one.expr, of=other.expr), (one.expr, other.expr))

        return related(relation, np)

    # -- what follows a noun -------------------------------------------------------------------------------

    def post(self, predicate: Property) -> Callable[[Kind], Kind]:
        if isinstance(predicate.noun, Group) and predicate.joint is Or:
            group = predicate.noun

            def within(kind: Kind) -> Kind:
                if kind.general and not kind.tests:
                    return replace(kind, source=group.expr, general=False, sort=False)
                return kind.where(lambda x: predicate.about(Side(x)))

            return within
        return lambda kind: kind.where(lambda x: embedded(applied(One(x), predicate)))

    def post_reduced(self, predicate: Property) -> Callable[[Kind], Kind]:
        return self.post(predicate)

    def post_gap(self, np: NP, gap: Callable[[NP], Property]) -> Callable[[Kind], Kind]:
        return lambda kind: kind.where(lambda x: embedded(applied(np, gap(One(x)))))

    def post_whose(self, inner: Kind, predicate: Property) -> Callable[[Kind], Kind]:
        def test(x: Expr) -> Prop:
            return applied(self.owned(One(x), inner), predicate)

        return lambda kind: kind.where(test)

    def post_named(self, use: NameUse) -> Callable[[Kind], Kind]:
        return lambda kind: kind.where(lambda x: Truth(compare(x, "==", use.expr)))

    def noun_post(self, kind: Kind, test: Callable[[Kind], Kind]) -> Alternatives:
        """What follows a noun belongs to the nearest noun rather than to one further back."""
        return Alternatives([Weighted(replace(test(kind), followed=True), FURTHER_BACK if kind.followed else 1.0)])

    # -- having --------------------------------------------------------------------------------------------

    def have(self, _: str, np: NP) -> Property:
        if isinstance(np, Several):
            found = joined(tuple(self.have("", part) for part in np.parts), Or if np.joint == "or" else And)
            return negative(replace(found, joint=Or)) if np.joint == "nor" else found
        if not isinstance(np, Some) or np.kind.open is None:
            raise Unfit("")
        opened, amount = np.kind.open, np.amount

        def of(side: Side, _: Circumstance) -> Prop:
            things = opened(side.expr).things(self.context.fresh())
            return Quant(amount, replace(things, where=None), things.where or Truth(TRUE))

        return Property(of)

    def have_not(self, _: str, __: str, np: NP) -> Property:
        return negative(self.have("", np))

    def have_more(self, _: str, kind: Kind, np: NP) -> Property:
        return self._have_more(kind, np, ">")

    def have_fewer(self, _: str, kind: Kind, np: NP) -> Property:
        return self._have_more(kind, np, "<")

    def _have_more(self, kind: Kind, np: NP, op: str) -> Property:
        if kind.open is None:
            raise Unfit("")
        opened = kind.open

        def count(of: Expr) -> Expr:
            return template("len(xs)", xs=listed(opened(of).things(self.context.fresh())))

        def relation(one: Side, other: Side, _: Circumstance) -> Prop:
            return Truth(compare(count(one.expr), op, count(other.expr)), (one.expr, other.expr))

        return related(relation, np)

    # -- verbs that want their object ----------------------------------------------------------------------

    def gap(self, use: VerbUse) -> Callable[[NP], Property]:
        return lambda np: self.v_object(use, np)

    def gap_preposition(self, use: VerbUse, preposition: str) -> Callable[[NP], Property]:
        if use.preposition != preposition:
            raise Unfit("")
        return lambda np: self.v_object(use, np)

    def gap_modified(self, gap: Callable[[NP], Property], modifier: Modifier) -> Callable[[NP], Property]:
        return lambda np: self._with(gap(np), modifier)

    def gap_finite(self, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_finite(gap(np))

    def gap_do(self, tense: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_do(tense, gap(np))

    def gap_do_not(self, tense: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_do_not(tense, gap(np))

    def gap_have(self, tense: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_have(tense, gap(np))

    def gap_modal(self, modal: str, gap: Callable[[NP], Property]) -> Callable[[NP], Property]:
        return lambda np: self.v_modal(modal, gap(np))


def _same(one: Expr, other: Expr) -> Prop:
    if isinstance(one, Constant) and isinstance(other, Constant) and one != other:
        raise Unfit(f"it is not known what “{other.value}” means here")
    return Truth(compare(one, "==", other))


def _alike(parts: tuple[Property, ...]) -> tuple[Property, ...]:
    """Refuse to join a name to another predicate: in “is stronger than Tom and Ann”, “Ann” is no predicate."""
    if any(isinstance(part.noun, One) for part in parts):
        raise Unfit("")
    return parts


def _no_list(side: Side, _: Circumstance) -> Prop:
    raise Unfit("one individual is not several: “The faculty team is Josh and Lio.” says who is in a team")
