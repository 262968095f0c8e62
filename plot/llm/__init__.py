"""Language models behind OpenAI-compatible endpoints: who is configured, what is asked, and what it costs."""

from __future__ import annotations

from plot.llm.calls import Completion, ModelError, Request, Usage
from plot.llm.client import Client
from plot.llm.entries import Entry, Price
from plot.llm.limits import Limits

__all__ = ["Client", "Completion", "Entry", "Limits", "ModelError", "Price", "Request", "Usage"]
