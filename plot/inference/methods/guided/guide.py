"""Guided sampling of discrete choices: the log odds of each are shifted by a function of the earlier choices.

A guide is learned (`learning.py`); what it gets wrong, the weights put right. Some particles follow it only in part, so
that none that matters is rarely drawn. Several guides that were learned independently each lead their share. All
particles together come from a mixture, by which they are weighed (Hesterberg 1995): what one guide misses and another
one finds counts rightly, and shows how little the first would do alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plot._lazy import torch
from plot.inference.methods.guided.binary_chain import BinaryChain, digits_of
from plot.runtime.sites.fast_distributions import bernoulli
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.replay import Given
from plot.runtime.sites.samplers import drawn, sampled
from plot.runtime.values.masks import Mask
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

POWERS = (1.0, 0.7, 1.0)  # how far particles follow the guide
STRAYING = (0.0, 0.0, 0.1)  # with which probability they don't follow it at a choice, but the prior
SHARES = (0.5, 0.2, 0.3)  # and how many of them do
LARGEST_TILT = 10.0  # log odds: e^10 is certain enough, and weights stay bounded (not measured)


@dataclass(frozen=True, slots=True, eq=False)
class Tilt:
    """The change of a step's log odds: an offset, and weights for its terms.

    These are the features in some rows, and then products: each of `products` (K, 2) are pairs of terms before them.
    """

    offset: float
    rows: Tensor
    weights: Tensor
    products: tuple[Tensor, ...] = ()

    def of(self, features: Tensor, on: Tensor | slice) -> Tensor:
        """Return the change in some particles from the features (rows, N) of all."""
        terms = features[self.rows][:, on]
        for pairs in self.products:
            terms = torch.cat([terms, terms[pairs[:, 0]] * terms[pairs[:, 1]]])
        tilt = self.weights @ terms + self.offset
        return tilt.clamp(-LARGEST_TILT, LARGEST_TILT).double()


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """The tilts of each site's steps. `rows` gives the first feature of each site; a feature is whether a step was
    taken.

    A site has as many features as `steps`; the sites are in the order in which they are drawn.
    """

    steps: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    tilts: Mapping[tuple[str, int], Tilt] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """The number of features."""
        return sum(self.steps.values())


@dataclass(frozen=True, slots=True, eq=False)
class ReachedChoice:
    """A choice that a run reached: its chain, the codes (N,) that were drawn, and the particles that reached it."""

    address: str
    chain: BinaryChain
    codes: Tensor
    mask: Mask


class Guided:
    """The source of a guided run's site values. `met` are the discrete choices, in order.

    Sites that are `known` have the values that they have there; the ratios are those of drawing these.
    """

    def __init__(
        self, guides: Sequence[Guide], particles: int, stream: Stream, known: Mapping[str, Given] | None = None
    ) -> None:
        self.guides = guides
        self.known = known or {}
        self.particles = particles
        self.stream = stream
        self.met: list[ReachedChoice] = []
        self._features = [torch.zeros(guide.width, particles, dtype=torch.float32) for guide in guides]
        self._ratios = torch.zeros(len(guides), len(POWERS), particles, dtype=torch.float64)
        ends = torch.tensor(SHARES, dtype=torch.float64).cumsum(0)
        self._leads = torch.arange(particles) % len(guides)
        self._kinds = torch.searchsorted(ends, ((torch.arange(particles) // len(guides)).double() * 0.1 + 0.05) % 1)
        self._kinds = self._kinds.clamp(max=len(POWERS) - 1)  # of ten that a guide leads, a share of each

    def raw(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Draw the raw value of a site."""
        given = self.known[address].raw if address in self.known else None
        if digits_of(distribution):
            return self._in_digits(address, distribution, mask, given)
        chain = BinaryChain.of(distribution)
        if chain is not None:
            return self._walked(address, chain, mask, given)
        return drawn(distribution, self.particles, self.stream) if given is None else given

    def _in_digits(self, address: str, distribution: Any, mask: Mask, given: Tensor | None) -> Tensor:
        """Draw a number that is uniform over many by its binary digits, the highest first: each is a choice."""
        raw = torch.zeros(self.particles, dtype=torch.int64)
        for place in reversed(range(digits_of(distribution))):
            left = distribution.count - raw  # of the numbers that begin like this
            ones = (left - 2**place).clamp(0, 2**place)
            chain = BinaryChain.of(bernoulli(ones / left.clamp(max=2 ** (place + 1))))
            assert chain is not None
            digit = given // 2**place % 2 if given is not None else None
            raw = raw + (self._walked(f"{address} digit {place}", chain, mask, digit) > 0) * 2**place
        return raw

    def _walked(self, address: str, chain: BinaryChain, mask: Mask, given: Tensor | None) -> Tensor:
        """Draw the raw value of a choice by its chain."""
        told = chain.codes(given) if given is not None else None
        steps = [k for k in range(chain.steps) if any([(address, k) in guide.tilts for guide in self.guides])]
        if steps:
            codes = self._codes(address, chain, steps, mask, told)
            raw = chain.raw(codes, self.stream) if given is None else given
        else:
            raw = drawn(chain.distribution, self.particles, self.stream) if given is None else given
            codes = chain.codes(raw)
        self.met.append(ReachedChoice(address, chain, codes, mask))
        for guide, features in zip(self.guides, self._features, strict=True):
            if address in guide.rows:
                row, known = guide.rows[address], min(chain.steps, guide.steps[address])
                said = codes == torch.arange(known)[:, None]
                features[row : row + known] += (said if mask is True else said & as_tensor(mask)).float()
        return raw

    def row_dimension(self) -> int | None:
        """Return the dimension to the left of the particles'."""
        return -2

    def stand_in(self, distribution: Any) -> Tensor:
        """Draw what stands for a value that can't be."""
        return sampled(distribution, distribution.batch_shape, self.stream)

    def _codes(self, address: str, chain: BinaryChain, steps: Sequence[int], mask: Mask, told: Tensor | None) -> Tensor:
        """Walk along the chain with tilted odds where a mask is on; keep the ratios of probabilities to the prior's."""
        on = slice(None) if mask is True else as_tensor(mask).expand(self.particles).nonzero().squeeze(1)
        changes = {k: self._changes((address, k), on) for k in steps}
        chances = chain.chances if chain.chances.shape[1] == 1 else chain.chances[:, on]
        codes = torch.full((self.particles,), chain.steps)
        known = None if told is None else told[on]
        codes[on], ratios = _walked(chances, changes, self._leads[on], self._kinds[on], self.stream, known)
        self._ratios[:, :, on] += ratios
        return codes

    def _changes(self, step: tuple[str, int], on: Tensor | slice) -> Tensor:
        """Return the change of a step's log odds by each guide, (guides, M)."""
        none = torch.zeros(self._kinds[on].shape, dtype=torch.float64)
        return torch.stack(
            [
                guide.tilts[step].of(features, on) if step in guide.tilts else none
                for guide, features in zip(self.guides, self._features, strict=True)
            ]
        )

    @property
    def log_ratio(self) -> Tensor:
        """The log of the prior probability of what was drawn over the probability with which it was drawn, (N,)."""
        return -torch.logsumexp(-self.log_ratios, 0) + math.log(len(self.guides))

    @property
    def log_ratios(self) -> Tensor:
        """The same with the probability with which each guide alone would have drawn it, (guides, N)."""
        shares = torch.tensor(SHARES, dtype=torch.float64).log()[:, None]
        return -torch.logsumexp(self._ratios + shares, 1)


