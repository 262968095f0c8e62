"""What every translator is: an utterance and the discourse so far go in, weighted readings in PLoT code come out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from plot.world import Example, WorldSpec

Act = Literal["knowledge", "observation", "question"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a reason: an expression of the language with its wording, and its opposite with its own."""

    text: str
    code: str
    denial: str
    opposite: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One candidate meaning of an utterance.

    `code` is PLoT statements: definitions (knowledge), `condition(…)`/`observe(…)` (observation), or one
    `query(…)` preceded by what it needs (question). `weight` is relative to the other readings of the same
    utterance. `names` are the individuals that it mentions and `events` how many new events (matches) it
    introduces. `merged` are other candidates that turned out to mean the same; their weight is in this one's.
    A question with *why* asks whether something is so; `reasons` are what may make it so (None: it was not asked).
    """

    act: Act
    code: str
    weight: float = 1.0
    translator: str = "grammar"
    paraphrase: str | None = None
    names: tuple[str, ...] = ()
    events: int = 0
    merged: tuple[Reading, ...] = ()
    reasons: tuple[Candidate, ...] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An utterance of the conversation with the readings that were found for it (weights sum to one)."""

    say: str
    act: Act
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Discourse:
    """What has been said: utterances with their readings, in order; individuals mentioned; events so far."""

    world: WorldSpec
    told: tuple[Told, ...] = ()
    names: tuple[str, ...] = ()
    events: int = 0
    salient: tuple[str, ...] = field(default=())


def semantic_entropy(weights: Sequence[float]) -> float:
    """Return the entropy of weights over meanings in nats (Kuhn, Gal and Farquhar 2023, eq. 5).

    >>> semantic_entropy((1.0,)), round(semantic_entropy((0.5, 0.5)), 3)
    (0.0, 0.693)
    """
    total = math.fsum(weights)
    shares = [weight / total for weight in weights if weight > 0]
    return -math.fsum(share * math.log(share) for share in shares) + 0.0


class Translator(Protocol):
    """An expert of the mixture."""

    @property
    def name(self) -> str:
        """What readings and tables call it."""
        ...

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of `utterance`, at least one; raise PlotError where there is none."""
        ...


@runtime_checkable
class ShownExamples(Protocol):
    """A translator that is shown examples of the world, or has others in it that are."""

    def unshown(self, example: Example) -> Translator:
        """Return the translator without this example being shown."""
        ...


def unshown(translator: Translator, example: Example | None) -> Translator:
    """Return a translator that is not shown an example of a world; most are shown none."""
    return translator.unshown(example) if example is not None and isinstance(translator, ShownExamples) else translator
