"""The lexicon of a world as shown to a model, without entries that only a grammar needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from plot.errors import PlotError, PlotErrors
from plot.world import WorldSpec

_UNKNOWN = re.compile(r"unknown name '(\w+)'")
_GRAMMAR_ONLY = {"plurals", "forms", "person", "also", "verbs", "opposite"}
_WHOLE = {"bearer": "the individual named x", "shown": "what answers call x"}
_KINDS = ("nouns", "individuals", "attributes", "adjectives", "verbs", "prepositions")


def words_of(world: WorldSpec) -> str:
    """Return one line for each word: its kind, and the code or thresholds that it stands for."""
    kept = world.lexicon.model_dump(mode="json", exclude_defaults=True)
    lines = [f"- {said}: {kept[key]}" for key, said in _WHOLE.items() if kept.get(key)]
    for kind in _KINDS:
        for word, meaning in dict(kept.get(kind) or {}).items():
            lines.append(f"- {kind.removesuffix('s')} “{word}”: {_shown(meaning)}".rstrip(": "))
    return "\n".join(lines)


def _shown(meaning: Any) -> str:
    if isinstance(meaning, Mapping):
        parts = [f"{key} {_shown(value)}" for key, value in meaning.items() if key not in _GRAMMAR_ONLY]
        return "; ".join(parts)
    if isinstance(meaning, (list, tuple)):
        return ", ".join(_shown(item) for item in meaning)
    return str(meaning)


def with_words(error: PlotError, world: WorldSpec) -> PlotError:
    """Return the error of an unknown function with the code of the world's word that it is named after, if any."""
    if isinstance(error, PlotErrors):
        return PlotErrors([with_words(one, world) for one in error.errors])
    unknown = _UNKNOWN.match(error.message)
    code = _code_of(unknown[1].replace("_", " "), world) if unknown is not None else None
    if unknown is None or code is None:
        return error
    return PlotError(error.message, hint=f"for the word “{unknown[1]}” of this world write {code}", span=error.span)


def _code_of(word: str, world: WorldSpec) -> str | None:
    """Return the code that a word of the lexicon, or another name or form of it, stands for."""
    kept = world.lexicon.model_dump(mode="json", exclude_defaults=True)
    for place, code, _ in world.lexicon.expressions():
        kind, name = place[0], str(place[1]) if len(place) > 1 else ""
        entries = kept.get(str(kind))
        meaning = entries.get(name) if isinstance(entries, Mapping) else None
        forms = {name, *(_texts(meaning) if isinstance(meaning, Mapping) else ())}
        if word in forms and code:
            return code
    return None


def _texts(meaning: Mapping[str, Any]) -> list[str]:
    """Return the other words and forms of an entry."""
    found: list[str] = []
    for key in ("also", "forms", "plural", "opposite"):
        value = meaning.get(key)
        found += [value] if isinstance(value, str) else [str(one) for one in value] if isinstance(value, list) else []
    return found


__all__ = ["with_words", "words_of"]
