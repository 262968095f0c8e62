"""A problem in pieces that can be evaluated apart: what each utterance reads, and what only it reads.

A finite site that one utterance alone reads (whether Tom was lazy in that match) is not sampled: it is summed out inside that
utterance, which turns a hard observation into a smooth weight. `evaluate` gives, for each particle, what an utterance
adds to the log weight and the log density of the sites that it reads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plot.errors import PlotError
from plot.heavy import torch
from plot.inference.contract import Goal, Problem
from plot.inference.elimination import draw_jointly, eliminate
from plot.language.nodes import Program
from plot.runtime import Dims, Given, Run, run
from plot.runtime.frames import label_places
from plot.runtime.machine import Fault, Site
from plot.runtime.masks import Mask, any_, or_
from plot.runtime.merge import merge
from plot.runtime.values import Value, as_tensor

if TYPE_CHECKING:
    from torch import Tensor

SCOUTS = 256
MOST_SUMMED = 256


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """A site in the particles that reach it: raw value, where, log density (N,), and the distribution of one piece."""

    raw: Tensor
    mask: Mask
    log_prob: Tensor
    distribution: object


@dataclass(frozen=True, slots=True)
class Piece:
    """Statements that are evaluated together: the setting and one utterance, or the question.

    `private` are the sites that it sums out, each with its dimension; `reads` all sites that the scouts met.
    """

    name: str
    statements: frozenset[int]
    number: int = -1
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

    @property
    def log_weight(self) -> Tensor:
        """The sum of the terms, (N,)."""
        total = torch.zeros((), dtype=torch.float64)
        for term in self.terms.values():
            total = total + term
        return total


class Pieces:
    """A problem, taken apart. `problem.setting` is part of every piece: what it does not need is not drawn."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        self.problem = problem
        self.goal = goal
        self.program = problem.program
        self.labels = label_places(self.program)
        setting = _ids(problem.setting)
        question = Piece("question", setting | _ids(problem.question))
        parts = [
            Piece(part.label, setting | _ids(part.program), i) for i, part in enumerate(problem.evidence)
        ]
        reads = [self._scout(piece) for piece in [*parts, question]]
        self.eager = frozenset(self._scout(Piece("setting", setting))) if setting else frozenset[str]()
        self.sizes: dict[str, int] = {name: size for found in reads for name, size in found.items() if size}
        self.parts = tuple(self._with_private(piece, i, reads) for i, piece in enumerate(parts))
        self.question = replace(question, reads=frozenset(reads[-1]))

    def _scout(self, piece: Piece) -> dict[str, int]:
        """Return the sites that a piece reads in some particles of the prior, with the size of a finite support, or 0."""
        try:
            found = self._run(piece, SCOUTS, {}, None, seed=self.goal.seed)
        except PlotError:
            return {}
        return {site.of: support_size(site) for site in found.choices.values() if not site.observed and any_(site.mask)}

    def _with_private(self, piece: Piece, number: int, reads: list[dict[str, int]]) -> Piece:
        others: set[str] = set(self.eager)
        for i, found in enumerate(reads):
            if i != number:
                others.update(found)
        private: dict[str, int] = {}
        joint = 1
        for name, size in sorted(reads[number].items(), key=lambda item: item[1]):
            if size and name not in others and joint * size <= MOST_SUMMED:
                private[name] = -2 - len(private)
                joint *= size
        return replace(piece, private=private, reads=frozenset(reads[number]))

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
        )

    # -- evaluation ------------------------------------------------------------------------------------

    def evaluate(self, piece: Piece, particles: int, known: Mapping[str, Given]) -> Evaluation:
        """Evaluate a piece where sites have the values that are `known`; the others are drawn from their prior.

        Raises PlotError where an error occurs in all particles.
        """
        unknown_private = {name: dim for name, dim in piece.private.items() if name not in known}
        dims = Dims(unknown_private) if unknown_private else None
        found = self._run(piece, particles, known, dims, seed=None)
        return self._read(piece, found, dims, particles)

    def _read(self, piece: Piece, found: Run, dims: Dims | None, particles: int) -> Evaluation:
        summed = dims.found if dims is not None else {}
        reached: dict[str, Reached] = {}
        joint: list[Tensor] = []
        for site in found.choices.values():
            if site.observed:
                continue
            log_prob = log_density(site)
            if site.of in summed:
                joint.append(_spread_where_off(log_prob, site, summed[site.of]))
            elif log_prob.dim() > 1:
                raise EntangledError
            else:
                _add(reached, site, log_prob)
        terms: dict[str, Tensor] = {}
        for address, log_factor in _factors(found, piece.number):
            if log_factor.dim() > 1:
                joint.append(log_factor)
            else:
                terms[address] = terms[address] + log_factor if address in terms else log_factor
        if joint:
            terms[f"sum in {piece.number}"] = eliminate(joint).expand(particles)
        if not found.complete:
            terms[f"errors in {piece.number}"] = torch.full((particles,), -torch.inf, dtype=torch.float64)
        return Evaluation(terms, reached, tuple(joint), found)

    def draw_private(self, piece: Piece, evaluation: Evaluation, particles: int) -> dict[str, Tensor]:
        """Draw the sites that a piece summed out, in each particle from their joint distribution given the rest."""
        dims = sorted(piece.private.values(), reverse=True)
        names = {dim: name for name, dim in piece.private.items()}
        present = [dim for dim in dims if any(f.dim() >= -dim and f.shape[dim] > 1 for f in evaluation.joint)]
        drawn = draw_jointly(evaluation.joint, present, particles)
        return {names[dim]: index.to(torch.float64) for dim, index in drawn.items()}


