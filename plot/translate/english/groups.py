"""How owners, groups, lists of noun phrases, superlatives and attributes get their meanings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import (
    Call,
    Comprehension,
    Constant,
    Expr,
    Generator,
    Index,
    Lambda,
    Name,
    NameTarget,
    Slice,
)
from plot.translate.english.build import call, number, template
from plot.translate.english.entries import AttributeUse, GroupUse, NameUse, NounUse
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import Amount, GroupName, Things, group_list, listed
from plot.translate.english.meanings import (
    NP,
    AllBut,
    Best,
    Except,
    Group,
    Kind,
    One,
    Only,
    Several,
    Some,
    Unfit,
    so_many,
)
from plot.translate.english.noun_phrases import Determiner, NounPhrases, without
from plot.translate.english.owners import LAST, event_itself, owned_by, valued
from plot.translate.english.vocabulary import roles_in
from plot.world.lexicon import expression

OF_GROUPS = ("on", "in", "of", "from", "for", "at", "with")
COMMA_FOR_TWO = 0.05
OWNER_FOLLOWED = 0.05  # "the daughter of Blake's": how likely all of it is the owner, in proportion to Blake


class Groups(NounPhrases):
    """The functions of the grammar's rules for noun phrases that are made of others, by their aliases."""

    # -- owners and groups ---------------------------------------------------------------------------------

    def owner(self, np: NP) -> Alternatives:
        """*The daughter of Blake's brother* is rather the daughter of the brother than the brother of the daughter."""
        followed = isinstance(np, Some) and np.kind.followed
        return Alternatives([Weighted(np, OWNER_FOLLOWED if followed else 1.0)])

    def owner_pronoun(self, use: tuple[str, int]) -> Alternatives:
        return self.pronoun(use)

    def owned(self, owner: NP, kind: Kind) -> NP:
        found = self.opened(kind, owner)
        return replace(self._some(Amount("all" if found.plural else "some"), found, definite=True), owned=kind)

    def part_of_owned(self, determiner: Determiner, owner: NP, kind: Kind) -> NP:
        return self.part_of(determiner, self.owned(owner, kind))

    def number_of_owned(self, count: float, owner: NP, kind: Kind) -> NP:
        return self.number_of(count, self.owned(owner, kind))

    def the_group(self, use: GroupUse) -> Group:
        name = GroupName(variable=use.variable, known=use.known, owner=use.owner)
        expr = group_list(name)
        return Group(Things(expr, self.context.fresh()), expr, name)

    def group_known(self, use: GroupUse) -> GroupUse:
        return use

    def group_new(self, *words: object) -> GroupUse:
        parts = [word.word if isinstance(word, NounUse) else _shown(word) for word in words]
        return GroupUse("_".join(parts).replace("-", "_").replace(" ", "_"), known=False)

    def group_of_name(self, use: NameUse, group: NounUse) -> GroupUse:
        return self._own_group(use.expr, group)

    def group_of_pronoun(self, use: tuple[str, int], group: NounUse) -> Alternatives:
        found = [(one.value.expr, one.weight) for one in self.pronoun(use) if isinstance(one.value, One)]
        return Alternatives(Weighted(self._own_group(expr, group), weight) for expr, weight in found)

    def _own_group(self, owner: Expr, group: NounUse) -> GroupUse:
        if not isinstance(owner, Constant):
            raise Unfit("")
        variable = f"{owner.value}_{group.word}"
        known = any(f"{variable} = " in told.readings[0].code for told in self.context.discourse.told)
        return GroupUse(variable, known, owner=str(owner.value))

    # -- joined --------------------------------------------------------------------------------------------

    def items(self, *parts: object) -> tuple[NP, ...]:
        if len(parts) == 1:
            assert isinstance(parts[0], NP)
            return (parts[0],)
        before, last = parts
        assert isinstance(before, tuple)
        return (*before, last)

    def np_and(self, before: tuple[NP, ...], last: NP) -> NP:
        return _joined((*before, last))

    def np_and_comma(self, before: tuple[NP, ...], last: NP) -> Alternatives:
        """A comma before *and* is for lists of three and more."""
        found = _joined((*before, last))
        return Alternatives([Weighted(found, 1.0 if len(before) > 1 else COMMA_FOR_TWO)])

    def np_or(self, before: tuple[NP, ...], last: NP) -> NP:
        return _joined((*before, last), "or")

    def np_nor(self, before: tuple[NP, ...], last: NP) -> NP:
        return Several((*before, last), "nor")

    def np_and_three(self, *parts: NP) -> NP:
        return _joined(parts)

    def np_or_three(self, *parts: NP) -> NP:
        return _joined(parts, "or")

    def np_both(self, one: NP, other: NP) -> NP:
        return Several((one, other), apart=True)

    def np_and_not(self, before: tuple[NP, ...], last: NP) -> NP:
        yes = before[0] if len(before) == 1 else Several(before)
        return Several((yes, Several((last,), "nor")), apart=True)

    def number_of_named_bounded(self, op: str, count: float, before: tuple[NP, ...], last: NP) -> NP:
        return self._named_part(so_many(op, count), (*before, last))

    def all_but(self, count: float, kind: Kind) -> NP:
        """*All but one of them are strong*: exactly one is not."""
        return AllBut(self.numbered(count, kind))

    def all_but_of(self, count: float, np: NP) -> NP:
        return AllBut(self.number_of(count, np))

    def except_for(self, np: NP, *given: Any) -> NP:
        """*Everyone but Tom*: of Tom the contrary is so; *everyone besides Tom* says nothing of him."""
        left_out = tuple(part for part in given if isinstance(part, NP))
        if not isinstance(np, Some) or (np.definite and not np.kind.plural):
            raise Unfit("")  # "not her brother but her cousin" leaves nobody out
        kind = without(np.kind, *left_out)
        others = replace(np, kind=kind, things=kind.things(self.context.fresh()))
        contrary = np.amount.kind in ("all", "no") and not np.indefinite and "besides" not in given
        return Except(others, left_out) if contrary else others

    # -- superlatives --------------------------------------------------------------------------------------

    def rank_first(self, use: object) -> tuple[Best, int]:
        return self._best(use, least=False), 1

    def rank_least(self, use: object) -> tuple[Best, int]:
        return self._best(use, least=True), 1

    def rank_nth(self, place: int, use: object) -> tuple[Best, int]:
        return self._best(use, least=False), place

    def rank_of_two(self, use: object) -> tuple[Best, int]:
        return self._best(use, least=False), 1

    def _best(self, use: object, *, least: bool) -> Best:
        raise NotImplementedError

    def superlative(self, rank: tuple[Best, int], kind: Kind) -> NP:
        if kind.open is not None:
            raise Unfit(f"say whose {kind.word} is meant")
        best = rank if kind.general and not kind.tests else None
        return One(self.pick(*rank, kind.things(self.context.fresh())), best=best)

    def superlative_alone(self, rank: tuple[Best, int]) -> One:
        found = self.superlative(rank, self.people())
        assert isinstance(found, One)
        return replace(found, best=rank)

    def superlative_in(self, rank: tuple[Best, int], preposition: str, group: GroupUse) -> NP:
        if preposition not in OF_GROUPS:
            raise Unfit("")
        return self.superlative_of(rank, preposition, self.the_group(group))

    def superlative_of(self, rank: tuple[Best, int], _: str, np: NP) -> NP:
        if isinstance(np, One):
            raise Unfit("")
        return One(self.pick(*rank, self.things_of(np)))

    def several_best(self, count: float, rank: tuple[Best, int], kind: Kind | None = None) -> NP:
        """*The two strongest players*."""
        kind = kind or self.people()
        if count != int(count) or kind.open is not None:
            raise Unfit("")
        expr = Slice(value=self._ordered(rank[0], kind.things(self.context.fresh())), lower=None, upper=number(count))
        return Group(Things(expr, self.context.fresh()), expr)

    def owned_superlative(self, owner: NP, np: NP) -> NP:
        raise Unfit("")

    def pick(self, best: Best, place: int, things: Things) -> Expr:
        """Return the first (or n-th) of some things in an order."""
        items = things.source if things.where is None else listed(things)
        if place == 1:
            return call("argmin" if best.least else "argmax", order(best.degree), items)
        return Index(value=self._ordered(best, things), index=number(place - 1))

    def _ordered(self, best: Best, things: Things) -> Expr:
        items = things.source if things.where is None else listed(things)
        if best.least:
            return call("sorted", items, key=order(best.degree))
        return call("sorted", items, key=order(best.degree), reverse=Constant(value=True))

    # -- attributes ----------------------------------------------------------------------------------------

    def attribute_of(self, owner: NP, use: AttributeUse) -> tuple[Expr, AttributeUse]:
        return self.attribute_after(use, owner)

    def attribute_statistic(self, statistic: str, use: AttributeUse, np: NP) -> tuple[Expr, AttributeUse]:
        """*The average strength of the players*, *the total strength of the team*."""
        things = self.things_of(np)
        items = things.source if things.where is None else listed(things)
        each = Comprehension(
            element=template(use.attribute.value, x=Name(id="o")),
            generators=(Generator(target=NameTarget(id="o"), iterable=items, conditions=()),),
        )
        return call(statistic, each), use

    def attribute_after(
        self, use: AttributeUse, np: NP, event: dict[str, Any] | None = None
    ) -> tuple[Expr, AttributeUse]:
        side = np.side()
        if side.many:
            raise Unfit(f"ask for the {use.word} of one of them")
        return valued(use.attribute.value, owned_by(side.expr, use.word, self.context.lexicon), use.word, event), use

    def attribute_in(self, owner: NP, use: AttributeUse, event: dict[str, Any]) -> tuple[Expr, AttributeUse]:
        """*Tom's time in the second race*."""
        if not roles_in(use.attribute.value, "event"):
            raise Unfit(f"the {use.word} is the same in each event")
        return self.attribute_after(use, owner, event)

    def attribute_after_in(self, use: AttributeUse, owner: NP, event: dict[str, Any]) -> tuple[Expr, AttributeUse]:
        return self.attribute_in(owner, use, event)

    def attribute_of_event(self, use: AttributeUse, *given: Any) -> tuple[Expr, AttributeUse]:
        """*The wind in the second race*."""
        return valued(use.attribute.value, event_itself(given[-1]), use.word), use

    def attribute_own(self, use: AttributeUse) -> tuple[Expr, AttributeUse]:
        """*The wait*: a quantity that nobody has, or that of the last event."""
        roles = roles_in(use.attribute.value, "x", "event")
        if "x" in roles:
            raise Unfit(f"say whose {use.word} is meant")
        itself = event_itself({"when": LAST}) if roles else expression(use.attribute.value)
        return valued(use.attribute.value, itself, use.word), use


