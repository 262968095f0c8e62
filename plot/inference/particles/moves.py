"""Metropolis-Hastings moves of a population.

A move re-evaluates only the utterances that read what it changes. Sites that come into being with the proposal are
drawn from their prior, and those that vanish are forgotten; in the ratio both cancel against the proposal (Wingate,
Stuhlmueller and Goodman 2011). So only sites that exist before and after count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.errors import PlotError
from plot.inference.estimates.tally import FaultRecord
from plot.inference.evidence.evaluation import EntangledError, Evaluation, Reached, is_continuous
from plot.inference.evidence.factors import Factors
from plot.inference.numerics import moments, root_of, shares
from plot.inference.particles.bridge import BridgeStep
from plot.inference.particles.conditional_normal import ConditionalNormal, halves
from plot.inference.particles.contraction import Contraction, contractions, real_steps
from plot.inference.particles.drift import Drift, largest_drift
from plot.inference.particles.population import Population, ReachedSites, existing, terms_of, united
from plot.inference.particles.proposals import is_real, real_line
from plot.runtime import Given
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.samplers import sampled
from plot.runtime.values.masks import Mask, and_, not_, or_
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

# Of moves, between the optimum in one dimension, 0.44, and in many, 0.23 (Roberts and Rosenthal 2001).
TARGET_ACCEPTANCE = 0.4
STEP = 2.4  # over the square root of the dimension: optimal for normal targets (Gelman et al. 1996)
DEGREES = 4.0  # of freedom
BEYOND = 0.6  # how far a step that may forget all goes beyond the middle instead
WALK_EVERY = 4  # a walk gets where the fitted distribution is wrong, too
CONTRACTED_SWEEPS = 4  # sweeps of them, after which a population that misses what is narrow has moved visibly
FEWEST_ACCEPTED = 0.1  # with fewer, a smaller share of a site is drawn again


@dataclass(slots=True)
class Tuning:
    """Adaptive step sizes and acceptance counts of moves, for each block of sites.

    `factors` are the lengths of walks, `shares` how much of a site is drawn again in a step towards the fitted
    distribution, `rates` how often contractions by each power were accepted; `progress` adds up how much of each
    particle was forgotten. Between a fit and the posterior they are accepted by the density of the `step`. It is `cut`
    where there was no time for all moves.
    """

    factors: dict[tuple[str, ...], float] = field(default_factory=dict)
    shares: dict[tuple[str, ...], float] = field(default_factory=dict)
    turns: dict[tuple[str, ...], int] = field(default_factory=dict)
    rates: dict[tuple[tuple[str, ...], float], float] = field(default_factory=dict)
    conditionals: ConditionalNormal | None = None
    step: BridgeStep | None = None
    progress: float = 0.0
    accepted: float = 0.0
    proposed: float = 0.0
    cut: bool = False
    faults: FaultRecord = field(default_factory=FaultRecord)

    def factor(self, block: tuple[str, ...]) -> float:
        """Return the length of a block's steps, in units of the sites' spread."""
        return self.factors.get(block, STEP / math.sqrt(len(block)))

    def walks(self, block: tuple[str, ...]) -> bool:
        """Return whether the next move is a random walk, rather than a step towards the fitted distribution."""
        return self.turns.get(block, 0) % WALK_EVERY == WALK_EVERY - 1

    def learn(self, block: tuple[str, ...], rate: float, movers: float, walked: bool, tunable: bool = True) -> None:
        """Adapt the step size to the acceptance rate, for moves that have one."""
        self.turns[block] = self.turns.get(block, 0) + 1
        if walked and not tunable:
            self.progress += rate * movers
        elif walked:
            self.factors[block] = self.factor(block) * 2.0 ** (2 * (rate - TARGET_ACCEPTANCE))
            self.progress += rate * movers
        else:
            share = self.shares.get(block, 1.0)
            self.progress += 2 * rate * movers * (1 - math.sqrt(1 - share * share))
            self.shares[block] = min(1.0, share * 2.0 ** (2 * (rate - FEWEST_ACCEPTED)))
        self.accepted += rate * movers
        self.proposed += movers

    def around(self, population: Population) -> ConditionalNormal:
        """Return where the population is and was at the beginning of the sweep."""
        if self.conditionals is None:
            self.conditionals = ConditionalNormal.of(population)
        self.conditionals.follow(population)
        return self.conditionals

    @property
    def acceptance(self) -> float:
        """The share of all proposed moves that were accepted."""
        return self.accepted / self.proposed if self.proposed else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """New raw values for some sites (None: to be drawn from the prior) and the log ratio of the proposal densities.

    Where sites make a `step` on their real lines, (b, N), `volume` is the log ratio of what these stretch it by.
    `calm` proposals are accepted with probability r / (1 + r) instead of min(1, r) (Barker 1965). Where a proposal is
    not `tunable`, it has no length that would be learned from how often it is accepted.
    """

    values: dict[str, Tensor | None]
    log_ratio: Tensor
    where: Mask
    calm: bool = False
    volume: Tensor | float = 0.0
    step: Tensor | None = None
    tunable: bool = True


def move(factors: Factors, population: Population, block: tuple[str, ...], tuning: Tuning) -> Population:
    """Propose new values for a block of sites in every particle, and return the population after it."""
    walked = not all(is_real(population.sites[name]) for name in block) or tuning.walks(block)
    propose_by = propose if walked else _drawn_near
    proposal = propose_by(population, block, tuning, factors.stream)
    found, rate = _tried(factors, population, proposal, block, tuning, near=not walked)
    if rate is not None:
        movers = float(as_tensor(proposal.where).double().mean())
        tuning.learn(block, rate / movers if movers > 0 else 0.0, movers, walked, proposal.tunable)
    return found


def contracted(factors: Factors, population: Population, contraction: Contraction, tuning: Tuning) -> Population:
    """Propose to shrink or widen a scale with what it spreads in every particle, and return the population after it."""
    for power in contraction.powers(tuning.rates, factors.stream):
        proposal = _contracting(population, contraction, power, factors.stream)
        population, rate = _tried(factors, population, proposal, contraction.block, tuning)
        if rate is not None:
            tuning.rates[contraction.block, power] = rate
    return population


def contracted_repeatedly(factors: Factors, population: Population) -> tuple[Population, float]:
    """Return weighted particles after contractions, and how far these carried them, in spreads of a site.

    How far is 0 where that may be chance.
    """
    found = list(contractions(population))
    population = population.resampled(torch.ones(population.islands, dtype=torch.bool), factors.stream)
    drift, tuning = Drift(), Tuning()
    drift.add(population)
    for _ in range(CONTRACTED_SWEEPS):
        for contraction in found:
            population = contracted(factors, population, contraction, tuning)
    drift.add(population)
    return population, largest_drift([drift])


def _tried(
    factors: Factors,
    population: Population,
    proposal: Proposal,
    block: tuple[str, ...],
    tuning: Tuning,
    near: bool = False,
) -> tuple[Population, float | None]:
    """Return the population after a proposal for a block of sites, and the share of particles that accepted it.

    The share is None where it could not be evaluated. A proposal is drawn `near` where the population is.
    """
    affected = {number for number, reach in population.by_factor.items() if not reach.masks.keys().isdisjoint(block)}
    known = population.known
    for name, raw in proposal.values.items():
        if raw is None:
            del known[name]
        else:
            known[name] = Given(raw, known[name].mask)
    try:
        found = _evaluated(factors, affected, known, population)
    except (PlotError, EntangledError):
        return population, None
    terms = terms_of(found.values())
    change = proposal.volume + _log_ratio(population, affected, found, terms, proposal)
    if tuning.step is not None and proposal.step is not None:
        change = tuning.step.log_ratio(change, tuning.around(population), block, proposal.step)
    log_ratio = proposal.log_ratio + change
    if proposal.calm:
        log_ratio = torch.nn.functional.logsigmoid(log_ratio)
    uniform = factors.stream.uniforms((population.size,))
    where = proposal.where
    if tuning.conditionals is not None and near:
        where = and_(where, _same_reach(population, found, tuning.conditionals.rows))
    accept = (uniform.log() < log_ratio) & as_tensor(where)
    if tuning.step is not None:
        tuning.step.decided(accept)
    return _accepted(population, found, terms, accept), float(accept.double().mean())


def _evaluated(
    factors: Factors, affected: set[int], known: dict[str, Given], population: Population
) -> dict[int, Evaluation]:
    """Evaluate the affected utterances; what one of them draws is known to the next."""
    found: dict[int, Evaluation] = {}
    for number in sorted(affected):
        result = factors.evaluate(factors.parts[number], population.size, known)
        for name, site in result.reached.items():
            before = known.get(name)
            if before is None or before.mask is not True:
                mask = site.mask if before is None else or_(before.mask, site.mask)
                known[name] = Given(site.raw, mask)
        found[number] = result
    return found


# -- proposals -------------------------------------------------------------------------------------------


def propose(population: Population, block: tuple[str, ...], tuning: Tuning, stream: Stream) -> Proposal:
    """Propose: real numbers walk at random, in the space that their support is mapped to; truth values flip; others
    of a finite support change to another value; counts walk and are drawn again from the prior in turns.
    """
    zero = torch.zeros(population.size, dtype=torch.float64)
    sites = {name: population.sites[name] for name in block}
    where: Mask = True
    for site in sites.values():
        where = and_(where, site.mask)
    if all(is_continuous(site.distribution) for site in sites.values()):
        return _walk(population, sites, tuning.factor(block), where, stream)
    if len(sites) == 1 and tuning.turns.get(block, 0) % 2 == 0 and all(is_count(site) for site in sites.values()):
        return _stepped(population, block[0], tuning.factor(block), where, stream)
    values: dict[str, Tensor | None] = {}
    log_ratio = zero
    for name, site in sites.items():
        values[name] = _another(site, stream)
        if values[name] is None and site.density is None:
            fresh = replace(site, raw=sampled(site.distribution, (population.size,), stream))
            values[name] = fresh.raw
            log_ratio = log_ratio + site.log_prob - fresh.log_prob
    # A flip that is accepted whenever it may be never settles: where both values are alike it flips in all particles at
    # once. Barker's rule draws a truth value from its conditional distribution.
    calm = all(isinstance(site.distribution, dist.Bernoulli) for site in sites.values())
    tunable = not any(is_count(site) for site in sites.values())
    return Proposal(values, log_ratio, where, calm, tunable=tunable)


def is_count(site: Reached) -> bool:
    """Return whether a site's values are whole numbers that walk: neither truth values nor the numbers of items."""
    return not is_continuous(site.distribution) and not isinstance(site.distribution, dist.Bernoulli | dist.Categorical)


