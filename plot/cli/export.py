"""`plot export`: what was told and asked as a script that runs without PLoT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plot.answers.samples import problem_of
from plot.answers.shifts import questions_about
from plot.answers.words import speller
from plot.cli.shared.output import write, write_json
from plot.cli.shared.settings import conversation, texts, world_of
from plot.cli.shared.translators import translators
from plot.errors import PlotError
from plot.export import python_script
from plot.files import write_text
from plot.translate.assemble import alone, assemble


def export(world: str, question: tuple[str, ...], out: str | None, to: str, **options: Any) -> None:
    """Write a script that samples the answers to questions, by default about those who were spoken of."""
    del to  # there is one format so far
    with translators(options) as who:
        talk = conversation(world_of(world, options), options, who)
        asked = [told for text in (texts(question, "a question") if question else []) for told in talk.translate(text)]
    if any(told.act != "question" for told in asked):
        raise PlotError("only questions are exported", hint="tell facts with --given")
    asked = asked or list(questions_about(talk.discourse, speller({})))
    if not asked:
        raise PlotError("there is nothing to ask", hint=f'give a question: plot export {world} "…" --to python')
    one = assemble(talk.discourse, alone(asked[0])).problem() if len(asked) == 1 else None
    program = (one or problem_of(talk.discourse, asked)).program
    script = python_script(program, [told.say for told in asked], talk.world.name)
    if out is not None:
        write_text(Path(out), script)
    if options["as_json"]:
        write_json({"script": script, "file": out})
    else:
        write(f"{out}: run it with `python {out}`" if out is not None else script.rstrip())
