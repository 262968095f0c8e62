"""How questions get their meanings: yes or no, who and which, and what if."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plot.errors import PlotError
from plot.language.syntax.nodes import Compare, Expr, ListExpr, Name
from plot.translate.english.build import TRUE, compare, filled, items_of
from plot.translate.english.entries import AdjectiveUse, AttributeUse, NounUse, VerbUse
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import (
    Amount,
    And,
    Choice,
    Claim,
    InMatch,
    Match,
    Not,
    Options,
    Or,
    Polar,
    Prop,
    Quant,
    Question,
    Side,
    Supposing,
    Value,
    When,
    Which,
    Winner,
    changed,
    mentions,
    parts_of,
    replaced,
)
from plot.translate.english.meanings import (
    NP,
    Best,
    Group,
    Kind,
    One,
    Property,
    Several,
    Some,
    Unfit,
    applied,
)
from plot.translate.english.noun_phrases import THEY, Determiner
from plot.translate.english.owners import event_itself
from plot.translate.english.quantities import Quantities
from plot.translate.english.sentences import Said, clauses_of, of_each_other, of_event, other_scopes
from plot.translate.english.verbs import Modifier
from plot.world.lexicon import expression

Gap = Callable[[NP], Property]
WHETHER = 0.5  # "does she have the flu or a cold?": how likely whether she has either, in proportion to which


class Questions(Quantities):
    """The functions of the grammar's rules for questions, by their aliases."""

    def ask(self, question: Question) -> Alternatives:
        if isinstance(question, Polar) and question.contrary and not parts_of(question.prop, Match):
            raise Unfit("say on what condition that would have been so: “if …”")
        inner = question.ask if isinstance(question, Supposing) else question
        choice = inner.choice if isinstance(inner, Polar) and not inner.why and not self.context.either else ()
        if not choice:
            return Alternatives([Weighted(question, 1.0)])
        which: Question = Choice(choice)
        if isinstance(question, Supposing):
            which = replace(question, ask=which)
        return Alternatives([Weighted(which, 1.0), Weighted(question, WHETHER)])

    def q_alternatives(self, *given: Any) -> Question:
        """*Which is true: Ann has the flu or Ann has a cold?*"""
        return Choice(tuple(one.prop for one in given if isinstance(one, Said)))

    def ask_statement(self, said: Said) -> Question:
        return Polar(said.prop)

    # -- yes or no -----------------------------------------------------------------------------------------

    def _polar(self, np: NP, predicate: Property) -> Question:
        """Return a question of yes or no; *or* in the subject of a comparison asks which."""
        if (
            isinstance(np, Several)
            and np.joint == "or"
            and (_order_of(predicate) is not None or (predicate.verb is not None and not self.context.either))
        ):
            return self._which_of(predicate, np)
        if predicate.best is not None:
            raise Unfit(f"“{predicate.best.word}” compares: say with whom (“than …”)")
        prop = applied(np, predicate)
        compares = predicate.verb is None and predicate.relation is not None  # "than Ann or Bob": than both of them
        return Polar(prop, tense=predicate.circumstance.tense, choice=() if compares else _alternatives(prop))

    def q_be(self, tense: str, np: NP, predicate: Property) -> Alternatives:
        _not_advice(tense)
        if predicate.verb is not None or "when" not in predicate.takes:
            return Alternatives([Weighted(self._polar(np, predicate), 1.0)])
        before = predicate.circumstance.tense
        said = predicate.under(tense=tense)  # "was he tired?" speaks of a match, "is he?" does not
        found = [(self._polar(np, one), weight) for one, weight in self._of_last_event(np, said)]
        found += [(Polar(prop), weight) for prop, weight in of_each_other(np, said)]
        return Alternatives(
            Weighted(replace(one, tense=before) if isinstance(one, Polar) else one, weight) for one, weight in found
        )

    def q_event_is(self, tense: str, event: Modifier, predicate: Property) -> Question:
        return Polar(self.event_is(event, tense, predicate).prop)

    def q_how_event(self, use: AdjectiveUse, _: str, event: Modifier) -> Question:
        return Value(self.degree(use, event_itself(event)))

    def q_be_not(self, _: str, np: NP, predicate: Property) -> Question:
        return self._polar(np, predicate)

    def q_be_each(self, tense: str, np: NP, word: str, predicate: Property) -> Alternatives:
        return self.q_be(tense, np, self.be_each(word, predicate))

    def q_be_ing(self, tense: str, np: NP, predicate: Property) -> Question:
        return self._polar(np, self.v_ing(tense, predicate))

    def q_be_not_ing(self, tense: str, np: NP, predicate: Property) -> Question:
        return self.q_be_ing(tense, np, predicate)

    def q_there(self, tense: str, np: NP) -> Question:
        return Polar(self.there(tense, np).prop)

    def q_there_more(self, _: str, first: Kind, second: Kind) -> Question:
        return Polar(self._more(first, second, ">"))

    def q_there_fewer(self, _: str, first: Kind, second: Kind) -> Question:
        return Polar(self._more(first, second, "<"))

    def q_there_as_many(self, tense: str, many: Determiner, first: Kind, second: Kind) -> Question:
        return Polar(self.there_as_many(tense, many, first, second).prop)

    def q_measures(self, _: str, value: tuple[Expr, AttributeUse], test: Callable[..., Prop]) -> Question:
        return Polar(test(*value))

    def q_do(self, tense: str, np: NP, predicate: Property) -> Question:
        return self._polar(np, self.v_do(tense, predicate))

    def q_do_not(self, tense: str, np: NP, predicate: Property) -> Question:
        return self._polar(np, self.v_do(tense, predicate))

    def q_do_each(self, tense: str, np: NP, word: str, predicate: Property) -> Question:
        return self._polar(np, self.be_each(word, self.v_do(tense, predicate)))

    def q_have(self, _: str, np: NP, __: str, what: NP) -> Alternatives:
        predicate = self.have("", what)
        found = [Weighted(Polar(applied(np, predicate)), 1.0)]
        return Alternatives([*found, *(Weighted(Polar(prop), weight) for prop, weight in other_scopes(np, predicate))])

    def q_would_have_had(self, modal: str, np: NP, have: str, _: str, what: NP) -> Question:
        return _contrary_to_fact(self._polar(np, self.have(have, what)))

    def q_have_together(self, _: str, np: NP, *given: Any) -> Question:
        return self._polar(np, self.have_together("", next(one for one in given if isinstance(one, NP))))

    def q_have_more_than(self, _: str, np: NP, __: str, first: Kind, second: Kind) -> Question:
        return self._polar(np, self.have_more_than("", first, second))

    def q_have_fewer_than(self, _: str, np: NP, __: str, first: Kind, second: Kind) -> Question:
        return self._polar(np, self.have_fewer_than("", first, second))

    def q_had_either(self, tense: str, np: NP, *given: Any) -> Question:
        return self._polar(np, self.had_either(tense, given[-2], given[-1]))

    def q_had_both(self, tense: str, np: NP, *given: Any) -> Question:
        return self._polar(np, self.had_both(tense, given[-2], given[-1]))

    def q_have_more(self, _: str, np: NP, __: str, kind: Kind, other: NP) -> Question:
        return self._polar(np, self.have_more("", kind, other))

    def q_modal(self, modal: str, np: NP, predicate: Property) -> Question:
        _not_advice(modal)
        return self._polar(np, self.v_modal(modal, predicate))

    def q_modal_have(self, modal: str, np: NP, _: str, predicate: Property) -> Question:
        return _contrary_to_fact(self._polar(np, self.modal_have(modal, "", predicate)))

    def q_modal_have_been(self, modal: str, np: NP, _: str, predicate: Property) -> Question:
        return _contrary_to_fact(self._polar(np, self.modal_have_been(modal, "", predicate)))

    def q_modal_not(self, modal: str, np: NP, predicate: Property) -> Question:
        return self.q_modal(modal, np, predicate)

    def q_have_done(self, tense: str, np: NP, predicate: Property) -> Question:
        return self._polar(np, self.v_have(tense, predicate))

    def q_have_not_done(self, tense: str, np: NP, predicate: Property) -> Question:
        return self.q_have_done(tense, np, predicate)

    def q_why(self, question: Question) -> Question:
        if not isinstance(question, Polar):
            raise Unfit("reasons are told of what is so or is not: ask “why” of one thing at a time")
        return replace(question, why=True)

    def q_why_not(self, question: Question) -> Question:
        asked = self.q_why(question)
        assert isinstance(asked, Polar)
        return replace(asked, prop=Not(asked.prop))

    def q_why_statement(self, said: Said) -> Question:
        return Polar(said.prop, why=True)

    # -- who and which -------------------------------------------------------------------------------------

    def q_who(self, predicate: Property) -> Alternatives:
        return self._whoever(self.people(), predicate)

    def _whoever(self, kind: Kind, predicate: Property) -> Alternatives:
        verb = predicate.positive.verb if predicate.positive is not None and predicate.object is None else None
        if verb is not None and verb.verb.teams and predicate.circumstance.when is None:
            raise Unfit(f"say in which {self.context.occasion}, or ask of whom it is so")
        found = self._of_last_event(self._some(Amount("some"), kind), predicate)
        return Alternatives(Weighted(self._which(kind, one), weight) for one, weight in found)

    def q_who_place(self, place: Property, predicate: Property) -> Question:
        return self._which(self.post(place)(self.people()), predicate)

    def q_which_one(self, _: Any, predicate: Property) -> Question:
        return self._which(self.people(), predicate)

    def q_which_one_of(self, _: Any, predicate: Property, np: NP) -> Question:
        return self._among(predicate, np)

    def q_which(self, kind: Kind, predicate: Property) -> Alternatives:
        if kind.open is not None:
            raise Unfit(f"say whose {kind.word} is meant")
        return self._whoever(kind, predicate)

    def q_which_alone(self, predicate: Property) -> Alternatives:
        return self.q_who(predicate)

    def _which(self, kind: Kind, predicate: Property) -> Question:
        things = kind.things(self.context.fresh())
        best = _order_of(predicate)
        if best is not None:
            return Value(self.pick(*best, things))
        if isinstance(predicate.noun, Several):
            raise Unfit("")
        if isinstance(predicate.noun, Group) and predicate.joint is And:
            return Value(predicate.noun.expr)
        if isinstance(predicate.noun, One):
            return Value(predicate.noun.expr)
        if isinstance(predicate.noun, Some) and predicate.noun.definite and predicate.noun.kind.open is None:
            return self._named(predicate.noun)
        won = self._won(predicate)
        if won is not None:
            return won
        body = applied(One(Name(id=things.variable)), predicate)
        return Which(things, body, tense=predicate.circumstance.tense)

    def _named(self, np: Some) -> Question:
        """Return the question who it is that a noun phrase with *the* means."""
        return Which(np.things, None)

    def _won(self, predicate: Property) -> Question | None:
        """Return the question which side won, of a verb that is about one match and has no object."""
        use = predicate.verb
        if use is None or predicate.object is not None or predicate.positive is not None or not use.verb.teams:
            return None
        found = predicate.about(Side(Name(id="who'")))
        if not isinstance(found, Match) or found.object is not None:
            return None
        if found.when is None or found.when.every is None:
            return Winner(use.verb, found.when, noun=found.noun, past=found.tense == "past")
        return Winner(use.verb, None, noun=found.noun) if found.tense == "modal" else None  # "who would win a match"

    def _which_of(self, predicate: Property, np: NP) -> Question:
        """Return the question for which of some that are named something holds."""
        sides = np.parts if isinstance(np, Several) else ()
        best = _order_of(predicate)
        if best is not None and any(isinstance(side, Group) for side in sides):
            return self._better_side(best[0], sides)
        if best is not None:
            return Value(self.pick(*best, self.things_of(self._listed(np))))
        won = self._won(predicate)
        if isinstance(won, Winner) and len(sides) == 2:
            first, second = (side.side() for side in sides)
            return replace(won, sides=(first, second))
        past = predicate.circumstance.tense == "past" and predicate.circumstance.when is None
        if predicate.verb is not None and predicate.object is not None and not past:
            options = tuple((side.side().expr, applied(side, predicate)) for side in sides)
            return Options(options)
        things = self.things_of(self._listed(np))
        return Which(things, applied(One(Name(id=things.variable)), predicate))

    def _better_side(self, best: Best, parts: tuple[NP, ...]) -> Question:
        """Return the question which of two sides, of which one is a team, comes first in an order."""
        if len(parts) != 2 or best.team is None:
            raise Unfit(f"it is not known how {best.word} a team is")
        sides = [part.side() for part in parts]
        whole = [side.expr if side.many else ListExpr(items=(side.expr,)) for side in sides]
        first, second = (replaced(best.team, {"x": expr}) for expr in whole)
        test = compare(first, "<" if best.least else ">", second)
        shown = whole if any(side.many for side in sides) else [side.expr for side in sides]
        return Options(((shown[0], Claim(test)), (shown[1], Claim(TRUE))))

    def _listed(self, np: NP) -> NP:
        return replace(np, joint="and") if isinstance(np, Several) else np

    def q_who_of(self, predicate: Property, *given: Any) -> Question:
        return self._among(predicate, given[-1])

    def q_of_who(self, _: str, np: NP, predicate: Property) -> Question:
        return self._among(predicate, np)

    def _among(self, predicate: Property, np: NP) -> Question:
        """Return which of several, or of a group, is meant."""
        if isinstance(np, One):
            raise Unfit("name at least two")
        if isinstance(np, Several) or _order_of(predicate) is not None:
            return self._which_of(predicate, np)
        things = self.things_of(np)
        return Which(things, applied(One(Name(id=things.variable)), predicate))

    def q_which_of(self, kind: Kind, predicate: Property, np: NP) -> Question:
        return self._among(predicate, np)

    def q_of_which(self, _: str, np: NP, predicate: Property) -> Question:
        return self._among(predicate, np)

    def q_which_alone_of(self, predicate: Property, np: NP) -> Question:
        return self._among(predicate, np)

    def q_which_one_between(self, *given: Any) -> Question:
        return self._among(given[-1], given[-2])

    def q_whom_by(self, _: str, np: NP, use: VerbUse) -> Question:
        return self._gapped(self.people(), np, lambda one: self.passive_by(use, one))

    def q_whom(self, tense: str, np: NP, gap: Gap) -> Question:
        return self._gapped(self.people(), np, self.gap_do(tense, gap))

    def q_whom_modal(self, modal: str, np: NP, gap: Gap) -> Question:
        return self._gapped(self.people(), np, self.gap_modal(modal, gap))

    def q_whom_have(self, tense: str, np: NP, gap: Gap) -> Question:
        return self._gapped(self.people(), np, self.gap_have(tense, gap))

    def q_which_whom(self, kind: Kind, tense: str, np: NP, gap: Gap) -> Question:
        return self._gapped(kind, np, self.gap_do(tense, gap))

    def q_which_whom_modal(self, kind: Kind, modal: str, np: NP, gap: Gap) -> Question:
        return self._gapped(kind, np, self.gap_modal(modal, gap))

    def q_who_has(self, _: str, np: NP, use: NounUse) -> Question:
        """Ask whose mother someone is."""
        related = self.relation(use).related
        assert related is not None
        things = self.people().things(self.context.fresh())
        return Which(things, related(np.side().expr, Name(id=things.variable)))

    def q_where(self, tense: str, np: NP, use: VerbUse) -> Question:
        """Ask for the object of a verb of going, whose lexicon entry says of what kind it is."""
        noun = self.context.lexicon.nouns.get(use.verb.object or "")
        if use.preposition not in ("to", "in", "at", "into") or noun is None or noun.domain is None:
            raise Unfit("this world does not say where things are")
        parts = np.parts if isinstance(np, Several) else (np,)
        only = _only_object(use, parts[0])
        if only is not None and len(parts) > 1:
            raise PlotError("each of several may go elsewhere", hint="ask of one of them at a time")
        if only is not None:
            return Value(only)
        kind = self._kind(use.verb.object or "", noun, plural=True)
        return self._gapped(kind, np, self._with_object(use, tense))

    def q_where_would_have(self, tense: str, np: NP, _: str, use: VerbUse) -> Question:
        return self.q_where(tense, np, use)

    def q_where_np(self, np: NP, tense: str, use: VerbUse) -> Question:
        return self.q_where(tense, np, use)

    def q_what(self, tense: str, np: NP, use: VerbUse) -> Question:
        noun = self.context.lexicon.nouns.get(use.verb.object or "")
        kind = self.people(thing=True) if noun is None else self._kind(use.verb.object or "", noun, plural=True)
        return self._gapped(kind, np, self._with_object(use, tense))

    def _with_object(self, use: VerbUse, tense: str) -> Gap:
        return lambda what: replace(self.v_object(use, what).under(tense=tense), forms=frozenset())

    def q_whom_np(self, np: NP, modal: str, gap: Gap) -> Question:
        return self.q_whom_modal(modal, np, gap)

    def q_how_np(self, use: AdjectiveUse, np: NP, _: str) -> Question:
        return self._degree(use, np)

    def q_how_much_verb(self, _: str, np: NP, use: VerbUse, what: NP) -> Question:
        return Value(self.extent(use, np.side(), what.side()))

    # -- what if -------------------------------------------------------------------------------------------

    def _contrary(self, test: Said, question: Question) -> Question:
        """*If Tom had been lazy, would he have lost?*: in the match that there was."""
        absent = _absent(test.prop)
        if absent:
            return Supposing(None, as_it_was(question), absent=absent)
        whens = {part.when for part in parts_of(test.prop, InMatch) if part.when.every is None and not part.when.same}
        return Supposing(None, as_it_was(question, next(iter(whens)) if len(whens) == 1 else None), made=test.prop)

    def _supposing(self, test: Said, question: Question, found_so: bool = False, in_general: bool = False) -> Question:
        made = [part.prop for part in clauses_of(test) if not found_so and intervenes(part, question)]
        if made:
            return self._intervening(test, made, question)
        perfect = [one for one in _predicates(test) if (one.positive or one).circumstance.perfect]
        past = any((one.positive or one).circumstance.tense == "past" for one in _predicates(test))
        contrary = (
            isinstance(question, Polar) and question.contrary and past
        )  # "if she had a bike, would she have gone"
        if (perfect or contrary) and not found_so:
            of_match = _of_match(question) and not in_general
            return self._contrary(of_event(test, When(same=True)) if of_match else test, question)
        sides, noun, kept = _meeting(test.prop)
        asked = question
        if mentions(question, THEY):
            raise Unfit("")
        rest = None if not kept else kept[0] if len(kept) == 1 else And(tuple(kept))
        return Supposing(rest, asked, sides, noun)

    def _intervening(self, test: Said, made: list[Prop], question: Question) -> Question:
        """*If it is winter and Ann takes the medicine, …*: what is done is made so, and the rest is supposed."""
        if mentions(test.prop, THEY):
            raise Unfit("say who does it by name")
        found: Question = Supposing(None, question)
        parts = clauses_of(test)
        rest = [part for part in parts if not intervenes(part, question)]
        if rest != list(parts[: len(rest)]):  # "took it and recovered": because of it, or as it was?
            raise Unfit("say first what is so, and then what is done")
        if rest:
            found = self._supposing(Said(And(tuple(part.prop for part in rest)), parts=tuple(rest)), question)
        if not isinstance(found, Supposing) or found.made is not None:
            raise Unfit("what is done and what had been so are two conditions: ask about one of them")
        return replace(found, made=And(tuple(made)))

    def q_in(self, modifier: Modifier, question: Question) -> Question:
        """Ask about one match: where it stands first in the sentence."""
        if "sides" not in modifier:
            raise Unfit("")
        return Supposing(None, question, modifier["sides"], modifier.get("noun"))

    def q_in_be(self, modifier: Modifier, tense: str, np: NP, predicate: Property) -> Alternatives:
        return self.q_be(tense, np, self._with(predicate, modifier))

    def q_in_do(self, modifier: Modifier, tense: str, np: NP, predicate: Property) -> Question:
        return self.q_do(tense, np, self._with(predicate, modifier))

    def q_in_modal(self, modifier: Modifier, modal: str, np: NP, predicate: Property) -> Question:
        return self.q_modal(modal, np, self._with(predicate, modifier))

    def q_in_who(self, modifier: Modifier, predicate: Property) -> Alternatives:
        return self.q_who(self._with(predicate, modifier))


