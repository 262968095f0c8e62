"""What a world says already, as the sketch that further knowledge is added to, with its words for conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from plot.building.sketch import Quantity, Sketch, key_of
from plot.errors import PlotError
from plot.language import parse, show
from plot.language.syntax.nodes import Call, Condition, Constant, Expr, FunctionDef, Name, walk
from plot.translate.base import Discourse
from plot.translate.grammar import Grammar
from plot.world import WorldSpec
from plot.world.derived import derived_lexicon
from plot.world.derived.naming import base_of, named
from plot.world.derived.parameters import parameters_of
from plot.world.derived.values import Values
from plot.world.inflect import verb_forms
from plot.world.lexicon import Lexicon, expression, mentions

ONE, OTHER = "xavier", "yolanda"  # stand for anybody while the grammar reads a condition
ENCOUNTERS = "encounters"
_MET = re.compile(
    r"(?P<before>.+?) (?P<all>everybody|everyone|anybody|anyone|every \w+|all|somebody|someone|an? \w+)"
    r"(?: (?:that|whom|who))? (?:they|he|she) (?:have|has) (?P<verb>[a-z]+(?: [a-z]+)?)"
)
_OPPONENTS = re.compile(r"(?P<before>.+?) (?:all (?:of )?)(?:their|his|her) opponents")
_VERBS = {"are": "is", "have": "has", "were": "was"}


def sketch_of_world(world: WorldSpec) -> Sketch:
    """Return what the model and the lexicon of a world say.

    Args:
        world: The world.
    """
    sketch = Sketch(extends=True)
    lexicon = world.lexicon
    for word, noun in lexicon.nouns.items():
        if noun.event:
            sketch.events.append(word)
        elif noun.domain is not None and noun.means is None and noun.of is None:
            sketch.kinds[word] = ()
            sketch.lists[word] = noun.domain
        sketch.aliases |= {other: word for other in noun.also if not noun.means}
    kinds = [word for word in sketch.kinds if lexicon.nouns[word].domain in lexicon.names] or list(sketch.kinds)
    sketch.aliases |= {"person": kinds[0]} if kinds and "person" not in sketch.kinds else {}
    sketch.groups |= {word: kinds[0] for word, noun in lexicon.nouns.items() if noun.group and kinds}
    for one in _given(world, kinds):
        before = sketch.quantities.setdefault(one.name, one)
        if before is not one:
            before.also += (one.phrase, *one.also)
            before.up, before.down = before.up + one.up, before.down + one.down
    for name, parameters in parameters_of(world.program, sketch.events).items():
        if [one.role for one in parameters] in (["group"], ["group", "event"]) and sketch.groups:
            group = parameters[0].noun if parameters[0].noun in sketch.groups else next(iter(sketch.groups))
            event = sketch.aliases.get(parameters[-1].noun or "", parameters[-1].noun) if len(parameters) > 1 else None
            words = " ".join(named(name).words)
            sketch.quantities.setdefault(
                name, Quantity(name, "number", group, event=event, group=True, phrase=words, given=f"{name}(x)")
            )
    sketch.sources = dict.fromkeys(sketch.quantities, "")
    sketch.classes = {word: noun.means for word, noun in lexicon.nouns.items() if noun.means is not None}
    sketch.classes = {
        word: name for word, code in sketch.classes.items() if (name := _class(code)) in sketch.quantities
    }
    sketch.reader = partial(_read, world)
    return sketch


def _class(code: str) -> str:
    return code.partition("(")[0]


def _given(world: WorldSpec, kinds: list[str]) -> Iterator[Quantity]:
    """Yield the quantities of a world, in the words of its lexicon, and of its functions where that has none."""
    values = Values(world.program)
    nouns = {word: {"event": True} for word, noun in world.lexicon.nouns.items() if noun.event}
    derived = derived_lexicon(world.program, {"nouns": nouns}).entries
    spoken = {name for _, code, _ in world.lexicon.expressions() for name in _names(code)}
    more = {
        part: {word: entry for word, entry in derived.get(part, {}).items() if not _spoken(entry, spoken)}
        for part in ("attributes", "adjectives", "verbs", "nouns")
    }
    more["nouns"] = {word: noun for word, noun in more["nouns"].items() if "means" in noun}
    for lexicon in (world.lexicon, Lexicon.model_validate(more)):
        for phrase, code, sort, words in _phrases(lexicon):
            yield _quantity(phrase, code, sort, words, world, kinds, values)


def _spoken(entry: Mapping[str, Any], spoken: set[str]) -> bool:
    codes = [str(entry[key]) for key in ("means", "degree", "value", "event") if key in entry]
    return any(name in spoken for code in codes if code != "True" for name in _names(code))


def _names(code: str) -> set[str]:
    roles = {"x", "event", "subject", "object", "of", "other"}
    return {node.id for node in walk(expression(code)) if isinstance(node, Name)} - roles


def _phrases(lexicon: Lexicon) -> Iterator[tuple[str, str, str, dict[str, tuple[str, ...]]]]:
    """Yield each word that speaks of one individual, or of nobody: its phrase, its code, its sort, and other words."""
    for word, attribute in lexicon.attributes.items():
        yield word, attribute.value, "choice" if attribute.values else "number", {"also": attribute.also}
    for word, one in lexicon.adjectives.items():
        every = (word, *one.also)
        code = one.event or one.means
        if one.degree is not None:
            yield "", one.degree, "number", {"up" if one.above is not None else "down": every}
        if code is not None:
            yield f"is {word}", code, "truth", {"also": tuple(f"is {also}" for also in one.also)}
    for word, verb in lexicon.verbs.items():
        if verb.means is not None and not mentions(verb.means, "object"):
            yield word, verb.means, "truth", {"also": verb.also}
    for word, noun in lexicon.nouns.items():
        if noun.means is not None:
            yield f"is a {word}", noun.means, "truth", {}


def _quantity(
    phrase: str, code: str, sort: Any, words: dict[str, Any], world: WorldSpec, kinds: list[str], values: Values
) -> Quantity:
    code = re.sub(r"\bsubject\b", "x", code)
    roles = {role for role in ("x", "event") if mentions(code, role)}
    called = expression(code)
    name = called.function.id if isinstance(called, Call) and isinstance(called.function, Name) else None
    name = called.id if isinstance(called, Name) else name
    plain = code in {str(name), f"{name}(x)", f"{name}(x, event)", f"{name}(event)"}
    identity = str(name) if plain else key_of(phrase).replace(" ", "_").replace("-", "_") + "_"
    functions = {node.name: node for node in world.program.body if isinstance(node, FunctionDef)}
    prior = values.of_function(str(name)) if plain and name in functions and sort == "number" else None
    events = [word for word, noun in world.lexicon.nouns.items() if noun.event]
    return Quantity(
        identity, sort, phrase=phrase, given=code,
        owner=_owner(functions.get(str(name)), kinds) if "x" in roles else None,
        event=events[0] if "event" in roles and events else None,
        moments=(prior.mean, prior.sd) if prior is not None else None, **words,
    )  # fmt: skip


def _owner(function: FunctionDef | None, kinds: list[str]) -> str | None:
    """Return the kind of whom a function speaks, by the name of its first parameter."""
    name = function.parameters[0].name if function is not None and function.parameters else ""
    return next((kind for kind in kinds if kind.replace(" ", "_") == name.rstrip("0123456789")), None) or next(
        iter(kinds), None
    )


# -- conditions in the words of a world ----------------------------------------------------------------------------


def _read(world: WorldSpec, text: str, variable: str) -> str | None:
    """Return the code of a condition on anybody, *they are stronger than 80*; None where the grammar can't read it."""
    met = _MET.fullmatch(text) or _OPPONENTS.fullmatch(text)
    if met is not None:
        return _of_those_met(world, met, variable)
    found = _condition(world, _said_of(text, ONE))
    return None if found is None or found[1] else _with_variable(found[0], {ONE: variable})


