"""Chat completions and the Responses API: requests, responses, and bodies like those of OpenAI's servers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plot.text import Json

CREATED = 1_700_000_000  # the time of the first completion: the same in every run
LETTERS_PER_TOKEN = 4
SAMPLE_HEADER = "x-plot-sample"


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came.

    Attributes:
        number: From 1, of all that came to this server.
        method: The method of HTTP.
        path: The path.
        headers: Names, in lower case, to values.
        body: The JSON object; empty where `raw` is none.
        raw: The bytes of the body.
        time: When all of it was there, by `time.monotonic()`.
    """

    number: int  # from 1, of all that came to this server
    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Json]
    raw: bytes
    time: float  # of time.monotonic(), when all of it was there

    @property
    def model(self) -> str:
        """The name of the model that is asked."""
        return str(self.body.get("model", ""))

    @property
    def sample(self) -> int:
        """Which of several equal requests it is, from 0, where its client says so."""
        said = self.headers.get(SAMPLE_HEADER, "0")
        return int(said) if said.isdecimal() and len(said) < 4 else 0

    @property
    def is_for_response(self) -> bool:
        """Whether it is one of the Responses API."""
        return self.path.partition("?")[0].endswith("/responses")

    @property
    def messages(self) -> list[dict[str, Json]]:
        """The messages of the conversation."""
        found = self.body.get("input" if self.is_for_response else "messages")
        if self.is_for_response and isinstance(found, str):
            return [{"role": "user", "content": found}]
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    @property
    def last_text(self) -> str:
        """The text of the last message."""
        return text_of(self.messages[-1]) if self.messages else ""

    @property
    def response_format(self) -> dict[str, Json]:
        """The wanted format of the reply, empty where any will do."""
        if not self.is_for_response:
            found = self.body.get("response_format")
            return found if isinstance(found, dict) else {}
        text = self.body.get("text")
        form = text.get("format") if isinstance(text, dict) else None
        if not isinstance(form, dict):
            return {}
        return {"type": form.get("type"), "json_schema": {name: form[name] for name in form if name != "type"}}


@dataclass(frozen=True, slots=True)
class Response:
    """A response and its delivery: by default at once and whole.

    Attributes:
        body: The bytes of the body.
        status: The status of HTTP.
        headers: Names to values.
        delay: Seconds before anything is sent.
        pause: Seconds between the bytes of the body.
        most: Bytes of the body that are sent before the connection is closed; None: all.
        silent: Whether the connection is closed, and nothing sent.
    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before anything is sent
    pause: float = 0.0  # seconds between the bytes of the body
    most: int | None = None  # bytes of the body that are sent before the connection is closed
    silent: bool = False  # the connection is closed, and nothing sent


def text_of(message: Mapping[str, Json]) -> str:
    """Return the text of a message; a part that is no text is shown as JSON."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part if isinstance(part, dict) else {"text": str(part)} for part in content]
    return "\n".join(str(part["text"]) if "text" in part else json.dumps(part, ensure_ascii=False) for part in parts)


def body_of(raw: bytes) -> dict[str, Json]:
    """Return the JSON object that a body holds, or an empty one."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as JSON."""
    return Response(json.dumps(value).encode(), status, {"content-type": "application/json", **(headers or {})})


def completion(
    request: ReceivedRequest, content: str | None, *, refusal: str | None = None, finish_reason: str = "stop"
) -> dict[str, Json]:
    """Return the object of a reply in the request's protocol; its id and time are told by the request's number."""
    asked = sum(_tokens(text_of(message)) for message in request.messages)
    said = _tokens(content or refusal or "")
    if request.is_for_response:
        return _response(request, content, refusal, finish_reason, (asked, said))
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return {
        "id": f"chatcmpl-{request.number:06d}",
        "object": "chat.completion",
        "created": CREATED + request.number,
        "model": request.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }


def _response(
    request: ReceivedRequest, content: str | None, refusal: str | None, finish_reason: str, tokens: tuple[int, int]
) -> dict[str, Json]:
    """Return the object of a reply in the Responses API."""
    parts: list[Json] = []
    if content is not None:
        parts.append({"type": "output_text", "text": content, "annotations": []})
    if refusal is not None:
        parts.append({"type": "refusal", "refusal": refusal})
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    why = reasons.get(finish_reason)
    status = "completed" if why is None else "incomplete"
    asked, said = tokens
    item = {"id": f"msg_{request.number:06d}", "type": "message", "role": "assistant", "status": status}
    return {
        "id": f"resp_{request.number:06d}",
        "object": "response",
        "created_at": CREATED + request.number,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": why} if why is not None else None,
        "instructions": None,
        "metadata": {},
        "model": request.model,
        "output": [{**item, "content": parts}],
        "parallel_tool_calls": True,
        "temperature": request.body.get("temperature"),
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": {
            "input_tokens": asked,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": said,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": asked + said,
        },
    }


def stream_of(whole: Mapping[str, Json], size: int = 7) -> bytes:
    """Return the stream of events that a reply's object becomes, with `size` characters of its text in each."""
    events = list(_response_events(whole, size) if "output" in whole else _chunks(whole, size))
    lines = [f"event: {event['type']}\n" if "type" in event else "" for event in events]
    texts = [f"{line}data: {json.dumps(event)}\n\n" for line, event in zip(lines, events, strict=True)]
    return "".join([*texts, "" if "output" in whole else "data: [DONE]\n\n"]).encode()


def _chunks(whole: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    (choice,) = whole["choices"]
    head = {"id": whole["id"], "object": "chat.completion.chunk", "created": whole["created"], "model": whole["model"]}
    text = choice["message"]["content"] or ""
    deltas = [{"role": "assistant", "content": ""}, *({"content": part} for part in _parts(text, size)), {}]
    for number, delta in enumerate(deltas, 1):
        finish = choice["finish_reason"] if number == len(deltas) else None
        yield {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}
    yield {**head, "choices": [], "usage": whole["usage"]}


def _response_events(whole: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    started = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "sequence_number": 0, "response": started}
    (item,) = whole["output"]
    number = 0
    for part in (part for one in item["content"] for part in _parts(one.get("text", ""), size)):
        number += 1
        place = {"item_id": item["id"], "output_index": 0, "content_index": 0, "logprobs": []}
        yield {"type": "response.output_text.delta", "sequence_number": number, "delta": part, **place}
    yield {"type": f"response.{whole['status']}", "sequence_number": number + 1, "response": whole}


def _parts(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def model_object(name: str) -> dict[str, Json]:
    """Return what is told of a model in lists of them."""
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "plot"}


def error_response(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an error in the form of OpenAI's."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_response({"error": error}, status, headers)


def _tokens(text: str) -> int:
    return -(-len(text) // LETTERS_PER_TOKEN)
