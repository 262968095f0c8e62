"""The options of the commands, in groups; what they mean is made of them when a command runs."""

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
TOLD = (
    click.Option(["--given", "-g"], multiple=True, metavar="TEXT", help="What is known; repeatable."),
    click.Option(["--facts/--no-facts"], default=True, help="Whether to tell the world's own facts first."),
    click.Option(
        ["--facts-file"],
        multiple=True,
        metavar="FILE",
        help="A file of what is known: one utterance a line; a line that begins with # is a comment.",
    ),
    click.Option(
        ["--see"], metavar="FILE", help="A picture of the world, as a camera sees it: what it shows is known."
    ),
)
GOAL = (
    SEED,
    click.Option(
        ["--precision"],
        type=float,
        callback=_below_one,
        help="Standard error to reach on a probability, 0.005 by default; on a number, twice that in its "
        "standard deviations.",
    ),
    click.Option(
        ["--budget-seconds"],
        type=float,
        callback=_positive,
        help="Seconds that the inference may take, 10 by default.",
    ),
    click.Option(
        ["--particles"],
        type=int,
        callback=_up_to(MOST_PARTICLES, least=1),
        metavar="N",
        help="Particles to use at most; by default as many as are needed.",
    ),
    click.Option(
        ["--budget", "limits"],
        multiple=True,
        metavar="NAME=VALUE",
        help="A limit of the program, repeatable: nodes, bytes, depth, list_length, sites, memory, seconds.",
    ),
    click.Option(
        ["--method"],
        default="auto",
        metavar="NAME",
        help="How to infer: auto (the default), exact, importance, adaptive, guided, smc, nuts, svi.",
    ),
    click.Option(["--device"], default="cpu", metavar="NAME", help="Where torch computes: cpu (the default), or cuda."),
)
ANSWER = (
    click.Option(["--show-program"], is_flag=True, help="Show the whole program that is run."),
    click.Option(["--show-pyro"], is_flag=True, help="Show the random choices (sites) with their distributions."),
    click.Option(["--quiet", "-q"], is_flag=True, help="Print the answer in words only."),
)
READINGS = click.Option(
    ["--readings"], is_flag=True, help="Show the answer under each reading, and what to ask where it depends on that."
)
PICTURE = click.Option(
    ["--render", "picture"],
    metavar="FILE",
    help="Draw worlds sampled from what is believed, as a .png, or a .gif of one that moves.",
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
        help="A language model for what the grammar can't read: NAME, ALIAS=NAME, or one of plot.yaml; repeatable.",
    ),
    click.Option(["--base-url"], metavar="URL", help="The OpenAI-compatible endpoint; $OPENAI_BASE_URL or OpenAI's."),
    click.Option(
        ["--api-key-env"], metavar="VARIABLE", callback=_variable, help="The environment variable with its key."
    ),
    click.Option(["--samples"], type=int, metavar="N", help="Replies to sample for each utterance, 3 by default."),
    click.Option(["--temperature"], type=float, metavar="T", help="Temperature of sampling, 0.7 by default."),
    click.Option(["--repairs"], type=int, metavar="N", help="How often a wrong reply is sent back, twice by default."),
    click.Option(["--timeout"], type=float, metavar="S", help="Seconds that one attempt may take, 30 by default."),
    click.Option(["--prompts"], metavar="DIR", help="A folder of templates that replace the built-in prompts."),
)
SPENDING = (
    click.Option(["--grammar/--no-grammar"], default=True, help="Whether the offline grammar reads first."),
    click.Option(
        ["--ensemble"],
        metavar="NAME",
        help="How models are asked and weighed: cascade (the default where their prices differ), weighted (the default "
        "else), vote, stacking, mbr, ranking, top-1, string-vote, layers, fusion, bandit; `plot tune` fits them.",
    ),
    click.Option(
        ["--judge"],
        metavar="MODEL",
        help="The model that breaks the ties of a ranking, fuses (fusion), or is the last layer (layers).",
    ),
    click.Option(
        ["--top"],
        type=click.IntRange(1),
        metavar="K",
        help="How many of several models to ask, the most reliable that have room; all by default.",
    ),
    click.Option(["--memory/--no-memory"], default=True, help="Whether confirmed translations are used and learnt."),
    click.Option(["--cache/--no-cache"], default=True, help="Whether replies are kept and used again."),
    click.Option(["--refresh"], is_flag=True, help="Ask anew what is cached."),
    click.Option(["--max-calls"], type=click.IntRange(0), metavar="N", help="Calls of models allowed, 100 by default."),
    click.Option(["--max-tokens"], type=click.IntRange(0), metavar="N", help="Tokens allowed, a million by default."),
    click.Option(
        ["--max-cost"], type=click.FloatRange(0), metavar="X", help="Money allowed, by the prices of plot.yaml."
    ),
    click.Option(["--record"], metavar="FILE", help="Write the replies of models into FILE, to be played again."),
    click.Option(["--replay"], metavar="FILE", help="Take replies from FILE only, and reach no model."),
)
YES = click.Option(["--yes", "-y"], is_flag=True, help="Do not ask whether it is meant.")
OUTPUT = (
    click.Option(["--json", "as_json"], is_flag=True, help="Print JSON, one object on one line."),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of a mistake in PLoT itself."),
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
    click.Option(["--list", "only_list"], is_flag=True, help="List the requests in FOLDER without a reply, and end."),
    click.Option(
        ["--port"],
        type=int,
        callback=_up_to(MOST_PORT, least=0),
        metavar="N",
        default=0,
        help="Port to serve at; by default, any that is free.",
    ),
    click.Option(
        ["--timeout"],
        type=float,
        callback=_positive,
        metavar="SECONDS",
        default=600.0,
        help="How long a request waits for its reply, 600 by default.",
    ),
    click.Option(["--model"], metavar="NAME", help="The one model that is served; by default, whatever is asked for."),
)
