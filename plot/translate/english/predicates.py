"""How nouns, places and having become predicates, and what may follow a noun: relative clauses, places, names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import BoolOp, Constant, Expr, Name, walk
from plot.translate.english.build import TRUE, compare, template
from plot.translate.english.combine import joined, negative, related
from plot.translate.english.entries import GroupUse, NameUse, NounUse, VerbUse
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import (
    Amount,
    And,
    Claim,
    Member,
    MoreThan,
    Oftener,
    Or,
    Prop,
    Quant,
    Side,
    embedded,
    listed,
)
from plot.translate.english.gaps import Gaps
from plot.translate.english.groups import OF_GROUPS
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
    constant_name,
)
from plot.world.lexicon import mentions as lexicon_mentions

FURTHER_BACK = 0.05
FINITE = frozenset({"third", "past", "base"})
Modifier = dict[str, Any]


class Predicates(Gaps):
    """The functions of the grammar's rules for predicates without a verb of their own, by their aliases."""

    # -- nouns, places and names as predicates -------------------------------------------------------------

    def superlative_predicate(self, use: Any) -> Property:
        return self.nominal(self.superlative_alone(self.rank_first(use)))

    def nominal(self, np: NP) -> Property:
        if isinstance(np, Some):
            return self._is_one(np)
        if isinstance(np, One) and np.guessed:
            raise Unfit(f"it is not known what “{constant_name(np.expr)}” means")
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
            return replace(self._mutual_relation(kind), noun=np)
        if amount.kind not in ("some", "all") or not (np.definite or np.indefinite):
            raise Unfit("")

        def of(side: Side, _: Circumstance) -> Prop:
            if side.expr in kind.owners or (kind.of == side.expr and isinstance(side.expr, Constant)):
                raise Unfit("it is not clear whom the pronoun means: name them")
            tests = kind.tests_of(side.expr) or [Claim(compare(side.expr, "in", kind.source))]
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

        return Property(of, mutual=_both_ways(mutual) if kind.plural and mutual is not None else None)

    def is_named(self, use: NameUse) -> Property:
        return Property(lambda side, _: Claim(compare(side.expr, "==", use.expr)))

    def in_group(self, preposition: str, use: GroupUse) -> Property:
        if preposition not in OF_GROUPS:
            raise Unfit("")
        group = self.the_group(use)
        assert group.name is not None
        name = group.name
        return Property(lambda side, _: Member(side.expr, name), noun=group, joint=Or)

    def joins(self, use: GroupUse) -> Property:
        return self.in_group("on", use)

    def members_of(self, use: GroupUse) -> Kind:
        return Kind("member", self.the_group(use).expr, plural=True)

    def related_to(self, code: str, np: NP) -> Property:
        if lexicon_mentions(code, "other"):
            return self._related_to_two(code, np)

        def relation(one: Side, other: Side, _: Circumstance) -> Prop:
            return Claim(template(code, x=one.expr, of=other.expr), (one.expr, other.expr))

        couples = any(code == adjective.mutual for adjective in self.context.lexicon.adjectives.values())
        return replace(related(relation, np), paired=couples)

    def _related_to_two(self, code: str, np: NP) -> Property:
        """*Between the can and the bowl*."""
        if not isinstance(np, Several) or np.joint != "and" or len(np.parts) != 2:
            raise Unfit("say between which two")
        first, second = np.parts

        def of(side: Side, _: Circumstance) -> Prop:
            def said(one: Side, other: Side) -> Prop:
                terms = (side.expr, one.expr, other.expr)
                return Claim(template(code, x=side.expr, of=one.expr, other=other.expr), terms)

            return first.apply(lambda one: second.apply(lambda other: said(one, other)))

        return Property(of)

    # -- joined predicates ---------------------------------------------------------------------------------

    def vp_and(self, *parts: Property) -> Property:
        return joined(_alike(self._sharing(parts)), And)

    def vp_or(self, *parts: Property) -> Property:
        return joined(_alike(self._sharing(parts)), Or)

    def _sharing(self, parts: tuple[Property, ...]) -> tuple[Property, ...]:
        """Return nouns of relation with the owner of the last: *a brother or a cousin of Ann*."""
        last = parts[-1].noun
        of = last.kind.of if isinstance(last, Some) and last.indefinite else None

        def owned(part: Property) -> Property:
            noun = part.noun
            if of is None or not isinstance(noun, Some) or noun.kind.open is None or not noun.article:
                return part
            return self.nominal(self._some(noun.amount, self.opened(noun.kind, One(of)), indefinite=True))

        return tuple(owned(part) for part in parts)

    def vp_nor(self, *parts: Property) -> Property:
        return joined(tuple(negative(part) for part in parts), And)

    def pred_but_not(self, one: Property, other: Property) -> Property:
        return replace(joined((one, negative(other)), And), contrast=True)

    def be_not_and_not(self, tense: str, one: Property, other: Property) -> Property:
        return joined((self.be_not(tense, one), self.be_not(tense, other)), And)

    def pred_but(self, one: Property, other: Property) -> Property:
        """*Strong but lazy*; under *not* it is a contrast, where what follows *but* is affirmed."""
        return replace(joined((one, other), And), contrast=True)

    def be_not_but(self, tense: str, one: Property, other: Property) -> Property:
        return joined((self.be_not(tense, one), self.be(tense, other)), And)

    def be_not_but_of(self, _: str, one: Property, owner: NP) -> Property:
        """*Is not Ann's father, but Carl's*."""
        return joined((negative(one), self._of_another(one, owner)), And)

    def be_but_not_of(self, _: str, one: Property, owner: NP) -> Property:
        return joined((one, negative(self._of_another(one, owner))), And)

    def be_and_of(self, _: str, one: Property, owner: NP) -> Property:
        return joined((one, self._of_another(one, owner)), And)

    def _of_another(self, predicate: Property, owner: NP) -> Property:
        kind = predicate.noun.owned if isinstance(predicate.noun, Some) else None
        if kind is None:
            raise Unfit("")
        return self.nominal(self.owned(owner, kind))

    # -- who does it more often ----------------------------------------------------------------------------

    def v_oftener(self, use: VerbUse, *given: Any) -> Property:
        return self._oftener(use, given, ">")

    def v_seldomer(self, use: VerbUse, *given: Any) -> Property:
        return self._oftener(use, given, "<")

    def _oftener(self, use: VerbUse, given: Sequence[Any], op: str) -> Property:
        """*Won more matches than Sue*, of those that are known."""
        np, noun = given[-1], given[0].word if isinstance(given[0], NounUse) else None

        def relation(one: Side, other: Side, circumstance: Circumstance) -> Prop:
            circumstance = replace(circumstance, noun=noun)
            first, second = (self._happens(use, side, None, circumstance) for side in (one, other))
            return Oftener(first, second, op)

        return replace(related(relation, np), forms=use.forms, verb=use)

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
        return lambda kind: kind.where(lambda x: Claim(compare(x, "==", use.expr)))

    def noun_post(self, kind: Kind, test: Callable[[Kind], Kind]) -> Alternatives:
        """What follows a noun belongs to the nearest noun rather than to one further back."""
        return Alternatives([Weighted(replace(test(kind), followed=True), FURTHER_BACK if kind.followed else 1.0)])

    # -- having --------------------------------------------------------------------------------------------

    def have(self, _: str, np: NP) -> Property:
        if isinstance(np, Several):
            found = joined(tuple(self.have("", part) for part in np.parts), And if np.joint == "and" else Or)
            return negative(found) if np.joint == "nor" else found
        if not isinstance(np, Some) or np.kind.open is None:
            raise Unfit("")
        opened, amount = np.kind.open, np.amount
        if np.indefinite and amount.kind == "all":  # "has children": some
            amount = Amount("some")

        def of(side: Side, _: Circumstance) -> Prop:
            things = opened(side.expr).things(self.context.fresh())
            return Quant(amount, replace(things, where=None), things.where or Claim(TRUE))

        def common(owners: NP) -> Prop:
            things = self.opened(np.kind, owners).things(self.context.fresh())
            return Quant(amount, replace(things, where=None), things.where or Claim(TRUE))

        shared = np.kind.related is not None and opened(Name(id="o")).opened
        return Property(of, common=common if shared else None)

    def have_not(self, _: str, __: str, np: NP) -> Property:
        return negative(self.have("", np))

    def have_together(self, _: str, np: NP) -> Property:
        """*Have two children together*: common ones."""
        common = self.have("", np).common
        if common is None:
            raise Unfit("")

        def mutual(one: Expr, other: Expr, _: Circumstance) -> Prop:
            return common(Several((One(one), One(other))))

        def of(side: Side, _: Circumstance) -> Prop:
            raise Unfit("“together” is said of two who are named")

        return Property(of, mutual=mutual)

    def have_not_together(self, _: str, __: str, np: NP) -> Property:
        return negative(self.have_together("", np))

    def have_more_than(self, _: str, first: Kind, second: Kind) -> Property:
        return self._own(first, ">", second)

    def have_fewer_than(self, _: str, first: Kind, second: Kind) -> Property:
        return self._own(first, "<", second)

    def have_as_many(self, _: str, many: tuple[str, str | None], first: Kind, second: Kind) -> Property:
        if many[0] != "many":
            raise Unfit("")
        return self._own(first, "==", second)

    def _own(self, first: Kind, op: str, second: Kind) -> Property:
        """*Has more sons than daughters*."""
        one, other = first.open, second.open
        if one is None or other is None:
            raise Unfit("")
        kinds = one, other

        def of(side: Side, _: Circumstance) -> Prop:
            sets = [opened(side.expr).things(self.context.fresh()) for opened in kinds]
            return MoreThan(sets[0], sets[1], op)

        return Property(of)

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
            return Claim(compare(count(one.expr), op, count(other.expr)), (one.expr, other.expr))

        return related(relation, np)


