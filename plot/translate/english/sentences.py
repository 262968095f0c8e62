"""How sentences get their meanings: clauses, what joins them, conditions, definitions, figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plot.language.syntax.nodes import Compare, Expr, ListExpr, Name
from plot.translate.english.adjectives import ABOUT, check_figure
from plot.translate.english.build import TRUE, compare, items_of, number, template
from plot.translate.english.combine import joined, two_sides
from plot.translate.english.entries import AdjectiveUse, AttributeUse, GroupUse, Measured, NounUse
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import (
    Act,
    Amount,
    And,
    Claim,
    DefineGroup,
    DefineNoun,
    Implies,
    Match,
    Met,
    MoreThan,
    Not,
    Or,
    Prop,
    Quant,
    Reported,
    Tell,
    When,
    changed,
    embedded,
    mentions,
    parts_of,
    replaced,
)
from plot.translate.english.meanings import (
    NP,
    AllBut,
    Group,
    Kind,
    One,
    Only,
    Property,
    Several,
    Some,
    Unfit,
    applied,
    constant_name,
    so_many,
)
from plot.translate.english.noun_phrases import THEY, Determiner
from plot.translate.english.owners import event_itself
from plot.translate.english.predicates import Predicates
from plot.translate.english.record import meetings, members
from plot.translate.english.verbs import Modifier

Figure = Measured | tuple[Expr, AttributeUse]
INVERSE = 0.25  # how likely the object takes scope over the subject, where both are quantifiers
GENERIC = 0.5  # "a player who is lazy is weak": how likely all of them are meant, in proportion to one of them
IN_GENERAL = 0.5  # "was lazy", after a match: how likely in general, in proportion to in that match
IN_COMMON = 2.0  # "Ann and Bob have two children": how likely these are common ones, in proportion to two each
ONE_EACH = 0.3  # "everyone lost the biathlon to Kay": how likely each lost another one, in proportion to all the same
OF_EACH_OTHER = 0.8  # "her parents are married": how likely to each other, in proportion to each of them
NOT_OVER_ALL = 0.6  # "everyone didn't …": how likely not everyone is meant, in proportion to no one


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a clause says; its subject and predicate are kept for *if someone …, they …*.

    `doubt`: it is said that it may be so only. A clause with its condition behind it (*B if C*) keeps both: where it
    is joined with one before (*A and B if C*), the condition is that of all. `parts` are clauses joined by *and*.
    """

    prop: Prop
    subject: NP | None = None
    predicate: Property | None = None
    doubt: bool = False
    condition: tuple[Said, Said] | None = None
    parts: tuple[Said, ...] = ()


