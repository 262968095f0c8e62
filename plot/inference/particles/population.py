"""A population of weighted particles in islands: their sites, weights and resampling."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.evidence.evaluation import Evaluation, Reached
from plot.inference.particles.proposals import is_real
from plot.runtime import Given
from plot.runtime.sites.randomness import Stream
from plot.runtime.values.masks import Mask, and_, not_, or_
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

MOST_STEPS = 20  # of a fixed point, which each takes one more row for certain (not measured)


@dataclass(frozen=True, slots=True, eq=False)
class ReachedSites:
    """The sites that an utterance reads, each with the particles in which it does, and the terms that it adds."""

    masks: Mapping[str, Mask]
    terms: frozenset[str]

    @classmethod
    def of(cls, found: Evaluation) -> ReachedSites:
        """Return the sites that an evaluation reached."""
        return cls({name: site.mask for name, site in found.reached.items()}, frozenset(found.terms))


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """`islands` x (N / islands) particles; every tensor is (N,), an island's particles side by side.

    `sites` are the sites that exist, each with where it does; `terms` the log weights by the address of what added
    them. `by_factor` remembers what an utterance has reached (by its number), `log_weight` is what was
    added since the last resampling, `log_evidence` (islands,) what was before it. `ancestors` are the first ancestors.
    """

    islands: int
    size: int
    sites: Mapping[str, Reached] = field(default_factory=dict)
    terms: Mapping[str, Tensor] = field(default_factory=dict)
    by_factor: Mapping[int, ReachedSites] = field(default_factory=dict)
    log_weight: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.float64))
    log_evidence: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.float64))
    ancestors: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.float64))

    @classmethod
    def start(cls, islands: int, per_island: int) -> Population:
        """Return prior particles without any evidence."""
        size = islands * per_island
        weight = torch.zeros(size, dtype=torch.float64)
        evidence = torch.zeros(islands, dtype=torch.float64)
        return cls(islands, size, log_weight=weight, log_evidence=evidence, ancestors=torch.arange(size))

    @classmethod
    def after(cls, islands: int, size: int, found: Mapping[int, Evaluation]) -> Population:
        """Return particles after utterances, by number, that were evaluated at the same values of all their sites."""
        sites, terms = gathered(found.values())
        start = cls.start(islands, size // islands)
        weight = start.log_weight
        for term in terms.values():
            weight = weight + term
        by_factor = {number: ReachedSites.of(result) for number, result in found.items()}
        return replace(start, sites=sites, terms=terms, by_factor=by_factor, log_weight=weight)

    @property
    def per_island(self) -> int:
        """The particles of an island."""
        return self.size // self.islands

    @property
    def known(self) -> dict[str, Given]:
        """The values of the sites, for a run to continue from."""
        return {name: Given(site.raw, site.mask) for name, site in self.sites.items()}

    # -- utterances ------------------------------------------------------------------------------------

    def condition_on(self, number: int, found: Evaluation, absorbed: frozenset[int] = frozenset()) -> Population:
        """Return the population conditioned on an utterance.

        The change of the sum of all terms is added to the weights.
        """
        grown = self.replaced(number, found, absorbed)
        change = torch.zeros(self.size, dtype=torch.float64)
        for name in {**self.terms, **grown.terms}:
            before, after = self.terms.get(name), grown.terms.get(name)
            if after is not None and after is not before:
                change = change + (after if before is None else torch.where(before == after, 0.0, after - before))
            elif after is None and before is not None:
                change = change - torch.where(before == -torch.inf, 0.0, before)
        return replace(grown, log_weight=self.log_weight + change)

    def replaced(self, number: int, found: Evaluation, absorbed: frozenset[int] = frozenset()) -> Population:
        """Return the population with another evaluation of an utterance; the weights stay."""
        by_factor = {n: reach for n, reach in self.by_factor.items() if n != number and n not in absorbed}
        names = {name for reach in by_factor.values() for name in reach.terms}
        terms = {name: term for name, term in self.terms.items() if name in names}
        sites = dict(self.sites)
        for name, site in found.reached.items():
            sites[name] = united(sites[name], site) if name in sites else site
        by_factor[number] = ReachedSites.of(found)
        terms = united_terms(terms, found.terms)
        return replace(self, sites=existing(sites, by_factor), terms=terms, by_factor=by_factor)

    def reweighted(self, number: int, found: Evaluation) -> Population:
        """Return the population with an utterance evaluated again, at another strictness.

        Its terms change the weights.
        """
        before = self.log_target({number})
        change = found.log_weight - torch.where(before == -torch.inf, 0.0, before)
        own = self.by_factor[number].terms
        loose = replace(self, terms={name: term for name, term in self.terms.items() if name not in own})
        return replace(loose.replaced(number, found), log_weight=self.log_weight + change)

    def log_target(self, numbers: set[int]) -> Tensor:
        """Return the sum of the terms that these utterances have reached, (N,)."""
        names = {name for number in numbers for name in self.by_factor[number].terms}
        total = torch.zeros(self.size, dtype=torch.float64)
        for name, term in self.terms.items():  # in an order that is the same in every process
            if name in names:
                total = total + term
        return total

    # -- weights ---------------------------------------------------------------------------------------

    @property
    def by_island(self) -> Tensor:
        """The log weights, (islands, N / islands)."""
        return self.log_weight.reshape(self.islands, -1)

    @property
    def island_evidence(self) -> Tensor:
        """The log of each island's estimate of the evidence, (islands,)."""
        rows = self.by_island
        return self.log_evidence + torch.logsumexp(rows, 1) - math.log(rows.shape[1])

    @property
    def ess(self) -> Tensor:
        """Kish's effective sample size of each island, (islands,); 0 where no particle is left."""
        rows = self.by_island
        top = rows.amax(1, keepdim=True)
        weights = (rows - torch.where(top == -torch.inf, torch.zeros_like(top), top)).exp()
        squares = (weights * weights).sum(1)
        return torch.where(squares > 0, weights.sum(1) ** 2 / torch.where(squares > 0, squares, 1.0), 0.0)

    @property
    def unique_ancestors(self) -> float:
        """The share of the first particles that still have descendants."""
        return len(torch.unique(self.ancestors)) / self.size

    @property
    def distinct(self) -> float:
        """The least share of particles, over the real sites that all have, with a value of their own.

        Particles that were resampled and have not moved since share theirs.
        """
        real = [site.raw for site in self.sites.values() if is_real(site) and site.raw.shape == (self.size,)]
        return min([len(torch.unique(raw)) / self.size for raw in real], default=1.0)

    def resampled(self, which: Tensor, stream: Stream) -> Population:
        """Return the population with the islands of `which` (islands,) resampled systematically."""
        return self._redrawn(which, self.per_island, stream)

    def thinned(self, per_island: int, stream: Stream) -> Population:
        """Return a smaller population: every island resampled to so many particles."""
        return self._redrawn(torch.ones(self.islands, dtype=torch.bool), per_island, stream)

    def pruned(self, per_island: int, stream: Stream) -> Population:
        """Return a smaller population with the same expectations: heavy particles stay, and a few of the light ones.

        Each is kept with a probability in proportion to its weight, at most 1, and its weight divided by it (Fearnhead
        and Clifford 2003).
        """
        rows = self.by_island
        log_share = _log_shares(rows, per_island)
        index = _systematic(log_share, per_island, stream) + torch.arange(self.islands)[:, None] * rows.shape[1]
        weight = rows - log_share + math.log(per_island / rows.shape[1])
        found = self.at(index.reshape(-1))
        log_weight = torch.where(weight.isnan(), -torch.inf, weight).reshape(-1)[index.reshape(-1)]
        return replace(found, size=index.numel(), log_weight=log_weight)

    def alive(self) -> Population:
        """Return the population without particles that have no weight, as far as islands stay of one size."""
        rows = self.by_island
        count = max(1, int((rows > -torch.inf).sum(1).max()))
        if count == rows.shape[1]:
            return self
        index = rows.argsort(dim=1, descending=True, stable=True)[:, :count].sort(1).values
        index = (index + torch.arange(self.islands)[:, None] * rows.shape[1]).reshape(-1)
        log_weight = self.log_weight[index] + math.log(count / rows.shape[1])
        return replace(self.at(index), size=index.numel(), log_weight=log_weight)

    def padded(self, per_island: int) -> Population:
        """Return the population with so many particles in an island, those that are new without weight."""
        more = per_island - self.per_island
        if more == 0:
            return self
        index = torch.arange(self.size).reshape(self.islands, -1)
        rows = self.by_island + math.log(per_island / self.per_island)
        log_weight = torch.cat([rows, torch.full((self.islands, more), -torch.inf, dtype=rows.dtype)], 1)
        found = self.at(torch.cat([index, index[:, :1].expand(-1, more)], 1).reshape(-1))
        return replace(found, size=per_island * self.islands, log_weight=log_weight.reshape(-1))

    def _redrawn(self, which: Tensor, count: int, stream: Stream) -> Population:
        """Resample the islands of `which` that have weight to `count` particles; others keep their first ones."""
        rows = self.by_island
        per_island = rows.shape[1]
        alive = which & (rows.amax(1) > -torch.inf)
        own = torch.arange(count).expand(self.islands, -1)
        index = torch.where(alive[:, None], _systematic(rows, count, stream), own)
        index = index + torch.arange(self.islands)[:, None] * per_island
        evidence = torch.where(alive, self.island_evidence, self.log_evidence)
        kept = torch.where(alive[:, None], 0.0, rows[:, :count]).reshape(-1)
        found = self.at(index.reshape(-1))
        return replace(found, size=count * self.islands, log_weight=kept, log_evidence=evidence)

    def at(self, index: Tensor) -> Population:
        """Return the population whose particle i is this one's particle `index[i]`; the weights stay."""
        return replace(
            self,
            sites={name: _taken(site, index) for name, site in self.sites.items()},
            terms={name: tensor_at(term, index) for name, term in self.terms.items()},
            by_factor={number: _moved(reach, index) for number, reach in self.by_factor.items()},
            ancestors=self.ancestors[index],
        )


