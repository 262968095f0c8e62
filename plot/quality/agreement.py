"""Agreement of a translation with a reference, compared on the same prior samples."""

from __future__ import annotations

from plot.conversation import Conversation
from plot.language import check, parse
from plot.language.syntax.nodes import ProgramNode
from plot.translate.assemble import context_of, united
from plot.translate.base import Reading, Told
from plot.translate.readings import settle

REFERENCE = "the example"


def agreement(talk: Conversation, told: Told, code: str) -> float:
    """Return the weight of the readings that mean what `code` means (see `agreeing`)."""
    return sum(reading.weight for reading in agreeing(talk, told, code))


def agreeing(talk: Conversation, told: Told, code: str) -> tuple[Reading, ...]:
    """Return the readings of an utterance that mean what `code` means after what was said before.

    Raises PlotError where `code` is no program of this world.
    """
    names = united(talk.names, (name for reading in told.readings for name in reading.names))
    context = context_of(talk.discourse, names)
    wanted = Reading(told.act, code, 1.0, REFERENCE, events=told.readings[0].events)
    check(ProgramNode(body=context.body + parse(code, REFERENCE).body))
    goal = talk.goal
    found: list[Reading] = []
    for reading in told.readings:
        pair = (wanted, Reading(wanted.act, reading.code, 1.0, reading.translator, events=wanted.events))
        settled = settle(pair, context, source=REFERENCE, names=names, seed=goal.seed, budget=goal.budget)
        if len(settled.readings) == 1 and not settled.dropped:
            found.append(reading)
    return tuple(found)