class Sentences(Predicates):
    """The functions of the grammar's rules for statements, by their aliases."""

    def same(self, value: Any) -> Any:
        return value

    # -- clauses -------------------------------------------------------------------------------------------

    def clause(self, np: NP, predicate: Property) -> Alternatives:
        if isinstance(np, Group) and isinstance(predicate.noun, (Several, Group, One)):
            raise Unfit("")  # it says who is in the group
        if predicate.best is not None:
            raise Unfit(f"“{predicate.best.word}” compares: say with whom (“than …”)")
        if isinstance(np, One) and isinstance(predicate.noun, Some) and predicate.noun.kind.plural:
            raise Unfit("")
        if isinstance(np, Some) and np.definite and np.kind.plural and np.kind.opened:
            listed = predicate.noun if isinstance(predicate.noun, Several) and predicate.noun.joint == "and" else None
            if listed is not None and all(isinstance(part, One) for part in listed.parts):
                return Alternatives([Weighted(self._are_all(np, listed), 1.0)])
        found = [
            Weighted(Said(applied(np, one), np, one, one.doubt), weight)
            for one, weight in self._of_last_event(np, predicate)
        ]
        scopes = [*other_scopes(np, predicate), *of_each_other(np, predicate)]
        found += [Weighted(Said(prop, np, predicate), weight) for prop, weight in scopes]
        if isinstance(np, Some) and np.amount.kind == "all":  # "everyone lost the biathlon to Kay": one, or one each
            own = changed(found[0].value.prop, _own_event)
            found += [Weighted(Said(own, np, predicate), ONE_EACH)] if own is not found[0].value.prop else []
        return Alternatives(found)

    def _of_last_event(self, np: NP, predicate: Property) -> list[tuple[Property, float]]:
        """Return what is said: *was lazy* of those who took part in the last match is said of it, else in general."""
        plain, told = predicate.positive or predicate, meetings(self.context.discourse)
        found = plain.circumstance
        if plain.parts and plain is predicate and plain.verb is None:  # "was lazy or weak"
            parts = tuple(self._of_last_event(np, part)[0][0] for part in plain.parts)
            changed_ = any(new is not old for new, old in zip(parts, plain.parts, strict=True))
            return [(joined(parts, plain.joint), 1.0), (predicate, IN_GENERAL)] if changed_ else [(predicate, 1.0)]
        if plain.verb is not None or plain.stative is None or found.tense != "past":
            return [(predicate, 1.0)]
        some = np.left_out if isinstance(np, AllBut) else np.np if isinstance(np, Only) else np
        of_match = isinstance(some, Some) and parts_of(some.things.where, Match)
        if of_match and not told:
            raise Unfit("nothing was told of such a match: say first who met whom")
        took_part = [[one for side in one.sides()[0] for one in members(side) or ()] for one in told]
        if self.context.general or not told or any((found.when, found.noun, found.times)):
            return [(predicate, 1.0)]
        if of_match:
            when = When(at=told[0].number) if len(told) == 1 else When(1, Amount("some"), the=True)
            return [(predicate.under(when=when), 1.0)]
        others = some.things.where if isinstance(some, Some) and some.kind.general else None
        if isinstance(others, Claim) and isinstance(others.expr, Compare) and others.expr.ops == ("not in",):
            return [(predicate.under(when=When(-1)), 1.0)]  # "was anyone else lazy?"
        when = When(-1)
        if not _among(some, took_part[-1]):
            when = When(-1, the=True)  # the last of those in which they took part
        if not _among(some, [one for match in took_part for one in match]):
            return [(predicate, 1.0)]
        if len(told) > 1 and isinstance(some, Some) and some.amount.kind in ("some", "any", "no", "all"):
            kind: Any = "all" if some.amount.kind == "all" else "some"  # "was anyone lazy?": in any of them
            when = When(1, Amount(kind), the=True)
        return [(predicate.under(when=when), 1.0), (predicate, IN_GENERAL)]

    def _are_all(self, np: Some, listed: Several) -> Said:
        """*Avery's parents are Blake and Charlie*: each of these is one, and there are no others."""
        each = [test for part in listed.parts for test in np.kind.tests_of(part.side().expr)]
        count = Quant(
            Amount("number", "==", len(listed.parts)), replace(np.things, where=None), np.things.where or Claim(TRUE)
        )
        return Said(And((*each, count)))

    def clause_in(self, modifier: Modifier, np: NP, predicate: Property) -> Alternatives:
        return self.clause(np, self._with(predicate, modifier))

    def event_is(self, event: Modifier, _: str, predicate: Property) -> Said:
        """*The second race was windy*."""
        if predicate.verb is not None or predicate.noun is not None:
            raise Unfit("")
        return Said(applied(One(event_itself(event)), predicate))

    def event_is_not(self, event: Modifier, tense: str, predicate: Property) -> Said:
        return Said(Not(self.event_is(event, tense, predicate).prop))

    def clause_which(self, np: NP, predicate: Property, more: Property) -> Said:
        if not isinstance(predicate.object, One):
            raise Unfit("")
        prop = applied(predicate.object, more)
        event = applied(np, predicate)
        if parts_of(event, Match):  # "beat Mary, who was lazy": in that match
            prop = of_event(Said(prop, predicate.object, more), When(same=True)).prop
        return Said(And((event, prop)))

    def clause_appositive(self, np: NP, other: NP, predicate: Property) -> Said:
        """*Tom, the strongest player, beat Sue*."""
        named = isinstance(other, One) and constant_name(other.expr) is not None
        if named or not isinstance(np, One) or not (isinstance(other, One) or getattr(other, "definite", False)):
            raise Unfit("")
        return self.clause_who(np, self.nominal(other), predicate)

    def clause_who(self, np: NP, more: Property, predicate: Property) -> Said:
        return Said(And((applied(np, more), applied(np, predicate))))

    def s_three(self, one: Said, two: Said, three: Said) -> Said:
        return self.s_and(one, self.s_and(two, three))

    def there_match(self, _: str, noun: NounUse, __: str, np: NP) -> Said:
        """*There is a match between Tom and Sue*."""
        meets = next((verb for verb in self.context.lexicon.verbs.values() if verb.means is None), None)
        if meets is None:
            raise Unfit("this world has no verb for meeting")
        return Said(Match(meets, *two_sides(np), noun=noun.word))

    def there(self, tense: str, np: NP) -> Said:
        if isinstance(np, Several):
            parts = tuple(self.there(tense, part).prop for part in np.parts)
            either = Or(parts) if np.joint in ("or", "nor") else And(parts)
            return Said(Not(either) if np.joint == "nor" else either)
        if not isinstance(np, Some) or np.definite:
            raise Unfit("")
        things = np.things
        if np.part and things.where is None:
            raise Unfit("“there is” says that there is something of a kind, not that some of these are so")
        prop = Quant(Amount("some") if np.bare else np.amount, replace(things, where=None), things.where or Claim(TRUE))
        return Said(prop, np, Property(lambda side, _: Claim(TRUE)))

    def there_not(self, tense: str, np: NP) -> Said:
        return Said(Not(self.there(tense, np).prop))

    def there_more(self, _: str, first: Kind, second: Kind) -> Said:
        return Said(self._more(first, second, ">"))

    def there_fewer(self, _: str, first: Kind, second: Kind) -> Said:
        return Said(self._more(first, second, "<"))

    def there_more_by(self, _: str, margin: float, first: Kind, second: Kind) -> Said:
        return Said(self._more(first, second, "==", margin=so_many("==", margin).number))

    def there_fewer_by(self, _: str, margin: float, first: Kind, second: Kind) -> Said:
        return Said(self._more(second, first, "==", margin=so_many("==", margin).number))

    def there_as_many(self, _: str, many: Determiner, first: Kind, second: Kind) -> Said:
        return self.there_times_as_many("", 1, many, first, second)

    def there_times_as_many(self, _: str, times: float, many: Determiner, first: Kind, second: Kind) -> Said:
        if many[0] != "many":
            raise Unfit("")
        return Said(self._more(first, second, "==", times=times))

    def _more(self, first: Kind, second: Kind, op: str, margin: float = 0, times: float = 1) -> Prop:
        one, other = (kind.things(self.context.fresh()) for kind in (first, second))
        return MoreThan(one, other, op, margin, times)

    def it_is_true(self, *given: Any) -> Said:
        found = given[-1]
        assert isinstance(found, Said)
        return found

    def it_is_false(self, *given: Any) -> Said:
        return Said(Not(given[-1].prop))

    def s_and(self, one: Said, other: Said) -> Said:
        """*There is a ball, and it is heavy*: a pronoun may speak of whom or what the first clause introduces."""
        if other.condition is not None:
            test, then = other.condition
            return self.s_if_after(self.s_and(one, then), test)
        subject, predicate = one.subject, one.predicate
        if isinstance(subject, Some) and subject.introduces and predicate is not None and mentions(other.prop, THEY):
            them = Name(id=subject.things.variable)
            both = And((applied(One(them), predicate), replaced(other.prop, {THEY: them})))
            return Said(Quant(subject.amount, subject.things, both))
        return Said(And((one.prop, other.prop)), doubt=one.doubt or other.doubt, parts=(one, other))

    def s_because(self, one: Said, reason: Said) -> Said:
        """*Kay won because Ness was tired*: tired in the match that Kay won."""
        return self.s_and(one, of_event(reason, When(same=True)) if parts_of(one.prop, Match) else reason)

    def s_because_first(self, reason: Said, one: Said) -> Said:
        return self.s_because(one, reason)

    def s_when(self, test: Said, then: Said) -> Said:
        """*When Tom beat Sue, she was lazy* tells of one match; *when Tom is lazy, he loses* of all times."""
        event = test.prop
        if not isinstance(event, Match) or event.tense != "past" or event.object is None:
            if parts_of((test.prop, then.prop), Match):
                raise Unfit("what is so whenever there is a match can't be said: speak of one match")
            return self._if(test, then)
        found = of_event(then, When(match=event))
        if found is then:
            raise Unfit("say what happened when: in two sentences")
        return found

    def s_or(self, one: Said, other: Said) -> Said:
        if other.condition is not None:
            test, then = other.condition
            return self.s_if_after(self.s_or(one, then), test)
        return Said(Or((one.prop, other.prop)), doubt=one.doubt or other.doubt)

    # -- conditions ----------------------------------------------------------------------------------------

    def s_if(self, test: Said, then: Said) -> Said:
        return self._if(test, then)

    def s_if_after(self, then: Said, test: Said) -> Said:
        """*A player is weak if they are lazy* speaks of every player."""
        subject, predicate = then.subject, then.predicate
        if isinstance(subject, Some) and subject.indefinite and predicate is not None and mentions(test.prop, THEY):
            them = Name(id=subject.things.variable)
            condition = embedded(replaced(test.prop, {THEY: them}))
            body = Implies(condition, applied(One(them), predicate))
            return Said(Quant(Amount("all"), subject.things, body))
        return replace(self._if(test, then), condition=(test, then))

    def s_iff(self, one: Said, other: Said) -> Said:
        return Said(Implies(one.prop, other.prop, both=True))

    def _if(self, test: Said, then: Said) -> Said:
        """Return an implication; *if someone …, they …* speaks of everyone."""
        if test.predicate is not None and (test.predicate.positive or test.predicate).circumstance.perfect:
            raise Unfit("what would have been can be asked, and not be told")
        indefinite = self._indefinite(test, then.prop)
        if indefinite is None:
            return Said(Implies(embedded(test.prop), then.prop))
        some, predicate = indefinite
        them = Name(id=some.things.variable)
        body = replaced(then.prop, {THEY: them})
        condition = embedded(applied(One(them), predicate))
        return Said(Quant(Amount("all"), some.things, Implies(condition, body)))

    def _indefinite(self, test: Said, then: Prop) -> tuple[Some, Property] | None:
        """Return the indefinite subject that a pronoun of the other clause speaks of."""
        if (
            isinstance(test.subject, Some)
            and test.subject.introduces
            and test.predicate is not None
            and mentions(then, THEY)
        ):
            return test.subject, test.predicate
        return None

    # -- definitions ---------------------------------------------------------------------------------------

    def new_word(self, *words: str) -> str:
        return " ".join(str(word) for word in words)

    def define_if(self, np: NP, _: str, word: str, test: Said) -> DefineNoun:
        if not isinstance(np, Some) or not np.indefinite:
            raise Unfit("")
        variable = self.context.fresh()
        them = Name(id=variable)
        where = [replaced(test.prop, {THEY: them})]
        if not mentions(test.prop, THEY):
            raise Unfit(f"say what of them makes them a {word}: “if they are …”")
        return self._noun(word, variable, [*np.kind.tests_of(them), *where])

    def define_after_if(self, test: Said, _: Any, __: str, word: str) -> DefineNoun:
        if not isinstance(test.subject, Some) or not test.subject.indefinite or test.predicate is None:
            raise Unfit("")
        variable = self.context.fresh()
        them = Name(id=variable)
        return self._noun(word, variable, [*test.subject.kind.tests_of(them), applied(One(them), test.predicate)])

    def define_as(self, word: str, _: str, np: NP) -> DefineNoun:
        if isinstance(np, Some) and mentions(np.things, THEY):
            variable = self.context.fresh()
            return DefineNoun(word, variable, replaced(np.things, {THEY: Name(id=variable)}))
        generic = isinstance(np, Some) and np.indefinite and not np.part
        if not generic or not isinstance(np, Some) or np.kind.open is not None or not np.kind.tests:
            raise Unfit(f"it is not known what “{word}” means")
        variable = self.context.fresh()
        return self._noun(word, variable, np.kind.tests_of(Name(id=variable)))

    def known_word(self, use: NounUse) -> str:
        return use.word

    def define_plural(self, word: str, _: str, np: NP) -> DefineNoun:
        if not word.endswith("s") or not isinstance(np, Some) or not np.kind.plural:
            raise Unfit("")
        return self.define_as(word, "", np)

    def define_called(self, np: NP, _: str, word: str) -> DefineNoun:
        return self.define_as(word, "", np)

    def _noun(self, word: str, variable: str, tests: list[Prop]) -> DefineNoun:
        single = word.removesuffix("s") if word.endswith("s") and not word.endswith("ss") else word
        return DefineNoun(single, variable, embedded(And(tuple(tests))))

    def define_group(self, group: GroupUse, *rest: Any) -> DefineGroup:
        np = rest[-1]
        side = np.side() if isinstance(np, (Several, One, Group)) else None
        if side is None:
            raise Unfit("name those who are in it: “The faculty team is Josh and Lio.”")
        members = side.expr if side.many else ListExpr(items=(side.expr,))
        return DefineGroup(group.variable, group.known, members)

    def define_group_after(self, np: NP, tense: Any, group: GroupUse) -> DefineGroup:
        return self.define_group(group, np)

    # -- figures -------------------------------------------------------------------------------------------

    def measures(self, value: tuple[Expr, AttributeUse], _: str, test: Callable[..., Prop]) -> Said:
        return Said(test(*value))

    def measures_not(self, value: tuple[Expr, AttributeUse], _: str, test: Callable[..., Prop]) -> Said:
        return Said(Not(test(*value)))

    def exceeds(self, value: tuple[Expr, AttributeUse], op: str, figure: Any) -> Said:
        return Said(self.bounded_figure(op, figure)(*value))

    def has_figure(self, np: NP, _: str, use: AttributeUse, figure: Any) -> Said:
        return Said(self.equals_figure(figure)(*self.attribute_of(np, use)))

    def figure_number(self, amount: float, unit: str | None = None) -> Measured:
        return Measured(amount, unit)

    def about_figure(self, _: str, amount: float, unit: str | None = None) -> Callable[..., Prop]:
        return self._reported(Measured(amount, unit), ABOUT)

    def equals_figure(self, figure: Figure) -> Callable[..., Prop]:
        return self._reported(figure, 1)

    def _reported(self, figure: Figure, about: float) -> Callable[..., Prop]:
        return lambda value, use: Reported(value, _figure_of(figure, use), about * use.attribute.precision)

    def bounded_figure(self, op: str, figure: Figure) -> Callable[..., Prop]:
        if op == "==":
            return self.equals_figure(figure)
        return lambda value, use: Claim(compare(value, op, _figure_of(figure, use)))

    def figure_between(self, _: str, low: float, high: float) -> Callable[..., Prop]:
        parts = self.bounded_figure(">=", Measured(low)), self.bounded_figure("<=", Measured(high))
        return lambda value, use: And(tuple(part(value, use) for part in parts))

    def bounded_owner(self, op: str, owner: NP) -> Callable[..., Prop]:
        return lambda value, use: Claim(compare(value, op, self.attribute_of(owner, use)[0]))

    def attribute_is(self, use: AdjectiveUse) -> Callable[..., Prop]:
        def test(value: Expr, attribute: AttributeUse) -> Prop:
            code = attribute.attribute.values.get(use.word)
            if code is None:
                raise Unfit(f"“{use.word}” is no {attribute.word}")
            return Claim(compare(value, "==", template(code)))

        return test

    # -- what an utterance is ------------------------------------------------------------------------------

    def tell_hedged(self, said: Said) -> Act:
        predicate = said.predicate
        if predicate is not None and (predicate.positive or predicate).circumstance.perfect:
            raise Unfit("what would have been is asked in one question: “if … had been …, would … have …?”")
        return self.tell(said)

    def tell(self, said: Said) -> Act:
        prop = said.prop
        if said.doubt:
            raise Unfit("“might” says nothing for certain: say what is the case, or ask how likely it is")
        if isinstance(prop, Match) and prop.verb.means is None:
            if prop.object is None:
                raise Unfit("say who met whom: “… played against …”")
            return Met(prop.subject, prop.object, prop.when, prop.noun)
        return Tell(prop)


