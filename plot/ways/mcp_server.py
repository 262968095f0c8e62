"""An MCP server: worlds as tools with which a language model tells, asks, supposes, and learns why."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from threading import Event
from typing import Annotated, Any, TypeVar

import anyio.to_thread
from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from plot import __version__
from plot.answers import Answer
from plot.causes.drawing import as_dot, as_text
from plot.causes.graph import causal_graph
from plot.causes.of_world import with_variables
from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.inference import Goal
from plot.program import run_program
from plot.quality.check import check_world
from plot.text import visible
from plot.translate.assemble import assemble
from plot.translate.base import Told
from plot.translate.model import Prompts, make_prompt
from plot.ways.mcp_talks import MOST_FILE, StoppedError, Talk, Talks, bounded, finite, told_error

T = TypeVar("T")
CHECKING = 6  # times the seconds of an answer: for all checks of a world
LEAST_DOUBT = 0.2  # the weight of a second reading from which one asks what was meant
INSTRUCTIONS = """\
PLoT answers questions about uncertain things by Bayesian inference over a world model, with probabilities and errors.
Use it where an answer depends on several uncertain facts: who is stronger after some matches, which illness explains
symptoms, how likely something is given percentages, what would have been. Do not work such numbers out yourself.

1. `worlds` lists the worlds; `card` says how one is talked about.
2. `tell` one plain sentence per fact. It returns a `conversation`: pass it on. Check `understood_as`.
3. `ask` one question at a time. Report the answer with its error, and say what was understood.
Sentences that are refused come with a hint: reword them, in short plain English with the world's words.
For what no world is about, write a program and `run` it.
"""

ConversationName = Annotated[
    str | None, Field(description="The name that `tell` or `ask` returned; without it, a new one begins.")
]
WorldName = Annotated[str | None, Field(description="The world, where a conversation begins: see `worlds`.")]
Facts = Annotated[bool, Field(description="Whether a new conversation begins with the world's own facts.")]


class Understood(BaseModel):
    """One meaning of a sentence, in words, with its probability; `code` is the program that it stands for."""

    meaning: str
    probability: float
    code: str


class ToldSentence(BaseModel):
    """A sentence that was told, and what it was understood as."""

    said: str
    understood_as: list[Understood]


class ToldResult(BaseModel):
    """What was told. Pass `conversation` on to the next call."""

    conversation: str
    world: str
    sentences: list[ToldSentence]


class Other(BaseModel):
    """A less likely reading of a question, with its answer."""

    understood_as: str
    probability: float
    answer: str | None


class ReasonOf(BaseModel):
    """A reason: how much likelier what is asked is where it holds than where it does not."""

    text: str
    contrast: float
    error: float
    role: str


class AnswerResult(BaseModel):
    """An answer in words and figures; figures that its kind does not have are null.

    `error` is the Monte Carlo standard error of the probability, of the mean, or the largest one of the distribution.
    """

    conversation: str | None
    question: str
    answer: str
    kind: str
    probability: float | None
    mean: float | None
    sd: float | None
    interval_90: list[float] | None
    distribution: dict[str, float] | None
    error: float | None
    understood_as: str | None
    reading_probability: float | None
    alternatives: list[Other]
    method: str
    warnings: list[str]
    reasons: list[ReasonOf] = []


class RunResult(BaseModel):
    """The answers to the queries of a program, in order."""

    answers: list[AnswerResult]


class WorldOf(BaseModel):
    """A world that can be asked about."""

    name: str
    description: str


class WorldsResult(BaseModel):
    """The worlds."""

    worlds: list[WorldOf]


class Check(BaseModel):
    """One thing that was checked."""

    kind: str
    subject: str
    ok: bool
    detail: str


class CheckOf(BaseModel):
    """The outcome of the checks of a world."""

    ok: bool
    checks: list[Check]


class GraphOf(BaseModel):
    """A causal graph: variables with their direct causes; `observed` are known, `intervened` are set."""

    variables: dict[str, list[str]]
    observed: list[str]
    intervened: list[str]
    text: str
    dot: str


class CardOf(BaseModel):
    """How a world is talked about: its words, sentences that it reads, its model, and the language of programs."""

    world: str
    description: str
    sentences: list[str]
    card: str


class Meant(BaseModel):
    """Which of the readings was meant."""

    reading: int = Field(default=1, ge=1, description="The number of the reading that you meant.")


# -- work ----------------------------------------------------------------------------------------------------


def _talks(ctx: Context[Any, Any]) -> Talks:
    found = ctx.request_context.lifespan_context
    assert isinstance(found, Talks)
    return found


async def _work(talks: Talks, talk: Talk | None, act: Callable[[], T]) -> T:
    """Do something in a thread; it ends with the call, and its mistakes are the tool's. Raises ToolError."""
    stopped = Event()
    try:
        return await anyio.to_thread.run_sync(lambda: talks.work(talk, stopped, act), abandon_on_cancel=True)
    except PlotError as error:
        raise ToolError(told_error(error)) from None
    except StoppedError:
        raise ToolError("the call was cancelled") from None
    except (MemoryError, RecursionError):
        raise ToolError("this is too large for the server") from None
    finally:
        stopped.set()


