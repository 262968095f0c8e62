"""The client of one OpenAI-compatible endpoint: capabilities, retries, rate and time limits."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plot.errors import PlotError
from plot.llm.abilities import GRAMMARS, Abilities
from plot.llm.calls import Completion, CutOffError, ModelError, Request, Usage, estimated_tokens, whole
from plot.llm.entries import Entry
from plot.llm.failures import MOST_SAID, TransientFailure, failure_of, is_passing, wait_of
from plot.llm.limits import Meter
from plot.llm.protocol import ErrorReceivedError, Received, body_for, received
from plot.llm.store import Store
from plot.text import clean

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MINUTE = 60.0
MOST_REPLY = 200_000  # characters
MOST_BODY = 32_000_000  # bytes of a response, unpacked; log probabilities take many more than the text
MOST_TOKENS = 10**9  # no endpoint has read or written so many
Note = Callable[[Completion, str], None]  # of an attempt: what came of it, and why it failed, if it did
LARGER = 4  # times the limit of tokens, for a reply that was cut off at it
MOST_ROOM = 100_000  # tokens of a reply, at most
SERVER_ERROR, NOT_FOUND, UNPROCESSABLE = 500, 404, (400, 415, 422, 501)
SAMPLE_HEADER = "x-plot-sample"  # tells equal requests apart, for a server on this machine
HEADERS_VARIABLE = "OPENAI_CUSTOM_HEADERS"  # OpenAI's client adds them to every request


class EndpointClient:
    """The connection to one endpoint. All but its making happens in one event loop; `tell` hears when it begins."""

    def __init__(self, entry: Entry, meter: Meter, store: Store | None, tell: Callable[[Entry], None]) -> None:
        self._entry = entry
        self._tell = tell
        self._meter = meter
        self._store = store
        self._client: AsyncOpenAI | None = None
        self._abilities: dict[str, Abilities] = {}
        self._room = asyncio.Semaphore(entry.parallel)
        self._pace = RateLimiter(entry.rpm)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def ask(self, request: Request, note: Note = lambda *_: None) -> Completion:
        """Return the completion of a request; one that is cut off or empty is asked for once more, with more room.

        Each attempt is noted. Raises ModelError, and PlotError where there is no key for it.
        """
        async with self._room:
            try:
                return await self._with_abilities(request, note)
            except ReplyCutError as cut:
                room = min(LARGER * request.entry.max_tokens, MOST_ROOM)
                if room <= request.entry.max_tokens:
                    raise cut.error from None
                larger = request.entry.model_copy(update={"max_tokens": room})
                try:
                    return await self._with_abilities(replace(request, entry=larger), note)
                except ReplyCutError as again:
                    raise again.error from None

    async def _with_abilities(self, request: Request, note: Note) -> Completion:
        """Ask in the way that the endpoint takes, stepping down where it complains of a part of the request."""
        less: Abilities | None
        elsewhere: RequestRejected | None = None  # a base URL without a path was tried with /v1 before
        while True:
            abilities = self._of(request.entry)
            try:
                found = await self._with_retries(request, abilities, note)
            except RequestRejected as complaint:
                if complaint.status == NOT_FOUND:
                    other = replace(abilities, bare=not abilities.bare)
                    if elsewhere is not None or request.entry.has_path:
                        self._abilities[_place(request.entry)] = other if elsewhere is not None else abilities
                        raise (elsewhere or complaint).error from None
                    elsewhere, less = complaint, other
                elif complaint.status not in UNPROCESSABLE:
                    raise complaint.error from None
                else:
                    less = abilities.without(complaint.said)
                if less is None:
                    return await self._with_lower_form(request, abilities, complaint.error, note)
                self._keep(request.entry, less)
            except TransientFailure as failure:
                if failure.status == SERVER_ERROR:
                    return await self._with_lower_form(request, abilities, failure.error, note)
                raise failure.error from None
            else:
                if not abilities.proven:
                    self._keep(request.entry, replace(abilities, proven=True))
                return found

    async def _with_lower_form(
        self, request: Request, abilities: Abilities, error: ModelError, note: Note
    ) -> Completion:
        """Ask for simpler forms where an endpoint fails without a word about why, and keep the one that works.

        Raises the error where none does, or where the form was accepted before.
        """
        lower = None if abilities.proven or not request.schema else abilities.lower()
        if request.grammar and abilities.grammar:
            lower = replace(abilities, grammar=False)
        if request.entry.weights == "logprobs" and abilities.logprobs and not abilities.proven:
            lower = replace(abilities, logprobs=False)
        while lower is not None:
            try:
                found = await self._attempt(request, lower, note)
            except (RequestRejected, TransientFailure, ModelError):
                lower = lower.lower()
            else:
                self._keep(request.entry, replace(lower, proven=True))
                return found
        raise error from None

    def _of(self, entry: Entry) -> Abilities:
        place = _place(entry)
        if place not in self._abilities:
            self._abilities[place] = Abilities.from_json(self._store.abilities(place) if self._store else {})
        return self._abilities[place]

    def _keep(self, entry: Entry, found: Abilities) -> None:
        self._abilities[_place(entry)] = found
        if self._store is not None:
            self._store.keep_abilities(_place(entry), asdict(found))

    async def _with_retries(self, request: Request, abilities: Abilities, note: Note) -> Completion:
        import tenacity

        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(1 + request.entry.retries),
            wait=lambda state: wait_of(state.outcome.exception() if state.outcome else None, state.attempt_number),
            retry=tenacity.retry_if_exception(is_passing),
            reraise=True,
        )
        found: Completion = await attempts(self._attempt, request, abilities, note)
        return found

    async def _attempt(self, request: Request, abilities: Abilities, note: Note) -> Completion:
        """Ask once, within the time of one attempt, whatever the server does in it."""
        import openai

        client = self._connected().with_options(base_url=request.entry.root(bare=abilities.bare))
        await self._pace.turn()
        promised = self._meter.admit(request)
        started = time.monotonic()
        spent, completion, failure = Usage(attempts=1), None, None
        try:
            async with asyncio.timeout(request.entry.timeout):
                body = await _sent(client, request, body_for(request, abilities))
            reply = received(body)
            completion = _completion(reply, request, time.monotonic() - started)
            spent = _spent(completion, request)
            _check(reply, completion.text, request)
        except (openai.OpenAIError, TimeoutError, ValueError, RecursionError, ErrorReceivedError) as error:
            failure = _told(error, request)
        except (ModelError, TransientFailure, ReplyCutError) as error:
            failure = error
        finally:
            self._meter.settle(promised, spent)
        note(completion or Completion("", seconds=time.monotonic() - started), _message(failure))
        if failure is not None or completion is None:
            raise failure or AssertionError("an attempt has a completion or a failure") from None
        return completion

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            self._client = connect(self._entry)
            self._tell(self._entry)
        return self._client


async def _sent(client: AsyncOpenAI, request: Request, body: dict[str, Any]) -> str:
    """Send the body of a request, and return the body of the response as it is."""
    entry = request.entry
    resource: Any = client.responses if entry.api == "responses" else client.chat.completions
    # What OpenAI does not know, and `stream`: else the client would read the events itself.
    own = {name: body.pop(name) for name in ("stream", *GRAMMARS) if name in body}
    told = headers_of(entry)
    if entry.is_local and request.sample:
        told[SAMPLE_HEADER] = str(request.sample)
    ask = resource.with_streaming_response.create
    async with ask(**body, extra_body=own, extra_headers=told, timeout=entry.timeout) as response:
        read = await _read(response, entry)
    return read.decode(json.detect_encoding(read), "replace")  # whatever charset the header says


async def _read(response: Any, entry: Entry) -> bytes:
    """Return the bytes of a response. Raises ModelError where they are too many, and what requests raise else."""
    import openai

    read = bytearray()
    try:
        async for part in response.iter_bytes():
            read += part
            if len(read) > MOST_BODY:
                raise ModelError(f"the reply of '{entry.name}' is longer than {MOST_BODY:,} bytes")
    except ModelError:
        raise
    except Exception as error:  # of the library for HTTP, which is no business of ours
        kind = openai.APITimeoutError if "Timeout" in type(error).__name__ else openai.APIConnectionError
        raise kind(request=response.http_request) from error
    return bytes(read)


class RateLimiter:
    """A turn for each request, so that no minute has more of them than allowed."""

    def __init__(self, rpm: float | None) -> None:
        self._most = max(1, int(rpm)) if rpm is not None else None
        self._minute = MINUTE if rpm is None or rpm >= 1 else MINUTE / rpm
        self._begun: deque[float] = deque()
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until one more request may begin."""
        if self._most is None:
            return
        async with self._lock:
            if len(self._begun) >= self._most:
                await asyncio.sleep(max(0.0, self._begun.popleft() + self._minute - time.monotonic()))
            self._begun.append(time.monotonic())


