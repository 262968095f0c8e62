"""Guided importance sampling: programs of discrete choices run with odds that were learnt from what was said.

For rare evidence about choices that come and go (who is whose parent in a random family tree). Utterance by utterance,
guided runs are weighted, and the next guide is learnt from those that fit what was said so far. Particles are
independent, so that an answer costs what its precision needs.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from plot.errors import PlotError
from plot.heavy import torch
from plot.inference.chains import Chain, digits_of
from plot.inference.contract import Goal, Posterior, Problem, State
from plot.inference.drawing import DrawnState, Draws, Kept, answered
from plot.inference.evaluation import Reached
from plot.inference.fitting import UnfitError
from plot.inference.guide import Guide
from plot.inference.importance import seed_of
from plot.inference.pieces import Pieces
from plot.inference.population import Population
from plot.inference.pupil import LEAST_SHARE, Pupil, Weighed
from plot.inference.tally import Faults
from plot.runtime.machine import Site
from plot.runtime.program import values_of
from plot.runtime.randomness import Stream

ISLANDS = 16
PER_ISLAND = 1_024
WIDER = 2  # times as many particles are drawn at once as learnt from: what is done once for each batch counts less
WORST_K = 0.75
LEARNING_TIMES = (0.35, 0.5, 0.6)  # of the time that is left; the later ones where draws don't do yet
REASON = "particles run with odds that were learnt from what was said, and are weighted"


@dataclass(frozen=True, slots=True, eq=False)
class GuidedState(DrawnState):
    """The guide, and what was drawn with it, to go on from."""

    guide: Guide


@dataclass(slots=True)
class GuidedSampling:
    """Importance sampling with a guide that is learnt in stages."""

    name: str = "guided"
    islands: int = ISLANDS
    per_island: int = PER_ISLAND

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by weighting guided runs. Raises UnfitError where no guide leads to what was said."""
        goal = goal.started()
        old = state if isinstance(state, GuidedState) and state.seed == goal.seed else None
        pieces = Pieces(problem, goal, Stream(goal.seed), old.pieces if old is not None else None)
        draws = self._prepared(pieces, goal, old)
        warnings = tuple(draws.faults.warnings())
        posterior = answered(draws, problem, goal, self.name, REASON, warnings)
        return posterior, GuidedState(pieces, Kept.of(draws), goal.seed, self.name, draws.guide)

    def _prepared(self, pieces: Pieces, goal: Goal, old: GuidedState | None) -> FromGuide:
        """Return what to draw from: as it was, where nothing was told since, else learnt anew."""
        size = self.islands * self.per_island
        if old is not None and old.tells_all(pieces):
            draws = FromGuide(pieces, self.islands, WIDER * size, guide=old.guide, faults=Faults())
            old.kept.resume(draws)
            return draws
        pieces.stream = Stream(seed_of(goal.seed, len(pieces.parts)))
        pupil, why = Pupil(pieces, size, old.guide if old is not None else Guide()), "the time for learning is over"
        try:
            left = goal.watch.left
            for share in LEARNING_TIMES:
                guide = pupil.learn(goal.watch.within(share * left - (left - goal.watch.left)))
                if guide is None:
                    continue
                draws = FromGuide(pieces, self.islands, WIDER * size, guide=guide, faults=Faults())
                next(draws.several(1))
                why = draws.distrust(LEAST_SHARE, WORST_K) or ""
                if not why:
                    return draws
        except PlotError as error:
            raise error if isinstance(error, UnfitError) else UnfitError(error.message, pieces) from None
        raise UnfitError(why, pieces)


@dataclass(slots=True, eq=False, kw_only=True)
class FromGuide(Draws):
    """Draws of guided runs."""

    guide: Guide
    faults: Faults

    def weighted(self, count: int) -> Generator[Population, None, None]:
        """Draw batches one by one."""
        zero = torch.zeros((), dtype=torch.float64)
        for _ in range(count):
            found = Weighed.of(self.pieces, self.guide, self.size)
            self.faults.note(found.run.warnings)
            start = Population.start(self.islands, self.size // self.islands)
            sites = {
                name: Reached(value.raw.expand(self.size), value.mask, None)
                for name, value in values_of(found.run).items()
            }
            terms = {factor.address: zero for factor in found.run.factors}
            yield replace(start, sites=sites, terms=terms, log_weight=found.levels[-1])


def may_be_guided(site: Site) -> bool:
    """Tell whether the odds of a site can be learnt."""
    return Chain.of(site.distribution) is not None or digits_of(site.distribution) > 0


__all__ = ["GuidedSampling", "GuidedState", "may_be_guided"]
