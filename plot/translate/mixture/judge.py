"""A language model as a judge between two readings of an utterance, given their effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plot.errors import PlotError
from plot.llm import Request
from plot.llm.calls import Message, ModelError
from plot.translate.mixture.pooling.effects import effect_of
from plot.translate.mixture.pooling.pool import Pool, likeliest
from plot.translate.mixture.reply_weights import read_weights
from plot.translate.model import LanguageModel

TEMPLATE = "judge.md.j2"
SIDES = ("first", "second")
UNDECIDED = 0.5
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["weights", "reason"],
    "properties": {
        "weights": {
            "type": "object",
            "additionalProperties": False,
            "required": list(SIDES),
            "properties": {side: {"type": "number"} for side in SIDES},
        },
        "reason": {"type": "string"},
    },
}


class Judge:
    """Asks a language model, at a temperature of zero, which of two classes of a pool is what was meant."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._entry = model.entry.model_copy(update={"temperature": 0.0})

    def __call__(self, pool: Pool, one: int, two: int) -> float:
        """Return the probability that the model gives to the first; a reply that is none decides nothing.

        Raises ModelError where the model can't be asked.
        """
        request = Request(
            self._entry, (self._message(pool, one, two),), SCHEMA, 0, pool.world, f"judge: {pool.utterance[:60]}"
        )
        (reply,) = self._model.client.complete([request])
        if isinstance(reply, ModelError):
            raise reply
        if isinstance(reply, PlotError):
            return UNDECIDED
        try:
            weights, _ = read_weights(reply.text, SIDES)
        except PlotError:
            return UNDECIDED
        first, second = (weights.get(side, 0.0) for side in SIDES)
        return first / (first + second) if first + second > 0 else UNDECIDED

    def _message(self, pool: Pool, one: int, two: int) -> Message:
        discourse = pool.discourse
        if discourse is None:
            raise PlotError("a judge must know the conversation so far")
        votes = [[pool.votes[member] for member in pool.classes[number]] for number in (one, two)]
        readings = [found[likeliest([vote.share for vote in found])].reading for found in votes]
        world = discourse.world
        values = {
            "world": {"name": world.name, "description": world.description, "model": world.model.strip()},
            "told": [told.say for told in discourse.told],
            "utterance": pool.utterance,
            "readings": [
                {
                    "code": reading.code.strip(),
                    "paraphrase": reading.paraphrase,
                    "effect": effect_of(reading, discourse, self._model.seed, self._model.budget),
                }
                for reading in readings
            ],
        }
        return Message("user", self._model.prompts.render(TEMPLATE, values))


__all__ = ["Judge"]
