"""Faster constructors for Pyro's most common distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plot._lazy import dist, once, torch

if TYPE_CHECKING:
    from torch import Tensor


class Both(NamedTuple):
    """The two values of a flip in a dimension, as numbers and as truth values; these also as a NumPy array."""

    numbers: Tensor
    truths: Tensor
    array: Any


@once
def both(dim: int) -> Both:
    """Return both values of a flip in a dimension: always the same tensors, which tells them from all others."""
    numbers = torch.arange(2, dtype=torch.float64, device="cpu").reshape(2, *[1] * (-dim - 1))
    truths = numbers.bool()
    return Both(numbers, truths, truths.numpy())


# -- the classes: their bases are Pyro's, which are loaded late --------------------------------------------


@once
def _uniform_class() -> Any:
    class Uniform(dist.Uniform):  # type: ignore[misc]
        """Has density at both ends."""

        def log_prob(self, value: Tensor) -> Tensor:
            inside = (self.low <= value) & (value <= self.high)
            return torch.where(inside, -torch.log(self.high - self.low), -torch.inf)

    return Uniform


@once
def _bernoulli_class() -> Any:
    class Bernoulli(dist.Bernoulli):  # type: ignore[misc]
        """Keeps probabilities as they are, also in its density; lists its values in its own dtype."""

        def __init__(self, probs: Tensor) -> None:
            self.probs = self._param = probs
            torch.distributions.Distribution.__init__(self, probs.shape, validate_args=False)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return type(self)(self.probs.expand(batch_shape))

        def log_prob(self, value: Tensor) -> Tensor:
            # torch's own goes by logits, for which probabilities are kept away from 0 and 1.
            return torch.where(value > 0.5, self.probs, 1 - self.probs).log()

        def enumerate_support(self, expand: bool = True) -> Tensor:
            values = torch.arange(2, dtype=self.probs.dtype, device=self.probs.device)
            values = values.reshape((-1,) + (1,) * len(self.batch_shape))
            return values.expand((-1, *self.batch_shape)) if expand else values

    return Bernoulli


@once
def _categorical_class() -> Any:
    class Categorical(dist.Categorical):  # type: ignore[misc]
        """Takes probabilities that sum to one as they are; what is impossible has a density of nothing at all."""

        def __init__(self, probs: Tensor) -> None:
            self.probs = self._param = probs
            self._num_events = probs.shape[-1]
            torch.distributions.Distribution.__init__(self, probs.shape[:-1], validate_args=False)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return type(self)(self.probs.expand((*batch_shape, self._num_events)))

        def log_prob(self, value: Tensor) -> Tensor:
            # A value may come from a world in which there are more slots than here.
            slot = value.to(torch.int64).clamp(max=self._num_events - 1)
            slots, probs = torch.broadcast_tensors(slot.unsqueeze(-1), self.probs)  # type: ignore[no-untyped-call]
            found = probs.gather(-1, slots[..., :1]).squeeze(-1).log()
            return torch.where(slot == value, found, -torch.inf)

    return Categorical


@once
def _binomial_class() -> Any:
    class Binomial(dist.Binomial):  # type: ignore[misc]
        """Lists its values where they are few, however many trials there are where; more than these are impossible."""

        @property
        def has_enumerate_support(self) -> bool:
            return bool(self.total_count.max() < MOST_LISTED)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return binomial(self.total_count.expand(batch_shape), self.probs.expand(batch_shape))

        def enumerate_support(self, expand: bool = True) -> Tensor:
            values = torch.arange(1 + int(self.total_count.max()), dtype=torch.float64, device=self.probs.device)
            values = values.reshape((-1,) + (1,) * len(self.batch_shape))
            return values.expand((-1, *self.batch_shape)) if expand else values

        def log_prob(self, value: Tensor) -> Tensor:
            # torch's own goes by logits, for which probabilities are kept away from 0 and 1.
            inside = value <= self.total_count
            true = torch.where(inside, value, 0.0)
            false = self.total_count - true
            ways = torch.lgamma(self.total_count + 1) - torch.lgamma(true + 1) - torch.lgamma(false + 1)
            found = ways + true * torch.where(true > 0, self.probs, 1.0).log()
            return torch.where(
                inside, found + false * torch.log1p(-torch.where(false > 0, self.probs, 0.0)), -torch.inf
            )

    return Binomial


@once
def _geometric_class() -> Any:
    class Geometric(dist.Geometric):  # type: ignore[misc]
        """Keeps probabilities as they are, also in its density."""

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return geometric(self.probs.expand(batch_shape))

        def log_prob(self, value: Tensor) -> Tensor:
            failed = value * torch.log1p(-torch.where(value > 0, self.probs, 0.0))
            found: Tensor = failed + self.probs.log()
            return found

    return Geometric


@once
def _weibull_class() -> Any:
    class Weibull(dist.Weibull):  # type: ignore[misc]
        """Has a density at 0 as well, where its shape is at least one."""

        support = torch.distributions.constraints.nonnegative

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return weibull(self.concentration.expand(batch_shape), self.scale.expand(batch_shape))

        def log_prob(self, value: Tensor) -> Tensor:
            ratio, rest = value / self.scale, self.concentration - 1
            near = torch.where(rest == 0, 0.0, rest * torch.where(ratio > 0, ratio, 0.0).log())
            found: Tensor = self.concentration.log() - self.scale.log() + near - ratio**self.concentration
            return found

    return Weibull


@once
def _negative_binomial_class() -> Any:
    class NegativeBinomial(dist.NegativeBinomial):  # type: ignore[misc]
        """Keeps probabilities as they are, also in its density."""

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return negative_binomial(self.total_count.expand(batch_shape), 1 - self.probs.expand(batch_shape))

        def log_prob(self, value: Tensor) -> Tensor:
            needed, failure = self.total_count, self.probs
            ways = torch.lgamma(needed + value) - torch.lgamma(needed) - torch.lgamma(value + 1)
            ways = torch.where(value > 0, ways, 0.0)
            failed = value * torch.where(value > 0, failure, 1.0).log()
            found: Tensor = ways + needed * torch.log1p(-failure) + failed
            return found

    return NegativeBinomial


MOST_LISTED = 1 << 14  # values of a choice: what has more is drawn, not summed


def binomial(trials: Tensor, probability: Tensor) -> Any:
    """Return the distribution of how many of some trials succeed."""
    return _binomial_class()(total_count=trials, probs=probability, validate_args=False)


def geometric(probability: Tensor) -> Any:
    """Return the distribution of how many trials fail before the first that succeeds."""
    return _geometric_class()(probs=probability, validate_args=False)


def negative_binomial(needed: Tensor, probability: Tensor) -> Any:
    """Return the distribution of how many trials fail before `needed` of them have succeeded."""
    return _negative_binomial_class()(total_count=needed, probs=1 - probability, validate_args=False)


def weibull(shape: Tensor, scale: Tensor) -> Any:
    """Return the Weibull distribution."""
    return _weibull_class()(scale=scale, concentration=shape, validate_args=False)


def normal(mean: Tensor, sd: Tensor) -> Any:
    """Return the normal distribution."""
    return dist.Normal(mean, sd, validate_args=False)


def uniform(low: Tensor, high: Tensor) -> Any:
    """Return the uniform distribution."""
    return _uniform_class()(low, high, validate_args=False)


def bernoulli(probability: Tensor) -> Any:
    """Return the distribution of a flip."""
    return _bernoulli_class()(probability)


def categorical(probabilities: Tensor) -> Any:
    """Return the distribution over slots whose probabilities (…, slots) sum to one."""
    return _categorical_class()(probabilities)


__all__ = [
    "bernoulli",
    "binomial",
    "both",
    "categorical",
    "geometric",
    "negative_binomial",
    "normal",
    "uniform",
    "weibull",
]
