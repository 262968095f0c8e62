"""`plot models`: the language models that are configured."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from plot.cli.shared.boundary import FAILED
from plot.cli.shared.output import error_object, warn, write, write_json
from plot.cli.shared.screen import console
from plot.cli.shared.translators import config_of
from plot.errors import PlotError, joined
from plot.llm.client import asking
from plot.llm.config import Configured, user_file
from plot.llm.entries import Entry
from plot.llm.ping import PingResult, ping
from plot.llm.trust import remember
from plot.text import visible


def models(**options: Any) -> None:
    """List the configured translators, and with `ping` whether they answer; an error where one does not, or is wrong.

    With `allow`, first let those of the project's file be asked that it names.
    """
    if options["allow"]:
        _allow(config_of(options).translators, options)
    mistakes: list[PlotError] = []
    found = config_of(options, mistakes).translators
    pinged = [_pinged(one.entry) for one in found] if options["ping"] else [None] * len(found)
    rows = [_model(one, answer) for one, answer in zip(found, pinged, strict=True)]
    if options["as_json"]:
        write_json({"models": rows, **(error_object(joined(mistakes)) if mistakes else {})})
    elif not rows and not mistakes:
        write(f"No language model is configured: --model NAME, or translators in plot.yaml (here, or {user_file()}).")
    elif rows:
        _print_models(rows, options["ping"])
    failed = [answer for answer in pinged if answer is not None and answer.error is not None]
    if (failed or mistakes) and options["as_json"]:
        click.get_current_context().exit(FAILED)
    if mistakes:
        raise joined(mistakes)
    if failed:
        raise failed[0].error or PlotError("no answer")


def _allow(found: Sequence[Configured], options: Mapping[str, Any]) -> None:
    """Remember that translators may be asked as the project's file says. Raises PlotError without confirmation."""
    known = {one.entry.name: one for one in found}
    for name in options["allow"]:
        if name not in known:
            raise PlotError(f"there is no translator '{name}'", hint=f"there are: {', '.join(known) or 'none'}")
        need = known[name].needs
        if need is None:
            warn(f"note: '{name}' is already allowed")
            continue
        if not options["yes"]:
            try:
                sure = click.confirm(visible(f"let '{name}' send your utterances to {need}?"), err=True)
            except click.Abort:
                raise PlotError("nothing allowed: not confirmed", hint="confirm, or add --yes") from None
            if not sure:
                raise PlotError(f"'{name}' is not allowed", hint="nothing changed")
        remember(user_file().parent, [need])


def _pinged(entry: Entry) -> PingResult:
    if entry.refusal is None:
        warn(asking(entry))
    return ping(entry)


def _model(one: Configured, answer: PingResult | None) -> dict[str, Any]:
    entry = one.entry
    row: dict[str, Any] = {**entry.model_dump(mode="json"), "configured_by": one.origin, "key": _key(entry)}
    row["allowed"] = entry.refusal is None
    if answer is not None:
        row["answers"] = answer.error is None
        row["seconds"] = round(answer.seconds, 3)
        row["serves"] = list(answer.serves)
        row["said"] = answer.error.message if answer.error is not None else answer.said
    return row


def _key(entry: Entry) -> str:
    """Return whether there is a key, and where; never the key."""
    variable = entry.key_variable
    if entry.refusal is not None:
        return f"{variable or 'none needed'}: not allowed"
    if variable is None:
        return "none needed"
    return f"{variable} is set" if os.environ.get(variable, "").strip() else f"{variable} is not set"


def _print_models(rows: list[dict[str, Any]], pinged: bool) -> None:
    heads: list[str] = ["name", "model", "endpoint", "key", "samples", "from", *(["answer"] if pinged else [])]
    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        cells = [row["name"], row["model"], row["base_url"], row["key"], str(row["samples"]), row["configured_by"]]
        if pinged:
            cells.append(f"{'yes' if row['answers'] else 'no'} ({row['seconds']:.2f} s)")
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console().print(table)
