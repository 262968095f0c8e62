"""What a command may spend, and how fast: calls, tokens and money are never passed; requests keep their pace."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plot.llm import Completion, Limits, Usage
from plot.llm.endpoint import RateLimiter
from plot.llm.limits import Meter
from plot.testing import ScriptedModel, Stall, Status
from tests.llm.helpers import Raw, client, entry, error_of, request
from tests.support.clock import AGES, SOON

pytestmark = pytest.mark.usefixtures("own_folders")
PRICE = {"input": 1_000_000.0, "output": 1_000_000.0}  # one for each token


def refused(found: list[object]) -> list[str]:
    return [error_of(one).render() for one in found if not isinstance(one, Completion)]  # type: ignore[arg-type]


def test_calls_in_parallel() -> None:
    with ScriptedModel(["Yes."], repeat_last=True) as server, client(limits=Limits(calls=3)) as talker:
        found = talker.complete([request(entry(server, parallel=8), sample=number) for number in range(8)])
        assert len(server.requests) == 3 == talker.usage.attempts
        assert len(refused(found)) == 5 and all("--max-calls" in said for said in refused(found))


@pytest.mark.usefixtures("quick")
def test_attempts_are_calls() -> None:
    with ScriptedModel([Status(500)], repeat_last=True) as server, client(limits=Limits(calls=2)) as talker:
        found = talker.complete([request(entry(server, retries=9))])
        assert len(server.requests) == 2
        assert "--max-calls" in refused(found)[0]


def test_none_at_all() -> None:
    with ScriptedModel(["Never said."]) as server, client(limits=Limits(calls=0)) as talker:
        assert "--max-calls" in refused(talker.complete([request(entry(server))]))[0]
        assert server.requests == ()


@pytest.mark.parametrize(("limits", "option"), [(Limits(tokens=100), "--max-tokens"), (Limits(cost=100), "--max-cost")])
def test_tokens_and_money_in_parallel(limits: Limits, option: str) -> None:
    with ScriptedModel(["x" * 64], repeat_last=True) as server, client(limits=limits) as talker:
        asked = entry(server, parallel=8, max_tokens=16, price=PRICE)
        found = talker.complete([request(asked, "y" * 40, sample) for sample in range(8)])
        assert len(server.requests) == 3, "each may take 26"
        assert talker.usage.tokens == 78 and talker.usage.cost == pytest.approx(78)
        assert len(refused(found)) == 5 and all(option in said for said in refused(found))


def test_what_was_not_spent_is_there_for_the_next() -> None:
    with ScriptedModel(["x"], repeat_last=True) as server, client(limits=Limits(tokens=100)) as talker:
        for sample in range(7):  # 11 tokens each, where 90 might have been
            assert not refused(talker.complete([request(entry(server, max_tokens=16), "y" * 40, sample)]))
        assert talker.usage.tokens == 77
        assert refused(talker.complete([request(entry(server, max_tokens=16), "y" * 40, 7)]))


def test_a_limit_of_cost_needs_prices() -> None:
    meter = Meter(Limits(cost=5))
    meter.admit(request(entry("http://localhost:1/v1")))
    with pytest.raises(Exception, match="has no price") as caught:
        meter.admit(request(entry("https://models.example/v1")))
    assert "--max-cost" in caught.value.render()  # type: ignore[attr-defined]
    meter.admit(request(entry("https://models.example/v1", price={"input": 0, "output": 0})))


def test_tokens_are_estimated_where_the_server_does_not_count() -> None:
    def silent(came: object) -> object:
        return Raw({"choices": [{"message": {"content": "x" * 400}, "finish_reason": "stop"}]})

    with ScriptedModel(silent) as server, client() as talker:  # type: ignore[arg-type]
        talker.complete([request(entry(server), "y" * 40)])
        assert (talker.usage.prompt_tokens, talker.usage.completion_tokens) == (10, 100)


def test_usage_adds_up_and_is_told() -> None:
    one = Usage(calls=1, attempts=2, prompt_tokens=3, completion_tokens=4, cost=0.5, seconds=1)
    assert one + one - one == one and (one + one).tokens == 14
    assert str(one) == "1 call of a model (7 tokens, 0.5000 spent)"
    assert str(Usage(cached=2, remembered=1)) == "2 replies from the cache, 1 reply from memory"
    assert str(Usage()) == ""


# -- pace ----------------------------------------------------------------------------------------------------


class Asleep:
    """Stands for the modules `time` and `asyncio`: who sleeps moves the clock on, and nobody waits."""

    Lock = asyncio.Lock

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("rpm", "begun"),
    [(2, [0, 0, 60, 60, 120, 120]), (1, [0, 60, 120]), (0.5, [0, 120]), (2.9, [0, 0, 60]), (None, [0] * 100)],
)
def test_no_minute_has_more_than_allowed(rpm: float, begun: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Asleep()
    monkeypatch.setattr("plot.llm.endpoint.time", clock)
    monkeypatch.setattr("plot.llm.endpoint.asyncio", clock)

    async def turns() -> list[float]:
        pace = RateLimiter(rpm)

        async def turn() -> float:
            await pace.turn()
            return clock.now

        return await asyncio.gather(*(turn() for _ in begun))

    assert asyncio.run(turns()) == begun


def test_requests_keep_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plot.llm.endpoint.MINUTE", 0.4)
    with ScriptedModel(["Yes."], repeat_last=True) as server, client() as talker:
        started = time.monotonic()
        talker.complete([request(entry(server, rpm=1, parallel=8), sample=sample) for sample in range(3)])
    assert server.requests[-1].time - started >= 2 * 0.4


# -- Ctrl-C --------------------------------------------------------------------------------------------------


def _interruptible() -> None:
    """Hear SIGINT, which a shell lets its background jobs ignore, and all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    "command", [["translate", "tugofwar", "--no-facts", "Mary crushed Tom."], ["models", "--ping"]]
)
def test_ctrl_c_ends_a_command_that_waits(command: list[str], own_folders: Path) -> None:
    with ScriptedModel([Stall(AGES)], repeat_last=True) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "plot", *command, "--model", "scripted", "--base-url", server.base_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ),
            preexec_fn=_interruptible,
        )
        end = time.monotonic() + AGES
        while not any(came.method == "POST" for came in server.requests) and time.monotonic() < end:
            time.sleep(0.02)
        assert server.requests, "it asked"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=SOON)
    assert process.returncode == 130
    assert b"Traceback" not in said
