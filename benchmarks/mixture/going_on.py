"""Do thresholds choose better than chance which utterances go on to a expensive stage? Many statements, without
questions.

    python -m benchmarks.mixture.going_on [--talks 1600] [--seed 2] [--out FILE]

The cascade of the benchmark (run.py) is fitted within several costs on the training half; on the other it is compared
with itself where it goes on as often after each stage, but at random.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.mixture.contestants import Weigh, at_random, by_cascade, cascade
from benchmarks.mixture.run import WORLDS, interval
from benchmarks.mixture.talks import FLOOR, Asked, conversations
from plot.translate.mixture import likeliest

BUDGETS = (3.0, 3.5, 4.0, 5.0)


def figures(weigh: Weigh, items: Sequence[Asked]) -> list[tuple[float, float, float]]:
    """Return for each utterance whether the likeliest is right, the log score, and the cost."""
    found = []
    for one in items:
        weighed = weigh(one)
        if weighed is None:
            found.append((0.0, math.log(FLOOR), 0.0))
            continue
        right = weighed.one.right
        score = math.log(max(FLOOR, weighed.weights[right] if right is not None else 0.0))
        found.append((float(likeliest(weighed.weights) == right), score, weighed.cost))
    return found


def measured(count: int, seed: int) -> dict[str, Any]:
    """Return for each budget the costs of both, and by how much thresholds are better, with intervals."""
    chance = random.Random(seed)
    train, talks = conversations(WORLDS, 10, count, chance)
    labelled, items = [one.all for one in train], [one for talk in talks for one in talk.said]
    table = {}
    for budget in BUDGETS:
        mixture = cascade()
        mixture.fit(labelled, budget)
        mine = figures(by_cascade(mixture), items)
        other = figures(at_random(mixture, labelled), items)
        gains = [interval([a[k] - b[k] for a, b in zip(mine, other, strict=True)], chance) for k in (0, 1)]
        costs = [sum(one[2] for one in way) / len(items) for way in (mine, other)]
        table[f"{budget:g}"] = {"costs": costs, "right": gains[0], "log_score": gains[1]}
        print(budget, [round(cost, 2) for cost in costs], *([round(x, 3) for x in gain] for gain in gains), flush=True)
    return {"utterances": len(items), "seed": seed, "gains": table}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--talks", type=int, default=1_600)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--out")
    options = parser.parse_args()
    found = measured(options.talks, options.seed)
    if options.out:
        Path(options.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
