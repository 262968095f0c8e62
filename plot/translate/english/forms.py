"""The logical form: propositions, questions and definitions, between English and the language of programs.

Individuals, groups (lists of individuals), numbers and variables in it are expressions of the language. What
English says of them is here: quantifiers, comparisons that hold between different individuals, and matches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, Literal, TypeVar, cast

from plot.language.syntax.nodes import Expr, Name, Node
from plot.records import fields_of, record
from plot.world.lexicon import Verb

Tense = Literal["past", "present", "past or present", "modal"]


@record(frozen=True)
class Claim:
    """An expression of the language that is true or false, and holds between `terms`.

    `reflexive` says whether anything stands in this relation to itself: then *everyone* and *someone* leave it out.
    """

    expr: Expr
    terms: tuple[Expr, ...] = ()
    reflexive: bool = False


@record(frozen=True)
class Not:
    """Negation."""

    inner: Prop


@record(frozen=True)
class And:
    """All of the parts are true."""

    parts: tuple[Prop, ...]


@record(frozen=True)
class Or:
    """One of the parts is true, or several."""

    parts: tuple[Prop, ...]


@record(frozen=True)
class Implies:
    """Material implication; `both` is *if and only if*."""

    test: Prop
    then: Prop
    both: bool = False


@record(frozen=True)
class Amount:
    """What a determiner asks of a count: `op` and `number`, or a `share` of all (`op` and `number` times the size).

    `exactly` so many in all is said of events, of which more are told otherwise; a share with "==" that is not said to
    be exact is one to the nearest whole number of things.
    """

    kind: Literal["all", "not all", "some", "no", "any", "number", "share"]
    op: str = ">="
    number: float = 1
    exactly: bool = False

    @property
    def universal(self) -> bool:
        """Whether the determiner looks at all of its noun's things, so that who is compared must be left out."""
        return self.kind in ("all", "not all", "share")


@record(frozen=True)
class Things:
    """A set of individuals: the items of a list of which `where` (about `variable`) is true.

    What is `related` passes a test of the world's own: of whom that is true, to be in the list says nothing more.
    """

    source: Expr
    variable: str
    where: Prop | None = None
    related: bool = False


@record(frozen=True)
class Listed(Node):
    """An expression: the list of the things of a set."""

    things: Things


@record(frozen=True)
class GroupName(Node):
    """An expression: the variable of a group; where it is not `known`, nothing was said of who is in it."""

    variable: str
    known: bool
    owner: str | None = None


def listed(things: Things) -> Expr:
    """Return the list of the things of a set; until it is coded, it stands among the language's own expressions."""
    return cast(Expr, Listed(things=things))


def group_list(name: GroupName) -> Expr:
    """Return the list of the members of a group, until it is coded."""
    return cast(Expr, name)


@record(frozen=True)
class Quant:
    """So many of the `things` are such that `body`, which speaks of the variable of `things`.

    `definite`: it is *the* thing of this kind that is spoken of, so that there is one; `two`: *both* or *neither*.
    """

    amount: Amount
    things: Things
    body: Prop
    definite: bool = False
    two: bool = False


@record(frozen=True)
class MoreThan:
    """There are more (`op`) things of the first set than of the second, by `margin` or more."""

    first: Things
    second: Things
    op: str = ">"
    margin: float = 0
    times: float = 1


@record(frozen=True)
class When:
    """Which match is meant: number `number` from the first, or, negative, from the last; 0 is the one after the last.

    `every` says of how many of the known matches something holds; `match` is the known match that is so described.
    With `the` it is *the match*: that between those who are named, if they met. `at` is its number among all matches;
    with `same` it is the match of which the rest of the sentence speaks; `two` of them there are: *both matches*.
    """

    number: int = 0
    every: Amount | None = None
    match: Match | None = None
    the: bool = False
    at: int | None = None
    same: bool = False
    two: bool = False


@record(frozen=True)
class EventNumber(Node):
    """An expression: the number of the event that is meant, until it is coded."""

    when: When
    noun: str | None = None


def event_number(when: When, noun: str | None) -> Expr:
    """Return the number of an event; until it is coded, it stands among the language's own expressions."""
    return cast(Expr, EventNumber(when=when, noun=noun))


@record(frozen=True)
class Side:
    """Who takes part in a match, or is the subject of a verb: one individual, or a list of them."""

    expr: Expr
    many: bool = False


