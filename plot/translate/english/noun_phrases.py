"""How noun phrases get their meanings: names, pronouns, determiners, relational nouns, groups, superlatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from plot.language.syntax.nodes import (
    Comprehension,
    Constant,
    Expr,
    Generator,
    ListExpr,
    Name,
    NameTarget,
)
from plot.translate.base import Discourse
from plot.translate.english.build import call, compare, template
from plot.translate.english.entries import NameUse, NounUse, Percent
from plot.translate.english.forest import Alternatives, Weighted
from plot.translate.english.forms import Amount, And, Claim, Or, Prop, Quant, Side, Things, embedded, listed, replaced
from plot.translate.english.kinds import listed_by_name
from plot.translate.english.meanings import (
    NP,
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
from plot.translate.english.vocabulary import person_noun
from plot.world.lexicon import Lexicon, Noun, expression

THEY = "they'"  # a pronoun that stands for whoever an indefinite of another clause speaks of; no program has this name
ITSELF = "itself'"
PREFERENCE = 0.02  # of each further thing that "it" may mean in another clause, in proportion to the one before it
MOST_MEANT = 5  # antecedents of one pronoun that are looked at

FRACTIONS = {"1/3": 0.333333, "2/3": 0.666667, "1/4": 0.25, "3/4": 0.75}  # with as many digits as are said again
UNLIKE = 0.3  # "of Bob and the aunt of Carl": how likely both are owners, in proportion to the first alone
TWO = ("both", "neither")

Determiner = tuple[str, str | None]


@dataclass
class Context:
    """What composing needs to know: the conversation, and what stands in the sentence before a pronoun.

    `general`: what it says *was* so may be said of no time in particular, as after *if* or with *never*; `either`: its
    *or* offers no choice.
    `introduced` are names that are made of several words, `declared` those that are said to be an event's.
    """

    discourse: Discourse
    antecedents: Callable[[int, str], Sequence[tuple[tuple[Expr, ...], float]]]
    noun_before: Callable[[int], NounUse | None]
    named_before: Callable[[int], Sequence[Expr]]
    compared: Callable[[int], bool]
    general: bool = False
    either: bool = False
    introduced: list[str] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    _variables: int = field(default=0)

    @property
    def lexicon(self) -> Lexicon:
        """The lexicon of the world."""
        return self.discourse.world.lexicon

    @property
    def occasion(self) -> str:
        """What this world calls one of its events: *match*."""
        return next((word for word, noun in self.lexicon.nouns.items() if noun.event), "occasion")

    def restart(self) -> None:
        """Let variables be counted from the first again, so that the same is called the same."""
        self._variables = 0

    def fresh(self) -> str:
        """Return a variable that nothing else uses."""
        self._variables += 1
        return f"{self._variables}'"


def _meant(whom: tuple[Expr, ...]) -> NP:
    """Return the noun phrase of a pronoun: one individual, or several."""
    parts = tuple(One(one, pronoun=True) for one in whom)
    return parts[0] if len(parts) == 1 else Several(parts)


def without(kind: Kind, *left_out: NP) -> Kind:
    """Return those of a kind who are not one of these."""
    for np in left_out:
        side = np.side()
        op = "not in" if side.many else "!="
        kind = kind.where(lambda x, side=side, op=op: Claim(compare(x, op, side.expr)))  # type: ignore[misc]
    return kind


class NounPhrases:
    """The functions of the grammar's rules for noun phrases, by their aliases."""

    def __init__(self, context: Context) -> None:
        self.context = context

    # -- names and pronouns --------------------------------------------------------------------------------

    def name(self, use: NameUse) -> NP:
        known = constant_name(use.expr) in self.context.discourse.names or use.thing
        if not known and not self.context.lexicon.names and not self._in_a_list(use.expr):
            called = "no word of this world" if use.said.islower() else "no name of this world"
            raise Unfit(f"“{use.said}” is {called}")
        return One(use.expr, guessed=use.said.islower() and not known)

    def _in_a_list(self, name: Expr) -> bool:
        """Tell whether the model itself lists an individual by this name."""
        return any(name in members for members in listed_by_name(self.context.discourse, ()).values())

    def pronoun(self, use: tuple[str, int]) -> Alternatives:
        kind, place = use
        if kind == "one":
            return Alternatives([Weighted(One(Name(id=THEY), pronoun=True), 1.0)])
        found = self.context.antecedents(place, kind)
        if not found:
            thing = kind == "it" or not self.context.lexicon.names
            meant = f"what “{kind}” means: say “the …”" if thing else f"whom “{kind}” means: name them"
            raise Unfit(f"it is not clear {meant}")
        return Alternatives(Weighted(_meant(whom), weight) for whom, weight in found[:MOST_MEANT])

    def reflexive(self, _: object = None) -> NP:
        return One(Name(id=ITSELF))

    def the_others(self, use: tuple[str, int]) -> NP:
        return self._some(Amount("all"), self.other_noun(use, replace(self.people(), plural=True)), definite=True)

    # -- nouns ---------------------------------------------------------------------------------------------

    def people(self, *, thing: bool = False) -> Kind:
        """Return the kind that *who* and *everyone* speak of, or *something*."""
        noun = person_noun(self.context.lexicon, thing=thing)
        if noun is None or noun.domain is None:
            raise Unfit("this world has no noun for those that it is about")
        return self._kind("one", noun, plural=True)

    def _kind(self, word: str, noun: Noun, *, plural: bool) -> Kind:
        assert noun.domain is not None
        source, means = expression(noun.domain), noun.means
        if means is None:
            return Kind(word, source, plural=plural, general=True, sort=True)
        return Kind(word, source, (lambda x: Claim(template(means, x=x)),), plural=plural, sort=True)

    def numbered_name(self, use: NounUse, figure: float) -> NP:
        """*Player 1* is a name."""
        if use.plural or figure != int(figure):
            raise Unfit("")
        atom = f"{use.word}_{int(figure)}".replace(" ", "_")
        self.context.introduced.append(atom)
        return One(Constant(value=atom))

    def noun(self, use: NounUse) -> Kind:
        defined = use.defined
        found = self._kind(use.word, use.noun, plural=use.plural)
        return found if defined is None else found.where(lambda x: Claim(call(defined, x)))

    def relation(self, use: NounUse) -> Kind:
        opened = self._related(use)
        noun = use.noun
        assert noun.of is not None
        means = noun.of

        def related(x: Expr, of: Expr) -> Prop:
            if noun.domain is None:
                return Claim(compare(x, "in", template(means, of=of)), (x, of))
            return Claim(template(means, x=x, of=of), (x, of))

        everybody = ListExpr(items=()) if noun.domain is None else expression(noun.domain)
        return Kind(use.word, everybody, plural=use.plural, open=opened, related=related)

    def _related(self, use: NounUse) -> Callable[[Expr], Kind]:
        noun = use.noun
        assert noun.of is not None
        of_code, domain = noun.of, noun.domain

        def opened(of: Expr) -> Kind:
            if domain is None:
                return Kind(use.word, template(of_code, of=of), plural=use.plural)
            test = lambda x: Claim(template(of_code, x=x, of=of), (x, of))  # noqa: E731
            source = template(noun.among, of=of) if noun.among is not None else expression(domain)
            return Kind(use.word, source, (test,), plural=use.plural, sort=True, opened=True)

        return opened

    def relation_or(self, one: NounUse, other: NounUse) -> Kind:
        first, second = self.relation(one), self.relation(other)
        assert first.open is not None
        assert second.open is not None
        a, b = first.open, second.open
        word = f"{one.word} or {other.word}"

        def opened(of: Expr) -> Kind:
            kinds = a(of), b(of)
            if all(kind.opened for kind in kinds):
                either = lambda x: Or(tuple(And(tuple(kind.tests_of(x))) for kind in kinds))  # noqa: E731
                return replace(kinds[0], word=word, tests=(either,))
            lists = tuple(listed(kind.things(self.context.fresh())) for kind in (a(of), b(of)))
            return Kind(word, call("distinct", call("concat", *lists)))

        return Kind(word, ListExpr(items=()), open=opened)

    def relation_of(self, use: NounUse, np: NP) -> Alternatives:
        """*The mother of Bob and the aunt of Carl* is rather two relations than one to Bob and to an aunt."""
        parts = np.parts if isinstance(np, Several) else ()
        unlike = any(isinstance(part, One) for part in parts) and any(isinstance(part, Some) for part in parts)
        return Alternatives([Weighted(replace(self.opened(self.relation(use), np), followed=True), UNLIKE**unlike)])

    def opened(self, kind: Kind, owner: NP) -> Kind:
        """Return the kind of those who are so related to an owner, or to some of several owners."""
        parts = owner.parts if isinstance(owner, Several) else (owner,)
        owners = tuple(part.expr for part in parts if isinstance(part, One) and part.pronoun)
        further = owner.kind.owners if isinstance(owner, Some) else ()  # "a daughter of his brother"
        return replace(self._opened(kind, owner), owners=owners + further)

    def _opened(self, kind: Kind, owner: NP) -> Kind:
        if kind.open is None:
            raise Unfit(f"“{kind.word}” is not something that someone has")
        if isinstance(owner, One):
            return replace(kind.open(owner.expr), of=owner.expr)
        if kind.related is not None and kind.open(Name(id="o")).opened:
            return self._related_to_some(kind, owner)
        things = self.things_of(owner)
        inner = kind.open(Name(id="o"))
        element = listed(inner.things(self.context.fresh()))
        outer = Generator(target=NameTarget(id="o"), iterable=listed(things), conditions=())
        lists = Comprehension(element=element, generators=(outer,))
        return Kind(kind.word, call("distinct", call("concat", lists)), plural=kind.plural)

    def _related_to_some(self, kind: Kind, owner: NP) -> Kind:
        """Return those who are related to one of the owners; to all of them, where these are named."""
        assert kind.open is not None
        related, first = kind.related, replace(kind.open(Name(id="o")), source=kind.source)
        assert related is not None
        named = owner.parts if isinstance(owner, Several) and owner.joint == "and" else ()
        if named and all(isinstance(part, One) for part in named):
            owners = [part.side().expr for part in named]
            return replace(first, tests=(lambda x: And(tuple(related(x, of) for of in owners)),))

        def test(x: Expr) -> Prop:
            things = self._renamed(self.things_of(owner))
            return Quant(Amount("some"), things, related(x, Name(id=things.variable)))

        return replace(first, tests=(test,))

    def _renamed(self, things: Things) -> Things:
        """Return a set with a variable of its own, as it is spoken of once more."""
        fresh = self.context.fresh()
        where = replaced(things.where, {things.variable: Name(id=fresh)}) if things.where is not None else None
        return replace(things, variable=fresh, where=where)

    def things_of(self, np: NP) -> Things:
        """Return the set that a noun phrase with *the*, a group or a list of names means. Raises Unfit."""
        if isinstance(np, Group):
            return np.things
        if isinstance(np, Some) and (np.definite or np.amount.kind in ("some", "all")) and np.kind.open is None:
            return np.things
        side = np.side()
        source = side.expr if side.many else ListExpr(items=(side.expr,))
        return Things(source, self.context.fresh())

    def adjective_noun(self, predicate: Property, kind: Kind) -> Kind:
        if predicate.best is not None:
            raise Unfit("")
        timeless = predicate.verb is None and "when" in predicate.takes and predicate.circumstance.when is None
        said = predicate.under(tense="present") if timeless else predicate
        return kind.where(lambda x: said.about(Side(x)))

    def one_noun(self, predicate: Property, use: tuple[str, int]) -> Kind:
        word, place = use
        before = self.context.noun_before(place)
        kind = self.noun(before) if before is not None else self.people(thing=True)
        return self.adjective_noun(predicate, replace(kind, plural=word == "ones"))

    def adjectives_or(self, one: Property, other: Property, kind: Kind) -> Kind:
        return kind.where(lambda x: Or((one.about(Side(x)), other.about(Side(x)))))

    def adjectives_and(self, one: Property, other: Property, kind: Kind) -> Kind:
        return self.adjective_noun(one, self.adjective_noun(other, kind))

    def other_noun(self, use: tuple[str, int], kind: Kind) -> Kind:
        """Leave out those who are named before it in the sentence, or else in the last utterance."""
        named = self.context.named_before(use[1])
        if not named:
            raise Unfit(f"it is not clear besides whom “{use[0]}” is meant")
        return kind.where(lambda x: Claim(compare(x, "not in", ListExpr(items=tuple(named)))))

    def whoever(self, predicate: Property) -> NP:
        kind = self.people().where(lambda x: embedded(applied(One(x), predicate)))
        return self._some(Amount("all"), kind)

    # -- determiners ---------------------------------------------------------------------------------------

    def amount(self, determiner: Determiner) -> Amount:
        """Return what a determiner asks of a count."""
        word = determiner[0]
        vague = self.context.lexicon.quantifiers
        counts = {"couple": vague.couple, "a few": vague.a_few, "several": vague.several, "many": vague.many}
        match word:
            case "all" | "some" | "no" | "any":
                return Amount(word)
            case "neither":
                return Amount("no")
            case "both":
                return Amount("all")
            case "most":
                return Amount("share", ">", 0.5)
            case "half":
                return Amount("share", "==", 0.5)
            case "less than half":
                return Amount("share", "<", 0.5)
            case "not all":
                return Amount("not all")
            case "few":
                return Amount("number", "<=", vague.few)
            case "not many":
                return Amount("number", "<", vague.many)
        if word in FRACTIONS:
            return Amount("share", "==", FRACTIONS[word])
        return Amount("number", ">=", counts[word])

    def _some(self, amount: Amount, kind: Kind, *, definite: bool = False, indefinite: bool = False) -> Some:
        return Some(amount, kind, kind.things(self.context.fresh()), definite, indefinite)

    def someone(self, determiner: Determiner) -> NP:
        return self.someone_who(determiner, lambda kind: kind)

    def someone_else(self, determiner: Determiner, use: tuple[str, int], *tests: Callable[[Kind], Kind]) -> NP:
        """*Everyone else*: those who were not named just before; *than anyone else*: than all who are not compared."""
        if self.context.compared(use[1]):
            return self.someone_who(determiner, tests[0] if tests else lambda kind: kind)
        return self.someone_who(determiner, lambda kind: self.other_noun(use, tests[0](kind) if tests else kind))

    def someone_who(self, determiner: Determiner, test: Callable[[Kind], Kind]) -> NP:
        kind = test(self.people(thing=determiner[1] == "thing"))
        return self._some(self.amount(determiner), kind, indefinite=determiner[0] in ("some", "any"))

    def someone_adjective(self, determiner: Determiner, predicate: Property) -> NP:
        return self.someone_who(determiner, lambda kind: self.adjective_noun(predicate, kind))

    def neither_of_kind(self, kind: Kind) -> NP:
        return replace(self._some(Amount("no"), kind), two=True)

    def not_everyone(self, determiner: Determiner, *tests: Callable[[Kind], Kind]) -> NP:
        if determiner[0] != "all":
            raise Unfit("")
        kind = self.people(thing=determiner[1] == "thing")
        return self._some(Amount("not all"), tests[0](kind) if tests else kind)

    def only(self, np: NP) -> NP:
        return Only(np, self._some(Amount("no"), without(self._named_alike(np), np)))

    def only_several(self, before: tuple[NP, ...], last: NP) -> NP:
        return self.only(Several((*before, last), apart=True))

    def _named_alike(self, np: NP) -> Kind:
        """Return of which kind those are who are named: people, or what the model lists by name."""
        named = [part.expr for part in (np.parts if isinstance(np, Several) else (np,)) if isinstance(part, One)]
        for domain, members in listed_by_name(self.context.discourse, ()).items():
            nouns = [
                noun for noun in self.context.lexicon.nouns.values() if noun.domain == domain and noun.means is None
            ]
            if named and nouns and all(one in members for one in named):
                return self._kind("one", nouns[0], plural=True)
        return self.people()

    def quantified(self, determiner: Determiner, kind: Kind) -> NP:
        if determiner[0] == "all" and kind.plural is False and kind.open is not None:
            raise Unfit("")
        found = self._some(self.amount(determiner), kind, indefinite=determiner[0] in ("some", "any"))
        return replace(found, two=determiner[0] == "both")

    def indefinite(self, kind: Kind) -> NP:
        if kind.plural:
            raise Unfit("")
        return replace(self._some(Amount("some"), kind, indefinite=True), article=True)

    def bare(self, kind: Kind) -> NP:
        if not kind.plural:
            raise Unfit(f"put “a”, “the” or “every” before “{kind.word}”")
        return replace(self._some(Amount("all"), kind), indefinite=True)

    def numbered(self, count: float, kind: Kind) -> NP:
        return self._some(so_many("==", count), kind)

    def numbered_bounded(self, op: str, count: float, kind: Kind) -> NP:
        return self._some(so_many(op, count), kind)

    def numbered_or_more(self, count: float, kind: Kind) -> NP:
        return self._some(so_many(">=", count), kind)

    def numbered_or_fewer(self, count: float, kind: Kind) -> NP:
        return self._some(so_many("<=", count), kind)

    def numbered_between(self, _: str, low: float, high: float, kind: Kind) -> NP:
        bounds = (so_many(">=", low), so_many("<=", high))
        return Several(tuple(self._some(bound, kind) for bound in bounds), apart=True)

    def definite(self, kind: Kind) -> NP:
        return self._some(Amount("all" if kind.plural else "some"), kind, definite=True)

    def _part(self, amount: Amount, np: NP) -> NP:
        if isinstance(np, One) and np.best is not None:
            raise Unfit("it is not clear of how many: say “one of the two strongest players”, for example")
        if isinstance(np, One):
            raise Unfit("“of” wants several of whom this is a part")
        if isinstance(np, Some) and np.definite:
            kind = replace(np.kind, plural=amount.kind != "some")
            return replace(self._some(amount, kind, indefinite=amount.kind == "some"), part=True)
        if isinstance(np, Some) and np.indefinite:
            raise Unfit("")
        things = self.things_of(np)
        kind = Kind("one", listed(things) if things.where is not None else things.source, plural=amount.kind != "some")
        return replace(self._some(amount, kind, indefinite=amount.kind == "some"), part=True)

    def part_of(self, determiner: Determiner, np: NP) -> NP:
        found = self._part(self.amount(determiner), np)
        return replace(found, two=determiner[0] in TWO) if isinstance(found, Some) else found

    def part_of_bounded(self, op: str, determiner: Determiner, np: NP) -> NP:
        if determiner[0] != "half":
            raise Unfit("")
        return self._part(Amount("share", op, 0.5, exactly=True), np)

    def part_of_named(self, determiner: Determiner, before: tuple[NP, ...], last: NP) -> NP:
        if determiner[0] == "both":
            raise Unfit("")
        return self._named_part(self.amount(determiner), (*before, last))

    def number_of_named(self, count: float, before: tuple[NP, ...], last: NP) -> NP:
        return self._named_part(so_many("==", count), (*before, last))

    def _named_part(self, amount: Amount, parts: tuple[NP, ...]) -> NP:
        if not all(isinstance(part, One) for part in parts):
            raise Unfit("")
        return self._part(amount, Several(parts))

    def number_of(self, count: float, np: NP) -> NP:
        return self._part(Amount("share", "==", count) if isinstance(count, Percent) else so_many("==", count), np)

    def number_of_bounded(self, op: str, count: float, np: NP) -> NP:
        share = isinstance(count, Percent)
        return self._part(Amount("share", op, count, exactly=True) if share else so_many(op, count), np)
