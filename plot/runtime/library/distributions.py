"""The distributions of the library as Pyro distributions: checked parameters in, a value of the language out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.runtime.library.lists import as_list, compacted, length
from plot.runtime.library.numbers import number
from plot.runtime.library.ops import equal, floating, numeric
from plot.runtime.sites.collapsed import CollapsedBeta, collapsed_beta_of
from plot.runtime.sites.discrete_uniform import discrete_uniform
from plot.runtime.sites.fast_distributions import (
    bernoulli,
    binomial,
    both,
    categorical,
    geometric,
    negative_binomial,
    normal,
    uniform,
    weibull,
)
from plot.runtime.sites.machine import Here
from plot.runtime.values.masks import Mask, all_, and_, any_, not_, or_
from plot.runtime.values.merge import merge, narrow, pick
from plot.runtime.values.probes import is_inexact, probe
from plot.runtime.values.shapes import common_shape
from plot.runtime.values.values import ListValue, Value, as_tensor, is_constant

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(slots=True, eq=False)
class Drawable:
    """A Pyro distribution with how its raw draws read in the language, and back.

    `encode(value)` gives the raw tensor of a value and the mask of where it can be drawn at all; it is None
    where densities go by `log_prob` alone. `collapsed_beta` is told how a flip comes out whose probability was
    collapsed. `items` are the values of a choice, slot by slot.
    """

    distribution: Any
    decode: Callable[[Tensor], Value]
    encode: Callable[[Here, Value], tuple[Any, Mask]] | None = None
    log_prob: Callable[[Here, Value], Tensor] | None = None
    collapsed_beta: CollapsedBeta | None = None
    items: tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True)
class ParameterRange:
    """The range of a distribution's parameter: in words, as a test, and a default for masked particles.

    An `interval` holds all numbers between its ends if it holds both.
    """

    words: str
    test: Callable[[Any], Any]
    default: float
    interval: bool = True

    def holds_all(self, x: Any) -> bool:
        """Return whether every particle's number is in the interval: its ends tell, without a mask."""
        if not isinstance(x, torch.Tensor):
            return bool(self.test(x))
        if not self.interval or not x.numel():
            return all_(self.test(x))
        return probe(self._holds_ends, x)

    def _holds_ends(self, x: Tensor) -> bool:
        least, most = torch.aminmax(x.detach() if x.requires_grad else x)
        return bool(self.test(float(least)) and self.test(float(most)))


