"""Posterior means of models that are not finite: by a formula, or by an integral over what is left."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import integrate, special, stats


def _integrated(density: Callable[[float], float], of: Callable[[float], float], bounds: tuple[float, float]) -> float:
    """Return the mean of a function of one number with this unnormalised density."""

    def integral(value: Callable[[float], float]) -> float:
        return float(integrate.quad(lambda x: density(x) * value(x), *bounds, limit=500, epsabs=0, epsrel=1e-9)[0])

    return integral(of) / integral(lambda _: 1.0)


def _shared_mean(data: Sequence[float], sds: Sequence[float], prior_sd: float) -> tuple[float, float, float]:
    """Return the mean and sd of a normal mean about 0 given measurements of it, and the log density of these."""
    weights = [1 / sd**2 for sd in sds]
    precision = 1 / prior_sd**2 + sum(weights)
    mean = sum([w * y for w, y in zip(weights, data, strict=True)]) / precision
    fits = sum([stats.norm.logpdf(y, 0, sd) for y, sd in zip(data, sds, strict=True)])
    log_density = fits + 0.5 * mean**2 * precision - 0.5 * math.log(precision) - math.log(prior_sd)
    return mean, precision**-0.5, float(log_density)


def birthdays() -> list[float]:
    return [1 - math.prod([(365 - i) / 365 for i in range(23)])]


def craps() -> list[float]:
    return [244 / 495]


def euro() -> list[float]:
    bent, fair = 1 / 251, float(stats.binom.pmf(140, 250, 0.5))
    return [bent / (bent + fair)]


def sleep() -> list[float]:
    hours = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4]

    def density(u: float) -> float:  # of the log of the spread
        return math.exp(_shared_mean(hours, [math.exp(u)] * 10, 20)[2] + 20 + float(stats.norm.logpdf(u, 0, 2)))

    def above(u: float) -> float:
        mean, sd, _ = _shared_mean(hours, [math.exp(u)] * 10, 20)
        return float(stats.norm.cdf(mean / sd))

    return [_integrated(density, above, (-2, 5))]


def schools() -> list[float]:
    effects, errors = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]

    def given(tau: float) -> tuple[float, float, float]:
        return _shared_mean(effects, [math.hypot(sd, tau) for sd in errors], 5)

    def density(tau: float) -> float:
        return math.exp(given(tau)[2] + 30) / (1 + (tau / 5) ** 2)

    return [_integrated(density, lambda tau: given(tau)[0], (0, 300)), _integrated(density, lambda tau: tau, (0, 300))]


def anscombe() -> list[float]:
    xs = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5.0])
    ys = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
    rows = np.stack([xs, np.ones(11)], 1)
    precision = rows.T @ rows / 1.237**2 + np.diag([1 / 10**2, 1 / 100**2])
    return [float(x) for x in np.linalg.solve(precision, rows.T @ ys / 1.237**2)]


def bioassay() -> list[float]:
    doses, deaths = np.array([-0.86, -0.3, -0.05, 0.73]), np.array([0, 1, 3, 5])
    a, b = np.meshgrid(np.linspace(-9, 9, 1201), np.linspace(2, 45, 1201), indexing="ij")
    p = special.expit(a[..., None] + b[..., None] * doses)
    log_density = stats.binom.logpmf(deaths, 5, p).sum(-1) + stats.norm.logpdf(a, 0, 2) + stats.norm.logpdf(b, 10, 5)
    weights = np.exp(log_density - log_density.max())
    weights[:, 0] /= 2  # the trapezoid rule at the edge b = 2
    return [float((weights * -a / b).sum() / weights.sum())]


def again() -> list[float]:
    return [0.5 + math.asin(100 / (100 + 6.4359425**2)) / math.pi]


TRUTHS: dict[str, Callable[[], list[float]]] = {
    "birthdays": birthdays,
    "coupons": lambda: [6 * sum([1 / k for k in range(1, 7)])],
    "craps": craps,
    "ruin": lambda: [2 / 5],
    "stick": lambda: [1 / 4],
    "succession": lambda: [11 / 12],
    "placenta": lambda: [438 / 982],
    "asthma": lambda: [6 / 7],
    "weights": lambda: [(180 / 40**2 + 1500 / 20**2) / (1 / 40**2 + 10 / 20**2)],
    "horses": lambda: [123 / 200.1],
    "euro": euro,
    "sleep": sleep,
    "schools": schools,
    "walk": lambda: [2.5 * 5 / 6],
    "anscombe": anscombe,
    "bioassay": bioassay,
    "again": again,
}
