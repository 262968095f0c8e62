"""Faults of models, one small class each, which take the place of a reply."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plot.testing.protocol import ReceivedRequest, Response, completion, error_response, json_response, stream_of
from plot.testing.replies import Fault, Reply, response_to

_ERRORS: dict[int, tuple[str, str, str | None]] = {  # message, type and code of OpenAI's errors
    400: ("Bad request.", "invalid_request_error", None),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: ("You are not allowed to use this model.", "request_forbidden", None),
    404: ("The model does not exist.", "invalid_request_error", "model_not_found"),
    429: ("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
}
_SERVER_ERROR = ("The server had an error while processing your request.", "server_error", None)
_SOME_JSON = '{"readings": [{"code": "query(1)", "weight": 1.0}]}'


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """An error of HTTP.

    Attributes:
        code: The status.
        retry_after: The header of that name: seconds, or a text as it is.
        message: What the error says; by default as OpenAI's servers put it.
    """

    code: int
    retry_after: float | str | None = None
    message: str | None = None

    def response(self, request: ReceivedRequest) -> Response:
        """Return the error."""
        message, kind, code = _ERRORS.get(self.code, _SERVER_ERROR)
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return error_response(self.code, self.message or message, kind, code=code, headers=headers)


@dataclass(frozen=True, slots=True)
class Stall(Fault):
    """The request is taken, nothing is sent, and after some seconds the connection is closed.

    Attributes:
        seconds: Until the connection is closed.
    """

    seconds: float

    def response(self, request: ReceivedRequest) -> Response:
        """Return nothing, late."""
        return Response(b"", delay=self.seconds, silent=True)


@dataclass(frozen=True, slots=True)
class Cut(Fault):
    """The connection is closed after some bytes of a body that was promised to be longer.

    Attributes:
        after: Bytes of the body that are sent.
        reply: The reply of which they are the beginning.
    """

    after: int = 20
    reply: Reply = "A reply of which only the beginning arrives."

    def response(self, request: ReceivedRequest) -> Response:
        """Return a reply of which a part is delivered."""
        return replace(response_to(request, self.reply), most=self.after)


@dataclass(frozen=True, slots=True)
class HalfJson(Fault):
    """The message is JSON that ends in the middle: the first half of a text.

    Attributes:
        text: The whole text.
    """

    text: str = _SOME_JSON

    def response(self, request: ReceivedRequest) -> Response:
        """Return half of the text."""
        return response_to(request, self.text[: len(self.text) // 2])


@dataclass(frozen=True, slots=True)
class BrokenBody(Fault):
    """The body of the response is itself JSON that ends in the middle."""

    def response(self, request: ReceivedRequest) -> Response:
        """Return half of a response; its Content-Length is right."""
        whole = response_to(request, "A reply of which only half is there.")
        return replace(whole, body=whole.body[: len(whole.body) // 2])


@dataclass(frozen=True, slots=True)
class Fenced(Fault):
    """The reply is inside a code fence, with chatter around it.

    Attributes:
        text: What stands in the fence.
        language: The language that the fence names.
    """

    text: str = _SOME_JSON
    language: str = "json"

    def response(self, request: ReceivedRequest) -> Response:
        """Return the text in its fence."""
        chatter = "Sure! Here is what you asked for:", "Let me know if I should explain it."
        return response_to(request, f"{chatter[0]}\n\n```{self.language}\n{self.text}\n```\n\n{chatter[1]}")


@dataclass(frozen=True, slots=True)
class NoChoice(Fault):
    """A completion without any choice, or a response without any output."""

    def response(self, request: ReceivedRequest) -> Response:
        """Return a completion with an empty list."""
        empty = "output" if request.is_for_response else "choices"
        return json_response({**completion(request, ""), empty: []})


@dataclass(frozen=True, slots=True)
class Empty(Fault):
    """A message without content.

    Attributes:
        content: None for null, or an empty text.
    """

    content: str | None = None

    def response(self, request: ReceivedRequest) -> Response:
        """Return the empty message."""
        return json_response(completion(request, self.content))


@dataclass(frozen=True, slots=True)
class Refused(Fault):
    """The model refuses: there is a refusal, and no content.

    Attributes:
        text: The refusal.
    """

    text: str = "I'm sorry, I can't help with that."

    def response(self, request: ReceivedRequest) -> Response:
        """Return the refusal."""
        return json_response(completion(request, None, refusal=self.text))


@dataclass(frozen=True, slots=True)
class LengthCut(Fault):
    """The message ends where the limit of tokens was reached.

    Attributes:
        text: The message as far as it goes.
    """

    text: str = _SOME_JSON[:20]

    def response(self, request: ReceivedRequest) -> Response:
        """Return the text, with the reason why it ends."""
        return json_response(completion(request, self.text, finish_reason="length"))


@dataclass(frozen=True, slots=True)
class Streamed(Fault):
    """A reply that comes as a stream of events, though none was asked for.

    Attributes:
        text: The reply.
    """

    text: str = _SOME_JSON

    def response(self, request: ReceivedRequest) -> Response:
        """Return the stream."""
        return Response(stream_of(completion(request, self.text)), headers={"content-type": "text/event-stream"})


@dataclass(frozen=True, slots=True)
class Redirect(Fault):
    """The request is sent elsewhere.

    Attributes:
        url: The other address.
        code: The status of HTTP.
    """

    url: str
    code: int = 307

    def response(self, request: ReceivedRequest) -> Response:
        """Return the other address."""
        return Response(b"", self.code, {"location": self.url})


@dataclass(frozen=True, slots=True)
class Flood(Fault):
    """A message of very many characters.

    Attributes:
        characters: How many they are.
    """

    characters: int = 10_000_000

    def response(self, request: ReceivedRequest) -> Response:
        """Return the long message."""
        return response_to(request, "x" * self.characters)


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """A reply that comes late.

    Attributes:
        seconds: How much later than by itself.
        reply: The reply.
    """

    seconds: float
    reply: Reply = "A late reply."

    def response(self, request: ReceivedRequest) -> Response:
        """Return the reply, later than it would come by itself."""
        found = response_to(request, self.reply)
        return replace(found, delay=found.delay + self.seconds)


@dataclass(frozen=True, slots=True)
class Drip(Fault):
    """A reply that comes byte by byte: no single read takes long, all of them do.

    Attributes:
        seconds_between_bytes: The pause after each byte.
        reply: The reply.
    """

    seconds_between_bytes: float
    reply: Reply = "Drop by drop."

    def response(self, request: ReceivedRequest) -> Response:
        """Return the reply in drops."""
        return replace(response_to(request, self.reply), pause=self.seconds_between_bytes)
