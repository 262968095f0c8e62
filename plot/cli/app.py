"""Declarations of the commands of `plot`; their code is loaded when one runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import click

from plot import __version__
from plot.cli.shared.boundary import PlotCommand, PlotGroup
from plot.cli.shared.options import (
    ANSWER,
    BATCH,
    BY_HAND,
    DATA,
    GOAL,
    MCP,
    MODELS,
    OUTPUT,
    PICTURE,
    READINGS,
    ROUTE,
    SEED,
    SPENDING,
    TOLD,
    YES,
)


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


def _argument(name: str, *, many: bool = False, required: bool = True) -> click.Argument:
    return click.Argument([name], nargs=-1 if many else 1, required=required)


_WORLD = "WORLD is a file, or the name of a built-in world (see `plot worlds`)."

_add(
    "ask",
    "plot.cli.ask:ask",
    (
        _argument("world"),
        _argument("question", many=True, required=False),
        click.Option(
            ["--continue", "-c", "goes_on"],
            is_flag=True,
            help="Go on with the last conversation of `plot chat`, or of this option; WORLD may be left out.",
        ),
        *TOLD,
        *GOAL,
        *ANSWER,
        READINGS,
        PICTURE,
        *MODELS,
        *SPENDING,
        *OUTPUT,
    ),
    "Answer questions about a world.",
    f"{_WORLD} Each QUESTION is a text in quotes; `-` reads them from the standard input, one per line: "
    "lines that begin with # are comments, and a question that is refused does not keep the others. For a folder "
    "of worlds, or if a QUESTION is the only argument, PLoT finds the world that it is about (see `plot route`).",
)
_add(
    "chat",
    "plot.cli.chat:chat",
    (
        _argument("world", required=False),
        click.Option(["--resume"], metavar="FILE", help="Go on with a transcript, and keep it there."),
        click.Option(["--transcript"], metavar="FILE", help="Keep the transcript in FILE too, as Markdown."),
        *(option for option in TOLD if option.name != "see"),
        *GOAL,
        *MODELS,
        *SPENDING,
        *(option for option in OUTPUT if option.name != "as_json"),
    ),
    "Talk about a world: tell, ask, suppose, undo.",
    f"{_WORLD} A statement is told, a question answered; /help lists the commands. Lines may come from a pipe. What is "
    "said is kept, so that `plot ask -c` goes on with it.",
)
_add(
    "translate",
    "plot.cli.translate:translate",
    (_argument("world"), _argument("utterance", many=True, required=False), *TOLD, SEED, *MODELS, *SPENDING, *OUTPUT),
    "Show how utterances are understood, as code.",
    f"{_WORLD} Each UTTERANCE is a text in quotes, read in the context of the previous ones; `-` reads them from the "
    "standard input. Several readings are shown with their weights.",
)
_add(
    "route",
    "plot.cli.route:route",
    (_argument("utterance", many=True), *ROUTE, SEED, *MODELS, *SPENDING[4:], *OUTPUT),
    "Show which world a conversation is about, and why.",
    "The UTTERANCEs are one conversation. A router gives each world a probability, with its reasons, and abstains "
    "if it seems to be about none of them.",
)
_add(
    "discover",
    "plot.cli.discover:discover_command",
    (
        _argument("statements"),
        click.Option(
            ["--clusters"],
            default="auto",
            metavar="N",
            help="Number of domains; auto (the default): the smallest number that predicts well.",
        ),
        SEED,
        *OUTPUT,
    ),
    "Find the domains in a file of statements.",
    "STATEMENTS is a text file with one statement per line; `-` is the standard input. Each domain is shown with its "
    "characteristic words and the statements nearest its centre.",
)
_add(
    "run",
    "plot.cli.run:run",
    (_argument("file"), DATA, *GOAL, *ANSWER, *OUTPUT),
    "Run a program and answer each of its queries.",
    "FILE is a text file (`.plot`, by convention); `-` is the standard input.",
)
_add(
    "check",
    "plot.cli.check:check",
    (
        _argument("world", many=True),
        click.Option(
            ["--same-as"],
            metavar="SOLUTION",
            help="Compare programs with this one: each WORLD is a program, whose queries must have the same posterior.",
        ),
        *GOAL,
        *OUTPUT,
    ),
    "Check worlds: their models, facts, examples and tests.",
    f"{_WORLD} Every fact must be understood, every example must translate to code with the same meaning, "
    "and every test must get the answer that it expects. The exit code is 1 if anything fails.",
)
_add(
    "graph",
    "plot.cli.graph:graph",
    (
        _argument("world"),
        *TOLD,
        click.Option(["--out", "-o"], metavar="FILE", help="Write it to a file: .png, .svg, or .dot (Graphviz)."),
        SEED,
        *MODELS,
        *SPENDING,
        *OUTPUT,
    ),
    "Show the causal graph of a world, or of a program.",
    f"{_WORLD} A program is a file that ends in .plot. Each variable is shown with its direct causes; what was told is "
    "marked as observed, and what `do` sets as set.",
)
_add(
    "batch",
    "plot.cli.batch:batch",
    (_argument("file"), *BATCH, SEED, *GOAL[1:4], GOAL[5], *OUTPUT),
    "Answer the questions of many vignettes, and write a table.",
    "FILE is JSON lines, or CSV if it ends in .csv: each row has an id, a world, statements and questions. The table "
    "has one row a question; a bad row fails alone. After an interruption the same command goes on where it was.",
)
_add(
    "mcp",
    "plot.cli.mcp:mcp",
    (*MCP, SEED, GOAL[2], *OUTPUT[1:]),
    "Serve worlds as tools of a language model (MCP).",
    "Hosts such as editors and desktop assistants start it and talk over its standard streams; with --http it serves "
    "this machine only, to those who have the token. Tools: tell, ask, suppose, why, run, worlds, check, card, graph.",
)
_add(
    "build",
    "plot.cli.build:build",
    (
        _argument("description"),
        click.Option(["--out", "-o"], metavar="FILE", help="Write the world to a file, which replaces it."),
        *OUTPUT,
    ),
    "Build a world from a description in controlled English.",
    "DESCRIPTION is a text in quotes, a file, or `-` for the standard input: “There are players. Each player has a "
    "strength, around 50, give or take 20. …” A sentence that can't be built from is refused with the nearest form.",
)
_add(
    "save",
    "plot.cli.save:save",
    (
        _argument("world"),
        click.Option(["--out", "-o"], metavar="FILE", help="Write the world to a file, which replaces it."),
        *TOLD,
        SEED,
        *MODELS,
        *SPENDING,
        *OUTPUT,
    ),
    "Write a world with the knowledge that is told to it.",
    f"{_WORLD} What is --given extends its model and words (“Kids are half as strong.”), or becomes a fact.",
)
_add(
    "export",
    "plot.cli.export:export",
    (
        _argument("world"),
        _argument("question", many=True, required=False),
        click.Option(["--to"], type=click.Choice(["python"]), default="python", help="The language of the script."),
        click.Option(["--out", "-o"], metavar="FILE", help="Write the script to a file, which replaces it."),
        *TOLD,
        SEED,
        *MODELS,
        *SPENDING,
        *OUTPUT,
    ),
    "Write a script that samples the answers without PLoT.",
    f"{_WORLD} The script is a rejection sampler in plain Python, standard library only. It answers each QUESTION, by "
    "default what is known of those who were mentioned; interventions and engines can't be exported.",
)
_add("worlds", "plot.cli.worlds:worlds", OUTPUT, "List the built-in worlds.")
_add(
    "words",
    "plot.cli.words:words",
    (_argument("world"), *OUTPUT),
    "Show what can be said in a world, with examples.",
    f"{_WORLD} A world's words are those of its lexicon; a world without one has the words that the names, parameters "
    "and docstrings of its model give. Functions that no word speaks of are told with the reason.",
)
_add(
    "serve-by-hand",
    "plot.cli.model.serve_by_hand:serve_by_hand",
    (_argument("folder"), *BY_HAND, *OUTPUT),
    "Serve a language model whose replies you write yourself.",
    "An OpenAI-compatible endpoint, on this machine only. Every request becomes a file in FOLDER; a file next to it "
    "is the reply, now and whenever the same request comes again. Ctrl-C stops it.",
)
_add(
    "models",
    "plot.cli.model.models:models",
    (
        *MODELS,
        click.Option(
            ["--ping"], is_flag=True, help="Ask each endpoint which models it serves, and each model for a short reply."
        ),
        click.Option(
            ["--allow"],
            multiple=True,
            metavar="NAME",
            help="Allow a translator of the project's plot.yaml to use the host and the key that it names.",
        ),
        YES,
        *OUTPUT,
    ),
    "List the language models that are configured.",
    "Options come before the environment (PLOT_MODEL, OPENAI_BASE_URL, OPENAI_API_KEY), that before plot.yaml of the "
    "project, and that before the user's own plot.yaml. An OpenAI key is sent to OpenAI only. What a project's "
    "plot.yaml says of hosts and keys counts where you allow it.",
)
_add(
    "prompt",
    "plot.cli.model.prompt:prompt",
    (
        _argument("world"),
        _argument("utterance", many=True),
        click.Option(
            ["--grammar", "notation"],
            type=click.Choice(("gbnf", "lark", "schema")),
            help="Print what constrains the replies to each utterance instead: a grammar, or a JSON schema.",
        ),
        *TOLD,
        SEED,
        *MODELS,
        *OUTPUT,
    ),
    "Print the prompt for a language model without sending it.",
    f"{_WORLD} What is --given is read by the grammar, from memory, and from the cache.",
)
_add(
    "log",
    "plot.cli.model.log:log",
    (
        click.Option(
            ["--last", "-n"], type=click.IntRange(1), default=20, metavar="N", help="How many calls, 20 by default."
        ),
        click.Option(["--show"], type=int, metavar="ID", help="Show one call in full: the request and the reply."),
        click.Option(["--clear"], is_flag=True, help="Empty the log and the cache."),
        *OUTPUT,
    ),
    "Show the last calls of language models, with their tokens and cost.",
)
_add(
    "tune",
    "plot.cli.model.tune:tune",
    (
        _argument("world", many=True),
        click.Option(
            ["--data"], metavar="FILE", help="Utterances as JSON, one object a line: say, code, and given if any."
        ),
        click.Option(["--forget"], is_flag=True, help="Forget what was learned for the ensemble."),
        click.Option(
            ["--spend"],
            type=click.FloatRange(0),
            metavar="X",
            help="Average cost allowed per utterance, by the prices in plot.yaml, or in replies; by default "
            "the cheapest that is not measurably worse than the best.",
        ),
        SEED,
        *MODELS,
        *SPENDING,
        *OUTPUT,
    ),
    "Fit the weights of several models' readings.",
    "Each WORLD's examples (or --data) are translated by all models, none of which is shown the example; the "
    "gain is measured on held-out utterances.",
)
_add(
    "memory",
    "plot.cli.model.memory:memory",
    (
        _argument("world", required=False),
        _argument("utterance", many=True, required=False),
        click.Option(
            ["--forget"], is_flag=True, help="Forget the UTTERANCE, or all that is remembered of the world, or all."
        ),
        *TOLD,
        SEED,
        *MODELS,
        *SPENDING,
        *OUTPUT,
    ),
    "Show or confirm remembered translations.",
    "With an UTTERANCE, its translation is shown and confirmed: further sentences of the same form need no call.",
)
_add(
    "forget",
    "plot.cli.forget:forget",
    (
        click.Argument(
            ["what"],
            nargs=-1,
            required=False,
            type=click.Choice(["cache", "log", "memory", "learned", "damaged", "allowed", "all"]),
        ),
        YES,
        *OUTPUT,
    ),
    "List the data stored on this machine, or remove it.",
    "Without WHAT, the stored data are listed with their place and size. SECURITY.md describes what they may contain.",
)
_add(
    "eval",
    "plot.cli.model.eval:evaluate_command",
    (
        _argument("world", many=True),
        click.Option(
            ["--translator", "wanted"],
            multiple=True,
            metavar="NAME",
            help="A translator to evaluate, or 'grammar'; repeatable.",
        ),
        click.Option(
            ["--data"], metavar="FILE", help="Utterances as JSON, one object a line: say, code, and given if any."
        ),
        click.Option(
            ["--fail-under"],
            type=click.FloatRange(0, 1),
            metavar="SHARE",
            help="Fail where a translator is right less often than this, such as .95.",
        ),
        SEED,
        *MODELS,
        *SPENDING,
        *OUTPUT,
    ),
    "Measure how often translators get the meaning right.",
    f"{_WORLD} Each example of the world is translated by a model that has not seen it, and compared by meaning.",
)
