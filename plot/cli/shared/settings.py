"""From options to settings: a goal of inference, a conversation, the input texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plot._lazy import late
from plot.answers.shifts import Shift
from plot.cli.shared.translators import Translators
from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.files import STDIN, read_text
from plot.inference import METHODS, Goal
from plot.language import Budget
from plot.translate.base import Told

Learned = tuple[Sequence[Told], Sequence[Shift]]

if TYPE_CHECKING:
    from plot import tables
    from plot.language.syntax.tables import Table
else:
    tables = late("plot.tables")


def goal(options: Mapping[str, Any], budget: Budget | None = None) -> Goal:
    """Return the goal that the options ask for; `budget` is the world's. A bad limit is a usage error."""
    wanted = {
        "precision": options.get("precision"),
        "seconds": options.get("budget_seconds"),
        "particles": options.get("particles"),
    }
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    given["device"] = options.get("device") or "cpu"
    return Goal(seed=options["seed"], budget=(budget or Budget()).merged(_limits(options)), **given)


def world_of(name: str | Path, options: Mapping[str, Any]) -> World:
    """Return a world, whose model may be as large as the options say. A bad limit is a usage error."""
    world = World.load(name, _limits(options))
    return world.with_data(tables_of(options)) if options.get("data") else world


def tables_of(options: Mapping[str, Any]) -> dict[str, Table]:
    """Return the tables that the options give, by name; one without a name is called like its file."""
    found: dict[str, Table] = {}
    for given in options.get("data", ()):
        name, sign, path = given.partition("=")
        if not sign:
            name, path = Path(given).stem, given
        if not name.strip() or not path.strip():
            raise click.BadParameter(f"{given!r} is not of the form NAME=FILE.", param_hint="'--data'")
        if name.strip() in found:
            raise click.BadParameter(f"two tables are called {name.strip()!r}.", param_hint="'--data'")
        found[name.strip()] = tables.read_table(path.strip(), name.strip())
    return found


def _limits(options: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for limit in options.get("limits", ()):
        name, sign, amount = limit.partition("=")
        if not sign:
            message = f"{limit!r} is not of the form NAME=VALUE, such as seconds=30."
            raise click.BadParameter(message, param_hint="'--budget'")
        found[name.strip()] = amount
        try:
            Budget().merged({name.strip(): amount})
        except PlotError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise click.BadParameter(error.message + hint, param_hint="'--budget'") from None
    return found


def method(options: Mapping[str, Any]) -> str:
    """Return the name of the method of inference. Raises a usage error for one that is not known."""
    name: str = options.get("method", "auto")
    if name not in ("auto", *METHODS):
        known = ", ".join(["auto", *METHODS])
        raise click.BadParameter(f"{name!r} is not one of {known}.", param_hint="'--method'")
    return name


def conversation(
    world: World, options: Mapping[str, Any], who: Translators, learned: list[Learned] | None = None
) -> Conversation:
    """Return a conversation in which all was told: the world's facts, then files, a picture, then what is given.

    What extends the world is added to `learned`, with the beliefs that it changes.
    """
    aim = goal(options, world.budget)
    known = who.of(aim.seed, aim.budget)
    talk = world.conversation(facts=options["facts"], translators=known, goal=aim, method=method(options))
    for path in options["facts_file"]:
        tell_file(talk.tell, path)
    if options.get("see") is not None:
        talk.see(options["see"])
    for text in options["given"]:
        before = talk.world
        said = talk.tell(text, revise=options.get("revise", False))
        if learned is not None and talk.world is not before:
            learned.append((said, talk.shifts()))
    return talk


def tell_file(tell: Callable[[str], object], path: str) -> None:
    """Tell each line of a file; lines that begin with # are comments. Raises PlotError with the place of the line."""
    for number, line in enumerate(read_text(path, "a file of facts").splitlines(), 1):
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        try:
            tell(said)
        except PlotError as error:
            place = f"{'standard input' if path == STDIN else path}, line {number}"
            raise PlotError(error.message, hint=error.hint, span=error.span, where=place) from error


def texts(words: tuple[str, ...], what: str) -> list[str]:
    """Return the texts of a command: words without quotes are one text, and `-` reads lines without comments (#)."""
    if words == (STDIN,):
        lines = [line.strip() for line in read_text(STDIN, what).splitlines()]
        found = [line for line in lines if line and not line.startswith("#")]
        if not found:
            raise PlotError("the standard input is empty", hint=f"write {what} per line")
        return found
    if len(words) > 1 and not any(" " in word.strip() for word in words):
        return [" ".join(words)]
    return list(words)
