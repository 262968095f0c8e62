"""The lexicon that a model's names and docstrings give, as plain data that a world's own lexicon refines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plot.language import LIBRARY
from plot.language.syntax.nodes import (
    Assign,
    Constant,
    FunctionDef,
    ListExpr,
    Name,
    NameTarget,
    ProgramNode,
)
from plot.world.derived.naming import (
    Named,
    adjectives_of,
    base_of,
    is_adjective,
    named,
    said_in,
    singular,
)
from plot.world.derived.parameters import Argument, calls_in, members_of, parameters_of
from plot.world.derived.values import Prior, Values
from plot.world.derived.words import DIRECTIONS, MUTUAL, PERSONS, PLACES, PREPOSITIONS
from plot.world.inflect import plural, verb_forms

Data = dict[str, Any]
# What an adjective of a quantity adds to its mean, in standard deviations.
THRESHOLD, DEGREES, MARGINS, TOLERANCE, PRECISION = (
    0.5,
    {"very": 1.25, "a bit": 0.25},
    {"much": 1.0, "a bit": 0.5},
    0.25,
    0.05,
)
_WINNING = ("beat", "defeat", "win against", "win over")
_MEETING = ("play against", "meet", "face", "compete against", "play")
_LOSING = ("lose to", "lose against")
_SAID_BY = ("means", "degree", "value", "domain", "of", "event", "group")


@dataclass
class Derived:
    """Words derived from a model.

    Attributes:
        entries: The lexicon as plain data.
        unsaid: The functions of the model that no word speaks of, each with the reason.
    """

    entries: Data = field(default_factory=dict)
    unsaid: dict[str, str] = field(default_factory=dict)


def derived_lexicon(model: ProgramNode, own: Mapping[str, Any] | None = None) -> Derived:
    """Return the words that a model's names, parameters and docstrings give.

    Args:
        model: The model.
        own: The world's own lexicon as plain data: an entry that says what its word means replaces a derived one,
            any other refines it.
    """
    nouns = (own or {}).get("nouns")
    events = [word for word, noun in nouns.items() if isinstance(noun, dict) and noun.get("event")] if nouns else []
    words = _Words(model, frozenset(_said_already(own or {})), events)
    return Derived(refined(words.lexicon(), own or {}), words.unsaid)


def _said_already(own: Any) -> Iterator[str]:
    """Yield the names in the expressions of a lexicon: what a word of its own speaks of has no derived one."""
    if isinstance(own, str):
        yield from re.findall(r"[A-Za-z_]\w*", own)
    elif isinstance(own, Mapping):
        for key, inner in own.items():
            yield from (
                _said_already(inner) if key not in ("also", "opposite", "verbs") or isinstance(inner, Mapping) else ()
            )
    elif isinstance(own, list):
        for inner in own:
            yield from _said_already(inner)


def refined(derived: Mapping[str, Any], own: Mapping[str, Any]) -> Data:
    """Return derived words with what a world's own lexicon says of them."""
    found = dict(derived)
    for section, entries in own.items():
        before = found.get(section)
        if not isinstance(before, dict) or not isinstance(entries, dict):
            found[section] = entries
            continue
        merged = dict(before)
        for word, entry in entries.items():
            both = isinstance(entry, dict) and isinstance(merged.get(word), dict)
            refines = both and not any(key in entry for key in _SAID_BY)
            merged[word] = {**merged[word], **entry} if refines else entry
        found[section] = merged
    return found


