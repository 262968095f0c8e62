"""`plot log`: the last calls of language models."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from plot.cli.shared.output import write, write_json
from plot.cli.shared.screen import console
from plot.errors import PlotError
from plot.llm.store import LoggedCall, Store
from plot.text import visible

MOST_PURPOSE = 60


def log(**options: Any) -> None:
    """Show the last calls, or one of them whole, or empty the log."""
    store = Store()
    try:
        if options["clear"]:
            store.forget()
            write("the log and the cache are empty")
        elif options["show"] is not None:
            _show_call(store.call(options["show"]), options)
        else:
            _show_calls(store.calls(options["last"]), options)
    finally:
        store.close()


def _show_call(call: LoggedCall | None, options: Mapping[str, Any]) -> None:
    if call is None:
        raise PlotError(f"there is no call {options['show']} in the log", hint="`plot log` lists them")
    if options["as_json"]:
        write_json({name: getattr(call, name) for name in LoggedCall.__slots__})
        return
    write(call.messages)
    write(f"\n[reply of {call.model}]\n{call.reply or call.failure}")


def _show_calls(calls: list[LoggedCall], options: Mapping[str, Any]) -> None:
    if options["as_json"]:
        kept = [name for name in LoggedCall.__slots__ if name not in ("messages", "reply")]
        write_json({"calls": [{name: getattr(call, name) for name in kept} for call in calls]})
        return
    if not calls:
        write("no language model has been called yet")
        return
    table = Table(
        "id", "when", "translator", "what", "tokens", "cost", "s", "", box=None, pad_edge=False, header_style="bold"
    )
    for call in calls:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(call.at))
        what = call.purpose if len(call.purpose) <= MOST_PURPOSE else f"{call.purpose[:MOST_PURPOSE]}…"
        tokens = f"{call.prompt_tokens:,}+{call.completion_tokens:,}"
        end = call.failure or ("" if call.source == "called" else call.source)
        cells = (str(call.id), when, call.translator, what, tokens, f"{call.cost:.4f}", f"{call.seconds:.1f}", end)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    screen = console()
    screen.print(table)
    total = sum(call.prompt_tokens + call.completion_tokens for call in calls)
    screen.print(Text(f"{len(calls)} calls, {total:,} tokens, {sum(call.cost for call in calls):.4f} spent"))
