"""The mixture as one translator: experts propose, their meanings are pooled, a scheme weighs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from plot.errors import PlotError, joined
from plot.language import Budget
from plot.translate.base import Discourse, Reading, Translator
from plot.translate.mixture.pool import Pool, Vote, make_pool
from plot.translate.mixture.schemes import Scheme

LEAST = 0.005  # readings with less weight are left out: they would cost a branch of the program each
Gate = Callable[[str, Discourse, Sequence[str]], Mapping[str, float]]


@dataclass
class Mixture:
    """A translator made of others. `gate` weighs (and chooses) them for an utterance, `scheme` their meanings.

    `families` names the model behind each, where several are guises of one. `pools` are what was weighed, in order.
    """

    experts: tuple[Translator, ...]
    scheme: Scheme
    gate: Gate | None = None
    families: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    budget: Budget | None = None
    name: str = "mixture"
    pools: list[Pool] = field(default_factory=list)

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return one reading for each meaning, the weightiest first. Raises PlotError where no expert has any."""
        pool = self.pool(utterance, discourse)
        self.pools.append(pool)
        return readings_of(pool, self.scheme.weigh(pool))

    def pool(self, utterance: str, discourse: Discourse) -> Pool:
        """Return what the experts that the gate chooses make of an utterance."""
        names = [expert.name for expert in self.experts]
        gate = self.gate(utterance, discourse, names) if self.gate is not None else dict.fromkeys(names, 1.0)
        asked = [expert for expert in self.experts if gate.get(expert.name, 0.0) > 0]
        votes, refused = gathered(asked, utterance, discourse)
        if not votes:
            raise joined([error for _, error in refused])
        return make_pool(
            utterance,
            votes,
            discourse,
            gate=gate,
            families=self.families,
            seed=self.seed,
            budget=self.budget,
        )


def gathered(
    experts: Sequence[Translator], utterance: str, discourse: Discourse
) -> tuple[list[Vote], list[tuple[str, PlotError]]]:
    """Return the votes of translators, and by name why the others refuse."""
    votes: list[Vote] = []
    refused: list[tuple[str, PlotError]] = []
    for expert in experts:
        try:
            votes += votes_of(expert.name, expert.translate(utterance, discourse))
        except PlotError as error:
            refused.append((expert.name, error))
    return votes, refused


def votes_of(expert: str, readings: Sequence[Reading]) -> list[Vote]:
    """Return the readings of a translator as votes, which share one vote."""
    total = sum(reading.weight for reading in readings) or 1.0
    return [Vote(expert, reading, reading.weight / total) for reading in readings]


def readings_of(pool: Pool, weights: Sequence[float]) -> tuple[Reading, ...]:
    """Return the likeliest reading of each class with the weight of the class; the others are noted as merged."""
    found = []
    for members, weight in zip(pool.classes, weights, strict=True):
        votes = sorted((pool.votes[member] for member in members), key=lambda vote: -vote.share)
        first, *others = votes
        merged = tuple(replace(vote.reading, merged=()) for vote in others)
        found.append(replace(first.reading, weight=weight, merged=merged))
    found.sort(key=lambda reading: -reading.weight)
    kept = [one for one in found if one.weight >= LEAST] or found[:1]
    return tuple(kept)


__all__ = ["Gate", "Mixture", "gathered", "readings_of", "votes_of"]
