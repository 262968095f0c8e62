"""How answers and readings are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.cli.shared.output import warn, write, write_json
from plot.cli.shared.screen import console
from plot.scripts import deceptive
from plot.text import visible
from plot.translate.spelling import same_words

if TYPE_CHECKING:
    from rich import table as rich_table
    from rich import text as rich_text

    from plot.answers import Answer
    from plot.cli.shared.settings import Learned
    from plot.llm import Usage
    from plot.translate.base import Told
else:
    rich_table = late("rich.table")
    rich_text = late("rich.text")


def show_told(said: Sequence[Told], options: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> None:
    """Show utterances with their readings; in JSON, also what `more` there is to say."""
    notes = deceptive([told.say for told in said])
    if options["as_json"]:
        write_json({"utterances": [_told(told) for told in said], "warnings": notes, **(more or {})})
        return
    for note in notes:
        warn(f"note: {note}")
    for number, told in enumerate(said):
        write(("\n" if number else "") + f"“{told.say}” ({told.act})")
        for reading in told.readings:
            understood = f": {reading.understood}" if reading.understood is not None else ""
            write(f"  {reading.weight:.0%}  {reading.translator}{understood}")
            own = reading.paraphrase
            if own is not None and not (reading.understood and same_words(own, reading.understood.text)):
                write(f"      in the words of {reading.translator}: {own}")
            write("\n".join(f"      {line}" for line in reading.code.strip().splitlines()))


def show_learned(learned: Sequence[Learned], options: Mapping[str, Any]) -> None:
    """Show what knowledge extended the world, and the beliefs that it changed; nothing for JSON or a quiet answer."""
    if options["as_json"] or options["quiet"]:
        return
    for said, shifts in learned:
        for told in said:
            write(f"learned: {told.readings[0].words}")
        for shift in shifts:
            write(f"  {shift}")
    if learned:
        write("")


def _told(told: Told) -> dict[str, Any]:
    readings = [
        {
            "code": reading.code,
            "weight": reading.weight,
            "translator": reading.translator,
            "paraphrase": reading.understood.text if reading.understood is not None else None,
            "literal": reading.understood is not None and reading.understood.literal,
            "own_words": reading.paraphrase,
        }
        for reading in told.readings
    ]
    return {"say": told.say, "act": told.act, "readings": readings}


def show_answer(
    answer: Answer,
    options: Mapping[str, Any],
    *,
    gap: bool,
    usage: Usage | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Show an answer, in words or as JSON, with what `usage` and `more` add to the latter."""
    if options["as_json"]:
        shown = {**answer.to_json(), **(more or {})}
        if usage is not None:
            shown["usage"] = usage.to_json()
        if options["show_program"]:
            shown["program"] = answer.program
        if options["show_pyro"]:
            shown["sites"] = dict(answer.sites)
        write_json(shown)
        return
    if gap and not options["quiet"]:
        write("")
    screen = console()
    answer.show(screen, quiet=options["quiet"], code=options.get("show_code", False))
    if options["show_pyro"]:
        sites = rich_table.Table("site", "distribution", box=None, pad_edge=False, header_style="bold")
        for address, distribution in answer.sites.items():
            sites.add_row(rich_text.Text(visible(address)), rich_text.Text(visible(distribution)))
        screen.print()
        screen.print(sites)
