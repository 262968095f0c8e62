"""`plot tune`: an ensemble fitted to utterances of known meaning, and what that gains."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from plot.cli.output import write, write_json
from plot.cli.screen import console
from plot.cli.settings import goal
from plot.cli.translators import families_of, translators
from plot.conversation import World
from plot.errors import PlotError
from plot.evaluation import cases_of, read_cases
from plot.llm.store import Store
from plot.translate.mixture import DEFAULT, scheme_called
from plot.tuning import Gain, fitted, kept, labelled_pools

FEWEST = 10


def tune(world: tuple[str, ...], **options: Any) -> None:
    """Fit the ensemble on the examples of worlds, keep what was learnt, and show what it gains."""
    scheme = scheme_called(options["ensemble"] or DEFAULT)
    if options["forget"]:
        store = Store()
        store.keep_abilities(f"ensemble {scheme.name}", {})
        store.close()
        write(f"what was learnt for '{scheme.name}' is forgotten")
        return
    worlds = [World.load(name) for name in world]
    if options["data"] is not None and len(worlds) > 1:
        raise PlotError("a file of utterances is about one world", hint="tune with one world at a time")
    with translators(options) as who:
        if who.client is None or not who.config.entries:
            raise PlotError(
                "no language model is configured", hint="name them: --model NAME, repeatable; or in plot.yaml"
            )
        labelled = []
        for one in worlds:
            aim = goal(options, one.budget)
            cases = read_cases(options["data"]) if options["data"] is not None else cases_of(one)
            experts = who.models(aim.seed, aim.budget)
            labelled += list(labelled_pools(one, cases, experts, aim, families_of(who.config)))
        if len(labelled) < FEWEST:
            hint = "give more utterances, or see with `plot log` why the models refuse"
            raise PlotError(f"only {len(labelled)} utterances could be read, too few to tune with", hint=hint)
        found, gain = fitted(scheme.name, labelled)
        who.client.store.keep_abilities(f"ensemble {scheme.name}", kept(found))
    _show(scheme.name, gain, kept(found), options["as_json"])


def _show(name: str, gain: Gain, learnt: dict[str, Any], as_json: bool) -> None:
    if as_json:
        write_json({"ensemble": name, "gain": gain.to_json(), "learnt": learnt})
        return
    screen = console()
    screen.print(Text(f"{name}: fitted on {gain.utterances} utterances"))
    screen.print(Text("on utterances left out, before and after:"))
    screen.print(Text(f"  likeliest meaning right  {gain.right_before:.1%}  {gain.right_after:.1%}"))
    screen.print(Text(f"  mean log score           {gain.score_before:.3f}  {gain.score_after:.3f}"))


__all__ = ["tune"]
