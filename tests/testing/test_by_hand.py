"""Replies by hand: requests become files, files become replies, and what was answered stays answered."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from plot.errors import PlotError
from plot.llm import Client, Entry
from plot.llm import Request as LlmRequest
from plot.llm.calls import Message
from plot.testing import ByHand, ReplyEvent, waiting_in
from plot.testing.folder import Folder, ReplyWatch
from tests.support.clock import SOON
from tests.testing.clients import ask, chat_body, complete, send

SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
POLL = 0.01


def until(found: Callable[[], Any], seconds: float = SOON) -> Any:
    """Wait for something that is true, and return it."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(POLL / 2)
    return value


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Person:
    """Replies to each request of a folder, in a thread, until told to stop."""

    def __init__(self, folder: Path, reply: Callable[[str], str], ending: str = ".txt") -> None:
        self.folder, self.reply, self.ending = folder, reply, ending
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self) -> None:
        while not self.stopped.wait(POLL / 2):
            for waiting in waiting_in(self.folder):
                text = self.reply(waiting.page.read_text(encoding="utf-8"))
                part = self.folder / f"{waiting.name}.part"
                part.write_text(text, encoding="utf-8")
                part.rename(waiting.reply.with_suffix(self.ending))

    def __enter__(self) -> Person:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()


