"""`plot tune`: fits an ensemble to utterances of known meaning, and shows the gain."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from plot.cli.shared.output import write, write_json
from plot.cli.shared.screen import console
from plot.cli.shared.settings import goal
from plot.cli.shared.translators import Translators, keep, translators
from plot.conversation import World
from plot.errors import PlotError
from plot.llm.store import Store
from plot.quality.evaluation import cases_of, read_cases
from plot.quality.tuning import Gain, fit, labelled_pools
from plot.text import visible
from plot.translate.mixture import LabelledPool, Mixture
from plot.translate.mixture.unproven.bandit import Bandit

FEWEST = 10


def tune(world: tuple[str, ...], **options: Any) -> None:
    """Fit the ensemble on the examples of worlds, keep what was learned, and show what it gains."""
    with translators(options) as who:
        if options["forget"]:
            _forget(who)
            return
        worlds = [World.load(name) for name in world]
        if options["data"] is not None and len(worlds) > 1:
            raise PlotError("a file of utterances belongs to one world", hint="tune with one world at a time")
        if who.client is None or not who.config.entries:
            raise PlotError(
                "no language model is configured", hint="name them: --model NAME, repeatable; or in plot.yaml"
            )
        labelled: list[LabelledPool] = []
        for one in worlds:
            aim = goal(options, one.budget)
            mixture = who.mixture(aim.seed, aim.budget)
            cases = read_cases(options["data"]) if options["data"] is not None else cases_of(one)
            labelled += labelled_pools(one, cases, mixture, aim)
        if len(labelled) < FEWEST:
            hint = "give more utterances, or check in `plot log` why the models refuse"
            raise PlotError(f"only {len(labelled)} utterances could be translated, too few for tuning", hint=hint)
        for expert in mixture.experts:
            if isinstance(expert, Bandit):
                expert.teach(labelled)
        gain = fit(mixture, labelled, options["spend"], made_for_grammar=options["data"] is None)
        keep(who.ensemble, who.client.store, mixture.to_json())
    _show(mixture, gain, options["as_json"])


def _forget(who: Translators) -> None:
    store = who.client.store if who.client is not None else Store()
    keep(who.ensemble, store, {})
    write(f"what was learned for '{who.ensemble}' is forgotten")


def _show(mixture: Mixture, gain: Gain, as_json: bool) -> None:
    if as_json:
        write_json({"ensemble": mixture.name, "gain": gain.to_json(), "learned": mixture.to_json()})
        return
    screen = console()
    screen.print(Text(f"{mixture.name}: fitted on {gain.utterances} utterances"))
    screen.print(Text("on held-out utterances, before and after, by models alone and with the grammar first:"))
    rows = {"likeliest meaning right": ("right", ".1%"), "mean log score": ("score", ".3f"), "cost": ("cost", ".4g")}
    for label, (name, form) in rows.items():
        found = [getattr(one, name) for one in (gain.before, gain.after, gain.all_before, gain.all_after)]
        shown = [f"{value:{form}}".rjust(7) for value in found]
        screen.print(Text(f"  {label:23}  {shown[0]}  {shown[1]}    {shown[2]}  {shown[3]}"))
    screen.print(Text("learned reliability of each, and when its reply is final:"))
    for number, stage in enumerate(mixture.stages):
        for name in stage.names:
            screen.print(Text(f"  {visible(name):23}  {mixture.reliable.reliability(name):.0%}"))
        if number < len(mixture.thresholds):
            least = mixture.thresholds[number]
            how = "never final" if least > 1 else f"final where right with a probability of {least:.2f} or more"
            screen.print(Text(f"    {how}"))


__all__ = ["tune"]
