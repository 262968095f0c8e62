"""Calls of language models, many at once: cached, recorded, within limits; asynchronous inside, plain outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from plot.errors import PlotError
from plot.llm.calls import Completion, ModelError, Request, Usage
from plot.llm.endpoint import MOST_REPLY, EndpointClient
from plot.llm.entries import Entry
from plot.llm.limits import Limits, Meter
from plot.llm.recording import Recording
from plot.llm.spans import span
from plot.llm.store import Store
from plot.llm.thread import LoopThread
from plot.llm.together import parked

Reply = Completion | PlotError
Row = dict[str, Any]


class Client:
    """Asks language models; a context manager, to be closed at the end.

    Args:
        limits: What may be spent.
        store: Where replies, the log and meanings are kept, or the folder for them; by default the user's cache.
        cache: Whether replies are looked up and kept; the log is kept in any case.
        refresh: Whether what is cached is asked again.
        recording: Replies that were recorded, or that are to be; where it plays, no model is ever reached.
        tell: Called with a line before a host is asked for the first time.
        watch: Called with what was spent so far whenever a call has ended, and with None when all have.

    Attributes:
        store: Where replies, the log and meanings are kept.
        meter: What was spent, and the limits.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        store: Store | Path | None = None,
        cache: bool = True,
        refresh: bool = False,
        recording: Recording | None = None,
        tell: Callable[[str], None] | None = None,
        watch: Callable[[Usage | None], None] = lambda _: None,
    ) -> None:
        self.store = store if isinstance(store, Store) else Store(store)
        self.meter = Meter(limits or Limits())
        self._cache = cache
        self._refresh = refresh
        self._recording = recording
        self._tell = tell
        self._told: set[str] = set()
        self._watch = watch
        self._loop = LoopThread()
        self._endpoints: dict[tuple[str, str, str], EndpointClient] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and files; a client may be closed twice."""
        for endpoint in self._endpoints.values():
            self._loop.run(endpoint.close())
        self._endpoints.clear()
        self._loop.close()
        self.store.close()

    @property
    def usage(self) -> Usage:
        """What was spent so far."""
        return self.meter.usage

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """Return for each request its completion, or the error that it ended in; equal requests are asked once.

        In a task that runs together with others, they go out with what these ask.

        Args:
            requests: What is asked, all at once.

        Raises:
            KeyboardInterrupt: At Ctrl-C, with all calls cancelled.
        """
        if (replies := parked(self, requests)) is not None:
            return replies
        found: dict[str, Reply] = {}
        pending: dict[str, Request] = {}
        for request in requests:
            if request.key not in found and request.key not in pending:
                kept = self._kept(request)
                if kept is None:
                    pending[request.key] = request
                else:
                    found[request.key] = kept
        if pending:
            try:
                replies = self._loop.run(self._ask_all(list(pending.values())))
            finally:
                self._watch(None)
            found |= dict(zip(pending, replies, strict=True))
        return [found[request.key] for request in requests]

    # -- what was asked before -----------------------------------------------------------------------------

    def _kept(self, request: Request) -> Reply | None:
        try:
            recorded = self._recording.reply(request) if self._recording is not None else None
        except PlotError as error:
            return _failure(error)
        if recorded is not None:
            self.meter.add(Usage(recorded=1))
            return recorded
        cached = self.store.reply(request.key) if self._cache and not self._refresh else None
        if cached is not None:
            self.meter.add(Usage(cached=1))
            self.store.log(_row(request, cached))
            self._record(request, cached)
        return cached

    def _record(self, request: Request, completion: Completion) -> None:
        if self._recording is not None and self._recording.records:
            self._recording.keep(request, completion)

    # -- asking --------------------------------------------------------------------------------------------

    async def _ask_all(self, requests: Sequence[Request]) -> list[Reply]:
        """Ask all at once. The log has what was asked in this order, whatever ends first."""
        rows: list[list[Row]] = [[] for _ in requests]
        ended = [False] * len(requests)
        logged = 0

        async def ask(number: int) -> Reply:
            nonlocal logged
            try:
                return await self._ask(requests[number], rows[number])
            finally:
                ended[number] = True
                while logged < len(ended) and ended[logged]:
                    for row in rows[logged]:
                        self.store.log(row)
                    logged += 1

        return list(await asyncio.gather(*(ask(number) for number in range(len(requests)))))

    async def _ask(self, request: Request, rows: list[Row]) -> Reply:
        def note(completion: Completion, failure: str) -> None:
            rows.append(_row(request, completion, failure))

        try:
            with span(request) as answered:
                completion = await self._endpoint(request).ask(request, note)
                answered(completion)
        except PlotError as error:
            if not rows:  # nothing was sent
                note(Completion(""), error.message)
            return _failure(error)
        finally:
            self._watch(self.usage)
        if self._cache:
            self.store.keep_reply(request.key, completion)
        try:
            self._record(request, completion)
        except PlotError as error:
            return _failure(error)
        return completion

    def _endpoint(self, request: Request) -> EndpointClient:
        """Return the connection to an entry's endpoint; entries of one endpoint and key share its limits."""
        entry = request.entry
        place = (entry.base_url, entry.key_variable or "", entry.api_version or "")
        if place not in self._endpoints:
            self._endpoints[place] = EndpointClient(entry, self.meter, self.store, self._begin)
        entry.key()  # each entry has its own right to be asked
        return self._endpoints[place]

    def _begin(self, entry: Entry) -> None:
        """Tell, once for each host, that it is asked."""
        self.note(asking(entry))

    def note(self, text: str) -> None:
        """Tell something once.

        Args:
            text: The line to tell.
        """
        if self._tell is not None and text not in self._told:
            self._told.add(text)
            self._tell(text)


def _row(request: Request, completion: Completion, failure: str = "") -> Row:
    """Return the row of the log for one attempt, or for a reply that was kept."""
    entry, called = request.entry, completion.source == "called"
    return {
        "at": time.time(),
        "key": request.key,
        "translator": entry.name,
        "model": entry.model,
        "base_url": entry.base_url,
        "world": request.world,
        "purpose": request.purpose,
        "source": completion.source,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "cost": completion.cost(entry) if called else 0.0,
        "seconds": completion.seconds if called else 0.0,
        "failure": failure,
        "messages": "\n\n".join(f"[{message.role}]\n{message.content}" for message in request.messages),
        "reply": completion.text[:MOST_REPLY],
    }


def asking(entry: Entry) -> str:
    """Return the line that tells which host is asked, and with which key."""
    key = f"with the key in {entry.key_variable}" if entry.key_variable is not None else "without a key"
    return f"asking {entry.host} {key}"


def _failure(error: PlotError) -> ModelError:
    """Return what kept a model from being asked as what it is: no reply that is wrong, and no better next time."""
    return error if isinstance(error, ModelError) else ModelError(error.message, hint=error.hint, fatal=True)


__all__ = ["Client", "ModelError", "Reply", "asking"]
