"""Regressions that teach a guide: they find what choices do together, and leave alone what doesn't matter."""

from __future__ import annotations

import pytest
import torch

from plot.inference.methods.guided import regression
from plot.inference.methods.guided.guide import Tilt
from plot.inference.methods.guided.regression import tilt_of

SIZE = 4_000
CORNERS = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])


def taught(change: float, together: float, seed: int = 1) -> Tilt | None:
    """Return what examples teach whose log odds of -1 change with the first feature, and with the first two at once."""
    torch.manual_seed(seed)
    features = (torch.rand(20, SIZE, dtype=torch.float64) < 0.5).double()
    odds = torch.full((SIZE,), -1.0, dtype=torch.float64)
    told = odds + change * features[0] + together * features[0] * features[1]
    yes = (torch.rand(SIZE, dtype=torch.float64) < torch.sigmoid(told)).double()
    return tilt_of(yes, odds, torch.ones(SIZE, dtype=torch.float64), features)


def at_corners(tilt: Tilt) -> torch.Tensor:
    """Return the changes where the first two features are as in CORNERS, the others half on."""
    features = torch.full((20, 4), 0.5)
    features[:2] = CORNERS
    return tilt.of(features, slice(None))


def test_what_two_choices_do_together_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    right = -2.0 * CORNERS[0] + 5.0 * CORNERS[0] * CORNERS[1]
    tilt = taught(-2.0, 5.0)
    assert tilt is not None and tilt.products
    assert float((at_corners(tilt) - right).abs().max()) < 0.6
    monkeypatch.setattr(regression, "ROUNDS_OF_PRODUCTS", 0)
    plain = taught(-2.0, 5.0)
    assert plain is not None and float((at_corners(plain) - right).abs().max()) > 1.0


def test_where_nothing_matters_hardly_anything_is_learnt() -> None:
    for seed in range(5):
        tilt = taught(0.0, 0.0, seed)
        assert tilt is None or float(at_corners(tilt).abs().max()) < 0.5


def test_few_examples_teach_little() -> None:
    tilt = tilt_of(torch.ones(2).double(), torch.zeros(2).double(), torch.ones(2).double(), torch.ones(3, 2).double())
    assert tilt is None or float(tilt.of(torch.ones(3, 1), slice(None))) < 3
