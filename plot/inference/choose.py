"""Which algorithm infers: chosen by name, or by looking at the program; either way it says why."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace

from plot.errors import PlotError
from plot.inference.contract import Goal, Method, Posterior, Problem, State
from plot.inference.importance import REASON, Importance
from plot.inference.smc import Smc

METHODS: Mapping[str, Method] = {method.name: method for method in (Importance(), Smc())}


def choose(problem: Problem, goal: Goal, method: str = "auto") -> tuple[Method, str]:
    """Return the algorithm for a problem and the reason in one sentence. Raises PlotError for an unknown name."""
    if method == "auto":
        return METHODS[Importance.name], REASON
    if method in METHODS:
        return METHODS[method], "asked for by name"
    names = ["auto", *METHODS]
    near = difflib.get_close_matches(method, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(names)}"
    raise PlotError(f"unknown inference method {method!r}", hint=hint)


def infer(
    problem: Problem, goal: Goal, method: str = "auto", state: State | None = None
) -> tuple[Posterior, State | None]:
    """Infer the posterior of a problem's queries with the algorithm that fits, and the state to go on from.

    Raises ImpossibleError where the evidence has no support and UnlikelyError where none was found; PlotError where
    the program fails in every particle.
    """
    chosen, reason = choose(problem, goal, method)
    kept = state if state is not None and state.method == chosen.name else None
    posterior, state = chosen.infer(problem, goal, kept)
    return replace(posterior, reason=reason), state
