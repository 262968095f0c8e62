"""From a quantile of one distribution to the same quantile of another one, for reals and counts without an end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plot._lazy import np, once, torch
from plot.runtime.values.probes import probe

if TYPE_CHECKING:
    from torch import Tensor

Bounds = tuple["Tensor", "Tensor"]

PARAMETERS: dict[str, tuple[str, ...]] = {
    "Normal": ("loc", "scale"),
    "Uniform": ("low", "high"),
    "Exponential": ("rate",),
    "Beta": ("concentration1", "concentration0"),
    "Gamma": ("concentration", "rate"),
    "HalfNormal": ("scale",),
    "LogNormal": ("loc", "scale"),
    "StudentT": ("df", "loc", "scale"),
    "Weibull": ("concentration", "scale"),
    "Cauchy": ("loc", "scale"),
    "Laplace": ("loc", "scale"),
    "Poisson": ("rate",),
    "Geometric": ("probs",),
    "NegativeBinomial": ("total_count", "probs"),
    "Binomial": ("total_count", "probs"),
    "DiscreteUniform": ("count",),
}
COUNTS = frozenset(["Poisson", "Geometric", "NegativeBinomial", "Binomial", "DiscreteUniform"])


def is_count(distribution: Any) -> bool:
    """Return whether a distribution has atoms, within which one more uniform number tells the quantile."""
    return type(distribution).__name__ in COUNTS


def transported(
    raw: Tensor,
    noise: Tensor | None,
    before: Any,
    after: Any,
    bounds: Bounds | None = None,
    folded: bool = False,
) -> Tensor:
    """Return the value that has as much of a distribution below it as `raw` has of the one it was drawn from.

    `noise` (from 0 to 1) tells where within its atom a count is. With `bounds`, the second distribution is restricted
    to the numbers between them; `folded`, to those whose absolute values are.
    """
    if bounds is None and noise is None:
        found = _moved(raw, before, after)
        if found is not None:
            return found
    family = type(after).__name__
    names = PARAMETERS[family]
    low, high = bounds or (torch.tensor(-math.inf), torch.tensor(math.inf))
    unknown = torch.zeros((), dtype=torch.float64) if noise is None else noise
    given = [[getattr(of, name).double() for name in names] for of in (before, after)]
    ends = (low.double(), high.double())
    moved: Tensor = _operation()(family, raw.double(), unknown, given[0], given[1], *ends, folded)
    return moved


def _moved(raw: Tensor, before: Any, after: Any) -> Tensor | None:
    """Return what moving and scaling makes of a value, None where the shapes of the distributions differ."""
    family = type(after).__name__
    if family in ("Normal", "Cauchy", "Laplace") or (family == "StudentT" and _all_same(before.df, after.df)):
        return after.loc + after.scale * ((raw - before.loc) / before.scale)  # type: ignore[no-any-return]
    if family == "LogNormal":
        return (after.loc + after.scale * ((raw.log() - before.loc) / before.scale)).exp()  # type: ignore[no-any-return]
    if family == "Uniform":
        share = (raw - before.low) / (before.high - before.low)
        return after.low + (after.high - after.low) * share  # type: ignore[no-any-return]
    if family == "Weibull":
        return after.scale * (raw / before.scale) ** (before.concentration / after.concentration)  # type: ignore[no-any-return]
    if family == "HalfNormal":
        return raw / before.scale * after.scale  # type: ignore[no-any-return]
    if family == "Exponential" or (family == "Gamma" and _all_same(before.concentration, after.concentration)):
        return raw * before.rate / after.rate  # type: ignore[no-any-return]
    return None


def _all_same(one: Tensor, other: Tensor) -> bool:
    return probe(_all_equal, one, other)


def _all_equal(one: Tensor, other: Tensor) -> bool:
    return bool((one == other).all())


@once
def _operation() -> Callable[..., Any]:
    """Return quantiles by SciPy as an operation of torch's, so that whoever records operations knows of it."""
    operation: Any = torch.library.custom_op(
        "plot::transported",
        _by_scipy,
        mutates_args=(),
        schema=(
            "(str family, Tensor raw, Tensor noise, Tensor[] before, Tensor[] after, Tensor low, Tensor high, "
            "bool folded) -> Tensor"
        ),
    )
    return operation  # type: ignore[no-any-return]