def _said_of(text: str, name: str) -> str:
    """Return a condition as a sentence about somebody: *they pull* is *Xavier pulls*."""
    subject, _, rest = text.partition(" ")
    verb, _, tail = rest.partition(" ")
    spelt = name.title()
    if subject in ("their", "his", "her", "its"):
        return f"{spelt}'s {rest}."
    if subject == "they":
        finite = _VERBS.get(verb) or (verb if base_of(verb) is not None or verb in ("is", "has") else None)
        verb = finite or verb_forms(verb)["third"]
    return f"{spelt} {verb} {tail}".strip() + "."


def _condition(world: WorldSpec, sentence: str) -> tuple[Expr, int] | None:
    """Return the expression that a sentence conditions on, and how many events it speaks of."""
    try:
        reading = Grammar().translate(sentence, Discourse(world))[0]
    except PlotError:
        return None
    body = parse(reading.code).body
    if reading.act != "observation" or len(body) != 1 or not isinstance(body[0], Condition):
        return None
    return body[0].test, reading.events


def _with_variable(expr: Expr, names: Mapping[str, str]) -> str:
    """Return code in which a name in quotes, or a team of it alone, is an expression."""
    code = show(expr)
    for name, instead in names.items():
        code = code.replace(f'["{name}"]', f"[{instead}]").replace(f'"{name}"', instead)
    return code


