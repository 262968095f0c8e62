"""The commands `ask`, `run` and `translate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.cli.output import warn, write, write_json
from plot.cli.routing import ChosenWorld, chosen
from plot.cli.screen import console, progress_bar
from plot.cli.settings import conversation, goal, method
from plot.cli.translators import Translators, translators
from plot.errors import PlotError
from plot.files import STDIN, read_text
from plot.scripts import deceptive
from plot.text import visible
from plot.translate.spelling import same_words

if TYPE_CHECKING:
    from rich import table as rich_table
    from rich import text as rich_text

    from plot import program
    from plot.answers import Answer, pictures
    from plot.answers.pictures import Rendered
    from plot.conversation import Conversation, World
    from plot.llm import Usage
    from plot.translate.base import Told
else:
    rich_table = late("rich.table")
    rich_text = late("rich.text")
    program = late("plot.program")
    pictures = late("plot.answers.pictures")


def ask(world: str, question: tuple[str, ...], **options: Any) -> None:
    """Answer questions about a world, one after another."""
    with translators(options) as who:
        found, questions = chosen(world, question, options, "a question", who)
        if options["picture"] is not None:
            _check_picture(options["picture"], found.world, len(questions))
        with found.explained():
            talk = conversation(found.world, options, who)
            for number, text in enumerate(questions):
                _ask(talk, text, options, who, found, gap=number > 0)


def _ask(
    talk: Conversation, text: str, options: Mapping[str, Any], who: Translators, found: ChosenWorld, *, gap: bool
) -> None:
    if options["show_program"] and not options["as_json"]:
        write(talk.program(text))
    with progress_bar(not (options["as_json"] or options["quiet"])):
        answer = talk.ask(text, readings=options["readings"])
    drawn = answer.render(options["picture"]) if options["picture"] is not None and options["as_json"] else None
    line = found.line()
    if line is not None and not (gap or options["as_json"] or options["quiet"]):
        write(line)
    _show(answer, options, gap=gap, usage=who.usage, more=found.to_json())
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


def run(file: str, **options: Any) -> None:
    """Run a program and answer each of its queries."""
    code = read_text(file, "a program")
    name = "standard input" if file == STDIN else file
    if options["show_program"] and not options["as_json"]:
        write(code)
    with progress_bar(not (options["as_json"] or options["quiet"])):
        answers = program.run_program(code, name, goal=goal(options), method=method(options))
    for number, answer in enumerate(answers):
        if len(answers) > 1 and not (options["as_json"] or options["quiet"]):
            write(("\n" if number else "") + f"query({answer.question})")
        _show(answer, options, gap=False)


def translate(world: str, utterance: tuple[str, ...], **options: Any) -> None:
    """Show the readings of utterances, each read after those before it."""
    said: list[Told] = []
    with translators(options) as who:
        found, utterances = chosen(world, utterance, options, "an utterance", who)
        with found.explained():
            talk = conversation(found.world, options, who)
            for text in utterances:
                for told in talk.translate(text):
                    said.append(told)
                    talk.add(told)
    line = found.line()
    if line is not None and not options["as_json"]:
        write(line)
    show_told(said, options, found.to_json())


def show_told(said: Sequence[Told], options: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> None:
    """Show utterances with their readings; in JSON, also what `more` there is to say."""
    notes = deceptive([told.say for told in said])
    if options["as_json"]:
        write_json({"utterances": [_told(told) for told in said], "warnings": notes, **(more or {})})
        return
    for note in notes:
        warn(f"note: {note}")
    for number, told in enumerate(said):
        write(("\n" if number else "") + f"“{told.say}” ({told.act})")
        for reading in told.readings:
            understood = f": {reading.understood}" if reading.understood is not None else ""
            write(f"  {reading.weight:.0%}  {reading.translator}{understood}")
            own = reading.paraphrase
            if own is not None and not (reading.understood and same_words(own, reading.understood.text)):
                write(f"      in the words of {reading.translator}: {own}")
            write("\n".join(f"      {line}" for line in reading.code.strip().splitlines()))


def _told(told: Told) -> dict[str, Any]:
    readings = [
        {
            "code": reading.code,
            "weight": reading.weight,
            "translator": reading.translator,
            "paraphrase": reading.understood.text if reading.understood is not None else None,
            "literal": reading.understood is not None and reading.understood.literal,
            "own_words": reading.paraphrase,
        }
        for reading in told.readings
    ]
    return {"say": told.say, "act": told.act, "readings": readings}


def _show(
    answer: Answer,
    options: Mapping[str, Any],
    *,
    gap: bool,
    usage: Usage | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    if options["as_json"]:
        shown = {**answer.to_json(), **(more or {})}
        if usage is not None:
            shown["usage"] = usage.to_json()
        if options["show_program"]:
            shown["program"] = answer.program
        if options["show_pyro"]:
            shown["sites"] = dict(answer.sites)
        write_json(shown)
        return
    if gap and not options["quiet"]:
        write("")
    screen = console()
    answer.show(screen, quiet=options["quiet"], code=options.get("show_code", False))
    if options["show_pyro"]:
        sites = rich_table.Table("site", "distribution", box=None, pad_edge=False, header_style="bold")
        for address, distribution in answer.sites.items():
            sites.add_row(rich_text.Text(visible(address)), rich_text.Text(visible(distribution)))
        screen.print()
        screen.print(sites)
