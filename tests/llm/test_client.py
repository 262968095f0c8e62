"""Calls that go wrong in every way: they pass where the fault passes, and else say in plain words what it was."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from plot.llm import Completion, ModelError
from plot.llm.store import Store
from plot.testing import (
    BrokenBody,
    Cut,
    Drip,
    Fault,
    Flood,
    NoChoice,
    Redirect,
    Refused,
    ScriptedModel,
    Slow,
    Stall,
    Status,
)
from tests.llm.helpers import Raw, client, complaint, entry, error_of, one, request, text_of, timed
from tests.support.clock import AGES, SOON

pytestmark = pytest.mark.usefixtures("own_folders")
MESSAGE = {"role": "assistant", "content": "Yes."}


def choice(**more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop", **more}]}


PASSING = {
    "429": Status(429),
    "500": Status(500),
    "503": Status(503),
    "408": Status(408),
    "409": Status(409),
    "cut": Cut(),
    "half a body": BrokenBody(),
    "no choice": NoChoice(),
    "no JSON": Raw(b"<html>busy</html>"),
    "a page": Raw(b"<html>busy</html>", kind="text/html"),
    "deep": Raw(b"[" * 100_000),
    "no gzip": Raw(b"nothing packed", headers={"content-encoding": "gzip"}),
    "a number": Raw(3),
    "a list": Raw([1]),
    "null body": Raw(None),
    "choices of null": Raw({"choices": [None]}),
    "choices in a mapping": Raw({"choices": {}}),
    "a message of null": Raw(choice(message=None)),
    "a message that is a text": Raw(choice(message="Yes.")),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_tried_again_and_else_told(fault: Fault) -> None:
    with ScriptedModel([fault, fault, "At last.", fault, fault]) as server, client() as talker:
        (found,) = talker.complete([request(entry(server))])
        assert text_of(found) == "At last."
        assert len(server.requests) == 3
        (found,) = talker.complete([request(entry(server, retries=1), "And now?")])
        error = error_of(found)
        assert isinstance(error, ModelError)
        assert server.base_url in error.message or "parrot" in error.message
        assert len(server.requests) == 5, "as many more as `retries` says"


FINAL = {
    "401": (Status(401), "refused the key", "api_key_env"),
    "403": (Status(403), "forbids this", "access"),
    "404": (Status(404), "does not know the model 'scripted'", "plot models --ping"),
    "413": (Status(413), "(413)", None),
    "quota": (Status(429, message="insufficient_quota"), "no credit left", None),
    "a refusal": (Refused("I can't."), "declined to translate this: I can't.", None),
    "a content filter": (Raw(choice(finish_reason="content_filter")), "filter", None),
    "a redirect without an address": (Raw(b"", 302), "redirects elsewhere", "base URL"),
}


@pytest.mark.parametrize(("fault", "said", "hint"), FINAL.values(), ids=FINAL)
def test_what_is_final_is_asked_once(fault: Fault, said: str, hint: str | None) -> None:
    with ScriptedModel([fault, "Never said."]) as server:
        error = error_of(one(entry(server)))
        assert said in error.message
        assert hint is None or hint in (error.hint or "")
        assert len(server.requests) == 1


VAGUE = {
    "400": (Status(400, message="Bad\x1b[31m words"), "refused the request (400): Bad[31m words"),
    "errors in a list": (Raw([1, 2], 400), "(400)"),
    "an error that is a text": (Raw({"error": "boom"}, 400), "boom"),
    "an error of null": (Raw({"error": None}, 400), "Bad Request"),
    "half a character": (Raw(b'{"error": {"message": "a\\ud800b"}}', 400), "(400): ab"),
    "a long error": (Raw({"error": {"message": "x" * 100_000}}, 400), "…"),
}


@pytest.mark.parametrize(("fault", "said"), VAGUE.values(), ids=VAGUE)
def test_a_refusal_that_does_not_say_why_is_told_as_it_was_first(fault: Fault, said: str) -> None:
    with ScriptedModel([fault, Status(400), Status(400), "Now.", fault]) as server:
        assert said in error_of(one(entry(server))).message
        assert [came.response_format.get("type") for came in server.requests] == ["json_schema", "json_object", None]
        assert text_of(one(entry(server), "And now?")) == "Now.", "what failed in every form says nothing of forms"
        assert server.requests[-1].response_format["type"] == "json_schema"
        assert said in error_of(one(entry(server), "And then?")).message
        assert len(server.requests) == 5, "a form that was taken once is not doubted"


def test_ten_million_characters_are_not_read_on() -> None:
    with ScriptedModel([Flood()]) as server:
        assert "10,000,000 characters" in error_of(one(entry(server))).message
    assert Store().path.stat().st_size < 1_000_000, "nor kept"


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (choice(), (2, 1)),
        ({"choices": [{"message": MESSAGE}]}, (2, 1)),
        ({**choice(), "usage": "much"}, (2, 1)),
        ({**choice(), "usage": {"prompt_tokens": 10**30, "completion_tokens": -5}}, (2, 1)),
        ({**choice(), "usage": {"prompt_tokens": True, "completion_tokens": 2.5}}, (2, 1)),
        ({**choice(), "usage": {"prompt_tokens": 70, "completion_tokens": 30}}, (70, 30)),
    ],
)
def test_strange_bodies_that_can_be_read(body: object, tokens: tuple[int, int]) -> None:
    with ScriptedModel([Raw(body)]) as server:
        found = one(entry(server))
    assert text_of(found) == "Yes."
    assert isinstance(found, Completion) and (found.prompt_tokens, found.completion_tokens) == tokens


def test_halves_of_characters_are_replaced_both_ways() -> None:
    with ScriptedModel([Raw(b'{"choices": [{"message": {"content": "a\\ud800b"}}]}')]) as server:
        assert text_of(one(entry(server), "Is \udcff so?", cache=True)) == "a?b"
        assert server.requests[0].last_text == "Is ? so?"
    store = Store()
    assert store.calls()[0].reply == "a?b"
    store.close()


# -- waiting -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [429, 503])
def test_the_wait_that_is_asked_for_is_kept(code: int) -> None:
    with ScriptedModel([Status(code, retry_after=0.7), "Now."]) as server:
        assert text_of(one(entry(server))) == "Now."
        first, second = server.requests
        assert 0.7 <= second.time - first.time < SOON


def test_a_date_to_wait_for() -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    with ScriptedModel([Status(429, retry_after=format_datetime(soon, usegmt=True)), "Now."]) as server:
        found, seconds = timed(lambda: one(entry(server)))
        assert text_of(found) == "Now." and len(server.requests) == 2
    assert datetime.now(UTC) >= soon and seconds < SOON


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("wait", ["61", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_waits_for_hours(code: int, wait: str) -> None:
    with ScriptedModel([Status(code, retry_after=wait), "Never said."]) as server:
        found, seconds = timed(lambda: one(entry(server)))
        assert "try again in" in (error_of(found).hint or "")
        assert len(server.requests) == 1 and seconds < SOON


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "soon", ""])
def test_a_wait_that_is_none(wait: str) -> None:
    with ScriptedModel([Status(429, retry_after=wait), "Now."]) as server:
        assert text_of(one(entry(server))) == "Now."


def test_without_a_wait_each_is_longer_than_the_last() -> None:
    with ScriptedModel([Status(429), Status(429), "Now."]) as server:
        assert text_of(one(entry(server))) == "Now."
        first, second, third = (came.time for came in server.requests)
        assert 0.37 <= second - first < SOON and 0.75 <= third - second < SOON


@pytest.mark.usefixtures("quick")
def test_a_stalled_socket_ends_one_attempt() -> None:
    with ScriptedModel([Stall(AGES), "Awake."], repeat_last=True) as server:
        found, seconds = timed(lambda: one(entry(server, timeout=0.4, retries=10)))
        assert text_of(found) == "Awake."
        assert seconds < SOON
    with ScriptedModel([Stall(AGES)], repeat_last=True) as server:
        error = error_of(one(entry(server, timeout=0.3, retries=1)))
        assert "did not answer within 0.3 s" in error.message and "timeout" in (error.hint or "")
        assert len(server.requests) == 2


def test_drops_do_not_add_up_to_hours() -> None:
    with ScriptedModel([Drip(0.3, "Drop by drop." * 100)], repeat_last=True) as server:
        found, seconds = timed(lambda: one(entry(server, timeout=0.5, retries=0)))
        assert "did not answer within 0.5 s" in error_of(found).message
        assert seconds < SOON


def test_each_translator_has_its_own_time() -> None:
    with ScriptedModel([Slow(0.8, "Late.")], repeat_last=True) as server, client() as talker:
        hasty, patient = entry(server, name="hasty", timeout=0.2, retries=0), entry(server, name="patient")
        late, found = talker.complete([request(hasty), request(patient, "And now?")])
        assert "within 0.2 s" in error_of(late).message
        assert text_of(found) == "Late."


def test_nothing_listens_there() -> None:
    with ScriptedModel([]) as server:
        url = server.base_url
    error = error_of(one(entry(url, retries=0)))
    assert "can't be reached" in error.message and "is the server running?" in (error.hint or "")


# -- elsewhere -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARROT_KEY", "a-key-of-its-own")
    with ScriptedModel(["Caught!"], repeat_last=True) as other:
        with ScriptedModel([Redirect(f"{other.base_url}/chat/completions", code)]) as server:
            error = error_of(one(entry(server, api_key_env="PARROT_KEY")))
            assert server.requests[0].headers["authorization"] == "Bearer a-key-of-its-own"
        assert "redirects elsewhere" in error.message
        assert other.requests == ()


# -- the ladder ----------------------------------------------------------------------------------------------


def test_forms_step_down_and_that_is_remembered() -> None:
    with ScriptedModel(["One.", "Two."], supports=()) as server:
        assert text_of(one(entry(server))) == "One."
        assert [came.response_format.get("type") for came in server.requests] == ["json_schema", "json_object", None]
        assert text_of(one(entry(server), "And now?")) == "Two."
        assert len(server.requests) == 4 and not server.requests[-1].response_format
    with ScriptedModel(["One."], supports={"json_object"}) as server:
        assert text_of(one(entry(server))) == "One."
        assert [came.response_format.get("type") for came in server.requests] == ["json_schema", "json_object"]


def test_samples_that_step_down_together() -> None:
    with ScriptedModel(["Yes."], repeat_last=True, supports=()) as server, client() as talker:
        found = talker.complete([request(entry(server), sample=number) for number in range(4)])
        assert [text_of(one) for one in found] == ["Yes."] * 4
        assert sum(not came.response_format for came in server.requests) == 4
        assert talker.usage.calls == 4 and talker.usage.attempts == len(server.requests)


def choosy(came: Any) -> Any:
    """Complain as OpenAI's reasoning models do."""
    if "max_tokens" in came.body:
        return complaint(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
    if "temperature" in came.body:
        return complaint(
            "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is "
            "supported."
        )
    return "Well asked."


def test_parameters_that_are_not_supported() -> None:
    with ScriptedModel(choosy) as server:
        assert text_of(one(entry(server, max_tokens=77))) == "Well asked."
        assert len(server.requests) == 3
        assert server.requests[-1].body["max_completion_tokens"] == 77
        assert text_of(one(entry(server), "And now?")) == "Well asked."
        assert len(server.requests) == 4


def test_an_endpoint_that_complains_of_everything() -> None:
    said = "max_completion_tokens temperature response_format"
    with ScriptedModel([complaint(said)], repeat_last=True) as server:
        assert said in error_of(one(entry(server))).message
        assert len(server.requests) == 6, "each step is taken once"


# -- many at once --------------------------------------------------------------------------------------------


def test_no_more_at_once_than_allowed() -> None:
    lock, now, most = threading.Lock(), 0, 0
    both = threading.Barrier(2)

    def slow(came: Any) -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait(SOON)
        with lock:
            now -= 1
        return "Yes."

    with ScriptedModel(slow) as server, client() as talker:
        asked = entry(server, parallel=2)
        found = talker.complete([request(asked, sample=number) for number in range(6)])
        assert all(isinstance(one, Completion) for one in found)
    assert most == 2


def test_equal_requests_are_asked_once() -> None:
    with ScriptedModel(["Yes."]) as server, client() as talker:
        found = talker.complete([request(entry(server))] * 3)
        assert [text_of(one) for one in found] == ["Yes."] * 3
        assert len(server.requests) == 1 and talker.usage.calls == 1


def test_one_that_fails_leaves_the_others() -> None:
    def speak(came: Any) -> Any:
        return Status(400) if came.last_text == "bad" else came.last_text

    with ScriptedModel(speak) as server, client() as talker:
        first, second, third = talker.complete([request(entry(server), text) for text in ("a", "bad", "c")])
    assert (text_of(first), text_of(third)) == ("a", "c")
    assert "(400)" in error_of(second).message


def test_inside_a_running_loop() -> None:
    async def ask() -> str:
        with client() as talker:
            (found,) = talker.complete([request(entry(server))])
        return text_of(found)

    with ScriptedModel(["Yes."]) as server:
        assert asyncio.run(ask()) == "Yes."


def test_a_client_may_be_closed_twice() -> None:
    with ScriptedModel(["Yes."]) as server:
        talker = client()
        talker.complete([request(entry(server))])
        talker.close()
        talker.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "plot-models"]


def test_abilities_that_are_damaged() -> None:
    with ScriptedModel(["Yes."], repeat_last=True) as server:
        store = Store()
        for number, kept in enumerate([{"form": 3}, {"limit": "evil"}, {"form": "text", "unknown": 1}, {"form": []}]):
            store.keep_abilities(f"{server.base_url} scripted", kept)
            assert text_of(one(entry(server), f"{number}?")) == "Yes."
        store.close()
        assert all("max_tokens" in came.body for came in server.requests)
