"""A problem as factors that can be evaluated separately: the sites that each reads, and those that only it reads.

A finite site that one utterance alone reads (whether Tom was lazy in that match) is not sampled: it is marginalised
inside that utterance, which turns a hard observation into a smooth weight. A probability that it alone reads, and only
flips, is collapsed until somebody asks for it (`plot/runtime/sites/collapsed.py`). `evaluate` gives, for each particle,
what an utterance adds to the log weight and the log density of the sites that it reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plot._lazy import dist, torch
from plot.errors import BudgetError, PlotError
from plot.inference.contract import Goal, Problem
from plot.inference.evidence.elimination import eliminate, in_log, taken_jointly
from plot.inference.evidence.evaluation import (
    COST,
    EntangledError,
    Evaluation,
    Reached,
    add_site,
    factors_of,
    probabilities,
    support_size,
)
from plot.inference.evidence.groups import EvidenceGroup, groups_of
from plot.inference.evidence.hazards import hazards
from plot.inference.evidence.normal_form import normal_form
from plot.inference.evidence.slices import Slicer
from plot.inference.evidence.tape_cache import TapeKey, Tapes
from plot.language.library.modules import module_of
from plot.language.syntax.nodes import Name, Observe, Statement, walk
from plot.runtime import Dims, Given, Run, RunPlan, run
from plot.runtime.evaluator.frames import label_places
from plot.runtime.sites.collapsed import ReadError, may_wait
from plot.runtime.sites.machine import SiteSource
from plot.runtime.sites.randomness import Stream
from plot.runtime.values.masks import any_
from plot.runtime.values.values import is_constant

if TYPE_CHECKING:
    from torch import Tensor

PILOT_PARTICLES = 256  # that show what a factor reads (not measured)
MOST_SUMMED = 64  # combinations of values that a factor is summed over in each particle (not measured)
LARGEST_SUMMED = 8  # values of a variable that is summed over (not measured)
MOST_SUMMED_BY_ENGINES = 4  # what a module computes (a plan, a collision) is large and slow
# Variables of a definition that other evidence reads too, beyond which both become one factor (not measured).
MOST_SHARED = 4
MOVING_SHARE = 0.9  # of the seconds that a goal allows

Placing = Callable[[Dims | None], SiteSource]


@dataclass(frozen=True, slots=True)
class Factor:
    """Statements that are evaluated together: an utterance, or the question, and the definitions that it needs.

    `own` are those that add weight (it is `soft` if they only observe); `absorbs` are the earlier ones that it stands
    for too; `private` are the sites that it marginalises, each with its dimension, and `collapsed` the probabilities
    that it does not draw; `reads` are all that the pilot particles met.
    """

    name: str
    statements: frozenset[int]
    number: int = -1
    own: frozenset[int] = frozenset()
    absorbs: frozenset[int] = frozenset()
    private: Mapping[str, int] = field(default_factory=dict)
    collapsed: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    soft: bool = False


class SharedError(Exception):
    """A marginalised site is needed outside its factor and must be sampled."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Factors:
    """The factors of a problem: its groups of evidence with the statements that each needs, and its queries.

    The first `told` groups are the evidence, the others what the question supposes. What an earlier problem with the
    same beginning has found out of its groups is kept: `before`. What particles draw
    comes from the `stream`, and from nothing else. After the end of the `watch` they are not moved any more, so that
    there is time left to answer.
    """

    def __init__(self, problem: Problem, goal: Goal, stream: Stream, before: Factors | None = None) -> None:
        self.goal = goal = goal.started()
        self.stream = stream
        self.watch = goal.watch.within(goal.watch.left - (1 - MOVING_SHARE) * goal.seconds)
        self.problem = problem
        self.program = problem.program
        self.labels = label_places(self.program)
        engines = frozenset(id(statement) for statement in self.program.body if _calls_module(statement))
        groups, queries = groups_of(problem)
        slicer = Slicer(self.program)
        self.told = len([group for group in groups if not group.supposed])
        self.slices = [slicer.slice(group.statements) for group in groups]
        self.forms = [normal_form(needed) for needed in self.slices]
        self.same = _same_beginning(self.forms, before.forms if before is not None else [])
        self.costs: dict[int, Tensor] = {}
        self.rows: int = before.rows if before is not None else 0  # of plates, in the utterance that has the most
        self._scales: dict[int, Tensor] = {}
        self._met: dict[int, frozenset[str]] = {}
        self._tapes = Tapes()
        self._reads: list[dict[str, int]] = []
        self._only_flipped: list[frozenset[str]] = []
        self._depending: list[frozenset[str]] = []
        self._eager: list[frozenset[str]] = []
        if before is not None:
            self._reads, self._eager = before._reads[: self.same], before._eager[: self.same]
            self._only_flipped = before._only_flipped[: self.same]
            self._depending = before._depending[: self.same]
            self._tapes = before._tapes.first(self.same)
        self.parts: list[Factor] = []
        for number, group in enumerate(groups):
            self._add_part(group, self.slices[number], number)
        self._find_private(before, engines)
        unneeded = hazards(self.program, [*self.slices, slicer.slice(queries)])
        self.question = Factor("question", _ids(slicer.slice([*queries, *unneeded])))

    def _add_part(self, group: EvidenceGroup, needed: tuple[Statement, ...], number: int) -> None:
        """Add a group; one that shares a long story with an earlier one is evaluated together with it."""
        soft = all(isinstance(statement, Observe) for statement in group.statements)
        factor = Factor(group.label, _ids(needed), number, _ids(group.statements), soft=soft)
        if number >= len(self._reads):
            pilot = self._pilot(factor)
            self._reads.append(_sizes(pilot))
            self._only_flipped.append(self._collapsible(factor, pilot))
            self._depending.append(_depending(pilot))
            self._eager.append(
                frozenset(_sizes(self._pilot(replace(factor, statements=factor.statements - factor.own))))
            )
        absorbed: set[int] = set()
        if len(self._eager[number]) > MOST_SHARED:
            for earlier in self.parts:
                if not self._eager[number].isdisjoint(self._eager[earlier.number]):
                    absorbed |= {earlier.number, *earlier.absorbs}
                    factor = replace(factor, statements=factor.statements | earlier.statements)
        self.parts.append(replace(factor, absorbs=frozenset(absorbed)))

    def _find_private(self, before: Factors | None, engines: frozenset[int]) -> None:
        """Find, for each factor, what it can do without as no other one reads it; what was shared before stays so.

        `engines` are the statements, by identity, that call a function of a module.
        """
        self.owner: dict[str, int] = {}
        for number, factor in enumerate(self.parts):
            others: set[str] = set(self._eager[number])
            for i, found in enumerate(self._reads):
                if i != number:
                    others.update(found)
            if before is not None and number < self.same:
                kept = before.parts[number]
                others.update(before._reads[number].keys() - kept.private.keys() - kept.collapsed)
            private: list[str] = []
            joint = 1
            most = MOST_SUMMED if engines.isdisjoint(_ids(self.slices[number])) else MOST_SUMMED_BY_ENGINES
            mine = {name: size for name, size in self._reads[number].items() if name not in others}
            finite = sorted([item for item in mine.items() if 0 < item[1] <= LARGEST_SUMMED], key=lambda item: item[1])
            if factor.soft and math.prod(size for _, size in finite) > most:
                finite = []  # what is smooth already is moved in faster than it is summed in part
            for name, size in finite:
                if joint * size <= most:
                    private.append(name)
                    joint *= size
            collapsed = self._only_flipped[number] - others
            self.owner |= dict.fromkeys([*private, *sorted(collapsed)], number)
            reads = frozenset(self._reads[number])
            for earlier in factor.absorbs:
                reads |= self.parts[earlier].reads
                collapsed |= self.parts[earlier].collapsed
                private += [name for name in self.parts[earlier].private if name not in private]
            dims = {name: -2 - i for i, name in enumerate(private)}
            self.parts[number] = replace(factor, private=dims, collapsed=collapsed, reads=reads)

    @property
    def breadth(self) -> int:
        """The number of utterances times the number of sampled sites, a measure of the cost of moves."""
        return len(self.parts) * len({name for found in self._reads for name in found} - self.owner.keys())

    @property
    def depending(self) -> frozenset[str]:
        """The real sites whose distributions depend on other sites."""
        return frozenset[str]().union(*self._depending)

    @property
    def late(self) -> bool:
        """Whether the time for moves is over."""
        return self.watch.over

    def fork(self, stream: Stream) -> Factors:
        """Return a copy for a separate population, which may sample sites that other copies marginalise."""
        other = copy(self)
        other.stream = stream
        other.owner, other.parts, other.costs = dict(self.owner), list(self.parts), {}
        return other

    def resumed(self, goal: Goal) -> Factors:
        """Return the same factors, evaluated within the budgets of another goal."""
        other = copy(self)
        other.goal, other.watch = goal, goal.watch
        return other

    def release(self, name: str) -> None:
        """Stop marginalising a site: sample it from now on."""
        del self.owner[name]
        self.parts = [_with(factor, name) for factor in self.parts]

    def _pilot(self, factor: Factor) -> Run | None:
        """Run a factor on a pilot batch of prior samples; None if an error occurs in all of them."""
        try:
            found = self._run(factor, PILOT_PARTICLES, {}, None, Stream(self.goal.seed))
        except BudgetError:
            raise
        except PlotError:
            return None
        self.rows = max(self.rows, found.rows)
        return found

    def _collapsible(self, factor: Factor, pilot: Run | None) -> frozenset[str]:
        """Return the probabilities that a factor uses only as parameters of flips."""
        found = _flipped(pilot)
        while found:
            try:
                self._run(replace(factor, collapsed=found), PILOT_PARTICLES, {}, None, Stream(self.goal.seed))
                break
            except ReadError as error:
                found -= {error.address}
            except BudgetError:
                raise
            except PlotError:
                return frozenset()
        return found

    def _run(
        self,
        factor: Factor,
        particles: int,
        known: Mapping[str, Given],
        dims: Dims | None,
        stream: Stream,
        source: SiteSource | None = None,
    ) -> Run:
        return run(
            self.program,
            particles,
            RunPlan(
                stream=stream,
                source=source,
                budget=self.goal.budget,
                given=known,
                dims=dims,
                collapsed=factor.collapsed - known.keys(),
                labels=self.labels,
                only=factor.statements,
                relaxed={node: cost for number, cost in self.costs.items() for node in self.parts[number].own},
                scales=self._scales,
            ),
        )

    # -- evaluation ------------------------------------------------------------------------------------

    def evaluate(self, factor: Factor, particles: int, known: Mapping[str, Given]) -> Evaluation:
        """Evaluate a factor where sites have the values that are `known`; the others are drawn from their prior.

        Raises PlotError where an error occurs in all particles, SharedError where it reads what another one
        marginalises.
        """
        key = self._key(factor, particles, known)
        return self.interpreted(factor, particles, known) if key is None else self._played(factor, key, known)

    def evaluated(self, particles: int, known: Mapping[str, Given]) -> dict[int, Evaluation]:
        """Evaluate all utterances at the same values, if possible at once; by their numbers.

        Those that another one stands for are left out. Raises what `evaluate` does.
        """
        found = self.at_once(particles, known)
        return found or {factor.number: self.evaluate(factor, particles, known) for factor in self.standing}

    def at_once(self, particles: int, known: Mapping[str, Given]) -> dict[int, Evaluation] | None:
        """Return what `evaluated` does where a single tape tells it, else None; nothing is drawn or changed."""
        parts = self.standing
        keys = [key for factor in parts if (key := self._key(factor, particles, known)) is not None]
        if len(keys) < len(parts) or self.costs:
            return None
        needed = sorted({name for key in keys for name in key.needed})
        found = self._tapes.together(keys, {name: known[name].raw for name in needed})
        return None if found is None else {factor.number: one for factor, one in zip(parts, found, strict=True)}

    @property
    def standing(self) -> list[Factor]:
        """The factors that no other one stands for."""
        others = frozenset[int]().union(*[factor.absorbs for factor in self.parts])
        return [factor for factor in self.parts if factor.number not in others]

    def interpreted(
        self, factor: Factor, particles: int, known: Mapping[str, Given], placed: Placing | None = None
    ) -> Evaluation:
        """Evaluate a factor by running its program; where sites are `placed`, that gives them their values."""
        private = {name: dim for name, dim in factor.private.items() if name not in known}
        dims = Dims(private) if private else None
        try:
            source = None if placed is None else placed(dims)
            run_of = self._run(factor, particles, known, dims, self.stream, source)
            found = self._read(factor, run_of, dims, particles)
        except ReadError as error:
            raise SharedError(error.address) from None
        self._met[factor.number] = self._met.get(factor.number, frozenset()) | found.reached.keys()
        for name in found.reached:
            if name not in known and self.owner.get(name, factor.number) != factor.number:
                raise SharedError(name)
        return found

    def _key(self, factor: Factor, particles: int, known: Mapping[str, Given]) -> TapeKey | None:
        """Return what the tape of a factor is kept by; None where not all sites that it needs have their values."""
        private = frozenset([name for name in factor.private if name not in known])
        needed = (
            (factor.reads | self._met.get(factor.number, frozenset())) - private - (factor.collapsed - known.keys())
        )
        told = factor.number >= 0 and all([name in known and known[name].mask is True for name in needed])
        return TapeKey(factor.number, particles, private, needed, factor.number in self.costs) if told else None

    def _played(self, factor: Factor, key: TapeKey, known: Mapping[str, Given]) -> Evaluation:
        """Evaluate from the tape of an earlier evaluation that needed the same sites, where there is one that fits."""
        raws = {name: known[name].raw for name in key.needed}
        if key.relaxed:
            raws[COST] = self.costs[factor.number]
        found = self._tapes.played(key, raws)
        if found is not None:
            return found
        if key in self._tapes.kept:
            return self.interpreted(factor, key.particles, known)

        def evaluated(given: Mapping[str, Tensor]) -> Evaluation:
            if COST in given:
                self.costs[factor.number] = given[COST]
            same = {name: Given(raw) for name, raw in given.items() if name != COST}
            return self.interpreted(factor, key.particles, {**known, **same})

        return self._tapes.record(key, raws, evaluated)

    def _read(self, factor: Factor, found: Run, dims: Dims | None, particles: int) -> Evaluation:
        summed = dims.found if dims is not None else {}
        reached: dict[str, Reached] = {}
        joint: list[Tensor] = []
        supports: dict[str, Tensor] = {}
        for site in found.choices.values():
            if site.observed or site.of in found.collapsed_betas:
                continue
            if site.of in summed:
                joint.append(probabilities(site, summed[site.of], site.of not in supports))
                supports[site.of] = site.raw.reshape(-1)
                continue
            try:
                add_site(reached, site)
            except EntangledError as error:
                needed = [name for name, dim in summed.items() if dim in error.dims]
                if not needed:
                    raise
                raise SharedError(needed[0]) from None
        terms: dict[str, Tensor] = {}
        for address, added in factors_of(found, factor.number):
            if added.dim() > 1:
                joint.append(added)
                continue
            log_factor = in_log(added)
            terms[address] = terms[address] + log_factor if address in terms else log_factor
        if joint:
            terms[f"sum in {factor.number}"] = eliminate(joint).expand(particles)
        if not found.complete:
            terms[f"errors in {factor.number}"] = torch.full((particles,), -torch.inf, dtype=torch.float64)
        return Evaluation(terms, reached, tuple(joint), found, supports)

    def drawn(self, factor: Factor, names: Sequence[str], found: Evaluation, particles: int) -> list[Tensor]:
        """Draw sites that a factor did without, in each particle from their joint distribution given all that is known.

        Where no particle reaches one, it may be anything. One whose value was collapsed is drawn alone.
        """
        assert found.run is not None
        collapsed_beta = found.run.collapsed_betas.get(names[0])
        if collapsed_beta is not None:
            parameters = taken_jointly(found.joint, collapsed_beta.parameters, particles, self.stream)
            return [collapsed_beta.drawn(self.stream, *parameters)]
        reached = [name for name in names if name in found.supports]
        tables = [found.supports[name].reshape((-1,) + (1,) * (-factor.private[name] - 1)) for name in reached]
        values = dict(zip(reached, taken_jointly(found.joint, tables, particles, self.stream), strict=True))
        return [values.get(name, torch.zeros((), dtype=torch.float64)) for name in names]


