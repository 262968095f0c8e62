"""How good a method's runs were: effective samples from the error against the reference, and whether it is biased.

For each run r and each strength q that is asked, the squared error of the estimated mean is compared with the
posterior's variance: e = average over r and q of ((estimate - reference)² - se²) / variance, where se is the
reference's own standard error. A mean of n independent posterior samples has e = 1/n; so ESS = 1/e, bias, correlation
and all. (Averaging over the players before dividing weighs them alike and is stable; ESS per player would be too noisy
with a few runs.) A run that found nothing counts as if it had answered with the prior's mean; where no run found
anything, ESS is 0. Where no strength is asked, the probabilities take their place, with variance p (1 - p). The spread
of e over the runs gives a range of one standard error each way.

`bias` is the largest z = (mean estimate - reference) / standard error over all quantities, and `suspect` tells that
chance would give such a z, Student's t with R - 1 degrees of freedom, less than once in a thousand tables.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from benchmarks.inference import families
from benchmarks.inference.nets import Net
from benchmarks.inference.tasks import Outcome, Skip, Task
from benchmarks.inference.tournaments import MEAN, Tournament

FILES = {
    "tournaments": Path(__file__).with_name("reference.json"),
    "nets": Path(__file__).with_name("reference_nets.json"),
}
EXACT = 1e-5  # an error in every run below which a method is called exact
CHANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a quantity: its posterior mean and sd, the mean's standard error, and its prior mean."""

    mean: float
    sd: float
    error: float
    prior: float
    number: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How the runs of a method on a task went."""

    runs: int
    empty: int
    seconds: float
    ess: float
    ess_per_second: float
    low: float
    high: float
    worst_error: float
    bias: float
    suspect: bool
    log_evidence: float | None

    @property
    def exact(self) -> bool:
        """Whether every run gave every quantity to five digits."""
        return self.worst_error < EXACT

    def as_json(self) -> dict[str, Any]:
        """Return it for the file of results; what is infinite becomes null."""
        plain = {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in asdict(self).items()}
        return plain | {"exact": self.exact}


@cache
def stored(kind: str) -> dict[str, Any]:
    """Return the references to tournaments or to nets."""
    found: dict[str, Any] = json.loads(FILES[kind].read_text(encoding="utf-8"))[kind]
    return found


def entry(kind: str, task: Tournament | Net) -> dict[str, Any]:
    """Return what the file says of a task, which must be the one that it was made for."""
    if task.name not in stored(kind):
        raise Skip("no reference yet")
    found: dict[str, Any] = stored(kind)[task.name]
    if found["digest"] != task.digest:
        raise ValueError(f"{task.name} is not what the references were made for; make them anew")
    return found


def evidence_of(task: Task) -> float:
    """Return the probability of what was said."""
    if isinstance(task, Tournament):
        return math.exp(entry("tournaments", task)["log_evidence"][0])
    if isinstance(task, Net):
        return math.exp(entry("nets", task)["log_evidence"])
    return families.exact()[1]


def reference(task: Task) -> dict[str, Known]:
    """Return what is known of each quantity that the task asks."""
    if isinstance(task, Tournament):
        found = entry("tournaments", task)
        known = {name: Known(mean, sd, error, MEAN, True) for name, (mean, sd, error) in found["strength"].items()}
        pairs = {name: (p, error) for name, (p, error) in found["stronger"].items() if name in task.questions}
        return known | {name: _chance(p, error) for name, (p, error) in pairs.items()}
    if isinstance(task, Net):
        return {name: _chance(p, 0.0) for name, p in entry("nets", task)["marginals"].items() if name in task.questions}
    return {families.QUESTION: _chance(families.exact()[0], 0.0)}


def _chance(p: float, error: float) -> Known:
    return Known(p, math.sqrt(p * (1 - p)), error, 0.5, False)


def scored(task: Task, outcomes: Sequence[Outcome], seconds: Sequence[float]) -> Score:
    """Score the runs of a method on a task; see the top of this file for what the figures mean."""
    known = reference(task)
    wanted = [name for name, k in known.items() if k.number] or list(known)
    spare = sum(known[name].error ** 2 / known[name].sd ** 2 for name in wanted) / len(wanted)
    squares = np.array([_square_error(outcome.estimates, known, wanted) for outcome in outcomes])
    floor = max(0.1 * float(squares.mean()), 1e-30)
    mean = max(float(squares.mean()) - spare, floor)
    found = any(outcome.estimates for outcome in outcomes)
    ess = 1 / mean if found else 0.0
    error = float(squares.std(ddof=1)) / math.sqrt(len(squares)) if len(squares) > 1 else mean
    pace = statistics.median(seconds)
    bias, suspect = _bias(outcomes, known)
    evidences = [outcome.log_evidence for outcome in outcomes if outcome.log_evidence is not None]
    return Score(
        runs=len(outcomes),
        empty=sum(not outcome.estimates for outcome in outcomes),
        seconds=pace,
        ess=ess,
        ess_per_second=ess / pace,
        low=1 / (mean + error) / pace if found else 0.0,
        high=1 / max(mean - error, floor) / pace if found else 0.0,
        worst_error=max(abs(o.estimates.get(n, k.prior) - k.mean) for o in outcomes for n, k in known.items()),
        bias=bias,
        suspect=suspect,
        log_evidence=statistics.fmean(evidences) if evidences else None,
    )


def _square_error(estimates: Mapping[str, float], known: Mapping[str, Known], names: Sequence[str]) -> float:
    errors = [(estimates.get(name, known[name].prior) - known[name].mean) / known[name].sd for name in names]
    return sum(error * error for error in errors) / len(errors)


def _bias(outcomes: Sequence[Outcome], known: Mapping[str, Known]) -> tuple[float, bool]:
    """Return the largest z, and whether it is more than chance gives."""
    found = [outcome.estimates for outcome in outcomes if outcome.estimates]
    if len(found) < 3:
        return math.nan, False
    # A few samples may all say the same; their spread is then no measure of their error.
    least = statistics.fmean([1 / outcome.draws if outcome.draws else 0.0 for outcome in outcomes if outcome.estimates])
    worst = 0.0
    for name, k in known.items():
        values = [estimates[name] for estimates in found]
        spread = max(statistics.variance(values), least * k.sd**2) / len(values) + k.error**2
        gap = abs(statistics.fmean(values) - k.mean)
        if gap > EXACT:
            worst = max(worst, gap / math.sqrt(spread) if spread > 0 else math.inf)
    limit = float(student.isf(CHANCE / (2 * len(known)), len(found) - 1))
    return worst, worst > limit
