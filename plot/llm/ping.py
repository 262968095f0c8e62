"""Does an endpoint answer? Which models it serves, and whether the one that is wanted says anything."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from plot.errors import PlotError
from plot.llm.calls import ModelError
from plot.llm.endpoint import connect
from plot.llm.entries import Entry
from plot.llm.failures import Busy, failure_of
from plot.llm.thread import LoopThread

MOST_SAID = 80
MOST_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Pinged:
    """What a ping came to: the models that are served (where the endpoint lists them), and a word or an error."""

    seconds: float
    serves: tuple[str, ...] = ()
    said: str = ""
    error: PlotError | None = None


def ping(entry: Entry) -> Pinged:
    """Ask an endpoint for its models and the entry's model for a word. One cheap call; nothing is kept."""
    thread = LoopThread()
    started = time.monotonic()
    try:
        serves, said = thread.run(_ping(entry))
        return Pinged(time.monotonic() - started, serves, said)
    except PlotError as error:
        return Pinged(time.monotonic() - started, error=error)
    finally:
        thread.close()


async def _ping(entry: Entry) -> tuple[tuple[str, ...], str]:
    import openai

    async with connect(entry) as client:
        try:
            async with asyncio.timeout(entry.timeout):
                serves = await _served(client)
                reply = await client.chat.completions.create(
                    model=entry.model, messages=[{"role": "user", "content": "Say yes."}], max_tokens=MOST_TOKENS
                )
        except (openai.OpenAIError, TimeoutError, ValueError) as error:
            raise _told(error, entry) from None
    choices = getattr(reply, "choices", None)
    if not choices:
        raise ModelError(f"{entry.base_url} sent no reply in the form of the protocol")
    return serves, str(choices[0].message.content or "")[:MOST_SAID]


async def _served(client: Any) -> tuple[str, ...]:
    """Return the models that an endpoint lists; not all of them do."""
    import openai

    try:
        listed = await client.models.list()
        return tuple(str(model.id) for model in listed.data)
    except (openai.NotFoundError, openai.APIResponseValidationError, AttributeError, TypeError, ValueError):
        return ()


def _told(error: Exception, entry: Entry) -> PlotError:
    found, complaint = failure_of(error, entry)
    if complaint is not None and "max_completion_tokens" in complaint:
        return ModelError(f"'{entry.name}' answers, but not to max_tokens; translations find that out by themselves")
    return found.error if isinstance(found, Busy) else found


__all__ = ["Pinged", "ping"]
