"""Failures of endpoints: their messages, and whether a retry may help."""

from __future__ import annotations

import html
import math
import random
import re
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from plot.llm.calls import ModelError
from plot.llm.entries import OPENAI_KEY, Entry
from plot.text import clean

MOST_WAIT = 60.0  # seconds: an endpoint that asks for more is not waited for
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
MOST_SAID = 300
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>\s*([^<]*[^<\s])", re.IGNORECASE)
_TAG = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


class TransientFailure(Exception):
    """A failure that may pass: `wait` is how long the endpoint asks to be left alone, in seconds."""

    def __init__(self, error: ModelError, wait: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait
        self.status = 0  # of HTTP, where there is one


def is_passing(error: BaseException) -> bool:
    """Return whether another attempt may help."""
    return isinstance(error, TransientFailure)


def wait_of(error: BaseException | None, attempt: int) -> float:
    """Return the seconds before the next attempt: as asked for, else longer each time, with a random part."""
    if isinstance(error, TransientFailure) and error.wait is not None:
        return error.wait
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.75, 1.0)  # noqa: S311


def failure_of(error: Exception, entry: Entry) -> tuple[TransientFailure | ModelError, str | None]:
    """Return a failure as it is told, and for a request that was refused as such, the complaint."""
    import openai

    if isinstance(error, (openai.APITimeoutError, TimeoutError)):
        hint = "is it busy? `timeout` in plot.yaml sets the seconds of one attempt"
        return TransientFailure(
            ModelError(f"'{entry.name}' did not answer within {entry.timeout:g} s", hint=hint, fatal=True)
        ), None
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, entry)
    if isinstance(error, openai.APIConnectionError):
        return TransientFailure(_unreachable(error, entry)), None
    if isinstance(error, (openai.APIResponseValidationError, ValueError, RecursionError)):
        return TransientFailure(
            ModelError(f"{entry.base_url} answered with JSON that does not follow the protocol")
        ), None
    return ModelError(f"'{entry.name}' could not be reached: {_line(str(error))}", fatal=True), None


def _unreachable(error: Exception, entry: Entry) -> ModelError:
    cause = error.__cause__ or error
    if proxy := _proxy_of(entry):
        hint = "start it, or unset the variable; NO_PROXY names hosts that are asked without it"
        return ModelError(f"the proxy {proxy}, by which {entry.host} is asked, can't be reached", hint=hint, fatal=True)
    hint = "is the server running? `plot models --ping` checks" if entry.is_local else "is the base URL right?"
    reason = _line(entry.without_key(str(cause))) or type(cause).__name__
    return ModelError(f"{entry.base_url} can't be reached: {reason}", hint=hint, fatal=True)


def _proxy_of(entry: Entry) -> str | None:
    """Return the proxy by which an endpoint is asked, with the variable that names it; None where there is none."""
    from urllib.request import getproxies, proxy_bypass

    if entry.is_local or proxy_bypass(entry.host):
        return None
    scheme = urlsplit(entry.base_url).scheme
    found = getproxies()
    for name in (scheme, "all"):
        if found.get(name):
            parts = urlsplit(found[name] if "//" in found[name] else f"//{found[name]}")
            port = f":{parts.port}" if parts.port else ""
            return f"{parts.hostname}{port} ({name.upper()}_PROXY)"
    return None


def _of_status(error: Any, entry: Entry) -> tuple[TransientFailure | ModelError, str | None]:
    code, said = error.status_code, _said(error, entry)
    if code == 401:
        return ModelError(f"{entry.base_url} refused the key: {said}", hint=_key_hint(entry), fatal=True), None
    if code == 403:
        return ModelError(
            f"{entry.base_url} forbids this: {said}", hint="does the key have access to this model?", fatal=True
        ), None
    if code == 404:
        hint = f"is '{entry.model}' served there, and is the base URL right? `plot models --ping` lists its models"
        return ModelError(
            f"{entry.base_url} does not know the model '{entry.model}': {said}", hint=hint, fatal=True
        ), None
    if code == 429:
        return _of_limit(error, entry, said), None
    if code in (408, 409) or code >= 500:
        return _in_time(ModelError(f"{entry.base_url} failed ({code}): {said}", fatal=True), error), None
    if 300 <= code < 400:
        hint = "if you trust it, use the address it redirects to as base URL"
        return ModelError(
            f"{entry.base_url} redirects elsewhere; redirects are not followed", hint=hint, fatal=True
        ), None
    return ModelError(f"{entry.base_url} refused the request ({code}): {said}", fatal=True), said


def _of_limit(error: Any, entry: Entry, said: str) -> TransientFailure | ModelError:
    if "insufficient_quota" in str(getattr(error, "code", "")) + said:
        return ModelError(f"the account at {entry.base_url} has no credit left: {said}", fatal=True)
    hint = "set `rpm` in plot.yaml to what the endpoint allows"
    return _in_time(ModelError(f"{entry.base_url} allows no more requests now: {said}", hint=hint, fatal=True), error)


def _in_time(failure: ModelError, error: Any) -> TransientFailure | ModelError:
    """Return a failure that may pass, unless the endpoint asks for a wait that is too long."""
    wait = _asked_wait(error)
    if wait is None or wait <= MOST_WAIT:
        return TransientFailure(failure, wait)
    return ModelError(failure.message, hint=f"try again in {wait:,.0f} s", fatal=True)


def _asked_wait(error: Any) -> float | None:
    """Return the seconds of a Retry-After header, which may be a date; None where there is none that can be read."""
    headers = error.response.headers
    said = str(headers.get("retry-after", ""))
    wait = math.nan
    with suppress(ValueError, OverflowError):
        wait = max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    with suppress(ValueError):
        wait = float(said)
    with suppress(ValueError):
        wait = float(headers.get("retry-after-ms", "")) / 1000
    return wait if math.isfinite(wait) and wait >= 0 else None


def _key_hint(entry: Entry) -> str:
    if entry.key_variable is not None:
        return f"check the key in {entry.key_variable}"
    return f"name the variable that holds its key: api_key_env in plot.yaml ({OPENAI_KEY} goes to OpenAI only)"


def _said(error: Any, entry: Entry) -> str:
    """Return the message in an error's body, on one line and without the key."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        found = inner.get("message") or inner.get("detail") or "" if isinstance(inner, dict) else inner
        return _line(entry.without_key(str(found))) or error.response.reason_phrase
    return (
        _line(_of_page(entry.without_key(str(body or ""))))
        or error.response.reason_phrase
        or f"status {error.status_code}"
    )


def _of_page(text: str) -> str:
    """Return what a page of HTML says: its title, else its text; what is no page stays as it is."""
    if not _PAGE.match(text):
        return text
    title = _TITLE.search(text)
    return html.unescape(title[1] if title is not None else _TAG.sub(" ", text))


def _line(text: str) -> str:
    flat = clean(text)
    return flat if len(flat) <= MOST_SAID else f"{flat[:MOST_SAID]}…"
