"""Clauses of descriptions: of whom they speak, what they say is true, and the cases in which it differs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from plot.building.amounts import Reach
from plot.building.conditions import condition
from plot.building.sketch import (
    THING,
    ClashError,
    NoFormError,
    Quantity,
    Sketch,
    WorldCase,
    code_of,
    identifier,
    key_of,
    singular_words,
)
from plot.world.derived.naming import base_of, singular

_EVENT = re.compile(
    r"^(?:in|on|at) (?:a|an|each|every|the) (\w+),? |"
    r",? (?:in|on|at) (?:a|an|each|every|the) (\w+)(?= |,|$)|^each (\w+) (?=it |an? |the )"
)
_SUBJECT = re.compile(r"(?:an?|each|every|another|the|all)? ?(?P<words>.+)", re.IGNORECASE)
_CASES = re.compile(
    r"\s*(?:;|,)\s*(?:and |but |or )?|"
    r"\s+(?:and|but) (?=(?:[\d.]+ ?%|around|between|half|twice)[^,;]*\b(?:if|otherwise|unless)\b)"
)
SINGULAR_VERB = re.compile(r"(?:is|has|does|was|\w+[^s]s)\b", re.IGNORECASE)
_WHO = re.compile(r"(?P<noun>.+?) (?:who|that) (?P<said>.+)", re.IGNORECASE)
_OVER = re.compile(r"(?P<noun>.+?) (?P<than>over|under|above|below) (?P<figure>\d+)", re.IGNORECASE)
_DETERMINERS = ("a", "an", "the", "each", "every", "another")


@dataclass
class Clause:
    """A sentence without its events: the text, the noun of the event, the tests that it is under, and the sketch."""

    text: str
    source: str
    sketch: Sketch
    event: str | None = None
    tests: tuple[str, ...] = ()

    def scope(self, kind: str | None, variable: str | None = None) -> Reach:
        """Return whom the clause speaks of."""
        variables = {kind: variable or identifier(kind)} if kind is not None else {}
        return Reach(self.sketch, variables, kind)


def clause_of(sentence: str, sketch: Sketch) -> Clause:
    """Return a sentence as a clause; its event, if it has one, becomes known."""
    text = sentence.strip().rstrip(".!")
    text = text[:1].lower() + text[1:]
    found = _EVENT.search(text)
    if found is None:
        return Clause(text, sentence, sketch)
    noun = next(group for group in found.groups() if group)
    noun = sketch.aliases.get(noun, noun)
    if noun in sketch.kinds or noun in sketch.things or (sketch.extends and noun not in sketch.events):
        return Clause(text, sentence, sketch)
    if noun not in sketch.events:
        sketch.events.append(noun)
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip()
    return Clause(" ".join(rest.split()), sentence, sketch, noun)


# -- subjects and predicates -----------------------------------------------------------------------------------


def subject_of(text: str, clause: Clause) -> tuple[str | None, tuple[str, ...]]:
    """Return the kind that a subject names (a thing has none of its own), and what its adjectives say of it."""
    limited = _WHO.fullmatch(text.strip()) or _OVER.fullmatch(text.strip())
    if limited is not None and (kind := clause.sketch.kind_of(limited["noun"].split()[-1].lower())) is not None:
        kind, tests = subject_of(limited["noun"], clause)
        said = limited.groupdict()
        test = f"they {said['said']}" if "said" in said else f"their age is {said['than']} {said['figure']}"
        try:
            return kind, (*tests, condition(test, clause.scope(kind)))
        except NoFormError:
            return None, ()
    found = _SUBJECT.fullmatch(text.strip())
    words = found["words"].lower().split() if found is not None else []
    for start in range(len(words)):
        noun = " ".join(words[start:])
        known = clause.sketch.classes.get(noun) or clause.sketch.classes.get(singular(noun) or "")
        one, tests = clause.sketch.kind_of(noun), ()
        if known is not None:
            quantity = clause.sketch.quantities[known]
            one, tests = quantity.owner, (code_of(quantity, {str(quantity.owner): identifier(str(quantity.owner))}),)
        if one is not None:
            return one, (*(_adjective(word, one, clause) for word in words[:start] if word != "other"), *tests)
    return None, ()


def _adjective(word: str, kind: str, clause: Clause) -> str:
    one = clause.sketch.predicate(f"be {word}", kind)
    if one is None:
        raise NoFormError(f"say first how likely it is that a {kind} is {word}")
    return code_of(one, {kind: identifier(kind)})


def truth(subject: str, predicate: str, clause: Clause) -> tuple[Quantity, Reach, tuple[str, ...]]:
    """Return what a subject and a predicate say is true or not, with whom it speaks of and the tests of the subject."""
    sketch, key = clause.sketch, key_of(predicate)
    if subject in ("it", "there"):
        name = _function_name(predicate)
        one = sketch.quantity(name, "truth", clause.source, phrase=predicate, event=clause.event)
        return one, clause.scope(None), ()
    kind, tests = subject_of(subject, clause)
    if kind is None and (new := new_noun(subject, predicate)) is not None:
        known = next((kind for kind in sketch.kinds if sketch.predicate(key, kind) is not None), None)
        if known is not None:
            some_of_a_kind(new, known, clause)
            kind, tests = subject_of(subject, clause)
    other: str | None = None
    if kind is not None:
        predicate, other = _object(predicate, kind, clause)
        name = _function_name(predicate)
        same = sketch.predicate(key_of(predicate), kind)
        one = same or sketch.quantity(
            name, "truth", clause.source, phrase=predicate, owner=kind, other=other, event=clause.event,
            group=kind in sketch.groups,
        )  # fmt: skip
        if one.event is None:
            one.event = clause.event
        scope = clause.scope(kind)
        if other is not None and other != kind:
            scope.variables[other] = identifier(other)
        return one, scope, tests
    if re.match(r"(?:each|every|all|some) ", subject) or (re.match(r"an? ", subject) and clause.event is None):
        raise NoFormError(f"say first that there are such as “{subject}”")
    if sketch.extends:
        raise NoFormError("")
    thing = singular_words(subject.lower())
    if thing not in sketch.things:
        sketch.things.append(thing)
    name = _function_name(predicate)
    one = sketch.predicate(key, THING) or sketch.quantity(
        name, "truth", clause.source, phrase=predicate, owner=THING, event=clause.event
    )
    return one, clause.scope(THING), (f'{THING} == "{identifier(thing)}"',)


def new_noun(subject: str, predicate: str) -> str | None:
    """Return the noun of a general subject that is one word: *smokers are*, *a smoker is*; None for others."""
    *first, noun = subject.lower().split()
    if not first and SINGULAR_VERB.match(predicate):
        return None
    if first in (["a"], ["an"], ["each"], ["every"]):
        return noun
    return singular(noun) if first in ([], ["all"]) else None


def some_of_a_kind(noun: str, kind: str, clause: Clause) -> Quantity:
    """Return what is true of those whom a noun names. Raises ClashError where it means something already."""
    sketch, name = clause.sketch, identifier(f"is {noun}")
    article = "an" if noun[0] in "aeiou" else "a"
    one = sketch.quantity(name, "truth", clause.source, phrase=f"is {article} {noun}", owner=kind)
    if one.given is not None or one.cases:
        raise ClashError(f"“{noun}” means something already", sketch.sources.get(name, ""), name)
    sketch.classes[noun] = name
    return one


def _object(predicate: str, kind: str, clause: Clause) -> tuple[str, str | None]:
    """Return a predicate without its object, where that is an individual: *beats another*, *eats a nut*."""
    found = re.fullmatch(
        r"(?P<verb>.+?) (?P<det>another|a|an|the|some)(?: (?P<noun>\w+))?(?P<rest>(?: \w+)*)", predicate
    )
    if found is None:
        return predicate, None
    noun = found["noun"] or kind
    if found["det"] == "another" and noun in (kind, found["noun"]) and (found["noun"] in (None, kind)):
        return found["verb"], kind
    if noun in clause.sketch.kinds and not found["rest"]:
        return found["verb"], noun
    if noun in clause.sketch.events and not found["rest"]:
        clause.event = noun
        return found["verb"], None
    return predicate, None


def _function_name(predicate: str) -> str:
    """Return the name of what a predicate says: `is_lazy`, `bears_fruit`."""
    words = [word for word in predicate.split() if word not in ("the", "a", "an")]
    return identifier(" ".join(["is", *words[1:]] if words[0] in ("is", "are") else words))


def split_predicate(text: str, clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield the ways to cut a clause into a subject and a predicate: before *is*, before a verb."""
    words = text.split()
    ends = range(1, min(len(words), 6))
    verbs = [end for end in ends if words[end] in ("is", "are") or base_of(words[end].lower()) is not None]
    cut = [(" ".join(words[:end]), " ".join(words[end:])) for end in verbs if words[end - 1] not in _DETERMINERS]
    known = [end for end in ends if subject_of(" ".join(words[:end]), clause)[0] is not None]
    plural_verbs = [(" ".join(words[:end]), " ".join(words[end:])) for end in known if end not in verbs]
    yield from sorted(cut, key=lambda pair: subject_of(pair[0], clause)[0] is None)
    yield from plural_verbs


