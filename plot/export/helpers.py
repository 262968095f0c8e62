"""Functions of exported scripts: their sources are copied, so they use the standard library only."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

rng = random.Random(0)  # noqa: S311
weight: list[float] = [0.0]  # the log weight of the world that is being drawn
asked: list[Any] = []  # the answers of that world


class Inconsistent(Exception):
    """A world that contradicts what was told."""


def condition(test: object) -> None:
    """Reject the world where a test is false."""
    if not test:
        raise Inconsistent


def observe(log_density: float) -> None:
    """Weigh the world by the density of what was observed."""
    weight[0] += log_density
    if log_density == -math.inf:
        raise Inconsistent


def mem(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function keep its value for each argument, for as long as a world lasts."""
    known: dict[Any, Any] = {}
    parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()

    def remembered(*args: Any, **named: Any) -> Any:
        usual = dict(zip(parameters[len(parameters) - len(defaults) :], defaults))  # noqa: B905
        given = {**usual, **dict(zip(parameters, args)), **named}  # noqa: B905
        key = tuple(key_of(given[name]) for name in parameters)
        if key not in known:
            known[key] = function(*args, **named)
        return known[key]

    return remembered


def key_of(value: Any) -> Any:
    """Return a key for a value, a list or a record too."""
    if isinstance(value, dict):
        return ("record", *sorted((name, key_of(item)) for name, item in value.items()))
    return ("list", *map(key_of, value)) if isinstance(value, (list, tuple)) else value


# -- distributions -------------------------------------------------------------------------------------------------


def flip(p: float = 0.5) -> bool:
    """Return True with probability p."""
    return rng.random() < p


def flip_density(x: bool, p: float = 0.5) -> float:
    """Return the log probability of x."""
    return log_or_never(p if x else 1 - p)


def bernoulli(p: float = 0.5) -> bool:
    """Return True with probability p."""
    return rng.random() < p


def bernoulli_density(x: bool, p: float = 0.5) -> float:
    """Return the log probability of x."""
    return log_or_never(p if x else 1 - p)


def log_or_never(p: float) -> float:
    """Return a logarithm, minus infinity of 0."""
    return math.log(p) if p > 0 else -math.inf


def normal(mean: float, sd: float) -> float:
    """Return a normally distributed number."""
    return rng.gauss(mean, sd)


def normal_density(x: float, mean: float, sd: float) -> float:
    """Return the log density of x."""
    return -(((x - mean) / sd) ** 2) / 2 - math.log(sd * math.sqrt(2 * math.pi))


def uniform(low: float, high: float) -> float:
    """Return a number between low and high."""
    return rng.uniform(low, high)


def uniform_density(x: float, low: float, high: float) -> float:
    """Return the log density of x."""
    return -math.log(high - low) if low <= x <= high else -math.inf


def randint(low: int, high: int) -> int:
    """Return a whole number from low to high."""
    return rng.randint(int(low), int(high))


def randint_density(x: float, low: int, high: int) -> float:
    """Return the log probability of x."""
    return -math.log(high - low + 1) if low <= x <= high and x == int(x) else -math.inf


def choice(items: Sequence[Any]) -> Any:
    """Return one of the items."""
    return rng.choice(items)


def choice_density(x: Any, items: Sequence[Any]) -> float:
    """Return the log probability of x."""
    return log_or_never(sum(x == item for item in items) / len(items))


def categorical(probabilities: Sequence[float], values: Sequence[Any] | None = None) -> Any:
    """Return one of the values with these probabilities, or its index."""
    return rng.choices(range(len(probabilities)) if values is None else values, probabilities)[0]


def categorical_density(x: Any, probabilities: Sequence[float], values: Sequence[Any] | None = None) -> float:
    """Return the log probability of x."""
    items = range(len(probabilities)) if values is None else values
    share = sum(p for p, item in zip(probabilities, items) if item == x)  # noqa: B905
    return log_or_never(share / sum(probabilities))


def shuffle(items: Sequence[Any]) -> list[Any]:
    """Return the items in a random order."""
    return rng.sample(items, len(items))


def poisson(rate: float) -> int:
    """Return a count with a mean of rate: so many events of a Poisson process in a unit of time."""
    count, time = 0, rng.expovariate(1)
    while time < rate:
        count, time = count + 1, time + rng.expovariate(1)
    return count


