"""A problem in pieces that can be evaluated apart: what each utterance reads, and what only it reads.

A finite site that one utterance alone reads (whether Tom was lazy in that match) is not sampled: it is summed out
inside that utterance, which turns a hard observation into a smooth weight. `evaluate` gives, for each particle, what an
utterance adds to the log weight and the log density of the sites that it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plot.errors import PlotError
from plot.heavy import dist, torch
from plot.inference.contract import Goal, Problem
from plot.inference.elimination import draw_jointly, eliminate, in_log
from plot.inference.slices import Slicer, weighing_statements
from plot.inference.tape import Tape, record
from plot.language import Program, show
from plot.language.nodes import Query, Statement
from plot.runtime import Dims, Given, Run, run
from plot.runtime.frames import label_places
from plot.runtime.machine import Site
from plot.runtime.masks import Mask, any_, not_, or_
from plot.runtime.merge import merge
from plot.runtime.values import as_tensor, is_constant

if TYPE_CHECKING:
    from torch import Tensor

SCOUTS = 256
MOST_SUMMED = 64
MOST_SHARED = 12


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """A site in the particles that reach it: raw value, where, and its log density.

    `density` is the log density (N,), None where the parameters are constants: then `distribution` gives it.
    """

    raw: Tensor
    mask: Mask
    distribution: Any
    density: Tensor | None = None

    @property
    def log_prob(self) -> Tensor:
        """The log density of the value, (N,), 0 where the site is not reached."""
        if self.density is not None:
            return self.density
        return where_reached(self.distribution.log_prob(self.raw), self.mask)


@dataclass(frozen=True, slots=True)
class Piece:
    """Statements that are evaluated together: an utterance, or the question, and the definitions that it needs.

    `own` are those that add weight; `absorbs` are the earlier ones that it stands for too; `private` are the sites
    that it sums out, each with its dimension; `reads` are all sites that the scouts met.
    """

    name: str
    statements: frozenset[int]
    number: int = -1
    own: frozenset[int] = frozenset()
    absorbs: frozenset[int] = frozenset()
    private: Mapping[str, int] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a piece came to in each particle.

    `terms` are log weights (N,) by the address of what added them; `reached` the sites that were not summed out;
    `joint` are the factors of those that were, from which they can be drawn.
    """

    terms: Mapping[str, Tensor]
    reached: Mapping[str, Reached]
    joint: tuple[Tensor, ...]
    run: Run | None
    supports: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def log_weight(self) -> Tensor:
        """The sum of the terms, (N,)."""
        total = torch.zeros((), dtype=torch.float64)
        for term in self.terms.values():
            total = total + term
        return total


@dataclass(frozen=True, slots=True)
class Recorded:
    """The tape of an evaluation, with what is the same whenever it is played."""

    tape: Tape
    first: Evaluation

    def evaluation(self, found: Mapping[str, Tensor], raws: Mapping[str, Tensor]) -> Evaluation:
        """Return the evaluation that the results of the tape are."""
        reached = {
            name: Reached(raws[name], True, site.distribution, found.get(f"{DENSITY}{name}"))
            for name, site in self.first.reached.items()
        }
        return Evaluation({name: found[name] for name in self.first.terms}, reached, (), None)


DENSITY = "density of "
COST = "cost of distance"
Key = tuple[int, int, frozenset[str], frozenset[str]]


def outputs(evaluation: Evaluation) -> dict[str, Tensor]:
    """Return the tensors of an evaluation that depend on the values of the sites."""
    found = dict(evaluation.terms)
    for name, site in evaluation.reached.items():
        if site.density is not None:
            found[f"{DENSITY}{name}"] = site.density
    return found


