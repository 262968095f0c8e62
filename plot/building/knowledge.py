"""Knowledge that extends a world: a sentence becomes definitions in its model and words in its lexicon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from plot.building.clauses import SINGULAR_VERB
from plot.building.code import EVEN, definition, likelier, list_of, ordered, step
from plot.building.definitions import out_doing
from plot.building.forms import add, clause_of
from plot.building.known import ENCOUNTERS, sketch_of_world
from plot.building.sketch import ClashError, NoFormError, Quantity, Sketch, WorldCase, identifier, with_events
from plot.errors import PlotError, Span, joined
from plot.language import parse, show
from plot.language.syntax.nodes import Assign, Call, Comprehension, FunctionDef, Name, ProgramNode, Return, walk
from plot.text import clean
from plot.translate.base import Discourse, Paraphrase, Reading, Told
from plot.translate.said import defined_noun
from plot.world import WorldSpec
from plot.world.derived import derived_lexicon
from plot.world.derived.naming import base_of, singular
from plot.world.derived.words import PERSONS
from plot.world.inflect import plural

BUILDER = "building"  # the translator of readings that extend the world
_GENERIC = re.compile(
    r"(?:an? |each |every |all |there |if |when |the (?:more |less )?\w+er? an? |in an? |in each )|.*\b(?:depends? on|"
    r"makes?|chance|likely|half|twice|third|quarter|times|\d+ ?percent)\b|.*(?:%| (?:are|is) \w+ (?:who|whose)\b)",
    re.IGNORECASE,
)
Extended = TypeVar("Extended", bound=WorldSpec)


def extends_world(told: Told) -> bool:
    """Return whether an utterance extended the world."""
    return told.readings[0].translator == BUILDER


def without_clash(base: WorldSpec, discourse: Discourse, sentence: str, *, revise: bool = False) -> Discourse:
    """Return the discourse without what a definition replaces.

    Args:
        base: The world before anything extended it.
        discourse: The discourse so far.
        sentence: What is to be told.
        revise: Whether it replaces what it contradicts.

    Raises:
        PlotError: It defines a word again, and `revise` is false.
    """
    said = defined_noun(sentence)
    if said is None:
        return discourse
    noun = singular(said) or said
    name = identifier(noun)
    for told in discourse.told:
        defined = {node.name for node in walk(parse(told.readings[0].code)) if isinstance(node, FunctionDef)}
        if told.act == "knowledge" and (name in defined or f"is_{name}" in _defined_by(told)):
            if not revise:
                raise _clash(sentence, told.say)
            rest = replace(discourse, told=tuple(one for one in discourse.told if one is not told))
            return _rebuilt(base, rest) if extends_world(told) else rest
    if noun in base.lexicon.nouns and base.lexicon.nouns[noun].means is not None and not revise:
        raise _clash(sentence, "")
    return discourse


def _defined_by(told: Told) -> set[str]:
    return set(re.findall(r"def (\w+)", told.readings[0].code)) if extends_world(told) else set()


def _clash(sentence: str, earlier: str) -> PlotError:
    said = f"“{clean(earlier)}”" if earlier else "what the world itself says"
    return PlotError(
        f"“{clean(sentence)}” clashes with {said}",
        hint="to replace that, tell it with --revise (/revise in a conversation), or with revise=True",
    )


def extended(base: Extended, discourse: Discourse, sentence: str, *, revise: bool = False) -> tuple[Told, Discourse]:
    """Return a sentence as knowledge, and the discourse about the world that it extends.

    Args:
        base: The world before anything extended it.
        discourse: The discourse so far.
        sentence: The sentence.
        revise: Whether it replaces what it contradicts.

    Raises:
        PlotError: It is none of the forms of knowledge, or contradicts what was said before.
    """
    first, _, rest = sentence.lower().partition(" ")
    if not _GENERIC.match(sentence) and (singular(first) is None or SINGULAR_VERB.match(rest)):
        raise NoKnowledgeError("")
    earlier = [told for told in discourse.told if extends_world(told)]
    replaced = {name for told in earlier for name in _replaced_by(told)}
    while True:
        try:
            world, sketch = _world(base, [*(told.say for told in earlier), sentence], frozenset(replaced))
            break
        except ClashError as clash:
            before = next((told for told in earlier if told.say == clash.earlier), None)
            if not revise or (before is None and clash.name in replaced):
                raise _clash(sentence, clash.earlier) from None
            earlier = [told for told in earlier if told is not before]
            replaced |= {clash.name} if before is None else set()
        except NoFormError as unfit:
            raise NoKnowledgeError(str(unfit)) from None
    reading = Reading(
        "knowledge", _shown_code(discourse.world, world, replaced), translator=BUILDER,
        understood=Paraphrase(_understood(sentence, sketch, replaced)),
    )  # fmt: skip
    told = Told(sentence, "knowledge", (reading,))
    kept = tuple(one for one in discourse.told if not extends_world(one) or one in earlier)
    return told, replace(discourse, world=world, told=kept)


def as_knowledge(
    base: Extended, discourse: Discourse, sentence: str, error: PlotError, *, revise: bool = False
) -> tuple[Told, Discourse]:
    """Return a sentence that no translator reads as knowledge, and the discourse about the world that it extends.

    Args:
        base: The world before anything extended it.
        discourse: The discourse so far.
        sentence: The sentence.
        error: Why no translator reads it, which is raised where it is no knowledge either.
        revise: Whether it replaces what it contradicts.
    """
    if sentence.rstrip().endswith("?"):
        raise error
    try:
        return extended(base, discourse, sentence, revise=revise)
    except NoKnowledgeError as unfit:
        more = [PlotError(f"as knowledge: {unfit.message}", hint=unfit.hint)] if unfit.message else []
        raise (joined([error, *more]) if more else error) from None


class NoKnowledgeError(PlotError):
    """A sentence that no form of knowledge reads."""


def _rebuilt(base: Extended, discourse: Discourse) -> Discourse:
    said = [told for told in discourse.told if extends_world(told)]
    replaced = frozenset(name for told in said for name in _replaced_by(told))
    try:
        world = _world(base, [told.say for told in said], replaced)[0] if said else base
    except NoFormError as unfit:
        raise PlotError(f"what was told later needs what would be replaced: {unfit}", hint="undo that first") from None
    return replace(discourse, world=world)


def _replaced_by(told: Told) -> list[str]:
    found = re.match(r"# replaces (.+)", told.readings[0].code)
    return found[1].split(", ") if found is not None else []


def _shown_code(base: WorldSpec, world: WorldSpec, replaced: set[str]) -> str:
    """Return the definitions that are new or changed, as comments: they stand in the world itself."""
    before = {show(node) for node in base.program.body}
    changed = "".join(code for node in world.program.body if (code := show(node)) not in before)
    head = [f"# replaces {', '.join(sorted(replaced))}"] if replaced else []
    return "\n".join([*head, *(f"# {line}" for line in changed.splitlines())])


def _understood(sentence: str, sketch: Sketch, replaced: set[str]) -> str:
    """Return what a sentence adds, in words."""
    own = [one for one in sketch.quantities.values() if one.given is None and sketch.sources.get(one.name) == sentence]
    changed = [
        one for one in sketch.quantities.values()
        if one not in own and any(sentence in case.source for case in (*one.cases, *one.changes, *one.of_groups))
    ]  # fmt: skip
    assumed = [
        f"a chance of {EVEN:.0%} that {'one' if one.owner else 'it'} {_finite(one.phrase)}"
        for one in own
        if one.sort == "truth" and not one.cases
    ]
    parts = [
        f"new: {', '.join(one.phrase for one in own)}" if own else "",
        f"changed: {', '.join(one.phrase or one.name for one in changed)}" if changed else "",
        f"replaced: {', '.join(sorted(replaced))}" if replaced else "",
        f"assumed: {', '.join([*assumed, *sketch.assumed])}" if assumed or sketch.assumed else "",
    ]
    return f"{clean(sentence.rstrip('.'))} ({'; '.join(part for part in parts if part)})"


def _finite(phrase: str) -> str:
    """Return a phrase with a verb: *in the evening* is *is in the evening*."""
    first = phrase.split()[0]
    return phrase if first == "is" or base_of(first) is not None else f"is {phrase}"


# -- the world ---------------------------------------------------------------------------------------------------


def _world(base: Extended, said: Sequence[str], replaced: frozenset[str]) -> tuple[Extended, Sketch]:
    """Return a world with what sentences say of it. Raises NoFormError or ClashError where they can't be."""
    sketch = sketch_of_world(base)
    for name in replaced:
        sketch.quantities.pop(name, None)
    for one in sketch.quantities.values():
        one.usual = f"usual_{one.name}"
    own_kinds = set(sketch.kinds)
    for sentence in said:
        add(clause_of(sentence, sketch))
    sketch.settle_events()
    new_kinds = [kind for kind in sketch.kinds if kind not in own_kinds]
    outcomes = [_outcome(event, name, sketch) for event, name in sketch.contests.items()]
    model = _model(base, sketch, replaced, new_kinds) + "".join(f"\n\n{code}" for code, _ in outcomes)
    fields: dict[str, Any] = {name: getattr(base, name) for name in type(base).model_fields if name != "format"}
    lexicon = _lexicon(base, parse(model), sketch, new_kinds)
    events = [word for word, noun in base.lexicon.nouns.items() if noun.event]
    for _, verbs in outcomes:
        _add_outcome(lexicon, verbs, events)
    _check_circles(parse(model), base.program)
    world = type(base).model_validate({**fields, "model": model + "\n", "lexicon": lexicon}, context={})
    return world, sketch


