"""A safe subset of YAML, whose values know their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from plot.compat.yaml import events, problem_of
from plot.errors import PlotError, Source, Span, joined

MOST_BYTES = 1_000_000
MOST_DEPTH = 30
MOST_VALUES = 50_000

# What YAML does not allow, and line breaks that only some tools count: with them, line numbers disagree.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MOST_DIGITS = 300
_WORDS: dict[str, object] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """A value (a dict or a list of Marked, or a str, bool, int, float or None) with its span.

    `keys` has the span of each key, `style` the quoting of a scalar: `|`, `>`, a quote, or nothing.
    """

    value: Any
    span: Span
    style: str = ""
    keys: dict[str, Span] = field(default_factory=dict)

    @property
    def plain(self) -> Any:
        """The value without its marks: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: item.plain for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain for item in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> Marked:
        """Return what stands at a path of keys and indices; steps that lead nowhere are left out."""
        found = self
        for step in path:
            inner = found.value
            inside = isinstance(inner, dict) and step in inner
            if inside or (isinstance(inner, list) and isinstance(step, int) and step < len(inner)):
                found = inner[step]
        return found


def read(text: str, name: str) -> Marked:
    """Read one YAML document; `name` is what errors call it.

    Only `true` and `false` are booleans (`yes` and `no` are words), numbers are decimal, and there are no
    tags, anchors, aliases or merge keys, so that the values are no larger than the text. Raises PlotError with
    the place, PlotErrors for several keys that stand twice.
    """
    source = Source(text, name)
    _check_text(source)
    reader = _Reader(source)
    try:
        found = reader.document()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, source) from None
    except yaml.YAMLError as error:
        raise PlotError(f"this is not YAML: {error}", where=name) from None
    if reader.twice:
        raise joined(reader.twice)
    return found


def _check_text(source: Source) -> None:
    if len(source.text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise PlotError(f"the file is larger than {MOST_BYTES:,} bytes", where=source.name)
    strange = _UNPRINTABLE.search(source.text)
    if strange is not None:
        before = source.text[: strange.start()]
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1)
        raise PlotError(
            f"a character that is not allowed in YAML: U+{ord(strange.group()):04X}",
            hint="remove it",
            where=f"{source.name}, line {line}, column {column + 1}",
        )


def _syntax_error(error: yaml.MarkedYAMLError, source: Source) -> PlotError:
    problem = problem_of(error)
    span = _span(problem.mark, problem.mark, source) if problem.mark is not None else None
    hint = problem.hint
    if span is not None and problem.strange:
        tab = source.text.splitlines()[span.line - 1][span.column : span.column + 1] == "\t"
        hint = "YAML is indented with spaces, not with tabs" if tab else "put the text in quotes"
    return PlotError(f"this is not YAML: {problem.text}", hint=hint, span=span, where=None if span else source.name)


def _span(start: Any, end: Any, source: Source) -> Span:
    return Span(start.line + 1, start.column, end.line + 1, end.column, source)


def _with_commas(items: dict[str, Marked], keys: dict[str, Span]) -> dict[str, Marked]:
    """Return the items of a mapping in braces, with calls put together again that YAML cuts at their commas.

    In `{means: won(subject, object)}`, YAML takes `object)` for a second key, without a value.
    """
    found: dict[str, Marked] = {}
    opened: str | None = None
    for key, item in items.items():
        if opened is not None and item.value is None:
            text = f"{found[opened].value}, {key}"
            found[opened] = replace(found[opened], value=text)
            del keys[key]
        else:
            opened = key
            found[key] = item
        said = found[opened].value if not found[opened].style else None
        if not isinstance(said, str) or said.count("(") <= said.count(")"):
            opened = None
    return found


class _Reader:
    """Builds values from the parser's events: what is refused is refused before anything is built from it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._events: Iterator[Any] = events(source.text)
        self._values = 0
        self.twice: list[PlotError] = []

    def document(self) -> Marked:
        """Return the only document. Raises PlotError where there is none, or a second one."""
        found: Marked | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found is not None:
                    raise self._refusal(event, "a second document in one file", "keep one world per file")
                found = self._value(next(self._events), 0)
        if found is None:
            raise PlotError("the file is empty", where=self._source.name)
        return found

    def _value(self, event: Any, depth: int) -> Marked:
        self._check(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Marked] = []
            while not isinstance(following := next(self._events), yaml.SequenceEndEvent):
                items.append(self._value(following, depth + 1))
            return Marked(items, self._at(event, following))
        return self._mapping(event, depth)

    def _mapping(self, start: Any, depth: int) -> Marked:
        items: dict[str, Marked] = {}
        keys: dict[str, Span] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            if isinstance(key.value, (dict, list)) or (key.value == "<<" and not key.style):
                hint = "merge keys are not supported" if key.value == "<<" else "lists and mappings can't be keys"
                raise PlotError("a key must be a word", hint=hint, span=key.span)
            name = event.value
            if name in keys:
                hint = f"it is also in line {keys[name].line}; keep one of the two"
                self.twice.append(PlotError(f"the key '{name}' occurs twice", hint=hint, span=key.span))
            keys.setdefault(name, key.span)
            items[name] = self._value(next(self._events), depth + 1)
        if getattr(start, "flow_style", False):
            items = _with_commas(items, keys)
        return Marked(items, self._at(start, event), keys=keys)

    def _scalar(self, event: Any) -> Marked:
        plain = event.style in (None, "")
        span = self._at(event, event)
        value = self._resolved(event.value, span) if plain else event.value
        return Marked(value, span, "" if plain else event.style)

    def _resolved(self, text: str, span: Span) -> object:
        if text in _WORDS:
            return _WORDS[text]
        if not _NUMBER.fullmatch(text):
            return text
        if len(text) > _MOST_DIGITS:
            raise PlotError("a number with too many digits", span=span)
        return int(text) if _INTEGER.fullmatch(text) else float(text)

    def _check(self, event: Any, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            sign = f"*{event.anchor}" if isinstance(event, yaml.AliasEvent) else f"&{event.anchor}"
            raise self._refusal(
                event, f"anchors and aliases ({sign}) are not supported", "write the text out in each place"
            )
        if event.tag is not None:
            raise self._refusal(event, f"tags ({event.tag}) are not supported", "quote the text if it begins with '!'")
        if depth > MOST_DEPTH:
            raise self._refusal(
                event, f"lists and mappings are nested more than {MOST_DEPTH} deep", "a world file needs few levels"
            )
        self._values += 1
        if self._values > MOST_VALUES:
            raise self._refusal(event, f"the file has more than {MOST_VALUES:,} values", "shorten it")

    def _refusal(self, event: Any, message: str, hint: str) -> PlotError:
        return PlotError(message, hint=hint, span=self._at(event, event))

    def _at(self, start: Any, end: Any) -> Span:
        return _span(start.start_mark, end.end_mark, self._source)
