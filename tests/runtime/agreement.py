"""Particle by particle: a run over many against runs over one with the same choices, and against the oracle."""

from __future__ import annotations

import math
from typing import Any

import torch

from plot.errors import PlotError
from plot.language import Budget, ProgramNode
from plot.runtime import Run, RunPlan, run
from plot.runtime.sites.machine import Site
from plot.runtime.sites.replay import Given
from plot.runtime.values.values import unbatch
from tests.oracle.chance import Law
from tests.oracle.world import World

BUDGET = Budget(seconds=30, sites=3_000, list_length=300, depth=60)


def at(mask: Any, particle: int) -> Any:
    """Read a mask, or a value, in one particle."""
    if not isinstance(mask, torch.Tensor):
        return mask
    return mask.expand(max(mask.numel(), particle + 1))[particle].item() if mask.numel() == 1 else mask[particle].item()


def drawn_in(found: Run, particle: int) -> dict[str, Given]:
    """Return the raw values that one particle drew, by logical address."""
    values: dict[str, Given] = {}
    for site in found.choices.values():
        if not site.observed and at(site.mask, particle):
            assert site.of not in values, f"{site.of} is drawn twice in one particle"
            raw = site.raw if site.raw.dim() else site.raw.expand(found.particles)
            values[site.of] = Given(raw[particle : particle + 1].clone())
    return values


def same(a: Any, b: Any) -> bool:
    """Return whether two Python values are the same, numbers up to rounding."""
    if isinstance(a, (bool, int, float)) and isinstance(b, (bool, int, float)):
        return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, str) and isinstance(b, str) and a.startswith("<function"):
        return b.startswith("<function")
    return type(a) is type(b) and a == b


def lines_of_faults(found: Run, particle: int) -> list[int]:
    """Return the lines on which errors occurred in one particle."""
    return [fault.span.line for fault in found.warnings if at(fault.mask, particle)]


def alone(program: ProgramNode, given: dict[str, Given], seed: int = 1) -> Run | PlotError:
    """Run one particle with given choices; an error in it is an error in all."""
    try:
        return run(program, 1, RunPlan(seed=seed, budget=BUDGET, given=given))
    except PlotError as error:
        return error


def compare_one(program: ProgramNode, text: str, found: Run, particle: int) -> None:
    """Demand that one particle of a run is what it is alone, and what the oracle makes of it."""
    given = drawn_in(found, particle)
    one = alone(program, given)
    failed = lines_of_faults(found, particle)
    assert len(failed) <= 1
    if isinstance(one, PlotError):
        assert one.span is not None
        assert failed == [one.span.line], f"alone: {one}\nin the batch: {failed}"
        return
    assert not failed, f"line {failed} failed in the batch alone"
    assert same(at(one.log_weight, 0), at(found.log_weight, particle))
    if at(found.log_weight, particle) == -math.inf:
        return  # an error in a world that evidence has ruled out is not told; what follows from it is garbage
    sites = {site.of: site for site in one.choices.values() if not site.observed}
    assert sites.keys() <= given.keys(), f"drawn alone only: {sites.keys() - given.keys()}"
    for number, (mine, theirs) in enumerate(zip(one.queries, found.queries, strict=True)):
        a, b = unbatch(mine, 0), unbatch(theirs, particle)
        assert same(a, b), f"query {number}: {a!r} alone, {b!r} in the batch"
    if "\ndo(" not in text:  # of which the choices kept are not told apart from those made again
        compare_oracle(text, one)


def _taken(left: list[Any], place: int) -> Any:
    """Take an item out of a list; the last one takes its place."""
    left[place], left[-1] = left[-1], left[place]
    return left.pop()


class Recorded:
    """Gives a world of the oracle the choices that a run over one particle has made, in their order."""

    def __init__(self, sites: list[Site]) -> None:
        self.left = sites

    def _next(self, law: Law) -> Site:
        site = self.left.pop(0)
        drawn = getattr(site.call.function, "id", None)
        assert drawn == law.name, f"a {law.name} where {site.name} was drawn"
        return site

    def pick(self, law: Law) -> Any:
        """Return what was drawn."""
        if law.name == "shuffle":
            left = list(law.arguments[0])
            return [_taken(left, int(self._next(law).value)) for _ in range(len(left) - 1)] + left  # type: ignore[arg-type]
        site = self._next(law)
        if law.name in ("choice", "categorical"):
            return law.arguments[-1][int(site.raw)]
        return unbatch(site.value, 0)


def compare_oracle(text: str, one: Run) -> None:
    """Demand that a run over one particle is what the oracle makes of the text with the same draws."""
    source = Recorded([site for site in one.choices.values() if not site.observed])
    world = World(text, source)
    if world.end != "alive":
        assert at(one.log_weight, 0) == -math.inf, f"{world.end} on line {world.line}: {world.problem!r}"
        return
    assert same(world.log_weight, at(one.log_weight, 0)), "the weight of the oracle differs"
    assert [site.name for site in source.left] == []
    for number, (mine, right) in enumerate(zip(one.queries, world.queries, strict=True)):
        a = unbatch(mine, 0)
        assert same(a, right), f"query {number}: {a!r} in PLoT, {right!r} in the oracle"


def pooled(sites: list[Site], particles: int) -> dict[str, torch.Tensor]:
    """Return the raw values of a run by logical address, the pieces of each put together."""
    values: dict[str, torch.Tensor] = {}
    for site in sites:
        if site.observed:
            continue
        raw = site.raw.expand(particles)
        mask = torch.as_tensor(site.mask).expand(particles)
        before = values.get(site.of, raw)
        values[site.of] = torch.where(mask, raw, before)
    return values