def _of_those_met(world: WorldSpec, met: re.Match[str], variable: str) -> str | None:
    """Return a condition on those whom one has met: *they are stronger than everybody they have played*."""
    groups = met.groupdict()
    which = _which_met(world, groups.get("verb") or "")
    found = _condition(world, f"{_said_of(groups['before'], ONE).rstrip('.')} {OTHER.title()}.")
    if which is None or found is None or found[1] > 1:
        return None
    expr, events = found
    for node in walk(expr):
        last = node.args[-1] if isinstance(node, Call) and events and node.args else None
        if isinstance(last, Constant) and last.value == 1 and isinstance(node, Call):
            object.__setattr__(node, "args", (*node.args[:-1], Name(id="event_met")))
    code = _with_variable(expr, {ONE: variable, OTHER: "other"})
    if events:
        code = code.replace(f"[{variable}]", "met[0]").replace("[other]", "met[1]").replace("event_met", "met[2]")
    loop = f"for met in {ENCOUNTERS} if {variable} in met[0]{which}"
    loop += "" if events else " for other in met[1]"
    if groups.get("all") in ("somebody", "someone") or str(groups.get("all")).startswith(("a ", "an ")):
        return f"any([{code} {loop}])"
    return f"any([True {loop}]) and all([{code} {loop}])"


def _which_met(world: WorldSpec, verb: str) -> str | None:
    """Return the further test of a verb on who was met: *played* has none, *beaten* is who won."""
    if not verb:
        return ""
    head, _, rest = verb.partition(" ")
    wanted = f"{base_of(head) or head} {rest}".strip()
    for word, entry in world.lexicon.verbs.items():
        phrases = {word, *entry.also} | {one.rpartition(" ")[0] for one in (word, *entry.also) if " against" in one}
        if wanted not in phrases:
            continue
        if entry.means is None:
            return ""
        if not mentions(entry.means, "event"):
            continue
        side = "met[{}]" if entry.teams else "met[{}][0]"
        test = entry.means
        for role, instead in (("subject", side.format(0)), ("object", side.format(1)), ("event", "met[2]")):
            test = re.sub(rf"\b{role}\b", instead, test)
        return f" and {test}"
    return None


__all__ = ["ENCOUNTERS", "sketch_of_world"]
