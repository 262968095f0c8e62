"""Calibration: Geweke's joint distribution test for the moves, simulation-based calibration, and planted bugs.

Geweke (2004): particles drawn from the joint of parameters and data stay so distributed when the moves (parameters
given data) alternate with fresh data given the parameters. Talts et al. (2018): over data simulated from the prior,
the rank of the true parameter among posterior draws is uniform. Both must fail when the moves are wrong, which is
tested too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from plot.inference import Goal, Part, Problem
from plot.inference.evidence.factors import Factors
from plot.inference.methods.smc import Smc
from plot.inference.particles import moves as moves_module
from plot.inference.particles.moves import Tuning, move
from plot.inference.particles.population import Population
from plot.inference.particles.proposals import real_line
from plot.language import parse
from plot.runtime.sites.randomness import Stream
from tests.support.sizes import replicates
from tests.support.tolerances import Z_ONE_SIDED, Z, ranks_needed, uniformity

PARTICLES = 20_000
SWEEPS = 12

# program, what the moves change (in blocks), what is drawn again as data
MODELS: dict[str, tuple[str, list[tuple[str, ...]], str]] = {
    "normal": ("x = normal(0, 1)\ny = normal(x, 0.5)\n", [("x",)], "y"),
    "bounded": ("p = beta(2, 3)\ny = flip(p)\n", [("p",)], "y"),
    "positive": ("r = gamma(2, 1)\ny = poisson(r)\n", [("r",)], "y"),
    "discrete": ("k = randint(0, 4)\ny = normal(k, 1)\n", [("k",)], "y"),
    "flip": ("a = flip(0.2)\ny = flip(0.9 if a else 0.3)\n", [("a",)], "y"),
    "count": ("k = poisson(2)\ny = normal(k, 1)\n", [("k",)], "y"),
    "moving bounds": ("r = gamma(2, 1)\nu = uniform(0, r)\ny = normal(u, 1)\n", [("r",), ("u",)], "y"),
    "block": ("x = normal(0, 1)\nz = normal(x, 1)\ny = normal(x + z, 1)\n", [("x", "z"), ("x",), ("z",)], "y"),
    "structure": (
        "a = flip(0.4)\nx = normal(0, 1) if a else exponential(0.5)\ny = normal(x, 1)\n",
        [("a",), ("normal",), ("exponential",)],
        "y",
    ),
}


def geweke(name: str, seed: int = 1) -> float:
    """Return the largest z-score between moments of the joint before and after moves and fresh data."""
    program, blocks, data = MODELS[name]
    problem = Problem(parse(program), (Part("y", parse(f"condition({data} > -1000)", "u")),), parse("query(0)"))
    factors = Factors(problem, Goal(), Stream(seed))
    (factor,) = factors.parts
    for site in list(factors.owner):
        factors.release(site)
    (factor,) = factors.parts
    population = Population.start(1, PARTICLES)
    population = population.condition_on(0, factors.evaluate(factor, PARTICLES, {}))
    before = statistics_of(population)
    tuning = Tuning()
    for _ in range(SWEEPS):
        tuning.conditionals = None
        for block in blocks:
            if block[0] in population.sites:
                population = move(factors, population, block, tuning)
        known = population.known
        del known[data]
        population = population.replaced(0, factors.interpreted(factor, PARTICLES, known))
    return score(before, statistics_of(population))


def statistics_of(population: Population) -> dict[str, torch.Tensor]:
    """Return test functions of the joint, particle by particle: values, squares and products."""
    columns: dict[str, torch.Tensor] = {}
    for name, site in sorted(population.sites.items()):
        mask = torch.as_tensor(site.mask).expand(PARTICLES)
        columns[name] = torch.where(mask, site.raw.double().expand(PARTICLES), 0.0)
        columns[f"{name} exists"] = mask.double()
    products = {f"{a}*{b}": columns[a] * columns[b] for a in columns for b in columns if a <= b}
    return columns | products


def score(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> float:
    scores = [0.0]
    for name, values in before.items():
        spread = math.sqrt(float(values.var() + after[name].var()) / PARTICLES)
        if spread > 0:
            scores.append(abs(float(values.mean() - after[name].mean())) / spread)
    return max(scores)


@pytest.mark.parametrize("name", MODELS)
def test_geweke(name: str) -> None:
    assert geweke(name) < Z


Change = Callable[[pytest.MonkeyPatch], None]


def _wrong_ratio(patch: pytest.MonkeyPatch) -> None:
    """Accept with half the log ratio."""
    right = moves_module._log_ratio
    patch.setattr(moves_module, "_log_ratio", lambda *args: 0.5 * right(*args))


def _no_jacobian(patch: pytest.MonkeyPatch) -> None:
    """Forget that steps are made in another space than the support."""
    right = moves_module._at

    def at(*args: object) -> object:
        found = right(*args)  # type: ignore[arg-type]
        return moves_module.Proposal(found.values, torch.zeros_like(found.log_ratio), found.where)

    patch.setattr(moves_module, "_at", at)


def _no_densities(patch: pytest.MonkeyPatch) -> None:
    """Forget that a step towards the fitted normal distribution is likelier in one direction than back."""
    right = moves_module._drawn_near

    def drawn_near(population: Population, block: tuple[str, ...], tuning: Tuning, stream: Stream) -> object:
        found = right(population, block, tuning, stream)
        return moves_module._at(*_steps(population, found), True)

    def _steps(population: Population, found: object) -> tuple[object, ...]:
        sites = {name: population.sites[name] for name in found.values}  # type: ignore[attr-defined]
        lines = {name: real_line(site.distribution) for name, site in sites.items()}
        before = torch.stack([lines[name].inv(site.raw) for name, site in sites.items()])
        after = torch.stack([lines[name].inv(found.values[name]) for name in sites])  # type: ignore[attr-defined]
        return sites, before, after

    patch.setattr(moves_module, "_drawn_near", drawn_near)


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        (_wrong_ratio, "normal"),
        (_wrong_ratio, "flip"),
        (_wrong_ratio, "structure"),
        (_no_jacobian, "positive"),
        (_no_densities, "positive"),
        (_no_densities, "block"),
    ],
)
def test_geweke_finds_planted_bugs(planted: Change, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch)
    assert geweke(name) > Z


# -- simulation-based calibration ----------------------------------------------------------------------------

MATCH = """
@mem
def strength(player):
    return normal(50, 20)

