"""Streams of server-sent events, put together into the one body that they are parts of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_FIELDS = ("data:", "event:", "id:", "retry:", ":")  # how a line of an event stream begins
_JOINED = ("content", "refusal", "reasoning_content", "reasoning")  # texts of a delta that go on
_LINE_END = re.compile(r"\r\n|\r|\n")  # no other separator, which may stand in a text of JSON
_LAST = ("response.completed", "response.incomplete", "response.failed")


def body_of_stream(text: str) -> dict[str, Any] | None:
    """Return the body that a stream of events amounts to, None for a text that is no stream.

    >>> body_of_stream('data: {"choices": [{"delta": {"content": "Y"}}]}\\n\\ndata: [DONE]\\n')["choices"]
    [{'message': {'content': 'Y'}, 'finish_reason': None}]
    """
    if not text.lstrip("\ufeff \r\n").startswith(_FIELDS):
        return None
    body: dict[str, Any] = {}
    for event in _events(text):
        kind = event.get("type")
        if kind in _LAST and isinstance(event.get("response"), dict):
            return dict(event["response"])
        if kind == "response.output_text.delta":
            _add_output(body, str(event.get("delta") or ""))
        elif event.get("error"):
            return event
        elif isinstance(event.get("choices"), list):
            _add_chunk(body, event)
    return body


def _events(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream; an event may have several lines of data. Raises ValueError."""
    data: list[str] = []
    for line in [*_LINE_END.split(text), ""]:
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif not line.strip() and data:
            joined, data = "\n".join(data), []
            if joined.strip() and joined.strip() != "[DONE]":
                found = json.loads(joined, strict=False)
                if isinstance(found, dict):
                    yield found


def _add_output(body: dict[str, Any], delta: str) -> None:
    """Add to the text of a response whose last event has not come."""
    output = body.setdefault("output", [{"type": "message", "content": [{"type": "output_text", "text": ""}]}])
    output[0]["content"][0]["text"] += delta


def _add_chunk(body: dict[str, Any], chunk: Mapping[str, Any]) -> None:
    """Add a chunk of a chat completion to it."""
    choice = body.setdefault("choices", [{"message": {}, "finish_reason": None}])[0]
    if chunk.get("usage"):
        body["usage"] = chunk["usage"]
    first = chunk["choices"][0] if chunk["choices"] else None
    if not isinstance(first, dict) or first.get("index") not in (None, 0):
        return
    choice["finish_reason"] = first.get("finish_reason") or choice["finish_reason"]
    logprobs = first.get("logprobs")
    if isinstance(logprobs, dict) and isinstance(logprobs.get("content"), list):
        choice.setdefault("logprobs", {"content": []})["content"] += logprobs["content"]
    delta = first.get("delta") or first.get("message") or {}
    for name in _JOINED:
        if isinstance(delta.get(name), str):
            choice["message"][name] = choice["message"].get(name, "") + delta[name]
    if isinstance(delta.get("function_call"), dict):
        _add_call(choice["message"].setdefault("tool_calls", []), {"function": delta["function_call"]})
    for call in delta.get("tool_calls") or []:
        _add_call(choice["message"].setdefault("tool_calls", []), call)


def _add_call(calls: list[dict[str, Any]], part: Mapping[str, Any]) -> None:
    """Add a part of a tool's call to those that have begun."""
    place = part.get("index", 0)
    while len(calls) <= place < 100:
        calls.append({"function": {"arguments": ""}})
    more = (part.get("function") or {}).get("arguments")
    calls[min(place, len(calls) - 1)]["function"]["arguments"] += more if isinstance(more, str) else ""


__all__ = ["body_of_stream"]
