"""Simulation-based calibration (Talts et al. 2018) of every sampling method, on the tug-of-war and on generated models.

Over truths and data simulated from the model, the posterior probability of being below the truth is uniform. Where it
is not, the method is wrong, or its model is; the latter is planted here, to show that the check can tell. As many data
sets are simulated as show that most ranks fall into one bin.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from plot.inference import METHODS, Boolean, Goal, Method, Posterior, Problem, State
from plot.inference.methods.adaptive import Adaptive
from plot.inference.methods.importance import Importance
from plot.inference.methods.smc import Smc, SmcState
from plot.inference.particles.fitting import UnfitError
from tests.inference.generated import Simulator, random_simulator
from tests.inference.models import PULLING, problem
from tests.support.sizes import replicates
from tests.support.tolerances import Z_ONE_SIDED, ranks_needed, uniformity

GOAL = Goal(precision=0.03, seconds=30)


class Fitted(Adaptive):
    """Adaptive importance sampling, and moves where no proposal fits, as where the choice is free."""

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer by a fitted proposal if there is one."""
        try:
            return super().infer(problem, goal, state)
        except UnfitError as error:
            return Smc(islands=8, per_island=128).infer(
                problem, goal, SmcState(error.factors, (), goal.seed, error.fit)
            )


# Of the ranks, in one bin: a prior that is two sd too high leaves P(Z < 2 + z(1 / BINS)) = 0.88 in the first.
SHARE = 0.8
FEW = ranks_needed(SHARE)
SAMPLERS: dict[str, tuple[Method, int]] = {  # and for how many simulated data sets there is time
    "smc": (Smc(islands=8, per_island=128), replicates(FEW)),
    "importance": (Importance(), replicates(FEW)),
    "adaptive": (Fitted(islands=8, per_island=512), replicates(FEW)),
    "svi": (METHODS["svi"], FEW),
    "nuts": (METHODS["nuts"], FEW),
}

MATCHES = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "b")]


class TugOfWar(Simulator):
    """Four matches of three players; what is asked is how strong one of them is."""

    def simulated(self, seed: int) -> tuple[float, list[str]]:
        """Draw the strength and the results, which are told as hard facts."""
        won = [f'pull("{one}", {number}) > pull("{other}", {number})' for number, (one, other) in enumerate(MATCHES)]
        truth, results = replace(self, data=tuple(won)).drawn(seed)
        return truth, [f"condition({w})" if r else f"condition(not {w})" for w, r in zip(won, results, strict=True)]


def simulators(kind: str, count: int) -> list[Simulator]:
    if kind == "tug-of-war":
        return [TugOfWar(PULLING, 'strength("a")', ())] * count
    return [random_simulator(seed, soft=kind == "soft") for seed in range(count)]


def below_truth(model: Simulator, method: Method, seed: int, told: str | None = None) -> float:
    """Return the posterior probability of being below the truth, for data of the model, as inferred with `told`."""
    truth, evidence = model.simulated(seed)
    question = f"query({model.asked} < {truth!r})"
    posterior, _ = method.infer(problem(told or model.prior, *evidence, ask=question), replace(GOAL, seed=seed))
    (marginal,) = posterior.marginals
    assert isinstance(marginal, Boolean)
    return marginal.probability


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("smc", "tug-of-war", marks=pytest.mark.full),
        ("smc", "generated"),
        ("importance", "tug-of-war"),
        ("importance", "generated"),
        pytest.param("adaptive", "tug-of-war", marks=pytest.mark.full),
        pytest.param("adaptive", "soft", marks=pytest.mark.full),
        pytest.param("svi", "tug-of-war", marks=pytest.mark.full),
        pytest.param("svi", "soft", marks=pytest.mark.full),
        pytest.param("nuts", "soft", marks=pytest.mark.full),
    ],
)
def test_ranks_of_the_truth_are_uniform(name: str, kind: str) -> None:
    method, count = SAMPLERS[name]
    ranks = [below_truth(model, method, seed) for seed, model in enumerate(simulators(kind, count))]
    assert uniformity(ranks) < Z_ONE_SIDED


@pytest.mark.slow
def test_a_wrong_prior_shows() -> None:
    method, count = SAMPLERS["importance"]
    wrong = PULLING.replace("normal(50, 20)", "normal(90, 20)")
    models = simulators("tug-of-war", count)
    assert uniformity([below_truth(model, method, seed, wrong) for seed, model in enumerate(models)]) > Z_ONE_SIDED


def test_the_score_is_small_for_uniform_ranks_and_large_for_others() -> None:
    draw = Random(1)
    uniform = [draw.random() for _ in range(100)]
    assert uniformity(uniform) < Z_ONE_SIDED
    assert uniformity([u**3 for u in uniform]) > Z_ONE_SIDED
