"""A label model: the reliability of translators, with correlated errors discounted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from plot._lazy import np
from plot.translate.mixture.pooling.pool import LabelledPool, Pool, Shares, normalised

Pair = tuple[str, str]

RELIABLE = 0.75  # of a translator of which nothing is known
READS_WELL = {"grammar": 0.95, "memory": 0.9}  # of what refuses most of what it would read wrong
FAMILY = 0.7  # how much the errors of one model in two guises are taken to go together
PRIOR = 6.0  # utterances that these two beliefs count for
LEAST, MOST = 0.05, 0.98
ROUNDS = 60
SAME_ERROR = 0.25  # how often two errors made apart are the same error
CONTESTED, COPY = 8, 0.98  # utterances on which translators differ, and how often a copy agrees with its original


@dataclass(slots=True)
class VoterReliability:
    """The reliability of translators, and the correlation of errors of each pair (0 to 1).

    Reliabilities are by level: of all utterances (""), of an act, of an act in one world.
    """

    reliability: dict[str, dict[str, float]]
    together: dict[Pair, float]


class WeightedVote:
    """Dawid and Skene's model (1979), by act and world; of translators that err together each counts less.

    A translator reports the class that is meant with probability r, any other alike. Reliabilities come from labelled
    utterances, or by EM from their agreement (`fit_unlabelled`); those of an act are shrunk towards those of all
    utterances, and those of an act in one world towards those of the act. Translators that make the same errors (as in
    Ask Me Anything, Arora et al. 2022) share their say: the discounts u solve C u = 1, u ≥ 0, where C holds how much
    two of them go together, so that copies of one count as one.
    """

    name = "weighted"

    def __init__(self) -> None:
        self._known = VoterReliability({}, {})
        self._solved: dict[tuple[tuple[str, str | None], ...], dict[str, float]] = {}

    def weigh(self, pool: Pool) -> tuple[float, ...]:
        """Return the posterior probability of each class, if one of them is what was meant."""
        shares = pool.shares
        if len(shares) == 1:
            return next(iter(shares.values()))  # how often its samples say so: there is nobody to weigh it against
        scores, _ = self._scores(pool)
        return normalised([math.exp(score - max(scores)) for score in scores])

    def confidence(self, pool: Pool) -> float:
        """Return how probable it is that the likeliest class is what was meant, where it may be none of them.

        It falls with the semantic entropy of the pool, and where those who agree are not reliable. That of a translator
        alone is its reliability, times the share of its samples that agree.
        """
        shares = pool.shares
        if len(shares) == 1:
            ((expert, said),) = shares.items()
            return self.reliability(expert, pool) * max(said)
        scores, other = self._scores(pool)
        unsaid = max(1.0, 1 + 1 / SAME_ERROR - len(scores))  # meanings that nobody has
        most = max(*scores, other)
        total = math.fsum(math.exp(score - most) for score in scores) + unsaid * math.exp(other - most)
        return math.exp(max(scores) - most) / total

    def _scores(self, pool: Pool) -> tuple[list[float], float]:
        """Return how well each class explains what the translators said, and how well a meaning that nobody has."""
        discounts = self.discounts(pool)
        scores, other = np.zeros(len(pool.classes)), 0.0
        for expert, said in pool.shares.items():
            # What is learned of a translator says it all: the gate does not count twice.
            trust = 1.0 if expert in self._known.reliability.get("", {}) else pool.trust(expert)
            right, wrong = _log_likelihoods(self.reliability(expert, pool), trust)
            scores += discounts[expert] * (np.array(said) * (right - wrong) + wrong)
            other += discounts[expert] * wrong
        return [float(score) for score in scores], other

    def reliability(self, expert: str, pool: Pool | None = None) -> float:
        """Return how often a translator is right: by the act and world of a pool, or in all."""
        for level in reversed(pool.levels if pool is not None else ("",)):
            if expert in self._known.reliability.get(level, {}):
                return min(MOST, max(LEAST, self._known.reliability[level][expert]))
        known = [value for one, value in self._known.reliability.get("", {}).items() if one not in READS_WELL]
        return READS_WELL.get(expert, sum(known) / len(known) if known else RELIABLE)

    def discounts(self, pool: Pool) -> dict[str, float]:
        """Return how much of its say each translator keeps: all of it where its errors are its own."""
        from scipy.optimize import nnls

        experts = pool.experts
        key = tuple((one, pool.families.get(one)) for one in experts)
        if key in self._solved:
            return self._solved[key]
        matrix = np.eye(len(experts))
        for (i, one), (j, two) in combinations(enumerate(experts), 2):
            matrix[i, j] = matrix[j, i] = self._together(one, two, pool)
        solved, _ = nnls(matrix, np.ones(len(experts)))
        # Where several solutions are as good (copies), all have the same say.
        spread = _evened(matrix, solved)
        self._solved[key] = dict(zip(experts, spread, strict=True))
        return self._solved[key]

    def _together(self, one: str, two: str, pool: Pool) -> float:
        known = self._known.together.get((min(one, two), max(one, two)))
        if known is not None:
            return known
        family = pool.families.get(one)
        return FAMILY if family is not None and family == pool.families.get(two) else 0.0

    # -- learning ------------------------------------------------------------------------------------------

    def fit(self, labelled: Sequence[LabelledPool]) -> None:
        """Learn from utterances whose meaning is known."""
        pools = [one.pool for one in labelled]
        said = [pool.shares for pool in pools]
        truths = [_one_hot(one.right, len(one.pool.classes)) for one in labelled]
        kin = _kin(pools)
        together = _correlations(said, truths, kin)
        self._solved = {}
        self._known = VoterReliability(_reliabilities(pools, said, truths), {**together, **_copies(said)})

    def fit_unlabelled(self, pools: Sequence[Pool]) -> None:
        """Learn from agreement alone: meanings are guessed from reliabilities, and these from meanings, in turn.

        Without labels only copies are found to go together, and guises of one model taken to.
        """
        said = [pool.shares for pool in pools]
        self._known = VoterReliability({}, _copies(said))
        self._solved = {}
        for _ in range(ROUNDS):
            truths = [self.weigh(pool) for pool in pools]
            before, after = self._known.reliability, _reliabilities(pools, said, truths)
            self._known = VoterReliability(after, self._known.together)
            if before and max(abs(before[""][one] - after[""][one]) for one in before[""]) < 1e-4:
                break

    def to_json(self) -> dict[str, Any]:
        """Return reliabilities and correlations."""
        together = [[*pair, share] for pair, share in self._known.together.items()]
        return {"reliability": self._known.reliability, "together": together}

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over reliabilities and correlations."""
        reliability = {
            str(level): {str(one): float(value) for one, value in known.items()}
            for level, known in kept["reliability"].items()
        }
        together = {(str(one), str(two)): float(share) for one, two, share in kept["together"]}
        self._solved = {}
        self._known = VoterReliability(reliability, together)


