"""The lexicon of a world as shown to a model, without entries that only a grammar needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plot.world import WorldSpec

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


__all__ = ["words_of"]