class _Words:
    """Collects the entries of a lexicon, function by function; the first that takes a word keeps it."""

    def __init__(self, model: ProgramNode, said: frozenset[str], events: Sequence[str]) -> None:
        self._said = said
        self._functions = {node.name: node for node in model.body if isinstance(node, FunctionDef)}
        self._assigned = {
            node.target.id: node
            for node in model.body
            if isinstance(node, Assign) and isinstance(node.target, NameTarget)
        }
        self._parameters = parameters_of(model, events)
        self._values = Values(model)
        self._found: dict[str, Data] = {
            name: {} for name in ("individuals", "nouns", "attributes", "adjectives", "verbs", "prepositions")
        }
        self.unsaid: dict[str, str] = {}
        self._lists = dict(self._named_lists())
        self._kinds = list(dict.fromkeys(self._individual_nouns()))
        self._names = self._name_list()

    def lexicon(self) -> Data:
        """Return all entries as plain data."""
        self._nouns()
        names = [name for name in (*self._assigned, *self._functions) if name not in self._lists]
        names = [name for name in names if name not in self._said]
        for name in sorted(names, key=lambda name: self._value(name).kind != "truth"):  # "rich" before "wealth"
            if name in self._functions:
                self._function(name, self._functions[name])
            else:
                self._quantity(named(name), name, (), self._value(name), None)
        found: Data = {section: entries for section, entries in self._found.items() if entries}
        return {"derived": True, **({"names": self._names} if self._names else {}), **found}

    def _value(self, name: str) -> Prior:
        return self._values.of_function(name) if name in self._functions else self._values.of_variable(name)

    def _add(self, section: str, word: str, entry: Data) -> None:
        """Keep an entry; where its word has one, what is new in it is added if both are of one sort."""
        if not word or not all(letter.isalpha() or letter in " -'" for letter in word):
            return
        before = self._found[section].setdefault(word, dict(entry))
        degrees = [str(one.get("degree", "")) for one in (before, entry)]
        owned = all(re.search(r"\bx\b", degree) for degree in degrees)
        if all(degrees) and len(set(degrees)) == 2 and not owned:  # a long queue, a long wait
            before.setdefault("senses", []).append(entry)
        elif "event" in before and "degree" in entry and not {"degree", "means"} & before.keys():
            before.update(entry)
        elif "event" in entry and "degree" in before:
            before.setdefault("event", entry["event"])

    # -- nouns ---------------------------------------------------------------------------------------------

    def _named_lists(self) -> Iterator[tuple[str, str]]:
        """Yield the variables that list individuals by name, with the noun of those in it."""
        for name, node in self._assigned.items():
            if isinstance(node.value, ListExpr) and node.value.items:
                noun = singular(name.replace("_", " "))
                if noun is not None and len(self._texts(name)) == len(node.value.items):
                    yield name, noun

    def _texts(self, name: str) -> list[str]:
        """Return the texts in a list that the model writes out."""
        value = self._assigned[name].value
        items = value.items if isinstance(value, ListExpr) else ()
        return [item.value for item in items if isinstance(item, Constant) and isinstance(item.value, str)]

    def _individual_nouns(self) -> Iterator[str]:
        """Yield the nouns of individuals; where names of parameters say nothing, one for all."""
        yield from self._lists.values()
        nameless = False
        for name, parameters in self._parameters.items():
            for one in parameters:
                if one.role in ("individual", "text"):
                    nameless = nameless or one.noun is None
                    yield from [one.noun] if one.noun is not None else []
                elif one.role == "group":
                    member = members_of(one.name, self._functions[name], self._parameters)
                    yield from [member] if member is not None else []
        if nameless:
            yield "individual"

    def _name_list(self) -> str | None:
        """Return the variable for the names of those who are mentioned: none where the model lists all."""
        free = [kind for kind in self._kinds if kind not in self._lists.values()]
        if not free:
            return None
        name = plural(free[0]).replace(" ", "_")
        taken = name in self._functions or name in self._assigned or name in LIBRARY
        return f"all_{name}" if taken else name

    def _nouns(self) -> None:
        nouns = self._found["nouns"]
        for kind in self._kinds:
            variable = next((name for name, noun in self._lists.items() if noun == kind), self._names)
            nouns[kind] = {"domain": variable}
            if kind in PERSONS or re.search(r"(?:er|or|is[t])$", kind):
                nouns[kind] |= {"person": True} | ({} if "person" in self._kinds else {"also": ["person"]})
            elif kind == "individual":
                nouns[kind]["also"] = ["person", "thing"]
            if variable in self._lists and "person" not in nouns[kind]:
                for text in self._texts(variable):
                    self._found["individuals"][text.replace("_", " ")] = f'"{text}"'
        for one in (one for parameters in self._parameters.values() for one in parameters):
            if one.noun is not None and one.role in ("group", "event"):
                singular_noun = singular(one.noun) if one.role == "group" else None
                if singular_noun is None:
                    nouns.setdefault(one.noun, {one.role: True})

    # -- functions -----------------------------------------------------------------------------------------

    def _function(self, name: str, node: FunctionDef) -> None:
        parameters = self._parameters[name]
        reason = self._why_unsaid(name, node, parameters)
        if reason is not None:
            self.unsaid[name] = reason
            return
        value, says = self._value(name), named(name, node.doc)
        if value.kind == "list" and len(parameters) == 1:
            self._add("nouns", singular(says.phrase) or says.phrase, {"of": f"{name}(of)"})
            return
        self._quantity(says, name, parameters, value, node.doc)

    def _why_unsaid(self, name: str, node: FunctionDef, parameters: Sequence[Argument]) -> str | None:
        """Return why no word can speak of a function."""
        roles = [one.role for one in parameters]
        if self._draws_again(node, set()):
            return f"it draws again each time that it is called: write @mem above 'def {name}'"
        if "number" in roles:
            number = next(one.name for one in parameters if one.role == "number")
            return f"it takes a number ('{number}'), which no word gives"
        if roles.count("event") > 1 or len(roles) - roles.count("event") > 2:
            return "it relates more individuals or events than a verb does: give it a verb in the lexicon"
        groups = roles.count("group")
        if groups and not (groups == 2 and len(roles) - roles.count("event") == 2):
            return "it takes a list of individuals: give it a verb in the lexicon"
        return None

    def _draws_again(self, node: FunctionDef, seen: set[str]) -> bool:
        if node.mem or node.name in seen:
            return False
        seen.add(node.name)
        for call in calls_in(node):
            called = call.function.id if isinstance(call.function, Name) else ""
            if called in LIBRARY and LIBRARY[called].category == "distribution":
                return True
            if called in self._functions and self._draws_again(self._functions[called], seen):
                return True
        return False

    def _quantity(self, says: Named, name: str, parameters: Sequence[Argument], value: Prior, doc: str | None) -> None:
        """Derive the words for a function's value, or a variable's."""
        people = [one for one in parameters if one.role != "event"]
        events = [one for one in parameters if one.role == "event"]
        is_call = name in self._functions

        def code(*roles: str) -> str:
            given = iter(roles)
            args = ["event" if one.role == "event" else next(given) for one in parameters]
            return f"{name}({', '.join(args)})" if is_call else name

        if value.kind == "truth":
            if len(people) == 2:
                self._relation(says, code, people, events)
            elif people:
                self._property(says, code, bool(events), doc)
            else:
                self._state(says, code(), bool(events))
        elif len(people) == 2:
            self.unsaid[name] = "it is a figure of two: give it a verb with a 'degree' in the lexicon"
        elif value.kind == "text":
            self._attribute(says, {"value": code("x"), "values": [word.replace("_", " ") for word in value.words]})
        elif value.kind == "number":
            self._measure(says, code("x"), value, doc)
        else:
            self.unsaid[name] = "it is not clear whether its value is a number, a truth or a name"

    def _attribute(self, says: Named, entry: Data) -> None:
        if says.unit is not None:
            entry["units"] = list(dict.fromkeys(says.unit))
        self._add("attributes", says.phrase, entry)

    def _measure(self, says: Named, code: str, value: Prior, doc: str | None) -> None:
        """A number: an attribute, with the adjectives of much of it and of little."""
        spread = value.sd if value.sd > 0 else math.nan
        entry: Data = {"value": code}
        if not math.isnan(spread):
            entry["precision"] = _rounded(PRECISION * spread, 1)
        self._attribute(says, entry)
        if math.isnan(spread) or math.isnan(value.mean):
            return
        for word, sign in zip(adjectives_of(says.phrase, doc), (1, -1), strict=True):
            if word:
                self._add("adjectives", word, _gradable(code, value.mean, sign * spread))

    # -- what is true or not -------------------------------------------------------------------------------

    def _state(self, says: Named, code: str, event: bool) -> None:
        """Something that is true of the world, or of an event: *it is winter*, *a windy race*."""
        entry: Data = {"event" if event else "means": code}
        base = base_of(says.phrase) if not says.lead else None
        if base is None or not says.phrase.endswith("s"):
            self._add("adjectives", says.phrase, entry)
        else:  # "it rains": it is raining, it is rainy
            self._add("adjectives", verb_forms(base)["ing"], {**entry, "also": [f"{base}y"]})

    def _property(self, says: Named, code: Any, event: bool, doc: str | None) -> None:
        """Something that is true of one: each form that its name may have says the same."""
        adjective = {"event" if event else "means": code("x")}
        verb = {"means": code("subject")}
        stated = said_in(doc)
        first, *rest = says.words
        base = base_of(first) if not says.lead else None
        if says.lead == "have":
            self._having(says.phrase, verb)
        elif says.lead == "do":
            self._add("verbs", says.phrase, verb)
        elif base is not None and (rest or first.endswith("s")):
            self._doing(" ".join([base, *rest]), verb)
        else:
            self._add("adjectives", says.phrase, adjective)
            if base is not None:
                self._doing(base, verb)
            elif not is_adjective(first) and not says.lead:
                self._having(says.phrase, verb)
                self._doing(says.phrase, verb)
                if not event and not rest and self._names is not None:
                    self._add("nouns", says.phrase, {"domain": self._names, "means": code("x")})
        if stated:
            self._stated(stated, adjective, verb)

    def _stated(self, stated: str, adjective: Data, verb: Data) -> None:
        first, _, rest = stated.partition(" ")
        if first in ("is", "are", "was", "were"):
            self._add("adjectives", rest, adjective)
        elif (base := base_of(first)) is not None:
            self._add("verbs", f"{base} {rest}".strip(), verb)

    def _having(self, phrase: str, verb: Data) -> None:
        bare = phrase.removeprefix("a ").removeprefix("the ")
        self._add("verbs", f"have a {bare}", {**verb, "also": [f"have {bare}", f"have the {bare}"]})

    def _doing(self, phrase: str, verb: Data) -> None:
        """A verb; what follows it may have an article: *takes medicine*, *takes the medicine*."""
        first, *rest = phrase.split()
        article = bool(rest) and rest[0] not in PREPOSITIONS and not is_adjective(rest[0])
        also = [f"{first} {the} {' '.join(rest)}" for the in ("the", "a")] if article else []
        self._add("verbs", phrase, {**verb, "also": also} if also else verb)

    def _relation(self, says: Named, code: Any, people: Sequence[Argument], events: Sequence[Argument]) -> None:
        """Something that is true of two: a verb, a preposition, or a noun for those who stand in it."""
        first, *rest = says.words
        domain = self._domain(people[0])
        if rest and rest[-1] == "of" and not events:
            if first in DIRECTIONS:
                self._found["prepositions"][says.phrase] = code("x", "of")
            else:
                noun = " ".join(says.words[:-1])
                self._add("nouns", noun, {"domain": domain, "of": code("x", "of")})
            return
        if says.phrase in PLACES or says.phrase == "next to":
            self._found["prepositions"][says.phrase] = code("x", "of")
            return
        if says.phrase in MUTUAL and not events:
            self._add("adjectives", says.phrase, {"mutual": code("x", "of")})
        base = base_of(first)
        one = singular(says.phrase)
        if base is None and one is not None and not events:
            self._add("nouns", one, {"domain": domain, "of": code("x", "of")})
            return
        if says.lead == "be":
            return
        self._verb(" ".join([base or first, *rest]), code, people, events)

    def _verb(self, key: str, code: Any, people: Sequence[Argument], events: Sequence[Argument]) -> None:
        teams = {"teams": True} if people[0].role == "group" else {}
        entry: Data = {"means": code("subject", "object"), **teams}
        noun = people[1].noun
        if not events and not teams and noun in self._lists.values():
            entry["object"] = noun
        if key not in _WINNING or not events:
            self._add("verbs", key, entry)
            return
        self._add("verbs", key, {**entry, "also": [word for word in _WINNING if word != key]})
        losing, *others = _LOSING
        self._add("verbs", losing, {**entry, "means": code("object", "subject"), "also": others})
        meeting, *others = _MEETING
        self._add("verbs", meeting, {**teams, "also": others})

    def _domain(self, one: Argument) -> str | None:
        kind = one.noun or "individual"
        return next((name for name, noun in self._lists.items() if noun == kind), self._names)


def _gradable(code: str, mean: float, spread: float) -> Data:
    """Return an adjective of a degree; with a negative spread one of little of it."""

    def beyond(share: float) -> float:
        return _rounded(mean + share * spread, 3)

    return {
        "degree": code,
        "above" if spread > 0 else "below": beyond(THRESHOLD),
        "degrees": {word: beyond(share) for word, share in DEGREES.items()},
        "margins": {word: _rounded(share * abs(spread), 2) for word, share in MARGINS.items()},
        "tolerance": _rounded(TOLERANCE * abs(spread), 2),
    }


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


__all__ = ["Derived", "derived_lexicon", "refined"]
