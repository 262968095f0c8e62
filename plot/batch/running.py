"""A batch from its file to its table: in this process, with any executor, or on a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from plot.batch.answering import (
    ANSWERED,
    FAILED,
    REFUSED,
    BatchTask,
    Chunk,
    Result,
    Row,
    answer_chunk,
    chunk_of,
    in_one_line,
    rows_without_answer,
    task_of,
)
from plot.batch.table import Cells, ResultTable, cells_of
from plot.batch.vignettes import VignetteRow, distinct, entry_of, read_vignettes
from plot.errors import PlotError
from plot.files import STDIN
from plot.world.roots import text_within

LARGEST_CHUNK = 8  # vignettes: what an interruption may cost a worker
SHARE = 2  # a chunk is at most a half of what is left for each worker
AHEAD = 64  # chunks that are handed to an executor before the first is done
Told = Callable[[int, int], None]


class Crew(Protocol):
    """Who answers chunks: this process, an executor, or a cluster."""

    @property
    def size(self) -> int:
        """How many vignettes are answered at once, roughly."""

    def answer(self, chunks: Iterator[Chunk]) -> Iterator[list[Result]]:
        """Yield the results of chunks, in any order; each vignette has one result."""


@dataclass(frozen=True, slots=True)
class ThisProcess:
    """This process answers one vignette after the other."""

    size: int = 1

    def answer(self, chunks: Iterator[Chunk]) -> Iterator[list[Result]]:
        """Yield the results of chunks in their order."""
        for chunk in chunks:
            yield answer_chunk(chunk)


@dataclass(frozen=True, slots=True)
class Others:
    """An executor answers: a pool of processes, MPI, or what a cluster's client offers."""

    executor: Executor
    size: int = 8

    def answer(self, chunks: Iterator[Chunk]) -> Iterator[list[Result]]:
        """Yield the results of chunks as they are done.

        Raises:
            PlotError: The executor broke: a process of it died.
        """
        begun = {self.executor.submit(answer_chunk, chunk) for chunk in islice(chunks, AHEAD)}
        try:
            while begun:
                done, begun = wait(begun, return_when=FIRST_COMPLETED)
                begun |= {self.executor.submit(answer_chunk, chunk) for chunk in islice(chunks, len(done))}
                for future in done:
                    yield future.result()
        except BrokenExecutor as error:
            raise PlotError(
                f"the executor broke: {error}", hint="what was done is kept; the same call goes on, with a new executor"
            ) from None
        finally:
            _cancel(begun)


def _cancel(futures: Iterable[Future[list[Result]]]) -> None:
    for future in futures:
        future.cancel()


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch went.

    Attributes:
        answered: How many questions were answered.
        refused: How many were refused: their row is at fault.
        failed: How many failed: asking again may help.
        kept: How many vignettes an earlier run had answered.
    """

    answered: int = 0
    refused: int = 0
    failed: int = 0
    kept: int = 0


class RowBatch:
    """The vignettes of a file, or of a list, each with its task or the reason why it has none.

    Args:
        entries: The rows in order.
        root: The folder of the worlds that rows name by path.
        seed: The seed of the batch: that of each vignette follows from it and from its identifier.
    """

    def __init__(self, entries: Iterable[VignetteRow], root: Path, seed: int = 0) -> None:
        self._worlds: dict[str, str | PlotError] = {}
        self._root = root
        self.entries: list[tuple[VignetteRow, BatchTask | None]] = [
            (one, self._task(one, seed)) for one in distinct(entries)
        ]

    def _world(self, name: str) -> str | PlotError:
        if name not in self._worlds:
            try:
                self._worlds[name] = text_within(name, self._root)
            except PlotError as error:
                self._worlds[name] = error
        return self._worlds[name]

    def _task(self, entry: VignetteRow, seed: int) -> BatchTask | None:
        if entry.vignette is None:
            return None
        text = self._world(entry.vignette.world)
        return None if isinstance(text, PlotError) else task_of(entry.vignette, text, seed)

    def refused(self, entry: VignetteRow) -> list[Row]:
        """Return the rows of an entry that can't be asked."""
        asked = entry.vignette
        if asked is None:
            return rows_without_answer(entry.id, "", (), entry.refused)
        error = self._world(asked.world)
        assert isinstance(error, PlotError)
        return rows_without_answer(entry.id, asked.world, asked.questions, in_one_line(error))

    @property
    def keys(self) -> list[str]:
        """The keys of the vignettes that can be asked."""
        return [task["key"] for _, task in self.entries if task is not None]

    def chunks(self, done: Collection[str], workers: int) -> Iterator[Chunk]:
        """Yield what is not done yet in chunks for some workers, which become smaller towards the end."""
        left = [task for _, task in self.entries if task and task["key"] not in done]
        begin = 0
        while some := left[begin : begin + chunk_size(len(left) - begin, workers)]:
            begin += len(some)
            yield chunk_of([(task, str(self._worlds[task["named"]])) for task in some])

    def rows(self, done: Mapping[str, Sequence[Cells]]) -> Iterator[Cells]:
        """Yield all rows in the order of the input."""
        for entry, task in self.entries:
            yield from done[task["key"]] if task is not None else map(cells_of, self.refused(entry))


