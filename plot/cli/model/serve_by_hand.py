"""`plot serve-by-hand`: an endpoint whose replies a person writes, and the list of open requests."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import Any

from plot.cli.shared.output import write, write_json
from plot.testing import ByHand, ReplyEvent, Waiting, waiting_in

_SAID = {
    "answered": "answered after",
    "known": "was answered before",
    "unreadable": "still waits:",
    "unanswered": "got no reply",
}


def serve_by_hand(**options: Any) -> None:
    """Serve until Ctrl-C, or list what waits."""
    if options["only_list"]:
        _list(waiting_in(options["folder"]), as_json=options["as_json"])
        return
    teller = _EventPrinter(as_json=options["as_json"])
    server = ByHand(
        options["folder"], model=options["model"], port=options["port"], timeout=options["timeout"], tell=teller.event
    )
    with suppress(KeyboardInterrupt), server:
        teller.line(server.base_url, {"base_url": server.base_url})
        threading.Event().wait()


def _list(found: list[Waiting], *, as_json: bool) -> None:
    if as_json:
        write_json({"waiting": [waiting.as_json() for waiting in found]})
        return
    for waiting in found:
        write(f"{waiting.name}: {waiting.title}\n  read {waiting.page}\n  reply in {waiting.reply}")


class _EventPrinter:
    """Writes what happens, one line for each event, from whatever thread it comes."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()

    def event(self, event: ReplyEvent) -> None:
        """Print an event; a closed output does not stop requests from being answered."""
        name = event.request.name
        if event.what == "waits":
            text = f"{name} waits for {event.request.reply}: {event.request.title}"
        else:
            text = f"{name} {_SAID[event.what]} {event.text}".rstrip()
        with suppress(OSError, ValueError):
            self.line(text, {"event": event.what, "text": event.text, **event.request.as_json()})

    def line(self, text: str, value: dict[str, str]) -> None:
        with self._lock:
            if self._as_json:
                write_json(value)
            else:
                write(" ".join(text.split("\n")))
            sys.stdout.flush()
