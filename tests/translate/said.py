"""Sentences translated by the grammar alone, after others were told: what the tests of the grammar share."""

from __future__ import annotations

from dataclasses import replace

from plot.translate.base import Discourse, Reading, Told
from plot.translate.grammar import Grammar
from plot.world import WorldSpec

GRAMMAR = Grammar()


def translate(world: WorldSpec, say: str, *told: str) -> tuple[Reading, ...]:
    """Return the readings of a sentence after others were told."""
    discourse = Discourse(world)
    for before in told:
        discourse = extended(discourse, before, GRAMMAR.translate(before, discourse))
    return GRAMMAR.translate(say, discourse)


def extended(discourse: Discourse, say: str, readings: tuple[Reading, ...]) -> Discourse:
    """Return a discourse after an utterance with these readings."""
    mentioned = [name for reading in readings for name in reading.names]
    return replace(
        discourse,
        told=(*discourse.told, Told(say, readings[0].act, readings)),
        names=tuple(dict.fromkeys([*discourse.names, *mentioned])),
        events=discourse.events + max(reading.events for reading in readings),
        salient=tuple(dict.fromkeys([*reversed(mentioned), *discourse.salient])),
    )


def code(world: WorldSpec, say: str, *told: str) -> str:
    """Return the code of a sentence that has one reading."""
    (reading,) = translate(world, say, *told)
    return reading.code.strip()