def poisson_density(x: float, rate: float) -> float:
    """Return the log probability of x."""
    if x < 0 or x != int(x):
        return -math.inf
    return (x * math.log(rate) if x else 0.0) - rate - math.lgamma(x + 1) if rate > 0 else log_or_never(x == 0)


def exponential(rate: float) -> float:
    """Return a waiting time with a mean of 1 / rate."""
    return rng.expovariate(rate)


def exponential_density(x: float, rate: float) -> float:
    """Return the log density of x."""
    return math.log(rate) - rate * x if x >= 0 else -math.inf


def beta(a: float, b: float) -> float:
    """Return a number between 0 and 1 with a mean of a / (a + b)."""
    return rng.betavariate(a, b)


def beta_density(x: float, a: float, b: float) -> float:
    """Return the log density of x."""
    if not 0 < x < 1:
        return -math.inf
    of_all = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return (a - 1) * math.log(x) + (b - 1) * math.log(1 - x) - of_all


def gamma(shape: float, rate: float) -> float:
    """Return a number above 0 with a mean of shape / rate."""
    return rng.gammavariate(shape, 1 / rate)


def gamma_density(x: float, shape: float, rate: float) -> float:
    """Return the log density of x."""
    if x <= 0:
        return -math.inf
    return shape * math.log(rate) + (shape - 1) * math.log(x) - rate * x - math.lgamma(shape)


def binomial(n: int, p: float) -> int:
    """Return the number of true flips among n."""
    return sum(rng.random() < p for _ in range(int(n)))


def binomial_density(x: float, n: int, p: float) -> float:
    """Return the log probability of x."""
    if not 0 <= x <= n or x != int(x):
        return -math.inf
    return log_or_never(float(math.comb(int(n), int(x)) * p**x * (1 - p) ** (n - x)))


def geometric(p: float) -> int:
    """Return the number of failures before the first success."""
    count = 0
    while rng.random() >= p:
        count += 1
    return count


def geometric_density(x: float, p: float) -> float:
    """Return the log probability of x."""
    return log_or_never(float(p * (1 - p) ** x)) if x >= 0 and x == int(x) else -math.inf


def negative_binomial(n: float, p: float) -> int:
    """Return the number of failures before the n-th success: a Poisson count with a gamma rate."""
    rate = rng.gammavariate(n, (1 - p) / p) if p < 1 else 0.0
    count, time = 0, rng.expovariate(1)
    while time < rate:
        count, time = count + 1, time + rng.expovariate(1)
    return count


def negative_binomial_density(x: float, n: float, p: float) -> float:
    """Return the log probability of x."""
    if x < 0 or x != int(x):
        return -math.inf
    ways = math.lgamma(x + n) - math.lgamma(n) - math.lgamma(x + 1)
    return ways + n * math.log(p) + (x * log_or_never(1 - p) if x else 0.0)


def weibull(shape: float, scale: float) -> float:
    """Return a time to failure."""
    return rng.weibullvariate(scale, shape)


def weibull_density(x: float, shape: float, scale: float) -> float:
    """Return the log density of x."""
    if x <= 0:
        return -math.inf
    return float(math.log(shape / scale) + (shape - 1) * math.log(x / scale) - (x / scale) ** shape)


def half_normal(sd: float) -> float:
    """Return the absolute value of a normal number."""
    return abs(rng.gauss(0, sd))


def half_normal_density(x: float, sd: float) -> float:
    """Return the log density of x."""
    return -((x / sd) ** 2) / 2 - math.log(sd * math.sqrt(math.pi / 2)) if x >= 0 else -math.inf


def log_normal(mean: float, sd: float) -> float:
    """Return exp of a normal number."""
    return math.exp(rng.gauss(mean, sd))


def log_normal_density(x: float, mean: float, sd: float) -> float:
    """Return the log density of x."""
    if x <= 0:
        return -math.inf
    return -(((math.log(x) - mean) / sd) ** 2) / 2 - math.log(x * sd * math.sqrt(2 * math.pi))


def student_t(df: float, mean: float, sd: float) -> float:
    """Return a number with heavier tails than a normal one."""
    return mean + sd * rng.gauss(0, 1) / math.sqrt(rng.gammavariate(df / 2, 2) / df)


