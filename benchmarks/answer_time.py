"""How long one answer takes: a cold command, the same question again, and a further one of the same conversation.

    python benchmarks/answer_time.py [--repetitions 7] [--worlds tugofwar …] [--methods auto …] [--warm-only]

A cold command and `import torch, pyro` alone take turns: wall-clock seconds, those of the processor, and the most
memory. In one process each conversation is held by each method: a question is asked, asked again, and followed by
further ones, in seconds of the processor (what else runs on the machine counts little then). Medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plot import Conversation, World
from plot.errors import PlotError
from plot.inference import METHODS, Goal

COLD = {
    "import torch, pyro": [sys.executable, "-c", "import torch, pyro"],
    "plot ask tugofwar": [sys.executable, "-m", "plot", "ask", "tugofwar", "who is stronger?"],
}


@dataclass(frozen=True)
class Talk:
    """What is told of a world, and what is asked then."""

    told: Sequence[str]
    questions: Sequence[str]


TALKS: Mapping[str, Talk] = {
    "bayesnet": Talk(
        ["25% of people are smokers.", "30% of smokers get bronchitis; of the others, only 1 in 20 do."],
        ["What is the probability that someone with bronchitis is a smoker?", "How likely is bronchitis?"],
    ),
    "clinic": Talk(["Ann has a fever."], ["Does Ann have the flu?", "Is it winter?", "Does Ann have a cold?"]),
    "collisions": Talk(
        ["The red block hits the blue block."],
        ["Which is heavier?", "How heavy is the red block?", "Are the objects balls?"],
    ),
    "kinship": Talk(
        ["Blake is Avery's sister."],
        ["Is Charlie a parent of Avery?", "Does Avery have a brother?", "How many kids does Blake have?"],
    ),
    "lunch": Talk(
        ["Bob walked North on Danner."],
        ["Does Bob like vegetarian food?", "Is the sushi place open?", "Where is Bob going?"],
    ),
    "olympics": Talk(
        ["In the first match, Kay beat Ness.", "Kay and Ness beat Lane by a lot in the second match."],
        ["How strong is Kay?", "Would Lane beat Kay?", "How strong is Lane?"],
    ),
    "tabletop": Talk(
        ["There is at least one red mug."],
        ["How many mugs are there?", "Is there a can?", "Are there more red objects than green ones?"],
    ),
    "tugofwar": Talk(
        ["Tom beat John.", "John and Mary beat Tom and Sue."],
        ["Is Mary stronger than Tom?", "Who is stronger?", "Was Tom lazy in the first match?"],
    ),
}


@dataclass(frozen=True)
class Spent:
    """What a process took: seconds of the clock and of the processor, and MB of memory at most."""

    wall: float
    cpu: float
    memory: float


FIGURES = ("wall", "cpu", "memory")


def spent(command: Sequence[str]) -> Spent:
    """Run a command, and return what it took."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return Spent(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def cold(repetitions: int) -> None:
    """Print what a cold answer takes beside the import of torch and Pyro alone."""
    found: dict[str, list[Spent]] = {name: [] for name in COLD}
    for command in COLD.values():
        spent(command)
    for _ in range(repetitions):
        for name, command in COLD.items():
            found[name].append(spent(command))
    base = next(iter(found.values()))
    print(f"{'cold':24} {'wall s':>8} {'ratio':>6} {'CPU s':>8} {'ratio':>6} {'MB':>7}   ({repetitions} repetitions)")
    for name, all_ in found.items():
        walls, cpus, memories = (statistics.median(getattr(one, what) for one in all_) for what in FIGURES)
        ratios = [
            statistics.median(getattr(one, what) / getattr(other, what) for one, other in zip(all_, base, strict=True))
            for what in FIGURES[:2]
        ]
        print(f"{name:24} {walls:8.2f} {ratios[0]:6.2f} {cpus:8.2f} {ratios[1]:6.2f} {memories:7.0f}")


def milliseconds(talk: Conversation, question: str) -> float:
    """Return how long the processor works for an answer."""
    started = time.process_time()
    talk.ask(question)
    return 1_000 * (time.process_time() - started)


def warm(worlds: Sequence[str], methods: Sequence[str], repetitions: int) -> None:
    """Print what a question takes at first, again, and a further one, in each world with each method."""
    print(f"{'world':12} {'method':12} {'first ms':>9} {'again ms':>9} {'further ms':>11}")
    for name in worlds:
        for method in methods:
            print(f"{name:12} {method:12} {_row(name, method, repetitions)}", flush=True)


def _row(name: str, method: str, repetitions: int) -> str:
    asked = TALKS[name]
    first: list[float] = []
    again: list[float] = []
    further: list[float] = []
    world = World.load(name)
    try:
        for number in range(max(1, repetitions // 3)):
            talk = world.conversation(facts=False, goal=Goal(seed=number, clock=time.process_time), method=method)
            for text in asked.told:
                talk.tell(text)
            first.append(milliseconds(talk, asked.questions[0]))
            again += [milliseconds(talk, asked.questions[0]) for _ in range(3)]
            further += [milliseconds(talk, question) for question in asked.questions[1:]]
    except PlotError as error:
        return f"  {error.message[:70]}"
    return f"{statistics.median(first):9.0f} {statistics.median(again):9.1f} {statistics.median(further):11.1f}"


def main() -> None:
    """Measure, and print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repetitions", type=int, default=7)
    options.add_argument("--worlds", nargs="*", default=list(TALKS), choices=TALKS)
    options.add_argument("--methods", nargs="*", default=["auto", *METHODS])
    options.add_argument("--warm-only", action="store_true")
    chosen = options.parse_args()
    if not chosen.warm_only:
        cold(chosen.repetitions)
        print()
    warm(chosen.worlds, chosen.methods, chosen.repetitions)


if __name__ == "__main__":
    main()
