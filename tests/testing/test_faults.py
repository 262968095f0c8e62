"""Each fault, as a raw client meets it, and as OpenAI's client tells it."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import openai
import pytest

from plot.testing import (
    BrokenBody,
    Cut,
    Drip,
    Empty,
    Fault,
    Fenced,
    Flood,
    HalfJson,
    LengthCut,
    NoChoice,
    Redirect,
    Refused,
    ScriptedModel,
    Slow,
    Stall,
    Status,
)
from tests.support.clock import SOON
from tests.testing.clients import Got, ask, complete


def raw(fault: Fault) -> Got:
    with ScriptedModel([fault]) as server:
        return ask(server)


def told(fault: Fault) -> Exception:
    """Return the error that OpenAI's client makes of a fault."""
    with ScriptedModel([fault]) as server:
        try:
            complete(server)
        except Exception as error:
            return error
    raise AssertionError("no error")


@pytest.mark.parametrize(
    ("code", "kind", "named", "error"),
    [
        (400, "invalid_request_error", None, openai.BadRequestError),
        (401, "invalid_request_error", "invalid_api_key", openai.AuthenticationError),
        (403, "request_forbidden", None, openai.PermissionDeniedError),
        (404, "invalid_request_error", "model_not_found", openai.NotFoundError),
        (429, "requests", "rate_limit_exceeded", openai.RateLimitError),
        (500, "server_error", None, openai.InternalServerError),
        (503, "server_error", None, openai.InternalServerError),
    ],
)
def test_status(code: int, kind: str, named: str | None, error: type[openai.APIStatusError]) -> None:
    got = raw(Status(code))
    assert (got.status, got.body["error"]["type"], got.body["error"]["code"]) == (code, kind, named)
    assert "retry-after" not in got.headers
    seen = told(Status(code, message="said so"))
    assert type(seen) is error
    assert "said so" in str(seen)


@pytest.mark.parametrize(("value", "header"), [(0.05, "0.05"), (2, "2"), ("Wed, 21 Oct", "Wed, 21 Oct")])
def test_retry_after(value: float | str, header: str) -> None:
    assert raw(Status(429, retry_after=value)).headers["retry-after"] == header


def test_a_client_that_tries_again_waits_as_long_as_it_is_told() -> None:
    with ScriptedModel([Status(429, retry_after=0.2), "one"]) as server:
        assert complete(server, retries=1).choices[0].message.content == "one"
        first, second = server.requests
    assert second.time - first.time >= 0.2


def test_stall() -> None:
    started = time.monotonic()
    with ScriptedModel([Stall(0.1)]) as server, pytest.raises(http.client.RemoteDisconnected):
        ask(server)
    assert time.monotonic() - started >= 0.1
    assert type(told(Stall(0.01))) is openai.APIConnectionError
    with ScriptedModel([Stall(60)]) as server, pytest.raises(openai.APITimeoutError):
        complete(server, seconds=0.1)


def test_cut() -> None:
    with ScriptedModel([Cut(after=20)]) as server, pytest.raises(http.client.IncompleteRead) as caught:
        ask(server)
    assert caught.value.partial == b'{"id": "chatcmpl-000'
    assert type(told(Cut())) is openai.APIConnectionError
    assert type(told(Cut(after=0))) is openai.APIConnectionError


def test_half_json() -> None:
    got = raw(HalfJson('{"code": "query(x)"}'))
    assert (got.status, got.content) == (200, '{"code": "')
    for fault in (HalfJson(), LengthCut()):
        with pytest.raises(json.JSONDecodeError):
            json.loads(raw(fault).content)


def test_broken_body() -> None:
    got = raw(BrokenBody())
    assert (got.status, got.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        _ = got.body
    assert isinstance(told(BrokenBody()), json.JSONDecodeError | openai.OpenAIError)


def test_fenced() -> None:
    said = raw(Fenced("query(1)", "python")).content
    assert "\n```python\nquery(1)\n```\n" in said
    assert not said.startswith("```") and not said.endswith("```")
    assert json.loads(raw(Fenced()).content.split("```")[1].removeprefix("json"))


def test_no_choice() -> None:
    assert raw(NoChoice()).body["choices"] == []
    with ScriptedModel([NoChoice()]) as server:
        assert complete(server).choices == []


def test_empty() -> None:
    assert raw(Empty()).content is None
    assert raw(Empty("")).content == ""
    with ScriptedModel([Empty()]) as server:
        assert complete(server).choices[0].message.content is None


def test_refused() -> None:
    message = raw(Refused("No.")).message
    assert (message["content"], message["refusal"]) == (None, "No.")
    with ScriptedModel([Refused("No.")]) as server:
        assert complete(server).choices[0].message.refusal == "No."


def test_length_cut() -> None:
    got = raw(LengthCut("que"))
    assert (got.content, got.body["choices"][0]["finish_reason"]) == ("que", "length")


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_redirect(code: int) -> None:
    got = raw(Redirect("http://127.0.0.1:9/v1", code))
    assert (got.status, got.headers["location"], got.raw) == (code, "http://127.0.0.1:9/v1", b"")


def test_a_redirect_leads_a_client_elsewhere() -> None:
    with ScriptedModel(["from there"]) as there:
        with ScriptedModel([Redirect(f"{there.base_url}/chat/completions")]) as here:
            assert complete(here).choices[0].message.content == "from there"
        assert len(here.requests) == len(there.requests) == 1


def test_flood() -> None:
    assert raw(Flood(3)).content == "xxx"
    assert len(raw(Flood()).content) == 10_000_000


def test_slow() -> None:
    started = time.monotonic()
    assert raw(Slow(0.1, "late")).content == "late"
    assert raw(Slow(0.05, Slow(0.05, Status(500)))).status == 500
    assert time.monotonic() - started >= 0.2
    with ScriptedModel([Slow(60)]) as server, pytest.raises(openai.APITimeoutError):
        complete(server, seconds=0.1)


def test_drip() -> None:
    started = time.monotonic()
    got = raw(Drip(0.0005, "drop by drop"))
    assert got.content == "drop by drop"
    assert time.monotonic() - started >= 0.0005 * len(got.raw)
    with ScriptedModel([Drip(60)]) as server, pytest.raises(openai.APITimeoutError):
        complete(server, seconds=0.1)


def test_a_drip_passes_the_timeout_of_each_read_and_ends_with_the_server() -> None:
    with ScriptedModel([Drip(0.05)]) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(complete, server, seconds=1)
        with pytest.raises(TimeoutError):
            asked.exception(timeout=1.3)
        server.close()
        assert type(asked.exception(timeout=SOON)) is openai.APIConnectionError


def test_faults_are_values() -> None:
    assert Status(429, 1) == Status(429, 1)
    with pytest.raises(FrozenInstanceError):
        Cut().after = 3  # type: ignore[misc]