def test_a_request_is_written_and_its_reply_sent(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with ByHand(folder, poll=POLL) as server, Person(folder, lambda page: "query(1)\n"):
        got = ask(server, "Who is\nstrong?", temperature=0.5)
    assert got.content == "query(1)"
    assert (got.body["id"], got.body["model"]) == ("chatcmpl-000001", "scripted")
    names = files(folder)
    assert [name[:5] + name[17:] for name in names] == ["0001-.reply.txt", "0001-.request.json", "0001-.request.md"]
    assert (folder / names[1]).read_bytes() == server.requests[0].raw


def test_samples_may_have_replies_of_their_own(tmp_path: Path) -> None:
    sample = [LlmRequest(Entry(name="me", model="me"), (), {}, number) for number in range(4)]
    with ByHand(tmp_path, poll=POLL) as server, Client(store=tmp_path / "store", cache=False) as client:
        entry = Entry(name="me", model="me", base_url=server.base_url, samples=4, timeout=SOON)
        asked = [replace(one, entry=entry, messages=(Message("user", "Who?"),)) for one in sample]

        def write() -> None:
            (waiting,) = until(lambda: waiting_in(tmp_path))
            for number, text in ((2, "second"), (4, "fourth"), (1, "any other")):
                name = waiting.reply.name.replace("reply", f"reply-{number}" if number > 1 else "reply")
                waiting.reply.with_name(name).write_text(text, encoding="utf-8")

        writer = threading.Thread(target=write)
        writer.start()
        first = [getattr(found, "text", found) for found in client.complete(asked)]
        writer.join()
        assert first == ["any other", "second", "any other", "fourth"]
        assert [getattr(found, "text", found) for found in client.complete(asked)] == first, "and again, from there"
        assert waiting_in(tmp_path) == []


def test_a_request_is_a_page_to_read(tmp_path: Path) -> None:
    messages = [{"role": "system", "content": "Write code."}, {"role": "user", "content": "Who is größer?\ud800"}]
    with ByHand(tmp_path, timeout=POLL) as server:
        ask(server, messages=messages, temperature=0, response_format=SCHEMA)
    (waiting,) = waiting_in(tmp_path)
    page = waiting.page.read_text(encoding="utf-8")
    assert page.startswith(f"# {waiting.name}\n")
    assert f"`{waiting.reply.name}`" in page
    assert '- model: "scripted"\n- temperature: 0\n' in page
    assert "## system\n\nWrite code.\n\n## user\n\nWho is größer??\n" in page
    assert page.endswith('```json\n{\n  "name": "answer",\n  "schema": {\n    "type": "object"\n  }\n}\n```\n')
    assert waiting.title == "Who is größer?\ud800"


def test_what_was_answered_is_answered_at_once(tmp_path: Path) -> None:
    told: list[ReplyEvent] = []
    with ByHand(tmp_path, poll=POLL, tell=told.append) as server, Person(tmp_path, lambda page: page[2:6]):
        first, second, again = (ask(server, text) for text in ("one", "two", "one"))
    assert [got.content for got in (first, second, again)] == ["0001", "0002", "0001"]
    assert first.body == again.body
    assert [event.what for event in told] == ["waits", "answered", "waits", "answered", "known"]
    before = files(tmp_path)
    with ByHand(tmp_path, timeout=POLL) as server:
        turned = dict(reversed(chat_body("two").items()))
        known = send(server, "POST", "/v1/chat/completions", json.dumps(turned, indent=1).encode())
        assert known.body == second.body, "the order of keys does not matter"
        assert files(tmp_path) == before
        assert ask(server, "two", temperature=0).status == 504, "parameters do"
    assert waiting_in(tmp_path)[0].name.startswith("0003-")


def test_replies_are_enough_to_play_them_again(tmp_path: Path) -> None:
    with ByHand(tmp_path, poll=POLL) as server, Person(tmp_path, lambda page: "one"):
        ask(server)
    for path in tmp_path.glob("*.request.*"):
        path.unlink()
    with ByHand(tmp_path, timeout=POLL) as server:
        assert ask(server).content == "one"
        assert ask(server, "two").status == 504
    assert [name[:4] for name in files(tmp_path)] == ["0001", "0002", "0002"]


def test_numbers_go_on_after_9999(tmp_path: Path) -> None:
    (tmp_path / "9999-0123456789ab.request.json").write_text("{}")
    (tmp_path / "99999.request.json").write_text("{}")
    with ByHand(tmp_path, timeout=POLL) as server:
        ask(server)
    assert [waiting.name[:6] for waiting in waiting_in(tmp_path)] == ["9999-0", "10000-"]


def test_no_reply_in_time(tmp_path: Path) -> None:
    told: list[ReplyEvent] = []
    with ByHand(tmp_path, timeout=0.05, poll=POLL, tell=told.append) as server:
        started = time.monotonic()
        got = ask(server)
        assert 0.05 <= time.monotonic() - started < SOON
        (waiting,) = waiting_in(tmp_path)
        assert (got.status, got.body["error"]["code"]) == (504, "unanswered")
        assert got.body["error"]["message"] == f"no reply within 0.05 s: put it in {waiting.reply} and ask again"
        with pytest.raises(openai.InternalServerError, match="no reply within"):
            complete(server, retries=5)
        assert len(server.requests) == 2, "the client is told not to try again by itself"
        waiting.reply.write_text("late")
        assert ask(server).content == "late"
    assert [event.what for event in told] == ["waits", "unanswered", "waits", "unanswered", "known"]
    assert len(list(tmp_path.glob("*.request.json"))) == 1


def test_a_reply_is_taken_when_it_is_whole(tmp_path: Path) -> None:
    watch = ReplyWatch(Folder(tmp_path), "0001-0123456789ab")
    path = tmp_path / "0001-0123456789ab.reply.txt"
    assert watch.look() is None
    for text in ("", "", " \n", " \n", "long", "longer", "long"):
        path.write_text(text)
        assert watch.look() is None
    path.write_bytes(b"\n longest \r\n")
    assert watch.look() is None
    assert watch.look() == "\n longest "
    os.utime(path, (0, 0))
    assert ReplyWatch(Folder(tmp_path), "0001-0123456789ab").look() == "\n longest ", "old files are taken at once"


def test_replies_that_cannot_be_taken(tmp_path: Path) -> None:
    told: list[ReplyEvent] = []
    with ByHand(tmp_path, poll=POLL, tell=told.append) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, server)
        (waiting,) = until(lambda: server.waiting)
        waiting.reply.write_bytes(b"\xff\xfe\xff")
        until(lambda: told[-1].text == f"{waiting.reply.name} is not UTF-8 text")
        waiting.reply.unlink()
        as_json = waiting.reply.with_suffix(".json")
        as_json.write_text('{"code": ')
        until(lambda: told[-1].text.startswith(f"{as_json.name} is not JSON: "))
        as_json.write_text('\ufeff{"code": "né"}\n', encoding="utf-8")
        assert asked.result(timeout=SOON).content == '{"code": "né"}'
    assert [event.what for event in told] == ["waits", "unreadable", "unreadable", "answered"]