def _with(factor: Factor, name: str) -> Factor:
    """Return a factor that does not do without a site any more."""
    private = {other: dim for other, dim in factor.private.items() if other != name}
    return replace(factor, private=private, collapsed=factor.collapsed - {name})


def _sizes(pilot: Run | None) -> dict[str, int]:
    """Return the sites that pilot particles met, with the size of a finite support, or 0."""
    choices = pilot.choices.values() if pilot is not None else ()
    return {site.of: support_size(site) for site in choices if not site.observed and any_(site.mask)}


def _depending(pilot: Run | None) -> frozenset[str]:
    """Return the sites of real numbers that pilot particles met whose distribution has parameters that vary."""
    sites = [site for site in pilot.choices.values() if not site.observed] if pilot is not None else []
    real = [site for site in sites if not site.distribution.support.is_discrete]
    return frozenset(site.of for site in real if not all([is_constant(argument) for argument in site.arguments]))


def _flipped(pilot: Run | None) -> frozenset[str]:
    """Return the sites that pilot particles flipped as they were drawn."""
    sites = [site for site in pilot.choices.values() if not site.observed] if pilot is not None else []
    flipped = {id(site.arguments[0]) for site in sites if isinstance(site.distribution, dist.Bernoulli)}
    return frozenset(site.of for site in sites if id(site.value) in flipped and may_wait(site.distribution))


def _same_beginning(now: list[tuple[Statement, ...]], before: list[tuple[Statement, ...]]) -> int:
    """Return how many slices, in their normal form, say the same from the first one on."""
    same = 0
    for one, other in zip(now, before, strict=False):
        if one != other:
            break
        same += 1
    return same


def _calls_module(statement: Statement) -> bool:
    """Return whether a statement may call a function of a module."""
    return any(isinstance(node, Name) and module_of(node.id) is not None for node in walk(statement))


def _ids(statements: Iterable[Statement]) -> frozenset[int]:
    return frozenset(id(statement) for statement in statements)


__all__ = ["Factor", "Factors", "Placing", "SharedError"]
