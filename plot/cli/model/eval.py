"""`plot eval`: how often translators get the meaning right, by act, and what it cost."""

from __future__ import annotations

from collections import Counter
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
from plot.quality.evaluation import (
    CaseResult,
    EvaluationSummary,
    Reliability,
    cases_of,
    evaluate,
    read_cases,
    reliabilities,
    summarise,
)
from plot.text import visible
from plot.translate.base import Translator
from plot.translate.grammar import Grammar

MOST_ROWS = 10  # of constructions, the least reliable ones


def evaluate_command(world: tuple[str, ...], **options: Any) -> None:
    """Evaluate translators on the examples of worlds, or on a file of utterances."""
    worlds = [World.load(name) for name in world]
    if options["data"] is not None and len(worlds) > 1:
        raise PlotError("a file of utterances belongs to one world", hint="evaluate one world at a time")
    scored = []
    with translators(options) as who:
        for known in worlds:
            cases = read_cases(options["data"]) if options["data"] is not None else cases_of(known)
            if not cases:
                raise PlotError(f"'{known.name}' has no examples", hint="give utterances: --data FILE.jsonl")
            aim = goal(options, known.budget)
            for one in evaluate(known, cases, _chosen(who, options, aim), aim, who.client):
                scored.append(one)
                if one.failure and not options["as_json"]:
                    warn(f"{one.translator} refused “{one.case.say}”: {one.failure.splitlines()[0]}")
    summaries = summarise(scored)
    _show(scored, summaries, options)
    _fail_under(summaries, options["fail_under"])


def _fail_under(summaries: Sequence[EvaluationSummary], least: float | None) -> None:
    """Raise PlotError where a translator is right less often than it has to be."""
    for one in summaries:
        if least is not None and one.act == "all" and one.right < least:
            hint = "the table says of which acts and constructions it is unsure"
            raise PlotError(
                f"'{one.translator}' is right in {one.right:.1%} of {one.cases}, below {least:.1%}", hint=hint
            )


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
        reliability = [one.to_json() for one in reliabilities(scored)]
        write_json({"summary": [one.to_json() for one in summaries], "reliability": reliability, "cases": cases})
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
    _show_reliability(reliabilities(scored))


def _show_reliability(rows: Sequence[Reliability]) -> None:
    """Show where each translator is reliable: acts, worlds, and the constructions of which it is right least often."""
    heads = ["translator", "of", "", "n", "right", "95% interval"]
    table = Table(*heads, box=None, padding=(0, 1, 0, 0), header_style="bold")
    shown: Counter[tuple[str, str]] = Counter()
    for one in rows:
        shown[one.translator, one.kind] += 1
        if shown[one.translator, one.kind] <= MOST_ROWS:
            interval = f"{one.low:.0%} to {one.high:.0%}"
            cells = (one.translator, one.kind, one.name, str(one.cases), f"{one.share:.0%}", interval)
            table.add_row(*(Text(visible(cell)) for cell in cells))
    console().print(table)
