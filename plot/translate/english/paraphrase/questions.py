"""From what a query asks for to a question: whether, which, who, how many, how strong, where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from plot.language.syntax.nodes import Binary, Compare, Constant, Expr, IfExpr, ListExpr, Name
from plot.translate.english.build import both, template, unified
from plot.translate.english.paraphrase.clauses import clause
from plot.translate.english.paraphrase.events import often, times
from plot.translate.english.paraphrase.nouns import (
    Listing,
    Nominal,
    group_words,
    kind_of_list,
    loop_of,
    order_of,
    restricted,
    term,
)
from plot.translate.english.paraphrase.patterns import (
    Roles,
    applied,
    call_of,
    conjuncts,
    matched,
    matched_expr,
    mentions,
)
from plot.translate.english.paraphrase.phrases import (
    NotCanonicalError,
    Simple,
    VerbForms,
    asked_gap,
    listed,
    question,
    related_to,
    statement,
    text_of,
    verb_phrase,
)
from plot.translate.english.paraphrase.predicates import more, named, number_of, owned, verb_of
from plot.translate.english.paraphrase.scene import Scene
from plot.translate.english.vocabulary import PREPOSITIONS
from plot.world.inflect import compared, plural
from plot.world.lexicon import expression


def asked(scene: Scene, expr: Expr) -> str:
    """Return the question for the value of an expression, without capital letter and mark. Raises NotCanonicalError."""
    for ask in (_whether, _how_many, _which, _who_of, _value, _who_is):
        try:
            found = ask(scene, expr)
        except NotCanonicalError:
            continue
        if found is not None:
            return found
    raise NotCanonicalError


def _whether(scene: Scene, expr: Expr) -> str | None:
    return question(clause(scene, expr))


# -- sets ------------------------------------------------------------------------------------------------------


def _how_many(scene: Scene, expr: Expr) -> str | None:
    listed_things = call_of(expr, "len")
    if listed_things is None:
        return _how_often(scene, expr)
    of_named = _how_many_of(scene, listed_things[0])
    if of_named is not None:
        return of_named
    kind = kind_of_list(scene, listed_things[0])
    if kind.owner is not None and not kind.clauses:
        words = replace(kind, owner=None).words(True)
        return f"how many {words} does {text_of(kind.owner)} have"
    if not kind.clauses:
        return f"how many {kind.words(True)} are there"
    return f"how many {_main(kind)}"


def _how_many_of(scene: Scene, expr: Expr) -> str | None:
    """How many of some who are named are so: *how many of Tom and Sue are lazy*."""
    loop = loop_of(expr)
    if loop is None or not isinstance(loop.source, ListExpr) or not loop.tests:
        return None
    said = clause(scene.within(loop.variable, loop.index), both(loop.tests))
    return f"how many of {text_of(term(scene, loop.source))} {verb_phrase(said, loop.variable, True)}"


def _main(kind: Nominal) -> str:
    """Return a kind whose last clause has become the predicate of the sentence."""
    *others, last = kind.clauses
    compared = [part for part in related_to(last, always=False) if part.hole != kind.variable]
    if any(part not in kind.excepted for part in compared):  # whom *who is as strong as Tom* leaves out
        raise NotCanonicalError
    kind = replace(kind, excepted=tuple(part for part in kind.excepted if part not in compared))
    words = replace(kind, clauses=tuple(others)).words(True)
    try:
        return f"{words} {verb_phrase(last, kind.variable, True)}"
    except NotCanonicalError:
        found = asked_gap(last, kind.variable)
        if found is None:
            raise
        return f"{words} {found}"


def _how_often(scene: Scene, expr: Expr) -> str | None:
    """In how many of some events something is so, where each is listed."""
    counted = call_of(expr, "count")
    if counted is None or not isinstance(counted[0], ListExpr) or not counted[0].items:
        return None
    parts = counted[0].items
    state = often(scene, parts)
    if state is not None:
        return f"in how many {plural(scene.entries.event() or '')} {state}"
    done = times(scene, parts)
    if done is None:
        raise NotCanonicalError
    key, entry, subject, object_ = done
    verb, rest = verb_of(key, entry)
    if object_ is not None:
        words = (verb.base, rest, text_of(term(scene, object_)))
        return f"how many times did {text_of(term(scene, subject))} {' '.join(word for word in words if word)}"
    alone = _alone(scene, verb)
    if alone is None:
        raise NotCanonicalError
    return f"how many {plural(scene.entries.event() or '')} did {text_of(term(scene, subject))} {alone.base}"


def _which(scene: Scene, expr: Expr) -> str | None:
    loop = loop_of(expr)
    if loop is None:
        return f"which {kind_of_list(scene, expr).words(True)} are there" if isinstance(expr, Name) else None
    shown = scene.lexicon.shown
    if shown is not None and loop.element == template(shown, x=Name(id=loop.variable)):
        loop = replace(loop, element=Name(id=loop.variable))
    if loop.element != Name(id=loop.variable):
        return None
    related = _whose(scene, loop)
    if related is not None:
        return related
    kind = restricted(scene, loop, loop.tests)
    if kind.clauses:
        return f"which {_main(kind)}"
    if kind.owner is not None:
        return f"who are the {kind.words(True)}"
    if kind.adjectives:
        words = replace(kind, adjectives=()).words(True)
        return f"which {words} are {' and '.join(kind.adjectives)}"
    general = restricted(scene, replace(loop, tests=()), ()).plural
    return f"which {general} are {kind.words(True)}" if general != kind.plural else f"which {general} are there"


def _whose(scene: Scene, loop: Listing) -> str | None:
    """Those to whom somebody is related: *who is Blake the mother of*."""
    for word, noun in scene.entries.nouns():
        if noun.of is None or noun.domain is None or expression(noun.domain) != loop.source or not loop.tests:
            continue
        roles = matched_expr(expression(noun.of), both(loop.tests), "x", "of", of=Name(id=loop.variable))
        if roles is not None and len(conjuncts(expression(noun.of))) > 1:
            return f"who is {text_of(term(scene, roles['x']))} the {word} of"
    return None


# -- one of several --------------------------------------------------------------------------------------------


def _who_of(scene: Scene, expr: Expr) -> str | None:
    if isinstance(expr, IfExpr):
        return _choice(scene, expr) or _winner(scene, expr)
    found = order_of(expr)
    if found is None or not isinstance(found[1], ListExpr) or found[3] != 1:
        return None
    degree, source, least = found[0], found[1].items, found[2]
    for word, adjective in scene.entries.gradable():
        if (adjective.below is not None) == least and _is(str(adjective.degree), degree):
            people = named(scene, source)
            if len(people) == 2:
                return f"who is {more(word, adjective)}, {listed(people, 'or')}"
            return f"who of {listed(people)} is the {_superlative(word, adjective.superlative)}"
    return None


def _superlative(word: str, given: str | None) -> str:
    forms = compared(word)
    return given or (forms[1] if forms is not None else f"most {word}")


def _is(code: str, degree: Expr) -> bool:
    return unified(expression(code), applied(degree, Name(id="o")), ("x",), {"x": Name(id="o")})


def _choice(scene: Scene, expr: IfExpr) -> str | None:
    """Which of some alternatives is so, each of which is told by its name: *which is true: A or B?*"""
    if isinstance(expr.test, Compare) and call_of(expr.test.left, "count") is not None:
        assert isinstance(expr.orelse, IfExpr)
        expr = expr.orelse
    tests: list[Expr] = []
    found: Expr = expr
    while isinstance(found, IfExpr):
        tests.append(found.test)
        found = found.orelse
    if not isinstance(found, Constant) or found.value not in ("neither", "none of these"):
        return None
    return f"which is true: {listed([statement(clause(scene, test)) for test in tests], 'or')}"


def _winner(scene: Scene, expr: IfExpr) -> str | None:
    """The side of a match of which a verb is true: *who would win, Mary or Tom?*"""
    said = clause(scene, expr.test)
    texts = [text_of(term(scene, side)) for side in (expr.then, expr.orelse)]
    for one in said.variants if isinstance(said, Simple) else ():
        verb = _alone(scene, one.verb)
        if one.negated or verb is None or [text_of(part) for part in one.phrases()] != texts:
            continue
        meeting = meeting_of(scene)
        mark = one.after[-1] if isinstance(one.after[-1], str) else ""
        if one.tense == "modal" and meeting is not None:
            return f"if {texts[0]} {meeting} {texts[1]}, who would {verb.base} {mark}".rstrip(" ")
        if one.tense == "past" and mark.startswith("in the "):
            return f"who {verb.past} {mark.removeprefix('in ')}"
    raise NotCanonicalError


def _alone(scene: Scene, verb: VerbForms) -> VerbForms | None:
    """Return the verb that says the same without an object: *win* for *beat*."""
    for key, entry in scene.lexicon.verbs.items():
        if verb_of(key, entry)[0] == verb:
            for phrase in (key, *entry.also):
                head, _, rest = phrase.partition(" ")
                if rest in PREPOSITIONS and head in ("win", "lose"):
                    return verb_of(phrase, entry)[0]
    return None


def meeting_of(scene: Scene) -> str | None:
    """Return the verb that says only that two sides met, in the past: *played against*."""
    for key, entry in scene.lexicon.verbs.items():
        if entry.means is None:
            verb, rest = verb_of(key, entry)
            return f"{verb.past} {rest}".strip()
    return None


def _who_is(scene: Scene, expr: Expr) -> str | None:
    found = order_of(expr)
    if found is None:
        shown = scene.lexicon.shown
        roles: Roles = {}
        if shown is None or not unified(expression(shown), expr, ("x",), roles):
            return None
        expr = roles["x"]
    phrase = term(scene, expr)
    return f"{'who' if phrase.person else 'what'} is {text_of(phrase)}"


# -- figures and other values ----------------------------------------------------------------------------------


def _value(scene: Scene, expr: Expr) -> str | None:
    makes: tuple[Callable[[Scene, Expr], str | None], ...] = (
        _how,
        _statistic,
        _attribute,
        _difference,
        _where,
        _how_much,
        _rank,
    )
    for make in makes:
        found = make(scene, expr)
        if found is not None:
            return found
    return None


def _how(scene: Scene, expr: Expr) -> str | None:
    for word, adjective in scene.entries.gradable():
        for degree in filter(None, (adjective.degree, adjective.team)):
            roles = matched(degree, expr, "x")
            if roles and "x" in roles:
                subject = term(scene, roles["x"])
                return f"how {word} {'are' if subject.many else 'is'} {text_of(subject)}"
    return None


def _attribute(scene: Scene, expr: Expr) -> str | None:
    for word, attribute in scene.entries.attributes():
        roles = matched(attribute.value, expr, "x")
        if roles and "x" in roles and not (isinstance(roles["x"], Constant) or roles["x"] == expr):
            return f"what is {_owned(scene, roles['x'], word)}"
        if roles and "x" in roles and expression(attribute.value) != Name(id="x"):
            return f"what is {_owned(scene, roles['x'], word)}"
        if roles and "x" in roles and order_of(expr) is not None:
            return f"what {word} is {text_of(term(scene, expr))}"
    return None


def _owned(scene: Scene, expr: Expr, word: str) -> str:
    return owned(term(scene, expr), word)


def _statistic(scene: Scene, expr: Expr) -> str | None:
    """The mean or the sum of an attribute, or how far two differ: *the average strength of the players*."""
    gap = call_of(expr, "abs")
    for word, attribute in scene.entries.attributes():
        for function, said in (("mean", "average"), ("sum", "total")):
            values = call_of(expr, function)
            loop = loop_of(values[0]) if values is not None else None
            if loop is None or not matched(attribute.value, loop.element, "x", x=Name(id=loop.variable)):
                continue
            group = loop.source.id if isinstance(loop.source, Name) and not loop.tests else ""
            words = group_words(scene, group) if group in scene.groups else _all_of(scene, loop)
            return f"what is the {said} {word} of {words}"
        if gap is not None and isinstance(gap[0], Binary) and gap[0].op == "-":
            one, other = (matched(attribute.value, side, "x") for side in (gap[0].left, gap[0].right))
            if one and other:
                first, second = (text_of(term(scene, roles["x"])) for roles in (one, other))
                return f"what is the difference in {word} between {first} and {second}"
    return None


def _all_of(scene: Scene, loop: Listing) -> str:
    """Return all of a list that pass its tests, with *the*."""
    return f"the {restricted(scene, loop, loop.tests).words(True)}"


def _difference(scene: Scene, expr: Expr) -> str | None:
    if not isinstance(expr, Binary) or expr.op != "-":
        return None
    for word, adjective in scene.entries.gradable():
        one, other = (matched(str(adjective.degree), side, "x") for side in (expr.left, expr.right))
        if one and other:
            first, second = (text_of(term(scene, roles["x"])) for roles in (one, other))
            return f"how much {more(word, adjective)} is {first} than {second}"
    return None


def _where(scene: Scene, expr: Expr) -> str | None:
    """What a verb's object is: *where does Bob go*."""
    for key, entry in scene.entries.verbs():
        means = expression(str(entry.means))
        if not isinstance(means, Compare) or means.ops != ("==",) or means.comparators != (Name(id="object"),):
            continue
        roles: Roles = {}
        if unified(means.left, expr, ("subject",), roles):
            verb, rest = verb_of(key, entry)
            middle = rest.rpartition(" ")[0]
            return f"where does {text_of(term(scene, roles['subject']))} {verb.base} {middle}".strip()
    return None