def _joined(parts: tuple[NP, ...], joint: str = "and") -> NP:
    """Return noun phrases as joined; a determiner of the first alone is said of all: *no mugs or cans*.

    *Two mugs or cans* is refused: it does not say two of which. Raises Unfit.
    """
    if any(isinstance(part, Only) for part in parts):
        raise Unfit("")  # "only Ann and Bob": only these two
    first, *others = parts
    bare = [isinstance(part, Some) and part.bare for part in others]
    if not any(bare) or not isinstance(first, Some) or first.bare or first.article or first.definite or first.part:
        return Several(parts, joint)
    amount = first.amount
    if amount.kind not in ("no", "all", "some", "any") or not all(bare):
        raise Unfit("say before each noun how many of them are meant: “two mugs or two cans”, for example")
    shared = [replace(part, amount=amount, indefinite=first.indefinite) for part in others if isinstance(part, Some)]
    return Several((first, *shared), joint if amount.kind in ("some", "any") else "and", amount.kind == "no")


def _shown(word: object) -> str:
    return str(int(word)) if isinstance(word, (int, float)) else str(word)


def order(degree: Expr) -> Expr:
    """Return a degree as a function: its name where it is just that, else a lambda."""
    x = Name(id="x")
    if isinstance(degree, Call) and degree.args == (x,) and not degree.keywords:
        return degree.function
    return Lambda(parameters=("x",), body=degree)
