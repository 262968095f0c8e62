"""Ambiguity: the answer under each reading of an utterance, and the most informative clarifying question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from plot.inference.contract import Boolean, Choice, Marginal, Members, Number
from plot.inference.outcomes import Outcome, Truth
from plot.text import Json

FAR_APART = 0.2  # between probabilities under two readings; between means, in standard deviations, five times that
LEAST_GAIN = 0.005  # nats
MOST_SHOWN = 4  # readings of one utterance
LEAST = 0.01  # of the posterior of a reading, to be looked at


@dataclass(frozen=True, slots=True)
class AnswerUnderReading:
    """The answer under one reading, which was meant with probability `posterior`."""

    reading: str
    posterior: float
    answer: str
    marginal: Marginal = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """An utterance of several readings, with the answer under each."""

    say: str
    options: tuple[AnswerUnderReading, ...]

    @property
    def gain(self) -> float:
        """The expected reduction of the answer's entropy if the reading becomes known (nats)."""
        marginals = [one.marginal for one in self.options]
        weights = _shares(self.options)
        if all(isinstance(one, Number) for one in marginals):
            return _number_gain(weights, [one for one in marginals if isinstance(one, Number)])
        tables = [_table(one) for one in marginals]
        names = dict.fromkeys(name for table in tables for name in table)
        mixed = {
            name: math.fsum(weight * table.get(name, 0.0) for weight, table in zip(weights, tables, strict=True))
            for name in names
        }
        apart = any(isinstance(one, Members) for one in marginals)
        within = math.fsum(weight * _entropy(table, apart) for weight, table in zip(weights, tables, strict=True))
        return max(0.0, _entropy(mixed, apart) - within)

    @property
    def disagree(self) -> bool:
        """Whether two of the readings lead to answers that are far apart."""
        return any(_distance(one.marginal, two.marginal) > FAR_APART for one, two in combinations(self.options, 2))

    @property
    def question(self) -> str:
        """The question that asks which was meant."""
        readings = [f"({number}) {one.reading.rstrip('.?')}" for number, one in enumerate(self.options, 1)]
        return f"By “{self.say}”, do you mean {', '.join(readings[:-1])} or {readings[-1]}?"

    def to_json(self) -> dict[str, Json]:
        """Return plain data."""
        options: list[Json] = [
            {"reading": one.reading, "posterior": one.posterior, "answer": one.answer} for one in self.options
        ]
        return {"say": self.say, "readings": options, "gain": self.gain, "disagree": self.disagree}


def clarifying(ambiguities: Sequence[Ambiguity]) -> str | None:
    """Return the most informative clarifying question, None if none is informative."""
    best = max(ambiguities, key=lambda one: one.gain, default=None)
    return best.question if best is not None and best.gain >= LEAST_GAIN else None


def _shares(options: Sequence[AnswerUnderReading]) -> list[float]:
    total = math.fsum(one.posterior for one in options) or 1.0
    return [one.posterior / total for one in options]


def _table(marginal: Marginal) -> Mapping[Outcome, float]:
    """Return an answer as probabilities by outcome."""
    if isinstance(marginal, Boolean):
        return {Truth(True): marginal.probability, Truth(False): 1 - marginal.probability}
    if isinstance(marginal, (Choice, Members)):
        return marginal.probabilities
    return {f"{low:g} to {high:g}": share for low, high, share in marginal.histogram}


def _entropy(table: Mapping[Outcome, float], apart: bool) -> float:
    """Return the entropy of one answer in nats; of members that are in or out, each apart, the sum."""
    shares = [share for one in table.values() for share in ((one, 1 - one) if apart else (one,))]
    return -math.fsum(share * math.log(share) for share in shares if share > 0)


def _number_gain(weights: Sequence[float], marginals: Sequence[Number]) -> float:
    """Return the gain for a number: as of normal distributions, by the variance that lies between the readings."""
    unit = max(max(abs(one.mean), one.sd) for one in marginals)
    if not (unit > 0 and math.isfinite(unit)):
        return 0.0
    parts = [(weight, one.mean / unit, one.sd / unit) for weight, one in zip(weights, marginals, strict=True)]
    mean = math.fsum(weight * centre for weight, centre, _ in parts)
    within = math.fsum(weight * sd**2 for weight, _, sd in parts)
    between = math.fsum(weight * (centre - mean) ** 2 for weight, centre, _ in parts)
    if not math.isfinite(within + between) or between <= 0:
        return 0.0
    return 0.5 * math.log1p(between / max(within, 1e-6 * between))


def _distance(one: Marginal, two: Marginal) -> float:
    if isinstance(one, Number) and isinstance(two, Number):
        spread = math.hypot(one.sd, two.sd) / math.sqrt(2)
        return FAR_APART * abs(one.mean - two.mean) / spread if spread > 0 else float(one.mean != two.mean)
    first, second = _table(one), _table(two)
    return max(abs(first.get(name, 0.0) - second.get(name, 0.0)) for name in {*first, *second})


__all__ = ["LEAST", "MOST_SHOWN", "Ambiguity", "AnswerUnderReading", "clarifying"]
