"""`plot check`: the facts, examples and tests of worlds, one table each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from plot.cli.shared.boundary import FAILED
from plot.cli.shared.output import error_object, shown_error, write, write_json
from plot.cli.shared.screen import console
from plot.cli.shared.settings import goal, method, world_of
from plot.errors import PlotError
from plot.files import STDIN, read_text
from plot.program import Program
from plot.quality.check import CheckResult, check_world
from plot.quality.sameness import same_meaning
from plot.text import visible


def check(world: tuple[str, ...], same_as: str | None = None, **options: Any) -> None:
    """Check worlds, or compare programs with a solution; end with exit code 1 where anything fails."""
    goal(options)  # a mistake in the options is told first
    if same_as is None:
        results = [_checked(name, partial(_world, name, options), options) for name in world]
    else:
        solution = _program(same_as)
        results = [_checked(name, partial(_compared, solution, name, options), options) for name in world]
    if options["as_json"]:
        write_json({"worlds": results})
    if not all(result["ok"] for result in results):
        click.get_current_context().exit(FAILED)


def _checked(name: str, find: Callable[[], list[CheckResult]], options: Mapping[str, Any]) -> dict[str, Any]:
    """Check one file, show the outcome unless JSON was asked for, and return it."""
    try:
        outcomes = find()
    except PlotError as error:
        if not options["as_json"]:
            write(f"{name}: can't be checked\n{shown_error(error)}\n")
        return {"world": name, "ok": False, "outcomes": [], **error_object(error)}
    if not options["as_json"]:
        _print(name, outcomes)
    rows = [{"kind": one.kind, "subject": one.subject, "ok": one.ok, "detail": one.detail} for one in outcomes]
    return {"world": name, "ok": all(one.ok for one in outcomes), "outcomes": rows}


def _world(name: str, options: Mapping[str, Any]) -> list[CheckResult]:
    world = world_of(name, options)
    return list(check_world(world, goal(options, world.budget), method(options)))


def _compared(solution: Program, name: str, options: Mapping[str, Any]) -> list[CheckResult]:
    other = _program(name)
    try:
        return list(same_meaning(solution, other, goal(options), method(options)))
    except PlotError as error:
        message = f"the solution can't be answered: {error.message}"
        raise PlotError(message, hint=error.hint, span=error.span, where=error.where) from error


def _program(file: str) -> Program:
    return Program.parse(read_text(file, "a program"), "standard input" if file == STDIN else file)


def _print(name: str, outcomes: Sequence[CheckResult]) -> None:
    table = Table.grid(padding=(0, 2))
    for width in (None, None, 44, None):
        table.add_column(max_width=width)
    for one in outcomes:
        sign = Text("ok", style="green") if one.ok else Text("FAILED", style="bold red")
        table.add_row(sign, one.kind, Text(visible(one.subject)), Text(visible(one.detail)))
    failed = sum(not one.ok for one in outcomes)
    screen = console()
    screen.print(Text(visible(name), style="bold"))
    screen.print(table)
    screen.print(Text(f"{len(outcomes)} checks, {failed} failed\n"))
