"""A particle filter that no guide leads: what it comes to shows what guides miss that learned from each other's draws.

Guides that were learned in the same way may miss the same worlds, and neither their weights nor their agreement shows
that. So prior samples are told utterance by utterance, and drawn again from those that fit (the bootstrap
filter; Gordon, Salmond and Smith 1993). Few of the first draws are left at the end: too few to answer from, but where
several of them stand in worlds that the guides rarely draw, these are missed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.estimates.reportable import Evidence
from plot.inference.evidence.factors import Factors
from plot.inference.methods.guided.guide import Guide
from plot.inference.methods.guided.training import ENOUGH, MOST_MISSED, GuidedRun
from plot.inference.numerics import kish
from plot.runtime import Given, Run, RunPlan, run
from plot.runtime.evaluator.program import values_of
from plot.runtime.sites.randomness import Stream
from plot.runtime.values.values import as_tensor

if TYPE_CHECKING:
    from torch import Tensor

WANTED = 200.0  # first draws that are to be left, effectively
MOST_RUNS = 16  # for the first utterance
MOST_FURTHER = 2  # for each of the others
MOST_WEIGHED = 2_000  # particles
FEWEST = 3  # first draws that are needed to tell that something is missed


@dataclass(frozen=True, slots=True, eq=False)
class Survivors:
    """Particles that are consistent with the evidence so far: their sites and log weights (M,).

    `origins` (M,) number the first draws that they go back to.
    """

    sites: Mapping[str, Given]
    log_weight: Tensor
    origins: Tensor

    @property
    def size(self) -> float:
        """The effective number of first draws that are left."""
        if not len(self.origins):
            return 0.0
        _, place = self.origins.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        return kish(torch.bincount(place, torch.softmax(self.log_weight, 0)).log())

    def drawn(self, count: int, stream: Stream) -> Survivors:
        """Draw particles systematically, in proportion to their weights."""
        ends = torch.softmax(self.log_weight, 0).cumsum(0)
        places = (torch.arange(count) + stream.uniforms((1,))) / count
        index = torch.searchsorted(ends, places).clamp(max=len(ends) - 1)
        return Survivors(_at(self.sites, index), torch.zeros(count, dtype=torch.float64), self.origins[index])


class CoverageCheck:
    """Whether guides lead to all that a particle filter comes to, which runs once, when it is first needed.

    `found` are particles of the filter where guides were last found to miss some, weighed as if these had led to them;
    of its first draws so many are `left`, effectively.
    """

    def __init__(self, factors: Factors, size: int) -> None:
        self.found: GuidedRun | None = None
        self._factors, self._size = factors, size
        self._survivors: Survivors | None = None
        self._filtered = False

    @property
    def left(self) -> float:
        """The effective number of first draws that are left."""
        return self._survivors.size if self._survivors is not None else 0.0

    def distrust(self, guides: Sequence[Guide], evidence: Evidence, particles: int) -> str | None:
        """Say what share of the posterior so many guided particles would rarely show; None where it is small.

        One of them there would have more than 1 / ENOUGH of the weight of all. A few first draws, which may have been
        misled by chance, tell nothing.
        """
        if not self._filtered:
            self._survivors, self._filtered = filtered(self._factors, self._size), True
        self.found = None
        if self._survivors is None:
            return None
        some = self._survivors.drawn(min(len(self._survivors.origins), MOST_WEIGHED), self._factors.stream)
        found = GuidedRun.of(self._factors, guides, len(some.origins), known=some.sites)
        far = found.levels[-1] > evidence.log_evidence + math.log(particles / ENOUGH)
        missed = float(far.double().mean())
        if missed <= MOST_MISSED or len(some.origins[far].unique()) < FEWEST:  # type: ignore[no-untyped-call]
            return None
        self.found = found
        return f"guides miss {missed:.0%} of what a particle filter finds"


def filtered(factors: Factors, size: int) -> Survivors | None:
    """Return what is left of prior samples that were told everything; None where nothing is."""
    survivors: Survivors | None = None
    for level in range(len(factors.parts)):
        survivors = _told(factors, survivors, level, size)
        if not len(survivors.origins):
            return None
    return survivors


def _told(factors: Factors, before: Survivors | None, level: int, size: int) -> Survivors:
    """Tell particles one utterance more."""
    found: list[Survivors] = []
    needed = frozenset[int]().union(*[factor.statements for factor in factors.parts[: level + 1]])
    for number in range(MOST_RUNS if before is None else MOST_FURTHER):
        start = before.drawn(size, factors.stream) if before is not None else None
        ran = run(
            factors.program,
            size,
            RunPlan(
                stream=factors.stream,
                budget=factors.goal.budget,
                given=start.sites if start is not None else None,
                labels=factors.labels,
                only=needed,
            ),
        )
        origins = start.origins if start is not None else torch.arange(size) + number * size
        found.append(_left(ran, _added(factors, ran, level).expand(size), origins))
        if sum([one.size for one in found]) >= WANTED or factors.goal.watch.over:
            break
    return _together(found)


def _added(factors: Factors, found: Run, level: int) -> Tensor:
    """Return what an utterance adds to the log weights, where the others hold."""
    own = [term.log_factor for term in found.factors if term.statement in factors.parts[level].own]
    total = sum(own, torch.zeros((), dtype=torch.float64))
    return torch.where((found.log_weight > -torch.inf) & ~total.isnan(), total, -torch.inf)


def _left(found: Run, log_weight: Tensor, origins: Tensor) -> Survivors:
    """Return the particles of a run that have a weight."""
    index = (log_weight > -torch.inf).nonzero().squeeze(1)
    size = len(log_weight)
    sites = {
        name: Given(given.raw.expand(size), given.mask if given.mask is True else as_tensor(given.mask).expand(size))
        for name, given in values_of(found).items()
    }
    return Survivors(_at(sites, index), log_weight[index], origins[index])


def _at(sites: Mapping[str, Given], index: Tensor) -> dict[str, Given]:
    return {
        name: Given(given.raw[index], True if given.mask is True else as_tensor(given.mask)[index])
        for name, given in sites.items()
    }


def _together(found: Sequence[Survivors]) -> Survivors:
    names = list(dict.fromkeys([name for one in found for name in one.sites]))
    sites = {name: _given(found, name) for name in names}
    return Survivors(sites, torch.cat([s.log_weight for s in found]), torch.cat([s.origins for s in found]))


def _given(found: Sequence[Survivors], name: str) -> Given:
    """Return the values of a site in all particles; where no run met it, it has none."""
    dtype = next(one.sites[name].raw.dtype for one in found if name in one.sites)
    raws, masks = [], []
    for one in found:
        size, given = len(one.log_weight), one.sites.get(name)
        raws.append(torch.zeros(size, dtype=dtype) if given is None else given.raw)
        masks.append(torch.zeros(size, dtype=torch.bool) if given is None else as_tensor(given.mask).expand(size))
    mask = torch.cat(masks)
    return Given(torch.cat(raws), True if bool(mask.all()) else mask)


__all__ = ["CoverageCheck", "Survivors", "filtered"]