def _log_likelihoods(reliability: float, trust: float) -> tuple[float, float]:
    """Return how well a meaning explains a report of it, and one of another; the gate's distrust flattens both.

    There are more ways to be wrong than the classes that are there: a wrong report is one of 1 / SAME_ERROR, so that
    two who agree are rather right than wrong in the same way.
    """
    even = SAME_ERROR / (1 + SAME_ERROR)  # at this reliability a report says nothing
    r = even + (reliability - even) * min(1.0, trust)
    return math.log(r), math.log((1 - r) * SAME_ERROR)


def _one_hot(right: int | None, count: int) -> list[float]:
    return [float(number == right) for number in range(count)]


def _reliabilities(
    pools: Sequence[Pool], said: Sequence[Shares], truths: Sequence[Sequence[float]]
) -> dict[str, dict[str, float]]:
    """Return how often each translator says what is meant, each level shrunk towards the one that is wider."""
    right: dict[str, dict[str, float]] = {}
    count: dict[str, dict[str, int]] = {}
    wider: dict[str, str | None] = {}
    for pool, shares, truth in zip(pools, said, truths, strict=True):
        wider |= dict(zip(pool.levels, (None, *pool.levels), strict=False))
        for level in pool.levels:
            sums, counts = right.setdefault(level, {}), count.setdefault(level, {})
            for expert, mine in shares.items():
                sums[expert] = sums.get(expert, 0.0) + sum(a * b for a, b in zip(mine, truth, strict=True))
                counts[expert] = counts.get(expert, 0) + 1
    found: dict[str, dict[str, float]] = {}
    for level, above in wider.items():
        usual = found[above] if above is not None else {}
        found[level] = {
            one: (value + PRIOR * usual.get(one, READS_WELL.get(one, RELIABLE))) / (count[level][one] + PRIOR)
            for one, value in right[level].items()
        }
    return found


def _correlations(said: Sequence[Shares], truths: Sequence[Sequence[float]], kin: frozenset[Pair]) -> dict[Pair, float]:
    """Return how much more each two agree on what is not meant than translators that err apart would.

    0 where they agree by chance, 1 where the errors of one are always those of the other; shrunk towards what their
    being of one family lets expect.
    """
    wrong = [
        {one: [a * (1 - b) for a, b in zip(mine, truth, strict=True)] for one, mine in shares.items()}
        for shares, truth in zip(said, truths, strict=True)
    ]
    found = {}
    for pair in combinations(sorted({one for row in wrong for one in row}), 2):
        both = [(row[pair[0]], row[pair[1]]) for row in wrong if pair[0] in row and pair[1] in row]
        first, second = sum(sum(a) for a, _ in both), sum(sum(b) for _, b in both)
        same = sum(min(a, b) for one, two in both for a, b in zip(one, two, strict=True))
        chance = SAME_ERROR * first * second / max(1, len(both))
        guess = PRIOR / 2 * (FAMILY if pair in kin else 0.0)
        most = max(first, second) - chance
        found[pair] = min(1.0, max(0.0, same - chance + guess) / (max(0.0, most) + PRIOR / 2))
    return found


def _copies(said: Sequence[Shares]) -> dict[Pair, float]:
    """Return the pairs that say the same wherever translators differ: one is a copy of the other, right or wrong."""
    overlap: dict[Pair, list[float]] = {}
    for shares in said:
        if len(next(iter(shares.values()))) > 1:
            for pair in combinations(sorted(shares), 2):
                same = sum(min(a, b) for a, b in zip(shares[pair[0]], shares[pair[1]], strict=True))
                overlap.setdefault(pair, []).append(same)
    return {pair: 1.0 for pair, same in overlap.items() if len(same) >= CONTESTED and sum(same) / len(same) > COPY}


def _kin(pools: Sequence[Pool]) -> frozenset[Pair]:
    """Return the pairs that are guises of one model."""
    return frozenset(
        pair
        for pool in pools
        for pair in combinations(sorted(pool.experts), 2)
        if pair[0] in pool.families and pool.families[pair[0]] == pool.families.get(pair[1])
    )


def _evened(matrix: Any, solved: Any) -> list[float]:
    """Return a solution in which translators that go entirely together have the same say."""
    found = list(map(float, solved))
    done: set[int] = set()
    for i in range(len(found)):
        if i in done:
            continue
        twins = [j for j in range(len(found)) if np.allclose(matrix[i], matrix[j], atol=1e-6) or i == j]
        mean = sum(found[j] for j in twins) / len(twins)
        for j in twins:
            found[j] = mean
        done |= set(twins)
    return found
