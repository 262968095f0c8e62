"""Messages for pydantic's validation errors, with lines and the nearest keys."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError

from plot.errors import PlotError, joined
from plot.worldfile.marked import Marked

Path = tuple[str | int, ...]
_EXPECTED = {
    "string_type": "a text",
    "tuple_type": "a list (lines that begin with '- ')",
    "list_type": "a list (lines that begin with '- ')",
    "dict_type": "a mapping (lines such as 'key: value')",
    "mapping_type": "a mapping (lines such as 'key: value')",
    "model_type": "a mapping (lines such as 'key: value')",
    "model_attributes_type": "a mapping (lines such as 'key: value')",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
}


def explain(error: ValidationError, marked: Marked, model: type[BaseModel]) -> PlotError:
    """Return the mistakes in the order of the file. `model` is what the file was to be."""
    schema = model.model_json_schema()
    found: dict[tuple[int, int, str], PlotError] = {}
    mistakes = error.errors(include_url=False, include_input=False)
    misspelt = {
        (*mistake["loc"][:-1], _nearest(mistake["loc"], schema))
        for mistake in mistakes
        if mistake["type"] == "extra_forbidden"
    }
    for mistake in mistakes:
        if mistake["type"] == "missing" and mistake["loc"] in misspelt:
            continue  # told already, as the key that was meant
        one = _one(mistake, marked, schema)
        assert one.span is not None
        found.setdefault((one.span.line, one.span.column, one.message), one)
    ordered = [found[place] for place in sorted(found)]
    return joined(ordered)


def _one(mistake: Any, marked: Marked, schema: dict[str, Any]) -> PlotError:
    path: Path = mistake["loc"]
    kind: str = mistake["type"]
    here = marked.at(path)
    if kind == "extra_forbidden":
        return _unknown_key(path, marked, schema)
    if kind == "missing":
        key = path[-1]
        hint = "write 'model: |' and the model indented below it" if path == ("model",) else f"add '{key}: …'"
        return PlotError(f"the key '{key}' is missing", hint=hint, span=_start(marked.at(path[:-1])))
    if kind in _EXPECTED:
        quotes = "put it in quotes" if kind == "string_type" and here.value is not None else None
        return PlotError(f"expected {_EXPECTED[kind]}, not {_shown(here)}", hint=quotes, span=here.span)
    if kind == "string_too_short":
        return PlotError("expected a text, but it is empty", span=here.span)
    message = mistake["msg"].removeprefix("Value error, ").replace("Input should be", "this should be")
    return PlotError(message[:1].lower() + message[1:], span=here.span)


def _start(marked: Marked) -> Any:
    """Return the span of a mapping's first key: the mapping itself may be long."""
    return next(iter(marked.keys.values()), marked.span)


def _shown(marked: Marked) -> str:
    value = marked.value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text '{value if len(value) <= 30 else value[:30] + '…'}'"
    return f"the number {value}"


def _unknown_key(path: Path, marked: Marked, schema: dict[str, Any]) -> PlotError:
    key = str(path[-1])
    span = marked.at(path[:-1]).keys.get(key, marked.at(path).span)
    near = _nearest(path, schema)
    known = sorted(_keys(schema, path[:-1]))
    hint = f"did you mean '{near}'?" if near else f"the keys here are {', '.join(known)}" if known else None
    return PlotError(f"unknown key '{key}'", hint=hint, span=span)


def _nearest(path: Path, schema: dict[str, Any]) -> str | None:
    """Return the key that was probably meant: of several that are close, one that must be there."""
    close = difflib.get_close_matches(str(path[-1]), sorted(_keys(schema, path[:-1])))
    required = [key for key in close if len(path) == 1 and key in schema.get("required", ())]
    return [*required, *close][0] if close else None


def _keys(schema: dict[str, Any], path: Path) -> set[str]:
    """Return the keys that may stand at a path, read from the JSON schema."""
    nodes = [schema]
    for step in path:
        nodes = [inner for node in nodes for inner in _below(schema, node, step)] or nodes
    return {key for node in nodes for inner in _alternatives(schema, node) for key in inner.get("properties", {})}


def _below(schema: dict[str, Any], node: dict[str, Any], step: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for inner in _alternatives(schema, node):
        if isinstance(step, int):
            found += [inner[name] for name in ("items",) if isinstance(inner.get(name), dict)]
        elif step in inner.get("properties", {}):
            found.append(inner["properties"][step])
        elif isinstance(inner.get("additionalProperties"), dict):
            found.append(inner["additionalProperties"])
    return found


def _alternatives(schema: dict[str, Any], node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a schema, references followed and unions taken apart."""
    if "$ref" in node:
        return _alternatives(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[-1]])
    parts = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    return [node, *(found for part in parts for found in _alternatives(schema, part))]
