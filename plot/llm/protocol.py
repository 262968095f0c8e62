"""Chat completions and the Responses API: the body of a request, and what a reply's body holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plot.llm.abilities import Abilities
from plot.llm.calls import Message, Request, Tokens
from plot.llm.logprobs import tokens_of
from plot.llm.streams import body_of_stream

FORMAT_NAME = "translation"
_CUT = frozenset({"length", "max_tokens", "max_output_tokens"})
_THOUGHT = ("reasoning_content", "reasoning", "thinking")  # where servers put what a model thought
_THINKING = frozenset({"thinking", "reasoning"})  # parts of a message that are no reply


@dataclass(frozen=True, slots=True)
class Received:
    """What a reply's body holds.

    Attributes:
        text: The message; empty where there is none.
        refusal: Why the model declines, empty where it does not.
        cut: Whether the message ends at the limit of tokens.
        filtered: Whether a content filter blocked it.
        prompt_tokens: Tokens of the request as the server counts them, whatever it sends.
        completion_tokens: Tokens of the reply, likewise.
        tokens: The tokens of the text with their log probabilities, where they are told.
    """

    text: str
    refusal: str = ""
    cut: bool = False
    filtered: bool = False
    prompt_tokens: Any = None
    completion_tokens: Any = None
    tokens: Tokens = ()


class ErrorReceivedError(Exception):
    """A body that is an error, though the status of HTTP says that all is well."""


def body_for(request: Request, abilities: Abilities) -> dict[str, Any]:
    """Return the body of a request, as the entry's protocol and the endpoint's capabilities have it."""
    entry = request.entry
    body: dict[str, Any] = {"model": entry.model}
    messages = _chat(request.messages, system=abilities.system)
    wanted = entry.weights == "logprobs" and abilities.logprobs
    if entry.api == "responses":
        body["input"] = messages
        if abilities.store:
            body["store"] = False
        if wanted:
            body["include"] = ["message.output_text.logprobs"]
        if abilities.limit:
            body["max_output_tokens"] = entry.max_tokens
    else:
        body["messages"] = messages
        if wanted:
            body["logprobs"] = True
        if abilities.limit:
            body[abilities.limit] = entry.max_tokens
    if abilities.temperature:
        body["temperature"] = entry.temperature
    if abilities.stream:
        body["stream"] = True
    return body | _form(request, abilities)


def _form(request: Request, abilities: Abilities) -> dict[str, Any]:
    """Return the part of a body that asks for the form of the reply."""
    if request.grammar and abilities.grammar:
        return {"grammar": request.grammar, "structured_outputs": {"grammar": request.grammar}}
    if not request.schema or abilities.form == "text":
        return {}
    if abilities.form == "json_object":
        form: dict[str, Any] = {"type": "json_object"}
        return {"text": {"format": form}} if request.entry.api == "responses" else {"response_format": form}
    schema = {"name": FORMAT_NAME, "strict": True, "schema": dict(request.schema)}
    if request.entry.api == "responses":
        return {"text": {"format": {"type": "json_schema", **schema}}}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _chat(messages: Iterable[Message], *, system: bool) -> list[dict[str, str]]:
    """Return messages as the protocols have them; without a system role, neighbours of one role become one message."""
    found: list[dict[str, str]] = []
    for message in messages:
        role = message.role if system or message.role != "system" else "user"
        if not system and found and found[-1]["role"] == role:
            found[-1]["content"] += f"\n\n{message.content}"
        else:
            found.append({"role": role, "content": message.content})
    return found


def received(body: str) -> Received | None:
    """Return what a body of either protocol holds, one object or a stream of events; None where it follows neither.

    Raises:
        ErrorReceivedError: It is an error.
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    found = body_of_stream(body)
    if found is None:
        found = json.loads(body, strict=False)
    if not isinstance(found, dict):
        return None
    reply = None
    if isinstance(found.get("choices"), list):
        reply = _of_chat(found)
    elif isinstance(found.get("output"), list):
        reply = _of_response(found)
    if reply is None and (error := found.get("error") or found.get("detail")):
        raise ErrorReceivedError(str(error.get("message", error)) if isinstance(error, dict) else str(error))
    return reply


# -- chat completions ----------------------------------------------------------------------------------------


def _of_chat(body: Mapping[str, Any]) -> Received | None:
    first = [one for one in body["choices"] if _mapping(one).get("index") in (None, 0)]
    choice = first[0] if first else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return None
    usage = _mapping(body.get("usage"))
    finish = str(choice.get("finish_reason") or "").lower()
    text = _text_of_message(message)
    return Received(
        text,
        _string(message.get("refusal")),
        finish in _CUT,
        finish == "content_filter",
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
        tokens_of(text, _mapping(choice.get("logprobs")).get("content")),
    )


def _text_of_message(message: Mapping[str, Any]) -> str:
    """Return the text of a message: its content, else what it would call a tool with, else what the model thought."""
    calls = [_mapping(_mapping(call).get("function")) for call in _list(message.get("tool_calls"))]
    calls.append(_mapping(message.get("function_call")))
    places = [message.get("content"), *(call.get("arguments") for call in reversed(calls)), message.get("parsed")]
    places += [message.get(name) for name in _THOUGHT]
    return next((text for text in map(_text, places) if text.strip()), "")


def _text(content: Any) -> str:
    """Return the text of a message's content: a text, parts of one, or an object, which is given as JSON."""
    if isinstance(content, list):
        parts = [part for part in content if not _THINKING & {str(_mapping(part).get("type"))}]
        return "\n".join(filter(None, map(_text, parts)))
    if not isinstance(content, dict):
        return _string(content)
    for name in ("text", "content", "value"):
        if name in content:
            return _text(content[name])
    return json.dumps(content, ensure_ascii=False)


# -- the Responses API ---------------------------------------------------------------------------------------


def _of_response(body: Mapping[str, Any]) -> Received | None:
    items = [item for item in body["output"] if isinstance(item, dict)]
    if not items and body.get("status") == "completed":
        return None
    if body.get("status") == "failed":
        raise ErrorReceivedError(str(_mapping(body.get("error")).get("message") or "the response failed"))
    parts = [part for item in items for part in _list(item.get("content")) if isinstance(part, dict)]
    texts = [_text(part) for part in parts if part.get("type") in ("output_text", "text")]
    calls = [_text(item.get("arguments")) for item in items if item.get("type") == "function_call"]
    thought = [_text(item.get("content")) for item in items if item.get("type") == "reasoning"]
    refusals = [_string(part.get("refusal")) for part in parts]
    logprobs = [one for part in parts for one in _list(part.get("logprobs"))]
    text = "".join(texts) or "".join(calls[-1:]) or "\n".join(thought)
    usage, why = _mapping(body.get("usage")), _mapping(body.get("incomplete_details")).get("reason")
    return Received(
        text,
        "".join(refusals),
        why in _CUT,
        why == "content_filter",
        usage.get("input_tokens"),
        usage.get("output_tokens"),
        tokens_of(text, logprobs),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


__all__ = ["ErrorReceivedError", "Received", "body_for", "received"]
