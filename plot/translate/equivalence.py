"""Equivalence of readings, compared on shared prior samples and on overdispersed ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, torch
from plot.errors import PlotError
from plot.inference.device import one_thread
from plot.inference.estimates.columns import Column, View, column
from plot.language import Budget, show
from plot.language.syntax.nodes import (
    Assign,
    Binary,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Do,
    Expr,
    FunctionDef,
    Name,
    NameTarget,
    Node,
    ProgramNode,
    Query,
    Statement,
    Unary,
    walk,
)
from plot.language.syntax.rewriting import rewritten
from plot.runtime import Run, RunPlan, run
from plot.runtime.evaluator.program import values_of
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.replay import Given, SiteDraws
from plot.runtime.sites.samplers import drawn
from plot.runtime.values.masks import Mask, or_
from plot.translate.base import Reading
from plot.translate.english.build import call, negated

if TYPE_CHECKING:
    from torch import Tensor

MOST_PROBES = 64
MOST_TARGETS = 16  # variables that are made otherwise, to tell definitions apart
SAME = 0.02  # the share of the worlds that could tell readings apart in which those of one meaning may differ
INFORMATIVE = 10
Z = 1.96  # of the bounds on that share
STRETCH = 2.0


@dataclass(frozen=True, slots=True)
class CompiledReading:
    """A reading with its program and its canonical text."""

    reading: Reading
    program: ProgramNode
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class SampledMeaning:
    """The sampled meaning of a reading.

    In each particle, the log factor of its conditions, its queries, its definitions.
    """

    log_factor: Tensor
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """In how many particles two readings differ, of how many in which they could: `relevant`.

    For truths these are where either holds (or, of what nearly always holds, where either does not): to agree that a
    rare thing is not so says little.
    """

    differing: int
    relevant: int

    @property
    def share(self) -> float:
        """The estimated share."""
        return self.differing / self.relevant if self.relevant else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """Wilson's confidence bounds on the share."""
        n, p = self.relevant, self.share
        if n == 0:
            return 0.0, 1.0
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        spread = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - spread), min(1.0, middle + spread)

    @property
    def same(self) -> bool | None:
        """Whether they mean the same; None where too few particles tell."""
        if self.differing == 0 and self.relevant >= INFORMATIVE:
            return True
        low, high = self.bounds
        return True if high <= SAME else False if low > SAME else None


UNLIKE = Difference(1, 1)


