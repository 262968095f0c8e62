"""Logistic regressions whose terms are chosen one after the other: features first, then products of terms.

What is chosen is what would change the regression most by its score statistic, so that what does not matter adds no
noise. Products are for what depends on several choices at once: who is the third person of a tree, say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.inference.methods.guided.guide import Tilt

if TYPE_CHECKING:
    from torch import Tensor

RIDGE = 3.0  # as if so many examples spoke for no tilt
SIGNIFICANT = 2.5  # standard errors
NOTABLE = 2.0  # for the offset
ROUNDS = 3  # in which features are added (not measured)
ROUNDS_OF_PRODUCTS = 3  # in which products of two of them are (not measured)
PER_ROUND = 4  # terms that are added at once (not measured)
NEWTON_STEPS = 8  # which suffice for a logistic regression with a ridge (not measured)
LONGEST_STEP = 3.0  # log odds that a Newton step may change (not measured)


class Regression:
    """What is known of examples: `yes` (M,) is 1 or 0, its log `odds` beforehand, and how often each `counts`.

    `terms` (T, M) are those chosen by now, the first of them for the offset; they change the odds by `weights` (T,).
    """

    def __init__(self, yes: Tensor, odds: Tensor, counts: Tensor) -> None:
        self.yes, self.odds, self.counts = yes, odds, counts
        self.terms, self.weights = torch.ones(1, len(yes), dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
        chance = torch.sigmoid(odds)
        gap, variance = counts @ (yes - chance), counts @ (chance * (1 - chance))
        self.offset_matters = abs(float(gap)) >= NOTABLE * float(variance.clamp(min=1e-9).sqrt())
        self._regress()

    def add(self, terms: Tensor) -> None:
        """Add terms, and find the weights of all."""
        self.terms = torch.cat([self.terms, terms])
        self.weights = torch.cat([self.weights, torch.zeros(len(terms), dtype=torch.float64)])
        self._regress()

    def significant(self, terms: Tensor, known: Sequence[int] = ()) -> list[int]:
        """Return which terms would change the regression most, if they do so beyond chance; not those that it knows."""
        if not len(terms):
            return []
        chance = torch.sigmoid(self.odds + self.weights @ self.terms)
        residual, variance = self.counts * (self.yes - chance), self.counts * chance * (1 - chance)
        total = variance.sum().clamp(min=1e-9)
        mean = (terms @ variance) / total
        spread = ((terms * terms) @ variance - mean * mean * total).clamp(min=0.5)
        scores = ((terms @ residual - mean * residual.sum()) / spread.sqrt()).abs()
        scores[list(known)] = 0.0
        best = scores.topk(min(PER_ROUND, len(scores)))
        return [int(i) for value, i in zip(best.values, best.indices, strict=True) if value > SIGNIFICANT]

    def _regress(self) -> None:
        """Find the weights by Newton's method, with a ridge."""
        ridge = torch.full((len(self.terms),), RIDGE, dtype=torch.float64)
        ridge[0] = RIDGE / 10
        for _ in range(NEWTON_STEPS):
            chance = torch.sigmoid(self.odds + self.weights @ self.terms)
            slope = self.terms @ (self.counts * (self.yes - chance)) - ridge * self.weights
            curvature = (self.terms * (self.counts * chance * (1 - chance))) @ self.terms.T + ridge.diag()
            step = torch.linalg.solve(curvature, slope)
            size = float(step.abs().max())
            self.weights = self.weights + step * min(1.0, LONGEST_STEP / max(size, 1e-9))
            if size < 1e-3:
                break


def tilt_of(yes: Tensor, odds: Tensor, counts: Tensor, features: Tensor) -> Tilt | None:
    """Return the tilt that examples with these features (rows, M) teach, None where the odds beforehand will do."""
    regression = Regression(yes, odds, counts)
    rows: list[int] = []
    for _ in range(ROUNDS):
        further = regression.significant(features, rows)
        if not further:
            break
        rows += further
        regression.add(features[further])
    products = _products(regression) if rows else ()
    if not rows and not regression.offset_matters:
        return None
    weights = regression.weights
    return Tilt(float(weights[0]), torch.tensor(rows, dtype=torch.int64), weights[1:].float(), products)


def _products(regression: Regression) -> tuple[Tensor, ...]:
    """Add products of two terms, round by round; return of which ones."""
    found: list[Tensor] = []
    for _ in range(ROUNDS_OF_PRODUCTS):
        terms = regression.terms[1:]
        pairs = torch.triu_indices(len(terms), len(terms), 1).T
        products = terms[pairs[:, 0]] * terms[pairs[:, 1]]
        further = regression.significant(products)
        if not further:
            break
        found.append(pairs[further])
        regression.add(products[further])
    return tuple(found)


__all__ = ["tilt_of"]
