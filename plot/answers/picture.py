"""Console output of an answer: words, a chart, and the basis of the figures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from plot.figures import error_in_points, number, percent
from plot.inference.contract import Boolean, Number, unanimous
from plot.inference.outcomes import Figure
from plot.pictures.outcome_texts import Speller, labelled, texts_of
from plot.text import clean

if TYPE_CHECKING:
    from plot.answers.answer import Answer, Belief, Utterance

MOST_BARS = 12
MOST_TOLD = 12  # utterances that are shown in words; JSON has all
LONGEST_BAR = 40
LONGEST_LABEL = 32
EIGHTHS = " ▏▎▍▌▋▊▉"


class Bar:
    """A horizontal bar: `share` of the width, drawn in eighths of a letter, or in # where only ASCII goes."""

    def __init__(self, share: float) -> None:
        self.share = min(1.0, max(0.0, share))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(LONGEST_BAR, options.max_width)
        if options.ascii_only:
            yield Text("#" * round(self.share * width))
            return
        eighths = round(self.share * width * 8)
        whole, rest = divmod(eighths, 8)
        yield Text("█" * whole + (EIGHTHS[rest] if rest else ""), style="cyan")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(4, min(LONGEST_BAR, options.max_width))


def draw(answer: Answer, spell: Speller, quiet: bool = False, code: bool = False) -> RenderableType:
    """Return the whole answer; `quiet` leaves out all but its words, `code` adds that of what was understood."""
    words = Text(f"{answer.answer}.", style="bold")
    if quiet:
        return words
    parts: list[RenderableType] = [words]
    rows = list(rows_of(answer, spell))
    if rows:
        parts.append(Padding(_chart(rows), (1, 0, 1, 2)))
    if answer.reasons:
        parts.append(Padding(_reasons(answer), (0, 0, 1, 2)))
    parts.append(Text(footing(answer), style="dim"))
    if answer.why is not None and answer.why.compared is not None:
        parts.append(Text(f"reasons {answer.why.compared}", style="dim"))
    parts.extend(understood(answer, code))
    parts.extend(under_each(answer))
    parts.extend(Text(f"! {clean(warning)}", style="yellow") for warning in answer.warnings)
    return Group(*parts)


def _reasons(answer: Answer) -> Table:
    """Return a table of the reasons: how likely it is with each, and without."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("reason", "with it", "without", "difference"):
        table.add_column(heading, justify="left" if heading == "reason" else "right", no_wrap=heading != "reason")
    for reason in answer.reasons:
        shares = (percent(share, reason.mcse) for share in (reason.given_true, reason.given_false))
        difference = f"{percent(reason.contrast, reason.mcse)} ± {error_in_points(reason.mcse)}"
        table.add_row(clean(reason.text), *shares, difference)
    return table


def _chart(rows: list[tuple[str, float, str]]) -> Table:
    """Return a table of label, bar and figure; the bars are relative to the longest where all are short."""
    most = max(share for _, share, _ in rows)
    scale = 1.0 if most > 0.4 else max(most, 1e-9) / 0.8
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", max_width=LONGEST_LABEL, overflow="ellipsis", no_wrap=True)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for label, share, shown in rows:
        table.add_row(Text(label), Bar(share / scale), Text(shown))
    return table


def rows_of(answer: Answer, spell: Speller) -> Iterable[tuple[str, float, str]]:
    """Yield the bars of an answer's chart: label, share, and the share as text."""
    marginal = answer.marginal
    if isinstance(marginal, Boolean):
        if marginal.probability == marginal.probability:
            for label, share in (("yes", marginal.probability), ("no", 1 - marginal.probability)):
                yield label, share, percent(share, marginal.mcse)
        return
    if isinstance(marginal, Number):
        yield from _bins(marginal)
        return
    options = list(marginal.probabilities)
    labels = labelled(options[:MOST_BARS], spell, LONGEST_LABEL)
    for option, label in labels.items():
        share = marginal.probabilities[option]
        yield label, share, percent(share, marginal.errors[option])
    rest = [(marginal.probabilities[option], marginal.errors[option]) for option in options[MOST_BARS:]]
    if rest and marginal.kind == "choice":
        share = math.fsum(share for share, _ in rest)
        yield f"{len(rest)} others", share, percent(share, rest[0][1])
    elif rest:
        yield f"{len(rest)} others", 0.0, f"up to {percent(*rest[0])} each"


