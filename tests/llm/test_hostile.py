"""Servers that speak HTTP and JSON as few do: encodings, streams, errors, addresses."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from plot.testing import Fault, Redirect, ScriptedModel, Status
from tests.llm.helpers import Raw, client, entry, error_of, one, request, text_of
from tests.support.clock import SOON

pytestmark = pytest.mark.usefixtures("own_folders", "quick")
SAID = "Zoë: größer — ja."


def body(content: Any = SAID, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "model": "renamed-0613", **more}


def stream(*events: Any, head: str = "", sign: str = "data: ", end: str = "\n\n") -> Raw:
    """Return events as a stream, each as JSON that may have raw characters."""
    texts = [one if isinstance(one, str) else sign + json.dumps(one, ensure_ascii=False) for one in events]
    lines = [f"{text}{end}" for text in texts]
    return Raw((head + "".join(lines)).encode(), kind="text/event-stream")


def delta(content: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {**({"content": content} if content is not None else {}), **more}}]}


PLAIN = json.dumps(body(), ensure_ascii=False).encode()
HALVES = SAID[:3], SAID[3:]
CALL = [{"index": 0, "id": "x", "function": {"name": "translation", "arguments": ""}}]
READ: dict[str, Fault] = {
    "a mark of byte order": Raw(b"\xef\xbb\xbf" + PLAIN),
    "UTF-16": Raw(PLAIN.decode().encode("utf-16")),
    "another charset in its header": Raw(PLAIN, kind="application/json; charset=iso-8859-1"),
    "no type at all": Raw(PLAIN, kind="application/octet-stream"),
    "gzip": Raw(gzip.compress(PLAIN), headers={"content-encoding": "gzip"}),
    "choices in another order": Raw({"choices": [{"index": 1, "message": {"content": "no"}}, *body()["choices"]]}),
    "figures that are none": Raw(PLAIN[:-1] + b', "usage": {"prompt_tokens": NaN, "completion_tokens": Infinity}}'),
    "one key twice": Raw(b'{"choices": [], ' + PLAIN[1:]),
    "an error of null beside": Raw(body(error=None)),
    "keep-alives between": stream(delta(SAID[:4]), ": keep-alive", delta(SAID[4:]), head=": OPENROUTER PROCESSING\n\n"),
    "no blank after data": stream(delta(SAID[:4]), delta(SAID[4:]), "data:[DONE]", sign="data:"),
    "ends of lines of old": stream(delta(SAID[:4]), delta(SAID[4:]), end="\r\r"),
    "filter results first": stream(
        {"choices": [], "prompt_filter_results": [{}]}, delta(role="assistant"), delta(SAID)
    ),
    "usage last": stream(delta(SAID), {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}),
    "a call in pieces": stream(
        delta(tool_calls=CALL),
        *(delta(tool_calls=[{"index": 0, "function": {"arguments": part}}]) for part in HALVES),
    ),
    "a call without an index": stream(
        *(delta(tool_calls=[{"function": {"arguments": part}}]) for part in (SAID[:3], SAID[3:]))
    ),
    "a call in the old way": stream(*(delta(function_call={"arguments": part}) for part in (SAID[:3], SAID[3:]))),
}


@pytest.mark.parametrize("fault", READ.values(), ids=READ)
def test_what_can_be_read_is_read(fault: Fault) -> None:
    with ScriptedModel([fault, Status(403)]) as server:
        assert text_of(one(entry(server))) == SAID


def test_separators_that_json_allows_do_not_end_a_line() -> None:
    said = "one\u2028two\x85three\x0cfour"
    with ScriptedModel([stream(delta(said.replace("\x0c", "")))]) as server:
        assert text_of(one(entry(server))) == said.replace("\x0c", "")


@pytest.mark.parametrize(
    "fault",
    [
        Status(529, message="Overloaded"),
        Status(429, retry_after=format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)),
        Raw({"error": {"message": "overloaded"}, "choices": []}),
        stream(delta("No"), {"error": {"message": "overloaded"}}),
        Raw(b"", 200),
        Raw(b"", 204),
        Raw({"choices": [], "model": "x"}),
    ],
    ids=repr,
)
def test_what_passes_is_asked_again(fault: Fault) -> None:
    with ScriptedModel([fault, SAID]) as server:
        assert text_of(one(entry(server))) == SAID and len(server.requests) == 2


PAGE = b"<!doctype html><html><head><title>502 Bad Gateway</title><style>p{}</style></head><body>x</body></html>"
TOLD: dict[str, tuple[Fault, str]] = {
    "a filter's refusal": (
        Raw({"error": {"code": "content_filter", "message": "The response was filtered: hate."}}, 400),
        "filtered: hate",
    ),
    "a refusal in a stream": (
        stream(delta(refusal="I can"), delta(refusal="'t.")),
        "declined to translate this: I can't.",
    ),
    "a filter at the end of a stream": (
        stream({"choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]}),
        "content filter",
    ),
    "a page": (
        Raw(
            b"<!doctype html><html><head><title>502 Bad Gateway</title><style>p{}</style></head><body>x</body></html>",
            502,
            "text/html",
        ),
        "failed (502): 502 Bad Gateway",
    ),
    "a detail though all is well": (Raw({"detail": "Not authenticated"}), "Not authenticated"),
    "an overload beside an empty list": (Raw({"error": {"message": "overloaded"}, "choices": []}), "overloaded"),
}


@pytest.mark.parametrize(("fault", "said"), TOLD.values(), ids=TOLD)
def test_what_is_refused_is_told_in_its_words(fault: Fault, said: str) -> None:
    with ScriptedModel([fault], repeat_last=True) as server:
        error = error_of(one(entry(server, retries=0)))
        assert said in error.message and "<" not in error.message


# -- servers that are no more than a socket ------------------------------------------------------------------


@contextmanager
def socket_server(parts: Sequence[bytes], host: str = "127.0.0.1") -> Iterator[tuple[str, list[bytes]]]:
    """Serve one response in parts, each of which is sent by itself; yield the base URL and what was asked."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    asked: list[bytes] = []
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        asked.append(connection.recv(1_000_000))
                        for part in parts:
                            connection.sendall(part)
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(1_000_000):
                            pass

        threading.Thread(target=serve, daemon=True).start()
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{listener.getsockname()[1]}/v1", asked
        listener.shutdown(socket.SHUT_RDWR)


