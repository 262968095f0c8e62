"""Answers programs in processes of their own, and measures what each takes: `python -m tests.extremes.measured`.

Reads JSON from the standard input, a list of {text, goal}, and writes a line of JSON for each. Every program runs in a
fork of a process in which a simple program was answered before, so that what it holds then is the baseline.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference import Goal
from plot.language import Budget
from plot.program import run_program
from plot.watch import resident

KIB = 1024


def answered(text: str, goal: dict[str, Any]) -> dict[str, Any]:
    """Return the first answer to a program, or its error."""
    budget = Budget().merged(goal.pop("budget", {}))
    try:
        found = run_program(text, goal=Goal(budget=budget, **goal))[0]
    except PlotError as error:
        return {"error": error.message, "hint": error.hint}
    return found.to_json()


def measured(text: str, goal: dict[str, Any]) -> dict[str, Any]:
    """Return what `answered` does, with the seconds of the processor and the bytes above the baseline that it took."""
    before, started = resident(), time.process_time()
    found = answered(text, goal)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    return {**found, "cpu": time.process_time() - started, "held": max(0.0, peak - before)}


def main() -> None:
    """Answer all, one after the other."""
    torch.set_num_threads(1)
    answered("x = normal(0, 1)\nobserve(normal(x, 1), 1)\nquery(x)", {})
    for one in json.load(sys.stdin):
        child = os.fork()
        if not child:
            print(json.dumps(measured(**one)), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps({"error": f"the process ended with {status}", "cpu": 0.0, "held": 0.0}), flush=True)


if __name__ == "__main__":
    main()
