"""Recorded sessions: replies of models in one JSON file, replayed by the hash of the request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plot.errors import PlotError
from plot.files import FORMAT, check_format, read_text, write_text
from plot.llm.calls import Completion, ModelError, Request

MOST_BYTES = 20_000_000


class Recording:
    """Replies by the fingerprint of their requests.

    One that `records` begins empty and is written, whole, after each reply; another is read, and a request that is
    not in it is an error.
    """

    def __init__(self, path: str | Path, *, records: bool) -> None:
        self.path = Path(path)
        self.records = records
        self._kept: dict[str, dict[str, Any]] = {}
        if records:
            self._write()
        else:
            self._kept = _read(self.path)

    def reply(self, request: Request) -> Completion | None:
        """Return the recorded reply; None while recording. Raises ModelError where there is none."""
        if self.records:
            return None
        kept = self._kept.get(request.fingerprint)
        if kept is None:
            about = f"'{request.purpose}' asked of '{request.entry.model}'" if request.purpose else request.entry.model
            hint = "the request has changed since (the prompt, the world, or the conversation): record it again"
            raise ModelError(f"'{self.path}' contains no reply to this request ({about})", hint=hint, fatal=True)
        try:
            return Completion.from_json(kept["reply"], "recorded")
        except (KeyError, TypeError, ValueError):
            raise _damaged(self.path) from None

    def keep(self, request: Request, completion: Completion) -> None:
        """Record a reply."""
        about = {
            "world": request.world,
            "utterance": request.purpose,
            "model": request.entry.model,
            "sample": request.sample,
            "messages": len(request.messages),
        }
        self._kept[request.fingerprint] = {**about, "reply": {**completion.to_json(), "seconds": 0.0}}
        self._write()

    def _write(self) -> None:
        text = json.dumps({"format": FORMAT, "replies": self._kept}, indent=1, ensure_ascii=False)
        write_text(self.path, text + "\n")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found: Any = json.loads(read_text(path, "a recording", most=MOST_BYTES))
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(found, Mapping) or not isinstance(found.get("replies"), dict):
        raise _damaged(path)
    check_format(found.get("format"), "recording", where=str(path))
    return dict(found["replies"])


def _damaged(path: Path) -> PlotError:
    return PlotError(f"'{path}' is not a recording of this version", hint="record the session again: --record")


__all__ = ["Recording"]
