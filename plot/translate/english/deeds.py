"""How *if* gets a meaning where somebody is made to do or to be something: *if Ann is made to take the medicine*."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Call, Expr, Name
from plot.translate.english.build import FALSE, compare, template
from plot.translate.english.combine import manner_code, negative, reported
from plot.translate.english.entries import AdjectiveUse, VerbUse
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import (
    Added,
    Amount,
    And,
    Claim,
    Not,
    Or,
    Prop,
    Question,
    Supposing,
    Things,
    listed,
    mentions,
    replaced,
)
from plot.translate.english.meanings import NP, Property, Some, Unfit, applied
from plot.translate.english.noun_phrases import PREFERENCE, THEY
from plot.translate.english.occasions import Occasions, resolved
from plot.translate.english.sentences import Said
from plot.world.lexicon import expression
from plot.world.lexicon import mentions as in_code


class Deeds(Occasions):
    """The functions of the grammar's rules for what is made so, by their aliases."""

    def q_if_made(self, deed: Prop, question: Question) -> Alternatives:
        if mentions(deed, THEY):
            raise Unfit("say by name who is made to do what")
        asks = resolved(question, deed)  # "if we push the red ball, does it move?"
        return Alternatives(
            Weighted(Supposing(None, asked, made=deed), PREFERENCE**rank) for rank, asked in enumerate(asks)
        )

    def q_if_and_made(self, test: Said, deed: Prop, question: Question) -> Question:
        """*If it is winter and Ann is made to take the medicine*: the one is supposed, the other made so."""
        if mentions(deed, THEY) or mentions(question, THEY):
            raise Unfit("say by name who is made to do what")
        found = self._supposing(test, Supposing(None, question, made=deed))
        assert isinstance(found, Supposing) and isinstance(found.ask, Supposing)
        if found.made is not None:
            raise Unfit("say of each that it is made so: “is made to …”")
        return replace(found, ask=question, made=deed)

    def q_if_made_after(self, question: Question, deed: Prop) -> Alternatives:
        return self.q_if_made(deed, question)

    def deed_and(self, one: Prop, other: Prop) -> Prop:
        return And((one, other))

    def deed_or(self, one: Prop, other: Prop) -> Prop:
        return Or((one, other))

    # -- what somebody is made to do -----------------------------------------------------------------------

    def made_to(self, np: NP, _: str, predicate: Property) -> Prop:
        return applied(np, self._form(predicate, {"base"}, "present"))

    def made_to_be(self, np: NP, _: str, predicate: Property) -> Prop:
        return applied(np, predicate.under(tense="present"))

    def made_so(self, np: NP, _: str, predicate: Property) -> Prop:
        return applied(np, predicate.under(tense="present"))

    def made_not_to(self, np: NP, _: str, predicate: Property) -> Prop:
        return applied(np, negative(self._form(predicate, {"base"}, "present")))

    def made_not_to_be(self, np: NP, _: str, predicate: Property) -> Prop:
        return applied(np, negative(predicate.under(tense="present")))

    def kept_from(self, np: NP, _: str, predicate: Property) -> Prop:
        return applied(np, negative(self._form(predicate, {"ing"}, "present")))

    def kept_from_being(self, *given: Any) -> Prop:
        return applied(given[0], negative(given[-1].under(tense="present")))

    def force_to(self, np: NP, predicate: Property) -> Prop:
        return self.made_to(np, "", predicate)

    def force_to_be(self, np: NP, predicate: Property) -> Prop:
        return self.made_to_be(np, "", predicate)

    def forbid_to(self, np: NP, predicate: Property) -> Prop:
        return self.made_not_to(np, "", predicate)

    def forbid_to_be(self, np: NP, predicate: Property) -> Prop:
        return self.made_not_to_be(np, "", predicate)

    def keep_from(self, np: NP, predicate: Property) -> Prop:
        return self.kept_from(np, "", predicate)

    def keep_from_being(self, np: NP, *given: Any) -> Prop:
        return self.kept_from_being(np, *given)

    def make_do(self, np: NP, predicate: Property) -> Prop:
        return self.made_to(np, "", predicate)

    def make_be(self, np: NP, predicate: Property) -> Prop:
        return self.made_to_be(np, "", predicate)

    # -- what somebody is given ----------------------------------------------------------------------------

    def given(self, use: VerbUse) -> Property:
        """*Is given the medicine* says that it is taken."""
        return replace(self.v_alone(use), forms=frozenset())

    def give(self, np: NP, use: VerbUse) -> Prop:
        return applied(np, self.given(use))

    def give_to(self, use: VerbUse, np: NP) -> Prop:
        return self.give(np, use)

    def give_not(self, _: str, np: NP, use: VerbUse) -> Prop:
        return applied(np, negative(self.given(use)))

    def give_not_to(self, tense: str, use: VerbUse, np: NP) -> Prop:
        return self.give_not(tense, np, use)

    # -- what is done to somebody, or to all -----------------------------------------------------------------

    def treat(self, *given: Any) -> Prop:
        """*If we vaccinate Ann*: she is vaccinated."""
        use, np = given[-2:]
        return applied(np, self.plain_adj(use).under(tense="present"))

    def treat_not(self, *given: Any) -> Prop:
        use, np = given[-2:]
        return applied(np, negative(self.plain_adj(use).under(tense="present")))

    def stop(self, use: VerbUse | AdjectiveUse) -> Prop:
        """*If we forbid the medicine*: nobody takes it."""
        if isinstance(use, VerbUse):
            return applied(self._all(), negative(self.given(use)))
        means = use.adjective.means
        if means is not None and not in_code(means, "x"):
            said = Claim(expression(means))
            return said if use.negated else Not(said)
        return applied(self._all(), negative(self.plain_adj(use).under(tense="present")))

    def stopped(self, use: VerbUse, *_: str) -> Prop:
        return self.stop(use)

    def stop_doing(self, predicate: Property) -> Prop:
        return applied(self._all(), negative(self._form(predicate, {"ing"}, "present")))

    def stop_event(self, np: NP, *_: str) -> Prop:
        """*If smoking were banned*, in a world of events."""
        if self.context.lexicon.rules is None:
            raise Unfit("")
        test = self.context.lexicon.rules.test
        return Not(np.apply(lambda side: Claim(template(test, x=side.expr))))

    def force_event(self, np: NP) -> Prop:
        """*If we forced exercise*, in a world of events."""
        found = self.stop_event(np)
        assert isinstance(found, Not)
        return found.inner

    def _all(self) -> NP:
        return self._some(Amount("all"), self.people())

    def make_weather(self, pronoun: tuple[str, int], use: AdjectiveUse) -> Prop:
        """*If we make it summer*."""
        return self.weather(pronoun, "present", use).prop

    # -- what is added, and taken away -----------------------------------------------------------------------

    def add(self, np: NP) -> Prop:
        """*If we add a red mug*: there is one more thing, and it is one."""
        if (
            not isinstance(np, Some)
            or np.definite
            or np.amount.kind not in ("some", "number")
            or np.kind.open is not None
        ):
            raise Unfit("say what is added, and how many of it: “a red mug”, “two cans”")
        return Added(self._settable(np.kind.source), np.kind.things(self.context.fresh()), int(np.amount.number))

    def remove(self, np: NP) -> Prop:
        """*If we remove the mug*: the list is without it."""
        if not isinstance(np, Some) or np.kind.open is not None:
            raise Unfit("say what is removed by what it is: “the red mug”, “all cans”")
        things, x = np.kind.things(self.context.fresh()), self.context.fresh()
        listed_ = self._settable(np.kind.source)
        if np.amount.kind == "all" and things.where is not None:
            left: Prop = Not(replaced(things.where, {things.variable: Name(id=x)}))
        elif np.amount.kind == "all":
            left = Claim(FALSE)
        elif np.amount.kind in ("some", "number") and np.amount.number == 1:
            one = Call(function=Name(id="first"), args=(listed(things),))
            left = Claim(compare(Name(id=x), "!=", one))
        else:
            raise Unfit("say that one is removed, or all: “the red mug”, “all cans”")
        return Claim(compare(listed_, "==", listed(Things(np.kind.source, x, left))))

    def removed(self, np: NP, *_: str) -> Prop:
        return self.remove(np)

    def added(self, np: NP, *_: str) -> Prop:
        return self.add(np)

    def _settable(self, source: Expr) -> Expr:
        """Return the list to which things can be added, and from which they can be taken."""
        for noun in self.context.lexicon.nouns.values():
            if noun.do and noun.means is None and noun.domain is not None and expression(noun.domain) == source:
                return expression(noun.do[0])
        raise Unfit("nothing can be added or taken away here: the world's file does not say how (“do”)")

    # -- what we do to something ------------------------------------------------------------------------------

    def we_do(self, use: VerbUse, np: NP) -> Prop:
        """*If we push the ball*: whoever does it."""
        return self._done_by_us(use, np, None)

    def we_do_so(self, use: VerbUse, np: NP, manner: str) -> Prop:
        return self._done_by_us(use, np, manner)

    def we_do_not(self, _: str, use: VerbUse, np: NP) -> Prop:
        return Not(self._done_by_us(use, np, None))

    def _done_by_us(self, use: VerbUse, np: NP, manner: str | None) -> Prop:
        code = use.verb.means if manner is None else manner_code(use.verb, manner)
        if code is None or in_code(code, "subject") or in_code(code, "event") or not use.forms & {"base", "past"}:
            raise Unfit("")
        return np.apply(lambda side: Claim(template(code, object=side.expr)))

    # -- what somebody happens to do -----------------------------------------------------------------------

    def happen_to(self, predicate: Property) -> Property:
        return reported(self._form(predicate, {"base"}, "present"))

    def happen_to_have(self, _: str, predicate: Property) -> Property:
        return reported(self._form(predicate, {"participle"}, "past"))

    def happen_to_be(self, predicate: Property) -> Property:
        return reported(predicate.under(tense="present"))

    def happen_not_to(self, predicate: Property) -> Property:
        return negative(self.happen_to(predicate))

    def happen_not_to_have(self, tense: str, predicate: Property) -> Property:
        return negative(self.happen_to_have(tense, predicate))

    def happen_not_to_be(self, predicate: Property) -> Property:
        return negative(self.happen_to_be(predicate))


__all__ = ["Deeds"]
