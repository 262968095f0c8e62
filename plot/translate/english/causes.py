"""How questions about causes and effects get their meanings: *did the medicine cause her recovery?*"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import BoolOp, Call, Condition, Constant, Expr, Unary
from plot.text import SOMEBODY
from plot.translate.english.adjectives import Comparative
from plot.translate.english.build import compare, items_of, unified
from plot.translate.english.combine import negative
from plot.translate.english.entries import AdjectiveUse, NameUse, VerbUse
from plot.translate.english.facts import Fact, Facts, happened
from plot.translate.english.forest import Alternatives
from plot.translate.english.forms import (
    And,
    Claim,
    Consequences,
    EffectOf,
    GraphQuestion,
    Match,
    Not,
    Or,
    Polar,
    Prop,
    Question,
    Supposing,
    Value,
    WhatToDo,
    Winner,
    mentions,
    parts_of,
)
from plot.translate.english.meanings import NP, One, Property, Some, Unfit, applied
from plot.translate.english.noun_phrases import THEY
from plot.translate.english.questions import as_it_was
from plot.translate.english.record import program_of
from plot.translate.english.sentences import Said
from plot.world.lexicon import Lexicon, expression

Among = Callable[[NP], Prop]


class Causes(Facts):
    """The functions of the grammar's rules for questions about causes and effects, by their aliases."""

    # -- among whom ----------------------------------------------------------------------------------------

    def among_who(self, predicate: Property) -> Among:
        return lambda np: applied(np, predicate)

    def among_did(self, use: VerbUse) -> Among:
        return self.among_with(use)

    def among_event(self, use: NameUse) -> Among:
        """*Those who smoke*, in a world of events."""
        test = self.someone_does(use).prop
        return lambda _: test

    def among_the(self, use: AdjectiveUse) -> Among:
        return self.among_who(self.plain_adj(use).under(tense="present"))

    def among_with(self, use: VerbUse) -> Among:
        return self.among_who(replace(self.v_alone(use), forms=frozenset()))

    def among_kind(self, np: NP) -> Among:
        if not isinstance(np, Some) or not np.kind.plural or np.kind.open is not None:
            raise Unfit("")
        kind = np.kind
        return lambda one: And(tuple(test(one.side().expr) for test in kind.tests))

    def among_crowd(self, test: Prop | None) -> Among:
        if test is None:
            raise Unfit("")
        return lambda _: test

    def q_among(self, question: Question, among: Among) -> Question:
        """*Among those who took it*: of whom it is so in fact."""
        if not isinstance(question, EffectOf):
            raise Unfit("it is effects that are asked for among some of all: “what is the effect of … on …, among …?”")
        subject = question.subject
        test = among(One(subject) if subject is not None else self._nobody())
        return replace(question, among=test)

    def q_among_first(self, among: Among, question: Question) -> Question:
        return self.q_among(question, among)

    def _nobody(self) -> NP:
        if self.context.lexicon.rules is None:
            raise Unfit("say of whom this is asked")
        return One(Constant(value=SOMEBODY))  # events are of nobody in particular

    # -- effects -------------------------------------------------------------------------------------------

    def _effect(self, *facts: Fact, asked: str | None = None, through: bool = True) -> Question:
        (cause, outcome, *further), subject = self._together(*facts)
        if isinstance(cause, Value):
            cause = Claim(compare(cause.expr, "<" if facts[0].less else ">", cause.expr))
        one = subject.side().expr if isinstance(subject, One) else None
        mediator = further[0] if further else None
        return EffectOf(cause, outcome, one, asked, mediator=mediator, through=through)

    def q_effect(self, *given: Any) -> Question:
        return self._effect(*_facts(given))

    def q_effect_through(self, *given: Any) -> Question:
        return self._effect(*_facts(given))

    def q_effect_through_first(self, *given: Any) -> Question:
        cause, mediator, outcome = _facts(given)
        return self._effect(cause, outcome, mediator)

    def q_effect_past(self, *given: Any) -> Question:
        return self._effect(*_facts(given), through=False)

    def q_effect_direct(self, *given: Any) -> Question:
        raise Unfit("say what the direct effect is not to go through: “the direct effect of … on …, not through …”")

    def q_raises(self, *given: Any) -> Question:
        first = next(place for place, item in enumerate(given) if isinstance(item, Fact))
        return self._effect(*_facts(given), asked=given[first + 1])

    def q_is_true_raises(self, *given: Any) -> Question:
        return self.q_raises(*given)

    def q_is_true_causes(self, *given: Any) -> Question:
        return self._effect(*_facts(given), asked="change")

    def q_how_raises(self, *given: Any) -> Question:
        """*How much does it raise …?* wants the figure, and no yes or no."""
        found = self.q_raises(*given)
        assert isinstance(found, EffectOf)
        return replace(found, asked=f"how {found.asked}")

    def q_raises_through(self, *given: Any) -> Question:
        return self.q_raises(*given)

    def q_raises_past(self, *given: Any) -> Question:
        found = self.q_raises(*given)
        assert isinstance(found, EffectOf)
        return replace(found, through=False)

    def q_affects(self, *given: Any) -> Question:
        return self._effect(*_facts(given), asked="change")

    def q_affects_through(self, *given: Any) -> Question:
        return self.q_affects(*given)

    def q_affects_past(self, *given: Any) -> Question:
        return self._effect(*_facts(given), asked="change", through=False)

    def q_makes_likelier(self, *given: Any) -> Question:
        return self._effect(*_facts(given), asked="raise")

    def q_makes_less_likely(self, *given: Any) -> Question:
        return self._effect(*_facts(given), asked="lower")

    def q_likelier_if(self, *given: Any) -> Question:
        return self._likelier_if(given, "raise")

    def q_less_likely_if(self, *given: Any) -> Question:
        return self._likelier_if(given, "lower")

    def q_he_likelier_if(self, _: str, np: NP, predicate: Property, test: Any) -> Question:
        return self._likelier_if((self.fact_of_to(np, predicate), test), "raise")

    def q_he_less_likely_if(self, _: str, np: NP, predicate: Property, test: Any) -> Question:
        return self._likelier_if((self.fact_of_to(np, predicate), test), "lower")

    def _likelier_if(self, given: tuple[Any, ...], asked: str | None) -> Question:
        (outcome,), made = _facts(given), given[-1]
        cause = Fact(prop=made.prop if isinstance(made, Said) else made)
        return self._effect(cause, outcome, asked=asked)

    def q_more_if(self, _: str, np: NP, *given: Any) -> Question:
        """*Would it be faster if we pushed it?*: the degree is what is affected."""
        made = given[-1]
        comparative = next(one for one in given if isinstance(one, Comparative))
        outcome = Fact(value=Value(self.degree(comparative.use, np.side())))
        return self._likelier_if((outcome, made), "lower" if comparative.op == "<" else "raise")

    def q_more_if_more(self, _: str, np: NP, *given: Any) -> Question:
        first, second = [one for one in given if isinstance(one, Comparative)]
        cause = next(one for one in given if isinstance(one, NP))
        return self.q_more_if(_, np, first, self._shift(cause, second))

    def q_does_more_if_more(self, modal: str, np: NP, *given: Any) -> Question:
        """*Would it move faster if it were lighter?* asks how fast it is."""
        predicate = next(one for one in given if isinstance(one, Property))
        if predicate.object is not None or "when" in predicate.takes:
            raise Unfit("")
        return self.q_more_if_more(modal, np, *[one for one in given if one is not predicate])

    def q_happens_to_if_more(self, outcome: Fact, np: NP, _: str, comparative: Comparative) -> Question:
        return self.q_happens_to(outcome, self._shift(np, comparative))

    def _shift(self, np: NP, comparative: Comparative) -> Prop:
        """*If it were heavier*: than it is."""
        degree = self.degree(comparative.use, np.side())
        return Claim(compare(degree, comparative.op, degree))

    # -- what caused what ----------------------------------------------------------------------------------

    def q_causes(self, tense: str, *facts: Fact) -> Question:
        """*Did it cause …?* asks of what happened; *does it cause …?* of the effect."""
        return self._caused(*facts) if tense == "past" else self._effect(*facts, asked="change")

    def q_is_cause(self, tense: str, *facts: Fact) -> Question:
        return self.q_causes(tense, *facts)

    def q_caused_by(self, tense: str, outcome: Fact, cause: Fact) -> Question:
        return self.q_causes(tense, cause, outcome)

    def q_because_of(self, question: Question, cause: Fact) -> Question:
        return self._caused(cause, _asked_fact(question))

    def q_because(self, question: Question, reason: Said) -> Question:
        if not isinstance(question, Polar) or mentions((question, reason.prop), THEY):
            raise Unfit("")
        both = self.s_because(Said(question.prop), reason).prop
        assert isinstance(both, And)
        outcome, cause = both.parts
        return self._caused(Fact(prop=cause), Fact(prop=outcome))

    def q_makes_do(self, *given: Any) -> Question:
        (cause,) = _facts(given)
        np, predicate = given[-2:]
        return self.q_causes(given[0], cause, self.fact_of_to(np, predicate))

    def q_makes_be(self, *given: Any) -> Question:
        (cause,) = _facts(given)
        np, predicate = given[-2:]
        return self.q_causes(given[0], cause, self.fact_of_being(np, predicate))

    def q_was_it(self, tense: str, *given: Any) -> Question:
        return self.q_makes_do(tense, *given)

    def q_was_it_cause(self, tense: str, *given: Any) -> Question:
        return self.q_causes(tense, *_facts(given))

    def q_blamed(self, _: str, *given: Any) -> Question:
        """*Is the flu to blame for her fever?* asks of what happened, in any tense."""
        return self._caused(*_facts(given))

    def _caused(self, *facts: Fact) -> Question:
        """Return whether the outcome would not have been without the cause, where both are so."""
        (first, _), subject = self._together(*facts)
        if isinstance(first, Value):
            return self._caused_by_value(first, facts[1], subject)
        cause, outcome = self._truths(*facts)
        return Supposing(And((outcome, cause)), Polar(Not(outcome)), made=Not(cause))

    def _caused_by_value(self, cause: Value, outcome: Fact, subject: NP | None) -> Question:
        """Return whether the outcome would not have been, had a number been that of just anybody."""
        (said,) = self._truths(outcome if not outcome.open or outcome.np is not None else replace(outcome, np=subject))
        expr = cause.expr
        for adjective in self.context.lexicon.adjectives.values():
            degree = adjective.degree if adjective.nominal else None
            if degree is not None and unified(expression(degree), expr, ("x",), {}):
                raise Unfit("")  # laziness is what is so of who is lazy
        if not isinstance(expr, Call) or len(expr.args) != 1 or expr.keywords:
            raise Unfit("say how it would have been otherwise: “would …, if … had been …?”")
        other = replace(expr, args=(Constant(value=SOMEBODY),))
        return Supposing(said, Polar(Not(said)), made=Claim(compare(expr, "==", other)))

    # -- prevented -------------------------------------------------------------------------------------------

    def q_prevents(self, tense: str, *facts: Fact) -> Question:
        """*Did it prevent …?* asks of what did not happen; *does it prevent …?* of the effect."""
        if tense != "past":
            return self._effect(*facts, asked="lower")
        cause, outcome = self._truths(*facts)
        return Supposing(And((Not(outcome), cause)), Polar(outcome), made=Not(cause))

    def q_prevented_by(self, tense: str, outcome: Fact, cause: Fact) -> Question:
        return self.q_prevents(tense, cause, outcome)

    def q_keeps_from(self, tense: str, cause: Fact, np: NP, predicate: Property) -> Question:
        return self.q_prevents(tense, cause, self.fact_of_doing(np, predicate))

    def q_keeps_from_being(self, tense: str, cause: Fact, np: NP, *given: Any) -> Question:
        return self.q_prevents(tense, cause, self.fact_of_being(np, *given))

    def q_happens_to(self, outcome: Fact, made: Any) -> Question:
        """*What happens to her fever if she takes the medicine?*"""
        return self._likelier_if((outcome, made), None)

    def _truths(self, *facts: Fact) -> list[Prop]:
        found, _ = self._together(*facts)
        if any(isinstance(one, Value) for one in found):
            raise Unfit("say what of it is so: “… that it is above …”")
        return [happened(one) for one in found if not isinstance(one, Value)]

    # -- necessary and enough --------------------------------------------------------------------------------

    def q_necessary(self, *given: Any) -> Question:
        return self._caused(*_facts(given))

    def q_needed(self, tense: str, np: NP, cause: Fact, predicate: Property) -> Question:
        return self._caused(cause, self.fact_of_to(np, predicate))

    def q_enough(self, *given: Any) -> Question:
        return self._enough(*self._truths(*_facts(given)))

    def _enough(self, cause: Prop, outcome: Prop) -> Question:
        """Return whether the outcome would be with the cause, where neither is so."""
        return Supposing(And((Not(outcome), Not(cause))), Polar(outcome), made=cause, afresh=True)

    def q_it_necessary(self, *given: Any) -> Question:
        cause, outcome = self._spoken_of(_facts(given))
        return self._caused(Fact(prop=cause), Fact(prop=outcome))

    def q_it_enough(self, *given: Any) -> Question:
        return self._enough(*self._spoken_of(_facts(given)))

    def _spoken_of(self, aim: list[Fact]) -> tuple[Prop, Prop]:
        """Return the last action that was told, and what it may have brought about: what was told of the same person.

        Raises Unfit where none was told.
        """
        told = list(self._told())
        outcome = self._truths(*aim)[0] if aim else None
        done = self._done(outcome)
        if not done:
            raise Unfit("it is not clear what “it” means: say what was done")
        rest = [outcome] if outcome is not None else [part for part in told if part not in done]
        if not rest or (self.context.lexicon.rules is not None and outcome is None):
            raise Unfit("say for what: “was it necessary for …?”")
        return done[0], rest[0]

    def _done(self, outcome: Prop | None) -> list[Prop]:
        """Return what was told to be done, the last first; of events that were told of, the one besides the outcome.

        Of several people it is what the one of the outcome did.
        """
        told = list(self._told())
        if self.context.lexicon.rules is not None:
            found = [part for part in told if part != outcome and not _is_denied(part)]
            return found if len(found) == 1 else []
        who = {x for part in parts_of(outcome, Claim) for x in part.terms}
        done = [part for part in told if _is_done(part, self.context.lexicon)]
        return [part for part in done if not who or who & set(parts_of(part, Constant))]

    def _told(self) -> Iterator[Prop]:
        """Yield what was told as certain, the last first."""
        for told in reversed(self.context.discourse.told):
            if len(told.readings) == 1:
                for node in reversed(program_of(told.readings[0].code).body):
                    yield from map(Claim, reversed(_conjuncts(node.test))) if isinstance(node, Condition) else ()

    # -- otherwise -----------------------------------------------------------------------------------------

    def q_anyway(self, question: Question) -> Question:
        """*Would she have recovered anyway?*: without what was done."""
        done = self._done(_asked_fact(question).prop)
        if not done:
            raise Unfit("say without what that would have been so: “if … had not …”")
        return Supposing(None, question, made=Not(done[0]))

    def q_without(self, question: Question, fact: Fact) -> Question:
        return self.q_with(question, fact, otherwise=True)

    def q_without_whom(self, question: Question, np: NP) -> Question:
        """*Would they have won without Sue?*, *would there be a mug without the red one?*"""
        matches = [*parts_of(question, Match), *parts_of(question, Winner)]
        if matches and not parts_of(question, Supposing):
            side = np.side()
            who = items_of(side.expr) if side.many else (side.expr,)
            if not who or not all(isinstance(one, Constant) for one in who):
                raise Unfit("say by name without whom")
            return Supposing(None, as_it_was(question), absent=tuple(who))
        return Supposing(None, question, made=self.remove(np))

    def q_without_whom_first(self, np: NP, question: Question) -> Question:
        return self.q_without_whom(question, np)

    def q_without_first(self, fact: Fact, question: Question) -> Question:
        return self.q_without(question, fact)

    def q_chance_anyway(self, *given: Any) -> Question:
        """*How likely is it that she would have recovered anyway?*"""
        return self.q_anyway(Polar(given[-1].prop))

    def q_chance_without(self, *given: Any) -> Question:
        said, fact = given[-2:]
        return self.q_without(Polar(said.prop), fact)

    def q_with(self, question: Question, *given: Any, otherwise: bool = False) -> Question:
        fact, asked = given[-1], _asked_fact(question)
        if getattr(question, "tense", None) == "past" or (fact.np is None and fact.prop is None and asked.np is None):
            fact = replace(fact, np=fact.np or self._subject_of(question))
        (cause, _), _ = self._together(fact, asked)
        if isinstance(cause, Value):
            raise Unfit("")
        return Supposing(None, question, made=Not(cause) if otherwise else cause)

    def _subject_of(self, question: Question) -> NP:
        terms = question.prop.terms if isinstance(question, Polar) and isinstance(question.prop, Claim) else ()
        if not terms:
            raise Unfit("say of whom: “if … had not …”")
        return One(terms[0])

    def q_had_done(self, tense: str, np: NP, predicate: Property, question: Question) -> Alternatives:
        """*Had Ann taken the medicine, …*."""
        _need(tense == "past")
        return self._had(np, self.v_have(tense, predicate), question)

    def q_had_not_done(self, tense: str, np: NP, predicate: Property, question: Question) -> Alternatives:
        _need(tense == "past")
        return self._had(np, negative(self.v_have(tense, predicate)), question)

    def q_had_not_been(self, tense: str, np: NP, predicate: Property, question: Question) -> Alternatives:
        _need(tense == "past")
        return self._had(np, negative(predicate).under(tense="past", perfect=True), question)

    def _had(self, np: NP, predicate: Property, question: Question) -> Alternatives:
        return self._supposed(Said(applied(np, predicate), np, predicate), question)

    # -- what the graph tells --------------------------------------------------------------------------------

    def q_what_causes(self, *given: Any) -> Question:
        about, _ = self._together(*_facts(given))
        return GraphQuestion("causes", tuple(about))

    def q_depends(self, *given: Any) -> Question:
        return self.q_what_causes(*given)

    def q_independent(self, tense: str, *given: Any) -> Question:
        facts = [*_facts(given), *(fact for item in given if isinstance(item, tuple) for fact in item)]
        about, _ = self._together(*facts)
        return GraphQuestion("independent", tuple(about))

    def q_dependent(self, tense: str, *given: Any) -> Question:
        return self.q_independent(tense, *given)

    def q_adjust(self, *given: Any) -> Question:
        about, _ = self._together(*_facts(given))
        return GraphQuestion("adjusted", tuple(about))

    def q_adjust_how(self, *given: Any) -> Question:
        return self.q_adjust(*given)

    # -- what to do ----------------------------------------------------------------------------------------

    def q_to_do(self, np: NP, predicate: Property) -> Question:
        return self._to_do(self.fact_of_to(np, predicate))

    def q_to_be(self, np: NP, predicate: Property) -> Question:
        return self._to_do(self.fact_of_being(np, predicate))

    def q_to_be_so(self, *given: Any) -> Question:
        return WhatToDo(given[-1].prop)

    def q_to_make_likely(self, *given: Any) -> Question:
        return self._to_do(*_facts(given))

    def q_to_make_unlikely(self, *given: Any) -> Question:
        found = self._to_do(*_facts(given))
        return WhatToDo(Not(found.outcome))

    def q_should(self, np: NP, *given: Any) -> Question:
        return self._to_do(self.fact_of_to(np, given[-1]))

    def _to_do(self, fact: Fact) -> WhatToDo:
        (outcome,) = self._truths(fact)
        return WhatToDo(outcome)

    def q_what_if_made(self, deed: Prop) -> Question:
        if isinstance(deed, Or) or mentions(deed, THEY):
            raise Unfit("say of one thing at a time what would happen")
        return Consequences(deed)

    def q_what_if(self, said: Said) -> Question:
        return self.q_what_if_made(said.prop)