def _walked(
    chances: Tensor,
    changes: Mapping[int, Tensor],
    leads: Tensor,
    kinds: Tensor,
    stream: Stream,
    known: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the codes (M,) to which particles walk, and the ratios (guides, kinds, M) for all guides and kinds.

    Where the codes are `known`, they walk to these.

    Each walks by the odds of the guide that leads it and of its kind. A ratio is the log of the probability that these
    give to the codes, over the prior's.
    """
    softer = torch.nn.functional.logsigmoid
    powers, straying = torch.tensor(POWERS, dtype=torch.float64), torch.tensor(STRAYING, dtype=torch.float64)
    followed = torch.where(stream.uniforms(kinds.shape) < straying[kinds], 0.0, powers[kinds])
    codes = torch.full(kinds.shape, len(chances))
    ratios = torch.zeros((), dtype=torch.float64)
    for k, chance in enumerate(chances):
        going = codes == len(chances)
        uniform = stream.uniforms(kinds.shape)
        if k not in changes:
            codes = torch.where(going & (uniform < chance if known is None else known == k), k, codes)
            continue
        odds = torch.logit(chance)
        own = changes[k].gather(0, leads[None])[0]
        yes = uniform < torch.sigmoid(odds + followed * own) if known is None else known == k
        side = 2.0 * yes.double() - 1.0
        changed = softer(side * (odds + powers[:, None] * changes[k][:, None])) - softer(side * odds)
        ratios = ratios + torch.where(going, torch.nan_to_num(changed, nan=0.0, posinf=0.0, neginf=0.0), 0.0)
        codes = torch.where(going & yes, k, codes)
    return codes, torch.logaddexp(ratios + torch.log1p(-straying)[:, None], straying.log()[:, None])


__all__ = ["Guide", "Guided", "ReachedChoice", "Tilt"]
