"""Reference posteriors of the tournaments, from three samplers that share little, with their standard errors.

    nice python -m benchmarks.inference.make_reference [--seconds 90] [--check 60] [--samples 1e8] [--only NAME …]

Each source gives batches (a weight and weighted sums): islands of SMC with the flips marginalised, weighted by their
evidence; groups of Gibbs chains; and, up to eight matches, batches of likelihood weighting. The estimate of a source is
the ratio of the sums, its standard error comes from the spread of the batches, and the sources are combined by their
precision. The file keeps the largest difference between two sources, in standard errors, for all to see.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import math
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.inference.numpy_forward import CHUNK
from benchmarks.inference.numpy_gibbs import Chains
from benchmarks.inference.numpy_smc import SummedOut, filtered
from benchmarks.inference.pulls import Array, match_chance, prior
from benchmarks.inference.scoring import FILES
from benchmarks.inference.tournaments import Tournament, tournaments

FEW = 8  # matches up to which plain likelihood weighting is precise
FEWEST = 30  # islands, for a standard error that can be trusted
GROUP, BURN, SWEEPS = 200, 100, 200
Batch = tuple[float, Array]


def moments(strength: Array, weight: Array) -> Array:
    """Return weighted sums of strengths, of their squares about 50, and of all comparisons."""
    centred = strength.astype(np.float64) - 50
    above = [(strength[i + 1 :] < strength[i]) @ weight for i in range(len(strength) - 1)]
    return np.concatenate([strength @ weight, (centred * centred) @ weight, *above])


def smc_batches(task: Tournament, seconds: float) -> Iterator[Batch]:
    """Yield islands of SMC, thirty at least."""
    started = time.monotonic()
    for seed in itertools.count():
        random = np.random.default_rng([7, seed])
        population = SummedOut(random, len(task.players), len(task.matches), 20_000)
        weight, evidence = filtered(population, random, task.indexed, 4)
        yield evidence, moments(population.strength.astype(np.float64), weight / weight.sum())
        if time.monotonic() - started > seconds and seed + 1 >= FEWEST:
            return


def gibbs_batches(task: Tournament, seconds: float) -> Iterator[Batch]:
    """Yield independent groups of 200 chains: 100 sweeps to forget the start, 200 to count."""
    started = time.monotonic()
    for seed in itertools.count():
        chains = Chains(task, GROUP, 10_000 + seed)
        total: Array | float = 0.0
        for turn in range(BURN + SWEEPS):
            chains.sweep()
            if turn >= BURN:
                total = total + moments(chains.strength, np.full(GROUP, 1 / (GROUP * SWEEPS)))
        yield 0.0, np.asarray(total)
        if time.monotonic() - started > seconds and seed >= 11:
            return


def weighted_batches(task: Tournament, samples: float) -> Iterator[Batch]:
    """Yield batches of a quarter of a million samples by likelihood weighting."""
    for seed in range(math.ceil(samples / 250_000)):
        random = np.random.default_rng([9, seed])
        weight, total = 0.0, np.zeros(1)
        for _ in range(250_000 // CHUNK):
            strength, laziness = prior(random, len(task.players), CHUNK)
            chance = np.ones(CHUNK)
            for match in task.indexed:
                chance *= match_chance(match, strength, laziness)
            weight += chance.sum()
            total = total + moments(strength.astype(np.float64), chance)
        yield math.log(weight / 250_000), total / weight


@dataclass(frozen=True)
class Source:
    """Estimates of the moments and of the log evidence, with standard errors."""

    mean: Array
    error: Array
    log_evidence: float
    log_evidence_error: float


def gathered(batches: Iterator[Batch]) -> Source:
    """Combine batches, each weighted by its evidence; the errors by the delta method."""
    evidences, means = zip(*batches, strict=True)
    level = max(evidences)
    weight = np.exp(np.array(evidences) - level)
    share = weight / weight.sum()
    mean = share @ np.array(means)
    slack = len(share) / (len(share) - 1)
    error = np.sqrt(slack * (share**2 @ (np.array(means) - mean) ** 2))
    relative = float(weight.std(ddof=1) / weight.mean() / math.sqrt(len(weight)))
    return Source(mean, error, level + math.log(weight.mean()), relative)


def combined(sources: list[Source]) -> Source:
    """Weigh the sources by their precision; the log evidence is that of the most precise one."""
    precision = np.array([1 / source.error**2 for source in sources])
    total = precision.sum(axis=0)
    mean = (precision * [source.mean for source in sources]).sum(axis=0) / total
    best = min((s for s in sources if s.log_evidence_error > 0), key=lambda s: s.log_evidence_error)
    return Source(mean, total**-0.5, best.log_evidence, best.log_evidence_error)


def disagreement(sources: list[Source]) -> float:
    """Return the largest difference between two sources, in its own standard errors."""
    return max(
        float(np.max(np.abs(a.mean - b.mean) / np.hypot(a.error, b.error)))
        for a, b in itertools.combinations(sources, 2)
    )


def referenced(task: Tournament, seconds: float, check: float, samples: float) -> dict[str, object]:
    """Run the sources on a tournament and write down what they say."""
    sources = {"smc": gathered(smc_batches(task, seconds)), "gibbs": gathered(gibbs_batches(task, check))}
    if len(task.matches) <= FEW:
        sources["likelihood weighting"] = gathered(weighted_batches(task, samples))
    best = combined(list(sources.values()))
    count = len(task.players)
    sd = np.sqrt(best.mean[count : 2 * count] - (best.mean[:count] - 50) ** 2)
    pairs = [f"{a}>{b}" for a, b in itertools.combinations(task.players, 2)]
    effective = {
        name: round(count / float(np.sum((source.error[:count] / sd) ** 2))) for name, source in sources.items()
    }
    return {
        "digest": task.digest,
        "log_evidence": [round(best.log_evidence, 6), float(f"{best.log_evidence_error:.2g}")],
        "strength": {
            name: [round(float(best.mean[i]), 5), round(float(sd[i]), 4), float(f"{best.error[i]:.2g}")]
            for i, name in enumerate(task.players)
        },
        "stronger": {
            pair: [round(float(best.mean[2 * count + i]), 6), float(f"{best.error[2 * count + i]:.2g}")]
            for i, pair in enumerate(pairs)
        },
        "effective_samples": effective,
        "largest_difference_of_sources": round(disagreement(list(sources.values())), 2),
        "quantities": len(best.mean),
    }


def main() -> None:
    """Make the references that are asked for, and write them into the file, one after the other."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=90.0, help="for SMC on each tournament")
    options.add_argument("--check", type=float, default=60.0, help="seconds for Gibbs on each tournament")
    options.add_argument("--samples", type=float, default=1e8, help="of likelihood weighting on each small tournament")
    options.add_argument("--only", nargs="*", default=[])
    options.add_argument("--file", type=Path, default=FILES["tournaments"])
    given = options.parse_args()
    known = json.loads(given.file.read_text(encoding="utf-8")) if given.file.exists() else {"tournaments": {}}
    command = shlex.join(["python", "-m", "benchmarks.inference.make_reference", *sys.argv[1:]])
    for name, task in tournaments().items():
        if not given.only or name in given.only:
            found = referenced(task, given.seconds, given.check, given.samples)
            found |= {"command": command, "date": datetime.datetime.now(datetime.UTC).date().isoformat()}
            known["tournaments"][name] = found
            print(name, found["effective_samples"], found["largest_difference_of_sources"], flush=True)
            given.file.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