def _stepped(population: Population, name: str, factor: float, where: Mask, stream: Stream) -> Proposal:
    """Step from whole numbers to others, at least 1 away, by the spread of the other half of the population.

    What is left of a population far out in the tail of a prior gets on by such steps; prior samples never do.
    """
    site = population.sites[name]
    raw = site.raw.expand(population.size)
    spreads = [
        _spread(half[None], weight) for half, weight in zip(halves(raw), halves(population.log_weight), strict=True)
    ]
    normals = halves(stream.normals(raw.shape))
    lengths = torch.cat([factor * root[0, 0] * step for root, step in zip(reversed(spreads), normals, strict=True)])
    moved = raw + lengths.sign() * (1 + lengths.abs().floor())
    inside = site.distribution.support.check(moved)
    even = torch.zeros(population.size, dtype=torch.float64)
    return Proposal({name: torch.where(inside, moved, raw)}, even, and_(where, inside))


def _another(site: Reached, stream: Stream) -> Tensor | None:
    """Return another value of a finite support, all others alike; None where the support is not finite."""
    distribution: Any = site.distribution
    if isinstance(distribution, dist.Bernoulli):
        return 1.0 - site.raw
    if not isinstance(distribution, dist.Categorical):
        return None
    # The distribution is that of the last proposal, which may have fewer slots than particles that stayed as they were.
    size = max(distribution.probs.shape[-1], int(site.raw.max()) + 1)
    if size < 2:
        return None
    other: Tensor = (site.raw + stream.integers(1, size, site.raw)) % size
    return other


