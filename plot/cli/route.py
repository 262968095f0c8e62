"""`plot route`: the world that a conversation is about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.cli.shared.chosen_world import all_worlds, is_folder, percent, sentences_of
from plot.cli.shared.output import write, write_json
from plot.cli.shared.settings import texts
from plot.cli.shared.translators import translators
from plot.conversation import World
from plot.errors import PlotError
from plot.worldfile.places import world_files

if TYPE_CHECKING:
    from plot import routing as router
    from plot.cli.shared import finding
    from plot.routing import Router, Routing
else:
    finding = late("plot.cli.shared.finding")
    router = late("plot.routing")

LEAST_SHOWN = 0.005


def route(utterance: tuple[str, ...], **options: Any) -> None:
    """Show which worlds a conversation may be about, and why."""
    said = sentences_of(texts(utterance, "an utterance"))
    folder = options["worlds"]
    if folder is not None and not (is_folder(folder) and any(world_files(Path(folder)))):
        raise PlotError(f"'{folder}' is not a folder of worlds", hint="give a folder of world files (YAML)")
    worlds = all_worlds(folder)
    if options["router"] == "asked":
        with translators(options) as who:
            routing = finding.ask_model(worlds, said, who)
    else:
        routing = _router(options["router"], worlds, options["seed"]).route(said)
        if options["router"] == "learned":
            routing = finding.with_grammars(routing, worlds, said)
    if options["as_json"]:
        write_json(routing.to_json())
    else:
        _show(routing)


def _router(name: str, worlds: Mapping[str, World], seed: int) -> Router:
    if name == "neighbours":
        return router.Neighbours.of(worlds)
    if name == "hash":
        return router.Hashed(list(worlds))
    if name == "random":
        return router.Random(list(worlds), seed)
    return router.Learned.of(worlds)


def _show(routing: Routing) -> None:
    if routing.abstains:
        write(f"no world: this seems to be about none of them; the nearest are {', '.join(routing.nearest)}")
    else:
        write(f"world: {routing.best} ({percent(routing.probability)})")
    shown = {name: share for name, share in routing.scores.items() if share >= LEAST_SHOWN}
    for name, share in shown.items():
        write(f"  {share:6.1%}  {name}")
    if len(shown) < len(routing.scores):
        write(f"  below {LEAST_SHOWN:.1%} each: {', '.join(name for name in routing.scores if name not in shown)}")
    words = [f"{one.text} {one.amount:+.1f}" for one in routing.reasons if one.kind == "word"]
    if words:
        write(f"words typical of {routing.reasons[0].world}: {', '.join(words)}")
    for one in routing.reasons:
        if one.kind == "example":
            write(f"  like “{one.text}” ({one.world}, {one.amount:.2f})")
        elif one.kind == "model":
            write(f"the model says: {one.text}")
        elif one.kind == "grammar":
            write(f"{one.world}: {one.text} {one.amount:+.1f}")
