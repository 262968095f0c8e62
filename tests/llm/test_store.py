"""What is kept between commands: replies, a log, meanings; files that are damaged, shared or refused."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plot.errors import PlotError
from plot.llm import Completion
from plot.llm.store import Store
from plot.testing import LengthCut, ScriptedModel, Status
from tests.llm.helpers import client, entry, error_of, one, request, text_of
from tests.support.clock import SOON

pytestmark = pytest.mark.usefixtures("own_folders")
REPLY = Completion("Yes.", 3, 1, 0.5)


def counting(came: object) -> str:
    return f"reply {came.number}"  # type: ignore[attr-defined]


def test_what_was_asked_is_not_asked_again() -> None:
    with ScriptedModel(counting) as server:
        asked = entry(server)
        assert text_of(one(asked, cache=True)) == "reply 1"
    assert text_of(one(asked, cache=True)) == "reply 1", "the server is closed"
    with client(cache=True) as talker:
        (found,) = talker.complete([request(asked)])
        assert isinstance(found, Completion) and found.source == "cached"
        assert (talker.usage.cached, talker.usage.calls, talker.usage.cost) == (1, 0, 0)


def test_what_tells_requests_apart() -> None:
    with ScriptedModel(counting, models=["other"]) as server:
        first = entry(server)
        asked = [
            request(first),
            request(first, sample=1),
            request(first, "And now?"),
            *(
                request(entry(server, **more))
                for more in ({"temperature": 0.1}, {"model": "other"}, {"max_tokens": 99})
            ),
            replace(request(first), schema={"type": "array"}),
        ]
        with client(cache=True) as talker:
            found = [text_of(one) for one in talker.complete(asked)]
            assert len(set(found)) == len(asked) == len(server.requests)
            alike = [request(entry(server, **more)) for more in ({"timeout": 3}, {"name": "b"}, {"api_key_env": "KEY"})]
            assert [text_of(one) for one in talker.complete(alike)] == [found[0]] * 3
            assert len(server.requests) == len(asked)


def test_without_cache_and_anew() -> None:
    with ScriptedModel(counting) as server:
        asked = entry(server)
        assert text_of(one(asked, cache=False)) == "reply 1"
        assert text_of(one(asked, cache=True)) == "reply 2", "nothing was kept"
        assert text_of(one(asked, cache=False)) == "reply 3", "nor looked up"
        assert text_of(one(asked, cache=True, refresh=True)) == "reply 4"
        assert text_of(one(asked, cache=True)) == "reply 4", "what was asked anew is kept"


def test_errors_are_not_kept() -> None:
    with ScriptedModel([Status(403), "Yes."]) as server:
        error_of(one(entry(server), cache=True))
        assert text_of(one(entry(server), cache=True)) == "Yes."


def test_the_log() -> None:
    with ScriptedModel(["Yes.", Status(400, message="Too odd.")]) as server:
        priced = entry(server, price={"input": 1_000_000, "output": 2_000_000})
        one(priced, cache=True)
        one(priced, "Odd?", cache=True)
        one(priced, cache=True)
    store = Store()
    cached, failed, called = store.calls()
    assert [call.source for call in (cached, called)] == ["cached", "called"]
    assert (called.prompt_tokens, called.completion_tokens, called.cost) == (2, 1, 4)
    assert called.messages == "[user]\nHello?" and called.reply == "Yes." and not called.failure
    assert (failed.purpose, failed.translator, failed.world) == ("Odd?", "parrot", "nowhere")
    assert "Too odd." in failed.failure and not failed.reply
    assert (cached.cost, cached.seconds) == (0, 0)
    assert store.call(called.id) == called and len(store.calls(2)) == 2
    assert store.call(99) is None and store.call(-1) is None and store.call(10**30) is None
    assert len(store.calls(10**30)) == len(server.requests) + 1
    store.forget()
    assert store.calls() == [] and store.reply(called.key) is None
    store.close()


@pytest.mark.usefixtures("quick")
def test_every_attempt_has_a_row_in_the_order_in_which_was_asked() -> None:
    later = threading.Event()

    def speak(came: Any) -> Any:
        if came.last_text == "first" and not later.wait(SOON):
            return "The others did not come."
        if came.last_text == "cut" and came.body["max_tokens"] == 500:
            return LengthCut("A beginn")
        if came.last_text == "busy" and sum(one.last_text == "busy" for one in server.requests) == 1:
            return Status(429)
        if came.last_text == "last":
            later.set()
        return f"{came.last_text}!"

    texts = ("first", "cut", "busy", "last")
    with ScriptedModel(speak) as server, client() as talker:
        asked = entry(server, max_tokens=500, price={"input": 0, "output": 1})
        found = talker.complete([request(asked, text) for text in texts])
        rows = talker.store.calls()[::-1]
        assert [text_of(one) for one in found] == [f"{text}!" for text in texts]
        assert [row.purpose for row in rows] == ["first", "cut", "cut", "busy", "busy", "last"]
        assert [bool(row.failure) for row in rows] == [False, True, False, True, False, False]
        assert "cut off" in rows[1].failure and rows[1].reply == "A beginn"
        assert len(rows) == talker.usage.attempts == len(server.requests)
        assert sum(row.cost for row in rows) == pytest.approx(talker.usage.cost)


def test_meanings() -> None:
    store = Store()
    store.keep_meaning("a", "{n1} won", {"code": "x"})
    store.keep_meaning("a", "{n1} lost", {"code": "y"})
    store.keep_meaning("b", "{n1} won", {"code": "z"})
    store.count_use("a", "{n1} won")
    store.keep_meaning("a", "{n1} won", {"code": "new"})
    found = store.meaning("a", "{n1} won")
    assert found is not None and (found.meaning, found.uses) == ({"code": "new"}, 1)
    assert {one.shape for one in store.meanings("a")} == {"{n1} won", "{n1} lost"}
    assert store.forget_meanings("a", "{n1} lost") == 1
    assert store.forget_meanings("c") == 0
    assert store.forget_meanings() == 2 and store.meanings() == []
    store.close()


# -- files that are no cache ---------------------------------------------------------------------------------


def made(path: Path) -> None:
    store = Store(path.parent)
    store.keep_reply("key", REPLY)
    store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        kept = [(f"other {number}", "x" * 100) for number in range(300)]
        connection.executemany("INSERT INTO replies VALUES (?, ?)", kept)


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(5_000))


def a_text(path: Path) -> None:
    path.write_text("this is no database\n" * 100)


def truncated(path: Path) -> None:
    made(path)
    path.write_bytes(path.read_bytes()[:6_000])


def overwritten(path: Path) -> None:
    made(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + os.urandom(len(whole) - 100))


def of_another_version(path: Path) -> None:
    made(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def without_tables(path: Path) -> None:
    made(path)
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE meanings")
    connection.close()


@pytest.mark.parametrize("spoil", [garbage, a_text, truncated, overwritten, of_another_version, without_tables])
def test_a_damaged_file_is_set_aside(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    store = Store(tmp_path)
    spoil(store.path)
    before = store.path.read_bytes()
    assert store.reply("key") is None or spoil is truncated
    store.keep_reply("key", REPLY)
    store.calls()
    store.close()
    again = Store(tmp_path)
    assert again.reply("key") == replace(REPLY, source="cached"), "the new file works"
    again.close()
    (aside,) = tmp_path.glob("*.damaged-*")
    assert spoil is truncated or aside.read_bytes() == before
    (warning,) = store.warnings
    assert aside.name in warning and not again.warnings


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.path.touch()
    store.keep_reply("key", REPLY)
    assert store.reply("key") is not None and not store.warnings
    store.close()


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.path.mkdir()
    store.keep_reply("key", REPLY)
    assert store.reply("key") is not None, "in memory, for this command"
    assert "caching is off" in store.warnings[0] and len(store.warnings) == 1
    store.close()


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "cache")
    store.keep_reply("key", REPLY)
    assert store.reply("key") is not None and "caching is off" in store.warnings[0]
    store.close()


def test_a_file_that_may_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, timeout: float, check_same_thread: bool) -> sqlite3.Connection:
        return really(f"file:{path}?mode=ro", uri=True, check_same_thread=check_same_thread)

    made(Store(tmp_path).path)
    store, really = Store(tmp_path), sqlite3.connect
    monkeypatch.setattr(
        "plot.llm.store.sqlite3.connect",
        lambda path, **more: refuse(path, **more) if path != ":memory:" else really(path, **more),
    )
    store.keep_reply("new", REPLY)
    assert store.reply("new") is not None or store.warnings
    store.close()


def test_a_damaged_file_that_can_not_be_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    store = Store(tmp_path)
    garbage(store.path)
    monkeypatch.setattr(Path, "rename", refuse)
    store.keep_reply("key", REPLY)
    assert store.reply("key") is not None
    assert "or set aside" in store.warnings[0]
    store.close()


def test_rows_that_are_damaged(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number, kept in enumerate(["", "{", "[]", "3", '{"text": "x"}', '{"text": "x", "prompt_tokens": "many"}']):
        store._do("INSERT INTO replies VALUES (?, ?)", (f"key {number}", kept))
        store._do("INSERT INTO abilities VALUES (?, ?)", (f"place {number}", kept))
        store._do("INSERT INTO meanings VALUES ('w', ?, ?, 0, 0)", (f"shape {number}", kept))
        assert store.reply(f"key {number}") is None
        assert isinstance(store.abilities(f"place {number}"), dict)
    assert all(isinstance(one.meaning, dict) for one in store.meanings())
    store.close()


WRITER = """
import sys
import threading
from plot.llm import Completion
from plot.llm.store import Store
store = Store()
for number in range(25):
    store.keep_reply(f"{sys.argv[1]} {number}", Completion("Yes."))
    assert store.reply(f"{sys.argv[1]} {number}") is not None
store.close()
assert not store.warnings, store.warnings
"""


def test_two_processes_at_once() -> None:
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, name], stderr=subprocess.PIPE) for name in ("a", "b")]
    for process in processes:
        _, said = process.communicate(timeout=SOON)
        assert process.returncode == 0, said.decode()
    store = Store()
    assert all(store.reply(f"{name} {number}") is not None for name in ("a", "b") for number in range(25))
    store.close()


def test_a_store_that_is_locked_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(Store(tmp_path).path)
    monkeypatch.setattr("plot.llm.store.PATIENCE", 0.1)
    other = sqlite3.connect(Store(tmp_path).path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = Store(tmp_path)
    store.keep_reply("new", REPLY)
    assert "locked" in store.warnings[0]
    other.execute("ROLLBACK")
    other.close()
    store.close()
    assert not list(tmp_path.glob("*.damaged-*")), "it is sound"


def test_errors_are_of_one_family() -> None:
    assert issubclass(type(error_of(one(entry("http://127.0.0.1:9/v1", retries=0)))), PlotError)
