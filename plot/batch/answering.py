"""The work on vignettes: plain data in, rows of the table out; a mistake in one vignette is its own."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

from plot import __version__
from plot._lazy import once, torch
from plot.answers import Answer
from plot.answers.words import speller
from plot.batch.vignettes import Vignette, VignetteOptions
from plot.conversation import Conversation, World
from plot.errors import BudgetError, PlotError, mistakes_of
from plot.inference import Goal
from plot.text import clean, plain
from plot.translate.grammar import Grammar

MOST_LETTERS = 600  # of why something was refused
MOST_WORLDS = 64  # that a worker keeps
DIGITS = 6  # of figures: fewer than what processors of different kinds agree on
FAILED, REFUSED, ANSWERED = "failed", "refused", "answered"
Cell = str | float | None


class Row(TypedDict):
    """The answer to one question of a vignette, as one row of a tidy table. What it does not have is None.

    Attributes:
        id: The identifier of the vignette.
        world: The world as the row names it.
        number: The number of the question in the vignette, from 1.
        question: The question as it was asked.
        status: `answered`, `refused` (the row is at fault) or `failed` (the machine is; asking again may help).
        kind: `boolean`, `number`, `choice` or `set`.
        answer: The answer in words.
        estimate: The probability of a truth value or of the likeliest option, or the mean of a number.
        error: The Monte Carlo standard error of the estimate.
        sd: Of a number: the posterior standard deviation.
        low: Of a number: the quantile at 5%.
        high: Of a number: the quantile at 95%.
        ess: The effective sample size.
        distribution: Of a choice or a set: each option or member with its probability, as JSON.
        reading: What the question was understood as.
        reading_probability: How likely it was understood rightly.
        refused: Why there is no answer.
        stopped_by: What ended the work.
        method: The inference method.
        seed: The seed of the vignette.
        key: A digest of all that the row depends on.
    """

    id: str
    world: str
    number: int
    question: str
    status: str
    kind: str | None
    answer: str | None
    estimate: float | None
    error: float | None
    sd: float | None
    low: float | None
    high: float | None
    ess: float | None
    distribution: str | None
    reading: str | None
    reading_probability: float | None
    refused: str | None
    stopped_by: str | None
    method: str | None
    seed: int | None
    key: str


class BatchTask(TypedDict):
    """One vignette as plain data: `world` is the digest of its world file, `named` what the row calls it."""

    id: str
    named: str
    world: str
    statements: list[str]
    questions: list[str]
    options: dict[str, Cell]
    seed: int
    key: str


class Chunk(TypedDict):
    """Vignettes that are answered by one worker, one after the other, with the texts of their worlds by digest."""

    version: str
    worlds: dict[str, str]
    tasks: list[BatchTask]


class Result(TypedDict):
    """The rows of one vignette, and who took how long for them."""

    key: str
    rows: list[Row]
    seconds: float
    worker: str


def seed_of(seed: int, identifier: str) -> int:
    """Return the seed of a vignette, which depends on the seed of the batch and on its identifier alone.

    >>> seed_of(0, "a") == seed_of(0, "a"), seed_of(0, "a") == seed_of(0, "b"), seed_of(0, "a") == seed_of(1, "a")
    (True, False, False)
    """
    return int.from_bytes(hashlib.blake2b(f"{seed}/{identifier}".encode(), digest_size=8).digest(), "big") >> 1


def task_of(vignette: Vignette, world: str, seed: int) -> BatchTask:
    """Return a vignette as plain data.

    Args:
        vignette: The vignette.
        world: The text of its world's file.
        seed: The seed of the batch.
    """
    options = vignette.options
    own = options.seed if options.seed is not None else seed_of(seed, vignette.id)
    task = BatchTask(
        id=vignette.id,
        named=vignette.world,
        world=_digest(world),
        statements=list(vignette.statements),
        questions=list(vignette.questions),
        options=options.model_dump(exclude={"seed"}),
        seed=own,
        key="",
    )
    return {**task, "key": _digest(json.dumps([__version__, task], sort_keys=True))}


def chunk_of(tasks: Sequence[tuple[BatchTask, str]]) -> Chunk:
    """Return tasks, each with the text of its world, as one chunk."""
    return Chunk(
        version=__version__,
        worlds={task["world"]: text for task, text in tasks},
        tasks=[task for task, _ in tasks],
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def rows_without_answer(
    identifier: str, world: str, questions: Sequence[str], why: str, *, status: str = REFUSED, key: str = ""
) -> list[Row]:
    """Return the rows of a vignette that has no answers, one a question, at least one."""
    return [
        _row(identifier, world, number, question, status=status, refused=why[:MOST_LETTERS], key=key)
        for number, question in enumerate(questions or ("",), 1)
    ]


# -- in a worker ---------------------------------------------------------------------------------------------


def answer_chunk(chunk: Chunk) -> list[Result]:
    """Answer the vignettes of a chunk; what is wrong with one is told in its rows.

    A worker stays warm: it keeps the worlds that it has read, and computes with one thread.

    Raises:
        PlotError: The worker has another version of PLoT than who asks.
    """
    if chunk["version"] != __version__:
        raise PlotError(
            f"the worker {worker_name()} has PLoT {__version__}, and this is PLoT {chunk['version']}",
            hint="install the same version of PLoT on all machines",
        )
    _use_one_thread()
    return [_answered(task, chunk["worlds"][task["world"]]) for task in chunk["tasks"]]


def worker_name() -> str:
    """Return the machine and the process that this is."""
    return f"{socket.gethostname()}:{os.getpid()}"


@once
def _use_one_thread() -> None:
    torch.set_num_threads(1)


@dataclass(frozen=True, slots=True)
class _Read:
    """A world with its grammar, which knows its words."""

    world: World
    grammar: Grammar


@lru_cache(maxsize=MOST_WORLDS)
def _world(text: str, name: str) -> _Read:
    """Return the world of a text, read once."""
    return _Read(World.parse(text, name), Grammar())


def _answered(task: BatchTask, text: str) -> Result:
    began = time.monotonic()
    try:
        rows = _rows(task, text)
    except PlotError as error:
        rows = _refused(task, in_one_line(error), _status(error))
    except MemoryError:
        rows = _refused(task, "there is not enough memory for this", FAILED)
    except RecursionError:
        rows = _refused(task, "this is nested too deeply")
    except Exception as error:
        rows = _refused(task, f"PLoT failed ({type(error).__name__}: {error}); please report this", FAILED)
    return Result(key=task["key"], rows=rows, seconds=time.monotonic() - began, worker=worker_name())


def _refused(task: BatchTask, why: str, status: str = REFUSED) -> list[Row]:
    return rows_without_answer(task["id"], task["named"], task["questions"], why, status=status, key=task["key"])


def _rows(task: BatchTask, text: str) -> list[Row]:
    """Answer the questions of a vignette in order. Raises PlotError for a world that is refused."""
    read = _world(text, task["named"])
    options = VignetteOptions.model_validate(task["options"])
    goal = Goal(
        precision=options.precision,
        seconds=options.seconds,
        seed=task["seed"],
        particles=options.particles,
        budget=read.world.budget,
    )
    talk = read.world.conversation(facts=options.facts, translators=(read.grammar,), goal=goal, method=options.method)
    for number, statement in enumerate(task["statements"], 1):
        try:
            talk.tell(statement)
        except PlotError as error:
            why = f"statement {number} (“{clean(statement)}”): {in_one_line(error)}"
            return _refused(task, why, _status(error))
    return [_asked(talk, task, number, question) for number, question in enumerate(task["questions"], 1)]


def _asked(talk: Conversation, task: BatchTask, number: int, question: str) -> Row:
    """Answer one question; why it is refused is told in its row."""
    place = (task["id"], task["named"], number, question)
    try:
        answer = talk.ask(question)
    except PlotError as error:
        return _row(*place, status=_status(error), refused=in_one_line(error), key=task["key"])
    if answer.stopped_by == "interrupted":
        raise KeyboardInterrupt
    return _row(*place, status=ANSWERED, answer=answer, seed=task["seed"], key=task["key"])


def _status(error: PlotError) -> str:
    """Return whether an error is the row's, or the machine's: too slow or too small, as it may not be next time."""
    budgets = {one.budget for one in mistakes_of(error) if isinstance(one, BudgetError)}
    return FAILED if budgets & {"seconds", "memory"} else REFUSED


def in_one_line(error: PlotError) -> str:
    """Return an error in one line: what is wrong, where, and what to try."""
    errors = mistakes_of(error)
    found = []
    for one in errors[:3]:
        where = f" (at {one.where})" if one.where else ""
        found.append(f"{one.message}{where}" + (f"; {one.hint}" if one.hint else ""))
    return clean(" — ".join(found))[:MOST_LETTERS]


def _row(
    identifier: str,
    world: str,
    number: int,
    question: str,
    *,
    status: str,
    answer: Answer | None = None,
    refused: str | None = None,
    seed: int | None = None,
    key: str = "",
) -> Row:
    figures = _figures(answer) if answer is not None else {}
    low, high = (answer.interval if answer is not None else None) or (None, None)
    return Row(
        id=identifier,
        world=world,
        number=number,
        question=question,
        status=status,
        kind=answer.kind if answer is not None else None,
        answer=answer.answer if answer is not None else None,
        estimate=figures.get("estimate"),
        error=figures.get("error"),
        sd=figures.get("sd"),
        low=_rounded(low),
        high=_rounded(high),
        ess=figures.get("ess"),
        distribution=_distribution(answer),
        reading=answer.understood_as if answer is not None else None,
        reading_probability=figures.get("reading_probability"),
        refused=refused,
        stopped_by=answer.stopped_by if answer is not None else None,
        method=answer.method if answer is not None else None,
        seed=seed,
        key=key,
    )


def _figures(answer: Answer) -> Mapping[str, float | None]:
    estimate = answer.probability if answer.probability is not None else answer.mean
    if answer.kind == "choice" and answer.distribution:
        estimate = max(answer.distribution.values())
    found = {
        "estimate": estimate,
        "error": answer.mcse,
        "sd": answer.sd,
        "ess": answer.ess,
        "reading_probability": answer.reading_probability,
    }
    return {name: _rounded(value) for name, value in found.items()}


def _rounded(value: float | None) -> float | None:
    """Return a figure with as many digits as count, None where it is not finite.

    >>> _rounded(0.123456789), _rounded(float("inf"))
    (0.123457, None)
    """
    found: float | None = plain(value)
    return None if found is None else float(f"{found:.{DIGITS}g}")


def _distribution(answer: Answer | None) -> str | None:
    if answer is None or answer.distribution is None:
        return None
    spell = speller(answer.names)
    shares = {spell(name): _rounded(share) for name, share in answer.distribution.items()}
    return json.dumps(shares, ensure_ascii=False)


COLUMNS: tuple[str, ...] = tuple(Row.__annotations__)

__all__ = [
    "ANSWERED",
    "COLUMNS",
    "FAILED",
    "REFUSED",
    "BatchTask",
    "Cell",
    "Chunk",
    "Result",
    "Row",
    "answer_chunk",
    "chunk_of",
    "in_one_line",
    "rows_without_answer",
    "seed_of",
    "task_of",
]