def _check_circles(model: ProgramNode, base: ProgramNode) -> None:
    """Raise NoFormError where a function has come to depend on itself."""
    for name in _recursive(model) - _recursive(base):
        raise NoFormError(f"“{name}” would depend on itself")


def _recursive(model: ProgramNode) -> set[str]:
    functions = {node.name: node for node in model.body if isinstance(node, FunctionDef)}
    uses = {name: {one.id for one in walk(node) if isinstance(one, Name)} for name, node in functions.items()}
    for _ in functions:
        uses = {name: found | {more for one in found for more in uses.get(one, ())} for name, found in uses.items()}
    return {name for name in functions if name in uses[name]}


def _model(base: WorldSpec, sketch: Sketch, replaced: frozenset[str], new_kinds: Sequence[str]) -> str:
    """Return the model with what is new at its end; what is changed stands where it was, with its usual value."""
    text = base.model.rstrip()
    changes: dict[str, Quantity] = {one.name: one for one in sketch.quantities.values() if one.changed}
    edits: list[tuple[Span, str]] = []
    for node in parse(base.model).body:
        name = node.name if isinstance(node, FunctionDef) else getattr(getattr(node, "target", None), "id", "")
        if name in replaced and name in sketch.quantities:
            code = definition(sketch.quantities[name], sketch)
            remembered = isinstance(node, FunctionDef) and node.mem  # its decorator stands before its span
            edits.append((node.span, code.replace("@mem\n", "", 1) if remembered else code))
        elif name in changes and (changes[name].cases or changes[name].changes):
            edits += _edited(changes[name], node, text, sketch)
        for one in changes.values():
            edits += [edit for change in one.of_groups for edit in _of_groups(one, change, node, text, sketch)]
    for span, instead in sorted(edits, key=lambda edit: (edit[0].line, edit[0].column), reverse=True):
        text = _with_edit(text, span, instead)
    new = [one for one in ordered(sketch) if one.given is None and one.name not in replaced]
    variables = [definition(one, sketch) for one in new if not one.parameters]
    functions = [definition(one, sketch) for one in new if one.parameters]
    lists = [list_of(kind, sketch.kinds[kind]) for kind in new_kinds if sketch.kinds[kind]]
    return "\n\n".join([*lists, *variables, text, *functions])


