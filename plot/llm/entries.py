"""A configured translator: model, endpoint, key and sampling; and the rules for sending keys."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, field_validator, model_validator

from plot.errors import PlotError

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
NO_KEY = "none"  # local servers ignore the key, but the protocol wants a header
MOST_VARIABLE = 60
REPLY_TOKENS = 2_000
LEAST_KEY = 8  # characters; what is shorter is no secret
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_A_KEY = re.compile(r"(?=.*[a-z])(?=.*[0-9]).{16,}")  # variables are in capitals, or have few digits
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+")
_OPENAI_HOST = re.compile(r"(?:[a-z0-9-]+\.)*api\.openai\.com")
_PORTS = {"http": 80, "https": 443}
_AZURE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+azure\.(?:com|us|cn)")
_CALLED = ("/chat/completions", "/completions", "/responses")  # what a URL that is given in full ends in
DEPLOYMENTS = "/openai/deployments"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]


def variable_name(name: str | None) -> str | None:
    """Return the name of an environment variable. Raises ValueError for what is none, such as the key itself."""
    if name is None:
        return None
    if len(name) > MOST_VARIABLE or not _VARIABLE.fullmatch(name) or _LIKE_A_KEY.fullmatch(name):
        raise ValueError("expected the name of an environment variable, never the key itself")
    return name


def host_of(url: str) -> str:
    """Return the host of a URL in small letters, with its port unless that is the usual one. Raises ValueError.

    >>> host_of("https://Example.org:443/v1"), host_of("http://[::1]:8000/v1")
    ('example.org', '[::1]:8000')
    """
    parts = urlsplit(url)
    name = (parts.hostname or "").lower()
    if not _HOST.fullmatch(name):
        raise ValueError("expected a host, such as openrouter.ai or 192.168.0.7:8000")
    shown = f"[{name}]" if ":" in name else name.rstrip(".")
    return shown if parts.port in (None, _PORTS.get(parts.scheme)) else f"{shown}:{parts.port}"


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its very name: other ways to write such an address don't count.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "127.1", "localhost.example.org")]
    [True, True, True, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Price(BaseModel):
    """Prices in the user's currency.

    Attributes:
        input: For a million tokens of requests.
        output: For a million tokens of replies.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    input: Amount
    output: Amount