def response(payload: bytes, headers: str = "content-type: application/json\r\n") -> bytes:
    return f"HTTP/1.1 200 OK\r\n{headers}connection: close\r\ncontent-length: {len(payload)}\r\n\r\n".encode() + payload


def test_chunks_that_end_inside_of_characters() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    whole = stream(delta(SAID), "data: [DONE]").body
    chunks = [b"1\r\n" + bytes([byte]) + b"\r\n" for byte in whole]
    with socket_server([head, *chunks, b"0\r\n\r\n"]) as (url, _):
        assert text_of(one(entry(url))) == SAID


def test_headers_that_come_byte_by_byte() -> None:
    with socket_server([bytes([byte]) for byte in response(PLAIN)]) as (url, _):
        assert text_of(one(entry(url))) == SAID


def test_headers_that_never_end() -> None:
    with socket_server([b"HTTP/1.1 200 OK\r\n", *[b"x-more: and more\r\n"] * 100_000]) as (url, _):
        error = error_of(one(entry(url, retries=0, timeout=SOON)))
        assert "127.0.0.1" in error.message or "parrot" in error.message


def test_an_old_server_that_closes_to_end_its_body() -> None:
    with socket_server([b"HTTP/1.0 200 OK\r\n\r\n" + PLAIN]) as (url, _):
        assert text_of(one(entry(url))) == SAID


def test_loopback_of_the_sixth_version() -> None:
    if not socket.has_ipv6:
        pytest.skip("there is no IPv6 here")
    try:
        with socket_server([response(PLAIN)], "::1") as (url, _):
            asked = entry(url)
            assert asked.is_local and text_of(one(asked)) == SAID
    except OSError:
        pytest.skip("there is no IPv6 here")


@pytest.mark.parametrize("packed", [False, True])
def test_more_than_can_be_held_is_not_read(packed: bool) -> None:
    letters = b" " * 1_000_000
    payload = gzip.compress(letters * 100) if packed else letters * 100
    kind = "content-type: application/json\r\n" + ("content-encoding: gzip\r\n" if packed else "")
    with socket_server([response(payload, kind)]) as (url, _):
        assert "is longer than" in error_of(one(entry(url, retries=0, timeout=60.0))).message


@pytest.mark.parametrize(
    "where", ["http://localhost:{port}/v1/chat/completions", "//127.0.0.1:{port}/x", "/v1/elsewhere"]
)
@pytest.mark.parametrize("azure", [False, True])
def test_no_key_goes_where_a_server_points(where: str, azure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARROT_KEY", "a-key-of-its-own")
    with ScriptedModel(["Caught!"], repeat_last=True) as other:
        with ScriptedModel([Redirect(where.format(port=other.port), 308)], repeat_last=True) as server:
            more = {"api_version": "1", "model": "gpt"} if azure else {}
            server.root, server.any_model = ("/v1/openai/deployments/gpt" if azure else "/v1"), True
            url = f"http://127.0.0.1:{server.port}/v1"
            error = error_of(one(entry(url, api_key_env="PARROT_KEY", **more)))
            assert "redirects elsewhere" in error.message and len(server.requests) == 1
        assert other.requests == ()


def test_a_reply_to_one_is_not_taken_for_anothers() -> None:
    """Samples of one request that come in any order each get their own reply."""
    with ScriptedModel(lambda came: f"{came.sample}") as server, client() as talker:
        found = talker.complete([request(entry(server, parallel=8), sample=number) for number in range(8)])
        assert [text_of(reply) for reply in found] == [f"{number}" for number in range(8)]
