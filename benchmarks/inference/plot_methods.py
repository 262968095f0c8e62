"""PLoT's own methods as rows of the table: the problem's text becomes a Problem, and `infer` answers it."""

from __future__ import annotations

from dataclasses import replace

import torch

from benchmarks.inference.tasks import Method, Outcome, Runner, Skip, Task
from plot.errors import UnlikelyError
from plot.inference import METHODS, Boolean, Goal, Number, Part, Posterior, Problem, infer
from plot.language import parse


def problem(task: Task) -> Problem:
    """Return the task as PLoT's inference takes it."""
    return Problem(
        setting=parse(task.setting),
        evidence=tuple(Part(label=text, program=parse(text)) for text in task.evidence),
        question=parse("\n".join([f"query({expression})" for expression in task.questions.values()])),
    )


def estimates(task: Task, posterior: Posterior) -> dict[str, float]:
    """Return the means of what was asked."""
    found = {}
    for name, marginal in zip(task.questions, posterior.marginals, strict=True):
        if isinstance(marginal, Number):
            found[name] = marginal.mean
        elif isinstance(marginal, Boolean):
            found[name] = marginal.probability
        else:
            raise TypeError(f"{name} is a {marginal.kind}")
    return found


def plot_method(name: str, row: str | None = None, turns: int | None = None, **options: object) -> Method:
    """Return a method of PLoT as a row; `options` are fields of its Goal, such as precision, seconds and particles.

    A method that this version does not have is skipped. Parsing is not timed; all else is, the analysis of the
    program included.
    """
    goal = replace(Goal(), **options)  # type: ignore[arg-type]

    def prepare(task: Task) -> Runner:
        if name != "auto" and name not in METHODS:
            raise Skip(f"PLoT has no method {name!r} here")
        if goal.device != "cpu" and not torch.cuda.is_available():
            raise Skip("on machines with a graphics card only")
        asked = problem(task)

        def run(seed: int) -> Outcome:
            try:
                posterior, _ = infer(asked, replace(goal, seed=seed), name)
            except UnlikelyError:
                return Outcome({})
            return Outcome(
                estimates(task, posterior),
                posterior.log_evidence,
                draws=posterior.ess,
                notes={"method": posterior.method, "converged": str(posterior.converged)},
            )

        return run

    what = ", ".join(f"{key} {value}" for key, value in options.items()) or "as it comes"
    return Method(row or f"PLoT {name}", what, prepare, turns)


def plot_methods(precision: float, seconds: float) -> list[Method]:
    """Return PLoT's rows: what it chooses itself, and each of its methods by name; on a graphics card too, if any."""
    names = ("auto", *METHODS)
    here = [plot_method(name, precision=precision, seconds=seconds) for name in names]
    card = [
        plot_method(name, f"PLoT {name}, card", precision=precision, seconds=seconds, device="cuda") for name in names
    ]
    return here + card