# -- cases -----------------------------------------------------------------------------------------------------


def cases_of(text: str, scope: Reach, read: Callable[[str, Reach], str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each value in a list of cases with its tests: *10%, 40% if it rains and 90% otherwise*."""
    for part in _parts(text):
        found = re.fullmatch(r"(?P<value>.+?) (?P<word>if|when|unless) (?P<test>.+)", part)
        before = re.fullmatch(r"(?:if|when) (?P<test>.+?),? (?P<value>(?:around |between |half |twice )?[\d.].*)", part)
        if found is not None or before is not None:
            match = found or before
            assert match is not None
            test = condition(match["test"], scope)
            unless = found is not None and found["word"] == "unless"
            yield read(match["value"].removesuffix(","), scope), (f"not ({test})" if unless else test,)
        else:
            otherwise = read(re.sub(r"^otherwise |,? otherwise$", "", part), scope)
            scope.base = scope.base or otherwise
            yield otherwise, ()


def _parts(text: str) -> list[str]:
    """Return the cases in a text; what follows a comma may belong to the case before it: *give or take 3*."""
    parts: list[str] = []
    for part in _CASES.split(text):
        starts = re.match(r"(?:around|between|otherwise|half|twice|if|when|a count|\d)", part)
        joins = parts and (not starts or re.match(r"(?:if|when|unless)\b", part))
        if parts and (part.startswith(("give or take", "with chances", "unless", "sometimes", "usually")) or joins):
            sep = " " if part.startswith(("if", "unless", "when")) else ", "
            parts[-1] += sep + part
        else:
            parts.append(part)
    return parts


def add_cases(
    one: Quantity,
    found: Iterable[tuple[str, tuple[str, ...]]],
    tests: tuple[str, ...],
    source: str,
    *,
    first: bool = False,
) -> None:
    """Add cases to a quantity. Raises NoFormError where it was said otherwise before."""
    new = [WorldCase(code, (*tests, *more), source, first) for code, more in found]
    changes = [case for case in new if case.code.startswith(("* ", "+ ", "- "))]
    if any(re.search(rf"\b{one.name}\b", test) for case in new for test in case.tests):
        raise NoFormError(f"“{one.phrase}” can't depend on itself")
    for case in new:
        before = [known for known in (one.changes if case in changes else one.cases) if known.tests == case.tests]
        if before:
            raise ClashError(f"“{one.phrase}” was said before", before[0].source, one.name)
        if one.given is not None and not case.tests and case not in changes:
            raise ClashError(f"“{one.phrase}” is said by the world", "", one.name)
    if changes and not one.cases and one.given is None:
        raise NoFormError("say first how much it is otherwise")
    one.changes += changes
    one.cases += [case for case in new if case not in changes]


__all__ = [
    "SINGULAR_VERB",
    "Clause",
    "add_cases",
    "cases_of",
    "clause_of",
    "new_noun",
    "some_of_a_kind",
    "split_predicate",
    "subject_of",
    "truth",
]