@record(frozen=True)
class Match:
    """An event of a verb between sides; `embedded` in a relative clause or an *if* it is one that is known.

    Without `object` it is one in which the subject took part. `noun` is what it is called: *biathlon*; `again` tells
    that there was one like it before.
    """

    verb: Verb
    subject: Side
    object: Side | None
    manner: str | None = None
    when: When | None = None
    tense: Tense = "past"
    embedded: bool = False
    noun: str | None = None
    again: bool = False


@record(frozen=True)
class InMatch:
    """Something that holds of `x` in one match: an expression with `event` in it."""

    expr: Expr
    x: Expr
    when: When
    noun: str | None = None


@record(frozen=True)
class Times:
    """`inner`, which speaks of one match, is true of so many matches."""

    inner: Prop
    amount: Amount


@record(frozen=True)
class Oftener:
    """`first` is true of more (`op`) of the known matches than `second`."""

    first: Prop
    second: Prop
    op: str


@record(frozen=True)
class Reported:
    """A figure that was stated: `value` is `figure`, give or take `error`; it holds between `terms`."""

    value: Expr
    figure: Expr
    error: float
    terms: tuple[Expr, ...] = ()


@record(frozen=True)
class Member:
    """`x` is one of a group."""

    x: Expr
    group: GroupName


@record(frozen=True)
class Added:
    """In `list`, which can be set, there are `count` more of the `things` of a kind."""

    list: Expr
    things: Things
    count: int = 1


def changed(form: Any, change: Callable[[Any], Any | None]) -> Any:
    """Return a logical form with `change` made wherever it does not return None, from the top."""
    if isinstance(form, tuple):
        items = tuple(changed(item, change) for item in form)
        return form if all(new is old for new, old in zip(items, form, strict=True)) else items
    names = fields_of(type(form))
    if names is None:
        return form
    found = change(form)
    if found is not None:
        return found
    new = {}
    for name in names:
        if name != "span":
            inner = getattr(form, name)
            other = changed(inner, change)
            if other is not inner:
                new[name] = other
    return replace(form, **new) if new else form


Part = TypeVar("Part")


def parts_of(form: Any, kind: type[Part]) -> list[Part]:
    """Return the parts of a logical form that are of a kind, from the top."""
    found: list[Part] = []

    def look(part: Any) -> None:
        if isinstance(part, kind):
            found.append(part)

    changed(form, look)
    return found


def replaced(form: Any, roles: Mapping[str, Expr]) -> Any:
    """Return a logical form with variables replaced by expressions."""
    return changed(form, lambda part: roles.get(part.id) if isinstance(part, Name) else None)


def embedded(form: Any) -> Any:
    """Return a logical form whose matches are ones that are known already, where there are such."""
    return changed(form, lambda part: replace(part, embedded=True) if isinstance(part, Match) else None)


def mentions(form: Any, name: str) -> bool:
    """Tell whether a variable occurs in a logical form."""
    return replaced(form, {name: Name(id=f"{name}'")}) is not form


Prop = (
    Claim | Not | And | Or | Implies | Quant | MoreThan | Match | InMatch | Times | Oftener | Reported | Member | Added
)


def definite_things(form: Any) -> list[Things]:
    """Return what a form speaks of as *the so-and-so* or *the so-and-sos*."""
    return [quant.things for quant in parts_of(form, Quant) if quant.definite]


def denied(form: Any, inside: bool = False) -> list[Quant]:
    """Return the definite things that are spoken of where something is denied, or said of all: there are such."""
    if isinstance(form, Quant):
        further = inside or form.amount.kind in ("no", "all", "not all")
        own = [form] if form.definite and inside else []
        return [*own, *denied(form.things, inside), *denied(form.body, further)]
    if isinstance(form, tuple):
        return [found for part in form for found in denied(part, inside)]
    names = fields_of(type(form))
    if names is None or isinstance(form, Expr):
        return []
    further = inside or isinstance(form, Not)
    return [found for name in names for found in denied(getattr(form, name), further)]


# -- what an utterance is ------------------------------------------------------------------------------------


@record(frozen=True)
class Tell:
    """A statement."""

    prop: Prop


@record(frozen=True)
class DefineChance:
    """The probability of something, in general or where `given` is the case.

    `otherwise` it may have another one, or where the `other` is the case.
    """

    prop: Prop
    given: Prop | None
    chance: float
    otherwise: float | None = None
    other: Prop | None = None


