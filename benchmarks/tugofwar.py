"""Accepted samples per second on the tug-of-war with two facts: PLoT beside Pyro by hand, Pyro per trace, NumPy.

    python benchmarks/tugofwar.py [--particles 100000] [--repetitions 7] [--threads 1]

The methods take turns, so that a busy machine slows all of them alike; medians are printed, and ratios to PLoT.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import Importance

from plot.language import parse
from plot.runtime import RunPlan, as_pyro_model, run

PROGRAM = """
@mem
def strength(player):
    return normal(50, 20)

@mem
def laziness(player):
    return uniform(0, 1)

@mem
def lazy(player, match):
    return flip(laziness(player))

def pulling(player, match):
    return strength(player) / 2 if lazy(player, match) else strength(player)

def won_against(team1, team2, match):
    return sum([pulling(p, match) for p in team1]) > sum([pulling(p, match) for p in team2])

condition(won_against(["tom"], ["john"], 1))
condition(won_against(["john", "mary"], ["tom", "sue"], 2))
query(strength("mary"))
"""
PER_TRACE = 150
MATCHES = [(["tom"], ["john"]), (["john", "mary"], ["tom", "sue"])]


def ours(particles: int, seed: int) -> tuple[int, float]:
    """Evaluate the program on all particles at once; return how many were accepted and E[strength mary]."""
    batch = run(parse(PROGRAM), particles, RunPlan(seed=seed))
    accepted = batch.log_weight == 0
    return int(accepted.sum()), float(batch.queries[0][accepted].mean())  # type: ignore[index]


def per_trace(particles: int, seed: int) -> tuple[int, float]:
    """Run Pyro's own importance sampler, one trace after the other, on the same model."""
    pyro.set_rng_seed(seed)
    found = Importance(as_pyro_model(parse(PROGRAM)), num_samples=PER_TRACE).run()
    weights = torch.stack([torch.as_tensor(weight) for weight in found.log_weights]).exp()
    return int((weights > 0).sum()), float("nan")


def pyro_by_hand(particles: int, seed: int) -> tuple[int, float]:
    """Sample the model under one hand-written plate."""
    pyro.set_rng_seed(seed)
    strength, laziness = {}, {}
    with pyro.plate("particles", particles):
        for name in ("tom", "john", "mary", "sue"):
            strength[name] = pyro.sample(f"strength {name}", dist.Normal(50.0, 20.0))
            laziness[name] = pyro.sample(f"laziness {name}", dist.Uniform(0.0, 1.0))
        accepted = torch.ones(particles, dtype=torch.bool)
        for number, teams in enumerate(MATCHES):
            pulls = []
            for team in teams:
                total = torch.zeros(particles)
                for name in team:
                    lazy = pyro.sample(f"lazy {name} {number}", dist.Bernoulli(laziness[name]))
                    total = total + torch.where(lazy > 0, strength[name] / 2, strength[name])
                pulls.append(total)
            accepted &= pulls[0] > pulls[1]
    return int(accepted.sum()), float(strength["mary"][accepted].mean())


def numpy_by_hand(particles: int, seed: int) -> tuple[int, float]:
    """Sample the model with NumPy alone."""
    random = np.random.default_rng(seed)
    names = ("tom", "john", "mary", "sue")
    strength = {name: random.normal(50, 20, particles) for name in names}
    laziness = {name: random.random(particles) for name in names}
    accepted = np.ones(particles, dtype=bool)
    for teams in MATCHES:
        pulls = [
            sum(
                np.where(random.random(particles) < laziness[name], strength[name] / 2, strength[name]) for name in team
            )
            for team in teams
        ]
        accepted &= pulls[0] > pulls[1]
    return int(accepted.sum()), float(strength["mary"][accepted].mean())


METHODS: dict[str, Callable[[int, int], tuple[int, float]]] = {
    "PLoT": ours,
    "Pyro, one plate by hand": pyro_by_hand,
    "NumPy by hand": numpy_by_hand,
    "Pyro Importance, per trace": per_trace,
}


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--particles", type=int, default=100_000)
    options.add_argument("--repetitions", type=int, default=7)
    options.add_argument("--threads", type=int, default=1, help="of torch: more only wait where others work, too")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    rates: dict[str, list[float]] = {name: [] for name in METHODS}
    means: dict[str, float] = {}
    for turn in range(given.repetitions + 1):
        for name, method in METHODS.items():
            started = time.perf_counter()
            accepted, means[name] = method(given.particles, turn)
            if turn > 0:  # the first turn warms up
                rates[name].append(accepted / (time.perf_counter() - started))
    first = statistics.median(rates["PLoT"])
    print(f"{given.particles:,} particles, {given.repetitions} turns, {torch.get_num_threads()} threads")
    print(f"{'method':<28} {'accepted/s':>12} {'PLoT is':>10} {'E[strength mary]':>18}")
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"{name:<28} {rate:>12,.0f} {first / rate:>9.2f}x {means[name]:>18.2f}")


if __name__ == "__main__":
    main()
