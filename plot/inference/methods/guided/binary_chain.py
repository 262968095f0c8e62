"""A discrete choice as a chain of binary decisions: the first value or not; if not, the second or not; and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.runtime.sites.discrete_uniform import kind
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.samplers import drawn

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 32  # steps, each of which learns odds of its own (not measured)
STEPS_OF_A_COUNT = 4  # that have odds of their own; later ones follow the prior (not measured)


@dataclass(frozen=True, slots=True, eq=False)
class BinaryChain:
    """The steps of a choice: `chances` (steps, N) are those of yes where all before were no; N may be 1.

    A value's code is the step that says yes, or the number of steps where all say no.
    """

    distribution: Any
    chances: Tensor

    @classmethod
    def of(cls, distribution: Any) -> BinaryChain | None:
        """Return the chain of a distribution; None where it has too many values, or is of a kind that has none."""
        if isinstance(distribution, dist.Bernoulli):
            return cls(distribution, distribution.probs.reshape(1, -1))
        if isinstance(distribution, dist.Geometric):
            return cls(distribution, distribution.probs.reshape(1, -1).expand(STEPS_OF_A_COUNT, -1))
        if isinstance(distribution, dist.Categorical) and 2 <= distribution.probs.shape[-1] <= LONGEST:
            probs = distribution.probs.reshape(-1, distribution.probs.shape[-1]).T
            left = probs.flip(0).cumsum(0).flip(0)[:-1]
            return cls(distribution, torch.where(left > 0, probs[:-1] / left, 0.0).clamp(0.0, 1.0))
        return None

    @property
    def steps(self) -> int:
        """The largest number of steps."""
        return self.chances.shape[0]

    def codes(self, raw: Tensor) -> Tensor:
        """Return the codes of raw values."""
        if isinstance(self.distribution, dist.Bernoulli):
            return torch.where(raw > 0, 0, 1)
        return raw.to(torch.int64).clamp(max=self.steps)

    def raw(self, codes: Tensor, stream: Stream) -> Tensor:
        """Return raw values with these codes (N,); counts at the end of the chain are drawn from their prior."""
        if isinstance(self.distribution, dist.Bernoulli):
            return (codes == 0).to(self.distribution.probs.dtype)
        if isinstance(self.distribution, dist.Geometric):
            further = drawn(self.distribution, len(codes), stream)  # a geometric distribution forgets what was before
            return torch.where(codes == self.steps, self.steps + further, codes.to(further.dtype))
        return codes


def digits_of(distribution: Any) -> int:
    """Return how many binary digits a uniform choice among many numbers has; 0 for anything else, or for too many."""
    if not isinstance(distribution, kind()):
        return 0
    digits = int(distribution.count.max() - 1).bit_length()
    return digits if digits <= LONGEST else 0


__all__ = ["BinaryChain", "digits_of"]
