"""`plot translate`: the readings of utterances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot.cli.shared.chosen_world import chosen
from plot.cli.shared.output import write
from plot.cli.shared.settings import conversation
from plot.cli.shared.shown import show_told
from plot.cli.shared.translators import translators
from plot.errors import PlotError
from plot.translate.at_once import at_once, independent

if TYPE_CHECKING:
    from plot.translate.base import Told


def translate(world: str, utterance: tuple[str, ...], **options: Any) -> None:
    """Show the readings of utterances, each read after those before it."""
    said: list[Told] = []
    with translators(options) as who:
        found, utterances = chosen(world, utterance, options, "an utterance", who)
        with found.explained():
            talk = conversation(found.world, options, who)
            for group in independent(utterances):
                for read in at_once(talk.translate, group, talk.names):
                    if isinstance(read, PlotError):
                        raise read
                    said += read
                    for told in read:
                        talk.add(told)
    line = found.line()
    if line is not None and not options["as_json"]:
        write(line)
    show_told(said, options, found.to_json())
