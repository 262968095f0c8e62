"""Effects in classic models, against answers by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from plot import Program, World
from plot.causes.effects import tian_pearl
from plot.errors import PlotError
from plot.inference import Boolean, Goal, infer
from plot.language import parse
from plot.translate.assemble import assemble
from tests.causes.models import FIRING_SQUAD, FRONT_DOOR, MEDIATION, SIMPSON, effects
from tests.support.tolerances import agrees

TREATED = "treated = flip(0.5)\nwell = flip(0.8 if treated else 0.4)\n"


def test_the_clinic() -> None:
    program = World.load("clinic").model + "\n"

    def share(asked: str) -> float:
        return Program.parse(program + asked).answers(method="exact")[0].probability or 0.0

    assert share('do(medicated("ann"), True)\nquery(recovered("ann"))') == pytest.approx(0.9715, abs=5e-5)
    assert share('do(medicated("ann"), False)\nquery(recovered("ann"))') == pytest.approx(0.9145, abs=5e-5)
    told = 'condition(not medicated("ann") and not recovered("ann"))\n'
    assert share(f'{told}do(medicated("ann"), True)\nquery(recovered("ann"))') == pytest.approx(2 / 3)
    assert share('condition(medicated("ann"))\nquery(recovered("ann"))') == pytest.approx(0.891, abs=5e-4)


def test_what_was_summed_out_is_drawn_first() -> None:
    """A tug-of-war that was lost: who was lazy, and how lazy each is, is not sampled for what was told."""
    talk = World.load("tugofwar").conversation(facts=False)
    talk.tell("Ann and Mary beat Sue and Tom.")
    text = 'do(lazy("ann", 1), True)\nquery(won_against(["sue", "tom"], ["ann", "mary"], 1))'
    problem = replace(assemble(talk.discourse).problem(), question=parse(text), targets=None)
    found = infer(problem, Goal(precision=0.01, seconds=60), "smc")[0].marginals[0]
    assert isinstance(found, Boolean)
    random, count = np.random.default_rng(1), 1_000_000
    strength = random.normal(50, 20, (count, 4))  # of Ann, Mary, Sue, Tom
    lazy = random.uniform(size=(count, 4)) < random.uniform(size=(count, 4))

    def sides(lazy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pulls = np.where(lazy, strength / 2, strength)
        return pulls[:, :2].sum(1), pulls[:, 2:].sum(1)

    ours, theirs = sides(lazy)
    lazy[:, 0] = True
    other = sides(lazy)
    truth = (other[1] > other[0])[ours > theirs].mean()
    assert agrees(found.probability, float(truth), found.mcse)
    assert not agrees(found.probability, 0.5, found.mcse)


def test_simpsons_paradox() -> None:
    large = 343 / 700
    open_ = large * 192 / 263 + (1 - large) * 81 / 87
    closed = large * 55 / 80 + (1 - large) * 234 / 270
    found = effects(SIMPSON).total("open", "success")
    assert found.on.value == pytest.approx(open_)
    assert found.off.value == pytest.approx(closed)
    assert found.difference.value > 0
    seen = [
        Program.parse(f"{SIMPSON}condition(open == {arm})\nquery(success)").answers(method="exact")[0].probability
        for arm in (True, False)
    ]
    assert seen[0] == pytest.approx(273 / 350)
    assert seen[1] == pytest.approx(289 / 350)  # which seems better


@pytest.mark.parametrize(
    ("asked", "truth"),
    [
        ("condition(dead)\ndo(a, False)\nquery(dead)", 0.7 / 0.73),
        ("condition(dead)\ndo(a, False)\nquery(b)", 0.7 / 0.73),
        ("do(a, True)\nquery(b)", 0.7),
        ("condition(a)\nquery(b)", 0.7 / 0.73),
        ("condition(not dead)\ndo(a, True)\nquery(dead)", 1.0),
        ("do(order, False)\nquery(dead)", 0.1),
    ],
)
def test_firing_squad(asked: str, truth: float) -> None:
    """Pearl (2009), section 7.1: had rifleman A not shot, the prisoner would still be dead."""
    assert Program.parse(FIRING_SQUAD + asked).answers(method="exact")[0].probability == pytest.approx(truth)


def test_front_door() -> None:
    """The effect by the front-door formula, from what is seen of smoking, tar and cancer alone."""
    found = effects(FRONT_DOOR).total("smokes", "cancer")
    assert found.on.value == pytest.approx(0.4 + 0.3 * 0.9)
    assert found.off.value == pytest.approx(0.4 + 0.3 * 0.1)

    def share(test: str, given: str) -> float:
        text = f"{FRONT_DOOR}condition({given})\nquery({test})"
        return Program.parse(text).answers(method="exact")[0].probability or 0.0

    for smokes, truth in (("True", found.on.value), ("False", found.off.value)):
        total = 0.0
        for tar in ("True", "False"):
            inner = sum(
                share(f"smokes == {other}", "True or flip()") * share("cancer", f"smokes == {other} and tar == {tar}")
                for other in ("True", "False")
            )
            total += share(f"tar == {tar}", f"smokes == {smokes}") * inner
        assert total == pytest.approx(truth)


def test_mediation() -> None:
    """Pearl, Glymour and Jewell (2016), section 4.5.2: with these figures."""
    found = effects(MEDIATION).through("x", "y", "m")
    assert found.total.value == pytest.approx(0.75 * 0.8 + 0.25 * 0.4 - (0.4 * 0.3 + 0.6 * 0.2))
    assert found.direct.value == pytest.approx(0.4 * 0.8 + 0.6 * 0.4 - (0.4 * 0.3 + 0.6 * 0.2))
    assert found.indirect.value == pytest.approx((0.75 - 0.4) * (0.3 - 0.2))


def test_among_the_treated() -> None:
    """Those who get the treatment are those whom it helps."""
    text = "ill = flip(0.5)\nt = flip(0.9 if ill else 0.1)\nwell = flip((0.8 if t else 0.2) if ill else 0.9)\n"
    found = effects(text).treated("t", "well")
    assert found.difference.value == pytest.approx(0.9 * 0.6)
    assert effects(text).total("t", "well").difference.value == pytest.approx(0.3)


def test_necessity_and_sufficiency() -> None:
    found = effects(TREATED).causation("treated", "well")
    assert found.necessity.value == pytest.approx(0.5)
    assert found.necessity.bounds == pytest.approx((0.5, 0.75))
    assert found.sufficiency.value == pytest.approx(2 / 3)
    assert found.sufficiency.bounds == pytest.approx((2 / 3, 1.0))
    assert found.both.value == pytest.approx(0.4)
    assert found.both.bounds == pytest.approx((0.4, 0.6))


def test_bounds_from_the_literature() -> None:
    """Tian and Pearl (2000), section 4.3.1: the lawsuit about a drug, which harmed whom it killed."""
    # 1000 in each arm of a trial and of a study: deaths 16 and 14; 2 and 28
    seen = [0.002 / 2, 0.998 / 2, 0.028 / 2, 0.972 / 2]
    needed, _, _ = tian_pearl(seen, 0.016, 0.014)
    assert needed == pytest.approx((1.0, 1.0))


def test_effects_on_numbers() -> None:
    found = effects("t = flip(0.5)\npoints = randint(1, 3) + (2 if t else 0)\n").total("t", "points")
    assert found.on.value == pytest.approx(4)
    assert found.difference.value == pytest.approx(2)


def test_effects_on_what_is_told() -> None:
    told = effects(SIMPSON, "condition(large)").total("open", "success")
    assert told.difference.value == pytest.approx(192 / 263 - 55 / 80)


def test_what_has_no_effect() -> None:
    with pytest.raises(PlotError, match="truth values and numbers"):
        effects('t = flip()\ncolour = choice(["red", "blue"])\n').total("t", "colour")
