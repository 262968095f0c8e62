"""Noun phrases: individuals, teams, and kinds of things with all that is said of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plot.language.syntax.nodes import (
    Call,
    Compare,
    Comprehension,
    Constant,
    Expr,
    Index,
    ListExpr,
    Name,
    NameTarget,
    Slice,
    TupleTarget,
    Unary,
    walk,
)
from plot.translate.english.build import both, call, unified
from plot.translate.english.paraphrase.patterns import (
    Roles,
    absorbed,
    applied,
    call_of,
    conjuncts,
    mentions,
)
from plot.translate.english.paraphrase.phrases import (
    Clause,
    NotCanonicalError,
    NounPhrase,
    Scope,
    Simple,
    article,
    gapped,
    in_words,
    listed,
    ordinal,
    text_of,
    verb_phrase,
)
from plot.translate.english.paraphrase.scene import Scene
from plot.translate.english.vocabulary import person_noun
from plot.world.inflect import compared, plural
from plot.world.lexicon import Noun, expression

ONE = NounPhrase("one")  # whoever a noun of relation is about


@dataclass(frozen=True, slots=True)
class Nominal:
    """A noun with what belongs to it: *red mugs that are left of a can*; `owner` is whose, of a relation."""

    noun: str
    plural: str
    person: bool
    adjectives: tuple[str, ...] = ()
    owner: NounPhrase | None = None
    place: str = ""
    clauses: tuple[Clause, ...] = ()
    variable: str = "x"
    excepted: tuple[NounPhrase, ...] = ()

    def words(self, many: bool) -> str:
        """Return the kind in words, without a determiner."""
        parts = [*self.adjectives, self.plural if many else self.noun]
        parts += [f"of {text_of(self.owner)}"] if self.owner is not None and self.owner != ONE else []
        parts += [self.place] if self.place else []
        parts += [self._relative(many)] if self.clauses else []
        parts += [f"besides {listed([text_of(one) for one in self.excepted])}"] if self.excepted else []
        return " ".join(parts)

    def _relative(self, many: bool) -> str:
        """Return the relative clauses: *who are lazy and beat Sue*, *that Bob likes*."""
        pronoun = "who" if self.person else "that"
        try:
            verbs = [verb_phrase(one, self.variable, many) for one in self.clauses]
            return f"{pronoun} {' and '.join(verbs)}"
        except NotCanonicalError:
            if len(self.clauses) > 1:
                raise
        found = gapped(self.clauses[0], self.variable)
        if found is None:
            raise NotCanonicalError
        return f"that {found[0]} {found[1]}"

    def phrase(self, determiner: str, scope: Scope, *, many: bool = False) -> NounPhrase:
        """Return a noun phrase; the determiner *a* is *an* where it must be."""
        words = self.words(many)
        if self.owner == ONE:
            return NounPhrase(f"one's {words}", many, person=self.person)
        text = article(words) if determiner == "a" else f"{determiner} {words}".strip()
        return NounPhrase(text, many, scope=scope, person=self.person)


# -- individuals and teams -------------------------------------------------------------------------------------


def term(scene: Scene, expr: Expr) -> NounPhrase:
    """Return the noun phrase of an individual or a team. Raises NotCanonicalError."""
    if isinstance(expr, Name) and expr.id == scene.oneself:
        return ONE
    if isinstance(expr, Name) and expr.id in scene.variables:
        return NounPhrase(hole=expr.id)
    if isinstance(expr, Name) and expr.id in scene.groups:
        return NounPhrase(group_words(scene, expr.id), many=False)
    if isinstance(expr, ListExpr):
        return _team(scene, [term(scene, item) for item in expr.items])
    named = individual(scene, expr)
    if named is not None:
        return NounPhrase(named)
    only = call_of(expr, "first")
    if only is not None and isinstance(only[0], Comprehension):
        return kind_of(scene, only[0]).phrase("the", "")
    together = call_of(expr, "concat", 2)
    if together is not None:
        return _team(scene, [term(scene, part) for part in together])
    if isinstance(expr, Comprehension) and isinstance(expr.element, Name):
        return kind_of(scene, expr).phrase("the", "", many=True)
    return superlative(scene, expr)


def _team(scene: Scene, parts: Sequence[NounPhrase]) -> NounPhrase:
    if len(parts) == 1:
        return parts[0]
    if not parts or any(part.scope for part in parts):
        raise NotCanonicalError
    return NounPhrase(listed([text_of(part) for part in parts]), many=True)


def group_words(scene: Scene, variable: str) -> str:
    """Return a team by its name."""
    words = [word for key, noun in scene.lexicon.nouns.items() if noun.group for word in (key, *noun.also)]
    head = next((word for word in words if variable.startswith(f"{word}_")), None)
    owner, _, tail = variable.partition("_")
    apart = re.search(rf"\b{re.escape(owner)}\b(?!\s+{re.escape(tail)})", scene.said.casefold())
    if head is None and tail in words and apart is not None and f"the {owner}" not in scene.said.casefold():
        return f"{scene.spell(owner)}'s {tail}"
    if head is not None:
        return f"{head} {variable[len(head) + 1 :].upper()}"
    return f"the {' '.join(word.upper() if len(word) == 1 else word for word in variable.split('_'))}"


def individual(scene: Scene, expr: Expr) -> str | None:
    """Return what an individual is called; None for what is none."""
    lexicon = scene.lexicon
    known = [phrase for phrase, code in lexicon.individuals.items() if expression(code) == expr]
    if known:
        said = scene.said.casefold()
        return next((phrase for phrase in sorted(known, key=len, reverse=True) if f" {phrase}" in said), known[0])
    if lexicon.bearer is not None:
        roles: Roles = {}
        if not unified(expression(lexicon.bearer), expr, ("x",), roles):
            return None
        expr = roles["x"]
    return scene.spell(expr.value) if isinstance(expr, Constant) and isinstance(expr.value, str) else None


def superlative(scene: Scene, expr: Expr) -> NounPhrase:
    """Return *the strongest player*, *the two weakest players*. Raises NotCanonicalError for anything else."""
    several = 0
    if isinstance(expr, Slice) and expr.lower is None and isinstance(expr.upper, Constant):
        several = expr.upper.value if isinstance(expr.upper.value, int) else 0
        expr = Index(value=expr.value, index=Constant(value=0)) if several > 1 else expr
    found = order_of(expr)
    if found is None:
        raise NotCanonicalError
    degree, source, least, place = found
    things = kind_of_list(scene, source)
    for word, adjective in scene.entries.gradable():
        roles: Roles = {"x": Name(id="o")}
        if unified(expression(str(adjective.degree)), applied(degree, Name(id="o")), ("x",), roles):
            if (adjective.below is not None) != least:
                continue
            rank = _most(word, adjective.superlative)
            before = f"{in_words(several)} " if several else f"{ordinal(place)} " if place > 1 else ""
            words = things.words(bool(several))
            return NounPhrase(f"the {before}{rank} {words}", bool(several), person=things.person)
    raise NotCanonicalError


def _most(word: str, given: str | None) -> str:
    forms = compared(word)
    return given or (forms[1] if forms is not None else f"most {word}")


def order_of(expr: Expr) -> tuple[Expr, Expr, bool, int] | None:
    """Return the degree, the list, whether the least is first, and the place of what an order picks."""
    for name, least in (("argmax", False), ("argmin", True)):
        found = call_of(expr, name, 2)
        if found is not None:
            return found[0], found[1], least, 1
    ordered = expr.value if isinstance(expr, Index) else None
    if not isinstance(ordered, Call) or ordered.function != Name(id="sorted") or len(ordered.args) != 1:
        return None
    keywords = dict(ordered.keywords)
    reverse, key = keywords.get("reverse") == Constant(value=True), keywords.get("key")
    place = expr.index if isinstance(expr, Index) else expr
    if key is None:
        return None
    if isinstance(place, Unary) and isinstance(place.operand, Constant) and isinstance(place.operand.value, int):
        return key, ordered.args[0], reverse, place.operand.value
    if isinstance(place, Constant) and isinstance(place.value, int):
        return key, ordered.args[0], not reverse, place.value + 1
    return None


# -- kinds -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listing:
    """The parts of a comprehension with one variable: `[element for variable in source if tests]`."""

    element: Expr
    variable: str
    source: Expr
    tests: tuple[Expr, ...]
    index: str | None = None


def loop_of(expr: Expr) -> Listing | None:
    """Return the parts of a comprehension; None for one of another form."""
    if not isinstance(expr, Comprehension) or len(expr.generators) != 1:
        return None
    (generator,) = expr.generators
    tests = tuple(part for test in generator.conditions for part in conjuncts(test))
    target, source = generator.target, generator.iterable
    if isinstance(target, NameTarget):
        return Listing(expr.element, target.id, source, tests)
    counted = call_of(source, "enumerate")
    if isinstance(target, TupleTarget) and counted is not None and len(target.items) == 2:
        index, item = target.items
        if isinstance(index, NameTarget) and isinstance(item, NameTarget):
            return Listing(expr.element, item.id, counted[0], tests, index.id)
    return None


def kind_of_list(scene: Scene, expr: Expr) -> Nominal:
    """Return the kind of a list: of a comprehension, or of all of a sort."""
    loop = loop_of(expr)
    if loop is None:
        return restricted(scene, Listing(Name(id="x"), "x", expr, ()), ())
    return kind_of(scene, expr)


def kind_of(scene: Scene, expr: Expr) -> Nominal:
    """Return the kind of those of a comprehension, all of whose tests belong to the noun."""
    loop = loop_of(expr)
    if loop is None or loop.element != Name(id=loop.variable):
        raise NotCanonicalError
    return restricted(scene, loop, loop.tests)


def restricted(scene: Scene, loop: Listing, tests: Sequence[Expr]) -> Nominal:
    """Return the kind of those of a list that pass tests. Raises NotCanonicalError."""
    kind, left = best_noun(scene, loop, [test for test in tests if not _takes_part(scene, loop, test, tests)])
    inner = scene.within(loop.variable, loop.index)
    excepted, rest = _exceptions(inner, loop.variable, left)
    clauses = _clauses(inner, rest)
    words = [_attribute_of(one, loop.variable) for one in clauses]
    return replace(
        kind,
        adjectives=tuple(word for word in words if word is not None),
        clauses=tuple(one for one, word in zip(clauses, words, strict=True) if word is None),
        variable=loop.variable,
        excepted=excepted,
    )


def _clauses(scene: Scene, tests: Sequence[Expr]) -> list[Clause]:
    if not tests:
        return []
    found = scene.clause(scene, both(tests))
    parts = getattr(found, "parts", ()) if getattr(found, "joint", "") == "and" else ()
    return list(parts) if parts and not hasattr(found, "subject") else [found]


def _takes_part(scene: Scene, loop: Listing, test: Expr, tests: Sequence[Expr]) -> bool:
    """Return whether a test says only that somebody took part in an event of which more is said of them."""
    if not isinstance(test, Compare) or test.ops != ("in",) or test.left != Name(id=loop.variable):
        return False
    who = getattr(test.comparators[0], "items", None)
    numbers = {
        node.value
        for one in (*tests, loop.element)
        for node in walk(one)
        if isinstance(node, Constant) and type(node.value) is int
    }
    meetings = [meeting.sides()[0] for meeting in scene.record if meeting.number in numbers]
    return who is not None and any(
        who == tuple(one for side in sides for one in getattr(side, "items", (side,))) for sides in meetings
    )


def _attribute_of(clause: Clause, variable: str) -> str | None:
    """Return what a clause says of a variable as words before a noun; None where they stand after it."""
    if isinstance(clause, Simple) and not clause.negated and clause.subject.hole == variable:
        return clause.attributive
    return None


def _exceptions(scene: Scene, variable: str, tests: Sequence[Expr]) -> tuple[tuple[NounPhrase, ...], tuple[Expr, ...]]:
    """Return who is left out, and the tests that remain."""
    excepted: list[NounPhrase] = []
    rest: list[Expr] = []
    for test in tests:
        other = without(variable, test)
        if other is None:
            rest.append(test)
        elif isinstance(other, ListExpr):
            excepted += [term(scene, item) for item in other.items]
        else:
            excepted.append(term(scene, other))
    return tuple(excepted), tuple(rest)


def without(variable: str, test: Expr) -> Expr | None:
    """Return whom a test leaves out: `x != "tom"`, `x not in ["tom", "sue"]`; None for another test."""
    if isinstance(test, Compare) and len(test.ops) == 1 and test.left == Name(id=variable):
        other = test.comparators[0]
        if test.ops[0] == "!=" or (test.ops[0] == "not in" and isinstance(other, ListExpr)):
            return other
    if isinstance(test, Compare) and test.ops == ("!=",) and test.comparators[0] == Name(id=variable):
        return test.left
    return None


def best_noun(scene: Scene, loop: Listing, tests: Sequence[Expr]) -> tuple[Nominal, tuple[Expr, ...]]:
    """Return the noun that says most of a list and its tests, and the tests that it does not say."""
    found: list[tuple[Nominal, tuple[Expr, ...]]] = []
    for word, noun in scene.entries.nouns():
        if noun.of is None:
            found += _plain_noun(word, noun, loop, tests)
        else:
            found += _relation(scene, word, noun, loop, tests)
    found += _defined_relation(scene, loop, tests) + _of_group(scene, loop, tests)
    if not found:
        raise NotCanonicalError
    return min(found, key=lambda pair: len(pair[1]))


def _plain_noun(word: str, noun: Noun, loop: Listing, tests: Sequence[Expr]) -> list[tuple[Nominal, tuple[Expr, ...]]]:
    if noun.domain is None or expression(noun.domain) != loop.source:
        return []
    pattern = () if noun.means is None else conjuncts(expression(noun.means))
    left = absorbed(pattern, tests, ("x",), {"x": Name(id=loop.variable)})
    return [] if left is None else [(Nominal(word, noun.plural or plural(word), bool(noun.person)), left)]


def _relation(
    scene: Scene, word: str, noun: Noun, loop: Listing, tests: Sequence[Expr]
) -> list[tuple[Nominal, tuple[Expr, ...]]]:
    roles: Roles = {"x": Name(id=loop.variable)}
    if noun.among is None or not unified(expression(noun.among), loop.source, ("of",), roles):
        roles = {"x": Name(id=loop.variable)}
        if noun.domain is None or expression(noun.domain) != loop.source:
            return _listed_relation(scene, word, noun, loop, tests)
    left = absorbed(conjuncts(expression(str(noun.of))), tests, ("x", "of"), roles)
    if left is None or "of" not in roles or mentions(roles["of"], loop.variable):
        return []
    owner = term(scene, roles["of"])
    return [(Nominal(word, noun.plural or plural(word), True, owner=owner), left)]


def _listed_relation(
    scene: Scene, word: str, noun: Noun, loop: Listing, tests: Sequence[Expr]
) -> list[tuple[Nominal, tuple[Expr, ...]]]:
    """A relation that is a list: `friends(of)`."""
    roles: Roles = {}
    if noun.domain is not None or not unified(expression(str(noun.of)), loop.source, ("of",), roles):
        return []
    return [(Nominal(word, noun.plural or plural(word), True, owner=term(scene, roles["of"])), tuple(tests))]


def _defined_relation(scene: Scene, loop: Listing, tests: Sequence[Expr]) -> list[tuple[Nominal, tuple[Expr, ...]]]:
    for name in scene.defined:
        of = call_of(loop.source, name)
        if name.endswith("_of") and of is not None:
            word = scene.word(name)
            return [(Nominal(word, plural(word), True, owner=term(scene, of[0])), tuple(tests))]
    return []


def _of_group(scene: Scene, loop: Listing, tests: Sequence[Expr]) -> list[tuple[Nominal, tuple[Expr, ...]]]:
    """The members of a team, which may be the list itself or a test of it."""
    person = person_noun(scene.lexicon)
    word = next((key for key, noun in scene.lexicon.nouns.items() if noun is person), None)
    if word is None or person is None:
        return []
    x = Name(id=loop.variable)
    many = person.plural or plural(word)
    if isinstance(loop.source, Name) and loop.source.id in scene.groups:
        return [(Nominal(word, many, True, place=f"on {group_words(scene, loop.source.id)}"), tuple(tests))]
    if person.domain is None or expression(person.domain) != loop.source:
        return []
    found: list[tuple[Nominal, tuple[Expr, ...]]] = []
    for name in scene.defined:
        if call(name, x) in tests and not name.endswith("_of"):
            left = tuple(test for test in tests if test != call(name, x))
            defined = scene.word(name)
            found.append((Nominal(defined, plural(defined), True), left))
    return found


__all__ = [
    "Listing",
    "Nominal",
    "best_noun",
    "group_words",
    "individual",
    "kind_of",
    "kind_of_list",
    "loop_of",
    "order_of",
    "restricted",
    "superlative",
    "term",
    "without",
]
