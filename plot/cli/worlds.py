"""`plot worlds`: the built-in worlds with their descriptions, without loading what inference needs."""

from __future__ import annotations

import shutil
import textwrap
from typing import Any

from plot.cli.shared.output import write, write_json
from plot.errors import PlotError
from plot.worldfile.places import builtin_worlds, description_of

NARROWEST = 20


def worlds(**options: Any) -> None:
    """List the built-in worlds."""
    rows = []
    for name, path in builtin_worlds().items():
        try:
            rows.append((name, description_of(path)))
        except PlotError as error:
            rows.append((name, f"(can't be loaded: {error.message})"))
    if options["as_json"]:
        write_json({"worlds": [{"name": name, "description": description} for name, description in rows]})
        return
    indent = max((len(name) for name, _ in rows), default=0) + 2
    width = max(NARROWEST, shutil.get_terminal_size().columns - indent)
    for name, description in rows:
        first, *rest = textwrap.wrap(description, width) or [""]
        write(f"{name:{indent}}{first}".rstrip())
        for line in rest:
            write(" " * indent + line)