def of_event(said: Said, when: When) -> Said:
    """Return what a clause in the past says of a match, if it speaks of a state that someone may be in in a match."""
    subject, predicate = said.subject, said.predicate
    if subject is None or predicate is None:
        return said
    plain = predicate.positive or predicate
    found = plain.circumstance
    last = found.noun is None and found.when in (None, When(-1))  # that of the clause, where none was spoken of
    if plain.verb is not None or "when" not in plain.takes or not last or found.tense != "past":
        return said
    try:
        return replace(said, prop=applied(subject, predicate.under(when=when)))
    except Unfit:
        return said


def _figure_of(figure: Figure, use: AttributeUse) -> Expr:
    """Return a figure as an expression, checked against the attribute that it is said to be; or another's value."""
    if not isinstance(figure, Measured):
        return figure[0]
    attribute = use.attribute
    check_figure(use.word, figure.amount, figure.unit, attribute.units, attribute.precision)
    return number(figure.amount)


def _own_event(part: Any) -> Match | None:
    """Return *the match* as one of each of those of whom it is told."""
    return replace(part, when=None) if isinstance(part, Match) and part.when is not None and part.when.the else None


def _among(np: NP, took_part: Sequence[Expr]) -> bool:
    """Return whether a noun phrase is of those who took part in a match: by name, or of anyone of whom it is so."""
    if isinstance(np, Several):
        return all(_among(part, took_part) for part in np.parts)
    if not isinstance(np, Some):
        return isinstance(np, One) and np.expr in took_part
    named = items_of(np.things.source)
    return np.things.where is None and (all(one in took_part for one in named) if named else np.kind.general)


