"""Comparison of two programs by what they mean: the joint posterior of their queries."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from plot._lazy import late, np
from plot.answers import Answer
from plot.errors import PlotError
from plot.inference import Goal
from plot.inference.contract import Boolean, Marginal, Number
from plot.inference.outcomes import source_text
from plot.program import Program
from plot.quality.check import CheckResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plot.answers import samples
else:
    samples = late("plot.answers.samples")

FALSE_ALARMS = 1e-6  # of two programs of one meaning that are called different
DRAWS = 4_000
BINS = 8  # of the draws of a number, by the quantiles of the solution's
LEAST_COUNT = 10.0  # of draws in a cell whose share is compared: with fewer it is no normal variable
EXACT = 1e-9  # of exact figures: rounding


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """A figure with its standard error."""

    name: str
    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.name}: {self.value:.4g} ± {self.error:.2g}"


def same_meaning(solution: Program, other: Program, goal: Goal, method: str = "auto") -> Iterator[CheckResult]:
    """Yield for each query, and each pair of queries, whether a program says the same of it as the solution.

    Names of variables, the order of statements, and how something is computed make no difference; what is compared is
    the joint posterior of the queries, in their order. The program is run with another seed than the solution, so that
    their errors are independent; differences within these can't be seen.

    Args:
        solution: The program that is right.
        other: The program that is compared with it.
        goal: How precisely each is answered.
        method: The inference method.

    Raises:
        PlotError: The solution can't be answered.
    """
    right = solution.answers(goal, method)
    try:
        found = other.answers(replace(goal, seed=goal.seed + 1), method)
    except PlotError as error:
        yield CheckResult("query", other.name, False, error.render())
        return
    if len(right) != len(found):
        yield CheckResult("query", other.name, False, f"{_queries(found)}, and the solution has {_queries(right)}")
        return
    pairs = list(zip(found, right, strict=True))
    threshold = NormalDist().inv_cdf(1 - FALSE_ALARMS / 2 / _comparisons(len(pairs)))
    marginals = [_marginal(*pair, threshold) for pair in pairs]
    yield from marginals
    if all(result.ok for result in marginals):
        yield from _together(pairs, threshold)


def _queries(found: Sequence[Answer]) -> str:
    return f"{len(found)} {'query' if len(found) == 1 else 'queries'}"


def _comparisons(queries: int) -> int:
    """Return about how many figures are compared, among which none may differ by chance (Bonferroni)."""
    return 20 * queries + (queries * (queries - 1) // 2) * BINS**2


# -- one query ----------------------------------------------------------------------------------------------


def _marginal(found: Answer, right: Answer, threshold: float) -> CheckResult:
    """Return whether the posteriors of two queries agree, by their figures."""
    if found.kind != right.kind:
        detail = f"this is a {found.kind}, and the solution's query a {right.kind}"
        return CheckResult("query", found.question, False, detail)
    ours, theirs = _figures(found.marginal, found.ess), _figures(right.marginal, right.ess)
    for name in dict.fromkeys([*theirs, *ours]):
        one = ours.get(name, ComparedFigure(name, 0.0, 0.0))
        other = theirs.get(name, ComparedFigure(name, 0.0, 0.0))
        error = math.hypot(one.error, other.error)
        if abs(one.value - other.value) > threshold * error + EXACT * max(1.0, abs(other.value)):
            detail = (
                f"{name}: {one.value:.4g} ± {one.error:.2g}, and the solution {other.value:.4g} ± {other.error:.2g}"
            )
            return CheckResult("query", found.question, False, detail)
    least = math.hypot(found.mcse, right.mcse)
    detail = f"as in the solution{f', within a standard error of {least:.2g}' if least else ', exactly'}"
    return CheckResult("query", found.question, True, detail)


def _figures(marginal: Marginal, ess: float) -> Mapping[str, ComparedFigure]:
    """Return the figures of a marginal with their errors."""
    size = ess if math.isfinite(ess) else 0.0
    share = marginal.undefined
    found = [ComparedFigure("undefined", share, math.sqrt(share * (1 - share) / size) if size > 1 else 0.0)]
    if isinstance(marginal, Boolean):
        found.append(ComparedFigure("probability", marginal.probability, marginal.mcse))
    elif isinstance(marginal, Number):
        if math.isfinite(marginal.mean) and not marginal.heavy:
            found.append(ComparedFigure("mean", marginal.mean, marginal.mcse))
    else:
        shares = marginal.probabilities.items()
        found += [ComparedFigure(source_text(one), share, marginal.errors[one]) for one, share in shares]
    return {figure.name: figure for figure in found}


# -- shapes, and pairs of queries ---------------------------------------------------------------------------


def _together(pairs: Sequence[tuple[Answer, Answer]], threshold: float) -> Iterator[CheckResult]:
    """Yield whether numbers have the same distribution, and pairs of queries the same joint one, by draws of both."""
    several = [pair for pair in pairs if pair[0].kind != "set"]
    if not several:
        return
    ours, size = samples.draws_together([found for found, _ in several], DRAWS)
    theirs, other = samples.draws_together([right for _, right in several], DRAWS)
    sizes = (min(size, DRAWS), min(other, DRAWS))
    coded = [_coded(one, two) for one, two in zip(ours, theirs, strict=True)]
    names = [found.question for found, _ in several]
    for place, pair in enumerate(coded):
        if several[place][0].kind == "number":
            shape = _compared("distribution", names[place], pair, sizes, threshold)
            yield _spread(names[place], (ours[place], theirs[place]), sizes, threshold) if shape.ok else shape
    for first, second in combinations(range(len(coded)), 2):
        width = 1 + max(int(column.max()) for column in coded[second])
        joined = [one * width + two for one, two in zip(coded[first], coded[second], strict=True)]
        yield _compared("together", f"{names[first]} and {names[second]}", (joined[0], joined[1]), sizes, threshold)


def _spread(
    subject: str, draws: tuple[NDArray[Any], NDArray[Any]], sizes: tuple[float, float], threshold: float
) -> CheckResult:
    """Return whether two samples of numbers have the same standard deviation, by that and their fourth moments."""
    figures = []
    for column, size in zip(draws, sizes, strict=True):
        centred = column[np.isfinite(column)].astype(float)
        centred = centred - centred.mean() if len(centred) else np.zeros(1)
        variance = float((centred**2).mean())
        excess = float((centred**4).mean()) - variance**2
        error = math.sqrt(max(excess, 0.0) / (4 * variance * size)) if variance > 0 else 0.0
        figures.append(ComparedFigure("standard deviation", math.sqrt(variance), error))
    one, other = figures
    apart = abs(one.value - other.value) > threshold * math.hypot(one.error, other.error) + EXACT * other.value
    said = f"{one}, and the solution {other}" if apart else f"as in the solution ({one})"
    return CheckResult("distribution", subject, not apart, said)


def _coded(ours: NDArray[Any], theirs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return draws of one query as whole numbers: of a number its bin, of any other outcome its number."""
    if theirs.dtype.kind in "if" and len(set(theirs.tolist())) > BINS:
        edges = np.unique(np.nanquantile(theirs.astype(float), np.linspace(0, 1, BINS + 1)[1:-1]))
        return np.searchsorted(edges, ours.astype(float)), np.searchsorted(edges, theirs.astype(float))
    numbers = {text: number for number, text in enumerate(sorted({*map(str, ours), *map(str, theirs)}))}
    first, second = (np.array([numbers[str(one)] for one in column]) for column in (ours, theirs))
    return first, second


def _compared(
    kind: Literal["distribution", "together"],
    subject: str,
    codes: tuple[NDArray[Any], NDArray[Any]],
    sizes: tuple[float, float],
    threshold: float,
) -> CheckResult:
    """Return whether two samples of codes have the same shares; rare codes are compared as one."""
    known, places = np.unique(np.concatenate(codes), return_inverse=True)
    parts = np.split(places, [len(codes[0])])
    one, two = (np.bincount(part, minlength=len(known)) / len(part) for part in parts)
    rare = (one + two) / 2 * min(sizes) < LEAST_COUNT
    one, two = (np.append(shares[~rare], shares[rare].sum()) for shares in (one, two))
    middle = (one + two) / 2
    errors = np.sqrt(middle * (1 - middle) * sum(1 / size for size in sizes))
    worst = float(np.max(np.abs(one - two) / np.maximum(errors, 1 / min(sizes))))
    of = f"{len(one)} shares of {min(sizes):,.0f} effective draws"
    if worst > threshold:
        return CheckResult(kind, subject, False, f"not as in the solution: {worst:.0f} standard errors apart ({of})")
    return CheckResult(kind, subject, True, f"as in the solution ({of})")


__all__ = ["same_meaning"]
