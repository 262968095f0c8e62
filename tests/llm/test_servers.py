"""Servers as they differ: both protocols, shapes of replies, streams, addresses, keys, and what they do not take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

import openai.types.chat as chat_types
import openai.types.responses as response_types
import pytest
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params
from pydantic import TypeAdapter

from plot.llm import Client, Entry, Limits, ModelError
from plot.llm.calls import Message, Request
from plot.llm.ping import ping
from plot.llm.streams import body_of_stream
from plot.testing import (
    BrokenBody,
    Cut,
    Empty,
    Fault,
    LengthCut,
    NoChoice,
    Refused,
    Reply,
    ScriptedModel,
    Status,
    Streamed,
)
from plot.testing.protocol import ReceivedRequest as Came
from plot.testing.protocol import completion
from plot.testing.protocol import stream_of as streamed
from plot.testing.replies import response_to
from tests.llm.helpers import Raw, client, complaint, entry, error_of, request, text_of

pytestmark = pytest.mark.usefixtures("own_folders", "quick")
APIS = ("chat", "responses")
SAID = "It's “größer”."


class Stage:
    """One server for the whole module; each test gives it a script of its own and asks for a model of its own."""

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.first = 0

    def speak(self, came: Came) -> Reply:
        made = self.script.pop(0) if self.script else Status(500)
        return made(came) if callable(made) else made


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[ScriptedModel, Stage]]:
    playing = Stage()
    with ScriptedModel(playing.speak) as server:
        server.any_model = True
        yield server, playing


Asking = Callable[..., Any]


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Client(store=tmp_path_factory.mktemp("store"), cache=False, limits=Limits(calls=10_000)) as found:
        yield found


@pytest.fixture
def asking(stage: tuple[ScriptedModel, Stage], talker: Client, api: str, request: pytest.FixtureRequest) -> Asking:
    """Return a function that plays a script to one request, and returns the reply and the requests that came."""
    server, playing = stage

    def ask(script: list[Any], text: str = "Hello?", **more: Any) -> tuple[Any, list[Came]]:
        playing.script, before = list(script), len(server.requests)
        asked = entry(server, **{"api": api, "model": request.node.name, **more})
        (found,) = talker.complete([request_of(asked, text)])
        return found, list(server.requests[before:])

    return ask


def request_of(asked: Entry, text: str = "Hello?", *before: Message) -> Request:
    return Request(asked, (*before, Message("user", text)), {"type": "object"}, 0, "nowhere", text)


# -- fakes are what OpenAI's own types say -------------------------------------------------------------------


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("reply", [SAID, Refused(), LengthCut(), Empty(""), {"code": "query(1)"}], ids=repr)
def test_fakes_and_requests_are_valid_by_the_types_of_openai(asking: Asking, api: str, reply: Any) -> None:
    _, came = asking([reply] * 2)
    made = json.loads(response_to(came[0], reply).body)
    params: Any = completion_create_params.CompletionCreateParamsNonStreaming
    event: TypeAdapter[Any] = TypeAdapter(chat_types.ChatCompletionChunk)
    if api == "chat":
        chat_types.ChatCompletion.model_validate(made, strict=True)
    else:
        response_types.Response.model_validate(made, strict=True)
        params = response_create_params.ResponseCreateParamsNonStreaming
        event = TypeAdapter(response_types.ResponseStreamEvent)
    for sent in came:
        TypeAdapter(params).validate_python(sent.body)
        assert sent.body.keys() <= get_type_hints(params).keys()
    lines = streamed(completion(came[0], SAID)).decode().split("\n")
    events = [line.removeprefix("data: ") for line in lines if line.startswith("data: {")]
    assert len(events) > 2
    for text in events:
        event.validate_json(text)


# -- shapes of replies ---------------------------------------------------------------------------------------


def message(**parts: Any) -> Callable[[Came], Fault]:
    """Return a chat completion whose message has these parts."""

    def make(came: Came) -> Fault:
        whole: Any = completion(came, None)
        whole["choices"][0]["message"] = {"role": "assistant", **parts}
        return Raw(whole)

    return make


def output(*items: Mapping[str, Any], **more: Any) -> Callable[[Came], Fault]:
    """Return a response whose output has these items."""
    return lambda came: Raw({**completion(came, None), "output": list(items), **more})


CALL = {"type": "function", "id": "1", "function": {"name": "translation", "arguments": SAID}}
TEXT = {"type": "text", "text": SAID}
PART = {"type": "output_text", "text": SAID}
MESSAGE = {"type": "message", "role": "assistant", "content": [PART]}
SHAPES: dict[str, dict[str, Any]] = {
    "chat": {
        "a text": SAID,
        "parts": message(content=[TEXT]),
        "parts that are texts": message(content=[SAID]),
        "parts with a thought": message(content=[{"type": "thinking", "thinking": [TEXT]}, TEXT]),
        "an object": message(content=TEXT),
        "a part with a value": message(content=[{"type": "text", "text": {"value": SAID}}]),
        "a tool's call": message(content=None, tool_calls=[CALL]),
        "calls, the last of which counts": message(content="", tool_calls=[{"function": {"arguments": "draft"}}, CALL]),
        "a function's call": message(content=None, function_call={"name": "f", "arguments": SAID}),
        "a thought alone": message(content="", reasoning_content=SAID),
        "a thought beside the reply": message(content=SAID, reasoning_content="Hm."),
        "another name of thoughts": message(content=None, reasoning=SAID),
        "a stream": Streamed(SAID),
        "no types": Raw({"choices": [{"message": {"content": SAID}}]}),
    },
    "responses": {
        "a text": SAID,
        "a thought and a message": output({"type": "reasoning", "summary": []}, MESSAGE),
        "a function's call": output({"type": "function_call", "name": "f", "arguments": SAID}),
        "a thought alone": output({"type": "reasoning", "content": [{"type": "reasoning_text", "text": SAID}]}),
        "two parts": output({"type": "message", "content": [{**PART, "text": SAID[:4]}, {**PART, "text": SAID[4:]}]}),
        "a stream": Streamed(SAID),
        "no types": Raw({"output": [{"content": [{"type": "output_text", "text": SAID}]}]}),
    },
}


@pytest.mark.parametrize(
    ("api", "shape"),
    [(api, shape) for api in APIS for shape in SHAPES[api].values()],
    ids=[f"{api}: {name}" for api in APIS for name in SHAPES[api]],
)
def test_shapes_of_replies(asking: Asking, api: str, shape: Any) -> None:
    found, came = asking([shape])
    assert text_of(found) == SAID and len(came) == 1


@pytest.mark.parametrize("api", ["chat"])
def test_an_object_as_content_is_its_json(asking: Asking, api: str) -> None:
    found, _ = asking([message(content={"act": "question", "code": "query(1)"})])
    assert json.loads(text_of(found)) == {"act": "question", "code": "query(1)"}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "fault",
    [NoChoice(), Cut(), BrokenBody(), Raw(3), Raw(b"<html>"), Raw({"error": {"message": "overloaded"}}), Status(503)],
    ids=repr,
)
def test_faults_pass_in_both_protocols(asking: Asking, api: str, fault: Fault) -> None:
    found, came = asking([fault, SAID])
    assert text_of(found) == SAID and len(came) == 2
    found, _ = asking([fault] * 2, retries=1)
    assert "parrot" in error_of(found).message or "127.0.0.1" in error_of(found).message


# -- what is cut off or empty --------------------------------------------------------------------------------


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("fault", [LengthCut(), Empty(), Empty(" \n")], ids=repr)
def test_a_reply_that_is_cut_or_empty_is_asked_for_once_more_with_more_room(
    asking: Asking, api: str, fault: Fault
) -> None:
    limit = "max_tokens" if api == "chat" else "max_output_tokens"
    found, came = asking([fault, SAID], max_tokens=500)
    assert text_of(found) == SAID and [one.body[limit] for one in came] == [500, 2000]
    found, came = asking([fault] * 3, max_tokens=500)
    assert "max_tokens, which is 2,000" in (error_of(found).hint or "") and len(came) == 2


@pytest.mark.parametrize("api", APIS)
def test_a_refusal_is_told(asking: Asking, api: str) -> None:
    found, came = asking([Refused("I can't.")])
    assert "declined to translate this: I can't." in error_of(found).message and len(came) == 1


# -- streams -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", APIS)
def test_a_server_that_only_streams(api: str) -> None:
    with ScriptedModel([SAID, SAID], streams=True) as server, client() as talker:
        for text in ("Hello?", "Again?"):
            (found,) = talker.complete([request(entry(server, api=api), text)])
            assert text_of(found) == SAID
            assert found.prompt_tokens == 2 and found.completion_tokens == 4  # type: ignore[union-attr]
        assert [came.body.get("stream") for came in server.requests] == [None, True, True]


CHUNK = '{"choices": [{"delta": {"content": "%s"}}]}'


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (
            f"data: {CHUNK % 'a'}\r\n\r\ndata:{CHUNK % 'b'}\r\n\r\n",
            "ab",
        ),
        (': ping\n\ndata: {"choices": [{"message": {"content": "ab"}}]}\n\n', "ab"),
        ('event: x\ndata: {"choices":\ndata: [{"delta": {"content": "ab"}}]}\n\ndata: [DONE]', "ab"),
        ('data: {"choices": []}\n\ndata: {"choices": [{"index": 0, "delta": {"content": "ab"}}]}\n\n', "ab"),
        ('data: {"choices": [{"index": 1, "delta": {"content": "z"}}, {"index": 0, "delta": {}}]}\n\n', None),
    ],
)
def test_streams_of_chunks(stream: str, said: str | None) -> None:
    whole = body_of_stream(stream)
    assert whole is not None and whole["choices"][0]["message"].get("content") == said


def test_what_is_no_stream() -> None:
    assert body_of_stream('{"choices": []}') is None and body_of_stream("") is None
    parts = [{"index": 0, "function": {"arguments": text}} for text in ('{"co', 'de": 1}')]
    lines = "".join(f"data: {json.dumps({'choices': [{'delta': {'tool_calls': [part]}}]})}\n\n" for part in parts)
    assert body_of_stream(lines)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == '{"code": 1}'  # type: ignore[index]


# -- what servers do not take --------------------------------------------------------------------------------

SYSTEM = Message("system", "Translate.")
COMPLAINTS = {
    "no system role": ("messages[0]: role 'system' is not supported", lambda body: "system" not in str(body)),
    "alternating roles": ("Conversation roles must alternate user/assistant/…", lambda body: "system" not in str(body)),
    "no max_tokens": (
        "Unrecognized request argument: max_tokens / max_output_tokens",
        lambda body: "max" not in str(body),
    ),
    "no temperature": ("temperature is deprecated for this model", lambda body: "temperature" not in body),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("said", "holds"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_what_a_server_does_not_take_is_left_out_from_then_on(
    api: str, said: str, holds: Callable[[Any], bool]
) -> None:
    with (
        ScriptedModel(lambda came: SAID if holds(came.body) else complaint(said)) as server,
        client() as talker,
    ):
        for text in ("Hello?", "Again?"):
            (found,) = talker.complete([request_of(entry(server, api=api), text, SYSTEM, Message("user", "So:"))])
            assert text_of(found) == SAID
        assert len(server.requests) == 3
        if "role" in said:
            assert [one["content"] for one in server.requests[-1].messages] == ["Translate.\n\nSo:\n\nAgain?"]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("status", [400, 422, 500])
@pytest.mark.parametrize("works", ["json_object", None])
def test_a_bare_failure_on_a_form_steps_down_and_is_remembered(api: str, status: int, works: str | None) -> None:
    def speak(came: Came) -> Reply:
        return SAID if came.response_format.get("type") == works else Raw({}, status)

    with ScriptedModel(speak) as server, client() as talker:
        assert text_of(talker.complete([request(entry(server, api=api, retries=1))])[0]) == SAID
        count = len(server.requests)
        assert text_of(talker.complete([request(entry(server, api=api), "Again?")])[0]) == SAID
        assert len(server.requests) == count + 1


@pytest.mark.parametrize("api", APIS)
def test_a_server_that_is_down_does_not_lose_its_forms(asking: Asking, api: str) -> None:
    found, came = asking([Status(500)] * 9, retries=1)
    assert "failed (500)" in error_of(found).message and len(came) == 4
    found, came = asking([SAID])
    assert text_of(found) == SAID and came[0].response_format["type"] == "json_schema"


# -- addresses, keys, proxies --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "given"),
    [
        ("/v1", ""),
        ("/v1", "/"),
        ("", ""),
        ("/v1", "/v1/chat/completions"),
        ("/v1", "/v1/"),
        ("/api/v3", "/api/v3/chat/completions/"),
        ("/v1", "/v1/responses"),
    ],
)
def test_an_address_in_full_or_without_a_path(root: str, given: str) -> None:
    with ScriptedModel([SAID, SAID], root=root) as server, client() as talker:
        asked = entry(f"http://127.0.0.1:{server.port}{given}")
        assert asked.api == ("responses" if given.endswith("responses") else "chat")
        for text in ("Hello?", "Again?"):
            assert text_of(talker.complete([request(asked, text)])[0]) == SAID
        assert len(server.requests) == (2 if root else 3), "what was found out is remembered"


def test_a_model_that_is_not_there_is_told_of_at_the_usual_address() -> None:
    with ScriptedModel([]) as server, client() as talker:
        asked = entry(f"http://127.0.0.1:{server.port}", model="other")
        for _ in range(2):
            assert "The model 'other' does not exist." in error_of(talker.complete([request(asked)])[0]).message
        assert [came.path for came in server.requests][:2] == ["/v1/chat/completions", "/chat/completions"]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("path", ["", "/openai", "/openai/deployments/gpt", "in full"])
def test_azure(api: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_KEY", "a-key-of-azures")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "a-token-for-someone-else")
    if api == "responses" and "deployments" in path:
        path = "/openai"
    root = "/openai/deployments/gpt" if api == "chat" else "/openai"
    with ScriptedModel([SAID], model="gpt", root=root, api_key="a-key-of-azures", key_header="api-key") as server:
        url, version = f"http://127.0.0.1:{server.port}{path}", {"api_version": "2025-04-01"}
        if path == "in full":
            end = "/chat/completions" if api == "chat" else "/responses"
            url, version = f"http://127.0.0.1:{server.port}{root}{end}?api-version=2025-04-01", {}
        with client() as talker:
            asked = entry(url, model="gpt", api=api, api_key_env="AZURE_KEY", **version)
            assert text_of(talker.complete([request(asked)])[0]) == SAID
        (came,) = server.requests
        assert came.path.endswith("?api-version=2025-04-01") and "authorization" not in came.headers


def test_a_dead_proxy_is_named_and_loopback_goes_round_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedModel([]) as gone:
        dead = gone.port
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://user:secret@127.0.0.1:{dead}")
    with client() as talker, ScriptedModel([SAID]) as server:
        error = error_of(talker.complete([request(entry("http://models.example:8000/v1", retries=0))])[0])
        assert f"the proxy 127.0.0.1:{dead} (HTTP_PROXY)" in error.message and "models.example" in error.message
        assert "secret" not in error.render()
        assert text_of(talker.complete([request(entry(server))])[0]) == SAID


@pytest.mark.parametrize("api", APIS)
def test_a_ping(api: str) -> None:
    with ScriptedModel(["Yes."]) as server:
        found = ping(entry(server, api=api))
        assert (found.serves, found.said, found.error) == (("scripted",), "Yes.", None)


# -- several at once, and what is seen of it -----------------------------------------------------------------


def test_a_cached_reply_may_leave_out_the_host() -> None:
    with ScriptedModel([SAID]) as one, ScriptedModel(["Elsewhere."] * 2) as two, client(cache=True) as talker:
        assert text_of(talker.complete([request(entry(one, cache_by="model"))])[0]) == SAID
        assert text_of(talker.complete([request(entry(two, cache_by="model"))])[0]) == SAID
        assert text_of(talker.complete([request(entry(two))])[0]) == "Elsewhere."
        assert talker.usage.calls == 2 and talker.usage.cached == 1


def test_spending_is_seen_as_it_happens() -> None:
    seen: list[Any] = []
    with ScriptedModel([SAID] * 3) as server, Client(cache=False, limits=Limits(), watch=seen.append) as talker:
        priced = entry(server, price={"input": 1, "output": 1}, parallel=1)
        talker.complete([request(priced, sample=number) for number in range(3)])
    assert [usage and usage.calls for usage in seen] == [1, 2, 3, None]
    assert seen[0].cost < seen[1].cost < seen[2].cost


@pytest.mark.parametrize("api", ["chat"])
def test_spans_of_opentelemetry(asking: Asking, api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry import trace as trace_api
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), trace.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace_api, "get_tracer", provider.get_tracer)
    asking([SAID])
    found, _ = asking([Status(403)])
    assert isinstance(found, ModelError)
    good, bad = exporter.get_finished_spans()
    assert good.attributes["gen_ai.usage.output_tokens"] == 4 and good.attributes["server.address"] == "127.0.0.1"
    assert bad.attributes["error.type"] == "ModelError" and not bad.status.is_ok
    assert SAID not in str(good.attributes) and "Hello" not in good.to_json()
