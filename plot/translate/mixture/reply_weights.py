"""Weights in the reply of a model that judges worlds or readings: a JSON object, wherever it stands in the text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from plot.errors import PlotError
from plot.text import clean

MOST_REASON = 300
_THOUGHT = "</think>"


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


__all__ = ["read_weights"]
