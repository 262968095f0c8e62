"""The client of one OpenAI-compatible endpoint: capabilities, retries, rate and time limits."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plot.llm.calls import Completion, ModelError, Request, Usage, estimated_tokens, whole
from plot.llm.entries import Entry
from plot.llm.failures import TransientFailure, failure_of, is_passing, wait_of
from plot.llm.limits import Meter
from plot.llm.store import Store
from plot.text import clean

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LADDER = ("json_schema", "json_object", "text")
LIMITS = ("max_tokens", "max_completion_tokens")
MINUTE = 60.0
MOST_REPLY = 200_000  # characters
MOST_TOKENS = 10**9  # no endpoint has read or written so many
HEADERS_VARIABLE = "OPENAI_CUSTOM_HEADERS"  # OpenAI's client adds them to every request


@dataclass(frozen=True, slots=True)
class Abilities:
    """Capabilities of an endpoint's model: structured output, the name of the token limit, temperature."""

    form: str = LADDER[0]
    limit: str = LIMITS[0]
    temperature: bool = True

    def without(self, complaint: str) -> Abilities | None:
        """Return what is left after a complaint about a request; None where it is about nothing of these."""
        said = complaint.lower()
        if LIMITS[1] in said and self.limit == LIMITS[0]:
            return replace(self, limit=LIMITS[1])
        if "temperature" in said and self.temperature:
            return replace(self, temperature=False)
        about_form = any(
            word in said for word in ("response_format", "json_schema", "json_object", "schema", "grammar")
        )
        if about_form and self.form != LADDER[-1]:
            return replace(self, form=LADDER[LADDER.index(self.form) + 1])
        return None


class EndpointClient:
    """The connection to one endpoint. All but its making happens in one event loop; `tell` hears when it begins."""

    def __init__(self, entry: Entry, meter: Meter, store: Store, tell: Callable[[Entry], None]) -> None:
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

    async def ask(self, request: Request) -> Completion:
        """Return the completion of a request. Raises ModelError, and PlotError where there is no key for it."""
        async with self._room:
            return await self._with_abilities(request)

    async def _with_abilities(self, request: Request) -> Completion:
        """Ask in the way that the endpoint takes, stepping down where it complains of a part of the request."""
        while True:
            abilities = self._of(request.entry)
            try:
                return await self._with_retries(request, abilities)
            except RequestRejected as complaint:
                less = abilities.without(complaint.said)
                if less is None:
                    raise complaint.error from None
                self._keep(request.entry, less)

    def _of(self, entry: Entry) -> Abilities:
        if entry.model not in self._abilities:
            kept = self._store.abilities(_place(entry))
            known: dict[str, Any] = {name: kept[name] for name in Abilities.__slots__ if name in kept}
            found = Abilities(**known)
            sound = found.form in LADDER and found.limit in LIMITS
            self._abilities[entry.model] = found if sound else Abilities()
        return self._abilities[entry.model]

    def _keep(self, entry: Entry, found: Abilities) -> None:
        self._abilities[entry.model] = found
        self._store.keep_abilities(_place(entry), asdict(found))

    async def _with_retries(self, request: Request, abilities: Abilities) -> Completion:
        import tenacity

        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(1 + request.entry.retries),
            wait=lambda state: wait_of(state.outcome.exception() if state.outcome else None, state.attempt_number),
            retry=tenacity.retry_if_exception(is_passing),
            reraise=True,
        )
        try:
            found: Completion = await attempts(self._attempt, request, abilities)
        except TransientFailure as busy:
            raise busy.error from None
        return found

    async def _attempt(self, request: Request, abilities: Abilities) -> Completion:
        """Ask once, within the time of one attempt, whatever the server does in it."""
        import openai

        client = self._connected()
        await self._pace.turn()
        promised = self._meter.admit(request)
        started = time.monotonic()
        spent = Usage(attempts=1)
        try:
            async with asyncio.timeout(request.entry.timeout):
                parameters = _parameters(request, abilities)
                reply = await client.chat.completions.create(**parameters, timeout=request.entry.timeout)
            completion = _completion(reply, request, time.monotonic() - started)
            spent = _spent(completion, request)
            _check(reply, completion.text, request)
        except (openai.OpenAIError, TimeoutError, ValueError, RecursionError) as error:
            raise _told(error, request) from None
        finally:
            self._meter.settle(promised, spent)
        return completion

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            self._client = connect(self._entry)
            self._tell(self._entry)
        return self._client


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
    """An endpoint refused a request because of how it is written."""

    def __init__(self, said: str, error: ModelError) -> None:
        super().__init__(said)
        self.said = said
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
    return openai.AsyncOpenAI(
        api_key=key,
        base_url=entry.base_url,
        admin_api_key="",
        timeout=entry.timeout,
        max_retries=0,
        default_headers=headers,
        http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False, **secure),
    )


