"""What the parts of a sentence mean before it is whole: noun phrases, properties, and how they are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plot.language.syntax.nodes import Call, Compare, Constant, Expr, ListExpr, Name
from plot.records import record
from plot.translate.english.entries import Percent, VerbUse
from plot.translate.english.forms import (
    Amount,
    And,
    Claim,
    GroupName,
    Not,
    Or,
    Prop,
    Quant,
    Side,
    Tense,
    Things,
    When,
    listed,
)


class Unfit(Exception):
    """Parts that don't go together; the message says why, in words for the speaker. The derivation is dropped."""


@record(frozen=True)
class Circumstance:
    """What modifiers say of a verb: which match and what it is called, in what manner, and when, seen from now.

    `perfect` is what *had been* says, by which *if* supposes the contrary of what was.
    """

    when: When | None = None
    manner: str | None = None
    tense: Tense = "past"
    times: Amount | None = None
    noun: str | None = None
    again: bool | None = None
    perfect: bool = False


Body = Callable[[Side], Prop]


@record(frozen=True, eq=False)
class Property:
    """What a predicate says of a subject, under circumstances.

    `teams`: a list of subjects acts as one. `forms` are the verb forms it is in; empty for what is no verb.
    `positive` is the same without its negation. `relation` and `object` are kept for the wider scope of the object.
    `best` is what *stronger* alone says: an order on individuals. `mutual` is what is said of two of each other,
    `common` of several who are named what they have in common.
    `takes` are the modifiers that it heeds; `groups`: a team that has a name is spoken of as a whole.
    `doubt`: it may be so; `contrast`: it has the form *… but not …*, which *not* does not reach over.
    `of_two` is said of *both*; `stative` is what the lexicon says of such a state in one event; `action`: it is
    something that is done. `parts` are predicates that are joined (`joint`), `noun` the noun phrase that a predicate
    consists of. `paired`: of several and several it is said of the first with the first, of the second
    with the second. `bound` is what is meant where it is denied, or said of nobody by name: *at least as strong as*.
    """

    of: Callable[[Side, Circumstance], Prop]
    teams: bool = False
    forms: frozenset[str] = frozenset()
    positive: Property | None = None
    relation: Callable[[Side, Side, Circumstance], Prop] | None = None
    object: NP | None = None
    best: Best | None = None
    mutual: Callable[[Expr, Expr, Circumstance], Prop] | None = None
    common: Callable[[NP], Prop] | None = None
    parts: tuple[Property, ...] = ()
    joint: Callable[[tuple[Prop, ...]], Prop] = And
    noun: NP | None = None
    verb: VerbUse | None = None
    takes: frozenset[str] = frozenset()
    groups: bool = False
    doubt: bool = False
    contrast: bool = False
    of_two: bool = False
    stative: str | None = None
    action: bool = False
    paired: bool = False
    bound: Property | None = None
    circumstance: Circumstance = Circumstance()

    def about(self, side: Side) -> Prop:
        """Return what is said of a subject."""
        return self.of(side, self.circumstance)

    def under(self, **changes: Any) -> Property:
        """Return the property under further circumstances."""
        return replace(
            self,
            circumstance=replace(self.circumstance, **changes),
            positive=self.positive.under(**changes) if self.positive is not None else None,
            parts=tuple(part.under(**changes) for part in self.parts),
            bound=self.bound.under(**changes) if self.bound is not None else None,
        )


@record(frozen=True, eq=False)
class Best:
    """An order by a `degree`, a function of an individual `x` (`team`: of several): greatest first unless `least`."""

    degree: Expr
    team: Expr | None = None
    least: bool = False
    word: str = ""


# -- noun phrases --------------------------------------------------------------------------------------------


@record(frozen=True, eq=False)
class NP:
    """The meaning of a noun phrase; `names` are the individuals that it mentions by name."""

    def apply(self, body: Body, teams: bool = False) -> Prop:
        """Return that the noun phrase is such that `body`."""
        raise NotImplementedError

    def side(self) -> Side:
        """Return the individual or the list that is meant, for what needs exactly that. Raises Unfit."""
        raise Unfit("this can't be used with a quantifier")


@record(frozen=True, eq=False)
class One(NP):
    """An individual; `pronoun` where it is one; `best` where it is the first of everyone in an order.

    `guessed`: a word that is taken for a name, though it has no capital.
    """

    expr: Expr
    pronoun: bool = False
    guessed: bool = False
    best: tuple[Best, int] | None = None

    def apply(self, body: Body, teams: bool = False) -> Prop:
        return body(Side(self.expr))

    def side(self) -> Side:
        return Side(self.expr)


