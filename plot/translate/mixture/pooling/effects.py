"""The effect of a reading under the prior: its probability, or the answer to its question."""

from __future__ import annotations

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.estimates.columns import Column, View, column
from plot.inference.outcomes import source_text
from plot.language import Budget, parse
from plot.language.syntax.nodes import ProgramNode, Query
from plot.runtime import RunPlan, run
from plot.translate.base import Discourse, Reading
from plot.translate.model.examine import prior_of

PARTICLES = 2_000
MOST_OPTIONS = 3


def effect_of(reading: Reading, discourse: Discourse, seed: int = 0, budget: Budget | None = None) -> str:
    """Return in a sentence what a reading says or asks, in worlds of the prior."""
    program = parse(reading.code, "the reading")
    whole = ProgramNode(body=prior_of(discourse).body + program.body)
    try:
        found = run(whole, PARTICLES, RunPlan(seed=seed, budget=budget or Budget()))
        if reading.act == "observation":
            share = float((found.log_weight > -torch.inf).double().mean())
            return f"True in {share:.1%} of the worlds before anything was said."
        if reading.act == "question" and found.queries:
            asked = [one for one in program.body if isinstance(one, Query)][-1]
            answer = column(found.queries[-1], View(None, PARTICLES), span=asked.span)
            return f"Under the prior the answer is {_shown(answer)}."
    except PlotError as error:
        return f"It fails: {error.message}"
    return "It adds a definition."


def _shown(answer: Column) -> str:
    values = answer.values.double()
    if answer.kind == "boolean":
        return f"yes with probability {float(values.mean()):.2f}"
    if answer.kind == "number":
        on = values if answer.defined is None else values[answer.defined]
        return f"a number, {float(on.mean()):.3g} give or take {float(on.std()):.2g}"
    if answer.kind == "set":
        shares = {name: float(inside.double().mean()) for name, inside in answer.members.items()}
    else:
        shares = {name: float((answer.values == i).double().mean()) for i, name in enumerate(answer.labels)}
    best = sorted(shares, key=lambda one: -shares[one])[:MOST_OPTIONS]
    texts = [one if isinstance(one, str) else source_text(one) for one in best]
    told = (f"{text} with probability {shares[one]:.2f}" for text, one in zip(texts, best, strict=True))
    return ", ".join(told) or "nothing"


__all__ = ["effect_of"]
