"""Clauses of one subject and one verb: what each entry of the lexicon says, recognised in an expression."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from plot.language.syntax.nodes import Binary, Compare, Constant, Expr, Name, Slice, Unary
from plot.translate.english.adjectives import ABOUT, attribute_of, precision_of
from plot.translate.english.build import negated, unified
from plot.translate.english.paraphrase.nouns import individual, loop_of, order_of, superlative, term
from plot.translate.english.paraphrase.patterns import Roles, call_of, matched, matched_expr, mentions
from plot.translate.english.paraphrase.phrases import (
    BE,
    HAVE,
    NotCanonicalError,
    NounPhrase,
    Simple,
    Tense,
    VerbForms,
    article,
    in_words,
    text_of,
)
from plot.translate.english.paraphrase.scene import NEW, Scene
from plot.translate.english.vocabulary import PREPOSITIONS
from plot.world.inflect import compared, verb_forms
from plot.world.lexicon import Adjective, expression
from plot.world.lexicon import Verb as VerbEntry

BOUNDS = {">": "above", "<": "below", ">=": "at least", "<=": "at most"}
COUNTS = {">": "more than", "<": "less than", ">=": "at least", "<=": "at most"}
FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def simple(scene: Scene, expr: Expr) -> Simple | None:
    """Return what an expression says as a clause of subject and verb, with its variants; None where no entry does."""
    makers = (_plain, _degree, _compared, _valued, _doing, _defined, _placed, _of_a_kind, _member, _best)
    stated = isinstance(expr, Compare) and number_of(expr.comparators[0]) in scene.figures
    return (figured(scene, expr) if stated else None) or _made(scene, expr, makers)


def figured(scene: Scene, expr: Expr) -> Simple | None:
    """Return what an expression says of a figure that no word stands for; None where it says nothing of one."""
    return _made(scene, expr, (_against_figures, _measured))


def _made(scene: Scene, expr: Expr, makers: Iterable[Callable[[Scene, Expr], Iterable[Simple]]]) -> Simple | None:
    found: list[Simple] = []
    for make in makers:
        try:
            found += make(scene, expr)
        except NotCanonicalError:
            continue
    return replace(found[0], others=tuple(found[1:])) if found else None


def be(subject: NounPhrase, *after: str | NounPhrase, attributive: str | None = None) -> Simple:
    """Return a clause with *be*."""
    return Simple(subject, BE, after, attributive=attributive)


def number_of(expr: Expr) -> float | None:
    """Return a constant number; None for anything else."""
    if isinstance(expr, Unary) and expr.op == "-":
        inner = number_of(expr.operand)
        return None if inner is None else -inner
    if isinstance(expr, Constant) and isinstance(expr.value, (int, float)) and not isinstance(expr.value, bool):
        return float(expr.value)
    return None


# -- adjectives ------------------------------------------------------------------------------------------------


def _plain(scene: Scene, expr: Expr) -> Iterator[Simple]:
    for word, adjective in scene.entries.plain():
        roles = matched(str(adjective.means), expr, "x")
        if roles is not None and not roles:
            yield be(NounPhrase("it"), word)
        elif roles is not None:
            yield be(term(scene, roles["x"]), word, attributive=word)
        roles = matched_expr(negated(expression(str(adjective.means))), expr, "x")
        if roles is not None and not roles and adjective.opposite:
            yield be(NounPhrase("it"), adjective.opposite[0])
        elif roles and adjective.opposite:
            yield be(term(scene, roles["x"]), adjective.opposite[0], attributive=adjective.opposite[0])
        yield from _in_event(scene, word, adjective, expr)
    for word, adjective in scene.entries.lexicon.adjectives.items():
        yield from _in_event(scene, word, adjective, expr) if adjective.means is None else ()


def _in_event(scene: Scene, word: str, adjective: Adjective, expr: Expr) -> Iterator[Simple]:
    if adjective.event is None:
        return
    roles = matched(adjective.event, expr, "x", "event")
    if not roles or "event" not in roles or "x" not in roles:
        return
    moment = replace(scene, explicit=True).moment(roles["event"])
    if moment is not None:
        yield replace(be(term(scene, roles["x"]), word, moment), tense="past")


def _valued(scene: Scene, expr: Expr) -> Iterator[Simple]:
    """An attribute that has one of its values: *is red*."""
    for _, attribute in scene.entries.attributes():
        for word, value in attribute.values.items():
            roles = matched(f"({attribute.value}) == ({value})", expr, "x")
            if roles and "x" in roles:
                yield be(term(scene, roles["x"]), word, attributive=word)


def _degree(scene: Scene, expr: Expr) -> Iterator[Simple]:
    """A degree that is beyond one of the thresholds of an adjective: *is very strong*."""
    for word, adjective in scene.entries.gradable():
        op = ">" if adjective.below is None else "<"
        limits = [("", adjective.above if adjective.below is None else adjective.below)]
        limits += [(f"{degree} ", limit) for degree, limit in adjective.degrees.items()]
        for before, limit in limits:
            for degree in filter(None, (adjective.degree, adjective.team)):
                roles = matched(f"({degree}) {op} ({limit})", expr, "x")
                if roles and "x" in roles:
                    words = f"{before}{word}"
                    attributive = words if degree == adjective.degree and not before.startswith("a ") else None
                    yield be(term(scene, roles["x"]), words, attributive=attributive)


def _compared(scene: Scene, expr: Expr) -> Iterator[Simple]:
    """A comparison of degrees: *is much stronger than Tom*, *is at least as strong as Tom*."""
    if not isinstance(expr, Compare) or len(expr.ops) != 1:
        return
    for word, adjective in scene.entries.gradable():
        yield from _pair(scene, expr, word, adjective)
        yield from _margin(scene, expr, word, adjective)
        yield from _near(scene, expr, word, adjective)


def more(word: str, adjective: Adjective, less: bool = False) -> str:
    """Return the comparative of an adjective: *stronger*, or *less strong*."""
    forms = compared(word)
    if less:
        return f"less {word}"
    return adjective.comparative or (forms[0] if forms is not None else f"more {word}")


def _sides(scene: Scene, adjective: Adjective, first: Expr, second: Expr) -> tuple[NounPhrase, NounPhrase] | None:
    """Return whose degrees two expressions are: of individuals, or of teams."""
    found: list[NounPhrase] = []
    for side in (first, second):
        codes = filter(None, (adjective.degree, adjective.team))
        roles = next((roles for code in codes for roles in [matched(code, side, "x")] if roles), {})
        if "x" not in roles:
            return None
        found.append(term(scene, roles["x"]))
    return found[0], found[1]


def _pair(scene: Scene, expr: Compare, word: str, adjective: Adjective) -> Iterator[Simple]:
    op, left, right = expr.ops[0], expr.left, expr.comparators[0]
    times, right = _factor(right)
    sides = _sides(scene, adjective, left, right)
    if sides is None or op not in BOUNDS:
        return
    one, other = sides
    if times is not None:
        if adjective.below is None and times != 1:
            yield replace(be(one, f"{COUNTS[op]} {in_words(times)} times as {word} as", other), reflexive=True)
        return
    up = ">" if adjective.below is None else "<"
    if op == up:
        yield be(one, f"{more(word, adjective)} than", other)
        yield be(other, f"{more(word, adjective, less=True)} than", one)
    elif op == FLIPPED[up]:
        yield be(other, f"{more(word, adjective)} than", one)
        yield be(one, f"{more(word, adjective, less=True)} than", other)
    elif op == f"{up}=":
        yield replace(be(one, f"at least as {word} as", other), reflexive=True)
        yield replace(be(other, f"{more(word, adjective)} than", one), negated=True)
    else:
        yield replace(be(one, f"{more(word, adjective)} than", other), negated=True)
        yield replace(be(other, f"at least as {word} as", one), reflexive=True)


def _factor(expr: Expr) -> tuple[float | None, Expr]:
    if isinstance(expr, Binary) and expr.op == "*":
        times = number_of(expr.left)
        if times is not None:
            return times, expr.right
    return None, expr


def _margin(scene: Scene, expr: Compare, word: str, adjective: Adjective) -> Iterator[Simple]:
    left, amount = expr.left, number_of(expr.comparators[0])
    if not isinstance(left, Binary) or left.op != "-" or amount is None or expr.ops[0] not in (">", ">="):
        return
    sides = _sides(scene, adjective, left.left, left.right)
    if sides is None:
        return
    one, other = sides if adjective.below is None else (sides[1], sides[0])
    degree_word = more(word, adjective)
    for margin, least in adjective.margins.items():
        if margin != "a bit" and least == amount and expr.ops[0] == ">":
            yield be(one, f"{margin} {degree_word} than", other)
    unit = _unit(adjective, scene)
    bound = "more than " if expr.ops[0] == ">" else "at least "
    yield be(one, f"{bound}{in_words(amount)}{unit} {degree_word} than", other)


def _unit(adjective: Adjective, scene: Scene) -> str:
    """Return the unit in which degrees are told, with a space before it."""
    attribute = attribute_of(adjective, scene.lexicon)
    units = adjective.units or (attribute.units if attribute is not None else ())
    return f" {units[-1]}" if units else ""


def _near(scene: Scene, expr: Compare, word: str, adjective: Adjective) -> Iterator[Simple]:
    gap = call_of(expr.left, "abs")
    amount = number_of(expr.comparators[0])
    if gap is None or expr.ops[0] != "<=" or amount is None or amount != adjective.tolerance:
        return
    difference = gap[0]
    if isinstance(difference, Binary) and difference.op == "-":
        sides = _sides(scene, adjective, difference.left, difference.right)
        if sides is not None:
            for one, other in (sides, sides[::-1]):
                yield replace(be(one, f"exactly as {word} as", other), reflexive=True)


def _against_figures(scene: Scene, expr: Expr) -> Iterator[Simple]:
    for word, adjective in scene.entries.gradable():
        if isinstance(expr, Compare) and len(expr.ops) == 1:
            yield from _against_figure(scene, expr, word, str(adjective.degree))


def _against_figure(scene: Scene, expr: Compare, word: str, degree: str) -> Iterator[Simple]:
    figure = number_of(expr.comparators[0])
    if expr.ops[0] not in (">", "<"):
        return
    roles = matched(degree, expr.left, "x")
    mean = call_of(expr.comparators[0], "mean")
    if figure is None and (not roles or mean is None or not _of_all(scene, degree, mean[0])):
        return
    adjective = scene.lexicon.adjectives[word]
    if roles and "x" in roles and (expr.ops[0] == ">") == (adjective.below is None):
        unit = _unit(adjective, scene)
        than = "average" if figure is None else f"{in_words(figure)}{unit if unit and unit in scene.said else ''}"
        yield be(term(scene, roles["x"]), f"{more(word, adjective)} than {than}")


def _of_all(scene: Scene, degree: str, listed: Expr) -> bool:
    """Return whether a list holds the degree of each individual."""
    loop = loop_of(listed)
    return (
        loop is not None
        and not loop.tests
        and loop.source in [Name(id=name) for name in scene.lexicon.names]
        and bool(matched(degree, loop.element, "x", x=Name(id=loop.variable)))
    )


# -- attributes with a figure ----------------------------------------------------------------------------------


def owned(subject: NounPhrase, attribute: str) -> str:
    """Return an attribute with whose it is: *Mary's strength*, *the mass of the red ball*."""
    text = text_of(subject)
    return f"the {attribute} of {text}" if " " in text else f"{text}'s {attribute}"


