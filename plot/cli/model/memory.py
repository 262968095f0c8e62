"""`plot memory`: lists, confirms and removes remembered translations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from plot.cli.shared.output import warn, write, write_json
from plot.cli.shared.screen import console
from plot.cli.shared.settings import conversation, texts
from plot.cli.shared.shown import show_told
from plot.cli.shared.translators import translators
from plot.conversation import World
from plot.errors import PlotError
from plot.llm import Client
from plot.llm.store import Store, StoredTranslation
from plot.text import visible
from plot.translate.base import Told
from plot.translate.model import Memory


def memory(world: str | None, utterance: tuple[str, ...], **options: Any) -> None:
    """Confirm the translation of utterances, or list or forget what is remembered."""
    name = World.load(world).name if world is not None else None
    if utterance and world is not None and not options["forget"]:
        _confirm(world, utterance, options)
        return
    store = Store()
    try:
        if options["forget"]:
            count = _forget(store, world, utterance, options)
            write(f"{count} remembered translation{'' if count == 1 else 's'} forgotten")
        else:
            _show(store.meanings(name), options)
    finally:
        store.close()


def _forget(store: Store, world: str | None, utterance: tuple[str, ...], options: Mapping[str, Any]) -> int:
    """Forget the meanings of utterances, or all of a world, or all."""
    if world is None:
        return store.forget_meanings()
    known = World.load(world)
    if not utterance:
        return store.forget_meanings(known.name)
    said = known.conversation(facts=False).discourse
    with Client(store=store) as client:
        found = Memory(client, options["seed"])
        return sum(found.forget(text, said) for text in texts(utterance, "an utterance"))


def _confirm(world: str, utterance: tuple[str, ...], options: Mapping[str, Any]) -> None:
    said: list[Told] = []
    with translators(options) as who:
        talk = conversation(World.load(world), options, who)
        client = who.client or Client(tell=warn)
        for text in texts(utterance, "an utterance"):
            for told in talk.translate(text):
                _learn(client, told, talk.discourse, options["seed"])
                said.append(told)
                talk.add(told)
        if who.client is None:
            client.close()
    show_told(said, options)
    if not options["as_json"]:
        write("confirmed")


def _learn(client: Client, told: Told, discourse: Any, seed: int) -> None:
    if Memory(client, seed).learn(told.say, told.readings[0], discourse) is None:
        hint = "name everyone and everything in it, and confirm it outside a conversation"
        raise PlotError(f"“{told.say}” depends on this conversation", hint=hint)


def _show(found: list[StoredTranslation], options: Mapping[str, Any]) -> None:
    if options["as_json"]:
        rows = [{"world": one.world, "shape": one.shape, "uses": one.uses, **one.meaning} for one in found]
        write_json({"meanings": rows})
        return
    if not found:
        write("nothing is remembered")
        return
    table = Table("world", "shape", "uses", "confirmed", box=None, pad_edge=False, header_style="bold")
    for one in found:
        when = time.strftime("%Y-%m-%d", time.localtime(one.at))
        table.add_row(*(Text(visible(cell)) for cell in (one.world, one.shape, str(one.uses), when)))
    screen = console()
    screen.print(table)
    saved = sum(one.uses for one in found)
    screen.print(Text(f"{saved:,} call{'' if saved == 1 else 's'} saved"))
