"""Numbers and counts keep their quantile in another world, each family against SciPy's distribution functions."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from plot import Program
from plot.inference import Goal
from plot.runtime import Run
from tests.runtime.running import ran, values
from tests.support.tolerances import FAILURE_RATE, agrees

N = 2_000
# the distribution in fact and in the other world, both with SciPy's
REALS = {
    "normal": ("normal(1, 2)", "normal(5, 3)", stats.norm(1, 2), stats.norm(5, 3)),
    "uniform": ("uniform(0, 2)", "uniform(-1, 5)", stats.uniform(0, 2), stats.uniform(-1, 6)),
    "exponential": ("exponential(2)", "exponential(0.5)", stats.expon(scale=0.5), stats.expon(scale=2)),
    "beta": ("beta(2, 3)", "beta(0.5, 4)", stats.beta(2, 3), stats.beta(0.5, 4)),
    "gamma": ("gamma(3, 1)", "gamma(5, 2)", stats.gamma(3), stats.gamma(5, scale=0.5)),
    "gamma of one shape": ("gamma(3, 1)", "gamma(3, 2)", stats.gamma(3), stats.gamma(3, scale=0.5)),
    "half-normal": ("half_normal(1)", "half_normal(3)", stats.halfnorm(), stats.halfnorm(scale=3)),
    "weibull": ("weibull(2, 3)", "weibull(0.5, 1)", stats.weibull_min(2, scale=3), stats.weibull_min(0.5)),
    "log-normal": (
        "log_normal(0, 1)",
        "log_normal(1, 0.5)",
        stats.lognorm(1),
        stats.lognorm(0.5, scale=math.e),
    ),
    "t": ("student_t(3, 0, 1)", "student_t(5, 1, 2)", stats.t(3), stats.t(5, 1, 2)),
    "t of the same freedom": ("student_t(3, 0, 1)", "student_t(3, 1, 2)", stats.t(3), stats.t(3, 1, 2)),
    "cauchy": ("cauchy(0, 1)", "cauchy(2, 3)", stats.cauchy(), stats.cauchy(2, 3)),
    "laplace": ("laplace(0, 1)", "laplace(2, 3)", stats.laplace(), stats.laplace(2, 3)),
}
COUNTS = {
    "poisson": ("poisson(3)", "poisson(5)", stats.poisson(3), stats.poisson(5)),
    "geometric": ("geometric(0.3)", "geometric(0.1)", stats.geom(0.3, loc=-1), stats.geom(0.1, loc=-1)),
    "negative binomial": (
        "negative_binomial(3, 0.3)",
        "negative_binomial(2, 0.5)",
        stats.nbinom(3, 0.3),
        stats.nbinom(2, 0.5),
    ),
    "binomial": ("binomial(20000, 0.3)", "binomial(20000, 0.4)", stats.binom(20_000, 0.3), stats.binom(20_000, 0.4)),
    "randint": ("randint(0, 999)", "randint(0, 1999)", stats.randint(0, 1000), stats.randint(0, 2000)),
}
TEXT = "t = flip()\nx = {} if t else {}\ncondition(t)\ndo(t, False)\nquery([actual(x), x])"


def told(found: Run) -> list[list[float]]:
    """Return the queries of the particles in which the evidence is true."""
    return [row for row, weight in zip(values(found), found.log_weight.tolist(), strict=True) if weight > -math.inf]


@pytest.mark.parametrize("family", REALS)
def test_numbers_keep_their_quantile(family: str) -> None:
    before, after, old, new = REALS[family]
    rows = told(ran(TEXT.format(before, after), N))
    assert len(rows) > N / 4
    for was, now in rows:
        assert new.cdf(now) == pytest.approx(old.cdf(was), abs=1e-9)
        assert new.sf(now) == pytest.approx(old.sf(was), abs=1e-9)


@pytest.mark.parametrize("family", COUNTS)
def test_counts_keep_their_quantile_within_an_atom(family: str) -> None:
    before, after, old, new = COUNTS[family]
    rows = told(ran(TEXT.format(before, after), N))
    for was, now in rows:  # the intervals of the noise meet
        assert old.cdf(was - 1) <= new.cdf(now) + 1e-9
        assert new.cdf(now - 1) <= old.cdf(was) + 1e-9
    least, most = new.ppf(0.2), new.ppf(0.7)
    share = sum([now <= least for _, now in rows]) / len(rows)
    assert agrees(share, new.cdf(least), math.sqrt(0.25 / len(rows)))
    share = sum([now <= most for _, now in rows]) / len(rows)
    assert agrees(share, new.cdf(most), math.sqrt(0.25 / len(rows)))


def test_far_out_in_a_tail() -> None:
    rows = told(
        ran(
            "t = flip()\nx = gamma(3, 1) if t else gamma(4, 1)\nobserve(normal(x, 0.01), 60)\ncondition(t)\n"
            "do(t, False)\nquery([actual(x), x])",
            N,
        )
    )
    for was, now in rows:
        if was > 30:
            assert stats.gamma(4).logsf(now) == pytest.approx(stats.gamma(3).logsf(was), rel=1e-6)


def test_noise_is_one_for_all_worlds() -> None:
    text = "t = flip()\nx = poisson(3) if t else poisson(5)\ndo(t, True)\na = x\ndo(t, False)\nb = x\ndo(t, True)\nquery([a, b, x])"
    rows = values(ran(text, N))
    assert all(a == x and b >= a for a, b, x in rows)
    assert stats.ttest_1samp([b for _, b, _ in rows], 5).pvalue > FAILURE_RATE


def test_what_is_learned_of_a_number_goes_with_it() -> None:
    """Abduction of a real: y - 2x is known to be 1 in fact, so y is 2 * 3 + 1 where x is set to 3."""
    text = "x = normal(0, 1)\ny = normal(2 * x, 1)\nobserve(normal(x, 0.001), 1)\nobserve(normal(y, 0.001), 3)\ndo(x, 3)\nquery(y)"
    answer = Program.parse(text).answers(Goal(precision=0.01, seconds=60))[0]
    assert answer.mean == pytest.approx(7, abs=0.02)


def test_one_operation_for_all_quantiles_is_recorded() -> None:
    """A quantile by SciPy is an operation of torch's: a tape that recorded it computes it again."""
    from plot._lazy import dist
    from plot.inference.tape.recorder import record
    from plot.runtime.evaluator.transport import transported

    old, new = (dist.Beta(torch.tensor(a).double(), torch.tensor(b).double()) for a, b in ((2.0, 3.0), (4.0, 1.0)))

    def function(given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"y": transported(given["x"], None, old, new)}

    results, tape = record(function, {"x": torch.tensor([0.1, 0.5]).double()})  # type: ignore[arg-type]
    assert tape is not None
    other = torch.tensor([0.3, 0.7]).double()
    played = tape.play({"x": other})
    assert played is not None
    assert torch.allclose(played["y"], function({"x": other})["y"])
    assert not torch.allclose(played["y"], results["y"])