def _measured(scene: Scene, expr: Expr) -> Iterator[Simple]:
    if not isinstance(expr, Compare) or len(expr.ops) != 1 or expr.ops[0] not in BOUNDS:
        return
    figure = number_of(expr.comparators[0])
    yield from _stated(scene, expr)
    for word, attribute in scene.entries.attributes():
        roles = matched(attribute.value, expr.left, "x")
        if not roles or "x" not in roles or attribute.values or figure is None:
            continue
        subject = owned(term(scene, roles["x"]), word)
        yield be(NounPhrase(subject), f"{BOUNDS[expr.ops[0]]} {in_words(figure)}")


def _stated(scene: Scene, expr: Compare) -> Iterator[Simple]:
    """A figure, give or take the precision with which it is stated: *Mary's strength is 60*."""
    gap, error = call_of(expr.left, "abs"), number_of(expr.comparators[0])
    if gap is None or expr.ops != ("<=",) or not isinstance(gap[0], Binary) or gap[0].op != "-" or error is None:
        return
    yield from reported(scene, gap[0].left, gap[0].right, error)


def reported(scene: Scene, value: Expr, figure: Expr, error: float) -> Iterator[Simple]:
    """Yield how a value is said to be a figure: *Mary's strength is 60*, *Tom is 10 points stronger than Sue*."""
    amount = number_of(figure)
    for word, attribute in scene.entries.attributes() if amount is not None else ():
        roles = matched(attribute.value, value, "x")
        about = _about(error, attribute.precision)
        if roles and "x" in roles and about is not None:
            yield be(NounPhrase(owned(term(scene, roles["x"]), word)), f"{about}{amount:.12g}")
    for word, adjective in scene.entries.gradable():
        about = _about(error, precision_of(adjective, scene.lexicon))
        if about is not None:
            yield from _differing(scene, (word, adjective), value, figure, about)