def _walk(population: Population, sites: dict[str, Reached], factor: float, where: Mask, stream: Stream) -> Proposal:
    """Step in the unconstrained space by the spread of the other half of the population (its covariance)."""
    transforms = [real_line(site.distribution) for site in sites.values()]
    raws = [site.raw.expand(population.size) for site in sites.values()]
    points = torch.stack([t.inv(raw) for t, raw in zip(transforms, raws, strict=True)])
    spreads = [_spread(*half) for half in zip(halves(points), halves(population.log_weight), strict=True)]
    steps = [root @ step for root, step in zip(reversed(spreads), halves(stream.normals(points.shape)), strict=True)]
    return _at(sites, points, points + factor * torch.cat(steps, 1), where)


def _drawn_near(population: Population, block: tuple[str, ...], tuning: Tuning, stream: Stream) -> Proposal:
    """Draw a share of each site again from the t distribution that the population has given all other sites.

    An autoregressive step (Neal 1998; preconditioned Crank-Nicolson), given what the t distribution's normal is divided
    by, so that it is reversible for that distribution (Kamatani 2018). Where the posterior is near it, so that most
    steps are accepted though all of it is drawn again, they go on to the other side of the middle (over-relaxation,
    Adler 1981): sites that hang together then drift less. With a normal distribution's tails a particle far out would
    stay there for long.
    """
    around = tuning.around(population)
    share = tuning.shares.get(block, 1.0)
    kept = math.sqrt(1 - share * share) if share < 1 else -BEYOND
    points = around.points[[around.rows[name] for name in block]]
    half = (DEGREES + len(block)) / 2
    fresh = stream.normals(points.shape) * stream.gammas(half, (points.shape[1],)).rsqrt()
    moved, near = [], []
    for (centre, root), here, new in zip(around.given_others(block), halves(points), halves(fresh), strict=True):
        before = torch.linalg.solve_triangular(root, here - centre, upper=False)
        distance = DEGREES + (before * before).sum(0)
        after = kept * before + math.sqrt(1 - kept * kept) * new * (distance / 2).sqrt()
        moved.append(centre + root @ after)
        near.append(half * ((DEGREES + (after * after).sum(0)) / distance).log())
    proposal = _at({name: population.sites[name] for name in block}, points, torch.cat(moved, 1), True)
    return replace(proposal, log_ratio=torch.cat(near))