class SharedParticles:
    """Particles on which readings are compared: a site that two readings share has one value in both."""

    def __init__(self, context: ProgramNode, particles: int, names: Sequence[str], seed: int, budget: Budget) -> None:
        self._context = context
        self._names = names
        self._particles = particles
        self._seed = seed
        self._budget = budget
        self._runs = 0
        self._drawn: dict[str, Given] = {}
        self._pushed: dict[str, Given] = {}

    def meaning(self, candidate: CompiledReading) -> SampledMeaning | None:
        """Run a reading; None where what it defines can't be compared. Raises PlotError where it fails everywhere."""
        return self._meaning(candidate, self._run(candidate.program.body), pushed=False)

    def pushed_meaning(self, candidate: CompiledReading) -> SampledMeaning | None:
        """Run a reading in worlds in which each site is pushed about; None where it fails in all of them."""
        try:
            return self._meaning(candidate, self._run(candidate.program.body, pushed=True), pushed=True)
        except PlotError:
            return None

    def changed_meanings(
        self, candidate: CompiledReading, targets: Sequence[Call | Name]
    ) -> list[SampledMeaning | None]:
        """Run what a reading defines in worlds in which each target is made otherwise; None where that fails."""
        probes = _probes(candidate.program, self._names) or []
        told = tuple(node for node in candidate.program.body if not isinstance(node, Query))
        found: list[SampledMeaning | None] = []
        for target in targets:
            for value in self._otherwise(target):
                body = (*told, Do(target=target, value=value), *probes)
                try:
                    queries = self._run(body, asked=len(told)).queries[-len(probes) :]
                    columns = tuple(column(one, View(None, self._particles)) for one in queries)
                    found.append(SampledMeaning(torch.zeros(self._particles, dtype=torch.float64), columns))
                except PlotError:
                    found.append(None)
        return found

    def _otherwise(self, target: Expr) -> list[Expr]:
        """Return values that a variable may be given: the opposite, one more, or each of two names that it may be."""
        try:
            (value,) = self._run((Query(value=target),)).queries[-1:]
            found = column(value, View(None, self._particles))
        except PlotError:
            return []
        if found.kind == "boolean":
            return [negated(target)]
        if found.kind == "number":
            return [Binary(op="+", left=target, right=Constant(value=1))]
        return [Constant(value=label) for label in found.labels[:2] if isinstance(label, str)]

    def _meaning(self, candidate: CompiledReading, plain: Run, *, pushed: bool) -> SampledMeaning | None:
        probes = _probes(candidate.program, self._names)
        asked = [statement for statement in candidate.program.body if isinstance(statement, Query)]
        if probes is None:
            return None
        if probes:
            try:
                plain = self._run((*candidate.program.body, *probes), pushed=pushed)
            except PlotError:
                return None
        own = {id(node.span.source) for node in walk(candidate.program) if node.span.source is not None}
        view = View(None, self._particles)
        queries = plain.queries[-(len(asked) + len(probes)) :] if asked or probes else ()
        try:
            columns = tuple(column(value, view) for value in queries)
        except PlotError:
            return None
        return SampledMeaning(_log_factor(plain, own), columns)

    def _run(self, body: tuple[Statement, ...], *, pushed: bool = False, asked: int = 0) -> Run:
        program = ProgramNode(body=self._context.body + body, asked=len(self._context.body) + asked or None)
        values = self._pushed if pushed else self._drawn
        self._runs += 1  # sites that are new in a run must not get the numbers that others got in a run before
        kind = OverdispersedDraws if pushed else SiteDraws
        draws = kind(values, None, self._particles, Stream(self._seed + self._runs))
        with one_thread():
            found = run(program, self._particles, RunPlan(source=draws, budget=self._budget))
        for address, new in values_of(found).items():
            old = values.get(address)
            values[address] = new if old is None else Given(new.raw, or_(old.mask, new.mask))
        return found


class OverdispersedDraws(SiteDraws):
    """Draws what can happen at a site more evenly, and further out, than its distribution does."""

    def fresh(self, address: str, distribution: Any, mask: Mask) -> Tensor:
        """Draw the raw value of a site, pushed about."""
        return _pushed(distribution, drawn(distribution, self.particles, self.stream), self.stream)


def _pushed(distribution: Any, drawn: Tensor, stream: Stream) -> Tensor:
    """Return a draw of what is possible: options alike, what is continuous stretched about its mean.

    Readings that agree only because the prior ties sites together, or rarely lets one be otherwise, differ on such
    draws; what can't be does not happen here either.
    """
    if isinstance(distribution, dist.Bernoulli):
        sure = (distribution.probs <= 0) | (distribution.probs >= 1)
        return torch.where(sure, drawn, stream.integers(0, 2, drawn).to(drawn.dtype))
    if isinstance(distribution, dist.Categorical):
        possible = (distribution.probs > 0).double().expand(*drawn.shape, -1)
        return stream.picks(possible.reshape(-1, possible.shape[-1]), 1).reshape(drawn.shape).to(drawn.dtype)
    if not drawn.is_floating_point() or distribution.event_shape:
        return drawn
    try:
        to = dist.transforms.biject_to(distribution.support)
        free = to.inv(drawn)
        middle = free[torch.isfinite(free)].mean()
        wide: Tensor = to(middle + STRETCH * (free - middle))
    except (NotImplementedError, ValueError, RuntimeError):
        return drawn
    return torch.where(torch.isfinite(wide), wide, drawn)


def _log_factor(found: Run, own: set[int]) -> Tensor:
    total = torch.zeros(found.particles, dtype=torch.float64)
    for factor in found.factors:
        if id(factor.span.source) in own:
            total = total + factor.log_factor
    return total


