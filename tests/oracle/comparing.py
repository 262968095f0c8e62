"""The engine's posterior against that of brute force: each figure within its error, and values by their type."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from scipy.stats import t as student_t

from plot.inference import Boolean, Choice, Marginal, Members, Number, Posterior
from tests.oracle.posterior import Answer, Truth
from tests.support.tolerances import FAILURE_RATE, Z

ROUNDING = 1e-9  # relative, of sums of a few thousand products in 64 bits


class DisagreementError(AssertionError):
    """A figure of the engine is not the one that brute force gives."""


def compare(found: Posterior, truth: Truth, islands: int | None = None) -> None:
    """Demand that the evidence and every query agree; standard errors may come from so many `islands`."""
    rare = 0.0 if found.method == "exact" else Z**2 / max(1.0, found.ess)
    z = Z if islands is None else float(student_t.isf(FAILURE_RATE / 2, islands - 1))
    error = math.hypot(found.log_evidence_error, truth.log_error)
    near("log evidence", found.log_evidence, truth.log_evidence, z * error + rare)
    for query, (marginal, answer) in enumerate(zip(found.marginals, truth.answers, strict=True)):
        Comparison(f"query {query}", answer, truth.error > 0, rare, z).check(marginal)


def near(what: str, estimate: float, truth: float, allowed: float = 0.0) -> None:
    """Demand that a figure agrees within what is allowed, and rounding."""
    if not abs(estimate - truth) <= allowed + ROUNDING * max(1.0, abs(truth)):
        raise DisagreementError(f"{what}: {estimate!r} ± {allowed:.3g}, truth {truth!r}")


@dataclass
class Comparison:
    """Compares one query's figures; the engine's errors and those of a sampled truth count together.

    An event that no particle met has no error of its own: what is less probable than `rare` may be missed. `z` is how
    many standard errors away an estimate may be.
    """

    what: str
    answer: Answer
    is_sampled: bool
    rare: float
    z: float

    def check(self, marginal: Marginal) -> None:
        """Compare one query, as the kind that its values have."""
        kinds = kinds_of(self.answer)
        if marginal.kind not in kinds:
            raise DisagreementError(f"{self.what}: a {marginal.kind}, truth a {kinds}: {self.answer.values}")
        of = {"boolean": ("truth",), "number": ("number", "truth"), "set": ("list",)}.get(marginal.kind)
        defined = [key for key in self.answer.weights if of is None or key[0] in of]
        nothing = [key for key in self.answer.weights if key not in defined]
        binomial = math.sqrt(marginal.undefined * (1 - marginal.undefined) * self.rare) / Z  # it comes without an error
        self.share("undefined", marginal.undefined, nothing, self.answer.weights, binomial)
        if isinstance(marginal, Boolean):
            self.share("true", marginal.probability, [("truth", True)], defined, marginal.mcse)
        elif isinstance(marginal, Number):
            self.number(marginal, defined)
        elif isinstance(marginal, Members):
            self.members(marginal, defined)
        else:
            self.choice(marginal, defined)

    def share(self, what: str, estimate: float, event: Collection[Any], among: Collection[Any], error: float) -> None:
        """Compare the probability of an event, of which the values are given."""
        share, own = self.probability(event, among)
        near(f"{self.what}: {what}", estimate, share, self.z * math.hypot(error, own) + self.rare)

    def probability(self, event: Collection[Any], among: Collection[Any]) -> tuple[float, float]:
        """Return a probability by brute force, and its standard error."""
        total = math.fsum(self.answer.weights[key] for key in among)
        share = math.fsum(self.answer.weights[key] for key in among if key in event) / total
        if not self.is_sampled:
            return share, 0.0
        squares = [(self.answer.squares[key], 1 - share if key in event else share) for key in among]
        return share, math.sqrt(math.fsum(square * away**2 for square, away in squares)) / total

    def number(self, marginal: Number, among: Collection[Any]) -> None:
        """Compare the mean of a number; of an exact one also its spread, its middle and its bars."""
        total = math.fsum(self.answer.weights[key] for key in among)
        values: dict[float, float] = {}
        for key in among:
            values[float(key[1])] = values.get(float(key[1]), 0.0) + self.answer.weights[key] / total
        mean = math.fsum(x * p for x, p in values.items())
        reach = max(abs(x - mean) for x in values)
        own = 0.0
        if self.is_sampled:
            own = math.sqrt(math.fsum(self.answer.squares[key] * (key[1] - mean) ** 2 for key in among)) / total
        near(f"{self.what}: mean", marginal.mean, mean, self.z * math.hypot(marginal.mcse, own) + self.rare * reach)
        if not self.rare:
            self.shape(marginal, values, mean)

    def shape(self, marginal: Number, values: Mapping[float, float], mean: float) -> None:
        """Compare the spread, the median and the bars of single values."""
        variance = math.fsum((x - mean) ** 2 * p for x, p in values.items())
        near(f"{self.what}: variance", marginal.sd**2, variance)
        middle = marginal.median
        sides = [math.fsum(p for x, p in values.items() if (x - middle) * side > ROUNDING) for side in (-1, 1)]
        if max(sides) > 0.5 + ROUNDING:
            raise DisagreementError(f"{self.what}: median {middle}, truth {values}")
        for low, high, p in marginal.histogram:
            inside = math.fsum(q for x, q in values.items() if low - ROUNDING <= x <= high + ROUNDING)
            if low == high:
                near(f"{self.what}: share of {low}", p, inside)

    def choice(self, marginal: Choice, among: Collection[Any]) -> None:
        """Compare options: names by their names, values of other types by how probable they are."""
        if all(key[0] == "name" for key in among):
            for key in among:
                found = marginal.probabilities.get(key[1], 0.0)
                self.share(key[1], found, [key], among, marginal.errors.get(key[1], 0.0))
            return
        rights = [self.options(groups) for groups in (lambda key: key, _as_numbers)]
        mine = sorted(marginal.probabilities.items(), key=lambda item: -item[1])
        if self.rare:  # how other values are called is not known here: the greatest is the greatest
            found, error = mine[0][1], marginal.errors[mine[0][0]]
            slack = self.rare + self.z * (error + self.probability([], among)[1])
            if not any(abs(found - right[0]) <= slack for right in rights):
                raise DisagreementError(f"{self.what}: {found} ± {error} for the likeliest, truth {rights}")
        elif not any(_equal([p for _, p in mine], right) for right in rights):
            raise DisagreementError(f"{self.what}: {marginal.probabilities}, truth {self.answer.weights}")

    def options(self, group: Any) -> list[float]:
        """Return the probabilities of the values, those of one group together, the greatest first."""
        found: dict[Any, float] = {}
        for key, weight in self.answer.weights.items():
            found[group(key)] = found.get(group(key), 0.0) + weight
        total = math.fsum(found.values())
        return sorted([weight / total for weight in found.values() if weight > 0], reverse=True)

    def members(self, marginal: Members, among: Collection[Any]) -> None:
        """Compare what is in a list of names."""
        lists = {key: self.answer.values[key] for key in among}
        for name in {name for names in lists.values() for name in names if name is not None}:
            event = [key for key in among if name in lists[key]]
            self.share(name, marginal.probabilities.get(name, 0.0), event, among, marginal.errors.get(name, 0.0))
        empty = [key for key in among if not lists[key]]
        self.share("empty", marginal.empty, empty, among, marginal.mcse)


def _equal(mine: list[float], right: list[float]) -> bool:
    return len(mine) == len(right) and all(abs(a - b) < ROUNDING for a, b in zip(mine, right, strict=True))


def _as_numbers(key: Any) -> Any:
    """Return the key of a value in which truth values are the numbers 0 and 1, as where the two meet."""
    if isinstance(key, tuple) and key[0] == "truth":
        return ("number", float(key[1]))
    return tuple(map(_as_numbers, key)) if isinstance(key, tuple) else key


def kinds_of(answer: Answer) -> set[str]:
    """Return what kind of answer values may make: what is mixed is a choice, None aside.

    Truth values among numbers are numbers; a list that is always empty may be one of names or of anything.
    """
    possible = [key for key, weight in answer.weights.items() if weight > 0 and key != ("none",)]
    kinds = {_kind(key) for key in possible}
    if kinds == {"boolean", "number"}:
        return {"number"}
    if kinds == {"set"} and all(key == ("list",) for key in possible):
        return {"set", "choice"}
    return kinds if len(kinds) == 1 else {"choice"}


def _kind(key: Any) -> str:
    if key[0] == "list":
        return "set" if all(each[0] in ("name", "none") for each in key[1:]) else "choice"
    return {"truth": "boolean", "number": "number"}.get(key[0], "choice")
