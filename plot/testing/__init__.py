"""Tests of your own: scripted models over real HTTP, their faults, replies by hand, and laws that additions keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plot._lazy import exports
from plot.testing.broken import BrokenLaw
from plot.testing.by_hand import ByHand, ReplyEvent
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
    Streamed,
)
from plot.testing.folder import Waiting, waiting_in
from plot.testing.protocol import ReceivedRequest, Response
from plot.testing.replies import Fault, Reply
from plot.testing.scripted import ScriptedModel

if TYPE_CHECKING:
    from plot.testing.method_laws import METHOD_LAWS as METHOD_LAWS
    from plot.testing.translator_laws import TRANSLATOR_LAWS as TRANSLATOR_LAWS

_LATE = {"METHOD_LAWS": "plot.testing.method_laws", "TRANSLATOR_LAWS": "plot.testing.translator_laws"}
__getattr__ = exports("plot.testing", _LATE)

__all__ = [
    "METHOD_LAWS",
    "TRANSLATOR_LAWS",
    "BrokenBody",
    "BrokenLaw",
    "ByHand",
    "Cut",
    "Drip",
    "Empty",
    "Fault",
    "Fenced",
    "Flood",
    "HalfJson",
    "LengthCut",
    "NoChoice",
    "ReceivedRequest",
    "Redirect",
    "Refused",
    "Reply",
    "ReplyEvent",
    "Response",
    "ScriptedModel",
    "Slow",
    "Stall",
    "Status",
    "Streamed",
    "Waiting",
    "waiting_in",
]
