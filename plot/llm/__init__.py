"""Language models behind OpenAI-compatible endpoints: who is configured, what is asked, and what it costs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from plot.llm.calls import Completion, ModelError, Request, Usage
from plot.llm.entries import Entry, Price
from plot.llm.limits import Limits

if TYPE_CHECKING:
    from plot.llm.client import Client as Client


def __getattr__(name: str) -> Any:
    """Import the client when it is first asked for: most commands call no model."""
    if name != "Client":
        raise AttributeError(f"module 'plot.llm' has no attribute {name!r}")
    return importlib.import_module("plot.llm.client").Client


__all__ = ["Client", "Completion", "Entry", "Limits", "ModelError", "Price", "Request", "Usage"]
