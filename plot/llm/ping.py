"""Pings of endpoints: the models that they serve, and whether the configured one replies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plot.errors import PlotError
from plot.llm.calls import CutOffError, Message, Request
from plot.llm.endpoint import EndpointClient, connect, headers_of
from plot.llm.entries import Entry
from plot.llm.failures import TransientFailure, failure_of
from plot.llm.limits import Limits, Meter
from plot.llm.thread import LoopThread
from plot.text import clean

MOST_SAID = 80
MOST_TOKENS = 64


@dataclass(frozen=True, slots=True)
class PingResult:
    """The result of a ping: the served models (where listed), and a reply or an error."""

    seconds: float
    serves: tuple[str, ...] = ()
    said: str = ""
    error: PlotError | None = None


def ping(entry: Entry) -> PingResult:
    """Ask an endpoint for its models and the entry's model for a word. One cheap call; nothing is kept."""
    thread = LoopThread()
    started = time.monotonic()
    try:
        serves, said = thread.run(_ping(entry))
        return PingResult(time.monotonic() - started, serves, said)
    except PlotError as error:
        return PingResult(time.monotonic() - started, error=error)
    finally:
        thread.close()


async def _ping(entry: Entry) -> tuple[tuple[str, ...], str]:
    """Return the models that are listed, and the reply to a word: of few tokens; a failed attempt is not repeated."""
    import openai

    async with connect(entry) as client:
        try:
            async with asyncio.timeout(entry.timeout):
                serves = await _served(client.with_options(base_url=entry.root(bare=False)), headers_of(entry))
        except (openai.OpenAIError, TimeoutError, ValueError, RecursionError) as error:
            raise _told(error, entry) from None
    brief = entry.model_copy(update={"max_tokens": MOST_TOKENS, "retries": 0})
    endpoint = EndpointClient(brief, Meter(Limits()), None, lambda _: None)
    try:
        reply = await endpoint.ask(Request(brief, (Message("user", "Say yes."),), {}))
    except CutOffError:
        return serves, ""  # who talks without end answers
    finally:
        await endpoint.close()
    return serves, clean(reply.text)[:MOST_SAID]


async def _served(client: Any, headers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the models that an endpoint lists; not all of them do."""
    import openai

    try:
        listed = await client.models.list(extra_headers=headers)
        return tuple(str(model.id) for model in listed.data)
    except (openai.NotFoundError, openai.APIResponseValidationError, AttributeError, TypeError, ValueError):
        return ()


def _told(error: Exception, entry: Entry) -> PlotError:
    found, _ = failure_of(error, entry)
    return found.error if isinstance(found, TransientFailure) else found


__all__ = ["PingResult", "ping"]