class Entry(BaseModel):
    """One translator of the configuration.

    Attributes:
        name: What it is called.
        model: What its endpoint calls the model.
        base_url: The endpoint; a URL given in full, or without a path, will do.
        api: The protocol: chat completions, or OpenAI's Responses API.
        api_version: The version of its API that an endpoint wants to be told, as Azure's do.
        cache_by: Whether a cached reply is only for this endpoint, or for the model wherever it is served.
        api_key_env: The environment variable that holds the key.
        temperature: The temperature at which replies are sampled.
        samples: How many replies are asked for.
        repairs: How many times a wrong one is sent back.
        prompts: A folder of templates that replace the built-in ones.
        worlds: The names of the worlds that it is for; all, where there are none.
        rpm: Requests a minute that its endpoint allows.
        parallel: Requests at once that its endpoint allows.
        max_tokens: The most tokens of a reply.
        weights: What weighs a meaning: how many samples have it, or the probabilities of the tokens of its code.
        constrain: Whether the code of replies is constrained by a grammar, which its endpoint must take.
        timeout: The seconds of one attempt.
        retries: How many more attempts there are where the endpoint is busy or fails.
        price: What tokens cost.
        allow_http: Whether its key may go to another machine without TLS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Text
    model: Text
    base_url: Text = OPENAI
    api: Literal["chat", "responses"] = "chat"
    api_version: Text | None = None
    cache_by: Literal["endpoint", "model"] = "endpoint"
    api_key_env: Text | None = None
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] = 0.7
    samples: Annotated[int, Field(strict=True, ge=1, le=32)] = 3
    repairs: Annotated[int, Field(strict=True, ge=0, le=10)] = 2
    prompts: Text | None = None
    worlds: tuple[Text, ...] = ()
    rpm: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = None
    parallel: Annotated[int, Field(strict=True, ge=1, le=64)] = 4
    max_tokens: Annotated[int, Field(strict=True, ge=16, le=100_000)] = REPLY_TOKENS
    weights: Literal["samples", "logprobs"] = "samples"
    constrain: bool = False
    timeout: Annotated[float, Field(strict=True, gt=0, le=3600)] = 30.0
    retries: Annotated[int, Field(strict=True, ge=0, le=10)] = 3
    price: Price | None = None
    allow_http: bool = False
    _refused: PlotError | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _read_from_url(cls, given: Any) -> Any:
        """Take what a URL that is given in full says beside the endpoint: the protocol, and a version of the API."""
        url = given.get("base_url") if isinstance(given, dict) else None
        if not isinstance(url, str):
            return given
        base, _, query = url.strip().partition("?")
        said = {"api": "responses"} if base.rstrip("/").endswith("/responses") else {}
        named = parse_qsl(query)
        if [name for name, _ in named] == ["api-version"]:
            said["api_version"], url = named[0][1], base
        return {**said, **given, "base_url": url}

    @field_validator("base_url")
    @classmethod
    def _http(cls, url: str) -> str:
        wanted = "expected a URL such as http://localhost:11434/v1"  # what it is instead may be a key
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise ValueError(wanted)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(wanted) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise ValueError(wanted)
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError(
                "a base URL can't contain a password, query or fragment; give the key's environment variable: "
                "api_key_env"
            )
        if not _HOST.fullmatch(parts.hostname):
            raise ValueError(wanted)
        url = url.rstrip("/")
        return next((url.removesuffix(end).rstrip("/") for end in _CALLED if url.endswith(end)), url)

    _variable = field_validator("api_key_env")(variable_name)

    def refused(self, error: PlotError) -> Self:
        """Return the entry as one that may not be asked.

        Args:
            error: What whoever wants its key gets.
        """
        found = self.model_copy()
        found._refused = error
        return found

    @property
    def refusal(self) -> PlotError | None:
        """Why the entry may not be asked; None where it may."""
        return self._refused

    @property
    def is_openai(self) -> bool:
        """Whether the endpoint is OpenAI's own, over TLS."""
        parts = urlsplit(self.base_url)
        host = (parts.hostname or "").lower().rstrip(".")
        return parts.scheme == "https" and _OPENAI_HOST.fullmatch(host) is not None

    @property
    def is_azure(self) -> bool:
        """Whether the endpoint takes its key as Azure's do."""
        host = (urlsplit(self.base_url).hostname or "").lower().rstrip(".")
        return self.api_version is not None or _AZURE_HOST.fullmatch(host) is not None

    @property
    def has_path(self) -> bool:
        """Whether the base URL says where on its host the API is."""
        return urlsplit(self.base_url).path.strip("/") != ""

    def root(self, *, bare: bool) -> str:
        """Return the URL that paths of the API are added to.

        Args:
            bare: Whether a base URL without a path is meant as it is.
        """
        if self.api_version is not None:
            base = self.base_url.removesuffix("/openai")
            if DEPLOYMENTS in base:
                return base
            return f"{base}{DEPLOYMENTS}/{self.model}" if self.api == "chat" else f"{base}/openai"
        return self.base_url if self.has_path or bare else f"{self.base_url}/v1"

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine."""
        return is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def is_usual(self) -> bool:
        """Whether it is asked where a model without a base URL is, with the key that is for there."""
        return self.base_url == OPENAI and self.key_variable == OPENAI_KEY

    @property
    def host(self) -> str:
        """The host that is asked, with its port unless that is the usual one."""
        return host_of(self.base_url)

    @property
    def key_variable(self) -> str | None:
        """The environment variable that holds its key; OpenAI's own is for OpenAI's endpoint only."""
        return self.api_key_env or (OPENAI_KEY if self.is_openai else None)

    def key(self) -> str:
        """Return the key from the environment, `none` where the endpoint needs none.

        Raises:
            PlotError: The variable is empty; OpenAI's key would go to another endpoint, or any key over a network
                without TLS; or the entry may not be asked at all.
        """
        if self._refused is not None:
            raise self._refused
        variable = self.key_variable
        if variable is None:
            return NO_KEY
        key = os.environ.get(variable, "").strip()
        if not key:
            hint = f"export {variable}=…, or name another model or --base-url"
            raise PlotError(f"'{self.name}' needs a key, and {variable} is not set", hint=hint)
        if not key.isascii() or not key.isprintable():
            raise PlotError(f"{variable} does not hold a key: it has characters that a key can't have")
        openais = os.environ.get(OPENAI_KEY, "").strip()
        if not self.is_openai and (variable == OPENAI_KEY or key == openais):
            hint = f"{self.base_url} needs its own key: put it in an environment variable and name that in api_key_env"
            raise PlotError(f"the OpenAI key is only sent to OpenAI, not to {self.base_url}", hint=hint)
        if urlsplit(self.base_url).scheme == "http" and not self.is_local and not self.allow_http:
            hint = "use https://; for a server on your local network, allow_http: true in your own plot.yaml"
            raise PlotError(f"the key of '{self.name}' is not sent to {self.host} without TLS", hint=hint)
        return key

    def without_key(self, text: str) -> str:
        """Return a text of the endpoint's without the key, should it have been repeated there.

        Args:
            text: The text.
        """
        key = os.environ.get(self.key_variable or "", "").strip()
        return text.replace(key, "[the key]") if len(key) >= LEAST_KEY else text

    def serves(self, world: str) -> bool:
        """Return whether the translator is for a world.

        Args:
            world: The name of the world.
        """
        return not self.worlds or world in self.worlds


__all__ = [
    "NO_KEY",
    "OPENAI",
    "OPENAI_KEY",
    "REPLY_TOKENS",
    "Entry",
    "Price",
    "host_of",
    "is_loopback",
    "variable_name",
]
