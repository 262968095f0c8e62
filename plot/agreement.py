"""Does a translation mean what a reference means? Both are run on the same particles of the prior and compared."""

from __future__ import annotations

from plot.conversation import Conversation
from plot.language import check, parse
from plot.language.nodes import Program
from plot.translate.assemble import list_of_names
from plot.translate.base import Reading, Told
from plot.translate.readings import settle

REFERENCE = "the example"


def agreement(talk: Conversation, told: Told, code: str) -> float:
    """Return the weight of the readings of an utterance that mean what `code` means after what was said before.

    Raises PlotError where `code` is no program of this world.
    """
    names = tuple(dict.fromkeys([*talk.names, *(name for reading in told.readings for name in reading.names)]))
    lists = tuple(statement for item in talk.world.name_lists for statement in list_of_names(item, names).body)
    said = parse(talk.program(), "what was said before").body  # begins with the same lists, of fewer names
    context = Program(body=(*lists, *said[len(lists) :]))
    wanted = Reading(told.act, code, 1.0, REFERENCE, events=told.readings[0].events)
    check(Program(body=context.body + parse(code, REFERENCE).body))
    goal, agreed = talk.goal, 0.0
    for reading in told.readings:
        pair = (wanted, Reading(wanted.act, reading.code, 1.0, reading.translator, events=wanted.events))
        settled = settle(pair, context, source=REFERENCE, names=names, seed=goal.seed, budget=goal.budget)
        agreed += reading.weight if len(settled.readings) == 1 and not settled.dropped else 0.0
    return agreed
