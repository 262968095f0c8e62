"""`plot discover`: the domains in a file of statements, with their telling words and examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from plot.cli.shared.output import write, write_json
from plot.cli.shared.screen import console
from plot.errors import PlotError
from plot.files import read_text
from plot.routing.discovery import Discovery, discover
from plot.text import visible

MOST_CLUSTERS = 1_000


def discover_command(statements: str, **options: Any) -> None:
    """Find domains in a file of statements, one a line; a line that begins with # is a comment."""
    lines = [line.strip() for line in read_text(statements, "a file of statements").splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    if not said:
        raise PlotError(f"'{statements}' contains no statements", hint="write one per line")
    found = discover(said, _count(options["clusters"]), seed=options["seed"])
    if options["as_json"]:
        write_json(_data(found, said))
    else:
        _show(found, options)


def _count(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_CLUSTERS:
        message = f"{text!r} is neither auto nor a whole number from 1 to {MOST_CLUSTERS:,}."
        raise click.BadParameter(message, param_hint="'--clusters'")
    return int(text)


def _data(found: Discovery, said: list[str]) -> dict[str, Any]:
    clusters = [
        {
            "name": one.name,
            "size": len(one.places),
            "words": list(one.words),
            "examples": list(one.examples),
            "statements": [said[place] for place in one.places],
        }
        for one in found.clusters
    ]
    curve = [
        {"clusters": one.clusters, "temperature": one.temperature, "log_score": one.score, "error": one.error}
        for one in found.curve
    ]
    return {"clusters": clusters, "temperature": found.temperature, "curve": curve}


def _show(found: Discovery, options: Mapping[str, Any]) -> None:
    for one in found.clusters:
        write(f"{one.name} ({len(one.places)} statements)")
        for example in one.examples:
            write(f"  “{example}”")
    if not found.curve:
        return
    table = Table("clusters", "log score per word", "±", box=None, pad_edge=False, header_style="bold")
    for point in found.curve:
        cells = (str(point.clusters), f"{point.score:.3f}", f"{point.error:.3f}")
        chosen = "bold" if point.clusters == len(found.clusters) else ""
        table.add_row(*(Text(visible(cell), style=chosen) for cell in cells))
    screen = console()
    screen.print()
    screen.print(table)
    best = max(found.curve, key=lambda point: point.score).clusters
    within = (
        f", the smallest number within one standard error of the best ({best})" if best != len(found.clusters) else ""
    )
    write(f"{len(found.clusters)} clusters predict held-out statements well{within}.")


__all__ = ["discover_command"]
