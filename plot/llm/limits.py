"""Spending limits of a command: calls, tokens and money."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from plot.llm.calls import Completion, ModelError, Request, Usage, estimated_tokens


@dataclass(frozen=True, slots=True)
class Limits:
    """The spending limits of one command.

    Attributes:
        calls: Attempts to call a model.
        tokens: Tokens of requests and replies.
        cost: Money in the currency of the configured prices; None: no limit.
    """

    calls: int = 100
    tokens: int = 1_000_000
    cost: float | None = None


class Meter:
    """Counts what is spent, from several threads; `admit` refuses the attempt that could pass a limit."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._usage = Usage()
        self._promised = Usage()  # of attempts that are under way
        self._lock = threading.Lock()

    @property
    def usage(self) -> Usage:
        """What was spent so far."""
        return self._usage

    def admit(self, request: Request) -> Usage:
        """Admit one attempt and return what it may cost at most. Raises ModelError where that passes a limit."""
        promised = _at_most(request)
        with self._lock:
            after = self._usage + self._promised + promised
            limits = self.limits
            if limits.cost is not None and request.entry.price is None and not request.entry.is_local:
                raise _unpriced(request)
            if after.attempts > limits.calls:
                raise _spent(f"{limits.calls:,} calls", "--max-calls")
            if after.tokens > limits.tokens:
                raise _spent(f"{limits.tokens:,} tokens", "--max-tokens")
            if limits.cost is not None and after.cost > limits.cost:
                raise _spent(f"{limits.cost:g} of money", "--max-cost")
            self._promised += promised
        return promised

    def settle(self, promised: Usage, spent: Usage) -> None:
        """Replace what an attempt might have cost by what it did cost."""
        with self._lock:
            self._promised = self._promised - promised
            self._usage += spent

    def add(self, spent: Usage) -> None:
        """Count replies that cost nothing."""
        with self._lock:
            self._usage += spent


def _spent(what: str, option: str) -> ModelError:
    hint = f"raise the limit: {option}; or use fewer samples"
    return ModelError(
        f"this command may spend {what} on language models, and the next call could exceed that", hint=hint, fatal=True
    )


def _unpriced(request: Request) -> ModelError:
    hint = "give the translator a price in plot.yaml, or limit it by --max-tokens instead of --max-cost"
    return ModelError(f"'{request.entry.name}' has no price, so a cost limit can't be enforced", hint=hint, fatal=True)


def _at_most(request: Request) -> Usage:
    asked = sum(estimated_tokens(message.content) for message in request.messages)
    completion = Completion("", asked, request.entry.max_tokens)
    return Usage(
        attempts=1, prompt_tokens=asked, completion_tokens=request.entry.max_tokens, cost=completion.cost(request.entry)
    )
