"""`plot forget`: lists stored data, and removes it after confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from plot.cli.shared.output import write, write_json
from plot.cli.shared.screen import console
from plot.errors import PlotError
from plot.llm import trust
from plot.llm.config import user_file
from plot.llm.store import KEPT, Store
from plot.text import visible

ALLOWED, DAMAGED, ALL = "allowed", "damaged", "all"
_MEANINGS = {
    "cache": "cached replies of language models",
    "log": "log of calls to language models: requests and replies",
    "memory": "remembered translations",
    "learned": "results of tuning, and capabilities of endpoints",
    DAMAGED: "unreadable databases that were set aside",
    ALLOWED: "hosts allowed for a project's plot.yaml",
}


def forget(what: tuple[str, ...], **options: Any) -> None:
    """List what is kept, or remove some of it."""
    store = Store()
    try:
        rows = _kept(store)
        if not what:
            _list(rows, options["as_json"])
            return
        chosen = list(rows) if ALL in what else [name for name in rows if name in what]
        if not options["yes"]:
            _confirm(chosen, rows)
        for name in chosen:
            _remove(store, name)
        for warning in store.warnings:
            raise PlotError(warning)
    finally:
        store.close()
    if options["as_json"]:
        write_json({"forgotten": {name: rows[name][0] for name in chosen}})
    else:
        write(f"forgotten: {', '.join(f'{name} ({rows[name][0]:,})' for name in chosen)}")


def _kept(store: Store) -> dict[str, tuple[int, Path]]:
    """Return the number of stored entries of each kind, and their location."""
    counts = store.counts() if store.path.is_file() else dict.fromkeys(KEPT, 0)
    found = {name: (count, store.path) for name, count in counts.items()}
    found[DAMAGED] = (len(store.set_aside), store.path.parent)
    file = user_file().parent / trust.FILE
    count = 0
    if file.is_file():
        count = 1
        with suppress(PlotError):
            count = len(trust.remembered(file.parent))
    return {**found, ALLOWED: (count, file)}


def _list(rows: dict[str, tuple[int, Path]], as_json: bool) -> None:
    if as_json:
        write_json(
            {"kept": [{"what": name, "count": count, "where": str(path)} for name, (count, path) in rows.items()]}
        )
        return
    table = Table("what", "", "count", "where", box=None, pad_edge=False, header_style="bold")
    for name, (count, path) in rows.items():
        table.add_row(*(Text(visible(cell)) for cell in (name, _MEANINGS[name], f"{count:,}", str(path))))
    console().print(table)
    write("`plot forget WHAT …` removes the items named, `plot forget all` everything.")


def _confirm(chosen: Sequence[str], rows: dict[str, tuple[int, Path]]) -> None:
    listed = ", ".join(f"{name} ({rows[name][0]:,})" for name in chosen)
    try:
        sure = click.confirm(f"remove {listed} permanently?", err=True)
    except click.Abort:
        raise PlotError("nothing removed: not confirmed", hint="confirm, or add --yes") from None
    if not sure:
        raise PlotError("nothing removed", hint="nothing changed")


def _remove(store: Store, name: str) -> None:
    try:
        if name == ALLOWED:
            (user_file().parent / trust.FILE).unlink(missing_ok=True)
        elif name == DAMAGED:
            for path in store.set_aside:
                path.unlink(missing_ok=True)
        elif store.path.is_file():
            store.erase(name)
    except OSError as error:
        raise PlotError(f"'{error.filename}' can't be removed: {(error.strerror or str(error)).lower()}") from None


__all__ = ["forget"]
