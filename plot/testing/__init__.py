"""Fakes for users' own tests: a scripted model over real HTTP, its faults, and replies written by hand."""

from __future__ import annotations

from plot.testing.by_hand import ByHand, Event
from plot.testing.faults import (
    BrokenBody,
    Cut,
    Drip,
    Empty,
    Fenced,
    Flood,
    HalfJson,
    LengthCut,
    NoChoice,
    Redirect,
    Refused,
    Slow,
    Stall,
    Status,
)
from plot.testing.folder import Waiting, waiting_in
from plot.testing.protocol import Request, Response
from plot.testing.replies import Fault, Reply
from plot.testing.scripted import ScriptedModel

__all__ = [
    "BrokenBody",
    "ByHand",
    "Cut",
    "Drip",
    "Empty",
    "Event",
    "Fault",
    "Fenced",
    "Flood",
    "HalfJson",
    "LengthCut",
    "NoChoice",
    "Redirect",
    "Refused",
    "Reply",
    "Request",
    "Response",
    "ScriptedModel",
    "Slow",
    "Stall",
    "Status",
    "Waiting",
    "waiting_in",
]