def joined(populations: Sequence[Population]) -> Population:
    """Return populations after the same utterances as one of all their islands; those of one island become one."""
    if len(populations) == 1:
        return populations[0]
    islands = 1 if all([one.islands == 1 for one in populations]) else sum([one.islands for one in populations])
    if islands > 1:
        most = max([one.per_island for one in populations])
        populations = [one.padded(most) for one in populations]
    sizes = [one.size for one in populations]
    terms = {name: None for one in populations for name in one.terms}
    by_factor = {
        number: ReachedSites(
            {
                name: _joined_masks([one.by_factor[number].masks.get(name, False) for one in populations], sizes)
                for name in {name: None for one in populations for name in one.by_factor[number].masks}
            },
            frozenset[str]().union(*[one.by_factor[number].terms for one in populations]),
        )
        for number in populations[0].by_factor
    }
    zero = torch.zeros((), dtype=torch.float64)
    return Population(
        islands,
        sum(sizes),
        sites=_joined_sites(populations, sizes),
        terms={name: _joined_numbers([one.terms.get(name, zero) for one in populations], sizes) for name in terms},
        by_factor=by_factor,
        log_weight=torch.cat([one.log_weight for one in populations]),
        log_evidence=torch.zeros(1, dtype=torch.float64)
        if islands == 1
        else torch.cat([one.log_evidence for one in populations]),
        ancestors=torch.cat([one.ancestors for one in populations]),
    )


