"""An OpenAI-compatible server: paths, keys, models and formats; subclasses provide the replies."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from plot.errors import PlotError
from plot.testing.protocol import ReceivedRequest, Response, body_of, error_response, json_response, model_object
from plot.testing.server import HOST, Listener

FORMATS = frozenset({"json_schema", "json_object"})
ROOT = "/v1"
MODELS, CHAT, RESPONSES = "/models", "/chat/completions", "/responses"


class Endpoint(ABC):
    """A server on loopback, open within `with`.

    It has the models `models` (the names are for show where `any_model` is true), takes the formats of replies that
    `supports` names, and wants `api_key` where it isn't None: as a bearer token, or in the header `key_header`. The API
    is at the path `root`. Where it `streams` only, requests for a reply in one piece are refused.
    """

    def __init__(
        self,
        models: Iterable[str],
        *,
        any_model: bool = False,
        api_key: str | None = None,
        supports: Iterable[str] = FORMATS,
        port: int = 0,
        root: str = ROOT,
        key_header: str | None = None,
        streams: bool = False,
    ) -> None:
        self.root = root
        self.key_header = key_header
        self.streams = streams
        self.models = tuple(dict.fromkeys(models))
        self.any_model = any_model
        self.api_key = api_key
        self.supports = frozenset(supports)
        self.port = port
        self._requests: list[ReceivedRequest] = []
        self._lock = threading.Lock()
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        try:
            self._listener = Listener(self._answer, self.port)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise PlotError(f"port {self.port} can't be opened: {reason}", hint="port 0 is any free one") from None
        self.port = self._listener.server_port
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every connection, whatever it waits for, and free the port."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()

    @property
    def base_url(self) -> str:
        """The address that a client is given: `http://127.0.0.1:PORT/v1`, unless it has another root."""
        if not self.port:
            raise RuntimeError("the server has a port once it is open: with … as server")
        return f"http://{HOST}:{self.port}{self.root}"

    def ends_within(self, seconds: float) -> bool:
        """Wait; say whether the server was closed before or meanwhile."""
        listener = self._listener
        return listener is None or listener.ends_within(seconds)

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """All requests that came, in their order."""
        with self._lock:
            return tuple(self._requests)

    @abstractmethod
    def complete(self, request: ReceivedRequest) -> Response:
        """Reply to a request for a completion, which was found to be well-formed."""

    def elsewhere(self, method: str, path: str) -> Response | None:
        """Answer at a path that the protocol does not know, or not."""
        return None

    def _answer(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Response:
        with self._lock:
            number = len(self._requests) + 1
            request = ReceivedRequest(number, method, path, headers, body_of(raw), raw, time.monotonic())
            self._requests.append(request)
        try:
            return self._refusal(request) or self._route(request)
        except Exception as error:
            return error_response(500, f"{type(error).__name__}: {error}", "server_error")

    def _refusal(self, request: ReceivedRequest) -> Response | None:
        if "origin" in request.headers:
            # Only browsers send it: a page from elsewhere must not talk to a server of the user's own.
            return error_response(403, "requests of web pages are not answered", "request_forbidden")
        given = request.headers.get(self.key_header or "authorization", "")
        wanted = self.api_key if self.key_header is not None else f"Bearer {self.api_key}"
        if self.api_key is None or given == wanted:
            return None
        if not given:
            return error_response(401, "You didn't provide an API key.")
        return error_response(401, "Incorrect API key provided.", code="invalid_api_key")

    def _route(self, request: ReceivedRequest) -> Response:
        path = unquote(urlsplit(request.path).path)
        if not path.startswith(self.root):
            return self.elsewhere(request.method, path) or _nowhere(request.method, path)
        whole, path = path, path.removeprefix(self.root)
        talk = ("POST", lambda: self._mistake(request) or self.complete(request))
        routes: dict[str, tuple[str, Callable[[], Response]]] = {
            CHAT: talk,
            RESPONSES: talk,
            MODELS: ("GET", lambda: json_response({"object": "list", "data": [model_object(n) for n in self.models]})),
        }
        if path.startswith(f"{MODELS}/"):
            name = path.removeprefix(f"{MODELS}/")
            routes[path] = ("GET", lambda: self._unknown(name) or json_response(model_object(name)))
        if path in routes:
            method, act = routes[path]
            return act() if request.method == method else error_response(405, f"Not allowed: {request.method} {whole}")
        return self.elsewhere(request.method, whole) or _nowhere(request.method, whole)

    def _unknown(self, name: str) -> Response | None:
        if self.any_model or name in self.models:
            return None
        return error_response(404, f"The model '{name}' does not exist.", param="model", code="model_not_found")

    def _mistake(self, request: ReceivedRequest) -> Response | None:
        """Return what is wrong with a request for a completion, or None."""
        if not request.body:
            return error_response(400, "We could not parse the JSON body of your request.")
        if not request.model:
            return error_response(400, "Missing required parameter: 'model'.", param="model")
        if unknown := self._unknown(request.model):
            return unknown
        if not request.messages:
            name = "input" if request.is_for_response else "messages"
            return error_response(400, f"'{name}' must be a list with at least one message.", param=name)
        if self.streams and request.body.get("stream") is not True:
            return error_response(400, "This model can only be asked with 'stream' set to true.", param="stream")
        if request.body.get("n") not in (None, 1):
            return error_response(400, f"'n' of {request.body['n']} is not supported.", param="n")
        kind = request.response_format.get("type", "text")
        if kind == "text" or kind in self.supports:
            return None
        return error_response(400, f"'response_format' of type '{kind}' is not supported.", param="response_format")


def _nowhere(method: str, path: str) -> Response:
    return error_response(404, f"Invalid URL ({method} {path})")