def _differing(scene: Scene, entry: tuple[str, Adjective], value: Expr, figure: Expr, about: str) -> Iterator[Simple]:
    """A difference of two degrees, or how many times another one of them is."""
    word, adjective = entry
    amount, (times, whole) = number_of(figure), _factor(figure)
    if amount is not None and isinstance(value, Binary) and value.op == "-":
        sides = _sides(scene, adjective, value.left, value.right)
        unit = _unit(adjective, scene)
        if sides is not None:
            one, other = sides if adjective.below is None else sides[::-1]
            yield be(one, f"{about}{amount:.12g}{unit} {more(word, adjective)} than", other)
    sides = _sides(scene, adjective, value, whole) if adjective.below is None else None
    if sides is not None and (times is not None or not about):
        often = f"{about}{in_words(times)} times " if times is not None else ""
        yield replace(be(sides[0], f"{often}as {word} as", sides[1]), reflexive=True)


def _about(error: float, precision: float) -> str | None:
    return {precision: "", ABOUT * precision: "about "}.get(error)


# -- verbs -----------------------------------------------------------------------------------------------------


def verb_of(key: str, entry: VerbEntry, *, stranded: bool = False) -> tuple[VerbForms, str]:
    """Return the forms of a verb phrase, and the words that stay as they are: *have*, *the flu*.

    `stranded` is a verb without an object, which is called by a phrase that does not end in a preposition.
    """
    if stranded:
        key = next((phrase for phrase in (key, *entry.also) if phrase.split()[-1] not in PREPOSITIONS), key)
    head, _, rest = key.partition(" ")
    forms = verb_forms(head)
    given = {name: form.split(" ")[0] for name, form in entry.forms.items()}
    forms = {**forms, **given}
    return VerbForms(head, forms["third"], forms["past"]), rest