class RequestRejected(Exception):
    """An endpoint refused a request because of how it is written, or knows nothing at its address."""

    def __init__(self, said: str, error: ModelError, status: int) -> None:
        super().__init__(said)
        self.said = said
        self.error = error
        self.status = status


class ReplyCutError(Exception):
    """A reply ends at the limit of tokens, or is empty."""

    def __init__(self, error: ModelError) -> None:
        super().__init__(error.message)
        self.error = error


def connect(entry: Entry) -> AsyncOpenAI:
    """Return a client for an endpoint with its own key only: redirects are not followed.

    Raises PlotError where the key is missing, or is not for this endpoint.
    """
    import openai

    key = entry.key()
    secure: dict[str, Any] = {}
    if urlsplit(entry.base_url).scheme == "http":  # no TLS: the certificates that are trusted take long to load
        secure = {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}  # trusts none
    if entry.is_local:
        secure["trust_env"] = False  # what is for this machine goes to no proxy
    headers: dict[str, Any] = {}
    if not entry.is_openai:  # who you are at OpenAI is nobody else's business
        own = [line.partition(":")[0].strip() for line in os.environ.get(HEADERS_VARIABLE, "").split("\n")]
        headers = {name: openai.Omit() for name in ("OpenAI-Organization", "OpenAI-Project", *filter(None, own))}
        headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        headers["Authorization"] = f"Bearer {key}"
    if entry.is_azure:
        headers = {name: value for name, value in headers.items() if name != "Authorization"} | {"api-key": key}
    return openai.AsyncOpenAI(
        api_key=key,
        base_url=entry.base_url,
        default_query={"api-version": entry.api_version} if entry.api_version is not None else None,
        admin_api_key="",
        timeout=entry.timeout,
        max_retries=0,
        default_headers=headers,
        http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False, **secure),
    )


