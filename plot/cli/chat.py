"""`plot chat`: a conversation about a world, typed or from a pipe."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from plot.cli.shared.boundary import FAILED
from plot.cli.shared.output import shown_error, warn, write
from plot.cli.shared.screen import console, progress_bar
from plot.cli.shared.settings import goal
from plot.cli.shared.started import starter, tell_given
from plot.cli.shared.translators import translators
from plot.errors import PlotError
from plot.files import STDIN
from plot.ways.chat import Chat, ChatContext
from plot.ways.prompt import piped, typed
from plot.ways.session import Session, SessionStart, begun, last_file, resumed
from plot.ways.transcript import read

HISTORY = "chat-history"


def chat(world: str | None, resume: str | None, transcript: str | None, **options: Any) -> None:
    """Talk about a world until the input ends."""
    goal(options)  # a mistake in the options is told first
    with translators(options) as who:
        start = starter(options, who)
        session = _session(world, resume, transcript, options, start)
        tell_given(session, options)
        names = tuple(entry.name for entry in who.config.entries)
        talk = Chat(session, ChatContext(console(), start, _working, names, _complain))
        talk.tell_notes()
        if sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
            subject = session.talk.world
            write(f"{subject.name}: {subject.description}\n/help lists the commands; Ctrl-D ends.")
            talk.lines(typed(lambda: talk.prompt, talk.completions, last_file().with_name(HISTORY)))
            return
        talk.lines(piped())
        if talk.failed:
            click.get_current_context().exit(FAILED)


def _complain(error: PlotError) -> None:
    warn(f"error: {shown_error(error)}")


def _working() -> AbstractContextManager[None]:
    return progress_bar(True)


def _session(
    world: str | None, resume: str | None, transcript: str | None, options: Mapping[str, Any], start: SessionStart
) -> Session:
    """Return a new session, or one that goes on. Raises a usage error where neither is asked for."""
    kept = [last_file(), *([Path(transcript)] if transcript is not None else [])]
    if resume is None:
        if world is None:
            raise click.UsageError("Missing argument 'WORLD', or --resume FILE.")
        if transcript is not None and Path(transcript).is_file() and Path(transcript).stat().st_size:
            raise PlotError(
                f"'{transcript}' exists", hint=f"go on with it, --resume {transcript}; or give another file"
            )
        return begun(world, bool(options["facts"]), start, kept)
    if world is not None:
        raise click.UsageError("Give either WORLD or --resume FILE: a transcript names its world.")
    if resume == STDIN:
        raise click.UsageError("--resume takes a file: the conversation itself may come from the standard input.")
    return resumed(read(resume), start, [*kept, Path(resume)])
