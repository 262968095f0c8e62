"""Every aggregation scheme on held-out conversations: accuracy by meaning, log score, answers, cost.

    python -m benchmarks.mixture.run [--worlds tugofwar lunch …] [--rounds 10] [--talks 240] [--out FILE]

Experts are scripted (experts.py): how often each is right is planted, and those of one family err together. Their
wrong programs are made from the right ones of the worlds' examples (mistakes.py), and pooled by meaning with the
same code that conversations use. Schemes are fitted on one half of the examples and measured on the other. The
regret of an answer is the divergence of the answer under the mixture from that under what was meant,
KL(true || mixture), in nats; a conversation has two statements and a question of one answer. Intervals are
bootstrapped over conversations, at 95%; differences are of the same conversations.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.mixture.contestants import (
    CHEAPER,
    CONTROL,
    DEFAULT,
    GRAMMAR_FIRST,
    ONE_TIER,
    STRINGS,
    TOP_1,
    VOTE,
    cascade,
    contestants,
)
from benchmarks.mixture.talks import Asked, Score, Talk, conversations, scored
from plot.translate.mixture.pooling.thresholds import cost_quality_curve

WORLDS = ("tugofwar", "lunch", "olympics", "clinic")
BOOTSTRAPS = 2_000
GOOD = (DEFAULT, CHEAPER, ONE_TIER)
BEATEN = (CONTROL, GRAMMAR_FIRST, "grammar, else large", STRINGS, TOP_1, VOTE)


def interval(values: Sequence[float], chance: random.Random) -> tuple[float, float, float]:
    """Return the mean and its bootstrapped interval."""
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(BOOTSTRAPS))
    return sum(values) / len(values), means[int(0.025 * BOOTSTRAPS)], means[int(0.975 * BOOTSTRAPS)]


def measured(train: Sequence[Asked], talks: Sequence[Talk], seed: int) -> dict[str, Any]:
    """Return the table: each contestant's figures with their intervals, the gains, and the cascade's curve."""
    chance = random.Random(seed)
    rows, scores = {}, {}
    print(f"{'':52} {'right':24}  {'log score':24}  {'regret of the answer':24}  cost")
    for name, weigh in contestants(train).items():
        found = scores[name] = [scored(talk, [weigh(one) for one in talk.said]) for talk in talks]
        rows[name] = {
            "right": interval([score.right for score in found], chance),
            "log_score": interval([score.log_score for score in found], chance),
            "regret": interval([score.regret for score in found if score.regret is not None], chance),
            "cost": sum(score.cost for score in found) / len(found),
        }
        print(row_text(name, rows[name]), flush=True)
    gains = {
        one: {
            other: gain(scores[one], scores[other], chance)
            for other in (*BEATEN, f"{one}, at random")
            if other in scores
        }
        for one in GOOD
    }
    for one, others in gains.items():
        for other, figures in others.items():
            shown = "  ".join(
                f"{name} {mean:+.3f} [{low:+.3f}, {high:+.3f}]" for name, (mean, low, high) in figures.items()
            )
            print(f"{one} less {other}: {shown}")
    answers = sum(score.regret is not None for score in scores[DEFAULT])
    counts = {"conversations": len(talks), "answers": answers, "fitted_on": len(train)}
    return {**counts, "table": rows, "gains": gains, "curve": curve(train, talks)}


def gain(mine: Sequence[Score], other: Sequence[Score], chance: random.Random) -> dict[str, tuple[float, float, float]]:
    """Return by how much one contestant differs from another on the same conversations, with intervals."""
    pairs = list(zip(mine, other, strict=True))
    regrets = [(a.regret, b.regret) for a, b in pairs if a.regret is not None and b.regret is not None]
    return {
        "right": interval([a.right - b.right for a, b in pairs], chance),
        "log_score": interval([a.log_score - b.log_score for a, b in pairs], chance),
        "regret": interval([a - b for a, b in regrets], chance),
    }


def curve(train: Sequence[Asked], talks: Sequence[Talk]) -> list[dict[str, Any]]:
    """Return what each threshold of the cascade, fitted on the training half, costs and brings on the other."""
    mixture = cascade()
    mixture.fit([one.all for one in train])
    return [
        point.to_json() for point in cost_quality_curve([mixture.steps(one.all) for talk in talks for one in talk.said])
    ]


def row_text(name: str, row: dict[str, Any]) -> str:
    """Return a line of the table."""
    shown = [
        f"{mean:6.3f} [{low:6.3f}, {high:6.3f}]" for mean, low, high in (row["right"], row["log_score"], row["regret"])
    ]
    return f"{name:52} {'  '.join(shown)}  {row['cost']:5.1f}"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", nargs="+", default=WORLDS)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--talks", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out")
    options = parser.parse_args()
    train, talks = conversations(options.worlds, options.rounds, options.talks, random.Random(options.seed))
    found = measured(train, talks, options.seed)
    found |= {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "worlds": list(options.worlds),
        "rounds": options.rounds,
        "seed": options.seed,
    }
    if options.out:
        Path(options.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
