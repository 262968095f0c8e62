"""Devices: without a card that is an error in words; with one, no method mixes what is on it with what is not."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from plot.errors import PlotError
from plot.inference import Boolean, Goal, Number, Posterior, infer
from plot.inference.evidence.factors import Factors
from plot.inference.methods.smc import Smc
from plot.inference.particles.moves import Tuning
from plot.runtime.sites.randomness import Stream
from tests.inference import test_bridge
from tests.inference.models import PULLING, problem
from tests.support.pretend import pretended
from tests.support.tolerances import agrees

SEASON = [f'condition(pull("a", {i}) > pull("b", {i}))' for i in range(3)]
TREE = "def size(d):\n    return 1 + (size(d + 1) + size(d + 1) if d < 5 and flip(0.4) else 0)\nn = size(0)"
# Not svi: the parameters that Pyro's guide makes of tensors forget where these are pretended to be.
CASES: dict[str, tuple[str, list[str], str]] = {
    "exact": ("a = flip(0.2)\nb = flip(0.9 if a else 0.3)", ["condition(b)"], "query(a)"),
    "importance": (PULLING, SEASON, 'query(strength("a"))\nquery(lazy("b", 1))'),
    "adaptive": (PULLING, SEASON, 'query(strength("a"))\nquery(lazy("b", 1))'),
    "smc": (PULLING, SEASON, 'query(strength("a") > strength("b"))\nquery("a" if lazy("a", 0) else "b")'),
    "guided": (TREE, ["condition(n > 12)"], "query(n)"),
    "nuts": ("x = normal(0, 1)", ["observe(normal(x, 1), 2)"], "query(x)"),
}


def on_the_card(method: str) -> Any:
    setting, told, ask = CASES[method]
    with pretended() as card:
        infer(problem(setting, *told, ask=ask), Goal(precision=0.05, seconds=20), method)
    return card


def figure(found: Posterior) -> tuple[float, float]:
    """Return the first figure of a posterior and its standard error."""
    marginal = found.marginals[0]
    assert isinstance(marginal, (Boolean, Number))
    return (marginal.probability if isinstance(marginal, Boolean) else marginal.mean), marginal.mcse


@pytest.mark.parametrize("method", CASES)
def test_no_method_mixes_devices(method: str) -> None:
    assert set(on_the_card(method).mistakes) == set()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no card")
@pytest.mark.parametrize("method", CASES)
def test_a_card_gives_the_same_answers(method: str) -> None:
    setting, told, ask = CASES[method]
    goals = [Goal(precision=0.01, device=device) for device in ("cpu", "cuda")]
    (here, error), (there, other) = [figure(infer(problem(setting, *told, ask=ask), goal, method)[0]) for goal in goals]
    assert agrees(here, there, error, other) or math.isclose(here, there, rel_tol=1e-9)


def test_no_step_from_a_fit_mixes_devices() -> None:
    with pretended() as card:
        factors = Factors(problem(test_bridge.SETTING, *test_bridge.TOLD, ask="query(x)"), Goal(), Stream(0))
        arrived = Smc(islands=4, per_island=64)._crossed(factors, test_bridge.poor_fit(factors), Tuning())
    assert arrived is not None
    assert set(card.mistakes) == set()


def test_a_card_that_is_not_there_is_an_error_in_words() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a card")
    with pytest.raises(PlotError, match="no CUDA device") as error:
        infer(problem("x = flip(0.5)", ask="query(x)"), Goal(device="cuda"))
    assert "cpu" in (error.value.hint or "")


def test_a_mixture_is_noticed() -> None:
    before = torch.ones(3)
    with pretended() as card:
        assert torch.zeros(3).device.type == "cuda" and before.device.type == "cpu"
        torch.zeros(3) + before.sum()
        assert not card.mistakes
        torch.zeros(3) + before
    assert len(card.mistakes) == 1
