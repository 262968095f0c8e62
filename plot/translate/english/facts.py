"""What questions about causes speak of: something that may be so, or a value, of somebody who is said or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Constant, Expr
from plot.records import record
from plot.text import SOMEBODY
from plot.translate.english.build import template
from plot.translate.english.combine import negative
from plot.translate.english.entries import AdjectiveUse, AttributeUse, VerbUse
from plot.translate.english.forms import (
    Amount,
    Claim,
    Match,
    Not,
    Prop,
    Value,
    When,
    changed,
    mentions,
    parts_of,
)
from plot.translate.english.meanings import NP, One, Property, Some, Unfit, applied
from plot.translate.english.sentences import Said
from plot.translate.english.shares import Shares
from plot.world.lexicon import expression
from plot.world.lexicon import mentions as in_code


@record(frozen=True, eq=False)
class Fact:
    """Something that may be so: a proposition, a value, or what a `predicate` says of a subject, said or not.

    `attribute` is a value of the subject; `less` of it is meant, or more.
    """

    predicate: Property | None = None
    np: NP | None = None
    prop: Prop | None = None
    value: Value | None = None
    attribute: AttributeUse | None = None
    less: bool = False

    @property
    def open(self) -> bool:
        """Whether it is said of a subject that something else has to tell."""
        return self.prop is None and self.value is None

    def of(self, subject: NP | None) -> Prop | Value:
        """Return what it says, of this subject where it has none of its own."""
        if self.value is not None or self.prop is not None:
            return self.value or self.prop  # type: ignore[return-value]
        np = self.np or subject
        assert np is not None
        if self.attribute is not None:
            return Value(template(self.attribute.attribute.value, x=np.side().expr))
        assert self.predicate is not None
        return applied(np, self.predicate)


class Facts(Shares):
    """The functions of the grammar's rules for causes and outcomes, by their aliases."""

    # -- facts ---------------------------------------------------------------------------------------------

    def fact_nominal(self, use: VerbUse) -> Fact:
        """*The medicine* is that it is taken, *recovery* that somebody recovers."""
        return Fact(replace(self.v_alone(use), forms=frozenset()))

    def fact_state(self, use: AdjectiveUse) -> Fact:
        means = use.adjective.means
        if means is not None and not in_code(means, "x"):
            said = Claim(expression(means))
            return Fact(prop=Not(said) if use.negated else said)
        state = self.adj(use) if use.adjective.degree is not None else self.plain_adj(use)
        return Fact(state.under(tense="present"))

    def fact_owned(self, np: NP, use: VerbUse) -> Fact:
        return replace(self.fact_nominal(use), np=np)

    def fact_state_owned(self, np: NP, use: AdjectiveUse) -> Fact:
        return self._owned(self.fact_state(use), np)

    def fact_nominal_of(self, use: VerbUse, np: NP) -> Fact:
        return self.fact_owned(np, use)

    def fact_state_of(self, use: AdjectiveUse, np: NP) -> Fact:
        return self.fact_state_owned(np, use)

    def _owned(self, fact: Fact, np: NP) -> Fact:
        if fact.predicate is None:
            raise Unfit("")
        return replace(fact, np=np)

    def fact_doing(self, predicate: Property) -> Fact:
        return Fact(self._form(predicate, {"ing"}, "present"))

    def fact_did(self, use: VerbUse) -> Fact:
        """*Taking it*."""
        return self.fact_doing(self.v_alone(use))

    def fact_not_doing(self, predicate: Property) -> Fact:
        return Fact(negative(self._form(predicate, {"ing"}, "present")))

    def fact_of_doing(self, np: NP, predicate: Property) -> Fact:
        return replace(self.fact_doing(predicate), np=np)

    def fact_of_not_doing(self, np: NP, predicate: Property) -> Fact:
        return replace(self.fact_not_doing(predicate), np=np)

    def fact_being(self, predicate: Property) -> Fact:
        return Fact(predicate.under(tense="present"))

    def fact_not_being(self, predicate: Property) -> Fact:
        return Fact(negative(predicate.under(tense="present")))

    def fact_of_being(self, np: NP, *given: Any) -> Fact:
        return Fact(given[-1].under(tense="present"), np)

    def fact_event(self, np: NP) -> Fact:
        """*Smoking* in a world of events."""
        if self.context.lexicon.rules is None:
            raise Unfit("")
        return Fact(prop=self.event_holds(np).prop)

    def fact_clause(self, said: Said) -> Fact:
        return Fact(prop=happened(said.prop))

    def fact_to(self, predicate: Property) -> Fact:
        return Fact(self._form(predicate, {"base"}, "present"))

    def fact_of_to(self, np: NP, predicate: Property) -> Fact:
        return replace(self.fact_to(predicate), np=np)

    def fact_owned_to(self, np: NP, predicate: Property) -> Fact:
        return self.fact_of_to(np, predicate)

    def fact_chance_of(self, np: NP, fact: Fact) -> Fact:
        return self._owned(fact, np) if fact.np is None else fact

    def fact_value(self, value: tuple[Expr, AttributeUse]) -> Fact:
        return Fact(value=Value(value[0]))

    def fact_attribute(self, use: AttributeUse) -> Fact:
        """*Strength*, of the subject of the rest."""
        if mentions(Value(expression(use.attribute.value)), "event"):
            raise Unfit("")
        return Fact(attribute=use)

    def fact_more(self, *given: Any) -> Fact:
        """*A higher speed of the ball*."""
        return replace(self.fact_value(given[-1]), less=given[-2] == "<")

    def fact_more_of_any(self, *given: Any) -> Fact:
        """*Greater strength*."""
        return replace(self.fact_attribute(given[-1]), less=given[-2] == "<")

    def fact_less(self, use: AttributeUse) -> Fact:
        return replace(self.fact_attribute(use), less=True)

    def fact_more_of(self, *given: Any) -> Fact:
        op, use, np = given[-3:]
        return replace(self.fact_attribute(use), less=op == "<", np=np)

    def given_one(self, fact: Fact) -> tuple[Fact, ...]:
        return (fact,)

    def given_more(self, fact: Fact, more: tuple[Fact, ...]) -> tuple[Fact, ...]:
        return (fact, *more)

    def _together(self, *facts: Fact) -> tuple[list[Prop | Value], NP | None]:
        """Return what facts say, each of the subject of the first that has one; and that subject."""
        open_ = any(fact.open for fact in facts)
        subject = next((fact.np for fact in facts if fact.np is not None), None)
        if isinstance(subject, Some) and subject.bare and subject.things.where is None:  # "patients": anybody
            subject, facts = None, tuple(replace(fact, np=None) for fact in facts)
        if subject is None and open_:
            subject = next((One(x) for fact in facts for x in individuals(fact.prop)), None) or self._anybody()
        found = [fact.of(subject) for fact in facts]
        if any(parts_of(one, Match) for one in found):  # "her laziness" is that in the match that is spoken of
            found = [_in_that_match(fact).of(subject) for fact in facts]
        return found, subject

    def _anybody(self) -> NP:
        if not self.context.lexicon.names:
            raise Unfit("say of what this is asked")
        self.context.introduced.append(SOMEBODY)
        return One(Constant(value=SOMEBODY))


def _in_that_match(fact: Fact) -> Fact:
    """Return a state as one in the match of which the rest speaks, where it may be one."""
    predicate = fact.predicate
    if predicate is None or predicate.verb is not None or "when" not in predicate.takes:
        return fact
    return replace(fact, predicate=predicate.under(when=When(same=True), tense="past"))


def individuals(prop: Prop | None) -> list[Expr]:
    """Return the individuals that a proposition names."""
    return [x for part in parts_of(prop, Claim) for x in part.terms if isinstance(x, Constant)]


def happened(prop: Prop) -> Prop:
    """Return a proposition whose matches are ones that there were."""

    def past(part: Any) -> Any:
        if not isinstance(part, Match) or part.when is not None:
            return None
        return replace(part, tense="past", when=When(1, Amount("some")))

    found: Prop = changed(prop, past)
    return found


__all__ = ["Fact", "Facts", "happened"]