async def _begun(talks: Talks, name: str | None, world: str | None, *, facts: bool) -> Talk:
    """Return a conversation, old or new. Raises ToolError."""
    return await _work(talks, None, lambda: talks.talk(name, world, facts=facts))


async def _asked(
    ctx: Context[Any, Any], question: str, name: str | None, world: str | None, *, facts: bool
) -> tuple[Talk, Answer]:
    """Return a conversation, old or new, with its answer to a question. Raises ToolError."""
    talks = _talks(ctx)
    talk = await _begun(talks, name, world, facts=facts)
    return talk, await _work(talks, talk, lambda: talk.conversation.ask(bounded(question, "the question")))


def _sentence(told: Told) -> ToldSentence:
    readings = [
        Understood(meaning=_words(one.understood), probability=one.weight, code=one.code.strip())
        for one in told.readings
    ]
    return ToldSentence(said=visible(told.say), understood_as=readings)


def _words(understood: object) -> str:
    return visible(str(understood)) if understood is not None else ""


def _answered(talk: Talk | None, answer: Answer, meant: int = 1) -> AnswerResult:
    """Return an answer as data; of a question of several readings, that of the one that was meant."""
    others = [
        Other(understood_as=one.reading.understood, probability=one.reading.posterior, answer=_answer_of(one.answer))
        for one in answer.alternatives
    ]
    understood, sure = answer.understood_as, answer.reading_probability
    if 1 < meant <= len(others) + 1 and answer.alternatives[meant - 2].answer is not None:
        chosen = answer.alternatives[meant - 2]
        first = Other(understood_as=understood or "", probability=sure or 0.0, answer=answer.answer)
        others = [first, *others[: meant - 2], *others[meant - 1 :]]
        understood, sure = chosen.reading.understood, 1.0
        answer = chosen.answer or answer
    shares = answer.distribution
    return AnswerResult(
        conversation=talk.name if talk is not None else None,
        question=visible(answer.question),
        answer=visible(answer.answer),
        kind=answer.kind,
        probability=finite(answer.probability),
        mean=finite(answer.mean),
        sd=finite(answer.sd),
        interval_90=[*answer.interval] if answer.interval and all(map(finite, answer.interval)) else None,
        distribution={visible(name): share for name, share in shares.items()} if shares is not None else None,
        error=finite(answer.mcse),
        understood_as=understood,
        reading_probability=sure,
        alternatives=others,
        method=answer.method,
        warnings=[visible(one) for one in answer.warnings],
        reasons=[
            ReasonOf(text=one.text, contrast=one.contrast, error=one.mcse, role=one.role) for one in answer.reasons
        ],
    )


def _answer_of(answer: Answer | None) -> str | None:
    return visible(answer.answer) if answer is not None else None


# -- tools ---------------------------------------------------------------------------------------------------


async def tell(
    ctx: Context[Any, Any],
    text: Annotated[str, Field(description="Sentences in plain English, such as: Tom beat John. Ann has a fever.")],
    conversation: ConversationName = None,
    world: WorldName = None,
    facts: Facts = False,
) -> ToldResult:
    """Add facts and observations to a conversation, all or nothing. Returns what each sentence was understood as."""
    talks = _talks(ctx)
    talk = await _begun(talks, conversation, world, facts=facts)
    said = await _work(talks, talk, lambda: talks.tell(talk, text))
    return ToldResult(
        conversation=talk.name,
        world=talk.world,
        sentences=[_sentence(told) for told in said],
    )


