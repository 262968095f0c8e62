"""`plot run`: the answers of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.cli.shared.output import write
from plot.cli.shared.screen import progress_bar
from plot.cli.shared.settings import goal, method, tables_of
from plot.cli.shared.shown import show_answer
from plot.files import STDIN, read_text

if TYPE_CHECKING:
    from plot import program
else:
    program = late("plot.program")


def run(file: str, **options: Any) -> None:
    """Run a program and answer each of its queries."""
    code = read_text(file, "a program")
    name = "standard input" if file == STDIN else file
    if options["show_program"] and not options["as_json"]:
        write(code)
    with progress_bar(not (options["as_json"] or options["quiet"])):
        tables = tables_of(options)
        answers = program.run_program(code, name, goal=goal(options), method=method(options), data=tables)
    for number, answer in enumerate(answers):
        if len(answers) > 1 and not (options["as_json"] or options["quiet"]):
            write(("\n" if number else "") + f"query({answer.question})")
        show_answer(answer, options, gap=False)