class EntangledError(Exception):
    """A site that is sampled depends on one that is summed out."""


def _ids(program: Program) -> frozenset[int]:
    return frozenset(id(statement) for statement in program.body)


def support_size(site: Site) -> int:
    """Return how many values a site can have, 0 where that is not a small finite number."""
    distribution = site.distribution
    if not distribution.has_enumerate_support:
        return 0
    try:
        return int(distribution.enumerate_support(expand=False).shape[0])
    except NotImplementedError:
        return 0


def log_density(site: Site) -> Tensor:
    """Return the log density of a site's value where it is reached, 0 elsewhere."""
    log_prob: Tensor = site.distribution.log_prob(site.raw)
    if site.mask is True:
        return log_prob
    return torch.where(as_tensor(site.mask), log_prob, torch.zeros((), dtype=log_prob.dtype))


def _spread_where_off(log_prob: Tensor, site: Site, dim: int) -> Tensor:
    """Return a summed site's log density, where it is not reached as a uniform one: its sum there must be one, not many."""
    if site.mask is True:
        return log_prob
    off = -math.log(site.raw.shape[dim])
    return torch.where(as_tensor(site.mask), log_prob, torch.full((), off, dtype=log_prob.dtype))


def _add(reached: dict[str, Reached], site: Site, log_prob: Tensor) -> None:
    """Add a site; the pieces of one address are drawn in different particles."""
    before = reached.get(site.of)
    if before is None:
        reached[site.of] = Reached(site.raw, site.mask, log_prob, site.distribution)
        return
    raw = merge(site.mask, site.raw, before.raw)
    assert isinstance(raw, torch.Tensor)
    reached[site.of] = Reached(raw, or_(before.mask, site.mask), before.log_prob + log_prob, before.distribution)


def _factors(found: Run, number: int) -> Iterable[tuple[str, Tensor]]:
    """Yield what conditions, observations and errors add, by address."""
    for factor in found.factors:
        yield factor.address, torch.as_tensor(factor.log_factor, dtype=torch.float64)
    for i, fault in enumerate(found.warnings):
        yield f"error {i} in {number}", _ruled_out(fault)


def _ruled_out(fault: Fault) -> Tensor:
    mask = as_tensor(fault.mask)
    return torch.zeros(mask.shape, dtype=torch.float64).masked_fill(mask, -torch.inf)


__all__ = ["EntangledError", "Evaluation", "Piece", "Pieces", "Reached", "Value", "log_density", "support_size"]
