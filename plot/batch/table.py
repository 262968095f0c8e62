"""The table of a batch: a journal while the work goes on, from which it resumes, and a tidy CSV file at the end."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from plot.batch.answering import ANSWERED, COLUMNS, REFUSED, Result
from plot.errors import PlotError
from plot.files import is_special, reason_of, write_text

JOURNAL, LOG = "part", "log"  # what is added to the name of the table
Cells = Mapping[str, str]  # a row by column, as text


def cells_of(row: Mapping[str, object]) -> dict[str, str]:
    """Return a row as texts; what it does not have is empty.

    >>> cells_of({"id": "a", "estimate": 0.5, "error": None})["estimate"]
    '0.5'
    """
    return {name: "" if row.get(name) is None else str(row[name]) for name in COLUMNS}


def csv_of(rows: Iterable[Cells]) -> str:
    """Return rows as the text of a CSV file with a header."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


class ResultTable:
    """A table that grows vignette by vignette, and survives an interruption.

    While the work goes on, `OUT.part` holds what is done, one JSON object a vignette. When all is done, `OUT` is
    written whole, in the order of the input, and the journal is removed. `OUT.log` says how long each vignette took.
    A table without a path writes nothing.

    Attributes:
        path: The CSV file, None where nothing is written.
        done: The rows that are done, by the key of their vignette.
    """

    def __init__(self, path: Path | None, *, fresh: bool = False) -> None:
        self.path = path
        self.done: dict[str, list[Cells]] = {}  # by the key of the vignette
        self._old: set[str] = set()
        self._fresh = fresh
        self._files: tuple[TextIO, TextIO] | None = None
        if path is not None:
            _check_file(path)
        if path is None or fresh:
            return
        if path.exists():
            self._take(_finished(path))
            self._old = set(self.done)
        self._take(_journalled(_beside(path, JOURNAL)))

    def check_same(self, keys: Iterable[str]) -> None:
        """Raise PlotError where the table holds the answers of other vignettes alone: another file was meant."""
        if self._old and self._old.isdisjoint(keys):
            raise PlotError(
                f"'{self.path}' holds answers to other vignettes, or other options",
                hint="give another file with -o, or overwrite it: --fresh",
            )

    def _take(self, groups: Iterable[tuple[str, list[Cells]]]) -> None:
        """Keep groups of rows of which asking again would give the same."""
        for key, rows in groups:
            if key and all(row["status"] in (ANSWERED, REFUSED) for row in rows):
                self.done[key] = rows

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Open the journal for this process alone. Raises PlotError where it can't be written, or another one does."""
        if self.path is None:
            yield
            return
        journal = _beside(self.path, JOURNAL)
        try:
            with _appended(journal) as file, _appended(_beside(self.path, LOG)) as log:
                _lock(file, journal)
                if self._fresh:
                    file.truncate(0)
                elif file.tell():
                    file.write("\n")  # ends a line that an interruption has cut
                self._files = (file, log)
                yield
        except OSError as error:
            hint = "make room for it, and the same command goes on"
            raise PlotError(f"'{journal}' can't be written: {reason_of(error)}", hint=hint) from None

    def add(self, results: Sequence[Result]) -> None:
        """Add the rows of vignettes, so that they are there whatever happens next."""
        for result in results:
            self.done[result["key"]] = [cells_of(row) for row in result["rows"]]
        if self._files is None:
            return
        file, log = self._files
        for result in results:
            file.write(json.dumps(self.done[result["key"]], ensure_ascii=False) + "\n")
            took = {"id": result["rows"][0]["id"], "seconds": round(result["seconds"], 4), "worker": result["worker"]}
            log.write(json.dumps(took, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
        log.flush()

    def finish(self, rows: Iterable[Cells]) -> None:
        """Write the whole table and remove the journal. Raises PlotError where it can't be written."""
        if self.path is not None:
            write_text(self.path, csv_of(rows))
            _beside(self.path, JOURNAL).unlink(missing_ok=True)


def _check_file(path: Path) -> None:
    """Raise PlotError for a path at which there can be no table that grows."""
    if path.is_dir():
        raise PlotError(f"'{path}' is a folder, not a table", hint="give the path of a file with -o")
    if is_special(path):
        raise PlotError(f"'{path}' is not a file", hint="without -o, the table is written to the standard output")


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


def _finished(path: Path) -> Iterator[tuple[str, list[Cells]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            header = reader.fieldnames
    except (OSError, ValueError, csv.Error) as error:
        raise PlotError(f"'{path}' can't be read: {error}", hint="overwrite it: --fresh") from None
    if header is not None and tuple(header) != COLUMNS:
        raise PlotError(
            f"'{path}' exists and is not a table of `plot batch`",
            hint="give another file with -o, or overwrite it: --fresh",
        )
    groups: dict[str, list[Cells]] = {}
    for row in rows:
        groups.setdefault(row["key"], []).append(row)
    yield from groups.items()


def _journalled(path: Path) -> Iterator[tuple[str, list[Cells]]]:
    """Yield what an interrupted run has done; a line that was not written to its end is left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise PlotError(f"'{path}' can't be read: {error}", hint="remove it, or use --fresh") from None
    for line in text.split("\n"):
        try:
            rows: list[Cells] = [{name: row[name] for name in COLUMNS} for row in json.loads(line)]
            yield rows[0]["key"], rows
        except (ValueError, TypeError, KeyError, IndexError):
            continue


def _appended(path: Path) -> TextIO:
    """Open a file to append to it. Raises PlotError where that can't be."""
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise PlotError(f"'{path}' can't be written: {reason_of(error)}") from None


def _lock(file: TextIO, path: Path) -> None:
    """Keep other processes from writing the same journal, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PlotError(f"another `plot batch` is writing '{path}'", hint="wait for it, or give another -o") from None
    except OSError:
        return  # some network file systems have no locks


__all__ = ["Cells", "ResultTable", "cells_of", "csv_of"]
