"""Small programs run over a few particles, each of them compared with what it is alone and with the oracle."""

from __future__ import annotations

from typing import Any

from plot.language import Budget, check, parse
from plot.runtime import Run, RunPlan, run
from plot.runtime.values.values import unbatch
from tests.runtime.agreement import compare_one

MANY = 40
SOME = 12


def ran(text: str, particles: int = MANY, seed: int = 0, checked: bool = True, budget: Budget | None = None) -> Run:
    """Run a program, which the checker must accept unless it is not `checked`."""
    program = parse(text)
    if checked:
        check(program)
    return run(program, particles, RunPlan(seed=seed, budget=budget))


def values(found: Run, query: int = 0) -> list[Any]:
    """Return what a query is in each particle."""
    return [unbatch(found.queries[query], particle) for particle in range(found.particles)]


def value(text: str, checked: bool = True) -> Any:
    """Return what a program without chance asks for: the same in every particle, and in a single one."""
    found = values(ran(text, 3, checked=checked))
    assert found == values(ran(text, 1, checked=checked)) * 3
    return found[0]


def agrees(text: str, seed: int = 0, checked: bool = True, particles: int = SOME) -> list[Any]:
    """Compare every particle of a run with itself alone and with the oracle; return the first query's values."""
    program = parse(text)
    if checked:
        check(program)
    found = run(program, particles, RunPlan(seed=seed))
    for particle in range(particles):
        compare_one(program, text, found, particle)
    return values(found) if found.queries else []


def shares(found: Run) -> dict[str, float]:
    """Return the share of the particles in which each error occurred."""
    return {fault.message: fault.share for fault in found.warnings}
