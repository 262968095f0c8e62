"""A language model as a router: it is told the worlds and the conversation, and replies with weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plot.errors import PlotError
from plot.llm import Client, Entry, Request
from plot.llm.calls import Message
from plot.routing.base import MOST_NEAREST, Routing, RoutingReason, ordered
from plot.routing.domains import Domain
from plot.translate.mixture.reply_weights import read_weights
from plot.translate.model.prompts import Prompts

TEMPLATE = "route.md.j2"
MOST_LINES = 3  # examples of each world that are shown
MOST_LETTERS = 4_000
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["weights", "reason"],
    "properties": {
        "weights": {"type": "object", "additionalProperties": {"type": "number"}},
        "reason": {"type": "string"},
    },
}


class Asked:
    """Asks a language model, once for a conversation; where its weights name no world, it abstains.

    Args:
        domains: What the model is told of each world.
        entry: The model.
        client: What asks it.
        prompts: The templates of its prompts; by default those of the entry.

    Attributes:
        name: What tables and options call it.
    """

    name = "asked"

    def __init__(self, domains: Sequence[Domain], entry: Entry, client: Client, prompts: Prompts | None = None) -> None:
        self.domains = tuple(domains)
        self._entry = entry.model_copy(update={"temperature": 0.0})
        self._client = client
        self._prompts = prompts or Prompts(entry.prompts)

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the weights that the model gives.

        Raises:
            PlotError: The conversation is too long, the model can't be asked, or its reply can't be used.
        """
        said = "\n".join(utterances)
        if len(said) > MOST_LETTERS:
            message = f"this is too long for routing by a model: {len(said):,} characters"
            raise PlotError(message, hint="name the world, or use --router learned")
        schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "weights": self._weights_schema()}}
        request = Request(self._entry, (self._message(utterances),), schema, purpose=f"route: {said[:60]}")
        (reply,) = self._client.complete([request])
        if isinstance(reply, PlotError):
            raise reply
        weights, reason = read_weights(reply.text, [one.name for one in self.domains])
        return self._routing(weights, reason)

    def _weights_schema(self) -> Mapping[str, Any]:
        names = [one.name for one in self.domains]
        return {
            "type": "object",
            "additionalProperties": False,
            "required": names,
            "properties": {name: {"type": "number"} for name in names},
        }

    def _message(self, utterances: Sequence[str]) -> Message:
        worlds = [
            {"name": one.name, "description": one.description, "lines": list(one.lines[:MOST_LINES])}
            for one in self.domains
        ]
        return Message("user", self._prompts.render(TEMPLATE, {"worlds": worlds, "said": list(utterances)}))

    def _routing(self, weights: Mapping[str, float], reason: str) -> Routing:
        total = sum(weights.values())
        share = 1 / len(self.domains)
        scores = {one.name: weights.get(one.name, 0.0) / total if total else share for one in self.domains}
        found = ordered(scores)
        best = next(iter(found))
        reasons = (RoutingReason("model", reason, best, found[best]),) if reason else ()
        return Routing(self.name, found, not total, reasons, tuple(list(found)[:MOST_NEAREST]))


__all__ = ["SCHEMA", "Asked"]
