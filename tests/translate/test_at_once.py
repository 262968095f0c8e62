"""Utterances that do not depend on each other are in flight at once; those that do wait, and the order is the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.llm import Client
from plot.llm.store import Store
from plot.llm.together import together
from plot.testing import ScriptedModel, Status
from plot.translate import LanguageModel, Memory
from plot.translate.mixture import Mixture, Stage, scheme_called
from plot.translate.stages import Cascade
from tests.llm.helpers import client as client_of
from tests.llm.helpers import entry, reply, request, text_of
from tests.support.clock import SOON

pytestmark = pytest.mark.usefixtures("own_folders", "quick")
STRONGER = 'query(strength("mary") > strength("tom"))'
QUESTIONS = [
    "Would you bet on Mary against Tom?",
    "If Mary pulled as hard as she can, could Tom hold her?",
    "Does Mary outclass poor old Tom?",
    "So Mary, not Tom, is the one to be feared?",
]


class Crowd:
    """A model whose replies wait until so many requests are in flight; it notes the most that ever were."""

    def __init__(self, wanted: int) -> None:
        self._all = threading.Barrier(wanted)
        self._lock = threading.Lock()
        self.now = self.most = 0

    def __call__(self, came: Any) -> Any:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self._all.wait(SOON)
        except threading.BrokenBarrierError:
            return Status(403, message="the others did not come")
        finally:
            with self._lock:
                self.now -= 1
        return reply(STRONGER, "question")


def said_in(came: Any) -> str:
    """Return the utterance that a request is about."""
    return str(came.messages[1]["content"]).split("<utterance>\n")[1].split("\n</utterance>")[0]


@contextmanager
def talking(speak: Any, **more: Any) -> Iterator[tuple[ScriptedModel, Client, Conversation]]:
    with ScriptedModel(speak) as server, Client(store=Store(), cache=False) as client:
        model = LanguageModel(entry(server, **{"parallel": 8, **more}), client)
        yield server, client, World.load("tugofwar").conversation(facts=False, translators=(model,))


def test_questions_of_one_command_are_in_flight_at_once_and_asked_once() -> None:
    crowd = Crowd(len(QUESTIONS))
    with talking(crowd) as (server, client, talk):
        talk.prepare(QUESTIONS)
        assert crowd.most == client.usage.calls == len(QUESTIONS)
        assert str(talk.ask(QUESTIONS[1])) and len(server.requests) == len(QUESTIONS)
        assert [row.purpose for row in client.store.calls()[::-1]] == QUESTIONS


def test_an_endpoint_gets_no_more_at_once_than_it_allows() -> None:
    crowd = Crowd(2)
    with talking(crowd, parallel=2) as (server, _, talk):
        talk.prepare(QUESTIONS)
        assert crowd.most == 2 and len(server.requests) == len(QUESTIONS)


def test_one_that_is_busy_is_asked_again_and_one_that_fails_leaves_the_others() -> None:
    def speak(came: Any) -> Any:
        said = said_in(came)
        if said == QUESTIONS[0] and sum(said_in(one) == said for one in server.requests) == 1:
            return Status(429)
        return Status(403) if said == QUESTIONS[1] else reply(STRONGER, "question")

    with talking(speak) as (server, client, talk):
        talk.prepare(QUESTIONS)
        with pytest.raises(PlotError, match="forbids"):
            talk.ask(QUESTIONS[1])
        talk.ask(QUESTIONS[0])
        assert client.usage.attempts == len(server.requests) == 5
        first = [(row.purpose, bool(row.failure)) for row in client.store.calls()[::-1]][:3]
        assert first == [(QUESTIONS[0], True), (QUESTIONS[0], False), (QUESTIONS[1], True)]


def test_repairs_of_several_questions_go_out_together() -> None:
    crowd = Crowd(len(QUESTIONS))

    def speak(came: Any) -> Any:
        found = crowd(came)
        return found if isinstance(found, Status) or len(came.messages) > 2 else "I don't know."

    with talking(speak) as (server, client, talk):
        talk.prepare(QUESTIONS)
        assert crowd.most == len(QUESTIONS) and client.usage.calls == 2 * len(QUESTIONS)
        assert len(server.requests) == client.usage.calls


def test_models_of_one_stage_are_in_flight_at_once() -> None:
    crowd = Crowd(2)
    with ScriptedModel(crowd, models=["other"]) as server, Client(store=Store(), cache=False) as client:
        models = (LanguageModel(entry(server), client), LanguageModel(entry(server, name="b", model="other"), client))
        mixture = Mixture((Stage(models),), scheme_called("vote"))
        talk = World.load("tugofwar").conversation(facts=False, translators=(mixture,))
        assert len(talk.translate(QUESTIONS[0])[0].readings) == 1 and crowd.most == 2


def test_questions_of_one_form_wait_for_what_is_remembered_of_the_first() -> None:
    said = [f"Could {one} hold {other}?" for one, other in (("Mary", "Tom"), ("Ann", "Sue"), ("Bo", "Al"))]
    with ScriptedModel([reply(STRONGER, "question")] * 2) as server, Client(store=Store(), cache=False) as client:
        memory = Memory(client)
        model = LanguageModel(entry(server, samples=2), client, memory)
        cascade = Cascade(((memory,), (model,)))
        talk = World.load("tugofwar").conversation(facts=False, translators=(cascade,))
        talk.prepare(said)
        assert client.usage.calls == 2 and client.usage.remembered == 2


def test_what_was_told_waits_and_questions_between_do_not() -> None:
    told = ["Mary wiped the floor with Tom.", "Then Tom had his revenge on Mary."]
    asked = ["Would you bet on Mary against Tom?", "Is Mary not stronger by far than Tom?"]
    codes = {told[0]: ('condition(won_against(["mary"], ["tom"], 1))', "observation")}
    codes |= {told[1]: ('condition(won_against(["tom"], ["mary"], 2))', "observation")}
    three = Crowd(3)

    def speak(came: Any) -> Any:
        said, before = said_in(came), came.last_text.partition("<utterance>")[0]
        if said != told[0]:
            assert told[0] in before
            if told[1] not in before and isinstance(found := three(came), Status):
                return found
        code, act = codes.get(said, (STRONGER, "question"))
        return reply(code, act)

    with ScriptedModel(speak) as server:
        command = [
            "translate",
            "tugofwar",
            told[0],
            *asked,
            told[1],
            asked[0],
            "--model",
            "scripted",
            "--no-grammar",
            "--no-facts",
        ]
        found = CliRunner().invoke(main, [*command, "--base-url", server.base_url, "--samples", "1", "--no-memory"])
        assert found.exit_code == 0, found.output
        assert three.most == 3
        places = [found.output.index(f"“{said}”") for said in (told[0], *asked, told[1])]
        assert places == sorted(places) and found.output.count(f"“{asked[0]}”") == 2


def test_tasks_end_where_what_they_wait_for_is_interrupted() -> None:
    ended: list[str] = []

    def wait(name: str) -> str:
        try:
            return text_of(talker.complete([request(entry("http://127.0.0.1:1/v1"), name)])[0])
        finally:
            ended.append(name)

    def interrupt(requests: Any) -> Any:
        raise KeyboardInterrupt

    with client_of() as talker:
        talker._ask_all = interrupt  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            together([lambda: wait("a"), lambda: wait("b")])
    assert sorted(ended) == ["a", "b"]
    assert not [thread for thread in threading.enumerate() if thread.name == "plot-task"]