def chunk_size(left: int, workers: int) -> int:
    """Return how many of the vignettes that are left are one task (guided self-scheduling).

    Fewer towards the end, so that all workers end at about the same time.

    >>> chunk_size(200, 2), chunk_size(20, 2), chunk_size(3, 2), chunk_size(100_000, 1_000)
    (8, 5, 1, 8)

    References:
        C. D. Polychronopoulos, D. J. Kuck, Guided self-scheduling, IEEE Transactions on Computers C-36 (1987).
    """
    return max(1, min(LARGEST_CHUNK, left // (workers * SHARE)))


def answer_all(
    vignettes: Iterable[Mapping[str, object]],
    *,
    executor: Executor | None = None,
    seed: int = 0,
    root: str | Path = ".",
) -> list[Row]:
    """Answer many vignettes, and return one row a question, in their order.

    Args:
        vignettes: Rows with `id`, `world`, `statements`, `questions` and, if need be, `options`, as in a file.
        executor: Who works; by default this process. Any `concurrent.futures.Executor` whose workers have PLoT.
        seed: The seed of the batch. The same seed gives the same rows, whoever works.
        root: The folder of the worlds that rows name by path.

    Returns:
        The rows; what was refused says why. `pandas.DataFrame(rows)` makes a table of them.

    Raises:
        PlotError: The executor broke.
    """
    entries = (entry_of(row, f"row {number}") for number, row in enumerate(vignettes, 1))
    batch = RowBatch(entries, Path(root), seed)
    crew: Crew = ThisProcess() if executor is None else Others(executor)
    done: dict[str, list[Row]] = {}
    for results in crew.answer(batch.chunks({}, crew.size)):
        done |= {result["key"]: result["rows"] for result in results}
    found: list[Row] = []
    for entry, task in batch.entries:
        found += done[task["key"]] if task is not None else batch.refused(entry)
    return found


def answer_file(
    path: str | Path,
    out: str | Path | None,
    *,
    executor: Executor | None = None,
    seed: int = 0,
    defaults: Mapping[str, object] | None = None,
    root: str | Path | None = None,
    fresh: bool = False,
) -> Summary:
    """Answer the vignettes of a file, and write the table.

    What an earlier run has answered is not asked again: it goes on where that one was interrupted.

    Args:
        path: JSON lines or CSV; `-` is the standard input.
        out: The CSV file to write.
        executor: Who works; by default this process. Any `concurrent.futures.Executor` whose workers have PLoT.
        seed: The seed of the batch. The same seed gives the same rows, whoever works.
        defaults: The `world` and the options of rows that say nothing else.
        root: The folder of the worlds that rows name by path; by default that of the file.
        fresh: Whether to ask everything again, and to overwrite what is there.

    Returns:
        How it went.

    Raises:
        PlotError: A file can't be read or written, or the executor broke.
    """
    check_apart(path, out)
    batch = batch_of(path, seed, defaults, root)
    crew: Crew = ThisProcess() if executor is None else Others(executor)
    return run(batch, ResultTable(Path(out) if out is not None else None, fresh=fresh), crew)[0]


def check_apart(path: str | Path, out: str | Path | None) -> None:
    """Raise PlotError where the table would overwrite the vignettes."""
    if out is not None and Path(path).exists() and Path(out).exists() and Path(path).samefile(out):
        raise PlotError(f"'{out}' is the file of the vignettes itself", hint="give another file with -o")


def batch_of(
    path: str | Path, seed: int, defaults: Mapping[str, object] | None = None, root: str | Path | None = None
) -> RowBatch:
    """Return the batch of a file, as `answer_file` describes it."""
    folder = Path(root) if root is not None else Path() if str(path) == STDIN else Path(path).parent
    return RowBatch(read_vignettes(path, defaults), folder, seed)


def run(batch: RowBatch, table: ResultTable, crew: Crew, told: Told | None = None) -> tuple[Summary, list[Cells]]:
    """Answer what the table does not have yet, and write it; return how it went, and all rows in order.

    Args:
        batch: The vignettes.
        table: The table, with what was done before.
        crew: Who works.
        told: Called with how many vignettes are done, and how many there are.

    Raises:
        PlotError: The table can't be written, or the workers are gone; what was done until then is kept.
    """
    keys = batch.keys
    table.check_same(keys)
    kept = sum(key in table.done for key in keys)
    finished = kept
    with table.writing():
        for results in crew.answer(batch.chunks(set(table.done), crew.size)):
            table.add(results)
            finished += len(results)
            if told is not None:
                told(finished, len(keys))
        rows = list(batch.rows(table.done))
        table.finish(rows)
    counts = Counter(row["status"] for row in rows)
    return Summary(counts[ANSWERED], counts[REFUSED], counts[FAILED], kept), rows


__all__ = [
    "Crew",
    "Others",
    "RowBatch",
    "Summary",
    "ThisProcess",
    "Told",
    "answer_all",
    "answer_file",
    "batch_of",
    "check_apart",
    "run",
]