@record(frozen=True, eq=False)
class Denied(NP):
    """The opposite of an event that has a name: *a non-smoker*."""

    expr: Expr

    def apply(self, body: Body, teams: bool = False) -> Prop:
        return Not(body(Side(self.expr)))


@record(frozen=True, eq=False)
class Group(NP):
    """A list of individuals that has an expression: a team, or all of some kind."""

    things: Things
    expr: Expr
    name: GroupName | None = None

    def apply(self, body: Body, teams: bool = False) -> Prop:
        if teams:
            return body(Side(self.expr, many=True))
        return Quant(Amount("all"), self.things, body(Side(Name(id=self.things.variable))))

    def side(self) -> Side:
        return Side(self.expr, many=True)


@record(frozen=True, eq=False)
class Several(NP):
    """Noun phrases joined by *and* (one team where the verb has teams), *or*, *nor*; `apart` for *both* and *each*."""

    parts: tuple[NP, ...]
    joint: str = "and"
    apart: bool = False

    def apply(self, body: Body, teams: bool = False) -> Prop:
        if self.joint == "and" and teams and not self.apart and all(isinstance(p, (One, Group)) for p in self.parts):
            return body(self.side())
        parts = tuple(part.apply(body, teams) for part in self.parts)
        if self.joint == "and":
            return And(parts)
        return Or(parts) if self.joint == "or" else And(tuple(Not(part) for part in parts))

    def side(self) -> Side:
        if self.joint != "and":
            raise Unfit("say which one is meant, without “or”")
        sides = [part.side() for part in self.parts]
        if all(not side.many for side in sides):
            return Side(ListExpr(items=tuple(side.expr for side in sides)), many=True)
        lists = tuple(side.expr if side.many else ListExpr(items=(side.expr,)) for side in sides)
        return Side(Call(function=Name(id="concat"), args=lists), many=True)


@record(frozen=True, eq=False)
class Kind:
    """What a noun with all that belongs to it says: the items of `source` that pass the tests.

    A relational noun without *of* is `open`: given the individual whose parents are meant, it is a Kind.
    `general` is a list of all of a sort, which a group may take the place of; of a `sort` everything is that
    passes the tests, so that to be in the list says nothing more, as of those who are related by a test (`opened`);
    `followed` tells that something (a
    relative clause, say) belongs to the noun already; `owners` are those whom a pronoun calls its owners: *his son*;
    `of` is the one to whom they are related.
    """

    word: str
    source: Expr
    tests: tuple[Callable[[Expr], Prop], ...] = ()
    plural: bool = False
    general: bool = False
    sort: bool = False
    followed: bool = False
    opened: bool = False
    open: Callable[[Expr], Kind] | None = None
    related: Callable[[Expr, Expr], Prop] | None = None
    owners: tuple[Expr, ...] = ()
    of: Expr | None = None

    def things(self, variable: str) -> Things:
        """Return the set of them."""
        tests = tuple(test(Name(id=variable)) for test in self.tests)
        where = None if not tests else tests[0] if len(tests) == 1 else And(tests)
        return Things(self.source, variable, where, self.opened)

    def tests_of(self, x: Expr) -> list[Prop]:
        """Return what being of this kind says of an individual."""
        tests = [test(x) for test in self.tests]
        return tests if self.sort else [*tests, Claim(Compare(left=x, ops=("in",), comparators=(self.source,)))]

    def where(self, test: Callable[[Expr], Prop]) -> Kind:
        """Return those of them that pass one more test."""
        inner = self.open
        opened = None if inner is None else lambda of: inner(of).where(test)
        return replace(self, tests=(*self.tests, test), open=opened)


@record(frozen=True, eq=False)
class Some(NP):
    """So many of a kind: *everyone*, *two of the players*, *most champions*; `definite` for *the* ones that there are.

    `indefinite` is *a* or *someone*, to which a pronoun in another clause may refer; `part` is *one of* several;
    with the `article` *a* all of a kind may be meant; `owned` is the kind of which it is somebody's: *Tom's father*;
    `two` of these there are: *both*, *neither*.
    """

    amount: Amount
    kind: Kind
    things: Things
    definite: bool = False
    indefinite: bool = False
    part: bool = False
    article: bool = False
    owned: Kind | None = None
    two: bool = False

    @property
    def bare(self) -> bool:
        """Whether it is a plural without a determiner: *mugs*."""
        return self.indefinite and self.amount.kind == "all"

    @property
    def introduces(self) -> bool:
        """Whether *it* or *they* may mean what is spoken of: *a ball*, or *the ball*."""
        return self.indefinite or (self.definite and not self.kind.plural)

    def apply(self, body: Body, teams: bool = False) -> Prop:
        if self.kind.open is not None:
            raise Unfit(f"say whose {self.kind.word} is meant")
        if self.definite and self.kind.plural and teams:
            return body(Side(listed(self.things), many=True))
        return Quant(self.amount, self.things, body(Side(Name(id=self.things.variable))), self.definite, self.two)

    def side(self) -> Side:
        if self.kind.open is not None:
            raise Unfit(f"say whose {self.kind.word} is meant")
        items = listed(self.things)
        if self.definite:
            return Side(items, many=True) if self.kind.plural else Side(Call(function=Name(id="first"), args=(items,)))
        raise Unfit("say who is meant: here something is needed that is one individual")