def participle(key: str, entry: VerbEntry) -> str:
    """Return the participle of a verb, as in *is pushed*."""
    head, _, rest = key.partition(" ")
    return f"{entry.forms.get('participle') or verb_forms(head)['participle']} {rest}".strip()


def _doing(scene: Scene, expr: Expr) -> Iterator[Simple]:
    for key, entry in scene.entries.verbs():
        codes = [("", str(entry.means)), *entry.manners.items()]
        for manner, code in codes:
            roles = matched(code, expr, "subject", "object", "event")
            if roles is not None and roles:
                yield from _acting(scene, key, entry, manner, roles)
        yield from _preferred(scene, key, entry, expr)


def _acting(scene: Scene, key: str, entry: VerbEntry, manner: str, roles: Roles) -> Iterator[Simple]:
    if "subject" not in roles:
        if "object" in roles:
            yield be(term(scene, roles["object"]), participle(key, entry), manner)
        return
    verb, rest = verb_of(key, entry, stranded="object" not in roles)
    words = rest.split()
    preposition = words[-1] if words and words[-1] in PREPOSITIONS and "object" in roles else ""
    middle = " ".join(words[:-1]) if preposition else rest
    tense: Tense = "present"
    moment = ""
    if "event" in roles:
        known = scene.moment(roles["event"])
        if known is None:
            raise NotCanonicalError
        moment, tense = known, "modal" if scene.asked and known.startswith(NEW) else "past"
        if isinstance(roles["event"], Binary) and entry.event is not None:  # to each their own
            middle = middle.replace(f"the {entry.event}", f"a {entry.event}")
    subject = term(scene, roles["subject"])
    object_ = (term(scene, roles["object"]),) if "object" in roles else ()
    after = (middle, *((manner,) if preposition else ()), preposition, *object_)
    after = (*after, *(() if preposition else (manner,)), moment)
    said = tuple(part for part in after if part != "")
    yield Simple(subject, verb, said, tense=tense, reflexive="event" in roles and bool(object_))


