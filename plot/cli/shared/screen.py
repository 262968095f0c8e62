"""The console for tables and answers, and the progress bar of inference."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from plot._lazy import late
from plot.inference.progress import listening
from plot.text import visible

if TYPE_CHECKING:
    from rich import progress

    from plot.llm import Usage
else:
    progress = late("rich.progress")

PATIENCE = 0.7


def console() -> Console:
    """Return a console for the standard output that reads no markup in what it is given."""
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)


def spending(wanted: bool) -> Callable[[Usage | None], None]:
    """Return what shows the calls, tokens and cost of models as they are spent; only where errors go to a terminal.

    The line is overwritten by the next one, and gone when the calls are over.
    """
    if not wanted or not sys.stderr.isatty():
        return lambda _: None

    def show(usage: Usage | None) -> None:
        text = "" if usage is None else visible(str(usage))
        sys.stderr.write(f"\r\x1b[2K{text}")
        sys.stderr.flush()

    return show


@contextmanager
def progress_bar(wanted: bool) -> Iterator[None]:
    """Show a bar on the standard error while an inference takes longer than a moment; only where that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield
        return
    bar = progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        console=Console(file=sys.stderr, markup=False),
        transient=True,
    )
    task = bar.add_task("thinking", total=1.0)
    started = time.monotonic()

    def heard(share: float, what: str) -> None:
        if time.monotonic() - started > PATIENCE:
            bar.start()
            bar.update(task, completed=share, description=what)

    try:
        with listening(heard):
            yield
    finally:
        bar.stop()
