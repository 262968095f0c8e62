"""Generated problems with their true posteriors, and how a program's text is divided into the evidence and asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from plot.errors import ImpossibleError, PlotError, UnlikelyError
from plot.inference import Goal, Part, Posterior, Problem
from plot.inference.contract import Method
from plot.inference.particles.fitting import UnfitError
from plot.language import parse
from tests.oracle.comparing import DisagreementError, compare
from tests.oracle.posterior import TooManyError, Truth, enumerated
from tests.oracle.programs import accepted, finite_problem

MOST_WORLDS = 200
GOAL = Goal(precision=0.02)


def divided(text: str) -> Problem:
    """Return a problem whose setting ends at the first evidence; each piece of evidence is an utterance of its own.

    What follows an intervention is all of the question.
    """
    setting: list[str] = []
    evidence: list[list[str]] = []
    question: list[str] = []
    for node in ast.parse(text).body:
        act = _act(node)
        if act in ("query", "do") or question:
            question.append(ast.unparse(node))
        elif act in ("condition", "observe"):
            evidence.append([ast.unparse(node)])
        else:
            (evidence[-1] if evidence else setting).append(ast.unparse(node))
    told = ["\n".join(lines) for lines in evidence]
    parts = tuple(Part(part, parse(part, f"utterance {i}")) for i, part in enumerate(told, 1))
    return Problem(parse("\n".join(setting)), parts, parse("\n".join(question)))


def _act(node: ast.stmt) -> str | None:
    call = node.value if isinstance(node, ast.Expr) else None
    return call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else None


def finite_problems(first: int, count: int, most: int = MOST_WORLDS) -> Iterator[tuple[str, Truth]]:
    """Yield generated finite programs with their true posteriors, from seed `first` on."""
    seed = first
    while count:
        text = finite_problem(seed)
        seed += 1
        if not accepted(text):
            continue
        try:
            truth = enumerated(text, most)
        except TooManyError:
            continue
        count -= 1
        yield text, truth


NOT_FOUND = (ImpossibleError, UnlikelyError, UnfitError)  # what a sampler says of evidence that no particle meets


def complaint(text: str, truth: Truth, method: Method, islands: int | None = None) -> str | None:
    """Return what a method gets wrong: a figure, an answer where there is none, or none where there is one."""
    try:
        found: Posterior | PlotError = method.infer(divided(text), GOAL)[0]
    except PlotError as error:
        found = error
    if isinstance(found, PlotError):
        if truth.evidence > 0:
            return f"refused: {found}"
        told = ImpossibleError if method.name == "exact" else NOT_FOUND
        if truth.faults == 0 and not isinstance(found, told):
            return f"not told as impossible: {found}"
        return None
    if truth.evidence == 0:
        return f"an answer where none is possible: {found.marginals}"
    try:
        compare(found, truth, islands)
    except DisagreementError as error:
        return str(error)
    return None