def _preferred(scene: Scene, key: str, entry: VerbEntry, expr: Expr) -> Iterator[Simple]:
    """A degree of a verb that is greater than another: *likes pizza more than sushi*."""
    if entry.degree is None or not mentions(expression(entry.degree), "object"):
        return
    first, second = entry.degree, f"({entry.degree})".replace("object", "other")
    roles = matched(f"({first}) > {second}", expr, "subject", "object", "other")
    if roles is None or set(roles) != {"subject", "object", "other"}:
        return
    verb, rest = verb_of(key, entry)
    one, other = term(scene, roles["object"]), term(scene, roles["other"])
    yield Simple(term(scene, roles["subject"]), verb, tuple(p for p in (rest, one, "more than", other) if p != ""))


# -- nouns, places, teams --------------------------------------------------------------------------------------


def _defined(scene: Scene, expr: Expr) -> Iterator[Simple]:
    for name in scene.defined:
        of = call_of(expr, name)
        if of is not None and not name.endswith("_of"):
            word = scene.word(name)
            yield be(term(scene, of[0]), article(word))


def _placed(scene: Scene, expr: Expr) -> Iterator[Simple]:
    for phrase, code in scene.lexicon.prepositions.items():
        roles = matched(code, expr, "x", "of", "other")
        if roles is None or "x" not in roles or "of" not in roles:
            continue
        places: tuple[str | NounPhrase, ...] = (phrase, term(scene, roles["of"]))
        if "other" in roles:
            places = (*places, "and", term(scene, roles["other"]))
        yield be(term(scene, roles["x"]), *places)


def _of_a_kind(scene: Scene, expr: Expr) -> Iterator[Simple]:
    turned: list[Simple] = []
    for word, noun in scene.entries.nouns():
        if noun.of is not None and noun.domain is not None:
            roles = matched(noun.of, expr, "x", "of")
            if roles and set(roles) == {"x", "of"}:
                one, of = term(scene, roles["x"]), term(scene, roles["of"])
                yield be(one, f"{article(word)} of", of)
                if one.hole is None and one.text and not one.scope:
                    turned.append(Simple(of, HAVE, (f"{article(word)} named {one.text}",)))
        elif noun.means is not None:
            roles = matched(noun.means, expr, "x")
            if roles and "x" in roles:
                yield be(term(scene, roles["x"]), article(word))
            elif roles is not None and scene.variables:  # a property of all at once: *they are balls*
                yield be(NounPhrase(hole=scene.variables[-1]), article(word))
    yield from turned


def _member(scene: Scene, expr: Expr) -> Iterator[Simple]:
    """Who is in a team, among the strongest, or among those who are related: *is on the red team*, *is a child of*."""
    if not isinstance(expr, Compare) or expr.ops != ("in",):
        return
    one, group = expr.left, expr.comparators[0]
    if isinstance(group, Name) and group.id in scene.groups:
        yield be(term(scene, one), f"on {term(scene, group).text}")
    if isinstance(group, Slice):
        yield be(term(scene, one), f"one of {superlative(scene, group).text}")
    for word, noun in scene.entries.nouns():
        roles: Roles = {}
        if noun.of is not None and noun.domain is None and unified(expression(noun.of), group, ("of",), roles):
            yield be(term(scene, one), f"{article(word)} of", term(scene, roles["of"]))


def _best(scene: Scene, expr: Expr) -> Iterator[Simple]:
    """Who is first in an order: *is the strongest player*."""
    if isinstance(expr, Compare) and expr.ops == ("==",):
        for one, other in ((expr.left, expr.comparators[0]), (expr.comparators[0], expr.left)):
            if order_of(other) is not None:
                yield be(term(scene, one), superlative(scene, other).text)


def named(scene: Scene, exprs: Iterable[Expr]) -> list[str]:
    """Return what individuals are called. Raises NotCanonicalError for one that has no name."""
    found = [individual(scene, expr) for expr in exprs]
    if None in found:
        raise NotCanonicalError
    return [name for name in found if name is not None]


__all__ = ["be", "figured", "more", "named", "number_of", "owned", "participle", "simple", "verb_of"]