def _how_much(scene: Scene, expr: Expr) -> str | None:
    for key, entry in scene.entries.verbs():
        if entry.degree is None or not mentions(expression(entry.degree), "object"):
            continue
        roles = matched(entry.degree, expr, "subject", "object")
        if roles and set(roles) == {"subject", "object"}:
            verb, rest = verb_of(key, entry)
            words = (verb.base, rest, text_of(term(scene, roles["object"])))
            subject = text_of(term(scene, roles["subject"]))
            return f"how much does {subject} {' '.join(word for word in words if word)}"
    return None


def _rank(scene: Scene, expr: Expr) -> str | None:
    """A place out of so many: *out of 100 athletes, where does Kay rank in strength*."""
    if not isinstance(expr, Binary) or expr.op != "*":
        return _place(scene, expr)
    size = number_of(expr.left)
    for word, attribute in scene.entries.attributes():
        roles = matched(attribute.share, expr.right, "x") if attribute.share is not None else None
        if roles and size is not None:
            people = kind_of_list(scene, Name(id=scene.lexicon.names[0])).plural
            return f"out of {int(size)} {people}, where does {text_of(term(scene, roles['x']))} rank in {word}"
    return None


def _place(scene: Scene, expr: Expr) -> str | None:
    """A place among all: one more than how many have more."""
    if not isinstance(expr, Binary) or expr.op != "+" or number_of(expr.left) != 1:
        return None
    above = call_of(expr.right, "len")
    loop = loop_of(above[0]) if above is not None else None
    test = loop.tests[0] if loop is not None and len(loop.tests) == 1 else None
    if loop is None or not isinstance(test, Compare) or test.ops != (">",):
        return None
    for word, attribute in scene.entries.attributes():
        first = matched(attribute.value, test.left, "x", x=Name(id=loop.variable))
        second = matched(attribute.value, test.comparators[0], "x")
        if first and second and "x" in second:
            return f"where does {text_of(term(scene, second['x']))} rank in {word}"
    return None


__all__ = ["asked", "meeting_of"]
