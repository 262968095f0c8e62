"""What tests of language models share: entries of a scripted server, requests, bodies that no server should send."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from plot.errors import PlotError
from plot.llm import Client, Completion, Entry, Limits, Request
from plot.llm.calls import Message
from plot.llm.store import Store
from plot.testing import Fault, ScriptedModel
from plot.testing.protocol import ReceivedRequest as Came
from plot.testing.protocol import Response
from tests.support.clock import SOON

SCHEMA = {"type": "object"}
T = TypeVar("T")


class Raw(Fault):
    """Any body with any status: bytes as they are, else JSON."""

    def __init__(
        self, body: object, status: int = 200, kind: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.headers = {"content-type": kind, **(headers or {})}

    def __repr__(self) -> str:
        return f"Raw({self.body!r}, {self.status})"

    def response(self, request: Came) -> Response:
        return Response(self.body, self.status, self.headers)


def complaint(message: str, status: int = 400) -> Raw:
    """Return OpenAI's refusal of a request as such."""
    return Raw({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}, status)


def entry(server: ScriptedModel | str, **more: Any) -> Entry:
    url = server if isinstance(server, str) else server.base_url
    return Entry(**{"name": "parrot", "model": "scripted", "base_url": url, "samples": 1, "timeout": SOON, **more})


def request(asked: Entry, text: str = "Hello?", sample: int = 0) -> Request:
    return Request(asked, (Message("user", text),), SCHEMA, sample, "nowhere", text[:50])


def client(**more: Any) -> Client:
    return Client(store=Store(), **{"cache": False, "limits": Limits(), **more})


def one(asked: Entry, text: str = "Hello?", **more: Any) -> Completion | PlotError:
    """Ask one question with a client of its own."""
    with client(**more) as talker:
        (found,) = talker.complete([request(asked, text)])
    return found


def text_of(found: Completion | PlotError) -> str:
    assert isinstance(found, Completion), found
    return found.text


def error_of(found: Completion | PlotError) -> PlotError:
    assert isinstance(found, PlotError), found
    assert found.message and "Traceback" not in found.render() and len(found.render()) < 1_000
    return found


def timed(act: Callable[[], T]) -> tuple[T, float]:
    started = time.monotonic()
    return act(), time.monotonic() - started


def reply(code: str, act: str = "observation", **more: Any) -> dict[str, Any]:
    """Return a translation as a model should give it."""
    whole = {"act": act, "definitions": "", "code": code, "paraphrase": "", "alternatives": [], "unsure": False}
    return {**whole, **more}


def chats(server: ScriptedModel) -> list[Came]:
    """Return the requests for completions that came."""
    return [came for came in server.requests if came.path.endswith("/chat/completions")]