def normal(program: ProgramNode) -> ProgramNode:
    """Return a program in a form that does not depend on how the same tests are written.

    The parts of conjunctions and disjunctions stand in a fixed order, comparisons point one way, and what *any* asks
    of the items of a list stands in one place.

    >>> from plot.language import parse
    >>> show(normal(parse("condition(b > a and any([p(x) for x in xs if q(x)]))"))).strip()
    'condition(a < b and any([p(x) and q(x) for x in xs]))'
    """
    found: ProgramNode = rewritten(program, _normal)
    return found


_TURNED = {">": "<", ">=": "<="}


def _normal(node: Node) -> Node | None:
    if isinstance(node, BoolOp):
        values = [rewritten(value, _normal) for value in node.values]
        parts = [part for one in values for part in (one.values if _joins(one, node.op) else (one,))]
        return BoolOp(op=node.op, values=tuple(sorted(parts, key=show)), span=node.span)
    if isinstance(node, Compare) and len(node.ops) == 1 and node.ops[0] in _TURNED:
        left, right = rewritten(node.comparators[0], _normal), rewritten(node.left, _normal)
        return Compare(left=left, ops=(_TURNED[node.ops[0]],), comparators=(right,), span=node.span)
    if isinstance(node, Call) and node.function == Name(id="any") and len(node.args) == 1:
        return _any(node)
    if isinstance(node, Call) and node.function == Name(id="all") and len(node.args) == 1:
        return _all(node)
    return None


def _all(node: Call) -> Node | None:
    """Return *all* of a list as *not any* of what is not so."""
    (listed,) = node.args
    if not isinstance(listed, Comprehension):
        return None
    some = call("any", replace(listed, element=negated(listed.element)))
    return Unary(op="not", operand=rewritten(some, _normal), span=node.span)


def _joins(node: Node, op: str) -> bool:
    return isinstance(node, BoolOp) and node.op == op


def _any(node: Call) -> Node | None:
    """Return *any* of a list with the list's conditions in its element."""
    (listed,) = node.args
    if not isinstance(listed, Comprehension) or not listed.generators[-1].conditions:
        return None
    *before, last = listed.generators
    element = rewritten(BoolOp(op="and", values=(*last.conditions, listed.element)), _normal)
    generators = (*rewritten(tuple(before), _normal), replace(rewritten(last, _normal), conditions=()))
    return replace(node, args=(replace(listed, element=element, generators=generators),))


def defined(program: ProgramNode) -> dict[str, FunctionDef | None]:
    """Return the functions (or None for a variable) that a program defines at its top level."""
    found: dict[str, FunctionDef | None] = {}
    for statement in program.body:
        if isinstance(statement, FunctionDef):
            found[statement.name] = statement
        elif isinstance(statement, Assign) and isinstance(statement.target, NameTarget):
            found[statement.target.id] = None
    return found


def _probes(program: ProgramNode, names: Sequence[str]) -> list[Statement] | None:
    """Return queries that show what the definitions hold for the known names; None where they can't be shown."""
    probes: list[Statement] = []
    for name, function in defined(program).items():
        if function is None:
            probes.append(Query(value=Name(id=name)))
            continue
        required = [parameter for parameter in function.parameters if parameter.default is None]
        if not required or not names or len(names) ** len(required) > MOST_PROBES:
            return None
        for given in product(names, repeat=len(required)):
            arguments = tuple(Constant(value=item) for item in given)
            probes.append(Query(value=Call(function=Name(id=name), args=arguments)))
    return probes


