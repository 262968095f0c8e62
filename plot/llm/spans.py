"""OpenTelemetry spans of calls, where its API is installed: which model, how long, how many tokens; never the texts."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from plot.llm.calls import Completion, Request

SCOPE = "plot.llm"


@contextmanager
def span(request: Request) -> Iterator[Callable[[Completion], None]]:
    """Enter the span of a call, by the semantic conventions for generative AI; yield what tells it the completion.

    An exception that leaves the block is noted in the span.
    """
    api = _api()
    if api is None:
        yield lambda _: None
        return
    entry = request.entry
    parts = urlsplit(entry.base_url)
    asked = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": entry.model,
        "gen_ai.request.temperature": entry.temperature,
        "gen_ai.request.max_tokens": entry.max_tokens,
        "server.address": parts.hostname or "",
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
    }
    tracer = api.get_tracer(SCOPE)
    with tracer.start_as_current_span(f"chat {entry.model}", kind=api.SpanKind.CLIENT, attributes=asked) as current:

        def answered(completion: Completion) -> None:
            current.set_attribute("gen_ai.usage.input_tokens", completion.prompt_tokens)
            current.set_attribute("gen_ai.usage.output_tokens", completion.completion_tokens)

        try:
            yield answered
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            raise


def _api() -> Any:
    try:
        return importlib.import_module("opentelemetry.trace")
    except ImportError:
        return None


__all__ = ["span"]