REAL = ParameterRange("a number", lambda x: abs(x) < math.inf, 0.0)
POSITIVE = ParameterRange("a number above 0", lambda x: (x > 0) & (x < math.inf), 1.0)
NONNEGATIVE = ParameterRange("a number of at least 0", lambda x: (x >= 0) & (x < math.inf), 1.0)
RATE = ParameterRange("a number between 0 and 1e15", lambda x: (x >= 0) & (x < 1e15), 1.0)
PROBABILITY = ParameterRange("a probability between 0 and 1", lambda x: (x >= 0) & (x <= 1), 0.5)
SUCCESS = ParameterRange("a probability above 0, up to 1", lambda x: (x > 0) & (x <= 1), 0.5)
BOUND = ParameterRange("a whole number between -1e9 and 1e9", lambda x: abs(x) < 1e9, 0.0)
TRIALS = ParameterRange(
    "a whole number from 0 to 1e9", lambda x: (x >= 0) & (x < 1e9) & (x == x // 1), 1.0, interval=False
)


def parameter(here: Here, name: str, support: ParameterRange, value: Value, of: str) -> Any:
    """Return a parameter as a float or float64 tensor within its support; outside it is a fault."""
    x = floating(number(here, value, f"{name} of {of}"))
    if support.holds_all(x):
        return x
    good = support.test(x)
    shown = f", not {x:g}" if is_constant(x) else ""
    here.fault(not_(good), f"{name} of {of} must be {support.words}{shown}")
    harmless = good if here.mask is True else and_(good, here.mask)
    return merge(harmless, x, support.default)


def tensor(value: Any) -> Tensor:
    """Return a parameter as float64."""
    return value if isinstance(value, torch.Tensor) else torch.scalar_tensor(value, dtype=torch.float64)


# -- numbers -------------------------------------------------------------------------------------------


def _identity(raw: Tensor) -> Value:
    return raw


def _to_int(raw: Tensor) -> Value:
    return raw if probe(is_inexact, raw) else raw.to(torch.int64)


def _to_bool(raw: Tensor) -> Value:
    values = both(-raw.dim())
    return values.truths if raw is values.numbers else raw.bool()


Possible = Callable[..., Any]


def _encode_number(support: Any, possible: Possible | None = None) -> Callable[[Here, Value], tuple[Any, Mask]]:
    """Return the encoder of numbers: outside the support, and where it is not `possible`, there is no mass."""

    def encode(here: Here, value: Value) -> tuple[Any, Mask]:
        raw = as_tensor(floating(numeric(number(here, value, "the observed value"))))
        inside = support.check(raw) & torch.isfinite(raw)
        return raw, inside if possible is None else inside & possible(raw)

    return encode


def _scalar(
    parameters: list[tuple[str, ParameterRange]],
    build: Callable[..., Any],
    decode: Callable[[Tensor], Value] = _identity,
    possible: Possible | None = None,
) -> Callable[..., Drawable]:
    """Return how a distribution of one number is made from its checked parameters.

    `possible(x, *parameters)` tells what has mass where a parameter is at the end of its range: torch gives
    impossible values a very small one.
    """

    def make(here: Here, name: str, *arguments: Value) -> Drawable:
        checked = [
            tensor(parameter(here, label, support, value, name))
            for (label, support), value in zip(parameters, arguments, strict=True)
        ]
        distribution = build(*checked)
        has_mass = None if possible is None else lambda x: possible(x, *checked)
        return Drawable(distribution, decode, _encode_number(distribution.support, has_mass))

    return make


def _uniform(here: Here, name: str, low: Value, high: Value) -> Drawable:
    a = parameter(here, "low", REAL, low, name)
    b = parameter(here, "high", REAL, high, name)
    good = a < b
    here.fault(not_(good), "uniform needs low < high")
    a, b = tensor(merge(good, a, 0.0)), tensor(merge(good, b, 1.0))
    distribution = uniform(a, b)
    return Drawable(distribution, _identity, _encode_number(distribution.support))


def _binomial_possible(x: Tensor, n: Tensor, p: Tensor) -> Tensor:
    return ((p > 0) | (x == 0)) & ((p < 1) | (x == n))


# -- finite choices ------------------------------------------------------------------------------------


def _finite(weights: Any, items: ListValue) -> Drawable:
    """Return the choice among the slots of a compact list with `weights` (slots,) or (N, slots)."""
    distribution = categorical(weights)
    return _choice_of(distribution, lambda slot: distribution.probs[..., slot], items)


def _choice_of(distribution: Any, mass_of: Callable[[int], Any], items: ListValue) -> Drawable:
    last = len(items.items) - 1  # a replayed slot may come from a world in which there are more: it is impossible here

    def log_prob(here: Here, value: Value) -> Tensor:
        mass: Any = torch.zeros((), dtype=torch.float64)
        for slot, item in enumerate(items.items):
            mass = mass + mass_of(slot) * as_tensor(equal(here, item, value))
        return mass.log()  # type: ignore[no-any-return]

    def decode(raw: Tensor) -> Value:
        return pick(items.items, raw.to(torch.int64).clamp(max=last))

    return Drawable(distribution, decode, None, log_prob, items=items.items)


def _choice(here: Here, name: str, items: Value) -> Drawable:
    values = compacted(here, as_list(here, items, name))
    count = length(values)
    here.fault(count == 0, f"{name} from an empty list")
    slots = len(values.items)
    if not slots:
        return _finite(torch.ones(1, dtype=torch.float64), ListValue((None,), (True,)))
    if slots > MANY:
        some = as_tensor(count).to(torch.float64).clamp(min=1)
        return _choice_of(discrete_uniform(some), lambda slot: (slot < some) / some, values)
    if values.full:
        return _finite(torch.full((slots,), 1 / slots, dtype=torch.float64), values)
    return _finite(normalised(list(values.present), here)[0], values)


MANY = 256


def normalised(weights: list[Any], here: Here) -> tuple[Tensor, Tensor]:
    """Return weights (slots of (N,)) as probabilities (N, slots), and where they sum to something; elsewhere uniform.

    In memory the particles of a slot are side by side.
    """
    here.machine.check_memory(here.span, 3 * len(weights))
    tensors = [as_tensor(weight).to(torch.float64) for weight in weights]
    shape = common_shape(tensors)
    rows = torch.stack([tensor.expand(shape) for tensor in tensors])
    sums = rows.sum(0)
    positive = sums > 0
    if all_(positive):
        return (rows / sums).movedim(0, -1), positive
    rows = torch.where(positive, rows / torch.where(positive, sums, 1.0), 1.0 / len(weights))
    return rows.movedim(0, -1), positive


def _categorical(here: Here, name: str, probabilities: Value, values: Value = None) -> Drawable:
    weights = compacted(here, as_list(here, probabilities, name))
    slots: list[Any] = []
    for weight, present in zip(weights.items, weights.present, strict=True):
        on = here.within(and_(here.mask, present))
        checked = parameter(on, "a probability", NONNEGATIVE, weight, name) if any_(on.mask) else 0.0
        slots.append(merge(present, checked, 0.0))
    if not slots:
        here.fault(True, f"{name} of no probabilities")
        slots = [1.0]
    probs, positive = normalised(slots, here)
    here.fault(not_(positive), f"the probabilities of {name} sum to 0")
    return _finite(probs, _outcomes(here, name, values, weights, len(slots)))


def _outcomes(here: Here, name: str, values: Value, weights: ListValue, slots: int) -> ListValue:
    if values is None:
        return ListValue(tuple(range(slots)), (True,) * slots)
    outcomes = compacted(here, as_list(here, values, name))
    here.fault(not_(equal_length(outcomes, weights)), f"{name} needs as many values as probabilities")
    items = (*outcomes.items, *(None,) * slots)[:slots]
    return ListValue(items, (True,) * slots)


def equal_length(a: ListValue, b: ListValue) -> Mask:
    """Return where two lists have the same number of items."""
    return length(a) == length(b)


def _randint(here: Here, name: str, low: Value, high: Value) -> Drawable:
    a = parameter(here, "low", BOUND, low, name)
    b = parameter(here, "high", BOUND, high, name)
    wrong: Mask = or_(or_(a != a // 1, b != b // 1), not_(a <= b))
    here.fault(wrong, f"{name} needs whole numbers with low <= high")
    # Bounds that are constant stay so: what is drawn from them has one distribution, whichever particles draw it.
    keep = True if wrong is False else and_(not_(wrong), here.mask)
    a, b = tensor(merge(keep, a, 0.0)), tensor(merge(keep, b, 0.0))
    slots = int((b - a).max()) + 1
    if slots > MANY:
        distribution = discrete_uniform(b - a + 1)
    else:
        here.machine.check_memory(here.span, slots)
        width = b - a
        numbers = torch.arange(slots, dtype=torch.float64).reshape((-1,) + (1,) * width.dim())
        weights = (numbers <= width) / (width + 1)
        distribution = categorical(weights.movedim(0, -1))
    low_is_zero = isinstance(low, (int, float)) and low == 0

    def decode(raw: Tensor) -> Value:
        whole = raw.to(torch.int64)
        return whole if low_is_zero else whole + a.to(torch.int64)

    def encode(inner: Here, value: Value) -> tuple[Any, Mask]:
        x = as_tensor(floating(numeric(number(inner, value, "the observed value"))))
        inside = (x >= a) & (x <= b) & (x == x.floor())
        return torch.where(inside, x - a, 0.0).to(torch.int64), inside

    return Drawable(distribution, decode, encode)


MAKERS: dict[str, Callable[..., Drawable]] = {
    "normal": _scalar([("mean", REAL), ("sd", POSITIVE)], normal),
    "uniform": _uniform,
    "poisson": _scalar(
        [("rate", RATE)],
        lambda r: dist.Poisson(r, validate_args=False),
        _to_int,
        lambda x, r: (r > 0) | (x == 0),
    ),
    "exponential": _scalar([("rate", POSITIVE)], lambda r: dist.Exponential(r, validate_args=False)),
    "beta": _scalar([("a", POSITIVE), ("b", POSITIVE)], lambda a, b: dist.Beta(a, b, validate_args=False)),
    "gamma": _scalar([("shape", POSITIVE), ("rate", POSITIVE)], lambda a, b: dist.Gamma(a, b, validate_args=False)),
    "binomial": _scalar([("n", TRIALS), ("p", PROBABILITY)], binomial, _to_int, _binomial_possible),
    "geometric": _scalar(
        [("p", SUCCESS)],
        geometric,
        _to_int,
        lambda x, p: (p < 1) | (x == 0),
    ),
    "negative_binomial": _scalar(
        [("n", POSITIVE), ("p", SUCCESS)],
        negative_binomial,
        _to_int,
        lambda x, n, p: (p < 1) | (x == 0),
    ),
    "weibull": _scalar([("shape", POSITIVE), ("scale", POSITIVE)], weibull),
    "half_normal": _scalar([("sd", POSITIVE)], lambda s: dist.HalfNormal(s, validate_args=False)),
    "log_normal": _scalar([("mean", REAL), ("sd", POSITIVE)], lambda m, s: dist.LogNormal(m, s, validate_args=False)),
    "student_t": _scalar(
        [("df", POSITIVE), ("mean", REAL), ("sd", POSITIVE)],
        lambda d, m, s: dist.StudentT(d, m, s, validate_args=False),
    ),
    "cauchy": _scalar([("location", REAL), ("scale", POSITIVE)], lambda m, s: dist.Cauchy(m, s, validate_args=False)),
    "laplace": _scalar([("location", REAL), ("scale", POSITIVE)], lambda m, s: dist.Laplace(m, s, validate_args=False)),
    "choice": _choice,
    "categorical": _categorical,
    "randint": _randint,
}


def _flip(here: Here, name: str, p: Value) -> Drawable:
    collapsed_beta = collapsed_beta_of(narrow(p, here.mask))
    if collapsed_beta is not None:
        return Drawable(bernoulli(collapsed_beta.mean(here.mask)), _to_bool, collapsed_beta=collapsed_beta)
    probs = tensor(parameter(here, "the probability", PROBABILITY, p, name))

    def encode(inner: Here, value: Value) -> tuple[Any, Mask]:
        x = as_tensor(floating(numeric(number(inner, value, "the observed value"))))
        return x, ((x == 0) & (probs < 1)) | ((x == 1) & (probs > 0))

    return Drawable(bernoulli(probs), _to_bool, encode)


MAKERS["flip"] = MAKERS["bernoulli"] = _flip
