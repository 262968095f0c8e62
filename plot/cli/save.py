"""`plot save`: a world with what knowledge adds to it, as a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plot.cli.shared.output import write, write_json
from plot.cli.shared.settings import conversation, world_of
from plot.cli.shared.translators import translators
from plot.files import write_text


def save(world: str, out: str | None, **options: Any) -> None:
    """Tell a world what is given, and show its file or write it."""
    with translators(options) as who:
        talk = conversation(world_of(world, options), options, who)
        file = talk.saved_world(Path(out).stem if out is not None else None)
    if out is not None:
        write_text(Path(out), file)
    if options["as_json"]:
        write_json({"world": file, "file": out})
    else:
        write(f"{out}: check it with `plot check {out}`" if out is not None else file.rstrip())
