"""Grammars of replies for constrained decoding: what may be said of a world, in Lark's notation and in GBNF.

A grammar generates whole replies (JSON) whose code has the world's names, functions, kinds and arities. Nothing in it
repeats without a bound, so that each reply fits its limit, whatever tokens are drawn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plot.language import show
from plot.language.syntax.nodes import Assign, Constant, Expr, Lambda, ListExpr, Name, NameTarget, RecordExpr
from plot.translate.assemble import united
from plot.translate.base import Discourse
from plot.translate.english.build import filled
from plot.translate.model.events import event_places
from plot.translate.model.examine import prior_of
from plot.translate.model.grounding import NOBODY, world_names
from plot.translate.model.reply import SCHEMA
from plot.translate.model.signatures import Signature, signatures
from plot.world import WorldSpec
from plot.world.lexicon import expression

MOST_DEPTH = 4
MOST_NAMES = 40
MORE_EVENTS = 3  # that one utterance may tell of
WORDS = 120  # letters of a paraphrase
VARIABLE = "one"  # what goes through a list
_WORD = re.compile(r"[^\W_]+")
COMPARISONS = (" > ", " < ", " >= ", " <= ")


@dataclass(frozen=True, slots=True)
class Text:
    """A literal text of a rule."""

    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """Another rule."""

    rule: str


@dataclass(frozen=True, slots=True)
class Letters:
    """Between `least` and `most` characters of a class, as both notations write it."""

    letters: str
    least: int
    most: int


Item = Text | Ref | Letters
Rules = dict[str, list[list[Item]]]
DIGITS = "[0-9]"
PLAIN = "[a-zA-Z0-9 ,.'?-]"  # one byte each, and as they stand in JSON


KINDS = ("truth", "number", "name", "names")
HEAD, MIDDLE = '{"act": "%s", "definitions": "", "code": "', '", "paraphrase": "'
FIGURES: Rules = {
    "tail": [
        [
            Letters("[a-zA-Z]", 1, 1),
            Letters(PLAIN, 0, WORDS),
            Text('", "alternatives": [], "unsure": '),
            Ref("flag"),
            Text(', "left_out": []}'),
        ]
    ],
    "flag": [[Text("true")], [Text("false")]],
    "figure": [
        [Text("0")],
        [Letters("[1-9]", 1, 1), Letters(DIGITS, 0, 2)],
        [Letters(DIGITS, 1, 1), Text("."), Letters(DIGITS, 1, 2)],
    ],
    "spread": [[Letters("[1-9]", 1, 1)], [Text("0."), Letters("[1-9]", 1, 1)]],
    "share": [[Text("0."), Letters(DIGITS, 1, 3)]],
}


def reply_rules(utterance: str, discourse: Discourse, limit: int, seed: int = 0) -> Rules:
    """Return the rules of all replies to an utterance that have at most `limit` bytes, and so at most as many tokens.

    Args:
        utterance: The utterance; names that it may hold are among its words.
        discourse: What was said before it, and the world.
        limit: The most bytes of a reply.
        seed: The seed of the samples on which the world's functions are tried.
    """
    names = names_for(utterance, discourse)
    known = replace(discourse, names=united(discourse.names, names))
    places = event_places(discourse.world.lexicon, discourse.world.program)
    found = signatures(prior_of(known), discourse.world, names, places, seed)
    for depth in range(MOST_DEPTH, 0, -1):
        rules = _GrammarBuilder(discourse, names, found, depth).build(question=utterance.rstrip().endswith("?"))
        if longest(rules, "root") <= limit:
            return rules
    return rules


def names_for(utterance: str, discourse: Discourse) -> tuple[str, ...]:
    """Return what code may name: who was mentioned, the words of the utterance, and the world's own names."""
    words = [word for word in _WORD.findall(utterance.casefold()) if not NOBODY.fullmatch(word)]
    own = sorted(name for name in world_names(discourse.world) if name.isascii() and name.isidentifier())
    plain = [word for word in (*discourse.names, *words) if word.replace("_", "").isalnum()]
    return tuple(dict.fromkeys([*plain, *own]))[:MOST_NAMES]


