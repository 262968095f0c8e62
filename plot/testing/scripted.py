"""A scripted model over real HTTP, for tests without a key or a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from plot.testing.endpoint import FORMATS, ROOT, Endpoint
from plot.testing.protocol import ReceivedRequest, Response, error_response
from plot.testing.replies import Reply, response_to

Speaker: TypeAlias = Callable[[ReceivedRequest], Reply]


class ScriptedModel(Endpoint):
    """An OpenAI-compatible server on loopback that plays replies in their order, one for each completion asked for.

    After the last reply comes an error (HTTP 500). What is refused (a wrong key, an unknown model, a format that is not
    in `supports`) uses no reply.

    >>> import json, urllib.request
    >>> with ScriptedModel(["Hello.", lambda request: request.last_text.upper()]) as server:
    ...     for text in ("one", "two"):
    ...         body = {"model": "scripted", "messages": [{"role": "user", "content": text}]}
    ...         with urllib.request.urlopen(server.base_url + "/chat/completions", json.dumps(body).encode()) as found:
    ...             print(json.load(found)["choices"][0]["message"]["content"])
    Hello.
    TWO
    >>> [request.last_text for request in server.requests]
    ['one', 'two']

    Args:
        replies: Texts, objects (whose JSON is the text), faults, or functions that make one of the request; a function
            in place of the list replies to everything.
        model: The name of the model.
        models: Names of further models.
        api_key: The key that requests must have; None: any.
        supports: The formats of replies that may be asked for.
        repeat_last: Whether the last reply is played again and again.
        root: The path of the API.
        key_header: The header that the key comes in; None: as a bearer token.
        streams: Whether it replies with streams of events only.

    Raises:
        TypeError: `replies` is a text.
    """

    def __init__(
        self,
        replies: Sequence[Reply | Speaker] | Speaker,
        *,
        model: str = "scripted",
        models: Iterable[str] = (),
        api_key: str | None = None,
        supports: Iterable[str] = FORMATS,
        repeat_last: bool = False,
        root: str = ROOT,
        key_header: str | None = None,
        streams: bool = False,
    ) -> None:
        if isinstance(replies, str):
            raise TypeError("replies is a list of them: ScriptedModel(['…'])")
        where: dict[str, Any] = {"root": root, "key_header": key_header, "streams": streams}
        super().__init__((model, *models), api_key=api_key, supports=supports, **where)
        self._script = None if callable(replies) else tuple(replies)
        self._speaker = replies if callable(replies) else None
        self._repeat_last = repeat_last
        self._played = 0

    def complete(self, request: ReceivedRequest) -> Response:
        """Return the next reply.

        Args:
            request: The request.
        """
        reply = self._speaker or self._next()
        if reply is None:
            count = len(self._script or ())
            return error_response(500, f"the script ended after {count} replies", "server_error", code="script_ended")
        return response_to(request, reply(request) if callable(reply) else reply)

    def _next(self) -> Reply | Speaker | None:
        script = self._script or ()
        with self._lock:
            place = self._played
            self._played += 1
        if self._repeat_last:
            place = min(place, len(script) - 1)
        return script[place] if 0 <= place < len(script) else None