@record(frozen=True)
class DefineNoun:
    """Something is called `word` where `where` holds of `variable`; or a relation: those of a set."""

    word: str
    variable: str
    where: Prop | Things


@record(frozen=True)
class DefineGroup:
    """A group has these members; `more` where it has others as well."""

    variable: str
    known: bool
    members: Expr
    more: bool = False


@record(frozen=True)
class Met:
    """Two sides met in a match, and who won is not said."""

    first: Side
    second: Side
    when: When | None = None
    noun: str | None = None


@record(frozen=True)
class Polar:
    """Is it true? And, with `why`, what makes it so? `tense` is that of the question, where it is known.

    `contrary`: it is asked what would have been, which wants a condition. `choice` are alternatives of which it may be
    asked which is so: *does she have the flu or a cold?*
    """

    prop: Prop
    why: bool = False
    tense: Tense | None = None
    contrary: bool = False
    choice: tuple[Prop, ...] = ()


@record(frozen=True)
class Which:
    """Which of the things are such that `body`? `count` asks how many; `tense` is that of the question, if known."""

    things: Things
    body: Prop | None
    count: bool = False
    tense: Tense | None = None


@record(frozen=True)
class Value:
    """What is the value of an expression?"""

    expr: Expr


@record(frozen=True)
class Options:
    """Which of the options, each with its condition, is the case? The last is what remains."""

    options: tuple[tuple[Expr, Prop], ...]


@record(frozen=True)
class Choice:
    """Which of these is so, if one of them is?"""

    parts: tuple[Prop, ...]


@record(frozen=True)
class Winner:
    """Who is the subject of a verb in one match: one of its two sides; in the `past`, one in which these met."""

    verb: Verb
    when: When | None
    sides: tuple[Side, Side] | None = None
    noun: str | None = None
    past: bool = False


@record(frozen=True)
class EventCount:
    """How many matches were told of, of those that `noun` means?"""

    noun: str


@record(frozen=True)
class HowOften:
    """In how many of the known matches is `inner` true?"""

    inner: Prop


@record(frozen=True)
class Supposing:
    """A question about the worlds in which `test` holds; `sides` is a match (`noun`) that is supposed to take place.

    `made` is made true in a world that is otherwise as it was: *if Tom had been lazy*, *if Ann takes the medicine*; a
    number that is compared with itself is compared with what it is in fact: *had been stronger*. `afresh`: of those of
    whom `test` is so, whatever was told of it. `absent` are those without whom the matches take place.
    """

    test: Prop | None
    ask: Question
    sides: tuple[Side, Side] | None = None
    noun: str | None = None
    made: Prop | None = None
    afresh: bool = False
    absent: tuple[Expr, ...] = ()


@record(frozen=True)
class EffectOf:
    """What does making `cause` so, rather than its opposite, do to the `outcome`: a proposition, or a value?

    `among` are those for whom something is so already; `mediator` is what the effect goes `through`, or does not.
    `subject` is whom both speak of; `asked`, whether it is to `raise` the chance, or to `lower` it.
    """

    cause: Prop
    outcome: Prop | Value
    subject: Expr | None = None
    asked: str | None = None
    among: Prop | None = None
    mediator: Prop | Value | None = None
    through: bool = True


@record(frozen=True)
class Consequences:
    """What would be otherwise if `made` were made so?"""

    made: Prop


@record(frozen=True)
class WhatToDo:
    """Which of the world's actions makes the outcome likeliest?"""

    outcome: Prop


@record(frozen=True)
class GraphQuestion:
    """What the causal graph alone tells: the `causes` of the first of `about`; whether the first two are `independent`
    given the others; what the effect of the first on the second has to be `adjusted` for.
    """

    kind: Literal["causes", "independent", "adjusted"]
    about: tuple[Prop | Value, ...]


Causal = EffectOf | Consequences | WhatToDo | GraphQuestion
Question = Polar | Which | Value | Options | Choice | Winner | HowOften | EventCount | Supposing | Causal
Act = Tell | DefineNoun | DefineGroup | DefineChance | Met | Question


@record(frozen=True)
class Parsed:
    """One meaning of an utterance with its weight, the names that it mentions, and what it calls *the so-and-so*."""

    act: Act
    weight: float
    names: tuple[str, ...] = field(default=())
    definite: tuple[str, ...] = field(default=())