async def meant(ctx: Context[Any, Any], question: str, conversation: str | None = None) -> Meant | Elicit[Meant]:
    """Return which reading of a question is meant: where two are plausible, the user is asked, if the client can."""
    capabilities = ctx.client_capabilities
    if conversation is None or capabilities is None or capabilities.elicitation is None:
        return Meant()
    _, answer = await _asked(ctx, question, conversation, None, facts=False)
    options = [one for one in answer.alternatives if one.reading.posterior >= LEAST_DOUBT and one.answer is not None]
    if not options:
        return Meant()
    readings = [answer.understood_as or "", *(one.reading.understood for one in answer.alternatives)]
    listed = "\n".join(f"{number}. {visible(text)}" for number, text in enumerate(readings, 1))
    return Elicit(f"“{visible(question)}” can be understood in several ways:\n{listed}\nWhich one is meant?", Meant)


async def ask(
    ctx: Context[Any, Any],
    question: Annotated[str, Field(description="One question, such as: Who is stronger, Tom or Mary?")],
    reading: Annotated[ElicitationResult[Meant], Resolve(meant)],
    conversation: ConversationName = None,
    world: WorldName = None,
    facts: Facts = False,
) -> AnswerResult:
    """Answer a question from all that was told, with its probability and error. The conversation stays as it is."""
    talk, answer = await _asked(ctx, question, conversation, world, facts=facts)
    return _answered(talk, answer, reading.data.reading if isinstance(reading, AcceptedElicitation) else 1)


async def suppose(
    ctx: Context[Any, Any],
    supposition: Annotated[str, Field(description="What is supposed, for this question only: Mary is lazy.")],
    question: Annotated[str, Field(description="The question under this supposition.")],
    conversation: ConversationName = None,
    world: WorldName = None,
    facts: Facts = False,
) -> AnswerResult:
    """Answer a question as if something had been told as well. The conversation stays as it is."""
    talks = _talks(ctx)
    talk = await _begun(talks, conversation, world, facts=facts)

    def supposed() -> Answer:
        other = talk.conversation.suppose(bounded(supposition, "the supposition"))
        return other.ask(bounded(question, "the question"))

    return _answered(talk, await _work(talks, talk, supposed))


async def why(
    ctx: Context[Any, Any],
    question: Annotated[str, Field(description="A question with why, such as: Why did Tom beat John?")],
    conversation: ConversationName = None,
    world: WorldName = None,
    facts: Facts = False,
) -> AnswerResult:
    """Answer a question with why: `reasons` are what makes it likelier, the strongest first."""
    talk, answer = await _asked(ctx, question, conversation, world, facts=facts)
    if answer.why is None:
        raise ToolError("this does not ask why\nhint: begin it with “Why”, or use the tool `ask`")
    return _answered(talk, answer)


async def worlds(ctx: Context[Any, Any]) -> WorldsResult:
    """List the worlds that can be asked about."""
    found = _talks(ctx).worlds()
    return WorldsResult(worlds=[WorldOf(name=name, description=text) for name, text in found.items()])


async def check(
    ctx: Context[Any, Any],
    world: WorldName = None,
    text: Annotated[str | None, Field(description="A world file (YAML) of your own, instead of a name.")] = None,
) -> CheckOf:
    """Check a world: its model, facts, examples and tests. With `text`, the world file that you have written."""
    talks = _talks(ctx)
    if (world is None) == (text is None):
        raise ToolError("give either `world` or `text`")

    def checked() -> CheckOf:
        found = (
            talks.world(world or "") if text is None else World.parse(bounded(text, "the text", MOST_FILE), "the text")
        )
        goal = Goal(seconds=talks.limits.seconds, budget=found.budget)
        ends = time.monotonic() + CHECKING * talks.limits.seconds
        checks = []
        for one in check_world(found, goal):
            checks.append(Check(**asdict(one)))
            if time.monotonic() > ends:
                late = f"the rest was not checked: {CHECKING * talks.limits.seconds:g} seconds had passed"
                checks.append(Check(kind="time", subject="all checks", ok=False, detail=late))
                break
        return CheckOf(ok=all(one.ok for one in checks), checks=checks)

    return await _work(talks, None, checked)