def made_either(act: Any) -> list[Any]:
    """Return the questions that *if* this or that is done asks: one for each."""
    made = act.made if isinstance(act, Supposing) else None
    if isinstance(made, And) and len(made.parts) == 1:
        made = made.parts[0]
    return [replace(act, made=part) for part in made.parts] if isinstance(made, Or) else [act]


def _need(so: bool) -> None:
    """Refuse what is not so, with no reason to tell."""
    if not so:
        raise Unfit("")


def _facts(given: Any) -> list[Fact]:
    return [item for item in given if isinstance(item, Fact)]


def _asked_fact(question: Question) -> Fact:
    if not isinstance(question, Polar) or question.why:
        raise Unfit("")
    return Fact(prop=happened(question.prop))


def _conjuncts(test: Expr) -> list[Expr]:
    if isinstance(test, BoolOp) and test.op == "and":
        return [part for value in test.values for part in _conjuncts(value)]
    return [test]


def _is_denied(part: Prop) -> bool:
    expr = part.expr if isinstance(part, Claim) else None
    return isinstance(expr, Unary) and expr.op == "not"


def _is_done(part: Prop, lexicon: Lexicon) -> bool:
    """Return whether what was told is an action of the lexicon, or that it was left."""
    expr = part.expr if isinstance(part, Claim) else None
    if isinstance(expr, Unary) and expr.op == "not":
        expr = expr.operand
    return any(unified(expression(code), expr, ("x", "subject"), {}) for _, code in lexicon.actions())


__all__ = ["Causes", "made_either"]