def _by_scipy(
    family: str,
    raw: Tensor,
    noise: Tensor,
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    low: Tensor,
    high: Tensor,
    folded: bool,
) -> Tensor:
    shape = torch.broadcast_shapes(*[item.shape for item in (raw, noise, *before, *after, low, high)])  # type: ignore[no-untyped-call]
    x, v, start, end = [item.expand(shape).numpy(force=True) for item in (raw, noise, low, high)]
    old, new = (_frozen(family, [item.numpy(force=True) for item in given]) for given in (before, after))
    with np.errstate(all="ignore"):
        if family in COUNTS:
            start, end = np.ceil(start) - 1, np.floor(end)
            below, above = old.cdf(x - 1) + v * old.pmf(x), old.sf(x) + (1 - v) * old.pmf(x)
        else:
            below, above = old.cdf(x), old.sf(x)
        found = _folded(new, below, above, start, end) if folded else _between(new, below, above, start, end)
    return torch.as_tensor(found, dtype=torch.float64, device=raw.device).expand(shape).clone()


def _between(law: Any, below: Any, above: Any, start: Any, end: Any) -> Any:
    """Return the quantiles of a distribution between two numbers, from how much of it is below and above."""
    below = law.cdf(start) + below * (law.cdf(end) - law.cdf(start))
    above = law.sf(end) + above * (law.sf(start) - law.sf(end))
    return np.where(below < above, law.ppf(below), law.isf(above))


def _folded(law: Any, below: Any, above: Any, start: Any, end: Any) -> Any:
    """Return the quantiles of a distribution among the numbers whose absolute values are between two others."""
    start = np.maximum(start, 0.0)
    negative, positive = law.cdf(-start) - law.cdf(-end), law.cdf(end) - law.cdf(start)
    share = negative / (negative + positive)
    on_left = _between(law, below / share, 1 - below / share, -end, -start)
    on_right = _between(law, 1 - above / (1 - share), above / (1 - share), start, end)
    return np.where(end < start, np.nan, np.where(below < share, on_left, on_right))


def _frozen(family: str, given: Sequence[Any]) -> Any:
    """Return SciPy's distribution of a family with these parameters."""
    from scipy import stats

    name, arguments = _SCIPY[family]
    return getattr(stats, name)(**arguments(*given))


_SCIPY: Mapping[str, tuple[str, Callable[..., dict[str, Any]]]] = {
    "Normal": ("norm", lambda loc, scale: {"loc": loc, "scale": scale}),
    "Uniform": ("uniform", lambda low, high: {"loc": low, "scale": high - low}),
    "Exponential": ("expon", lambda rate: {"scale": 1 / rate}),
    "Beta": ("beta", lambda a, b: {"a": a, "b": b}),
    "Gamma": ("gamma", lambda shape, rate: {"a": shape, "scale": 1 / rate}),
    "HalfNormal": ("halfnorm", lambda scale: {"scale": scale}),
    "LogNormal": ("lognorm", lambda loc, scale: {"s": scale, "scale": np.exp(loc)}),
    "StudentT": ("t", lambda df, loc, scale: {"df": df, "loc": loc, "scale": scale}),
    "Weibull": ("weibull_min", lambda shape, scale: {"c": shape, "scale": scale}),
    "Cauchy": ("cauchy", lambda loc, scale: {"loc": loc, "scale": scale}),
    "Laplace": ("laplace", lambda loc, scale: {"loc": loc, "scale": scale}),
    "Poisson": ("poisson", lambda rate: {"mu": rate}),
    "Geometric": ("geom", lambda p: {"p": p, "loc": -1}),
    "NegativeBinomial": ("nbinom", lambda needed, failure: {"n": needed, "p": 1 - failure}),
    "Binomial": ("binom", lambda n, p: {"n": n, "p": p}),
    "DiscreteUniform": ("randint", lambda count: {"low": 0, "high": count}),
}

__all__ = ["Bounds", "is_count", "transported"]
