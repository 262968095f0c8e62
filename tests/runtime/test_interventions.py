"""`do`: variables and remembered values set from outside, before and after evidence, against values by hand."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import math

import pytest
import torch

from plot.errors import PlotError
from plot.runtime import Run
from tests.runtime.running import ran, values
from tests.support.tolerances import agrees

N = 20_000
# rain → wet ← sprinkler, slippery ← wet
NET = """
rain = flip(0.3)
sprinkler = flip(0.1) if rain else flip(0.5)
wet = flip(0.9) if rain or sprinkler else flip(0.05)
slippery = flip(0.7) if wet else flip(0.1)
"""


def probability(found: Run) -> tuple[float, float]:
    """Return the weighted share of truth of the first query and its standard error."""
    weights = (found.log_weight - found.log_weight.max()).exp()
    truth = torch.as_tensor(found.queries[0]).double().expand(found.particles)  # type: ignore[call-overload]
    mean = float((weights * truth).sum() / weights.sum())
    return mean, float(((weights * (truth - mean)) ** 2).sum().sqrt() / weights.sum())


def check(text: str, exact: float) -> None:
    mean, error = probability(ran(NET + text, N))
    assert agrees(mean, exact, error), f"{mean} ± {error}, not {exact}"


P_WET = 0.3 * 0.9 + 0.7 * (0.5 * 0.9 + 0.5 * 0.05)
P_RAIN_GIVEN_WET = 0.3 * 0.9 / P_WET


def test_seeing_is_not_doing() -> None:
    check("condition(wet)\nquery(rain)", P_RAIN_GIVEN_WET)
    check("do(wet, True)\nquery(rain)", 0.3)
    check("do(wet, True)\nquery(slippery)", 0.7)
    check("do(sprinkler, True)\nquery(rain)", 0.3)
    check("condition(sprinkler)\nquery(rain)", 0.03 / (0.03 + 0.35))
    check("do(rain, True)\nquery(wet)", 0.9)
    check("do(rain, False)\nquery(wet)", 0.475)


def test_a_wrong_value_is_noticed() -> None:
    with pytest.raises(AssertionError):
        check("condition(wet)\nquery(rain)", 0.3)


def test_what_was_seen_before_stays_true_of_the_world() -> None:
    # abduction: rain given wet; action: no rain; prediction: what was drawn the same way keeps its value
    check("condition(wet)\ndo(sprinkler, False)\nquery(rain)", P_RAIN_GIVEN_WET)
    rain = P_RAIN_GIVEN_WET
    on = 0.7 * 0.5 * 0.9 / P_WET
    off = 1 - rain - on
    check("condition(wet)\ndo(sprinkler, False)\nquery(wet)", rain + on * 0.05 + off)


def test_what_is_seen_afterwards_is_seen_in_the_changed_world() -> None:
    check("do(sprinkler, True)\ncondition(wet)\nquery(rain)", 0.3)
    check("do(sprinkler, False)\ncondition(wet)\nquery(rain)", 0.27 / (0.27 + 0.7 * 0.05))


def test_several_interventions() -> None:
    check("do(rain, False)\ndo(sprinkler, False)\nquery(wet)", 0.05)
    check("do(rain, True)\ncondition(slippery)\ndo(rain, False)\nquery(rain)", 0.0)
    check("do(wet, flip(0.25))\nquery(slippery)", 0.25 * 0.7 + 0.75 * 0.1)


def test_the_value_may_be_random_and_depend_on_the_world() -> None:
    found = ran(NET + "do(sprinkler, not rain)\nquery(sprinkler == (not rain))")
    assert set(values(found)) == {True}


MEM = "@mem\ndef strength(p):\n    return normal(50, 20)\n@mem\ndef boast(p):\n    return normal(strength(p), 1)\n"


def test_remembered_values() -> None:
    found = ran(MEM + 'do(strength("tom"), 7)\nquery([strength("tom"), strength("sue"), boast("tom")])')
    for tom, sue, boast in values(found):
        assert tom == 7
        assert sue != 7
        assert abs(boast - 7) < 10


@pytest.mark.parametrize("call", ['boast("tom")', 'boast(p="tom")', 'boast("tom", 1)', 'boast(n=1, p="tom")'])
def test_keywords_and_defaults(call: str) -> None:
    text = f'@mem\ndef boast(p, n=1):\n    return normal(0, 1)\ndo({call}, 7)\nquery([boast("tom"), boast("tom", 2)])'
    for here, other in values(ran(text)):
        assert here == 7
        assert other != 7


def test_a_random_argument() -> None:
    found = ran(
        MEM
        + 'who = choice(["tom", "sue"])\ndo(strength(who), 7)\nquery([who, strength("tom"), strength("sue"), strength(who)])'
    )
    for who, tom, sue, self in values(found):
        assert self == 7
        assert (tom == 7) == (who == "tom")
        assert (sue == 7) == (who == "sue")


def test_the_latest_intervention_holds() -> None:
    found = ran(MEM + 'do(strength("tom"), 7)\ndo(strength("tom"), 8)\nquery(strength("tom"))')
    assert set(values(found)) == {8}


def test_what_does_not_depend_on_it_keeps_its_value() -> None:
    text = (
        MEM
        + 'a = strength("sue")\nb = normal(0, 1)\nxs = shuffle([1, 2, 3])\n{}\nquery([a, b, xs, strength("sue"), boast("sue")])'
    )
    before, after = (values(ran(text.format(line))) for line in ("", 'do(strength("tom"), 7)'))
    assert [row[:4] for row in before] == [row[:4] for row in after]


def test_what_follows_from_it_keeps_its_noise() -> None:
    found = ran("x = normal(0, 1)\ny = normal(x, 1)\nz = normal(0, 1)\ncondition(y > 0)\ndo(x, 100)\nquery([x, y, z])")
    assert found.choices.keys() >= {"x", "y", "z"}
    noise = found.choices["y"].raw - found.choices["x"].raw
    for i, (x, y, z) in enumerate(values(found)):
        assert x == 100
        assert y - 100 == pytest.approx(float(noise[i]))
        assert z == float(found.choices["z"].raw[i])
    assert math.isinf(found.log_weight.min())


def test_evidence_is_not_counted_twice() -> None:
    found = ran("x = normal(0, 1)\nobserve(normal(x, 1), 0)\nz = 1\ndo(z, 2)\nquery(z)")
    expected = -0.5 * found.choices["x"].raw ** 2 - math.log(math.sqrt(2 * math.pi))
    assert torch.allclose(found.log_weight, expected)


def test_queries_before_and_after() -> None:
    found = ran("x = normal(0, 1)\nquery(x)\ndo(x, 5)\nquery(x)")
    assert len(found.queries) == 2
    assert set(values(found, 1)) == {5}
    assert values(found, 0) == found.choices["x"].raw.tolist()


def test_what_can_not_be_set() -> None:
    with pytest.raises(PlotError, match="only a variable or a @mem function"):
        ran("def f(x):\n    return flip()\ndo(f(1), True)", checked=False)


def test_one_particle_is_enough() -> None:
    assert values(ran(NET + "do(wet, True)\nquery([wet, rain in [True, False]])", 1)) == [[True, True]]