@record(frozen=True, eq=False)
class Only(NP):
    """*Only Tom*: he, and none of the others."""

    np: NP
    others: NP

    def apply(self, body: Body, teams: bool = False) -> Prop:
        return And((self.np.apply(body, teams), self.others.apply(body)))


@record(frozen=True, eq=False)
class Except(NP):
    """*Everyone except Tom*: of Tom the contrary is true."""

    np: Some
    left_out: tuple[NP, ...]

    def apply(self, body: Body, teams: bool = False) -> Prop:
        of_them = tuple(part.apply(body, teams) for part in self.left_out)
        contrary = tuple(Not(part) for part in of_them) if self.np.amount.kind == "all" else of_them
        return And((self.np.apply(body, teams), *contrary))

    def side(self) -> Side:
        return self.np.side()


@record(frozen=True, eq=False)
class AllBut(NP):
    """*All but one*: of so many it is not true."""

    left_out: NP

    def apply(self, body: Body, teams: bool = False) -> Prop:
        return self.left_out.apply(lambda side: Not(body(side)))


def so_many(op: str, count: float, *, exactly: bool = False) -> Amount:
    """Return an amount by number. Raises Unfit for what is no count: a percentage, or two and a half."""
    if isinstance(count, Percent) or count != int(count):
        raise Unfit("a number of things is whole, and a percentage is of something: “20% of the …”")
    return Amount("number", op, count, exactly)


def applied(np: NP, predicate: Property) -> Prop:
    """Return that a noun phrase has a property; each of joined predicates is said of teams or of each for itself."""
    anybody = not isinstance(np, (One, Several, Group)) and not getattr(np, "definite", False)
    if predicate.bound is not None and (anybody or (isinstance(np, One) and isinstance(np.expr, Name))):
        predicate = predicate.bound
    if predicate.of_two and (isinstance(np, One) or (isinstance(np, Several) and len(np.parts) != 2)):
        raise Unfit("“both” is said of two")
    if predicate.parts and isinstance(np, (One, Group, Several)):
        return predicate.joint(tuple(applied(np, part) for part in predicate.parts))
    paired = predicate.paired and isinstance(predicate.object, Several) and predicate.object.joint == "and"
    if paired and isinstance(np, One):
        raise Unfit("this is so of one: name one, or say “or”")
    if isinstance(np, Several) and np.joint == "and":
        each = predicate.noun is None and any(isinstance(part, Some) and part.kind.plural for part in np.parts)
        if predicate.mutual is not None and not each:  # "Ann's brothers and Bob's sisters are married": each of them
            pairs = [(one, other) for number, one in enumerate(np.parts) for other in np.parts[number + 1 :]]
            found = tuple(_mutual(one, other, predicate) for one, other in pairs)
            return found[0] if len(found) == 1 else And(found)
        if paired and isinstance(predicate.object, Several):
            return And(_paired(np, predicate.object, predicate))
    return np.apply(predicate.about, predicate.teams or (predicate.groups and isinstance(np, Group)))


def _mutual(one: NP, other: NP, predicate: Property) -> Prop:
    """Return what is said of two of each other; of several, as of somebody's children, of each with each."""
    mutual, circumstance = predicate.mutual, predicate.circumstance
    assert mutual is not None
    return one.apply(lambda a: other.apply(lambda b: mutual(a.expr, b.expr, circumstance)))


def _paired(np: Several, object_: Several, predicate: Property) -> tuple[Prop, ...]:
    """Return what is said of each with the one in the same place: *Ann and Bob are married to Carl and Dora*."""
    relation = predicate.relation
    if relation is None or len(np.parts) != len(object_.parts) or object_.joint != "and":
        raise Unfit("say of each with whom: in two clauses")
    pairs = zip(np.parts, object_.parts, strict=True)
    return tuple(
        one.apply(lambda a, other=other: other.apply(lambda b: relation(a, b, predicate.circumstance)))  # type: ignore[misc]
        for one, other in pairs
    )


def constant_name(expr: Expr) -> str | None:
    """Return the name that an expression is, if it is one."""
    return expr.value if isinstance(expr, Constant) and isinstance(expr.value, str) else None
