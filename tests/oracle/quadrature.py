"""True posteriors of programs with real latent variables.

Each choice takes the nodes of a Gauss rule for its distribution.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from scipy import special

from tests.oracle.chance import Law, Outcomes
from tests.oracle.posterior import Answer, Branches, Truth, gathered, listed

NODES = (18, 24)
CLOSE = 1e-4  # of a standard deviation: what two rules may differ by, far less than a sampler's error


class Nodes(Branches):
    """Leads through the nodes of a product of Gauss rules."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def pick(self, law: Law) -> Any:
        """Return the node that this world has here."""
        if law.outcomes is None:
            outcomes = rule(law.name, law.arguments, self.count)
            law = replace(law, outcomes=lambda: outcomes)
        return super().pick(law)


@functools.lru_cache(512)
def rule(name: str, arguments: tuple[float, ...], count: int) -> Outcomes:
    """Return the nodes and weights of the Gauss rule of a distribution."""
    if name in ("normal", "log_normal"):
        mean, sd = arguments
        nodes, weights = special.roots_hermitenorm(count)
        nodes = mean + sd * nodes
        nodes = [math.exp(x) for x in nodes] if name == "log_normal" else nodes
    elif name in ("gamma", "exponential"):
        shape, rate = arguments if name == "gamma" else (1.0, *arguments)
        nodes, weights = special.roots_genlaguerre(count, shape - 1)
        nodes = nodes / rate
    elif name == "beta":
        a, b = arguments
        nodes, weights = special.roots_sh_jacobi(count, a + b - 1, a)
    else:
        assert name == "uniform", f"there is no rule for {name}"
        low, high = arguments
        nodes, weights = special.roots_legendre(count)
        nodes = low + (high - low) * (nodes + 1) / 2
    total = math.fsum(weights)
    return [(float(x), float(w) / total) for x, w in zip(nodes, weights, strict=True)]


def integrated(text: str) -> Truth | None:
    """Return the posterior of a program with real latent variables, None where two rules do not agree on it."""
    coarse, fine = [gathered(listed(text, Nodes(count), most=10**6)) for count in NODES]
    coarse.error = fine.error = 0.0
    if abs(coarse.log_evidence - fine.log_evidence) > CLOSE:
        return None
    for one, other in zip(coarse.answers, fine.answers, strict=True):
        if abs(_mean(one)[0] - _mean(other)[0]) > CLOSE * _mean(other)[1]:
            return None
    return fine


def _mean(answer: Answer) -> tuple[float, float]:
    total = math.fsum(answer.weights.values())
    mean = math.fsum(key[1] * w for key, w in answer.weights.items()) / total
    return mean, math.sqrt(math.fsum((key[1] - mean) ** 2 * w for key, w in answer.weights.items()) / total)


# -- programs ------------------------------------------------------------------------------------------------

PRIORS = (
    "normal({m}, {s})",
    "gamma({k}, {s})",
    "exponential({s})",
    "beta({k}, 2)",
    "uniform({m}, 4)",
    "log_normal(0, 0.5)",
)
EVIDENCE = (
    "observe(normal({x}, {s}), {v})",
    "observe(student_t(5, {x}, {s}), {v})",
    "observe(normal({x} * {x} / 4, 1.5), {v})",
    "observe(flip(1 / (1 + exp(-({x})))), {b})",
    "observe(poisson(exp(min({x} / 2, 3))), {n})",
    "observe(binomial(4, 1 / (1 + exp(-({x})))), {n})",
    "observe(exponential(0.2 + exp({x} / 3)), {u})",
    "observe(gamma(2, 0.5 + exp({x} / 4)), {u})",
)
MEANS = (
    'skill("tom")',
    'skill("ann")',
    'both("tom", "ann")',
    "sum([skill(p) for p in people]) / 2",
    'skill("tom") - 1',
)
ASKED = ('skill("tom")', 'skill("ann")', 'both("tom", "ann")', 'exp(skill("ann") / 4)', '[1, skill("tom")][1]')


def real_problem(seed: int) -> str:
    """Return a program of two real latent variables that are always there, with smooth evidence."""
    random = Random(seed)

    def filled(template: str) -> str:
        figures = {
            "m": f"{random.uniform(-1.5, 1.5):.2f}",
            "s": f"{random.uniform(0.7, 1.8):.2f}",
            "k": f"{random.uniform(1.5, 4):.2f}",
            "v": f"{random.uniform(-1.5, 2.5):.2f}",
            "u": f"{random.uniform(0.2, 2):.2f}",
            "n": str(random.randint(0, 3)),
            "b": random.choice(("True", "False")),
            "x": random.choice(MEANS),
        }
        return template.format(**figures)

    first, second = [filled(random.choice(PRIORS)) for _ in range(2)]
    weight = f"{random.uniform(-1, 1):.2f}"
    lines = ["@mem", "def skill(who):", '    if who == "tom":', f"        return {first}", f"    return {second}"]
    lines += ["def both(one, other):", f"    return skill(one) + {weight} * skill(other)", 'people = ["tom", "ann"]']
    lines += [filled(random.choice(EVIDENCE)) for _ in range(random.randint(1, 4))]
    lines += [f"query({asked})" for asked in random.sample(ASKED, 2)]
    return "\n".join(lines) + "\n"


def real_problems(first: int, count: int) -> Iterator[tuple[str, Truth]]:
    """Yield generated programs with real latent variables and their true posteriors, from seed `first` on."""
    seed = first
    while count:
        text = real_problem(seed)
        seed += 1
        truth = integrated(text)
        if truth is not None:
            count -= 1
            yield text, truth
