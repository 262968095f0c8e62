"""A configured translator: which model, where, with whose key, how it is sampled; and which key may go where."""

from __future__ import annotations

import os
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from plot.errors import PlotError

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
NO_KEY = "none"  # local servers ignore the key, but the protocol wants a header
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOCAL = {"localhost", "127.0.0.1", "::1"}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Price(BaseModel):
    """Prices per million tokens, in the user's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Amount
    output: Amount


class Entry(BaseModel):
    """One translator of the configuration.

    `samples` replies are asked for at `temperature`; a wrong one is sent back up to `repairs` times. `prompts` is a
    folder of templates that replace the built-in ones, `worlds` the names of the worlds that it is for (all, where
    there are none). `rpm` is how many requests a minute its endpoint allows, `parallel` how many at once, `timeout`
    the seconds of one attempt, `retries` how many more there are where the endpoint is busy or fails.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    model: Text
    base_url: Text = OPENAI
    api_key_env: Text | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    samples: Annotated[int, Field(ge=1, le=32)] = 3
    repairs: Annotated[int, Field(ge=0, le=10)] = 2
    prompts: Text | None = None
    worlds: tuple[Text, ...] = ()
    rpm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    max_tokens: Annotated[int, Field(ge=16, le=100_000)] = 2_000
    timeout: Annotated[float, Field(gt=0, le=3600)] = 30.0
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    price: Price | None = None

    @field_validator("base_url")
    @classmethod
    def _http(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(f"here should be a URL, but it is {url!r}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise ValueError(f"here should be a URL such as http://localhost:11434/v1, but it is {url!r}")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("a base URL holds no password, query or fragment; name the key's variable: api_key_env")
        return url.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _variable(cls, name: str | None) -> str | None:
        if name is not None and not _VARIABLE.fullmatch(name):
            raise ValueError("here should be the name of an environment variable, never the key itself")
        return name

    @property
    def is_openai(self) -> bool:
        """Whether the endpoint is OpenAI's own, over TLS."""
        parts = urlsplit(self.base_url)
        host = (parts.hostname or "").lower().rstrip(".")
        return parts.scheme == "https" and (host == "api.openai.com" or host.endswith(".api.openai.com"))

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine."""
        return (urlsplit(self.base_url).hostname or "").lower() in _LOCAL

    @property
    def key_variable(self) -> str | None:
        """The environment variable that holds its key; OpenAI's own is for OpenAI's endpoint only."""
        return self.api_key_env or (OPENAI_KEY if self.is_openai else None)

    def key(self) -> str:
        """Return the key from the environment, `none` where the endpoint needs none.

        Raises PlotError where the variable is empty, and where OpenAI's key would go to another endpoint.
        """
        variable = self.key_variable
        if variable is None:
            return NO_KEY
        key = os.environ.get(variable, "").strip()
        if not key:
            hint = f"export {variable}=…, or name another model or --base-url"
            raise PlotError(f"'{self.name}' needs a key, and {variable} is not set", hint=hint)
        if not key.isascii() or not key.isprintable():
            raise PlotError(f"{variable} holds no key: it has characters that a key can't have")
        openais = os.environ.get(OPENAI_KEY, "").strip()
        if not self.is_openai and (variable == OPENAI_KEY or key == openais):
            hint = f"{self.base_url} needs a key of its own: put it in a variable, and name that as api_key_env"
            raise PlotError(f"OpenAI's key is sent to OpenAI only, not to {self.base_url}", hint=hint)
        return key

    def serves(self, world: str) -> bool:
        """Tell whether the translator is for a world."""
        return not self.worlds or world in self.worlds


__all__ = ["NO_KEY", "OPENAI", "OPENAI_KEY", "Entry", "Price"]