def may_join(one: Population, other: Population) -> bool:
    """Return whether two populations are of one form: then `joined` makes one of them."""
    if one.by_factor.keys() != other.by_factor.keys():
        return False
    flat = all([site.raw.dim() <= 1 for population in (one, other) for site in population.sites.values()])
    plain = not bool(one.log_evidence.any()) and not bool(other.log_evidence.any())
    return flat and one.islands == other.islands and (plain or one.islands > 1)


def _joined_sites(populations: Sequence[Population], sizes: Sequence[int]) -> dict[str, Reached]:
    found: dict[str, Reached] = {}
    for name in {name: None for one in populations for name in one.sites}:
        known = [one.sites.get(name) for one in populations]
        first = next(site for site in known if site is not None)
        nowhere = Reached(first.raw.new_zeros(()), False, first.distribution, None)
        sites = [site or nowhere for site in known]
        densities = [site.density for site in known if site is not None and site.density is not None]
        found[name] = Reached(
            _joined_numbers([site.raw for site in sites], sizes),
            _joined_masks([site.mask for site in sites], sizes),
            first.distribution,
            _joined_numbers(densities, sizes) if len(densities) == len(sizes) else None,
        )
    return found


def _joined_numbers(numbers: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    return torch.cat([one.expand(size) for one, size in zip(numbers, sizes, strict=True)])


def _joined_masks(masks: Sequence[Mask], sizes: Sequence[int]) -> Mask:
    if all([mask is masks[0] for mask in masks]) and isinstance(masks[0], bool):
        return masks[0]
    return _joined_numbers([as_tensor(mask) for mask in masks], sizes)


def gathered(found: Iterable[Evaluation]) -> tuple[dict[str, Reached], dict[str, Tensor]]:
    """Return the sites and the terms of utterances that were evaluated at the same values."""
    results = tuple(found)
    sites: dict[str, Reached] = {}
    for result in results:
        for name, site in result.reached.items():
            sites[name] = united(sites[name], site) if name in sites else site
    return sites, terms_of(results)


def terms_of(found: Iterable[Evaluation]) -> dict[str, Tensor]:
    """Return the terms of utterances that were evaluated at the same values, by address."""
    terms: dict[str, Tensor] = {}
    for result in found:
        terms = united_terms(terms, result.terms)
    return terms


def united_terms(before: Mapping[str, Tensor], now: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Unite the terms of two evaluations by address: where both reach one they agree, where only one does it adds 0.

    What a function remembers may be observed in some particles by one utterance, and in more of them by another.
    """
    found = dict(before)
    for name, term in now.items():
        known = found.get(name)
        found[name] = term if known is None else known if known is term else torch.where(known == 0, term, known)
    return found


def existing(sites: Mapping[str, Reached], by_factor: Mapping[int, ReachedSites]) -> dict[str, Reached]:
    """Return the sites that some utterance reaches, each with where one does."""
    found: dict[str, Reached] = {}
    for name, site in sites.items():
        mask: Mask = False
        for reach in by_factor.values():
            mask = or_(mask, reach.masks.get(name, False))
            if mask is True:
                break
        if mask is not False:
            found[name] = site if site.mask is mask else replace(site, mask=mask)
    return found


def _log_shares(log_weight: Tensor, count: int) -> Tensor:
    """Return the logs of numbers in proportion to min(1, w / c) for the weights w of each row, that sum to `count`."""
    top = log_weight.amax(1, keepdim=True)
    weights = torch.where(top == -torch.inf, 1.0, (log_weight - top).exp())
    sure = torch.zeros_like(weights, dtype=torch.bool)
    price = torch.zeros_like(top)
    for _ in range(MOST_STEPS):
        before = sure
        price = torch.where(sure, 0.0, weights).sum(1, keepdim=True) / (count - sure.sum(1, keepdim=True))
        sure = (weights > 0) & (weights >= price)
        if bool((before == sure).all()):
            break
    shares = torch.where(sure, 1.0, torch.nan_to_num(weights / price, nan=0.0))
    return (shares * (count / shares.sum(1, keepdim=True))).log()


def _systematic(log_weight: Tensor, count: int, stream: Stream) -> Tensor:
    """Return indices (islands, count) drawn systematically in proportion to the weights of each row."""
    top = log_weight.amax(1, keepdim=True)
    weights = (log_weight - torch.where(top == -torch.inf, torch.zeros_like(top), top)).exp()
    sums = weights.cumsum(1)
    points = (torch.arange(count) + stream.uniforms((len(log_weight), 1))) / count
    return torch.searchsorted(sums, points * sums[:, -1:]).clamp(max=log_weight.shape[1] - 1)


def tensor_at(tensor: Tensor, index: Tensor) -> Tensor:
    """Return numbers in the particles of `index`; one that is the same in all stays as it is."""
    return tensor if tensor.dim() == 0 or tensor.shape[-1] == 1 else tensor[..., index]


def mask_at(mask: Mask, index: Tensor) -> Mask:
    """Return a mask in the particles of `index`."""
    return mask if isinstance(mask, bool) else tensor_at(mask, index)


def _taken(site: Reached, index: Tensor) -> Reached:
    density = None if site.density is None else tensor_at(site.density, index)
    return Reached(tensor_at(site.raw, index), mask_at(site.mask, index), site.distribution, density)


def _moved(reach: ReachedSites, index: Tensor) -> ReachedSites:
    return ReachedSites({name: mask_at(mask, index) for name, mask in reach.masks.items()}, reach.terms)


def united(before: Reached, now: Reached) -> Reached:
    """Unite what two utterances reach of one site; where both do, they agree."""
    if before.mask is True:
        return before
    fresh = and_(now.mask, not_(before.mask))
    raw = torch.where(as_tensor(fresh), now.raw, before.raw)
    density = None
    if now.density is not None and before.density is not None:
        density = torch.where(as_tensor(fresh), now.density, before.density)
    return Reached(raw, or_(before.mask, now.mask), before.distribution, density)


__all__ = [
    "Population",
    "ReachedSites",
    "existing",
    "gathered",
    "joined",
    "mask_at",
    "may_join",
    "tensor_at",
    "united",
    "united_terms",
]
