"""`plot ask`: questions about a world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plot._lazy import late
from plot.cli.shared.boundary import FAILED
from plot.cli.shared.chosen_world import ChosenWorld, chosen, is_world
from plot.cli.shared.output import error_object, shown_error, warn, write, write_json
from plot.cli.shared.screen import progress_bar
from plot.cli.shared.settings import Learned, conversation, texts
from plot.cli.shared.shown import show_answer, show_learned
from plot.cli.shared.translators import Translators, translators
from plot.errors import PlotError
from plot.files import STDIN
from plot.text import clean
from plot.worldfile.places import builtin_worlds

if TYPE_CHECKING:
    from plot import pictures
    from plot.cli.shared import started
    from plot.conversation import Conversation, World
    from plot.pictures import Rendered
    from plot.ways.session import Session
else:
    started = late("plot.cli.shared.started")
    pictures = late("plot.pictures")


def ask(world: str, question: tuple[str, ...], **options: Any) -> None:
    """Answer questions about a world, one after another."""
    with translators(options) as who:
        if options["goes_on"]:
            _go_on((world, *question), options, who)
            return
        found, questions = chosen(world, question, options, "a question", who)
        if options["picture"] is not None:
            _check_picture(options["picture"], found.world, len(questions))
        with found.explained():
            learned: list[Learned] = []
            talk = conversation(found.world, options, who, learned)
            show_learned(learned, options)
            talk.prepare(questions)
            if (question or (world,)) == (STDIN,):
                _ask_each(talk, questions, options, who, found)
                return
            for number, text in enumerate(questions):
                _ask(talk, text, options, who, found, gap=number > 0)


def _ask_each(
    talk: Conversation, questions: Sequence[str], options: Mapping[str, Any], who: Translators, found: ChosenWorld
) -> None:
    """Answer each of the questions that were read; one that is refused is told of, and makes the exit code 1."""
    refused = 0
    for number, text in enumerate(questions):
        try:
            _ask(talk, text, options, who, found, gap=number > 0)
        except PlotError as error:
            refused += 1
            if options["as_json"]:
                write_json({"question": text, **error_object(error)})
            else:
                warn(f"error: {shown_error(error)}\n  in the question: {clean(text)}")
    if refused:
        click.get_current_context().exit(FAILED)


def _go_on(words: tuple[str, ...], options: Mapping[str, Any], who: Translators) -> None:
    """Ask the user's last conversation, whose transcript goes on; a world before the questions is its own."""
    if options["see"] is not None or options["picture"] is not None:
        raise click.UsageError("--continue goes on with a transcript: leave out --see and --render.")
    session = started.continued(options, who)
    if is_world(words[0]):
        _check_about(words[0], session)
        words = words[1:]
        if not words:
            raise click.UsageError("Missing argument 'QUESTION...'.")
    questions = texts(words, "a question")
    session.talk.prepare(questions)
    for number, text in enumerate(questions):
        _ask(session, text, options, who, ChosenWorld(session.talk.world), gap=number > 0)
    for note in session.take_notes():
        warn(f"note: {note}")


def _check_about(world: str, session: Session) -> None:
    """Raise PlotError where the conversation is about another world than the one that is named."""
    about, known = session.transcript.world, builtin_worlds()
    if known.get(world, Path(world)).resolve() != known.get(about, Path(about)).resolve():
        hint = f"leave the world out to go on with it; begin another one: plot chat {clean(world)}"
        raise PlotError(f"the last conversation is about '{clean(about)}', not '{clean(world)}'", hint=hint)


def _ask(
    asked: Conversation | Session,
    text: str,
    options: Mapping[str, Any],
    who: Translators,
    found: ChosenWorld,
    *,
    gap: bool,
) -> None:
    if options["show_program"] and not options["as_json"]:
        write(asked.program(text))
    with progress_bar(not (options["as_json"] or options["quiet"])):
        answer = asked.ask(text, readings=options["readings"])
    drawn = answer.render(options["picture"]) if options["picture"] is not None and options["as_json"] else None
    line = found.line()
    if line is not None and not (gap or options["as_json"] or options["quiet"]):
        write(line)
    show_answer(answer, options, gap=gap, usage=who.usage, more=found.to_json())
    if options["picture"] is not None:
        _tell_picture(drawn or answer.render(options["picture"]), options)


def _check_picture(path: str, world: World, questions: int) -> None:
    """Refuse, before anything is inferred, a picture that can't be drawn."""
    if questions > 1:
        raise PlotError(
            "a picture shows the answer to one question", hint="ask the other questions in separate commands"
        )
    pictures.check_target(path, world.picture)


def _tell_picture(drawn: Rendered, options: Mapping[str, Any]) -> None:
    if not (options["as_json"] or options["quiet"]):
        of = f" ({drawn.worlds:,} sampled world{'s' if drawn.worlds > 1 else ''})" if drawn.worlds else ""
        write(f"picture: {drawn.path}{of}")
    if drawn.note is not None:
        warn(drawn.note)
