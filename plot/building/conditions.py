"""Conditions in words as code: *it rains*, *they are lazy*, *their score is above 110*, *it pulls harder*."""

from __future__ import annotations

import re

from plot.building.amounts import Reach, referred, value
from plot.building.sketch import THING, NoFormError, Quantity, code_of, identifier, key_of, singular_words
from plot.world.derived.naming import adjectives_of
from plot.world.inflect import compared

_PRONOUNS = ("it", "they", "he", "she")
_OPS = {
    "above": ">", "over": ">", "more than": ">", "greater than": ">", "higher than": ">", "longer than": ">",
    "below": "<", "under": "<", "less than": "<", "lower than": "<", "shorter than": "<", "at least": ">=",
    "at most": "<=",
}  # fmt: skip
_BOUND = re.compile(rf"(?P<what>.+?) is (?P<op>{'|'.join(_OPS)}) (?P<figure>.+)")
_UP = ("more", "higher", "longer", "greater", "larger", "harder", "faster", "better", "stronger")
_DOWN = ("less", "lower", "shorter", "smaller", "slower", "weaker", "worse")
_THAN = re.compile(rf"(?P<what>.+?) is (?P<way>{'|'.join((*_UP, *_DOWN))})")
_VERB_THAN = re.compile(rf"(?:it|they|he|she) (?P<verb>\w+) (?P<way>{'|'.join((*_UP, *_DOWN))})")
_ADJ_THAN = re.compile(r"(?:it|they|he|she) (?:is|are) (?P<adjective>more \w+|less \w+|\w+er)")


def condition(text: str, scope: Reach) -> str:
    """Return the code of a condition. Raises NoFormError for one that speaks of nothing that is known."""
    for joint, word in ((" or ", "or"), (" and ", "and")):
        parts = re.split(f",?{joint}", text)
        if len(parts) > 1:
            try:
                return f" {word} ".join(f"({condition(part, scope)})" for part in parts)
            except NoFormError:
                continue
    return _single(" ".join(text.lower().split()), scope)


def _single(text: str, scope: Reach) -> str:
    bound = _BOUND.fullmatch(text)
    if bound is not None:
        return f"{referred(bound['what'], scope)} {_OPS[bound['op']]} {value(bound['figure'], scope)}"
    plain, negated = _without_not(text)
    code = _state(plain, scope)
    if code is None and scope.sketch.reader is not None and scope.subject is not None:
        read = scope.sketch.reader(text, scope.variables[scope.subject])
        if read is not None:
            return read
    if code is None:
        raise NoFormError(f"it is not known what “{text}” means")
    return f"not {code}" if negated else code


def _without_not(text: str) -> tuple[str, bool]:
    for pattern, instead in (
        (r"\b(is|are) not\b|\b(is|are)n't\b", r"is"),
        (r"\b(?:does|do) not |\b(?:does|do)n't ", ""),
    ):
        new = re.sub(pattern, instead, text)
        if new != text:
            return new, True
    return text, False


def _state(text: str, scope: Reach) -> str | None:
    """Return the code of a subject with a predicate that is known."""
    words = text.split()
    for end in range(1, min(len(words), 5)):
        subject, predicate = " ".join(words[:end]), " ".join(words[end:])
        code = _said(subject, predicate, scope)
        if code is not None:
            return code
    return None


def _said(subject: str, predicate: str, scope: Reach) -> str | None:
    sketch, name, key = scope.sketch, singular_words(subject), key_of(predicate)
    if subject in _PRONOUNS:
        for owner in dict.fromkeys((scope.subject, None)):
            one = sketch.predicate(key, owner)
            if one is not None:
                return code_of(one, scope.variables)
        return None
    if name in scope.variables and (one := sketch.predicate(key, name)) is not None:
        return code_of(one, scope.variables)
    if name in sketch.kinds and (one := sketch.predicate(key, name)) is not None:
        return f"any([{code_of(one, {**scope.variables, name: 'anyone'})} for anyone in {sketch.list_of(name)}])"
    if name in sketch.things and (one := sketch.predicate(key, THING)) is not None:
        return code_of(one, {**scope.variables, THING: f'"{identifier(name)}"'})
    choice = sketch.measured(name, scope.subject) or sketch.measured(name)
    if choice is not None and choice.sort == "choice" and key.startswith("be "):
        return f'{code_of(choice, scope.variables)} == "{identifier(key.removeprefix("be "))}"'
    return None


def against(text: str, scope: Reach, first: str, second: str) -> str:
    """Return the test that one comes before another: *it pulls harder*, *their pace is higher*, *they are faster*."""
    owner = scope.subject or ""
    for pattern in (_VERB_THAN, _THAN, _ADJ_THAN):
        found = pattern.fullmatch(" ".join(text.lower().split()))
        if found is None:
            continue
        one, up = _compared(pattern, found, owner, scope)
        if one is not None:
            left, right = (code_of(one, {owner: variable}) for variable in (first, second))
            return f"{left} {'>' if up else '<'} {right}"
    raise NoFormError(f"it is not known in what “{text}” compares two")


def _compared(pattern: re.Pattern[str], found: re.Match[str], owner: str, scope: Reach) -> tuple[Quantity | None, bool]:
    if pattern is _VERB_THAN:
        name = key_of(found["verb"])
        return scope.sketch.measured(name, owner), found["way"] in _UP
    if pattern is _THAN:
        name = re.sub(r"^(?:their|its|his|her|the) ", "", found["what"])
        return scope.sketch.measured(name, owner), found["way"] in _UP
    return by_adjective(found["adjective"], owner, scope)


def by_adjective(words: str, owner: str, scope: Reach) -> tuple[Quantity | None, bool]:
    """Return the number that a comparative compares, and whether more of it is meant: *faster* is more speed."""
    down = words.startswith("less ")
    plain = re.sub(r"^(?:more|less|most) ", "", words)
    for one in scope.sketch.quantities.values():
        if one.owner != owner or one.sort != "number":
            continue
        for words_of, up in ((one.up, True), (one.down, False)):
            if plain in {form for word in words_of for form in (word, *(compared(word) or ()))}:
                return one, up != down
        for adjective, up in zip(adjectives_of(one.phrase), (True, False), strict=True):
            forms = {adjective, *(compared(adjective) or ())} if adjective else set()
            if plain in forms:
                return one, up != down
    return None, True


__all__ = ["against", "by_adjective", "condition"]
