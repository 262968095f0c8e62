"""The distributions of the language in plain Python: what they may be given, their outcomes or densities, draws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Outcomes = list[tuple[Any, float]]


class Fault(Exception):
    """What the language calls an error of a program: the world in which it happens is ruled out."""


@dataclass(frozen=True)
class Law:
    """A distribution with its arguments: either finitely many `outcomes`, or a density and a way to draw.

    `whole` says that it draws integers, of which `density` is the probability.
    """

    name: str
    arguments: tuple[Any, ...]
    outcomes: Callable[[], Outcomes] | None = None
    density: Callable[[float], float] | None = None
    drawn: Callable[[Random], Any] | None = None
    whole: bool = False
    numeric: bool = True

    def log_density(self, value: Any) -> float:
        """Return the logarithm of the density, or of the probability, of a value."""
        if self.name == "shuffle":
            raise Fault("an order can't be observed")
        x = number(value) if self.numeric else value
        if self.outcomes is not None:
            mass = math.fsum(p for outcome, p in self.outcomes() if outcome == x)
            return math.log(mass) if mass > 0 else -math.inf
        assert self.density is not None
        return -math.inf if self.whole and x != math.floor(x) else self.density(float(x))

    def draw(self, random: Random) -> Any:
        """Draw a value."""
        if self.drawn is not None:
            return self.drawn(random)
        assert self.outcomes is not None
        values, weights = zip(*self.outcomes(), strict=True)
        return random.choices(values, weights)[0]


# -- what arguments must be ----------------------------------------------------------------------------------


def number(value: Any) -> Any:
    """Return a number as it is. Truth values are numbers."""
    if not isinstance(value, (bool, int, float)):
        raise Fault(f"not a number: {value!r}")
    if not math.isfinite(value):
        raise Fault("too large")
    return value


def items_of(value: Any) -> list[Any]:
    """Return a list as it is."""
    if not isinstance(value, list):
        raise Fault(f"not a list: {value!r}")
    return value


def whole(value: Any) -> int:
    """Return a whole number as an integer."""
    if number(value) != math.floor(value):
        raise Fault(f"not a whole number: {value!r}")
    return int(value)


def _where(condition: bool, what: str) -> None:
    if not condition:
        raise Fault(f"out of support: {what}")


def _positive(value: Any) -> float:
    _where(number(value) > 0, "positive")
    return float(value)


def _probability(value: Any) -> float:
    _where(0 <= number(value) <= 1, "a probability")
    return float(value)


# -- finite distributions ------------------------------------------------------------------------------------


def _finite(name: str, arguments: tuple[Any, ...], listed: Callable[[], Outcomes], numeric: bool = True) -> Law:
    return Law(name, arguments, lambda: [outcome for outcome in listed() if outcome[1] > 0], numeric=numeric)


def flip(p: Any = 0.5) -> Law:
    p = _probability(p)
    return _finite("flip", (p,), lambda: [(True, p), (False, 1 - p)])


def bernoulli(p: Any = 0.5) -> Law:
    p = _probability(p)
    return _finite("bernoulli", (p,), lambda: [(True, p), (False, 1 - p)])


def randint(low: Any, high: Any) -> Law:
    low, high = whole(low), whole(high)
    _where(low <= high, "low <= high")
    return _finite("randint", (low, high), lambda: [(n, 1 / (high - low + 1)) for n in range(low, high + 1)])


def choice(items: Any) -> Law:
    _where(bool(items_of(items)), "not empty")
    return _finite("choice", (items,), lambda: [(item, 1 / len(items)) for item in items], numeric=False)


def categorical(probabilities: Any, values: Any = None) -> Law:
    weights = [number(weight) for weight in items_of(probabilities)]
    _where(bool(weights) and min(weights) >= 0 and sum(weights) > 0, "weights")
    listed = list(range(len(weights))) if values is None else items_of(values)
    _where(len(listed) == len(weights), "as many values as probabilities")
    total = sum(weights)
    outcomes = [(value, weight / total) for value, weight in zip(listed, weights, strict=True)]
    return _finite("categorical", (weights, listed), lambda: outcomes, numeric=False)


def shuffle(items: Any) -> Law:
    orders = [list(order) for order in itertools.permutations(items_of(items))]
    return _finite("shuffle", (items,), lambda: [(order, 1 / len(orders)) for order in orders], numeric=False)


def binomial(n: Any, p: Any) -> Law:
    n, p = whole(n), _probability(p)
    _where(n >= 0, "trials")
    return _finite("binomial", (n, p), lambda: [(k, math.comb(n, k) * p**k * (1 - p) ** (n - k)) for k in range(n + 1)])


# -- the others ----------------------------------------------------------------------------------------------


def poisson(rate: Any) -> Law:
    _where(number(rate) >= 0, "rate")
    rate = float(rate)
    if rate == 0:
        return _finite("poisson", (rate,), lambda: [(0, 1.0)])

    def density(k: float) -> float:
        return k * math.log(rate) - rate - math.lgamma(k + 1) if k >= 0 else -math.inf

    def drawn(random: Random) -> int:
        count, left = 0, rate
        while (left := left - random.expovariate(1.0)) > 0:
            count += 1
        return count

    return Law("poisson", (rate,), density=density, drawn=drawn, whole=True)


def geometric(p: Any) -> Law:
    p = _probability(p)
    _where(p > 0, "a chance of success")
    if p == 1:
        return _finite("geometric", (p,), lambda: [(0, 1.0)])

    def density(k: float) -> float:
        return math.log(p) + k * math.log1p(-p) if k >= 0 else -math.inf

    def drawn(random: Random) -> int:
        return math.floor(math.log(1.0 - random.random()) / math.log1p(-p))

    return Law("geometric", (p,), density=density, drawn=drawn, whole=True)


def negative_binomial(n: Any, p: Any) -> Law:
    n, p = _positive(n), _probability(p)
    _where(p > 0, "a chance of success")
    if p == 1:
        return _finite("negative_binomial", (n, p), lambda: [(0, 1.0)])

    def density(k: float) -> float:
        ways = math.lgamma(n + k) - math.lgamma(n) - math.lgamma(k + 1) if k >= 0 else -math.inf
        return ways + n * math.log(p) + k * math.log1p(-p)

    def drawn(random: Random) -> int:
        left, count = random.gammavariate(n, (1 - p) / p), 0
        while (left := left - random.expovariate(1.0)) > 0:
            count += 1
        return count

    return Law("negative_binomial", (n, p), density=density, drawn=drawn, whole=True)


def _real(
    name: str, arguments: tuple[float, ...], density: Callable[[float], float], drawn: Callable[[Random], float]
) -> Law:
    return Law(name, arguments, density=density, drawn=drawn)


def _log_power(x: float, power: float) -> float:
    """Return power * log(x), in the limit where x is 0."""
    if power == 0:
        return 0.0
    return power * math.log(x) if x > 0 else -power * math.inf


HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def normal(mean: Any, sd: Any) -> Law:
    mean, sd = float(number(mean)), _positive(sd)
    return _real(
        "normal",
        (mean, sd),
        lambda x: -0.5 * ((x - mean) / sd) ** 2 - math.log(sd) - HALF_LOG_TAU,
        lambda random: random.gauss(mean, sd),
    )


def uniform(low: Any, high: Any) -> Law:
    low, high = float(number(low)), float(number(high))
    _where(low < high, "low < high")
    return _real(
        "uniform",
        (low, high),
        lambda x: -math.log(high - low) if low <= x <= high else -math.inf,
        lambda random: random.uniform(low, high),
    )


def exponential(rate: Any) -> Law:
    rate = _positive(rate)
    return _real(
        "exponential",
        (rate,),
        lambda x: math.log(rate) - rate * x if x >= 0 else -math.inf,
        lambda random: random.expovariate(rate),
    )


def beta(a: Any, b: Any) -> Law:
    a, b = _positive(a), _positive(b)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return _real(
        "beta",
        (a, b),
        lambda x: scale + _log_power(x, a - 1) + _log_power(1 - x, b - 1) if 0 <= x <= 1 else -math.inf,
        lambda random: random.betavariate(a, b),
    )


def gamma(shape: Any, rate: Any) -> Law:
    shape, rate = _positive(shape), _positive(rate)
    scale = shape * math.log(rate) - math.lgamma(shape)
    return _real(
        "gamma",
        (shape, rate),
        lambda x: scale + _log_power(x, shape - 1) - rate * x if x >= 0 else -math.inf,
        lambda random: random.gammavariate(shape, 1 / rate),
    )


def weibull(shape: Any, scale: Any) -> Law:
    shape, scale = _positive(shape), _positive(scale)
    return _real(
        "weibull",
        (shape, scale),
        lambda x: (
            math.log(shape / scale) + _log_power(x / scale, shape - 1) - (x / scale) ** shape if x >= 0 else -math.inf
        ),
        lambda random: random.weibullvariate(scale, shape),
    )


def half_normal(sd: Any) -> Law:
    sd = _positive(sd)
    return _real(
        "half_normal",
        (sd,),
        lambda x: math.log(2) - 0.5 * (x / sd) ** 2 - math.log(sd) - HALF_LOG_TAU if x >= 0 else -math.inf,
        lambda random: abs(random.gauss(0, sd)),
    )


def log_normal(mean: Any, sd: Any) -> Law:
    mean, sd = float(number(mean)), _positive(sd)
    return _real(
        "log_normal",
        (mean, sd),
        lambda x: -0.5 * ((math.log(x) - mean) / sd) ** 2 - math.log(sd * x) - HALF_LOG_TAU if x > 0 else -math.inf,
        lambda random: math.exp(random.gauss(mean, sd)),
    )


def student_t(df: Any, mean: Any, sd: Any) -> Law:
    df, mean, sd = _positive(df), float(number(mean)), _positive(sd)
    scale = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi) - math.log(sd)
    return _real(
        "student_t",
        (df, mean, sd),
        lambda x: scale - (df + 1) / 2 * math.log1p(((x - mean) / sd) ** 2 / df),
        lambda random: mean + sd * random.gauss(0, 1) / math.sqrt(random.gammavariate(df / 2, 2 / df)),
    )


def cauchy(location: Any, scale: Any) -> Law:
    location, scale = float(number(location)), _positive(scale)
    return _real(
        "cauchy",
        (location, scale),
        lambda x: -math.log(math.pi * scale) - math.log1p(((x - location) / scale) ** 2),
        lambda random: location + scale * math.tan(math.pi * (random.random() - 0.5)),
    )


def laplace(location: Any, scale: Any) -> Law:
    location, scale = float(number(location)), _positive(scale)
    return _real(
        "laplace",
        (location, scale),
        lambda x: -abs(x - location) / scale - math.log(2 * scale),
        lambda random: location + random.choice((-1, 1)) * random.expovariate(1 / scale),
    )


LAWS: dict[str, Callable[..., Law]] = {
    law.__name__: law
    for law in (
        *(flip, bernoulli, randint, choice, categorical, shuffle, binomial, poisson, geometric, normal, uniform),
        *(negative_binomial, exponential, beta, gamma, weibull, half_normal, log_normal, student_t, cauchy, laplace),
    )
}