@dataclass
class _GrammarBuilder:
    """Makes the rules; those of an expression are named by kind, depth, and whether a variable is bound."""

    discourse: Discourse
    names: Sequence[str]
    functions: Sequence[Signature]
    depth: int

    def build(self, *, question: bool) -> Rules:
        """Return all rules that are reached from `root`, and that lead somewhere."""
        rules: Rules = {"root": [[Ref("question")]] if question else [[Ref("observation")], [Ref("nothing")]]}
        for act, code in (("question", "asked"), ("observation", "facts"), ("knowledge", "chance")):
            rules[act] = [[Text(HEAD % act), Ref(code), Text(MIDDLE), Ref("tail")]]
        rules["nothing"] = [[Text(HEAD % "nothing" + MIDDLE), Ref("tail")]]
        if not question and (rule := self._rule_of_chance()):
            rules["root"].append([Ref("knowledge")])
            rules["chance"] = [rule]
        rules["facts"] = [[Ref("fact")], [Ref("fact"), Text(r"\n"), Ref("fact")]]
        rules["fact"] = [[Text("condition("), *self._ref("truth"), Text(")")]]
        if self._of("number"):
            seen: list[Item] = [Text("observe(normal("), Ref("measured"), Text(", "), Ref("spread")]
            rules["fact"].append([*seen, Text("), "), Ref("figure"), Text(")")])
            rules["measured"] = [self._call(one, self.depth - 1, "") for one in self._of("number")]
        rules["asked"] = [[Text("query("), *self._ref(kind), Text(")")] for kind in KINDS]
        rules["individual"] = [[Text(_quoted(name))] for name in self.names]
        if self.discourse.world.lexicon.bearer:
            before, after = _around(self.discourse.world.lexicon.bearer)
            rules |= {f"bearer{end}": [[Text(before), Ref(f"name0{end}"), Text(after)]] for end in ("", "v")}
        last = self.discourse.events + MORE_EVENTS
        rules["event"] = [[Text(str(number))] for number in range(1, last + 1)]
        for bound in ("", "v"):
            for depth in range(self.depth + 1):
                for kind in KINDS:
                    rules[f"{kind}{depth}{bound}"] = self._expressions(kind, depth, bound)
        return reached(productive(rules | FIGURES))

    def _ref(self, kind: str) -> list[Item]:
        return [Ref(f"{kind}{self.depth}")]

    def _of(self, kind: str) -> list[Signature]:
        return [one for one in self.functions if one.result == kind]

    def _expressions(self, kind: str, depth: int, bound: str) -> list[list[Item]]:
        found = {
            "truth": self._truths,
            "number": self._numbers,
            "name": self._names,
            "names": self._lists,
        }[kind](depth, bound)
        if depth:
            found += [self._call(one, depth - 1, bound) for one in self._of(kind)]
        return found

    def _call(self, one: Signature, depth: int, bound: str) -> list[Item]:
        items: list[Item] = [Text(f"{one.name}(")]
        for place, kind in enumerate(one.arguments):
            items += [Text(", ")] if place else []
            deep = depth if kind == "names" else 0
            where = {"event": "event", "bearer": f"bearer{bound}"}
            items.append(Ref(where.get(kind, f"{kind}{deep}{bound}")))
        return [*items, Text(")")]

    def _truths(self, depth: int, bound: str) -> list[list[Item]]:
        """Return truth values that depend on a function of the world: what does not, says nothing of it."""
        if not depth:
            return []
        truth, call = Ref(f"truth{depth - 1}{bound}"), Ref(f"number{depth - 1}{bound}")
        found: list[list[Item]] = [[Text("not "), truth]]
        found += [[Text("("), truth, Text(word), truth, Text(")")] for word in (" and ", " or ")]
        for one in self._of("number"):
            made = self._call(one, depth - 1, bound)
            found += [[*made, Text(sign), other] for sign in COMPARISONS for other in (Ref("figure"), call)]
        for name in () if bound else self.discourse.world.name_lists:
            inner = Ref(f"truth{depth - 1}v")
            found += [[Text(f"{word}(["), inner, Text(f" for {VARIABLE} in {name}])")] for word in ("any", "all")]
        return found

    def _numbers(self, depth: int, bound: str) -> list[list[Item]]:
        """Return numbers: figures as arguments, and else what depends on a function of the world."""
        found: list[list[Item]] = []
        if not depth:
            return [[Ref("figure")]]
        for one in self._of("number"):
            other = Ref(f"number{depth - 1}{bound}")
            for sign in (" + ", " - ", " * "):
                found.append([Text("("), *self._call(one, depth - 1, bound), Text(sign), other, Text(")")])
        found += [[Text("len("), *self._call(one, depth - 1, bound), Text(")")] for one in self._of("bearers")]
        for name in () if bound else self.discourse.world.name_lists:
            end = Text(f" for {VARIABLE} in {name}])")
            found.append([Text("count(["), Ref(f"truth{depth - 1}v"), end])
            if depth > 1:
                found.append([Text("sum(["), Ref(f"number{depth - 1}v"), end])
        return found

    def _names(self, depth: int, bound: str) -> list[list[Item]]:
        found: list[list[Item]] = [[Ref("individual")]]
        if bound:
            found.append([Text(VARIABLE)])
        if depth > 1 and not bound:
            number, one = Ref(f"number{depth - 1}v"), Ref("individual")
            among: list[Item] = [Text(", ["), one, Text(", "), one, Text("])")]
            for word in ("argmax", "argmin"):
                found.append([Text(f"{word}(lambda {VARIABLE}: "), number, *among])
        return found

    def _lists(self, depth: int, bound: str) -> list[list[Item]]:
        name = Ref(f"name0{bound}")
        found: list[list[Item]] = [[Text("["), name, Text("]")], [Text("["), name, Text(", "), name, Text("]")]]
        shown = self.discourse.world.lexicon.shown
        for one in self._of("bearers") if depth and not bound else ():
            before, after = _around(shown or "x")
            head = Text(f"[{before}{VARIABLE}{after} for {VARIABLE} in ")
            found.append([head, *self._call(one, depth - 1, bound), Text("]")])
        for listed in () if bound or not depth else self.discourse.world.name_lists:
            head = Text(f"[{VARIABLE} for {VARIABLE} in {listed} if ")
            found.append([head, Ref(f"truth{depth - 1}v"), Text("]")])
        return found

    def _rule_of_chance(self) -> list[Item] | None:
        """Return what adds a rule to the list of a world of stated chances, with the fields of those that are there."""
        rules = self.discourse.world.lexicon.rules
        record = _first_record(self.discourse.world, rules.list) if rules is not None else None
        if rules is None or record is None:
            return None
        items: list[Item] = [Text(f"{rules.list} = {rules.list} + [{{")]
        for place, (field, value) in enumerate(record):
            items.append(Text(f"{', ' if place else ''}{_quoted(field)}: "))
            if isinstance(value, Lambda):
                items += [Text(f"lambda {', '.join(value.parameters)}: "), *self._ref("truth")]
            elif isinstance(value, Constant) and isinstance(value.value, bool):
                items.append(Text("False"))
            elif isinstance(value, Constant) and isinstance(value.value, str):
                items.append(Ref("individual"))
            else:
                items.append(Ref("share"))
        return [*items, Text("}]")]


