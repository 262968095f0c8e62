"""The MCP server, asked by the SDK's client: in memory, over standard streams, and over HTTP."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ElicitResult, TextContent

from plot.errors import PlotError
from plot.inference import Goal
from plot.ways.mcp_http import http_server, listening_at
from plot.ways.mcp_server import make_server
from plot.ways.mcp_talks import MOST_LETTERS, BusyError, StoppedError, Talk, TalkLimits, Talks
from tests.answers.test_question_readings import PLAIN, SUPPOSED, WORLD, Says

COIN = "name: coin\ndescription: One flip.\nmodel: |\n  heads = flip(0.25)\n"
Play = Callable[[Client], Awaitable[None]]


def played(play: Play, talks: Talks | None = None, **more: Any) -> None:
    """Let a client of the SDK talk with a server in memory."""

    async def main() -> None:
        async with Client(make_server(talks or Talks()), **more) as client:
            await play(client)

    anyio.run(main)


async def called(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    """Return the structured content of a call, which is the same as its text."""
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult) and not result.is_error, result
    assert result.structured_content is not None
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: object) -> str:
    """Return what a call is refused with."""
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult) and result.is_error, result
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_conversation_by_tools(mode: str) -> None:
    async def play(client: Client) -> None:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert set(tools) == {"tell", "ask", "suppose", "why", "worlds", "check", "card", "graph", "run"}
        assert "reading" not in tools["ask"].input_schema["properties"]
        for name, tool in tools.items():
            assert tool.description and tool.output_schema and tool.annotations
            assert tool.annotations.read_only_hint is (name != "tell") and tool.annotations.open_world_hint is False
        assert "tugofwar" in {one["name"] for one in (await called(client, "worlds"))["worlds"]}
        told = await called(client, "tell", text="Tom beat John. Mary beat Tom.", world="tugofwar")
        assert [one["understood_as"][0]["meaning"] for one in told["sentences"]] == ["Tom beat John.", "Mary beat Tom."]
        here = {"conversation": told["conversation"]}
        answer = await called(client, "ask", question="Is Mary stronger than John?", **here)
        assert 0.7 < answer["probability"] < 1 and 0 < answer["error"] < 0.01 and answer["mean"] is None
        lazy = await called(client, "suppose", supposition="Mary is lazy.", question="How strong is Mary?", **here)
        plain = await called(client, "ask", question="How strong is Mary?", **here)
        assert lazy["mean"] > plain["mean"] and plain["interval_90"][0] < plain["mean"] < plain["interval_90"][1]
        reasons = await called(client, "why", question="Why did Tom beat John?", **here)
        assert reasons["reasons"][0]["contrast"] > 0
        found = await called(client, "graph", **here)
        (ran,) = (await called(client, "run", program="p = uniform(0, 1)\nobserve(binomial(10, p), 7)\nquery(p)"))[
            "answers"
        ]
        assert ran["mean"] == pytest.approx(8 / 12, abs=5 * ran["error"])
        assert any(name.startswith("won_against") for name in found["observed"]) and found["dot"].startswith("digraph")

    played(play, mode=mode)


def test_errors_are_results_that_say_what_to_try() -> None:
    async def play(client: Client) -> None:
        told = await called(client, "tell", text="Tom beat John.", world="tugofwar")
        here = {"conversation": told["conversation"]}
        assert "hint" in await refused(client, "ask", question="Blorp the wug?", **here)
        assert "is not a question" in await refused(client, "ask", question="Tom beat Mary.", **here)
        assert "is a question" in await refused(client, "tell", text="Who is stronger?", **here)
        assert "why" in await refused(client, "why", question="Who is stronger, Tom or John?", **here)
        assert "which world" in await refused(client, "ask", question="Who is stronger?")
        assert "no conversation" in await refused(client, "ask", question="Who?", conversation="guess")
        assert "is about 'tugofwar'" in await refused(client, "ask", question="Who?", world="clinic", **here)
        assert "did you mean 'tugofwar'?" in await refused(client, "card", world="tugowar")
        assert "letters" in await refused(client, "tell", text="x" * (MOST_LETTERS + 1), **here)
        assert "either" in await refused(client, "check")
        assert "line 3" in await refused(client, "check", text="name: coin\nmodel: |\n  heads = flp(0.25)\n")
        assert "tell" in await refused(client, "tell", world="tugofwar")
        assert "line 1" in await refused(client, "run", program="import os\nquery(os)")
        assert "query" in await refused(client, "run", program="x = flip(0.5)")
        unchanged = await called(client, "ask", question="Who is stronger, Tom or John?", **here)
        assert set(unchanged["distribution"]) == {"tom", "john"}

    played(play)


def test_worlds_of_a_folder_and_nothing_outside_of_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "coin.yaml").write_text(COIN)
    (tmp_path / "secret.yaml").write_text(COIN)
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "notes.txt").write_text("secret")

    async def play(client: Client) -> None:
        assert (await called(client, "worlds"))["worlds"][0] == {"name": "coin", "description": "One flip."}
        assert (await called(client, "check", world="coin"))["ok"]
        assert (await called(client, "check", text=COIN))["ok"]
        outside = (
            "../secret",
            "../secret.yaml",
            str(tmp_path / "secret.yaml"),
            "link",
            "notes.txt",
            "",
            ".",
            "a\0b",
            "~",
            "x" * 5_000,
        )
        for name in outside:
            text = await refused(client, "card", world=name)
            assert "there is no world" in text and str(tmp_path) not in text.replace(name or "?", "")
        (found,) = (await client.read_resource("plot://worlds/coin")).contents
        assert found.text == COIN  # type: ignore[union-attr]
        for name in ("..%2Fsecret", "link", "nothing"):
            with pytest.raises(Exception, match=r"plot://|no world"):
                await client.read_resource(f"plot://worlds/{name}")
        assert (await client.get_prompt("reason", {"world": "coin", "question": "Q?"})).messages

    played(play, Talks(root))


class SaysTwo(Talks):
    """Conversations in which every question has two readings."""

    def talk(self, name: str | None, world: str | None, *, facts: bool = True) -> Talk:
        if "t" not in self._talks:
            readings = {SUPPOSED: 0.6, PLAIN: 0.4}
            self._talks["t"] = Talk("t", "garden", WORLD.conversation(translators=(Says("question", readings),)))
        return self._talks["t"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(("action", "probability"), [("accept", 0.27), ("decline", 0.9), ("none", 0.9)])
def test_the_user_is_asked_which_reading_is_meant(mode: str, action: str, probability: float) -> None:
    heard: list[str] = []

    async def elicited(_: object, params: Any) -> ElicitResult:
        heard.append(params.message)
        return ElicitResult(action=action, content={"reading": 2} if action == "accept" else None)  # type: ignore[arg-type]

    async def play(client: Client) -> None:
        answer = await called(client, "ask", question="Is it wet?", conversation="t")
        assert answer["probability"] == pytest.approx(probability)
        assert [one["probability"] for one in answer["alternatives"]] == pytest.approx(
            [0.6 if action == "accept" else 0.4]
        )

    played(play, SaysTwo(), mode=mode, elicitation_callback=elicited if action != "none" else None)
    assert len(heard) == (action != "none") and all("1. " in text and "2. " in text for text in heard)


def test_conversations_are_apart_and_the_oldest_is_forgotten() -> None:
    async def play(client: Client) -> None:
        names: list[str] = []

        async def hold(winner: str, loser: str) -> None:
            told = await called(client, "tell", text=f"{winner} beat {loser}.", world="tugofwar")
            names.append(told["conversation"])
            question = "Is Tom stronger than John?"
            answer = await called(client, "ask", question=question, conversation=told["conversation"])
            assert (answer["probability"] > 0.5) is (winner == "Tom")

        async with anyio.create_task_group() as group:
            group.start_soon(hold, "Tom", "John")
            group.start_soon(hold, "John", "Tom")
        first, last = ({"conversation": name} for name in names)
        await called(client, "graph", **last)
        await called(client, "tell", text="Ann has a fever.", world="clinic")
        assert "no conversation" in await refused(client, "tell", text="Tom beat Ann.", **first)
        await called(client, "tell", text="Tom beat Ann.", **last)
        assert "2 statements" in await refused(client, "tell", text="Tom beat Ann.", **last)

    played(play, Talks(limits=TalkLimits(conversations=2, statements=2)))


def test_calls_are_bounded_and_end_when_nobody_waits() -> None:
    talks = Talks(limits=TalkLimits(at_once=1, waiting=1, statements=1))
    talk = talks.talk(None, "tugofwar", facts=False)
    begun, go, stopped = Event(), Event(), Event()

    def long() -> None:
        begun.set()
        go.wait(60)

    first = Thread(target=lambda: talks.work(talk, Event(), long))
    first.start()
    assert begun.wait(60)
    outcomes: list[str] = []

    def second() -> None:
        try:
            talks.work(talk, stopped, lambda: outcomes.append("done"))
        except StoppedError:
            outcomes.append("stopped")

    waiting = Thread(target=second)
    waiting.start()
    while talks._places.acquire(blocking=False):  # until the second waits
        talks._places.release()
        time.sleep(0.001)
    with pytest.raises(BusyError):
        talks.work(None, Event(), lambda: None)
    stopped.set()
    waiting.join(60)
    go.set()
    first.join(60)
    assert outcomes == ["stopped"]
    talks.tell(talk, "Tom beat John.")
    with pytest.raises(PlotError, match="1 statements"):
        talks.tell(talk, "Tom beat John.")


def test_an_inference_ends_when_its_call_is_cancelled() -> None:
    talks, stopped = Talks(), Event()
    talk = talks.talk(None, "tugofwar", facts=False)
    talks.tell(talk, "Tom beat John. Mary beat Tom. Sue beat Mary.")
    talk.conversation.goal = Goal(precision=1e-9, seconds=1e6)

    def heard_first() -> object:
        Thread(target=stopped.set).start()
        return talk.conversation.ask("How strong is Tom?")

    with pytest.raises(StoppedError):
        talks.work(talk, stopped, heard_first)


def test_http_is_for_this_machine_and_who_has_the_token() -> None:
    hello: Mapping[str, object] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    good = {"Authorization": "Bearer t0ken", "Accept": "application/json, text/event-stream"}
    cases = [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "t0ken"}, 401),
        ({**good, "Host": "evil.example"}, 421),
        ({**good, "Origin": "http://evil.example"}, 403),
        ({**good, "Origin": "null"}, 403),
    ]

    listener = listening_at(0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    served = http_server(make_server(Talks()), listener, "t0ken")
    thread = Thread(target=served.run, kwargs={"sockets": [listener]})
    thread.start()

    async def main() -> None:
        async with httpx2.AsyncClient() as client:
            for headers, status in cases:
                assert (await client.post(f"{address}/mcp", json=hello, headers=headers)).status_code == status
        async with (
            httpx2.AsyncClient(headers={"Authorization": "Bearer t0ken"}) as known,
            Client(streamable_http_client(f"{address}/mcp", http_client=known)) as client,
        ):
            assert (await called(client, "check", text=COIN))["ok"]

    try:
        anyio.run(main)
        with pytest.raises(PlotError, match="can't be served at"):
            listening_at(listener.getsockname()[1])
    finally:
        served.should_exit = True
        thread.join(60)


def test_over_standard_streams(tmp_path: Path) -> None:
    """Nothing but the protocol is on the standard output, whatever is asked."""

    async def main() -> None:
        command = StdioServerParameters(command=sys.executable, args=["-m", "plot", "mcp", "--root", str(tmp_path)])
        async with Client(command) as client:
            told = await called(client, "tell", text="Ann has a fever.", world="clinic")
            answer = await called(client, "ask", question="Does Ann have the flu?", conversation=told["conversation"])
            assert answer["probability"] == pytest.approx(0.635, abs=0.001)

    anyio.run(main)