def headers_of(entry: Entry) -> dict[str, Any]:
    """Return the headers of each request: where a key goes in one of its own, there is no bearer token."""
    import openai

    return {"Authorization": openai.Omit()} if entry.is_azure else {}


def _place(entry: Entry) -> str:
    return f"{entry.base_url} {entry.model}" if entry.api == "chat" else f"{entry.base_url} {entry.model} {entry.api}"


def _completion(reply: Received | None, request: Request, seconds: float) -> Completion:
    """Return a completion with its text, empty where there is none, and what it took."""
    found = reply or Received("")
    text = request.entry.without_key(whole(found.text))
    asked = sum(estimated_tokens(message.content) for message in request.messages)
    prompt, completion = found.prompt_tokens, found.completion_tokens
    counts = _count(prompt, asked), _count(completion, estimated_tokens(text))
    return Completion(text, *counts, seconds, tokens=found.tokens if text == found.text else ())


def _count(given: Any, estimate: int) -> int:
    known = isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST_TOKENS
    return given if known else estimate


def _spent(completion: Completion, request: Request) -> Usage:
    return Usage(
        calls=1,
        attempts=1,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        cost=completion.cost(request.entry),
        seconds=completion.seconds,
    )


def _check(reply: Received | None, text: str, request: Request) -> None:
    """Raise ModelError for a reply that is refused or too long, ReplyCutError for one that is cut or empty."""
    name, limit = request.entry.name, request.entry.max_tokens
    if reply is None:
        hint = "is this the base URL of an OpenAI-compatible server (often it ends in /v1)?"
        raise TransientFailure(ModelError(f"'{name}' sent a reply that does not follow the protocol", hint=hint))
    if reply.refusal:
        said = clean(request.entry.without_key(reply.refusal))
        raise ModelError(f"'{name}' declined to translate this: {said[:200]}")
    if reply.filtered:
        raise ModelError(f"a content filter of '{name}' blocked its reply")
    hint = f"raise max_tokens, which is {limit:,}"
    if reply.cut:
        raise ReplyCutError(CutOffError(f"the reply of '{name}' was cut off at its token limit", hint=hint))
    if not text.strip():
        raise ReplyCutError(ModelError(f"the reply of '{name}' is empty", hint=hint))
    if len(text) > MOST_REPLY:
        raise ModelError(f"the reply of '{name}' has {len(text):,} characters; at most {MOST_REPLY:,} are allowed")


def _message(failure: Exception | None) -> str:
    """Return what a failed attempt is logged as; nothing for one that did not fail."""
    told = getattr(failure, "error", failure)
    return told.message if isinstance(told, PlotError) else ""


def _told(error: Exception, request: Request) -> Exception:
    """Return what is raised for a failed attempt: a complaint, a passing failure, or the error that a user sees."""
    import openai

    if isinstance(error, ErrorReceivedError):
        said = clean(request.entry.without_key(str(error)))[:MOST_SAID]
        return TransientFailure(ModelError(f"{request.entry.base_url} failed: {said}", fatal=True))
    found, complaint = failure_of(error, request.entry)
    status = error.status_code if isinstance(error, openai.APIStatusError) else 0
    if complaint is not None or status == NOT_FOUND:
        told = found.error if isinstance(found, TransientFailure) else found
        return RequestRejected(complaint or "", told, status)
    if isinstance(found, TransientFailure):
        found.status = status
    return found


__all__ = ["EndpointClient", "RateLimiter", "ReplyCutError", "connect", "headers_of"]