@mem
def lazy(player, match):
    return flip(0.3)

def pull(player, match):
    return strength(player) / 2 if lazy(player, match) else strength(player)
"""
MATCHES = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "b")]
REPLICATES = replicates(ranks_needed(0.8))  # the planted bug puts more than that into one bin


def simulated(seed: int) -> tuple[float, Problem]:
    """Draw strengths and matches from the model; return a's strength and the problem of inferring it."""
    generator = torch.Generator().manual_seed(seed)
    strength = {name: 50 + 20 * float(torch.randn((), generator=generator)) for name in "abc"}

    def pull(name: str) -> float:
        return strength[name] * (0.5 if float(torch.rand((), generator=generator)) < 0.3 else 1.0)

    parts = []
    for number, (one, other) in enumerate(MATCHES):
        winner, loser = (one, other) if pull(one) > pull(other) else (other, one)
        text = f'condition(pull("{winner}", {number}) > pull("{loser}", {number}))'
        parts.append(Part(text, parse(text, f"match {number}")))
    return strength["a"], Problem(parse(MATCH), tuple(parts), parse('query(strength("a"))'))


def rank_score(method: Smc) -> float:
    """Return how far from uniform the ranks of the truth are, as a z-score."""
    ranks = []
    for seed in range(REPLICATES):
        truth, problem = simulated(seed)
        told = method._round(Factors(problem, Goal(), Stream(0)), Goal(seed=seed), 0)
        population = told.population.resampled(torch.ones(1, dtype=torch.bool), told.factors.stream)
        ranks.append(float((population.sites["strength(a)"].raw < truth).double().mean()))
    return uniformity(ranks)


@pytest.mark.slow
def test_ranks_are_uniform() -> None:
    assert rank_score(Smc(islands=1, per_island=256)) < Z_ONE_SIDED


@pytest.mark.slow
@pytest.mark.full
def test_ranks_show_a_planted_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*args: object) -> torch.Tensor:
        return torch.zeros(args[0].size, dtype=torch.float64)  # type: ignore[attr-defined]

    monkeypatch.setattr(moves_module, "_log_ratio", careless)  # all moves are accepted: particles spread without end
    assert rank_score(Smc(islands=1, per_island=256, moves=3.0, final_moves=15.0)) > Z_ONE_SIDED
