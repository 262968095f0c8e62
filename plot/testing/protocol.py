"""The chat-completions protocol: requests, responses, and bodies like those of OpenAI's servers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from plot.text import Json

CREATED = 1_700_000_000  # the time of the first completion: the same in every run
LETTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Request:
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
    def messages(self) -> list[dict[str, Json]]:
        """The messages of the conversation."""
        found = self.body.get("messages")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    @property
    def last_text(self) -> str:
        """The text of the last message."""
        return text_of(self.messages[-1]) if self.messages else ""

    @property
    def response_format(self) -> dict[str, Json]:
        """The wanted format of the reply, empty where any will do."""
        found = self.body.get("response_format")
        return found if isinstance(found, dict) else {}


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
    request: Request, content: str | None, *, refusal: str | None = None, finish_reason: str = "stop"
) -> dict[str, Json]:
    """Return the completion object of a message; its id and time are told by the number of the request."""
    asked = sum(_tokens(text_of(message)) for message in request.messages)
    said = _tokens(content or refusal or "")
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return {
        "id": f"chatcmpl-{request.number:06d}",
        "object": "chat.completion",
        "created": CREATED + request.number,
        "model": request.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }


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