def as_it_was(question: Question, when: When | None = None) -> Any:
    """Return a question of what would have been as one of the matches that there were, or of the one that is meant."""

    def told(part: Any) -> Any:
        if not isinstance(part, Match):
            return None
        return replace(part, tense="past", when=part.when or when or When(1, Amount("some")))

    return changed(question, told)


def _absent(prop: Prop) -> tuple[Expr, ...]:
    """Return who is said not to have taken part in a match: *if Tom had not played*."""
    parts = prop.parts if isinstance(prop, And) else (prop,)
    matches = [part.inner for part in parts if isinstance(part, Not) and isinstance(part.inner, Match)]
    if len(matches) != len(parts) or any(one.verb.means is not None or one.object is not None for one in matches):
        return ()
    return tuple(x for one in matches for x in items_of(one.subject.expr) or (one.subject.expr,))


def _of_match(question: Question) -> bool:
    """Return whether a question is about a match, in which somebody may have been otherwise."""
    return bool(parts_of(question, Match) or parts_of(question, Winner))


def _alternatives(prop: Prop) -> tuple[Prop, ...]:
    """Return the parts of a disjunction, also of what is said of *the so-and-so*."""
    if isinstance(prop, Quant) and prop.definite and prop.amount.kind == "some":
        return tuple(replace(prop, body=part) for part in _alternatives(prop.body))
    return prop.parts if isinstance(prop, Or) else ()