def test_what_waits_is_told(tmp_path: Path) -> None:
    with ByHand(tmp_path, poll=POLL) as server, ThreadPoolExecutor(3) as pool:
        assert send(server, "GET", "/waiting").body == []
        asked = [pool.submit(ask, server, text) for text in ("a" * 200, "two\nlines", "two\nlines")]
        until(lambda: len(server.requests) == 4 and len(server.waiting) == 2)
        found = send(server, "GET", "/waiting").body
        assert {one["title"] for one in found} == {"a" * 79 + "…", "two lines"}
        assert found == [waiting.as_json() for waiting in waiting_in(tmp_path)]
        for one in found:
            Path(one["reply"]).write_text(one["name"])
        assert {got.result(timeout=SOON).content for got in asked} == {one["name"] for one in found}
        assert send(server, "GET", "/waiting").body == []
    assert waiting_in(tmp_path) == []


def test_many_at_once_have_numbers_of_their_own(tmp_path: Path) -> None:
    texts = [f"question {number % 12}" for number in range(24)]

    def reply(page: str) -> str:
        return page.rpartition("## user\n\n")[2].strip().upper()

    with ByHand(tmp_path, poll=POLL) as server, Person(tmp_path, reply), ThreadPoolExecutor(24) as pool:
        found = list(pool.map(lambda text: ask(server, text).content, texts))
    assert found == [text.upper() for text in texts]
    assert [int(path.name[:4]) for path in sorted(tmp_path.glob("*.request.md"))] == list(range(1, 13))
    assert not [name for name in files(tmp_path) if name.endswith(".part")]


def test_openai_is_answered(tmp_path: Path) -> None:
    with ByHand(tmp_path, poll=POLL) as server, Person(tmp_path, lambda page: '{"code": "x"}', ".json"):
        assert complete(server, response_format=SCHEMA).choices[0].message.content == '{"code": "x"}'


def test_one_model_or_any(tmp_path: Path) -> None:
    with ByHand(tmp_path, timeout=POLL) as server:
        assert ask(server, model="anything").status == 504
        assert send(server, "GET", "/v1/models/anything").status == 200
    with ByHand(tmp_path, timeout=POLL, model="me") as server:
        assert ask(server, model="anything").status == 404
        assert [model["id"] for model in send(server, "GET", "/v1/models").body["data"]] == ["me"]


def test_closing_ends_what_waits(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool, ByHand(tmp_path) as server:
        asked = pool.submit(ask, server)
        until(lambda: server.waiting)
        started = time.monotonic()
        server.close()
        assert time.monotonic() - started < SOON
        assert isinstance(asked.exception(timeout=SOON), ConnectionError)


def test_folders_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (file, file / "below"):
        with pytest.raises(PlotError, match="is a file, or is inside one"):
            ByHand(path)
    with pytest.raises(PlotError, match="can't be made"):
        ByHand("a\0b")
    for path in (file, tmp_path / "nowhere"):
        with pytest.raises(PlotError, match="is not a folder"):
            waiting_in(path)


def test_a_folder_that_went_away(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with ByHand(folder) as server:
        os.rmdir(folder)  # noqa: PTH106
        got = ask(server)
    assert got.status == 500
    assert "No such file" in got.body["error"]["message"]
