"""Clauses and noun phrases with their places for variables, and the sentences and questions that they become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from plot.records import record

Tense = Literal["present", "past", "modal"]
Scope = Literal["", "some", "every", "no", "other"]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
TH = {1: "st", 2: "nd", 3: "rd"}


class NotCanonicalError(Exception):
    """The code has a form for which there is no canonical English."""


@record(frozen=True)
class NounPhrase:
    """A noun phrase; `hole` is the variable whose place it is, until that is filled.

    `scope` is the quantifier that it has ("" for a name or a definite description), `many` its number.
    """

    text: str = ""
    many: bool = False
    hole: str | None = None
    scope: Scope = ""
    person: bool = True


@record(frozen=True)
class VerbForms:
    """The forms of a verb."""

    base: str
    third: str
    past: str

    @property
    def is_be(self) -> bool:
        """Whether it is *be*, which needs no *do*."""
        return self.base == "be"


BE = VerbForms("be", "is", "was")
HAVE = VerbForms("have", "has", "had")


@record(frozen=True)
class Simple:
    """A clause of subject and verb phrase: the verb, and after it words and noun phrases.

    `attributive` are the words that say the same before a noun: *red*. `others` say the same with another subject.
    `reflexive`: everything stands in this relation to itself, so that *some* leaves out whom it is a relation to.
    """

    subject: NounPhrase
    verb: VerbForms
    after: tuple[str | NounPhrase, ...]
    negated: bool = False
    tense: Tense = "present"
    attributive: str | None = None
    others: tuple[Simple, ...] = ()
    reflexive: bool = False

    @property
    def variants(self) -> tuple[Simple, ...]:
        """The clause and the others that say the same."""
        return (replace(self, others=()), *self.others)

    def phrases(self) -> Iterator[NounPhrase]:
        """Yield the noun phrases, from the left."""
        yield self.subject
        yield from (part for part in self.after if isinstance(part, NounPhrase))


@record(frozen=True)
class There:
    """*There is* a thing of some kind; `some` for an existence that may be denied."""

    what: NounPhrase
    some: bool = False


@record(frozen=True)
class Joined:
    """Clauses joined by *and*, *or*, *if* (the first is the condition), *if and only if*, or *either … or …*."""

    joint: Literal["and", "or", "if", "iff", "xor"]
    parts: tuple[Clause, ...]


@record(frozen=True)
class Shared:
    """One subject of which several verb phrases are said, joined by *and* or *or*."""

    subject: NounPhrase
    joint: Literal["and", "or"]
    parts: tuple[Simple, ...]


@record(frozen=True)
class DeniedClause:
    """*It is not true that* a clause, where *not* within it would not reach over all of it."""

    inner: Clause


Clause = Simple | There | Joined | Shared | DeniedClause


# -- small words --------------------------------------------------------------------------------------------


def in_words(number: float) -> str:
    """Return a number as it is said.

    >>> in_words(3), in_words(20), in_words(0.5)
    ('three', '20', '0.5')
    """
    if number == int(number):
        whole = int(number)
        return NUMBERS[whole] if 0 < whole < len(NUMBERS) else str(whole)
    return f"{number:.12g}"


def ordinal(number: int) -> str:
    """Return the place in an order.

    >>> ordinal(2), ordinal(11), ordinal(23)
    ('second', '11th', '23rd')
    """
    if 0 < number <= len(ORDINALS):
        return ORDINALS[number - 1]
    ending = "th" if 10 < number % 100 < 14 else TH.get(number % 10, "th")
    return f"{number}{ending}"


def article(words: str) -> str:
    """Return words with *a* or *an* before them.

    >>> article("mug"), article("only child")
    ('a mug', 'an only child')
    """
    return (
        f"an {words}" if words[:1].lower() in "aeiou" and not words.startswith(("one", "uni", "eu")) else f"a {words}"
    )


def listed(items: Sequence[str], joint: str = "and") -> str:
    """Return items joined as in a sentence.

    >>> listed(["Tom", "Sue", "Ann"])
    'Tom, Sue and Ann'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {joint} {items[-1]}"


def sentence(text: str, mark: str = ".") -> str:
    """Return words as a sentence, with a capital letter and a mark."""
    return f"{text[:1].upper()}{text[1:]}{mark}"


# -- filling the place of a variable --------------------------------------------------------------------------


def fill(clause: Clause, variable: str, phrase: NounPhrase) -> Clause:
    """Put a noun phrase in the place of a variable.

    Raises NotCanonicalError where the words would mean another scope.
    """
    if isinstance(clause, Simple):
        found = [one for one in (_filled(part, variable, phrase) for part in clause.variants) if one is not None]
        if not found:
            raise NotCanonicalError
        return replace(found[0], others=tuple(found[1:]))
    if isinstance(clause, Joined) and clause.joint in ("and", "or"):
        parts = tuple(_about(part, variable) for part in clause.parts)
        return Shared(phrase, clause.joint, parts)
    raise NotCanonicalError


