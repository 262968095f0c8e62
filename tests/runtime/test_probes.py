"""Questions about all particles at once: what they answer, and who is told of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from plot.runtime.values.probes import EXACT, Question, has_finite_sum, is_all, is_any, is_inexact, probe, watched


@pytest.mark.parametrize("on", [[], [False], [True], [False, True], [True, True]])
def test_any_and_all_are_those_of_python(on: list[bool]) -> None:
    mask = torch.tensor(on, dtype=torch.bool)
    assert probe(is_any, mask) == any(on)
    assert probe(is_all, mask) == all(on)
    assert probe(is_any, mask.expand(3, -1)) == any(on)


def test_what_is_not_finite_shows_in_the_sum() -> None:
    fine = torch.tensor([1e300, -1e300], dtype=torch.float64)
    assert probe(has_finite_sum, fine)
    for bad in (float("inf"), float("-inf"), float("nan")):
        assert not probe(has_finite_sum, torch.cat([fine, torch.tensor([bad], dtype=torch.float64)]))


def test_integers_beyond_the_exact_ones() -> None:
    assert not probe(is_inexact, torch.tensor([EXACT, -EXACT]))
    assert probe(is_inexact, torch.tensor([0, -EXACT - 1]))


def test_the_last_watcher_is_asked() -> None:
    asked: list[Question] = []

    def watcher(question: Question, tensors: tuple[Tensor, ...]) -> bool:
        asked.append(question)
        return not question(*tensors)

    mask = torch.tensor([True])
    with watched(watcher):
        assert not probe(is_any, mask)
    assert probe(is_any, mask)
    assert asked == [is_any]
