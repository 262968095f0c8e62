"""Replies of a fake model (a text, an object as JSON, or a fault), and their responses."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from plot.testing.protocol import ReceivedRequest, Response, completion, json_response, stream_of


@runtime_checkable
class AsJson(Protocol):
    """An object that says what it is in JSON, as those of pydantic do."""

    def model_dump_json(self) -> str:
        """Return the object as JSON."""
        ...


class Fault(ABC):
    """Something that goes wrong where a reply was expected."""

    @abstractmethod
    def response(self, request: ReceivedRequest) -> Response:
        """Return what goes back instead of a reply, and how.

        Args:
            request: The request to which it goes back.
        """


Reply: TypeAlias = str | Mapping[str, Any] | AsJson | Fault


def content_of(reply: str | Mapping[str, Any] | AsJson) -> str:
    """Return the text of a message: a text as it is, an object as JSON."""
    if isinstance(reply, str):
        return reply
    if isinstance(reply, Mapping):
        return json.dumps(dict(reply), ensure_ascii=False)
    if isinstance(reply, AsJson):
        return reply.model_dump_json()
    raise TypeError(f"a reply is a text, an object or a fault, not {reply!r}")


def response_to(request: ReceivedRequest, reply: Reply) -> Response:
    """Return the response that a reply becomes."""
    if isinstance(reply, Fault):
        return reply.response(request)
    whole = completion(request, content_of(reply))
    if request.body.get("stream") is True:
        return Response(stream_of(whole), headers={"content-type": "text/event-stream"})
    return json_response(whole)
