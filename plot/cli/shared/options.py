"""The options of the commands, in groups."""

from __future__ import annotations

import math
from collections.abc import Callable

import click

MOST_SEED = 2**63 - 1
MOST_PARTICLES = 10**9
MOST_PORT = 65_535


def _positive(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is not a finite number above 0.", param=param)
    return value


def _below_one(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and value >= 1:
        raise click.BadParameter(f"{value:g} is not below 1.", param=param)
    return _positive(ctx, param, value)


Check = Callable[[click.Context, click.Parameter, int | None], int | None]


def _up_to(most: int, *, least: int) -> Check:
    """Return the check of a whole number; click's own type shows its bounds in the help."""

    def checked(_: click.Context, param: click.Parameter, value: int | None) -> int | None:
        if value is not None and not least <= value <= most:
            raise click.BadParameter(f"{value} is not from {least} to {most:,}.", param=param)
        return value

    return checked


SEED = click.Option(
    ["--seed"],
    type=int,
    callback=_up_to(MOST_SEED, least=0),
    metavar="N",
    default=0,
    help="Random seed, 0 by default.",
)
DATA = click.Option(
    ["--data"],
    multiple=True,
    metavar="NAME=FILE",
    help='A table (CSV, JSON lines or Parquet) that the program reads as data("NAME"); repeatable.',
)
TOLD = (
    click.Option(["--given", "-g"], multiple=True, metavar="TEXT", help="A fact or observation; repeatable."),
    click.Option(
        ["--revise"],
        is_flag=True,
        help="Let knowledge that is --given replace what it contradicts, else an error.",
    ),
    click.Option(["--facts/--no-facts"], default=True, help="Whether to include the world's own facts."),
    click.Option(
        ["--facts-file"],
        multiple=True,
        metavar="FILE",
        help="A file of facts and observations: one utterance per line; lines that begin with # are comments.",
    ),
    click.Option(["--see"], metavar="FILE", help="A picture of the world as a camera sees it, as an observation."),
    DATA,
)
GOAL = (
    SEED,
    click.Option(
        ["--precision"],
        type=float,
        callback=_below_one,
        help="Target standard error of a probability, 0.005 by default; for a number, twice that in posterior "
        "standard deviations.",
    ),
    click.Option(
        ["--budget-seconds"],
        type=float,
        callback=_positive,
        help="Time limit of an answer in seconds, 10 by default.",
    ),
    click.Option(
        ["--particles"],
        type=int,
        callback=_up_to(MOST_PARTICLES, least=1),
        metavar="N",
        help="Maximum number of particles; by default as many as needed.",
    ),
    click.Option(
        ["--budget", "limits"],
        multiple=True,
        metavar="NAME=VALUE",
        help="A resource limit of the program, repeatable: nodes, bytes, depth, list_length, sites, memory, seconds.",
    ),
    click.Option(
        ["--method"],
        default="auto",
        metavar="NAME",
        help="Inference method: auto (the default), exact, importance, adaptive, guided, smc, nuts, svi.",
    ),
    click.Option(["--device"], default="cpu", metavar="NAME", help="Device for torch: cpu (the default) or cuda."),
)
ANSWER = (
    click.Option(["--show-code"], is_flag=True, help="Show the code of the question and of everything told."),
    click.Option(["--show-program"], is_flag=True, help="Show the complete program."),
    click.Option(["--show-pyro"], is_flag=True, help="Show the random choices (sites) with their distributions."),
    click.Option(["--quiet", "-q"], is_flag=True, help="Print only the answer in words."),
)
READINGS = click.Option(
    ["--readings"], is_flag=True, help="Show the answer under each reading, and a clarifying question if they differ."
)
PICTURE = click.Option(
    ["--render", "picture"],
    metavar="FILE",
    help="Draw worlds sampled from the posterior, as a .png or a .gif animation.",
)


def _variable(_: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.isidentifier():
        raise click.BadParameter("give the name of an environment variable, never the key itself.", param=param)
    return value


MODELS = (
    click.Option(
        ["--model", "models"],
        multiple=True,
        metavar="NAME",
        help="A language model for what the grammar can't read: NAME, ALIAS=NAME, or one from plot.yaml; repeatable.",
    ),
    click.Option(["--base-url"], metavar="URL", help="The OpenAI-compatible endpoint; $OPENAI_BASE_URL or OpenAI's."),
    click.Option(
        ["--api-key-env"], metavar="VARIABLE", callback=_variable, help="The environment variable that holds its key."
    ),
    click.Option(["--samples"], type=int, metavar="N", help="Replies to sample for each utterance, 3 by default."),
    click.Option(["--temperature"], type=float, metavar="T", help="Temperature of sampling, 0.7 by default."),
    click.Option(
        ["--repairs"], type=int, metavar="N", help="How often an invalid reply is sent back for repair, 2 by default."
    ),
    click.Option(["--timeout"], type=float, metavar="S", help="Time limit of one attempt in seconds, 30 by default."),
    click.Option(["--prompts"], metavar="DIR", help="A folder of templates that replace the built-in prompts."),
)
SPENDING = (
    click.Option(["--grammar/--no-grammar"], default=True, help="Whether to try the offline grammar first."),
    click.Option(
        ["--ensemble"],
        metavar="NAME",
        help="How models are called and weighted: cascade (the default if their prices differ), weighted (the default "
        "otherwise), vote, ranking and fusion (with --judge), top-1, string-vote; `plot tune` fits the weights.",
    ),
    click.Option(
        ["--judge"],
        metavar="MODEL",
        help="The model that breaks the ties of a ranking, or fuses.",
    ),
    click.Option(
        ["--top"],
        type=click.IntRange(1),
        metavar="K",
        help="How many of the models to call, the most reliable available ones; all by default.",
    ),
    click.Option(["--memory/--no-memory"], default=True, help="Whether to use and store confirmed translations."),
    click.Option(["--cache/--no-cache"], default=True, help="Whether to cache replies."),
    click.Option(["--refresh"], is_flag=True, help="Call again even if the reply is cached."),
    click.Option(["--max-calls"], type=click.IntRange(0), metavar="N", help="Maximum number of calls, 100 by default."),
    click.Option(
        ["--max-tokens"], type=click.IntRange(0), metavar="N", help="Maximum number of tokens, a million by default."
    ),
    click.Option(
        ["--max-cost"], type=click.FloatRange(0), metavar="X", help="Maximum cost, by the prices in plot.yaml."
    ),
    click.Option(["--record"], metavar="FILE", help="Record the replies of models in FILE, for --replay."),
    click.Option(["--replay"], metavar="FILE", help="Take replies from FILE only, without calling a model."),
)
YES = click.Option(["--yes", "-y"], is_flag=True, help="Do not ask for confirmation.")
OUTPUT = (
    click.Option(["--json", "as_json"], is_flag=True, help="Print JSON, one object per line."),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of a bug in PLoT."),
)
BATCH = (
    click.Option(["--out", "-o"], metavar="FILE", help="The table, as CSV; by default the standard output."),
    click.Option(
        ["--jobs", "-j"],
        type=click.IntRange(1, 1_024),
        metavar="N",
        help="Worker processes on this machine; by default this process works alone.",
    ),
    click.Option(["--cluster"], metavar="ADDRESS", help="Use the workers of a Dask scheduler: tcp://… or tls://…"),
    click.Option(["--world"], metavar="WORLD", help="The world of rows that name none."),
    click.Option(
        ["--root"], metavar="DIR", help="The folder of the worlds that rows name by path; by default that of FILE."
    ),
    click.Option(["--facts/--no-facts"], default=True, help="Whether to include the worlds' own facts."),
    click.Option(["--fresh"], is_flag=True, help="Ask everything again, and overwrite the table."),
    click.Option(["--quiet", "-q"], is_flag=True, help="Print nothing but the table or errors."),
)
_PORT = (
    click.Option(
        ["--port"],
        type=int,
        callback=_up_to(MOST_PORT, least=0),
        metavar="N",
        default=0,
        help="Port to serve at; by default, any free one.",
    ),
)
MCP = (
    click.Option(["--http"], is_flag=True, help="Serve streamable HTTP at 127.0.0.1 instead of the standard streams."),
    *_PORT,
    click.Option(
        ["--root"], metavar="DIR", help="A folder of worlds, beside the built-in ones; no path leads out of it."
    ),
    click.Option(
        ["--conversations"],
        type=click.IntRange(1, 10_000),
        metavar="N",
        default=64,
        help="How many conversations are kept, 64 by default.",
    ),
)
ROUTE = (
    click.Option(
        ["--router"],
        type=click.Choice(["learned", "neighbours", "asked", "hash", "random"]),
        default="learned",
        help="learned (the default), neighbours, asked (a language model), hash or random.",
    ),
    click.Option(["--worlds"], metavar="DIR", help="A folder of worlds; the built-in ones by default."),
)
BY_HAND = (
    click.Option(
        ["--list", "only_list"], is_flag=True, help="List the requests in FOLDER that have no reply, and exit."
    ),
    *_PORT,
    click.Option(
        ["--timeout"],
        type=float,
        callback=_positive,
        metavar="SECONDS",
        default=600.0,
        help="How many seconds a request waits for its reply, 600 by default.",
    ),
    click.Option(["--model"], metavar="NAME", help="The only model to serve; by default, any name is accepted."),
)
