"""Collapsed (Rao-Blackwellised) beta-Bernoulli parameters: integrated out, and sampled only if they are read.

A probability that is only flipped need not be known. With p ~ beta(a, b) a flip is true with probability a / (a + b),
and p given it is beta(a + 1, b) or beta(a, b + 1): so it goes on from flip to flip (Eggenberger and Polya 1923). With p
uniform on an interval, the first flip is true with the probability in its middle; then the density of p is
proportional to p or to 1 - p.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot._lazy import dist, once, torch
from plot.compat.torch import valueless
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.samplers import sampled
from plot.runtime.values.masks import Mask, and_, any_, or_
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor


class ReadError(Exception):
    """A probability that was collapsed is needed: it is not only flipped, or more than once where no urn is known."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class CollapsedBeta:
    """The state of a collapsed probability: its prior and the outcomes of its flips.

    `value` stands for it in the program: whatever is computed from it raises ReadError.
    """

    def __init__(self, address: str, distribution: Any, mask: Mask) -> None:
        self.address = address
        self.value: Tensor = _unknown(self)
        self._is_beta, self._prior = _family(address, distribution, mask)
        self._true = self._false = torch.zeros((), dtype=torch.float64)
        self._flipped: Mask = False

    def extend(self, distribution: Any, mask: Mask) -> None:
        """Take the distribution that it has in the particles of `mask`, which had not met it before."""
        is_beta, prior = _family(self.address, distribution, mask)
        if is_beta is not self._is_beta:
            raise ReadError(self.address)
        on, (one, other) = as_tensor(mask), self._prior
        self._prior = torch.where(on, prior[0], one), torch.where(on, prior[1], other)

    def mean(self, mask: Mask) -> Tensor:
        """Return the probability that a further flip is true, which is made in the particles of `mask`."""
        if not self._is_beta and any_(and_(mask, self._flipped)):
            raise ReadError(self.address)
        one, other = self.parameters[:2]
        return one / (one + other) if self._is_beta else (one + other) / 2

    def flipped(self, raw: Tensor, mask: Mask) -> None:
        """Take note of a flip: it came to `raw` in the particles of `mask`."""
        on = as_tensor(mask).to(torch.float64)
        self._true, self._false = self._true + on * raw, self._false + on * (1 - raw)
        self._flipped = or_(self._flipped, mask)

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The parameters of its distribution given the flips."""
        one, other = self._prior
        return (one + self._true, other + self._false) if self._is_beta else (one, other, self._true, self._false)

    def drawn(self, stream: Stream, *parameters: Tensor) -> Tensor:
        """Draw it where the parameters of its distribution given the flips are these, (N,)."""
        if not self._is_beta:
            return _sloped(stream, *parameters)
        return sampled(dist.Beta(*parameters), parameters[0].shape, stream)


def _family(address: str, distribution: Any, mask: Mask) -> tuple[bool, tuple[Tensor, Tensor]]:
    """Return whether a distribution is a beta, as uniform(0, 1) is, with its parameters; else it is an interval."""
    if isinstance(distribution, dist.Beta):
        return True, (distribution.concentration1, distribution.concentration0)
    low, high = distribution.low, distribution.high
    if low.dim() == high.dim() == 0 and (float(low), float(high)) == (0.0, 1.0):
        return True, (torch.ones_like(low), torch.ones_like(low))
    if any_(and_(mask, (low < 0) | (high > 1))):
        raise ReadError(address)
    return False, (low.clamp(0, 1), high.clamp(0, 1))


def _sloped(stream: Stream, low: Tensor, high: Tensor, true: Tensor, false: Tensor) -> Tensor:
    """Draw from an interval: evenly, or, after a flip, with a density proportional to the probability of its outcome.

    The square of what is proportional to its own density is even.
    """
    even = stream.uniforms(low.shape, low.device)
    start, end = torch.where(false > 0, 1 - high, low), torch.where(false > 0, 1 - low, high)
    root = (start**2 + even * (end**2 - start**2)).sqrt()
    return torch.where(true + false > 0, torch.where(false > 0, 1 - root, root), low + even * (high - low))


def collapsed_beta_of(value: object) -> CollapsedBeta | None:
    """Return the urn for which a value stands, None if it is known."""
    found: CollapsedBeta | None = getattr(value, "collapsed_beta", None)
    return found


def may_wait(distribution: Any) -> bool:
    """Return whether there is an urn for values of a distribution."""
    return isinstance(distribution, (dist.Beta, dist.Uniform))


def _unknown(collapsed_beta: CollapsedBeta) -> Any:
    found: Any = valueless(_unknown_class())
    found.collapsed_beta = collapsed_beta
    return found


@once
def _unknown_class() -> Any:
    """Return the class of unknown numbers: its base is torch's, which is loaded late."""

    class UnreadParameter(torch.Tensor):
        """A number that nobody knows: torch can't do anything with it."""

        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            raise ReadError(next(_urns_in((args, *(kwargs or {}).values()))).address)

    return UnreadParameter


def _urns_in(item: Any) -> Any:
    if isinstance(item, (list, tuple)):
        for part in item:
            yield from _urns_in(part)
    elif collapsed_beta_of(item) is not None:
        yield collapsed_beta_of(item)


__all__ = ["CollapsedBeta", "ReadError", "collapsed_beta_of", "may_wait"]
