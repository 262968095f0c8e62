"""Pings of endpoints: the models that they serve, and whether the configured one replies."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from plot.errors import PlotError
from plot.llm.calls import ModelError
from plot.llm.endpoint import LIMITS, choice_of, connect
from plot.llm.entries import Entry
from plot.llm.failures import TransientFailure, failure_of
from plot.llm.thread import LoopThread
from plot.text import clean

MOST_SAID = 80
MOST_TOKENS = 16
MOST_THOUGHT = 256  # tokens of a model that thinks before it speaks


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
    import openai

    async with connect(entry) as client:
        try:
            async with asyncio.timeout(entry.timeout):
                serves = await _served(client)
                reply = await _word(client, entry)
        except (openai.OpenAIError, TimeoutError, ValueError, RecursionError) as error:
            raise _told(error, entry) from None
    message = getattr(choice_of(reply), "message", None)
    if message is None or isinstance(message, str):
        raise ModelError(f"{entry.base_url} sent a reply that does not follow the protocol")
    return serves, entry.without_key(clean(str(getattr(message, "content", None) or "")))[:MOST_SAID]


async def _word(client: Any, entry: Entry) -> Any:
    """Return the reply of a model to a word; some take no limit under its old name."""
    import openai

    asked = {"model": entry.model, "messages": [{"role": "user", "content": "Say yes."}]}
    try:
        return await client.chat.completions.create(**asked, max_tokens=MOST_TOKENS)
    except openai.BadRequestError as error:
        if LIMITS[1] not in str(error):
            raise
        return await client.chat.completions.create(**asked, **{LIMITS[1]: MOST_THOUGHT})


async def _served(client: Any) -> tuple[str, ...]:
    """Return the models that an endpoint lists; not all of them do."""
    import openai

    try:
        listed = await client.models.list()
        return tuple(str(model.id) for model in listed.data)
    except (openai.NotFoundError, openai.APIResponseValidationError, AttributeError, TypeError, ValueError):
        return ()


def _told(error: Exception, entry: Entry) -> PlotError:
    found, _ = failure_of(error, entry)
    return found.error if isinstance(found, TransientFailure) else found


__all__ = ["PingResult", "ping"]