class SharedError(Exception):
    """A site that one piece sums out is read by another one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class EntangledError(Exception):
    """A site that is sampled depends on one that is summed out."""


class Pieces:
    """A problem, taken apart into its groups of evidence, each with the statements that it needs, and its queries.

    What an earlier problem with the same beginning has found out of its groups is kept: `before`.
    """

    def __init__(self, problem: Problem, goal: Goal, before: Pieces | None = None) -> None:
        self.goal = goal
        self.problem = problem
        self.program = problem.program
        self.labels = label_places(self.program)
        groups, queries = groups_of(problem)
        slicer = Slicer(self.program)
        self.slices = [slicer.slice(group.statements) for group in groups]
        self.same = _same_beginning(self.slices, before.slices if before is not None else [])
        self.costs: dict[int, Tensor] = {}
        self._scales: dict[int, Tensor] = {}
        self._met: dict[int, frozenset[str]] = {}
        self._recorded: dict[Key, Recorded | None] = {}
        self._reads: list[dict[str, int]] = []
        self._eager: list[frozenset[str]] = []
        if before is not None:
            self._reads, self._eager = before._reads[: self.same], before._eager[: self.same]
            self._recorded = {key: kept for key, kept in before._recorded.items() if key[0] < self.same}
        self.parts: list[Piece] = []
        for number, group in enumerate(groups):
            self._add_part(group, self.slices[number], number)
        self._find_private(before)
        self.question = Piece("question", _ids(slicer.slice(queries)))

    def _add_part(self, group: Group, needed: tuple[Statement, ...], number: int) -> None:
        """Add a group; one that shares a long story with an earlier one is evaluated together with it."""
        piece = Piece(group.label, _ids(needed), number, _ids(group.statements))
        if number >= len(self._reads):
            self._reads.append(self._scout(piece))
            self._eager.append(frozenset(self._scout(replace(piece, statements=piece.statements - piece.own))))
        absorbed: set[int] = set()
        if len(self._eager[number]) > MOST_SHARED:
            for earlier in self.parts:
                if not self._eager[number].isdisjoint(self._eager[earlier.number]):
                    absorbed |= {earlier.number, *earlier.absorbs}
                    piece = replace(piece, statements=piece.statements | earlier.statements)
        self.parts.append(replace(piece, absorbs=frozenset(absorbed)))

    def _find_private(self, before: Pieces | None) -> None:
        """Find, for each piece, the finite sites that no other one reads; what was shared before stays so."""
        self.owner: dict[str, int] = {}
        for number, piece in enumerate(self.parts):
            others: set[str] = set(self._eager[number])
            for i, found in enumerate(self._reads):
                if i != number:
                    others.update(found)
            if before is not None and number < self.same:
                others.update(before._reads[number].keys() - before.parts[number].private.keys())
            private: dict[str, int] = {}
            joint = 1
            for name, size in sorted(self._reads[number].items(), key=lambda item: item[1]):
                if size and name not in others and joint * size <= MOST_SUMMED:
                    private[name] = -2 - len(self.owner) if piece.absorbs else -2 - len(private)
                    self.owner[name] = number
                    joint *= size
            reads = frozenset(self._reads[number])
            for earlier in piece.absorbs:
                reads |= self.parts[earlier].reads
                private |= {name: -2 - len(private) - i for i, name in enumerate(self.parts[earlier].private)}
            self.parts[number] = replace(piece, private=private, reads=reads)

    def fork(self) -> Pieces:
        """Return the same pieces for a population of its own, which may come to sample what others sum out."""
        other = copy(self)
        other.owner, other.parts, other.costs = dict(self.owner), list(self.parts), {}
        return other

    def release(self, name: str) -> None:
        """Let a site be sampled that was summed out."""
        del self.owner[name]
        self.parts = [
            replace(piece, private={other: dim for other, dim in piece.private.items() if other != name})
            for piece in self.parts
        ]

    def _scout(self, piece: Piece) -> dict[str, int]:
        """Return the sites that a piece reads in particles of the prior, with the size of a finite support, or 0."""
        try:
            found = self._run(piece, SCOUTS, {}, None, seed=self.goal.seed)
        except PlotError:
            return {}
        return {site.of: support_size(site) for site in found.choices.values() if not site.observed and any_(site.mask)}

    def _run(
        self, piece: Piece, particles: int, known: Mapping[str, Given], dims: Dims | None, seed: int | None
    ) -> Run:
        return run(
            self.program,
            particles,
            seed=seed,
            budget=self.goal.budget,
            given=known,
            dims=dims,
            labels=self.labels,
            only=piece.statements,
            relaxed={node: cost for number, cost in self.costs.items() for node in self.parts[number].own},
            scales=self._scales,
        )

    # -- evaluation ------------------------------------------------------------------------------------

    def evaluate(self, piece: Piece, particles: int, known: Mapping[str, Given]) -> Evaluation:
        """Evaluate a piece where sites have the values that are `known`; the others are drawn from their prior.

        Raises PlotError where an error occurs in all particles, SharedError where it reads what another one sums out.
        """
        private = {name: dim for name, dim in piece.private.items() if name not in known}
        needed = (piece.reads | self._met.get(piece.number, frozenset())) - private.keys()
        if piece.number >= 0 and all([name in known and known[name].mask is True for name in needed]):
            return self._played(piece, particles, known, needed, private)
        return self.interpreted(piece, particles, known)

    def interpreted(self, piece: Piece, particles: int, known: Mapping[str, Given]) -> Evaluation:
        """Evaluate a piece by running its program."""
        private = {name: dim for name, dim in piece.private.items() if name not in known}
        dims = Dims(private) if private else None
        found = self._read(piece, self._run(piece, particles, known, dims, seed=None), dims, particles)
        self._met[piece.number] = self._met.get(piece.number, frozenset()) | found.reached.keys()
        for name in found.reached:
            if name not in known and self.owner.get(name, piece.number) != piece.number:
                raise SharedError(name)
        return found

    def _played(
        self,
        piece: Piece,
        particles: int,
        known: Mapping[str, Given],
        needed: frozenset[str],
        private: Mapping[str, int],
    ) -> Evaluation:
        """Evaluate from the tape of an earlier evaluation that needed the same sites, where there is one that fits."""
        raws = {name: known[name].raw for name in needed}
        cost = self.costs.get(piece.number)
        if cost is not None:
            raws[COST] = cost
        key = (piece.number, particles, frozenset(private), frozenset(raws))
        recorded = self._recorded.get(key)
        if recorded is not None:
            found = recorded.tape.play(raws)
            if found is not None:
                return recorded.evaluation(found, raws)
        if key in self._recorded:
            return self.interpreted(piece, particles, known)
        kept: list[Evaluation] = []

        def evaluated(given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
            if COST in given:
                self.costs[piece.number] = given[COST]
            same = {name: Given(raw) for name, raw in given.items() if name != COST}
            kept.append(self.interpreted(piece, particles, {**known, **same}))
            return outputs(kept[0])

        _, tape = record(evaluated, raws)
        static = kept[0].reached.keys() == needed and all([site.mask is True for site in kept[0].reached.values()])
        self._recorded[key] = Recorded(tape, kept[0]) if tape is not None and static else None
        return kept[0]

    def _read(self, piece: Piece, found: Run, dims: Dims | None, particles: int) -> Evaluation:
        summed = dims.found if dims is not None else {}
        reached: dict[str, Reached] = {}
        joint: list[Tensor] = []
        supports: dict[str, Tensor] = {}
        for site in found.choices.values():
            if site.observed:
                continue
            if site.of in summed:
                joint.append(probabilities(site, summed[site.of]))
                supports[site.of] = site.raw.reshape(-1)
            else:
                _add(reached, site)
        terms: dict[str, Tensor] = {}
        for address, factor in factors_of(found, piece.number):
            if factor.dim() > 1:
                joint.append(factor)
                continue
            log_factor = in_log(factor)
            terms[address] = terms[address] + log_factor if address in terms else log_factor
        if joint:
            terms[f"sum in {piece.number}"] = eliminate(joint).expand(particles)
        if not found.complete:
            terms[f"errors in {piece.number}"] = torch.full((particles,), -torch.inf, dtype=torch.float64)
        return Evaluation(terms, reached, tuple(joint), found, supports)

    def drawn(self, piece: Piece, name: str, found: Evaluation, particles: int) -> Tensor:
        """Draw a site that a piece has summed out, in each particle from its distribution given all that is known."""
        dim = piece.private[name]
        return found.supports[name][draw_jointly(found.joint, [dim], particles)[dim]]


@dataclass(frozen=True, slots=True)
class Group:
    """Statements that add weight together: an utterance, or a condition of the model."""

    label: str
    statements: tuple[Statement, ...]


def groups_of(problem: Problem) -> tuple[list[Group], list[Statement]]:
    """Return a problem's groups of evidence in order, and its queries.

    What the setting conditions on is evidence too, and so is what a question supposes.
    """
    weighing = weighing_statements(problem.program)
    groups: list[Group] = []
    for node in problem.setting.body:
        if id(node) in weighing:
            groups.append(Group(show(Program(body=(node,))).strip(), (node,)))
    for part in problem.evidence:
        own = tuple(node for node in part.program.body if id(node) in weighing)
        if own:
            groups.append(Group(part.label, own))
    for node in problem.question.body:
        if id(node) in weighing:
            groups.append(Group(show(Program(body=(node,))).strip(), (node,)))
    queries: list[Statement] = [node for node in problem.program.body if isinstance(node, Query)]
    return groups, queries


def _same_beginning(now: list[tuple[Statement, ...]], before: list[tuple[Statement, ...]]) -> int:
    """Return how many slices, from the first, say the same."""
    same = 0
    for one, other in zip(now, before, strict=False):
        if one != other:
            break
        same += 1
    return same


def _ids(statements: Iterable[Statement]) -> frozenset[int]:
    return frozenset(id(statement) for statement in statements)


def support_size(site: Site) -> int:
    """Return how many values a site can have, 0 where that is not a small finite number."""
    distribution = site.distribution
    if not distribution.has_enumerate_support:
        return 0
    try:
        return int(distribution.enumerate_support(expand=False).shape[0])
    except NotImplementedError:
        return 0


def where_reached(log_prob: Tensor, mask: Mask) -> Tensor:
    """Return a log density where its site is reached, 0 elsewhere."""
    if mask is True:
        return log_prob
    return torch.where(as_tensor(mask), log_prob, torch.zeros((), dtype=log_prob.dtype))


def probabilities(site: Site, dim: int) -> Tensor:
    """Return the probability of each value of a summed site; where it is not reached, they sum to one all the same."""
    raw, distribution = site.raw, site.distribution
    if isinstance(distribution, dist.Bernoulli):
        weight = torch.where(raw > 0, distribution.probs, 1 - distribution.probs)
    else:
        weight = distribution.log_prob(raw).exp()
    if site.mask is not True:
        weight = torch.where(as_tensor(site.mask), weight, 1 / raw.shape[dim])
    return weight.float() if weight.shape[-1] > 1 else weight.log()


def _add(reached: dict[str, Reached], site: Site) -> None:
    """Add a site; the pieces of one address are drawn in different particles."""
    fixed = all([is_constant(argument) for argument in site.arguments])
    density = None if fixed else where_reached(site.distribution.log_prob(site.raw), site.mask)
    if site.raw.dim() > 1 or (density is not None and density.dim() > 1):
        raise EntangledError
    before = reached.get(site.of)
    if before is None:
        reached[site.of] = Reached(site.raw, site.mask, site.distribution, density)
        return
    raw = merge(site.mask, site.raw, before.raw)
    assert isinstance(raw, torch.Tensor)
    united = None if density is None else before.log_prob + density
    reached[site.of] = Reached(raw, or_(before.mask, site.mask), before.distribution, united)


def factors_of(found: Run, number: int) -> Iterable[tuple[str, Tensor]]:
    """Yield what conditions, observations and errors add, by address: a log weight, or a mask of what is possible."""
    for factor in found.factors:
        weight = factor.density if factor.density is not None else as_tensor(not_(factor.excluded))
        yield factor.address, weight
    for i, fault in enumerate(found.warnings):
        yield f"error {i} in {number}", as_tensor(not_(fault.mask))


__all__ = [
    "EntangledError",
    "Evaluation",
    "Piece",
    "Pieces",
    "Reached",
    "SharedError",
    "factors_of",
    "probabilities",
    "support_size",
    "where_reached",
]
