"""Conversations that go on from a transcript, with the settings of a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plot.cli.shared.settings import goal, method, tell_file, world_of
from plot.cli.shared.translators import Translators
from plot.conversation import Conversation
from plot.errors import PlotError
from plot.translate.stages import Cascade
from plot.ways.session import Session, SessionStart, last_file, resumed
from plot.ways.transcript import RecordedReadings, read


def starter(options: Mapping[str, Any], who: Translators) -> SessionStart:
    """Return what makes a conversation about a world by the options of a command."""

    def start(world: str, facts: bool, recorded: RecordedReadings) -> Conversation:
        found = world_of(world, options)
        aim = goal(options, found.budget)
        known = Cascade(((recorded,), who.of(aim.seed, aim.budget)))
        return found.conversation(facts=facts, translators=(known,), goal=aim, method=method(options))

    return start


def tell_given(session: Session, options: Mapping[str, Any]) -> None:
    """Tell a session what the options of a command give: files of facts, then what is given."""
    for path in options["facts_file"]:
        tell_file(session.tell, path)
    for text in options["given"]:
        session.tell(text)


def continued(options: Mapping[str, Any], who: Translators) -> Session:
    """Return the session that goes on from the user's last conversation. Raises PlotError where there is none."""
    file = last_file()
    if not file.is_file():
        raise PlotError("there is no conversation to go on with", hint="start one: plot chat tugofwar")
    session = resumed(read(file), starter(options, who), [file])
    tell_given(session, options)
    return session


__all__ = ["continued", "starter", "tell_given"]
