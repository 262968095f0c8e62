"""Grounding of names: each name in a program must occur in the utterance, the discourse, or the world."""

from __future__ import annotations

import re
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
    words = list(re.finditer(r"[^\W\d_]+", utterance))
    found = []
    for number, match in enumerate(words):
        word = match.group()
        first = number == 0 or utterance[: match.start()].rstrip().endswith((".", "?", "!", ":"))
        known = word.casefold() in discourse.names
        if (known or (word[:1].isupper() and not first and len(word) > 1)) and not set(_stems(word)) & used:
            found.append(word)
    return list(dict.fromkeys(found))


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
    """Yield the words of a text without capitals, each also without an ending of the plural."""
    for word in _WORD.findall(text.casefold()):
        yield word
        for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
            if word.endswith(ending) and len(word) > len(ending) + 1:
                yield word[: -len(ending)] + instead


__all__ = ["NOBODY", "individuals_in", "texts_in", "ungrounded", "unused_names", "world_names"]