def _filled(clause: Simple, variable: str, phrase: NounPhrase) -> Simple | None:
    try:
        return _fill_simple(clause, variable, phrase)
    except NotCanonicalError:
        return None


def _about(clause: Clause, variable: str) -> Simple:
    """Return a clause of which a variable is the subject, and nothing else. Raises NotCanonicalError."""
    for one in clause.variants if isinstance(clause, Simple) else ():
        if one.subject.hole == variable and not any(part.hole == variable for part in list(one.phrases())[1:]):
            return one
    raise NotCanonicalError


def _fill_simple(clause: Simple, variable: str, phrase: NounPhrase) -> Simple:
    phrases = list(clause.phrases())
    places = [number for number, part in enumerate(phrases) if part.hole == variable]
    if len(places) != 1:
        raise NotCanonicalError
    before = [part for part in phrases[: places[0]] if part.scope]
    if any(part.scope != "some" for part in before) or (before and phrase.scope not in ("some", "")):
        raise NotCanonicalError
    if clause.negated and places[0] > 0 and phrase.scope:
        raise NotCanonicalError
    if clause.negated and phrase.scope in ("every", "no"):
        raise NotCanonicalError
    if places[0] == 0:
        return replace(clause, subject=phrase)
    after = tuple(phrase if isinstance(part, NounPhrase) and part.hole == variable else part for part in clause.after)
    return replace(clause, after=after)


def holes(clause: Clause) -> set[str]:
    """Return the variables whose places are open."""
    if isinstance(clause, There):
        return set()
    if isinstance(clause, DeniedClause):
        return holes(clause.inner)
    if isinstance(clause, Simple):
        return {part.hole for part in clause.phrases() if part.hole is not None}
    found = {name for part in clause.parts for name in holes(part)}
    return found if isinstance(clause, Joined) else found - {clause.parts[0].subject.hole}


def denied(clause: Clause) -> Clause:
    """Return the negation of a clause. Raises NotCanonicalError where *not* would not reach over all of it."""
    if isinstance(clause, Simple):
        plain = [one for one in clause.variants if not any(part.scope for part in one.phrases())]
        opposites = [replace(one, negated=not one.negated, attributive=None) for one in plain]
        if opposites:
            return replace(opposites[0], others=tuple(opposites[1:]))
    if isinstance(clause, (Simple, There, Shared)) and not holes(clause):
        return DeniedClause(clause)
    raise NotCanonicalError


def related_to(clause: Clause, *, always: bool) -> list[NounPhrase]:
    """Return who is related in a clause, where that is left out of *some* (`always`: of *every*)."""
    if isinstance(clause, Simple):
        if not always and not clause.reflexive:
            return []
        return [part for part in clause.phrases() if not part.scope]
    return [found for part in getattr(clause, "parts", ()) for found in related_to(part, always=always)]


# -- text -----------------------------------------------------------------------------------------------------


def text_of(phrase: NounPhrase) -> str:
    """Return the words of a noun phrase. Raises NotCanonicalError for the place of a variable."""
    if phrase.hole is not None:
        raise NotCanonicalError
    return phrase.text


def gapped(clause: Clause, variable: str) -> tuple[str, str] | None:
    """Return the subject and the verb phrase of a clause whose object is the variable, which is left out.

    None where the variable is not the object, or stands elsewhere as well.
    """
    for one in clause.variants if isinstance(clause, Simple) else ():
        phrases = list(one.phrases())
        places = [part for part in phrases if part.hole == variable]
        if len(places) == 1 and phrases[0].hole is None and not phrases[0].scope and not one.verb.is_be:
            after = tuple(part for part in one.after if part is not places[0])
            return text_of(one.subject), _predicate(replace(one, after=after), one.subject.many)
    return None


def asked_gap(clause: Clause, variable: str) -> str | None:
    """Return the rest of a question for the object of a clause: *does Bob like*."""
    for one in clause.variants if isinstance(clause, Simple) else ():
        phrases = list(one.phrases())
        places = [part for part in phrases if part.hole == variable]
        if len(places) == 1 and phrases[0].hole is None and not one.negated and not one.verb.is_be:
            after = tuple(part for part in one.after if part is not places[0])
            return question(replace(one, after=after, others=()))
    return None


def verb_phrase(clause: Clause, variable: str, many: bool) -> str:
    """Return what a clause says of the variable that is its subject, as a verb phrase."""
    if isinstance(clause, Simple):
        return _predicate(_about(clause, variable), many)
    if isinstance(clause, Joined) and clause.joint in ("and", "or"):
        return f" {clause.joint} ".join(verb_phrase(part, variable, many) for part in clause.parts)
    raise NotCanonicalError


