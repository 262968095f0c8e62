"""A model whose replies are written by hand: requests become files, and files next to them are the replies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from plot.testing.endpoint import Endpoint
from plot.testing.folder import Folder, ReplyWatch, Waiting, number_of
from plot.testing.protocol import ReceivedRequest, Response, completion, error_response, json_response

NAME = "by-hand"
TIMEOUT_SECONDS = 600.0
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ReplyEvent:
    """The outcome of a request.

    Attributes:
        what: `waits`, `answered`, `known` (answered from the folder, where it had been answered before), `unreadable`
            or `unanswered`.
        request: The request.
        text: The reply, or what is wrong.
    """

    what: Literal["waits", "answered", "known", "unreadable", "unanswered"]
    request: Waiting
    text: str = ""


class ByHand(Endpoint):
    """An OpenAI-compatible server on loopback that writes requests to a folder and waits there for their replies.

    `NUMBER-HASH.request.md` is a request to read, `NUMBER-HASH.request.json` its body, and `NUMBER-HASH.reply.txt` (or
    `.reply.json`, which must be JSON) what is replied. A request that was answered in the folder before is answered
    from there, at once. `NUMBER-HASH.reply-2.txt` is the reply to the second sample of a request, if that has its own.

    Args:
        folder: The folder; it is made where there is none.
        model: The model that it serves; requests for others are refused. By default it serves any.
        port: The port; 0 for a free one.
        timeout: Seconds until a request without a reply gets an error.
        poll: Seconds between two looks into the folder.
        tell: Called with what happens, in the thread of the request.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        model: str | None = None,
        port: int = 0,
        timeout: float = TIMEOUT_SECONDS,
        poll: float = POLL_SECONDS,
        tell: Callable[[ReplyEvent], None] = lambda event: None,
    ) -> None:
        super().__init__([model or NAME], any_model=model is None, port=port)
        self._folder = Folder(folder)
        self._timeout = timeout
        self._poll = poll
        self._tell = tell
        self._names: list[str] = []  # of requests whose clients wait; the same one may be asked by several
        self._waiting_lock = threading.Lock()

    @property
    def waiting(self) -> list[Waiting]:
        """The requests whose clients wait for a reply."""
        with self._waiting_lock:
            names = sorted(set(self._names), key=number_of)
        return [self._folder.waiting(name) for name in names]

    def elsewhere(self, method: str, path: str) -> Response | None:
        """Return the list of what waits, which is at `/waiting`, and None for other addresses.

        Args:
            method: The method of HTTP.
            path: The path that is asked for.
        """
        if (method, path) != ("GET", "/waiting"):
            return None
        return json_response([waiting.as_json() for waiting in self.waiting])

    def complete(self, request: ReceivedRequest) -> Response:
        """Return what stands in the folder as the reply, now or later.

        Args:
            request: The request.
        """
        name, answered = self._folder.enter(request)
        waiting = self._folder.waiting(name)
        watch = ReplyWatch(self._folder, name, request.sample)
        text = watch.look() if answered else None
        if answered and text is None and not self.ends_within(self._poll):
            text = watch.look()  # written just now: whole where it is still the same
        if text is not None:
            self._tell(ReplyEvent("known", waiting))
        else:
            with self._waits(name):
                text = self._awaited(waiting, watch)
        if text is None:
            said = f"no reply within {self._timeout:g} s: put it in {waiting.reply} and ask again"
            # Without this header, clients ask again by themselves, and wait as long once more.
            return error_response(504, said, "timeout", code="unanswered", headers={"x-should-retry": "false"})
        number = number_of(name)
        return json_response(completion(replace(request, number=number), text))

    def _awaited(self, waiting: Waiting, watch: ReplyWatch) -> str | None:
        """Return the reply when it is there, or None after the time that it may take."""
        self._tell(ReplyEvent("waits", waiting))
        told = None
        began = time.monotonic()
        while (text := watch.look()) is None:
            if watch.problem != told:
                told = watch.problem
                self._tell(ReplyEvent("unreadable", waiting, told or ""))
            left = began + self._timeout - time.monotonic()
            if left <= 0 or self.ends_within(min(left, self._poll)):
                self._tell(ReplyEvent("unanswered", waiting))
                return None
        self._tell(ReplyEvent("answered", waiting, f"{time.monotonic() - began:.0f} s"))
        return text

    @contextmanager
    def _waits(self, name: str) -> Iterator[None]:
        with self._waiting_lock:
            self._names.append(name)
        try:
            yield
        finally:
            with self._waiting_lock:
                self._names.remove(name)