def other_scopes(np: NP, predicate: Property) -> list[tuple[Prop, float]]:
    """Return the readings in which negation or the object is over the subject, where people may mean that."""
    together = isinstance(np, Several) and np.joint == "and" and not np.apart
    if predicate.common is not None and together and all(isinstance(part, One) for part in getattr(np, "parts", ())):
        return [(predicate.common(np), IN_COMMON)]
    if not isinstance(np, Some) or np.definite:
        return []
    if np.article and not np.part and np.kind.tests and predicate.verb is None and not np.kind.plural:
        return [(applied(replace(np, amount=Amount("all")), predicate), GENERIC)]
    if predicate.positive is not None and np.amount.kind == "all" and not np.indefinite:
        return [(Not(applied(np, predicate.positive)), NOT_OVER_ALL)]
    object_, relation = predicate.object, predicate.relation
    some = np.amount.kind == "some" or (np.amount.kind == "number" and np.amount.op in (">=", "=="))
    if object_ is None or relation is None or not some or not isinstance(object_, Some):
        return []
    if object_.amount.universal and not object_.definite:
        turned = object_.apply(lambda other: np.apply(lambda one: relation(one, other, predicate.circumstance)))
        return [(turned, INVERSE)]
    return []


def of_each_other(np: NP, predicate: Property) -> list[tuple[Prop, float]]:
    """*Ann's parents are married*: each of them, or to each other."""
    plain = predicate.positive or predicate
    mutual, circumstance = plain.mutual, plain.circumstance
    several = isinstance(np, Some) and np.definite and np.kind.plural and np.kind.opened and np.amount.kind == "all"
    if mutual is None or not several or not isinstance(np, Some):
        return []
    other = changed(np.things, lambda part: Name(id=f"{part.id}'") if part == Name(id=np.things.variable) else None)
    other = replace(other, variable=f"{np.things.variable}'")
    one, two = Name(id=np.things.variable), Name(id=other.variable)
    said: Prop = Quant(Amount("all"), np.things, Quant(Amount("all"), other, mutual(one, two, circumstance)), True)
    return [(said if plain is predicate else Not(said), OF_EACH_OTHER)]


def clauses_of(said: Said) -> tuple[Said, ...]:
    """Return the clauses, and the predicates of one subject, that *and* joins."""
    if said.parts:
        return tuple(found for part in said.parts for found in clauses_of(part))
    predicate = said.predicate
    if predicate is None or predicate.joint is not And or said.subject is None:
        return (said,)
    if not predicate.parts or not isinstance(said.subject, (One, Several)):
        return (said,)
    each = [Said(applied(said.subject, part), said.subject, part) for part in predicate.parts]
    return tuple(found for part in each for found in clauses_of(part))
