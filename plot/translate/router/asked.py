"""A language model as a router: it is told the worlds and the conversation, and replies with weights."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from plot.errors import PlotError
from plot.llm import Client, Entry, Request
from plot.llm.calls import Message
from plot.text import clean
from plot.translate.model.prompts import Prompts
from plot.translate.router.base import MOST_NEAREST, Reason, Routing, ordered
from plot.translate.router.domains import Domain

TEMPLATE = "route.md.j2"
MOST_LINES = 3  # examples of each world that are shown
MOST_LETTERS = 4_000
MOST_REASON = 300
_THOUGHT = "</think>"
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
        reasons = (Reason("model", reason, best, found[best]),) if reason else ()
        return Routing(self.name, found, not total, reasons, tuple(list(found)[:MOST_NEAREST]))


def read_weights(text: str, worlds: Sequence[str]) -> tuple[dict[str, float], str]:
    """Return the weights and the reason in a reply: a JSON object, wherever it stands in the text.

    Names may differ in case, dashes and blanks; weights may be per cent, or texts. Raises PlotError without any.

    >>> read_weights('Sure: {"weights": {"Tug-of-War": "90%", "olympics": 0.1}}', ["tugofwar", "olympics"])
    ({'tugofwar': 0.9, 'olympics': 0.1}, '')
    """
    found = _object_in(text.rpartition(_THOUGHT)[2])
    known = {_bare(world): world for world in worlds}
    weights: dict[str, float] = {}
    strange = []
    for name, amount in found["weights"].items():
        world = known.get(_bare(str(name)))
        if world is None:
            strange.append(str(name))
        else:
            weights[world] = _number(amount, str(name))
    if strange and not any(weights.values()):
        hint = f"the worlds are {', '.join(worlds)}"
        raise PlotError(f"the model's reply names an unknown world: {clean(strange[0][:60])}", hint=hint)
    return weights, clean(str(found.get("reason") or ""))[:MOST_REASON]


def _object_in(text: str) -> dict[str, Any]:
    """Return the first JSON object in a text that has weights."""
    decoder = json.JSONDecoder(strict=False)
    for match in re.finditer(r"\{", text):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and isinstance(found.get("weights"), dict):
            return found
    hint = 'it should be {"weights": {"WORLD": 0.9, …}, "reason": "…"}; try another model, or --router learned'
    raise PlotError("the model's reply has no weights of worlds", hint=hint)


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _number(amount: Any, name: str) -> float:
    said = str(amount).strip()
    try:
        value = float(said.rstrip("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if isinstance(amount, bool) or not math.isfinite(value) or value < 0:
        raise PlotError(f"the model's weight of '{clean(name[:60])}' is not a number: {clean(said[:40])}")
    return value


__all__ = ["SCHEMA", "Asked", "read_weights"]