def _not_advice(modal: str) -> None:
    """Refuse *should she be vaccinated?*, which asks what is best. Raises Unfit."""
    if modal == "should":
        raise Unfit("“should” asks what is best: ask “what should we do to make … likely?”")


def _contrary_to_fact(question: Question) -> Question:
    """Return a question of yes or no as one of what would have been."""
    return replace(question, contrary=True) if isinstance(question, Polar) else question


def intervenes(said: Said, question: Question) -> bool:
    """Return whether *if* makes a clause so, as what somebody does, and does not suppose that it is found to be so.

    *If Ann takes the medicine, …* does, unless it is asked what was; *if she took it, …* and *if she is treated, …*
    do where it is asked what *would* or *will* be.
    """
    predicate = said.predicate
    acts = [one for one in _predicates(said) if (one.positive or one).action]
    if predicate is None or not acts or any((one.positive or one).circumstance.perfect for one in acts):
        return False
    tense = getattr(question, "tense", None)
    if acts[0].circumstance.tense == "past" or acts[0].verb is None:
        return tense == "modal"
    return tense != "past"


def _only_object(use: VerbUse, np: NP) -> Expr | None:
    """Return the one object of which a verb can be true, where it says that some value is the object."""
    means = expression(use.verb.means) if use.verb.means is not None else None
    if not isinstance(means, Compare) or means.ops != ("==",) or means.comparators[0] != Name(id="object"):
        return None
    if mentions(means.left, "object") or mentions(means.left, "event") or not isinstance(np, One):
        return None
    return filled(means.left, {"subject": np.side().expr})


def _order_of(predicate: Property) -> tuple[Best, int] | None:
    """Return the order and the rank that *stronger* or *the strongest* ask for, if that is all that is said."""
    if predicate.best is not None:
        return predicate.best, 1
    return predicate.noun.best if isinstance(predicate.noun, One) else None


def _predicates(said: Said) -> tuple[Property, ...]:
    """Return the predicate of a clause, and those that are joined in it."""
    predicate = said.predicate
    return () if predicate is None else (predicate, *predicate.parts)


def _meeting(prop: Prop) -> tuple[tuple[Side, Side] | None, str | None, list[Prop]]:
    """Return the two sides that a supposition brings together and in what, and what else it supposes."""
    parts = prop.parts if isinstance(prop, And) else (prop,)
    sides: tuple[Side, Side] | None = None
    noun: str | None = None
    kept: list[Prop] = []
    for part in parts:
        if isinstance(part, Match) and part.verb.means is None and part.object is not None:
            sides, noun = (part.subject, part.object), part.noun
        else:
            kept.append(part)
    return sides, noun, kept