def _edited(one: Quantity, node: Any, text: str, sketch: Sketch) -> list[tuple[Span, str]]:
    """Return what changes the definition of a quantity: its chances in place, or a wrapper behind it."""
    if one.sort == "truth" and one.changes:
        return _chances(one, node, text, sketch)
    if isinstance(node, FunctionDef):
        header = re.compile(rf"\bdef {one.name}\(")
        remembered = node.mem
    else:
        header, remembered = re.compile(rf"^{one.name}\b"), True
    lines = text.splitlines()[node.span.line - 1 : node.span.end_line]
    whole = "\n".join(lines)
    usual = header.sub(lambda m: m[0].replace(one.name, one.usual), whole, count=1)
    wrapper = definition(one, sketch, remembered=remembered)
    return [(node.span, f"{usual}\n\n{wrapper}")]


def _of_groups(one: Quantity, change: WorldCase, node: Any, text: str, sketch: Sketch) -> list[tuple[Span, str]]:
    """Return the edits that change what the members of a group have together, wherever it is added up."""
    edits = []
    for call in walk(node):
        inner = call.args[0] if isinstance(call, Call) and len(call.args) == 1 else None
        if not isinstance(inner, Comprehension) or not isinstance(inner.generators[0].iterable, Name):
            continue
        if not any(isinstance(part, Call) and part.function == Name(id=one.name) for part in walk(inner.element)):
            continue
        group, event = inner.generators[0].iterable.id, node.parameters[-1].name
        code = with_events(f"0 {step(change)}", sketch).removeprefix("0 ")
        for own, theirs in ((group_of(change, sketch), group), (identifier(one.event or ""), event)):
            code = re.sub(rf"\b{own}\b", theirs, code) if own else code
        edits.append((call.span, f"{_source(text, call.span)} {code}"))
    return edits


