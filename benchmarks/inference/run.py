"""Inference side by side: effective samples per second against the true posterior, in one run.

    python -m benchmarks.inference.run [--tasks 'players6-*' …] [--methods 'NumPy*' …] [--turns 10] [--out FILE]

The methods of a task take turns, so that a busy machine slows all alike; the first turn warms up and is not counted.
Seconds are medians over the turns. scoring.py says how effective samples are computed. Exact methods are compared by
their speed alone. `--list` shows the tasks and methods. Needs the `bench` extra and WebPPL (see webppl.py); what is not
there is skipped, with the reason. `--precision` and `--seconds` are the goal of PLoT's rows. `--processor` measures the
time of the processor, which other work on the machine disturbs less than the clock's.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.inference.baselines import baselines
from benchmarks.inference.families import Family
from benchmarks.inference.nets import nets
from benchmarks.inference.plot_methods import plot_methods
from benchmarks.inference.scoring import Score, scored
from benchmarks.inference.tasks import Method, Outcome, Runner, Skip, Task
from benchmarks.inference.tournaments import tournaments

BASE = "NumPy SMC, flips summed out"
LIBRARIES = ("numpy", "torch", "pyro-ppl", "opt_einsum", "pgmpy", "pyagrum", "scipy")


@dataclass
class Row:
    """A method on a task: its runs so far. Each gets one that counts, however slow it is."""

    method: Method
    runner: Runner
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    spent: float = 0.0
    failure: str | None = None

    def turn(self, number: int, limit: float, clock: Callable[[], float]) -> None:
        """Run once more, unless it had its turns or its time; turn 0 warms up."""
        over = self.method.turns is not None and number > self.method.turns
        if self.failure or over or (self.outcomes and self.spent > limit):
            return
        started = clock()
        try:
            outcome = self.runner(number)
        except Exception as error:  # whatever a library raises: the other rows go on
            self.failure = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:120]
            return
        passed = clock() - started
        self.spent += passed
        if number > 0:
            self.outcomes.append(outcome)
            self.seconds.append(passed if outcome.seconds is None else outcome.seconds)


def tasks() -> dict[str, Task]:
    """Return all problems by name."""
    family = Family()
    return {**tournaments(), **nets(), family.name: family}


def matching(names: Iterable[str], patterns: list[str]) -> list[str]:
    """Return the names that fit one of the patterns; all of them where there is none."""
    return [name for name in names if not patterns or any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]


def measured(
    task: Task, methods: list[Method], turns: int, limit: float, clock: Callable[[], float] = time.perf_counter
) -> tuple[list[Row], dict[str, str]]:
    """Let the methods take turns on a task; return the rows, and why the others were skipped."""
    rows, skipped = [], {}
    for method in methods:
        try:
            rows.append(Row(method, method.prepare(task)))
        except Skip as reason:
            skipped[method.name] = str(reason)
    for number in range(turns + 1):
        for row in rows:
            row.turn(number, limit, clock)
    skipped |= {row.method.name: row.failure for row in rows if row.failure}
    return [row for row in rows if row.outcomes], {name: why for name, why in skipped.items() if " only" not in why}


def shown(task: Task, scores: dict[str, Score], skipped: dict[str, str], base: str) -> None:
    """Print the table of a task."""
    measure = scores.get(base)
    print(f"\n{task.name}: {len(task.evidence)} observations, {len(task.questions)} questions")
    print(f"  {'method':<30} {'runs':>4} {'seconds':>9} {'ESS/s':>11} {'(range)':>19} {'to base':>9}  remarks")
    for name, score in scores.items():
        if score.exact:
            pace, spread = "exact", ""
            ratio = measure.seconds / score.seconds if measure and measure.exact else None
        else:
            pace, spread = f"{score.ess_per_second:,.3g}", f"{score.low:,.3g}–{score.high:,.3g}"
            ratio = score.ess_per_second / measure.ess_per_second if measure and not measure.exact else None
        remarks = [f"{score.empty} without an answer"] if score.empty else []
        remarks += [f"biased? z = {score.bias:.1f}"] if score.suspect else []
        tail = f"{'' if ratio is None else f'{ratio:.3g}x':>9}  {', '.join(remarks)}"
        print(f"  {name:<30} {score.runs:>4} {score.seconds:>9.4f} {pace:>11} {spread:>19} {tail}".rstrip(), flush=True)
    for name, why in skipped.items():
        print(f"  {name:<30} skipped: {why}")


def machine() -> dict[str, Any]:
    """Describe where this was measured."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "processor": names[0].partition(":")[2].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch_threads": torch.get_num_threads(),
        "libraries": versions,
        "commit": head.stdout.strip(),
    }


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", nargs="*", default=[], help="patterns of names")
    parser.add_argument("--methods", nargs="*", default=[], help="patterns of names")
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for each method on each task")
    parser.add_argument("--base", default=BASE, help="the method to which the others are compared")
    parser.add_argument("--net-base", default="opt_einsum, paths ready", help="the same, for Bayes nets")
    parser.add_argument("--precision", type=float, default=0.002, help="the goal of PLoT's methods")
    parser.add_argument("--seconds", type=float, default=10.0, help="the time that PLoT's methods may take")
    parser.add_argument("--processor", action="store_true", help="the time of the processor, not the clock's")
    parser.add_argument("--threads", type=int, help="torch's threads")
    parser.add_argument("--out", type=Path, help="write the results here, as JSON")
    parser.add_argument("--list", action="store_true", help="show the tasks and methods")
    return parser.parse_args()


def main() -> None:
    """Measure what is asked and print it."""
    warnings.filterwarnings("ignore")
    given = options()
    methods, problems = [*plot_methods(given.precision, given.seconds), *baselines()], tasks()
    if given.list:
        print("\n".join([*problems, "", *[f"{method.name}: {method.what}" for method in methods]]))
        return
    if given.threads:
        torch.set_num_threads(given.threads)
    chosen = set(matching([method.name for method in methods], given.methods))
    results: dict[str, Any] = {}
    written = {
        "command": shlex.join(["python", "-m", "benchmarks.inference.run", *sys.argv[1:]]),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "machine": machine(),
        "methods": {method.name: method.what for method in methods if method.name in chosen},
        "tasks": results,
    }
    for name in matching(problems, given.tasks):
        task = problems[name]
        clock = time.process_time if given.processor else time.perf_counter
        rows, skipped = measured(task, [m for m in methods if m.name in chosen], given.turns, given.limit, clock)
        scores = {row.method.name: scored(task, row.outcomes, row.seconds) for row in rows}
        shown(task, scores, skipped, given.net_base if name.startswith("net") else given.base)
        results[name] = {"scores": {key: score.as_json() for key, score in scores.items()}, "skipped": skipped}
        if given.out:
            given.out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
