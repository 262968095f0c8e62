"""Distributions of extreme shapes: what is drawn has their moments, though their numbers lie at the ends of a range."""

from __future__ import annotations

import math

import pytest
from scipy import special

from plot.inference import Goal
from plot.program import run_program
from tests.support.tolerances import Z

SHAPES = [(1e-10, 1e-10), (1e-6, 3e-6), (0.01, 0.03), (0.04, 0.2), (0.02, 5.0), (1e-300, 1e-300), (0.3, 0.2)]


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_betas_of_small_shapes(a: float, b: float) -> None:
    mean, half = a / (a + b), float(special.betaincc(a, b, 0.5)) if a > 1e-9 else a / (a + b)
    answers = run_program(f"p = beta({a!r}, {b!r})\nquery(p)\nquery(p > 0.5)\nquery(p == p)")
    for answer, right in zip(answers, (mean, half, 1.0), strict=True):
        value = answer.mean if answer.probability is None else answer.probability
        assert value is not None
        assert abs(value - right) <= Z * answer.mcse


@pytest.mark.parametrize("seen", ["True", "False"])
def test_a_flip_of_an_extreme_probability(seen: str) -> None:
    answer = run_program(f"p = beta(0.000001, 0.000001)\nobserve(flip(p), {seen})\nquery(flip(p))", goal=Goal())[0]
    assert answer.probability is not None
    assert abs(answer.probability - (seen == "True")) <= Z * answer.mcse + 1e-6
    assert answer.log_evidence == pytest.approx(math.log(0.5), abs=0.05)


@pytest.mark.parametrize("text", ["log_normal(0, 100)", "exp(normal(0, 40))", "cauchy(0, 1)"])
def test_a_mean_that_single_samples_make_is_not_told(text: str) -> None:
    assert "the mean can't be estimated" in run_program(f"query({text})")[0].answer