def _at(sites: dict[str, Reached], points: Tensor, moved: Tensor, where: Mask) -> Proposal:
    """Propose to move sites on their real lines from points to others, (b, N), alike in both directions."""
    values: dict[str, Tensor | None] = {}
    even = torch.zeros(points.shape[1], dtype=torch.float64)
    volume = even
    for row, (name, site) in enumerate(sites.items()):
        transform = real_line(site.distribution)
        raw = transform(moved[row])
        volume = volume + transform.log_abs_det_jacobian(moved[row], raw)
        volume = volume - transform.log_abs_det_jacobian(points[row], site.raw.expand(points.shape[1]))
        values[name] = raw
    volume = torch.nan_to_num(volume, nan=-torch.inf)
    return Proposal(values, even, where, volume=volume, step=moved - points)


def _contracting(population: Population, contraction: Contraction, power: float, stream: Stream) -> Proposal:
    """Shrink or widen a scale, by a power of the ratio, with what it spreads."""
    raws, stretched = contraction.moved(population, power, stream)
    step, volume = real_steps(population, raws)
    inside = torch.isfinite(step).all(0)
    for name, raw in raws.items():
        if is_real(population.sites[name]):
            inside = inside & population.sites[name].distribution.support.check(raw)
    values = {name: torch.where(inside, raw, population.sites[name].raw) for name, raw in raws.items()}
    step, volume = torch.where(inside, step, 0.0), torch.where(inside, volume, 0.0)
    return Proposal(dict(values), stretched - volume, inside, volume=volume, step=step)


def _spread(points: Tensor, log_weight: Tensor) -> Tensor:
    """Return a square root of the weighted covariance of points (d, N): (d, d); near enough where it is degenerate."""
    finite = torch.isfinite(points).all(0)
    points = torch.where(finite, points, torch.zeros_like(points))
    _, covariance = moments(points, shares(torch.where(finite, log_weight, -torch.inf)))
    scale = covariance.diagonal().clamp(min=1e-12)
    jitter = torch.diag(1e-6 * scale + 1e-12)
    return root_of(covariance + jitter, scale)


# -- acceptance ------------------------------------------------------------------------------------------


def _log_ratio(
    population: Population,
    affected: set[int],
    found: dict[int, Evaluation],
    terms: dict[str, Tensor],
    proposal: Proposal,
) -> Tensor:
    """Return the log of the ratio of the densities after and before, over what exists in both."""
    earlier, after = _sites(population.by_factor, affected, population), _new_sites(found)
    total = torch.zeros(population.size, dtype=torch.float64)
    for term in terms.values():
        total = total + term
    total = total - population.log_target(affected)
    for name, old in earlier.items():
        new = after.get(name)
        if new is None or (name in proposal.values and proposal.values[name] is None):
            continue
        before = population.sites[name]
        if new.density is None and before.density is None and name not in proposal.values:
            continue
        both = and_(old.mask, new.mask)
        change = new.log_prob - before.log_prob
        total = total + (change if both is True else torch.where(as_tensor(both), change, 0.0))
    return torch.nan_to_num(total, nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)