def targets_of(programs: Sequence[ProgramNode], context: ProgramNode, names: Sequence[str]) -> list[Call | Name]:
    """Return the variables of a context from which what programs define may follow, memoised ones for each name.

    >>> from plot.language import parse
    >>> world = parse("x = flip()\\ny = x\\n@mem\\ndef f(a):\\n    return flip(0.5 if y else 0.1)")
    >>> targets = targets_of([parse("tall = f('ann')")], world, ["ann"])
    >>> [show(ProgramNode(body=(Query(value=one),))).strip() for one in targets]
    ['query(x)', 'query(y)', 'query(f("ann"))']
    """
    used = {node.id for program in programs for node in walk(program) if isinstance(node, Name)}
    found: list[Call | Name] = []
    for part in reversed(context.body):  # what comes later may follow from what comes before
        if isinstance(part, FunctionDef) and part.name in used:
            used |= {node.id for node in walk(part) if isinstance(node, Name)}
            if part.mem and len(part.parameters) == 1:
                found += [call(part.name, Constant(value=name)) for name in reversed(names)]
        elif isinstance(part, Assign) and isinstance(part.target, NameTarget) and part.target.id in used:
            used |= {node.id for node in walk(part.value) if isinstance(node, Name)}
            found.append(Name(id=part.target.id))
    return list(reversed(dict.fromkeys(found)))[-MOST_TARGETS:]


# -- where they differ -------------------------------------------------------------------------------------


def difference(a: SampledMeaning, b: SampledMeaning) -> Difference:
    """Return the largest difference of two meanings, over their conditions and each of their values."""
    if len(a.columns) != len(b.columns):
        return UNLIKE
    found = [_of_factors(a.log_factor, b.log_factor)]
    found += [_of_columns(one, two) for one, two in zip(a.columns, b.columns, strict=True)]
    told = [one for one in found if one is not None]
    if not told:
        return Difference(0, 0)
    return max(told, key=lambda one: (one.share, -one.relevant))


def _of_factors(a: Tensor, b: Tensor) -> Difference | None:
    """Conditions differ where one rules a particle out; soft ones also where they weigh it otherwise."""
    if not bool((a != 0).any()) and not bool((b != 0).any()):
        return None
    hard = bool(((a == 0) | (a == -torch.inf)).all()) and bool(((b == 0) | (b == -torch.inf)).all())
    if hard:
        return _of_truths(a == 0, b == 0)
    near = torch.isclose(a, b, rtol=1e-6, atol=1e-6) | ((a == -torch.inf) & (b == -torch.inf))
    return Difference(int((~near).sum()), len(a))


def _of_truths(a: Tensor, b: Tensor) -> Difference:
    either, both = int((a | b).sum()), int((a & b).sum())
    return Difference(either - both, min(either, len(a) - both))


def _of_columns(a: Column, b: Column) -> Difference | None:
    if a.kind != b.kind or (a.defined is None) != (b.defined is None):
        return UNLIKE
    if a.defined is not None and b.defined is not None and not torch.equal(a.defined, b.defined):
        return _of_truths(a.defined, b.defined)
    on = slice(None) if a.defined is None else a.defined
    if a.kind == "set":
        labels = {name for item in (a, b) for name, inside in item.members.items() if bool(inside.any())}
        nobody = torch.zeros(len(a.values), dtype=torch.bool)
        found = [_of_truths(a.members.get(name, nobody), b.members.get(name, nobody)) for name in labels]
        return max(found, key=lambda one: one.share) if found else None
    if a.kind == "boolean":
        return _of_truths(a.values[on], b.values[on])
    if a.kind == "choice":
        numbers = {label: i for i, label in enumerate(dict.fromkeys([*a.labels, *b.labels]))}
        tables = [torch.tensor([numbers[label] for label in item.labels]) for item in (a, b)]
        one, two = tables[0][a.values][on], tables[1][b.values][on]
        return Difference(int((one != two).sum()), _varying(one, two, a, b))
    one, two = a.values[on].double(), b.values[on].double()
    near = torch.isclose(one, two, rtol=1e-6, atol=1e-9)
    return Difference(int((~near).sum()), _varying(one, two, a, b))


def _varying(one: Tensor, two: Tensor, a: Column, b: Column) -> int:
    """Return in how many particles either value is not the commonest one of both; all, where both are constant."""
    if a.constant and b.constant:
        return len(one)
    values, counts = torch.unique(torch.cat([one, two]), return_counts=True)
    common = values[counts.argmax()]
    return int(((one != common) | (two != common)).sum())


__all__ = [
    "SAME",
    "UNLIKE",
    "CompiledReading",
    "Difference",
    "SampledMeaning",
    "SharedParticles",
    "defined",
    "difference",
    "normal",
    "targets_of",
]
