"""`plot batch`: a file of vignettes becomes a tidy table."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from plot._lazy import late
from plot.batch.running import Crew, RowBatch, Summary, ThisProcess, Told, batch_of, check_apart, run
from plot.batch.table import ResultTable, csv_of
from plot.cli.shared.boundary import FAILED
from plot.cli.shared.output import warn, write_json
from plot.cli.shared.settings import method

if TYPE_CHECKING:
    from rich import progress

    from plot.batch import cluster
else:
    progress = late("rich.progress")
    cluster = late("plot.batch.cluster")

STANDARD = "-"


def batch(file: str, **options: Any) -> None:
    """Answer the vignettes of a file, and write the table; end with exit code 1 where any of them failed."""
    if options["jobs"] is not None and options["cluster"] is not None:
        raise click.UsageError("--jobs starts workers of its own, --cluster uses those of a scheduler: choose one.")
    method(options)
    out = None if options["out"] in (None, STANDARD) else Path(options["out"])
    check_apart(file, out)
    work = batch_of(file, options["seed"], _defaults(options), options["root"])
    table = ResultTable(out, fresh=options["fresh"])
    table.check_same(work.keys)
    try:
        with _crew(options, work, table) as crew, _progress(len(work.keys), options) as told:
            summary, rows = run(work, table, crew, told)
    except KeyboardInterrupt:
        if out is not None:
            warn(f"interrupted: what was done is kept in '{out}.part'; the same command goes on")
        raise
    _tell(summary, options, out, "" if out is not None else csv_of(rows))
    if summary.failed:
        click.get_current_context().exit(FAILED)


def _defaults(options: Mapping[str, Any]) -> dict[str, object]:
    """Return what rows that say nothing else are answered with."""
    named = {"seconds": "budget_seconds", "world": "world"}
    found = {name: options[named.get(name, name)] for name in ("world", "precision", "seconds", "particles")}
    given = {name: value for name, value in found.items() if value is not None}
    return {**given, "method": options["method"], "facts": options["facts"]}


@contextmanager
def _crew(options: Mapping[str, Any], work: RowBatch, table: ResultTable) -> Iterator[Crew]:
    jobs = min(options["jobs"] or 1, sum(key not in table.done for key in work.keys))
    if options["cluster"] is None and jobs <= 1:
        yield ThisProcess()
        return
    with cluster.DaskCluster(options["cluster"], jobs) as found:
        yield found


@contextmanager
def _progress(most: int, options: Mapping[str, Any]) -> Iterator[Told | None]:
    """Show how many vignettes are done, where the standard error is a terminal."""
    if options["as_json"] or options["quiet"] or not sys.stderr.isatty():
        yield None
        return
    columns = (progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeRemainingColumn())
    console = Console(file=sys.stderr, markup=False)
    with progress.Progress("vignettes", *columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=most)
        yield lambda done, _: bar.update(task, completed=done)


def _tell(summary: Summary, options: Mapping[str, Any], out: Path | None, table: str) -> None:
    """Tell how it went; a table that is in no file is written to the standard output."""
    sys.stdout.write(table)
    told = {"answered": summary.answered, "refused": summary.refused, "failed": summary.failed}
    if options["as_json"] and out is not None:
        write_json({"batch": {**told, "resumed": summary.kept, "out": str(out)}})
    elif not options["quiet"]:
        counts = ", ".join(f"{count:,} {what}" for what, count in told.items())
        resumed = f" ({summary.kept:,} vignettes had been answered before)" if summary.kept else ""
        warn(f"questions: {counts}{resumed}" + (f"; table: {out}" if out is not None else ""))
    if summary.failed:
        warn("note: what failed is asked again if you run the same command again")


__all__ = ["batch"]
