"""Answers, worlds and conversations as notebooks show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plot.answers.picture import footing, rows_of, under_each, understood
from plot.answers.words import speller
from plot.html import bars, block, code, folded, line, table
from plot.translate.base import Told
from plot.world import WorldSpec

if TYPE_CHECKING:
    from plot.answers.answer import Answer

MOST_LISTED = 12


def answer_html(answer: Answer) -> str:
    """Return an answer as HTML: its words, a chart, what it was understood as, warnings, and folded diagnostics."""
    rows = list(rows_of(answer, speller(answer.names)))
    reasons = [(one.text, f"{one.contrast:+.3f} ± {one.mcse:.3f}") for one in answer.reasons]
    return block(
        line(answer.question, faint=True),
        line(f"{answer.answer}.", bold=True),
        bars(rows, f"{answer.question} {answer.answer}."),
        table(reasons, ("reason", "difference")) if reasons else "",
        *(line(shown.plain, faint=True) for shown in (*understood(answer, False), *under_each(answer))),
        *(line(warning, warning=True) for warning in answer.warnings),
        folded("diagnostics", line(footing(answer)), table(_diagnostics(answer))),
        folded("random choices", table(answer.sites.items())) if answer.sites else "",
        folded("program", code(answer.program)) if answer.program else "",
    )


def _diagnostics(answer: Answer) -> list[tuple[str, str]]:
    """Return the diagnostics of the inference by name."""
    known = {"log evidence": answer.log_evidence, "seconds": answer.seconds, **answer.posterior.diagnostics}
    return [("stopped by", answer.stopped_by), *((name, f"{value:.4g}") for name, value in known.items())]


def world_html(world: WorldSpec) -> str:
    """Return a world as HTML: what it is about, what can be asked, and its folded facts and model."""
    asked = [test.ask for test in world.tests] or [one.say for one in world.examples if one.say.endswith("?")]
    return block(
        line(world.name, bold=True),
        line(world.description) if world.description else "",
        *_listed("questions that it can answer", asked),
        *_listed("facts", world.facts),
        folded("model", code(world.model)),
    )


def _listed(what: str, said: Sequence[str]) -> list[str]:
    """Return the first of some utterances, folded."""
    if not said:
        return []
    shown = list(dict.fromkeys(said))
    more = [line(f"… and {len(shown) - MOST_LISTED:,} more", faint=True)] if len(shown) > MOST_LISTED else []
    return [folded(f"{what} ({len(shown)})", *(line(one) for one in shown[:MOST_LISTED]), *more)]


def told_html(said: Sequence[Told]) -> str:
    """Return utterances as HTML, each with the readings that it has."""
    rows = [
        (told.say if not number else "", f"{reading.weight:.0%}" if len(told.readings) > 1 else "", reading.words)
        for told in said
        for number, reading in enumerate(told.readings)
    ]
    return table(rows, ("utterance", "", "understood as")) if rows else line("nothing has been told", faint=True)


def conversation_html(world: WorldSpec, said: Sequence[Told], names: Sequence[str]) -> str:
    """Return a conversation as HTML: its world, what was told, and who was mentioned."""
    mentioned = line(f"mentioned: {', '.join(names)}", faint=True) if names else ""
    return block(line(f"a conversation about {world.name}", bold=True), told_html(said), mentioned)


__all__ = ["answer_html", "conversation_html", "told_html", "world_html"]