async def run(
    ctx: Context[Any, Any],
    program: Annotated[str, Field(description="A program in PLoT's language, with at least one query(…): see `card`.")],
) -> RunResult:
    """Run a probabilistic program of your own: for what no world is about. The language is described by `card`."""
    talks = _talks(ctx)
    goal = Goal(seconds=talks.limits.seconds)
    answers = await _work(talks, None, lambda: run_program(bounded(program, "the program"), "the program", goal=goal))
    return RunResult(answers=[_answered(None, one) for one in answers])


async def card(ctx: Context[Any, Any], world: Annotated[str, Field(description="The name of a world.")]) -> CardOf:
    """Return how a world is talked about: sentences that it reads, its words and model, and the language."""
    talks = _talks(ctx)
    return await _work(talks, None, lambda: _card(talks.world(world)))


def _card(world: World) -> CardOf:
    talk = world.conversation(facts=False)
    system, _ = make_prompt(Prompts(None), "…", talk.discourse)
    said = dict.fromkeys([*world.facts, *(one.say for one in world.examples), *(one.ask for one in world.tests)])
    return CardOf(world=world.name, description=world.description, sentences=list(said), card=system.content)


async def graph(
    ctx: Context[Any, Any], conversation: ConversationName = None, world: WorldName = None, facts: Facts = False
) -> GraphOf:
    """Return the causal graph of a conversation's world: each variable with its direct causes, and what is known."""
    talks = _talks(ctx)
    talk = await _begun(talks, conversation, world, facts=facts)
    return await _work(talks, talk, lambda: _graph(talk.conversation))


def _graph(talk: Conversation) -> GraphOf:
    problem = assemble(talk.discourse).problem()
    told = [statement for part in problem.evidence for statement in part.program.body]
    budget = talk.goal.started().budget
    found = causal_graph(with_variables(problem.setting, told, talk.names, budget), budget, talk.goal.seed)
    return GraphOf(
        variables={name: list(found.causes(name)) for name in found.variables},
        observed=list(found.observed),
        intervened=list(found.intervened),
        text=as_text(found),
        dot=as_dot(found),
    )


# -- the server ----------------------------------------------------------------------------------------------

TOOLS: tuple[Callable[..., Any], ...] = (tell, ask, suppose, why, run, worlds, check, card, graph)


def make_server(talks: Talks) -> MCPServer[Talks]:
    """Return a server of these conversations, to run over any transport."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[Talks]) -> AsyncIterator[Talks]:
        yield talks

    server = MCPServer(
        "plot",
        title="PLoT",
        description="Questions in plain language about uncertain worlds, answered by Bayesian inference.",
        instructions=INSTRUCTIONS,
        version=__version__,
        lifespan=lifespan,
        log_level="WARNING",
    )
    for function in TOOLS:
        reads = function is not tell
        kind = ToolAnnotations(
            read_only_hint=reads, destructive_hint=False, idempotent_hint=reads, open_world_hint=False
        )
        server.add_tool(function, annotations=kind, structured_output=True)
    _add_resources(server, talks)
    logging.getLogger("mcp").setLevel(logging.ERROR)
    return server


def _add_resources(server: MCPServer[Talks], talks: Talks) -> None:
    """Add the worlds' files, the card of the language and the handbook as resources, and a prompt to begin with."""

    @server.resource("plot://worlds/{name}", title="A world's file", mime_type="application/yaml")
    def world_file(name: str) -> str:
        """Return the file of a world: its model, words, facts and examples."""
        try:
            return talks.text_of(name)
        except PlotError as error:
            raise ResourceError(told_error(error)) from None

    @server.resource("plot://card/{name}", title="How a world is talked about", mime_type="text/markdown")
    def world_card(name: str) -> str:
        """Return the card of a world's language and words."""
        try:
            return _card(talks.world(name)).card
        except PlotError as error:
            raise ResourceError(told_error(error)) from None

    @server.resource("plot://handbook", title="How to use PLoT", mime_type="text/markdown")
    def handbook() -> str:
        """Return how to use these tools."""
        return INSTRUCTIONS

    @server.prompt(title="Reason about a world")
    def reason(world: str, question: str) -> str:
        """Work out an answer with PLoT rather than by guessing."""
        return (
            f"Use PLoT's world `{world}`: read its `card`, `tell` it each fact as one short sentence, `ask` the "
            f"question, and report the answer with its error and what was understood.\n\n{question}"
        )


__all__ = ["make_server"]
