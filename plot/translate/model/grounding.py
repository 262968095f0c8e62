"""Grounding of names: each name in a program must occur in the utterance, the discourse, or the world."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from plot.errors import PlotError
from plot.language import parse
from plot.language.syntax.nodes import Constant, Node, ProgramNode, walk
from plot.translate.base import Discourse
from plot.world import WorldSpec
from plot.world.lexicon import expression

_WORD = re.compile(r"[^\W_]+")
NOBODY = re.compile(
    r"he|him|she|her|it|they|them|who|whom|what|which|this|that|these|those|(?:every|some|any|no)(?:one|body|thing)|"
    r"no_one|none|all|both|each|others?"
)  # words that stand for someone or something, and name nobody
_NAMED_WORD = re.compile(r"[^\W\d_][^\W_]*")  # names may have digits in them: PIP3
_NO_NAME = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|christmas|easter|god|mr|mrs|ms|miss|dr|prof|sir|english|i"
)
_BEFORE_PLACE = re.compile(r"in|at|near")
_OPENER = re.compile(
    r"when|if|did|does|do|is|are|was|were|will|would|can|could|has|have|had|and|but|so|who|then|the|yesterday|today"
)
_NAME = re.compile(r"[^\W_]+(?:_[^\W_]+)*")


def texts_in(node: Node) -> Iterator[Constant]:
    """Yield the names and other texts of a program."""
    for inner in walk(node):
        if isinstance(inner, Constant) and isinstance(inner.value, str):
            yield inner


def world_names(world: WorldSpec) -> frozenset[str]:
    """Return the names that belong to a world: those in its model and behind the words of its lexicon."""
    found = {str(constant.value) for constant in texts_in(world.program)}
    for _, code, _ in world.lexicon.expressions():
        found |= {str(constant.value) for constant in texts_in(expression(code))}
    return frozenset(found)


def individuals_in(program: ProgramNode, discourse: Discourse) -> tuple[str, ...]:
    """Return the individuals that a program names: all texts that are not the world's own."""
    own = world_names(discourse.world)
    return tuple(dict.fromkeys(str(one.value) for one in texts_in(program) if one.value not in own))


def ungrounded(program: ProgramNode, utterance: str, discourse: Discourse) -> list[PlotError]:
    """Return an error for each name that is neither in the words nor known, or that is not written as names are."""
    known = set(world_names(discourse.world)) | set(discourse.names)
    for told in discourse.told:
        for reading in told.readings:
            known |= {str(constant.value) for constant in texts_in(parse(reading.code))}
    said = set(_stems(" ".join([utterance, *(told.say for told in discourse.told)])))
    errors = {}
    for constant in texts_in(program):
        name = str(constant.value)
        if name not in known and name not in errors:
            error = _problem(constant, name, said)
            if error is not None:
                errors[name] = error
    return list(errors.values())


def unused_names(program: ProgramNode, utterance: str, discourse: Discourse) -> list[str]:
    """Return the words of an utterance that look like names, and of which the program has nothing."""
    used = {stem for constant in texts_in(program) for stem in _stems(str(constant.value).replace("_", " "))}
    used |= {stem for node in walk(program) if (name := getattr(node, "id", None)) for stem in _stems(str(name))}
    known = {stem for name in discourse.names for stem in _stems(name)}
    found, before = [], None
    for match in _NAMED_WORD.finditer(utterance):
        word, stems = match.group(), set(_stems(match.group()))
        if not stems & used and (stems & known or _may_name(word, match.start(), utterance, before)):
            found.append(word)
        before = match
    return list(dict.fromkeys(found))


def _may_name(word: str, start: int, utterance: str, before: re.Match[str] | None) -> bool:
    """Return whether a word of an utterance may be the name of a participant.

    Those of days and months, titles, *God* and abbreviations are none; a surname follows another name, and a place
    follows *in*, *at* or *near*.
    """
    lead = utterance[:start].rstrip()
    if not word[0].isupper() or len(word) < 2 or not lead or lead.endswith((".", "?", "!", ":")):
        return False
    if _NO_NAME.fullmatch(word.casefold()) or (word.isupper() and word.isalpha()):
        return False
    if before is None or utterance[before.end() : start].strip():
        return True
    first = before.group()
    follows_name = first[0].isupper() and bool(utterance[: before.start()].rstrip() or len(first) > 2)
    return not (_BEFORE_PLACE.fullmatch(first.casefold()) or (follows_name and not _OPENER.fullmatch(first.casefold())))


def _problem(constant: Constant, name: str, said: set[str]) -> PlotError | None:
    if not _NAME.fullmatch(name) or name != name.casefold():
        wanted = "_".join(_WORD.findall(name.casefold())) or "tom"
        hint = f'names are in lower case, with _ between words: "{wanted}"'
        return PlotError(f"{name!r} is not written as a name", hint=hint, span=constant.span)
    if NOBODY.fullmatch(name):
        hint = "name whom it means, or go through a list: all([… for x in …])"
        return PlotError(f"{name!r} is not the name of anyone", hint=hint, span=constant.span)
    if all(set(_stems(word)) & said for word in name.split("_")):
        return None
    hint = "use the names of the utterance, of what was said before, and of the world, and no others"
    return PlotError(f"nobody and nothing is called {name!r}", hint=hint, span=constant.span)


def _stems(text: str) -> Iterator[str]:
    """Yield the words of a text without capitals and accents, each also without an ending of the plural."""
    plain = unicodedata.normalize("NFC", text.casefold())
    bare = "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
    for word in dict.fromkeys([*_WORD.findall(plain), *_WORD.findall(bare)]):
        yield word
        for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
            if word.endswith(ending) and len(word) > len(ending) + 1:
                yield word[: -len(ending)] + instead


__all__ = ["NOBODY", "individuals_in", "texts_in", "ungrounded", "unused_names", "world_names"]
