"""Domain discovery on what is said in the shipped worlds: how like the worlds its clusters are, and what they predict.

    python -m benchmarks.router.discovery [--seeds 5] [--out benchmarks/router/results_discovery.json]

The adjusted Rand index (ARI) compares clusters with the worlds that statements come from: 1 for the same, near 0 by
chance. The log score per word is that of statements that neither clusters nor experts have seen.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from plot.routing import domains_of
from plot.routing.discovery import clusters, discover
from plot.world import WorldSpec, builtin_worlds

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)  # of meaning
ONE = {"olympics": "tugofwar"}  # in both, people beat each other and are strong


def halves(said: list[tuple[str, str]], seeds: int) -> dict[str, Any]:
    """Return the ARI with each share of meaning on the half of the statements that chose it, and on the other half."""
    order = np.random.default_rng(1).permutation(len(said))
    usual = clusters.OF_MEANING
    found: dict[str, Any] = {}
    for name, places, shares in (("chosen on", order[::2], SHARES), ("not chosen on", order[1::2], (0.0, usual))):
        lines, true = [said[place][0] for place in places], [said[place][1] for place in places]
        found[name] = {}
        for share in shares:
            clusters.OF_MEANING = share
            labels = [discover(lines, len(set(true)), seed=seed).labels for seed in range(seeds)]
            found[name][str(share)] = statistics.fmean(adjusted_rand_score(true, one) for one in labels)
    clusters.OF_MEANING = usual
    return found


def run(seeds: int) -> dict[str, Any]:
    """Measure."""
    domains = domains_of({name: WorldSpec.load(name) for name in builtin_worlds()})
    said = [(line, one.name) for one in domains for line in one.lines]
    lines, true = [line for line, _ in said], [name for _, name in said]
    merged = [ONE.get(name, name) for name in true]
    started = time.perf_counter()
    auto = discover(lines)
    seconds = time.perf_counter() - started
    labels = [discover(lines, len(domains), seed=seed).labels for seed in range(seeds)]
    order = np.random.default_rng(0).permutation(len(said))
    held, kept = order[: len(order) // 5], order[len(order) // 5 :]
    eight = discover([lines[place] for place in kept], len(domains), temperature=0.2)
    one = discover([lines[place] for place in kept], 1)
    test = [lines[place] for place in held]
    return {
        "statements": len(lines),
        "auto": {
            "clusters": len(auto.clusters),
            "temperature": auto.temperature,
            "ari": adjusted_rand_score(true, auto.labels),
            "seconds": seconds,
            "curve": [
                {"clusters": p.clusters, "temperature": p.temperature, "log_score": p.score, "error": p.error}
                for p in auto.curve
            ],
        },
        "share of meaning": halves(said, seeds),
        "as many as worlds": {
            "ari": [adjusted_rand_score(true, found) for found in labels],
            "ari, tugofwar and olympics as one": [adjusted_rand_score(merged, found) for found in labels],
            "mutual information": [normalized_mutual_info_score(true, found) for found in labels],
            "names": [cluster.name for cluster in discover(lines, len(domains)).clusters],
        },
        "held-out log score of the ensemble": {
            "one model": one.score(test),
            **{f"top-{k}": eight.score(test, top_k=k) for k in (1, 2, 4)},
            "dense": eight.score(test),
        },
    }


def main() -> None:
    """Measure, print, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results_discovery.json")
    options = parser.parse_args()
    found = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **run(options.seeds)}
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    many = found["as many as worlds"]
    print("mean ARI", statistics.fmean(many["ari"]))


if __name__ == "__main__":
    main()