def _both_ways(related: Callable[[Expr, Expr], Prop]) -> Callable[[Expr, Expr, Circumstance], Prop]:
    """Return that two are related to each other: *brothers* are siblings, and both of them are male."""

    def mutual(one: Expr, other: Expr, _: Circumstance) -> Prop:
        said, back = related(one, other), related(other, one)
        test = back.expr if isinstance(back, Claim) else None
        parts = test.values if isinstance(test, BoolOp) and test.op == "and" else ()
        alone = tuple(Claim(part) for part in parts if not any(node == one for node in walk(part)))
        return And((said, *alone)) if alone else said

    return mutual


def _same(one: Expr, other: Expr) -> Prop:
    if isinstance(one, Constant) and isinstance(other, Constant) and one != other:
        raise Unfit(f"it is not known what “{other.value}” means here")
    return Claim(compare(one, "==", other))


def _no_list(side: Side, _: Circumstance) -> Prop:
    raise Unfit("one individual is not several: say of each who they are")


def _alike(parts: tuple[Property, ...]) -> tuple[Property, ...]:
    """Refuse to join a name to another predicate: in “is stronger than Tom and Ann”, “Ann” is no predicate."""
    identities = [isinstance(part.noun, Some) and part.noun.definite for part in parts]
    if any(isinstance(part.noun, One) for part in parts) or any(identities) != all(identities):
        raise Unfit("")
    return parts
