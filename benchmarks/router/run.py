"""Routers side by side: held-out examples, paraphrases that share few words with them, and what is about no world.

    python -m benchmarks.router.run [--folds 10] [--out benchmarks/router/results.json]

Held out: of everything that is said in the worlds (examples, tests, facts; what is the same but for names and numbers
stands once for each world) every tenth is left out in turn, and routers learn from the rest. Paraphrases and foreign
sentences are routed by routers that learned from all; what is said in a world that they did not learn is foreign too.
`named` counts where the answer names the right world: as the best, or as plausible too. `learned, with grammars` is
what `plot ask` does without a world. Intervals are Wilson's, at 95%.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import platform
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sklearn
import yaml

from benchmarks.router import talks
from plot.cli.shared.chosen_world import PLAUSIBLE
from plot.cli.shared.finding import with_grammars
from plot.conversation import World
from plot.routing import Domain, Hashed, Learned, Neighbours, Random, Router, Routing, domains_of
from plot.routing.normalise import Normaliser
from plot.world import builtin_worlds

HERE = Path(__file__).parent
ALIKE = ("tugofwar", "olympics")  # what is said in one of them often belongs to the other
LEAST = 1e-6  # a probability that is below counts as this in the log loss
Case = tuple[tuple[str, ...], str]  # utterances, world

ROUTERS: dict[str, Callable[[Sequence[Domain]], Router]] = {
    "learned": lambda domains: Learned(domains, cache=False),
    "neighbours": Neighbours,
    "hash": lambda domains: Hashed([one.name for one in domains]),
    "random": lambda domains: Random([one.name for one in domains]),
}
WITH_GRAMMARS = "learned, with grammars"


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval of a share.

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    if not count:
        return 0.0, 1.0
    share, scale = hits / count, 1 + z * z / count
    middle = (share + z * z / (2 * count)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: int, count: int) -> dict[str, Any]:
    """Return a share with its interval."""
    return {"share": hits / count if count else None, "interval": wilson(hits, count), "hits": hits, "of": count}


def measured(found: Sequence[tuple[Routing, str]]) -> dict[str, Any]:
    """Return the figures of routings whose worlds are known."""
    ranks = [list(routing.scores).index(world) for routing, world in found]
    losses = [-math.log(max(routing.scores[world], LEAST)) for routing, world in found]
    confusions: dict[str, int] = {}
    for routing, world in found:
        if routing.best != world:
            pair = f"{world} → {routing.best}"
            confusions[pair] = confusions.get(pair, 0) + 1
    answered = [(routing, world) for routing, world in found if not routing.abstains]
    return {
        "top-1": share(sum(rank == 0 for rank in ranks), len(found)),
        "top-2": share(sum(rank < 2 for rank in ranks), len(found)),
        "named": share(sum(named(routing, world) for routing, world in found), len(found)),
        "log loss": statistics.fmean(losses),
        "mean confidence": statistics.fmean(routing.probability for routing, _ in found),
        "abstains": share(sum(routing.abstains for routing, _ in found), len(found)),
        "top-1 of those not abstained": share(sum(r.best == w for r, w in answered), len(answered)),
        "confusions": dict(sorted(confusions.items(), key=lambda item: -item[1])[:8]),
    }


def named(routing: Routing, world: str) -> bool:
    """Return whether the first line of an answer names a world."""
    second = [name for name, share in list(routing.scores.items())[1:2] if share >= PLAUSIBLE]
    return world in (routing.best, *second)


def folds_of(domains: Sequence[Domain], folds: int) -> list[tuple[list[Domain], list[Case]]]:
    """Return for each fold the domains without what is left out, and that."""
    plain = Normaliser.of(domains)
    found = []
    for fold in range(folds):
        kept, cases = [], []
        for one in domains:
            groups: dict[str, list[str]] = {}
            for line in one.lines:
                groups.setdefault(plain.text(line), []).append(line)
            order = random.Random(0).sample(list(groups), len(groups))
            out = {text for number, text in enumerate(order) if number % folds == fold}
            kept.append(replace(one, lines=tuple(line for line in one.lines if plain.text(line) not in out)))
            cases += [((groups[text][0],), one.name) for text in order if text in out]
        found.append((kept, cases))
    return found


def talks_of(cases: Sequence[Case], length: int) -> list[Case]:
    """Return conversations of several utterances of one world each."""
    by_world: dict[str, list[str]] = {}
    for (said,), world in cases:
        by_world.setdefault(world, []).append(said)
    return [
        (tuple(lines[start : start + length]), world)
        for world, lines in by_world.items()
        for start in range(0, len(lines) - length + 1, length)
    ]


class WithGrammars:
    """The learned router, and the grammars of plausible worlds."""

    name = WITH_GRAMMARS

    def __init__(self, domains: Sequence[Domain]) -> None:
        self.learned = Learned(domains, cache=False)
        self.worlds = {one.name: World.load(one.name) for one in domains}

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the probabilities of the worlds."""
        return with_grammars(self.learned.route(utterances), self.worlds, utterances)


