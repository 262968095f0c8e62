"""Guided importance sampling: discrete choices are drawn with odds learned from the evidence.

For rare evidence about choices that come and go (who is whose parent in a random family tree). Utterance by utterance,
guided runs are weighted, and the next guide is learned from those that are consistent with the evidence so far. Two
guides are learned independently: one alone may miss a part of the posterior, and look well. Particles are independent,
so that an answer costs what its precision needs.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace

from plot._lazy import torch
from plot.errors import PlotError
from plot.inference.contract import Goal, Posterior, Problem, State
from plot.inference.estimates.reportable import Evidence
from plot.inference.estimates.tally import FaultRecord
from plot.inference.evidence.evaluation import Reached
from plot.inference.evidence.factors import Factors
from plot.inference.methods.draws import DrawnState, Draws, KeptDraws, answered
from plot.inference.methods.guided.binary_chain import BinaryChain, digits_of
from plot.inference.methods.guided.bootstrap_filter import CoverageCheck
from plot.inference.methods.guided.guide import Guide
from plot.inference.methods.guided.training import LEAST_SHARE, MOST_MISSED, GuidedRun, GuideTrainer
from plot.inference.methods.importance import seed_of
from plot.inference.particles.fitting import UnfitError
from plot.inference.particles.population import Population
from plot.runtime.evaluator.program import values_of
from plot.runtime.sites.machine import Site
from plot.runtime.sites.randomness import Stream

ISLANDS = 16  # groups of particles: their disagreement is the standard error, known to a sixth of itself (not measured)
PER_ISLAND = 1_024  # particles (not measured)
GUIDES = 2  # that are learned independently, from half of the particles each
FIRST_FILTER = 1 << 22  # nor are those of the filter that checks what guides miss
FIRST_PUPIL = 1 << 21  # the random numbers of learning are not those of any batch
SAMPLING_BATCHES = 2  # training batches per sampling batch, to amortise the overhead of a batch
WORST_K = 0.75  # Pareto k of the weights: beyond, their sum has no stable error (not measured)
LEARNING_RUNS = (48, 16, 16)  # to learn each guide from; the later ones where draws don't do yet
LEARNING_TIME = 0.6  # of the time that is left, at most
REASON = "importance sampling of discrete choices with odds learned from the evidence"


@dataclass(frozen=True, slots=True, eq=False)
class GuidedState(DrawnState):
    """The guides and the draws with them, to continue from."""

    guides: tuple[Guide, ...]


@dataclass(slots=True)
class GuidedSampling:
    """Importance sampling with a guide that is learned in stages."""

    name: str = "guided"
    islands: int = ISLANDS
    per_island: int = PER_ISLAND

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by weighting guided runs. Raises UnfitError where no guide reaches the evidence."""
        goal = goal.started()
        old = state if isinstance(state, GuidedState) and state.seed == goal.seed else None
        factors = Factors(problem, goal, Stream(goal.seed), old.factors if old is not None else None)
        seen = None
        if old is not None and old.lacks_supposition(factors):
            draws = self._drawing(old.factors.fork(factors.stream).resumed(goal), old.guides)
            seen = old.weighed(draws, factors, goal)
        if seen is None:
            draws = self._prepared(factors, goal, old)
        warnings = tuple(draws.faults.warnings())
        posterior = answered(draws, seen, problem, goal, self.name, REASON, warnings)
        if old is not None and old.lacks_supposition(factors):
            return posterior, old
        return posterior, GuidedState(factors, KeptDraws.of(draws), goal.seed, self.name, draws.guides)

    def _drawing(self, factors: Factors, guides: tuple[Guide, ...]) -> FromGuide:
        """Return the draws with these guides."""
        return FromGuide(
            factors,
            self.islands,
            SAMPLING_BATCHES * self.islands * self.per_island,
            guides=guides,
            faults=FaultRecord(),
        )

    def _prepared(self, factors: Factors, goal: Goal, old: GuidedState | None) -> FromGuide:
        """Return the guides: the previous ones if there is no new evidence, else newly trained ones."""
        size = self.islands * self.per_island
        if old is not None and old.tells_all(factors):
            draws = self._drawing(factors, old.guides)
            old.kept.resume(draws)
            return draws
        factors.stream = Stream(seed_of(goal.seed, len(factors.parts)))
        before = old.guides if old is not None else (Guide(),) * GUIDES
        streams = [Stream(seed_of(goal.seed, FIRST_PUPIL + n)) for n in range(GUIDES)]
        trainers = [
            GuideTrainer(factors.fork(one), size // GUIDES, guide) for one, guide in zip(streams, before, strict=True)
        ]
        check = CoverageCheck(factors.fork(Stream(seed_of(goal.seed, FIRST_FILTER))), size // GUIDES)
        why = "the time for training ran out"
        evidence: Evidence | None = None
        try:
            ends = goal.watch.within(LEARNING_TIME * goal.watch.left)
            for runs in LEARNING_RUNS:
                guides = [
                    trainer.learn(runs, ends.within(ends.left / (GUIDES - n))) for n, trainer in enumerate(trainers)
                ]
                known = tuple([guide for guide in guides if guide is not None])
                if len(known) < GUIDES:
                    continue
                draws = self._drawing(factors, known)
                next(draws.several(1))
                evidence = draws.latest.evidence
                why = draws.distrust(LEAST_SHARE, WORST_K) or check.distrust(known, evidence, draws.size) or ""
                if not why:
                    return draws
                for trainer in trainers:
                    trainer.take([draws.latest])
                    if check.found is not None:
                        trainer.take_survivors(check.found, check.left)
        except PlotError as error:
            raise error if isinstance(error, UnfitError) else UnfitError(error.message, factors) from None
        found = [one for one in (evidence, *[trainer.evidence for trainer in trainers]) if one is not None]
        raise UnfitError(why, factors, evidence=found[:1])


@dataclass(slots=True, eq=False, kw_only=True)
class FromGuide(Draws):
    """Draws of guided runs."""

    guides: tuple[Guide, ...]
    faults: FaultRecord
    latest: GuidedRun = field(init=False)

    def distrust(self, least_share: float, worst_k: float) -> str | None:
        """Return why the weights are unreliable, including that one guide misses what another one found."""
        why = super(FromGuide, self).distrust(least_share, worst_k)
        if why is None and (missed := self.latest.missed) > MOST_MISSED:
            return f"two independently trained guides disagree: one misses {missed:.0%} of the posterior"
        return why

    def weighted(self, count: int) -> Generator[Population, None, None]:
        """Draw batches one by one."""
        zero = torch.zeros((), dtype=torch.float64)
        for _ in range(count):
            found = self.latest = GuidedRun.of(self.factors, self.guides, self.size)
            self.faults.note(found.run.warnings)
            start = Population.start(self.islands, self.size // self.islands)
            sites = {
                name: Reached(value.raw.expand(self.size), value.mask, None)
                for name, value in values_of(found.run).items()
            }
            terms = {term.address: zero for term in found.run.factors}
            yield replace(start, sites=sites, terms=terms, log_weight=found.levels[-1])


def may_be_guided(site: Site) -> bool:
    """Return whether the odds of a site can be learned."""
    return BinaryChain.of(site.distribution) is not None or digits_of(site.distribution) > 0


__all__ = ["GuidedSampling", "GuidedState", "may_be_guided"]