def _first_record(world: WorldSpec, name: str) -> Sequence[tuple[str, Expr]] | None:
    """Return the fields of the first record of a list of the model's, None where there is none."""
    for node in world.program.body:
        if isinstance(node, Assign) and isinstance(node.target, NameTarget) and node.target.id == name:
            items = node.value.items if isinstance(node.value, ListExpr) else ()
            return next((item.fields for item in items if isinstance(item, RecordExpr)), None)
    return None


def _around(code: str) -> tuple[str, str]:
    """Return what stands before and after `x` in an expression of the lexicon, as it stands inside of JSON."""
    mark = "_x_"
    before, _, after = show(filled(expression(code), {"x": Name(id=mark)})).partition(mark)
    return _in_json(before), _in_json(after)


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _quoted(text: str) -> str:
    """Return a text in quotes, as it stands inside of JSON."""
    return _in_json(json.dumps(text, ensure_ascii=False))


# -- rules as such -------------------------------------------------------------------------------------------


def productive(rules: Mapping[str, list[list[Item]]]) -> Rules:
    """Return the rules without those from which no text comes, and without what names them."""
    good: set[str] = set()
    while more := {
        name for name, ways in rules.items() if name not in good and any(_comes_to(way, good) for way in ways)
    }:
        good |= more
    return {name: [way for way in ways if _comes_to(way, good)] for name, ways in rules.items() if name in good}


