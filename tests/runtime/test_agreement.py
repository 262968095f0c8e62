"""Generated programs: many particles at once are what each of them is alone, and what the oracle makes of it."""

from __future__ import annotations

import torch
from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st

from plot.errors import PlotError
from plot.language import ProgramNode
from plot.runtime import Run, RunPlan, run
from plot.runtime.sites.replay import Given
from plot.runtime.values.values import unbatch
from tests.oracle.programs import parsed, programs
from tests.runtime.agreement import BUDGET, at, compare_one, lines_of_faults, pooled, same
from tests.support.sizes import examples

PARTICLES = 30
often = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def first_run(text: str, seed: int) -> tuple[ProgramNode, Run]:
    """Run a generated program; one that passes a budget, or fails everywhere, is no example."""
    note(text)
    program = parsed(text)
    try:
        return program, run(program, PARTICLES, RunPlan(seed=seed, budget=BUDGET))
    except PlotError:
        reject()


@often
@given(programs(), st.integers(0, 2**31 - 1))
def test_each_particle_is_what_it_is_alone(text: str, seed: int) -> None:
    program, found = first_run(text, seed)
    for particle in range(0, PARTICLES, 5):
        note(f"particle {particle}")
        compare_one(program, text, found, particle)


@often
@given(programs(interventions=True), st.integers(0, 2**31 - 1))
def test_interventions_go_particle_by_particle(text: str, seed: int) -> None:
    program, found = first_run(text, seed)
    for particle in range(0, PARTICLES, 10):
        note(f"particle {particle}")
        compare_one(program, text, found, particle)


@often
@given(programs(), st.integers(0, 2**31 - 1), st.randoms(use_true_random=False))
def test_the_order_of_particles_does_not_matter(text: str, seed: int, random: object) -> None:
    program, found = first_run(text, seed)
    values = pooled(list(found.choices.values()), PARTICLES)
    order = torch.tensor(random.choices(range(PARTICLES), k=2 * PARTICLES))  # type: ignore[attr-defined]
    chosen = {of: Given(raw[order]) for of, raw in values.items()}
    try:
        other = run(program, len(order), RunPlan(seed=seed + 1, budget=BUDGET, given=chosen))
    except PlotError:
        assert all(lines_of_faults(found, int(old)) for old in order)
        return
    assert {s.of for s in other.choices.values()} <= {s.of for s in found.choices.values()}
    for new, old in enumerate(order.tolist()):
        assert lines_of_faults(other, new) == lines_of_faults(found, old)
        if lines_of_faults(found, old):
            continue
        assert same(at(other.log_weight, new), at(found.log_weight, old))
        for mine, theirs in zip(other.queries, found.queries, strict=True):
            a, b = unbatch(mine, new), unbatch(theirs, old)
            assert same(a, b), f"{a!r} in the other order, {b!r} before"