def _bins(marginal: Number) -> Iterable[tuple[str, float, str]]:
    if len(marginal.histogram) < 2:
        return
    error = 0.0 if marginal.sd == 0 else 0.5 * marginal.mcse / marginal.sd
    last = len(marginal.histogram) - 1
    edges = texts_of([Figure(edge) for low, high, _ in marginal.histogram for edge in (low, high)])
    for place, (low, high, share) in enumerate(marginal.histogram):
        if low == high:
            label = edges[Figure(low)]
        elif marginal.integer:
            label = number(low) if high - low <= 1 else f"{number(low)} to {number(high - 1)}"
        else:
            label = f"{edges[Figure(low)]} to {edges[Figure(high)]}"
        if low != high and place in (0, last):
            label = f"under {edges[Figure(high)]}" if place == 0 else f"{edges[Figure(low)]} or more"
        yield label, share, percent(share, error)


def footing(answer: Answer) -> str:
    """Return what the figures of an answer rest on: their error, the effective sample size, and the method."""
    error = number(answer.mcse, answer.mcse) if answer.kind == "number" else error_in_points(answer.mcse)
    posterior = answer.posterior
    of = "the mean" if answer.kind == "number" else "a probability"
    if answer.mcse == 0 and answer.method == "exact":
        return f"exact: {posterior.reason}"
    known = f"standard error of {of} {error}"
    if answer.mcse == 0:
        known = "nothing random"
    elif unanimous(answer.marginal):
        known = f"all samples agree: any other answer has a probability {percent(0.0, answer.marginal.relative_error)}"
    ess = f"{answer.ess:,.0f}" if math.isfinite(answer.ess) else "unknown"
    size = f"effective sample size {ess} of {posterior.particles:,}"
    return f"{known}; {size}; seed {answer.seed}; {answer.method}: {posterior.reason}"


def understood(answer: Answer, code: bool) -> Iterable[Text]:
    """Show in words what the question and everything told were understood as; with `code`, also their code."""
    for said in answer.utterances:
        if said.act == "question":
            yield from _reading("understood as: ", said.readings[0], code)
            if answer.reading_probability is not None and said.readings[0].reliability < 1:
                yield Text(
                    f"  right with a probability of about {percent(answer.reading_probability, 0.005)}", style="dim"
                )
            yield from _others(answer, said.readings[0].weight, code)
    told = [said for said in answer.utterances if said.act != "question"]
    plain = [said for said in told if len(said.readings) == 1]
    if plain and not code:
        words = " ".join(clean(said.readings[0].understood) for said in plain[:MOST_TOLD])
        more = f" … and {len(plain) - MOST_TOLD:,} more" if len(plain) > MOST_TOLD else ""
        yield Text(f"told, understood as: {words}{more}", style="dim")
    for said in told:
        if len(said.readings) > 1:
            yield from _several(said, code)
        elif code or said.readings[0].own_words is not None:
            yield from _reading("told, understood as: " if code else "  ", said.readings[0], code)


def _reading(before: str, held: Belief, code: bool) -> Iterable[Text]:
    yield Text(f"{before}{clean(held.understood)}", style="dim")
    if held.own_words is not None:
        yield Text(f"  in the translator's words: {clean(held.own_words)}", style="dim")
    if code:
        yield from (Text(f"    {clean(line)}", style="dim") for line in held.code.strip().splitlines())


def _others(answer: Answer, weight: float, code: bool) -> Iterable[Text]:
    """Show the less likely readings of a question, each with its answer."""
    if answer.alternatives:
        yield Text(f"this reading has a probability of {percent(weight, 0.01)}; it may also mean:", style="dim")
    for one in answer.alternatives:
        held = one.reading
        found = f"{one.answer.answer}." if one.answer is not None else f"no answer: {clean(one.failed or '')}"
        yield from _reading(f"  {percent(held.weight, 0.01)}  ", held, code)
        yield Text(f"       {found}", style="dim")


def _several(said: Utterance, code: bool) -> Iterable[Text]:
    """Show an utterance that could be read in more than one way."""
    yield Text(f"“{clean(said.say)}” may mean:", style="dim")
    for held in sorted(said.readings, key=lambda one: -one.posterior):
        yield from _reading(f"  {percent(held.posterior, 0.01)}  ", held, code)


def under_each(answer: Answer) -> Iterable[Text]:
    """Show the answer under each reading, where these were asked for, and the question that would help most."""
    if answer.ambiguities is None:
        return
    if not answer.ambiguities:
        yield Text("every utterance has a single reading", style="dim")
    for one in answer.ambiguities:
        yield Text(f"if “{clean(one.say)}” means")
        for under in one.options:
            yield Text(f"  {one_line(under.reading)} ({percent(under.posterior, 0.01)}): {under.answer}")
        if one.disagree:
            yield Text("! the answer depends on which reading was meant", style="yellow")
    if answer.clarifying_question is not None:
        yield Text(f"clarifying question: {clean(answer.clarifying_question)}", style="bold")


def one_line(code: str) -> str:
    """Return code on one line, its first statements if there are many."""
    lines = [line.rstrip() for line in code.strip().splitlines() if line.strip()]
    return clean("; ".join(lines) if len(lines) < 4 else "; ".join([*lines[:3], "…"]))
