"""`plot eval`: how often translators get the meaning right, by act, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from plot.cli.shared.output import warn, write_json
from plot.cli.shared.screen import console
from plot.cli.shared.settings import goal
from plot.cli.shared.translators import Translators, kept, translators
from plot.conversation import World
from plot.errors import PlotError
from plot.inference import Goal
from plot.quality.evaluation import CaseResult, EvaluationSummary, cases_of, evaluate, read_cases, summarise
from plot.text import visible
from plot.translate.base import Translator
from plot.translate.grammar import Grammar


def evaluate_command(world: str, **options: Any) -> None:
    """Evaluate translators on the examples of a world, or on a file of utterances."""
    known = World.load(world)
    cases = read_cases(options["data"]) if options["data"] is not None else cases_of(known)
    if not cases:
        raise PlotError(f"'{known.name}' has no examples", hint="give utterances: --data FILE.jsonl")
    aim = goal(options, known.budget)
    with translators(options) as who:
        chosen = _chosen(who, options, aim)
        scored = []
        for one in evaluate(known, cases, chosen, aim, who.client):
            scored.append(one)
            if one.failure and not options["as_json"]:
                warn(f"{one.translator} refused “{one.case.say}”: {one.failure.splitlines()[0]}")
    _show(scored, summarise(scored), options)


def _chosen(who: Translators, options: Mapping[str, Any], aim: Goal) -> Sequence[Translator]:
    """Return what is evaluated: the named translators, else the named ensemble, else all that is configured."""
    known: dict[str, Translator] = {"grammar": Grammar()}
    known |= {model.name: model for model in who.models(aim.seed, aim.budget)}
    if options["ensemble"] is not None and not options["wanted"] and who.client is not None and who.config.entries:
        return [who.mixture(aim.seed, aim.budget, learned=kept(who.ensemble, who.client.store))]
    wanted = options["wanted"] or (tuple(name for name in known if name != "grammar") or ("grammar",))
    for name in wanted:
        if name not in known:
            hint = f"there are {', '.join(known)}; --model NAME adds one"
            raise PlotError(f"there is no translator '{name}'", hint=hint)
    return [known[name] for name in wanted]


def _show(scored: Sequence[CaseResult], summaries: Sequence[EvaluationSummary], options: Mapping[str, Any]) -> None:
    if options["as_json"]:
        cases = [
            {
                "say": one.case.say,
                "act": one.case.act,
                "translator": one.translator,
                "right": one.likeliest,
                "weight_right": one.agreed,
                "repaired": one.repaired,
                "failure": one.failure,
                "seconds": round(one.seconds, 3),
                "usage": one.usage.to_json(),
            }
            for one in scored
        ]
        write_json({"summary": [one.to_json() for one in summaries], "cases": cases})
        return
    costs = any(one.usage.cost for one in summaries)
    heads = ["translator", "act", "n", "right", "weight", "refused", "repaired", "calls", "tokens", "s"]
    table = Table(*heads, *(["cost"] if costs else []), box=None, padding=(0, 1, 0, 0), header_style="bold")
    for one in summaries:
        shares = [f"{share:.0%}" for share in (one.right, one.weight_right, one.refused, one.repaired)]
        usage = one.usage
        spent = [f"{usage.calls:,}", f"{usage.tokens:,}", f"{one.seconds:.2f}"]
        cells = [one.translator, one.act, str(one.cases), *shares, *spent, *([f"{usage.cost:.4f}"] if costs else [])]
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console().print(table)
