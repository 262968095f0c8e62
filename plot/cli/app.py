"""The program `plot`: its commands are declared here, and the code that does them is loaded when one runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import click

from plot import __version__
from plot.cli.boundary import PlotCommand, PlotGroup
from plot.cli.options import ANSWER, BY_HAND, GOAL, OUTPUT, PICTURE, SEED, TOLD


@click.group(cls=PlotGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="plot")
def main() -> None:
    """Ask a world model in plain English.

    What you say becomes a probabilistic program, the program becomes belief, and belief becomes an answer.

    \b
        plot ask tugofwar "Who is stronger, Tom or Mary?" --given "Mary beat Tom."

    Exit codes: 0 answered, 1 could not answer (and says why), 2 wrong usage.
    """


def _late(target: str) -> Callable[..., Any]:
    """Return the function `module:name`, imported when it is called: help needs none of it."""
    module, _, name = target.partition(":")

    def call(**params: Any) -> Any:
        return getattr(importlib.import_module(module), name)(**params)

    return call


def _add(name: str, target: str, params: tuple[click.Parameter, ...], summary: str, text: str = "") -> None:
    """Add a command to the program."""
    description = f"{summary}\n\n{text}" if text else summary
    main.add_command(
        PlotCommand(name, params=list(params), callback=_late(target), help=description, short_help=summary)
    )


def _argument(name: str, *, many: bool = False) -> click.Argument:
    return click.Argument([name], nargs=-1 if many else 1, required=True)


_WORLD = "WORLD is a file, or the name of a built-in world (see `plot worlds`)."

_add(
    "ask",
    "plot.cli.asking:ask",
    (_argument("world"), _argument("question", many=True), *TOLD, *GOAL, *ANSWER, PICTURE, *OUTPUT),
    "Answer questions about a world.",
    f"{_WORLD} Each QUESTION is a text in quotes; `-` reads them from the standard input, one a line.",
)
_add(
    "translate",
    "plot.cli.asking:translate",
    (_argument("world"), _argument("utterance", many=True), *TOLD, SEED, *OUTPUT),
    "Show what utterances are taken to mean, as code.",
    f"{_WORLD} Each UTTERANCE is a text in quotes, read after those before it; `-` reads them from the "
    "standard input. Of several readings, each has its weight.",
)
_add(
    "run",
    "plot.cli.asking:run",
    (_argument("file"), *GOAL, *ANSWER, *OUTPUT),
    "Run a program and answer each of its queries.",
    "FILE is a text file (`.plot`, by convention); `-` is the standard input.",
)
_add(
    "check",
    "plot.cli.checking:check",
    (_argument("world", many=True), *GOAL, *OUTPUT),
    "Check worlds: their models, facts, examples and tests.",
    f"{_WORLD} Every fact must be understood, every example be translated to what its code means, and every "
    "test get the answer that it expects. The exit code is 1 where anything fails.",
)
_add("worlds", "plot.cli.listing:worlds", OUTPUT, "List the built-in worlds.")
_add(
    "serve-by-hand",
    "plot.cli.by_hand:serve_by_hand",
    (_argument("folder"), *BY_HAND, *OUTPUT),
    "Serve a model whose replies you write.",
    "An endpoint for clients of OpenAI, on this machine only. Every request becomes a file in FOLDER; a file beside it "
    "is the reply, now and whenever the same is asked again. Ctrl-C ends it.",
)
