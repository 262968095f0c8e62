"""From a description to a world: each sentence by its form, then the model, examples and tests as a readable file."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator, Sequence

from plot.building.amounts import fraction
from plot.building.code import WIDTH, model_of
from plot.building.forms import FORMS, add, clause_of
from plot.building.sketch import THING, NoFormError, Sketch
from plot.building.words import sayable_words
from plot.errors import PlotError, joined
from plot.translate.base import Discourse
from plot.translate.grammar import Grammar
from plot.world import WorldSpec
from plot.world.derived.naming import singular

_SENTENCES = re.compile(r"(?<=[.!])\s+(?=[A-Z\d])|\n\s*\n")


def sentences(text: str) -> list[str]:
    """Return the sentences of a description; lines that begin with # are left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [" ".join(part.split()) for part in _SENTENCES.split("\n".join(lines)) if part.strip()]


def sketch_of(text: str) -> Sketch:
    """Return what a description says.

    Args:
        text: Sentences in controlled English.

    Raises:
        PlotError: A sentence has none of the forms; it names the nearest (PlotErrors for several).
    """
    sketch = Sketch()
    errors = []
    said = sentences(text)
    if not said:
        raise PlotError("the description is empty", hint="say what there is: “There are two neighbours, Ann and Bob.”")
    _announce(said, sketch)
    for sentence in said:
        try:
            add(clause_of(sentence, sketch))
        except NoFormError as unfit:
            errors.append(_refusal(sentence, str(unfit)))
    if errors:
        raise joined(errors)
    sketch.settle_events()
    return sketch


def _announce(said: Sequence[str], sketch: Sketch) -> None:
    """Take up the groups that a description speaks of: *a team pulls with the sum of its players*."""
    for sentence in said:
        found = re.match(
            r"an? (\w+) \w+ with the (?:sum|mean|average|total|maximum|minimum) of (?:its|their) (\w+)",
            sentence.lower(),
        )
        if found is not None:
            sketch.groups[found[1]] = singular(found[2]) or found[2]


def _refusal(sentence: str, reason: str) -> PlotError:
    nearest = max((form.example for form in FORMS), key=lambda example: _likeness(sentence, example))
    message = f"“{sentence}” can't be built from" + (f": {reason}" if reason else "")
    return PlotError(message, hint=f"a form that works: “{nearest}”")


def _likeness(one: str, other: str) -> float:
    ours, theirs = set(one.lower().split()), set(other.lower().split())
    return len(ours & theirs) / len(ours | theirs) + difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()


# -- the file --------------------------------------------------------------------------------------------------


def build_world(text: str, name: str = "world") -> str:
    """Return the file of the world that a description in controlled English says.

    >>> print(build_world("It rains with a chance of 30%.").splitlines()[0])
    name: world

    Args:
        text: The description.
        name: The name of the world.

    Raises:
        PlotError: A sentence has none of the forms; it names the nearest.
    """
    sketch = sketch_of(text)
    described = textwrap.indent("\n".join(textwrap.wrap(" ".join(sentences(text)), WIDTH)), "  ")
    model = textwrap.indent(model_of(sketch).rstrip(), "  ")
    parts = [f"name: {name}", f"description: >\n{described}", f"model: |\n{model}"]
    if sketch.events:
        nouns = "\n".join(f"    {event}: {{event: true}}" for event in sketch.events)
        parts.append(f"lexicon:\n  nouns:\n{nouns}")
    file = "\n\n".join(parts) + "\n"
    return file + _examples(WorldSpec.parse(file, name), sketch)


def _examples(world: WorldSpec, sketch: Sketch) -> str:
    """Return the examples of a world, one for each of its words, and the tests that its description gives."""
    grammar, discourse = Grammar(), Discourse(world)
    said = [one.example for one in sayable_words(world) if one.example]
    codes = {text: grammar.translate(text, discourse)[0].code.strip() for text in dict.fromkeys(said)}
    examples = [
        f"  - say: {_shown(text)}\n    code: {_shown(code)}" for text, code in codes.items() if "\n" not in code
    ]
    tests = [test for text, code in codes.items() for test in _tests(text, code, sketch)]
    found = "\nexamples:\n" + "\n".join(examples) + "\n" if examples else ""
    return found + ("\ntests:\n" + "\n".join(tests) + "\n" if tests else "")


def _shown(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _tests(text: str, code: str, sketch: Sketch) -> Iterator[str]:
    """Yield the test that a chance or a figure of the description gives for an example."""
    match = re.fullmatch(r"(?P<act>condition|query)\((?P<name>\w+)(?:\([^()]*\))?\)", code)
    one = sketch.quantities.get(match["name"]) if match is not None else None
    if (
        match is None
        or one is None
        or len(one.cases) != 1
        or one.changes
        or (one.owner != THING and one.cases[0].tests)
    ):
        return
    drawn = re.fullmatch(r"(?P<how>flip|normal)\((?P<figures>[\d., /-]+)\)", one.cases[0].code)
    if drawn is None:
        return
    figures = [fraction(part) for part in drawn["figures"].split(",")]
    if drawn["how"] == "flip" and match["act"] == "condition":
        asked = f"How likely is it that {text[:1] if text[:2] != 'It' else 'i'}{text[1:].rstrip('.')}?"
        yield f"  - ask: {_shown(asked)}\n    expect: {{probability: {figures[0]:.4g}}}"
    elif drawn["how"] == "normal" and match["act"] == "query":
        yield f"  - ask: {_shown(text)}\n    expect: {{mean: {figures[0]:g}, sd: {figures[1]:g}}}"


__all__ = ["build_world", "model_of", "sentences", "sketch_of"]
