"""The scripted model: its script, the protocol that it speaks, and how it ends."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from plot.errors import PlotError
from plot.testing import ByHand, ReceivedRequest, ScriptedModel, Stall, Status
from tests.support.clock import AGES, SOON
from tests.testing.clients import ask, chat_body, complete, openai_client, send

SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}


class Reading(BaseModel):
    code: str


# -- the script ----------------------------------------------------------------------------------------------


def test_replies_come_in_their_order_and_the_script_ends() -> None:
    with ScriptedModel(["one", lambda request: request.last_text.upper(), {"né": 1}, Reading(code="x")]) as server:
        assert [ask(server, "two").content for _ in range(4)] == ["one", "TWO", '{"né": 1}', '{"code":"x"}']
        ended = ask(server)
    assert ended.status == 500
    assert ended.body["error"]["message"] == "the script ended after 4 replies"


def test_the_last_reply_may_be_repeated() -> None:
    with ScriptedModel(["one", Status(500)], repeat_last=True) as server:
        assert [ask(server).status for _ in range(4)] == [200, 500, 500, 500]
    with ScriptedModel([], repeat_last=True) as server:
        assert ask(server).body["error"]["message"] == "the script ended after 0 replies"


def test_a_function_may_reply_to_everything() -> None:
    def reply(request: ReceivedRequest) -> str | Status:
        return Status(429) if request.body["temperature"] else f"{request.number} {request.model}"

    with ScriptedModel(reply) as server:
        assert ask(server, temperature=0).content == "1 scripted"
        assert ask(server, temperature=1).status == 429


def test_mistakes_of_a_script_are_told() -> None:
    def fails(_: ReceivedRequest) -> str:
        raise AssertionError("the prompt lacks the facts")

    with ScriptedModel([fails, 7]) as server:  # type: ignore[list-item]
        assert ask(server).body["error"]["message"] == "AssertionError: the prompt lacks the facts"
        assert "a reply is a text, an object or a fault, not 7" in ask(server).body["error"]["message"]
    with pytest.raises(TypeError, match="list"):
        ScriptedModel("a text")


def test_what_was_asked_can_be_looked_at() -> None:
    with ScriptedModel(["one"]) as server:
        before = time.monotonic()
        ask(server, "Who?", headers={"X-Trace": "7"}, temperature=0.5)
        (request,) = server.requests
    assert (request.number, request.method, request.path) == (1, "POST", "/v1/chat/completions")
    assert request.headers["x-trace"] == "7"
    assert request.body == chat_body("Who?", temperature=0.5) == json.loads(request.raw)
    assert (request.last_text, request.model) == ("Who?", "scripted")
    assert before <= request.time <= time.monotonic()
    assert server.requests == (request,), "they stay when the server is closed"


def test_texts_of_messages_in_parts() -> None:
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    with ScriptedModel(lambda request: request.last_text) as server:
        said = ask(server, messages=[{"role": "user", "content": parts}]).content
    assert said.splitlines() == ["Look:", '{"type": "image_url", "image_url": {"url": "data:,"}}']


# -- the protocol --------------------------------------------------------------------------------------------


def test_a_completion_is_whole_and_the_same_in_each_run() -> None:
    bodies = []
    for _ in range(2):
        with ScriptedModel(["Seventeen letters"]) as server:
            got = ask(server, "Nine, now")
            bodies.append(got.body)
    assert got.headers["content-type"] == "application/json"
    assert (
        bodies[0]
        == bodies[1]
        == {
            "id": "chatcmpl-000001",
            "object": "chat.completion",
            "created": 1_700_000_001,
            "model": "scripted",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Seventeen letters", "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        }
    )


def test_openai_reads_it() -> None:
    with ScriptedModel(["one", '{"code": "x"}'], models=["other"]) as server, openai_client(server) as client:
        first = client.chat.completions.create(**chat_body())
        assert (first.choices[0].message.content, first.usage.total_tokens) == ("one", 3)
        parsed = client.chat.completions.parse(**chat_body(), response_format=Reading)
        assert parsed.choices[0].message.parsed == Reading(code="x")
        assert [model.id for model in client.models.list()] == ["scripted", "other"]
        assert client.models.retrieve("other").id == "other"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("third")


def test_the_names_of_models_may_have_slashes() -> None:
    with ScriptedModel([], model="org/model") as server:
        assert send(server, "GET", "/v1/models/org/model").body["id"] == "org/model"
        assert send(server, "GET", "/v1/models/org%2Fmodel?x=1").body["id"] == "org/model"


@pytest.mark.parametrize(
    ("change", "param", "said"),
    [
        ({"model": ""}, "model", "Missing required parameter: 'model'"),
        ({"messages": []}, "messages", "at least one message"),
        ({"messages": "Hello"}, "messages", "at least one message"),
        ({"n": 3}, "n", "not supported"),
        ({"response_format": {"type": "xml"}}, "response_format", "'response_format' of type 'xml' is not supported"),
    ],
)
def test_requests_that_are_wrong_use_no_reply(change: dict[str, Any], param: str, said: str) -> None:
    with ScriptedModel(["one"]) as server:
        got = ask(server, **change)
        assert (got.status, got.body["error"]["type"]) == (400, "invalid_request_error")
        assert (got.body["error"]["param"], got.body["error"]["code"]) == (param, None)
        assert said in got.body["error"]["message"]
        assert ask(server).content == "one"


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_bodies_that_are_no_json_object(data: bytes) -> None:
    with ScriptedModel(["one"]) as server:
        got = send(server, "POST", "/v1/chat/completions", data)
        assert got.status == 400
        assert "could not parse the JSON body" in got.body["error"]["message"]
        assert server.requests[0].raw == data
        assert server.requests[0].body == {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/v1/completions", 404),
        ("GET", "/waiting", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/models", 405),
        ("DELETE", "/v1/models", 501),
    ],
)
def test_other_paths_and_methods(method: str, path: str, status: int) -> None:
    with ScriptedModel(["one"]) as server:
        assert send(server, method, path).status == status


@pytest.mark.parametrize("size", ["-1", "many", "99999999999999999999", "999999999"])
def test_sizes_that_are_none(size: str) -> None:
    with ScriptedModel(["one"]) as server, socket.create_connection(("127.0.0.1", server.port), timeout=SOON) as wire:
        wire.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {size}\r\n\r\n".encode())
        assert wire.makefile("rb").readline().startswith(b"HTTP/1.1 413")


def test_formats_that_a_model_does_not_know() -> None:
    with ScriptedModel(["one"], supports=["json_object"], repeat_last=True) as server:
        assert ask(server, response_format={"type": "text"}).status == 200
        assert ask(server, response_format={"type": "json_object"}).status == 200
        assert ask(server, response_format=SCHEMA).body["error"]["param"] == "response_format"
        with pytest.raises(openai.BadRequestError, match="response_format"):
            complete(server, response_format=SCHEMA)


def test_keys() -> None:
    with ScriptedModel(["one"], api_key="secret", repeat_last=True) as server:
        assert "didn't provide" in ask(server).body["error"]["message"]
        wrong = ask(server, headers={"Authorization": "Bearer public"})
        assert (wrong.status, wrong.body["error"]["code"]) == (401, "invalid_api_key")
        assert "public" not in wrong.raw.decode()
        assert send(server, "GET", "/v1/models").status == 401
        assert ask(server, headers={"Authorization": "Bearer secret"}).content == "one"
        with pytest.raises(openai.AuthenticationError):
            complete(server, key="public")
        assert complete(server, key="secret").choices[0].message.content == "one"


def test_a_model_that_is_not_there() -> None:
    with ScriptedModel(["one"]) as server:
        got = ask(server, model="other")
        assert (got.status, got.body["error"]["code"]) == (404, "model_not_found")
        with pytest.raises(openai.NotFoundError, match="other"):
            complete(server, model="other")


def test_pages_of_the_web_are_refused() -> None:
    with ScriptedModel(["one"]) as server:
        assert ask(server, headers={"Origin": "https://example.com"}).status == 403


# -- many at once, and the end ---------------------------------------------------------------------------------


def test_calls_in_parallel_get_one_reply_each() -> None:
    count = 40
    with ScriptedModel([str(number) for number in range(count)]) as server, ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: ask(server), range(count)))
    assert sorted(int(got.content) for got in found) == list(range(count))
    assert len({got.body["id"] for got in found}) == count
    assert [request.number for request in server.requests] == list(range(1, count + 1))


def test_a_connection_is_used_again() -> None:
    with ScriptedModel(["one"], repeat_last=True) as server, openai_client(server) as client:
        started = threading.active_count()
        for _ in range(5):
            client.chat.completions.create(**chat_body())
        assert threading.active_count() <= started + 1


def test_closing_waits_for_nobody() -> None:
    before = threading.active_count()
    with (
        ScriptedModel([Stall(AGES), Stall(float("inf"))]) as server,
        openai_client(server) as idle,
        socket.create_connection(("127.0.0.1", server.port)) as silent,
        ThreadPoolExecutor(2) as pool,
    ):
        idle.models.list()
        silent.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
        asked = [pool.submit(ask, server) for _ in range(2)]
        while len(server.requests) < 3:
            time.sleep(0.005)
        started = time.monotonic()
        server.close()
        assert time.monotonic() - started < SOON
        for one in asked:
            assert isinstance(one.exception(timeout=SOON), ConnectionError)
    assert threading.active_count() <= before


def test_closing_twice_and_opening_again() -> None:
    server = ScriptedModel(["one", "two"])
    with pytest.raises(RuntimeError, match="once it is open"):
        _ = server.base_url
    for reply in ("one", "two"):
        with server:
            assert ask(server).content == reply
    server.close()
    with pytest.raises(ConnectionError):
        ask(server)


def test_a_port_that_is_taken(tmp_path: Any) -> None:
    with ScriptedModel([]) as server, pytest.raises(PlotError, match=f"port {server.port} can't be opened"):
        ByHand(tmp_path, port=server.port).__enter__()


def test_it_is_light() -> None:
    code = "import sys, plot.testing; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=SOON)
    assert not set(done.stdout.decode().split()) & {"torch", "pyro", "numpy", "openai", "pydantic", "click"}