def _place(entry: Entry) -> str:
    return f"{entry.base_url} {entry.model}"


def _parameters(request: Request, abilities: Abilities) -> dict[str, Any]:
    found: dict[str, Any] = {
        "model": request.entry.model,
        "messages": request.chat,
        abilities.limit: request.entry.max_tokens,
    }
    if abilities.temperature:
        found["temperature"] = request.entry.temperature
    if abilities.form == "json_schema":
        schema = {"name": "translation", "strict": True, "schema": dict(request.schema)}
        found["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif abilities.form == "json_object":
        found["response_format"] = {"type": "json_object"}
    return found


def _completion(reply: Any, request: Request, seconds: float) -> Completion:
    """Return a completion with its text, empty where there is none, and what it took."""
    content = getattr(getattr(choice_of(reply), "message", None), "content", None)
    text = request.entry.without_key(whole(content)) if isinstance(content, str) else ""
    usage = getattr(reply, "usage", None)
    asked = sum(estimated_tokens(message.content) for message in request.messages)
    prompt = getattr(usage, "prompt_tokens", None)
    completion = getattr(usage, "completion_tokens", None)
    return Completion(text, _count(prompt, asked), _count(completion, estimated_tokens(text)), seconds)


def choice_of(reply: Any) -> Any:
    """Return the first choice of a reply, None where it has none."""
    choices = getattr(reply, "choices", None)
    return choices[0] if isinstance(choices, list) and choices else None


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


def _check(reply: Any, text: str, request: Request) -> None:
    """Raise ModelError for a reply that is refused, cut or too long, Busy for one that is none."""
    name, choice = request.entry.name, choice_of(reply)
    message = getattr(choice, "message", None)
    if message is None or isinstance(message, str):
        hint = "is this the base URL of an OpenAI-compatible server (often it ends in /v1)?"
        raise TransientFailure(ModelError(f"'{name}' sent a reply that does not follow the protocol", hint=hint))
    refusal, finish = getattr(message, "refusal", None), getattr(choice, "finish_reason", None)
    if isinstance(refusal, str) and refusal:
        said = clean(request.entry.without_key(refusal))
        raise ModelError(f"'{name}' declined to translate this: {said[:200]}")
    if finish == "length":
        hint = f"raise max_tokens, which is {request.entry.max_tokens:,}"
        raise ModelError(f"the reply of '{name}' was cut off at its token limit", hint=hint)
    if finish == "content_filter":
        raise ModelError(f"a content filter of '{name}' blocked its reply")
    if not text.strip():
        raise TransientFailure(ModelError(f"the reply of '{name}' is empty"))
    if len(text) > MOST_REPLY:
        raise ModelError(f"the reply of '{name}' has {len(text):,} characters; at most {MOST_REPLY:,} are allowed")


def _told(error: Exception, request: Request) -> Exception:
    """Return what is raised for a failed attempt: a complaint, a passing failure, or the error that a user sees."""
    found, complaint = failure_of(error, request.entry)
    if complaint is not None:
        return RequestRejected(complaint, found.error if isinstance(found, TransientFailure) else found)
    return found


__all__ = ["Abilities", "EndpointClient", "RateLimiter", "choice_of", "connect"]