def _comes_to(way: Sequence[Item], good: set[str]) -> bool:
    return all(not isinstance(item, Ref) or item.rule in good for item in way)


def reached(rules: Rules, root: str = "root") -> Rules:
    """Return the rules that the root leads to."""
    found, todo = {root}, [root]
    while todo:
        for way in rules[todo.pop()]:
            new = {item.rule for item in way if isinstance(item, Ref)} - found
            found |= new
            todo += sorted(new)
    return {name: ways for name, ways in rules.items() if name in found}


def longest(rules: Rules, root: str) -> int:
    """Return the bytes of the longest text of a rule; rules do not lead back to themselves."""
    known: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in known:
            known[name] = max(sum(map(size, way)) for way in rules[name])
        return known[name]

    def size(item: Item) -> int:
        if isinstance(item, Ref):
            return of(item.rule)
        return len(item.text.encode()) if isinstance(item, Text) else item.most

    return of(root)


def as_lark(rules: Rules) -> str:
    """Return rules in the notation of Lark, as llguidance reads it."""

    def shown(item: Item) -> str:
        if isinstance(item, Letters):
            return f"/{item.letters}{{{item.least},{item.most}}}/"
        return item.rule.replace("root", "start") if isinstance(item, Ref) else json.dumps(item.text)

    return _written(rules, shown, lambda name: "start" if name == "root" else name, ": ")


def as_gbnf(rules: Rules) -> str:
    """Return rules in GBNF, as llama.cpp and xgrammar read it."""

    def shown(item: Item) -> str:
        if isinstance(item, Letters):
            return f"{item.letters}{{{item.least},{item.most}}}"
        return item.rule if isinstance(item, Ref) else json.dumps(item.text)

    return _written(rules, shown, lambda name: name, " ::= ")


def _written(rules: Rules, shown: Callable[[Item], str], named: Callable[[str], str], sign: str) -> str:
    lines = [
        f"{named(name)}{sign}" + " | ".join(" ".join(map(shown, way)) for way in ways) for name, ways in rules.items()
    ]
    return "\n".join(lines) + "\n"


def as_schema(discourse: Discourse, limit: int) -> dict[str, Any]:
    """Return the JSON schema of replies with the bounds that a schema can say; names in code need a grammar.

    Args:
        discourse: What was said, and the world.
        limit: The most characters of code.
    """
    schema = json.loads(json.dumps(SCHEMA))
    parts = schema["properties"]
    parts["code"]["maxLength"] = parts["definitions"]["maxLength"] = limit
    parts["paraphrase"]["maxLength"] = WORDS
    parts["alternatives"]["maxItems"] = 2
    schema["title"] = f"a translation for the world {discourse.world.name}"
    return dict(schema)


__all__ = ["Rules", "as_gbnf", "as_lark", "as_schema", "longest", "names_for", "reply_rules"]
