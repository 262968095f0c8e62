"""Language models behind OpenAI-compatible endpoints: configuration, calls and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plot._lazy import exports
from plot.llm.calls import Completion, ModelError, Request, Usage
from plot.llm.entries import Entry, Price
from plot.llm.limits import Limits

if TYPE_CHECKING:
    from plot.llm.client import Client as Client

# Most commands call no model.
__getattr__ = exports("plot.llm", {"Client": "plot.llm.client"})

__all__ = ["Client", "Completion", "Entry", "Limits", "ModelError", "Price", "Request", "Usage"]