def student_t_density(x: float, df: float, mean: float, sd: float) -> float:
    """Return the log density of x."""
    z = (x - mean) / sd
    scale = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2 - math.log(sd)
    return scale - (df + 1) / 2 * math.log1p(z * z / df)


def cauchy(location: float, scale: float) -> float:
    """Return a number with heavy tails around location."""
    return location + scale * math.tan(math.pi * (rng.random() - 0.5))


def cauchy_density(x: float, location: float, scale: float) -> float:
    """Return the log density of x."""
    return -math.log(math.pi * scale) - math.log1p(((x - location) / scale) ** 2)


def laplace(location: float, scale: float) -> float:
    """Return a number with two exponential tails around location."""
    return location + scale * (rng.expovariate(1) - rng.expovariate(1))


def laplace_density(x: float, location: float, scale: float) -> float:
    """Return the log density of x."""
    return -abs(x - location) / scale - math.log(2 * scale)


# -- functions that Python does not have as such --------------------------------------------------------------------


def mean(items: Sequence[float]) -> float:
    """Return the mean of numbers."""
    return sum(items) / len(items)


def count(tests: Any, items: Sequence[Any] | None = None) -> int:
    """Return how many tests are true, or how many items pass a test."""
    return sum(bool(test) for test in tests) if items is None else sum(bool(tests(item)) for item in items)


def argmax(f: Callable[[Any], float], items: Sequence[Any]) -> Any:
    """Return the item with the greatest f(item)."""
    return max(items, key=f)


def argmin(f: Callable[[Any], float], items: Sequence[Any]) -> Any:
    """Return the item with the least f(item)."""
    return min(items, key=f)


def first(items: Sequence[Any]) -> Any:
    """Return the first item."""
    return items[0]


def last(items: Sequence[Any]) -> Any:
    """Return the last item."""
    return items[-1]


def concat(*lists: Any) -> list[Any]:
    """Return all items of several lists, or of a list of lists."""
    parts = lists[0] if len(lists) == 1 else lists
    return [item for part in parts for item in part]


def distinct(items: Sequence[Any]) -> list[Any]:
    """Return the items without repetitions, in order."""
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def listed_zip(*lists: Sequence[Any]) -> list[Any]:
    """Return lists of the first items, of the second items, and so on."""
    return [list(row) for row in zip(*lists)]  # noqa: B905


def listed_enumerate(items: Sequence[Any], start: int = 0) -> list[Any]:
    """Return each item with its number."""
    return [[number, item] for number, item in enumerate(items, start)]


def listed_range(*bounds: float) -> list[int]:
    """Return whole numbers up to a bound."""
    return list(range(*map(int, bounds)))


# -- what is done with the worlds -----------------------------------------------------------------------------------


def sample(world: Callable[[], None], wanted: int, most: int) -> tuple[list[float], list[list[Any]], int]:
    """Draw worlds until so many are consistent, or `most` were drawn: their log weights and answers, and how many."""
    weights: list[float] = []
    answers: list[list[Any]] = []
    drawn = 0
    while len(weights) < wanted and drawn < most:
        drawn += 1
        weight[0] = 0.0
        asked.clear()
        try:
            world()
        except Inconsistent:
            continue
        weights.append(weight[0])
        answers.append(list(asked))
    return weights, answers, drawn


def summary(log_weights: list[float], answers: list[Any]) -> dict[str, Any]:
    """Return the shares of answers, or mean and standard deviation of numbers, with the standard error of a share."""
    top = max(log_weights)
    weights = [math.exp(one - top) for one in log_weights]
    total = sum(weights)
    size = total**2 / sum(one * one for one in weights)
    found: dict[str, Any] = {"size": size}
    if all(isinstance(answer, (int, float)) and not isinstance(answer, bool) for answer in answers):
        middle = sum(one * answer for one, answer in zip(weights, answers)) / total  # noqa: B905
        spread = sum(one * (answer - middle) ** 2 for one, answer in zip(weights, answers)) / total  # noqa: B905
        return {**found, "mean": middle, "sd": math.sqrt(spread), "error": math.sqrt(spread / size)}
    shares: dict[str, float] = {}
    for one, answer in zip(weights, answers):  # noqa: B905
        for member in answer if isinstance(answer, list) else [answer]:
            shares[str(member)] = shares.get(str(member), 0.0) + one / total
    return {**found, "shares": shares, "error": 0.5 / math.sqrt(size)}
