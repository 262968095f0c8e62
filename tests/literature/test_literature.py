"""Models from the literature: their published answers are the truth, and every method that applies gives it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from plot.errors import PlotError
from plot.inference import METHODS, Boolean, Goal, Number, Posterior, infer
from tests.literature.closed_forms import TRUTHS
from tests.oracle.posterior import enumerated
from tests.oracle.problems import divided
from tests.support.tolerances import Z

MOST_WORLDS = 5_000
GOAL = Goal(precision=0.02)
ROUNDING = 1e-9
SLOW = ("nuts", "smc", "svi")
FOR_FINITE, FOR_OTHERS = ("exact", "guided"), ("adaptive", "svi", "nuts")
# Of the models of a method's kind, how many it must be able to answer at least; how many it does is printed.
LEAST = {"auto": 45, "exact": 26, "importance": 45, "smc": 45, "adaptive": 15, "guided": 28, "svi": 10, "nuts": 7}


@dataclass(frozen=True)
class Model:
    """A program, the figures that were published of its queries, and where."""

    name: str
    source: str
    published: list[str]
    program: str
    truth: str | None = None

    def truths(self) -> list[float]:
        """Return the mean of each query: by its closed form, or by listing all worlds."""
        if self.truth is not None:
            return TRUTHS[self.truth]()
        means = []
        for answer in enumerated(self.program, MOST_WORLDS).answers:
            total = math.fsum(answer.weights.values())
            means.append(math.fsum(float(key[1]) * weight for key, weight in answer.weights.items()) / total)
        return means


MODELS = [Model(**entry) for entry in yaml.safe_load(Path(__file__).with_name("models.yaml").read_text("utf-8"))]


@pytest.fixture(scope="module")
def truths() -> dict[str, list[float]]:
    return {model.name: model.truths() for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=[model.name for model in MODELS])
def test_the_truth_is_what_was_published(model: Model, truths: dict[str, list[float]]) -> None:
    assert model.source
    for truth, figure in zip(truths[model.name], model.published, strict=True):
        unit = 10.0 ** -len(figure.partition(".")[2])
        assert abs(truth - float(figure)) <= unit, f"{truth}, published {figure}"


def misses(found: Posterior, truths: list[float]) -> list[str]:
    """Return the figures that are further from the truth than their errors allow."""
    wrong = []
    for marginal, truth in zip(found.marginals, truths, strict=True):
        assert isinstance(marginal, Boolean | Number)
        estimate = marginal.probability if isinstance(marginal, Boolean) else marginal.mean
        rare = Z**2 / found.ess if isinstance(marginal, Boolean) else 0.0  # an event that was not met has no error
        if not abs(estimate - truth) <= Z * marginal.mcse + rare + ROUNDING * max(1.0, abs(truth)):
            wrong.append(f"{estimate} ± {marginal.mcse}, truth {truth}")
    return wrong


def check(method: str, truths: dict[str, list[float]]) -> None:
    """Compare the answers of a method to all models; what it can't do it must refuse."""
    wrong: list[str] = []
    answered = 0
    for model in MODELS:
        if method in (FOR_OTHERS if model.truth is None else FOR_FINITE):
            continue
        try:
            found, _ = infer(divided(model.program), GOAL, method)
        except PlotError:
            continue
        answered += 1
        wrong += [f"{model.name}: {miss}" for miss in misses(found, truths[model.name])]
    print(f"{method}: {answered} of {len(MODELS)} models")
    assert not wrong, "\n".join(wrong)
    assert answered >= LEAST[method]


def test_there_are_enough() -> None:
    assert len(MODELS) >= 40
    assert LEAST.keys() == METHODS.keys() | {"auto"}


@pytest.mark.slow
@pytest.mark.parametrize("method", [name for name in LEAST if name not in SLOW])
def test_answers(method: str, truths: dict[str, list[float]]) -> None:
    check(method, truths)


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("method", SLOW)
def test_answers_of_slow_methods(method: str, truths: dict[str, list[float]]) -> None:
    check(method, truths)


def test_a_truth_that_is_off_is_noticed(truths: dict[str, list[float]]) -> None:
    """Figures that are further off than twice the allowed errors are missed by every answer, exact ones or not."""
    for model in MODELS:
        found, _ = infer(divided(model.program), GOAL)
        off = [
            truth + 2 * Z * marginal.mcse + (3 * Z**2 / found.ess) + 1e-6 * max(1.0, abs(truth))
            for marginal, truth in zip(found.marginals, truths[model.name], strict=True)
        ]
        assert len(misses(found, off)) == len(off)
