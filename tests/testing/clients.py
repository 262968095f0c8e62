"""Two clients of the servers under test: a raw one, which sees every byte, and OpenAI's own."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

import openai

from plot.testing.endpoint import Endpoint
from tests.support.clock import SOON


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def message(self) -> dict[str, Any]:
        return self.body["choices"][0]["message"]

    @property
    def content(self) -> Any:
        return self.message["content"]


def chat_body(text: str = "Hello?", **more: Any) -> dict[str, Any]:
    return {"model": "scripted", "messages": [{"role": "user", "content": text}], **more}


def send(
    server: Endpoint,
    method: str,
    path: str,
    data: bytes | None = None,
    *,
    headers: dict[str, str] | None = None,
    seconds: float = SOON,
) -> Got:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=seconds)
    try:
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        found = connection.getresponse()
        return Got(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
    finally:
        connection.close()


def ask(server: Endpoint, text: str = "Hello?", *, headers: dict[str, str] | None = None, **more: Any) -> Got:
    """Ask for a completion, with the raw client."""
    return send(server, "POST", "/v1/chat/completions", json.dumps(chat_body(text, **more)).encode(), headers=headers)


def openai_client(server: Endpoint, *, key: str = "any", retries: int = 0, seconds: float = SOON) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key=key, max_retries=retries, timeout=seconds)


def complete(server: Endpoint, *, key: str = "any", retries: int = 0, seconds: float = SOON, **more: Any) -> Any:
    """Ask for a completion, with OpenAI's client."""
    with openai_client(server, key=key, retries=retries, seconds=seconds) as client:
        return client.chat.completions.create(**chat_body(**more))
