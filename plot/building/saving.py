"""The file of a world that knowledge has extended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from plot.building.knowledge import extends_world
from plot.building.words import sayable_words
from plot.errors import PlotError
from plot.language import show
from plot.translate.base import Discourse, Told
from plot.translate.grammar import Grammar
from plot.world import WorldSpec
from plot.world.spec import Example, WorldTest

WIDTH = 110


def saved_world(base: WorldSpec, discourse: Discourse, name: str | None = None) -> str:
    """Return the file of a world as a discourse has extended it: what else was told are its facts.

    Args:
        base: The world before anything extended it.
        discourse: The discourse.
        name: What the world is called; by default as before.

    Raises:
        PlotError: Something was told that only a language model reads.
    """
    world = discourse.world
    facts = tuple(_fact(told) for told in discourse.told if not extends_world(told))
    learned = [told.say for told in discourse.told if extends_world(told)]
    examples = [one for one in base.examples if not _outdated(one, base, world)]
    fields: dict[str, Any] = world.model_dump(mode="json", exclude_defaults=True)
    fields |= {"format": 1, "name": name or world.name, "facts": list(facts)}
    fields["description"] = " ".join([world.description, *learned]).strip()
    fields["examples"] = [*map(_data, examples), *_new_examples(base, world)]
    fields["tests"] = [_data(_with_facts(one, base)) for one in base.tests] if _is_kept(base, world) else []
    order = ["format", "name", "description", "modules", "model", "lexicon", "facts", "examples", "model_examples"]
    keys = [*(key for key in order if fields.get(key)), *(key for key in fields if key not in order and fields[key])]
    return "\n".join(_dumped({key: fields[key]}) for key in keys)


def _fact(told: Told) -> str:
    if told.readings[0].translator != "grammar":
        raise PlotError(
            f"“{told.say}” was read by {told.readings[0].translator}: a world's facts are what the grammar reads",
            hint="say it in simpler words, or leave it out",
        )
    return told.say


def _is_kept(base: WorldSpec, world: WorldSpec) -> bool:
    """Return whether the tests still hold: all of the model is as it was."""
    now = {show(node) for node in world.program.body}
    return all(show(node) in now for node in base.program.body)


def _with_facts(test: WorldTest, base: WorldSpec) -> WorldTest:
    """Return a test with the facts that it had before more was told."""
    given = (*base.facts, *test.given) if test.tells_facts else test.given
    return test.model_copy(update={"given": given, "facts": False})


def _outdated(example: Example, base: WorldSpec, world: WorldSpec) -> bool:
    """Return whether an example defines a word that the world itself has now."""
    new = set(world.lexicon.nouns) - set(base.lexicon.nouns)
    return any(word in " ".join([example.say, *example.given]).lower() for word in new)


def _new_examples(base: WorldSpec, world: WorldSpec) -> Iterator[dict[str, str]]:
    """Yield an example for each new word."""
    before = {part: set(words) for part, words in base.lexicon if isinstance(words, dict)}
    grammar, discourse = Grammar(), Discourse(world)
    for one in sayable_words(world):
        if one.word in before.get(f"{one.sort}s", set()) or one.word in before["adjectives"] or not one.example:
            continue
        code = grammar.translate(one.example, discourse)[0].code.strip()
        yield {"say": one.example, "code": code}


def _data(part: Example | WorldTest) -> dict[str, Any]:
    return part.model_dump(mode="json", exclude_defaults=True)


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _dumped(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=False)


__all__ = ["saved_world"]
