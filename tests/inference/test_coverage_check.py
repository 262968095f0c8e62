"""A particle filter shows what all guides miss, and finds nothing where they miss nothing."""

from __future__ import annotations

import math

import pytest
import torch

from plot.inference import Goal
from plot.inference.evidence.factors import Factors
from plot.inference.methods.guided.bootstrap_filter import CoverageCheck, filtered
from plot.inference.methods.guided.guide import Guide, Guided, Tilt
from plot.inference.methods.guided.training import GuidedRun
from plot.language import parse
from plot.runtime import RunPlan, run
from plot.runtime.evaluator.program import values_of
from plot.runtime.sites.randomness import Stream
from tests.inference.models import SAFETY_NET, problem
from tests.support.tolerances import agrees

SIZE = 8_000
GOAL = Goal(seconds=SAFETY_NET)
FLIPS = "a = [flip() for i in range(10)]"
EXTREME = "condition(sum(a) == 0 or sum(a) == 10)"
COMING_AND_GOING = """
n = geometric(0.5)
many = randint(0, 1_000)
b = [flip(0.3) for i in range(min(n, 3))]
c = categorical([0.5, 0.2, 0.3]) if n > 0 else 0
"""


def factors_of(*parts: str) -> Factors:
    return Factors(problem(*parts, ask="query(1)"), GOAL.started(), Stream(1))


def tilted(factors: Factors, tilt: float) -> Guide:
    """Return a guide that changes the log odds of every flip by so much."""
    sites = [met.address for met in GuidedRun.of(factors, (Guide(),), 10).met]
    nothing = torch.zeros(0, dtype=torch.int64)
    tilts = {(site, 0): Tilt(tilt, nothing, torch.zeros(0)) for site in sites}
    return Guide(dict.fromkeys(sites, 1), {site: i for i, site in enumerate(sites)}, tilts)


def distrust(factors: Factors, *tilts: float) -> str | None:
    guides = [tilted(factors, tilt) for tilt in tilts]
    drawn = GuidedRun.of(factors, guides, SIZE)
    check = CoverageCheck(factors.fork(Stream(2)), SIZE)
    why = check.distrust(guides, drawn.evidence, SIZE)
    assert (check.found is not None) == (why is not None)
    return why


def test_what_all_guides_miss_is_seen() -> None:
    """Both lead to heads only: their weights agree, and half of the posterior is not there."""
    why = distrust(factors_of(FLIPS, EXTREME), 8.0, 9.0)
    assert why is not None
    missed = float(why.split("%")[0].split()[-1]) / 100
    assert agrees(missed, 0.5, 0.5 / math.sqrt(2 * SIZE * 2 * 0.5**10))


@pytest.mark.parametrize("tilts", [(1.0, -1.0), (2.0, -2.0), (8.0, -8.0)])
def test_guides_that_miss_nothing_are_trusted(tilts: tuple[float, float]) -> None:
    assert distrust(factors_of(FLIPS, EXTREME), *tilts) is None


def test_where_the_filter_comes_to_nothing_nothing_is_said() -> None:
    factors = factors_of("a = [flip() for i in range(40)]", "condition(sum(a) == 0)", "condition(not a[0])")
    assert filtered(factors, 100) is None
    assert CoverageCheck(factors, 100).distrust([Guide()], GuidedRun.of(factors, (Guide(),), 100).evidence, 100) is None


def test_the_filter_comes_to_the_posterior() -> None:
    """Of three rare flips, told one after the other, and what hangs on them."""
    factors = factors_of(
        "a = [flip(0.1) for i in range(3)]\nb = flip(0.9 if a[0] else 0.5)",
        *[f"condition(a[{i}])" for i in range(3)],
        "observe(flip(0.8 if b else 0.2), True)",
    )
    left = filtered(factors, SIZE)
    assert left is not None
    (name,) = [name for name in left.sites if name.startswith("b")]
    weights = torch.softmax(left.log_weight, 0)
    share = 0.9 * 0.8 / (0.9 * 0.8 + 0.1 * 0.2)
    assert agrees(float(weights @ left.sites[name].raw.double()), share, math.sqrt(share * (1 - share) / left.size))
    assert 1 < left.size <= len(left.origins)


def test_known_sites_are_weighed_as_if_they_had_been_drawn() -> None:
    program = parse(COMING_AND_GOING)
    plain = Guided([Guide()], SIZE, Stream(3))
    run(program, SIZE, RunPlan(source=plain))
    steps = {met.address: met.chain.steps for met in plain.met}
    rows, first = {}, 0
    for address, count in steps.items():
        rows[address], first = first, first + count
    nothing = torch.zeros(0, dtype=torch.int64)
    tilts = {(site, k): Tilt(0.5 - 0.3 * k, nothing, torch.zeros(0)) for site in steps for k in range(steps[site])}
    guides = [Guide(steps, rows, tilts), Guide()]
    drawing = Guided(guides, SIZE, Stream(4))
    found = run(program, SIZE, RunPlan(source=drawing))
    again = Guided(guides, SIZE, Stream(5), values_of(found))
    same = run(program, SIZE, RunPlan(source=again))
    assert torch.allclose(again.log_ratios, drawing.log_ratios)
    for name, given in values_of(found).items():
        reached = torch.as_tensor(given.mask).expand(SIZE)
        assert torch.equal(values_of(same)[name].raw.expand(SIZE)[reached], given.raw.expand(SIZE)[reached])