def _predicate(clause: Simple, many: bool) -> str:
    """Return the finite verb phrase."""
    verb, after = clause.verb, words_after(clause)
    if verb.is_be:
        head = {"present": "are" if many else "is", "past": "were" if many else "was", "modal": "would"}[clause.tense]
        negation = " not" if clause.negated else ""
        return _spaced(head + negation + (" be" if clause.tense == "modal" else ""), after)
    if clause.negated or clause.tense == "modal":
        return _spaced(_auxiliary(clause, many) + (" not" if clause.negated else ""), verb.base, after)
    head = verb.past if clause.tense == "past" else verb.base if many else verb.third
    return _spaced(head, after)


def _auxiliary(clause: Simple, many: bool) -> str:
    return {"present": "do" if many else "does", "past": "did", "modal": "would"}[clause.tense]


def words_after(clause: Simple) -> str:
    """Return what stands after the verb."""
    return _spaced(*(part if isinstance(part, str) else text_of(part) for part in clause.after))


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def statement(clause: Clause) -> str:
    """Return a clause as a statement, without capital letter and mark."""
    if isinstance(clause, Simple):
        return f"{text_of(clause.subject)} {_predicate(clause, clause.subject.many)}"
    if isinstance(clause, Shared):
        verbs = [_predicate(part, clause.subject.many) for part in clause.parts]
        return f"{text_of(clause.subject)} {f' {clause.joint} '.join(verbs)}"
    if isinstance(clause, DeniedClause):
        return f"it is not true that {statement(clause.inner)}"
    if isinstance(clause, There):
        return f"there {'are' if clause.what.many else 'is'} {text_of(clause.what)}"
    if clause.joint == "iff":
        return f"{statement(clause.parts[0])} if and only if {statement(clause.parts[1])}"
    if clause.joint == "xor":
        return f"either {statement(clause.parts[0])} or {statement(clause.parts[1])}, but not both"
    if clause.joint == "if":
        return f"if {condition(clause.parts[0])}, then {statement(clause.parts[1])}"
    return _joined(clause)


def condition(clause: Clause) -> str:
    """Return a clause as it stands after *if*: one that has a condition of its own is said with *or*."""
    if isinstance(clause, Joined) and clause.joint == "if":
        return statement(Joined("or", (denied(clause.parts[0]), clause.parts[1])))
    return statement(clause)


def _joined(clause: Joined) -> str:
    """Return clauses that are joined; what is joined otherwise within stands last, where it is read as one part."""
    plain = [part for part in clause.parts if not isinstance(part, (Joined, Shared))]
    others = [part for part in clause.parts if isinstance(part, (Joined, Shared))]
    if len(others) > 1 and not all(isinstance(part, Shared) and part.joint == clause.joint for part in others):
        raise NotCanonicalError
    texts = [statement(part) for part in (*plain, *others)]
    if clause.joint == "or" and len(texts) == 2 and not others:
        return f"either {texts[0]} or {texts[1]}"
    return (f", {clause.joint} " if clause.joint == "and" else " or ").join(texts)


def made(clause: Clause) -> str:
    """Return a clause as what somebody or something is made to do or to be: *Ann is made to take the medicine*."""
    if not isinstance(clause, Simple):
        raise NotCanonicalError
    said = next((one for one in clause.variants if not one.verb.is_be), clause)
    subject, negation = said.subject, "not " if said.negated else ""
    return f"{text_of(subject)} {'are' if subject.many else 'is'} made {negation}to {_infinitive(said)}"


def found(clause: Clause) -> str:
    """Return a clause as what is found to be so, where *if* would make it so: *Ann happens to be medicated*."""
    if not isinstance(clause, Simple):
        return statement(clause)
    subject, negation = clause.subject, "not " if clause.negated else ""
    return f"{text_of(subject)} {'happen' if subject.many else 'happens'} {negation}to {_infinitive(clause)}"


def _infinitive(clause: Simple) -> str:
    return _spaced(clause.verb.base, words_after(clause))


def question(clause: Clause) -> str:
    """Return a clause as a question of yes or no, without capital letter and mark."""
    if isinstance(clause, DeniedClause):
        return f"is it false that {statement(clause.inner)}"
    if isinstance(clause, There):
        return f"{'are' if clause.what.many else 'is'} there {text_of(clause.what)}"
    if isinstance(clause, Shared) and len({(part.verb.is_be, part.tense) for part in clause.parts}) == 1:
        first = clause.parts[0]
        if first.verb.is_be and not any(part.negated for part in clause.parts) and clause.joint == "and":
            rest = " and ".join(words_after(part) for part in clause.parts)
            return f"{_be(first, clause.subject.many)} {text_of(clause.subject)} {rest}"
    if not isinstance(clause, Simple) or clause.negated or clause.subject.scope == "no":
        return f"is it true that {statement(clause)}"
    subject, many = text_of(clause.subject), clause.subject.many
    if clause.verb.is_be:
        return _spaced(_be(clause, many), subject, "be" if clause.tense == "modal" else "", words_after(clause))
    return _spaced(_auxiliary(clause, many), subject, clause.verb.base, words_after(clause))


def _be(clause: Simple, many: bool) -> str:
    return {"present": "are" if many else "is", "past": "were" if many else "was", "modal": "would"}[clause.tense]
