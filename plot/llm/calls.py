"""Calls of language models: requests with their cache keys, completions, and usage totals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from plot.errors import PlotError
from plot.llm.entries import Entry
from plot.text import Json

Role = Literal["system", "user", "assistant"]
Source = Literal["called", "cached", "recorded"]
Tokens = tuple[tuple[int, float], ...]


class ModelError(PlotError):
    """A language model could not be asked, or its reply can't be used.

    Args:
        message: What is wrong, in one line.
        hint: What to try.
        fatal: Whether no further call would do better.

    Attributes:
        fatal: Whether no further call would do better.
    """

    def __init__(self, message: str, *, hint: str | None = None, fatal: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.fatal = fatal


class CutOffError(ModelError):
    """A reply ends at its limit of tokens, also where it was asked for again with a larger one."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat. Halves of characters, which no encoding has, are replaced."""

    role: Role
    content: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", whole(self.content))


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a model.

    Attributes:
        entry: The model, and how it is sampled.
        messages: The chat so far.
        schema: The JSON schema of the reply; empty where it may have any form.
        sample: A number that tells equal requests apart.
        world: The name of the world, for the log.
        purpose: What it is for, for the log.
        grammar: The grammar of the reply (GBNF), where the entry's endpoint is to be constrained by one.
    """

    entry: Entry
    messages: tuple[Message, ...]
    schema: Mapping[str, Json]
    sample: int = 0
    world: str = ""
    purpose: str = ""
    grammar: str = ""

    @property
    def key(self) -> str:
        """The key in the cache: endpoint, model, messages, parameters, schema and sample index. Never an API key."""
        if self.entry.cache_by == "model":
            return self.fingerprint
        return _hash({"base_url": self.entry.base_url, **self._asked()})

    @property
    def fingerprint(self) -> str:
        """The key in a recording, which is the same wherever the model is served."""
        return _hash(self._asked())

    def _asked(self) -> dict[str, object]:
        more: dict[str, object] = {"grammar": self.grammar} if self.grammar else {}
        if self.entry.weights == "logprobs":
            more["logprobs"] = True
        return {
            **more,
            "model": self.entry.model,
            "messages": [{"role": message.role, "content": message.content} for message in self.messages],
            "temperature": self.entry.temperature,
            "max_tokens": self.entry.max_tokens,
            "schema": self.schema,
            "sample": self.sample,
        }


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply of a model.

    Attributes:
        text: The message.
        prompt_tokens: Tokens of the request: the endpoint's figure, or else an estimate.
        completion_tokens: Tokens of the reply, likewise.
        seconds: The wall-clock seconds of the call.
        source: `called`, `cached` or `recorded`.
        tokens: Of each token of the text, where they were asked for and are known: the byte of the text (in UTF-8) at
            which it ends, and its log probability.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    source: Source = "called"
    tokens: Tokens = ()

    def cost(self, entry: Entry) -> float:
        """Return the price in the currency of the entry's prices (0 where it has none).

        Args:
            entry: The model that was asked.
        """
        if entry.price is None:
            return 0.0
        return (self.prompt_tokens * entry.price.input + self.completion_tokens * entry.price.output) / 1e6

    def to_json(self) -> dict[str, Json]:
        """Return what is kept of it."""
        kept = asdict(self)
        del kept["source"]
        if not self.tokens:
            del kept["tokens"]
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Json], source: Source) -> Completion:
        """Return a completion that was kept.

        Args:
            kept: What `to_json` returned.
            source: Where it was kept.

        Raises:
            KeyError: Something is missing.
            TypeError: Something is of another type.
            ValueError: A figure is none.
        """
        return cls(
            whole(str(kept["text"])),
            int(_number(kept["prompt_tokens"])),
            int(_number(kept["completion_tokens"])),
            float(_number(kept["seconds"])),
            source,
            _tokens(kept.get("tokens", [])),
        )


def _tokens(kept: Json) -> Tokens:
    """Return tokens that were kept. Raises TypeError or ValueError where they are damaged."""
    if not isinstance(kept, list):
        raise TypeError("tokens are a list")
    pairs = [pair if isinstance(pair, list) else [] for pair in kept]
    return tuple((int(_number(end)), float(_number(logprob))) for end, logprob in pairs)


def _number(value: Json) -> float | str:
    """Return what a number is made of. Raises TypeError for other data."""
    if isinstance(value, (int, float, str)):
        return value
    raise TypeError(f"{value!r} is not a number")


def whole(text: str) -> str:
    """Return a text in which the halves of characters that can't be encoded (lone surrogates) are question marks.

    >>> whole("half: \\ud800")
    'half: ?'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has: English and code have near four characters each.

    >>> estimated_tokens("Tom beat John.")
    4
    """
    return -(-len(text) // 4)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent.

    Attributes:
        calls: Calls that reached a model.
        attempts: Attempts, retries included.
        cached: Replies from the cache.
        recorded: Replies from a recording.
        remembered: Translations from the memory.
        prompt_tokens: Tokens of the requests.
        completion_tokens: Tokens of the replies.
        cost: Money, in the currency of the configured prices.
        seconds: The wall-clock seconds of all calls together.
    """

    calls: int = 0
    attempts: int = 0
    cached: int = 0
    recorded: int = 0
    remembered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        mine, more = asdict(self), asdict(other)
        return Usage(**{name: mine[name] + more[name] for name in mine})

    def __sub__(self, other: Usage) -> Usage:
        mine, less = asdict(self), asdict(other)
        return Usage(**{name: mine[name] - less[name] for name in mine})

    @property
    def tokens(self) -> int:
        """All tokens, asked and answered."""
        return self.prompt_tokens + self.completion_tokens

    def to_json(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)

    def __str__(self) -> str:
        parts = []
        if self.calls:
            cost = f", {self.cost:.4f} spent" if self.cost else ""
            parts.append(f"{_times(self.calls, 'call')} of a model ({self.tokens:,} tokens{cost})")
        for count, what in ((self.cached, "the cache"), (self.recorded, "the recording"), (self.remembered, "memory")):
            if count:
                parts.append(f"{_times(count, 'reply', 'replies')} from {what}")
        return ", ".join(parts)


def _times(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


__all__ = ["Completion", "Message", "ModelError", "Request", "Usage", "estimated_tokens", "whole"]
