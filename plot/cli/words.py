"""`plot words`: what can be said in a world, with an example for each word."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from plot.building.words import sayable_words, unsaid_functions
from plot.cli.shared.output import write, write_json
from plot.cli.shared.screen import console
from plot.conversation import World
from plot.text import visible


def words(world: str, **options: Any) -> None:
    """Show the words of a world, and the functions of its model that have none."""
    known = World.load(world)
    found = sayable_words(known)
    unsaid = unsaid_functions(known) if known.lexicon.derived else {}
    if options["as_json"]:
        rows = [{"sort": one.sort, "word": one.word, "also": list(one.also), "example": one.example} for one in found]
        write_json({"words": rows, "unsaid": unsaid})
        return
    table = Table.grid(padding=(0, 2))
    for one in found:
        also = f" ({', '.join(one.also)})" if one.also else ""
        table.add_row(one.sort, Text(visible(one.word + also)), Text(visible(one.example or "(no example is read)")))
    console().print(table)
    for name, reason in unsaid.items():
        write(f"! no word for '{visible(name)}': {reason}")
