"""Print the tasks for a language model, score its replies, or let PLoT answer.

    python -m benchmarks.reasoning tasks > tasks.txt            # prompts, one JSON object a line: id, prompt
    python -m benchmarks.reasoning score replies.jsonl          # replies: one JSON object a line: id, answer
    python -m benchmarks.reasoning solve > replies.jsonl        # what PLoT answers to the statements as they stand

Give a model the prompts twice, once alone and once with the tools of `plot mcp`, and score both. An answer is right if
it is within 0.01 of a probability, or within one per cent of another number. Answers were computed by hand or by
summing over all cases, apart from PLoT.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plot import World, run_program
from plot.answers import Answer
from plot.inference import Goal

TASKS = Path(__file__).with_name("tasks.jsonl")
CLOSE = 0.01
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*%?")
ASK = "Answer with a number alone: a probability from 0 to 1, or the expected value."


@dataclass(frozen=True)
class Score:
    """How the replies to some tasks fared: how many there are, how many have a reply, and how many are right."""

    tasks: int
    replied: int
    right: int
    mean_error: float


def read_tasks(path: Path = TASKS) -> list[dict[str, Any]]:
    """Return the tasks."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def prompt_of(task: Mapping[str, Any]) -> str:
    """Return a task as it is put to a language model."""
    return " ".join([*filter(None, [task.get("background")]), *task["statements"], task["question"], ASK])


def number_of(reply: object) -> float | None:
    """Return the number that a reply gives: the last one in a text; a percentage is a probability.

    >>> number_of("So it is 2/3, or about 66.7%."), number_of(0.5), number_of("no idea")
    (0.667, 0.5, None)
    """
    if isinstance(reply, (int, float)) and not isinstance(reply, bool):
        return float(reply) if math.isfinite(reply) else None
    found = NUMBER.findall(str(reply))
    if not found:
        return None
    last = found[-1].strip()
    return float(last.rstrip("% ")) / 100 if last.endswith("%") else float(last)


def is_right(answer: float, wanted: float) -> bool:
    """Return whether an answer is close enough."""
    return abs(answer - wanted) <= CLOSE * max(1.0, abs(wanted))


def scored(tasks: Iterable[Mapping[str, Any]], replies: Mapping[str, object]) -> dict[str, Score]:
    """Return the score of each kind of task, and of all; a task without a reply is not right."""
    kinds: dict[str, list[tuple[float, float | None]]] = defaultdict(list)
    for task in tasks:
        pair = (task["answer"], number_of(replies[task["id"]]) if task["id"] in replies else None)
        kinds[task["kind"]].append(pair)
        kinds["all"].append(pair)
    return {kind: _score(pairs) for kind, pairs in kinds.items()}


def _score(pairs: Sequence[tuple[float, float | None]]) -> Score:
    given = [(wanted, answer) for wanted, answer in pairs if answer is not None]
    errors = [abs(answer - wanted) for wanted, answer in given]
    right = sum(is_right(answer, wanted) for wanted, answer in given)
    return Score(len(pairs), len(given), right, sum(errors) / len(errors) if errors else math.nan)


def solved(task: Mapping[str, Any]) -> Answer:
    """Return PLoT's answer to a task: to its sentences, or to its program."""
    goal = Goal(precision=0.002, seconds=60.0)
    if "program" in task:
        return run_program(task["program"], task["id"], goal=goal)[0]
    talk = World.load(task["world"]).conversation(facts=False, goal=goal)
    for statement in task["statements"]:
        talk.tell(statement)
    return talk.ask(task["question"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["tasks", "score", "solve"])
    parser.add_argument("replies", nargs="?", help="the replies to score, as JSON lines")
    given = parser.parse_args(arguments)
    tasks = read_tasks()
    if given.what == "score":
        if given.replies is None:
            parser.error("score needs the file of the replies")
        rows = [json.loads(line) for line in Path(given.replies).read_text(encoding="utf-8").splitlines() if line]
        for kind, one in scored(tasks, {row["id"]: row["answer"] for row in rows}).items():
            right = f"{one.right:3} of {one.tasks:3} right, {one.replied:3} replies"
            print(f"{kind:20} {right}, mean error {one.mean_error:.4f}")
        return
    for task in tasks:
        answer = solved(task) if given.what == "solve" else None
        value = None if answer is None else answer.probability if answer.probability is not None else answer.mean
        shown = {"prompt": prompt_of(task)} if answer is None else {"answer": value}
        print(json.dumps({"id": task["id"], **shown}))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