def group_of(change: WorldCase, sketch: Sketch) -> str:
    """Return the variable of the group in the tests of a change."""
    found = [identifier(kind) for kind in sketch.groups if any(f"({identifier(kind)}" in test for test in change.tests)]
    return found[0] if found else ""


def _chances(one: Quantity, node: Any, text: str, sketch: Sketch) -> list[tuple[Span, str]]:
    """Return the edits that change each chance of what is drawn as true or not."""
    names = dict(zip(one.parameters, [part.name for part in getattr(node, "parameters", ())], strict=False))
    drawn = [part.value for part in walk(node) if isinstance(part, (Return, Assign))]
    flips = [value for value in drawn if isinstance(value, Call) and value.function == Name(id="flip")]
    if not flips or len(flips) < len([part for part in walk(node) if isinstance(part, Return)]):
        raise NoFormError(f"the chance of “{one.phrase}” is not drawn in one place: say it with its new chance")
    edits = []
    for call in flips:
        span = call.args[0].span
        chance = _source(text, span)
        code = with_events(likelier(chance, one.changes), sketch)
        for own, theirs in names.items():
            code = re.sub(rf"\b{own}\b", theirs, code)
        edits.append((span, code))
    return edits


def _source(text: str, span: Span) -> str:
    lines = text.splitlines()[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    return " ".join(lines)


def _with_edit(text: str, span: Span, instead: str) -> str:
    lines = text.splitlines()
    before, after = lines[span.line - 1][: span.column], lines[span.end_line - 1][span.end_column :]
    return "\n".join([*lines[: span.line - 1], before + instead + after, *lines[span.end_line :]])


# -- the lexicon -------------------------------------------------------------------------------------------------


def _lexicon(base: WorldSpec, model: Any, sketch: Sketch, new_kinds: Sequence[str]) -> dict[str, Any]:
    """Return the lexicon with the words of what is new: those that the model gives, and the nouns that were defined."""
    own: dict[str, Any] = base.lexicon.model_dump(mode="python", exclude_defaults=True)
    own["derived"] = False
    nouns = {word: noun for word, noun in own.get("nouns", {}).items() if "event" in noun}
    nouns |= {event: {"event": True} for event in sketch.events}
    classes = {name: noun for noun, name in sketch.classes.items()}
    of_groups = [one for one in sketch.quantities.values() if one.given is None and one.group and one.sort == "truth"]
    new = {one.name for one in sketch.quantities.values() if one.given is None and one not in of_groups} - set(classes)
    entries = derived_lexicon(model, {"nouns": nouns}).entries
    found = {
        part: {word: entry for word, entry in entries.get(part, {}).items() if _speaks_of(entry, new)}
        for part in ("attributes", "adjectives", "verbs", "prepositions")
    }
    found["nouns"] = {event: {"event": True} for event in sketch.events}
    found["nouns"] |= {kind: _kind_noun(kind, base, sketch) for kind in new_kinds}
    for one in of_groups:
        _add_words(found, _of_a_group(one, own))
    for name, noun in classes.items():
        one = sketch.quantities[name]
        domain = sketch.lists.get(str(one.owner)) or sketch.list_of(str(one.owner))
        found["nouns"][noun] = {"domain": domain, "means": f"{name}(x)", "person": False}
    if re.search(
        rf"\b{ENCOUNTERS}\b", "\n".join(case.code for one in sketch.quantities.values() for case in one.cases)
    ):
        own["encounters"] = ENCOUNTERS
    _add_words(own, found)
    return own


def _speaks_of(entry: Any, names: set[str]) -> bool:
    texts = [entry] if isinstance(entry, str) else [value for value in entry.values() if isinstance(value, str)]
    return any(name in names for text in texts for name in re.findall(r"\w+", text))


def _of_a_group(one: Quantity, own: dict[str, Any]) -> dict[str, Any]:
    """Return the words for what is true of a group in an event: *they played at home*, *she won at home*."""
    plain = one.phrase.removeprefix("is ")
    for verb in own.get("verbs", {}).values():
        if verb.get("teams") and "event" in str(verb.get("means")):
            verb["manners"] = {**verb.get("manners", {}), plain: f"{verb['means']} and {one.name}(subject, event)"}
    return {
        "verbs": {f"play {plain}": {"means": f"{one.name}(subject, event)", "teams": True}},
        "adjectives": {plain: {"event": f"{one.name}([x], event)"}},
    }


def _kind_noun(kind: str, base: WorldSpec, sketch: Sketch) -> dict[str, Any]:
    names = base.lexicon.names
    domain = names[0] if names and not sketch.kinds[kind] else sketch.list_of(kind)
    return {"domain": domain, **({"person": True} if kind in PERSONS else {})}


def _add_words(lexicon: dict[str, Any], words: dict[str, Any]) -> None:
    """Add words to a lexicon; those that it has stay as they are."""
    for part, entries in words.items():
        lexicon[part] = {**entries, **lexicon.get(part, {})} if isinstance(entries, dict) else entries


def _outcome(event: str, shown: str, sketch: Sketch) -> tuple[str, dict[str, Any]]:
    """Return the function of who wins a contest, and its verbs, which *beat* and *lose to* stand for there.

    Raises NoFormError where nothing was said of what decides it.
    """
    if not shown:
        raise NoFormError(f"say what decides it: “There is also a {event}; speed depends on strength a little.”")
    kind, noun = str(sketch.quantities[shown].owner), identifier(event)
    won, lost = out_doing(event)
    name = f"won_{noun}"
    sides = (f"{plural(kind)}1", f"{plural(kind)}2")
    of = [f"mean([{shown}(one, {noun}) for one in {identifier(side)}])" for side in sides]
    code = (
        f"# {sketch.sources[event]}\ndef {name}({identifier(sides[0])}, {identifier(sides[1])}, {noun}):\n"
        f"    return {of[0]} > {of[1]}"
    )
    entry = {"teams": True, "event": event}
    verbs: dict[str, Any] = {
        word: {"means": f"{name}(subject, object, event)", **entry, **({"forms": forms} if forms else {})}
        for word, forms in won.items()
    }
    verbs[lost] = {"means": f"{name}(object, subject, event)", **entry}
    return code, verbs


def _add_outcome(lexicon: dict[str, Any], verbs: dict[str, Any], events: Sequence[str]) -> None:
    """Add the verbs of a contest, which the world's verbs of winning and losing stand for there."""
    won, lost = verbs
    for verb in lexicon.get("verbs", {}).values():
        means = str(verb.get("means"))
        sense = won if "(subject, object, event)" in means else lost if "(object, subject, event)" in means else None
        if sense is not None and verb.get("teams") and (len(events) == 1 or verb.get("event")):
            verb["event"] = verb.get("event", events[0])
            verb["senses"] = (*verb.get("senses", ()), sense)
    _add_words(lexicon, {"verbs": verbs})


__all__ = ["BUILDER", "NoKnowledgeError", "as_knowledge", "extended", "extends_world", "without_clash"]
