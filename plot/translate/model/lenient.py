"""JSON as models write it: single quotes, trailing commas, Python's constants, percentages, breaks inside texts."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<share>\d+(?:\.\d+)?\s*%)|(?P<word>[A-Za-z_]+)|(?P<mark>.)""",
    re.DOTALL,
)
_TRAILING = re.compile(r",(\s*[}\]])")
_CONSTANTS = {"none": "null", "null": "null", "true": "true", "false": "false"}
_CLOSES = {"{": "}", "[": "]"}


def read_object(text: str, start: int) -> tuple[dict[str, Any], int]:
    """Return the object that begins at a place of a text, and the place after it.

    >>> read_object("So: {'act': 'question', 'unsure': None,}", 4)
    ({'act': 'question', 'unsure': None}, 40)

    Raises:
        ValueError: There is none, or it does not end.
        RecursionError: It is nested too deeply.
    """
    try:
        found, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    except ValueError:
        plain, end = _as_json(text, start)
        found = json.loads(plain)
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found, end


def fields_of(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield the fields of the object between two places of a text: each name, and where name and value stand."""
    depth, name, begin, last = 0, "", 0, 0
    for token in _TOKEN.finditer(text, start, end):
        said = token.group()
        if depth == 1 and said in (",", "}") and name:
            yield name, begin, last
            name = ""
        elif depth == 1 and token.lastgroup == "text" and not name:
            name, begin = said[1:-1], token.start()
        if token.lastgroup == "mark":
            depth += (said in _CLOSES) - (said in _CLOSES.values())
        if not said.isspace():
            last = token.end()


def _as_json(text: str, start: int) -> tuple[str, int]:
    """Return an object's text as strict JSON, and the place after it. Raises ValueError where it does not end."""
    parts: list[str] = []  # those between texts have no trailing commas at the end
    plain: list[str] = []
    open_marks: list[str] = []
    for token in _TOKEN.finditer(text, start):
        kind, said = token.lastgroup, token.group()
        if kind == "text":
            parts += [_TRAILING.sub(r"\1", "".join(plain)), _quoted(said)]
            plain = []
            continue
        plain.append(_CONSTANTS.get(said.lower(), said) if kind == "word" else f'"{said}"' if kind == "share" else said)
        if said in _CLOSES:
            open_marks.append(_CLOSES[said])
        elif open_marks and said == open_marks[-1]:
            open_marks.pop()
            if not open_marks:
                return "".join([*parts, _TRAILING.sub(r"\1", "".join(plain))]), token.end()
    raise ValueError("it does not end")


def _quoted(said: str) -> str:
    """Return a text in either kind of quotes as JSON's."""
    if said.startswith('"'):
        return json.dumps(json.loads(said, strict=False))
    try:
        return json.dumps(ast.literal_eval(said.replace("\n", "\\n")))
    except SyntaxError:
        raise ValueError("a text has an escape that there is not") from None


__all__ = ["fields_of", "read_object"]