def _same_reach(population: Population, found: dict[int, Evaluation], names: Iterable[str]) -> Mask:
    """Tell where the utterances reach the same of these sites as before: then a step back would start from the same."""
    same: Mask = True
    for number, result in found.items():
        masks = population.by_factor[number].masks
        for name in names:
            before, after = masks.get(name, False), _mask_of(result.reached.get(name))
            if before is not after:
                same = and_(same, as_tensor(before) == as_tensor(after))
    return same


def _sites(by_factor: Any, affected: set[int], population: Population) -> dict[str, Reached]:
    """Return the sites that the affected utterances reach now, with where any of them does."""
    masks: dict[str, Mask] = {}
    for number in affected:
        for name, mask in by_factor[number].masks.items():
            masks[name] = or_(masks.get(name, False), mask)
    return {name: replace(population.sites[name], mask=mask) for name, mask in masks.items()}


def _new_sites(found: dict[int, Evaluation]) -> dict[str, Reached]:
    sites: dict[str, Reached] = {}
    for result in found.values():
        for name, site in result.reached.items():
            before = sites.get(name)
            if before is None:
                sites[name] = site
            elif before.mask is not True:
                sites[name] = united(before, site)
    return sites


def _accepted(
    population: Population, found: dict[int, Evaluation], new_terms: dict[str, Tensor], accept: Tensor
) -> Population:
    """Return the population with the proposals that were accepted."""
    by_factor = dict(population.by_factor)
    terms = dict(population.terms)
    zero = torch.zeros((), dtype=torch.float64)
    for number, result in found.items():
        old = population.by_factor[number]
        for name in [name for name in {**terms, **result.terms} if name in old.terms or name in result.terms]:
            terms[name] = torch.where(accept, new_terms.get(name, zero), population.terms.get(name, zero))
        masks = {
            name: _merged_mask(accept, _mask_of(result.reached.get(name)), old.masks.get(name, False))
            for name in {**old.masks, **result.reached}
        }
        by_factor[number] = ReachedSites(masks, old.terms | result.terms.keys())
    sites = dict(population.sites)
    for name, site in _new_sites(found).items():
        before = population.sites.get(name)
        sites[name] = replace(site, mask=and_(accept, site.mask)) if before is None else _merged(accept, site, before)
    return replace(population, sites=existing(sites, by_factor), terms=terms, by_factor=by_factor)


def _mask_of(site: Reached | None) -> Mask:
    return False if site is None else site.mask


def _merged_mask(accept: Tensor, new: Mask, old: Mask) -> Mask:
    return True if new is True and old is True else or_(and_(accept, new), and_(not_(accept), old))


def _merged(accept: Tensor, new: Reached, old: Reached) -> Reached:
    """Return a site that is `new` where accepted and `old` elsewhere."""
    if new.raw is old.raw and new.mask is True and old.mask is True and new.density is None:
        return old
    on = as_tensor(and_(accept, new.mask))
    density = None if new.density is None else torch.where(on, new.density, old.log_prob)
    raw = old.raw if new.raw is old.raw else torch.where(on, new.raw, old.raw)
    return Reached(raw, _merged_mask(accept, new.mask, old.mask), new.distribution, density)


# Which sites of a population are moved together.

MOST_TOGETHER = 12  # sites that are moved as one block (not measured)


def blocks(population: Population, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield sites to be moved together.

    Real numbers that the same utterances read are moved in pairs (of one individual, where possible), all that they
    read at once, and all that there are at once, up to a dozen; any other site is moved by itself.
    """
    together: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        site = population.sites.get(name)
        if site is None:
            continue
        readers = tuple(n for n, reach in population.by_factor.items() if name in reach.masks)
        if readers and is_real(site):
            together.setdefault(readers, []).append(name)
        elif readers:
            yield (name,)
    for group in together.values():
        group.sort(key=lambda name: (name.partition("(")[2], name))
        for i in range(0, len(group), 2):
            yield tuple(group[i : i + 2])
        if 2 < len(group) <= MOST_TOGETHER:
            yield tuple(group)
    everything = [name for group in together.values() for name in group]
    if len(together) > 1 and 2 < len(everything) <= MOST_TOGETHER:
        yield tuple(everything)


__all__ = ["Proposal", "Tuning", "blocks", "contracted", "contracted_repeatedly", "move", "propose"]