def routed(router: Router, cases: Sequence[Case], seconds: list[float]) -> list[tuple[Routing, str]]:
    """Route cases, and note how long each took."""
    found = []
    for said, world in cases:
        started = time.perf_counter()
        found.append((router.route(said), world))
        seconds.append((time.perf_counter() - started) / len(said))
    return found


def unknown_worlds(
    domains: Sequence[Domain], make: Callable[[Sequence[Domain]], Router], cases: Sequence[Case]
) -> dict[str, Any]:
    """Return how often routers abstain from what belongs to a world that they did not learn."""
    lines: list[bool] = []
    paraphrased: list[bool] = []
    for one in domains:
        if one.name in ALIKE:
            continue
        router = make([other for other in domains if other is not one])
        lines += [router.route([line]).abstains for line in one.lines]
        paraphrased += [router.route(said).abstains for said, world in cases if world == one.name]
    return {"said": share(sum(lines), len(lines)), "paraphrases": share(sum(paraphrased), len(paraphrased))}


def run(folds: int) -> dict[str, Any]:
    """Measure all routers."""
    domains = domains_of({name: World.load(name) for name in builtin_worlds()})
    texts = yaml.safe_load((HERE / "paraphrases.yaml").read_text(encoding="utf-8"))
    other = yaml.safe_load((HERE / "outside.yaml").read_text(encoding="utf-8"))
    paraphrases: list[Case] = [((said,), world) for world, lines in texts.items() for said in lines]
    split = folds_of(domains, folds)
    results: dict[str, Any] = {}
    for name, make in {**ROUTERS, WITH_GRAMMARS: WithGrammars}.items():
        seconds: list[float] = []
        held: list[tuple[Routing, str]] = []
        three: list[tuple[Routing, str]] = []
        for kept, cases in split:
            router = make(kept)
            held += routed(router, cases, seconds)
            three += routed(router, talks_of(cases, 3), [])
        started = time.perf_counter()
        router = make(domains)
        router.route(["Tom beat John."])
        learning = time.perf_counter() - started
        outside = [router.route([said]) for said in other]
        results[name] = {
            "held out": measured(held),
            "held out, three at a time": measured(three),
            "paraphrases": measured(routed(router, paraphrases, seconds)),
            "abstains outside": share(sum(one.abstains for one in outside), len(outside)),
            "milliseconds": statistics.median(seconds) * 1000,
            "seconds of learning": learning,
        }
        if name == "learned":
            results[name]["seconds of loading what was kept"] = loading(domains)
            results[name]["conversations"] = talks.measured(folds_of(domains, 4))
            results[name]["abstains from unknown worlds"] = unknown_worlds(domains, make, paraphrases)
    return results


def loading(domains: Sequence[Domain]) -> float:
    """Return how long the learned router takes where it was kept."""
    Learned(domains).route(["Tom beat John."])
    started = time.perf_counter()
    Learned(domains).route(["Tom beat John."])
    return time.perf_counter() - started


def table(results: dict[str, Any]) -> str:
    """Return the figures as a table."""
    rows = []
    for part in ("held out", "held out, three at a time", "paraphrases"):
        for name, found in results.items():
            one = found[part]
            cells = [
                cell(one["top-1"]),
                cell(one["top-2"]),
                cell(one["named"]),
                f"{one['log loss']:.2f}",
                cell(one["abstains"]),
            ]
            rows.append(f"| {part} | {name} | {' | '.join(cells)} |")
    for name, found in results.items():
        rows.append(f"| outside | {name} | | | | | {cell(found['abstains outside'])} |")
    return "\n".join(
        ["| what | router | top-1 | top-2 | named | log loss | abstains |", "|---|---|---|---|---|---|---|", *rows]
    )


def cell(found: dict[str, Any]) -> str:
    """Return a share as text, with its interval."""
    low, high = found["interval"]
    return f"{found['share']:.0%} ({low:.0%}–{high:.0%})"


def main() -> None:
    """Measure, print the table, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    results = run(options.folds)
    about = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "folds": options.folds,
    }
    options.out.write_text(json.dumps({"about": about, "routers": results}, indent=1) + "\n", encoding="utf-8")
    print(table(results))
    for name, found in results.items():
        print(f"{name}: {found['milliseconds']:.1f} ms an utterance, learning {found['seconds of learning']:.1f} s")


if __name__ == "__main__":
    main()
